"""RSA signatures: PKCS#1 v1.5 (RFC 8017, section 8.2) and PSS (section 8.1)."""

from __future__ import annotations

import hmac
from functools import lru_cache

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, PSS, PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.asymmetric.utils import NoDigestInfo, Prehashed

from bridge.engine.errors import HsmError, ReturnCode
from bridge.engine.mechanisms.digests import hash_of
from bridge.engine.parameters import Pss

_PADDING_BYTES = 11
_PKCS1 = PKCS1v15()
_AS_GIVEN = NoDigestInfo()


def sign_pkcs1(key: RSAPrivateKey, parameter: None, data: bytes) -> bytes:
    """Sign data as they are: usually a DigestInfo.

    Raises:
        HsmError: ``DATA_LEN_RANGE``.
    """
    limit = key.key_size // 8 - _PADDING_BYTES
    if len(data) > limit:
        raise HsmError(
            ReturnCode.DATA_LEN_RANGE,
            f"RSA PKCS#1 v1.5 with a {key.key_size}-bit key signs at most {limit} bytes; {len(data)} were given.",
        )
    return key.sign(data, _PKCS1, _AS_GIVEN)


def verify_pkcs1(key: RSAPublicKey, parameter: None, data: bytes, signature: bytes) -> None:
    """Verify what :func:`sign_pkcs1` signs.

    Raises:
        HsmError: ``SIGNATURE_LEN_RANGE`` or ``SIGNATURE_INVALID``.
    """
    _check_length(key, signature)
    try:
        signed = key.recover_data_from_signature(signature, _PKCS1, None)
    except InvalidSignature:
        signed = None
    if signed is None or not hmac.compare_digest(signed, data):
        raise _wrong()


def sign_pss(key: RSAPrivateKey, parameter: Pss, data: bytes) -> bytes:
    """Sign a digest.

    Raises:
        HsmError: ``DATA_LEN_RANGE`` if the digest is not one of the parameter's hash, ``MECHANISM_PARAM_INVALID`` if
            the HSM has no such hash or the salt does not fit.
    """
    padding, prehashed = _checked(key, parameter, data)
    return key.sign(data, padding, prehashed)


def verify_pss(key: RSAPublicKey, parameter: Pss, data: bytes, signature: bytes) -> None:
    """Verify what :func:`sign_pss` signs; the salt must have the parameter's length.

    Raises:
        HsmError: ``SIGNATURE_LEN_RANGE`` or ``SIGNATURE_INVALID``, and as :func:`sign_pss`.
    """
    padding, prehashed = _checked(key, parameter, data)
    _check_length(key, signature)
    try:
        key.verify(signature, data, padding, prehashed)
    except InvalidSignature:
        raise _wrong() from None


@lru_cache(maxsize=256)
def _pss(parameter: Pss) -> tuple[PSS, Prehashed]:
    digest = hash_of(parameter.hash)
    return PSS(MGF1(hash_of(parameter.mgf_hash)), parameter.salt_length), Prehashed(digest)


def _checked(key: RSAPrivateKey | RSAPublicKey, parameter: Pss, digest: bytes) -> tuple[PSS, Prehashed]:
    padding, prehashed = _pss(parameter)
    if len(digest) != prehashed.digest_size:
        raise HsmError(
            ReturnCode.DATA_LEN_RANGE,
            f"RSA PSS signs a digest of the hash that its parameter names, {prehashed.digest_size} bytes; "
            f"{len(digest)} were given.",
        )
    limit = key.key_size // 8 - prehashed.digest_size - 2
    if parameter.salt_length > limit:
        raise HsmError(
            ReturnCode.MECHANISM_PARAM_INVALID,
            f"The salt of RSA PSS with a {key.key_size}-bit key and this hash has at most {limit} bytes; "
            f"{parameter.salt_length} were asked for.",
        )
    return padding, prehashed


def _check_length(key: RSAPublicKey, signature: bytes) -> None:
    size = key.key_size // 8
    if len(signature) != size:
        raise HsmError(
            ReturnCode.SIGNATURE_LEN_RANGE,
            f"Bad signature length: a {key.key_size}-bit RSA key makes {size} bytes; {len(signature)} were given.",
        )


def _wrong() -> HsmError:
    return HsmError(ReturnCode.SIGNATURE_INVALID, "The signature does not match data and key.")
