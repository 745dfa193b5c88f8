"""ECDSA in plain integers, straight from FIPS 186-5, section 6.4; of a library it uses only the multiples of the base.

Whoever knows the private key d can recover the nonce of a signature (r, s) over the number e: k = (e + r·d) / s. The
signature is right if and only if the point k·G has r as its x-coordinate modulo n.
"""

from __future__ import annotations

from cryptography.hazmat.primitives.asymmetric import ec

from bridge.engine.curves import CURVES

# SP 800-186, section 3.2.1, and SEC 2 v2, section 2.4.1.
ORDERS = {
    "secp224r1": 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFF16A2E0B8F03E13DD29455C5C2A3D,
    "secp256r1": 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551,
    "secp256k1": 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141,
    "secp384r1": 2**384 - 0x389CB27E0BC8D220A7E5F24DB74F58851313E695333AD68D,
    "secp521r1": 2**521 - 0x5AE79787C40D069948033FEB708F65A2FC44A36477663B851449048E16EC79BF7,
}
_CURVES = {curve.name: curve.curve for curve in CURVES}


def number_of(curve: str, digest: bytes) -> int:
    """Return the leftmost bits of a digest, as many as the order has, as a number."""
    return int.from_bytes(digest, "big") >> max(0, 8 * len(digest) - ORDERS[curve].bit_length())


def _x(curve: str, factor: int) -> int:
    return ec.derive_private_key(factor, _CURVES[curve]).public_key().public_numbers().x % ORDERS[curve]


def holds(curve: str, private: int, digest: bytes, r: int, s: int) -> bool:
    """Tell whether r and s are what this private key signs a digest with."""
    n = ORDERS[curve]
    if not (0 < r < n and 0 < s < n):
        return False
    nonce = (number_of(curve, digest) + r * private) * pow(s, -1, n) % n
    return nonce != 0 and _x(curve, nonce) == r


def sign(curve: str, private: int, digest: bytes, nonce: int) -> tuple[int, int]:
    """Return r and s for a nonce."""
    n = ORDERS[curve]
    r = _x(curve, nonce)
    return r, pow(nonce, -1, n) * (number_of(curve, digest) + r * private) % n
