"""Generic secrets and HMAC."""

from __future__ import annotations

import hmac
import random

import pytest

from bridge.engine import Attribute, KeyType, MechanismType, ReturnCode, Session
from engine.keys import import_secret, new_pair, refused

GENERATE = MechanismType.GENERIC_SECRET_KEY_GEN
HMACS = [
    (MechanismType.SHA_1_HMAC, "sha1", 16_288),
    (MechanismType.SHA224_HMAC, "sha224", 16_256),
    (MechanismType.SHA256_HMAC, "sha256", 16_288),
    (MechanismType.SHA384_HMAC, "sha384", 16_224),
    (MechanismType.SHA512_HMAC, "sha512", 16_224),
]
EACH = pytest.mark.parametrize(("number", "name", "limit"), HMACS, ids=[name for _, name, _ in HMACS])


@pytest.mark.parametrize("length", [1, 24, 64, 799, 800])
def test_generates_secrets_of_1_to_800_bytes(session: Session, length: int) -> None:
    attributes = session.attributes(session.generate_key(GENERATE, {Attribute.VALUE_LEN: length}))
    assert attributes[Attribute.KEY_TYPE] == KeyType.GENERIC_SECRET
    assert attributes[Attribute.VALUE_LEN] == length
    assert attributes[Attribute.LOCAL] is True


@pytest.mark.parametrize("length", [0, 801, 2**40])
def test_refuses_to_generate_others(session: Session, length: int) -> None:
    with refused(ReturnCode.KEY_SIZE_RANGE, "800", str(length)):
        session.generate_key(GENERATE, {Attribute.VALUE_LEN: length})
    with refused(ReturnCode.TEMPLATE_INCOMPLETE, "VALUE_LEN"):
        session.generate_key(GENERATE, {})


@EACH
def test_agrees_with_the_standard_library(session: Session, number: int, name: str, limit: int) -> None:
    rng = random.Random(name)
    for key_length in (1, 20, 63, 64, 65, 128, 129, 800):
        key = rng.randbytes(key_length)
        handle = import_secret(session, key, KeyType.GENERIC_SECRET)
        for length in (0, 1, 63, 64, 65, 1000, limit):
            data = rng.randbytes(length)
            expected = hmac.new(key, data, name).digest()
            assert session.sign(handle, number, data) == expected
            session.verify(handle, number, data, expected)


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("SHA224_HMAC", "896fb1128abbdf196832107cd49df33f47b4b1169912ba4f53684b22"),
        ("SHA256_HMAC", "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"),
        (
            "SHA384_HMAC",
            "afd03944d84895626b0825f4ab46907f15f9dadbe4101ec682aa034c7cebc59cfaea9ea9076ede7f4af152e8b2fa9cb6",
        ),
        (
            "SHA512_HMAC",
            "87aa7cdea5ef619d4ff0b4241a1d6cb02379f4e2ce4ec2787ad0b30545e17cde"
            "daa833b7d6b8a702038b274eaea3f4e4be9d914eeb61f1702e696c203a126854",
        ),
    ],
)
def test_has_the_answers_of_rfc_4231(session: Session, name: str, code: str) -> None:
    """Section 4.2, test case 1."""
    handle = import_secret(session, b"\x0b" * 20, KeyType.GENERIC_SECRET)
    assert session.sign(handle, MechanismType[name], b"Hi There").hex() == code


@EACH
def test_takes_data_up_to_the_limit(session: Session, number: int, name: str, limit: int) -> None:
    handle = import_secret(session, bytes(20), KeyType.GENERIC_SECRET)
    with refused(ReturnCode.DATA_LEN_RANGE, str(limit), str(limit + 1), name.upper()):
        session.sign(handle, number, bytes(limit + 1))
    with refused(ReturnCode.DATA_LEN_RANGE, str(limit)):
        session.verify(handle, number, bytes(limit + 1), bytes(20))


@EACH
def test_a_longer_key_is_kept_and_does_not_work(session: Session, number: int, name: str, limit: int) -> None:
    handle = import_secret(session, bytes(801), KeyType.GENERIC_SECRET)
    with refused(ReturnCode.KEY_SIZE_RANGE, "800", "801"):
        session.sign(handle, number, b"data")


@EACH
def test_refuses_every_other_code(session: Session, number: int, name: str, limit: int) -> None:
    handle = import_secret(session, bytes(20), KeyType.GENERIC_SECRET)
    code = session.sign(handle, number, b"data")
    for wrong in (b"", code[:-1], code + b"\x00", bytes([code[0] ^ 1]) + code[1:], code[:-1] + bytes([code[-1] ^ 1])):
        with refused(ReturnCode.SIGNATURE_INVALID):
            session.verify(handle, number, b"data", wrong)


def test_takes_aes_keys_too_and_no_others(session: Session) -> None:
    code = session.sign(import_secret(session, bytes(range(16))), MechanismType.SHA384_HMAC, b"data")
    assert code == hmac.new(bytes(range(16)), b"data", "sha384").digest()
    others = (import_secret(session, bytes(24), KeyType.DES3), new_pair(session)[1])
    for handle in others:
        with refused(ReturnCode.KEY_TYPE_INCONSISTENT, "GENERIC_SECRET or AES"):
            session.sign(handle, MechanismType.SHA256_HMAC, b"data")
