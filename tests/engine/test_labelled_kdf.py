"""CloudHSM's counter KDF with a label and a context, against three other implementations of NIST SP 800-108."""

from __future__ import annotations

import hmac
import random
import subprocess
from typing import Any

import pytest
from Cryptodome.Cipher import AES
from Cryptodome.Hash import CMAC, HMAC, SHA1, SHA224, SHA256, SHA384, SHA512
from Cryptodome.Protocol.KDF import SP800_108_Counter

from bridge.engine import Attribute, KeyType, MechanismType, ReturnCode, Session
from bridge.engine.parameters import LabelledKdf
from engine.keys import Template, import_secret, new_aes, refused
from engine.test_keywrap import value_of

KDF = MechanismType.CLOUDHSM_SP800_108_COUNTER_KDF
CMAC_PRF = MechanismType.AES_CMAC
SUM_OF_KEYS = 1
HASHES: dict[MechanismType, str] = {
    MechanismType.SHA_1_HMAC: "sha1",
    MechanismType.SHA224_HMAC: "sha224",
    MechanismType.SHA256_HMAC: "sha256",
    MechanismType.SHA384_HMAC: "sha384",
    MechanismType.SHA512_HMAC: "sha512",
}
MODULES: dict[str, Any] = {"sha1": SHA1, "sha224": SHA224, "sha256": SHA256, "sha384": SHA384, "sha512": SHA512}
PRFS = pytest.mark.parametrize("prf", [*HASHES, CMAC_PRF], ids=lambda prf: prf.name)


def parameter(
    prf: int, label: bytes = b"", context: bytes = b"", *, counter: int = 32, length: int = 32
) -> LabelledKdf:
    return LabelledKdf(prf, counter, SUM_OF_KEYS, length, label, context)


def new_base(session: Session, prf: MechanismType, key: bytes) -> int:
    return import_secret(session, key, KeyType.AES if prf is CMAC_PRF else KeyType.GENERIC_SECRET)


def secret(length: int) -> Template:
    return {Attribute.KEY_TYPE: KeyType.GENERIC_SECRET, Attribute.VALUE_LEN: length}


def derived(session: Session, base: int, given: LabelledKdf, length: int) -> bytes:
    return value_of(session, session.derive(base, KDF, secret(length), given))


def code(prf: MechanismType, key: bytes, data: bytes) -> bytes:
    if prf is CMAC_PRF:
        return bytes(CMAC.new(key, data, ciphermod=AES).digest())
    return hmac.digest(key, data, HASHES[prf])


def by_hand(key: bytes, given: LabelledKdf, length: int) -> bytes:
    """Derive as NIST SP 800-108, section 4.1, says."""
    fixed = given.label + b"\x00" + given.context + (8 * length).to_bytes(given.length_bits // 8, "big")
    result = b""
    counter = 0
    while len(result) < length:
        counter += 1
        result += code(MechanismType(given.prf), key, counter.to_bytes(given.counter_bits // 8, "big") + fixed)
    return result[:length]


def by_openssl(prf: MechanismType, key: bytes, label: bytes, context: bytes, length: int) -> bytes:
    """Derive with ``openssl kdf``, whose counter and length have 32 bits."""
    made_of = (
        ["mac:CMAC", f"cipher:AES-{8 * len(key)}-CBC"] if prf is CMAC_PRF else ["mac:HMAC", f"digest:{HASHES[prf]}"]
    )
    values = [*made_of, f"hexkey:{key.hex()}", f"hexsalt:{label.hex()}", f"hexinfo:{context.hex()}"]
    options = [word for value in values for word in ("-kdfopt", value)]
    done = subprocess.run(
        ["openssl", "kdf", "-keylen", str(length), "-binary", *options, "KBKDF"], capture_output=True, check=True
    )
    return done.stdout


@PRFS
def test_agrees_with_openssl(session: Session, prf: MechanismType) -> None:
    rng = random.Random(prf)
    for key_length in (16, 24, 32):
        key = rng.randbytes(key_length)
        base = new_base(session, prf, key)
        for length, label, context in (
            (1, b"a", b"b"),
            (32, b"label", rng.randbytes(90)),
            (800, rng.randbytes(7), b"c"),
        ):
            expected = by_openssl(prf, key, label, context, length)
            assert derived(session, base, parameter(prf, label, context), length) == expected
            assert by_hand(key, parameter(prf, label, context), length) == expected


@PRFS
def test_agrees_with_pycryptodomex(session: Session, prf: MechanismType) -> None:
    """Its counter and length have 32 bits, and its label and context no zero byte."""

    def peer(key: bytes, data: bytes) -> bytes:
        if prf is CMAC_PRF:
            return bytes(CMAC.new(key, data, ciphermod=AES).digest())
        return bytes(HMAC.new(key, data, MODULES[HASHES[prf]]).digest())

    key = random.Random(prf).randbytes(32)
    base = new_base(session, prf, key)
    for length, label, context in ((16, b"", b""), (33, b"label", b""), (500, b"", b"context"), (64, b"l" * 99, b"c")):
        expected = SP800_108_Counter(key, length, peer, label=label, context=context)
        assert derived(session, base, parameter(prf, label, context), length) == expected


@pytest.mark.parametrize("length_bits", [8, 16, 32, 64])
@pytest.mark.parametrize("counter_bits", [16, 32])
@PRFS
def test_each_layout_is_that_of_the_standard(
    session: Session, prf: MechanismType, counter_bits: int, length_bits: int
) -> None:
    rng = random.Random(f"{prf} {counter_bits} {length_bits}")
    key = rng.randbytes(24)
    base = new_base(session, prf, key)
    for label, context in ((b"", b""), (b"\x00", b"\x00"), (rng.randbytes(300), rng.randbytes(300))):
        given = parameter(prf, label, context, counter=counter_bits, length=length_bits)
        for length in (1, 16, 31) if length_bits == 8 else (1, 16, 31, 32, 65, 800):
            assert derived(session, base, given, length) == by_hand(key, given, length)


@pytest.mark.parametrize(
    ("prf", "key", "output"),
    [
        (
            MechanismType.SHA256_HMAC,
            "3705d96080c17728a0e800eab6e0d23c",
            "9d188616f63852fe86915bb840b4a886ff3e6bb0f819b49b893393d393854295",
        ),
        (
            MechanismType.SHA384_HMAC,
            "6d404d37faf79f9df0d33568d320669800eb4836472ea8a026d16b7182460c52",
            "9801f69a368c2bf675e59521e177d9a07f67efe1cfde8d3c8d6f6a0256e3b17db3c1b62ad1b8553360d17367eb1514d2",
        ),
    ],
)
def test_has_the_answers_of_rfc_8009(session: Session, prf: MechanismType, key: str, output: str) -> None:
    """Appendix A, "Sample pseudorandom function (PRF) invocations"; the KDF is that of section 3."""
    base = new_base(session, prf, bytes.fromhex(key))
    assert derived(session, base, parameter(prf, b"prf", b"test"), len(output) // 2).hex() == output


@pytest.mark.parametrize("length", [1, 32, 63, 64, 65, 128, 200, 800])
def test_a_base_key_has_1_to_800_bytes(session: Session, length: int) -> None:
    key = random.Random(length).randbytes(length)
    for prf in HASHES:
        base = new_base(session, prf, key)
        assert derived(session, base, parameter(prf, b"l", b"c"), 40) == by_hand(key, parameter(prf, b"l", b"c"), 40)


def test_longer_base_keys_are_refused(session: Session) -> None:
    base = import_secret(session, bytes(801), KeyType.GENERIC_SECRET)
    with refused(ReturnCode.KEY_SIZE_RANGE, "800", "801"):
        session.derive(base, KDF, secret(16), parameter(MechanismType.SHA256_HMAC))


@pytest.mark.parametrize(
    ("key_type", "length"), [(KeyType.AES, 16), (KeyType.AES, 24), (KeyType.AES, 32), (KeyType.DES3, 24)]
)
def test_the_template_chooses_the_type(session: Session, key_type: KeyType, length: int) -> None:
    key = bytes(range(32))
    for prf in (MechanismType.SHA256_HMAC, CMAC_PRF):
        given: Template = {Attribute.KEY_TYPE: key_type, Attribute.VALUE_LEN: length}
        handle = session.derive(new_base(session, prf, key), KDF, given, parameter(prf, b"l", b"c"))
        attributes = session.attributes(handle)
        assert (attributes[Attribute.KEY_TYPE], attributes[Attribute.VALUE_LEN]) == (key_type, length)
        assert attributes[Attribute.LOCAL] is False
        assert value_of(session, handle) == by_hand(key, parameter(prf, b"l", b"c"), length)


def test_other_lengths_are_refused(session: Session) -> None:
    base = import_secret(session, bytes(32), KeyType.GENERIC_SECRET)
    given = parameter(MechanismType.SHA256_HMAC)
    for length in (0, 801, 2**40):
        with refused(ReturnCode.KEY_SIZE_RANGE, "800", str(length)):
            session.derive(base, KDF, secret(length), given)
    with refused(ReturnCode.KEY_SIZE_RANGE, "128, 192 or 256"):
        session.derive(base, KDF, {**secret(17), Attribute.KEY_TYPE: KeyType.AES}, given)
    with refused(ReturnCode.TEMPLATE_INCOMPLETE, "VALUE_LEN"):
        session.derive(base, KDF, {Attribute.KEY_TYPE: KeyType.GENERIC_SECRET}, given)


@pytest.mark.parametrize(
    ("wrong", "texts"),
    [
        (parameter(MechanismType.SHA256), ["no PRF 0x250", "AES-CMAC", "SHA-512"]),
        (parameter(0), ["no PRF 0x0"]),
        (parameter(MechanismType.SHA256_HMAC, counter=8), ["16 or 32", "8"]),
        (parameter(MechanismType.SHA256_HMAC, counter=24), ["16 or 32", "24"]),
        (parameter(MechanismType.SHA256_HMAC, counter=64), ["16 or 32", "64"]),
        (parameter(MechanismType.SHA256_HMAC, length=0), ["8, 16, 32 or 64", "0"]),
        (parameter(MechanismType.SHA256_HMAC, length=24), ["8, 16, 32 or 64", "24"]),
        (parameter(MechanismType.SHA256_HMAC, length=8), ["256", "8 bits", "wider"]),
        (LabelledKdf(MechanismType.SHA256_HMAC, 32, 2, 32, b"", b""), ["method 1", "method 2"]),
        (LabelledKdf(MechanismType.SHA256_HMAC, 32, 0, 32, b"", b""), ["method 1", "method 0"]),
    ],
)
def test_other_parameters_are_refused(session: Session, wrong: LabelledKdf, texts: list[str]) -> None:
    base = import_secret(session, bytes(32), KeyType.GENERIC_SECRET)
    before = session.find({})
    with refused(ReturnCode.MECHANISM_PARAM_INVALID, *texts):
        session.derive(base, KDF, secret(32), wrong)
    assert session.find({}) == before


def test_each_prf_has_its_own_type_of_key(session: Session) -> None:
    aes = new_aes(session, DERIVE=True)
    generic = import_secret(session, bytes(32), KeyType.GENERIC_SECRET)
    with refused(ReturnCode.KEY_TYPE_INCONSISTENT, "GENERIC_SECRET", "AES key"):
        session.derive(aes, KDF, secret(16), parameter(MechanismType.SHA256_HMAC))
    with refused(ReturnCode.KEY_TYPE_INCONSISTENT, "GENERIC_SECRET key"):
        session.derive(generic, KDF, secret(16), parameter(CMAC_PRF))
    with refused(ReturnCode.MECHANISM_PARAM_INVALID, "no PRF"):
        session.derive(aes, KDF, secret(16), parameter(MechanismType.SHA256))


def test_the_base_key_needs_derive(session: Session) -> None:
    base = import_secret(session, bytes(32), KeyType.GENERIC_SECRET, DERIVE=False)
    with refused(ReturnCode.KEY_FUNCTION_NOT_PERMITTED, "DERIVE"):
        session.derive(base, KDF, secret(16), parameter(MechanismType.SHA256_HMAC))


def test_the_digests_are_told_apart(session: Session) -> None:
    base = import_secret(session, bytes(32), KeyType.GENERIC_SECRET)
    keys = {derived(session, base, parameter(prf, b"l", b"c"), 32) for prf in HASHES}
    assert len(keys) == len(HASHES)
