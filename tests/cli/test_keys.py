"""``hsmbridge keys``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from conftest import PASSWORDS

from bridge.engine import Attribute, MechanismType, Session
from bridge.engine.curves import curve_named
from cli.command import ALICE, BOB, answer, run

TOKEN = {Attribute.TOKEN: True}


@pytest.fixture
def three(session: Session) -> list[int]:
    """The handles of an RSA and an EC private key, and an AES key; the public halves are session keys."""
    _, rsa = session.generate_key_pair(
        MechanismType.RSA_PKCS_KEY_PAIR_GEN,
        {Attribute.MODULUS_BITS: 2048, Attribute.PUBLIC_EXPONENT: b"\x01\x00\x01"},
        {**TOKEN, Attribute.LABEL: "signer", Attribute.EXTRACTABLE: False},
    )
    _, ec = session.generate_key_pair(
        MechanismType.EC_KEY_PAIR_GEN,
        {Attribute.EC_PARAMS: curve_named("secp256r1").params},
        {**TOKEN, Attribute.LABEL: "müller", Attribute.ID: b"\x01\xff"},
    )
    aes = session.generate_key(MechanismType.AES_KEY_GEN, {**TOKEN, Attribute.LABEL: "aes", Attribute.VALUE_LEN: 32})
    return [rsa, ec, aes]


def test_says_so_if_there_are_none(home: Path) -> None:
    result = run(home, ALICE, "keys")
    assert result.exit_code == 0
    assert result.stdout == f"Crypto user 'alice' sees no keys in {home}.\n"


def test_lists_keys_in_columns(home: Path, three: list[int]) -> None:
    rsa, ec, aes = (f"0x{handle:016x}" for handle in three)
    all_uses = "sign, verify, encrypt, decrypt, wrap, unwrap"
    assert run(home, ALICE, "keys").stdout.splitlines() == [
        "KEY                 LABEL   CLASS        TYPE  SIZE       ATTRIBUTES",
        f"{rsa}  signer  private-key  rsa   2048       token, sign, decrypt, unwrap",
        f"{ec}  müller  private-key  ec    secp256r1  token, extractable, sign, decrypt, unwrap",
        f"{aes}  aes     secret-key   aes   256        token, extractable, {all_uses}",
    ]


def test_lists_whole_keys_as_cloudhsm_cli_does(home: Path, three: list[int], session: Session) -> None:
    data = answer(run(home, ALICE, "keys", "--json"))
    rsa, ec, aes = data.pop("matched_keys")

    assert data == {"total_key_count": 3, "returned_key_count": 3}
    assert rsa["key-reference"] == f"0x{three[0]:016x}"
    assert rsa["key-info"] == {
        "key-owners": [{"username": "alice", "key-coverage": "full"}],
        "shared-users": [],
        "cluster-coverage": "full",
    }
    modulus = session.attributes(three[0])[Attribute.MODULUS]
    assert isinstance(modulus, bytes)
    assert (
        rsa["attributes"].items()
        >= {
            "key-type": "rsa",
            "label": "signer",
            "id": "0x",
            "class": "private-key",
            "token": True,
            "extractable": False,
            "never-extractable": True,
            "local": True,
            "sign": True,
            "verify": False,
            "public-exponent": "0x010001",
            "modulus": f"0x{modulus.hex()}",
            "modulus-size-bits": 2048,
            "key-length-bytes": 256,
        }.items()
    )
    assert (
        ec["attributes"].items()
        >= {
            "key-type": "ec",
            "label": "müller",
            "id": "0x01ff",
            "curve": "secp256r1",
            "extractable": True,
            "key-length-bytes": 32,
        }.items()
    )
    assert ec["attributes"]["ec-point"].startswith("0x044104")
    assert aes["attributes"].items() >= {"key-type": "aes", "class": "secret-key", "key-length-bytes": 32}.items()
    assert len(aes["attributes"]["check-value"]) == len("0x") + 6


def test_shows_no_key_of_somebody_else(home: Path, three: list[int]) -> None:
    assert answer(run(home, BOB, "keys", "--json"))["matched_keys"] == []
    assert run(home, BOB, "keys").stdout == f"Crypto user 'bob' sees no keys in {home}.\n"


def test_writes_control_characters_out(home: Path, session: Session) -> None:
    label = "a\x1b[2Jb\n"
    session.generate_key(MechanismType.AES_KEY_GEN, {**TOKEN, Attribute.LABEL: label, Attribute.VALUE_LEN: 16})
    result = run(home, ALICE, "keys")
    assert "  a\\x1b[2Jb\\n  " in result.stdout
    assert "\x1b" not in result.stdout
    assert answer(run(home, ALICE, "keys", "--json"))["matched_keys"][0]["attributes"]["label"] == label


def test_reports_a_refusal_in_the_form_that_was_asked_for(home: Path) -> None:
    wrong = {**ALICE, "HSM_PASSWORD": "not-the-password"}
    text, envelope = run(home, wrong, "keys"), run(home, wrong, "keys", "--json")

    assert (text.exit_code, text.stdout) == (1, "")
    assert text.stderr.startswith("hsmbridge: Wrong password, or no crypto-user 'alice'")
    assert (envelope.exit_code, envelope.stderr) == (1, "")
    assert json.loads(envelope.stdout) == {"error_code": 1, "data": text.stderr.strip().removeprefix("hsmbridge: ")}
    assert "not-the-password" not in text.output + envelope.output


def test_says_how_to_make_an_hsm_where_there_is_none(tmp_path: Path) -> None:
    result = run(tmp_path / "nothing", ALICE, "keys")
    assert result.exit_code == 1
    assert "create one with `hsmbridge init`" in result.stderr


@pytest.mark.parametrize("missing", ["HSM_USER", "HSM_PASSWORD"])
def test_names_the_variable_that_is_missing(home: Path, missing: str) -> None:
    result = run(home, {**ALICE, missing: ""}, "keys")
    assert result.exit_code == 2
    assert f"{missing} is not set" in result.stderr


def test_the_admin_has_no_keys_to_list(home: Path) -> None:
    result = run(home, {"HSM_USER": "admin", "HSM_PASSWORD": PASSWORDS["admin"].decode()}, "keys")
    assert result.exit_code == 1
    assert "no crypto-user 'admin'" in result.stderr
