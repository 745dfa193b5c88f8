"""With whom a new key is shared, and how many must approve its use: options, and what the session gets of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypedDict

import click

from bridge.cli.commands.options import F, many, option
from bridge.engine.quorum import KeyQuorum


class Sharing(TypedDict):
    """Arguments of ``generate_key`` and its like."""

    shared_with: Sequence[str]
    quorum: KeyQuorum


def sharing_options(of: str = "key") -> Callable[[F], F]:
    """Add ``--share-crypto-users``, ``--manage-key-quorum-value`` and ``--use-key-quorum-value``.

    Args:
        of: what the quorum options call the key, ``key`` or ``private-key``.
    """

    def add(function: F) -> F:
        for name, argument, what in (("use", "use", "sign with"), ("manage", "manage", "wrap, share or change")):
            function = option(
                f"--{name}-{of}-quorum-value",
                argument,
                type=click.IntRange(min=0),
                metavar="N",
                help=f"How many users must approve to {what} the key, 2 to 8; both values or none.",
            )(function)
        return many("--share-crypto-users", "users", "NAME", "Crypto users who may use the key too.")(function)

    return add


def sharing(users: Sequence[str], manage: int | None, use: int | None) -> Sharing:
    """Return what a session gets of the options."""
    return {"shared_with": users, "quorum": KeyQuorum(manage or 0, use or 0)}
