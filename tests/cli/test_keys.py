"""``hsmbridge keys``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from conftest import PASSWORDS

from bridge.engine import Attribute, KeyType, MechanismType, Session
from bridge.engine.attributes import Attributes, Value
from bridge.engine.curves import ED25519_PARAMS, curve_named
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
        "key-quorum-values": {"manage-key-quorum-value": 0, "use-key-quorum-value": 0},
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
            "key-length-bytes": 138,
        }.items()
    )
    assert ec["attributes"]["ec-point"].startswith("0x044104")
    assert aes["attributes"].items() >= {"key-type": "aes", "class": "secret-key", "key-length-bytes": 32}.items()
    assert len(aes["attributes"]["check-value"]) == len("0x") + 6


def listed(home: Path) -> dict[str, dict[str, object]]:
    """Return the attributes of all keys of alice, by class and label."""
    data = answer(run(home, ALICE, "keys", "--json"))
    found = [key["attributes"] for key in data["matched_keys"]]
    return {f"{attributes['class']} {attributes['label']}": attributes for attributes in found}


EDWARDS = MechanismType.EC_EDWARDS_KEY_PAIR_GEN


@pytest.mark.parametrize(
    ("mechanism", "public", "shown", "private_length", "public_length"),
    [
        (MechanismType.EC_KEY_PAIR_GEN, {Attribute.EC_PARAMS: "secp384r1"}, {"curve": "secp384r1"}, 185, 97),
        (MechanismType.EC_KEY_PAIR_GEN, {Attribute.EC_PARAMS: "secp224r1"}, {"curve": "secp224r1"}, 122, 57),
        (EDWARDS, {Attribute.EC_PARAMS: ED25519_PARAMS}, {"curve": "ed25519", "key-type": "ec-edwards"}, 48, 32),
        (MechanismType.ML_DSA_KEY_PAIR_GEN, {Attribute.PARAMETER_SET: 1}, {"mldsa-algorithm": "ML-DSA-44"}, 54, 1312),
        (MechanismType.ML_DSA_KEY_PAIR_GEN, {Attribute.PARAMETER_SET: 2}, {"mldsa-algorithm": "ML-DSA-65"}, 54, 1952),
        (MechanismType.ML_DSA_KEY_PAIR_GEN, {Attribute.PARAMETER_SET: 3}, {"mldsa-algorithm": "ML-DSA-87"}, 54, 2592),
    ],
)
def test_lists_both_halves_of_a_pair(
    home: Path,
    session: Session,
    mechanism: MechanismType,
    public: dict[Attribute, Value],
    shown: dict[str, str],
    private_length: int,
    public_length: int,
) -> None:
    """The lengths are those that cloudhsm-cli prints: PKCS#8 of a private key, the point or key of a public one."""
    if isinstance(curve := public.get(Attribute.EC_PARAMS), str):
        public = {Attribute.EC_PARAMS: curve_named(curve).params}
    session.generate_key_pair(mechanism, {**TOKEN, **public}, TOKEN)
    keys = listed(home)

    assert keys["private-key "].items() >= {**shown, "key-length-bytes": private_length}.items()
    assert keys["public-key "].items() >= {**shown, "key-length-bytes": public_length}.items()
    (name,) = (name for name in ("curve", "mldsa-algorithm") if name in shown)
    for line in run(home, ALICE, "keys").stdout.splitlines()[1:]:
        assert f" {shown[name]} " in line


def test_lists_an_rsa_pair_with_the_lengths_of_cloudhsm_cli(home: Path, session: Session) -> None:
    public: Attributes = {Attribute.MODULUS_BITS: 2048, Attribute.PUBLIC_EXPONENT: b"\x01\x00\x01"}
    session.generate_key_pair(MechanismType.RSA_PKCS_KEY_PAIR_GEN, {**TOKEN, **public}, TOKEN)
    keys = listed(home)

    assert keys["public-key "]["key-length-bytes"] == 256
    assert keys["private-key "]["key-length-bytes"] in range(1210, 1220)


def test_lists_secret_keys_of_every_type(home: Path, session: Session) -> None:
    made = [
        (MechanismType.DES3_KEY_GEN, "des3", None, 24),
        (MechanismType.GENERIC_SECRET_KEY_GEN, "generic-secret", 64, 64),
        (MechanismType.AES_KEY_GEN, "aes", 24, 24),
    ]
    for mechanism, name, length, _ in made:
        of_length = {} if length is None else {Attribute.VALUE_LEN: length}
        session.generate_key(mechanism, {**TOKEN, Attribute.LABEL: name, **of_length})
    keys = listed(home)
    columns = [line.split()[1:5] for line in run(home, ALICE, "keys").stdout.splitlines()[1:]]

    for _, name, _, length in made:
        attributes = keys[f"secret-key {name}"]
        assert (attributes["key-type"], attributes["key-length-bytes"]) == (name, length)
        assert [name, "secret-key", name, str(8 * length)] in columns


def test_shows_templates_that_lay_something_down(home: Path, session: Session) -> None:
    unwrap = ((Attribute.LABEL, "in"), (Attribute.ID, b"\x01"), (Attribute.EXTRACTABLE, False))
    wrap = ((Attribute.KEY_TYPE, int(KeyType.AES)), (Attribute.EXTRACTABLE, True))
    templates: Attributes = {Attribute.UNWRAP_TEMPLATE: unwrap, Attribute.WRAP_TEMPLATE: wrap}
    session.generate_key(MechanismType.AES_KEY_GEN, {**TOKEN, Attribute.VALUE_LEN: 32, **templates})
    attributes = listed(home)["secret-key "]

    assert attributes["unwrap-template"] == {"label": "in", "id": "0x01", "extractable": False}
    assert attributes["wrap-template"] == {"key-type": "aes", "extractable": True}
    assert "derive-template" not in attributes


def test_shows_which_keys_are_trusted(home: Path, session: Session, admin: Session) -> None:
    handle = session.generate_key(MechanismType.AES_KEY_GEN, {**TOKEN, Attribute.VALUE_LEN: 32})
    assert listed(home)["secret-key "]["trusted"] is False
    admin.set_attributes(handle, {Attribute.TRUSTED: True})
    assert listed(home)["secret-key "]["trusted"] is True
    assert ", trusted" in run(home, ALICE, "keys").stdout


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
