"""Transactions on a database, and the connections they have."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from weakref import WeakSet

from bridge.store import sqlite

_MOST_IDLE = 5
_PATIENCE_SECONDS = 30.0


class Database:
    """One database, for any number of threads, and for forks of this process.

    Each transaction has a connection to itself; afterwards the connection is kept for another one. A fork waits for the
    transactions of other threads, opens connections of its own, and leaves those of its parent alone. What is done in a
    transaction does not fork.
    """

    def __init__(self, path: Path, connect: Callable[[Path], sqlite3.Connection] = sqlite.connect) -> None:
        """Take the database's file, which exists, and what opens a connection to it; none is opened before its use."""
        self._path = path.absolute()
        self._connect = connect
        self._lock = threading.Lock()
        self._idle: list[sqlite3.Connection] = []
        self._lent: set[sqlite3.Connection] = set()
        self._closed = False
        _DATABASES.add(self)

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Begin a transaction that sees one state of the database, whatever others commit meanwhile.

        Raises:
            sqlite3.Error: if the database refuses.
        """
        with self._transaction("BEGIN") as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """Begin a transaction that has the write lock; it is undone if the block raises.

        Raises:
            sqlite3.Error: if the database refuses.
        """
        with self._transaction("BEGIN IMMEDIATE") as connection:
            yield connection

    def disconnect(self) -> None:
        """Close the connections that are not in use; the next use opens others."""
        with self._lock:
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()

    def close(self) -> None:
        """Keep no connection any more: those in use are closed when their transactions end."""
        self._closed = True
        _GATES[-1].enter()
        try:
            self.disconnect()
        finally:
            _GATES[-1].leave()

    @contextmanager
    def _transaction(self, begin: str) -> Iterator[sqlite3.Connection]:
        connection = self._borrow()
        try:
            connection.execute(begin)
            yield connection
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                # What failed first is of more use, and closing the connection undoes the rest too.
                with suppress(sqlite3.Error):
                    connection.execute("ROLLBACK")
            raise
        finally:
            self._give_back(connection)

    def _borrow(self) -> sqlite3.Connection:
        _GATES[-1].enter()
        try:
            return self._connected()
        except BaseException:
            _GATES[-1].leave()
            raise

    def _connected(self) -> sqlite3.Connection:
        with self._lock:
            connection = self._idle.pop() if self._idle else None
            if connection is not None:
                self._lent.add(connection)
        if connection is None:
            connection = self._connect(self._path)
            with self._lock:
                self._lent.add(connection)
        return connection

    def _give_back(self, connection: sqlite3.Connection) -> None:
        with self._lock:
            if connection not in self._lent:
                return  # the parent's
        try:
            self._take_back(connection)
        finally:
            _GATES[-1].leave()

    def _take_back(self, connection: sqlite3.Connection) -> None:
        with self._lock:
            self._lent.remove(connection)
            keep = not (self._closed or connection.in_transaction or len(self._idle) >= _MOST_IDLE)
            if keep:
                self._idle.append(connection)
        if not keep:
            connection.close()

    def _forget(self) -> None:
        """Begin anew in a fork, whose parent's threads may have had connections, or the lock, at that moment."""
        self._lock = threading.Lock()
        _INHERITED.extend((*self._idle, *self._lent))
        self._idle, self._lent = [], set()


class _Gate:
    """What transactions pass, and what a fork closes for a moment.

    SQLite in a fork of a process that is in a transaction would believe that the transaction, and its lock, goes on.
    """

    def __init__(self) -> None:
        self._fork = threading.Lock()
        self._condition = threading.Condition()
        self._inside: Counter[int] = Counter()
        self._closed = False

    def enter(self) -> None:
        """Begin a transaction of this thread; one that is in another may do so while a fork waits for that."""
        thread = threading.get_ident()
        with self._condition:
            while self._closed and not self._inside[thread]:
                self._condition.wait()
            self._inside[thread] += 1

    def leave(self) -> None:
        """End a transaction."""
        thread = threading.get_ident()
        with self._condition:
            self._inside[thread] -= 1
            if not self._inside[thread]:
                del self._inside[thread]
                self._condition.notify_all()

    def close(self) -> None:
        """Wait for the transactions of other threads, as long as these may wait for others, and let none begin.

        Threads that fork do so one after the other: each closes the gate until it has forked.
        """
        self._fork.acquire()
        own = {threading.get_ident()}
        with self._condition:
            self._closed = True
            self._condition.wait_for(lambda: not self._inside.keys() - own, _PATIENCE_SECONDS)

    def open(self) -> None:
        """Let transactions begin."""
        with self._condition:
            self._closed = False
            self._condition.notify_all()
        self._fork.release()


_GATES = [_Gate()]
"""The last one counts; a fork has one more, because threads that it does not have may have held its parent's."""

_DATABASES: WeakSet[Database] = WeakSet()

_INHERITED: list[sqlite3.Connection] = []
"""The parent's, in a fork: kept, because a connection that nothing refers to is closed."""


def _all() -> list[Database]:
    while True:
        try:
            return list(_DATABASES)
        except RuntimeError:  # another thread has opened one meanwhile
            continue


def _disconnect_all() -> None:
    """Let no connection be inherited by a fork.

    SQLite in the child would believe that it holds the locks that its parent took. When the parent has ended nobody
    holds them, so that the next process which closes the database takes itself for the last one and removes the log
    that the child still writes.
    """
    _GATES[-1].close()
    for database in _all():
        database.disconnect()


def _go_on() -> None:
    _GATES[-1].open()


def _forget_all() -> None:
    _GATES.append(_Gate())
    for database in _all():
        database._forget()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_disconnect_all, after_in_parent=_go_on, after_in_child=_forget_all)
