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
# What a changed file could ask for at most: 1 GiB and a few seconds.
_SCRYPT_LIMITS = {"n": [2**power for power in range(1, 21)], "r": range(1, 9), "p": range(1, 9)}


def create(path: Path, home_id: bytes, passphrase: str | None) -> bytes:
    """Make a master key and write its file.

    Args:
        path: the new file.
        home_id: tells which home the key belongs to.
        passphrase: seals the key; None keeps it in clear, protected by the file's mode only.

    Returns:
        32 bytes.

    Raises:
        HsmError: ``PIN_INVALID`` if the passphrase is empty or no text.
        OSError: if the file cannot be written.
    """
    if passphrase is not None and not (passphrase and _is_text(passphrase)):
        raise HsmError(ReturnCode.PIN_INVALID, "A passphrase is text in UTF-8 and not empty.")
    key = secrets.token_bytes(_KEY_BYTES)
    content: dict[str, object] = {"format": _FORMAT, "home": home_id.hex()}
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


def home_of(path: Path) -> str:
    """Return the identifier of the home that a master key belongs to, in hexadecimal; raises as :func:`read`."""
    return str(_load(path).get("home"))


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
    except (ValueError, RecursionError):
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
    if not isinstance(scrypt, dict) or not all(scrypt[name] in limit for name, limit in _SCRYPT_LIMITS.items()):
        raise ValueError
    kek = _stretch(passphrase, _bytes(scrypt["salt"]), scrypt["n"], scrypt["r"], scrypt["p"])
    sealed = _bytes(content["sealed"])
    try:
        return AESGCM(kek).decrypt(sealed[:12], sealed[12:], _FORMAT.encode())
    except InvalidTag:
        raise HsmError(
            ReturnCode.PIN_INCORRECT, f"Wrong passphrase for the home {home}, or its {path.name} was changed."
        ) from None


def _stretch(passphrase: str, salt: bytes, n: int, r: int, p: int) -> bytes:
    return Scrypt(salt=salt, length=_KEY_BYTES, n=n, r=r, p=p).derive(passphrase.encode("utf-8", "surrogatepass"))


def _is_text(passphrase: str) -> bool:
    return not any("\ud800" <= character <= "\udfff" for character in passphrase)


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _bytes(text: object) -> bytes:
    if not isinstance(text, str):
        raise TypeError
    return base64.b64decode(text, validate=True)
