"""The one error type of the engine, with PKCS#11 return codes as its codes."""

from __future__ import annotations

from enum import IntEnum


class ReturnCode(IntEnum):
    """Return codes of PKCS#11 v3.1, section 6.1, without the ``CKR_`` prefix."""

    GENERAL_ERROR = 0x05
    FUNCTION_FAILED = 0x06
    ARGUMENTS_BAD = 0x07
    ATTRIBUTE_READ_ONLY = 0x10
    ATTRIBUTE_SENSITIVE = 0x11
    ATTRIBUTE_TYPE_INVALID = 0x12
    ATTRIBUTE_VALUE_INVALID = 0x13
    ACTION_PROHIBITED = 0x1B
    DATA_INVALID = 0x20
    DATA_LEN_RANGE = 0x21
    DEVICE_ERROR = 0x30
    DEVICE_MEMORY = 0x31
    DEVICE_REMOVED = 0x32
    ENCRYPTED_DATA_INVALID = 0x40
    ENCRYPTED_DATA_LEN_RANGE = 0x41
    AEAD_DECRYPT_FAILED = 0x42
    KEY_HANDLE_INVALID = 0x60
    KEY_SIZE_RANGE = 0x62
    KEY_TYPE_INCONSISTENT = 0x63
    KEY_FUNCTION_NOT_PERMITTED = 0x68
    KEY_NOT_WRAPPABLE = 0x69
    KEY_UNEXTRACTABLE = 0x6A
    MECHANISM_INVALID = 0x70
    MECHANISM_PARAM_INVALID = 0x71
    OBJECT_HANDLE_INVALID = 0x82
    PIN_INCORRECT = 0xA0
    PIN_INVALID = 0xA1
    PIN_LEN_RANGE = 0xA2
    PIN_LOCKED = 0xA4
    SESSION_CLOSED = 0xB0
    SESSION_COUNT = 0xB1
    SESSION_HANDLE_INVALID = 0xB3
    SIGNATURE_INVALID = 0xC0
    SIGNATURE_LEN_RANGE = 0xC1
    TEMPLATE_INCOMPLETE = 0xD0
    TEMPLATE_INCONSISTENT = 0xD1
    TOKEN_NOT_PRESENT = 0xE0
    TOKEN_WRITE_PROTECTED = 0xE2
    WRAPPED_KEY_INVALID = 0x110
    WRAPPED_KEY_LEN_RANGE = 0x112
    USER_ALREADY_LOGGED_IN = 0x100
    USER_NOT_LOGGED_IN = 0x101
    USER_TYPE_INVALID = 0x103
    CURVE_NOT_SUPPORTED = 0x140
    PUBLIC_KEY_INVALID = 0x1B9
    # Vendor-defined, after the number that the original's HSM answers with when it is saturated.
    DEVICE_BUSY = 0x8000_00BB
    # Vendor-defined: quorum authentication, of which PKCS#11 knows nothing.
    QUORUM_REQUIRED = 0x8000_0101
    QUORUM_FAILED = 0x8000_0102


class HsmError(Exception):
    """A refusal by the HSM.

    The message names the key, the attribute or limit that refused, and the remedy; it never holds key bytes,
    passwords or plaintext, so that every door may show it as it is.
    """

    def __init__(self, code: ReturnCode, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
