"""HMAC, CMAC, GCM, CBC and key wrap at all sizes of keys."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Iterator

from cryptography.hazmat.primitives import keywrap
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.cmac import CMAC
from cryptography.hazmat.primitives.padding import PKCS7

from wycheproof.own.build import OwnFile, flipped

_AES = (16, 24, 32)


def hmacs() -> Iterator[OwnFile]:
    """Return codes with each hash, whole and truncated, with keys and data up to the limits."""
    limits = {"1": 16288, "224": 16256, "256": 16288, "384": 16224, "512": 16224}
    for name, limit in limits.items():
        file = OwnFile(f"own_hmac_sha{name}_test.json", f"HMACSHA{name}")
        size = hashlib.new(f"sha{name}").digest_size
        for key_length in (1, size, 200, 800):
            for tag_length in (size, size // 2, 4):
                file.group("MacTest", keySize=8 * key_length, tagSize=8 * tag_length)
                for length in (0, 1, 300, limit):
                    key, message = secrets.token_bytes(key_length), secrets.token_bytes(length)
                    tag = hmac.digest(key, message, f"sha{name}")[:tag_length]
                    file.valid(key=key, msg=message, tag=tag)
                    file.invalid(key=key, msg=message, tag=flipped(tag))
        yield file


def cmac() -> OwnFile:
    """Return codes of AES, whole and truncated, and keys that are none."""
    file = OwnFile("own_aes_cmac_test.json", "AES-CMAC")
    for key_length in _AES:
        for tag_length in (16, 8):
            file.group("MacTest", keySize=8 * key_length, tagSize=8 * tag_length)
            for length in (0, 1, 15, 16, 17, 1000):
                key, message = secrets.token_bytes(key_length), secrets.token_bytes(length)
                context = CMAC(algorithms.AES(key))
                context.update(message)
                tag = context.finalize()[:tag_length]
                file.valid(key=key, msg=message, tag=tag)
                file.invalid(key=key, msg=message, tag=flipped(tag, 0))
    for key_length in (1, 8, 20, 33, 64):
        file.group("MacTest", keySize=8 * key_length, tagSize=128)
        file.test("invalid", "InvalidKeySize", key=bytes(key_length), msg=b"", tag=b"")
    return file


def gcm() -> OwnFile:
    """Return ciphertexts with data and additional data of several lengths, and IVs of many."""
    file = OwnFile("own_aes_gcm_test.json", "AES-GCM")
    for key_length in _AES:
        for iv_length in (8, 12, 16, 128):
            file.group("AeadTest", ivSize=8 * iv_length, keySize=8 * key_length, tagSize=128)
            for length, aad_length in ((0, 0), (0, 20), (1, 1), (16, 0), (1000, 1000), (16_000, 5)):
                key, iv = secrets.token_bytes(key_length), secrets.token_bytes(iv_length)
                message, aad = secrets.token_bytes(length), secrets.token_bytes(aad_length)
                sealed = AESGCM(key).encrypt(iv, message, aad)
                fields = {"key": key, "iv": iv, "msg": message, "ct": sealed[:-16]}
                file.valid(**fields, aad=aad, tag=sealed[-16:])
                file.invalid(**fields, aad=aad, tag=flipped(sealed[-16:]))
                file.invalid(**fields, aad=aad + b"!", tag=sealed[-16:])
    return file


def cbc() -> OwnFile:
    """Return ciphertexts around the boundaries of blocks, and cut ones."""
    file = OwnFile("own_aes_cbc_pkcs5_test.json", "AES-CBC-PKCS5")
    for key_length in _AES:
        file.group("IndCpaTest", ivSize=128, keySize=8 * key_length)
        for length in (0, 1, 15, 16, 17, 5000):
            key, iv, message = secrets.token_bytes(key_length), secrets.token_bytes(16), secrets.token_bytes(length)
            padder = PKCS7(128).padder()
            padded = padder.update(message) + padder.finalize()
            encryptor = Cipher(algorithms.AES(key), modes.CBC(iv)).encryptor()
            ciphertext = encryptor.update(padded) + encryptor.finalize()
            file.valid(key=key, iv=iv, msg=message, ct=ciphertext)
            file.invalid(key=key, iv=iv, msg=message, ct=ciphertext[:-1])
    return file


def key_wraps() -> list[OwnFile]:
    """Return wrapped secrets of both standards, and changed ones."""
    plain, padded = OwnFile("own_aes_wrap_test.json", "AES-WRAP"), OwnFile("own_aes_kwp_test.json", "AES-KWP")
    for key_length in _AES:
        plain.group("KeywrapTest", keySize=8 * key_length)
        padded.group("KeywrapTest", keySize=8 * key_length)
        for length in (*range(1, 41), 392, 799, 800, 1000):
            key, secret = secrets.token_bytes(key_length), secrets.token_bytes(length)
            wrapped = keywrap.aes_key_wrap_with_padding(key, secret)
            padded.valid(key=key, msg=secret, ct=wrapped)
            padded.invalid(key=key, msg=secret, ct=flipped(wrapped, 0))
            padded.invalid(key=key, msg=secret, ct=wrapped[:-1])
            padded.invalid(key=key, msg=secret, ct=wrapped + bytes(8))
            if length % 8:
                plain.invalid(key=key, msg=secret, ct=b"")
            elif length == 8:
                plain.test("acceptable", "ShortKey", key=key, msg=secret, ct=wrapped)
            else:
                wrapped = keywrap.aes_key_wrap(key, secret)
                plain.valid(key=key, msg=secret, ct=wrapped)
                plain.invalid(key=key, msg=secret, ct=flipped(wrapped))
        padded.invalid(key=bytes(key_length), msg=b"", ct=b"")
    return [plain, padded]


def files() -> Iterator[OwnFile]:
    """Return all files of this module."""
    yield from hmacs()
    yield cmac()
    yield gcm()
    yield cbc()
    yield from key_wraps()
