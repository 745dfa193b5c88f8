"""AES-GCM (NIST SP 800-38D); the HSM makes every IV that it encrypts with."""

from __future__ import annotations

import os

from Cryptodome.Cipher import AES
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from bridge.engine.attributes import KeyType
from bridge.engine.errors import HsmError, ReturnCode
from bridge.engine.mechanisms.entry import Mechanism, MechanismType
from bridge.engine.mechanisms.wrapping import unwrapping, wrapping
from bridge.engine.parameters import Gcm

DATA_LIMIT = 16_000
"""Bytes of plaintext in one operation (user guide, "ki-jce-sdk")."""

_KEYS = frozenset({KeyType.AES})
_IV_BYTES = 12
_TAG_BYTES = 16
_QUICK_IVS = range(8, 128 + 1)


def _encrypt(key: bytes, parameter: Gcm, data: bytes) -> bytes:
    """Return IV, ciphertext and tag; an IV in the parameter is ignored."""
    _check_tag_length(parameter)
    _check_length(len(data))
    iv = os.urandom(_IV_BYTES)
    return iv + AESGCM(key).encrypt(iv, data, parameter.aad)


def _decrypt(key: bytes, parameter: Gcm, data: bytes) -> bytes:
    """Decrypt ciphertext and tag with the parameter's IV."""
    return _open(key, parameter, parameter.iv, data)


def _decrypt_with_iv(key: bytes, parameter: Gcm, data: bytes) -> bytes:
    """Decrypt what :func:`_encrypt` returned."""
    if len(data) < _IV_BYTES:
        raise HsmError(
            ReturnCode.ENCRYPTED_DATA_LEN_RANGE,
            f"AES-GCM data of this mechanism begin with an IV of {_IV_BYTES} bytes; {len(data)} were given in all.",
        )
    return _open(key, parameter, data[:_IV_BYTES], data[_IV_BYTES:])


def _open(key: bytes, parameter: Gcm, iv: bytes, data: bytes) -> bytes:
    _check_tag_length(parameter)
    if not iv:
        raise HsmError(
            ReturnCode.MECHANISM_PARAM_INVALID,
            "AES-GCM decrypts with the IV that the data were encrypted with; give it.",
        )
    if len(data) < _TAG_BYTES:
        raise HsmError(
            ReturnCode.ENCRYPTED_DATA_LEN_RANGE,
            f"AES-GCM ciphertext ends with a tag of {_TAG_BYTES} bytes; {len(data)} were given in all.",
        )
    _check_length(len(data) - _TAG_BYTES)
    try:
        if len(iv) in _QUICK_IVS:
            return AESGCM(key).decrypt(iv, data, parameter.aad)
        # SP 800-38D allows IVs of any length; cryptography does not.
        cipher = AES.new(key, AES.MODE_GCM, nonce=iv)
        cipher.update(parameter.aad)
        return cipher.decrypt_and_verify(data[:-_TAG_BYTES], data[-_TAG_BYTES:])
    except (InvalidTag, ValueError):
        raise HsmError(
            ReturnCode.AEAD_DECRYPT_FAILED,
            "The AES-GCM tag does not match: another key, IV or AAD was used, or the data were changed.",
        ) from None


def _check_tag_length(parameter: Gcm) -> None:
    if parameter.tag_bits != 8 * _TAG_BYTES:
        raise HsmError(
            ReturnCode.MECHANISM_PARAM_INVALID,
            f"The AES-GCM tag has {8 * _TAG_BYTES} bits in this HSM; {parameter.tag_bits} were asked for.",
        )


def _check_length(length: int) -> None:
    if length > DATA_LIMIT:
        raise HsmError(
            ReturnCode.DATA_LEN_RANGE,
            f"AES-GCM takes at most {DATA_LIMIT} bytes of data in one operation; {length} were given. "
            "Split the data, each part with an IV of its own.",
        )


MECHANISMS = (
    Mechanism(MechanismType.AES_GCM, _KEYS, Gcm, decrypt=_decrypt, unwrap=unwrapping(_decrypt)),
    Mechanism(
        MechanismType.CLOUDHSM_AES_GCM,
        _KEYS,
        Gcm,
        encrypt=_encrypt,
        decrypt=_decrypt_with_iv,
        wrap=wrapping(_encrypt),
        unwrap=unwrapping(_decrypt_with_iv),
    ),
)
