"""``login`` and ``logout``."""

from __future__ import annotations

from pathlib import Path

import click

from bridge.cli.commands import below
from bridge.cli.commands.access import Credentials, access, login_password
from bridge.cli.commands.asking import ask_path
from bridge.cli.commands.connection import CONNECTION_OPTIONS
from bridge.cli.commands.family import Family, command
from bridge.cli.commands.options import FILE, option, password_option, user_options
from bridge.cli.refusal import answer, enveloped
from bridge.cli.token_files import read_mfa, write_mfa
from bridge.engine import Role

SIGNED_FILE = "Enter signed token file path (press enter if same as the unsigned token file)"


class _Login(Family):
    """``login``, which is a command, and a family with the second factor as its only member."""

    def __init__(self, **attributes: object) -> None:
        super().__init__("login", invoke_without_command=True, **attributes)
        self.params += CONNECTION_OPTIONS.values()

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse; help about the second factor needs no user."""
        asks_for_help = "--help" in args and any(name in args[: args.index("--help")] for name in below("login"))
        ctx.resilient_parsing = ctx.resilient_parsing or asks_for_help
        return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> object:
        """Log in; a refusal is an answer with exit code 1."""
        with enveloped():
            return super().invoke(ctx)


@click.group("login", cls=_Login)
@user_options
@password_option()
@click.pass_context
def login(context: click.Context, username: str, role: Role, password: str | None) -> None:
    """Log in: in interactive mode until `logout`, else to see whether it would succeed.

    \b
    Example:
      hsmbridge login --username alice --role crypto-user
    """
    if context.invoked_subcommand is None:
        way = access()
        with way.anybody():
            given = Credentials(role, username, login_password(role, username, password))
            way.log_in(given)
            answer(_who(given))


@command("mfa-token-sign")
@option("--token", required=True, type=FILE, metavar="FILE", help="File for the token that the second factor signs.")
@click.pass_context
def mfa_token_sign(context: click.Context, token: Path) -> None:
    """Log in with the second factor too: a token is written, you sign it, and tell where the signed one is.

    \b
    Example:
      hsmbridge login --username alice --role crypto-user mfa-token-sign --token login.json
    """
    if context.parent is None:
        raise AssertionError("this is a command of login")
    options = context.parent.params
    role, name = options["role"], options["username"]
    way = access()
    with way.anybody() as session:
        given = Credentials(role, name, login_password(role, name, options["password"]))
        write_mfa(token, session.mfa_token())
        signed = ask_path(SIGNED_FILE, default=token)
        way.log_in(given, read_mfa(signed))
        answer(_who(given))


@command("logout")
def logout() -> None:
    """Log out, in interactive mode; your session keys are destroyed.

    \b
    Example:
      hsmbridge logout
    """
    access().log_out()
    answer("Logout successful")


def _who(given: Credentials) -> dict[str, str]:
    return {"username": given.name.lower(), "role": given.role.value}
