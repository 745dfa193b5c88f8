"""Wrapping as encryption of a key's value, with the return codes that PKCS#11 has for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from bridge.engine.errors import HsmError, ReturnCode

Operation = Callable[[Any, Any, bytes], bytes]

_WRAP = MappingProxyType({ReturnCode.DATA_LEN_RANGE: ReturnCode.KEY_SIZE_RANGE})
_UNWRAP = MappingProxyType(
    {
        ReturnCode.ENCRYPTED_DATA_INVALID: ReturnCode.WRAPPED_KEY_INVALID,
        ReturnCode.AEAD_DECRYPT_FAILED: ReturnCode.WRAPPED_KEY_INVALID,
        ReturnCode.ENCRYPTED_DATA_LEN_RANGE: ReturnCode.WRAPPED_KEY_LEN_RANGE,
        ReturnCode.DATA_LEN_RANGE: ReturnCode.WRAPPED_KEY_LEN_RANGE,
    }
)


def wrapping(encrypt: Operation) -> Operation:
    """Return a function that wraps by encrypting; a key that is too long for it is ``KEY_SIZE_RANGE``."""
    return _translated(encrypt, _WRAP)


def unwrapping(decrypt: Operation) -> Operation:
    """Return a function that unwraps by decrypting.

    Its refusals are ``WRAPPED_KEY_INVALID`` and ``WRAPPED_KEY_LEN_RANGE``.
    """
    return _translated(decrypt, _UNWRAP)


def _translated(operation: Operation, codes: Mapping[ReturnCode, ReturnCode]) -> Operation:
    def translated(key: Any, parameter: Any, data: bytes) -> bytes:
        try:
            return operation(key, parameter, data)
        except HsmError as error:
            raise HsmError(codes.get(error.code, error.code), error.message) from None

    return translated
