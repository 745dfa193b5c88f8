"""Connections: one a transaction, kept for the next, and never those of a parent."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from bridge.store.database import Database
from bridge.store.sqlite import connect

COUNT = "SELECT count(*) FROM numbers"
INSERT = "INSERT INTO numbers VALUES (?)"


class Connections:
    """What a database has opened."""

    def __init__(self) -> None:
        self.opened: list[sqlite3.Connection] = []

    def __call__(self, path: Path) -> sqlite3.Connection:
        self.opened.append(connect(path))
        return self.opened[-1]

    def still_open(self) -> list[sqlite3.Connection]:
        """Return those that are not closed, which is told without using them."""
        found = []
        for connection in self.opened:
            try:
                _ = connection.in_transaction
            except sqlite3.ProgrammingError:
                continue
            found.append(connection)
        return found


@pytest.fixture
def connections() -> Connections:
    return Connections()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / "numbers.db").touch()
    return tmp_path / "numbers.db"


@pytest.fixture
def database(path: Path, connections: Connections) -> Iterator[Database]:
    """A database with an empty table of numbers."""
    database = Database(path, connections)
    with database.writing() as connection:
        connection.execute("CREATE TABLE numbers (number BIGINT NOT NULL)")
    yield database
    database.close()
    assert connections.still_open() == []


def count(connection: sqlite3.Connection) -> int:
    (number,) = connection.execute(COUNT).fetchone()
    assert isinstance(number, int)
    return number


def test_transactions_one_after_the_other_have_one_connection(database: Database, connections: Connections) -> None:
    for number in range(10):
        with database.writing() as connection:
            connection.execute(INSERT, (number,))
        with database.reading() as connection:
            assert count(connection) == number + 1
    assert len(connections.opened) == 1


def test_a_transaction_sees_one_state_whatever_others_commit(database: Database) -> None:
    with database.reading() as reader:
        assert count(reader) == 0
        with database.writing() as writer:
            writer.execute(INSERT, (1,))
        assert count(reader) == 0
    with database.reading() as reader:
        assert count(reader) == 1


def test_nobody_else_writes_in_a_transaction_that_writes(
    database: Database, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bridge.store.sqlite._WAIT_SECONDS", 0.1)
    other = Database(path)
    with database.writing(), pytest.raises(sqlite3.OperationalError, match="locked"), other.writing():
        pass
    with other.writing() as connection:
        connection.execute(INSERT, (1,))
    other.close()


def fail(database: Database, error: type[BaseException]) -> None:
    """Write something, and then end the transaction in one of these ways."""
    with database.writing() as connection:
        connection.execute(INSERT, (1,))
        if error is sqlite3.OperationalError:
            connection.execute("SELECT * FROM nowhere")
        raise error


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt, sqlite3.OperationalError])
def test_what_raises_is_undone_and_costs_no_connection(
    database: Database, connections: Connections, error: type[BaseException]
) -> None:
    for _ in range(3):
        with pytest.raises(error):
            fail(database, error)
    with database.reading() as connection:
        assert count(connection) == 0
    assert len(connections.opened) == 1


def test_a_connection_that_cannot_be_opened_is_not_missed(tmp_path: Path) -> None:
    database = Database(tmp_path / "numbers.db")
    (tmp_path / "numbers.db").write_bytes(b"text" * 1000)
    for _ in range(3):
        with pytest.raises(sqlite3.DatabaseError, match="not a database"), database.reading():
            pass
    (tmp_path / "numbers.db").write_bytes(b"")
    with database.reading() as connection:
        assert connection.execute("SELECT 1").fetchall() == [(1,)]
    database.close()


def test_threads_at_one_time_have_a_connection_each_and_few_are_kept(
    database: Database, connections: Connections
) -> None:
    together = threading.Barrier(20, timeout=60)
    seen: list[sqlite3.Connection] = []

    def read() -> None:
        with database.reading() as connection:
            together.wait()
            assert count(connection) == 0
            seen.append(connection)
            together.wait()

    threads = [threading.Thread(target=read) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({id(connection) for connection in seen}) == 20
    assert 1 <= len(connections.still_open()) <= 5


def test_threads_without_end_lose_nothing(database: Database) -> None:
    turn = threading.Lock()

    def work() -> None:
        for number in range(50):
            with turn, database.writing() as connection:
                connection.execute(INSERT, (number,))
            with database.reading() as connection:
                assert count(connection) > number

    threads = [threading.Thread(target=work) for _ in range(8)]
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(before)
    with database.reading() as connection:
        assert count(connection) == 400


def test_a_disconnected_database_opens_another_connection(database: Database, connections: Connections) -> None:
    with database.writing() as connection:
        database.disconnect()
        connection.execute(INSERT, (1,))
    database.disconnect()
    assert connections.still_open() == []
    with database.reading() as connection:
        assert count(connection) == 1
    assert len(connections.still_open()) == 1


def test_who_is_at_work_when_the_database_is_closed_ends_that(database: Database, connections: Connections) -> None:
    with ExitStack() as stack:
        reader = stack.enter_context(database.reading())
        writer = stack.enter_context(database.writing())
        database.close()
        writer.execute(INSERT, (1,))
        assert count(reader) == 0
        assert len(connections.still_open()) == 2
    assert connections.still_open() == []
    with database.reading() as connection:
        assert count(connection) == 1
    assert connections.still_open() == []


def test_the_file_stays_the_same_when_the_process_goes_elsewhere(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    database = Database(Path(path.name))
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    with database.writing() as connection:
        connection.execute("CREATE TABLE numbers (number BIGINT NOT NULL)")
    database.close()
    assert list((tmp_path / "elsewhere").iterdir()) == []


_FORKER = """
import gc, os, sys, threading
from pathlib import Path

# As if another thread had the lock at the fork: what is registered first is called last before it, and first after it.
os.register_at_fork(before=lambda: database._lock.acquire(), after_in_parent=lambda: database._lock.release())

from store.test_database import COUNT, INSERT, Connections
import bridge.store.database
from bridge.store.database import Database

# The fork does not wait for the other thread's transaction.
bridge.store.database._PATIENCE_SECONDS = 0.1
connections = Connections()
database = Database(Path(sys.argv[1]), connections)
with database.writing() as connection:
    connection.execute("CREATE TABLE numbers (number BIGINT NOT NULL)")
begun, forked = threading.Event(), threading.Event()

def write():
    with database.writing() as connection:
        connection.execute(INSERT, (1,))
        begun.set()
        forked.wait()
        connection.execute(INSERT, (2,))

with database.reading():
    pass  # one connection is kept
writer = threading.Thread(target=write)
with database.reading() as mine:
    mine.execute(COUNT).fetchall()
    writer.start()
    begun.wait()
    child = os.fork()
    if child == 0:
        theirs = list(connections.opened)
        gc.collect()
        with database.reading() as connection:
            assert connection not in theirs
            assert connection.execute(COUNT).fetchone() == (0,)
        gc.collect()
        # The two in use are as they were at the fork.
        assert [one for one in connections.still_open() if one.in_transaction] == theirs, connections.still_open()
        os._exit(0)
_, status = os.waitpid(child, 0)
forked.set()
writer.join()
with database.reading() as connection:
    assert connection.execute(COUNT).fetchone() == (2,)
child = os.fork()
if child == 0:
    with database.writing() as connection:
        connection.execute(INSERT, (3,))
    os._exit(0)
_, second = os.waitpid(child, 0)
with database.reading() as connection:
    print(status, second, *connection.execute(COUNT).fetchone())
"""


def test_a_fork_neither_uses_nor_closes_what_its_parent_has_in_use(path: Path) -> None:
    command = [sys.executable, "-W", "ignore::DeprecationWarning", "-c", _FORKER, str(path)]
    tests = Path(__file__).parent.parent
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60, cwd=tests)
    assert (done.stdout, done.stderr) == ("0 0 3\n", "")
