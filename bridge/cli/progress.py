"""A line on standard error that tells how far a long job is."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click

_CLEAR = "\r\x1b[K"


@contextmanager
def progress_line() -> Iterator[Callable[[str, int, int], None]]:
    """Show progress during the block, if standard error is a terminal, and take the line away at its end.

    Returns:
        A function to call with what is being done, how many are done, and how many there are.
    """
    shown = False

    def show(what: str, done: int, total: int) -> None:
        nonlocal shown
        if total > 1 and sys.stderr.isatty():
            click.echo(f"{_CLEAR}{what}: {done} of {total}", nl=False, err=True)
            shown = True

    try:
        yield show
    finally:
        if shown:
            click.echo(_CLEAR, nl=False, err=True)
