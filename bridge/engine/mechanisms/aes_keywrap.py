"""AES key wrap: RFC 3394, RFC 5649, and CloudHSM's RFC 3394 after PKCS#5 padding; the IV is always the standard's own.

Source of the three: user guide, "manage-aes-key-wrapping".
"""

from __future__ import annotations

from cryptography.hazmat.primitives import keywrap
from cryptography.hazmat.primitives.padding import PKCS7

from bridge.engine.attributes import KeyType
from bridge.engine.errors import HsmError, ReturnCode
from bridge.engine.mechanisms.entry import Mechanism, MechanismType

_KEYS = frozenset({KeyType.AES})
_SEMIBLOCK = 8


def _wrap(key: bytes, parameter: None, payload: bytes) -> bytes:
    if len(payload) < 2 * _SEMIBLOCK or len(payload) % _SEMIBLOCK:
        raise HsmError(
            ReturnCode.KEY_SIZE_RANGE,
            f"AES key wrap without padding takes keys of a multiple of {_SEMIBLOCK} bytes, at least {2 * _SEMIBLOCK}; "
            f"this one has {len(payload)}. Wrap it with zero padding.",
        )
    return keywrap.aes_key_wrap(key, payload)


def _unwrap(key: bytes, parameter: None, wrapped: bytes) -> bytes:
    _require_semiblocks(wrapped, 3)
    try:
        return keywrap.aes_key_unwrap(key, wrapped)
    except keywrap.InvalidUnwrap:
        raise invalid() from None


def _wrap_pkcs5(key: bytes, parameter: None, payload: bytes) -> bytes:
    if not payload:
        raise _empty()
    # RFC 3394 takes no less than two semiblocks, so the shortest payloads are padded to these.
    padder = PKCS7(8 * (_SEMIBLOCK if len(payload) >= _SEMIBLOCK else 2 * _SEMIBLOCK)).padder()
    return keywrap.aes_key_wrap(key, padder.update(payload) + padder.finalize())


def _unwrap_pkcs5(key: bytes, parameter: None, wrapped: bytes) -> bytes:
    padded = _unwrap(key, parameter, wrapped)
    # SunJCE's AES/KW/PKCS5Padding pads to 16 bytes; of whole 16 bytes this takes off either padding.
    unpadder = PKCS7(8 * (_SEMIBLOCK if len(padded) % (2 * _SEMIBLOCK) else 2 * _SEMIBLOCK)).unpadder()
    try:
        return unpadder.update(padded) + unpadder.finalize()
    except ValueError:
        raise invalid() from None


def wrap_zero_padded(key: bytes, parameter: object, payload: bytes) -> bytes:
    """Wrap a payload of any length but none (RFC 5649).

    Raises:
        HsmError: ``KEY_SIZE_RANGE``.
    """
    if not payload:
        raise _empty()
    return keywrap.aes_key_wrap_with_padding(key, payload)


def unwrap_zero_padded(key: bytes, parameter: object, wrapped: bytes) -> bytes:
    """Unwrap what :func:`wrap_zero_padded` made.

    Raises:
        HsmError: ``WRAPPED_KEY_LEN_RANGE`` or ``WRAPPED_KEY_INVALID``.
    """
    _require_semiblocks(wrapped, 2)
    try:
        return keywrap.aes_key_unwrap_with_padding(key, wrapped)
    except keywrap.InvalidUnwrap:
        raise invalid() from None


def invalid() -> HsmError:
    """Return the refusal of a wrapped key whose integrity check failed."""
    return HsmError(
        ReturnCode.WRAPPED_KEY_INVALID,
        "The wrapped key's integrity check failed: it was wrapped with another key or mechanism, or it was changed.",
    )


def _empty() -> HsmError:
    return HsmError(ReturnCode.KEY_SIZE_RANGE, "AES key wrap takes keys of at least one byte; this one is empty.")


def _require_semiblocks(wrapped: bytes, least: int) -> None:
    if len(wrapped) < least * _SEMIBLOCK or len(wrapped) % _SEMIBLOCK:
        raise HsmError(
            ReturnCode.WRAPPED_KEY_LEN_RANGE,
            f"AES key wrap makes a multiple of {_SEMIBLOCK} bytes, at least {least * _SEMIBLOCK}; "
            f"{len(wrapped)} were given.",
        )


MECHANISMS = (
    Mechanism(MechanismType.CLOUDHSM_AES_KEY_WRAP_NO_PAD, _KEYS, wrap=_wrap, unwrap=_unwrap),
    Mechanism(MechanismType.CLOUDHSM_AES_KEY_WRAP_PKCS5_PAD, _KEYS, wrap=_wrap_pkcs5, unwrap=_unwrap_pkcs5),
    Mechanism(MechanismType.CLOUDHSM_AES_KEY_WRAP_ZERO_PAD, _KEYS, wrap=wrap_zero_padded, unwrap=unwrap_zero_padded),
)
