"""Options that take several values, as cloudhsm-cli's do: ``--filter attr.label=signer attr.class=private-key``."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import click


class Many(click.Option):
    """An option that takes all arguments up to the next option; it may also be repeated."""

    def __init__(self, declarations: Sequence[str], **attributes: Any) -> None:
        super().__init__(declarations, multiple=True, **attributes)

    def make_metavar(self, ctx: click.Context) -> str:
        """Show in help and usage that more values may follow."""
        return f"{super().make_metavar(ctx)}..."


class ManyCommand(click.Command):
    """A command whose :class:`Many` options take several values each."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Repeat the name of such an option before each of its values, which click understands, and parse."""
        names = {name for option in self.params if isinstance(option, Many) for name in option.opts}
        return super().parse_args(ctx, spread(args, names))


def spread(arguments: Sequence[str], names: Collection[str]) -> list[str]:
    """Write the name of an option before each of its values.

    Args:
        arguments: of a command line.
        names: of the options that take several values.

    Returns:
        The same arguments, ``--filter a b`` as ``--filter a --filter b``.
    """
    result: list[str] = []
    option, waiting = None, False
    for position, argument in enumerate(arguments):
        if argument == "--":
            return [*result, *arguments[position:]]
        name, equals, _ = argument.partition("=")
        if argument.startswith("-"):
            option = name if name in names else None
            waiting = option is not None and not equals
            result.append(argument)
        elif option is None or waiting:
            waiting = False
            result.append(argument)
        else:
            result += [option, argument]
    return result
