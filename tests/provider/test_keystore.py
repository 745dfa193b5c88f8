"""The CloudHSM KeyStore: keys by label from the HSM, certificates from the file."""

from __future__ import annotations

import time
from typing import Any

import pytest
from engine.keys import new_aes, new_pair

from bridge.engine import Attribute
from provider.certificates import authority, chain_for, java_certificate
from provider.conftest import PASSWORD as LOGIN_PASSWORD
from provider.conftest import Account
from provider.jca import DATA, EXCEPTIONS, chars, generate, java, pin, refused, sign, verifies

KEYSTORE_EXCEPTION = "java.security.KeyStoreException"
PASSWORD = "changeit"


@pytest.fixture
def pair(account: Account) -> Any:
    """An EC key pair of the account, without a label."""
    return generate("EC", account.provider)


@pytest.fixture
def store(account: Account, pair: Any) -> Any:
    """A keystore with the entry "signer" and the certificate "root"."""
    store = account.store()
    store.setKeyEntry("signer", pair.getPrivate(), None, chain_for(pair.getPublic()))
    store.setCertificateEntry("root", java_certificate(authority()[1]))
    return store


def entry_class(name: str) -> Any:
    return java(f"java.security.KeyStore${name}").class_


def aliases(store: Any) -> set[str]:
    return {str(alias) for alias in store.aliases()}


def test_an_empty_keystore_shows_the_keys_of_the_hsm(account: Account) -> None:
    store = account.store()
    assert (aliases(store), store.size()) == (set(), 0)
    new_aes(account.session, LABEL="secret", TOKEN=True)
    new_pair(account.session, LABEL="pair", TOKEN=True)
    new_aes(account.session, TOKEN=True)
    assert (aliases(store), store.size()) == ({"secret", "pair"}, 2)
    assert store.isKeyEntry("secret")
    assert store.isKeyEntry("pair")
    assert store.containsAlias("pair")
    assert store.entryInstanceOf("secret", entry_class("SecretKeyEntry"))
    assert store.entryInstanceOf("pair", entry_class("PrivateKeyEntry"))


def test_a_key_without_certificate_is_had_by_get_key_and_not_as_an_entry(account: Account) -> None:
    new_pair(account.session, LABEL="bare", TOKEN=True)
    store = account.store()
    key = store.getKey("bare", None)
    assert isinstance(key, java("java.security.PrivateKey"))
    assert len(sign("SHA256withECDSA", key, provider=account.provider)) > 60
    assert store.getCertificate("bare") is None
    assert store.getCertificateChain("bare") is None
    with refused(KEYSTORE_EXCEPTION, "has no certificate", "Use getKey"):
        store.getEntry("bare", None)


def test_a_secret_key_is_an_entry(account: Account) -> None:
    new_aes(account.session, LABEL="secret", TOKEN=True)
    entry = account.store().getEntry("secret", java("java.security.KeyStore$PasswordProtection")(chars("x")))
    assert entry.getSecretKey().getAlgorithm() == "AES"


def test_what_is_absent_is_null(account: Account) -> None:
    store = account.store()
    answers = [store.getKey("none", None), store.getCertificate("none"), store.getCertificateChain("none")]
    assert [*answers, store.getCreationDate("none"), store.getEntry("none", None)] == [None] * 5
    assert not store.containsAlias("none")
    assert not store.isKeyEntry("none")
    assert not store.isCertificateEntry("none")
    assert store.getCertificateAlias(java_certificate(authority()[1])) is None


def test_aliases_distinguish_case(account: Account) -> None:
    new_aes(account.session, LABEL="Key", TOKEN=True)
    new_aes(account.session, LABEL="key", TOKEN=True)
    store = account.store()
    assert aliases(store) == {"Key", "key"}
    assert not store.getKey("Key", None).equals(store.getKey("key", None))
    assert store.getKey("KEY", None) is None


def test_a_private_key_entry_has_key_chain_and_date(store: Any, pair: Any) -> None:
    chain = chain_for(pair.getPublic())
    entry = store.getEntry("signer", java("java.security.KeyStore$PasswordProtection")(chars("any")))
    assert entry.getPrivateKey().equals(pair.getPrivate())
    assert [c.getSubjectX500Principal().toString() for c in entry.getCertificateChain()] == ["CN=leaf", "CN=CA"]
    assert store.getCertificateChain("signer")[1].equals(chain[1])
    assert store.getCertificate("signer").getPublicKey().equals(pair.getPublic())
    assert store.getKey("signer", None).equals(pair.getPrivate())
    assert store.getKey("signer", chars("any")).equals(pair.getPrivate())
    assert abs(store.getCreationDate("signer").getTime() / 1000 - time.time()) < 60
    assert not store.isCertificateEntry("signer")


def test_a_trusted_certificate_is_an_entry_of_the_file(store: Any) -> None:
    root = java_certificate(authority()[1])
    assert store.isCertificateEntry("root")
    assert not store.isKeyEntry("root")
    assert store.getEntry("root", None).getTrustedCertificate().equals(root)
    assert store.getKey("root", None) is None
    assert store.getCertificateChain("root") is None
    assert store.getCertificateAlias(root) == "root"
    assert store.getCreationDate("root").equals(root.getNotBefore())
    assert store.entryInstanceOf("root", entry_class("TrustedCertificateEntry"))
    assert not store.entryInstanceOf("root", entry_class("PrivateKeyEntry"))


def test_aliases_are_those_of_the_file_and_of_the_hsm(account: Account, store: Any) -> None:
    new_aes(account.session, LABEL="secret", TOKEN=True)
    assert (aliases(store), store.size()) == ({"signer", "root", "secret"}, 3)


def test_setting_a_key_entry_gives_the_key_its_label(store: Any, pair: Any) -> None:
    assert 'label "signer"' in str(pair.getPrivate().toString())
    assert aliases(store) == {"signer", "root"}


def test_entries_may_be_set_as_objects(account: Account, pair: Any) -> None:
    store = account.store()
    chain = chain_for(pair.getPublic())
    store.setEntry("signer", java("java.security.KeyStore$PrivateKeyEntry")(pair.getPrivate(), chain), None)
    secret = java("javax.crypto.KeyGenerator").getInstance("AES", account.provider).generateKey()
    store.setEntry("secret", java("java.security.KeyStore$SecretKeyEntry")(secret), None)
    store.setEntry("root", java("java.security.KeyStore$TrustedCertificateEntry")(chain[1]), None)
    assert aliases(store) == {"signer", "secret", "root"}


def test_an_alias_in_use_is_refused_and_nothing_overwritten(account: Account, store: Any, pair: Any) -> None:
    other = generate("EC", account.provider)
    chain, root = chain_for(other.getPublic()), java_certificate(authority()[1])
    with refused(KEYSTORE_EXCEPTION, '"signer" is in use by a key'):
        store.setKeyEntry("signer", other.getPrivate(), None, chain)
    with refused(KEYSTORE_EXCEPTION, '"root" is in use by a certificate'):
        store.setKeyEntry("root", other.getPrivate(), None, chain)
    with refused(KEYSTORE_EXCEPTION, '"root" is in use by a certificate'):
        store.setCertificateEntry("root", root)
    with refused(KEYSTORE_EXCEPTION, '"signer" is in use by a key'):
        store.setCertificateEntry("signer", root)
    assert store.getKey("signer", None).equals(pair.getPrivate())
    assert 'label ""' in str(other.getPrivate().toString())


def test_an_alias_other_than_the_label_is_refused_with_the_command_that_renames(store: Any, pair: Any) -> None:
    text = 'The given alias "other" does not match label "signer"'
    with refused(KEYSTORE_EXCEPTION, text, "hsmbridge key set-attribute"):
        store.setKeyEntry("other", pair.getPrivate(), None, chain_for(pair.getPublic()))


def test_a_key_may_get_a_new_certificate_but_no_other_keys(account: Account, store: Any, pair: Any) -> None:
    store.setKeyEntry("signer", pair.getPrivate(), None, chain_for(pair.getPublic(), "renewed"))
    assert str(store.getCertificate("signer").getSubjectX500Principal()) == "CN=renewed"
    foreign = chain_for(generate("EC", account.provider).getPublic())
    with refused(KEYSTORE_EXCEPTION, "does not belong to"):
        store.setKeyEntry("signer", pair.getPrivate(), None, foreign)


def test_incomplete_and_unsuitable_entries_are_refused(account: Account, store: Any, pair: Any) -> None:
    with pytest.raises(java("java.lang.IllegalArgumentException")):
        store.setKeyEntry("none", pair.getPrivate(), None, None)
    with refused(KEYSTORE_EXCEPTION, "private and secret keys"):
        store.setKeyEntry("public", pair.getPublic(), None, None)
    with pytest.raises(java("java.lang.UnsupportedOperationException")):
        store.setKeyEntry("bytes", b"key", chain_for(pair.getPublic()))


def test_a_key_of_another_provider_instance_is_refused(account: Account, pairs: dict[str, Any]) -> None:
    pair = pairs["EC"]
    with refused(KEYSTORE_EXCEPTION, "another provider instance"):
        account.store().setKeyEntry("foreign", pair.getPrivate(), None, chain_for(pair.getPublic()))


def test_two_keys_with_one_label_are_listed_once_and_not_chosen_between(account: Account) -> None:
    new_aes(account.session, LABEL="twice", TOKEN=True)
    new_pair(account.session, LABEL="twice", TOKEN=True)
    store = account.store()
    assert aliases(store) == {"twice"}
    text = "KeyStore should return only one key for the provided alias twice"
    with refused("java.security.UnrecoverableKeyException", text, "2 keys", "hsmbridge keys"):
        store.getKey("twice", None)


def test_a_certificate_is_deleted_and_a_key_is_not(store: Any) -> None:
    store.deleteEntry("root")
    assert aliases(store) == {"signer"}
    with refused(KEYSTORE_EXCEPTION, "never destroys HSM keys", "hsmbridge key delete", "destroy()"):
        store.deleteEntry("signer")
    assert store.getCertificate("signer") is not None


def test_a_renamed_key_keeps_its_certificates(account: Account, store: Any, pair: Any) -> None:
    store.store(java("java.io.ByteArrayOutputStream")(), chars(PASSWORD))
    (handle,) = account.session.find({Attribute.LABEL: "signer"})
    account.session.set_attributes(handle, {Attribute.LABEL: "renamed"})
    assert str(store.getCertificate("renamed").getSubjectX500Principal()) == "CN=leaf"
    assert len(store.getCertificateChain("renamed")) == 2


def test_a_certificate_of_a_destroyed_key_is_not_given_to_its_successor(account: Account, store: Any) -> None:
    store.setCertificateEntry("stale", java_certificate(authority()[1]))
    new_pair(account.session, LABEL="stale", TOKEN=True)
    assert store.getCertificate("stale") is None
    assert store.getCertificateChain("stale") is None
    store.deleteEntry("stale")
    assert store.isKeyEntry("stale")


def test_keys_are_persistent_after_store_and_not_before(account: Account, store: Any, pair: Any) -> None:
    assert account.kept() == []
    store.store(java("java.io.ByteArrayOutputStream")(), chars(PASSWORD))
    (handle,) = account.session.find({Attribute.LABEL: "signer"})
    assert account.session.attributes(handle)[Attribute.TOKEN] is True
    signed = sign("SHA256withECDSA", account.store().getKey("signer", None), provider=account.provider)
    assert verifies("SHA256withECDSA", pair.getPublic(), DATA, signed, "SunEC")


def test_loading_again_forgets_keys_that_were_not_stored(account: Account, store: Any) -> None:
    store.load(None, None)
    store.store(java("java.io.ByteArrayOutputStream")(), chars(PASSWORD))
    assert account.kept() == []


def test_a_keystore_that_is_not_loaded_is_refused(account: Account) -> None:
    store = java("java.security.KeyStore").getInstance("CLOUDHSM", account.provider)
    with pytest.raises(java(KEYSTORE_EXCEPTION)):
        store.aliases()


def test_after_logout_the_keystore_asks_for_a_login(account: Account, store: Any) -> None:
    account.provider.logout()
    with refused(f"{EXCEPTIONS}.AuthenticationException", "Log in first"):
        store.getKey("signer", None)
    with refused(KEYSTORE_EXCEPTION, "Log in first"):
        store.setCertificateEntry("new", java_certificate(authority()[1]))
    account.provider.login(None, pin(f"{account.name}:{LOGIN_PASSWORD}"))
    assert aliases(store) == {"signer", "root"}
    assert store.isCertificateEntry("signer")
