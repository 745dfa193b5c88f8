"""The user guide's tutorials for wrapping: with each mechanism, opened outside and unwrapped again, in one session."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes, keywrap
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from cli.openssl import openssl
from cli.shapes import AES, BASE64, EC_PRIVATE, IV, REFERENCE, RSA_PRIVATE, RSA_PUBLIC, Attributes, Tutorial, key
from cli.test_tutorials import EC, EC_PAIR, WRITTEN

KEK = bytes(range(32))
OAEP = ["-pkeyopt", "rsa_padding_mode:oaep", "-pkeyopt", "rsa_oaep_md:sha256", "-pkeyopt", "rsa_mgf1_md:sha256"]
_WRAPPING = {"payload_key_reference": REFERENCE, "wrapping_key_reference": REFERENCE}
WRAPPED = {**_WRAPPING, "wrapped_key_data": BASE64}
WRAPPED_WITH_IV = {**_WRAPPING, "iv": IV, "wrapped_key_data": BASE64}
CAME_IN: Attributes = {"local": False, "always-sensitive": False}
GCM = " --tag-length-bits 128 --aad 0x10ff"
HASH = " --hash-function sha256 --mgf mgf1-sha256"


def by_openssl(kek: bytes, padded: bool, data: bytes) -> bytes:
    """Unwrap with AES key wrap: RFC 5649 if it is padded, else RFC 3394."""
    cipher, iv = ("-id-aes256-wrap-pad", "A65959A6") if padded else ("-id-aes256-wrap", "A6" * 8)
    return openssl("enc", "-d", cipher, "-K", kek.hex(), "-iv", iv, data=data)


def opened(kind: str, data: bytes, iv: bytes, own: Path) -> set[bytes]:
    """Open a wrapped key with ``cryptography`` and, but for GCM, with openssl; return what came out."""
    if kind in ("aes-gcm", "cloudhsm-aes-gcm"):
        iv, data = (iv, data) if iv else (data[:12], data[12:])
        return {AESGCM(KEK).decrypt(iv, data, b"\x10\xff")}
    if kind == "aes-no-pad":
        return {by_openssl(KEK, False, data), keywrap.aes_key_unwrap(KEK, data)}
    if kind == "aes-zero-pad":
        return {by_openssl(KEK, True, data), keywrap.aes_key_unwrap_with_padding(KEK, data)}
    if kind == "aes-pkcs5-pad":
        padded = {by_openssl(KEK, False, data), keywrap.aes_key_unwrap(KEK, data)}
        return {each[: -each[-1]] for each in padded}
    private = load_pem_private_key(own.read_bytes(), None)
    assert isinstance(private, rsa.RSAPrivateKey)
    sha256 = hashes.SHA256()
    oaep = padding.OAEP(padding.MGF1(sha256), sha256, None)
    decrypt: list[str | Path] = ["pkeyutl", "-decrypt", "-inkey", own]
    if kind == "rsa-pkcs":
        return {openssl(*decrypt, data=data), private.decrypt(data, padding.PKCS1v15())}
    if kind == "rsa-oaep":
        return {openssl(*decrypt, *OAEP, data=data), private.decrypt(data, oaep)}
    temporary, rest = data[:256], data[256:]
    return {
        by_openssl(openssl(*decrypt, *OAEP, data=temporary), True, rest),
        keywrap.aes_key_unwrap_with_padding(private.decrypt(temporary, oaep), rest),
    }


def check_value(secret: bytes) -> str:
    """Return the check value of an AES key."""
    return f"0x{openssl('enc', '-aes-256-ecb', '-nopad', '-K', secret.hex(), data=bytes(16))[:3].hex()}"


@pytest.fixture
def wrapping(alice: Tutorial, tmp_path: Path) -> Path:
    """Make keys that wrap: ``kek`` is KEK, which came in encrypted; ``hsm-pub`` has ``hsm-priv`` to unwrap.

    Returns:
        The file with the private half of a third one, ``own``.
    """
    hsm, own, public = (tmp_path / name for name in ("hsm.pem", "own.key", "own.pub"))
    pair = "key generate-asymmetric-pair rsa --public-exponent 65537 --modulus-size-bits 2048"
    alice.does(
        f"{pair} --public-label hsm-pub --private-label hsm-priv --public-attributes wrap=true "
        "--private-attributes unwrap=true",
        {
            "public_key": key(RSA_PUBLIC, "hsm-pub", {"wrap": True}),
            "private_key": key(RSA_PRIVATE, "hsm-priv", {"unwrap": True}),
        },
    )
    alice.does(f"key generate-file --encoding pem --path {hsm} --filter attr.label=hsm-pub", WRITTEN)
    encrypted = base64.b64encode(openssl("pkeyutl", "-encrypt", "-pubin", "-inkey", hsm, *OAEP, data=KEK)).decode()
    alice.does(
        f"key unwrap rsa-oaep{HASH} --filter attr.label=hsm-priv --key-type-class aes --label kek --data {encrypted} "
        "--attributes wrap=true unwrap=true",
        {"key": key(AES, "kek", {"wrap": True, "unwrap": True, "check-value": check_value(KEK), **CAME_IN})},
    )
    openssl("genrsa", "-out", own, "2048")
    openssl("rsa", "-in", own, "-pubout", "-out", public)
    alice.does(
        f"key import pem --path {public} --label own --key-type-class rsa-public --attributes wrap=true",
        {"key": key(RSA_PUBLIC, "own", {"wrap": True, "local": False}), "message": "Successfully imported key"},
    )
    return own


KINDS = [
    ("aes-gcm", GCM, "kek", "kek", "kek"),
    ("cloudhsm-aes-gcm", GCM, "kek", "kek", "kek"),
    ("aes-no-pad", "", "kek", "kek", "kek"),
    ("aes-pkcs5-pad", "", "kek", "kek", "kek"),
    ("aes-zero-pad", "", "kek", "kek", "kek"),
    ("rsa-aes", HASH, "own", "hsm-pub", "hsm-priv"),
    ("rsa-oaep", HASH, "own", "hsm-pub", "hsm-priv"),
    ("rsa-pkcs", "", "own", "hsm-pub", "hsm-priv"),
]
"""A mechanism, its options, and who wraps what is opened outside, who wraps what comes back, who unwraps it."""


def test_keys_are_wrapped_opened_and_unwrapped(alice: Tutorial, wrapping: Path, tmp_path: Path) -> None:
    """A key that was born inside is the same outside, whatever opens it, and back inside."""
    data = alice.does("key generate-symmetric aes --label data --key-length-bytes 32", {"key": key(AES, "data")})
    check, file, found = data["key"]["attributes"]["check-value"], tmp_path / "data.wrapped", set[bytes]()
    back: Attributes = {"check-value": check, "token": False, "decrypt": True, **CAME_IN}
    for kind, options, outside, by, unwrapping in KINDS:
        shape = WRAPPED_WITH_IV if kind == "aes-gcm" else WRAPPED
        wrap = f"key wrap {kind}{options} --payload-filter attr.label=data --wrapping-filter"
        out = alice.does(f"{wrap} attr.label={outside}", shape)
        iv = bytes.fromhex(out.get("iv", "0x").removeprefix("0x"))
        found |= opened(kind, base64.b64decode(out["wrapped_key_data"]), iv, wrapping)

        out = alice.does(f"{wrap} attr.label={by} --path {file}", shape)
        given = f"{options} --iv {out['iv']}" if "iv" in out else options
        alice.does(
            f"key unwrap {kind}{given} --filter attr.label={unwrapping} --data-path {file} --key-type-class aes "
            "--label back --attributes decrypt=true --session",
            {"key": key(AES, "back", back)},
        )
    (secret,) = found
    assert (len(secret), check_value(secret)) == (32, check)


def test_a_private_key_is_wrapped_opened_and_unwrapped(alice: Tutorial, wrapping: Path, tmp_path: Path) -> None:
    """As PKCS#8, which openssl reads, with the mechanisms that wrap keys of any length."""
    made = alice.does(EC, EC_PAIR)
    check, pem = made["private_key"]["attributes"]["check-value"], tmp_path / "ec.pem"
    alice.does(f"key generate-file --encoding pem --path {pem} --filter attr.label=ec-pub", WRITTEN)
    for kind, options, by in (("aes-zero-pad", "", "kek"), ("rsa-aes", HASH, "own")):
        wrap = f"key wrap {kind}{options} --payload-filter attr.label=ec-priv --wrapping-filter attr.label={by}"
        data = alice.does(wrap, WRAPPED)["wrapped_key_data"]
        (pkcs8,) = opened(kind, base64.b64decode(data), b"", wrapping)
        assert openssl("pkey", "-inform", "DER", "-pubout", data=pkcs8) == pem.read_bytes()
    wrap = f"key wrap rsa-aes{HASH} --payload-filter attr.label=ec-priv --wrapping-filter attr.label=hsm-pub"
    data = alice.does(wrap, WRAPPED)["wrapped_key_data"]
    alice.does(
        f"key unwrap rsa-aes{HASH} --filter attr.label=hsm-priv --data {data} --key-type-class ec-private --label back "
        "--attributes sign=true",
        {"key": key(EC_PRIVATE, "back", {"check-value": check, "sign": True, **CAME_IN})},
    )
