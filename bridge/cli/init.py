"""``hsmbridge init``."""

from __future__ import annotations

import os

import click

from bridge.cli.access import ask, ask_secret, encoded
from bridge.cli.home import home_option
from bridge.engine.policy import mode_of
from bridge.engine.settings import HsmType, Mode
from bridge.store import create_home, create_unactivated_home, default_home, require_no_home

_PASSPHRASE = "HSMBRIDGE_PASSPHRASE"  # noqa: S105 - the name of a variable


@click.command()
@home_option
@click.option(
    "--mode",
    type=click.Choice([mode.value for mode in Mode]),
    help="Mode of the HSM, for good: fips refuses what FIPS 140-3 forbids, as clusters in FIPS mode do. "
    "Unless given, non-fips; hsm1.medium has fips only.",
)
@click.option(
    "--hsm-type",
    type=click.Choice([kind.value for kind in HsmType]),
    default=HsmType.HSM2M_MEDIUM.value,
    show_default=True,
    help="Type of the HSM, for good: how many keys and users it holds, and what changes on a key.",
)
@click.option("--passphrase", "sealed", is_flag=True, help="Seal the master key under a passphrase.")
@click.option(
    "--unactivated",
    is_flag=True,
    help="Leave the admin without a password, as AWS hands its clusters out: `hsmbridge cluster activate` comes next.",
)
def init(mode: str | None, hsm_type: str, sealed: bool, unactivated: bool) -> None:
    """Create an HSM with its admin, named admin, and its first crypto user.

    The folder must not exist, or be empty. With --passphrase, or with HSMBRIDGE_PASSPHRASE set, the
    master key is sealed under that passphrase; otherwise it lies in a file that only you can read.

    \b
    Example:
      hsmbridge init
      hsmbridge init --mode fips
      hsmbridge init --hsm-type hsm1.medium
      hsmbridge init --unactivated
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
    chosen = mode_of(HsmType(hsm_type), None if mode is None else Mode(mode))
    if unactivated:
        create_unactivated_home(home, passphrase=_passphrase(sealed), mode=chosen, hsm_type=HsmType(hsm_type))
        _report(f"{_kind(chosen)} in {home} that nobody has activated: `hsmbridge cluster activate` does.", sealed)
        return
    admin_password = ask_secret("HSMBRIDGE_ADMIN_PASSWORD", "New password for admin", new=True)
    user = ask("HSM_USER", "Name of the first crypto user")
    password = ask_secret("HSM_PASSWORD", f"New password for crypto user {user}", new=True)
    create_home(
        home,
        admin_password=encoded(admin_password),
        user=user,
        password=encoded(password),
        passphrase=_passphrase(sealed),
        mode=chosen,
        hsm_type=HsmType(hsm_type),
    )
    _report(f"{_kind(chosen)} in {home}, with the admin 'admin' and the crypto user {user.lower()!r}.", sealed)


def _passphrase(sealed: bool) -> str | None:
    if sealed or os.environ.get(_PASSPHRASE):
        return ask_secret(_PASSPHRASE, "New passphrase for the master key", new=True)
    return None


def _kind(mode: Mode) -> str:
    return "an HSM in FIPS mode" if mode is Mode.FIPS else "an HSM"


def _report(made: str, sealed: bool) -> None:
    click.echo(f"Created {made}")
    if sealed or os.environ.get(_PASSPHRASE):
        click.echo("Its master key is sealed: set HSMBRIDGE_PASSPHRASE to open it without a prompt.")
