"""``user change-mfa token-sign``."""

from __future__ import annotations

from pathlib import Path

import click

from bridge.cli.commands.access import access, new_password
from bridge.cli.commands.asking import ask_path
from bridge.cli.commands.family import command
from bridge.cli.commands.files import read
from bridge.cli.commands.login import SIGNED_FILE
from bridge.cli.commands.options import FILE, approval_option, approved, option, user_options
from bridge.cli.commands.user import who
from bridge.cli.refusal import answer
from bridge.cli.token_files import read_mfa, write_mfa
from bridge.engine import Role


@command("token-sign")
@user_options
@option("--change-password", metavar="PASSWORD", help="The user's new password; asked for if this is not given.")
@option("--token", type=FILE, metavar="FILE", help="File for the token that the new key signs.")
@option("--deregister", is_flag=True, help="Forget the key: the password alone suffices then.")
@option("--change-quorum", is_flag=True, help="Approve with the new key too, as here every user does.")
@approval_option()
def change_mfa(
    username: str,
    role: Role,
    change_password: str | None,
    token: Path | None,
    deregister: bool,
    change_quorum: bool,
    approval: Path | None,
) -> None:
    """Register the RSA key that a user logs in with beside the password, or forget it.

    A token is written; sign it with the new key, and tell where the signed one and the public key are.

    \b
    Example:
      hsmbridge user change-mfa token-sign --username alice --role crypto-user --token mfa.json
      hsmbridge user change-mfa token-sign --username alice --role crypto-user --deregister
    """
    if (token is None) is not deregister:
        raise click.UsageError("Give either --token or --deregister.")
    with access().logged_in(Role.ADMIN) as session:
        given = approved(approval)
        if token is None:
            user = session.deregister_mfa(role, username, approval=given)
        else:
            password = new_password(change_password)
            write_mfa(token, session.mfa_token())
            signature = read_mfa(ask_path(SIGNED_FILE, default=token))
            public_key = read(ask_path("Enter public key PEM file path"))
            user = session.change_mfa(role, username, password, public_key, signature, approval=given)
        answer(who(user))
