"""Options that several commands have."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from bridge.cli.commands.access import ROLES
from bridge.cli.fields import parse_assignments
from bridge.cli.many import Many
from bridge.cli.token_files import read_approval
from bridge.engine import Role
from bridge.engine.attributes import Attribute, Value
from bridge.engine.quorum import Approval

F = TypeVar("F", bound=Callable[..., Any])
FILE = click.Path(path_type=Path)

_FILTER = "key-reference=0x... or attr.NAME=VALUE; further terms may follow. Exactly one key must match."


def option(*names: str, **attributes: Any) -> Callable[[F], F]:
    """Return click's decorator; here so that commands import one module for all their options."""
    return click.option(*names, **attributes)


def many(name: str, argument: str, metavar: str, text: str, *, required: bool = False) -> Callable[[F], F]:
    """Add an option that takes several values."""
    return click.option(name, argument, cls=Many, required=required, metavar=metavar, help=text)


def filter_option(
    name: str = "--filter", argument: str = "terms", *, required: bool = True, text: str = _FILTER
) -> Callable[[F], F]:
    """Add ``--filter TERM...`` or its like."""
    return many(name, argument, "TERM", text, required=required)


def approval_option(name: str = "--approval", what: str = "the operation") -> Callable[[F], F]:
    """Add ``--approval FILE`` or its like."""
    return click.option(name, type=FILE, metavar="FILE", help=f"Signed quorum token file that approves {what}.")


def user_options(function: F) -> F:
    """Add ``--username`` and ``--role``."""
    function = role_option()(function)
    return click.option("--username", required=True, metavar="NAME", help="The user's name.")(function)


def role_option(*roles: Role) -> Callable[[F], F]:
    """Add ``--role``, which becomes a :class:`Role`."""
    return click.option(
        "--role",
        required=True,
        type=click.Choice([role.value for role in roles or ROLES]),
        callback=lambda _context, _parameter, value: Role(value),
        help="The user's role.",
    )


def password_option(text: str = "The password; it is asked for, unseen, if this is not given.") -> Callable[[F], F]:
    """Add ``--password``."""
    return click.option("--password", metavar="PASSWORD", help=text)


def attributes_option(name: str, argument: str, of: str) -> Callable[[F], F]:
    """Add ``--attributes NAME=VALUE...`` or its like, which becomes a template."""

    def parse(_context: click.Context, _parameter: click.Parameter, terms: tuple[str, ...]) -> dict[Attribute, Value]:
        return parse_assignments(terms)

    text = f"Attributes of {of}, such as sign=true id=0x01 unwrap-template=sign=true,token=true."
    return click.option(name, argument, cls=Many, metavar="NAME=VALUE", callback=parse, help=text)


def approved(path: Path | None) -> Approval | None:
    """Read a signed token file.

    Args:
        path: of the file, or None.

    Returns:
        The approval, or None.

    Raises:
        HsmError: as :func:`bridge.cli.token_files.read_approval`.
    """
    return None if path is None else read_approval(path)
