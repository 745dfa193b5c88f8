"""The names and forms that cloudhsm-cli has for attributes (user guide, "cloudhsm_cli-key-attributes-table")."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import click

from bridge.engine import Attribute, KeyInfo, KeyType, ObjectClass
from bridge.engine.attributes import RULES, Attributes, Template, Value, number
from bridge.engine.curves import ED25519_PARAMS, curve_named, curve_of
from bridge.engine.parameter_sets import BY_NUMBER, PARAMETER_SETS


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


_ED25519 = "ed25519"
# Beside the names of SEC 2, those by which cloudhsm-cli takes the same curves.
_CURVE_ALIASES = {"prime256v1": "secp256r1"}


def _curve_name(params: bytes) -> str:
    return _ED25519 if params == ED25519_PARAMS else curve_of(params).name


def _curve_params(text: str) -> bytes:
    name = text.lower()
    return ED25519_PARAMS if name == _ED25519 else curve_named(_CURVE_ALIASES.get(name, name)).params


_ED25519_PUBLIC_BYTES = 32


def _parameter_set_number(text: str) -> int:
    for known in PARAMETER_SETS:
        if known.name.lower() == text.lower():
            return known.number
    raise ValueError(f"one of {', '.join(known.name for known in PARAMETER_SETS)}")


def _parameter_set_name(number: int) -> str:
    return BY_NUMBER[number].name


def _show_template(template: Template) -> dict[str, object]:
    return dict(_show_one(attribute, value) for attribute, value in template)


def _template(text: str) -> Template:
    """Read what a template lays down: ``NAME=VALUE``, and further ones after commas."""
    return tuple(parse_assignments(text.split(",")).items()) if text else ()


def _show_one(attribute: Attribute, value: Value) -> tuple[str, object]:
    for name, field in FIELDS.items():
        if field.attribute is attribute:
            return name, field.show(value)
    return _name(attribute), _hex(value) if isinstance(value, bytes) else value


_TEMPLATES = (Attribute.WRAP_TEMPLATE, Attribute.UNWRAP_TEMPLATE, Attribute.DERIVE_TEMPLATE)
_FIRST_FLAGS = (Attribute.ENCRYPT, Attribute.DECRYPT, Attribute.TOKEN)
_FLAGS = [
    *_FIRST_FLAGS,
    *sorted((name for name, rule in RULES.items() if rule.kind is bool and name not in _FIRST_FLAGS), key=_name),
]
"""In the order in which cloudhsm-cli prints them."""
_FLAGS_BEFORE_ML_DSA = _FLAGS.index(Attribute.PRIVATE) + 1
"""After so many of them it prints the parameter set of an ML-DSA key."""


def _flag_fields(flags: Sequence[Attribute]) -> dict[str, Field]:
    return {_name(attribute): Field(attribute, bool, _flag) for attribute in flags}


FIELDS: Mapping[str, Field] = {
    "key-type": Field(Attribute.KEY_TYPE, lambda value: _name(KeyType(value)), _member(KeyType)),
    "label": Field(Attribute.LABEL, str, str),
    "id": Field(Attribute.ID, _hex, _bytes),
    "check-value": Field(Attribute.CHECK_VALUE, _hex, _bytes),
    "class": Field(Attribute.CLASS, lambda value: _name(ObjectClass(value)), _member(ObjectClass)),
    **_flag_fields(_FLAGS[:_FLAGS_BEFORE_ML_DSA]),
    "mldsa-algorithm": Field(Attribute.PARAMETER_SET, _parameter_set_name, _parameter_set_number),
    **_flag_fields(_FLAGS[_FLAGS_BEFORE_ML_DSA:]),
    "key-length-bytes": Field(Attribute.VALUE_LEN, int, int),
    "public-exponent": Field(Attribute.PUBLIC_EXPONENT, _hex, _bytes),
    "modulus": Field(Attribute.MODULUS, _hex, _bytes),
    "modulus-size-bits": Field(Attribute.MODULUS_BITS, int, int),
    "ec-point": Field(Attribute.EC_POINT, _hex, _bytes),
    "curve": Field(Attribute.EC_PARAMS, _curve_name, _curve_params),
    **{_name(attribute): Field(attribute, _show_template, _template) for attribute in _TEMPLATES},
}


def shown(key: KeyInfo) -> dict[str, object]:
    """Return a key's attributes as cloudhsm-cli prints them.

    A public key is extractable; any other flag that the key's class does not have is false. A template is there if it
    lays anything down.
    """
    # Secret keys alone have VALUE_LEN; the length that is printed is one of every key's.
    attributes = {Attribute.EXTRACTABLE: True, **key.attributes, Attribute.VALUE_LEN: _length(key)}
    return {
        name: field.show(attributes.get(field.attribute, False))
        for name, field in FIELDS.items()
        if attributes.get(field.attribute, ()) != () or RULES[field.attribute].kind is bool
    }


def size_of(attributes: Attributes) -> str:
    """Return a key's size in a word: bits, or the name of its curve or parameter set."""
    params = attributes.get(Attribute.EC_PARAMS)
    if isinstance(params, bytes):
        return _curve_name(params)
    if Attribute.PARAMETER_SET in attributes:
        return _parameter_set_name(number(attributes, Attribute.PARAMETER_SET))
    if Attribute.MODULUS_BITS in attributes:
        return str(number(attributes, Attribute.MODULUS_BITS))
    return str(8 * number(attributes, Attribute.VALUE_LEN))


def _length(key: KeyInfo) -> int:
    """Return the length of a secret key's value, of a private key in PKCS#8, of a public key's point or modulus."""
    attributes = key.attributes
    if number(attributes, Attribute.CLASS) != ObjectClass.PUBLIC_KEY:
        return key.value_length
    params = attributes.get(Attribute.EC_PARAMS)
    if params == ED25519_PARAMS:
        return _ED25519_PUBLIC_BYTES
    if isinstance(params, bytes):
        return 1 + 2 * curve_of(params).order_bytes
    if Attribute.PARAMETER_SET in attributes:
        return BY_NUMBER[number(attributes, Attribute.PARAMETER_SET)].public_bytes
    return number(attributes, Attribute.MODULUS_BITS) // 8


def parse_value(name: str, text: str) -> tuple[Attribute, Value]:
    """Return the attribute of a name of cloudhsm-cli, and its value from text.

    Raises:
        click.UsageError: if there is no such attribute, or it has no such value.
        HsmError: ``CURVE_NOT_SUPPORTED``.
    """
    if name not in FIELDS:
        raise click.UsageError(f"There is no attribute {name!r}; there are {', '.join(FIELDS)}.")
    field = FIELDS[name]
    try:
        return field.attribute, field.parse(text)
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


def parse_assignments(terms: Sequence[str]) -> dict[Attribute, Value]:
    """Read attributes of a new key.

    Args:
        terms: each ``NAME=VALUE``.

    Raises:
        click.UsageError: as :func:`parse_value`, for a term of another form, and for an attribute that comes twice.
    """
    template: dict[Attribute, Value] = {}
    for term in terms:
        name, equals, text = term.partition("=")
        if not equals:
            raise click.UsageError(f"{term!r} is no attribute and value; write it as sign=true.")
        attribute, value = parse_value(name, text)
        if attribute in template:
            raise click.UsageError(f"Attribute {name} is given twice.")
        template[attribute] = value
    return template


def parse_hex(option: str, text: str | None) -> bytes:
    """Return the bytes that an option gives in hexadecimal digits, with or without ``0x``; none if it is not given.

    Raises:
        click.UsageError: if they are no hexadecimal digits.
    """
    try:
        return _bytes(text or "")
    except ValueError:
        raise click.UsageError(f"{option} takes hexadecimal digits, such as 0x10, not {text!r}.") from None


def _reference(text: str) -> int:
    try:
        return int(text, 16)
    except ValueError:
        raise click.UsageError(f"{text!r} is no key reference; `hsmbridge keys` lists them.") from None
