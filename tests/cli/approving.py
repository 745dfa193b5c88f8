"""What approvers do outside the HSM: keys, and signatures in token files, with the program ``openssl`` as AWS says."""

from __future__ import annotations

import base64
import json
from functools import cache
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from cli.openssl import openssl


@cache
def key_of(name: str) -> rsa.RSAPrivateKey:
    """Return the key of an approver, the same each time."""
    return rsa.generate_private_key(65537, 2048)


def write_keys(folder: Path, name: str) -> Path:
    """Write the halves of an approver's key to ``NAME.key`` and ``NAME.pub``, and return the latter's path."""
    key, public = key_of(name), folder / f"{name}.pub"
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (folder / f"{name}.key").write_bytes(private)
    public.write_bytes(key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    return public


def signed(folder: Path, name: str, digest: str) -> str:
    """Sign a digest in Base64 with the key in ``NAME.key``."""
    arguments: list[str | Path] = ["pkeyutl", "-sign", "-inkey", folder / f"{name}.key", "-pkeyopt", "digest:sha256"]
    return base64.b64encode(openssl(*arguments, data=base64.b64decode(digest))).decode()


def change(path: Path, **values: Any) -> None:
    """Change fields of a token file."""
    path.write_text(json.dumps({**json.loads(path.read_text()), **values}))


def approve(path: Path, role: str | None, *names: str) -> None:
    """Add the signatures of approvers to the token file of a service."""
    token = json.loads(path.read_text())
    signatures = [
        {"username": name, **({"role": role} if role else {}), "signature": signed(path.parent, name, token["token"])}
        for name in names
    ]
    change(path, signatures=token["signatures"] + signatures)


def sign_own(path: Path, name: str) -> None:
    """Sign the token of a registration or of a second factor."""
    (token,) = json.loads(path.read_text())["tokens"]
    change(path, tokens=[{**token, "signed": signed(path.parent, name, token["unsigned"])}])
