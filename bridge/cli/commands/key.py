"""``key list``, ``delete``, ``set-attribute``, ``share`` and ``unshare``."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import click

from bridge.cli.commands.access import access
from bridge.cli.commands.family import command
from bridge.cli.commands.finding import the_one
from bridge.cli.commands.options import F, approval_option, approved, filter_option, option, role_option
from bridge.cli.fields import parse_filter, parse_value
from bridge.cli.key_json import brief, found, reference, visible, whole
from bridge.cli.refusal import answer
from bridge.engine import HsmError, ReturnCode, Role

_PAGE = 10


@command("list")
@filter_option(required=False, text="key-reference=0x... or attr.NAME=VALUE; further terms may follow.")
@option("--max-items", type=click.IntRange(min=1), default=_PAGE, show_default=True, help="Keys in the answer.")
@option("--starting-token", metavar="TOKEN", help="The next_token of an answer, to go on from there.")
@option("--verbose", is_flag=True, help="Print whole keys: owner, shares, quorum, attributes.")
def list_(terms: tuple[str, ...], max_items: int, starting_token: str | None, verbose: bool) -> None:
    """List the keys that you see: your own, those shared with you, and every public key.

    \b
    Example:
      hsmbridge key list --filter attr.class=private-key attr.sign=true --verbose
    """
    handle, template = parse_filter(terms)
    with access().logged_in(Role.CRYPTO_USER) as session:
        matching = found(session, handle, template)
        start = _position(starting_token, matching)
        page = matching[start : start + max_items]
        keys = visible(session, page)
        data: dict[str, object] = {
            "matched_keys": [whole(key) if verbose else brief(key) for key in keys],
            "total_key_count": len(matching),
            "returned_key_count": len(keys),
        }
        if start + max_items < len(matching):
            data["next_token"] = reference(page[-1])
        answer(data)


def _position(token: str | None, matching: list[int]) -> int:
    """Return where a page begins: after the key whose reference the token is, which may be gone meanwhile."""
    if token is None:
        return 0
    try:
        last = int(token, 16)
    except ValueError:
        raise HsmError(ReturnCode.ARGUMENTS_BAD, f"{token!r} is no next_token of an answer.") from None
    return sum(handle <= last for handle in matching)


@command("delete")
@filter_option()
def delete(terms: tuple[str, ...]) -> None:
    """Destroy a key for good. There is no copy of it.

    \b
    Example:
      hsmbridge key delete --filter key-reference=0x0000000000040000
    """
    with access().logged_in(Role.CRYPTO_USER) as session:
        session.destroy(the_one(session, terms))
        answer({"message": "Key deleted successfully"})


@command("set-attribute")
@filter_option()
@option("--name", required=True, help="Attribute to change, such as label or sign.")
@option("--value", required=True, help="New value: text, true or false, or hexadecimal digits.")
@option("--as-admin", is_flag=True, help="Log in as the admin, who alone sets trusted, and nothing else.")
@approval_option()
def set_attribute(terms: tuple[str, ...], name: str, value: str, as_admin: bool, approval: Path | None) -> None:
    """Change an attribute of a key.

    The owner changes all that changes but trusted, which an admin sets on anybody's key.

    \b
    Example:
      hsmbridge key set-attribute --filter attr.label=signer --name label --value old-signer
      hsmbridge key set-attribute --as-admin --filter attr.label=kek --name trusted --value true
    """
    attribute, new = parse_value(name, value)
    way = access()
    with way.as_admin() if as_admin else way.logged_in(Role.CRYPTO_USER) as session:
        session.set_attributes(the_one(session, terms), {attribute: new}, approval=approved(approval))
        answer({"message": "Attribute set successfully"})


def _shared_options(who: str) -> Callable[[F], F]:
    """Add the options of ``share`` and ``unshare``; their role is that of the user, and of who asks."""

    def add(function: F) -> F:
        function = role_option(Role.CRYPTO_USER)(approval_option()(function))
        return filter_option()(option("--username", required=True, metavar="NAME", help=who)(function))

    return add


@command("share")
@_shared_options("The crypto user who is to use the key.")
def share(terms: tuple[str, ...], username: str, role: Role, approval: Path | None) -> None:
    """Let another crypto user use a key; its owner alone manages it.

    \b
    Example:
      hsmbridge key share --filter attr.label=signer attr.class=private-key --username bob --role crypto-user
    """
    with access().logged_in(role) as session:
        session.share(the_one(session, terms), username, approval=approved(approval))
        answer({"message": "Key shared successfully"})


@command("unshare")
@_shared_options("The crypto user who is no longer to use the key.")
def unshare(terms: tuple[str, ...], username: str, role: Role, approval: Path | None) -> None:
    """Take back a key that another crypto user may use.

    \b
    Example:
      hsmbridge key unshare --filter attr.label=signer attr.class=private-key --username bob --role crypto-user
    """
    with access().logged_in(role) as session:
        session.unshare(the_one(session, terms), username, approval=approved(approval))
        answer({"message": "Key unshared successfully"})
