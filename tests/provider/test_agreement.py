"""Key agreement: ECDH plain and with the KDF of ANSI X9.63, against the JDK and cryptography, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.kdf.x963kdf import X963KDF
from engine.keys import private_info, public_info
from hypothesis import given, settings
from hypothesis import strategies as st

from provider.conftest import Account, Jvm
from provider.jca import DATA, EXCEPTIONS, HSM, generate, java, private_key, public_key, refused
from provider.maps import (
    PROVIDER,
    all_keys,
    attributes,
    clear_extraction,
    jbytes,
    no_implicit_import,
    null,
)

__all__ = ["no_implicit_import"]

HASHES: dict[str, hashes.HashAlgorithm] = {
    "SHA1": hashes.SHA1(),  # noqa: S303 - the table has it
    "SHA224": hashes.SHA224(),
    "SHA256": hashes.SHA256(),
    "SHA384": hashes.SHA384(),
    "SHA512": hashes.SHA512(),
}
KDFS = {f"ECDHwithX963{name}KDF": hash_ for name, hash_ in HASHES.items()}
CURVES: dict[str, ec.EllipticCurve] = {
    "P-224": ec.SECP224R1(),
    "P-256": ec.SECP256R1(),
    "secp256k1": ec.SECP256K1(),
    "P-384": ec.SECP384R1(),
    "P-521": ec.SECP521R1(),
}
INVALID_KEY = "java.security.InvalidKeyException"
STATE = "java.lang.IllegalStateException"
every_kdf = pytest.mark.parametrize("algorithm", KDFS)


def agreement(algorithm: str, *init: Any, provider: Any = HSM) -> Any:
    one = java("javax.crypto.KeyAgreement").getInstance(algorithm, provider)
    if init:
        one.init(*init)
    return one


def hsm_key(key: ec.EllipticCurvePrivateKey, provider: Any = HSM, **given: Any) -> Any:
    """Import a private key that may derive."""
    numbers = key.private_numbers()
    factory = java("java.security.KeyFactory").getInstance("EC", provider)
    oid = java("java.security.AlgorithmParameters").getInstance("EC")
    oid.init(java("java.security.spec.ECGenParameterSpec")(key.curve.name))
    value = numbers.private_value.to_bytes(66, "big")
    return factory.generatePrivate(attributes(EC_PARAMS=bytes(oid.getEncoded()), VALUE=value, DERIVE=True, **given))


def peer_key(key: ec.EllipticCurvePrivateKey) -> Any:
    return public_key("EC", public_info(key.public_key()))


def spec(info: bytes, **given: Any) -> Any:
    return java(f"{PROVIDER}.spec.EcdhWithX963KdfParamSpec")(jbytes(info), attributes(**given))


def value_of(key: Any) -> bytes:
    return bytes(key.getEncoded())


def wrong_point() -> Any:
    """Return a public key whose point is on no curve that has a name."""
    parameters = generate("EC", "SunEC").getPublic().getParams()
    one = java("java.math.BigInteger").ONE
    point = java("java.security.spec.ECPoint")(one, one)
    return (
        java("java.security.KeyFactory")
        .getInstance("EC", "SunEC")
        .generatePublic(java("java.security.spec.ECPublicKeySpec")(point, parameters))
    )


@every_kdf
@pytest.mark.parametrize("curve", CURVES)
def test_the_derived_key_is_that_of_cryptography(jvm: Jvm, algorithm: str, curve: str) -> None:
    ours, theirs = ec.generate_private_key(CURVES[curve]), ec.generate_private_key(CURVES[curve])
    shared = ours.exchange(ec.ECDH(), theirs.public_key())
    for name, bits, info in [("AES", 256, b""), ("AES", 128, b"info"), ("GenericSecret", 6400, b"i" * 70)]:
        one = agreement(algorithm, hsm_key(ours), spec(info, SIZE=bits))
        assert one.doPhase(peer_key(theirs), True) is None
        key = one.generateSecret(name)
        assert key.getAlgorithm() == name
        with clear_extraction(jvm.hsm):
            assert value_of(key) == X963KDF(KDFS[algorithm], bits // 8, info).derive(shared)


@settings(deadline=None, max_examples=15)
@given(info=st.binary(max_size=100), size=st.integers(1, 800))
def test_any_shared_info_and_size_will_do(jvm: Jvm, info: bytes, size: int) -> None:
    ours, theirs = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    one = agreement("ECDHwithX963SHA256KDF", hsm_key(ours), spec(info, SIZE=8 * size))
    one.doPhase(peer_key(theirs), True)
    with clear_extraction(jvm.hsm):
        raw = bytes(one.generateSecret())
    assert raw == X963KDF(hashes.SHA256(), size, info).derive(ours.exchange(ec.ECDH(), theirs.public_key()))


@every_kdf
def test_a_map_alone_is_enough_and_both_sides_agree(account: Account, algorithm: str) -> None:
    pairs = []
    for _ in range(2):
        generator = java("java.security.KeyPairGenerator").getInstance("EC", account.provider)
        pair = java(f"{PROVIDER}.attributes.KeyPairAttributesMapBuilder")()
        curve = java(f"{PROVIDER}.attributes.EcParams").EC_CURVE_PRIME256
        name = java(f"{PROVIDER}.attributes.KeyAttribute")
        generator.initialize(pair.withPublic(name.EC_PARAMS, curve).withPrivate(name.DERIVE, True).build())
        pairs.append(generator.generateKeyPair())
    codes = []
    for mine, other in (pairs, pairs[::-1]):
        one = agreement(algorithm, mine.getPrivate(), attributes(SIZE=256, LABEL="agreed"), provider=account.provider)
        one.doPhase(other.getPublic(), True)
        key = one.generateSecret("HmacSHA256")
        assert key.getEncoded() is None
        mac = java("javax.crypto.Mac").getInstance("HmacSHA256", account.provider)
        mac.init(key)
        codes.append(bytes(mac.doFinal(DATA)))
    assert codes[0] == codes[1]


@pytest.mark.parametrize("curve", CURVES)
def test_plain_ecdh_gives_what_the_jdk_gives(jvm: Jvm, curve: str) -> None:
    ours, theirs = ec.generate_private_key(CURVES[curve]), ec.generate_private_key(CURVES[curve])
    shared = ours.exchange(ec.ECDH(), theirs.public_key())
    one = agreement("ECDH", hsm_key(ours))
    for name in ("GenericSecret", "TlsPremasterSecret", "HmacSHA256"):
        one.doPhase(peer_key(theirs), True)
        key = one.generateSecret(name)
        assert key.getAlgorithm() == name
        with clear_extraction(jvm.hsm):
            assert value_of(key) == shared
    with clear_extraction(jvm.hsm):
        one.doPhase(peer_key(theirs), True)
        assert bytes(one.generateSecret()) == shared
        one.doPhase(peer_key(theirs), True)
        room = jbytes(bytes(len(shared) + 2))
        with refused("javax.crypto.ShortBufferException", str(len(shared))):
            one.generateSecret(room, 3)
        assert one.generateSecret(room, 2) == len(shared)
        assert bytes(room) == bytes(2) + shared
    if curve in ("P-256", "P-384", "P-521"):
        software = agreement("ECDH", private_key("EC", private_info(theirs)), provider="SunEC")
        software.doPhase(peer_key(ours), True)
        assert bytes(software.generateSecret()) == shared


def test_plain_ecdh_makes_aes_keys_of_the_size_asked_for(jvm: Jvm) -> None:
    ours, theirs = ec.generate_private_key(ec.SECP384R1()), ec.generate_private_key(ec.SECP384R1())
    shared = ours.exchange(ec.ECDH(), theirs.public_key())
    one = agreement("ECDH", hsm_key(ours), attributes(SIZE=128, LABEL="agreed", SIGN=False))
    one.doPhase(peer_key(theirs), True)
    key = one.generateSecret("AES")
    with clear_extraction(jvm.hsm):
        assert value_of(key) == shared[-16:]
    one = agreement("ECDH", hsm_key(ours))
    one.doPhase(peer_key(theirs), True)
    with refused(INVALID_KEY, "lack SIZE"):
        one.generateSecret("AES")
    one.init(hsm_key(ours), attributes(SIZE=512))
    one.doPhase(peer_key(theirs), True)
    with refused(INVALID_KEY, "48 bytes", "64"):
        one.generateSecret("GenericSecret")


def test_raw_bytes_are_refused_with_a_remedy_and_leave_nothing_behind(account: Account) -> None:
    ours, theirs = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    one = agreement("ECDH", hsm_key(ours, account.provider), provider=account.provider)
    before = all_keys(account.provider)
    one.doPhase(peer_key(theirs), True)
    with refused(STATE, "clear key extraction is off", "generateSecret("):
        one.generateSecret()
    with refused(STATE, "clear key extraction is off"):
        one.generateSecret(jbytes(bytes(100)), 0)
    assert all_keys(account.provider) == before
    assert one.generateSecret("GenericSecret").getAlgorithm() == "GenericSecret"


def test_a_key_that_must_not_leave_is_not_given_raw_even_where_others_are(jvm: Jvm, account: Account) -> None:
    ours, theirs = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    key = hsm_key(ours, account.provider)
    before = all_keys(account.provider)
    one = agreement("ECDH", key, attributes(EXTRACTABLE=False), provider=account.provider)
    one.doPhase(peer_key(theirs), True)
    with clear_extraction(jvm.hsm), refused(STATE, "EXTRACTABLE"):
        one.generateSecret()
    assert all_keys(account.provider) == before


def test_the_phases_come_in_order(jvm: Jvm) -> None:
    ours, theirs = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    peer = peer_key(theirs)
    with refused(STATE):
        agreement("ECDH").doPhase(peer, True)
    one = agreement("ECDH", hsm_key(ours))
    with refused(STATE):
        one.generateSecret()
    with refused(STATE):
        one.generateSecret("GenericSecret")
    with refused(STATE, "lastPhase must be true"):
        one.doPhase(peer, False)
    one.doPhase(peer, True)
    with refused(STATE, "Phase already executed"):
        one.doPhase(peer, True)
    one.generateSecret("GenericSecret")
    with refused(STATE):
        one.generateSecret("GenericSecret")
    one.doPhase(peer, True)
    one.init(hsm_key(ours))
    with refused(STATE):
        one.generateSecret("GenericSecret")


def test_a_peer_on_another_curve_or_on_none_is_refused(jvm: Jvm, pairs: dict[str, Any]) -> None:
    for algorithm in ("ECDH", "ECDHwithX963SHA256KDF"):
        one = agreement(algorithm, hsm_key(ec.generate_private_key(ec.SECP256R1())), attributes(SIZE=128))
        for curve in ("P-224", "P-384", "secp256k1"):
            with refused(INVALID_KEY, "on one curve"):
                one.doPhase(peer_key(ec.generate_private_key(CURVES[curve])), True)
        with refused(INVALID_KEY):
            one.doPhase(wrong_point(), True)
        for key in (pairs["RSA"].getPublic(), pairs["EC"].getPrivate()):
            with refused(INVALID_KEY, "needs an EC public key"):
                one.doPhase(key, True)
        one.doPhase(pairs["EC"].getPublic(), True)
        assert one.generateSecret("AES").getAlgorithm() == "AES"


def test_wrong_keys_parameters_and_algorithms_are_refused(jvm: Jvm, pairs: dict[str, Any]) -> None:
    for key in (pairs["RSA"].getPrivate(), pairs["EC"].getPublic(), null("java.security.Key")):
        with refused(INVALID_KEY, "needs an EC private key"):
            java("javax.crypto.KeyAgreement").getInstance("ECDH", HSM).init(key)
    ours = hsm_key(ec.generate_private_key(ec.SECP256R1()))
    for algorithm, parameters in [
        ("ECDH", spec(b"", SIZE=256)),
        ("ECDHwithX963SHA1KDF", java("javax.crypto.spec.IvParameterSpec")(bytes(16))),
    ]:
        with refused("java.security.InvalidAlgorithmParameterException", "takes a KeyAttributesMap"):
            agreement(algorithm, ours, parameters)
    one = agreement("ECDHwithX963SHA1KDF", ours)
    one.doPhase(pairs["EC"].getPublic(), True)
    for name in ("RSA", "Blowfish", ""):
        with refused("java.security.NoSuchAlgorithmException", "derives keys for AES"):
            one.generateSecret(name)
    with refused(INVALID_KEY, "lack SIZE"):
        one.generateSecret("AES")
    one.init(ours, attributes(SIZE=136))
    one.doPhase(pairs["EC"].getPublic(), True)
    with refused(INVALID_KEY, "128, 192 or 256"):
        one.generateSecret("AES")
    with refused("java.security.InvalidKeyException", "KEY_TYPE"):
        one.init(ours, attributes(SIZE=128, KEY_TYPE=java(f"{PROVIDER}.attributes.KeyType").RSA))
        one.doPhase(pairs["EC"].getPublic(), True)
        one.generateSecret("AES")


def test_a_key_that_must_not_derive_is_refused(jvm: Jvm, pairs: dict[str, Any]) -> None:
    one = agreement("ECDHwithX963SHA256KDF", pairs["EC"].getPrivate(), attributes(SIZE=256))
    one.doPhase(pairs["EC"].getPublic(), True)
    with refused(INVALID_KEY, "An attempt has been made", "DERIVE") as caught:
        one.generateSecret("AES")
    assert caught.value.getCause().getClass().getName() == f"{EXCEPTIONS}.KeyUsageException"


def test_desede_and_hmac_keys_have_their_natural_size(jvm: Jvm, pairs: dict[str, Any]) -> None:
    ours = hsm_key(ec.generate_private_key(ec.SECP256R1()))
    for name, size in [("DESede", 24), ("HmacSHA1", 20), ("HmacSHA512", 64)]:
        one = agreement("ECDHwithX963SHA256KDF", ours)
        one.doPhase(pairs["EC"].getPublic(), True)
        key = one.generateSecret(name)
        assert key.getAlgorithm() == name
        with clear_extraction(jvm.hsm):
            assert len(value_of(key)) == size


def test_a_software_private_key_is_imported_for_as_long_as_it_is_used(account: Account) -> None:
    ours, theirs = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    software = private_key("EC", private_info(ours))
    one = agreement("ECDH", software, provider=account.provider)
    assert len(all_keys(account.provider)) == 1
    one.doPhase(peer_key(theirs), True)
    one.generateSecret("GenericSecret").destroy()
    with refused(INVALID_KEY):
        one.init(peer_key(theirs))
    assert all_keys(account.provider) == []


def test_a_software_private_key_is_refused_where_implicit_import_is_off(
    no_implicit_import: None, account: Account
) -> None:
    ours = ec.generate_private_key(ec.SECP256R1())
    with refused(INVALID_KEY, "implicit import is switched off"):
        agreement("ECDH", private_key("EC", private_info(ours)), provider=account.provider)
    one = agreement("ECDH", hsm_key(ours, account.provider), provider=account.provider)
    one.doPhase(peer_key(ours), True)


def test_jca_chooses_us_for_our_keys_and_the_jdk_for_others(pairs: dict[str, Any]) -> None:
    for key, provider in [(pairs["EC"].getPrivate(), HSM), (generate("EC", "SunEC").getPrivate(), "SunEC")]:
        one = java("javax.crypto.KeyAgreement").getInstance("ECDH")
        one.init(key)
        assert one.getProvider().getName() == provider
