"""Check values: of secret keys an encrypted zero block, of pairs a digest of the public key, of generic secrets none.

Source: user guide, "cloudhsm_cli-key-attributes-table".
"""

from __future__ import annotations

import hashlib
import random
import subprocess
from collections.abc import Callable

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, mldsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from bridge.engine import Attribute, KeyType, MechanismType, ObjectClass, Session
from bridge.engine.curves import CURVES, Curve
from bridge.engine.material import PrivateKey
from bridge.engine.parameters import LabelledKdf
from engine.keys import Template, import_both, import_secret, new_aes, new_pair, private_info, public_info, software_rsa
from engine.test_keywrap import value_of

ZERO_PAD = MechanismType.CLOUDHSM_AES_KEY_WRAP_ZERO_PAD


def check_value(session: Session, handle: int) -> object:
    return session.attributes(handle)[Attribute.CHECK_VALUE]


def encrypted_zeros(cipher: str, key: bytes, block: int) -> bytes:
    """First three bytes of the zero block that the openssl program encrypts."""
    command = ["openssl", "enc", f"-{cipher}", "-provider", "legacy", "-provider", "default", "-nopad", "-K", key.hex()]
    return subprocess.run(command, input=bytes(block), capture_output=True, check=True).stdout[:3]


def of_public(info: bytes) -> bytes:
    """First three bytes of SHA-1 of a public key, which the openssl program reads and writes on the way."""
    command = ["openssl", "pkey", "-pubin", "-inform", "DER", "-outform", "DER"]
    return hashlib.sha1(
        subprocess.run(command, input=info, capture_output=True, check=True).stdout, usedforsecurity=False
    ).digest()[:3]


@pytest.mark.parametrize("length", [16, 24, 32])
def test_aes_keys(session: Session, length: int) -> None:
    value = random.Random(length).randbytes(length)
    expected = encrypted_zeros(f"aes-{8 * length}-ecb", value, 16)
    assert check_value(session, import_secret(session, value)) == expected
    generated = new_aes(session, length)
    value = value_of(session, generated)
    assert check_value(session, generated) == encrypted_zeros(f"aes-{8 * length}-ecb", value, 16)


def test_triple_des_keys(session: Session) -> None:
    generated = session.generate_key(MechanismType.DES3_KEY_GEN, {})
    value = value_of(session, generated)
    assert check_value(session, generated) == encrypted_zeros("des-ede3", value, 8)
    assert check_value(session, import_secret(session, value, KeyType.DES3)) == check_value(session, generated)


def test_generic_secrets_have_none(session: Session) -> None:
    template: Template = {Attribute.VALUE_LEN: 32, Attribute.DERIVE: True}
    generated = session.generate_key(MechanismType.GENERIC_SECRET_KEY_GEN, template)
    derived = session.derive(
        generated,
        MechanismType.CLOUDHSM_SP800_108_COUNTER_KDF,
        {Attribute.KEY_TYPE: KeyType.GENERIC_SECRET, Attribute.VALUE_LEN: 32},
        LabelledKdf(MechanismType.SHA256_HMAC, 32, 1, 32, b"label", b"context"),
    )
    for handle in (generated, derived, import_secret(session, bytes(32), KeyType.GENERIC_SECRET)):
        assert check_value(session, handle) == b""


@pytest.mark.parametrize("curve", CURVES, ids=lambda curve: curve.name)
def test_both_halves_of_an_ec_pair_have_one(session: Session, curve: Curve) -> None:
    public, private = new_pair(session, curve.params)
    info = session.export(public)
    assert check_value(session, public) == check_value(session, private) == of_public(info)


PAIRS: dict[str, Callable[[], PrivateKey]] = {
    "RSA": software_rsa,
    "P-521": lambda: ec.generate_private_key(ec.SECP521R1()),
    "secp256k1": lambda: ec.generate_private_key(ec.SECP256K1()),
    "Ed25519": ed25519.Ed25519PrivateKey.generate,
}


@pytest.mark.parametrize("name", PAIRS)
def test_both_halves_of_an_imported_pair_have_one(session: Session, name: str) -> None:
    key = PAIRS[name]()
    public, private = import_both(session, key)
    assert check_value(session, public) == check_value(session, private) == of_public(public_info(key.public_key()))


def test_an_ml_dsa_pair_has_one(session: Session) -> None:
    """OpenSSL 3.0 does not read such keys."""
    key = mldsa.MLDSA44PrivateKey.generate()
    public, private = import_both(session, key)
    expected = hashlib.sha1(public_info(key.public_key()), usedforsecurity=False).digest()[:3]
    assert check_value(session, public) == check_value(session, private) == expected


def test_it_does_not_depend_on_how_a_point_was_written(session: Session) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    point = key.public_key().public_bytes(Encoding.X962, PublicFormat.CompressedPoint)
    head = bytes.fromhex("3039301306072a8648ce3d020106082a8648ce3d030107032200")
    compressed = session.import_key({Attribute.PUBLIC_KEY_INFO: head + point})
    whole, _ = import_both(session, key)
    assert check_value(session, compressed) == check_value(session, whole)


@pytest.mark.parametrize("name", PAIRS)
def test_a_wrapped_key_comes_back_with_the_same_one(session: Session, name: str) -> None:
    key = PAIRS[name]()
    by = import_secret(session, bytes(32))
    handle = session.import_key({Attribute.PRIVATE_KEY_INFO: private_info(key)})
    key_type = session.attributes(handle)[Attribute.KEY_TYPE]
    template: Template = {Attribute.CLASS: ObjectClass.PRIVATE_KEY, Attribute.KEY_TYPE: key_type}
    back = session.unwrap(by, ZERO_PAD, session.wrap(by, ZERO_PAD, handle), template)
    assert check_value(session, back) == check_value(session, handle)
