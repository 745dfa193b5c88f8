"""The tables, and how a database of an older schema becomes one of this schema."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from sqlite3 import Connection

from bridge.engine.errors import HsmError, ReturnCode
from bridge.store.errors import damaged


def _table(name: str, *columns: str) -> str:
    """Return the definition of a table, spelled to the last blank as homes in the field have it."""
    return f"{name} (\n\t" + ", \n\t".join(columns) + "\n)"


_SCHEMA_VERSION = _table("schema_version", "version INTEGER NOT NULL")

_HSM = _table(
    "hsm",
    "home_id BLOB NOT NULL",
    "generation BIGINT NOT NULL",
    "next_handle BIGINT NOT NULL",
    "ledger BLOB NOT NULL",
)

_OBJECTS = _table(
    "objects",
    "handle BIGINT NOT NULL",
    "generation BIGINT NOT NULL",
    "readable BLOB NOT NULL",
    "sealed BLOB NOT NULL",
    "PRIMARY KEY (handle)",
)

_DESTROYED = _table(
    "destroyed",
    "handle BIGINT NOT NULL",
    "generation BIGINT NOT NULL",
    "PRIMARY KEY (handle)",
)

_USERS = _table(
    "users",
    "role VARCHAR NOT NULL",
    "name VARCHAR NOT NULL",
    "generation BIGINT NOT NULL",
    "sealed BLOB NOT NULL",
    "PRIMARY KEY (role, name)",
)

_SETTINGS = _table(
    "settings",
    "generation BIGINT NOT NULL",
    "readable BLOB NOT NULL",
    "sealed BLOB NOT NULL",
)

_TOKENS = _table(
    "tokens",
    "number BIGINT NOT NULL",
    "generation BIGINT NOT NULL",
    "readable BLOB NOT NULL",
    "sealed BLOB NOT NULL",
    "PRIMARY KEY (number)",
)

_AUDIT = _table(
    "audit",
    # In SQLite an INTEGER is the row's own number, which needs no index.
    "sequence INTEGER NOT NULL",
    "content BLOB NOT NULL",
    "link BLOB NOT NULL",
    "PRIMARY KEY (sequence)",
)

_AUDIT_HEAD = _table(
    "audit_head",
    "length BIGINT NOT NULL",
    "reboots BIGINT NOT NULL",
    "generation BIGINT NOT NULL",
    "sealed BLOB NOT NULL",
)


def _create(connection: Connection) -> None:
    connection.execute(f"CREATE TABLE {_SCHEMA_VERSION}")
    connection.execute(f"CREATE TABLE {_HSM}")
    connection.execute(f"CREATE TABLE {_OBJECTS}")
    connection.execute("CREATE INDEX ix_objects_generation ON objects (generation)")
    connection.execute(f"CREATE TABLE {_DESTROYED}")
    connection.execute("CREATE INDEX ix_destroyed_generation ON destroyed (generation)")
    connection.execute(f"CREATE TABLE {_USERS}")
    connection.execute("INSERT INTO schema_version (version) VALUES (0)")


def _add_settings(connection: Connection) -> None:
    connection.execute(f"CREATE TABLE {_SETTINGS}")


def _add_tokens(connection: Connection) -> None:
    connection.execute(f"CREATE TABLE {_TOKENS}")


def _add_audit(connection: Connection) -> None:
    connection.execute(f"CREATE TABLE IF NOT EXISTS {_AUDIT}")
    connection.execute(f"CREATE TABLE IF NOT EXISTS {_AUDIT_HEAD}")


MIGRATIONS: tuple[Callable[[Connection], None], ...] = (_create, _add_settings, _add_tokens, _add_audit)
"""Step n brings a database from version n to n + 1; a step, once released, never changes."""

VERSION = len(MIGRATIONS)


def migrate(connection: Connection, home: Path) -> None:
    """Bring a database to this version's schema, inside the caller's transaction.

    Raises:
        HsmError: ``TOKEN_NOT_PRESENT`` if a newer hsmbridge wrote it; as :func:`version_of`.
    """
    version = version_of(connection, home)
    if version > VERSION:
        raise HsmError(
            ReturnCode.TOKEN_NOT_PRESENT,
            f"The home {home} has schema version {version}; this hsmbridge knows versions up to {VERSION}. "
            "Use the hsmbridge that wrote it, or a newer one.",
        )
    for step in MIGRATIONS[version:]:
        step(connection)
    if version < VERSION:
        connection.execute("UPDATE schema_version SET version = ?", (VERSION,))


def version_of(connection: Connection, home: Path) -> int:
    """Return a database's schema version; 0 for an empty one.

    Raises:
        HsmError: ``DEVICE_ERROR`` if it is no database of hsmbridge.
    """
    names = tables(connection)
    if not names:
        return 0
    if "schema_version" not in names:
        raise damaged(home, "its database has no schema version")
    row = connection.execute("SELECT version FROM schema_version").fetchone()
    version = row and row[0]
    if not isinstance(version, int) or version < 1:
        raise damaged(home, "its schema version is none")
    return version


def tables(connection: Connection) -> set[str]:
    """Return the names of a database's tables."""
    names = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
    return {name for (name,) in connection.execute(names)}
