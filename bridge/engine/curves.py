"""The elliptic curves of CloudHSM, by name and by DER object identifier."""

from __future__ import annotations

from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric import ec

from bridge.engine.errors import HsmError, ReturnCode


@dataclass(frozen=True)
class Curve:
    """One curve.

    Attributes:
        name: as SEC 2 spells it.
        params: the DER object identifier, which PKCS#11 calls ``CKA_EC_PARAMS``.
        curve: the same in ``cryptography``.
        order_bytes: length of the group order in bytes, rounded up.
    """

    name: str
    params: bytes
    curve: ec.EllipticCurve
    order_bytes: int


CURVES = (
    Curve("secp224r1", bytes.fromhex("06052b81040021"), ec.SECP224R1(), 28),
    Curve("secp256r1", bytes.fromhex("06082a8648ce3d030107"), ec.SECP256R1(), 32),
    Curve("secp256k1", bytes.fromhex("06052b8104000a"), ec.SECP256K1(), 32),
    Curve("secp384r1", bytes.fromhex("06052b81040022"), ec.SECP384R1(), 48),
    Curve("secp521r1", bytes.fromhex("06052b81040023"), ec.SECP521R1(), 66),
)
ED25519_PARAMS = bytes.fromhex("06032b6570")
"""The DER object identifier of Ed25519 (RFC 8410, section 3), ``CKA_EC_PARAMS`` of its keys."""

_BY_NAME = {curve.name: curve for curve in CURVES}
_BY_PARAMS = {curve.params: curve for curve in CURVES}
_SUPPORTED = ", ".join(curve.name for curve in CURVES)


def curve_named(name: str) -> Curve:
    """Return the curve of that SEC 2 name.

    Raises:
        HsmError: ``CURVE_NOT_SUPPORTED``.
    """
    if name not in _BY_NAME:
        raise HsmError(
            ReturnCode.CURVE_NOT_SUPPORTED, f"The HSM does not know the curve {name}; it knows {_SUPPORTED}."
        )
    return _BY_NAME[name]


def curve_of(params: bytes) -> Curve:
    """Return the curve that ``CKA_EC_PARAMS`` names.

    Args:
        params: a DER object identifier.

    Raises:
        HsmError: ``CURVE_NOT_SUPPORTED``.
    """
    if params not in _BY_PARAMS:
        raise HsmError(
            ReturnCode.CURVE_NOT_SUPPORTED,
            f"EC_PARAMS is not the DER object identifier of a curve that the HSM knows: {_SUPPORTED}.",
        )
    return _BY_PARAMS[params]


def der_octet_string(value: bytes) -> bytes:
    """Wrap at most 255 bytes in a DER OCTET STRING, the form of ``CKA_EC_POINT`` (PKCS#11 v3.1, 6.3.3)."""
    length = bytes([len(value)]) if len(value) < 0x80 else bytes([0x81, len(value)])
    return b"\x04" + length + value
