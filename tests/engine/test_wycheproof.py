"""Wycheproof's vectors through Session.verify, with the data that the Java side will send."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from bridge.engine import Attribute, HsmError, MechanismType, ReturnCode, Session
from engine.keys import expect_code
from engine.test_rsa import DIGEST_INFO

VECTORS = Path(__file__).parent.parent / "vectors" / "wycheproof"


def groups(name: str) -> list[dict[str, Any]]:
    content: dict[str, Any] = json.loads((VECTORS / f"{name}_test.json").read_text())
    assert sum(len(group["tests"]) for group in content["testGroups"]) == content["numberOfTests"]
    found: list[dict[str, Any]] = content["testGroups"]
    return found


@pytest.mark.parametrize(
    ("name", "mechanism", "prefix", "count"),
    [
        ("ecdsa_secp256r1_sha256", MechanismType.ECDSA, b"", 484),
        ("rsa_signature_2048_sha256", MechanismType.RSA_PKCS, DIGEST_INFO["SHA256"], 259),
    ],
)
def test_accepts_the_valid_and_refuses_the_invalid(
    session: Session, name: str, mechanism: int, prefix: bytes, count: int
) -> None:
    seen = 0
    for group in groups(name):
        handle = session.import_key({Attribute.PUBLIC_KEY_INFO: bytes.fromhex(group["publicKeyDer"])})
        assert group["sha"] == "SHA-256"
        for test in group["tests"]:
            data = prefix + hashlib.sha256(bytes.fromhex(test["msg"])).digest()
            try:
                session.verify(handle, mechanism, data, bytes.fromhex(test["sig"]))
            except HsmError as error:
                if test["result"] == "valid":
                    pytest.fail(f"refused: {test}")
                expect_code(error, ReturnCode.SIGNATURE_INVALID, ReturnCode.SIGNATURE_LEN_RANGE)
            else:
                assert test["result"] == "valid", test
            seen += 1
    assert seen == count
