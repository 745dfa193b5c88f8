"""The tables are, to the letter, those of the homes in the field, however old a home is."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from bridge.store import schema
from store.tampering import Row, execute, opened

# As every release has written it, in its order: an index without text is the primary key's.
VERSION_1: list[Row] = [
    ("table", "schema_version", "schema_version", "CREATE TABLE schema_version (\n\tversion INTEGER NOT NULL\n)"),
    (
        "table",
        "hsm",
        "hsm",
        "CREATE TABLE hsm (\n\thome_id BLOB NOT NULL, \n\tgeneration BIGINT NOT NULL, "
        "\n\tnext_handle BIGINT NOT NULL, \n\tledger BLOB NOT NULL\n)",
    ),
    (
        "table",
        "objects",
        "objects",
        "CREATE TABLE objects (\n\thandle BIGINT NOT NULL, \n\tgeneration BIGINT NOT NULL, "
        "\n\treadable BLOB NOT NULL, \n\tsealed BLOB NOT NULL, \n\tPRIMARY KEY (handle)\n)",
    ),
    ("index", "sqlite_autoindex_objects_1", "objects", None),
    ("index", "ix_objects_generation", "objects", "CREATE INDEX ix_objects_generation ON objects (generation)"),
    (
        "table",
        "destroyed",
        "destroyed",
        "CREATE TABLE destroyed (\n\thandle BIGINT NOT NULL, \n\tgeneration BIGINT NOT NULL, "
        "\n\tPRIMARY KEY (handle)\n)",
    ),
    ("index", "sqlite_autoindex_destroyed_1", "destroyed", None),
    ("index", "ix_destroyed_generation", "destroyed", "CREATE INDEX ix_destroyed_generation ON destroyed (generation)"),
    (
        "table",
        "users",
        "users",
        "CREATE TABLE users (\n\trole VARCHAR NOT NULL, \n\tname VARCHAR NOT NULL, \n\tgeneration BIGINT NOT NULL, "
        "\n\tsealed BLOB NOT NULL, \n\tPRIMARY KEY (role, name)\n)",
    ),
    ("index", "sqlite_autoindex_users_1", "users", None),
]

VERSION_2: list[Row] = [
    (
        "table",
        "settings",
        "settings",
        "CREATE TABLE settings (\n\tgeneration BIGINT NOT NULL, \n\treadable BLOB NOT NULL, "
        "\n\tsealed BLOB NOT NULL\n)",
    ),
]

VERSION_3: list[Row] = [
    (
        "table",
        "tokens",
        "tokens",
        "CREATE TABLE tokens (\n\tnumber BIGINT NOT NULL, \n\tgeneration BIGINT NOT NULL, "
        "\n\treadable BLOB NOT NULL, \n\tsealed BLOB NOT NULL, \n\tPRIMARY KEY (number)\n)",
    ),
    ("index", "sqlite_autoindex_tokens_1", "tokens", None),
]

VERSION_4: list[Row] = [
    (
        "table",
        "audit",
        "audit",
        "CREATE TABLE audit (\n\tsequence INTEGER NOT NULL, \n\tcontent BLOB NOT NULL, \n\tlink BLOB NOT NULL, "
        "\n\tPRIMARY KEY (sequence)\n)",
    ),
    (
        "table",
        "audit_head",
        "audit_head",
        "CREATE TABLE audit_head (\n\tlength BIGINT NOT NULL, \n\treboots BIGINT NOT NULL, "
        "\n\tgeneration BIGINT NOT NULL, \n\tsealed BLOB NOT NULL\n)",
    ),
]

ADDED = [VERSION_1, VERSION_2, VERSION_3, VERSION_4]
"""What each version has added."""

CATALOG = "SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY rowid"


def test_a_new_home_has_the_tables_of_all_versions(home: Path) -> None:
    assert execute(home, CATALOG) == [entry for version in ADDED[: schema.VERSION] for entry in version]
    assert execute(home, "SELECT * FROM schema_version") == [(schema.VERSION,)]
    ((pages,), (encoding,)) = (execute(home, f"PRAGMA {name}")[0] for name in ("page_size", "encoding"))
    assert (pages, encoding) == (4096, "UTF-8")


@pytest.mark.parametrize("version", range(1, len(ADDED) + 1))
def test_each_step_adds_what_it_added_when_it_was_released(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: int
) -> None:
    monkeypatch.setattr(schema, "MIGRATIONS", schema.MIGRATIONS[:version])
    monkeypatch.setattr(schema, "VERSION", version)
    with closing(sqlite3.connect(tmp_path / "hsm.db", isolation_level=None)) as connection:
        schema.migrate(connection, tmp_path)
    assert execute(tmp_path, CATALOG) == [entry for added in ADDED[:version] for entry in added]
    assert execute(tmp_path, "SELECT * FROM schema_version") == [(version,)]


def test_a_home_of_schema_version_1_comes_to_the_same(old_home: Path) -> None:
    before = execute(old_home, CATALOG)
    assert sorted(before, key=str) == sorted(VERSION_1, key=str)
    with opened(old_home):
        pass
    added = [entry for version in ADDED[1 : schema.VERSION] for entry in version]
    assert execute(old_home, CATALOG) == before + added


def test_an_audit_log_that_is_there_is_not_made_again(home: Path) -> None:
    """The step of schema version 4 has always let it be, unlike those before it."""
    before = execute(home, CATALOG)
    execute(home, "UPDATE schema_version SET version = 3")
    with opened(home):
        pass
    assert execute(home, CATALOG) == before
    assert execute(home, "SELECT * FROM schema_version") == [(schema.VERSION,)]
