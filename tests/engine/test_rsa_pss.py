"""RSA PSS against pycryptodomex and OpenSSL."""

from __future__ import annotations

import itertools
import random
from pathlib import Path
from typing import Any

import pytest
from Cryptodome.Hash import SHA256
from Cryptodome.Signature import pss

from bridge.engine import MechanismType, ReturnCode, Session
from bridge.engine.parameters import Pss
from engine import openssl
from engine.keys import import_both, public_info, refused, software_rsa
from engine.test_rsa_encryption import HASHES, SHA_256, peer

PSS = MechanismType.RSA_PKCS_PSS


def signer(bits: int, parameter: Pss) -> Any:
    mgf_hash = HASHES[MechanismType(parameter.mgf_hash)]

    def mask(seed: bytes, length: int, _hash: object = None) -> bytes:
        return pss.MGF1(seed, length, mgf_hash)

    return pss.new(
        peer(bits),
        mask_func=mask,
        salt_bytes=parameter.salt_length,
    )


@pytest.mark.parametrize(("hash_", "mgf_hash"), [*itertools.product(HASHES, HASHES)], ids=lambda value: value.name)
def test_agrees_with_pycryptodomex(session: Session, hash_: MechanismType, mgf_hash: MechanismType) -> None:
    message = hash_.name.encode()
    hashed = HASHES[hash_].new(message)
    public, private = import_both(session, software_rsa())
    for salt in (hashed.digest_size, 256 - hashed.digest_size - 2):
        parameter = Pss(hash_, mgf_hash, salt)
        signature = session.sign(private, PSS, hashed.digest(), parameter)
        signer(2048, parameter).verify(hashed, signature)
        session.verify(public, PSS, hashed.digest(), signer(2048, parameter).sign(hashed), parameter)


@pytest.mark.parametrize("bits", [3072, pytest.param(4096, marks=pytest.mark.soak)])
def test_agrees_with_pycryptodomex_at_other_sizes(session: Session, bits: int) -> None:
    hashed = SHA256.new(b"message")
    public, private = import_both(session, software_rsa(bits))
    for salt in (0, 20, 32, bits // 8 - 34):
        parameter = Pss(SHA_256, SHA_256, salt)
        signer(bits, parameter).verify(hashed, session.sign(private, PSS, hashed.digest(), parameter))
        session.verify(public, PSS, hashed.digest(), signer(bits, parameter).sign(hashed), parameter)


@pytest.mark.parametrize(("name", "number"), [("sha1", MechanismType.SHA_1), ("sha512", MechanismType.SHA512)])
def test_agrees_with_openssl(session: Session, name: str, number: MechanismType, tmp_path: Path) -> None:
    key = software_rsa()
    public, private = import_both(session, key)
    size = HASHES[number].digest_size
    digest = random.Random(name).randbytes(size)
    options = ["-pkeyopt", "rsa_padding_mode:pss", "-pkeyopt", f"rsa_pss_saltlen:{size}", "-pkeyopt", f"digest:{name}"]
    parameter = Pss(number, number, size)
    signature = session.sign(private, PSS, digest, parameter)
    assert openssl.verifies(tmp_path, public_info(key.public_key()), digest, signature, *options)
    assert not openssl.verifies(tmp_path, public_info(key.public_key()), digest[::-1], signature, *options)
    session.verify(public, PSS, digest, openssl.sign(tmp_path, key, digest, *options), parameter)


def test_refuses_whatever_does_not_match(session: Session) -> None:
    public, private = import_both(session, software_rsa())
    made = Pss(SHA_256, SHA_256, 32)
    signature = session.sign(private, PSS, bytes(32), made)
    for other in (
        Pss(SHA_256, MechanismType.SHA_1, 32),
        Pss(SHA_256, SHA_256, 31),
        Pss(SHA_256, SHA_256, 33),
        Pss(SHA_256, SHA_256, 0),
    ):
        with refused(ReturnCode.SIGNATURE_INVALID):
            session.verify(public, PSS, bytes(32), signature, other)
    with refused(ReturnCode.SIGNATURE_INVALID):
        session.verify(public, PSS, b"1" + bytes(31), signature, made)
    for position in range(0, 256, 15):
        changed = signature[:position] + bytes([signature[position] ^ 1]) + signature[position + 1 :]
        with refused(ReturnCode.SIGNATURE_INVALID):
            session.verify(public, PSS, bytes(32), changed, made)
    with refused(ReturnCode.SIGNATURE_INVALID):
        session.verify(public, PSS, bytes(32), b"\xff" * 256, made)
    for length in (0, 255, 257):
        with refused(ReturnCode.SIGNATURE_LEN_RANGE, "256", str(length)):
            session.verify(public, PSS, bytes(32), bytes(length), made)


@pytest.mark.parametrize("hash_", HASHES, ids=lambda value: value.name)
def test_signs_digests_of_the_named_hash_only(session: Session, hash_: MechanismType) -> None:
    public, private = import_both(session, software_rsa())
    size = HASHES[hash_].digest_size
    for length in (0, size - 1, size + 1):
        with refused(ReturnCode.DATA_LEN_RANGE, str(size), str(length)):
            session.sign(private, PSS, bytes(length), Pss(hash_, hash_, 0))
        with refused(ReturnCode.DATA_LEN_RANGE, str(size), str(length)):
            session.verify(public, PSS, bytes(length), bytes(256), Pss(hash_, hash_, 0))


@pytest.mark.parametrize("hash_", HASHES, ids=lambda value: value.name)
def test_refuses_a_salt_that_does_not_fit(session: Session, hash_: MechanismType) -> None:
    public, private = import_both(session, software_rsa())
    size = HASHES[hash_].digest_size
    for salt in (256 - size - 1, 2**32 - 1):
        with refused(ReturnCode.MECHANISM_PARAM_INVALID, str(256 - size - 2), str(salt)):
            session.sign(private, PSS, bytes(size), Pss(hash_, hash_, salt))
        with refused(ReturnCode.MECHANISM_PARAM_INVALID, str(256 - size - 2), str(salt)):
            session.verify(public, PSS, bytes(size), bytes(256), Pss(hash_, hash_, salt))


def test_refuses_hashes_that_it_does_not_have(session: Session) -> None:
    _, private = import_both(session, software_rsa())
    for parameter in (Pss(0, SHA_256, 0), Pss(SHA_256, 0x2B0, 0)):
        with refused(ReturnCode.MECHANISM_PARAM_INVALID, "SHA-512"):
            session.sign(private, PSS, bytes(32), parameter)


def test_salts_differ(session: Session) -> None:
    _, private = import_both(session, software_rsa())
    parameter = Pss(SHA_256, SHA_256, 32)
    assert len({session.sign(private, PSS, bytes(32), parameter) for _ in range(10)}) == 10
