"""The settings of an HSM: what they are by default, who sees them change, and that nobody changes them unseen."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import PASSWORDS, log_in
from engine.keys import new_aes, refused

from bridge.engine import Attribute, Hsm, ReturnCode
from bridge.engine.settings import HsmType, Mode, Settings
from bridge.store import create_home
from bridge.store.codec import decode_settings
from bridge.store.schema import VERSION
from store.processes import Process, processes
from store.tampering import assert_home_is_refused, execute, opened, tampered


def test_a_new_hsm_has_the_defaults(hsm: Hsm) -> None:
    assert hsm.settings == Settings(Mode.NON_FIPS, clear_extraction=False, implicit_import=True)


@pytest.mark.parametrize("mode", Mode)
def test_the_mode_is_chosen_once(tmp_path: Path, mode: Mode) -> None:
    home = tmp_path / "home"
    create_home(home, admin_password=PASSWORDS["admin"], user="alice", password=PASSWORDS["alice"], mode=mode)
    with opened(home) as hsm:
        assert hsm.settings == Settings(mode)
        hsm.configure(clear_extraction=True, implicit_import=False)
        other = Mode.FIPS if mode is Mode.NON_FIPS else Mode.NON_FIPS
        with refused(ReturnCode.ACTION_PROHIBITED):
            hsm.initialize(PASSWORDS["admin"], "alice", PASSWORDS["alice"], other)
        with pytest.raises(TypeError, match="mode"):
            hsm.configure(mode=other)  # type: ignore[call-arg]
    with opened(home) as hsm:
        assert hsm.settings == Settings(mode, clear_extraction=True, implicit_import=False)


def test_each_switch_changes_alone_and_stays(home: Path) -> None:
    expected = Settings()
    for changes in (
        {"clear_extraction": True},
        {"implicit_import": False},
        {"clear_extraction": False},
        {"clear_extraction": True, "implicit_import": True},
        {},
    ):
        expected = dataclasses.replace(expected, **changes)  # type: ignore[arg-type]
        with opened(home) as hsm:
            assert hsm.configure(**changes) == expected
            assert hsm.settings == expected
        with opened(home) as hsm:
            assert hsm.settings == expected


def test_setting_what_is_set_writes_nothing(home: Path) -> None:
    with opened(home) as hsm:
        hsm.configure(clear_extraction=True)
    before = execute(home, "SELECT generation, readable, sealed FROM settings")
    with opened(home) as hsm:
        hsm.configure(clear_extraction=True, implicit_import=True)
    assert execute(home, "SELECT generation, readable, sealed FROM settings") == before


def test_who_has_the_hsm_open_sees_a_change_at_once(open_hsm: Callable[[], Hsm]) -> None:
    first, second = open_hsm(), open_hsm()
    for value in (True, False, True):
        first.configure(clear_extraction=value)
        assert first.settings.clear_extraction is second.settings.clear_extraction is value
        second.configure(implicit_import=not value)
        assert first.settings == second.settings == Settings(clear_extraction=value, implicit_import=not value)


def test_another_process_sees_a_change_and_its_own_changes_nothing_else(home: Path) -> None:
    with processes(home, 2) as (first, second):
        first("configure", {"clear_extraction": True})
        assert second("settings") == ["non-fips", True, True]
        second("configure", {"implicit_import": False})
        assert first("settings") == second("settings") == ["non-fips", True, False]


@pytest.mark.parametrize("when", ["between announcement and commit", "between commit and return"])
def test_a_process_killed_around_its_commit_leaves_one_or_the_other(
    home: Path, open_hsm: Callable[[], Hsm], when: str
) -> None:
    witness = open_hsm()
    victim = Process(home)
    try:
        victim("die", when)
        with pytest.raises(EOFError):
            victim("configure", {"clear_extraction": True, "implicit_import": False})
    finally:
        victim.stop()
    after = Settings(clear_extraction=True, implicit_import=False)
    expected = after if when == "between commit and return" else Settings()
    assert witness.settings == open_hsm().settings == expected
    assert witness.configure(clear_extraction=True).clear_extraction


def readable(home: Path) -> bytes:
    ((content,),) = execute(home, "SELECT readable FROM settings")
    assert isinstance(content, bytes)
    return content


def test_the_format_is_this_one(home: Path) -> None:
    """Homes in the field have it: a change here needs a migration."""
    assert json.loads(readable(home)) == {
        "audit_crypto": False,
        "clear_extraction": False,
        "hsm_type": "hsm2m.medium",
        "implicit_import": True,
        "mode": "non-fips",
        "mtls_enforcement": "none",
        "quorum_values": {"cluster": 1, "quorum": 1, "user": 1},
        "timeouts": {"approved": 600, "generated": 600},
        "trust_anchors": [],
    }


def test_a_record_that_is_older_than_the_type_is_of_the_usual_one() -> None:
    record = b'{"clear_extraction":true,"implicit_import":false,"mode":"fips"}'
    assert decode_settings(record) == Settings(
        Mode.FIPS, clear_extraction=True, implicit_import=False, hsm_type=HsmType.HSM2M_MEDIUM
    )


def test_a_switch_is_not_flipped_in_the_database(home: Path) -> None:
    for old, new in ((b"false", b"true"), (b"true", b"false"), (b"non-fips", b"fips"), (b"hsm2m", b"hsm1")):
        with tampered(home, "UPDATE settings SET readable = ?", [readable(home).replace(old, new)]):
            assert_home_is_refused(home, "settings")


@pytest.mark.parametrize("column", ["readable", "sealed"])
def test_every_byte_of_the_settings_counts(home: Path, column: str) -> None:
    ((original,),) = execute(home, f"SELECT {column} FROM settings")  # noqa: S608
    for at in range(len(original)):
        changed = original[:at] + bytes([original[at] ^ (1 << at % 8)]) + original[at + 1 :]
        with tampered(home, f"UPDATE settings SET {column} = ?", [changed]):  # noqa: S608
            assert_home_is_refused(home, "settings")


@pytest.mark.parametrize("value", ["text", "", 0, -1, 10**12, -(2**63), 1.5, b"", b"\xff"], ids=repr)
@pytest.mark.parametrize("column", ["generation", "readable", "sealed"])
def test_a_column_of_another_type_is_refused(home: Path, column: str, value: object) -> None:
    execute(home, f"UPDATE settings SET {column} = ?", [value])  # noqa: S608
    assert_home_is_refused(home)


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM settings",
        "DROP TABLE settings",
        "INSERT INTO settings SELECT * FROM settings",
        "UPDATE settings SET generation = generation + 1",
        "UPDATE schema_version SET version = 1",
    ],
)
def test_the_settings_do_not_vanish_or_double(home: Path, statement: str) -> None:
    execute(home, statement)
    assert_home_is_refused(home)


def test_an_old_schema_version_does_not_bring_the_defaults_back(home: Path) -> None:
    """Neither does the migration of a home that is not as old as it says."""
    with opened(home) as hsm:
        hsm.configure(implicit_import=False)
    execute(home, "UPDATE schema_version SET version = 1")
    execute(home, "DROP TABLE settings")
    execute(home, "DROP TABLE tokens")
    assert_home_is_refused(home, "a record was removed")


def older_settings(home: Path) -> None:
    """Switch clear extraction on and off again, and put the record back that says it is on."""
    with opened(home) as hsm:
        hsm.configure(clear_extraction=True)
    row = execute(home, "SELECT generation, readable, sealed FROM settings")[0]
    with opened(home) as hsm:
        hsm.configure(clear_extraction=False)
    execute(home, "UPDATE settings SET generation = ?, readable = ?, sealed = ?", row)


def test_an_older_record_does_not_come_back(home: Path) -> None:
    older_settings(home)
    assert_home_is_refused(home, "older")


def test_a_record_of_another_home_is_refused(home: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    create_home(other, admin_password=PASSWORDS["admin"], user="alice", password=PASSWORDS["alice"])
    row = execute(other, "SELECT generation, readable, sealed FROM settings")[0]
    execute(home, "UPDATE settings SET generation = ?, readable = ?, sealed = ?", row)
    assert_home_is_refused(home)


@pytest.mark.parametrize("tamper", ["DELETE FROM settings", "UPDATE settings SET readable = x'7b7d'"])
def test_who_has_the_hsm_open_notices_at_the_next_change(home: Path, open_hsm: Callable[[], Hsm], tamper: str) -> None:
    reader, writer = open_hsm(), open_hsm()
    assert reader.settings == Settings()
    execute(home, tamper)
    with refused(ReturnCode.DEVICE_ERROR):
        writer.configure(clear_extraction=True)
    with refused(ReturnCode.DEVICE_ERROR):
        new_aes(log_in(writer, "alice"), TOKEN=True)
    assert not reader.settings.clear_extraction


def test_a_home_of_schema_version_1_opens_with_its_keys_and_the_defaults(old_home: Path) -> None:
    with opened(old_home) as hsm:
        assert hsm.settings == Settings()
        session = log_in(hsm, "alice")
        labels = {handle: session.attributes(handle)[Attribute.LABEL] for handle in session.find({})}
        assert labels == {0x40000: "ec", 0x40001: "ec", 0x40002: "rsa", 0x40003: "rsa", 0x40004: "aes"}
        assert session.attributes(0x40001)[Attribute.EXTRACTABLE] is False
        assert execute(old_home, "SELECT version FROM schema_version") == [(VERSION,)]
        assert execute(old_home, "SELECT * FROM settings") == []


def test_a_home_of_schema_version_1_is_configured_like_any_other(old_home: Path) -> None:
    with opened(old_home) as hsm:
        hsm.configure(clear_extraction=True)
        made = new_aes(log_in(hsm, "alice"), TOKEN=True)
    with opened(old_home) as hsm:
        assert hsm.settings == Settings(clear_extraction=True)
        assert made in log_in(hsm, "alice").find({})
    execute(old_home, "DELETE FROM settings")
    assert_home_is_refused(old_home, "a record was removed")


def test_a_home_of_schema_version_1_gets_no_settings_from_outside(old_home: Path, home: Path) -> None:
    with opened(old_home):
        pass
    row = execute(home, "SELECT generation, readable, sealed FROM settings")[0]
    execute(old_home, "INSERT INTO settings VALUES (?, ?, ?)", row)
    assert_home_is_refused(old_home, "settings")
