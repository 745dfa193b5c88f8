"""The two kinds of click command that the table is made of: a command of the HSM, and a family of such."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from bridge.cli.commands import COMMANDS, below, load
from bridge.cli.commands.connection import CONNECTION_OPTIONS
from bridge.cli.many import ManyCommand
from bridge.cli.refusal import enveloped

_ENVIRONMENT = (
    ("HSMBRIDGE_HOME, HSMBRIDGE_PASSPHRASE", "the HSM on this machine"),
    ("HSMBRIDGE_ENDPOINT", "a daemon that has the HSM, in place of a home"),
    ("CLOUDHSM_ROLE, CLOUDHSM_PIN", "who logs in: a role, and user:password"),
    ("HSM_USER, HSM_PASSWORD", "a crypto user, if CLOUDHSM_PIN is not set"),
    ("HSMBRIDGE_ADMIN_PASSWORD", "of the user named admin, if CLOUDHSM_PIN is not set"),
    ("HSMBRIDGE_NEW_PASSWORD", "the password that a command sets"),
)


class Described(click.Command):
    """A command whose help has the options of the connection in a part of their own, and the environment after it."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the command's own options, then those that say where the HSM is."""
        own, connection = list[tuple[str, str]](), list[tuple[str, str]]()
        for parameter in self.get_params(ctx):
            record = parameter.get_help_record(ctx)
            if record is not None:
                (connection if parameter.name in CONNECTION_OPTIONS else own).append(record)
        if own:
            with formatter.section("Options"):
                formatter.write_dl(own)
        if isinstance(self, click.Group):
            self.format_commands(ctx, formatter)
        if connection:
            with formatter.section("Where the HSM is"):
                formatter.write_dl(connection)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write which variables count."""
        with formatter.section("Environment"):
            formatter.write_dl(_ENVIRONMENT)


class HsmCommand(Described, ManyCommand):
    """A command that answers in the envelope of cloudhsm-cli, and may be told where the HSM is."""

    def __init__(self, *arguments: Any, **attributes: Any) -> None:
        super().__init__(*arguments, **attributes)
        self.params += CONNECTION_OPTIONS.values()

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; a refusal is an answer with exit code 1."""
        with enveloped():
            return super().invoke(ctx)


class Family(Described, click.Group):
    """Commands that begin with the same words; each is imported when it is used."""

    def __init__(self, path: str = "", **attributes: Any) -> None:
        """Take the words; without a name, the summary and the example of the table are the help."""
        self._path = path
        if path and "name" not in attributes:
            row = COMMANDS[path]
            text = f"{row.summary}\n\n\b\nExample:\n  hsmbridge {row.example}"
            attributes |= {"name": path.rpartition(" ")[2], "help": text, "short_help": row.summary}
        super().__init__(**attributes)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the next words, in the table's order."""
        return list(below(self._path))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return a command."""
        return load(f"{self._path} {cmd_name}".strip())

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands from the table, so that help imports none of them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, row.summary) for name, row in below(self._path).items()])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find a command; an unknown one is refused with the nearest names."""
        return resolved(self, ctx, args)


def resolved(
    group: click.Group, ctx: click.Context, args: list[str]
) -> tuple[str | None, click.Command | None, list[str]]:
    """Do what ``click.Group.resolve_command`` does, for a group that does not know its commands beforehand.

    Raises:
        NoSuchCommand: with the names that are nearest.
    """
    if args[0].startswith("-") or group.get_command(ctx, args[0]) is not None:
        return click.Group.resolve_command(group, ctx, args)
    raise click.exceptions.NoSuchCommand(args[0], possibilities=group.list_commands(ctx), ctx=ctx)


def command(name: str) -> Callable[[Callable[..., Any]], HsmCommand]:
    """Make a function a command of the HSM."""
    return click.command(name, cls=HsmCommand)
