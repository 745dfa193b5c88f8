"""How a command gets to a session: one-shot opens one and logs in, the interactive mode keeps one."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import click

from bridge.cli.access import ask, ask_secret, encoded
from bridge.cli.commands.connection import HERE, Connection, connection, opened
from bridge.cli.commands.session import HsmSession
from bridge.engine import HsmError, ReturnCode, Role

ROLES = (Role.ADMIN, Role.CRYPTO_USER)
"""The roles that log in."""

_ROLE = "CLOUDHSM_ROLE"
_PIN = "CLOUDHSM_PIN"


@dataclass(frozen=True)
class Credentials:
    """Who logs in, and with what."""

    role: Role
    name: str
    password: bytes = field(repr=False)


class Access(Protocol):
    """How a command gets to a session.

    Attributes:
        interactive: whether the session stays when the command is done.
        where: the HSM is.
    """

    interactive: bool
    where: Connection

    def anybody(self) -> AbstractContextManager[HsmSession]:
        """Give a session, logged in or not."""

    def logged_in(self, default: Role, /) -> AbstractContextManager[HsmSession]:
        """Give a session with a login; ``default`` says the role if the environment does not."""

    def as_admin(self) -> AbstractContextManager[HsmSession]:
        """Give a session with the login of an admin, whatever the environment says."""

    def log_in(self, given: Credentials, mfa_signature: bytes | None = None, /) -> None:
        """Log in to the session of :meth:`anybody`."""

    def log_out(self) -> None:
        """Log out."""

    def session_of(self, home: Path, /) -> HsmSession | None:
        """Return the session that stays when the command is done, if it is one with the HSM of a home."""


class OneShot:
    """A session for one command, with the login that the environment has."""

    interactive = False

    def __init__(self, where: Connection) -> None:
        self.where = where
        self._session: HsmSession | None = None

    @contextmanager
    def anybody(self) -> Iterator[HsmSession]:
        """Open a session for the block."""
        with opened(self.where) as session:
            self._session = session
            yield session

    @contextmanager
    def logged_in(self, default: Role) -> Iterator[HsmSession]:
        """Open a session for the block, and log in.

        Raises:
            HsmError: as :func:`bridge.cli.commands.connection.opened` and :meth:`bridge.engine.Session.login`.
            click.UsageError: if nothing says who logs in.
        """
        with self.anybody() as session:
            self.log_in(credentials(default))
            yield session

    @contextmanager
    def as_admin(self) -> Iterator[HsmSession]:
        """Open a session for the block, and log the admin in; raises as :meth:`logged_in`."""
        with self.anybody() as session:
            is_admin = os.environ.get(_ROLE, "").lower() == Role.ADMIN.value
            self.log_in(credentials(Role.ADMIN) if is_admin else _admin())
            yield session

    def log_in(self, given: Credentials, mfa_signature: bytes | None = None) -> None:
        """Log in for the rest of the block."""
        if self._session is None:
            raise AssertionError("there is a session within the block of anybody() only")
        self._session.login(given.role, given.name, given.password, mfa_signature)

    def log_out(self) -> None:
        """Refuse, as nobody is logged in between two commands.

        Raises:
            HsmError: ``USER_NOT_LOGGED_IN``.
        """
        raise HsmError(
            ReturnCode.USER_NOT_LOGGED_IN,
            "Nobody is logged in: a command of its own logs in and out by itself; `hsmbridge interactive` stays.",
        )

    def session_of(self, home: Path) -> HsmSession | None:
        """Return None, as no session stays."""
        return None


class Kept:
    """The session of the interactive mode."""

    interactive = True

    def __init__(self, session: HsmSession, where: Connection = HERE, home: Path | None = None) -> None:
        """Take the session, where it is, and the home of its HSM, resolved, if it is on this machine."""
        self.where = where
        self._session = session
        self._home = home

    @contextmanager
    def anybody(self) -> Iterator[HsmSession]:
        """Give the session."""
        yield self._session

    @contextmanager
    def logged_in(self, default: Role) -> Iterator[HsmSession]:
        """Give the session; the HSM refuses what needs a login that it has not."""
        yield self._session

    @contextmanager
    def as_admin(self) -> Iterator[HsmSession]:
        """Give the session; it is the admin's if an admin logged in."""
        yield self._session

    def log_in(self, given: Credentials, mfa_signature: bytes | None = None) -> None:
        """Log in until :meth:`log_out`."""
        self._session.login(given.role, given.name, given.password, mfa_signature)

    def log_out(self) -> None:
        """Log out; the session stays."""
        self._session.logout()

    def session_of(self, home: Path) -> HsmSession | None:
        """Return the session, if it is one with the HSM of a home."""
        return self._session if home == self._home else None


def access() -> Access:
    """Return how the command that runs gets to a session."""
    context = click.get_current_context()
    root = context.find_root()
    if root.obj is None:
        root.obj = OneShot(connection(context))
    found: Access = root.obj
    return found


def credentials(default: Role, prefix: str = "") -> Credentials:
    """Return who logs in.

    Args:
        default: the role, if ``CLOUDHSM_ROLE`` is not set.
        prefix: of the two variables of cloudhsm-cli; ``DESTINATION_`` for the second cluster of a copy.

    Returns:
        What ``CLOUDHSM_PIN`` says; else a crypto user from ``HSM_USER`` and ``HSM_PASSWORD``, or the user named admin
        with ``HSMBRIDGE_ADMIN_PASSWORD``; else what is typed.

    Raises:
        click.UsageError: if a variable is malformed, or what is missing cannot be asked for.
    """
    role = _role(os.environ.get(prefix + _ROLE) or default.value, prefix + _ROLE)
    pin = os.environ.get(prefix + _PIN)
    if pin:
        name, colon, password = pin.partition(":")
        if not name or not colon:
            raise click.UsageError(f"{prefix + _PIN} is a user's name, a colon, and the password.")
        return Credentials(role, name, encoded(password))
    if role is Role.ADMIN:
        return _admin()
    name = ask("HSM_USER", "Crypto user")
    return Credentials(role, name, encoded(ask_secret("HSM_PASSWORD", f"Password of crypto user {name}")))


def _admin() -> Credentials:
    password = ask_secret("HSMBRIDGE_ADMIN_PASSWORD", "Password of admin")
    return Credentials(Role.ADMIN, "admin", encoded(password))


def _role(text: str, variable: str) -> Role:
    for role in ROLES:
        if role.value == text.lower():
            return role
    raise click.UsageError(f"{variable} is {' or '.join(role.value for role in ROLES)}, not {text!r}.")


def new_password(option: str | None) -> bytes:
    """Return the password that a command sets: of an option, of ``HSMBRIDGE_NEW_PASSWORD``, or typed twice, unseen.

    Raises:
        click.UsageError: if it cannot be asked for.
    """
    return encoded(option or ask_secret("HSMBRIDGE_NEW_PASSWORD", "Enter password", new="Confirm password"))


def login_password(role: Role, name: str, option: str | None) -> bytes:
    """Return the password of a user who logs in: of an option, of the variables if they are that user's, or typed.

    Raises:
        click.UsageError: if it cannot be asked for.
    """
    password = option or _known_password(role, name.lower())
    if password is None:
        if not sys.stdin.isatty():
            raise click.UsageError("--password is not given, and standard input is no terminal to ask on.")
        password = click.prompt("Enter password", hide_input=True, err=True)
    return encoded(str(password))


def _known_password(role: Role, name: str) -> str | None:
    user, _, password = os.environ.get(_PIN, "").partition(":")
    if user.lower() == name and os.environ.get(_ROLE, role.value).lower() == role.value:
        return password
    if role is Role.ADMIN:
        return os.environ.get("HSMBRIDGE_ADMIN_PASSWORD") if name == "admin" else None
    return os.environ.get("HSM_PASSWORD") if os.environ.get("HSM_USER", "").lower() == name else None
