"""ECDSA in the format of IEEE P1363, EdDSA and ML-DSA, against the JDK, cryptography and pycryptodomex."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest
from Cryptodome.Hash import SHA512
from Cryptodome.PublicKey import ECC
from Cryptodome.Signature import eddsa
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, mldsa, utils
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key
from engine.keys import private_info, public_info
from hypothesis import given, settings
from hypothesis import strategies as st

from provider.conftest import Account, Jvm
from provider.jca import DATA, DIGESTS, HSM, generate, java, private_key, public_key, refused, sign, signature, verifies
from provider.maps import all_keys, jbytes, null

SIGNATURE = "java.security.SignatureException"
INVALID_KEY = "java.security.InvalidKeyException"
PARAMETERS = "java.security.InvalidAlgorithmParameterException"
P1363 = [f"{digest}withECDSAinP1363Format" for digest in DIGESTS]
CURVES: dict[str, tuple[ec.EllipticCurve, int]] = {
    "P-224": (ec.SECP224R1(), 28),
    "P-256": (ec.SECP256R1(), 32),
    "secp256k1": (ec.SECP256K1(), 32),
    "P-384": (ec.SECP384R1(), 48),
    "P-521": (ec.SECP521R1(), 66),
}
MLDSA: dict[str, Any] = {
    "ML-DSA-44": mldsa.MLDSA44PrivateKey,
    "ML-DSA-65": mldsa.MLDSA65PrivateKey,
    "ML-DSA-87": mldsa.MLDSA87PrivateKey,
}
OIDS = {name: f"2.16.840.1.101.3.4.3.{17 + index}" for index, name in enumerate(MLDSA)}


def new_pair(algorithm: str, name: str | None = None) -> Any:
    one = java("java.security.KeyPairGenerator").getInstance(algorithm, HSM)
    if name is not None:
        one.initialize(java("java.security.spec.NamedParameterSpec")(name))
    return one.generateKeyPair()


def in_hsm(algorithm: str, key: Any) -> tuple[Any, Any]:
    """Import both halves of a key pair."""
    factory = java("java.security.KeyFactory").getInstance(algorithm, HSM)
    specs = "java.security.spec"
    return (
        factory.generatePrivate(java(f"{specs}.PKCS8EncodedKeySpec")(private_info(key))),
        factory.generatePublic(java(f"{specs}.X509EncodedKeySpec")(public_info(key.public_key()))),
    )


@pytest.fixture(scope="module")
def mldsa_pairs(jvm: Jvm) -> dict[str, Any]:
    return {name: new_pair("ML-DSA", name) for name in MLDSA}


def accepts(spki: bytes, signed: bytes, data: bytes) -> bool:
    """Tell whether cryptography accepts a signature of ML-DSA or Ed25519."""
    key: Any = load_der_public_key(spki)
    try:
        key.verify(signed, data)
    except InvalidSignature:
        return False
    return True


@pytest.mark.parametrize("algorithm", P1363)
def test_p1363_signatures_are_the_jdks(pairs: dict[str, Any], software_pairs: dict[str, Any], algorithm: str) -> None:
    ours, theirs = pairs["EC"], software_pairs["EC"]
    for _ in range(5):
        signed = sign(algorithm, ours.getPrivate(), provider=HSM)
        assert len(signed) == 64
        assert verifies(algorithm, ours.getPublic(), DATA, signed, "SunEC")
        assert not verifies(algorithm, ours.getPublic(), DATA[::-1], signed, HSM)
        signed = sign(algorithm, theirs.getPrivate(), provider="SunEC")
        assert verifies(algorithm, theirs.getPublic(), DATA, signed, HSM)


@pytest.mark.parametrize("curve", CURVES)
def test_p1363_signatures_have_the_length_of_the_curve(jvm: Jvm, curve: str) -> None:
    kind, width = CURVES[curve]
    key = ec.generate_private_key(kind)
    private, public = in_hsm("EC", key)
    for _ in range(10):
        signed = sign("SHA256withECDSAinP1363Format", private, provider=HSM)
        assert len(signed) == 2 * width
        r, s = (int.from_bytes(half, "big") for half in (signed[:width], signed[width:]))
        key.public_key().verify(utils.encode_dss_signature(r, s), DATA, ec.ECDSA(SHA256()))
        r, s = utils.decode_dss_signature(key.sign(DATA, ec.ECDSA(SHA256())))
        signed = r.to_bytes(width, "big") + s.to_bytes(width, "big")
        assert verifies("SHA256withECDSAinP1363Format", public, DATA, signed, HSM)


def test_p1363_garbage_is_no_signature(pairs: dict[str, Any]) -> None:
    signed = sign(P1363[3], pairs["EC"].getPrivate(), provider=HSM)
    for wrong in (b"", b"\1", bytes(62), bytes(63), bytes(64), bytes(65), b"\xff" * 64, signed[:-1], signed + b"\0"):
        assert not verifies(P1363[3], pairs["EC"].getPublic(), DATA, wrong, HSM)
    with refused(SIGNATURE, "signs a digest"):
        sign("NONEwithECDSAinP1363Format", pairs["EC"].getPrivate(), bytes(65), HSM)


def test_ecdsa_takes_parameters_that_repeat_the_curve(pairs: dict[str, Any]) -> None:
    one = signature("SHA256withECDSA", HSM)
    one.initVerify(pairs["EC"].getPublic())
    one.setParameter(pairs["EC"].getPublic().getParams())
    with refused(PARAMETERS, "another curve"):
        one.setParameter(generate("EC", "SunEC", 384).getPublic().getParams())
    with refused(PARAMETERS, "no parameters"):
        one.setParameter(java("javax.crypto.spec.IvParameterSpec")(bytes(8)))


@settings(deadline=None, max_examples=20)
@given(data=st.binary(max_size=300) | st.integers(0, 70_000).map(bytes))
def test_ed25519_is_everyones(jvm: Jvm, data: bytes) -> None:
    key = ed25519.Ed25519PrivateKey.generate()
    private, public = in_hsm("Ed25519", key)
    signed = sign("Ed25519", private, jbytes(data), HSM)
    assert signed == key.sign(data)
    software = public_key("Ed25519", public_info(key.public_key()))
    for one in (public, software):
        assert verifies("Ed25519", one, jbytes(data), signed, HSM)
        assert verifies("Ed25519", one, jbytes(data), signed, "SunEC")
        assert not verifies("Ed25519", one, jbytes(data + b"!"), signed, HSM)
    prehashed = sign("Ed25519ph", private, jbytes(data), HSM)
    other = eddsa.new(ECC.import_key(private_info(key)), "rfc8032")
    assert prehashed == other.sign(SHA512.new(data))
    assert verifies("Ed25519ph", public, jbytes(data), prehashed, HSM)
    assert not verifies("Ed25519", public, jbytes(data), prehashed, HSM)
    assert not verifies("Ed25519ph", public, jbytes(data), signed, HSM)


def test_a_software_ed25519_key_signs_while_it_is_used(account: Account) -> None:
    key = ed25519.Ed25519PrivateKey.generate()
    software = private_key("Ed25519", private_info(key))
    one = signature("Ed25519", account.provider)
    one.initSign(software)
    one.update(jbytes(DATA))
    assert bytes(one.sign()) == key.sign(DATA)
    assert len(all_keys(account.provider)) == 1
    with refused(INVALID_KEY):
        one.initSign(null("java.security.PrivateKey"))
    assert all_keys(account.provider) == []


def test_ed448_and_other_keys_are_refused(jvm: Jvm, pairs: dict[str, Any]) -> None:
    other = java("java.security.KeyPairGenerator").getInstance("Ed448", "SunEC").generateKeyPair()
    for algorithm in ("Ed25519", "Ed25519ph"):
        one = signature(algorithm, HSM)
        for pair in (other, pairs["EC"], pairs["RSA"]):
            with refused(INVALID_KEY):
                one.initSign(pair.getPrivate())
            with refused(INVALID_KEY):
                one.initVerify(pair.getPublic())


def test_eddsa_takes_parameters_that_repeat_the_name(jvm: Jvm) -> None:
    pair = new_pair("Ed25519")
    specification = java("java.security.spec.EdDSAParameterSpec")
    for algorithm, prehash in [("Ed25519", False), ("Ed25519ph", True)]:
        one = signature(algorithm, HSM)
        one.setParameter(specification(prehash))
        one.initSign(pair.getPrivate())
        for wrong in (specification(not prehash), specification(prehash, jbytes(b"context"))):
            with refused(PARAMETERS, "without a context"):
                one.setParameter(wrong)
        with refused(PARAMETERS):
            one.setParameter(java("javax.crypto.spec.IvParameterSpec")(bytes(8)))


def test_eddsa_garbage_is_no_signature(jvm: Jvm) -> None:
    pair = new_pair("Ed25519")
    for algorithm in ("Ed25519", "Ed25519ph"):
        signed = sign(algorithm, pair.getPrivate(), provider=HSM)
        for length in (0, 1, 63, 65, 128):
            with refused(SIGNATURE, str(length)):
                verifies(algorithm, pair.getPublic(), DATA, bytes(length), HSM)
        for wrong in (bytes(64), b"\xff" * 64, signed[:32] + bytes(32), bytes(32) + signed[32:], signed[::-1]):
            assert not verifies(algorithm, pair.getPublic(), DATA, wrong, HSM)


@pytest.mark.parametrize("name", MLDSA)
def test_mldsa_is_cryptographys(mldsa_pairs: dict[str, Any], name: str) -> None:
    pair = mldsa_pairs[name]
    spki = bytes(pair.getPublic().getEncoded())
    key = MLDSA[name].generate()
    private, public = in_hsm("ML-DSA", key)
    for data in (b"", DATA, bytes(70_000)):
        for algorithm in ("ML-DSA", name, OIDS[name], f"OID.{OIDS[name]}"):
            signed = sign(algorithm, pair.getPrivate(), jbytes(data), HSM)
            assert accepts(spki, signed, data)
            assert not accepts(spki, signed, data + b"!")
            assert verifies(algorithm, pair.getPublic(), jbytes(data), signed, HSM)
            assert verifies(algorithm, public, jbytes(data), key.sign(data), HSM)
            assert not verifies(algorithm, public, jbytes(data + b"!"), key.sign(data), HSM)
    assert accepts(public_info(key.public_key()), sign("ML-DSA", private, provider=HSM), DATA)


@pytest.mark.parametrize("name", MLDSA)
def test_external_mu_is_the_same_signature(mldsa_pairs: dict[str, Any], name: str) -> None:
    pair = mldsa_pairs[name]
    key: Any = load_der_public_key(bytes(pair.getPublic().getEncoded()))
    tr = hashlib.shake_256(key.public_bytes_raw()).digest(64)
    mu = hashlib.shake_256(tr + b"\0\0" + DATA).digest(64)
    signed = sign("ML-DSA-EXTERNAL-MU", pair.getPrivate(), mu, HSM)
    assert verifies("ML-DSA", pair.getPublic(), DATA, signed, HSM)
    assert accepts(bytes(pair.getPublic().getEncoded()), signed, DATA)
    ordinary = sign("ML-DSA", pair.getPrivate(), provider=HSM)
    assert verifies("ML-DSA-EXTERNAL-MU", pair.getPublic(), mu, ordinary, HSM)
    assert not verifies("ML-DSA-EXTERNAL-MU", pair.getPublic(), mu[::-1], ordinary, HSM)
    for length in (0, 63, 65):
        with refused(SIGNATURE, "64"):
            sign("ML-DSA-EXTERNAL-MU", pair.getPrivate(), bytes(length), HSM)
        with refused(SIGNATURE, "64"):
            verifies("ML-DSA-EXTERNAL-MU", pair.getPublic(), bytes(length), ordinary, HSM)


def test_a_named_set_takes_its_own_keys_only(mldsa_pairs: dict[str, Any], pairs: dict[str, Any]) -> None:
    for name in MLDSA:
        one = signature(name, HSM)
        for other, pair in mldsa_pairs.items():
            if other != name:
                with refused(INVALID_KEY, f"needs a key for {name}"):
                    one.initSign(pair.getPrivate())
                with refused(INVALID_KEY, f"needs a key for {name}"):
                    one.initVerify(pair.getPublic())
        with refused(INVALID_KEY, "needs a key for ML-DSA"):
            one.initSign(pairs["RSA"].getPrivate())
        one.initVerify(mldsa_pairs[name].getPublic())


@pytest.mark.parametrize("name", MLDSA)
def test_mldsa_garbage_is_no_signature(mldsa_pairs: dict[str, Any], name: str) -> None:
    pair = mldsa_pairs[name]
    signed = sign("ML-DSA", pair.getPrivate(), provider=HSM)
    for wrong in (b"", b"\1", signed[:-1], signed + b"\0"):
        with refused(SIGNATURE, str(len(signed))):
            verifies("ML-DSA", pair.getPublic(), DATA, jbytes(wrong), HSM)
    for wrong in (bytes(len(signed)), b"\xff" * len(signed), signed[::-1]):
        assert not verifies("ML-DSA", pair.getPublic(), DATA, jbytes(wrong), HSM)


def test_jca_chooses_us_for_our_keys(jvm: Jvm, mldsa_pairs: dict[str, Any]) -> None:
    for algorithm, pair in [("Ed25519", new_pair("Ed25519")), ("ML-DSA", mldsa_pairs["ML-DSA-65"])]:
        one = java("java.security.Signature").getInstance(algorithm)
        one.initSign(pair.getPrivate())
        one.update(jbytes(DATA))
        signed = bytes(one.sign())
        assert one.getProvider().getName() == HSM
        assert verifies(algorithm, pair.getPublic(), DATA, signed, HSM)
    theirs = java("java.security.KeyPairGenerator").getInstance("Ed25519", "SunEC").generateKeyPair()
    one = java("java.security.Signature").getInstance("Ed25519")
    one.initSign(theirs.getPrivate())
    assert one.getProvider().getName() == "SunEC"
