"""Key values that come from outside: parsing and checking."""

from __future__ import annotations

from cryptography.exceptions import InternalError, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_der_private_key, load_der_public_key

from bridge.engine import pycryptodome
from bridge.engine.attributes import Attribute, Attributes, KeyType, ObjectClass
from bridge.engine.errors import HsmError, ReturnCode
from bridge.engine.material import (
    RSA_EXPONENT_BITS,
    Key,
    PrivateKey,
    PublicKey,
    check_rsa_bits,
    supported_private,
    supported_public,
    type_of,
    unsupported,
)
from bridge.engine.secret_keys import check_length, secret_type

_ED25519 = "1.3.101.112"
_LONGEST_DER = 16 * 1024
"""Bytes; the longest key that the HSM holds, RSA of 4096 bits, has 2.4 KiB. Parsing huge numbers takes seconds."""

_DIFFIE_HELLMAN = (bytes.fromhex("06092a864886f70d010301"), bytes.fromhex("06072a8648ce3e0201"))
"""DER of the algorithms of PKCS#3 and X9.42, at whose keys ``cryptography`` prints a warning."""

_OID_WITHIN = 32
"""Bytes from the beginning of a key in which its algorithm stands."""

_MALFORMED = (ValueError, UnsupportedAlgorithm, InternalError)
"""What ``cryptography`` raises for an encoding that is no key; the last one for an Ed448 key of a wrong length."""


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
    supported = supported_private(key)
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
        oid, value = pycryptodome.unwrap_pkcs8(der)
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
    supported = supported_public(key)
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


def _check_encoding(der: bytes) -> None:
    """Refuse what is better not given to the parser at all."""
    if len(der) > _LONGEST_DER:
        raise HsmError(
            ReturnCode.ATTRIBUTE_VALUE_INVALID,
            f"The HSM holds no key whose encoding has more than {_LONGEST_DER} bytes; this one has {len(der)}.",
        )
    if any(oid in der[:_OID_WITHIN] for oid in _DIFFIE_HELLMAN):
        raise unsupported("a Diffie-Hellman key")


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
