"""``key generate-symmetric`` and ``key generate-asymmetric-pair``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bridge.engine import Attribute, Session
from cli.command import ALICE, answer, refusal, run
from cli.shapes import AES as AES_ATTRIBUTES
from cli.shapes import CHECK_VALUE

AES = ("key", "generate-symmetric", "aes")
GENERIC = ("key", "generate-symmetric", "generic-secret")
PAIR = ("key", "generate-asymmetric-pair")
LABELS = ("--public-label", "pub", "--private-label", "priv")

SHOWN = [
    "key-type",
    "label",
    "id",
    "check-value",
    "class",
    "encrypt",
    "decrypt",
    "token",
    "always-sensitive",
    "derive",
    "destroyable",
    "extractable",
    "local",
    "modifiable",
    "never-extractable",
    "private",
    "sensitive",
    "sign",
    "trusted",
    "unwrap",
    "verify",
    "wrap",
    "wrap-with-trusted",
    "key-length-bytes",
]
"""The attributes of every key, in cloudhsm-cli's order."""


def generated(home: Path, *arguments: str) -> dict[str, Any]:
    data: dict[str, Any] = answer(run(home, ALICE, *arguments))
    return data


def test_an_aes_key_has_the_defaults_and_the_shape_of_cloudhsm_cli(home: Path, session: Session) -> None:
    key = generated(home, *AES, "--label", "data", "--key-length-bytes", "32")["key"]
    (handle,) = session.find({})

    assert key["key-reference"] == f"0x{handle:016x}"
    assert key["key-info"] == {
        "key-owners": [{"username": "alice", "key-coverage": "full"}],
        "shared-users": [],
        "key-quorum-values": {"manage-key-quorum-value": 0, "use-key-quorum-value": 0},
        "cluster-coverage": "full",
    }
    attributes = key["attributes"]
    assert list(attributes) == SHOWN
    assert CHECK_VALUE.fullmatch(attributes["check-value"])
    assert attributes == {**AES_ATTRIBUTES, "label": "data", "check-value": attributes["check-value"]}


def test_attributes_that_are_given_count(home: Path) -> None:
    given = ["--attributes", "encrypt=true", "decrypt=true", "extractable=false", "id=0x0a0b", "sign=false"]
    attributes = generated(home, *AES, *given, "--label", "k", "--key-length-bytes", "16")["key"]["attributes"]

    assert attributes["encrypt"] is attributes["decrypt"] is attributes["never-extractable"] is True
    assert attributes["extractable"] is attributes["sign"] is False
    assert attributes["id"] == "0x0a0b"


def test_a_session_key_goes_with_the_session_of_the_command(home: Path, session: Session) -> None:
    key = generated(home, *GENERIC, "--label", "k", "--key-length-bytes", "20", "--session")["key"]

    assert key["attributes"]["token"] is False
    assert key["attributes"]["key-type"] == "generic-secret"
    assert session.find({}) == []


@pytest.mark.parametrize(
    ("curve", "shown", "key_type"),
    [
        ("prime256v1", "secp256r1", "ec"),
        ("secp256r1", "secp256r1", "ec"),
        ("secp224r1", "secp224r1", "ec"),
        ("secp384r1", "secp384r1", "ec"),
        ("secp256k1", "secp256k1", "ec"),
        ("secp521r1", "secp521r1", "ec"),
        ("ed25519", "ed25519", "ec-edwards"),
    ],
)
def test_an_ec_pair_of_every_curve(home: Path, curve: str, shown: str, key_type: str) -> None:
    data = generated(home, *PAIR, "ec", *LABELS, "--curve", curve, "--private-attributes", "sign=true")

    assert list(data) == ["public_key", "private_key"]
    public, private = (data[half]["attributes"] for half in data)
    assert list(private)[len(SHOWN) :] == ["ec-point", "curve"]
    assert (public["label"], private["label"]) == ("pub", "priv")
    assert public["curve"] == private["curve"] == shown
    assert public["key-type"] == private["key-type"] == key_type
    assert private["sign"] is True
    assert public["verify"] is private["derive"] is private["unwrap"] is False


def test_an_rsa_pair(home: Path) -> None:
    size = ["--modulus-size-bits", "2048", "--public-exponent", "65537"]
    data = generated(home, *PAIR, "rsa", *size, *LABELS, "--public-attributes", "verify=true", "wrap=true")

    public, private = (data[half]["attributes"] for half in ("public_key", "private_key"))
    assert list(public)[len(SHOWN) :] == ["public-exponent", "modulus", "modulus-size-bits"]
    assert public["public-exponent"] == private["public-exponent"] == "0x010001"
    assert public["modulus-size-bits"] == 2048
    assert public["verify"] is public["wrap"] is public["extractable"] is True
    assert public["encrypt"] is private["sign"] is private["decrypt"] is False


@pytest.mark.parametrize(("name", "length"), [("ML-DSA-44", 1312), ("ml-dsa-65", 1952), ("ML-DSA-87", 2592)])
def test_an_ml_dsa_pair_of_every_set(home: Path, name: str, length: int) -> None:
    data = generated(home, *PAIR, "ml-dsa", "--mldsa-algorithm", name, *LABELS)

    attributes = data["public_key"]["attributes"]
    place = SHOWN.index("private") + 1
    assert list(attributes) == [*SHOWN[:place], "mldsa-algorithm", *SHOWN[place:]]
    assert attributes["mldsa-algorithm"] == name.upper()
    assert data["public_key"]["attributes"]["key-length-bytes"] == length


REFUSED = [
    ([*AES, "--label", "k", "--key-length-bytes", "17"], "136"),
    ([*GENERIC, "--label", "k", "--key-length-bytes", "0"], "0"),
    ([*AES, "--label", "k", "--key-length-bytes", "16", "--attributes", "trusted=true"], "TRUSTED"),
    ([*AES, "--label", "k" * 128, "--key-length-bytes", "16"], "128"),
    ([*PAIR, "rsa", *LABELS, "--modulus-size-bits", "1024", "--public-exponent", "65537"], "1024"),
    ([*PAIR, "rsa", *LABELS, "--modulus-size-bits", "2048", "--public-exponent", "0"], "PUBLIC_EXPONENT"),
    ([*PAIR, "ec", *LABELS, "--curve", "secp256r1", "--public-attributes", "derive=true"], "DERIVE"),
]


@pytest.mark.parametrize(("arguments", "why"), REFUSED)
def test_what_the_hsm_refuses_is_an_answer(home: Path, session: Session, arguments: list[str], why: str) -> None:
    assert why in refusal(run(home, ALICE, *arguments))
    assert session.find({}) == []


WRONG = [
    [*AES, "--label", "k"],
    [*AES, "--key-length-bytes", "16"],
    [*AES, "--label", "k", "--key-length-bytes", "16", "--attributes", "encrypt"],
    [*AES, "--label", "k", "--key-length-bytes", "16", "--attributes", "encrypt=yes"],
    [*AES, "--label", "k", "--key-length-bytes", "16", "--attributes", "encrypt=true", "encrypt=false"],
    [*AES, "--label", "k", "--key-length-bytes", "16", "--attributes"],
    [*PAIR, "ec", *LABELS, "--curve", "secp192r1"],
    [*PAIR, "ml-dsa", *LABELS, "--mldsa-algorithm", "ML-DSA-1"],
]


@pytest.mark.parametrize("arguments", WRONG)
def test_wrong_usage_makes_nothing(home: Path, session: Session, arguments: list[str]) -> None:
    result = run(home, ALICE, *arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert session.find({}) == []


def test_the_attributes_reach_the_hsm(home: Path, session: Session) -> None:
    generated(home, *AES, "--label", "k", "--key-length-bytes", "16", "--attributes", "wrap-with-trusted=true")
    attributes = session.attributes(session.find({})[0])
    assert attributes[Attribute.WRAP_WITH_TRUSTED] is True
    assert attributes[Attribute.WRAP] is attributes[Attribute.ENCRYPT] is False
