"""Operations with ``cryptography`` alone: no HSM, no Java. Each function makes one for data of so many bytes."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from itertools import repeat

from cryptography.hazmat.primitives import hashes, hmac
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import NoDigestInfo, Prehashed
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC, CTR

BUFFER = 1 << 16
"""Bytes of a stream that are encrypted at once."""


def p256_sign(size: int) -> Callable[[], object]:
    """ECDSA on P-256 with SHA-256."""
    key, scheme, data = ec.generate_private_key(ec.SECP256R1()), ec.ECDSA(hashes.SHA256()), bytes(size)
    return lambda: key.sign(data, scheme)


def p256_sign_digest(size: int) -> Callable[[], object]:
    """The same of a digest, as an HSM is given it; of no other size."""
    key, scheme, digest = ec.generate_private_key(ec.SECP256R1()), ec.ECDSA(Prehashed(hashes.SHA256())), bytes(32)
    return lambda: key.sign(digest, scheme)


def p256_verify(size: int) -> Callable[[], object]:
    """The same, verified."""
    key, scheme, data = ec.generate_private_key(ec.SECP256R1()), ec.ECDSA(hashes.SHA256()), bytes(size)
    public, signature = key.public_key(), key.sign(data, scheme)
    return lambda: public.verify(signature, data, scheme)


def rsa2048_sign(size: int) -> Callable[[], object]:
    """RSA PKCS#1 v1.5 with SHA-256."""
    key, scheme, data = rsa.generate_private_key(65537, 2048), padding.PKCS1v15(), bytes(size)
    return lambda: key.sign(data, scheme, hashes.SHA256())


def rsa2048_sign_digest(size: int) -> Callable[[], object]:
    """The same of a DigestInfo, as an HSM is given it; of no other size."""
    key, scheme, given, info = rsa.generate_private_key(65537, 2048), padding.PKCS1v15(), NoDigestInfo(), bytes(51)
    return lambda: key.sign(info, scheme, given)


def rsa2048_verify(size: int) -> Callable[[], object]:
    """The same, verified."""
    key, scheme, data = rsa.generate_private_key(65537, 2048), padding.PKCS1v15(), bytes(size)
    public, signature = key.public_key(), key.sign(data, scheme, hashes.SHA256())
    return lambda: public.verify(signature, data, scheme, hashes.SHA256())


def aes256_gcm(size: int) -> Callable[[], object]:
    """AES-GCM with a random IV."""
    key, data = os.urandom(32), bytes(size)
    return lambda: AESGCM(key).encrypt(os.urandom(12), data, b"")


def aes256_cbc(size: int) -> Callable[[], object]:
    """AES-CBC, a stream."""
    return _stream(CBC, size)


def aes256_ctr(size: int) -> Callable[[], object]:
    """AES-CTR, a stream."""
    return _stream(CTR, size)


def _stream(mode: type[CBC] | type[CTR], size: int) -> Callable[[], object]:
    key, iv, given, room = os.urandom(32), bytes(16), bytes(BUFFER), bytearray(BUFFER + 16)

    def encrypted() -> None:
        context = Cipher(AES(key), mode(iv)).encryptor()
        for piece in pieces(size):
            context.update_into(given[:piece], room)

    return encrypted


def pieces(size: int) -> Iterator[int]:
    """Return the lengths in bytes of a stream's buffers."""
    whole, rest = divmod(size, BUFFER)
    yield from repeat(BUFFER, whole)
    if rest:
        yield rest


def hmac_sha256(size: int) -> Callable[[], object]:
    """HMAC with SHA-256."""
    key, data = os.urandom(32), bytes(size)

    def code() -> bytes:
        made = hmac.HMAC(key, hashes.SHA256())
        made.update(data)
        return made.finalize()

    return code
