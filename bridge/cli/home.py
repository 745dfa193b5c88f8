"""The option that says where the HSM is."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import click

_F = TypeVar("_F", bound=Callable[..., object])


def _choose(_context: click.Context, _parameter: click.Parameter, home: Path | None) -> None:
    # The environment is where the store, the hosted tools and the programs that they start all look.
    if home is not None:
        os.environ["HSMBRIDGE_HOME"] = str(home.absolute())


def home_option(function: _F) -> _F:
    """Add ``--home DIR`` to a verb; it counts more than ``HSMBRIDGE_HOME``."""
    return click.option(
        "--home",
        metavar="DIR",
        type=click.Path(path_type=Path),
        expose_value=False,
        callback=_choose,
        help="Folder of the HSM; by default $HSMBRIDGE_HOME, or the platform's folder for user data.",
    )(function)
