"""Transactions that do not wait for the disk, for what is written often: the audit log's own records.

In SQLite's WAL mode with ``synchronous = NORMAL`` a commit goes to the operating system, and stays if this process is
killed in the next moment. If the machine itself fails, the last commits may be lost, but nothing else, and not in
part: a commit that follows and does wait for the disk, as every change of keys and users does, brings all before it
there too.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path

from bridge.store.database import Database
from bridge.store.sqlite import connect

_FULL = 2


def light_database(path: Path) -> Database:
    """Return a database whose commits do not wait for the disk.

    Args:
        path: its file, which exists.
    """
    return Database(path, _connect)


def _connect(path: Path) -> sqlite3.Connection:
    connection = connect(path)
    try:
        (level,) = connection.execute("PRAGMA synchronous").fetchone()
        if level == _FULL:
            connection.execute("PRAGMA synchronous = NORMAL")
    except BaseException:
        connection.close()
        raise
    return connection
