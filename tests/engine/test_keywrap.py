"""AES key wrap without padding, with PKCS#5 padding and with zero padding."""

from __future__ import annotations

import random

import pytest
from Cryptodome.Cipher import AES
from Cryptodome.Util.Padding import pad

from bridge.engine import Attribute, KeyType, MechanismType, ObjectClass, ReturnCode, Session
from bridge.engine.mechanisms import mechanism
from engine.keys import Template, import_both, import_secret, private_info, public_info, refused, software_rsa

NO_PAD = MechanismType.CLOUDHSM_AES_KEY_WRAP_NO_PAD
PKCS5_PAD = MechanismType.CLOUDHSM_AES_KEY_WRAP_PKCS5_PAD
ZERO_PAD = MechanismType.CLOUDHSM_AES_KEY_WRAP_ZERO_PAD
ALL = (NO_PAD, PKCS5_PAD, ZERO_PAD)
SECRET: Template = {Attribute.CLASS: ObjectClass.SECRET_KEY, Attribute.KEY_TYPE: KeyType.GENERIC_SECRET}
PRIVATE: Template = {Attribute.CLASS: ObjectClass.PRIVATE_KEY, Attribute.KEY_TYPE: KeyType.RSA}

KEY = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
DATA = "00112233445566778899aabbccddeeff000102030405060708090a0b0c0d0e0f"


def value_of(session: Session, handle: int) -> bytes:
    """A key's value, wrapped by the engine and unwrapped by pycryptodomex."""
    wrapped = session.wrap(import_secret(session, bytes(32)), ZERO_PAD, handle)
    return bytes(AES.new(bytes(32), AES.MODE_KWP).unseal(wrapped))


@pytest.mark.parametrize(
    ("key", "data", "wrapped"),
    [
        (16, 16, "1fa68b0a8112b447aef34bd8fb5a7b829d3e862371d2cfe5"),
        (24, 16, "96778b25ae6ca435f92b5b97c050aed2468ab8a17ad84e5d"),
        (32, 16, "64e8c3f9ce0f5ba263e9777905818a2a93c8191e7d6e8ae7"),
        (24, 24, "031d33264e15d33268f24ec260743edce1c6c7ddee725a936ba814915c6762d2"),
        (32, 24, "a8f9bc1612c68b3ff6e6f4fbe30e71e4769c8b80a32cb8958cd5d17d6b254da1"),
        (32, 32, "28c9f404c4b810f4cbccb35cfb87f8263f5786e2d80ed326cbc7f0e71a99f43bfb988b9b7a02dd21"),
    ],
)
def test_has_the_answers_of_rfc_3394(session: Session, key: int, data: int, wrapped: str) -> None:
    """Section 4 of the RFC."""
    handle = import_secret(session, bytes.fromhex(KEY)[:key])
    value = bytes.fromhex(DATA)[:data]
    target = import_secret(session, value, KeyType.GENERIC_SECRET)
    assert session.wrap(handle, NO_PAD, target).hex() == wrapped
    assert value_of(session, session.unwrap(handle, NO_PAD, bytes.fromhex(wrapped), SECRET)) == value


@pytest.mark.parametrize(
    ("data", "wrapped"),
    [
        (
            "c37b7e6492584340bed12207808941155068f738",
            "138bdeaa9b8fa7fc61f97742e72248ee5ae6ae5360d1ae6a5f54f373fa543b6a",
        ),
        ("466f7250617369", "afbeb0f07dfbf5419200f2ccb50bb24f"),
    ],
)
def test_has_the_answers_of_rfc_5649(session: Session, data: str, wrapped: str) -> None:
    """Section 6 of the RFC."""
    handle = import_secret(session, bytes.fromhex("5840df6e29b02af1ab493b705bf16ea1ae8338f4dcc176a8"))
    target = import_secret(session, bytes.fromhex(data), KeyType.GENERIC_SECRET)
    assert session.wrap(handle, ZERO_PAD, target).hex() == wrapped
    assert value_of(session, session.unwrap(handle, ZERO_PAD, bytes.fromhex(wrapped), SECRET)).hex() == data


@pytest.mark.parametrize("length", [16, 24, 32])
def test_agrees_with_pycryptodomex(session: Session, length: int) -> None:
    rng = random.Random(length)
    key = rng.randbytes(length)
    handle = import_secret(session, key)
    for size in (*range(1, 34), 100, 799, 800, 5000):
        value = rng.randbytes(size)
        target = import_secret(session, value, KeyType.GENERIC_SECRET)
        expected = {
            ZERO_PAD: AES.new(key, AES.MODE_KWP).seal(value),
            PKCS5_PAD: AES.new(key, AES.MODE_KW).seal(pad(value, 8 if size >= 8 else 16)),
        }
        if size % 8 == 0 and size >= 16:
            expected[NO_PAD] = AES.new(key, AES.MODE_KW).seal(value)
        for number, wrapped in expected.items():
            assert session.wrap(handle, number, target) == wrapped
            assert value_of(session, session.unwrap(handle, number, wrapped, SECRET)) == value


@pytest.mark.parametrize(
    "wrapped",
    [
        "d2587296562067f4eb22e4a7a68fa203da8e5bef0ccabd2f",
        "9f89afa118dad9af4cfd9e63334108201ff491e96c6b7202",
        "0338cae8b259d012dfd58cf755b66612bdf040fc5b29199a",
        "7af5f2c34b900d5da6c9ca5a4f7f38ad8201c8ba57fe1a2df98315a941a04b32f9eb95cfcf51745d",
        "7f30779688cb66897db49d6951b80c8f77293f0762f6e51030b56433daae7bc881b39df1fe7179be",
        "c867bdcdeac8aa291eb9612db671802b494832a90c4f7d2e84a75e48f72e8f72c7ac4d42ad76635c",
    ],
)
def test_unwraps_what_the_jdk_padded_to_16_bytes(session: Session, wrapped: str) -> None:
    """AES/KW/PKCS5Padding of SunJCE (JDK 17) with a zero key; the values are 00, 01, 02 and so on."""
    value = value_of(
        session, session.unwrap(import_secret(session, bytes(16)), PKCS5_PAD, bytes.fromhex(wrapped), SECRET)
    )
    assert value == bytes(range(len(value)))
    assert len(value) in (1, 8, 15, 16, 20, 24)


def test_refuses_what_does_not_fit_without_padding(session: Session) -> None:
    handle = import_secret(session, bytes(16))
    for length in (1, 7, 8, 9, 15, 17, 20, 31):
        target = import_secret(session, bytes(length), KeyType.GENERIC_SECRET)
        with refused(ReturnCode.KEY_SIZE_RANGE, "multiple of 8", str(length), "zero padding"):
            session.wrap(handle, NO_PAD, target)


@pytest.mark.parametrize("number", ALL)
def test_refuses_an_empty_payload(number: MechanismType) -> None:
    wrap = mechanism(number).wrap
    assert wrap is not None
    with refused(ReturnCode.KEY_SIZE_RANGE):
        wrap(bytes(16), None, b"")


@pytest.mark.parametrize("number", ALL)
def test_refuses_whatever_was_changed(session: Session, number: MechanismType) -> None:
    handle, other = import_secret(session, bytes(16)), import_secret(session, bytes(15) + b"1")
    wrapped = session.wrap(handle, number, import_secret(session, bytes(24), KeyType.GENERIC_SECRET))
    messages = set()
    for position in range(len(wrapped)):
        changed = bytearray(wrapped)
        changed[position] ^= 1
        with refused(ReturnCode.WRAPPED_KEY_INVALID) as refusal:
            session.unwrap(handle, number, bytes(changed), SECRET)
        messages.add(refusal.message)
    with refused(ReturnCode.WRAPPED_KEY_INVALID):
        session.unwrap(other, number, wrapped, SECRET)
    with refused(ReturnCode.WRAPPED_KEY_INVALID):
        session.unwrap(handle, number, wrapped + bytes(8), SECRET)
    for length in (0, 1, 8, 15, 23, 25, len(wrapped) - 1):
        with refused(ReturnCode.WRAPPED_KEY_LEN_RANGE, str(length)):
            session.unwrap(handle, number, wrapped[:length].ljust(length, b"\x00"), SECRET)
    assert len(messages) == 1


def test_each_padding_has_its_own_integrity_check(session: Session) -> None:
    handle = import_secret(session, bytes(16))
    target = import_secret(session, bytes(24), KeyType.GENERIC_SECRET)
    for made, read in ((NO_PAD, ZERO_PAD), (ZERO_PAD, NO_PAD), (NO_PAD, PKCS5_PAD), (PKCS5_PAD, ZERO_PAD)):
        with refused(ReturnCode.WRAPPED_KEY_INVALID):
            session.unwrap(handle, read, session.wrap(handle, made, target), SECRET)


def test_private_keys_travel_as_pkcs8(session: Session) -> None:
    handle = import_secret(session, bytes(16))
    key = software_rsa()
    _, private = import_both(session, key)
    for number in (PKCS5_PAD, ZERO_PAD):
        unwrapped = session.unwrap(handle, number, session.wrap(handle, number, private), PRIVATE)
        assert session.attributes(unwrapped)[Attribute.PUBLIC_KEY_INFO] == public_info(key.public_key())
        assert value_of(session, unwrapped) == private_info(key)


def test_what_is_unwrapped_is_what_the_template_says(session: Session) -> None:
    handle = import_secret(session, bytes(16))
    _, private = import_both(session, software_rsa())
    wrapped = session.wrap(handle, ZERO_PAD, private)
    with refused(ReturnCode.WRAPPED_KEY_INVALID, "PKCS#8"):
        session.unwrap(handle, ZERO_PAD, wrapped, {**PRIVATE, Attribute.KEY_TYPE: KeyType.EC})
    with refused(ReturnCode.KEY_SIZE_RANGE, "AES"):
        session.unwrap(handle, ZERO_PAD, wrapped, {**SECRET, Attribute.KEY_TYPE: KeyType.AES})
    with refused(ReturnCode.TEMPLATE_INCONSISTENT, "CLASS"):
        session.unwrap(handle, ZERO_PAD, wrapped, {Attribute.CLASS: ObjectClass.PUBLIC_KEY})
    secret = session.wrap(handle, ZERO_PAD, import_secret(session, bytes(24)))
    with refused(ReturnCode.WRAPPED_KEY_INVALID, "PKCS#8"):
        session.unwrap(handle, ZERO_PAD, secret, PRIVATE)
    with refused(ReturnCode.KEY_TYPE_INCONSISTENT):
        session.unwrap(handle, ZERO_PAD, secret, {**SECRET, Attribute.KEY_TYPE: KeyType.RSA})
    with refused(ReturnCode.TEMPLATE_INCOMPLETE, "CLASS"):
        session.unwrap(handle, ZERO_PAD, secret, {})
    triple = session.unwrap(handle, ZERO_PAD, secret, {**SECRET, Attribute.KEY_TYPE: KeyType.DES3})
    assert session.attributes(triple)[Attribute.KEY_TYPE] == KeyType.DES3
