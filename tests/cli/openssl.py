"""The program ``openssl``, which opens what the HSM wrapped and verifies what it signed."""

from __future__ import annotations

import subprocess
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat


def openssl(*arguments: str | Path, data: bytes = b"") -> bytes:
    """Run it, and return what it prints."""
    result = subprocess.run(["openssl", *map(str, arguments)], input=data, capture_output=True, check=False)
    assert result.returncode == 0, result.stderr.decode()
    return result.stdout


def private_pem(folder: Path, key: RSAPrivateKey) -> Path:
    """Write a private key to a file for it."""
    path = folder / "private.pem"
    path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return path
