"""Approvers with their keys, and approvals as they give them."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

from conftest import PASSWORDS
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from bridge.engine import Hsm, Role, Session
from bridge.engine.quorum import Approval, Service, Signature
from engine import openssl

PASSWORD = b"approver-password"


@cache
def key_of(name: str) -> rsa.RSAPrivateKey:
    """Return the key of an approver, the same each time."""
    return rsa.generate_private_key(65537, 2048)


def pem(key: rsa.RSAPrivateKey) -> bytes:
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def signed(key: rsa.RSAPrivateKey, digest: bytes) -> bytes:
    return key.sign(digest, padding.PKCS1v15(), Prehashed(SHA256()))


def signed_by_openssl(folder: Path, key: rsa.RSAPrivateKey, digest: bytes) -> bytes:
    """Sign as the user guide does."""
    return openssl.sign(folder, key, digest, "-pkeyopt", "digest:sha256")


def register(session: Session, name: str) -> None:
    """Register the key of the user who is logged in."""
    data = session.generate_token(Service.REGISTRATION)
    session.register_approver_key(pem(key_of(name)), data, signed(key_of(name), hashlib.sha256(data).digest()))


def approvers(hsm: Hsm, role: Role, *names: str) -> dict[str, Session]:
    """Make users that are not there yet, and log them in; each has registered a key."""
    admin = hsm.open_session()
    admin.login(Role.ADMIN, "admin", PASSWORDS["admin"])
    known = {user.name for user in admin.users() if user.role is role}
    sessions = {}
    for name in names:
        if name not in known:
            admin.create_user(role, name, PASSWORD)
        sessions[name] = hsm.open_session()
        sessions[name].login(role, name, PASSWORDS.get(name, PASSWORD))
        register(sessions[name], name)
    admin.close()
    return sessions


def approval(data: bytes, *names: str, role: Role | None = None) -> Approval:
    """Return a token's approvals by so many."""
    digest = hashlib.sha256(data).digest()
    return Approval(data, tuple(Signature(name, role, signed(key_of(name), digest)) for name in names))
