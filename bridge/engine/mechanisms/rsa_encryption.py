"""RSA encryption: PKCS#1 v1.5 and OAEP (RFC 8017, section 7), raw, and the wrapping of keys of any length."""

from __future__ import annotations

import secrets
from functools import lru_cache

from cryptography.hazmat.primitives.asymmetric.padding import MGF1, OAEP, PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey

from bridge.engine import pycryptodome
from bridge.engine.errors import HsmError, ReturnCode
from bridge.engine.mechanisms.aes_keywrap import invalid, unwrap_zero_padded, wrap_zero_padded
from bridge.engine.mechanisms.digests import hash_of
from bridge.engine.parameters import Oaep, RsaAesKeyWrap

_PKCS1 = PKCS1v15()
_PKCS1_PADDING_BYTES = 11
_SEMIBLOCK = 8
_SHORTEST_KEYWRAP = 2 * _SEMIBLOCK
_AES_BITS = (128, 192, 256)


def encrypt_pkcs1(key: RSAPublicKey, parameter: None, data: bytes) -> bytes:
    """Encrypt at most (modulus bytes - 11) bytes.

    Raises:
        HsmError: ``DATA_LEN_RANGE``.
    """
    _check_data(key, "PKCS#1 v1.5", len(data), key.key_size // 8 - _PKCS1_PADDING_BYTES)
    return key.encrypt(data, _PKCS1)


def decrypt_pkcs1(key: RSAPrivateKey, parameter: None, data: bytes) -> bytes:
    """Decrypt what :func:`encrypt_pkcs1` made.

    Raises:
        HsmError: ``ENCRYPTED_DATA_LEN_RANGE`` or ``ENCRYPTED_DATA_INVALID``.
    """
    _check_ciphertext(key, data)
    try:
        # Wrong padding is no error: OpenSSL then returns bytes that follow from key and ciphertext and look random
        # (implicit rejection), so that nobody learns which ciphertexts are well padded.
        return key.decrypt(data, _PKCS1)
    except ValueError:
        raise _undecipherable() from None


def encrypt_oaep(key: RSAPublicKey, parameter: Oaep, data: bytes) -> bytes:
    """Encrypt at most (modulus bytes - 2 * hash bytes - 2) bytes.

    Raises:
        HsmError: ``DATA_LEN_RANGE``, or ``MECHANISM_PARAM_INVALID`` if the HSM has no such hash.
    """
    _check_data(key, "OAEP", len(data), key.key_size // 8 - 2 * hash_of(parameter.hash).digest_size - 2)
    return key.encrypt(data, _oaep(parameter))


def decrypt_oaep(key: RSAPrivateKey, parameter: Oaep, data: bytes) -> bytes:
    """Decrypt what :func:`encrypt_oaep` made.

    Raises:
        HsmError: ``ENCRYPTED_DATA_LEN_RANGE``, ``ENCRYPTED_DATA_INVALID``, or ``MECHANISM_PARAM_INVALID`` if the HSM
            has no such hash.
    """
    padding = _oaep(parameter)
    _check_ciphertext(key, data)
    try:
        return key.decrypt(data, padding)
    except ValueError:
        raise _undecipherable() from None


def _oaep(parameter: Oaep) -> OAEP:
    # Labels are the callers' and of any length, so that only the padding without one is kept.
    return _labelled(parameter) if parameter.label else _unlabelled(parameter)


def _labelled(parameter: Oaep) -> OAEP:
    return OAEP(MGF1(hash_of(parameter.mgf_hash)), hash_of(parameter.hash), parameter.label or None)


_unlabelled = lru_cache(maxsize=32)(_labelled)


def encrypt_raw(key: RSAPublicKey, parameter: None, data: bytes) -> bytes:
    """Raise a number below the modulus to the public exponent.

    Args:
        key: the public key.
        parameter: none.
        data: the number, big-endian, at most as long as the modulus.

    Returns:
        The result, as long as the modulus.

    Raises:
        HsmError: ``DATA_LEN_RANGE`` or ``DATA_INVALID``.
    """
    size = key.key_size // 8
    _check_data(key, "without padding", len(data), size)
    numbers = key.public_numbers()
    base = int.from_bytes(data, "big")
    if base >= numbers.n:
        raise _not_below_modulus(ReturnCode.DATA_INVALID)
    return pow(base, numbers.e, numbers.n).to_bytes(size, "big")


def decrypt_raw(key: RSAPrivateKey, parameter: None, data: bytes) -> bytes:
    """Raise a number below the modulus to the private exponent.

    Args:
        key: the private key.
        parameter: none.
        data: the number, big-endian, at most as long as the modulus.

    Returns:
        The result, as long as the modulus.

    Raises:
        HsmError: ``ENCRYPTED_DATA_LEN_RANGE`` or ``ENCRYPTED_DATA_INVALID``.
    """
    size = key.key_size // 8
    if len(data) > size:
        raise _wrong_ciphertext_length(key, data)
    numbers = key.private_numbers()
    base = int.from_bytes(data, "big")
    if base >= numbers.public_numbers.n:
        raise _not_below_modulus(ReturnCode.ENCRYPTED_DATA_INVALID)
    return pycryptodome.decrypt_raw_rsa(numbers, base)


def wrap_with_aes(key: RSAPublicKey, parameter: RsaAesKeyWrap, payload: bytes) -> bytes:
    """Wrap a payload under a temporary AES key (RFC 5649), and that under the RSA key (``CKM_RSA_AES_KEY_WRAP``).

    Raises:
        HsmError: ``MECHANISM_PARAM_INVALID`` if the HSM has no such hash or AES key.
    """
    oaep = _inner_oaep(parameter)
    temporary = secrets.token_bytes(parameter.aes_bits // 8)
    return encrypt_oaep(key, oaep, temporary) + wrap_zero_padded(temporary, None, payload)


def unwrap_with_aes(key: RSAPrivateKey, parameter: RsaAesKeyWrap, wrapped: bytes) -> bytes:
    """Unwrap what :func:`wrap_with_aes` made, whatever length the temporary key has.

    Raises:
        HsmError: ``WRAPPED_KEY_LEN_RANGE``, ``WRAPPED_KEY_INVALID``, or ``MECHANISM_PARAM_INVALID``.
    """
    oaep = _inner_oaep(parameter)
    size = key.key_size // 8
    # The length is judged first, so that its refusal does not tell whether the RSA part was right.
    if len(wrapped) < size + _SHORTEST_KEYWRAP or (len(wrapped) - size) % _SEMIBLOCK:
        raise HsmError(
            ReturnCode.WRAPPED_KEY_LEN_RANGE,
            f"A wrapped key has {size} bytes for the temporary AES key, then a multiple of {_SEMIBLOCK}, at least "
            f"{_SHORTEST_KEYWRAP}; {len(wrapped)} were given in all.",
        )
    try:
        temporary = key.decrypt(wrapped[:size], _oaep(oaep))
    except ValueError:
        raise invalid() from None
    if 8 * len(temporary) not in _AES_BITS:
        raise invalid()
    return unwrap_zero_padded(temporary, None, wrapped[size:])


def _inner_oaep(parameter: RsaAesKeyWrap) -> Oaep:
    if parameter.aes_bits not in _AES_BITS:
        raise HsmError(
            ReturnCode.MECHANISM_PARAM_INVALID,
            f"The temporary AES key has 128, 192 or 256 bits; {parameter.aes_bits} were asked for.",
        )
    return Oaep(parameter.hash, parameter.mgf_hash, parameter.label)


def _check_data(key: RSAPublicKey, padding: str, length: int, limit: int) -> None:
    if length > limit:
        raise HsmError(
            ReturnCode.DATA_LEN_RANGE,
            f"RSA {padding} with a {key.key_size}-bit key takes at most {limit} bytes; {length} were given.",
        )


def _check_ciphertext(key: RSAPrivateKey, data: bytes) -> None:
    if len(data) != key.key_size // 8:
        raise _wrong_ciphertext_length(key, data)


def _wrong_ciphertext_length(key: RSAPrivateKey, data: bytes) -> HsmError:
    return HsmError(
        ReturnCode.ENCRYPTED_DATA_LEN_RANGE,
        f"What a {key.key_size}-bit RSA key encrypted has {key.key_size // 8} bytes; {len(data)} were given.",
    )


def _undecipherable() -> HsmError:
    return HsmError(
        ReturnCode.ENCRYPTED_DATA_INVALID,
        "RSA decryption failed: another key or other parameters were used to encrypt, or the data were changed.",
    )


def _not_below_modulus(code: ReturnCode) -> HsmError:
    return HsmError(code, "RSA without padding takes a number below the modulus; this one is not.")
