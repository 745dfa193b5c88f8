"""Paths of files that a command asks for while it runs."""

from __future__ import annotations

import sys
from pathlib import Path

import click


def ask_path(prompt: str, default: Path | None = None) -> Path:
    """Return the path that the user types, or the next line of standard input, if that is no terminal.

    Args:
        prompt: shown on a terminal.
        default: what an empty line means; None if there must be a path.

    Raises:
        click.UsageError: if there is no line, or an empty one without a default.
    """
    if sys.stdin.isatty():
        text = click.prompt(prompt, default="" if default else None, show_default=False, prompt_suffix=":", err=True)
    else:
        text = sys.stdin.readline()
    text = str(text).strip()
    if text:
        return Path(text)
    if default is None:
        raise click.UsageError(f"{prompt}: no path was given.")
    return default
