"""The keystore's contract row by row, with every kind of key (user guide, "alternative-keystore")."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from engine.keys import new_aes, new_pair

from bridge.engine import Attribute
from provider.certificates import authority, chain_for, java_certificate
from provider.conftest import Account, Jvm, load_store
from provider.jca import DATA, chars, generate, java, refused, verifies
from provider.test_attributes_api import ATTRIBUTES, boxed_true, constant, new_map

PASSWORD = "changeit"
KEYSTORE_EXCEPTION = "java.security.KeyStoreException"
KINDS = {"RSA": "SHA256withRSA", "EC": "SHA256withECDSA", "Ed25519": "Ed25519", "ML-DSA": "ML-DSA"}


def labelled_pair(account: Account, algorithm: str, label: str) -> Any:
    """Generate a pair as the documentation's sample does, with a label for each half."""
    private = new_map(LABEL=f"{label}:Private", TOKEN=boxed_true())
    public = new_map(LABEL=f"{label}:Public", VERIFY=boxed_true())
    extra: dict[str, Any] = {}
    if algorithm == "RSA":
        extra = {"MODULUS_BITS": java("java.lang.Integer").valueOf(2048)}
    elif algorithm == "EC":
        extra = {"EC_PARAMS": constant("EcParams", "EC_CURVE_PRIME256")}
    elif algorithm == "ML-DSA":
        extra = {"MLDSA_ALGORITHM": java("com.amazonaws.cloudhsm.jce.jni.MldsaAlgorithm").MlDsa65}
    public.putAll(new_map(**extra))
    generator = java("java.security.KeyPairGenerator").getInstance(algorithm, account.provider)
    generator.initialize(java(f"{ATTRIBUTES}.KeyPairAttributesMap")(public, private))
    return generator.generateKeyPair()


def stored(store: Any) -> bytes:
    stream = java("java.io.ByteArrayOutputStream")()
    store.store(stream, chars(PASSWORD))
    return bytes(stream.toByteArray())


def protection() -> Any:
    return java("java.security.KeyStore$PasswordProtection")(chars("of no use"))


def signed_by(account: Account, algorithm: str, key: Any) -> bytes:
    one = java("java.security.Signature").getInstance(algorithm, account.provider)
    one.initSign(key)
    one.update(DATA)
    return bytes(one.sign())


@pytest.mark.parametrize("algorithm", sorted(KINDS))
def test_a_pair_with_a_certificate_survives_storing(account: Account, algorithm: str) -> None:
    alias = f"{algorithm}:Private"
    store = account.store()
    assert not store.containsAlias(alias)
    pair = labelled_pair(account, algorithm, algorithm)
    assert store.containsAlias(alias)
    chain = chain_for(pair.getPublic())
    store.setKeyEntry(alias, pair.getPrivate(), chars("of no use"), chain)
    again = account.store(stored(store), PASSWORD)
    assert again.getKey(alias, None).equals(pair.getPrivate())
    assert [bytes(one.getEncoded()) for one in again.getCertificateChain(alias)] == [
        bytes(one.getEncoded()) for one in chain
    ]
    signed = signed_by(account, KINDS[algorithm], again.getKey(alias, chars("other")))
    assert verifies(KINDS[algorithm], pair.getPublic(), DATA, signed, account.provider)


@pytest.mark.parametrize("algorithm", ["RSA", "EC", "Ed25519"])
def test_a_pair_is_an_entry_that_the_jdk_accepts(account: Account, algorithm: str) -> None:
    alias = f"{algorithm}:Private"
    pair = labelled_pair(account, algorithm, algorithm)
    store = account.store()
    entry = java("java.security.KeyStore$PrivateKeyEntry")(pair.getPrivate(), chain_for(pair.getPublic()))
    store.setEntry(alias, entry, protection())
    got = account.store(stored(store), PASSWORD).getEntry(alias, protection())
    assert got.getPrivateKey().equals(pair.getPrivate())
    assert got.getCertificate().getPublicKey().getAlgorithm() == pair.getPrivate().getAlgorithm()


def test_an_ml_dsa_pair_is_an_entry_where_the_jdk_knows_its_name(account: Account) -> None:
    pair = labelled_pair(account, "ML-DSA", "ml")
    store = account.store()
    store.setKeyEntry("ml:Private", pair.getPrivate(), None, chain_for(pair.getPublic()))
    if java("java.lang.Runtime").version().feature() >= 24:
        assert store.getEntry("ml:Private", protection()).getPrivateKey().equals(pair.getPrivate())
    else:
        with refused(KEYSTORE_EXCEPTION, "ml:Private", "getCertificateChain"):
            store.getEntry("ml:Private", protection())


def test_a_public_keys_label_may_be_a_certificates_alias(account: Account) -> None:
    labelled_pair(account, "EC", "both")
    store = account.store()
    store.setCertificateEntry("both:Public", java_certificate(authority()[1]))
    entry = store.getEntry("both:Public", None)
    assert entry.getTrustedCertificate().equals(java_certificate(authority()[1]))
    assert store.isCertificateEntry("both:Public")


def test_the_file_is_pkcs12_with_hexadecimal_aliases_and_no_key(account: Account) -> None:
    pair = labelled_pair(account, "EC", "ключ")
    store = account.store()
    store.setKeyEntry("ключ:Private", pair.getPrivate(), None, chain_for(pair.getPublic()))
    file = java("java.security.KeyStore").getInstance("PKCS12")
    file.load(java("java.io.ByteArrayInputStream")(stored(store)), chars(PASSWORD))
    name = "ключ:Private".encode().hex()
    assert name in {str(alias) for alias in file.aliases()}
    assert not any(file.isKeyEntry(alias) for alias in list(file.aliases()))


def test_a_file_needs_the_password_it_was_stored_with(account: Account) -> None:
    store = account.store()
    store.setCertificateEntry("root", java_certificate(authority()[1]))
    content = stored(store)
    assert account.store(content, PASSWORD).isCertificateEntry("root")
    with refused("java.io.IOException", "password was incorrect"):
        load_store(account.provider, content, "another")


def test_aliases_are_a_union_and_size_counts_them(account: Account) -> None:
    store = account.store()
    store.setCertificateEntry("root", java_certificate(authority()[1]))
    new_aes(account.session, LABEL="secret", TOKEN=True)
    pair = labelled_pair(account, "EC", "both")
    store.setKeyEntry("both:Private", pair.getPrivate(), None, chain_for(pair.getPublic()))
    assert sorted(map(str, store.aliases())) == ["both:Private", "root", "secret"]
    assert store.size() == 3
    assert [store.isKeyEntry(a) for a in ("both:Private", "root", "secret")] == [True, False, True]
    assert [store.isCertificateEntry(a) for a in ("both:Private", "root", "secret")] == [False, True, False]


def test_a_public_key_of_the_same_label_does_not_make_a_key_ambiguous(account: Account) -> None:
    _, private = new_pair(account.session, LABEL="one label", TOKEN=True)
    key = account.store().getKey("one label", None)
    assert f"0x{private:016x}" in str(key.toString())


def test_a_software_key_becomes_an_extractable_session_key_and_is_kept_on_store(
    account: Account, software_pairs: dict[str, Any], capfd: pytest.CaptureFixture[str]
) -> None:
    pair = software_pairs["RSA"]
    store = account.store()
    store.setKeyEntry("imported", pair.getPrivate(), None, chain_for(pair.getPublic()))
    assert account.kept() == []
    content = stored(store)
    (handle,) = account.kept()
    attributes = account.session.attributes(handle)
    assert (attributes[Attribute.EXTRACTABLE], attributes[Attribute.TOKEN]) == (True, True)
    assert (attributes[Attribute.LABEL], attributes[Attribute.LOCAL]) == ("imported", False)
    key = account.store(content, PASSWORD).getKey("imported", None)
    assert verifies("SHA256withRSA", pair.getPublic(), DATA, signed_by(account, "SHA256withRSA", key), "SunRsaSign")
    assert "was generated in software" in capfd.readouterr().err


def test_a_secret_software_key_is_taken_too(account: Account, capfd: pytest.CaptureFixture[str]) -> None:
    store = account.store()
    store.setKeyEntry("aes", java("javax.crypto.spec.SecretKeySpec")(bytes(range(32)), "AES"), None, None)
    assert store.getKey("aes", None).getAlgorithm() == "AES"
    stored(store)
    assert len(account.kept()) == 1
    assert "was generated in software" in capfd.readouterr().err


def test_nothing_in_use_is_overwritten(account: Account) -> None:
    store = account.store()
    pair, other = labelled_pair(account, "EC", "used"), generate("EC", account.provider)
    root = java_certificate(authority()[1])
    with refused(KEYSTORE_EXCEPTION, "used:Private", "in use"):
        store.setKeyEntry("used:Private", other.getPrivate(), None, chain_for(other.getPublic()))
    with refused(KEYSTORE_EXCEPTION, "used:Private", "in use"):
        store.setCertificateEntry("used:Private", root)
    store.setCertificateEntry("root", root)
    with refused(KEYSTORE_EXCEPTION, "root", "in use"):
        store.setCertificateEntry("root", root)
    assert store.getKey("used:Private", None).equals(pair.getPrivate())


def test_an_alias_that_is_not_the_label_is_refused(account: Account) -> None:
    pair = labelled_pair(account, "EC", "label")
    with refused(KEYSTORE_EXCEPTION, 'The given alias "alias" does not match label "label:Private"'):
        account.store().setKeyEntry("alias", pair.getPrivate(), None, chain_for(pair.getPublic()))


def test_certificates_are_found_and_dated(account: Account) -> None:
    store, root = account.store(), java_certificate(authority()[1])
    store.setCertificateEntry("first", root)
    store.setCertificateEntry("second", root)
    assert store.getCertificateAlias(root) == "first"
    assert store.getCreationDate("first").equals(root.getNotBefore())
    assert store.getCertificate("first").equals(root)
    assert store.getCertificateChain("first") is None
    assert store.getCertificate("none") is None


def test_deleting_removes_certificates_and_never_keys(account: Account) -> None:
    store = account.store()
    pair = labelled_pair(account, "EC", "kept")
    store.setKeyEntry("kept:Private", pair.getPrivate(), None, chain_for(pair.getPublic()))
    store.setCertificateEntry("root", java_certificate(authority()[1]))
    store.deleteEntry("root")
    store.deleteEntry("none")
    with refused(KEYSTORE_EXCEPTION, "never destroys HSM keys"):
        store.deleteEntry("kept:Private")
    assert [str(alias) for alias in store.aliases()] == ["kept:Private"]
    pair.getPrivate().destroy()
    assert not store.isKeyEntry("kept:Private")


@pytest.fixture
def in_front(jvm: Jvm) -> Iterator[None]:
    """Ask our provider before all others."""
    security = java("java.security.Security")
    security.removeProvider("CloudHSM")
    assert security.insertProviderAt(jvm.registered, 1) == 1
    yield
    security.removeProvider("CloudHSM")
    security.addProvider(jvm.registered)


@pytest.mark.usefixtures("in_front")
@pytest.mark.parametrize("algorithm", sorted(KINDS))
def test_reading_a_certificate_imports_nothing_even_if_we_are_asked_first(account: Account, algorithm: str) -> None:
    chain = chain_for(labelled_pair(account, algorithm, "certified").getPublic())
    assert java("java.security.KeyFactory").getInstance("RSA").getProvider().getName() == "CloudHSM"
    assert [str(one.getPublicKey().getClass().getName()).partition(".")[0] for one in chain] == ["sun", "sun"]


def test_a_public_key_is_found_by_its_own_label(account: Account) -> None:
    pair = labelled_pair(account, "EC", account.name)
    store = account.store()
    assert store.getKey(f"{account.name}:Public", None).equals(pair.getPublic())
    assert not store.containsAlias(f"{account.name}:Public")
    pair.getPublic().destroy()
    assert store.getKey(f"{account.name}:Public", None) is None
