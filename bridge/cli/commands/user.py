"""``hsmbridge user``: what an admin does for other users."""

from __future__ import annotations

import click

from bridge.cli.access import admin_session, ask_secret, encoded
from bridge.cli.home import home_option
from bridge.cli.refusal import answer, enveloped
from bridge.engine import Role


@click.group()
def user() -> None:
    """Manage users; names and answers are those of cloudhsm-cli.

    \b
    Example:
      hsmbridge user change-password --username alice --role crypto-user

    \b
    Environment:
      HSMBRIDGE_HOME, HSMBRIDGE_PASSPHRASE, HSMBRIDGE_ADMIN_PASSWORD, HSMBRIDGE_NEW_PASSWORD
    """


@user.command("change-password")
@home_option
@click.option("--username", required=True, help="The user whose password changes.")
@click.option("--role", required=True, type=click.Choice([role.value for role in Role]), help="That user's role.")
def change_password(username: str, role: str) -> None:
    """Set a user's password as the admin. It unlocks the account, and the user's keys stay.

    \b
    Example:
      hsmbridge user change-password --username alice --role crypto-user

    \b
    Environment:
      HSMBRIDGE_HOME            the folder of the HSM
      HSMBRIDGE_PASSPHRASE      opens a home that is sealed
      HSMBRIDGE_ADMIN_PASSWORD  of the user named admin
      HSMBRIDGE_NEW_PASSWORD    the new password, 8 to 32 characters
    """
    with enveloped(), admin_session() as session:
        password = ask_secret("HSMBRIDGE_NEW_PASSWORD", f"New password for {role} {username}", new=True)
        session.change_password(Role(role), username, encoded(password))
        answer({"username": username.lower(), "role": role})
