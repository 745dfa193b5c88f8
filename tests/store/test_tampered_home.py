"""Users, the HSM's own row, and whole files that were changed behind the HSM's back."""

from __future__ import annotations

import random
import shutil
from pathlib import Path

import pytest
from conftest import log_in
from engine.keys import expect_code, new_aes, refused

from bridge.engine import Attribute, HsmError, MechanismType, ReturnCode, Role
from store.tampering import (
    DIGEST,
    Stock,
    assert_home_is_refused,
    execute,
    opened,
    refused_or_unusable,
    tampered,
)

ALICE = "WHERE role = 'crypto-user' AND name = 'alice'"


def test_every_byte_of_a_users_record_counts(stocked: Stock) -> None:
    ((original,),) = execute(stocked.home, f"SELECT sealed FROM users {ALICE}")  # noqa: S608
    for at in range(len(original)):
        changed = original[:at] + bytes([original[at] ^ (1 << at % 8)]) + original[at + 1 :]
        with tampered(stocked.home, f"UPDATE users SET sealed = ? {ALICE}", [changed]):  # noqa: S608
            assert_home_is_refused(stocked.home, "crypto-user 'alice'")


@pytest.mark.parametrize("value", ["text", "", 0, -1, 10**12, -(2**63), 1.5, b"", b"\xff"], ids=repr)
@pytest.mark.parametrize("column", ["role", "name", "generation", "sealed"])
def test_a_users_column_of_another_type_is_refused(stocked: Stock, column: str, value: object) -> None:
    execute(stocked.home, f"UPDATE users SET {column} = ? {ALICE}", [value])  # noqa: S608
    assert_home_is_refused(stocked.home)


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM users {ALICE}",
        "DELETE FROM users",
        "UPDATE users SET role = 'admin' {ALICE}",
        "UPDATE users SET name = 'carol' {ALICE}",
        "UPDATE users SET sealed = (SELECT sealed FROM users WHERE name = 'bob') {ALICE}",
        "INSERT INTO users SELECT role, 'carol', generation, sealed FROM users {ALICE}",
        "INSERT INTO users SELECT 'admin', name, generation, sealed FROM users {ALICE}",
        "UPDATE users SET generation = generation + 1 {ALICE}",
    ],
)
def test_users_do_not_vanish_appear_or_change_places(stocked: Stock, statement: str) -> None:
    execute(stocked.home, statement.replace("{ALICE}", ALICE))
    assert_home_is_refused(stocked.home)


def lock_and_roll_back(stocked: Stock) -> None:
    ((generation, sealed),) = execute(stocked.home, f"SELECT generation, sealed FROM users {ALICE}")  # noqa: S608
    with opened(stocked.home) as hsm:
        for _ in range(5):
            with refused(ReturnCode.PIN_INCORRECT):
                hsm.open_session().login(Role.CRYPTO_USER, "alice", b"wrong-password")
    execute(stocked.home, f"UPDATE users SET generation = ?, sealed = ? {ALICE}", [generation, sealed])  # noqa: S608


def test_a_lock_is_not_undone_by_an_older_record(stocked: Stock) -> None:
    lock_and_roll_back(stocked)
    assert_home_is_refused(stocked.home, "older")


def test_a_lock_is_not_undone_behind_a_broken_key_either(stocked: Stock) -> None:
    lock_and_roll_back(stocked)
    execute(stocked.home, "UPDATE objects SET readable = x'00' WHERE handle = ?", [stocked.public])
    with pytest.raises(HsmError) as caught, opened(stocked.home) as hsm:
        log_in(hsm, "alice")
    assert caught.value.code in {ReturnCode.DEVICE_ERROR, ReturnCode.PIN_LOCKED}


def test_wrong_passwords_count_also_while_a_key_is_broken(stocked: Stock) -> None:
    """Otherwise one flipped byte buys any number of guesses."""
    execute(stocked.home, "UPDATE objects SET readable = x'00' WHERE handle = ?", [stocked.public])
    with opened(stocked.home) as hsm:
        for _ in range(6):
            with pytest.raises(HsmError):
                hsm.open_session().login(Role.CRYPTO_USER, "alice", b"wrong-password")
        with pytest.raises(HsmError):
            log_in(hsm, "alice")


def test_a_broken_key_keeps_nobody_from_logging_in(stocked: Stock) -> None:
    """The other keys stay of use: also for who mistyped the password once."""
    with opened(stocked.home) as hsm, refused(ReturnCode.PIN_INCORRECT):
        hsm.open_session().login(Role.CRYPTO_USER, "alice", b"wrong-password")
    execute(stocked.home, "UPDATE objects SET readable = x'00' WHERE handle = ?", [stocked.public])
    with opened(stocked.home) as hsm:
        assert log_in(hsm, "alice").sign(stocked.bystander, MechanismType.ECDSA, DIGEST)


@pytest.mark.parametrize("column", ["home_id", "ledger"])
def test_every_byte_of_the_hsms_row_counts(stocked: Stock, column: str) -> None:
    ((original,),) = execute(stocked.home, f"SELECT {column} FROM hsm")  # noqa: S608
    for at in range(len(original)):
        changed = original[:at] + bytes([original[at] ^ (1 << at % 8)]) + original[at + 1 :]
        with tampered(stocked.home, f"UPDATE hsm SET {column} = ?", [changed]):  # noqa: S608
            assert_home_is_refused(stocked.home)


@pytest.mark.parametrize("value", ["text", "", 0, -1, 1, 10**12, -(2**63), 2**63 - 1, 1.5, b"", b"\xff"], ids=repr)
@pytest.mark.parametrize("column", ["home_id", "generation", "ledger"])
def test_another_value_in_the_hsms_row_is_refused(stocked: Stock, column: str, value: object) -> None:
    execute(stocked.home, f"UPDATE hsm SET {column} = ?", [value])  # noqa: S608
    assert_home_is_refused(stocked.home)


@pytest.mark.parametrize("value", ["text", "", 0, -1, 2**18, -(2**63), 2**63 - 1, 1.5, b"\xff"], ids=repr)
def test_the_next_handle_never_costs_a_key(stocked: Stock, value: object) -> None:
    """Whatever the next handle is said to be: new keys are refused or made, and no key takes another's place."""
    with opened(stocked.home) as hsm:
        before = {handle: hsm.get(handle) for handle in log_in(hsm, "alice").find({})}
    execute(stocked.home, "UPDATE hsm SET next_handle = ?", [value])
    try:
        with opened(stocked.home) as hsm:
            session = log_in(hsm, "alice")
            for _ in range(12):
                assert new_aes(session, TOKEN=True) not in before
    except HsmError as error:
        expect_code(error, ReturnCode.DEVICE_ERROR)
    execute(stocked.home, "UPDATE hsm SET next_handle = ?", [2**20])
    try:
        with opened(stocked.home) as hsm:
            session = log_in(hsm, "alice")
            for handle, obj in before.items():
                assert hsm.get(handle) == obj
    except HsmError as error:
        expect_code(error, ReturnCode.DEVICE_ERROR)


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM hsm",
        "INSERT INTO hsm SELECT * FROM hsm",
        "DELETE FROM schema_version",
        "UPDATE schema_version SET version = 'one'",
        "UPDATE schema_version SET version = 0",
        "UPDATE schema_version SET version = -1",
        "DROP TABLE hsm",
        "DROP TABLE objects",
        "DROP TABLE users",
        "DROP TABLE schema_version",
        "ALTER TABLE objects DROP COLUMN sealed",
        "ALTER TABLE objects RENAME COLUMN readable TO other",
    ],
)
def test_a_changed_schema_is_refused(stocked: Stock, statement: str) -> None:
    execute(stocked.home, statement)
    assert_home_is_refused(stocked.home)


@pytest.mark.parametrize("written", [b"CREATE TABLE objects", b"PRIMARY KEY (handle)", b"ix_objects_generation"])
def test_a_schema_that_is_no_text_is_refused(stocked: Stock, written: bytes) -> None:
    """SQLite's message then holds bytes that Python cannot decode; that, too, ends in the HSM's own words."""
    database = stocked.home / "hsm.db"
    content = database.read_bytes()
    assert written in content
    database.write_bytes(content.replace(written, written.replace(b"A", b"\xcc", 1).replace(b"a", b"\xcc", 1), 1))
    assert_home_is_refused(stocked.home)


def fingerprint(home: Path) -> dict[int, tuple[object, bytes]]:
    """All keys of alice as the HSM tells of them."""
    with opened(home) as hsm:
        session = log_in(hsm, "alice")
        found: dict[int, tuple[object, bytes]] = {}
        for handle in session.find({}):
            obj = hsm.get(handle)
            assert obj is not None
            found[handle] = (dict(session.attributes(handle)), obj.material)
        return found


@pytest.mark.parametrize("times", [150, pytest.param(10_000, marks=pytest.mark.soak)])
def test_a_damaged_file_gives_the_same_keys_or_a_refusal(stocked: Stock, tmp_path: Path, times: int) -> None:
    """Random bytes of the database file changed, cut off or zeroed: never another error, never other keys."""
    expected = fingerprint(stocked.home)
    copy = tmp_path / "damaged"
    shutil.copytree(stocked.home, copy)
    original = (stocked.home / "hsm.db").read_bytes()
    rng = random.Random(times)
    refusals = 0
    for _ in range(times):
        content = bytearray(original)
        kind = rng.random()
        at = rng.randrange(len(content))
        if kind < 0.1:
            del content[at:]
        elif kind < 0.2:
            content[at : at + 4096] = bytes(len(content[at : at + 4096]))
        else:
            for _ in range(rng.choice([1, 1, 20])):
                content[rng.randrange(len(content))] ^= 1 << rng.randrange(8)
        for name in ("hsm.db-wal", "hsm.db-shm"):
            (copy / name).unlink(missing_ok=True)
        (copy / "hsm.db").write_bytes(content)
        try:
            assert fingerprint(copy) == expected
        except HsmError as error:
            expect_code(error, ReturnCode.DEVICE_ERROR, ReturnCode.TOKEN_NOT_PRESENT)
            refusals += 1
    assert refusals > times // 50  # the damage does reach what matters


def test_a_broken_key_can_be_restored_from_a_copy(stocked: Stock) -> None:
    row = stocked.row(stocked.victim)
    with tampered(stocked.home, "UPDATE objects SET readable = x'00' WHERE handle = ?", [stocked.victim]):
        refused_or_unusable(stocked, stocked.victim)
    assert stocked.row(stocked.victim) == row
    with opened(stocked.home) as hsm:
        session = log_in(hsm, "alice")
        assert session.find({Attribute.LABEL: "victim"}) == [stocked.public, stocked.victim]
