"""``hsmbridge key`` and ``hsmbridge user``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import Result

from bridge.engine import Attribute, MechanismType, Session
from bridge.engine.attributes import Attributes
from cli.command import ADMIN, ALICE, BOB, answer, run

FIVE_WRONG = 5


def aes_key(session: Session, label: str, bytes_: int = 16) -> int:
    template: Attributes = {Attribute.TOKEN: True, Attribute.LABEL: label, Attribute.VALUE_LEN: bytes_}
    return session.generate_key(MechanismType.AES_KEY_GEN, template)


def refusal(result: Result) -> str:
    assert result.exit_code == 1
    envelope = json.loads(result.stdout)
    assert envelope["error_code"] == 1
    return str(envelope["data"])


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


NO_FILTERS = ["label=x", "attr.label", "attr.colour=red", "attr.sign=perhaps", "attr.class=door", "key-reference=x", ""]


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
