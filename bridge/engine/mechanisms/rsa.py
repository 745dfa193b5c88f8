"""RSA: key pairs and PKCS#1 v1.5 signatures (RFC 8017, section 8.2)."""

from __future__ import annotations

import hmac

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey, generate_private_key
from cryptography.hazmat.primitives.asymmetric.utils import NoDigestInfo

from bridge.engine.attributes import Attribute, Attributes, KeyType
from bridge.engine.errors import HsmError, ReturnCode
from bridge.engine.material import check_rsa_bits
from bridge.engine.mechanisms.entry import Mechanism, MechanismType

_PADDING_BYTES = 11
_EXPONENT = 65537
_PKCS1 = PKCS1v15()
_AS_GIVEN = NoDigestInfo()


def _generate_pair(template: Attributes) -> RSAPrivateKey:
    if Attribute.MODULUS_BITS not in template:
        raise HsmError(
            ReturnCode.TEMPLATE_INCOMPLETE,
            "An RSA key pair needs its size, the public attribute MODULUS_BITS.",
        )
    bits = int(template[Attribute.MODULUS_BITS])
    check_rsa_bits(bits)
    given = template.get(Attribute.PUBLIC_EXPONENT)
    if isinstance(given, bytes) and int.from_bytes(given, "big") != _EXPONENT:
        raise HsmError(
            ReturnCode.ATTRIBUTE_VALUE_INVALID,
            f"PUBLIC_EXPONENT of a new RSA key is {_EXPONENT} in this HSM; leave it out, "
            "or import a key that has another.",
        )
    return generate_private_key(_EXPONENT, bits)


def _sign(key: RSAPrivateKey, data: bytes) -> bytes:
    limit = key.key_size // 8 - _PADDING_BYTES
    if len(data) > limit:
        raise HsmError(
            ReturnCode.DATA_LEN_RANGE,
            f"RSA PKCS#1 v1.5 with a {key.key_size}-bit key signs at most {limit} bytes; {len(data)} were given.",
        )
    return key.sign(data, _PKCS1, _AS_GIVEN)


def _verify(key: RSAPublicKey, data: bytes, signature: bytes) -> None:
    size = key.key_size // 8
    if len(signature) != size:
        raise HsmError(
            ReturnCode.SIGNATURE_LEN_RANGE,
            f"Bad signature length: a {key.key_size}-bit RSA key makes {size} bytes; {len(signature)} were given.",
        )
    try:
        signed = key.recover_data_from_signature(signature, _PKCS1, None)
    except InvalidSignature:
        signed = None
    if signed is None or not hmac.compare_digest(signed, data):
        raise HsmError(ReturnCode.SIGNATURE_INVALID, "The signature does not match data and key.")


MECHANISMS = (
    Mechanism(MechanismType.RSA_PKCS_KEY_PAIR_GEN, KeyType.RSA, generate_pair=_generate_pair),
    Mechanism(MechanismType.RSA_PKCS, KeyType.RSA, sign=_sign, verify=_verify),
)
