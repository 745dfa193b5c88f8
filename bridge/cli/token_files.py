"""Token files: what quorums and second factors have signed outside the HSM (user guide, "quorum-auth-chsm-cli").

Four shapes, all JSON: the token of an admin's service and that of a key, whose ``signatures`` approvers fill in; the
token for the registration of an approver's key and that of a second factor, whose ``tokens`` their owner signs. What is
signed is always the digest: RSA PKCS#1 v1.5 over it, taken as a SHA-256.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from bridge.cli.commands.files import base64_text, read, write
from bridge.engine import HsmError, ReturnCode, Role
from bridge.engine.quorum import Approval, Service, Signature

_VERSION = "2.0"
_NO_SIGNATURES = "No token signatures provided"
_INVALID = "InvalidQuorumSignature"


class Registration(NamedTuple):
    """A signed token for the registration of an approver's key: what was signed, and the signature."""

    approval_data: bytes
    signature: bytes


def write_token(path: Path, service: Service, approval_data: bytes, key: int | None = None) -> None:
    """Write the unsigned token of a service.

    Args:
        path: of the file.
        service: that the token is for.
        approval_data: as :meth:`bridge.engine.Session.generate_token` returns it.
        key: the handle, for a service of keys.

    Raises:
        HsmError: ``ARGUMENTS_BAD`` if the file cannot be written.
    """
    encoded, digest = base64_text(approval_data), base64_text(hashlib.sha256(approval_data).digest())
    token = {"approval_data": encoded, "token": digest, "signatures": []}
    if service is Service.REGISTRATION:
        tokens = [{"approval_data": encoded, "unsigned": digest, "signed": ""}]
        _write(path, {"version": _VERSION, "tokens": tokens})
    elif key is not None:
        _write(path, {"version": _VERSION, "service": service.value, "key_reference": f"0x{key:016x}", **token})
    else:
        _write(path, {"version": _VERSION, **token})


def read_approval(path: Path) -> Approval:
    """Return what approvers signed.

    Args:
        path: of a file that :func:`write_token` wrote, with signatures.

    Raises:
        HsmError: ``ARGUMENTS_BAD`` if it cannot be read, is another shape, or has no signature.
    """
    file = _read(path)
    if "approval_data" not in file:
        raise _refused(path, _INVALID, "it has no approval_data, as the tokens of services have")
    signatures = file.get("signatures")
    if not isinstance(signatures, list) or not signatures:
        raise _refused(path, _NO_SIGNATURES, "its signatures are empty: each approver adds username, role, signature")
    return Approval(
        _bytes(path, file, "approval_data"),
        tuple(_signature(path, signature) for signature in signatures),
    )


def read_registration(path: Path) -> Registration:
    """Return a signed token for the registration of an approver's key.

    Args:
        path: of a file that :func:`write_token` wrote for the service registration, with ``signed`` filled in, or with
            one entry in ``signatures``.

    Raises:
        HsmError: as :func:`read_approval`.
    """
    file = _read(path)
    tokens = file.get("tokens")
    if not isinstance(tokens, list) or not tokens or not isinstance(tokens[0], dict):
        raise _refused(path, _NO_SIGNATURES, "it has no tokens, as those for a registration have")
    token, signatures = tokens[0], file.get("signatures")
    if token.get("signed"):
        return Registration(_bytes(path, token, "approval_data"), _bytes(path, token, "signed"))
    if isinstance(signatures, list) and signatures and isinstance(signatures[0], dict):
        return Registration(_bytes(path, token, "approval_data"), _bytes(path, signatures[0], "signature"))
    raise _refused(path, _NO_SIGNATURES, "`signed` of its token is empty")


def write_mfa(path: Path, digest: bytes) -> None:
    """Write what is to be signed with a second factor.

    Raises:
        HsmError: ``ARGUMENTS_BAD`` if the file cannot be written.
    """
    _write(path, {"version": _VERSION, "tokens": [{"unsigned": base64_text(digest), "signed": ""}]})


def read_mfa(path: Path) -> bytes:
    """Return the signature with a second factor.

    Args:
        path: of a file that :func:`write_mfa` wrote, with ``signed`` filled in.

    Raises:
        HsmError: as :func:`read_approval`.
    """
    tokens = _read(path).get("tokens")
    if not isinstance(tokens, list) or not tokens or not isinstance(tokens[0], dict) or not tokens[0].get("signed"):
        raise _refused(path, _NO_SIGNATURES, "`signed` of its token is empty")
    return _bytes(path, tokens[0], "signed")


def _write(path: Path, value: Mapping[str, object]) -> None:
    write(path, f"{json.dumps(value, indent=2)}\n".encode(), private=True)


def _read(path: Path) -> Mapping[str, object]:
    try:
        value = json.loads(read(path))
    except ValueError:
        raise _refused(path, _INVALID, "it is not JSON") from None
    if not isinstance(value, dict):
        raise _refused(path, _INVALID, "it is not a JSON object")
    return value


def _signature(path: Path, entry: object) -> Signature:
    if not isinstance(entry, dict) or not isinstance(entry.get("username"), str):
        raise _refused(path, _INVALID, "a signature has no username")
    role = entry.get("role")
    if role not in (None, "", Role.ADMIN.value, Role.CRYPTO_USER.value):
        raise _refused(path, _INVALID, f"{role!r} is no role: {Role.ADMIN.value} or {Role.CRYPTO_USER.value}")
    if not entry.get("signature"):
        raise _refused(path, _NO_SIGNATURES, f"the signature of {entry['username']!r} is empty")
    return Signature(entry["username"], Role(role) if role else None, _bytes(path, entry, "signature"))


def _bytes(path: Path, entry: Mapping[str, object], name: str) -> bytes:
    try:
        return base64.b64decode(str(entry[name]), validate=True)
    except (KeyError, binascii.Error, ValueError):
        raise _refused(path, _INVALID, f"its {name} is not Base64") from None


def _refused(path: Path, text: str, why: str) -> HsmError:
    return HsmError(ReturnCode.ARGUMENTS_BAD, f"{text}: {path}: {why}.")
