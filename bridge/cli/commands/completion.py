"""What may stand at the end of a line that is being entered."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import click

from bridge.cli.commands.connection import CONNECTION_OPTIONS
from bridge.cli.commands.family import Family
from bridge.cli.fields import FIELDS
from bridge.cli.many import Many

_OWN = {"help": "Show help.", "quit": "Leave.", "exit": "Leave."}
_FILTERS = ("--filter", "--key-filter", "--payload-filter", "--wrapping-filter")
_ATTRIBUTES = ("--attributes", "--public-attributes", "--private-attributes")
_FLAGS = ("true", "false")


def completions(line: str) -> list[tuple[str, str]]:
    """Return what may stand where a line ends.

    Args:
        line: what was entered up to the cursor.

    Returns:
        Words that begin as the last one does, each with its meaning, or an empty string.
    """
    words = line.split()
    word = "" if not line or line[-1].isspace() else words.pop()
    if words[:1] == ["help"]:
        words = words[1:]
    return [(text, meaning) for text, meaning in _candidates(words) if text.startswith(word)]


def _candidates(words: Sequence[str]) -> Iterator[tuple[str, str]]:
    command, rest = _command(words)
    context = click.Context(command)
    if isinstance(command, Family) and not rest:
        for name in command.list_commands(context):
            found = command.get_command(context, name)
            yield name, found.get_short_help_str(100) if found else ""
        if not words:
            yield from _OWN.items()
    # Those that say where the HSM is do not count within a session.
    own = (
        known for known in command.params if isinstance(known, click.Option) and known.name not in CONNECTION_OPTIONS
    )
    options = {name: known for known in own for name in known.opts}
    last = next((word for word in reversed(rest) if word.startswith("-")), None)
    option = options.get(last or "")
    takes_value = option is not None and not option.is_flag and (isinstance(option, Many) or rest[-1] == last)
    if option is not None and takes_value:
        yield from ((value, "") for value in _values(last or "", option))
    if not takes_value or isinstance(option, Many):
        yield from ((name, known.help or "") for name, known in options.items() if name not in rest)


def _command(words: Sequence[str]) -> tuple[click.Command, Sequence[str]]:
    """Return the command that words name, and what follows it."""
    command: click.Command = Family()
    for position, word in enumerate(words):
        found = command.get_command(click.Context(command), word) if isinstance(command, Family) else None
        if found is None:
            return command, words[position:]
        command = found
    return command, []


def _values(name: str, option: click.Option) -> Iterator[str]:
    if isinstance(option.type, click.Choice):
        yield from (str(choice) for choice in option.type.choices)
    if name in _FILTERS:
        yield "key-reference=0x"
        yield from (f"attr.{field}=" for field in FIELDS)
    if name in _ATTRIBUTES:
        yield from (f"{field}=" for field in FIELDS)
    if name == "--name":
        yield from FIELDS
    if name == "--value":
        yield from _FLAGS
