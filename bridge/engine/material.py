"""Key values: parsing, checking, and what they tell of themselves."""

from __future__ import annotations

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_private_key,
    load_der_public_key,
)

from bridge.engine.attributes import Attribute, Attributes, KeyType, ObjectClass, Value
from bridge.engine.curves import curve_named, der_octet_string
from bridge.engine.errors import HsmError, ReturnCode

PrivateKey = RSAPrivateKey | EllipticCurvePrivateKey
PublicKey = RSAPublicKey | EllipticCurvePublicKey
Key = PrivateKey | PublicKey | bytes

RSA_BITS = range(2048, 4096 + 1, 256)
AES_BYTES = (16, 24, 32)


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
        return _supported_public(load_der_public_key(material))
    # The primes were checked when the key came in, and the seal when it was read: checking again costs 30 ms a key.
    return _supported_private(load_der_private_key(material, None, unsafe_skip_rsa_key_validation=True))


def import_private(der: bytes) -> PrivateKey:
    """Parse and check a private key that somebody else made.

    Args:
        der: PKCS#8 PrivateKeyInfo (RFC 5958), unencrypted.

    Returns:
        The key.

    Raises:
        HsmError: ``ATTRIBUTE_VALUE_INVALID`` if it is no such structure or no valid key, ``KEY_SIZE_RANGE``,
            ``KEY_TYPE_INCONSISTENT`` or ``CURVE_NOT_SUPPORTED`` if the HSM does not hold such keys.
    """
    try:
        key = load_der_private_key(der, None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise HsmError(
            ReturnCode.ATTRIBUTE_VALUE_INVALID,
            "The value given for import is not a valid unencrypted PKCS#8 private key.",
        ) from None
    supported = _supported_private(key)
    _check_size(supported)
    return supported


def import_public(der: bytes) -> PublicKey:
    """Parse and check a public key that somebody else made.

    Args:
        der: SubjectPublicKeyInfo (RFC 5280).

    Returns:
        The key.

    Raises:
        HsmError: as :func:`import_private`.
    """
    try:
        key = load_der_public_key(der)
    except (ValueError, UnsupportedAlgorithm):
        raise HsmError(
            ReturnCode.ATTRIBUTE_VALUE_INVALID,
            "The value given for import is not a valid X.509 SubjectPublicKeyInfo.",
        ) from None
    supported = _supported_public(key)
    _check_size(supported)
    return supported


def import_value(template: Attributes) -> Key:
    """Parse and check the value of a key that somebody else made.

    Args:
        template: holds exactly one of ``PRIVATE_KEY_INFO``, ``PUBLIC_KEY_INFO`` and ``VALUE``; the public key may
            stand beside the private one.

    Returns:
        The key.

    Raises:
        HsmError: ``TEMPLATE_INCOMPLETE``, and as :func:`import_private`.
    """
    private, public, secret = (
        template.get(name) for name in (Attribute.PRIVATE_KEY_INFO, Attribute.PUBLIC_KEY_INFO, Attribute.VALUE)
    )
    if isinstance(private, bytes) and secret is None:
        return import_private(private)
    if isinstance(public, bytes) and secret is None:
        return import_public(public)
    if isinstance(secret, bytes) and private is None and public is None:
        if template.get(Attribute.KEY_TYPE, KeyType.AES) != KeyType.AES:
            raise HsmError(
                ReturnCode.KEY_TYPE_INCONSISTENT, "Of secret keys the HSM holds AES keys only; KEY_TYPE says another."
            )
        check_aes(secret)
        return secret
    raise HsmError(
        ReturnCode.TEMPLATE_INCOMPLETE,
        "An imported key needs exactly one of PRIVATE_KEY_INFO, PUBLIC_KEY_INFO and VALUE.",
    )


def check_aes(value: bytes) -> None:
    """Refuse AES keys of a length that does not exist.

    Raises:
        HsmError: ``KEY_SIZE_RANGE``.
    """
    if len(value) not in AES_BYTES:
        raise HsmError(
            ReturnCode.KEY_SIZE_RANGE,
            f"AES keys have 128, 192 or 256 bits; {8 * len(value)} bits were given.",
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


def encode(key: Key) -> bytes:
    """Return a key's value in the form that the engine keeps."""
    if isinstance(key, bytes):
        return key
    if isinstance(key, RSAPublicKey | EllipticCurvePublicKey):
        return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())


def describe(key: Key) -> dict[Attribute, Value]:
    """Return the attributes that follow from a key's value; none of them is secret.

    Args:
        key: a parsed key; raw bytes are an AES key.

    Returns:
        ``CLASS``, ``KEY_TYPE``, ``CHECK_VALUE`` and those of the key type.
    """
    if isinstance(key, bytes):
        return {
            Attribute.CLASS: ObjectClass.SECRET_KEY,
            Attribute.KEY_TYPE: KeyType.AES,
            Attribute.VALUE_LEN: len(key),
            Attribute.CHECK_VALUE: _aes_check_value(key),
        }
    if isinstance(key, RSAPublicKey | EllipticCurvePublicKey):
        return {Attribute.CLASS: ObjectClass.PUBLIC_KEY, **_describe_public(key)}
    return {Attribute.CLASS: ObjectClass.PRIVATE_KEY, **_describe_public(key.public_key())}


def _describe_public(key: PublicKey) -> dict[Attribute, Value]:
    info = encode(key)
    common: dict[Attribute, Value] = {
        Attribute.PUBLIC_KEY_INFO: info,
        Attribute.CHECK_VALUE: _digest_check_value(info),
    }
    if isinstance(key, RSAPublicKey):
        numbers = key.public_numbers()
        return common | {
            Attribute.KEY_TYPE: KeyType.RSA,
            Attribute.MODULUS: unsigned_bytes(numbers.n),
            Attribute.MODULUS_BITS: key.key_size,
            Attribute.PUBLIC_EXPONENT: unsigned_bytes(numbers.e),
        }
    point = key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return common | {
        Attribute.KEY_TYPE: KeyType.EC,
        Attribute.EC_PARAMS: curve_named(key.curve.name).params,
        Attribute.EC_POINT: der_octet_string(point),
    }


def unsigned_bytes(number: int) -> bytes:
    """Return a non-negative number as unsigned big-endian bytes without leading zeros, as PKCS#11 big integers are."""
    return number.to_bytes((number.bit_length() + 7) // 8 or 1, "big")


def _aes_check_value(key: bytes) -> bytes:
    """First three bytes of the encrypted zero block (user guide, "cloudhsm_cli-key-attributes-table")."""
    # ECB of one constant block is what the key check value is defined as.
    encryptor = Cipher(algorithms.AES(key), modes.ECB()).encryptor()  # noqa: S305
    return encryptor.update(bytes(16))[:3]


def _digest_check_value(public_key_info: bytes) -> bytes:
    """First three bytes of SHA-1 of the public key, equal for both halves (user guide, same page)."""
    digest = hashes.Hash(hashes.SHA1())  # noqa: S303
    digest.update(public_key_info)
    return digest.finalize()[:3]


def _supported_private(key: object) -> PrivateKey:
    if isinstance(key, RSAPrivateKey):
        return key
    if isinstance(key, EllipticCurvePrivateKey):
        curve_named(key.curve.name)
        return key
    raise _unsupported(key)


def _supported_public(key: object) -> PublicKey:
    if isinstance(key, RSAPublicKey):
        return key
    if isinstance(key, EllipticCurvePublicKey):
        curve_named(key.curve.name)
        return key
    raise _unsupported(key)


def _unsupported(key: object) -> HsmError:
    return HsmError(
        ReturnCode.KEY_TYPE_INCONSISTENT,
        f"The HSM holds RSA, EC and AES keys; {type(key).__name__} is none of them.",
    )


def _check_size(key: PrivateKey | PublicKey) -> None:
    if isinstance(key, RSAPrivateKey | RSAPublicKey):
        check_rsa_bits(key.key_size)
