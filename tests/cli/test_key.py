"""``hsmbridge key`` and ``hsmbridge user``."""

from __future__ import annotations

from pathlib import Path

import pytest

from bridge.engine import Attribute, MechanismType, Session
from bridge.engine.attributes import Attributes
from bridge.engine.curves import ED25519_PARAMS, curve_named
from cli.command import ADMIN, ALICE, BOB, answer, refusal, run

FIVE_WRONG = 5


def aes_key(session: Session, label: str, bytes_: int = 16) -> int:
    template: Attributes = {Attribute.TOKEN: True, Attribute.LABEL: label, Attribute.VALUE_LEN: bytes_}
    return session.generate_key(MechanismType.AES_KEY_GEN, template)


@pytest.mark.parametrize(
    "terms",
    [
        ["--filter", "attr.label=old"],
        ["--filter", "attr.label=old", "attr.class=secret-key"],
        ["--filter", "attr.label=old", "--filter", "attr.key-length-bytes=16"],
    ],
)
def test_deletes_the_key_that_matches(home: Path, session: Session, terms: list[str]) -> None:
    aes_key(session, "old")
    kept = aes_key(session, "kept")
    result = run(home, ALICE, "key", "delete", *terms)

    assert answer(result) == {"message": "Key deleted successfully"}
    assert session.find({}) == [kept]


def test_deletes_by_key_reference(home: Path, session: Session) -> None:
    first, second = aes_key(session, "twin"), aes_key(session, "twin")
    result = run(home, ALICE, "key", "delete", "--filter", f"key-reference=0x{first:016x}")

    assert answer(result) == {"message": "Key deleted successfully"}
    assert session.find({}) == [second]


def test_deletes_nothing_if_several_match(home: Path, session: Session) -> None:
    twins = [aes_key(session, "twin"), aes_key(session, "twin")]
    message = refusal(run(home, ALICE, "key", "delete", "--filter", "attr.label=twin"))

    assert message.startswith("2 keys match attr.label=twin: ")
    assert all(f"0x{handle:016x}" in message for handle in twins)
    assert session.find({}) == twins


def test_deletes_nothing_if_none_matches_or_it_is_another_s(home: Path, session: Session) -> None:
    handle = aes_key(session, "mine")

    assert "No key of this user matches" in refusal(run(home, ALICE, "key", "delete", "--filter", "attr.label=min"))
    assert "No key of this user matches" in refusal(run(home, BOB, "key", "delete", "--filter", "attr.label=mine"))
    reference = f"key-reference=0x{handle:x}"
    assert "No key of this user matches" in refusal(run(home, BOB, "key", "delete", "--filter", reference))
    assert session.find({}) == [handle]


NO_FILTERS = [
    "label=x",
    "attr.label",
    "attr.colour=red",
    "attr.sign=perhaps",
    "attr.class=door",
    "attr.mldsa-algorithm=2",
    "attr.unwrap-template={}",
    "key-reference=x",
    "",
]


@pytest.mark.parametrize("term", NO_FILTERS)
def test_refuses_what_is_no_filter(home: Path, session: Session, term: str) -> None:
    handle = aes_key(session, "x")
    result = run(home, ALICE, "key", "delete", "--filter", term)

    assert result.exit_code == 2
    assert "Error: " in result.stderr
    assert session.find({}) == [handle]


def test_a_filter_must_be_given(home: Path) -> None:
    result = run(home, ALICE, "key", "delete")
    assert result.exit_code == 2
    assert "Missing option '--filter'" in result.stderr


@pytest.mark.parametrize(
    ("name", "value", "attribute", "expected"),
    [
        ("label", "new", Attribute.LABEL, "new"),
        ("id", "0x0aff", Attribute.ID, b"\x0a\xff"),
        ("sign", "false", Attribute.SIGN, False),
        ("extractable", "false", Attribute.EXTRACTABLE, False),
    ],
)
def test_sets_an_attribute(
    home: Path, session: Session, name: str, value: str, attribute: Attribute, expected: object
) -> None:
    handle = aes_key(session, "old")
    arguments = ["--filter", "attr.label=old", "--name", name, "--value", value]

    assert answer(run(home, ALICE, "key", "set-attribute", *arguments)) == {"message": "Attribute set successfully"}
    assert session.attributes(handle)[attribute] == expected


def test_keeps_the_rules_of_attributes(home: Path, session: Session) -> None:
    handle = aes_key(session, "k")
    one = ["--filter", "attr.label=k"]
    run(home, ALICE, "key", "set-attribute", *one, "--name", "extractable", "--value", "false")
    message = refusal(run(home, ALICE, "key", "set-attribute", *one, "--name", "extractable", "--value", "true"))

    assert "extractable cannot be set to the value true" in message
    assert session.attributes(handle)[Attribute.EXTRACTABLE] is False


@pytest.mark.parametrize(
    ("name", "value", "first"),
    [("extractable", "true", "false"), ("wrap-with-trusted", "false", "true"), ("sensitive", "false", "true")],
)
def test_one_way_switches_do_not_go_back(home: Path, session: Session, name: str, value: str, first: str) -> None:
    aes_key(session, "k")
    one = ["key", "set-attribute", "--filter", "attr.label=k", "--name", name, "--value"]
    assert run(home, ALICE, *one, first).exit_code == 0
    message = refusal(run(home, ALICE, *one, value))

    assert f"Attribute {name} cannot be set to the value {value} by the user for this operation" in message
    assert "key 'k' (0x" in message


def test_an_admin_and_nobody_else_makes_a_key_trusted(home: Path, session: Session) -> None:
    handle = aes_key(session, "kek")
    one = ["key", "set-attribute", "--filter", "attr.label=kek", "--name", "trusted", "--value"]
    message = refusal(run(home, ALICE, *one, "true"))
    assert "Attribute trusted cannot be set to the value true by the user for this operation" in message
    assert "an admin" in message
    assert session.attributes(handle)[Attribute.TRUSTED] is False

    for value in (True, False):
        result = run(home, ADMIN, *one, str(value).lower(), "--as-admin")
        assert answer(result) == {"message": "Attribute set successfully"}
        assert session.attributes(handle)[Attribute.TRUSTED] is value


def test_an_admin_sets_nothing_else(home: Path, session: Session) -> None:
    handle = aes_key(session, "kek")
    one = ["key", "set-attribute", "--filter", "attr.label=kek", "--as-admin"]
    for name, value in (("label", "stolen"), ("extractable", "false"), ("sign", "false")):
        assert "An admin sets TRUSTED and nothing else" in refusal(
            run(home, ADMIN, *one, "--name", name, "--value", value)
        )
    wrong = {"HSMBRIDGE_ADMIN_PASSWORD": "not-the-password"}
    assert "Wrong password" in refusal(run(home, wrong, *one, "--name", "trusted", "--value", "true"))
    assert run(home, ALICE, *one, "--name", "trusted", "--value", "true").exit_code == 2
    attributes = session.attributes(handle)
    assert (attributes[Attribute.LABEL], attributes[Attribute.TRUSTED]) == ("kek", False)
    assert attributes[Attribute.EXTRACTABLE] is attributes[Attribute.SIGN] is True


@pytest.mark.parametrize("name", ["wrap-template", "unwrap-template", "derive-template"])
def test_templates_are_given_when_a_key_is_made(home: Path, name: str) -> None:
    aes = ["key", "generate-symmetric", "aes", "--label", "k", "--key-length-bytes", "32"]
    given = f"{name}=extractable=true,label=inside"
    made = answer(run(home, ALICE, *aes, "--attributes", given, "derive=true"))["key"]
    assert made["attributes"][name] == {"extractable": True, "label": "inside"}
    change = ["key", "set-attribute", "--filter", "attr.label=k", "--name", name, "--value", "sign=true"]
    assert f"Attribute {name} cannot be set" in refusal(run(home, ALICE, *change))
    for wrong in ("sign", "sign=maybe", "nothing=true"):
        assert run(home, ALICE, *aes, "--attributes", f"{name}={wrong}").exit_code == 2


@pytest.mark.parametrize(
    ("term", "matches"),
    [
        ("attr.key-type=generic-secret", ["mac"]),
        ("attr.key-type=des3", ["old"]),
        ("attr.key-type=ec-edwards", ["ed", "ed"]),
        ("attr.curve=ed25519", ["ed", "ed"]),
        ("attr.curve=prime256v1", ["ec", "ec"]),
        ("attr.curve=secp256r1", ["ec", "ec"]),
        ("attr.key-type=ml-dsa", ["pq", "pq"]),
        ("attr.mldsa-algorithm=ml-dsa-65", ["pq", "pq"]),
        ("attr.mldsa-algorithm=ml-dsa-44", []),
        ("attr.trusted=true", []),
    ],
)
def test_filters_know_every_type_of_key(home: Path, session: Session, term: str, matches: list[str]) -> None:
    def named(label: str, more: Attributes | None = None) -> Attributes:
        return {Attribute.TOKEN: True, Attribute.LABEL: label, **(more or {})}

    session.generate_key(MechanismType.GENERIC_SECRET_KEY_GEN, named("mac", {Attribute.VALUE_LEN: 20}))
    session.generate_key(MechanismType.DES3_KEY_GEN, named("old"))
    for mechanism, label, more in (
        (MechanismType.EC_EDWARDS_KEY_PAIR_GEN, "ed", {Attribute.EC_PARAMS: ED25519_PARAMS}),
        (MechanismType.EC_KEY_PAIR_GEN, "ec", {Attribute.EC_PARAMS: curve_named("secp256r1").params}),
        (MechanismType.ML_DSA_KEY_PAIR_GEN, "pq", {Attribute.PARAMETER_SET: 2}),
    ):
        session.generate_key_pair(mechanism, named(label, more), named(label))
    result = run(home, ALICE, "key", "delete", "--filter", term)
    if len(matches) == 1:
        assert answer(result) == {"message": "Key deleted successfully"}
        assert session.find({Attribute.LABEL: matches[0]}) == []
    elif matches:
        assert refusal(result).startswith(f"{len(matches)} keys match {term}: key '{matches[0]}'")
    else:
        assert refusal(result).startswith(f"No key of this user matches {term}")


def test_an_admin_unlocks_an_account_with_a_new_password(home: Path) -> None:
    for _ in range(FIVE_WRONG):
        assert run(home, {**ALICE, "HSM_PASSWORD": "wrong-password"}, "keys").exit_code == 1
    locked = run(home, ALICE, "keys")
    assert locked.exit_code == 1
    assert "locked" in locked.stderr

    new = {**ADMIN, "HSMBRIDGE_NEW_PASSWORD": "alice's new one"}
    result = run(home, new, "user", "change-password", "--username", "Alice", "--role", "crypto-user")
    assert answer(result) == {"username": "alice", "role": "crypto-user"}
    assert "alice's new one" not in result.output
    assert run(home, {**ALICE, "HSM_PASSWORD": "alice's new one"}, "keys").exit_code == 0
    assert run(home, ALICE, "keys").exit_code == 1


@pytest.mark.parametrize(
    ("changed", "username", "why"),
    [
        ({"HSMBRIDGE_ADMIN_PASSWORD": "wrong-password"}, "alice", "Wrong password"),
        ({"HSMBRIDGE_NEW_PASSWORD": "short"}, "alice", "8 to 32 characters"),
        ({}, "nobody", "There is no crypto-user 'nobody'"),
    ],
)
def test_changes_no_password_if_refused(home: Path, changed: dict[str, str], username: str, why: str) -> None:
    environment = {**ADMIN, "HSMBRIDGE_NEW_PASSWORD": "a new password", **changed}
    arguments = ["change-password", "--username", username, "--role", "crypto-user"]

    assert why in refusal(run(home, environment, "user", *arguments))
    assert run(home, ALICE, "keys").exit_code == 0
