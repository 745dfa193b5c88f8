"""The names and forms that cloudhsm-cli has for attributes (user guide, "cloudhsm_cli-key-attributes-table")."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import click

from bridge.engine import Attribute, KeyType, ObjectClass
from bridge.engine.attributes import RULES, Attributes, Value
from bridge.engine.curves import Curve, curve_named, curve_of


@dataclass(frozen=True)
class Field:
    """How one attribute is written.

    Attributes:
        attribute: in the engine.
        show: from the engine's value to JSON's.
        parse: from text to the engine's value; raises ValueError.
    """

    attribute: Attribute
    show: Callable[[Any], object]
    parse: Callable[[str], Value]


def _flag(text: str) -> bool:
    if text.lower() not in ("true", "false"):
        raise ValueError("true or false")
    return text.lower() == "true"


def _bytes(text: str) -> bytes:
    return bytes.fromhex(text.removeprefix("0x"))


def _hex(value: bytes) -> str:
    return f"0x{value.hex()}"


def _name(member: IntEnum) -> str:
    return member.name.lower().replace("_", "-")


def _member(kind: type[IntEnum]) -> Callable[[str], Value]:
    members = {_name(member): member for member in kind}

    def parse(text: str) -> Value:
        if text.lower() not in members:
            raise ValueError(f"one of {', '.join(members)}")
        return members[text.lower()]

    return parse


_FLAGS = [attribute for attribute, rule in RULES.items() if rule.kind is bool]

FIELDS: Mapping[str, Field] = {
    "key-type": Field(Attribute.KEY_TYPE, lambda value: _name(KeyType(value)), _member(KeyType)),
    "label": Field(Attribute.LABEL, str, str),
    "id": Field(Attribute.ID, _hex, _bytes),
    "check-value": Field(Attribute.CHECK_VALUE, _hex, _bytes),
    "class": Field(Attribute.CLASS, lambda value: _name(ObjectClass(value)), _member(ObjectClass)),
    **{_name(attribute): Field(attribute, bool, _flag) for attribute in sorted(_FLAGS, key=_name)},
    "public-exponent": Field(Attribute.PUBLIC_EXPONENT, _hex, _bytes),
    "modulus": Field(Attribute.MODULUS, _hex, _bytes),
    "modulus-size-bits": Field(Attribute.MODULUS_BITS, int, int),
    "ec-point": Field(Attribute.EC_POINT, _hex, _bytes),
    "curve": Field(
        Attribute.EC_PARAMS,
        lambda value: curve_of(value).name,
        lambda text: curve_named(text).params,
    ),
    "key-length-bytes": Field(Attribute.VALUE_LEN, int, int),
}


def shown(attributes: Attributes) -> dict[str, object]:
    """Return a key's attributes as cloudhsm-cli prints them; a flag that its class does not have is false."""
    fields = {
        name: field.show(attributes.get(field.attribute, False))
        for name, field in FIELDS.items()
        if field.attribute in attributes or RULES[field.attribute].kind is bool
    }
    return fields | {"key-length-bytes": _length(attributes)}


def size_of(attributes: Attributes) -> str:
    """Return a key's size in a word: bits, or the name of its curve."""
    if curve := _curve(attributes):
        return curve.name
    if Attribute.MODULUS_BITS in attributes:
        return str(attributes[Attribute.MODULUS_BITS])
    return str(8 * _length(attributes))


def _length(attributes: Attributes) -> int:
    if curve := _curve(attributes):
        return curve.order_bytes
    if Attribute.MODULUS_BITS in attributes:
        return int(attributes[Attribute.MODULUS_BITS]) // 8
    return int(attributes[Attribute.VALUE_LEN])


def _curve(attributes: Attributes) -> Curve | None:
    params = attributes.get(Attribute.EC_PARAMS)
    return curve_of(params) if isinstance(params, bytes) else None


def parse_value(name: str, text: str) -> tuple[Attribute, Value]:
    """Return the attribute of a name of cloudhsm-cli, and its value from text.

    Raises:
        click.UsageError: if there is no such attribute, or it has no such value.
        HsmError: ``CURVE_NOT_SUPPORTED``.
    """
    if name not in FIELDS:
        raise click.UsageError(f"There is no attribute {name!r}; there are {', '.join(FIELDS)}.")
    try:
        return FIELDS[name].attribute, FIELDS[name].parse(text)
    except ValueError as error:
        raise click.UsageError(f"Attribute {name} does not take {text!r}: {error}.") from None


def parse_filter(terms: Sequence[str]) -> tuple[int | None, dict[Attribute, Value]]:
    """Read a filter.

    Args:
        terms: each ``key-reference=0x...`` or ``attr.NAME=VALUE``.

    Returns:
        The handle, if one is given, and the attributes that must be equal.

    Raises:
        click.UsageError: as :func:`parse_value`, and for a term of another form.
    """
    handle, template = None, {}
    for term in terms:
        name, equals, text = term.partition("=")
        if name == "key-reference" and equals:
            handle = _reference(text)
        elif name.startswith("attr.") and equals:
            attribute, value = parse_value(name.removeprefix("attr."), text)
            template[attribute] = value
        else:
            raise click.UsageError(f"{term!r} is no filter; write key-reference=0x0000000000040000 or attr.label=NAME.")
    return handle, template


def _reference(text: str) -> int:
    try:
        return int(text, 16)
    except ValueError:
        raise click.UsageError(f"{text!r} is no key reference; `hsmbridge keys` lists them.") from None
