"""Ed25519 (RFC 8032): key pairs, Ed25519 and Ed25519ph."""

from __future__ import annotations

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from bridge.engine import pycryptodome
from bridge.engine.attributes import Attribute, Attributes, KeyType
from bridge.engine.curves import ED25519_PARAMS
from bridge.engine.errors import HsmError, ReturnCode
from bridge.engine.mechanisms.entry import Mechanism, MechanismType
from bridge.engine.parameters import Eddsa
from bridge.engine.settings import FIPS_KEY_BANS

_KEYS = frozenset({KeyType.EC_EDWARDS})
_BAN = FIPS_KEY_BANS[KeyType.EC_EDWARDS]
_DIGEST_BYTES = 64
_SIGNATURE_BYTES = 64
_ORDER = 2**252 + 27742317777372353535851937790883648493
"""Of the group of Ed25519 (RFC 8032, section 5.1)."""


def _check_curve(template: Attributes) -> None:
    if template.get(Attribute.EC_PARAMS, ED25519_PARAMS) != ED25519_PARAMS:
        raise HsmError(
            ReturnCode.CURVE_NOT_SUPPORTED,
            "The one Edwards curve of the HSM is Ed25519; leave EC_PARAMS out, or give its DER object identifier.",
        )


def _generate_pair(template: Attributes) -> Ed25519PrivateKey:
    _check_curve(template)
    return Ed25519PrivateKey.generate()


def _sign(key: Ed25519PrivateKey, parameter: Eddsa, data: bytes) -> bytes:
    if not _is_prehashed(parameter, data):
        return key.sign(data)
    return pycryptodome.sign_ed25519ph(key.private_bytes_raw(), data)


def _verify(key: Ed25519PublicKey, parameter: Eddsa, data: bytes, signature: bytes) -> None:
    prehashed = _is_prehashed(parameter, data)
    if len(signature) != _SIGNATURE_BYTES:
        raise HsmError(
            ReturnCode.SIGNATURE_LEN_RANGE,
            f"An Ed25519 signature has {_SIGNATURE_BYTES} bytes; {len(signature)} were given.",
        )
    try:
        if prehashed:
            _require_canonical(signature)
            pycryptodome.verify_ed25519ph(key.public_bytes_raw(), data, signature)
        else:
            key.verify(signature, data)
    except (InvalidSignature, ValueError):
        raise HsmError(ReturnCode.SIGNATURE_INVALID, "The signature does not match data and key.") from None


def _require_canonical(signature: bytes) -> None:
    """Refuse S that is not below the order (RFC 8032, section 5.1.7); pycryptodomex lets the order itself pass.

    Raises:
        ValueError: if it is not.
    """
    if int.from_bytes(signature[_SIGNATURE_BYTES // 2 :], "little") >= _ORDER:
        raise ValueError("S is not below the order")


def _is_prehashed(parameter: Eddsa, data: bytes) -> bool:
    if parameter.prehashed not in (0, 1):
        raise HsmError(
            ReturnCode.MECHANISM_PARAM_INVALID,
            f"EdDSA signs the message (0) or its digest (1); {parameter.prehashed} is neither.",
        )
    if parameter.prehashed and len(data) != _DIGEST_BYTES:
        raise HsmError(
            ReturnCode.DATA_LEN_RANGE,
            f"Ed25519ph signs a SHA-512 digest, {_DIGEST_BYTES} bytes; {len(data)} were given.",
        )
    return parameter.prehashed == 1


MECHANISMS = (
    Mechanism(
        MechanismType.EC_EDWARDS_KEY_PAIR_GEN, _KEYS, fips_ban=_BAN, check=_check_curve, generate_pair=_generate_pair
    ),
    Mechanism(MechanismType.EDDSA, _KEYS, Eddsa, _BAN, sign=_sign, verify=_verify),
)
