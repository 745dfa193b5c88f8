"""A home with keys in it."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from store.tampering import Stock, stock


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
