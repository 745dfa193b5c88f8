"""Files that the HSM has no part in, each with the reason that the runner has to name."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from wycheproof.own.build import OwnFile

_RSA = {"publicKeyDer": "00", "publicKey": {"modulus": "00", "publicExponent": "010001"}}
_CASES: list[tuple[str, str, str, dict[str, Any], str]] = [
    ("chacha20", "CHACHA20-POLY1305", "AeadTest", {"tagSize": 128}, "cipher CHACHA20-POLY1305"),
    ("gcm_tag", "AES-GCM", "AeadTest", {"tagSize": 96}, "tag of 96 bits, not 128"),
    ("aria_cbc", "ARIA-CBC-PKCS5", "IndCpaTest", {}, "cipher ARIA-CBC-PKCS5"),
    ("camellia_wrap", "CAMELLIA-WRAP", "KeywrapTest", {}, "key wrap CAMELLIA-WRAP"),
    ("hmac_sha3", "HMACSHA3-256", "MacTest", {"tagSize": 256}, "code HMACSHA3-256"),
    ("hmac_sha512_256", "HMACSHA512/256", "MacTest", {"tagSize": 256}, "code HMACSHA512/256"),
    ("gmac", "AES-GMAC", "MacWithIvTest", {}, "type MacWithIvTest of AES-GMAC"),
    ("brainpool", "ECDSA", "EcdsaVerify", {"publicKey": {"curve": "brainpoolP256r1"}}, "curve brainpoolP256r1"),
    ("sha3", "ECDSA", "EcdsaVerify", {"publicKey": {"curve": "secp256r1"}, "sha": "SHA3-256"}, "hash SHA3-256"),
    ("shake", "ECDSA", "EcdsaP1363Verify", {"publicKey": {"curve": "secp384r1"}, "sha": "SHAKE256"}, "hash SHAKE256"),
    ("bitcoin", "ECDSA", "EcdsaBitcoinVerify", {}, "type EcdsaBitcoinVerify of ECDSA"),
    ("ed448", "EDDSA", "EddsaVerify", {"publicKey": {"curve": "edwards448"}}, "curve edwards448"),
    (
        "rsa_8192",
        "RSASSA-PKCS1-v1_5",
        "RsassaPkcs1Verify",
        {**_RSA, "keySize": 8192, "sha": "SHA-256"},
        "RSA key of 8192 bits, not 2048 to 4096 in steps of 256",
    ),
    (
        "pss_shake",
        "RSASSA-PSS",
        "RsassaPssVerify",
        {**_RSA, "keySize": 2048, "sha": "SHA-256", "mgf": "SHAKE128"},
        "mask generation SHAKE128",
    ),
    ("ecdh_sect", "ECDH", "EcdhTest", {"curve": "sect283r1", "encoding": "asn"}, "curve sect283r1"),
    ("hkdf_sha3", "HKDF-SHA3-256", "HkdfTest", {}, "hash SHA3-256"),
    (
        "mldsa_noseed",
        "ML-DSA-65",
        "MlDsaSign",
        {"privateKey": "00"},
        "private key that is not given as its seed",
    ),
    ("unknown", "MAGIC", "MagicTest", {}, "type MagicTest of MAGIC"),
]


_TOO_LONG: list[tuple[str, str, str, dict[str, Any], dict[str, Any], str]] = [
    (
        "hmac_data",
        "HMACSHA384",
        "MacTest",
        {"tagSize": 384},
        {"key": b"key", "msg": bytes(16225)},
        "data of more than 16224 bytes",
    ),
    (
        "hmac_key",
        "HMACSHA1",
        "MacTest",
        {"tagSize": 160},
        {"key": bytes(801), "msg": b""},
        "key of 801 bytes, not 1 to 800",
    ),
    ("gcm_data", "AES-GCM", "AeadTest", {"tagSize": 128}, {"ct": bytes(16001)}, "data of more than 16000 bytes"),
    (
        "hkdf_size",
        "HKDF-SHA-256",
        "HkdfTest",
        {},
        {"ikm": b"key", "size": 801},
        "derived key of 801 bytes, not 1 to 800",
    ),
    (
        "mldsa_context",
        "ML-DSA-44",
        "MlDsaVerify",
        {"publicKey": b""},
        {"msg": b"", "ctx": bytes(256)},
        "context of more than 255 bytes, which the caller of ML-DSA-EXTERNAL-MU checks",
    ),
]


def files() -> Iterator[OwnFile]:
    """Return all files of this module."""
    for name, algorithm, type_, fields, test, reason in _TOO_LONG:
        file = OwnFile(f"own_beyond_{name}_test.json", algorithm, reason)
        file.group(type_, **fields)
        file.valid(**test)
        yield file
    for name, algorithm, type_, fields, reason in _CASES:
        file = OwnFile(f"own_beyond_{name}_test.json", algorithm, reason)
        file.group(type_, **fields)
        file.valid(msg=b"")
        file.invalid(msg=b"")
        yield file
