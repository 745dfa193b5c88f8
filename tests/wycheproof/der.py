"""The few DER structures that vectors leave out: keys around the bare points, numbers and seeds that they give."""

from __future__ import annotations

from wycheproof.limits import CURVES

_BIT_STRING, _OCTET_STRING, _SEQUENCE, _SEED = 0x03, 0x04, 0x30, 0x80
_EC_PUBLIC_KEY = bytes.fromhex("06072a8648ce3d0201")
_VERSION_0 = bytes.fromhex("020100")
_ML_DSA = bytes.fromhex("06096086480165030403")
_ED25519 = bytes.fromhex("06032b6570")
_ML_DSA_NUMBERS = {"ML-DSA-44": 17, "ML-DSA-65": 18, "ML-DSA-87": 19}


def ec_public_info(curve: str, point: bytes) -> bytes:
    """Return the SubjectPublicKeyInfo of an encoded point (RFC 5480), on the curve or not."""
    algorithm = _tlv(_SEQUENCE, _EC_PUBLIC_KEY + bytes.fromhex(CURVES[curve]))
    return _public_info(algorithm, point)


def ed25519_public_info(key: bytes) -> bytes:
    """Return the SubjectPublicKeyInfo of an Ed25519 key (RFC 8410)."""
    return _public_info(_tlv(_SEQUENCE, _ED25519), key)


def ml_dsa_public_info(parameter_set: str, key: bytes) -> bytes:
    """Return the SubjectPublicKeyInfo of an ML-DSA key (RFC 9881), of whatever length."""
    return _public_info(_ml_dsa(parameter_set), key)


def ml_dsa_private_info(parameter_set: str, seed: bytes) -> bytes:
    """Return the PKCS#8 form of an ML-DSA key that is given as its seed (RFC 9881)."""
    key = _tlv(_OCTET_STRING, _tlv(_SEED, seed))
    return _tlv(_SEQUENCE, _VERSION_0 + _ml_dsa(parameter_set) + key)


def _ml_dsa(parameter_set: str) -> bytes:
    return _tlv(_SEQUENCE, _ML_DSA + bytes([_ML_DSA_NUMBERS[parameter_set]]))


def _public_info(algorithm: bytes, key: bytes) -> bytes:
    return _tlv(_SEQUENCE, algorithm + _tlv(_BIT_STRING, b"\0" + key))


def _tlv(tag: int, content: bytes) -> bytes:
    length = len(content)
    if length < 0x80:
        return bytes([tag, length]) + content
    digits = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(digits)]) + digits + content
