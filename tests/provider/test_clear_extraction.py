"""Keys in clear: only while the switch is on, and only where a key's attributes allow it (spec: "getEncoded")."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_private_key

from bridge.engine import Hsm
from provider.conftest import PASSWORD, Account, Jvm
from provider.jca import DATA, generate, java, pin, refused, sign, verifies
from provider.test_attributes_api import boxed_true, integer, new_map
from provider.test_key_search import open_store


@contextmanager
def switched_on(hsm: Hsm) -> Iterator[None]:
    """Allow clear extraction for a while."""
    hsm.configure(clear_extraction=True)
    try:
        yield
    finally:
        hsm.configure(clear_extraction=False)


@pytest.fixture
def extraction(jvm: Jvm) -> Iterator[None]:
    """Allow clear extraction in one test."""
    with switched_on(jvm.hsm):
        yield


def aes(account: Account, **attributes: Any) -> Any:
    generator = java("javax.crypto.KeyGenerator").getInstance("AES", account.provider)
    generator.init(new_map(SIZE=integer(256), **attributes))
    return generator.generateKey()


def rsa_parts(key: Any) -> list[Any]:
    parts = [key.getPrivateExponent(), key.getPrimeP(), key.getPrimeQ()]
    return [*parts, key.getPrimeExponentP(), key.getPrimeExponentQ(), key.getCrtCoefficient()]


def spki(key: Any) -> bytes:
    return bytes(key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))


def edwards(account: Account) -> Any:
    return java("java.security.KeyPairGenerator").getInstance("Ed25519", account.provider).generateKeyPair()


def all_in_hsm(account: Account) -> list[Any]:
    pairs = [generate("RSA", account.provider), generate("EC", account.provider), edwards(account)]
    return [aes(account), *(pair.getPrivate() for pair in pairs)]


def test_by_default_keys_stay_in_the_hsm(account: Account) -> None:
    for key in all_in_hsm(account):
        assert (key.getEncoded(), key.getFormat()) == (None, None)
    assert edwards(account).getPrivate().getBytes().isEmpty()


@pytest.mark.usefixtures("extraction")
def test_a_secret_key_is_given_raw(account: Account) -> None:
    key = aes(account)
    assert key.getFormat() == "RAW"
    value = bytes(key.getEncoded())
    assert len(value) == 32
    software = java("javax.crypto.spec.SecretKeySpec")(value, "AES")
    plain, iv = bytes(32), java("javax.crypto.spec.IvParameterSpec")(bytes(16))
    results = []
    for provider, one in ((account.provider, key), ("SunJCE", software)):
        cipher = java("javax.crypto.Cipher").getInstance("AES/CBC/NoPadding", provider)
        cipher.init(1, one, iv)
        results.append(bytes(cipher.doFinal(plain)))
    assert results[0] == results[1]


@pytest.mark.usefixtures("extraction")
def test_an_ec_private_key_is_given_as_pkcs8_and_scalar(account: Account) -> None:
    pair = generate("EC", account.provider)
    assert pair.getPrivate().getFormat() == "PKCS#8"
    software = load_der_private_key(bytes(pair.getPrivate().getEncoded()), None)
    assert isinstance(software, ec.EllipticCurvePrivateKey)
    assert spki(software) == bytes(pair.getPublic().getEncoded())
    assert int(str(pair.getPrivate().getS())) == software.private_numbers().private_value


@pytest.mark.usefixtures("extraction")
def test_an_rsa_private_key_is_given_as_pkcs8_and_all_its_numbers(account: Account) -> None:
    pair = generate("RSA", account.provider)
    key = pair.getPrivate()
    assert key.getFormat() == "PKCS#8"
    software = load_der_private_key(bytes(key.getEncoded()), None)
    assert isinstance(software, rsa.RSAPrivateKey)
    assert spki(software) == bytes(pair.getPublic().getEncoded())
    numbers = software.private_numbers()
    expected = [numbers.d, numbers.p, numbers.q, numbers.dmp1, numbers.dmq1, numbers.iqmp]
    assert [int(str(part)) for part in rsa_parts(key)] == expected


@pytest.mark.usefixtures("extraction")
def test_an_ed25519_private_key_is_given_as_pkcs8_and_bytes(account: Account) -> None:
    pair = edwards(account)
    software = load_der_private_key(bytes(pair.getPrivate().getEncoded()), None)
    assert spki(software) == bytes(pair.getPublic().getEncoded())
    assert bytes(pair.getPrivate().getBytes().get()) == bytes(pair.getPrivate().getEncoded())[-32:]


@pytest.mark.usefixtures("extraction")
@pytest.mark.parametrize("refusing", [{"EXTRACTABLE": False}, {"WRAP_WITH_TRUSTED": True}], ids=str)
def test_attributes_keep_a_key_inside(account: Account, refusing: dict[str, bool]) -> None:
    attributes = {name: java("java.lang.Boolean").valueOf(value) for name, value in refusing.items()}
    key = aes(account, **attributes)
    assert (key.getEncoded(), key.getFormat()) == (None, None)
    generator = java("java.security.KeyPairGenerator").getInstance("RSA", account.provider)
    public = new_map(MODULUS_BITS=integer(2048))
    pair_map = java("com.amazonaws.cloudhsm.jce.provider.attributes.KeyPairAttributesMap")
    generator.initialize(pair_map(public, new_map(**attributes)))
    private = generator.generateKeyPair().getPrivate()
    assert rsa_parts(private) == [None] * 6
    assert (private.getEncoded(), private.getFormat()) == (None, None)


def test_the_switch_counts_at_the_moment_of_the_question(jvm: Jvm, account: Account) -> None:
    key = aes(account)
    for _ in range(2):
        assert key.getEncoded() is None
        with switched_on(jvm.hsm):
            assert len(key.getEncoded()) == 32
    assert key.getEncoded() is None


@pytest.mark.usefixtures("extraction")
def test_a_destroyed_key_has_no_encoding(account: Account) -> None:
    key = aes(account, LABEL="twin", TOKEN=boxed_true())
    twin = open_store(account.provider).getKey(new_map(LABEL="twin"))
    key.destroy()
    for gone in (key, twin):
        assert (gone.getEncoded(), gone.getFormat()) == (None, None)


@pytest.mark.usefixtures("extraction")
@pytest.mark.parametrize("algorithm", ["SHA256withRSA", "SHA256withECDSA"])
def test_a_key_that_may_leave_still_signs_inside(pairs: dict[str, Any], algorithm: str) -> None:
    pair = pairs["RSA" if algorithm.endswith("RSA") else "EC"]
    one = java("java.security.Signature").getInstance(algorithm)
    one.initSign(pair.getPrivate())
    assert one.getProvider().getName() == "CloudHSM"
    signed = sign(algorithm, pair.getPrivate())
    assert verifies(algorithm, pair.getPublic(), DATA, signed)


@pytest.mark.usefixtures("extraction")
def test_texts_and_serialised_forms_hold_nothing_of_a_key_that_may_leave(account: Account) -> None:
    for key in all_in_hsm(account):
        assert "handle 0x" in str(key.toString())
        stream = java("java.io.ObjectOutputStream")(java("java.io.ByteArrayOutputStream")())
        with refused("java.io.NotSerializableException", "stays in the HSM"):
            stream.writeObject(key)


@pytest.mark.usefixtures("extraction")
def test_a_key_in_clear_is_used_under_its_attributes_all_the_same(jvm: Jvm) -> None:
    """Whoever names no provider gets the HSM, whatever other providers would do with the bytes."""
    generator = java("javax.crypto.KeyGenerator").getInstance("AES", jvm.registered)
    generator.init(new_map(SIZE=integer(256), ENCRYPT=java("java.lang.Boolean").FALSE))
    key = generator.generateKey()
    assert key.getEncoded() is not None
    cipher = java("javax.crypto.Cipher").getInstance("AES/ECB/NoPadding")
    cipher.init(1, key)
    assert cipher.getProvider().equals(jvm.registered)
    with refused("com.amazonaws.cloudhsm.jce.jni.exception.KeyUsageException", "ENCRYPT"):
        cipher.doFinal(bytes(32))
    named = java("javax.crypto.Cipher").getInstance("AES/ECB/NoPadding", "SunJCE")
    named.init(1, key)
    assert len(named.doFinal(bytes(32))) == 32
    key.destroy()


@pytest.mark.usefixtures("extraction")
def test_a_key_whose_login_ended_is_not_to_be_had(account: Account) -> None:
    key = aes(account, TOKEN=boxed_true())
    assert key.getEncoded() is not None
    account.provider.logout()
    assert (key.getEncoded(), key.getFormat()) == (None, None)
    account.provider.login(None, pin(f"{account.name}:{PASSWORD}"))
    assert key.getEncoded() is not None
