"""Keys and certificates in files that other programs wrote: JKS, JCEKS, PKCS#12, PEM and DER."""

from __future__ import annotations

from pathlib import Path

from bridge.cli.sources import jks, pem, pkcs12
from bridge.cli.sources.entries import Passwords, Progress, Source, SourceKey, unreadable

__all__ = ["Passwords", "Progress", "Source", "SourceKey", "content_of", "pkcs12", "read"]

_LARGEST = 64 * 1024 * 1024


def read(path: Path, passwords: Passwords, progress: Progress) -> Source:
    """Read and decrypt a file of keys and certificates, whatever format it has.

    Args:
        path: the file; its name without extension becomes the alias of a key that has none.
        passwords: asked when they are needed.
        progress: told of each key.

    Raises:
        HsmError: ``DATA_INVALID`` if the file is damaged, of no known format, or holds what cannot be moved;
            ``PIN_INCORRECT`` for a wrong password.
    """
    data = content_of(path)
    unnamed = path.stem
    if data[:4] in jks.MAGIC:
        return jks.read(path, data, passwords, progress)
    if b"-----BEGIN " in data:
        return pem.read_pem(path, data, unnamed, passwords)
    if pkcs12.is_pfx(data):
        return pkcs12.read(path, data, unnamed, passwords, progress)
    return pem.read_der(path, data, unnamed, passwords)


def content_of(path: Path) -> bytes:
    """Return the bytes of a file.

    Raises:
        HsmError: ``DATA_INVALID`` if it cannot be read, is empty, or too large for a keystore.
    """
    try:
        with path.open("rb") as file:
            data = file.read(_LARGEST + 1)
    except OSError as error:
        raise unreadable(path, error.strerror or "it cannot be opened") from None
    if not data:
        raise unreadable(path, "it is empty")
    if len(data) > _LARGEST:
        raise unreadable(path, "it is larger than 64 MiB, which no keystore is")
    return data
