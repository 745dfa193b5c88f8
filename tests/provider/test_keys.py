"""Key objects: what they implement, and that nothing secret comes out of them."""

from __future__ import annotations

import re
from typing import Any

import pytest
from engine.keys import new_aes, private_info, software_rsa

from bridge.engine import Attribute
from bridge.engine.attributes import parse
from provider.certificates import chain_for
from provider.conftest import Account
from provider.jca import DATA, chars, generate, java, public_key, refused, sign, verifies

DESTROY_FAILED = "javax.security.auth.DestroyFailedException"


@pytest.fixture
def keys(account: Account) -> dict[str, Any]:
    """One key of each class."""
    rsa, ec = generate("RSA", account.provider), generate("EC", account.provider)
    aes = java("javax.crypto.KeyGenerator").getInstance("AES", account.provider).generateKey()
    return {
        "RSA private": rsa.getPrivate(),
        "RSA public": rsa.getPublic(),
        "EC private": ec.getPrivate(),
        "EC public": ec.getPublic(),
        "AES": aes,
    }


def serialised(key: Any) -> bytes:
    stream = java("java.io.ByteArrayOutputStream")()
    java("java.io.ObjectOutputStream")(stream).writeObject(key)
    return bytes(stream.toByteArray())


def test_keys_implement_the_interfaces_of_their_kind(keys: dict[str, Any]) -> None:
    interfaces = "java.security.interfaces"
    expected = {
        "RSA private": ["java.security.PrivateKey", f"{interfaces}.RSAPrivateCrtKey", f"{interfaces}.RSAKey"],
        "RSA public": ["java.security.PublicKey", f"{interfaces}.RSAPublicKey"],
        "EC private": ["java.security.PrivateKey", f"{interfaces}.ECPrivateKey"],
        "EC public": ["java.security.PublicKey", f"{interfaces}.ECPublicKey"],
        "AES": ["javax.crypto.SecretKey"],
    }
    for kind, names in expected.items():
        for name in [*names, "java.security.Key", "javax.security.auth.Destroyable"]:
            assert isinstance(keys[kind], java(name)), (kind, name)
        assert keys[kind].getAlgorithm() == kind.split()[0]


def test_private_and_secret_keys_have_no_encoding_and_no_secret_parts(keys: dict[str, Any]) -> None:
    for kind in ("RSA private", "EC private", "AES"):
        assert keys[kind].getEncoded() is None
        assert keys[kind].getFormat() is None
    key = keys["RSA private"]
    assert keys["EC private"].getS() is None
    secrets = [key.getPrivateExponent(), key.getPrimeP(), key.getPrimeQ(), key.getPrimeExponentP()]
    assert [*secrets, key.getPrimeExponentQ(), key.getCrtCoefficient()] == [None] * 6
    assert key.getModulus().equals(keys["RSA public"].getModulus())
    assert key.getPublicExponent().intValue() == 65537


def test_public_keys_are_equal_to_software_keys_of_the_same_value(keys: dict[str, Any]) -> None:
    for algorithm in ("RSA", "EC"):
        ours = keys[f"{algorithm} public"]
        assert ours.getFormat() == "X.509"
        software = public_key(algorithm, bytes(ours.getEncoded()))
        assert ours.equals(software)
        assert software.equals(ours)
    software = public_key("EC", bytes(keys["EC public"].getEncoded()))
    assert keys["EC public"].getW().equals(software.getW())


def test_changing_what_a_key_returned_does_not_change_the_key(keys: dict[str, Any]) -> None:
    encoded = keys["EC public"].getEncoded()
    encoded[0] = 0
    assert keys["EC public"].getEncoded()[0] == 0x30


def test_two_objects_of_one_key_are_equal_and_those_of_two_are_not(account: Account) -> None:
    for label in ("one", "two"):
        new_aes(account.session, LABEL=label, TOKEN=True)
    one, again, two = (account.store().getKey(label, None) for label in ("one", "one", "two"))
    assert one.equals(again)
    assert one.hashCode() == again.hashCode()
    assert not one.equals(two)
    assert not one.equals(None)
    assert not one.equals("one")


def test_private_and_secret_keys_are_never_serialised(keys: dict[str, Any]) -> None:
    for kind in ("RSA private", "EC private", "AES"):
        with refused("java.io.NotSerializableException", "stays in the HSM"):
            serialised(keys[kind])


def test_public_keys_are_serialised_as_software_keys(keys: dict[str, Any]) -> None:
    for kind in ("RSA public", "EC public"):
        content = serialised(keys[kind])
        assert b"hsmbridge" not in content
        stream = java("java.io.ObjectInputStream")(java("java.io.ByteArrayInputStream")(content))
        assert stream.readObject().equals(keys[kind])


def test_a_text_of_a_key_names_class_label_and_handle_only(keys: dict[str, Any]) -> None:
    for key in keys.values():
        assert re.fullmatch(r'Hsm\w+Key\(label "", handle 0x[0-9a-f]{16}\)', str(key.toString()))


def test_an_object_of_an_imported_key_holds_none_of_its_secret_numbers(account: Account) -> None:
    known = software_rsa()
    template = {"PRIVATE_KEY_INFO": private_info(known), "LABEL": "known", "TOKEN": True}
    account.session.import_key(parse(template))
    key = account.store().getKey("known", None)
    numbers = known.private_numbers()
    secret = {str(n) for n in (numbers.d, numbers.p, numbers.q, numbers.dmp1, numbers.dmq1, numbers.iqmp)}
    seen = set()
    kind = key.getClass()
    while kind is not None:
        for field in kind.getDeclaredFields():
            field.setAccessible(True)
            seen.add(str(field.get(key)))
        kind = kind.getSuperclass()
    assert str(numbers.public_numbers.n) in seen
    assert not secret & seen


def test_destroying_destroys_in_the_hsm_and_only_that_half(account: Account) -> None:
    pair = generate("EC", account.provider)
    store = account.store()
    store.setKeyEntry("pair", pair.getPrivate(), None, chain_for(pair.getPublic()))
    store.store(java("java.io.ByteArrayOutputStream")(), chars("changeit"))
    assert len(account.kept()) == 1
    signed = sign("SHA256withECDSA", pair.getPrivate(), provider=account.provider)
    assert not pair.getPrivate().isDestroyed()
    pair.getPrivate().destroy()
    assert pair.getPrivate().isDestroyed()
    assert account.kept() == []
    assert not pair.getPublic().isDestroyed()
    assert verifies("SHA256withECDSA", pair.getPublic(), DATA, signed, account.provider)


def test_a_destroyed_key_is_refused_everywhere(account: Account) -> None:
    pair = generate("RSA", account.provider)
    waiting = java("java.security.Signature").getInstance("SHA256withRSA", account.provider)
    waiting.initSign(pair.getPrivate())
    pair.getPrivate().destroy()
    with refused(DESTROY_FAILED, "is destroyed already"):
        pair.getPrivate().destroy()
    with refused("java.security.SignatureException", "was destroyed"):
        waiting.sign()
    with refused("java.security.InvalidKeyException", "is destroyed"):
        waiting.initSign(pair.getPrivate())
    with pytest.raises(java("java.security.KeyStoreException")):
        account.store().setKeyEntry("gone", pair.getPrivate(), None, chain_for(pair.getPublic()))


def test_a_key_that_another_program_destroyed_is_gone_here_too(account: Account) -> None:
    handle = new_aes(account.session, LABEL="shared", TOKEN=True)
    key = account.store().getKey("shared", None)
    account.session.destroy(handle)
    with refused(DESTROY_FAILED, "There is no key"):
        key.destroy()
    assert key.isDestroyed()


def test_a_key_that_is_not_destroyable_stays(account: Account) -> None:
    handle = new_aes(account.session, LABEL="for ever", TOKEN=True)
    account.session.set_attributes(handle, {Attribute.DESTROYABLE: False})
    key = account.store().getKey("for ever", None)
    with refused(DESTROY_FAILED, "DESTROYABLE"):
        key.destroy()
    assert not key.isDestroyed()
    assert account.store().getKey("for ever", None).equals(key)
