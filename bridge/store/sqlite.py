"""Opening the database with the settings that durability and privacy need."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL

_WAIT_SECONDS = 30

_PRAGMAS = (
    "PRAGMA journal_mode = WAL",
    # A commit that returned is on disk, power loss included.
    "PRAGMA synchronous = FULL",
    "PRAGMA secure_delete = ON",
    "PRAGMA trusted_schema = OFF",
)


def open_database(path: Path) -> Engine:
    """Open a SQLite database.

    Args:
        path: its file, which exists.

    Returns:
        An engine whose transactions, begun with :func:`writing`, take the write lock at once; others read one
        snapshot.
    """
    engine = create_engine(URL.create("sqlite", database=str(path)), connect_args={"timeout": _WAIT_SECONDS})
    event.listen(engine, "connect", _configure)
    event.listen(engine, "begin", _begin)
    return engine


def writing(engine: Engine) -> Engine:
    """Return the same engine for transactions that write."""
    return engine.execution_options(writing=True)


def connect(path: Path) -> sqlite3.Connection:
    """Open one connection without SQLAlchemy, with the same settings; any thread may use it, one at a time."""
    connection = sqlite3.connect(path, timeout=_WAIT_SECONDS, check_same_thread=False)
    _configure(connection, None)
    return connection


def _configure(connection: sqlite3.Connection, _record: Any) -> None:
    # SQLAlchemy, not the driver, says when a transaction begins.
    connection.isolation_level = None
    for pragma in _PRAGMAS:
        connection.execute(pragma)


def _begin(connection: Connection) -> None:
    immediate = connection.get_execution_options().get("writing", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")
