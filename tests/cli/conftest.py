"""Files that other programs made, once for all tests; copy them before changing them."""

from __future__ import annotations

from pathlib import Path

import pytest

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
