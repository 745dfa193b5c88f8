"""A key's record that was changed behind the HSM's back."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from conftest import PASSWORDS, log_in
from engine.keys import new_pair, refused

from bridge.engine import Attribute, HsmError, MechanismType, ReturnCode
from bridge.store import create_home
from store.tampering import (
    DIGEST,
    Stock,
    assert_home_is_refused,
    assert_is_detected,
    assert_key_is_named,
    assert_unusable,
    execute,
    opened,
    refused_or_unusable,
    stock,
    tampered,
)


@pytest.mark.parametrize("column", ["readable", "sealed"])
def test_every_byte_counts(stocked: Stock, column: str) -> None:
    """In each of many records one byte is changed, in every record another one, until all have had their turn."""
    with opened(stocked.home) as hsm:
        session = log_in(hsm, "alice")
        victims = [new_pair(session, TOKEN=True, LABEL="victim")[1] for _ in range(100)]
    at = 0
    originals = {victim: stocked.row(victim)[2 if column == "readable" else 3] for victim in victims}
    while at < max(map(len, originals.values())):
        with tampered(stocked.home, "SELECT 1"), closing(sqlite3.connect(stocked.home / "hsm.db")) as connection:
            changed = []
            for victim, original in originals.items():
                if at < len(original):
                    content = original[:at] + bytes([original[at] ^ (1 << at % 8)]) + original[at + 1 :]
                    statement = f"UPDATE objects SET {column} = ? WHERE handle = ?"  # noqa: S608
                    connection.execute(statement, [content, victim])
                    changed.append(victim)
                at += 1
            connection.commit()
            with opened(stocked.home) as hsm:
                session = log_in(hsm, "alice")
                for victim in changed:
                    assert_unusable(session, victim, victim)
                with pytest.raises(HsmError) as caught:
                    session.find({Attribute.LABEL: "bystander"})
                assert all(f"0x{victim:016x}" in caught.value.message for victim in changed)
                assert session.sign(stocked.bystander, MechanismType.ECDSA, DIGEST)
    with opened(stocked.home) as hsm:
        session = log_in(hsm, "alice")
        assert all(session.sign(victim, MechanismType.ECDSA, DIGEST) for victim in victims)


@pytest.mark.parametrize("column", ["readable", "sealed"])
def test_every_length_counts(stocked: Stock, column: str) -> None:
    original = stocked.row(stocked.victim)[2 if column == "readable" else 3]
    for changed in (b"", original[:11], original[:12], original[:28], original[:-1], original + b"\x00", original * 2):
        statement = f"UPDATE objects SET {column} = ? WHERE handle = ?"  # noqa: S608
        with tampered(stocked.home, statement, [changed, stocked.victim]):
            assert_key_is_named(stocked.home, stocked, stocked.victim)


@pytest.mark.parametrize(
    ("column", "bits"),
    # The two lowest bits of the handle lead to other keys' handles, which the primary key refuses.
    [("handle", range(2, 63)), ("generation", range(63))],
)
def test_every_bit_of_a_number_counts(stocked: Stock, column: str, bits: range) -> None:
    for bit in bits:
        statement = f"UPDATE objects SET {column} = ({column} | ?) - ({column} & ?) WHERE handle = ?"  # noqa: S608
        with tampered(stocked.home, statement, [1 << bit, 1 << bit, stocked.victim]):
            named = stocked.victim ^ (1 << bit) if column == "handle" else stocked.victim
            assert_is_detected(stocked.home, stocked, named)


@pytest.mark.parametrize("value", ["text", "", 0, -1, 7, 10**12, -(2**63), 1.5, b"", b"bytes"], ids=repr)
@pytest.mark.parametrize("column", ["handle", "generation", "readable", "sealed"])
def test_a_column_of_another_type_is_a_broken_record(stocked: Stock, column: str, value: object) -> None:
    """SQLite keeps any type in any column; none of them may end in another error than the HSM's own."""
    execute(stocked.home, f"UPDATE objects SET {column} = ? WHERE handle = ?", [value, stocked.victim])  # noqa: S608
    refused_or_unusable(stocked, stocked.victim)


def test_records_do_not_change_places(stocked: Stock) -> None:
    one, two = stocked.row(stocked.victim), stocked.row(stocked.bystander)
    for columns in ((1, 2, 3), (2, 3), (3,), (2,)):
        swapped = [one[n] if n not in columns else two[n] for n in range(4)]
        statement = "UPDATE objects SET generation = ?, readable = ?, sealed = ? WHERE handle = ?"
        with tampered(stocked.home, statement, [*swapped[1:], stocked.victim]):
            assert_is_detected(stocked.home, stocked, stocked.victim)


def test_a_record_does_not_appear_under_another_handle(stocked: Stock) -> None:
    row = stocked.row(stocked.victim)
    execute(stocked.home, "INSERT INTO objects VALUES (?, ?, ?, ?)", [stocked.victim + 500, *row[1:]])
    assert_is_detected(stocked.home, stocked, stocked.victim + 500)


def test_a_record_of_another_home_is_not_taken(stocked: Stock, tmp_path: Path) -> None:
    """The same users and handles, another home: what one HSM sealed, the other does not open."""
    other = tmp_path / "other"
    create_home(other, admin_password=PASSWORDS["admin"], user="alice", password=PASSWORDS["alice"])
    foreign = stock(other)
    assert foreign.victim == stocked.victim
    execute(
        stocked.home,
        "UPDATE objects SET generation = ?, readable = ?, sealed = ? WHERE handle = ?",
        [*foreign.row(foreign.victim)[1:], stocked.victim],
    )
    refused_or_unusable(stocked, stocked.victim)


def roll_back(stocked: Stock) -> None:
    """Put the record back that the victim had before it was forbidden to sign."""
    old = stocked.row(stocked.victim)
    with opened(stocked.home) as hsm:
        log_in(hsm, "alice").set_attributes(stocked.victim, {Attribute.SIGN: False})
    execute(stocked.home, "DELETE FROM objects WHERE handle = ?", [stocked.victim])
    execute(stocked.home, "INSERT INTO objects VALUES (?, ?, ?, ?)", old)


def resurrect(stocked: Stock) -> None:
    """Put the record of the victim back after it was destroyed."""
    old = stocked.row(stocked.victim)
    with opened(stocked.home) as hsm:
        log_in(hsm, "alice").destroy(stocked.victim)
    execute(stocked.home, "DELETE FROM destroyed WHERE handle = ?", [stocked.victim])
    execute(stocked.home, "INSERT INTO objects VALUES (?, ?, ?, ?)", old)


def test_a_record_does_not_go_back_in_time(stocked: Stock) -> None:
    roll_back(stocked)
    assert_home_is_refused(stocked.home, "older")


def test_a_destroyed_key_does_not_come_back(stocked: Stock) -> None:
    resurrect(stocked)
    assert_home_is_refused(stocked.home)


@pytest.mark.parametrize("trick", [roll_back, resurrect])
@pytest.mark.parametrize("decoy", ["readable = x'00'", "generation = generation + 1", "sealed = x''"])
def test_not_even_behind_another_broken_record(stocked: Stock, trick: Callable[[Stock], None], decoy: str) -> None:
    """Who breaks one record must not thereby switch off what notices the others' return."""
    trick(stocked)
    execute(stocked.home, f"UPDATE objects SET {decoy} WHERE handle = ?", [stocked.public])  # noqa: S608
    refused_or_unusable(stocked, stocked.victim)


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM objects WHERE handle = {victim}",
        "DELETE FROM objects",
        "DELETE FROM objects WHERE handle = {victim}; INSERT INTO destroyed VALUES ({victim}, 99)",
    ],
)
def test_a_record_does_not_vanish(stocked: Stock, statement: str) -> None:
    for part in statement.format(victim=stocked.victim).split(";"):
        execute(stocked.home, part)
    assert_home_is_refused(stocked.home, "removed")


def test_a_tombstone_destroys_nothing(stocked: Stock) -> None:
    """A handle listed as destroyed while its record is there: the next change notices, and the key stays."""
    with opened(stocked.home) as hsm:
        session = log_in(hsm, "alice")
        execute(stocked.home, "INSERT INTO destroyed VALUES (?, 1000)", [stocked.victim])
        assert session.sign(stocked.victim, MechanismType.ECDSA, DIGEST)
        with refused(ReturnCode.DEVICE_ERROR):
            new_pair(session, TOKEN=True)
        assert session.sign(stocked.victim, MechanismType.ECDSA, DIGEST)
    with opened(stocked.home) as hsm:
        assert log_in(hsm, "alice").sign(stocked.victim, MechanismType.ECDSA, DIGEST)


@pytest.mark.parametrize("removed", ["DROP TABLE destroyed", "DELETE FROM destroyed"])
def test_a_removed_tombstone_is_noticed_by_who_has_the_key_in_memory(stocked: Stock, removed: str) -> None:
    with opened(stocked.home) as hsm, opened(stocked.home) as other:
        session = log_in(hsm, "alice")
        log_in(other, "alice").destroy(stocked.victim)
        execute(stocked.home, removed)
        with refused(ReturnCode.DEVICE_ERROR):
            session.sign(stocked.victim, MechanismType.ECDSA, DIGEST)
