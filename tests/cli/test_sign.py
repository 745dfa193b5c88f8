"""``crypto sign`` and ``crypto verify``: what the HSM signs, it verifies, and so do OpenSSL and ``cryptography``."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path

import pytest
from Cryptodome.Hash import SHAKE256
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed, encode_dss_signature
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from bridge.engine import Attribute, Session
from cli.command import ALICE, answer, refusal, run
from cli.openssl import openssl

DATA = b"abc123"
RAW = ["--data", base64.b64encode(DATA).decode()]
KEYS = ["--public-label", "pub", "--private-label", "priv", "--public-attributes", "verify=true"]
KEYS = [*KEYS, "--private-attributes", "sign=true"]
HASHES = {
    "sha1": hashes.SHA1(),  # noqa: S303
    "sha224": hashes.SHA224(),
    "sha256": hashes.SHA256(),
    "sha384": hashes.SHA384(),
    "sha512": hashes.SHA512(),
}


def digest(name: str) -> list[str]:
    return ["--data-type", "digest", "--data", base64.b64encode(hashlib.new(name, DATA).digest()).decode()]


def make(home: Path, *kind: str) -> None:
    answer(run(home, ALICE, "key", "generate-asymmetric-pair", *kind, *KEYS))


def sign(home: Path, kind: str, *arguments: str) -> bytes:
    data = answer(run(home, ALICE, "crypto", "sign", kind, "--key-filter", "attr.label=priv", *arguments))
    assert list(data) == ["key-reference", "signature"]
    return base64.b64decode(data["signature"])


def verify(home: Path, kind: str, signature: bytes, *arguments: str) -> None:
    shown = ["--signature", base64.b64encode(signature).decode()]
    result = run(home, ALICE, "crypto", "verify", kind, "--key-filter", "attr.label=pub", *arguments, *shown)
    assert answer(result) == {"message": "Signature verified successfully"}


def refuse(home: Path, kind: str, signature: bytes, *arguments: str) -> None:
    shown = ["--signature", base64.b64encode(signature).decode()]
    result = run(home, ALICE, "crypto", "verify", kind, "--key-filter", "attr.label=pub", *arguments, *shown)
    assert refusal(result) == "Signature verification failed"


def public_pem(home: Path, tmp_path: Path) -> Path:
    path = tmp_path / "pub.pem"
    filtered = ["--path", str(path), "--filter", "attr.label=pub"]
    answer(run(home, ALICE, "key", "generate-file", "--encoding", "pem", *filtered))
    return path


@pytest.mark.parametrize("curve", ["secp224r1", "secp256r1", "secp256k1", "secp384r1", "secp521r1"])
def test_ecdsa_signatures_are_two_numbers_side_by_side(home: Path, tmp_path: Path, curve: str) -> None:
    make(home, "ec", "--curve", curve)
    public = load_pem_public_key(public_pem(home, tmp_path).read_bytes())
    assert isinstance(public, ec.EllipticCurvePublicKey)
    size = (public.key_size + 7) // 8
    for name in ("sha256", "sha512"):
        signature = sign(home, "ecdsa", "--hash-function", name, *RAW)
        assert len(signature) == 2 * size
        der = encode_dss_signature(int.from_bytes(signature[:size], "big"), int.from_bytes(signature[size:], "big"))
        public.verify(der, DATA, ec.ECDSA(HASHES[name]))
        (tmp_path / "der").write_bytes(der)
        file: list[str | Path] = ["-verify", tmp_path / "pub.pem", "-signature", tmp_path / "der"]
        assert openssl("dgst", f"-{name}", *file, data=DATA) == b"Verified OK\n"
        verify(home, "ecdsa", signature, "--hash-function", name, *RAW)
        verify(home, "ecdsa", signature, "--hash-function", name, *digest(name))
        refuse(home, "ecdsa", signature, "--hash-function", "sha384", *RAW)
        refuse(home, "ecdsa", signature[:-1], "--hash-function", name, *RAW)
        refuse(home, "ecdsa", der, "--hash-function", name, *RAW)
        refuse(home, "ecdsa", bytes(2 * size), "--hash-function", name, *RAW)


@pytest.mark.parametrize("name", list(HASHES))
def test_rsa_signatures_with_every_hash(home: Path, tmp_path: Path, name: str) -> None:
    make(home, "rsa", "--modulus-size-bits", "2048", "--public-exponent", "65537")
    public = load_pem_public_key(public_pem(home, tmp_path).read_bytes())
    assert isinstance(public, rsa.RSAPublicKey)

    function = ["--hash-function", name]
    pkcs1 = sign(home, "rsa-pkcs", *function, *RAW)
    public.verify(pkcs1, DATA, padding.PKCS1v15(), HASHES[name])
    assert sign(home, "rsa-pkcs", *function, *digest(name)) == pkcs1
    verify(home, "rsa-pkcs", pkcs1, *function, *RAW)
    refuse(home, "rsa-pkcs", pkcs1[::-1], *function, *RAW)

    pss = [*function, "--mgf", f"mgf1-{name}", "--salt-length", "10"]
    signature = sign(home, "rsa-pkcs-pss", *pss, *digest(name))
    public.verify(signature, DATA, padding.PSS(padding.MGF1(HASHES[name]), 10), HASHES[name])
    verify(home, "rsa-pkcs-pss", signature, *pss, *RAW)
    refuse(home, "rsa-pkcs-pss", signature, *pss[:-1], "11", *RAW)
    refuse(home, "rsa-pkcs", signature, *function, *RAW)


def test_ed25519_and_ed25519ph(home: Path, tmp_path: Path) -> None:
    make(home, "ec", "--curve", "ed25519")
    public = load_pem_public_key(public_pem(home, tmp_path).read_bytes())
    assert isinstance(public, ed25519.Ed25519PublicKey)

    plain = sign(home, "ed25519", *RAW)
    public.verify(plain, DATA)
    verify(home, "ed25519", plain, *RAW)

    prehashed = sign(home, "ed25519ph", "--hash-function", "sha512", *RAW)
    assert sign(home, "ed25519ph", "--hash-function", "sha512", *digest("sha512")) == prehashed != plain
    verify(home, "ed25519ph", prehashed, "--hash-function", "sha512", *RAW)
    refuse(home, "ed25519ph", plain, "--hash-function", "sha512", *RAW)
    refuse(home, "ed25519", prehashed, *RAW)


def test_ml_dsa_signs_data_or_their_external_mu(home: Path, session: Session) -> None:
    make(home, "ml-dsa", "--mldsa-algorithm", "ML-DSA-65")
    (handle,) = session.find({Attribute.LABEL: "pub"})
    raw_key = session.export(handle)[-1952:]
    prefix = SHAKE256.new(raw_key).read(64) + b"\x00\x00"
    mu = base64.b64encode(SHAKE256.new(prefix + DATA).read(64)).decode()

    function = ["--hash-function", "shake256"]
    external = [*function, "--data-type", "external-mu", "--data", mu]
    verify(home, "ml-dsa", sign(home, "ml-dsa", *function, *RAW), *external)
    verify(home, "ml-dsa", sign(home, "ml-dsa", *external), *function, "--data-type", "raw", *RAW)
    refuse(home, "ml-dsa", bytes(3309), *function, *RAW)


def test_data_and_signatures_come_from_files(home: Path, tmp_path: Path) -> None:
    make(home, "ec", "--curve", "secp256r1")
    (tmp_path / "data").write_bytes(DATA)
    file = ["--hash-function", "sha256", "--data-path", str(tmp_path / "data")]
    (tmp_path / "signature").write_bytes(sign(home, "ecdsa", *file))

    arguments = ["--key-filter", "attr.label=pub", *file, "--signature-path", str(tmp_path / "signature")]
    assert answer(run(home, ALICE, "crypto", "verify", "ecdsa", *arguments))
    public = load_pem_public_key(public_pem(home, tmp_path).read_bytes())
    assert isinstance(public, ec.EllipticCurvePublicKey)
    signature = (tmp_path / "signature").read_bytes()
    der = encode_dss_signature(int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big"))
    public.verify(der, hashlib.sha256(DATA).digest(), ec.ECDSA(Prehashed(hashes.SHA256())))


def test_refusals(home: Path, tmp_path: Path) -> None:
    make(home, "rsa", "--modulus-size-bits", "2048", "--public-exponent", "65537")
    one = ["crypto", "sign", "ecdsa", "--key-filter", "attr.label=priv", "--hash-function", "sha256"]
    assert "works with EC keys" in refusal(run(home, ALICE, *one, *RAW))
    pkcs = ["crypto", "sign", "rsa-pkcs", "--hash-function", "sha256", *RAW, "--key-filter"]
    assert "SIGN" in refusal(run(home, ALICE, *pkcs, "attr.label=pub"))
    assert "No key of this user" in refusal(run(home, ALICE, *pkcs, "attr.label=other"))
    assert "32 bytes; 6 were given" in refusal(run(home, ALICE, *pkcs, "attr.label=priv", "--data-type", "digest"))
    assert "cannot be read" in refusal(run(home, ALICE, *one, "--data-path", str(tmp_path / "none")))
    assert run(home, ALICE, *one).exit_code == 2
    assert run(home, ALICE, *one, *RAW, "--hash-function", "md5").exit_code == 2
