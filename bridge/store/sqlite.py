"""Opening a connection with the settings that durability and privacy need."""

from __future__ import annotations

import sqlite3
from pathlib import Path

_WAIT_SECONDS = 30

_PRAGMAS = (
    "PRAGMA journal_mode = WAL",
    # A commit that returned is on disk, power loss included.
    "PRAGMA synchronous = FULL",
    "PRAGMA secure_delete = ON",
    "PRAGMA trusted_schema = OFF",
)


def connect(path: Path) -> sqlite3.Connection:
    """Open a connection, on which a transaction begins when the caller says ``BEGIN``.

    Args:
        path: the database's file, which exists.

    Returns:
        The connection; any thread may use it, one at a time.

    Raises:
        sqlite3.Error: if the file cannot be opened, or is no database.
    """
    connection = sqlite3.connect(path, timeout=_WAIT_SECONDS, isolation_level=None, check_same_thread=False)
    try:
        for pragma in _PRAGMAS:
            connection.execute(pragma)
    except BaseException:
        connection.close()
        raise
    return connection
