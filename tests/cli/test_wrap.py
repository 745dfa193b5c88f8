"""``key wrap`` and ``key unwrap``: what comes out is opened with OpenSSL, and comes in again."""

from __future__ import annotations

import base64
import stat
from pathlib import Path
from typing import Any

import pytest
from Cryptodome.Cipher import AES
from cryptography.hazmat.primitives import keywrap
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from bridge.engine import Attribute, Session
from bridge.engine.attributes import Attributes, KeyType
from cli.command import ALICE, BOB, answer, refusal, run
from cli.openssl import openssl, private_pem

KEK = bytes(range(32))
PAYLOAD = bytes(range(100, 124))
AAD = "0x10ff"
TAG = ["--tag-length-bits", "128", "--aad", AAD]
HASH = ["--hash-function", "sha256", "--mgf", "mgf1-sha256"]
OAEP = ["-pkeyopt", "rsa_padding_mode:oaep", "-pkeyopt", "rsa_oaep_md:sha256", "-pkeyopt", "rsa_mgf1_md:sha256"]


@pytest.fixture(scope="module")
def rsa_key() -> rsa.RSAPrivateKey:
    """An RSA key that the HSM and OpenSSL have."""
    return rsa.generate_private_key(65537, 2048)


@pytest.fixture
def keys(session: Session, rsa_key: rsa.RSAPrivateKey) -> None:
    """A payload, and keys that wrap and unwrap: ``kek`` an AES key, ``pub`` and ``priv`` an RSA pair."""
    token = {Attribute.TOKEN: True}
    session.import_key({**token, Attribute.LABEL: "data", Attribute.VALUE: PAYLOAD})
    session.import_key({**token, Attribute.LABEL: "kek", Attribute.VALUE: KEK})
    info = rsa_key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    session.import_key({**token, Attribute.LABEL: "pub", Attribute.PUBLIC_KEY_INFO: info})
    pkcs8 = rsa_key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    session.import_key({**token, Attribute.LABEL: "priv", Attribute.PRIVATE_KEY_INFO: pkcs8})


def wrapped(home: Path, kind: str, by: str, *more: str) -> dict[str, Any]:
    filters = ["--payload-filter", "attr.label=data", "--wrapping-filter", f"attr.label={by}"]
    data: dict[str, Any] = answer(run(home, ALICE, "key", "wrap", kind, *filters, *more))
    return data


def unwrapped(home: Path, kind: str, by: str, *more: str) -> dict[str, Any]:
    what = ["--filter", f"attr.label={by}", "--label", "back", "--key-type-class", "aes"]
    data: dict[str, Any] = answer(run(home, ALICE, "key", "unwrap", kind, *what, *more))["key"]
    return data


KINDS = [
    ("aes-gcm", "kek", "kek", TAG),
    ("cloudhsm-aes-gcm", "kek", "kek", TAG),
    ("aes-no-pad", "kek", "kek", []),
    ("aes-pkcs5-pad", "kek", "kek", []),
    ("aes-zero-pad", "kek", "kek", []),
    ("rsa-aes", "pub", "priv", HASH),
    ("rsa-oaep", "pub", "priv", HASH),
    ("rsa-pkcs", "pub", "priv", []),
]


@pytest.mark.parametrize(("kind", "by", "back", "options"), KINDS)
def test_what_is_wrapped_comes_in_again(
    home: Path, session: Session, keys: None, tmp_path: Path, kind: str, by: str, back: str, options: list[str]
) -> None:
    file = tmp_path / "data.wrapped"
    out = wrapped(home, kind, by, *options, "--path", str(file))
    names = ["payload_key_reference", "wrapping_key_reference", *(["iv"] if kind == "aes-gcm" else [])]
    assert list(out) == [*names, "wrapped_key_data"]
    assert base64.b64decode(out["wrapped_key_data"]) == file.read_bytes()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600

    iv = ["--iv", out["iv"]] if "iv" in out else []
    key = unwrapped(home, kind, back, *options, *iv, "--data", out["wrapped_key_data"], "--attributes", "encrypt=true")
    attributes = key["attributes"]
    assert (attributes["label"], attributes["key-type"], attributes["key-length-bytes"]) == ("back", "aes", 24)
    assert attributes["local"] is attributes["always-sensitive"] is attributes["decrypt"] is False
    assert attributes["encrypt"] is attributes["sign"] is attributes["token"] is True
    (original,) = session.find({Attribute.LABEL: "data"})
    assert attributes["check-value"] == f"0x{check_value(session, original).hex()}"

    again = unwrapped(home, kind, back, *options, *iv, "--data-path", str(file), "--session")
    assert again["attributes"]["token"] is False


def check_value(session: Session, handle: int) -> bytes:
    value = session.attributes(handle)[Attribute.CHECK_VALUE]
    assert isinstance(value, bytes)
    return value


def test_openssl_opens_aes_key_wrap(home: Path, keys: None) -> None:
    raw = base64.b64decode(wrapped(home, "aes-no-pad", "kek")["wrapped_key_data"])
    padded = base64.b64decode(wrapped(home, "aes-zero-pad", "kek")["wrapped_key_data"])
    pkcs5 = base64.b64decode(wrapped(home, "aes-pkcs5-pad", "kek")["wrapped_key_data"])

    key = ["-K", KEK.hex()]
    assert openssl("enc", "-d", "-id-aes256-wrap", *key, "-iv", "A6" * 8, data=raw) == PAYLOAD
    assert openssl("enc", "-d", "-id-aes256-wrap-pad", *key, "-iv", "A65959A6", data=padded) == PAYLOAD
    assert keywrap.aes_key_unwrap(KEK, raw) == keywrap.aes_key_unwrap_with_padding(KEK, padded) == PAYLOAD
    assert openssl("enc", "-d", "-id-aes256-wrap", *key, "-iv", "A6" * 8, data=pkcs5) == PAYLOAD + b"\x08" * 8


def test_cryptography_opens_aes_gcm(home: Path, keys: None) -> None:
    out = wrapped(home, "aes-gcm", "kek", *TAG)
    iv, data = bytes.fromhex(out["iv"].removeprefix("0x")), base64.b64decode(out["wrapped_key_data"])
    assert AESGCM(KEK).decrypt(iv, data, b"\x10\xff") == PAYLOAD

    whole = base64.b64decode(wrapped(home, "cloudhsm-aes-gcm", "kek", *TAG)["wrapped_key_data"])
    assert AESGCM(KEK).decrypt(whole[:12], whole[12:], b"\x10\xff") == PAYLOAD


def test_a_tag_may_be_shorter(home: Path, keys: None) -> None:
    short = ["--tag-length-bits", "64", "--aad", AAD]
    out = wrapped(home, "aes-gcm", "kek", *short)
    iv, data = bytes.fromhex(out["iv"].removeprefix("0x")), base64.b64decode(out["wrapped_key_data"])
    cipher = AES.new(KEK, AES.MODE_GCM, nonce=iv, mac_len=8)
    cipher.update(b"\x10\xff")
    assert cipher.decrypt_and_verify(data[:-8], data[-8:]) == PAYLOAD
    assert unwrapped(home, "aes-gcm", "kek", *short, "--iv", out["iv"], "--data", out["wrapped_key_data"])


def test_openssl_opens_what_the_rsa_key_wrapped(
    home: Path, keys: None, tmp_path: Path, rsa_key: rsa.RSAPrivateKey
) -> None:
    decrypt: list[str | Path] = ["pkeyutl", "-decrypt", "-inkey", private_pem(tmp_path, rsa_key)]
    oaep = base64.b64decode(wrapped(home, "rsa-oaep", "pub", *HASH)["wrapped_key_data"])
    assert openssl(*decrypt, *OAEP, data=oaep) == PAYLOAD

    pkcs1 = base64.b64decode(wrapped(home, "rsa-pkcs", "pub")["wrapped_key_data"])
    assert openssl(*decrypt, data=pkcs1) == PAYLOAD

    both = base64.b64decode(wrapped(home, "rsa-aes", "pub", *HASH)["wrapped_key_data"])
    temporary = openssl(*decrypt, *OAEP, data=both[:256])
    assert len(temporary) == 32
    assert keywrap.aes_key_unwrap_with_padding(temporary, both[256:]) == PAYLOAD


@pytest.mark.parametrize(
    ("kind", "key_type", "size"), [("generic-secret", "generic-secret", 24), ("des3", "des3", 24), ("aes", "aes", 24)]
)
def test_secret_keys_of_every_type_come_in(home: Path, keys: None, kind: str, key_type: str, size: int) -> None:
    data = wrapped(home, "aes-zero-pad", "kek")["wrapped_key_data"]
    what = ["--filter", "attr.label=kek", "--label", "back", "--key-type-class", kind, "--data", data]
    attributes = answer(run(home, ALICE, "key", "unwrap", "aes-zero-pad", *what))["key"]["attributes"]
    assert (attributes["key-type"], attributes["key-length-bytes"]) == (key_type, size)
    assert attributes["sign"] is (kind != "des3")


def test_private_keys_travel_as_pkcs8(home: Path, keys: None, session: Session) -> None:
    by = ["--wrapping-filter", "attr.label=kek"]
    out = answer(run(home, ALICE, "key", "wrap", "aes-zero-pad", "--payload-filter", "attr.label=priv", *by))
    pkcs8 = keywrap.aes_key_unwrap_with_padding(KEK, base64.b64decode(out["wrapped_key_data"]))
    assert b"2048 bit" in openssl("pkey", "-inform", "DER", "-noout", "-text", data=pkcs8)

    what = ["--filter", "attr.label=kek", "--label", "back", "--key-type-class", "rsa-private"]
    more = ["--data", out["wrapped_key_data"], "--attributes", "sign=true"]
    attributes = answer(run(home, ALICE, "key", "unwrap", "aes-zero-pad", *what, *more))["key"]["attributes"]
    assert (attributes["key-type"], attributes["class"], attributes["sign"]) == ("rsa", "private-key", True)
    (handle,) = session.find({Attribute.LABEL: "back"})
    assert session.attributes(handle)[Attribute.UNWRAP] is False


def test_refusals(home: Path, keys: None, session: Session, tmp_path: Path) -> None:
    kek = ["--wrapping-filter", "attr.label=kek"]
    fixed: Attributes = {Attribute.LABEL: "fixed", Attribute.EXTRACTABLE: False, Attribute.VALUE: PAYLOAD}
    session.import_key({Attribute.TOKEN: True, Attribute.KEY_TYPE: KeyType.AES, **fixed})
    one = ["key", "wrap", "aes-zero-pad", "--payload-filter", "attr.label=fixed", *kek]
    assert "EXTRACTABLE" in refusal(run(home, ALICE, *one))
    assert "No key of this user" in refusal(run(home, BOB, *one))

    gcm = ["key", "wrap", "aes-gcm", "--payload-filter", "attr.label=data", *kek, "--tag-length-bits"]
    assert "128" in refusal(run(home, ALICE, *gcm, "56"))
    assert run(home, ALICE, *gcm, "128", "--aad", "xyz").exit_code == 2
    assert run(home, ALICE, *gcm[:-1]).exit_code == 2

    back = ["key", "unwrap", "aes-zero-pad", "--filter", "attr.label=kek", "--label", "b", "--key-type-class", "aes"]
    assert "integrity check" in refusal(run(home, ALICE, *back, "--data", base64.b64encode(bytes(40)).decode()))
    assert "not Base64" in refusal(run(home, ALICE, *back, "--data", "?"))
    assert "cannot be read" in refusal(run(home, ALICE, *back, "--data-path", str(tmp_path / "none")))
    assert run(home, ALICE, *back).exit_code == 2
    assert run(home, ALICE, *back, "--data", "AA==", "--data-path", "x").exit_code == 2
    assert session.find({Attribute.LABEL: "b"}) == []
