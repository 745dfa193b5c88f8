"""The one key that a filter must match."""

from __future__ import annotations

from collections.abc import Sequence

from bridge.cli.commands.session import Keys
from bridge.cli.fields import parse_filter
from bridge.cli.key_json import found
from bridge.engine import Attribute, HsmError, ReturnCode
from bridge.engine.objects import describe

_SHOWN = 5


def the_one(session: Keys, terms: Sequence[str]) -> int:
    """Return the handle of the key that a filter matches.

    Args:
        session: logged in.
        terms: as :func:`bridge.cli.fields.parse_filter` takes them.

    Raises:
        HsmError: ``OBJECT_HANDLE_INVALID`` if no key matches, ``ARGUMENTS_BAD`` if several do.
        click.UsageError: if a term is none.
    """
    handle, template = parse_filter(terms)
    matching = found(session, handle, template)
    if len(matching) == 1:
        return matching[0]
    wanted = " ".join(terms)
    if not matching:
        raise HsmError(
            ReturnCode.OBJECT_HANDLE_INVALID,
            f"No key of this user matches {wanted}; `hsmbridge keys` lists them.",
        )
    names = [describe(handle, str(session.attributes(handle)[Attribute.LABEL])) for handle in matching[:_SHOWN]]
    rest = f" and {len(matching) - _SHOWN} more" if len(matching) > _SHOWN else ""
    raise HsmError(
        ReturnCode.ARGUMENTS_BAD,
        f"{len(matching)} keys match {wanted}: {', '.join(names)}{rest}. Add a term, such as attr.class=private-key, "
        "or give one key-reference.",
    )
