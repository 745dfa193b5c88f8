"""What the HSM has, so that a vector beyond it is told from a vector that fails.

Every reason names the documented limit. Whether one applies is decided from a vector's parameters alone, before
anything runs.
"""

from __future__ import annotations

HASHES = {"SHA-1": "SHA1", "SHA-224": "SHA224", "SHA-256": "SHA256", "SHA-384": "SHA384", "SHA-512": "SHA512"}
"""Names of hashes in the vectors, and in JCA's names of algorithms."""

CURVES = {
    "secp224r1": "06052b81040021",
    "secp256r1": "06082a8648ce3d030107",
    "secp256k1": "06052b8104000a",
    "secp384r1": "06052b81040022",
    "secp521r1": "06052b81040023",
}
"""Curves, and the DER of their object identifiers in hexadecimal."""

_CURVE_ALIASES = {"P-256": "secp256r1", "P-256K": "secp256k1", "P-384": "secp384r1", "P-521": "secp521r1"}

HMAC_DATA = {"HmacSHA1": 16288, "HmacSHA224": 16256, "HmacSHA256": 16288, "HmacSHA384": 16224, "HmacSHA512": 16224}
"""How many bytes the HSM takes, by algorithm."""

GCM_DATA = 16_000
GCM_TAG_BITS = 128
SECRET_BYTES = range(1, 801)
RSA_BITS = range(2048, 4097, 256)


class NotApplicable(Exception):
    """The HSM does not have what a vector is about; the message is the limit."""


def hash_name(name: str) -> str:
    """Return JCA's name of a hash.

    Raises:
        NotApplicable: if the HSM does not have it.
    """
    if name not in HASHES:
        raise NotApplicable(f"hash {name}")
    return HASHES[name]


def curve_name(name: str) -> str:
    """Return SEC 2's name of a curve.

    Raises:
        NotApplicable: if the HSM does not have it.
    """
    name = _CURVE_ALIASES.get(name, name)
    if name not in CURVES:
        raise NotApplicable(f"curve {name}")
    return name


def require_rsa(bits: int) -> None:
    """Check the size of an RSA key.

    Raises:
        NotApplicable: if the HSM has no such keys.
    """
    if bits not in RSA_BITS:
        raise NotApplicable(f"RSA key of {bits} bits, not {RSA_BITS[0]} to {RSA_BITS[-1]} in steps of {RSA_BITS.step}")


def require_secret(what: str, length: int) -> None:
    """Check the length of a generic secret in bytes.

    Raises:
        NotApplicable: if the HSM has no such secrets.
    """
    if length not in SECRET_BYTES:
        raise NotApplicable(f"{what} of {length} bytes, not {SECRET_BYTES[0]} to {SECRET_BYTES[-1]}")


def require_data(length: int, limit: int) -> None:
    """Check the length of data in bytes.

    Raises:
        NotApplicable: if it is more than the HSM takes in one operation.
    """
    if length > limit:
        raise NotApplicable(f"data of more than {limit} bytes")
