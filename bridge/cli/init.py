"""``hsmbridge init``."""

from __future__ import annotations

import os

import click

from bridge.cli.access import ask, ask_secret, encoded
from bridge.cli.home import home_option
from bridge.engine.settings import Mode
from bridge.store import create_home, create_unactivated_home, default_home, require_no_home

_PASSPHRASE = "HSMBRIDGE_PASSPHRASE"  # noqa: S105 - the name of a variable


@click.command()
@home_option
@click.option(
    "--mode",
    type=click.Choice([mode.value for mode in Mode]),
    default=Mode.NON_FIPS.value,
    show_default=True,
    help="Mode of the HSM, for good: fips refuses what FIPS 140-3 forbids, as clusters in FIPS mode do.",
)
@click.option("--unactivated", is_flag=True, help="No users yet: as AWS hands it out, for `cluster activate`.")
@click.option("--passphrase", "sealed", is_flag=True, help="Seal the master key under a passphrase.")
def init(mode: str, unactivated: bool, sealed: bool) -> None:
    """Create an HSM with its admin, named admin, and its first crypto user.

    The folder must not exist, or be empty. With --passphrase, or with HSMBRIDGE_PASSPHRASE set, the
    master key is sealed under that passphrase; otherwise it lies in a file that only you can read.

    \b
    Example:
      hsmbridge init
      hsmbridge init --mode fips
    and without a prompt:
      HSMBRIDGE_ADMIN_PASSWORD=... HSM_USER=alice HSM_PASSWORD=... hsmbridge init

    \b
    Environment:
      HSMBRIDGE_HOME            the folder
      HSMBRIDGE_ADMIN_PASSWORD  of the admin, 8 to 32 characters
      HSM_USER                  name of the crypto user: letters, digits, underscores
      HSM_PASSWORD              of the crypto user, 8 to 32 characters
      HSMBRIDGE_PASSPHRASE      seals the master key
    """
    home = default_home()
    require_no_home(home)
    kind = "an HSM in FIPS mode" if mode == Mode.FIPS else "an HSM"
    if unactivated:
        passphrase = _new_passphrase(sealed)
        create_unactivated_home(home, passphrase, Mode(mode))
        click.echo(f"Created {kind} in {home}. Activate it with `hsmbridge cluster activate`.")
    else:
        admin_password = ask_secret("HSMBRIDGE_ADMIN_PASSWORD", "New password for admin", new=True)
        user = ask("HSM_USER", "Name of the first crypto user")
        password = ask_secret("HSM_PASSWORD", f"New password for crypto user {user}", new=True)
        passphrase = _new_passphrase(sealed)
        create_home(
            home,
            admin_password=encoded(admin_password),
            user=user,
            password=encoded(password),
            passphrase=passphrase,
            mode=Mode(mode),
        )
        click.echo(f"Created {kind} in {home}, with the admin 'admin' and the crypto user {user.lower()!r}.")
    if passphrase:
        click.echo("Its master key is sealed: set HSMBRIDGE_PASSPHRASE to open it without a prompt.")


def _new_passphrase(sealed: bool) -> str | None:
    if not sealed and not os.environ.get(_PASSPHRASE):
        return None
    return ask_secret(_PASSPHRASE, "New passphrase for the master key", new=True)
