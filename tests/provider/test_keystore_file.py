"""The keystore's file: its password, what is in it, and files that are none."""

from __future__ import annotations

from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    NoEncryption,
    pkcs12,
)
from engine.keys import private_info, public_info, software_rsa

from bridge.engine import Attribute
from provider.certificates import authority, chain_for, java_certificate
from provider.conftest import Account
from provider.jca import DATA, chars, generate, java, private_key, public_key, refused, sign, verifies

IO = "java.io.IOException"
PASSWORD = "changeit"
UMLAUT = "Schlüssel 鍵"


def write(store: Any, password: str | None = PASSWORD) -> bytes:
    """Return what a keystore stores."""
    stream = java("java.io.ByteArrayOutputStream")()
    store.store(stream, chars(password))
    return bytes(stream.toByteArray())


@pytest.fixture
def content(account: Account) -> bytes:
    """A keystore file with a key entry and a trusted certificate."""
    pair = generate("EC", account.provider)
    store = account.store()
    store.setKeyEntry(UMLAUT, pair.getPrivate(), None, chain_for(pair.getPublic()))
    store.setCertificateEntry("root", java_certificate(authority()[1]))
    return write(store)


def test_a_file_brings_its_certificates_back(account: Account, content: bytes) -> None:
    store = account.store(content, PASSWORD)
    assert {str(alias) for alias in store.aliases()} == {UMLAUT, "root"}
    assert [str(c.getSubjectX500Principal()) for c in store.getCertificateChain(UMLAUT)] == ["CN=leaf", "CN=CA"]
    assert store.isKeyEntry(UMLAUT)
    assert store.isCertificateEntry("root")
    again = account.store(write(store, "another"), "another")
    assert {str(alias) for alias in again.aliases()} == {UMLAUT, "root"}


def test_a_file_holds_certificates_and_no_key(account: Account, content: bytes) -> None:
    loaded = pkcs12.load_pkcs12(content, PASSWORD.encode())
    assert loaded.key is None
    names = {c.friendly_name for c in loaded.additional_certs}
    assert UMLAUT.encode().hex().encode() in names
    assert b"root".hex().encode() in names
    stock = java("java.security.KeyStore").getInstance("PKCS12", "SUN")
    stock.load(java("java.io.ByteArrayInputStream")(content), chars(PASSWORD))
    assert not any(stock.isKeyEntry(alias) for alias in stock.aliases())


def test_a_wrong_password_is_refused_as_by_the_jdk(account: Account, content: bytes) -> None:
    with refused(IO, "keystore password was incorrect", "not the HSM user's") as caught:
        account.store(content, "not-this-one")
    assert isinstance(caught.value.getCause(), java("java.security.UnrecoverableKeyException"))
    assert "not-this-one" not in str(caught.value.stacktrace())


def test_every_truncated_file_is_refused(account: Account, content: bytes) -> None:
    for length in range(0, len(content), 97):
        with pytest.raises(java(IO)):
            account.store(content[:length], PASSWORD)
    with refused(IO, "truncated, damaged or no PKCS#12 file", "the keys are in the HSM"):
        account.store(content[: len(content) // 2], PASSWORD)


def test_a_changed_byte_is_noticed_or_harmless_and_never_another_exception(account: Account, content: bytes) -> None:
    refusals = 0
    for position in range(0, len(content), 61):
        changed = content[:position] + bytes([content[position] ^ 0x41]) + content[position + 1 :]
        try:
            account.store(changed, PASSWORD)
        except java(IO):
            refusals += 1
    assert refusals > len(content) / 61 * 0.8


def jks() -> bytes:
    store = java("java.security.KeyStore").getInstance("JKS")
    store.load(None, None)
    return write(store)


def jceks() -> bytes:
    store = java("java.security.KeyStore").getInstance("JCEKS")
    store.load(None, None)
    return write(store)


@pytest.mark.parametrize(
    ("make", "name"),
    [
        (jks, "a JKS keystore"),
        (jceks, "a JCEKS keystore"),
        (lambda: b"-----BEGIN CERTIFICATE-----\n", "a PEM file"),
        (lambda: b"hello there\n", "a text file"),
        (lambda: b"\x00\x01\x02", "a file of another format"),
        (lambda: b"", "an empty file"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_foreign_files_are_named_for_what_they_are(account: Account, make: Any, name: str) -> None:
    with refused(IO, "is a PKCS#12 file", f"this is {name}", "hsmbridge import"):
        account.store(make(), PASSWORD)


@pytest.mark.parametrize("encrypted", [True, False])
def test_a_pkcs12_file_with_a_private_key_is_refused(account: Account, encrypted: bool) -> None:
    key, certificate = authority()
    encryption = BestAvailableEncryption(PASSWORD.encode()) if encrypted else NoEncryption()
    content = pkcs12.serialize_key_and_certificates(b"own", key, certificate, None, encryption)
    with refused(IO, "holds private keys", "hsmbridge import"):
        account.store(content, PASSWORD if encrypted else None)


def test_a_plain_trust_file_of_the_jdk_is_read(account: Account) -> None:
    stock = java("java.security.KeyStore").getInstance("PKCS12")
    stock.load(None, None)
    stock.setCertificateEntry("company", java_certificate(authority()[1]))
    assert account.store(write(stock), PASSWORD).isCertificateEntry("company")


def test_without_the_password_keys_are_seen_and_nothing_can_be_lost(account: Account, content: bytes) -> None:
    store = account.store(content, None)
    assert store.isKeyEntry(UMLAUT)
    assert store.getCertificate(UMLAUT) is None
    with refused(IO, "loaded without its password", "Load it again"):
        write(store)


def test_a_keystore_without_certificates_is_stored_and_loaded(account: Account) -> None:
    empty = write(account.store())
    assert list(account.store(empty, PASSWORD).aliases()) == []
    account.store().store(None, None)


def test_certificates_need_a_file(account: Account) -> None:
    store = account.store()
    store.setCertificateEntry("root", java_certificate(authority()[1]))
    with refused(IO, "no file to store the certificates in"):
        store.store(None, None)


def test_a_software_key_is_imported_with_one_warning(account: Account, capfd: pytest.CaptureFixture[str]) -> None:
    key = software_rsa()
    public = public_key("RSA", public_info(key.public_key()))
    store = account.store()
    store.setKeyEntry("moved", private_key("RSA", private_info(key)), None, chain_for(public))
    said = capfd.readouterr().err
    assert said.count("\n") == 1
    assert said.startswith('Warning: the key "moved" was generated in software')
    assert "hsmbridge keytool" in said
    assert "-providerName CloudHSM" in said
    assert account.kept() == []
    content = write(store)
    assert capfd.readouterr().err == ""
    (handle,) = account.kept()
    attributes = account.session.attributes(handle)
    flags = (attributes[Attribute.TOKEN], attributes[Attribute.EXTRACTABLE], attributes[Attribute.LOCAL])
    assert flags == (True, True, False)
    inside = account.store(content, PASSWORD).getKey("moved", None)
    assert inside.getEncoded() is None
    assert verifies("SHA256withRSA", public, DATA, sign("SHA256withRSA", inside, provider=account.provider))
    assert pkcs12.load_pkcs12(content, PASSWORD.encode()).key is None


def test_software_keys_that_the_hsm_cannot_hold_are_refused(account: Account) -> None:
    store = account.store()
    specification = java("javax.crypto.spec.SecretKeySpec")
    store.setKeyEntry("aes", specification(bytes(32), "AES"), None, None)
    assert store.getKey("aes", None).getAlgorithm() == "AES"
    with refused("java.security.KeyStoreException", "cannot hold a key for PBEWithMD5AndDES"):
        store.setKeyEntry("pbe", specification(bytes(8), "PBEWithMD5AndDES"), None, None)
    small = generate("RSA", "SunRsaSign", 1024)
    with refused("java.security.KeyStoreException", "1024"):
        store.setKeyEntry("small", small.getPrivate(), None, chain_for(small.getPublic()))
    assert {str(alias) for alias in store.aliases()} == {"aes"}
