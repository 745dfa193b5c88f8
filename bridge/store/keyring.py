"""The master key: in a file of mode 0600, in clear or sealed under a passphrase (scrypt, RFC 7914)."""

from __future__ import annotations

import base64
import json
import secrets
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from bridge.engine.errors import HsmError, ReturnCode
from bridge.store.errors import damaged
from bridge.store.files import require_private, write_new

_FORMAT = "hsmbridge master key 1"
_KEY_BYTES = 32
# OWASP's Password Storage Cheat Sheet; 128 MiB and about a third of a second.
_SCRYPT = {"n": 2**17, "r": 8, "p": 1}
_SCRYPT_LIMIT = 2**20


def create(path: Path, passphrase: str | None) -> bytes:
    """Make a master key and write its file.

    Args:
        path: the new file.
        passphrase: seals the key; None keeps it in clear, protected by the file's mode only.

    Returns:
        32 bytes.

    Raises:
        OSError: if the file cannot be written.
    """
    key = secrets.token_bytes(_KEY_BYTES)
    content: dict[str, object] = {"format": _FORMAT}
    if passphrase is None:
        content["key"] = _text(key)
    else:
        salt, nonce = secrets.token_bytes(16), secrets.token_bytes(12)
        kek = _stretch(passphrase, salt, **_SCRYPT)
        content["scrypt"] = {**_SCRYPT, "salt": _text(salt)}
        content["sealed"] = _text(nonce + AESGCM(kek).encrypt(nonce, key, _FORMAT.encode()))
    write_new(path, json.dumps(content, indent=1).encode() + b"\n")
    return key


def needs_passphrase(path: Path) -> bool:
    """Tell whether the master key is sealed under a passphrase; raises as :func:`read`."""
    return "sealed" in _load(path)


def read(path: Path, passphrase: str | None) -> bytes:
    """Read a master key.

    Args:
        path: its file.
        passphrase: needed if it is sealed under one.

    Returns:
        32 bytes.

    Raises:
        HsmError: ``PIN_INCORRECT`` if the passphrase is missing or wrong, ``TOKEN_NOT_PRESENT`` if others can read
            the file, ``DEVICE_ERROR`` if it is no such file.
        OSError: if it cannot be read.
    """
    require_private(path)
    content = _load(path)
    try:
        key = _unseal(path, content, passphrase) if "sealed" in content else _bytes(content["key"])
    except (KeyError, TypeError, ValueError):
        raise damaged(path.parent, f"{path.name} is not a master key") from None
    if len(key) != _KEY_BYTES:
        raise damaged(path.parent, f"{path.name} does not hold a key of {_KEY_BYTES} bytes")
    return key


def _load(path: Path) -> dict[str, object]:
    try:
        content = json.loads(path.read_bytes())
    except ValueError:
        content = None
    if not isinstance(content, dict) or content.get("format") != _FORMAT:
        raise damaged(path.parent, f"{path.name} is not a master key")
    return content


def _unseal(path: Path, content: dict[str, object], passphrase: str | None) -> bytes:
    home = path.parent
    if passphrase is None:
        raise HsmError(
            ReturnCode.PIN_INCORRECT,
            f"The home {home} is protected by a passphrase: set HSMBRIDGE_PASSPHRASE, or run in a terminal.",
        )
    scrypt = content["scrypt"]
    if not isinstance(scrypt, dict) or int(scrypt["n"]) > _SCRYPT_LIMIT:
        raise ValueError
    kek = _stretch(passphrase, _bytes(scrypt["salt"]), int(scrypt["n"]), int(scrypt["r"]), int(scrypt["p"]))
    sealed = _bytes(content["sealed"])
    try:
        return AESGCM(kek).decrypt(sealed[:12], sealed[12:], _FORMAT.encode())
    except InvalidTag:
        raise HsmError(
            ReturnCode.PIN_INCORRECT, f"Wrong passphrase for the home {home}, or its {path.name} was changed."
        ) from None


def _stretch(passphrase: str, salt: bytes, n: int, r: int, p: int) -> bytes:
    return Scrypt(salt=salt, length=_KEY_BYTES, n=n, r=r, p=p).derive(passphrase.encode())


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _bytes(text: object) -> bytes:
    if not isinstance(text, str):
        raise TypeError
    return base64.b64decode(text, validate=True)
