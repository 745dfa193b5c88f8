"""EC key pairs and ECDSA."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed, decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.serialization import load_der_public_key

from bridge.engine import Attribute, MechanismType, ReturnCode, Session
from bridge.engine.curves import CURVES, Curve
from engine import ecdsa_by_hand, openssl
from engine.ecdsa_by_hand import ORDERS
from engine.keys import import_both, new_aes, new_pair, public_info, refused
from engine.test_rsa import HASHES

ECDSA = MechanismType.ECDSA
CURVE = pytest.mark.parametrize("curve", CURVES, ids=lambda curve: curve.name)


@CURVE
def test_generates_a_pair_that_belongs_together(session: Session, curve: Curve) -> None:
    public, private = new_pair(session, curve.params)
    of_public, of_private = session.attributes(public), session.attributes(private)
    key = load_der_public_key(of_public[Attribute.PUBLIC_KEY_INFO])  # type: ignore[arg-type]
    assert isinstance(key, ec.EllipticCurvePublicKey)
    assert key.curve.name == curve.name
    for name in (Attribute.PUBLIC_KEY_INFO, Attribute.EC_POINT, Attribute.EC_PARAMS, Attribute.CHECK_VALUE):
        assert of_public[name] == of_private[name]
    point = of_public[Attribute.EC_POINT]
    assert isinstance(point, bytes)
    header = 2 if curve.name != "secp521r1" else 3
    assert point[0] == 4
    assert ec.EllipticCurvePublicKey.from_encoded_point(curve.curve, point[header:]) == key


@CURVE
def test_signs_digests_of_every_length(session: Session, curve: Curve) -> None:
    """Every digest of 0 to 64 bytes satisfies the ECDSA equation, and no signature is right for another digest."""
    rng = random.Random(curve.name)
    secret = rng.randrange(1, ORDERS[curve.name])
    public, private = import_both(session, ec.derive_private_key(secret, curve.curve))
    for length in range(65):
        digest = rng.randbytes(length)
        signature = session.sign(private, ECDSA, digest)
        r, s = decode_dss_signature(signature)
        assert ecdsa_by_hand.holds(curve.name, secret, digest, r, s), f"{length} bytes"
        session.verify(public, ECDSA, digest, signature)
        if length:
            other = bytes([digest[0] ^ 1]) + digest[1:]
            assert not ecdsa_by_hand.holds(curve.name, secret, other, r, s)
            with refused(ReturnCode.SIGNATURE_INVALID):
                session.verify(public, ECDSA, other, signature)


@CURVE
def test_verifies_digests_of_every_length(session: Session, curve: Curve) -> None:
    """Signatures made with plain integers verify, at every digest length."""
    rng = random.Random(curve.name)
    order = ORDERS[curve.name]
    secret = rng.randrange(1, order)
    public, _ = import_both(session, ec.derive_private_key(secret, curve.curve))
    for length in range(65):
        digest = rng.randbytes(length)
        r, s = ecdsa_by_hand.sign(curve.name, secret, digest, rng.randrange(1, order))
        session.verify(public, ECDSA, digest, encode_dss_signature(r, s))
        with refused(ReturnCode.SIGNATURE_INVALID):
            session.verify(public, ECDSA, digest, encode_dss_signature(r, s % (order - 1) + 1))


@pytest.mark.parametrize("length", [29, 30, 31])
def test_p224_cuts_a_digest_that_is_longer_than_its_order(session: Session, length: int) -> None:
    public, private = new_pair(session, CURVES[0].params)
    digest = bytes(range(1, length + 1))
    signature = session.sign(private, ECDSA, digest)
    session.verify(public, ECDSA, digest[:28] + bytes(length - 28), signature)
    with refused(ReturnCode.SIGNATURE_INVALID):
        session.verify(public, ECDSA, digest[:27] + b"\x00" * (length - 27), signature)


@CURVE
@pytest.mark.parametrize("hash_", HASHES, ids=lambda hash_: hash_.name)
def test_agrees_with_cryptography(session: Session, curve: Curve, hash_: hashes.HashAlgorithm) -> None:
    key = ec.generate_private_key(curve.curve)
    public, private = import_both(session, key)
    digest = random.Random(1).randbytes(hash_.digest_size)
    algorithm = ec.ECDSA(Prehashed(hash_))
    key.public_key().verify(session.sign(private, ECDSA, digest), digest, algorithm)
    session.verify(public, ECDSA, digest, key.sign(digest, algorithm))


@CURVE
def test_agrees_with_openssl(session: Session, curve: Curve, tmp_path: Path) -> None:
    key = ec.generate_private_key(curve.curve)
    public, private = import_both(session, key)
    for digest in (bytes(range(32)), bytes(range(64))):
        signature = session.sign(private, ECDSA, digest)
        assert openssl.verifies(tmp_path, public_info(key.public_key()), digest, signature)
        assert not openssl.verifies(tmp_path, public_info(key.public_key()), digest[::-1], signature)
        session.verify(public, ECDSA, digest, openssl.sign(tmp_path, key, digest))


def test_refuses_a_digest_of_65_bytes(session: Session) -> None:
    public, private = new_pair(session)
    with refused(ReturnCode.DATA_LEN_RANGE, "64", "65"):
        session.sign(private, ECDSA, bytes(65))
    with refused(ReturnCode.DATA_LEN_RANGE, "64", "65"):
        session.verify(public, ECDSA, bytes(65), bytes(70))


@pytest.mark.parametrize(
    "signature", [b"", b"\x30", bytes(64), b"\x30\x06\x02\x01\x01\x02\x01", b"\x30\x07\x02\x01\x01\x02\x01\x01\x00"]
)
def test_tells_a_malformed_signature_from_a_wrong_one(session: Session, signature: bytes) -> None:
    public, _ = new_pair(session)
    with refused(ReturnCode.SIGNATURE_LEN_RANGE, "DER"):
        session.verify(public, ECDSA, bytes(32), signature)
    with refused(ReturnCode.SIGNATURE_INVALID):
        session.verify(public, ECDSA, bytes(32), encode_dss_signature(1, 1))


@pytest.mark.parametrize(
    ("r", "s"), [(0, 1), (1, 0), (0, 0), (ORDERS["secp256r1"], 1), (1, ORDERS["secp256r1"]), (2**600, 1)]
)
def test_refuses_numbers_outside_the_order(session: Session, r: int, s: int) -> None:
    public, _ = new_pair(session)
    with refused(ReturnCode.SIGNATURE_INVALID):
        session.verify(public, ECDSA, bytes(32), encode_dss_signature(r, s))


def test_does_not_sign_twice_with_one_nonce(session: Session) -> None:
    _, private = new_pair(session)
    nonces = {decode_dss_signature(session.sign(private, ECDSA, bytes(32)))[0] for _ in range(50)}
    assert len(nonces) == 50


@pytest.mark.parametrize("params", [b"", b"\x06\x00", CURVES[1].params + b"\x00", CURVES[1].params[:-1], b"\x05\x00"])
def test_refuses_an_unknown_curve(session: Session, params: bytes) -> None:
    with refused(ReturnCode.CURVE_NOT_SUPPORTED, "secp256r1"):
        new_pair(session, params)


def test_asks_for_the_curve(session: Session) -> None:
    with refused(ReturnCode.TEMPLATE_INCOMPLETE, "EC_PARAMS"):
        session.generate_key_pair(MechanismType.EC_KEY_PAIR_GEN, {}, {})


def test_works_with_ec_keys_only(session: Session) -> None:
    with refused(ReturnCode.KEY_TYPE_INCONSISTENT, "ECDSA", "AES"):
        session.sign(new_aes(session), ECDSA, bytes(32))
    _, private = new_pair(session)
    with refused(ReturnCode.KEY_TYPE_INCONSISTENT, "RSA_PKCS", "EC"):
        session.sign(private, MechanismType.RSA_PKCS, bytes(32))


def test_signs_with_the_private_and_verifies_with_the_public_half_only(session: Session) -> None:
    public, private = new_pair(session)
    with refused(ReturnCode.KEY_FUNCTION_NOT_PERMITTED, "public key has no attribute SIGN"):
        session.sign(public, ECDSA, bytes(32))
    with refused(ReturnCode.KEY_FUNCTION_NOT_PERMITTED, "private key has no attribute VERIFY"):
        session.verify(private, ECDSA, bytes(32), bytes(70))


def test_needs_the_attribute_that_allows_it(session: Session) -> None:
    public, private = new_pair(session, LABEL="payroll")
    signature = session.sign(private, ECDSA, bytes(32))
    session.set_attributes(private, {Attribute.SIGN: False})
    session.set_attributes(public, {Attribute.VERIFY: False})
    with refused(ReturnCode.KEY_FUNCTION_NOT_PERMITTED, "'payroll'", f"0x{private:016x}", "SIGN is false"):
        session.sign(private, ECDSA, bytes(32))
    with refused(ReturnCode.KEY_FUNCTION_NOT_PERMITTED, "'payroll'", "VERIFY is false"):
        session.verify(public, ECDSA, bytes(32), signature)
    session.set_attributes(private, {Attribute.SIGN: True})
    assert session.sign(private, ECDSA, bytes(32))
