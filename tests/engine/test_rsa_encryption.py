"""RSA encryption and key wrapping: PKCS#1 v1.5, OAEP, raw, and RSA-AES."""

from __future__ import annotations

import itertools
import random
import subprocess
from functools import cache
from pathlib import Path

import pytest
from Cryptodome.Cipher import AES, PKCS1_OAEP, PKCS1_v1_5
from Cryptodome.Hash import SHA1, SHA224, SHA256, SHA384, SHA512
from Cryptodome.PublicKey import RSA
from Cryptodome.Signature.pss import MGF1

from bridge.engine import Attribute, KeyType, MechanismType, ObjectClass, ReturnCode, Session
from bridge.engine.mechanisms import MECHANISMS
from bridge.engine.parameters import Oaep, RsaAesKeyWrap
from engine.keys import Template, import_both, import_secret, private_info, refused, software_rsa
from engine.test_keywrap import value_of

PKCS1 = MechanismType.RSA_PKCS
OAEP = MechanismType.RSA_PKCS_OAEP
RAW = MechanismType.RSA_X_509
RSA_AES = MechanismType.RSA_AES_KEY_WRAP
HASHES = {
    MechanismType.SHA_1: SHA1,
    MechanismType.SHA224: SHA224,
    MechanismType.SHA256: SHA256,
    MechanismType.SHA384: SHA384,
    MechanismType.SHA512: SHA512,
}
SHA_256 = MechanismType.SHA256
SECRET: Template = {Attribute.CLASS: ObjectClass.SECRET_KEY, Attribute.KEY_TYPE: KeyType.GENERIC_SECRET}
SIZES = pytest.mark.parametrize("bits", [2048, 3072, pytest.param(4096, marks=pytest.mark.soak)])


@cache
def peer(bits: int = 2048) -> RSA.RsaKey:
    """The RSA key of the test run, in pycryptodomex."""
    return RSA.import_key(private_info(software_rsa(bits)))


def peer_oaep(key: RSA.RsaKey, parameter: Oaep) -> PKCS1_OAEP.PKCS1OAEP_Cipher:
    mgf_hash = HASHES[MechanismType(parameter.mgf_hash)]
    return PKCS1_OAEP.new(
        key,
        HASHES[MechanismType(parameter.hash)],
        mgfunc=lambda seed, length: MGF1(seed, length, mgf_hash),
        label=parameter.label,
    )


@SIZES
def test_pkcs1_agrees_with_pycryptodomex(session: Session, bits: int) -> None:
    rng = random.Random(bits)
    public, private = import_both(session, software_rsa(bits))
    cipher = PKCS1_v1_5.new(peer(bits))
    limit = bits // 8 - 11
    for length in (0, 1, 16, 100, limit):
        data = rng.randbytes(length)
        encrypted = session.encrypt(public, PKCS1, data)
        assert len(encrypted) == bits // 8
        assert cipher.decrypt(encrypted, None) == data
        assert session.decrypt(private, PKCS1, cipher.encrypt(data)) == data
    with refused(ReturnCode.DATA_LEN_RANGE, str(limit), str(limit + 1), str(bits)):
        session.encrypt(public, PKCS1, bytes(limit + 1))


def test_pkcs1_tells_nobody_whether_the_padding_was_right(session: Session) -> None:
    """Wrong padding gives bytes that look random, the same ones each time (implicit rejection)."""
    public, private = import_both(session, software_rsa())
    lengths = set()
    for seed in range(20):
        block = b"\x00\x01" + random.Random(seed).randbytes(254)
        encrypted = session.encrypt(public, RAW, block)
        first = session.decrypt(private, PKCS1, encrypted)
        assert session.decrypt(private, PKCS1, encrypted) == first
        assert len(first) < 4 or first not in block
        lengths.add(len(first))
    assert len(lengths) > 5


def test_pkcs1_unwrapping_refuses_random_bytes_as_it_refuses_a_key_of_another_length(session: Session) -> None:
    public, private = import_both(session, software_rsa())
    aes: Template = {Attribute.CLASS: ObjectClass.SECRET_KEY, Attribute.KEY_TYPE: KeyType.AES}
    padded = session.encrypt(public, PKCS1, bytes(17))
    badly = session.encrypt(public, RAW, b"\x00\x01" + bytes(254))
    assert len(session.decrypt(private, PKCS1, badly)) not in (16, 24, 32)
    for wrapped in (padded, badly):
        with refused(ReturnCode.KEY_SIZE_RANGE, "AES"):
            session.unwrap(private, PKCS1, wrapped, aes)
        with refused(ReturnCode.WRAPPED_KEY_INVALID, "PKCS#8"):
            session.unwrap(private, PKCS1, wrapped, {Attribute.CLASS: ObjectClass.PRIVATE_KEY})


@pytest.mark.parametrize(("hash_", "mgf_hash"), [*itertools.product(HASHES, HASHES)], ids=lambda value: value.name)
def test_oaep_agrees_with_pycryptodomex(session: Session, hash_: MechanismType, mgf_hash: MechanismType) -> None:
    public, private = import_both(session, software_rsa())
    limit = 256 - 2 * HASHES[hash_].digest_size - 2
    for length, label in ((0, b""), (16, b"label"), (limit, b"")):
        data = random.Random(length).randbytes(length)
        parameter = Oaep(hash_, mgf_hash, label)
        assert peer_oaep(peer(), parameter).decrypt(session.encrypt(public, OAEP, data, parameter)) == data
        assert session.decrypt(private, OAEP, peer_oaep(peer(), parameter).encrypt(data), parameter) == data
    with refused(ReturnCode.DATA_LEN_RANGE, str(limit), str(limit + 1)):
        session.encrypt(public, OAEP, bytes(limit + 1), Oaep(hash_, mgf_hash))


@SIZES
def test_oaep_agrees_with_openssl(session: Session, bits: int, tmp_path: Path) -> None:
    key = software_rsa(bits)
    public, private = import_both(session, key)
    (tmp_path / "key").write_bytes(private_info(key))
    for name, number in (("sha1", MechanismType.SHA_1), ("sha512", MechanismType.SHA512)):
        parameter = Oaep(number, number)
        options = ["rsa_padding_mode:oaep", f"rsa_oaep_md:{name}", f"rsa_mgf1_md:{name}"]
        command = ["openssl", "pkeyutl", "-keyform", "DER", "-inkey", "key"]
        for option in options:
            command += ["-pkeyopt", option]
        (tmp_path / "in").write_bytes(session.encrypt(public, OAEP, b"plaintext", parameter))
        done = subprocess.run([*command, "-decrypt", "-in", "in"], cwd=tmp_path, capture_output=True, check=True)
        assert done.stdout == b"plaintext"
        (tmp_path / "in").write_bytes(b"plaintext")
        done = subprocess.run([*command, "-encrypt", "-in", "in"], cwd=tmp_path, capture_output=True, check=True)
        assert session.decrypt(private, OAEP, done.stdout, parameter) == b"plaintext"


def test_oaep_refuses_whatever_does_not_match_with_one_message(session: Session) -> None:
    public, private = import_both(session, software_rsa())
    made = Oaep(SHA_256, SHA_256, b"label")
    encrypted = session.encrypt(public, OAEP, b"data", made)
    other = [
        Oaep(MechanismType.SHA_1, SHA_256, b"label"),
        Oaep(SHA_256, MechanismType.SHA_1, b"label"),
        Oaep(SHA_256, SHA_256),
    ]
    messages = set()
    attempts = [(encrypted, parameter) for parameter in other]
    attempts += [(bytes([encrypted[0] ^ 1]) + encrypted[1:], made), (bytes(256), made), (b"\xff" * 256, made)]
    for data, parameter in attempts:
        with refused(ReturnCode.ENCRYPTED_DATA_INVALID) as refusal:
            session.decrypt(private, OAEP, data, parameter)
        messages.add(refusal.message)
    assert len(messages) == 1


@pytest.mark.parametrize("length", [0, 1, 255, 257, 512])
def test_ciphertext_is_as_long_as_the_modulus(session: Session, length: int) -> None:
    _, private = import_both(session, software_rsa())
    for mechanism, parameter in ((PKCS1, None), (OAEP, Oaep(SHA_256, SHA_256))):
        with refused(ReturnCode.ENCRYPTED_DATA_LEN_RANGE, "256", str(length)):
            session.decrypt(private, mechanism, bytes(length), parameter)
        with refused(ReturnCode.WRAPPED_KEY_LEN_RANGE, "256", str(length)):
            session.unwrap(private, mechanism, bytes(length), SECRET, parameter)


@pytest.mark.parametrize("number", [0, MechanismType.AES_ECB, MechanismType.SHA256_HMAC, 2**32 - 1])
def test_refuses_hashes_that_it_does_not_have(session: Session, number: int) -> None:
    public, private = import_both(session, software_rsa())
    for parameter in (Oaep(number, SHA_256), Oaep(SHA_256, number)):
        with refused(ReturnCode.MECHANISM_PARAM_INVALID, "SHA-512"):
            session.encrypt(public, OAEP, b"data", parameter)
        with refused(ReturnCode.MECHANISM_PARAM_INVALID, f"0x{number:x}"):
            session.decrypt(private, OAEP, bytes(256), parameter)


@SIZES
def test_raw_is_exponentiation(session: Session, bits: int) -> None:
    rng = random.Random(bits)
    key = software_rsa(bits)
    public, private = import_both(session, key)
    numbers = key.private_numbers()
    n, e = numbers.public_numbers.n, numbers.public_numbers.e
    for base in (0, 1, 2, n - 1, rng.randrange(n), rng.getrandbits(64)):
        for length in {bits // 8, (base.bit_length() + 7) // 8}:
            data = base.to_bytes(length, "big")
            encrypted = session.encrypt(public, RAW, data)
            assert int.from_bytes(encrypted, "big") == pow(base, e, n)
            decrypted = session.decrypt(private, RAW, data)
            assert int.from_bytes(decrypted, "big") == pow(base, numbers.d, n)
            assert len(encrypted) == len(decrypted) == bits // 8
    for base in (n, n + 1, 2**bits - 1):
        with refused(ReturnCode.DATA_INVALID, "below the modulus"):
            session.encrypt(public, RAW, base.to_bytes(bits // 8, "big"))
        with refused(ReturnCode.ENCRYPTED_DATA_INVALID, "below the modulus"):
            session.decrypt(private, RAW, base.to_bytes(bits // 8, "big"))
    with refused(ReturnCode.DATA_LEN_RANGE, str(bits // 8), str(bits // 8 + 1)):
        session.encrypt(public, RAW, bytes(bits // 8 + 1))
    with refused(ReturnCode.ENCRYPTED_DATA_LEN_RANGE, str(bits // 8), str(bits // 8 + 1)):
        session.decrypt(private, RAW, bytes(bits // 8 + 1))


@pytest.mark.parametrize("mechanism", [PKCS1, OAEP], ids=["PKCS1", "OAEP"])
def test_wraps_and_unwraps_secrets_that_fit(session: Session, mechanism: MechanismType) -> None:
    public, private = import_both(session, software_rsa())
    parameter = Oaep(SHA_256, SHA_256) if mechanism is OAEP else None
    value = random.Random(1).randbytes(40)
    target = import_secret(session, value, KeyType.GENERIC_SECRET)
    wrapped = session.wrap(public, mechanism, target, parameter)
    assert session.decrypt(private, mechanism, wrapped, parameter) == value
    assert value_of(session, session.unwrap(private, mechanism, wrapped, SECRET, parameter)) == value
    limit = 190 if mechanism is OAEP else 245
    with refused(ReturnCode.KEY_SIZE_RANGE, str(limit), str(limit + 1)):
        session.wrap(public, mechanism, import_secret(session, bytes(limit + 1), KeyType.GENERIC_SECRET), parameter)


@pytest.mark.parametrize("aes_bits", [128, 192, 256])
@pytest.mark.parametrize("hash_", HASHES, ids=lambda value: value.name)
def test_rsa_aes_agrees_with_pycryptodomex(session: Session, hash_: MechanismType, aes_bits: int) -> None:
    rng = random.Random(aes_bits)
    public, private = import_both(session, software_rsa())
    parameter = RsaAesKeyWrap(aes_bits, hash_, hash_, b"")
    oaep = peer_oaep(peer(), Oaep(hash_, hash_))
    for length in (1, 16, 800, 2000):
        value = rng.randbytes(length)
        wrapped = session.wrap(public, RSA_AES, import_secret(session, value, KeyType.GENERIC_SECRET), parameter)
        temporary = oaep.decrypt(wrapped[:256])
        assert 8 * len(temporary) == aes_bits
        assert AES.new(temporary, AES.MODE_KWP).unseal(wrapped[256:]) == value
        temporary = rng.randbytes(aes_bits // 8)
        made = oaep.encrypt(temporary) + AES.new(temporary, AES.MODE_KWP).seal(value)
        for unwrapped in (made, wrapped):
            assert value_of(session, session.unwrap(private, RSA_AES, unwrapped, SECRET, parameter)) == value


def test_rsa_aes_takes_private_keys(session: Session) -> None:
    public, private = import_both(session, software_rsa(3072))
    parameter = RsaAesKeyWrap(256, SHA_256, SHA_256, b"label")
    wrapped = session.wrap(public, RSA_AES, import_both(session, software_rsa())[1], parameter)
    template: Template = {Attribute.CLASS: ObjectClass.PRIVATE_KEY, Attribute.KEY_TYPE: KeyType.RSA}
    unwrapped = session.unwrap(private, RSA_AES, wrapped, template, parameter)
    assert value_of(session, unwrapped) == private_info(software_rsa())


def test_rsa_aes_refuses_whatever_was_changed_with_one_message(session: Session) -> None:
    public, private = import_both(session, software_rsa())
    parameter = RsaAesKeyWrap(256, SHA_256, SHA_256)
    wrapped = session.wrap(public, RSA_AES, import_secret(session, bytes(24)), parameter)
    not_aes = peer_oaep(peer(), Oaep(SHA_256, SHA_256)).encrypt(bytes(17)) + wrapped[256:]
    attempts = [(not_aes, parameter), (wrapped, RsaAesKeyWrap(256, SHA_256, MechanismType.SHA_1))]
    for position in (0, 100, 255, 256, 270, len(wrapped) - 1):
        attempts.append((wrapped[:position] + bytes([wrapped[position] ^ 1]) + wrapped[position + 1 :], parameter))
    messages = set()
    for data, given in attempts:
        with refused(ReturnCode.WRAPPED_KEY_INVALID) as refusal:
            session.unwrap(private, RSA_AES, data, SECRET, given)
        messages.add(refusal.message)
    assert len(messages) == 1
    for length in (0, 255, 256, 257, len(wrapped) - 1):
        with refused(ReturnCode.WRAPPED_KEY_LEN_RANGE):
            session.unwrap(private, RSA_AES, wrapped[:length], SECRET, parameter)
    for bits in (0, 64, 129, 512):
        with refused(ReturnCode.MECHANISM_PARAM_INVALID, str(bits)):
            session.unwrap(private, RSA_AES, wrapped, SECRET, RsaAesKeyWrap(bits, SHA_256, SHA_256))
        with refused(ReturnCode.MECHANISM_PARAM_INVALID, str(bits)):
            session.wrap(public, RSA_AES, import_secret(session, bytes(24)), RsaAesKeyWrap(bits, SHA_256, SHA_256))


def test_fips_mode_keeps_pkcs1_for_signatures_only() -> None:
    assert MECHANISMS[PKCS1].fips_ban_covers == {"encrypt", "decrypt", "wrap", "unwrap"}
    assert MECHANISMS[PKCS1].fips_ban is not None
    assert all(MECHANISMS[number].fips_ban is None for number in (RAW, OAEP, RSA_AES, MechanismType.RSA_PKCS_PSS))
