"""secp256k1 from end to end: pairs born here and in OpenSSL, signatures with every hash, and key agreement."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.serialization import load_der_private_key

from bridge.engine import Attribute, KeyType, MechanismType, ReturnCode, Session
from bridge.engine.curves import curve_named
from bridge.engine.parameters import Ecdh
from engine.ecdsa_by_hand import ORDERS
from engine.keys import import_both, import_secret, new_pair, public_info, refused
from engine.test_keywrap import value_of

CURVE = curve_named("secp256k1")
ECDSA = MechanismType.ECDSA
HASHES = pytest.mark.parametrize("name", ["sha1", "sha224", "sha256", "sha384", "sha512"])
MESSAGE = b"a transaction"


def openssl(folder: Path, *command: str) -> bytes:
    return subprocess.run(["openssl", *command], cwd=folder, capture_output=True, check=True).stdout


def digest(folder: Path, name: str) -> bytes:
    (folder / "message").write_bytes(MESSAGE)
    return openssl(folder, "dgst", f"-{name}", "-binary", "message")


def born_in_openssl(folder: Path) -> ec.EllipticCurvePrivateKey:
    openssl(folder, "ecparam", "-name", "secp256k1", "-genkey", "-noout", "-out", "sec1")
    der = openssl(folder, "pkcs8", "-topk8", "-nocrypt", "-in", "sec1", "-outform", "DER")
    key = load_der_private_key(der, None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    return key


def test_its_parameters_are_the_object_identifier() -> None:
    assert CURVE.params.hex() == "06052b8104000a"


@HASHES
def test_openssl_verifies_what_a_pair_born_here_signs(session: Session, tmp_path: Path, name: str) -> None:
    public, private = new_pair(session, CURVE.params)
    (tmp_path / "public").write_bytes(session.export(public))
    signature = session.sign(private, ECDSA, digest(tmp_path, name))
    (tmp_path / "signature").write_bytes(signature)
    verify = ("dgst", f"-{name}", "-keyform", "DER", "-verify", "public", "-signature", "signature", "message")
    assert openssl(tmp_path, *verify) == b"Verified OK\n"
    (tmp_path / "message").write_bytes(MESSAGE + b".")
    with pytest.raises(subprocess.CalledProcessError):
        openssl(tmp_path, *verify)


@HASHES
def test_the_hsm_verifies_what_a_pair_born_in_openssl_signs(session: Session, tmp_path: Path, name: str) -> None:
    public, private = import_both(session, born_in_openssl(tmp_path))
    hashed = digest(tmp_path, name)
    signature = openssl(tmp_path, "dgst", f"-{name}", "-sign", "sec1", "message")
    session.verify(public, ECDSA, hashed, signature)
    session.verify(public, ECDSA, hashed, session.sign(private, ECDSA, hashed))
    with refused(ReturnCode.SIGNATURE_INVALID):
        session.verify(public, ECDSA, hashed[::-1], signature)


def test_both_forms_of_s_are_right(session: Session) -> None:
    """Who wants the low one, as Bitcoin does, brings it there; no rule of CloudHSM's is documented."""
    public, private = new_pair(session, CURVE.params)
    r, s = decode_dss_signature(session.sign(private, ECDSA, bytes(32)))
    session.verify(public, ECDSA, bytes(32), encode_dss_signature(r, ORDERS["secp256k1"] - s))


def test_agrees_on_a_secret_with_openssl(session: Session, tmp_path: Path) -> None:
    theirs = born_in_openssl(tmp_path)
    public, private = new_pair(session, CURVE.params, TOKEN=False)
    session.set_attributes(private, {Attribute.DERIVE: True})
    (tmp_path / "peer").write_bytes(session.export(public))
    shared = openssl(tmp_path, "pkeyutl", "-derive", "-inkey", "sec1", "-peerform", "DER", "-peerkey", "peer")
    given = {Attribute.KEY_TYPE: KeyType.GENERIC_SECRET, Attribute.VALUE_LEN: 32}
    handle = session.derive(private, MechanismType.ECDH1_DERIVE, given, Ecdh(1, b"", public_info(theirs.public_key())))
    assert value_of(session, handle) == shared


def test_its_private_keys_leave_and_come_back(session: Session) -> None:
    public, private = new_pair(session, CURVE.params)
    by = import_secret(session, bytes(32))
    wrapped = session.wrap(by, MechanismType.CLOUDHSM_AES_KEY_WRAP_ZERO_PAD, private)
    given = {Attribute.CLASS: session.attributes(private)[Attribute.CLASS], Attribute.KEY_TYPE: KeyType.EC}
    back = session.unwrap(by, MechanismType.CLOUDHSM_AES_KEY_WRAP_ZERO_PAD, wrapped, given)
    assert session.attributes(back)[Attribute.EC_PARAMS] == CURVE.params
    session.verify(public, ECDSA, bytes(32), session.sign(back, ECDSA, bytes(32)))
