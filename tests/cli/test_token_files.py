"""Files of tokens and approvals."""

from __future__ import annotations

import base64
import hashlib
import json
import stat
from pathlib import Path
from typing import Any

import pytest

from bridge.cli.token_files import read_approval, read_mfa, read_registration, write_mfa, write_token
from bridge.engine import HsmError, Role
from bridge.engine.quorum import Approval, Service, Signature

DATA = bytes(range(80))
ENCODED = base64.b64encode(DATA).decode()
DIGEST = base64.b64encode(hashlib.sha256(DATA).digest()).decode()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file that is not there yet."""
    return tmp_path / "token.json"


def content(path: Path) -> Any:
    return json.loads(path.read_text())


def test_the_token_of_an_admin_s_service(path: Path) -> None:
    write_token(path, Service.USER, DATA)
    assert content(path) == {"version": "2.0", "approval_data": ENCODED, "token": DIGEST, "signatures": []}
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_the_token_of_a_key(path: Path) -> None:
    write_token(path, Service.KEY_USAGE, DATA, 0x40001)
    assert list(content(path)) == ["version", "service", "key_reference", "approval_data", "token", "signatures"]
    assert content(path)["service"] == "key-usage"
    assert content(path)["key_reference"] == "0x0000000000040001"


def test_the_token_of_a_registration(path: Path) -> None:
    write_token(path, Service.REGISTRATION, DATA)
    token = {"approval_data": ENCODED, "unsigned": DIGEST, "signed": ""}
    assert content(path)["version"] == "2.0"
    assert content(path)["tokens"] == [token]


def test_a_file_that_was_there_is_replaced_and_closed_to_others(path: Path) -> None:
    path.write_text("x" * 10_000)
    path.chmod(0o644)
    write_mfa(path, b"digest")
    assert content(path)["tokens"] == [{"unsigned": "ZGlnZXN0", "signed": ""}]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_approvals_are_read_with_and_without_a_role(path: Path) -> None:
    write_token(path, Service.USER, DATA)
    signatures = [
        {"username": "officer1", "role": "admin", "signature": "AQI="},
        {"username": "officer2", "signature": "AwQ="},
        {"username": "officer3", "role": "", "signature": "BQ=="},
    ]
    path.write_text(json.dumps({**content(path), "signatures": signatures}))
    expected = (
        Signature("officer1", Role.ADMIN, b"\x01\x02"),
        Signature("officer2", None, b"\x03\x04"),
        Signature("officer3", None, b"\x05"),
    )
    assert read_approval(path) == Approval(DATA, expected)


def test_a_registration_is_read_from_either_place(path: Path) -> None:
    token = {"approval_data": ENCODED, "unsigned": DIGEST, "signed": "AQI="}
    path.write_text(json.dumps({"version": "2.0", "tokens": [token]}))
    assert read_registration(path) == (DATA, b"\x01\x02")
    signatures = [{"username": "officer1", "role": "admin", "signature": "AwQ="}]
    path.write_text(json.dumps({"version": "2.0", "tokens": [{**token, "signed": ""}], "signatures": signatures}))
    assert read_registration(path) == (DATA, b"\x03\x04")


TOKEN = {"version": "2.0", "approval_data": ENCODED, "token": DIGEST}
OWN = {"version": "2.0", "tokens": [{"approval_data": ENCODED, "unsigned": DIGEST, "signed": ""}]}
NONE, INVALID = "No token signatures provided", "InvalidQuorumSignature"

BAD = [
    ("no JSON", INVALID),
    ("[]", INVALID),
    (OWN, INVALID),
    ({**TOKEN, "approval_data": "?"}, NONE),
    ({**TOKEN, "signatures": []}, NONE),
    ({**TOKEN, "signatures": {}}, NONE),
    ({**TOKEN, "signatures": ["x"]}, INVALID),
    ({**TOKEN, "signatures": [{"username": 1, "signature": "AQ=="}]}, INVALID),
    ({**TOKEN, "signatures": [{"username": "u", "signature": ""}]}, NONE),
    ({**TOKEN, "signatures": [{"username": "u"}]}, NONE),
    ({**TOKEN, "signatures": [{"username": "u", "signature": "?"}]}, INVALID),
    ({**TOKEN, "signatures": [{"username": "u", "role": "officer", "signature": "AQ=="}]}, INVALID),
    ({**TOKEN, "approval_data": "?", "signatures": [{"username": "u", "signature": "AQ=="}]}, INVALID),
]


@pytest.mark.parametrize(("file", "text"), BAD)
def test_what_is_no_approval_is_refused(path: Path, file: object, text: str) -> None:
    path.write_text(file if isinstance(file, str) else json.dumps(file))
    with pytest.raises(HsmError, match=text):
        read_approval(path)


@pytest.mark.parametrize(
    ("file", "text"),
    [
        (TOKEN, NONE),
        (OWN, NONE),
        ({**OWN, "tokens": []}, NONE),
        ({**OWN, "tokens": [1]}, NONE),
        ({"tokens": [{"signed": "AQ=="}]}, INVALID),
        ({"tokens": [{"approval_data": ENCODED, "signed": "?"}]}, INVALID),
    ],
)
def test_what_is_no_registration_is_refused(path: Path, file: object, text: str) -> None:
    path.write_text(json.dumps(file))
    with pytest.raises(HsmError, match=text):
        read_registration(path)


def test_what_is_no_second_factor_is_refused(path: Path, tmp_path: Path) -> None:
    write_mfa(path, b"digest")
    with pytest.raises(HsmError, match=NONE):
        read_mfa(path)
    with pytest.raises(HsmError, match="cannot be read"):
        read_mfa(tmp_path / "none")
    with pytest.raises(HsmError, match="cannot be written"):
        write_mfa(tmp_path / "none" / "token.json", b"digest")
