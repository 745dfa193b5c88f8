"""AES and Triple DES in ECB, CBC and CTR, and AES-CMAC, against pycryptodomex and published vectors."""

from __future__ import annotations

import random
from typing import Any

import pytest
from Cryptodome.Cipher import AES, DES3
from Cryptodome.Hash import CMAC
from Cryptodome.Util.Padding import pad

from bridge.engine import Attribute, KeyType, MechanismType, ObjectClass, ReturnCode, Session
from bridge.engine.parameters import Iv
from engine.keys import import_secret, refused

M = MechanismType
LENGTHS = [0, 1, 7, 8, 9, 15, 16, 17, 31, 32, 33, 1000, 4096, 70_000]


class Cipher:
    """A block cipher: in the engine, and in pycryptodomex."""

    def __init__(self, key_type: KeyType, length: int) -> None:
        aes = key_type is KeyType.AES
        self.key_type, self.length = key_type, length
        self.block = 16 if aes else 8
        self.peer: Any = AES if aes else DES3
        names = ("ECB", "ECB_PAD", "CBC", "CBC_PAD")
        self.ecb, self.ecb_pad, self.cbc, self.cbc_pad = (MechanismType[f"{key_type.name}_{name}"] for name in names)

    def __str__(self) -> str:
        return f"{self.key_type.name}-{8 * self.length}"

    def new_key(self, rng: random.Random) -> bytes:
        key = rng.randbytes(self.length)
        return key if self.peer is AES else DES3.adjust_key_parity(key)


CIPHERS = [Cipher(KeyType.AES, length) for length in (16, 24, 32)] + [Cipher(KeyType.DES3, 24)]
EACH = pytest.mark.parametrize("cipher", CIPHERS, ids=str)


@EACH
def test_agrees_with_pycryptodomex_with_padding(session: Session, cipher: Cipher) -> None:
    rng = random.Random(str(cipher))
    key, iv = cipher.new_key(rng), rng.randbytes(cipher.block)
    handle = import_secret(session, key, cipher.key_type)
    for length in LENGTHS:
        data = rng.randbytes(length)
        expected = cipher.peer.new(key, cipher.peer.MODE_CBC, iv).encrypt(pad(data, cipher.block))
        assert session.encrypt(handle, cipher.cbc_pad, data, Iv(iv)) == expected
        assert session.decrypt(handle, cipher.cbc_pad, expected, Iv(iv)) == data
        expected = cipher.peer.new(key, cipher.peer.MODE_ECB).encrypt(pad(data, cipher.block))
        assert session.encrypt(handle, cipher.ecb_pad, data) == expected
        assert session.decrypt(handle, cipher.ecb_pad, expected) == data


@EACH
def test_agrees_with_pycryptodomex_without_padding(session: Session, cipher: Cipher) -> None:
    rng = random.Random(str(cipher))
    key, iv = cipher.new_key(rng), rng.randbytes(cipher.block)
    handle = import_secret(session, key, cipher.key_type)
    for blocks in (0, 1, 2, 3, 100, 4375):
        data = rng.randbytes(blocks * cipher.block)
        expected = cipher.peer.new(key, cipher.peer.MODE_CBC, iv).encrypt(data)
        assert session.encrypt(handle, cipher.cbc, data, Iv(iv)) == expected
        assert session.decrypt(handle, cipher.cbc, expected, Iv(iv)) == data
        expected = cipher.peer.new(key, cipher.peer.MODE_ECB).encrypt(data)
        assert session.encrypt(handle, cipher.ecb, data) == expected
        assert session.decrypt(handle, cipher.ecb, expected) == data


@pytest.mark.parametrize("mechanism", [M.AES_ECB, M.AES_CBC, M.AES_CTR], ids=lambda mechanism: mechanism.name)
def test_memory_is_worked_on_in_place(session: Session, mechanism: MechanismType) -> None:
    rng = random.Random(mechanism)
    parameter = None if mechanism is M.AES_ECB else Iv(rng.randbytes(16))
    handle = import_secret(session, rng.randbytes(32))
    for length in (length for length in LENGTHS if mechanism is M.AES_CTR or length % 16 == 0):
        data = rng.randbytes(length)
        around = bytearray(b"a" + data + b"z")
        memory = memoryview(around)[1:-1]
        assert session.encrypt(handle, mechanism, memory, parameter) is memory
        assert around == b"a" + session.encrypt(handle, mechanism, data, parameter) + b"z"
        assert session.decrypt(handle, mechanism, memory, parameter) is memory
        assert around == b"a" + data + b"z"


@pytest.mark.parametrize("length", [16, 24, 32])
def test_ctr_agrees_with_pycryptodomex_also_where_the_counter_wraps(session: Session, length: int) -> None:
    rng = random.Random(length)
    key = rng.randbytes(length)
    handle = import_secret(session, key)
    for counter in (0, 2**64 - 1, 2**128 - 1, rng.getrandbits(128)):
        for size in LENGTHS:
            data = rng.randbytes(size)
            expected = AES.new(key, AES.MODE_CTR, initial_value=counter, nonce=b"").encrypt(data)
            parameter = Iv(counter.to_bytes(16, "big"))
            assert session.encrypt(handle, M.AES_CTR, data, parameter) == expected
            assert session.decrypt(handle, M.AES_CTR, expected, parameter) == data


@pytest.mark.parametrize("length", [0, 8, 12, 15, 17, 32])
def test_refuses_an_iv_that_is_no_block(session: Session, length: int) -> None:
    handle = import_secret(session, bytes(16))
    for mechanism in (M.AES_CBC, M.AES_CBC_PAD, M.AES_CTR):
        for operation in (session.encrypt, session.decrypt):
            with refused(ReturnCode.MECHANISM_PARAM_INVALID, "16", str(length)):
                operation(handle, mechanism, bytes(16), Iv(bytes(length)))
    with refused(ReturnCode.MECHANISM_PARAM_INVALID, "8 bytes"):
        session.encrypt(import_secret(session, bytes(24), KeyType.DES3), M.DES3_CBC, bytes(8), Iv(bytes(16)))


@EACH
def test_refuses_data_that_are_no_blocks(session: Session, cipher: Cipher) -> None:
    handle = import_secret(session, bytes(cipher.length), cipher.key_type)
    iv = Iv(bytes(cipher.block))
    for length in (1, cipher.block - 1, cipher.block + 1):
        for mechanism, parameter in ((cipher.ecb, None), (cipher.cbc, iv)):
            with refused(ReturnCode.DATA_LEN_RANGE, str(cipher.block), str(length)):
                session.encrypt(handle, mechanism, bytes(length), parameter)
        for mechanism, parameter in (
            (cipher.ecb, None),
            (cipher.cbc, iv),
            (cipher.ecb_pad, None),
            (cipher.cbc_pad, iv),
        ):
            with refused(ReturnCode.ENCRYPTED_DATA_LEN_RANGE, str(cipher.block), str(length)):
                session.decrypt(handle, mechanism, bytes(length), parameter)
    for mechanism, parameter in ((cipher.ecb_pad, None), (cipher.cbc_pad, iv)):
        with refused(ReturnCode.ENCRYPTED_DATA_LEN_RANGE, "not empty"):
            session.decrypt(handle, mechanism, b"", parameter)


@EACH
def test_all_wrong_paddings_are_refused_alike(session: Session, cipher: Cipher) -> None:
    handle = import_secret(session, bytes(cipher.length), cipher.key_type)
    iv, block = Iv(bytes(cipher.block)), cipher.block
    endings = [
        b"\x00",
        bytes([block + 1]),
        b"\xff",
        b"\x02\x02\x03",
        b"\x01\x02",
        bytes([block - 1]) * (block - 2),
    ]
    messages = set()
    for ending in endings:
        plain = (b"\x55" * block)[: block - len(ending)] + ending
        for mechanism, raw, parameter in ((cipher.ecb_pad, cipher.ecb, None), (cipher.cbc_pad, cipher.cbc, iv)):
            with refused(ReturnCode.ENCRYPTED_DATA_INVALID) as refusal:
                session.decrypt(handle, mechanism, session.encrypt(handle, raw, plain, parameter), parameter)
            messages.add(refusal.message)
    assert len(messages) == 1


def test_cbc_unwraps_without_padding(session: Session) -> None:
    rng = random.Random(5)
    key, iv, value = rng.randbytes(32), rng.randbytes(16), rng.randbytes(32)
    handle = import_secret(session, key)
    wrapped = AES.new(key, AES.MODE_CBC, iv).encrypt(value)
    template = {Attribute.CLASS: ObjectClass.SECRET_KEY, Attribute.KEY_TYPE: KeyType.AES}
    unwrapped = session.unwrap(handle, M.AES_CBC, wrapped, template, Iv(iv))
    assert session.encrypt(unwrapped, M.AES_ECB, bytes(16)) == AES.new(value, AES.MODE_ECB).encrypt(bytes(16))
    with refused(ReturnCode.WRAPPED_KEY_LEN_RANGE, "16"):
        session.unwrap(handle, M.AES_CBC, wrapped + b"\x00", template, Iv(iv))
    with refused(ReturnCode.KEY_SIZE_RANGE, "128, 192 or 256"):
        session.unwrap(handle, M.AES_CBC, wrapped * 2, template, Iv(iv))
    with refused(ReturnCode.WRAPPED_KEY_INVALID, "PKCS#8"):
        session.unwrap(handle, M.AES_CBC, wrapped, {Attribute.CLASS: ObjectClass.PRIVATE_KEY}, Iv(iv))
    with refused(ReturnCode.MECHANISM_INVALID, "AES_CBC"):
        session.wrap(handle, M.AES_CBC, unwrapped, Iv(iv))


# RFC 4493, section 4.
CMAC_KEY = bytes.fromhex("2b7e151628aed2a6abf7158809cf4f3c")
CMAC_DATA = bytes.fromhex(
    "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51"
    "30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710"
)


@pytest.mark.parametrize(
    ("length", "code"),
    [
        (0, "bb1d6929e95937287fa37d129b756746"),
        (16, "070a16b46b4d4144f79bdd9dd04a287c"),
        (40, "dfa66747de9ae63030ca32611497c827"),
        (64, "51f0bebf7e3b9d92fc49741779363cfe"),
    ],
)
def test_cmac_has_the_answers_of_rfc_4493(session: Session, length: int, code: str) -> None:
    handle = import_secret(session, CMAC_KEY)
    assert session.sign(handle, M.AES_CMAC, CMAC_DATA[:length]).hex() == code


@pytest.mark.parametrize("length", [16, 24, 32])
def test_cmac_agrees_with_pycryptodomex(session: Session, length: int) -> None:
    rng = random.Random(length)
    key = rng.randbytes(length)
    handle = import_secret(session, key)
    for size in LENGTHS:
        data = rng.randbytes(size)
        code = CMAC.new(key, data, ciphermod=AES).digest()
        assert session.sign(handle, M.AES_CMAC, data) == code
        session.verify(handle, M.AES_CMAC, data, code)
        for wrong in (b"", code[:-1], code + b"\x00", bytes([code[0] ^ 1]) + code[1:]):
            with refused(ReturnCode.SIGNATURE_INVALID):
                session.verify(handle, M.AES_CMAC, data, wrong)


def test_new_triple_des_keys_have_odd_parity_and_three_parts(session: Session) -> None:
    wrapping = import_secret(session, bytes(32))
    handle = session.generate_key(M.DES3_KEY_GEN, {})
    assert session.attributes(handle)[Attribute.VALUE_LEN] == 24
    wrapped = session.wrap(wrapping, M.CLOUDHSM_AES_KEY_WRAP_NO_PAD, handle)
    value = AES.new(bytes(32), AES.MODE_KW).unseal(wrapped)
    assert all(byte.bit_count() % 2 for byte in value)
    assert len({value[:8], value[8:16], value[16:]}) == 3
    session.generate_key(M.DES3_KEY_GEN, {Attribute.VALUE_LEN: 24})
    for length in (0, 8, 16, 21, 32):
        with refused(ReturnCode.KEY_SIZE_RANGE, "192 bits"):
            session.generate_key(M.DES3_KEY_GEN, {Attribute.VALUE_LEN: length})


def test_each_cipher_takes_keys_of_its_own_type(session: Session) -> None:
    with refused(ReturnCode.KEY_TYPE_INCONSISTENT, "DES3_ECB", "AES"):
        session.encrypt(import_secret(session, bytes(24)), M.DES3_ECB, bytes(8))
    for key_type in (KeyType.DES3, KeyType.GENERIC_SECRET):
        with refused(ReturnCode.KEY_TYPE_INCONSISTENT, "AES_ECB", key_type.name):
            session.encrypt(import_secret(session, bytes(24), key_type), M.AES_ECB, bytes(16))
