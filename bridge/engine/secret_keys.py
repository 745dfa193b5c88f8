"""Secret keys: their types, sizes and check values."""

from __future__ import annotations

from collections.abc import Callable, Container
from dataclasses import dataclass

from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.ciphers import BlockCipherAlgorithm, Cipher, algorithms, modes

from bridge.engine.attributes import Attribute, Attributes, KeyType, number
from bridge.engine.errors import HsmError, ReturnCode

DES3_LENGTH = 24
GENERIC_LENGTHS = range(1, 800 + 1)
"""What the HSM makes; it stores longer ones that come from outside (user guide, "ki-all")."""


@dataclass(frozen=True)
class _Kind:
    """One type of secret key: the lengths in bytes that exist, those in words, and how its check value is made."""

    lengths: Container[int]
    sizes: str
    check_value: Callable[[bytes], bytes]


def secret_type(value: object) -> KeyType:
    """Return a type of secret key.

    Args:
        value: of ``KEY_TYPE``.

    Raises:
        HsmError: ``KEY_TYPE_INCONSISTENT`` if secret keys have no such type.
    """
    if not isinstance(value, int) or value not in _KINDS:
        raise HsmError(
            ReturnCode.KEY_TYPE_INCONSISTENT,
            "A secret key is of the type AES, DES3 or GENERIC_SECRET; KEY_TYPE says another.",
        )
    return KeyType(value)


def check_length(key_type: KeyType, length: int) -> None:
    """Refuse secret keys of a length that does not exist.

    Args:
        key_type: as :func:`secret_type` returns it.
        length: in bytes.

    Raises:
        HsmError: ``KEY_SIZE_RANGE``.
    """
    kind = _KINDS[key_type]
    if length not in kind.lengths:
        raise HsmError(ReturnCode.KEY_SIZE_RANGE, f"{kind.sizes}; this one would have {8 * length} bits.")


def derived_length(given: Attributes, key_type: KeyType) -> int | None:
    """Return how many bytes a derived key is to have; None if a generic secret may take all that there is.

    Args:
        given: what the caller asks for; ``VALUE_LEN`` is the length in bytes.
        key_type: of the key to derive.

    Raises:
        HsmError: ``TEMPLATE_INCOMPLETE`` if ``VALUE_LEN`` is absent, ``KEY_SIZE_RANGE``.
    """
    if Attribute.VALUE_LEN in given:
        length = number(given, Attribute.VALUE_LEN)
        if length not in GENERIC_LENGTHS:
            raise HsmError(
                ReturnCode.KEY_SIZE_RANGE,
                f"A derived key has 1 to {GENERIC_LENGTHS[-1]} bytes; {length} were asked for.",
            )
        return length
    if key_type is KeyType.AES:
        raise HsmError(ReturnCode.TEMPLATE_INCOMPLETE, "A derived AES key needs its length, the attribute VALUE_LEN.")
    return DES3_LENGTH if key_type is KeyType.DES3 else None


def check_value(key_type: KeyType, value: bytes) -> bytes:
    """Return what tells two keys apart without giving them away (user guide, "cloudhsm_cli-key-attributes-table").

    A generic secret has none: it may be a password, which three bytes of a digest would help to guess.
    """
    return _KINDS[key_type].check_value(value)


def _encrypted_zeros(algorithm: BlockCipherAlgorithm) -> bytes:
    """First three bytes of the encrypted zero block."""
    # ECB of one constant block is what the key check value is defined as.
    encryptor = Cipher(algorithm, modes.ECB()).encryptor()  # noqa: S305
    return encryptor.update(bytes(algorithm.block_size // 8))[:3]


_KINDS = {
    KeyType.AES: _Kind(
        frozenset({16, 24, 32}),
        "AES keys have 128, 192 or 256 bits",
        lambda value: _encrypted_zeros(algorithms.AES(value)),
    ),
    KeyType.DES3: _Kind(
        frozenset({DES3_LENGTH}),
        "Triple DES keys have 192 bits, parity included",
        lambda value: _encrypted_zeros(TripleDES(value)),
    ),
    KeyType.GENERIC_SECRET: _Kind(range(1, 2**31), "A generic secret has at least 8 bits", lambda value: b""),
}
