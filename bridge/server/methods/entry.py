"""What a row of the table of methods is."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from types import NoneType
from typing import Any, NamedTuple, TypeVar

from bridge.engine import HsmError, ReturnCode, Session
from bridge.engine.quorum import Approval
from bridge.server.records import Unreadable, unpacked

_Record = TypeVar("_Record")


class Served(NamedTuple):
    """What a request is carried out on.

    Attributes:
        session: the one that the connection joined.
        home: the folder of its HSM.
        client: what the peer that opened the session calls itself, for the log.
    """

    session: Session
    home: str
    client: str = ""


class Method(NamedTuple):
    """One row of the table.

    Attributes:
        call: takes what is served, then the arguments; returns what MessagePack can hold.
        signatures: the types of arguments that it takes, all combinations.
        quick: with how many arguments at most it is quick; with more, or always if this is negative, it may take long
            enough to keep other connections waiting: it waits for the disk, for the registry of sessions, or hashes a
            password.
    """

    call: Callable[..., Any]
    signatures: frozenset[tuple[type, ...]]
    quick: int


Kind = tuple[type, ...]
"""The types that one argument may have."""

INTEGER, BYTES, TEXT, MAP, ARRAY, SWITCH = (int,), (bytes,), (str,), (dict,), (tuple,), (bool,)
TEMPLATE = MAP
PARAMETER = OPTIONAL_BYTES = (bytes, NoneType)
OPTIONAL_INTEGER = (int, NoneType)
APPROVAL = (dict, NoneType)


def method(call: Callable[..., Any], *kinds: Kind, more: Sequence[Kind] = (), slow: bool = False) -> Method:
    """Return a row.

    Args:
        call: see :class:`Method`.
        kinds: of the arguments that are always there.
        more: of those that may follow, all or none; with them the method is slow.
        slow: whether it is slow without them too.
    """
    signatures = {*itertools.product(*kinds), *itertools.product(*kinds, *more)}
    return Method(call, frozenset(signatures), -1 if slow else len(kinds))


def invoke(row: Method, served: Served, arguments: tuple[object, ...]) -> object:
    """Carry a request out.

    Raises:
        HsmError: ``ARGUMENTS_BAD`` if the arguments are not what the method takes; as the session.
    """
    if tuple(map(type, arguments)) not in row.signatures:
        raise HsmError(
            ReturnCode.ARGUMENTS_BAD,
            "The arguments have another number or other types than the method's; docs/protocol.md has the table.",
        )
    return row.call(served, *arguments)


def read(kind: type[_Record], value: object) -> _Record:
    """Return an argument as the engine takes it.

    Raises:
        HsmError: ``ARGUMENTS_BAD`` if it is no such record, or no such word.
    """
    try:
        return unpacked(kind, value)
    except Unreadable as error:
        raise HsmError(ReturnCode.ARGUMENTS_BAD, str(error)) from None


def read_approval(value: object) -> Approval | None:
    """Return an approval, if there is one; raises as :func:`read`."""
    return None if value is None else read(Approval, value)
