"""Clones of the test's HSM, and one that is none."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import PASSWORDS, log_in

from bridge.engine import Hsm, Session
from bridge.store import create_home, open_home


@pytest.fixture
def clone(clone_home: Path) -> Iterator[Hsm]:
    hsm = open_home(clone_home)
    yield hsm
    hsm.close()


@pytest.fixture
def there(clone: Hsm) -> Session:
    """A session of crypto user alice with the clone."""
    return log_in(clone, "alice")


@pytest.fixture
def stranger(tmp_path: Path) -> Iterator[Hsm]:
    """An HSM with the same users that is no clone."""
    home = tmp_path / "stranger"
    create_home(home, admin_password=PASSWORDS["admin"], user="alice", password=PASSWORDS["alice"])
    hsm = open_home(home)
    yield hsm
    hsm.close()
