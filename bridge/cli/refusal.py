"""What counts as a refusal, and how a verb that answers in JSON reports one."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import click

from bridge.engine.errors import HsmError


def message_of(error: Exception) -> str | None:
    """Return the sentence to show for a refusal, or None if the error is a fault of this program."""
    refusals: tuple[type[Exception], ...] = (HsmError,)
    # Whoever raised NoJdk has loaded its module; loading it here would load JPype for every refusal.
    if jdk := sys.modules.get("bridge.jvm.jdk"):
        refusals += (jdk.NoJdk,)
    return str(error) if isinstance(error, refusals) else None


def answer(data: object) -> None:
    """Print a result in the envelope of cloudhsm-cli."""
    _print(0, data)


@contextmanager
def enveloped(as_json: bool = True) -> Iterator[None]:
    """Report a refusal inside the block in the envelope of cloudhsm-cli, and end with exit code 1.

    Args:
        as_json: whether to; otherwise the refusal is reported as by every other verb.
    """
    try:
        yield
    except HsmError as error:
        if not as_json:
            raise
        _print(1, error.message)
        click.get_current_context().exit(1)


def _print(code: int, data: object) -> None:
    click.echo(json.dumps({"error_code": code, "data": data}, indent=2))
