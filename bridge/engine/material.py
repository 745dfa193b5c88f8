"""Key values: parsing, checking, and what they tell of themselves."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from Cryptodome.IO import PKCS8
from cryptography.exceptions import InternalError, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mldsa import (
    MLDSA44PrivateKey,
    MLDSA44PublicKey,
    MLDSA65PrivateKey,
    MLDSA65PublicKey,
    MLDSA87PrivateKey,
    MLDSA87PublicKey,
)
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_private_key,
    load_der_public_key,
)

from bridge.engine.attributes import Attribute, Attributes, KeyType, ObjectClass, Value
from bridge.engine.curves import ED25519_PARAMS, curve_named, der_octet_string
from bridge.engine.errors import HsmError, ReturnCode
from bridge.engine.secret_keys import check_length, check_value, secret_type

MlDsaPrivateKey = MLDSA44PrivateKey | MLDSA65PrivateKey | MLDSA87PrivateKey
MlDsaPublicKey = MLDSA44PublicKey | MLDSA65PublicKey | MLDSA87PublicKey
PrivateKey = RSAPrivateKey | EllipticCurvePrivateKey | Ed25519PrivateKey | MlDsaPrivateKey
PublicKey = RSAPublicKey | EllipticCurvePublicKey | Ed25519PublicKey | MlDsaPublicKey
Key = PrivateKey | PublicKey | bytes

_ED25519 = "1.3.101.112"
_LONGEST_DER = 16 * 1024
"""Bytes; the longest key that the HSM holds, RSA of 4096 bits, has 2.4 KiB. Parsing huge numbers takes seconds."""

RSA_BITS = range(2048, 4096 + 1, 256)

_DIFFIE_HELLMAN = (bytes.fromhex("06092a864886f70d010301"), bytes.fromhex("06072a8648ce3e0201"))
"""DER of the algorithms of PKCS#3 and X9.42, at whose keys ``cryptography`` prints a warning."""

_OID_WITHIN = 32
"""Bytes from the beginning of a key in which its algorithm stands."""

RSA_EXPONENT_BITS = 64
"""So that nobody makes the HSM compute for minutes."""

_MALFORMED = (ValueError, UnsupportedAlgorithm, InternalError)
"""What ``cryptography`` raises for an encoding that is no key; the last one for an Ed448 key of a wrong length."""

FIPS_KEY_BANS: Mapping[KeyType, str] = MappingProxyType(
    {
        KeyType.DES3: "three-key Triple DES is disallowed after 2023 (NIST SP 800-131A)",
        KeyType.EC_EDWARDS: "Ed25519 exists in non-FIPS mode only",
    }
)
"""The types of key that FIPS mode does not have, each with the rule as a clause for a message."""

_PARAMETER_SETS: Mapping[type[MlDsaPublicKey], int] = MappingProxyType(
    {MLDSA44PublicKey: 1, MLDSA65PublicKey: 2, MLDSA87PublicKey: 3}
)
"""``CKP_ML_DSA_`` numbers of PKCS#11 v3.2, section 6.67."""


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
    _check_encoding(der)
    try:
        key = _checked_private(der)
    except (*_MALFORMED, TypeError):
        key = _ed25519_with_public_key(der)
    if key is None:
        raise HsmError(
            ReturnCode.ATTRIBUTE_VALUE_INVALID,
            "The value given for import is not a valid unencrypted PKCS#8 private key (of ML-DSA keys, the seed form).",
        )
    supported = _supported_private(key)
    _check_size(supported)
    return supported


def _checked_private(der: bytes) -> object:
    """Parse a private key and check its value; RSA primes in two steps, because a test of huge ones takes minutes."""
    key = load_der_private_key(der, None, unsafe_skip_rsa_key_validation=True)
    if not isinstance(key, RSAPrivateKey):
        return key
    _check_size(key)
    numbers = key.private_numbers()
    if numbers.p * numbers.q != numbers.public_numbers.n:
        raise ValueError
    return load_der_private_key(der, None)


def _ed25519_with_public_key(der: bytes) -> Ed25519PrivateKey | None:
    """Parse an Ed25519 key that carries its public half (RFC 8410, section 7), which ``cryptography`` does not read.

    Returns:
        The key, or None if the bytes are something else, or the halves do not belong together.
    """
    try:
        oid, value, _ = PKCS8.unwrap(der)
        key = Ed25519PrivateKey.from_private_bytes(value[2:])
    except (ValueError, TypeError, IndexError):
        return None
    right = (oid, value[:2]) == (_ED25519, b"\x04\x20") and der.endswith(key.public_key().public_bytes_raw())
    return key if right else None


def import_public(der: bytes) -> PublicKey:
    """Parse and check a public key that somebody else made.

    Args:
        der: SubjectPublicKeyInfo (RFC 5280).

    Returns:
        The key.

    Raises:
        HsmError: as :func:`import_private`.
    """
    _check_encoding(der)
    try:
        key = load_der_public_key(der)
    except _MALFORMED:
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
            stand beside the private one. ``KEY_TYPE`` says what ``VALUE`` is, AES if it is absent.

    Returns:
        The key.

    Raises:
        HsmError: ``TEMPLATE_INCOMPLETE``, ``KEY_TYPE_INCONSISTENT`` if ``KEY_TYPE`` says another than the value is,
            and as :func:`import_private`.
    """
    private, public, secret = (
        template.get(name) for name in (Attribute.PRIVATE_KEY_INFO, Attribute.PUBLIC_KEY_INFO, Attribute.VALUE)
    )
    if isinstance(private, bytes) and secret is None:
        return _of_type(import_private(private), template)
    if isinstance(public, bytes) and secret is None:
        return _of_type(import_public(public), template)
    if isinstance(secret, bytes) and private is None and public is None:
        return _import_secret(secret, template)
    raise HsmError(
        ReturnCode.TEMPLATE_INCOMPLETE,
        "An imported key needs exactly one of PRIVATE_KEY_INFO, PUBLIC_KEY_INFO and VALUE.",
    )


def parse_unwrapped(template: Attributes, value: bytes) -> Key:
    """Parse and check the value of a key that was just unwrapped.

    Args:
        template: holds ``CLASS``, private or secret key, and ``KEY_TYPE``, AES if it is absent from a secret key's.
        value: PKCS#8 DER of a private key, the bytes of a secret key.

    Returns:
        The key.

    Raises:
        HsmError: ``TEMPLATE_INCOMPLETE`` without ``CLASS``, ``TEMPLATE_INCONSISTENT`` for another class,
            ``KEY_SIZE_RANGE``, and ``WRAPPED_KEY_INVALID`` for whatever else is wrong with the value.
    """
    object_class = template.get(Attribute.CLASS)
    if object_class is None:
        raise HsmError(ReturnCode.TEMPLATE_INCOMPLETE, "A key to unwrap needs CLASS, private or secret key.")
    if object_class == ObjectClass.SECRET_KEY:
        return _import_secret(value, template)
    if object_class != ObjectClass.PRIVATE_KEY:
        raise HsmError(ReturnCode.TEMPLATE_INCONSISTENT, "CLASS of a key to unwrap is private or secret key.")
    try:
        return _of_type(import_private(value), template)
    except HsmError as error:
        if error.code is ReturnCode.KEY_SIZE_RANGE:
            raise
        raise HsmError(
            ReturnCode.WRAPPED_KEY_INVALID,
            "What was unwrapped is no private key of the type that the template says, PKCS#8 DER: "
            "it was wrapped with another key or mechanism, it was changed, or it is another type of key.",
        ) from None


def _import_secret(value: bytes, template: Attributes) -> bytes:
    check_length(secret_type(template.get(Attribute.KEY_TYPE, KeyType.AES)), len(value))
    return value


def _of_type(key: PrivateKey | PublicKey, template: Attributes) -> PrivateKey | PublicKey:
    expected, found = template.get(Attribute.KEY_TYPE), type_of(key)
    if expected is not None and expected != found:
        raise HsmError(
            ReturnCode.KEY_TYPE_INCONSISTENT,
            f"The key is of the type {found.name}; its template's KEY_TYPE is another.",
        )
    return key


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
    return {Attribute.PARAMETER_SET: parameter_set(key)}


def parameter_set(key: MlDsaPublicKey) -> int:
    """Return the ``CKP_ML_DSA_`` number of a key: 1 for ML-DSA-44, 2 for ML-DSA-65, 3 for ML-DSA-87."""
    return next(number for kind, number in _PARAMETER_SETS.items() if isinstance(key, kind))


def unsigned_bytes(number: int) -> bytes:
    """Return a non-negative number as unsigned big-endian bytes without leading zeros, as PKCS#11 big integers are."""
    return number.to_bytes((number.bit_length() + 7) // 8 or 1, "big")


def _digest_check_value(public_key_info: bytes) -> bytes:
    """First three bytes of SHA-1 of the public key, equal for both halves (user guide, same page)."""
    digest = hashes.Hash(hashes.SHA1())  # noqa: S303
    digest.update(public_key_info)
    return digest.finalize()[:3]


def _supported_private(key: object) -> PrivateKey:
    if isinstance(key, EllipticCurvePrivateKey):
        curve_named(key.curve.name)
    if isinstance(key, PrivateKey):
        return key
    raise _unsupported(type(key).__name__)


def _supported_public(key: object) -> PublicKey:
    if isinstance(key, EllipticCurvePublicKey):
        curve_named(key.curve.name)
    if isinstance(key, PublicKey):
        return key
    raise _unsupported(type(key).__name__)


def _unsupported(kind: str) -> HsmError:
    return HsmError(
        ReturnCode.KEY_TYPE_INCONSISTENT,
        f"The HSM holds RSA, EC, Ed25519 and ML-DSA key pairs; {kind} is none of them.",
    )


def _check_encoding(der: bytes) -> None:
    """Refuse what is better not given to the parser at all."""
    if len(der) > _LONGEST_DER:
        raise HsmError(
            ReturnCode.ATTRIBUTE_VALUE_INVALID,
            f"The HSM holds no key whose encoding has more than {_LONGEST_DER} bytes; this one has {len(der)}.",
        )
    if any(oid in der[:_OID_WITHIN] for oid in _DIFFIE_HELLMAN):
        raise _unsupported("a Diffie-Hellman key")


def _check_size(key: PrivateKey | PublicKey) -> None:
    if not isinstance(key, RSAPrivateKey | RSAPublicKey):
        return
    check_rsa_bits(key.key_size)
    public = key.public_key() if isinstance(key, RSAPrivateKey) else key
    numbers = public.public_numbers()
    if numbers.n % 2 == 0:
        raise HsmError(ReturnCode.ATTRIBUTE_VALUE_INVALID, "The modulus is even: it is no product of two odd primes.")
    if numbers.e.bit_length() > RSA_EXPONENT_BITS:
        raise HsmError(
            ReturnCode.ATTRIBUTE_VALUE_INVALID,
            f"The public exponent of an RSA key has at most {RSA_EXPONENT_BITS} bits; "
            f"this one has {numbers.e.bit_length()}.",
        )
