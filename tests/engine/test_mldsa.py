"""ML-DSA; the vectors of a second implementation are in test_wycheproof."""

from __future__ import annotations

import hashlib
import random

import pytest
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey, MLDSA65PrivateKey, MLDSA87PrivateKey
from cryptography.hazmat.primitives.serialization import load_der_public_key

from bridge.engine import Attribute, KeyType, MechanismType, ReturnCode, Session
from bridge.engine.parameter_sets import MlDsaPrivateKey
from engine.keys import import_both, refused

GENERATE, ML_DSA, EXTERNAL_MU = (
    MechanismType.ML_DSA_KEY_PAIR_GEN,
    MechanismType.ML_DSA,
    MechanismType.ML_DSA_EXTERNAL_MU,
)
SETS = pytest.mark.parametrize(
    ("number", "kind", "public_bytes", "signature_bytes"),
    [(1, MLDSA44PrivateKey, 1312, 2420), (2, MLDSA65PrivateKey, 1952, 3309), (3, MLDSA87PrivateKey, 2592, 4627)],
    ids=["44", "65", "87"],
)


def mu(public: bytes, message: bytes) -> bytes:
    """FIPS 204, algorithms 3 and 7: the digest of public key, empty context and message."""
    return hashlib.shake_256(hashlib.shake_256(public).digest(64) + b"\x00\x00" + message).digest(64)


@SETS
def test_generates_a_pair_that_signs(
    session: Session, number: int, kind: type[MlDsaPrivateKey], public_bytes: int, signature_bytes: int
) -> None:
    public, private = session.generate_key_pair(GENERATE, {Attribute.PARAMETER_SET: number}, {})
    attributes = session.attributes(public)
    assert attributes[Attribute.KEY_TYPE] == KeyType.ML_DSA
    assert attributes[Attribute.PARAMETER_SET] == session.attributes(private)[Attribute.PARAMETER_SET] == number
    key = load_der_public_key(attributes[Attribute.PUBLIC_KEY_INFO])  # type: ignore[arg-type]
    signature = session.sign(private, ML_DSA, b"data")
    assert len(signature) == signature_bytes
    key.verify(signature, b"data")  # type: ignore[union-attr, call-arg]
    session.verify(public, ML_DSA, b"data", signature)


@SETS
def test_the_message_and_its_mu_are_signed_alike(
    session: Session, number: int, kind: type[MlDsaPrivateKey], public_bytes: int, signature_bytes: int
) -> None:
    key = kind.from_seed_bytes(bytes(range(32)))
    raw = key.public_key().public_bytes_raw()
    assert len(raw) == public_bytes
    public, private = import_both(session, key)
    for length in (0, 1, 1000, 70_000):
        message = random.Random(length).randbytes(length)
        digest = mu(raw, message)
        session.verify(public, EXTERNAL_MU, digest, session.sign(private, ML_DSA, message))
        session.verify(public, ML_DSA, message, session.sign(private, EXTERNAL_MU, digest))
        session.verify(public, ML_DSA, message, key.sign(message))
        key.public_key().verify(session.sign(private, ML_DSA, message), message)


@SETS
def test_refuses_every_other_signature(
    session: Session, number: int, kind: type[MlDsaPrivateKey], public_bytes: int, signature_bytes: int
) -> None:
    public, private = import_both(session, kind.generate())
    for mechanism in (ML_DSA, EXTERNAL_MU):
        signature = session.sign(private, mechanism, bytes(64))
        for position in range(0, signature_bytes, 101):
            changed = signature[:position] + bytes([signature[position] ^ 1]) + signature[position + 1 :]
            with refused(ReturnCode.SIGNATURE_INVALID):
                session.verify(public, mechanism, bytes(64), changed)
        with refused(ReturnCode.SIGNATURE_INVALID):
            session.verify(public, mechanism, b"1" + bytes(63), signature)
        for length in (0, 64, signature_bytes - 1, signature_bytes + 1):
            with refused(ReturnCode.SIGNATURE_LEN_RANGE, str(signature_bytes), str(length)):
                session.verify(public, mechanism, bytes(64), bytes(length))


@pytest.mark.parametrize("length", [0, 32, 63, 65])
def test_mu_has_64_bytes(session: Session, length: int) -> None:
    public, private = import_both(session, MLDSA44PrivateKey.generate())
    with refused(ReturnCode.DATA_LEN_RANGE, "64", str(length)):
        session.sign(private, EXTERNAL_MU, bytes(length))
    with refused(ReturnCode.DATA_LEN_RANGE, "64", str(length)):
        session.verify(public, EXTERNAL_MU, bytes(length), bytes(2420))


@pytest.mark.parametrize("number", [0, 4, 44, 65, 87, 2**40])
def test_refuses_other_parameter_sets(session: Session, number: int) -> None:
    with refused(ReturnCode.ATTRIBUTE_VALUE_INVALID, "PARAMETER_SET", "ML-DSA-87"):
        session.generate_key_pair(GENERATE, {Attribute.PARAMETER_SET: number}, {})
    with refused(ReturnCode.TEMPLATE_INCOMPLETE, "PARAMETER_SET"):
        session.generate_key_pair(GENERATE, {}, {})
