"""A home with keys in it."""

import shutil
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from store.tampering import Stock, stock

OLD = Path(__file__).with_name("schema_1")


@pytest.fixture(scope="session")
def pristine_stock(pristine_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Stock:
    """A home with keys that nobody has open; copy it, never open it."""
    home = tmp_path_factory.mktemp("stock") / "home"
    shutil.copytree(pristine_home, home)
    return stock(home)


@pytest.fixture
def stocked(pristine_stock: Stock, tmp_path: Path) -> Stock:
    """A home with keys for one test."""
    home = tmp_path / "stocked"
    shutil.copytree(pristine_stock.home, home)
    return replace(pristine_stock, home=home)


@pytest.fixture
def old_home(tmp_path: Path) -> Path:
    """A home of schema version 1, as the first release wrote it; alice gave one wrong password."""
    home = tmp_path / "old"
    home.mkdir(mode=0o700)
    with closing(sqlite3.connect(home / "hsm.db")) as connection:
        connection.executescript((OLD / "hsm.sql").read_text())
    shutil.copyfile(OLD / "key.json", home / "master.key")
    (home / "master.key").chmod(0o600)
    return home
