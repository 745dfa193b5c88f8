"""ECB and CBC, with and without PKCS#7 padding (RFC 5652), and CTR over any block cipher (NIST SP 800-38A)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from cryptography.hazmat.primitives.ciphers import BlockCipherAlgorithm, Cipher, CipherContext, modes
from cryptography.hazmat.primitives.padding import PKCS7

from bridge.engine.errors import HsmError, ReturnCode
from bridge.engine.parameters import Iv

_LONGEST_BLOCK = 16

Data = TypeVar("Data", bytes, memoryview)
"""Bytes, or memory of which the same is returned with the result in it."""


@dataclass(frozen=True)
class BlockCipher:
    """A block cipher and what it does in each mode.

    The functions take a key, the mechanism's parameter and the data, as the fields of
    :class:`bridge.engine.mechanisms.entry.Mechanism` do. They raise ``DATA_LEN_RANGE`` or ``ENCRYPTED_DATA_LEN_RANGE``
    for data that are no whole blocks, ``ENCRYPTED_DATA_INVALID`` for wrong padding, and ``MECHANISM_PARAM_INVALID`` for
    an IV of another length than a block. Those that neither pad nor take padding off also work in place.

    Attributes:
        name: for messages.
        algorithm: makes the cipher from a key.
        block: length of a block in bytes.
    """

    name: str
    algorithm: Callable[[bytes], BlockCipherAlgorithm]
    block: int

    def encrypt_ecb(self, key: bytes, parameter: None, data: Data) -> Data:
        """Encrypt whole blocks."""
        self._require_blocks(data, ReturnCode.DATA_LEN_RANGE)
        return _run(self._ecb(key).encryptor(), data)

    def decrypt_ecb(self, key: bytes, parameter: None, data: Data) -> Data:
        """Decrypt whole blocks."""
        self._require_blocks(data, ReturnCode.ENCRYPTED_DATA_LEN_RANGE)
        return _run(self._ecb(key).decryptor(), data)

    def encrypt_ecb_pad(self, key: bytes, parameter: None, data: bytes) -> bytes:
        """Pad and encrypt."""
        return _run(self._ecb(key).encryptor(), self._padded(data))

    def decrypt_ecb_pad(self, key: bytes, parameter: None, data: bytes) -> bytes:
        """Decrypt and take the padding off."""
        self._require_padded_blocks(data)
        return self._unpadded(_run(self._ecb(key).decryptor(), data))

    def encrypt_cbc(self, key: bytes, parameter: Iv, data: Data) -> Data:
        """Encrypt whole blocks."""
        self._require_blocks(data, ReturnCode.DATA_LEN_RANGE)
        return _run(self._cbc(key, parameter).encryptor(), data)

    def decrypt_cbc(self, key: bytes, parameter: Iv, data: Data) -> Data:
        """Decrypt whole blocks."""
        self._require_blocks(data, ReturnCode.ENCRYPTED_DATA_LEN_RANGE)
        return _run(self._cbc(key, parameter).decryptor(), data)

    def encrypt_cbc_pad(self, key: bytes, parameter: Iv, data: bytes) -> bytes:
        """Pad and encrypt."""
        return _run(self._cbc(key, parameter).encryptor(), self._padded(data))

    def decrypt_cbc_pad(self, key: bytes, parameter: Iv, data: bytes) -> bytes:
        """Decrypt and take the padding off."""
        self._require_padded_blocks(data)
        return self._unpadded(_run(self._cbc(key, parameter).decryptor(), data))

    def encrypt_ctr(self, key: bytes, parameter: Iv, data: Data) -> Data:
        """Encrypt, or decrypt, data of any length; the parameter is the first counter block."""
        return _run(Cipher(self.algorithm(key), modes.CTR(self._iv(parameter))).encryptor(), data)

    def _ecb(self, key: bytes) -> Cipher[modes.ECB]:
        # CloudHSM offers ECB, and it is what tools build other modes from.
        return Cipher(self.algorithm(key), modes.ECB())  # noqa: S305

    def _cbc(self, key: bytes, parameter: Iv) -> Cipher[modes.CBC]:
        return Cipher(self.algorithm(key), modes.CBC(self._iv(parameter)))

    def _iv(self, parameter: Iv) -> bytes:
        if len(parameter.iv) != self.block:
            raise HsmError(
                ReturnCode.MECHANISM_PARAM_INVALID,
                f"The IV of {self.name} has {self.block} bytes, as a block; {len(parameter.iv)} were given.",
            )
        return parameter.iv

    def _padded(self, data: bytes) -> bytes:
        padder = PKCS7(8 * self.block).padder()
        return padder.update(data) + padder.finalize()

    def _unpadded(self, data: bytes) -> bytes:
        unpadder = PKCS7(8 * self.block).unpadder()
        try:
            return unpadder.update(data) + unpadder.finalize()
        except ValueError:
            raise HsmError(
                ReturnCode.ENCRYPTED_DATA_INVALID,
                "The padding of the decrypted data is wrong: another key or IV was used, or the data were changed.",
            ) from None

    def _require_blocks(self, data: bytes | memoryview, code: ReturnCode) -> None:
        if len(data) % self.block:
            raise HsmError(
                code,
                f"{self.name} without padding takes a multiple of {self.block} bytes; {len(data)} were given.",
            )

    def _require_padded_blocks(self, data: bytes) -> None:
        if not data or len(data) % self.block:
            raise HsmError(
                ReturnCode.ENCRYPTED_DATA_LEN_RANGE,
                f"Padded {self.name} ciphertext is a multiple of {self.block} bytes and not empty; "
                f"{len(data)} were given.",
            )


def _run(context: CipherContext, data: Data) -> Data:
    if isinstance(data, bytes):
        return context.update(data) + context.finalize()
    # cryptography wants room for a block more than it writes.
    last = max(0, len(data) - _LONGEST_BLOCK)
    if last:
        context.update_into(data[:last], data)
    data[last:] = context.update(data[last:]) + context.finalize()
    return data
