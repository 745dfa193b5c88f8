"""Elliptic curves: key pairs and ECDSA (FIPS 186-5, section 6)."""

from __future__ import annotations

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed, decode_dss_signature

from bridge.engine.attributes import Attribute, Attributes, KeyType
from bridge.engine.curves import curve_named, curve_of
from bridge.engine.errors import HsmError, ReturnCode
from bridge.engine.mechanisms.entry import Mechanism, MechanismType

_KEYS = frozenset({KeyType.EC})
_LONGEST_DIGEST = 64

_BY_LENGTH = {
    20: ec.ECDSA(Prehashed(hashes.SHA1())),  # noqa: S303
    28: ec.ECDSA(Prehashed(hashes.SHA224())),
    32: ec.ECDSA(Prehashed(hashes.SHA256())),
    48: ec.ECDSA(Prehashed(hashes.SHA384())),
    64: ec.ECDSA(Prehashed(hashes.SHA512())),
}


def _curve(template: Attributes) -> ec.EllipticCurve:
    params = template.get(Attribute.EC_PARAMS)
    if not isinstance(params, bytes):
        raise HsmError(
            ReturnCode.TEMPLATE_INCOMPLETE, "An EC key pair needs its curve, the public attribute EC_PARAMS."
        )
    return curve_of(params).curve


def _generate_pair(template: Attributes) -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(_curve(template))


def _prehashed(key: ec.EllipticCurvePrivateKey | ec.EllipticCurvePublicKey, digest: bytes) -> tuple[bytes, ec.ECDSA]:
    """Bring a digest of any length up to 64 bytes to one that ``cryptography`` takes, without changing its meaning.

    ECDSA reads the leftmost bits of the digest, as many as the group order has, as a number. So a digest longer
    than the order may be cut there, and a shorter one may get zeros in front as long as it stays within the order.
    """
    algorithm = _BY_LENGTH.get(len(digest))
    if algorithm is not None:
        return digest, algorithm
    if len(digest) > _LONGEST_DIGEST:
        raise HsmError(
            ReturnCode.DATA_LEN_RANGE,
            f"ECDSA signs a digest of at most {_LONGEST_DIGEST} bytes; {len(digest)} were given.",
        )
    width = min(curve_named(key.curve.name).order_bytes, _LONGEST_DIGEST)
    digest = digest[:width].rjust(width, b"\x00")
    return digest, _BY_LENGTH[width]


def _sign(key: ec.EllipticCurvePrivateKey, parameter: None, data: bytes) -> bytes:
    digest, algorithm = _prehashed(key, data)
    return key.sign(digest, algorithm)


def _verify(key: ec.EllipticCurvePublicKey, parameter: None, data: bytes, signature: bytes) -> None:
    digest, algorithm = _prehashed(key, data)
    try:
        key.verify(signature, digest, algorithm)
    except InvalidSignature:
        _require_der(signature)
        raise HsmError(ReturnCode.SIGNATURE_INVALID, "The signature does not match data and key.") from None


def _require_der(signature: bytes) -> None:
    """Tell a wrong signature from bytes that are none."""
    try:
        decode_dss_signature(signature)
    except ValueError:
        raise HsmError(
            ReturnCode.SIGNATURE_LEN_RANGE,
            "The signature is not the DER SEQUENCE of two INTEGERs that ECDSA makes.",
        ) from None


MECHANISMS = (
    Mechanism(MechanismType.EC_KEY_PAIR_GEN, _KEYS, check=_curve, generate_pair=_generate_pair),
    Mechanism(MechanismType.ECDSA, _KEYS, sign=_sign, verify=_verify),
)
