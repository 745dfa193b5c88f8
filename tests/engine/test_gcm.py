"""AES-GCM against pycryptodomex, and its limits."""

from __future__ import annotations

import random

import pytest
from Cryptodome.Cipher import AES

from bridge.engine import Attribute, KeyType, MechanismType, ObjectClass, ReturnCode, Session
from bridge.engine.parameters import Gcm
from engine.keys import Template, import_secret, refused

OPEN, SEAL = MechanismType.AES_GCM, MechanismType.CLOUDHSM_AES_GCM
LIMIT = 16_000
AES_KEY: Template = {Attribute.CLASS: ObjectClass.SECRET_KEY, Attribute.KEY_TYPE: KeyType.AES}


def sealed(key: bytes, iv: bytes, aad: bytes, data: bytes) -> bytes:
    """Ciphertext and tag by pycryptodomex."""
    cipher = AES.new(key, AES.MODE_GCM, nonce=iv)
    cipher.update(aad)
    return b"".join(cipher.encrypt_and_digest(data))


@pytest.mark.parametrize("length", [16, 24, 32])
def test_agrees_with_pycryptodomex(session: Session, length: int) -> None:
    rng = random.Random(length)
    key = rng.randbytes(length)
    handle = import_secret(session, key)
    for size in (0, 1, 15, 16, 17, 1000, LIMIT - 1, LIMIT):
        for aad in (b"", rng.randbytes(1), rng.randbytes(20_000)):
            data = rng.randbytes(size)
            result = session.encrypt(handle, SEAL, data, Gcm(b"", aad))
            assert len(result) == 12 + size + 16
            assert result[12:] == sealed(key, result[:12], aad, data)
            assert session.decrypt(handle, SEAL, result, Gcm(b"", aad)) == data
            assert session.decrypt(handle, OPEN, result[12:], Gcm(result[:12], aad)) == data


@pytest.mark.parametrize("length", [1, 4, 7, 8, 12, 16, 64, 128, 129, 257, 1000])
def test_opens_with_ivs_of_any_length(session: Session, length: int) -> None:
    rng = random.Random(length)
    key, iv, aad, data = rng.randbytes(32), rng.randbytes(length), rng.randbytes(9), rng.randbytes(50)
    handle = import_secret(session, key)
    result = sealed(key, iv, aad, data)
    assert session.decrypt(handle, OPEN, result, Gcm(iv, aad)) == data
    with refused(ReturnCode.AEAD_DECRYPT_FAILED):
        session.decrypt(handle, OPEN, result, Gcm(iv, aad + b"."))


def test_never_uses_an_iv_twice_nor_the_callers(session: Session) -> None:
    handle = import_secret(session, bytes(16))
    ivs = {session.encrypt(handle, SEAL, b"", Gcm(bytes(12), b""))[:12] for _ in range(200)}
    assert len(ivs) == 200
    assert bytes(12) not in ivs


def test_whatever_was_changed_is_refused_with_one_message(session: Session) -> None:
    handle, other = import_secret(session, bytes(16)), import_secret(session, bytes(15) + b"1")
    result = session.encrypt(handle, SEAL, bytes(40), Gcm(b"", b"aad"))
    messages = set()
    for position in range(len(result)):
        changed = bytearray(result)
        changed[position] ^= 0x80
        with refused(ReturnCode.AEAD_DECRYPT_FAILED) as refusal:
            session.decrypt(handle, SEAL, bytes(changed), Gcm(b"", b"aad"))
        messages.add(refusal.message)
    for key, aad, data in ((other, b"aad", result), (handle, b"", result), (handle, b"aad", result[:-1])):
        with refused(ReturnCode.AEAD_DECRYPT_FAILED) as refusal:
            session.decrypt(key, SEAL, data, Gcm(b"", aad))
        messages.add(refusal.message)
    assert len(messages) == 1


def test_takes_16000_bytes_and_no_more(session: Session) -> None:
    handle = import_secret(session, bytes(16))
    with refused(ReturnCode.DATA_LEN_RANGE, "16000", "16001"):
        session.encrypt(handle, SEAL, bytes(LIMIT + 1), Gcm(b"", b""))
    too_long = sealed(bytes(16), bytes(12), b"", bytes(LIMIT + 1))
    with refused(ReturnCode.DATA_LEN_RANGE, "16000", "16001"):
        session.decrypt(handle, OPEN, too_long, Gcm(bytes(12), b""))
    with refused(ReturnCode.DATA_LEN_RANGE, "16000", "16001"):
        session.decrypt(handle, SEAL, bytes(12) + too_long, Gcm(b"", b""))


def test_refuses_data_that_are_too_short(session: Session) -> None:
    handle = import_secret(session, bytes(16))
    for length in (0, 1, 15):
        with refused(ReturnCode.ENCRYPTED_DATA_LEN_RANGE, "tag of 16 bytes", str(length)):
            session.decrypt(handle, OPEN, bytes(length), Gcm(bytes(12), b""))
    for length in (0, 11, 12, 27):
        with refused(ReturnCode.ENCRYPTED_DATA_LEN_RANGE):
            session.decrypt(handle, SEAL, bytes(length), Gcm(b"", b""))


@pytest.mark.parametrize("bits", [0, 32, 64, 96, 104, 120, 127, 129, 2**32 - 1])
def test_tags_have_128_bits(session: Session, bits: int) -> None:
    handle = import_secret(session, bytes(16))
    with refused(ReturnCode.MECHANISM_PARAM_INVALID, "128", str(bits)):
        session.encrypt(handle, SEAL, b"data", Gcm(b"", b"", bits))
    with refused(ReturnCode.MECHANISM_PARAM_INVALID, "128", str(bits)):
        session.decrypt(handle, OPEN, bytes(40), Gcm(bytes(12), b"", bits))


def test_decrypts_with_an_iv_only_and_encrypts_with_its_own_only(session: Session) -> None:
    handle = import_secret(session, bytes(16))
    with refused(ReturnCode.MECHANISM_PARAM_INVALID, "IV"):
        session.decrypt(handle, OPEN, bytes(40), Gcm(b"", b""))
    with refused(ReturnCode.MECHANISM_INVALID, "AES_GCM"):
        session.encrypt(handle, OPEN, bytes(40), Gcm(bytes(12), b""))


@pytest.mark.parametrize("length", [16, 24, 32])
def test_wraps_and_unwraps(session: Session, length: int) -> None:
    rng = random.Random(length)
    key, value = rng.randbytes(length), rng.randbytes(32)
    handle = import_secret(session, key)
    wrapped = session.wrap(handle, SEAL, import_secret(session, value), Gcm(b"", b"aad"))
    assert wrapped[12:] == sealed(key, wrapped[:12], b"aad", value)
    unwrapped = [
        session.unwrap(handle, SEAL, wrapped, AES_KEY, Gcm(b"", b"aad")),
        session.unwrap(handle, OPEN, wrapped[12:], AES_KEY, Gcm(wrapped[:12], b"aad")),
    ]
    for each in unwrapped:
        assert session.encrypt(each, MechanismType.AES_ECB, bytes(16)) == AES.new(value, AES.MODE_ECB).encrypt(
            bytes(16)
        )
    with refused(ReturnCode.WRAPPED_KEY_INVALID):
        session.unwrap(handle, SEAL, wrapped, AES_KEY, Gcm(b"", b""))
    with refused(ReturnCode.WRAPPED_KEY_LEN_RANGE):
        session.unwrap(handle, SEAL, wrapped[:27], AES_KEY, Gcm(b"", b""))
    with refused(ReturnCode.WRAPPED_KEY_LEN_RANGE):
        session.unwrap(handle, OPEN, sealed(key, bytes(12), b"", bytes(LIMIT + 1)), AES_KEY, Gcm(bytes(12), b""))
