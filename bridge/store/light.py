"""Transactions that do not wait for the disk, for what is written often: the audit log's own records.

In SQLite's WAL mode with ``synchronous = NORMAL`` a commit goes to the operating system, and stays if this process is
killed in the next moment. If the machine itself fails, the last commits may be lost, but nothing else, and not in
part: a commit that follows and does wait for the disk, as every change of keys and users does, brings all before it
there too. SQLite itself is spoken to, because SQLAlchemy would take several times longer than the database.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bridge.store import sqlite

_FULL = 2


class LightWriter:
    """One connection, opened when it is first needed; the caller sees to it that one thread at a time uses it."""

    def __init__(self, path: Path) -> None:
        """Take the database's file."""
        self._path = path
        self._connection: sqlite3.Connection | None = None
        self._inherited: list[sqlite3.Connection] = []
        self._process = os.getpid()

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Begin a transaction that has the write lock; it is undone if the block raises.

        Raises:
            sqlite3.Error: if the database refuses.
        """
        connection = self._open()
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield connection
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise

    def disconnect(self) -> None:
        """Close the connection; the next use opens another."""
        if self._connection is not None and self._process == os.getpid():
            self._connection.close()
            self._connection = None

    def _open(self) -> sqlite3.Connection:
        if self._process != os.getpid():
            if self._connection is not None:
                # One that was in use when the process forked is the parent's: it is neither used nor closed here.
                self._inherited.append(self._connection)
                self._connection = None
            self._process = os.getpid()
        if self._connection is None:
            connection = sqlite.connect(self._path)
            (level,) = connection.execute("PRAGMA synchronous").fetchone()
            if level == _FULL:
                connection.execute("PRAGMA synchronous = NORMAL")
            self._connection = connection
        return self._connection
