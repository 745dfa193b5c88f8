"""Files that other programs made, once for all tests (copy them before changing them), and a session to script."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import PASSWORDS

from cli.dialogue import dialogue
from cli.shapes import Tutorial
from cli.stock import make_keystores, make_openssl_files


@pytest.fixture(scope="session")
def keystores(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of :func:`cli.stock.make_keystores`."""
    folder = tmp_path_factory.mktemp("keystores")
    make_keystores(folder)
    return folder


@pytest.fixture(scope="session")
def openssl_files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of :func:`cli.stock.make_openssl_files`."""
    folder = tmp_path_factory.mktemp("openssl")
    make_openssl_files(folder)
    return folder


@pytest.fixture
def alice(home: Path) -> Iterator[Tutorial]:
    """A session, through a pipe, that alice has logged in to."""
    with dialogue(home) as cli:
        tutorial = Tutorial(cli)
        tutorial.log_in("alice", "crypto-user", PASSWORDS["alice"].decode())
        yield tutorial
