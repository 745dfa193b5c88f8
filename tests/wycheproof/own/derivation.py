"""ECDH in each encoding over all curves, HKDF with each hash."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from wycheproof.der import ec_public_info
from wycheproof.own.build import OwnFile, flipped
from wycheproof.own.signatures import CURVES, HASHES, spki

_JWK_CURVES = {"secp256r1": "P-256", "secp256k1": "P-256K", "secp384r1": "P-384", "secp521r1": "P-521"}


def ecdh_asn() -> OwnFile:
    """Return agreements with keys of X.509, points off the curve, points compressed and points of another curve."""
    file = OwnFile("own_ecdh_test.json", "ECDH")
    for name, curve in CURVES.items():
        file.group("EcdhTest", curve=name, encoding="asn")
        for own, other, shared in _agreements(curve):
            private = "00" + _scalar(own).hex()
            info = spki(other)
            file.valid(public=info, private=private, shared=shared)
            file.invalid(public=flipped(info), private=private, shared=shared)
            file.invalid(public=info[:-1], private=private, shared=shared)
            file.invalid(public=b"", private=private, shared=b"")
            compressed = other.public_bytes(Encoding.X962, PublicFormat.CompressedPoint)
            point = ec_public_info(name, compressed)
            file.test("acceptable", "CompressedPoint", public=point, private=private, shared=shared)
            stranger = ec.generate_private_key(next(each for each in CURVES.values() if each.name != curve.name))
            file.test("invalid", "WrongCurve", public=spki(stranger.public_key()), private=private, shared=b"")
    return file


def ecdh_point() -> OwnFile:
    """Return agreements with encoded points."""
    file = OwnFile("own_ecdh_ecpoint_test.json", "ECDH")
    for name, curve in CURVES.items():
        file.group("EcdhEcpointTest", curve=name, encoding="ecpoint")
        for own, other, shared in _agreements(curve):
            point = other.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
            file.valid(public=point, private=_scalar(own), shared=shared)
            file.invalid(public=flipped(point), private=_scalar(own), shared=shared)
            file.invalid(public=point[:-1], private=_scalar(own), shared=shared)
            file.invalid(public=b"\0", private=_scalar(own), shared=b"")
            file.invalid(public=b"", private=_scalar(own), shared=b"")
    return file


def ecdh_pem() -> OwnFile:
    """Return agreements with keys in PEM."""
    file = OwnFile("own_ecdh_pem_test.json", "ECDH")
    file.group("EcdhPemTest", encoding="pem")
    for curve in CURVES.values():
        for own, other, shared in _agreements(curve):
            private = own.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
            public = other.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
            file.valid(public=public, private=private, shared=shared)
            cut = base64.b64encode(spki(other)[:-1]).decode()
            pem = f"-----BEGIN PUBLIC KEY-----\n{cut}\n-----END PUBLIC KEY-----\n"
            file.invalid(public=pem, private=private, shared=shared)
    return file


def ecdh_jwk() -> OwnFile:
    """Return agreements with JSON web keys."""
    file = OwnFile("own_ecdh_webcrypto_test.json", "ECDH")
    for name, crv in _JWK_CURVES.items():
        file.group("EcdhWebcryptoTest", curve=name, encoding="webcrypto")
        for own, other, shared in _agreements(CURVES[name]):
            private = {**_jwk(crv, own.public_key()), "d": _base64url(_scalar(own))}
            public = _jwk(crv, other)
            file.valid(public=public, private=private, shared=shared)
            file.invalid(public={**public, "x": public["y"]}, private=private, shared=shared)
    return file


def _agreements(
    curve: ec.EllipticCurve,
) -> Iterator[tuple[ec.EllipticCurvePrivateKey, ec.EllipticCurvePublicKey, bytes]]:
    for _ in range(2):
        own, other = ec.generate_private_key(curve), ec.generate_private_key(curve).public_key()
        yield own, other, own.exchange(ec.ECDH(), other)


def _scalar(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_numbers().private_value.to_bytes((key.key_size + 7) // 8, "big")


def _jwk(crv: str, key: ec.EllipticCurvePublicKey) -> dict[str, Any]:
    point = key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)[1:]
    half = len(point) // 2
    return {"kty": "EC", "crv": crv, "x": _base64url(point[:half]), "y": _base64url(point[half:])}


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def hkdf() -> Iterator[OwnFile]:
    """Return derived keys with each hash, lengths up to the limits, and one byte more than HKDF has."""
    for name, algorithm in HASHES.items():
        file = OwnFile(f"own_hkdf_{name.replace('-', '').lower()}_test.json", f"HKDF-{name}")
        file.group("HkdfTest", keySize=256)
        for key, salt, info in ((b"k", b"", b""), (bytes(32), b"salt", b""), (bytes(800), bytes(200), bytes(300))):
            for size in (1, 20, algorithm.digest_size, 64, 800):
                derived = HKDF(algorithm, size, salt, info).derive(key)
                file.valid(ikm=key, salt=salt, info=info, size=size, okm=derived)
            too_long = 255 * algorithm.digest_size + 1
            file.test("invalid", "SizeTooLarge", ikm=key, salt=salt, info=info, size=too_long, okm=b"")
        yield file


def files() -> Iterator[OwnFile]:
    """Return all files of this module."""
    yield ecdh_asn()
    yield ecdh_point()
    yield ecdh_pem()
    yield ecdh_jwk()
    yield from hkdf()
