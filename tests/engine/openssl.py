"""The openssl program, as an independent signer and verifier."""

from __future__ import annotations

import subprocess
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

RSA_OPTIONS = ("-pkeyopt", "rsa_padding_mode:pkcs1")


def verifies(folder: Path, public_key_info: bytes, data: bytes, signature: bytes, *options: str) -> bool:
    """Tell whether ``openssl pkeyutl -verify`` accepts a signature over data as they are."""
    for name, content in {"key": public_key_info, "data": data, "signature": signature}.items():
        (folder / name).write_bytes(content)
    command = ["openssl", "pkeyutl", "-verify", "-pubin", "-keyform", "DER", "-inkey", "key", "-in", "data"]
    done = subprocess.run(
        [*command, "-sigfile", "signature", *options], cwd=folder, capture_output=True, text=True, check=False
    )
    assert "Signature Verified" in done.stdout or "Verification Failure" in done.stdout + done.stderr, done
    return done.returncode == 0


def sign(folder: Path, key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey, data: bytes, *options: str) -> bytes:
    """Return the signature that ``openssl pkeyutl -sign`` makes over data as they are."""
    (folder / "data").write_bytes(data)
    (folder / "private").write_bytes(key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()))
    command = ["openssl", "pkeyutl", "-sign", "-keyform", "DER", "-inkey", "private", "-in", "data"]
    return subprocess.run([*command, *options], cwd=folder, capture_output=True, check=True).stdout
