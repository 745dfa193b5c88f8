"""The audit log at rest: every way to change it is told, and nothing makes it say what did not happen."""

from __future__ import annotations

import random
import shutil
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from conftest import PASSWORDS, log_in
from engine.keys import new_aes, refused

from bridge.engine import Hsm, HsmError, ReturnCode, Role
from bridge.engine.audit import Event, Opcode, Record
from bridge.store import occupancy, open_home, read_audit, verify_audit
from store.processes import Process, processes
from store.tampering import execute, opened, tampered
from store.test_secrets import assert_free_of_secrets, import_all

PROGRAM = Path(__file__).with_name("child.py")


def verify(home: Path) -> int:
    return verify_audit(home, lambda: None)


def assert_wrong(home: Path, first: int) -> None:
    """Expect that the log is refused from a record on, and that no state that depends on it is taken for good."""
    with refused(ReturnCode.DEVICE_ERROR, str(home), f"record {first} (0x{first:x})"):
        verify(home)


@pytest.fixture
def filled(home: Path) -> Path:
    """A home with ten records that nobody has open: logins, a key, refusals."""
    with opened(home) as hsm:
        session = log_in(hsm, "alice")
        new_aes(session, TOKEN=True)
        for _ in range(3):
            with refused(ReturnCode.OBJECT_HANDLE_INVALID):
                session.destroy(1)
    assert verify(home) == 10
    return home


def flipped(content: bytes, at: int) -> bytes:
    return content[:at] + bytes([content[at] ^ (1 << at % 8)]) + content[at + 1 :]


@pytest.mark.parametrize("sequence", [0, 5, 9])
def test_every_byte_of_a_record_counts(filled: Path, sequence: int) -> None:
    ((content, link),) = execute(filled, "SELECT content, link FROM audit WHERE sequence = ?", [sequence])
    for column, original in (("content", content), ("link", link)):
        for at in range(0, len(original), 7):
            statement = f"UPDATE audit SET {column} = ? WHERE sequence = ?"  # noqa: S608
            with tampered(filled, statement, [flipped(original, at), sequence]):
                assert_wrong(filled, sequence)
    assert verify(filled) == 10


@pytest.mark.parametrize("value", ["text", "", 0, -1, 1.5, b"", b"\xff"], ids=repr)
@pytest.mark.parametrize("column", ["content", "link"])
def test_a_column_of_another_type_is_told(filled: Path, column: str, value: object) -> None:
    execute(filled, f"UPDATE audit SET {column} = ? WHERE sequence = 3", [value])  # noqa: S608
    assert_wrong(filled, 3)


@pytest.mark.parametrize(
    ("statement", "first"),
    [
        ("DELETE FROM audit WHERE sequence = 0", 0),
        ("DELETE FROM audit WHERE sequence = 4", 4),
        ("DELETE FROM audit WHERE sequence = 9", 9),
        ("DELETE FROM audit WHERE sequence >= 6", 6),
        ("DELETE FROM audit", 0),
        ("UPDATE audit SET sequence = -1 WHERE sequence = 2", 0),
        ("UPDATE audit SET sequence = 10 WHERE sequence = 9", 9),
        ("UPDATE audit SET sequence = sequence + 100", 0),
        ("INSERT INTO audit SELECT 10, content, link FROM audit WHERE sequence = 9", 10),
        ("INSERT INTO audit SELECT -1, content, link FROM audit WHERE sequence = 0", 0),
        (
            "UPDATE audit SET (content, link) = (SELECT content, link FROM audit AS other "
            "WHERE other.sequence = 9 - audit.sequence) WHERE sequence IN (4, 5)",
            4,
        ),
        ("UPDATE audit SET content = (SELECT content FROM audit WHERE sequence = 6) WHERE sequence = 7", 7),
    ],
)
def test_records_are_not_removed_moved_or_doubled(filled: Path, statement: str, first: int) -> None:
    execute(filled, statement)
    assert_wrong(filled, first)


@pytest.mark.parametrize("column", ["length", "reboots", "generation", "sealed"])
def test_the_head_is_not_changed(filled: Path, column: str) -> None:
    ((value,),) = execute(filled, f"SELECT {column} FROM audit_head")  # noqa: S608
    others = {0, 3, 11, "text", b"", -1, 2**62, flipped(value, 5) if isinstance(value, bytes) else value + 1} - {value}
    for other in others:
        with tampered(filled, f"UPDATE audit_head SET {column} = ?", [other]):  # noqa: S608
            with refused(ReturnCode.DEVICE_ERROR, str(filled)):
                verify(filled)
            with refused(ReturnCode.DEVICE_ERROR, str(filled)):
                open_home(filled)


@pytest.mark.parametrize(
    "statements",
    [
        ["DELETE FROM audit_head"],
        ["INSERT INTO audit_head SELECT * FROM audit_head"],
        ["DELETE FROM audit", "DELETE FROM audit_head"],
        ["DROP TABLE audit", "DROP TABLE audit_head", "UPDATE schema_version SET version = 2"],
    ],
    ids=len,
)
def test_the_log_does_not_begin_anew(filled: Path, statements: list[str]) -> None:
    for statement in statements:
        execute(filled, statement)
    for _ in range(2):
        with refused(ReturnCode.DEVICE_ERROR, str(filled)):
            verify(filled)
        with refused(ReturnCode.DEVICE_ERROR, str(filled)):
            open_home(filled)


def cut_back(home: Path, act: Callable[[Hsm], object]) -> None:
    """Do something, and put the log of before back, head and all."""
    head = execute(home, "SELECT * FROM audit_head")[0]
    with opened(home) as hsm:
        act(hsm)
    execute(home, "UPDATE audit_head SET length = ?, reboots = ?, generation = ?, sealed = ?", head)
    execute(home, "DELETE FROM audit WHERE sequence >= ?", [head[0]])


def test_an_older_log_does_not_fit_a_changed_state(filled: Path) -> None:
    cut_back(filled, lambda hsm: new_aes(log_in(hsm, "alice"), TOKEN=True))
    with refused(ReturnCode.DEVICE_ERROR, "older"):
        verify(filled)
    with refused(ReturnCode.DEVICE_ERROR, "older"):
        open_home(filled)


def test_an_older_log_of_the_same_state_is_not_told(filled: Path) -> None:
    """The limit, which the README names: logins and refusals since the last change can be made unseen."""
    cut_back(filled, lambda hsm: log_in(hsm, "alice"))
    assert verify(filled) == 10


def test_a_changed_log_stops_the_hsm_in_use(filled: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with opened(filled) as hsm:
        execute(filled, "UPDATE audit_head SET length = length - 1")
        for _ in range(2):
            with refused(ReturnCode.DEVICE_ERROR, "audit log"):
                log_in(hsm, "alice")
            with refused(ReturnCode.DEVICE_ERROR):
                hsm.configure(clear_extraction=True)


def test_a_home_of_an_older_version_gets_a_log(old_home: Path) -> None:
    home = old_home
    assert list(read_audit(home)) == []
    assert verify(home) == 0
    with opened(home) as hsm:
        log_in(hsm, "alice")
        hsm.configure(clear_extraction=True)
    assert [record.event.opcode for record in read_audit(home)] == [Opcode.LOGIN]
    with opened(home) as hsm:
        log_in(hsm, "alice")
    assert verify(home) == 2
    execute(home, "DELETE FROM audit_head")
    with refused(ReturnCode.DEVICE_ERROR):
        open_home(home)


def test_a_log_of_another_home_is_refused(filled: Path, pristine_home: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    shutil.copytree(pristine_home, other)
    with opened(other) as hsm:
        log_in(hsm, "alice")
    rows = execute(other, "SELECT * FROM audit_head")
    execute(filled, "UPDATE audit_head SET length = ?, reboots = ?, generation = ?, sealed = ?", rows[0])
    with pytest.raises(HsmError, match=r"audit log|older"):
        open_home(filled)


def test_reading_goes_on_from_anywhere(filled: Path) -> None:
    whole = list(read_audit(filled))
    assert [record.sequence for record in whole] == list(range(10))
    assert list(read_audit(filled, 7)) == whole[7:]
    assert list(read_audit(filled, 10)) == []
    execute(filled, "UPDATE audit SET content = '{}' WHERE sequence = 8")
    with refused(ReturnCode.DEVICE_ERROR, "record 8 (0x8)"):
        list(read_audit(filled))


def test_reading_waits_for_more(home: Path, hsm: Hsm) -> None:
    pauses = 0
    seen: list[Record] = []

    class Enough(Exception):
        pass

    def pause() -> None:
        nonlocal pauses
        pauses += 1
        if pauses > 3:
            raise Enough
        log_in(hsm, "alice")

    def follow() -> None:
        for record in read_audit(home, pause=pause):
            seen.append(record)

    with pytest.raises(Enough):
        follow()
    assert [record.event.opcode for record in seen[-3:]] == [Opcode.LOGIN] * 3


def test_records_of_processes_and_threads_have_no_gaps(home: Path) -> None:
    with processes(home, 3) as several:
        for number, process in enumerate(several):
            commands = [["aes", f"{number}-{key}", key % 2 == 0] for key in range(8)]
            process.begin("together", *commands, *[["destroy", 1]] * 4)
        for process in several:
            process.end()
    records = list(read_audit(home))
    assert verify(home) == len(records)
    counted = Counter((record.event.opcode, record.event.response != 0) for record in records[5:])
    assert counted == {
        (Opcode.LOGIN, False): 3,
        (Opcode.GENERATE_KEY, False): 24,
        (Opcode.TOMBSTONE_OBJECT, True): 12,
    }
    # All of them used the HSM at once, so that it was switched on once.
    assert len({record.reboots for record in records[5:]}) == 1


def test_what_a_fork_records_is_in_the_same_chain(home: Path) -> None:
    with processes(home, 1) as (process,):
        there, here = process("forked", ["aes", "in the child", False], ["aes", "in the parent", False])
        assert "ok" in there
        assert "ok" in here
        process("forked", ["destroy", 1], ["destroy", 2])
    assert [record.event.opcode for record in read_audit(home, 6)] == [
        Opcode.GENERATE_KEY,
        Opcode.GENERATE_KEY,
        Opcode.TOMBSTONE_OBJECT,
        Opcode.TOMBSTONE_OBJECT,
    ]
    assert verify(home) == 10


@pytest.mark.parametrize("rounds", [4, pytest.param(100, marks=pytest.mark.soak)])
def test_killed_processes_leave_a_whole_log_of_what_happened(home: Path, rounds: int) -> None:
    rng = random.Random(rounds)
    for number in range(rounds):
        started = [Process(home) for _ in range(2)]
        for process in started:
            process("login", "alice", "alice-password")
            process.begin("churn", number)
        time.sleep(rng.uniform(0.1, 0.5))
        for process in started:
            process.popen.kill()
        for process in started:
            process.popen.communicate()
        records = list(read_audit(home))
        assert verify(home) == len(records)
        made = {
            handle
            for event in (record.event for record in records)
            for handle in (event.key, event.public_key)
            if event.opcode is Opcode.GENERATE_KEY_PAIR and not event.response
        }
        gone = {
            record.event.key or record.event.public_key
            for record in records
            if record.event.opcode is Opcode.TOMBSTONE_OBJECT and not record.event.response
        }
        with opened(home) as hsm:
            assert {obj.handle for obj in hsm.all()} == made - gone


def test_a_process_killed_around_its_commit_has_both_or_neither(home: Path) -> None:
    for when in ("between announcement and commit", "between commit and return"):
        before = len(list(read_audit(home)))
        victim = Process(home)
        try:
            victim("login", "alice", "alice-password")
            victim("die", when)
            with pytest.raises(EOFError):
                victim("aes", when)
        finally:
            victim.stop()
        committed = when == "between commit and return"
        assert len(list(read_audit(home))) == before + 1 + committed
        assert verify(home) == before + 1 + committed
        assert occupancy(home).keys == committed


def test_a_full_disk_refuses_logins(tmp_path: Path) -> None:
    from store.test_full_disk import run

    run(
        tmp_path,
        "900k",
        """
from bridge.store import read_audit, verify_audit
create(mount / "home")
first = start(mount / "home")
handle = make(first, "key")
hsm = open_home(mount / "home")
fill(mount / "ballast")
def log_in():
    session = hsm.open_session()
    try:
        for _ in range(1000):
            session.login(Role.CRYPTO_USER, "alice", b"alice-password")
            logged.append(session)
            session = hsm.open_session()
    finally:
        assert not session.logged_in
logged = []
expect_full(log_in)
before = len(list(read_audit(mount / "home")))
assert before == 5 + 1 + 1 + len(logged), (before, len(logged))
for _ in range(3):
    expect_full(log_in)
    expect_full(lambda: first.destroy(handle))
    expect_full(lambda: first.wrap(handle, 1, handle))
os.unlink(mount / "ballast")
hsm.open_session().login(Role.CRYPTO_USER, "alice", b"alice-password")
assert verify_audit(mount / "home", lambda: None) == before + 1
print("done")
""",
    )


def test_a_database_that_is_held_is_waited_for(home: Path, hsm: Hsm) -> None:
    session = log_in(hsm, "alice")
    program = (
        "import sqlite3, sys, time\n"
        "connection = sqlite3.connect(sys.argv[1], isolation_level=None); connection.execute('BEGIN IMMEDIATE')\n"
        "print('held', flush=True); time.sleep(0.3); connection.execute('COMMIT')"
    )
    holder = subprocess.Popen([sys.executable, "-c", program, str(home / "hsm.db")], stdout=subprocess.PIPE)
    assert holder.stdout is not None
    assert holder.stdout.readline() == b"held\n"
    new_aes(session)
    holder.communicate()
    assert verify(home) == 7


def test_no_secret_is_in_the_log(home: Path) -> None:
    with opened(home) as hsm:
        session = log_in(hsm, "alice")
        handles = [*import_all(session, TOKEN=True), *import_all(session)]
        for name, password in PASSWORDS.items():
            for role in Role:
                with refused(ReturnCode.PIN_INCORRECT):
                    hsm.open_session().login(role, password.decode(), name.encode())
        for handle in handles:
            with pytest.raises(HsmError):
                session.export(handle)
            session.destroy(handle)
        admin = log_in(hsm, "admin")
        admin.configure(audit_crypto=True)
        with pytest.raises(HsmError):
            admin.change_password(Role.ADMIN, PASSWORDS["bob"].decode(), PASSWORDS["bob"])
        admin.change_password(Role.CRYPTO_USER, "bob", b"another-password")
    with closing(sqlite3.connect(home / "hsm.db")) as connection:
        content = b"".join(row[0] for row in connection.execute("SELECT content FROM audit"))
    assert_free_of_secrets(content)
    assert b"another-password" not in content
    assert b"bobs" not in content


def test_what_is_appended_alone_changes_no_generation(home: Path, hsm: Hsm) -> None:
    before = execute(home, "SELECT * FROM hsm")
    hsm._storage.audit([Event(Opcode.LOGIN, 1), Event(Opcode.LOGOUT, 2)])
    hsm._storage.audit([])
    assert execute(home, "SELECT * FROM hsm") == before
    assert [record.event.time for record in read_audit(home, 5)] == [1, 2]
