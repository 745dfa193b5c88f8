"""AES-GCM (NIST SP 800-38D); the HSM makes every IV that it encrypts with."""

from __future__ import annotations

import os
from dataclasses import replace

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from bridge.engine import pycryptodome
from bridge.engine.attributes import KeyType
from bridge.engine.errors import HsmError, ReturnCode
from bridge.engine.mechanisms.entry import Mechanism, MechanismType
from bridge.engine.mechanisms.wrapping import unwrapping, wrapping
from bridge.engine.parameters import Gcm

IV_BYTES = 12
"""Of the IV that the HSM makes; it stands before what ``encrypt`` and ``wrap`` return."""

DATA_LIMIT = 16_000
"""Bytes of plaintext in one operation (user guide, "ki-jce-sdk")."""

_KEYS = frozenset({KeyType.AES})
_TAG_BITS = frozenset({128})
_WRAP_TAG_BITS = frozenset({64, 96, 104, 112, 120, 128})
"""What NIST SP 800-38D, section 5.2.1.2, has, as far as CloudHSM wraps with it: tags of 8 bytes at least."""

_QUICK_TAG_BITS = 128
_QUICK_IVS = range(8, 128 + 1)


def _encrypt(key: bytes, parameter: Gcm, data: bytes) -> bytes:
    """Return IV, ciphertext and tag; an IV in the parameter is ignored."""
    _check_tag_length(parameter, _TAG_BITS)
    return _seal(key, parameter, data)


def _decrypt(key: bytes, parameter: Gcm, data: bytes) -> bytes:
    """Decrypt ciphertext and tag with the parameter's IV."""
    _check_tag_length(parameter, _TAG_BITS)
    return _open(key, parameter, parameter.iv, data)


def _decrypt_with_iv(key: bytes, parameter: Gcm, data: bytes) -> bytes:
    """Decrypt what :func:`_encrypt` returned."""
    return _decrypt(key, *_apart(parameter, data))


def _wrap(key: bytes, parameter: Gcm, data: bytes) -> bytes:
    """Return IV, ciphertext and a tag that may be shorter; an IV in the parameter is ignored."""
    _check_tag_length(parameter, _WRAP_TAG_BITS)
    return _seal(key, parameter, data)


def _unwrap(key: bytes, parameter: Gcm, data: bytes) -> bytes:
    """Decrypt ciphertext and tag of a wrapped key with the parameter's IV."""
    _check_tag_length(parameter, _WRAP_TAG_BITS)
    return _open(key, parameter, parameter.iv, data)


def _unwrap_with_iv(key: bytes, parameter: Gcm, data: bytes) -> bytes:
    """Decrypt what :func:`_wrap` returned."""
    return _unwrap(key, *_apart(parameter, data))


def _seal(key: bytes, parameter: Gcm, data: bytes) -> bytes:
    _check_length(len(data))
    iv = os.urandom(IV_BYTES)
    if parameter.tag_bits == _QUICK_TAG_BITS:
        return iv + AESGCM(key).encrypt(iv, data, parameter.aad)
    cipher = pycryptodome.gcm(key, iv, parameter.aad, parameter.tag_bits // 8)
    return iv + b"".join(cipher.encrypt_and_digest(data))


def _apart(parameter: Gcm, data: bytes) -> tuple[Gcm, bytes]:
    """Return a parameter with the IV that data begin with, and the rest of them."""
    if len(data) < IV_BYTES:
        raise HsmError(
            ReturnCode.ENCRYPTED_DATA_LEN_RANGE,
            f"AES-GCM data of this mechanism begin with an IV of {IV_BYTES} bytes; {len(data)} were given in all.",
        )
    return replace(parameter, iv=data[:IV_BYTES]), data[IV_BYTES:]


def _open(key: bytes, parameter: Gcm, iv: bytes, data: bytes) -> bytes:
    if not iv:
        raise HsmError(
            ReturnCode.MECHANISM_PARAM_INVALID,
            "AES-GCM decrypts with the IV that the data were encrypted with; give it.",
        )
    tag = parameter.tag_bits // 8
    if len(data) < tag:
        raise HsmError(
            ReturnCode.ENCRYPTED_DATA_LEN_RANGE,
            f"AES-GCM ciphertext ends with a tag of {tag} bytes; {len(data)} were given in all.",
        )
    _check_length(len(data) - tag)
    try:
        if len(iv) in _QUICK_IVS and parameter.tag_bits == _QUICK_TAG_BITS:
            return AESGCM(key).decrypt(iv, data, parameter.aad)
        cipher = pycryptodome.gcm(key, iv, parameter.aad, tag)
        return cipher.decrypt_and_verify(data[:-tag], data[-tag:])
    except (InvalidTag, ValueError):
        raise HsmError(
            ReturnCode.AEAD_DECRYPT_FAILED,
            "The AES-GCM tag does not match: another key, IV or AAD was used, or the data were changed.",
        ) from None


def _check_tag_length(parameter: Gcm, allowed: frozenset[int]) -> None:
    if parameter.tag_bits not in allowed:
        *others, last = sorted(allowed)
        lengths = f"{', '.join(map(str, others))} or {last}" if others else str(last)
        raise HsmError(
            ReturnCode.MECHANISM_PARAM_INVALID,
            f"The AES-GCM tag has {lengths} bits in this operation; {parameter.tag_bits} were asked for.",
        )


def _check_length(length: int) -> None:
    if length > DATA_LIMIT:
        raise HsmError(
            ReturnCode.DATA_LEN_RANGE,
            f"AES-GCM takes at most {DATA_LIMIT} bytes of data in one operation; {length} were given. "
            "Split the data, each part with an IV of its own.",
        )


MECHANISMS = (
    Mechanism(MechanismType.AES_GCM, _KEYS, Gcm, decrypt=_decrypt, wrap=wrapping(_wrap), unwrap=unwrapping(_unwrap)),
    Mechanism(
        MechanismType.CLOUDHSM_AES_GCM,
        _KEYS,
        Gcm,
        encrypt=_encrypt,
        decrypt=_decrypt_with_iv,
        wrap=wrapping(_wrap),
        unwrap=unwrapping(_unwrap_with_iv),
    ),
)
