"""Files that stand for a private key of the HSM: PEM for OpenSSL, and the references of a key storage provider.

A reference PEM is a private key as RFC 8017 (A.1.2) or RFC 5915 lays it down, with the public half of the HSM's key; in
place of the private value there is a number that holds the handle. Whoever reads it gets the right public key; who
signs with it, and not with the HSM, makes signatures that do not verify.
"""

from __future__ import annotations

import json

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key
from pyasn1.codec.der.decoder import decode
from pyasn1.codec.der.encoder import encode
from pyasn1_modules import rfc5915, rfc8017  # type: ignore[import-untyped]

from bridge.cli.commands.files import base64_text
from bridge.cli.key_json import reference
from bridge.engine import Attribute, HsmError, KeyInfo, KeyType, ObjectClass, ReturnCode
from bridge.engine.objects import describe

MARK = b"hsmbridge"
"""What the private value of a reference PEM begins with; the handle, in eight bytes, follows."""

_LINE = 64


def public_pem(info: bytes) -> bytes:
    """Return a public key, SubjectPublicKeyInfo DER, as PEM."""
    return load_der_public_key(info).public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def reference_pem(key: KeyInfo) -> bytes:
    """Return the reference PEM of a private key.

    Raises:
        HsmError: ``KEY_TYPE_INCONSISTENT`` unless it is an RSA or EC private key.
    """
    info = key.attributes.get(Attribute.PUBLIC_KEY_INFO)
    if key.attributes[Attribute.CLASS] != ObjectClass.PRIVATE_KEY or not isinstance(info, bytes):
        raise _refused(key, "reference-pem is for private keys; --encoding pem writes a public one")
    public = load_der_public_key(info)
    stand_in = MARK + key.handle.to_bytes(8, "big")
    if isinstance(public, RSAPublicKey):
        return _pem("RSA PRIVATE KEY", _rsa(public, int.from_bytes(stand_in, "big")))
    if isinstance(public, EllipticCurvePublicKey):
        return _pem("EC PRIVATE KEY", _ec(public, stand_in, key.attributes[Attribute.EC_PARAMS]))
    raise _refused(key, f"a {KeyType(int(str(key.attributes[Attribute.KEY_TYPE]))).name} key has no reference-pem")


def ksp_reference(key: KeyInfo) -> bytes:
    """Return what a key storage provider needs to find a private key, in JSON.

    Raises:
        HsmError: ``KEY_TYPE_INCONSISTENT`` unless it is a private key.
    """
    if key.attributes[Attribute.CLASS] != ObjectClass.PRIVATE_KEY:
        raise _refused(key, "ksp-key-reference is for private keys")
    info = key.attributes[Attribute.PUBLIC_KEY_INFO]
    value = {
        "provider": "Cavium Key Storage Provider",
        "container": reference(key.handle),
        "label": key.attributes[Attribute.LABEL],
        "key-reference": reference(key.handle),
        "public-key": base64_text(info if isinstance(info, bytes) else b""),
    }
    return f"{json.dumps(value, indent=2)}\n".encode()


def _rsa(public: RSAPublicKey, stand_in: int) -> bytes:
    numbers = public.public_numbers()
    key = rfc8017.RSAPrivateKey()
    values = {"version": 0, "modulus": numbers.n, "publicExponent": numbers.e, "privateExponent": stand_in}
    for name in ("prime1", "prime2", "exponent1", "exponent2", "coefficient"):
        values[name] = 1
    for name, value in values.items():
        key[name] = value
    return bytes(encode(key))


def _ec(public: EllipticCurvePublicKey, stand_in: bytes, params: object) -> bytes:
    key = rfc5915.ECPrivateKey()
    key["version"] = 1
    key["privateKey"] = stand_in.ljust((public.key_size + 7) // 8, b"\x00")
    key["parameters"]["namedCurve"] = decode(params)[0]
    point = public.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    key["publicKey"] = key["publicKey"].clone(hexValue=point.hex())
    return bytes(encode(key))


def _pem(kind: str, der: bytes) -> bytes:
    text = base64_text(der)
    lines = [text[start : start + _LINE] for start in range(0, len(text), _LINE)]
    return "\n".join([f"-----BEGIN {kind}-----", *lines, f"-----END {kind}-----", ""]).encode()


def _refused(key: KeyInfo, why: str) -> HsmError:
    label = str(key.attributes[Attribute.LABEL])
    return HsmError(ReturnCode.KEY_TYPE_INCONSISTENT, f"{describe(key.handle, label)}: {why}.")
