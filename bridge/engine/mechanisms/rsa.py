"""RSA (RFC 8017): key pairs, and the table of what the HSM does with them."""

from __future__ import annotations

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import load_der_private_key

from bridge.engine import pycryptodome
from bridge.engine.attributes import Attribute, Attributes, KeyType, number
from bridge.engine.errors import HsmError, ReturnCode
from bridge.engine.material import RSA_EXPONENT_BITS, check_rsa_bits
from bridge.engine.mechanisms import rsa_encryption as encryption
from bridge.engine.mechanisms import rsa_signature as signature
from bridge.engine.mechanisms.entry import Mechanism, MechanismType
from bridge.engine.mechanisms.wrapping import unwrapping, wrapping
from bridge.engine.parameters import Oaep, Pss, RsaAesKeyWrap

_KEYS = frozenset({KeyType.RSA})
_USUAL_EXPONENT = 65537


def _size_and_exponent(template: Attributes) -> tuple[int, int]:
    if Attribute.MODULUS_BITS not in template:
        raise HsmError(
            ReturnCode.TEMPLATE_INCOMPLETE,
            "An RSA key pair needs its size, the public attribute MODULUS_BITS.",
        )
    bits = number(template, Attribute.MODULUS_BITS)
    check_rsa_bits(bits)
    given = template.get(Attribute.PUBLIC_EXPONENT)
    exponent = int.from_bytes(given, "big") if isinstance(given, bytes) else _USUAL_EXPONENT
    if exponent < _USUAL_EXPONENT or exponent % 2 == 0 or exponent.bit_length() > RSA_EXPONENT_BITS:
        raise HsmError(
            ReturnCode.ATTRIBUTE_VALUE_INVALID,
            f"PUBLIC_EXPONENT of a new RSA key is odd, at least {_USUAL_EXPONENT} and at most {RSA_EXPONENT_BITS} bits "
            "long; leave it out for the usual one.",
        )
    return bits, exponent


def _generate_pair(template: Attributes) -> RSAPrivateKey:
    bits, exponent = _size_and_exponent(template)
    if exponent == _USUAL_EXPONENT:
        return generate_private_key(exponent, bits)
    # cryptography generates keys with the usual exponent only.
    encoded = pycryptodome.generate_rsa(bits, exponent)
    key = load_der_private_key(encoded, None, unsafe_skip_rsa_key_validation=True)
    if not isinstance(key, RSAPrivateKey):
        raise AssertionError("an RSA key was made")
    return key


MECHANISMS = (
    Mechanism(MechanismType.RSA_PKCS_KEY_PAIR_GEN, _KEYS, check=_size_and_exponent, generate_pair=_generate_pair),
    Mechanism(
        MechanismType.RSA_PKCS,
        _KEYS,
        fips_ban="RSA PKCS#1 v1.5 padding of data and keys is disallowed after 2023 (NIST SP 800-131A); use OAEP",
        fips_ban_covers=frozenset({"encrypt", "decrypt", "wrap", "unwrap"}),
        sign=signature.sign_pkcs1,
        verify=signature.verify_pkcs1,
        encrypt=encryption.encrypt_pkcs1,
        decrypt=encryption.decrypt_pkcs1,
        wrap=wrapping(encryption.encrypt_pkcs1),
        unwrap=unwrapping(encryption.decrypt_pkcs1),
    ),
    Mechanism(MechanismType.RSA_X_509, _KEYS, encrypt=encryption.encrypt_raw, decrypt=encryption.decrypt_raw),
    Mechanism(
        MechanismType.RSA_PKCS_OAEP,
        _KEYS,
        Oaep,
        encrypt=encryption.encrypt_oaep,
        decrypt=encryption.decrypt_oaep,
        wrap=wrapping(encryption.encrypt_oaep),
        unwrap=unwrapping(encryption.decrypt_oaep),
    ),
    Mechanism(MechanismType.RSA_PKCS_PSS, _KEYS, Pss, sign=signature.sign_pss, verify=signature.verify_pss),
    Mechanism(
        MechanismType.RSA_AES_KEY_WRAP,
        _KEYS,
        RsaAesKeyWrap,
        wrap=encryption.wrap_with_aes,
        unwrap=encryption.unwrap_with_aes,
    ),
)
