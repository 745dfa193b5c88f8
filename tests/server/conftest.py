"""Daemons for the tests."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from short_lived import compiled

from bridge.jvm import find_jdk
from server.daemon import Daemon, running
from server.shell import SOURCES, Shell, shell


@pytest.fixture(scope="module")
def shared(pristine_home: Path) -> Iterator[Daemon]:
    """A daemon with two workers for all tests of a module that leave it as it is."""
    with running(pristine_home, "--workers", "2") as daemon:
        yield daemon


@pytest.fixture
def daemon(pristine_home: Path) -> Iterator[Daemon]:
    """A daemon with two workers for one test."""
    with running(pristine_home, "--workers", "2") as daemon:
        yield daemon


@pytest.fixture(scope="session")
def classes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The compiled Java client of the tests."""
    return compiled(SOURCES, tmp_path_factory.mktemp("shell"))


@pytest.fixture(scope="module")
def client(classes: Path) -> Iterator[Shell]:
    """A JVM with little memory for all tests of a module; each opens an engine of its own in it."""
    with shell(find_jdk() / "bin" / "java", classes, "-Xmx48m", "-XX:MaxDirectMemorySize=48m") as one:
        yield one


@pytest.fixture
def short() -> Iterator[Path]:
    """A folder whose path is short enough for Unix sockets."""
    with tempfile.TemporaryDirectory(prefix="hb", dir="/tmp") as folder:
        yield Path(folder)
