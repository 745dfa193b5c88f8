"""Keys from keys: ECDH with and without a KDF, the AES-CMAC counter KDF, HKDF."""

from __future__ import annotations

import hashlib
import random
import subprocess
from pathlib import Path
from typing import Any

import pytest
from Cryptodome.Cipher import AES
from Cryptodome.Hash import CMAC, SHA1, SHA224, SHA256, SHA384, SHA512
from Cryptodome.Protocol.KDF import HKDF
from cryptography.hazmat.primitives.asymmetric import ec, x25519

from bridge.engine import Attribute, KeyType, MechanismType, ReturnCode, Session
from bridge.engine.curves import CURVES, Curve
from bridge.engine.parameters import CounterKdf, Ecdh, Hkdf, Parameter
from engine.keys import Template, import_secret, private_info, public_info, refused, software_rsa
from engine.test_keywrap import value_of

ECDH, COUNTER_KDF, HKDF_DERIVE = (
    MechanismType.ECDH1_DERIVE,
    MechanismType.SP800_108_COUNTER_KDF,
    MechanismType.HKDF_DERIVE,
)
NO_KDF = 1
KDFS = {2: "sha1", 5: "sha224", 6: "sha256", 7: "sha384", 8: "sha512"}
P256 = ec.generate_private_key(ec.SECP256R1())
CURVE = pytest.mark.parametrize("curve", CURVES, ids=lambda curve: curve.name)


def template(length: int | None) -> Template:
    """A generic secret of so many bytes."""
    given: Template = {Attribute.KEY_TYPE: KeyType.GENERIC_SECRET}
    return given if length is None else {**given, Attribute.VALUE_LEN: length}


def derived(session: Session, base: int, number: int, parameter: Parameter, length: int | None) -> bytes:
    return value_of(session, session.derive(base, number, template(length), parameter))


def import_base(session: Session, key: ec.EllipticCurvePrivateKey) -> int:
    return session.import_key({Attribute.PRIVATE_KEY_INFO: private_info(key), Attribute.DERIVE: True})


def x963(name: str, shared: bytes, info: bytes, length: int) -> bytes:
    """ANSI X9.63, as SEC 1, section 3.6.1, has it."""
    blocks = (hashlib.new(name, shared + counter.to_bytes(4, "big") + info).digest() for counter in range(1, 100))
    return b"".join(blocks)[:length]


@CURVE
def test_ecdh_agrees_with_openssl(session: Session, curve: Curve, tmp_path: Path) -> None:
    mine, theirs = (ec.generate_private_key(curve.curve) for _ in range(2))
    (tmp_path / "theirs").write_bytes(private_info(theirs))
    (tmp_path / "mine").write_bytes(public_info(mine.public_key()))
    command = ["openssl", "pkeyutl", "-derive", "-keyform", "DER", "-inkey", "theirs", "-peerform", "DER"]
    done = subprocess.run([*command, "-peerkey", "mine"], cwd=tmp_path, capture_output=True, check=True)
    shared = done.stdout
    base, peer = import_base(session, mine), public_info(theirs.public_key())
    assert derived(session, base, ECDH, Ecdh(NO_KDF, b"", peer), None) == shared
    for length in (1, 16, len(shared)):
        assert derived(session, base, ECDH, Ecdh(NO_KDF, b"", peer), length) == shared[-length:]
    with refused(ReturnCode.KEY_SIZE_RANGE, str(len(shared)), "KDF"):
        session.derive(base, ECDH, template(len(shared) + 1), Ecdh(NO_KDF, b"", peer))
    for number, name in KDFS.items():
        for length, info in ((1, b""), (32, b"shared info"), (800, bytes(100))):
            expected = x963(name, shared, info, length)
            assert derived(session, base, ECDH, Ecdh(number, info, peer), length) == expected


def test_ecdh_has_the_answer_of_nist(session: Session) -> None:
    """CAVS 14.1, ECC CDH primitive, P-256, count 0."""
    secret = 0x7D7DC5F71EB29DDAF80D6214632EEAE03D9058AF1FB6D22ED80BADB62BC1A534
    peer = ec.EllipticCurvePublicNumbers(
        0x700C48F77F56584C5CC632CA65640DB91B6BACCE3A4DF6B42CE7CC838833D287,
        0xDB71E509E3FD9B060DDB20BA5C51DCC5948D46FBF640DFE0441782CAB85FA4AC,
        ec.SECP256R1(),
    ).public_key()
    base = import_base(session, ec.derive_private_key(secret, ec.SECP256R1()))
    shared = derived(session, base, ECDH, Ecdh(NO_KDF, b"", public_info(peer)), None)
    assert shared.hex() == "46fc62106420ff012e54a434fbdd2d25ccc5852060561e68040dd7778997bd7b"


def off_curve() -> bytes:
    info = bytearray(public_info(P256.public_key()))
    info[-1] ^= 1
    return bytes(info)


@pytest.mark.parametrize(
    "peer",
    [
        b"",
        b"text",
        off_curve(),
        public_info(ec.generate_private_key(ec.SECP384R1()).public_key()),
        public_info(ec.generate_private_key(ec.SECP256K1()).public_key()),
        public_info(software_rsa().public_key()),
        x25519.X25519PrivateKey.generate().public_key().public_bytes_raw(),
    ],
    ids=["empty", "text", "off the curve", "P-384", "secp256k1", "RSA", "X25519"],
)
def test_ecdh_takes_public_keys_of_its_own_curve_only(session: Session, peer: bytes) -> None:
    base = import_base(session, P256)
    for number in (NO_KDF, *KDFS):
        with refused(ReturnCode.PUBLIC_KEY_INVALID, "public key"):
            session.derive(base, ECDH, template(16), Ecdh(number, b"", peer))


def test_ecdh_refuses_other_parameters(session: Session) -> None:
    base, peer = import_base(session, P256), public_info(P256.public_key())
    for number in (0, 3, 4, 9, 2**32 - 1):
        with refused(ReturnCode.MECHANISM_PARAM_INVALID, f"no KDF {number}"):
            session.derive(base, ECDH, template(16), Ecdh(number, b"", peer))
    with refused(ReturnCode.MECHANISM_PARAM_INVALID, "shared info"):
        session.derive(base, ECDH, template(16), Ecdh(NO_KDF, b"info", peer))


def counter_kdf(key: bytes, bits: int, prefix: bytes, suffix: bytes, length: int) -> bytes:
    """NIST SP 800-108, section 4.1, with pycryptodomex's CMAC."""
    result = b""
    for counter in range(1, (length + 15) // 16 + 1):
        data = prefix + counter.to_bytes(bits // 8, "big") + suffix
        result += CMAC.new(key, data, ciphermod=AES).digest()
    return result[:length]


@pytest.mark.parametrize("bits", [8, 16, 24, 32])
@pytest.mark.parametrize("key_length", [16, 24, 32])
def test_counter_kdf_agrees_with_pycryptodomex(session: Session, key_length: int, bits: int) -> None:
    rng = random.Random(bits)
    key = rng.randbytes(key_length)
    base = import_secret(session, key)
    for prefix, suffix in ((b"", b""), (b"prefix", b""), (b"", b"suffix"), (rng.randbytes(50), rng.randbytes(70))):
        for length in (1, 16, 24, 32, 33, 800):
            expected = counter_kdf(key, bits, prefix, suffix, length)
            assert derived(session, base, COUNTER_KDF, CounterKdf(bits, prefix, suffix), length) == expected


@pytest.mark.parametrize(
    ("key", "fixed", "output"),
    [
        (
            "dff1e50ac0b69dc40f1051d46c2b069c",
            "c16e6e02c5a3dcc8d78b9ac1306877761310455b4e41469951d9e6c2"
            "245a064b33fd8c3b01203a7824485bf0a64060c4648b707d2607935699316ea5",
            "8be8f0869b3c0ba97b71863d1b9f7813",
        ),
        (
            "682e814d872397eba71170a693514904",
            "e323cdfa7873a0d72cd86ffb4468744f097db60498f7d0e3a43bafd2"
            "d1af675e4a88338723b1236199705357c47bf1d89b2f4617a340980e6331625c",
            "dac9b6ca405749cfb065a0f1e42c7c4224d3d5db32fdafe9dee6ca193316f2c7",
        ),
        (
            "7aa9973481d560f3be217ac3341144d8",
            "46f88b5af7fb9e29262dd4e010143a0a9c465c627450ec74ab725188"
            "9529193e995c4b56ff55bc2fc8992a0df1ee8056f6816b7614fba4c12d3be1a5",
            "1746ae4f09903f74bfbe1b8ae2b79d74576a3b09",
        ),
    ],
)
def test_counter_kdf_has_the_answers_of_nist(session: Session, key: str, fixed: str, output: str) -> None:
    """CAVS 14.4, KDF SP 800-108, CMAC_AES128, counter of 8 bits before the fixed input, counts 0, 10 and 20."""
    base = import_secret(session, bytes.fromhex(key))
    parameter = CounterKdf(8, b"", bytes.fromhex(fixed))
    assert derived(session, base, COUNTER_KDF, parameter, len(output) // 2).hex() == output


@pytest.mark.parametrize(("key_type", "length"), [(KeyType.AES, 32), (KeyType.DES3, 24), (KeyType.GENERIC_SECRET, 5)])
def test_derives_every_type_of_secret(session: Session, key_type: KeyType, length: int) -> None:
    base = import_secret(session, bytes(16))
    given: Template = {Attribute.KEY_TYPE: key_type, Attribute.VALUE_LEN: length}
    handle = session.derive(base, COUNTER_KDF, given, CounterKdf(8, b"a", b"b"))
    assert session.attributes(handle)[Attribute.KEY_TYPE] == key_type
    assert value_of(session, handle) == counter_kdf(bytes(16), 8, b"a", b"b", length)


@pytest.mark.parametrize("bits", [0, 1, 7, 12, 40, 64])
def test_counter_kdf_refuses_other_counters(session: Session, bits: int) -> None:
    with refused(ReturnCode.MECHANISM_PARAM_INVALID, "8, 16, 24 or 32", str(bits)):
        session.derive(import_secret(session, bytes(16)), COUNTER_KDF, template(16), CounterKdf(bits, b"", b""))


@pytest.mark.parametrize(
    ("number", "key", "salt", "info", "length", "output"),
    [
        (
            MechanismType.SHA256,
            "0b" * 22,
            "000102030405060708090a0b0c",
            "f0f1f2f3f4f5f6f7f8f9",
            42,
            "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865",
        ),
        (
            MechanismType.SHA256,
            "0b" * 22,
            "",
            "",
            42,
            "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8",
        ),
        (
            MechanismType.SHA_1,
            "0b" * 11,
            "000102030405060708090a0b0c",
            "f0f1f2f3f4f5f6f7f8f9",
            42,
            "085a01ea1b10f36933068b56efa5ad81a4f14b822f5b091568a9cdd4f155fda2c22e422478d305f3f896",
        ),
    ],
)
def test_hkdf_has_the_answers_of_rfc_5869(
    session: Session, number: int, key: str, salt: str, info: str, length: int, output: str
) -> None:
    """Appendix A, test cases 1, 3 and 4."""
    base = import_secret(session, bytes.fromhex(key), KeyType.GENERIC_SECRET)
    parameter = Hkdf(number, bytes.fromhex(salt), bytes.fromhex(info))
    assert derived(session, base, HKDF_DERIVE, parameter, length).hex() == output


@pytest.mark.parametrize(
    ("number", "peer"),
    [
        (MechanismType.SHA_1, SHA1),
        (MechanismType.SHA224, SHA224),
        (MechanismType.SHA256, SHA256),
        (MechanismType.SHA384, SHA384),
        (MechanismType.SHA512, SHA512),
    ],
)
def test_hkdf_agrees_with_pycryptodomex(session: Session, number: int, peer: Any) -> None:
    rng = random.Random(number)
    for key_type, key_length in ((KeyType.AES, 32), (KeyType.GENERIC_SECRET, 1), (KeyType.GENERIC_SECRET, 200)):
        key = rng.randbytes(key_length)
        base = import_secret(session, key, key_type)
        for length, salt, info in (
            (1, b"", b""),
            (16, rng.randbytes(200), b"info"),
            (800, b"salt", rng.randbytes(300)),
        ):
            expected = HKDF(key, length, salt, peer, 1, info)
            assert derived(session, base, HKDF_DERIVE, Hkdf(number, salt, info), length) == expected


def test_hkdf_refuses_hashes_that_it_does_not_have(session: Session) -> None:
    base = import_secret(session, bytes(16))
    with refused(ReturnCode.MECHANISM_PARAM_INVALID, "SHA-512"):
        session.derive(base, HKDF_DERIVE, template(16), Hkdf(0x2B0, b"", b""))


@pytest.mark.parametrize(
    ("number", "parameter"),
    [
        (ECDH, Ecdh(6, b"", public_info(P256.public_key()))),
        (COUNTER_KDF, CounterKdf(8, b"", b"")),
        (HKDF_DERIVE, Hkdf(MechanismType.SHA256, b"", b"")),
    ],
    ids=["ECDH", "counter KDF", "HKDF"],
)
def test_kdfs_make_1_to_800_bytes(session: Session, number: int, parameter: Parameter) -> None:
    base = import_base(session, P256) if number == ECDH else import_secret(session, bytes(16))
    for length in (0, 801, 2**40):
        with refused(ReturnCode.KEY_SIZE_RANGE, "800", str(length)):
            session.derive(base, number, template(length), parameter)
    with refused(ReturnCode.TEMPLATE_INCOMPLETE, "VALUE_LEN"):
        session.derive(base, number, template(None), parameter)
