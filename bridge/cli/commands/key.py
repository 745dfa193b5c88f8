"""``hsmbridge key``: what keytool cannot do to a key."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click

from bridge.cli.access import admin_session, crypto_session
from bridge.cli.fields import parse_filter, parse_value
from bridge.cli.home import home_option
from bridge.cli.refusal import answer, enveloped
from bridge.engine import Attribute, HsmError, ReturnCode, Session
from bridge.engine.objects import describe

_SHOWN = 5


def _filters(function: Callable[..., None]) -> Callable[..., None]:
    """Add ``--filter TERM [TERM]...`` to a verb; click gives an option one value, so the others are arguments."""
    more = click.argument("more", nargs=-1, metavar="[TERM]...")(function)
    text = "key-reference=0x... or attr.NAME=VALUE; further terms may follow. Exactly one key must match."
    return click.option("--filter", "terms", multiple=True, required=True, metavar="TERM", help=text)(more)


@click.group()
def key() -> None:
    """Delete a key, or change an attribute of it; names, filters and answers are those of cloudhsm-cli.

    \b
    Example:
      hsmbridge key delete --filter attr.label=signer attr.class=private-key

    \b
    Environment:
      HSMBRIDGE_HOME, HSMBRIDGE_PASSPHRASE, HSM_USER, HSM_PASSWORD
    """


@key.command()
@home_option
@_filters
def delete(terms: tuple[str, ...], more: tuple[str, ...]) -> None:
    """Destroy a key for good. There is no copy of it.

    \b
    Example:
      hsmbridge key delete --filter key-reference=0x0000000000040000

    \b
    Environment:
      HSMBRIDGE_HOME, HSMBRIDGE_PASSPHRASE, HSM_USER, HSM_PASSWORD
    """
    with enveloped(), crypto_session() as (_, session, _user):
        session.destroy(_the_one(session, terms + more))
        answer({"message": "Key deleted successfully"})


@key.command("set-attribute")
@home_option
@_filters
@click.option("--name", required=True, help="Attribute to change, such as label or sign.")
@click.option("--value", required=True, help="New value: text, true or false, or hexadecimal digits.")
@click.option("--as-admin", is_flag=True, help="Log in as the admin, who alone sets trusted, and nothing else.")
def set_attribute(terms: tuple[str, ...], more: tuple[str, ...], name: str, value: str, as_admin: bool) -> None:
    """Change an attribute of a key.

    The owner changes all that changes but trusted, which an admin sets on anybody's key.

    \b
    Example:
      hsmbridge key set-attribute --filter attr.label=signer --name label --value old-signer
      hsmbridge key set-attribute --as-admin --filter attr.label=kek --name trusted --value true

    \b
    Environment:
      HSMBRIDGE_HOME, HSMBRIDGE_PASSPHRASE, HSM_USER, HSM_PASSWORD
      HSMBRIDGE_ADMIN_PASSWORD  of the user named admin, with --as-admin
    """
    attribute, new = parse_value(name, value)
    with enveloped(), _administrator() if as_admin else _owner() as session:
        session.set_attributes(_the_one(session, terms + more), {attribute: new})
        answer({"message": "Attribute set successfully"})


@contextmanager
def _owner() -> Iterator[Session]:
    with crypto_session() as (_, session, _user):
        yield session


@contextmanager
def _administrator() -> Iterator[Session]:
    with admin_session() as session:
        yield session


def _the_one(session: Session, terms: tuple[str, ...]) -> int:
    handle, template = parse_filter(terms)
    found = [found for found in session.find(template) if handle in (None, found)]
    if len(found) == 1:
        return found[0]
    wanted = " ".join(terms)
    if not found:
        raise HsmError(
            ReturnCode.OBJECT_HANDLE_INVALID,
            f"No key of this user matches {wanted}; `hsmbridge keys` lists them.",
        )
    names = [describe(handle, str(session.attributes(handle)[Attribute.LABEL])) for handle in found[:_SHOWN]]
    rest = f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
    raise HsmError(
        ReturnCode.ARGUMENTS_BAD,
        f"{len(found)} keys match {wanted}: {', '.join(names)}{rest}. Add a term, such as attr.class=private-key, "
        "or give one key-reference.",
    )
