"""RSA key pairs and PKCS#1 v1.5 signatures."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.asymmetric.utils import NoDigestInfo, Prehashed
from cryptography.hazmat.primitives.serialization import load_der_public_key

from bridge.engine import Attribute, MechanismType, ReturnCode, Session
from engine import openssl
from engine.keys import import_both, public_info, refused, software_rsa

RSA_PKCS = MechanismType.RSA_PKCS
RSA_GEN = MechanismType.RSA_PKCS_KEY_PAIR_GEN

# DigestInfo without the digest (RFC 8017, section 9.2, note 1): what the Java side puts in front.
DIGEST_INFO = {
    "SHA1": bytes.fromhex("3021300906052b0e03021a05000414"),
    "SHA224": bytes.fromhex("302d300d06096086480165030402040500041c"),
    "SHA256": bytes.fromhex("3031300d060960864801650304020105000420"),
    "SHA384": bytes.fromhex("3041300d060960864801650304020205000430"),
    "SHA512": bytes.fromhex("3051300d060960864801650304020305000440"),
}
AS_GIVEN: Any = NoDigestInfo()  # which the types of cryptography leave out
HASHES: list[hashes.HashAlgorithm] = [
    hashes.SHA1(),  # noqa: S303 - SHA1withRSA is one of CloudHSM's
    hashes.SHA224(),
    hashes.SHA256(),
    hashes.SHA384(),
    hashes.SHA512(),
]


@pytest.mark.parametrize("bits", [2048, 2304, pytest.param(4096, marks=pytest.mark.soak)])
def test_generates_a_pair_that_signs(session: Session, bits: int) -> None:
    public, private = session.generate_key_pair(RSA_GEN, {Attribute.MODULUS_BITS: bits}, {})
    of_public, of_private = session.attributes(public), session.attributes(private)
    info, modulus = of_public[Attribute.PUBLIC_KEY_INFO], of_public[Attribute.MODULUS]
    assert isinstance(info, bytes)
    assert isinstance(modulus, bytes)
    key = load_der_public_key(info)
    assert isinstance(key, RSAPublicKey)
    assert key.key_size == bits == of_public[Attribute.MODULUS_BITS] == of_private[Attribute.MODULUS_BITS]
    assert int.from_bytes(modulus, "big") == key.public_numbers().n
    assert of_public[Attribute.PUBLIC_EXPONENT] == of_private[Attribute.PUBLIC_EXPONENT] == b"\x01\x00\x01"
    assert info == of_private[Attribute.PUBLIC_KEY_INFO]
    signature = session.sign(private, RSA_PKCS, b"data")
    assert len(signature) == bits // 8
    key.verify(signature, b"data", PKCS1v15(), AS_GIVEN)
    session.verify(public, RSA_PKCS, b"data", signature)


@pytest.mark.parametrize("bits", [-2048, 0, 1, 1024, 2047, 2049, 2056, 4095, 4097, 4352, 2**31, 2**64])
def test_refuses_other_sizes(session: Session, bits: int) -> None:
    with refused(ReturnCode.KEY_SIZE_RANGE, "2048", "4096", str(bits)):
        session.generate_key_pair(RSA_GEN, {Attribute.MODULUS_BITS: bits}, {})


def test_asks_for_the_size(session: Session) -> None:
    with refused(ReturnCode.TEMPLATE_INCOMPLETE, "MODULUS_BITS"):
        session.generate_key_pair(RSA_GEN, {}, {})


@pytest.mark.parametrize("exponent", [65537, 65539, 2**64 - 59])
def test_takes_odd_public_exponents_from_65537(session: Session, exponent: int) -> None:
    given = b"\x00" + exponent.to_bytes(8, "big")
    public, private = session.generate_key_pair(
        RSA_GEN, {Attribute.MODULUS_BITS: 2048, Attribute.PUBLIC_EXPONENT: given}, {}
    )
    assert session.attributes(public)[Attribute.PUBLIC_EXPONENT] == given.lstrip(b"\x00")
    session.verify(public, RSA_PKCS, b"data", session.sign(private, RSA_PKCS, b"data"))


@pytest.mark.parametrize("exponent", [0, 1, 3, 65535, 65536, 65538, 2**64 + 13, 2**2047 + 1])
def test_refuses_other_public_exponents(session: Session, exponent: int) -> None:
    given = exponent.to_bytes(256, "big")
    with refused(ReturnCode.ATTRIBUTE_VALUE_INVALID, "PUBLIC_EXPONENT", "65537"):
        session.generate_key_pair(RSA_GEN, {Attribute.MODULUS_BITS: 2048, Attribute.PUBLIC_EXPONENT: given}, {})


@pytest.mark.parametrize("bits", [2048, 3072])
def test_signs_at_most_the_modulus_less_eleven_bytes(session: Session, bits: int) -> None:
    key = software_rsa(bits)
    public, private = import_both(session, key)
    limit = bits // 8 - 11
    for length in (1, 2, limit):
        data = b"\xff" * length
        signature = session.sign(private, RSA_PKCS, data)
        key.public_key().verify(signature, data, PKCS1v15(), AS_GIVEN)
        session.verify(public, RSA_PKCS, data, signature)
    with refused(ReturnCode.DATA_LEN_RANGE, str(limit), str(limit + 1), str(bits)):
        session.sign(private, RSA_PKCS, bytes(limit + 1))


def test_what_it_signs_it_verifies_even_if_that_is_nothing(session: Session) -> None:
    """The empty string has a right PKCS#1 v1.5 signature, which OpenSSL makes and then does not accept."""
    public, private = import_both(session, software_rsa())
    numbers = software_rsa().public_key().public_numbers()
    signature = session.sign(private, RSA_PKCS, b"")
    assert pow(int.from_bytes(signature, "big"), numbers.e, numbers.n) == int("0001" + 253 * "ff" + "00", 16)
    session.verify(public, RSA_PKCS, b"", signature)


@pytest.mark.parametrize("hash_", HASHES, ids=lambda hash_: hash_.name)
def test_data_with_digest_info_are_an_ordinary_signature(session: Session, hash_: hashes.HashAlgorithm) -> None:
    key = software_rsa()
    public, private = import_both(session, key)
    digest = bytes(range(hash_.digest_size))
    data = DIGEST_INFO[hash_.name.upper()] + digest
    signature = session.sign(private, RSA_PKCS, data)
    key.public_key().verify(signature, digest, PKCS1v15(), Prehashed(hash_))
    assert signature == key.sign(digest, PKCS1v15(), Prehashed(hash_))  # it is deterministic
    session.verify(public, RSA_PKCS, data, signature)
    with refused(ReturnCode.SIGNATURE_INVALID):
        session.verify(public, RSA_PKCS, digest, signature)


def test_agrees_with_openssl(session: Session, tmp_path: Path) -> None:
    key = software_rsa()
    public, private = import_both(session, key)
    info = public_info(key.public_key())
    for data in (b"raw", DIGEST_INFO["SHA256"] + bytes(32)):
        signature = session.sign(private, RSA_PKCS, data)
        assert openssl.verifies(tmp_path, info, data, signature, *openssl.RSA_OPTIONS)
        assert not openssl.verifies(tmp_path, info, data + b".", signature, *openssl.RSA_OPTIONS)
        session.verify(public, RSA_PKCS, data, openssl.sign(tmp_path, key, data, *openssl.RSA_OPTIONS))


def test_refuses_every_other_signature(session: Session) -> None:
    public, private = import_both(session, software_rsa())
    signature = session.sign(private, RSA_PKCS, b"data")
    for position in range(0, 256, 5):
        changed = bytearray(signature)
        changed[position] ^= 1
        with refused(ReturnCode.SIGNATURE_INVALID):
            session.verify(public, RSA_PKCS, b"data", bytes(changed))
    for length in (0, 255, 257, 512):
        with refused(ReturnCode.SIGNATURE_LEN_RANGE, "256", str(length)):
            session.verify(public, RSA_PKCS, b"data", bytes(length))
    for data in (b"", b"dat", b"data\x00", bytes(245), bytes(246), bytes(10_000)):
        with refused(ReturnCode.SIGNATURE_INVALID):
            session.verify(public, RSA_PKCS, data, signature)
    with refused(ReturnCode.SIGNATURE_INVALID):
        session.verify(public, RSA_PKCS, b"data", b"\xff" * 256)  # not below the modulus
    session.verify(public, RSA_PKCS, b"data", signature)


def test_a_mechanism_does_only_what_its_entry_says(session: Session) -> None:
    _, private = import_both(session, software_rsa())
    with refused(ReturnCode.MECHANISM_INVALID, "RSA_PKCS_KEY_PAIR_GEN"):
        session.sign(private, RSA_GEN, b"data")
    with refused(ReturnCode.MECHANISM_INVALID, "RSA_PKCS"):
        session.generate_key_pair(RSA_PKCS, {}, {})
    with refused(ReturnCode.MECHANISM_INVALID, "AES_KEY_GEN"):
        session.generate_key_pair(MechanismType.AES_KEY_GEN, {}, {})
    with refused(ReturnCode.MECHANISM_INVALID, "RSA_PKCS_KEY_PAIR_GEN"):
        session.generate_key(RSA_GEN, {})
    for number in (-1, 2, 2**32, 2**70):
        with refused(ReturnCode.MECHANISM_INVALID):
            session.sign(private, number, b"data")
