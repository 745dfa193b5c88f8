"""Ed25519 and Ed25519ph."""

from __future__ import annotations

import hashlib
import random

import pytest
from Cryptodome.Hash import SHA512
from Cryptodome.Signature import eddsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_der_public_key

from bridge.engine import Attribute, KeyType, MechanismType, ReturnCode, Session
from bridge.engine.curves import CURVES, ED25519_PARAMS
from bridge.engine.mechanisms import MECHANISMS
from bridge.engine.parameters import Eddsa
from bridge.engine.settings import FIPS_KEY_BANS
from engine.keys import import_both, new_pair, refused

GENERATE, EDDSA = MechanismType.EC_EDWARDS_KEY_PAIR_GEN, MechanismType.EDDSA
PURE, PREHASHED = Eddsa(0), Eddsa(1)


def imported(session: Session, seed: bytes) -> tuple[int, int]:
    return import_both(session, Ed25519PrivateKey.from_private_bytes(seed))


@pytest.mark.parametrize(
    ("seed", "message", "signature"),
    [
        (
            "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
            "",
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
            "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
        ),
        (
            "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
            "72",
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
            "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
        ),
    ],
)
def test_has_the_answers_of_rfc_8032(session: Session, seed: str, message: str, signature: str) -> None:
    """Section 7.1, tests 1 and 2."""
    public, private = imported(session, bytes.fromhex(seed))
    assert session.sign(private, EDDSA, bytes.fromhex(message), PURE).hex() == signature
    session.verify(public, EDDSA, bytes.fromhex(message), bytes.fromhex(signature), PURE)


def test_has_the_prehashed_answer_of_rfc_8032(session: Session) -> None:
    """Section 7.3."""
    public, private = imported(
        session, bytes.fromhex("833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42")
    )
    signature = bytes.fromhex(
        "98a70222f0b8121aa9d30f813d683f809e462b469c7ff87639499bb94e6dae41"
        "31f85042463c2a355a2003d062adf5aaa10b8c61e636062aaad11c2a26083406"
    )
    digest = hashlib.sha512(b"abc").digest()
    assert session.sign(private, EDDSA, digest, PREHASHED) == signature
    session.verify(public, EDDSA, digest, signature, PREHASHED)


def test_agrees_with_pycryptodomex(session: Session) -> None:
    rng = random.Random(1)
    for length in (0, 1, 64, 1000, 70_000):
        seed, message = rng.randbytes(32), rng.randbytes(length)
        public, private = imported(session, seed)
        peer = eddsa.new(eddsa.import_private_key(seed), "rfc8032")
        assert session.sign(private, EDDSA, message, PURE) == peer.sign(message)
        session.verify(public, EDDSA, message, peer.sign(message), PURE)
        hashed = SHA512.new(message)
        assert session.sign(private, EDDSA, hashed.digest(), PREHASHED) == peer.sign(hashed)
        session.verify(public, EDDSA, hashed.digest(), peer.sign(hashed), PREHASHED)


@pytest.mark.parametrize("template", [{}, {Attribute.EC_PARAMS: ED25519_PARAMS}], ids=["default", "named"])
def test_generates_a_pair_that_signs(session: Session, template: dict[Attribute, bytes]) -> None:
    public, private = session.generate_key_pair(GENERATE, dict(template), {})
    attributes = session.attributes(public)
    assert attributes[Attribute.KEY_TYPE] == session.attributes(private)[Attribute.KEY_TYPE] == KeyType.EC_EDWARDS
    key = load_der_public_key(attributes[Attribute.PUBLIC_KEY_INFO])  # type: ignore[arg-type]
    key.verify(session.sign(private, EDDSA, b"data", PURE), b"data")  # type: ignore[union-attr, call-arg]


def test_refuses_other_curves(session: Session) -> None:
    for params in (b"", CURVES[1].params, bytes.fromhex("06032b6571")):
        with refused(ReturnCode.CURVE_NOT_SUPPORTED, "Ed25519"):
            session.generate_key_pair(GENERATE, {Attribute.EC_PARAMS: params}, {})


@pytest.mark.parametrize("parameter", [PURE, PREHASHED], ids=["pure", "prehashed"])
def test_refuses_every_other_signature(session: Session, parameter: Eddsa) -> None:
    public, private = imported(session, bytes(32))
    signature = session.sign(private, EDDSA, bytes(64), parameter)
    for position in range(64):
        changed = signature[:position] + bytes([signature[position] ^ 1]) + signature[position + 1 :]
        with refused(ReturnCode.SIGNATURE_INVALID):
            session.verify(public, EDDSA, bytes(64), changed, parameter)
    other = PREHASHED if parameter is PURE else PURE
    for data, given in ((b"1" + bytes(63), parameter), (bytes(64), other)):
        with refused(ReturnCode.SIGNATURE_INVALID):
            session.verify(public, EDDSA, data, signature, given)
    for length in (0, 63, 65):
        with refused(ReturnCode.SIGNATURE_LEN_RANGE, "64", str(length)):
            session.verify(public, EDDSA, bytes(64), bytes(length), parameter)


def test_prehashed_takes_a_digest(session: Session) -> None:
    public, private = imported(session, bytes(32))
    for length in (0, 32, 63, 65):
        with refused(ReturnCode.DATA_LEN_RANGE, "64", str(length)):
            session.sign(private, EDDSA, bytes(length), PREHASHED)
        with refused(ReturnCode.DATA_LEN_RANGE, "64", str(length)):
            session.verify(public, EDDSA, bytes(length), bytes(64), PREHASHED)
    with refused(ReturnCode.MECHANISM_PARAM_INVALID, "2"):
        session.sign(private, EDDSA, bytes(64), Eddsa(2))


def test_is_not_ecdsa(session: Session) -> None:
    with refused(ReturnCode.KEY_TYPE_INCONSISTENT, "EDDSA", "EC"):
        session.sign(new_pair(session)[1], EDDSA, b"data", PURE)
    with refused(ReturnCode.KEY_TYPE_INCONSISTENT, "ECDSA", "EC_EDWARDS"):
        session.sign(imported(session, bytes(32))[1], MechanismType.ECDSA, bytes(32))


def test_fips_mode_does_not_have_it() -> None:
    for number in (GENERATE, EDDSA):
        assert MECHANISMS[number].fips_ban == FIPS_KEY_BANS[KeyType.EC_EDWARDS]


def test_a_private_key_may_carry_its_public_half(session: Session) -> None:
    """RFC 8410, section 10.3, prints such a key; BouncyCastle writes all keys so."""
    printed = (
        "3072020101300506032b657004220420d4ee72dbf913584ad5b6d8f1f769f8ad3afe7c28cbf1d4fbe097a88f44755842"
        "a01f301d060a2a864886f70d01090914310f0c0d437572646c6520436861697273"
        "81210019bf44096984cdfe8541bac167dc3b96c85086aa30b6b6cb0c5c38ad703166e1"
    )
    private = session.import_key({Attribute.PRIVATE_KEY_INFO: bytes.fromhex(printed)})
    point = session.attributes(private)[Attribute.EC_POINT]
    assert point == bytes.fromhex("042019bf44096984cdfe8541bac167dc3b96c85086aa30b6b6cb0c5c38ad703166e1")
    for wrong in (printed[:-2] + "e0", printed[:-2], printed.replace("2b6570", "2b656e")):
        with refused(ReturnCode.ATTRIBUTE_VALUE_INVALID, "PKCS#8"):
            session.import_key({Attribute.PRIVATE_KEY_INFO: bytes.fromhex(wrong)})
