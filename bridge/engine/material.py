"""Key values as the engine keeps them, and what they tell of themselves."""

from __future__ import annotations

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_private_key,
    load_der_public_key,
)

from bridge.engine.attributes import Attribute, KeyType, ObjectClass, Value
from bridge.engine.curves import ED25519_PARAMS, curve_named, der_octet_string
from bridge.engine.errors import HsmError, ReturnCode
from bridge.engine.parameter_sets import MlDsaPrivateKey, MlDsaPublicKey, parameter_set_of
from bridge.engine.secret_keys import check_value

PrivateKey = RSAPrivateKey | EllipticCurvePrivateKey | Ed25519PrivateKey | MlDsaPrivateKey
PublicKey = RSAPublicKey | EllipticCurvePublicKey | Ed25519PublicKey | MlDsaPublicKey
Key = PrivateKey | PublicKey | bytes

RSA_BITS = range(2048, 4096 + 1, 256)
RSA_EXPONENT_BITS = 64
"""So that nobody makes the HSM compute for minutes."""


def load(object_class: ObjectClass, material: bytes) -> Key:
    """Parse a value that the engine itself wrote.

    Args:
        object_class: what the value is.
        material: as :attr:`HsmObject.material <bridge.engine.objects.HsmObject.material>`.

    Returns:
        A key object of ``cryptography``, or the bytes of a secret key.
    """
    if object_class is ObjectClass.SECRET_KEY:
        return material
    if object_class is ObjectClass.PUBLIC_KEY:
        return supported_public(load_der_public_key(material))
    # The primes were checked when the key came in, and the seal when it was read: checking again costs 30 ms a key.
    return supported_private(load_der_private_key(material, None, unsafe_skip_rsa_key_validation=True))


def encode(key: Key) -> bytes:
    """Return a key's value in the form that the engine keeps."""
    if isinstance(key, bytes):
        return key
    if isinstance(key, PublicKey):
        return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())


def type_of(key: PrivateKey | PublicKey) -> KeyType:
    """Return the type of a key pair's half."""
    if isinstance(key, RSAPrivateKey | RSAPublicKey):
        return KeyType.RSA
    if isinstance(key, EllipticCurvePrivateKey | EllipticCurvePublicKey):
        return KeyType.EC
    if isinstance(key, Ed25519PrivateKey | Ed25519PublicKey):
        return KeyType.EC_EDWARDS
    return KeyType.ML_DSA


def describe(key: Key, key_type: KeyType | None = None) -> dict[Attribute, Value]:
    """Return the attributes that follow from a key's value; none of them is secret.

    Args:
        key: a parsed key.
        key_type: the type of a secret key, whose bytes do not tell it; AES if it is None.

    Returns:
        ``CLASS``, ``KEY_TYPE``, ``CHECK_VALUE`` and those of the key type.
    """
    if isinstance(key, bytes):
        secret = KeyType.AES if key_type is None else key_type
        return {
            Attribute.CLASS: ObjectClass.SECRET_KEY,
            Attribute.KEY_TYPE: secret,
            Attribute.VALUE_LEN: len(key),
            Attribute.CHECK_VALUE: check_value(secret, key),
        }
    if isinstance(key, PublicKey):
        return {Attribute.CLASS: ObjectClass.PUBLIC_KEY, **_describe_public(key)}
    return {Attribute.CLASS: ObjectClass.PRIVATE_KEY, **_describe_public(key.public_key())}


def _describe_public(key: PublicKey) -> dict[Attribute, Value]:
    info = encode(key)
    return {
        Attribute.KEY_TYPE: type_of(key),
        Attribute.PUBLIC_KEY_INFO: info,
        Attribute.CHECK_VALUE: _digest_check_value(info),
        **_describe_numbers(key),
    }


def _describe_numbers(key: PublicKey) -> dict[Attribute, Value]:
    if isinstance(key, RSAPublicKey):
        numbers = key.public_numbers()
        return {
            Attribute.MODULUS: unsigned_bytes(numbers.n),
            Attribute.MODULUS_BITS: key.key_size,
            Attribute.PUBLIC_EXPONENT: unsigned_bytes(numbers.e),
        }
    if isinstance(key, EllipticCurvePublicKey):
        point = key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        return {
            Attribute.EC_PARAMS: curve_named(key.curve.name).params,
            Attribute.EC_POINT: der_octet_string(point),
        }
    if isinstance(key, Ed25519PublicKey):
        return {
            Attribute.EC_PARAMS: ED25519_PARAMS,
            Attribute.EC_POINT: der_octet_string(key.public_bytes_raw()),
        }
    return {Attribute.PARAMETER_SET: parameter_set_of(key).number}


def unsigned_bytes(number: int) -> bytes:
    """Return a non-negative number as unsigned big-endian bytes without leading zeros, as PKCS#11 big integers are."""
    return number.to_bytes((number.bit_length() + 7) // 8 or 1, "big")


def _digest_check_value(public_key_info: bytes) -> bytes:
    """First three bytes of SHA-1 of the public key, equal for both halves (user guide, same page)."""
    digest = hashes.Hash(hashes.SHA1())  # noqa: S303
    digest.update(public_key_info)
    return digest.finalize()[:3]


def supported_private(key: object) -> PrivateKey:
    """Return a private key that was parsed, unless the HSM has no such keys.

    Raises:
        HsmError: ``KEY_TYPE_INCONSISTENT`` or ``CURVE_NOT_SUPPORTED``.
    """
    if isinstance(key, EllipticCurvePrivateKey):
        curve_named(key.curve.name)
    if isinstance(key, PrivateKey):
        return key
    raise unsupported(type(key).__name__)


def supported_public(key: object) -> PublicKey:
    """Return a public key that was parsed; raises as :func:`supported_private`."""
    if isinstance(key, EllipticCurvePublicKey):
        curve_named(key.curve.name)
    if isinstance(key, PublicKey):
        return key
    raise unsupported(type(key).__name__)


def unsupported(kind: str) -> HsmError:
    """Return the refusal of a kind of key that the HSM does not have."""
    return HsmError(
        ReturnCode.KEY_TYPE_INCONSISTENT,
        f"The HSM holds RSA, EC, Ed25519 and ML-DSA key pairs; {kind} is none of them.",
    )


def check_rsa_bits(bits: int) -> None:
    """Refuse RSA modulus lengths that CloudHSM does not have.

    Args:
        bits: length of the modulus.

    Raises:
        HsmError: ``KEY_SIZE_RANGE``.
    """
    if bits not in RSA_BITS:
        raise HsmError(
            ReturnCode.KEY_SIZE_RANGE,
            f"RSA keys have 2048 to 4096 bits in steps of 256; {bits} bits were asked for.",
        )
