"""Wycheproof's vectors through the session, with the data that the Java side will send."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from bridge.engine import Attribute, HsmError, KeyType, MechanismType, ObjectClass, ReturnCode, Session
from bridge.engine.parameters import Eddsa, Gcm, Iv, Oaep, Parameter, Pss
from engine.keys import Template, expect_code, import_secret
from engine.test_keywrap import value_of
from engine.test_rsa import DIGEST_INFO

VECTORS = Path(__file__).parent.parent / "vectors" / "wycheproof"


def groups(name: str) -> list[dict[str, Any]]:
    content: dict[str, Any] = json.loads((VECTORS / f"{name}_test.json").read_text())
    assert sum(len(group["tests"]) for group in content["testGroups"]) == content["numberOfTests"]
    found: list[dict[str, Any]] = content["testGroups"]
    return found


SHA_256 = MechanismType.SHA256
M = MechanismType


@contextmanager
def expected(test: dict[str, Any], *codes: ReturnCode) -> Iterator[None]:
    """Run a block that a valid test passes and an invalid one leaves with a refusal of one of these codes."""
    try:
        yield
    except HsmError as error:
        if test["result"] == "valid":
            pytest.fail(f"{error.code.name}: {test}")
        expect_code(error, *codes)
    else:
        assert test["result"] == "valid", test


@pytest.mark.parametrize(
    ("name", "mechanism", "parameter", "prefix", "hashed", "count"),
    [
        ("ecdsa_secp256r1_sha256", M.ECDSA, None, b"", True, 484),
        ("rsa_signature_2048_sha256", M.RSA_PKCS, None, DIGEST_INFO["SHA256"], True, 259),
        ("rsa_pss_2048_sha256_mgf1_32", M.RSA_PKCS_PSS, Pss(SHA_256, SHA_256, 32), b"", True, 108),
        ("ed25519", M.EDDSA, Eddsa(0), b"", False, 151),
    ],
)
def test_signatures(
    session: Session, name: str, mechanism: int, parameter: Parameter | None, prefix: bytes, hashed: bool, count: int
) -> None:
    seen = 0
    for group in groups(name):
        handle = session.import_key({Attribute.PUBLIC_KEY_INFO: bytes.fromhex(group["publicKeyDer"])})
        assert group.get("sha") == ("SHA-256" if hashed else None)
        for test in group["tests"]:
            data = bytes.fromhex(test["msg"])
            data = prefix + hashlib.sha256(data).digest() if hashed else data
            with expected(test, ReturnCode.SIGNATURE_INVALID, ReturnCode.SIGNATURE_LEN_RANGE):
                session.verify(handle, mechanism, data, bytes.fromhex(test["sig"]), parameter)
            seen += 1
    assert seen == count


def test_ml_dsa(session: Session) -> None:
    """A public key of a wrong length is no key at all; a context is none of the engine's."""
    seen = 0
    for group in groups("mldsa_65_verify"):
        for test in group["tests"]:
            with expected(
                {**test, "result": "invalid" if test.get("ctx") else test["result"]},
                ReturnCode.ATTRIBUTE_VALUE_INVALID,
                ReturnCode.SIGNATURE_INVALID,
                ReturnCode.SIGNATURE_LEN_RANGE,
            ):
                handle = session.import_key({Attribute.PUBLIC_KEY_INFO: ml_dsa_65(bytes.fromhex(group["publicKey"]))})
                session.verify(handle, M.ML_DSA, bytes.fromhex(test["msg"]), bytes.fromhex(test["sig"]))
            seen += 1
    assert seen == 210


def ml_dsa_65(raw: bytes) -> bytes:
    """SubjectPublicKeyInfo of a key of any length (RFC 9881)."""
    bits = b"\x03\x82" + (len(raw) + 1).to_bytes(2, "big") + b"\x00" + raw
    body = bytes.fromhex("300b0609608648016503040312") + bits
    return b"\x30\x82" + len(body).to_bytes(2, "big") + body


def test_aes_cbc(session: Session) -> None:
    for group in groups("aes_cbc_pkcs5"):
        for test in group["tests"]:
            key, iv, message, encrypted = (bytes.fromhex(test[name]) for name in ("key", "iv", "msg", "ct"))
            handle = import_secret(session, key)
            with expected(test, ReturnCode.ENCRYPTED_DATA_INVALID, ReturnCode.ENCRYPTED_DATA_LEN_RANGE):
                assert session.decrypt(handle, M.AES_CBC_PAD, encrypted, Iv(iv)) == message
            if test["result"] == "valid":
                assert session.encrypt(handle, M.AES_CBC_PAD, message, Iv(iv)) == encrypted


def test_aes_gcm(session: Session) -> None:
    for group in groups("aes_gcm"):
        for test in group["tests"]:
            names = ("key", "iv", "aad", "msg", "ct", "tag")
            key, iv, aad, message, encrypted, tag = (bytes.fromhex(test[name]) for name in names)
            with expected(test, ReturnCode.AEAD_DECRYPT_FAILED, ReturnCode.MECHANISM_PARAM_INVALID):
                decrypted = session.decrypt(import_secret(session, key), M.AES_GCM, encrypted + tag, Gcm(iv, aad))
                assert decrypted == message


def test_aes_wrap(session: Session) -> None:
    template: Template = {Attribute.CLASS: ObjectClass.SECRET_KEY, Attribute.KEY_TYPE: KeyType.GENERIC_SECRET}
    number = M.CLOUDHSM_AES_KEY_WRAP_NO_PAD
    for group in groups("aes_wrap"):
        for test in group["tests"]:
            key, message, wrapped = (bytes.fromhex(test[name]) for name in ("key", "msg", "ct"))
            handle = import_secret(session, key)
            with expected(test, ReturnCode.WRAPPED_KEY_INVALID, ReturnCode.WRAPPED_KEY_LEN_RANGE):
                assert value_of(session, session.unwrap(handle, number, wrapped, template)) == message
            if test["result"] == "valid":
                target = import_secret(session, message, KeyType.GENERIC_SECRET)
                assert session.wrap(handle, number, target) == wrapped


def test_hmac(session: Session) -> None:
    for group in groups("hmac_sha256"):
        for test in group["tests"]:
            handle = import_secret(session, bytes.fromhex(test["key"]), KeyType.GENERIC_SECRET)
            code = session.sign(handle, M.SHA256_HMAC, bytes.fromhex(test["msg"]))[: group["tagSize"] // 8]
            assert (code == bytes.fromhex(test["tag"])) is (test["result"] == "valid"), test


def test_rsa_oaep(session: Session) -> None:
    (group,) = groups("rsa_oaep_2048_sha256_mgf1sha256")
    handle = session.import_key({Attribute.PRIVATE_KEY_INFO: bytes.fromhex(group["privateKeyPkcs8"])})
    for test in group["tests"]:
        parameter = Oaep(SHA_256, SHA_256, bytes.fromhex(test["label"]))
        with expected(test, ReturnCode.ENCRYPTED_DATA_INVALID, ReturnCode.ENCRYPTED_DATA_LEN_RANGE):
            decrypted = session.decrypt(handle, M.RSA_PKCS_OAEP, bytes.fromhex(test["ct"]), parameter)
            assert decrypted == bytes.fromhex(test["msg"])
