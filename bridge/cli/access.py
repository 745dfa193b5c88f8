"""Asking for names and secrets, and logging in."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import click

from bridge.engine import Hsm, Role, Session
from bridge.store import default_home, open_home


def ask(variable: str, prompt: str) -> str:
    """Return what a variable says, or what the user types.

    Args:
        variable: of the environment; an empty one counts as not set.
        prompt: shown if it is not set and there is a terminal.

    Raises:
        click.UsageError: if it is not set and there is no terminal.
    """
    value = os.environ.get(variable)
    return value or str(click.prompt(prompt, err=True, prompt_suffix=_suffix(variable)))


def ask_secret(variable: str, prompt: str, *, new: bool | str = False, may_be_empty: bool = False) -> str:
    """Return a secret from a variable, or as the user types it, unseen.

    Args:
        variable: of the environment.
        prompt: shown if it is not set and there is a terminal.
        new: whether the secret is being chosen, so that it is asked for twice; or the second prompt.
        may_be_empty: whether an empty secret is one; otherwise an empty variable counts as not set.

    Raises:
        click.UsageError: if it is not set and there is no terminal.
    """
    value = os.environ.get(variable)
    if value or (may_be_empty and value is not None):
        return value
    return click.prompt(
        prompt,
        default="" if may_be_empty else None,
        show_default=False,
        hide_input=True,
        confirmation_prompt=new,
        err=True,
        prompt_suffix=_suffix(variable),
    )


def _suffix(variable: str) -> str:
    if not sys.stdin.isatty():
        raise click.UsageError(f"{variable} is not set, and standard input is no terminal to ask on.")
    return ": "


def encoded(secret: str) -> bytes:
    """Return a password as the engine takes it; what the environment held undecoded goes on as it was."""
    return secret.encode("utf-8", "surrogateescape")


def ask_passphrase() -> str:
    """Return the passphrase of the chosen home; raises as :func:`ask_secret`."""
    return ask_secret("HSMBRIDGE_PASSPHRASE", f"Passphrase of {default_home()}")


def open_hsm() -> Hsm:
    """Open the HSM of the chosen home, asking for its passphrase if it has one.

    Raises:
        HsmError: as :func:`bridge.store.open_home`.
    """
    return open_home(default_home(), ask_passphrase)


@contextmanager
def crypto_session() -> Iterator[tuple[Hsm, Session, str]]:
    """Log the crypto user in for the block.

    Returns:
        The HSM, the session, and the user's name in lower case.

    Raises:
        HsmError: as :func:`open_hsm` and :meth:`Session.login`.
    """
    hsm = open_hsm()
    try:
        name = ask("HSM_USER", "Crypto user")
        password = ask_secret("HSM_PASSWORD", f"Password of crypto user {name}")
        session = hsm.open_session()
        session.login(Role.CRYPTO_USER, name, encoded(password))
        yield hsm, session, name.lower()
    finally:
        hsm.close()


@contextmanager
def admin_session() -> Iterator[Session]:
    """Log the admin in for the block; raises as :func:`crypto_session`."""
    hsm = open_hsm()
    try:
        password = ask_secret("HSMBRIDGE_ADMIN_PASSWORD", "Password of admin")
        session = hsm.open_session()
        session.login(Role.ADMIN, "admin", encoded(password))
        yield session
    finally:
        hsm.close()
