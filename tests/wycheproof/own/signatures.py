"""ECDSA in both encodings over all curves and hashes, Ed25519, ML-DSA."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, mldsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from wycheproof.own.build import OwnFile, flipped

CURVES: dict[str, ec.EllipticCurve] = {
    "secp224r1": ec.SECP224R1(),
    "secp256r1": ec.SECP256R1(),
    "secp256k1": ec.SECP256K1(),
    "secp384r1": ec.SECP384R1(),
    "secp521r1": ec.SECP521R1(),
}
HASHES: dict[str, hashes.HashAlgorithm] = {
    "SHA-1": hashes.SHA1(),  # noqa: S303 - the HSM has it
    "SHA-224": hashes.SHA224(),
    "SHA-256": hashes.SHA256(),
    "SHA-384": hashes.SHA384(),
    "SHA-512": hashes.SHA512(),
}
MESSAGE = b"a message for every signature"
_MlDsaKey = mldsa.MLDSA44PrivateKey | mldsa.MLDSA65PrivateKey | mldsa.MLDSA87PrivateKey
_ML_DSA: dict[str, Callable[[], _MlDsaKey]] = {
    "44": mldsa.MLDSA44PrivateKey.generate,
    "65": mldsa.MLDSA65PrivateKey.generate,
    "87": mldsa.MLDSA87PrivateKey.generate,
}
_PublicKey = (
    ec.EllipticCurvePublicKey
    | ed25519.Ed25519PublicKey
    | mldsa.MLDSA44PublicKey
    | mldsa.MLDSA65PublicKey
    | mldsa.MLDSA87PublicKey
)


def spki(key: _PublicKey) -> bytes:
    """Return a public key as X.509 has it."""
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def _ecdsa(type_: str, name: str, encode: Callable[[bytes, int], bytes]) -> OwnFile:
    file = OwnFile(name, "ECDSA")
    for curve_name, curve in CURVES.items():
        key = ec.generate_private_key(curve)
        size = (curve.key_size + 7) // 8
        for hash_name, algorithm in HASHES.items():
            public = {"type": "EcPublicKey", "curve": curve_name, "keySize": curve.key_size}
            file.group(type_, publicKey=public, publicKeyDer=spki(key.public_key()), sha=hash_name)
            signature = encode(key.sign(MESSAGE, ec.ECDSA(algorithm)), size)
            file.valid(msg=MESSAGE, sig=signature)
            file.invalid(msg=MESSAGE + b"!", sig=signature)
            file.invalid(msg=MESSAGE, sig=flipped(signature))
            file.invalid(msg=MESSAGE, sig=signature[:-1])
            file.invalid(msg=MESSAGE, sig=signature + b"\0")
            file.invalid(msg=MESSAGE, sig=bytes(len(signature)))
            file.invalid(msg=MESSAGE, sig=b"")
    return file


def _p1363(signature: bytes, size: int) -> bytes:
    return b"".join(number.to_bytes(size, "big") for number in decode_dss_signature(signature))


def ecdsa_der() -> OwnFile:
    """Return signatures in DER."""
    return _ecdsa("EcdsaVerify", "own_ecdsa_test.json", lambda signature, size: signature)


def ecdsa_p1363() -> OwnFile:
    """Return signatures as two numbers; one in DER is none."""
    file = _ecdsa("EcdsaP1363Verify", "own_ecdsa_p1363_test.json", _p1363)
    key = ec.generate_private_key(ec.SECP256R1())
    public = {"type": "EcPublicKey", "curve": "secp256r1", "keySize": 256}
    file.group("EcdsaP1363Verify", publicKey=public, publicKeyDer=spki(key.public_key()), sha="SHA-256")
    file.invalid(msg=MESSAGE, sig=key.sign(MESSAGE, ec.ECDSA(hashes.SHA256())))
    return file


def eddsa() -> OwnFile:
    """Return signatures of Ed25519 over messages of several lengths."""
    file = OwnFile("own_ed25519_test.json", "EDDSA")
    key = ed25519.Ed25519PrivateKey.generate()
    public = {"type": "EDDSAPublicKey", "curve": "edwards25519", "keySize": 255}
    file.group("EddsaVerify", publicKey=public, publicKeyDer=spki(key.public_key()))
    for length in (0, 1, 64, 5000):
        message = bytes(length)
        file.valid(msg=message, sig=key.sign(message))
        file.invalid(msg=message, sig=flipped(key.sign(message), 0))
        file.invalid(msg=message + b"!", sig=key.sign(message))
    return file


def _ml_dsa_verify(name: str) -> OwnFile:
    file = OwnFile(f"own_mldsa_{name}_verify_test.json", f"ML-DSA-{name}")
    key = _ML_DSA[name]()
    raw = key.public_key().public_bytes_raw()
    for der in (spki(key.public_key()), None):
        file.group("MlDsaVerify", publicKey=raw, publicKeyDer=der)
        file.valid(msg=MESSAGE, sig=key.sign(MESSAGE))
        file.invalid(msg=MESSAGE + b"!", sig=key.sign(MESSAGE))
        file.invalid(msg=MESSAGE, sig=flipped(key.sign(MESSAGE)))
        file.invalid(msg=MESSAGE, sig=key.sign(MESSAGE)[:-1])
        for context in (b"c", bytes(255)):
            signature = key.sign(MESSAGE, context)
            file.valid(msg=MESSAGE, ctx=context, sig=signature)
            file.invalid(msg=MESSAGE, ctx=context[:-1], sig=signature)
        file.test("valid", "Internal", mu=_mu(raw, MESSAGE), sig=key.sign(MESSAGE))
        file.test("invalid", "Internal", mu=_mu(raw, b""), sig=key.sign(MESSAGE))
    file.group("MlDsaVerify", publicKey=raw[:-1], publicKeyDer=None)
    file.test("invalid", "IncorrectPublicKeyLength", msg=MESSAGE, sig=key.sign(MESSAGE))
    return file


def _mu(public: bytes, message: bytes) -> bytes:
    data = hashlib.shake_256(public).digest(64) + b"\0\0" + message
    return hashlib.shake_256(data).digest(64)


def _ml_dsa_sign(name: str) -> OwnFile:
    file = OwnFile(f"own_mldsa_{name}_sign_seed_test.json", f"ML-DSA-{name}")
    key = _ML_DSA[name]()
    raw = key.public_key().public_bytes_raw()
    pkcs8 = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    for given in ({"privateKeyPkcs8": pkcs8}, {}):
        file.group("MlDsaSign", privateSeed=key.private_bytes_raw(), publicKey=raw, **given)
        file.valid(msg=MESSAGE, sig=key.sign(MESSAGE))
        file.valid(msg=MESSAGE, ctx=b"context", sig=key.sign(MESSAGE, b"context"))
    file.group("MlDsaSign", privateSeed=key.private_bytes_raw()[:-1], publicKey=None)
    file.test("invalid", "IncorrectPrivateKeyLength", msg=MESSAGE, sig=b"")
    return file


def files() -> Iterator[OwnFile]:
    """Return all files of this module."""
    yield ecdsa_der()
    yield ecdsa_p1363()
    yield eddsa()
    for name in _ML_DSA:
        yield _ml_dsa_verify(name)
        yield _ml_dsa_sign(name)
