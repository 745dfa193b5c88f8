"""Values of the engine as MessagePack holds them.

A record is a map of its fields, an enumeration its text, a template a map of names. Both sides of the protocol use
this.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from enum import Enum, StrEnum
from functools import cache
from types import NoneType, UnionType
from typing import Any, NamedTuple, TypeVar, Union, get_args, get_origin, get_type_hints

from bridge.engine import Attribute, KeyInfo
from bridge.engine.attributes import Value, parse
from bridge.engine.quorum import KeyQuorum

_Record = TypeVar("_Record")

_SHOWN = 32
"""Characters of a wrong text that a message quotes."""


class Unreadable(ValueError):
    """A value is not what it stands for; its text is a sentence."""


def named(attributes: Iterable[tuple[Attribute, Value]]) -> dict[str, object]:
    """Return attributes, or a template, as a map of names."""
    return {name.name: named(value) if isinstance(value, tuple) else value for name, value in attributes}


def packed(value: object) -> object:
    """Return a value of the engine as MessagePack can hold it."""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, KeyInfo):
        return {**_fields_of(value._replace(attributes={})), "attributes": named(value.attributes.items())}
    if dataclasses.is_dataclass(value) or hasattr(value, "_fields"):
        return _fields_of(value)
    if isinstance(value, Mapping):
        return {str(packed(name)): packed(item) for name, item in value.items()}
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, tuple | list):
        return [packed(item) for item in value]
    return value


def _fields_of(record: Any) -> dict[str, object]:
    return {name: packed(getattr(record, name)) for name in _fields(record.__class__)}


class _Field(NamedTuple):
    """A field of a record: its type, and whether it may be absent."""

    kind: Any
    optional: bool


@cache
def _fields(kind: Any) -> Mapping[str, _Field]:
    if kind is KeyInfo:
        # Its attributes have a type of their own making, which is read apart.
        kinds: dict[str, Any] = {"handle": int, "owner": str, "shared_with": frozenset[str], "value_length": int}
        return {name: _Field(hint, optional=False) for name, hint in {**kinds, "quorum": KeyQuorum}.items()}
    hints = get_type_hints(kind)
    if dataclasses.is_dataclass(kind):
        return {
            item.name: _Field(hints[item.name], item.default is not dataclasses.MISSING)
            for item in dataclasses.fields(kind)
        }
    return {name: _Field(hints[name], name in kind._field_defaults) for name in kind._fields}


def unpacked(kind: type[_Record], value: object) -> _Record:
    """Return the value of the engine that :func:`packed` was given.

    Fields that this version does not know are passed over.

    Args:
        kind: a record or an enumeration.
        value: as MessagePack brought it, arrays as tuples.

    Raises:
        Unreadable: if it is none of that kind.
        HsmError: as :func:`bridge.engine.attributes.parse`.
    """
    result: _Record = _read(kind, value, kind.__name__)
    return result


def _read(kind: Any, value: object, where: str) -> Any:
    origin = get_origin(kind)
    if origin in (Union, UnionType):
        if value is None:
            return None
        (kind,) = (each for each in get_args(kind) if each is not NoneType)
        return _read(kind, value, where)
    if origin in (tuple, frozenset):
        if type(value) is not tuple:
            raise _wrong(where)
        return origin(_read(get_args(kind)[0], each, where) for each in value)
    if kind in (bool, int, str, bytes):
        if type(value) is not kind:
            raise _wrong(where)
        return value
    if issubclass(kind, StrEnum):
        return _member(kind, value, where)
    if type(value) is not dict:
        raise _wrong(where)
    fields = _read_fields(kind, value, where)
    if kind is KeyInfo:
        given = value.get("attributes")
        if type(given) is not dict:
            raise _wrong(f"{where}.attributes")
        fields["attributes"] = parse(given)
    return kind(**fields)


def _read_fields(kind: type, value: Mapping[object, object], where: str) -> dict[str, Any]:
    read = {}
    for name, field in _fields(kind).items():
        if name in value:
            read[name] = _read(field.kind, value[name], f"{where}.{name}")
        elif not field.optional:
            raise Unreadable(f"A {where} has a field {name}, which is missing.")
    return read


def _member(kind: type[StrEnum], value: object, where: str) -> StrEnum:
    if type(value) is not str:
        raise _wrong(where)
    for member in kind:
        if member.value == value:
            return member
    raise Unreadable(f"{value[:_SHOWN]!r} is none of {', '.join(kind)}.")


def _wrong(where: str) -> Unreadable:
    return Unreadable(f"A value is no {where}: it is of another type.")
