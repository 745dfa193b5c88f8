"""The tables, and how a database of an older schema becomes one of this schema."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    insert,
    inspect,
    select,
    update,
)

from bridge.engine.errors import HsmError, ReturnCode
from bridge.store.errors import damaged

METADATA = MetaData()

SCHEMA = Table("schema_version", METADATA, Column("version", Integer, nullable=False))

HSM = Table(
    "hsm",
    METADATA,
    Column("home_id", LargeBinary, nullable=False),
    Column("generation", BigInteger, nullable=False),
    Column("next_handle", BigInteger, nullable=False),
    Column("ledger", LargeBinary, nullable=False),
)

OBJECTS = Table(
    "objects",
    METADATA,
    Column("handle", BigInteger, primary_key=True, autoincrement=False),
    Column("generation", BigInteger, nullable=False, index=True),
    Column("readable", LargeBinary, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
)

DESTROYED = Table(
    "destroyed",
    METADATA,
    Column("handle", BigInteger, primary_key=True, autoincrement=False),
    Column("generation", BigInteger, nullable=False, index=True),
)

USERS = Table(
    "users",
    METADATA,
    Column("role", String, primary_key=True),
    Column("name", String, primary_key=True),
    Column("generation", BigInteger, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
)

SETTINGS = Table(
    "settings",
    METADATA,
    Column("generation", BigInteger, nullable=False),
    Column("readable", LargeBinary, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
)


TOKENS = Table(
    "tokens",
    METADATA,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("generation", BigInteger, nullable=False),
    Column("readable", LargeBinary, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
)

AUDIT = Table(
    "audit",
    METADATA,
    # In SQLite an INTEGER is the row's own number, which needs no index.
    Column("sequence", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False),
    Column("content", LargeBinary, nullable=False),
    Column("link", LargeBinary, nullable=False),
)

AUDIT_HEAD = Table(
    "audit_head",
    METADATA,
    Column("length", BigInteger, nullable=False),
    Column("reboots", BigInteger, nullable=False),
    Column("generation", BigInteger, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
)


def _create(connection: Connection) -> None:
    METADATA.create_all(connection, tables=[SCHEMA, HSM, OBJECTS, DESTROYED, USERS])
    connection.execute(insert(SCHEMA).values(version=0))


def _add_settings(connection: Connection) -> None:
    SETTINGS.create(connection)


def _add_tokens(connection: Connection) -> None:
    TOKENS.create(connection)


def _add_audit(connection: Connection) -> None:
    METADATA.create_all(connection, tables=[AUDIT, AUDIT_HEAD])


MIGRATIONS: tuple[Callable[[Connection], None], ...] = (_create, _add_settings, _add_tokens, _add_audit)
"""Step n brings a database from version n to n + 1; a step, once released, never changes."""

VERSION = len(MIGRATIONS)

_LIMIT = 2**62


def migrate(connection: Connection, home: Path) -> None:
    """Bring a database to this version's schema, inside the caller's transaction.

    Raises:
        HsmError: ``TOKEN_NOT_PRESENT`` if a newer hsmbridge wrote it.
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
        connection.execute(update(SCHEMA).values(version=VERSION))


class HsmRow(NamedTuple):
    """The one row of the table ``hsm``."""

    home_id: bytes
    generation: int
    next_handle: int
    ledger: bytes


def read_hsm(connection: Connection, home: Path) -> HsmRow:
    """Return the row of the HSM itself.

    Raises:
        HsmError: ``DEVICE_ERROR`` if there is not exactly one, or a column holds what was never written there.
    """
    rows = connection.execute(select(HSM.c.home_id, HSM.c.generation, HSM.c.next_handle, HSM.c.ledger)).all()
    if len(rows) == 1:
        row = HsmRow(*rows[0])
        numbers = (row.generation, row.next_handle)
        if (
            all(type(number) is int and number > 0 for number in numbers)
            and type(row.home_id) is type(row.ledger) is bytes
        ):
            return row
    raise damaged(home, "the record of the HSM itself is no such record")


def version_of(connection: Connection, home: Path) -> int:
    """Return a database's schema version; 0 for an empty one.

    Raises:
        HsmError: ``DEVICE_ERROR`` if it is no database of hsmbridge.
    """
    names = inspect(connection).get_table_names()
    if not names:
        return 0
    if SCHEMA.name not in names:
        raise damaged(home, "its database has no schema version")
    version = connection.execute(select(SCHEMA.c.version)).scalar()
    if not isinstance(version, int) or version < 1:
        raise damaged(home, "its schema version is none")
    return version
