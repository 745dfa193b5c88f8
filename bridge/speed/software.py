"""Operations with ``cryptography`` alone: no HSM, no Java. Each function makes one for data of so many bytes."""

from __future__ import annotations

import os
from collections.abc import Callable

from cryptography.hazmat.primitives import hashes, hmac
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM


def p256_sign(size: int) -> Callable[[], object]:
    """ECDSA on P-256 with SHA-256."""
    key, scheme, data = ec.generate_private_key(ec.SECP256R1()), ec.ECDSA(hashes.SHA256()), bytes(size)
    return lambda: key.sign(data, scheme)


def p256_verify(size: int) -> Callable[[], object]:
    """The same, verified."""
    key, scheme, data = ec.generate_private_key(ec.SECP256R1()), ec.ECDSA(hashes.SHA256()), bytes(size)
    public, signature = key.public_key(), key.sign(data, scheme)
    return lambda: public.verify(signature, data, scheme)


def rsa2048_sign(size: int) -> Callable[[], object]:
    """RSA PKCS#1 v1.5 with SHA-256."""
    key, scheme, data = rsa.generate_private_key(65537, 2048), padding.PKCS1v15(), bytes(size)
    return lambda: key.sign(data, scheme, hashes.SHA256())


def rsa2048_verify(size: int) -> Callable[[], object]:
    """The same, verified."""
    key, scheme, data = rsa.generate_private_key(65537, 2048), padding.PKCS1v15(), bytes(size)
    public, signature = key.public_key(), key.sign(data, scheme, hashes.SHA256())
    return lambda: public.verify(signature, data, scheme, hashes.SHA256())


def aes256_gcm(size: int) -> Callable[[], object]:
    """AES-GCM with a random IV."""
    key, data = os.urandom(32), bytes(size)
    return lambda: AESGCM(key).encrypt(os.urandom(12), data, b"")


def hmac_sha256(size: int) -> Callable[[], object]:
    """HMAC with SHA-256."""
    key, data = os.urandom(32), bytes(size)

    def code() -> bytes:
        made = hmac.HMAC(key, hashes.SHA256())
        made.update(data)
        return made.finalize()

    return code
