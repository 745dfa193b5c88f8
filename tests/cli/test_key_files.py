"""``key import pem`` and ``key generate-file``."""

from __future__ import annotations

import json
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from bridge.cli.commands.reference_pem import MARK
from bridge.engine import Attribute, Session
from cli.command import ALICE, answer, refusal, run
from cli.openssl import openssl

PAIR = ("key", "generate-asymmetric-pair")
LABELS = ("--public-label", "pub", "--private-label", "priv")


def pem_file(folder: Path, key: PublicKeyTypes) -> Path:
    path = folder / "peer.pem"
    path.write_bytes(key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    return path


@pytest.mark.parametrize(
    ("generate", "kind", "key_type"),
    [
        (lambda: rsa.generate_private_key(65537, 2048), "rsa-public", "rsa"),
        (lambda: ec.generate_private_key(ec.SECP384R1()), "ec-public", "ec"),
        (ed25519.Ed25519PrivateKey.generate, "ec-public", "ec-edwards"),
    ],
    ids=["rsa", "ec", "ed25519"],
)
def test_imports_a_public_key_and_writes_it_again(
    home: Path, tmp_path: Path, generate: Callable[[], rsa.RSAPrivateKey], kind: str, key_type: str
) -> None:
    path = pem_file(tmp_path, generate().public_key())
    given = ["--path", str(path), "--label", "peer", "--key-type-class", kind, "--attributes", "verify=true"]
    data = answer(run(home, ALICE, "key", "import", "pem", *given))

    assert data["message"] == "Successfully imported key"
    attributes = data["key"]["attributes"]
    assert (attributes["label"], attributes["class"], attributes["key-type"]) == ("peer", "public-key", key_type)
    assert attributes["verify"] is attributes["token"] is True
    assert attributes["encrypt"] is attributes["wrap"] is attributes["local"] is False

    out = tmp_path / "again.pem"
    file = ["--encoding", "pem", "--path", str(out), "--filter", "attr.label=peer"]
    assert answer(run(home, ALICE, "key", "generate-file", *file)) == {"message": "Successfully generated key file"}
    assert out.read_bytes() == path.read_bytes()


def test_imports_nothing_else(home: Path, tmp_path: Path, session: Session) -> None:
    path = pem_file(tmp_path, ec.generate_private_key(ec.SECP256R1()).public_key())
    one = ["key", "import", "pem", "--label", "peer", "--key-type-class", "rsa-public", "--path"]
    assert "KEY_TYPE" in refusal(run(home, ALICE, *one, str(path)))
    path.write_text("no key")
    assert "no public key in PEM" in refusal(run(home, ALICE, *one, str(path)))
    assert "cannot be read" in refusal(run(home, ALICE, *one, str(tmp_path / "none")))
    assert session.find({}) == []


@pytest.mark.parametrize(
    "kind", [["ec", "--curve", "secp521r1"], ["rsa", "--modulus-size-bits", "2048", "--public-exponent", "65537"]]
)
def test_a_reference_looks_like_the_private_key(home: Path, tmp_path: Path, session: Session, kind: list[str]) -> None:
    run(home, ALICE, *PAIR, *kind, *LABELS)
    private, public = tmp_path / "priv.pem", tmp_path / "pub.pem"
    for encoding, path, label in (("reference-pem", private, "priv"), ("pem", public, "pub")):
        file = ["--encoding", encoding, "--path", str(path), "--filter", f"attr.label={label}"]
        answer(run(home, ALICE, "key", "generate-file", *file))

    assert openssl("pkey", "-in", private, "-pubout") == public.read_bytes()
    assert stat.S_IMODE(private.stat().st_mode) == 0o600
    (handle,) = session.find({Attribute.LABEL: "priv"})
    assert MARK + handle.to_bytes(8, "big") in openssl("pkey", "-in", private, "-outform", "DER")


def test_refuses_what_has_no_such_file(home: Path, tmp_path: Path) -> None:
    run(home, ALICE, *PAIR, "ml-dsa", "--mldsa-algorithm", "ML-DSA-44", *LABELS)
    out = tmp_path / "out"
    one = ["key", "generate-file", "--path", str(out), "--encoding"]
    assert "ML_DSA key has no reference-pem" in refusal(
        run(home, ALICE, *one, "reference-pem", "--filter", "attr.label=priv")
    )
    assert "for private keys" in refusal(run(home, ALICE, *one, "reference-pem", "--filter", "attr.label=pub"))
    assert "no public key" in refusal(run(home, ALICE, *one, "pem", "--filter", "attr.label=priv"))
    assert run(home, ALICE, *one, "pem", "--all").exit_code == 2
    assert run(home, ALICE, *one, "pem").exit_code == 2
    assert not out.exists()


def test_references_for_a_key_storage_provider(home: Path, tmp_path: Path, session: Session) -> None:
    run(home, ALICE, *PAIR, "ec", "--curve", "secp256r1", *LABELS)
    run(home, ALICE, *PAIR, "ec", "--curve", "secp256k1", "--public-label", "p2", "--private-label", "q2")
    answer(
        run(home, ALICE, "key", "generate-file", "--encoding", "ksp-key-reference", "--path", str(tmp_path), "--all")
    )

    for label in ("priv", "q2"):
        (handle,) = session.find({Attribute.LABEL: label})
        value = json.loads((tmp_path / f"0x{handle:016x}").read_text())
        assert (value["key-reference"], value["label"]) == (f"0x{handle:016x}", label)
