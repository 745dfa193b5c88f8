"""From what a caller asks for to the attributes that a key gets, and how they may change afterwards."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from bridge.engine.attributes import (
    RULES,
    SECRET_VALUES,
    Attribute,
    Attributes,
    Change,
    KeyType,
    ObjectClass,
    Origin,
    Template,
    Value,
    number,
)
from bridge.engine.errors import HsmError, ReturnCode
from bridge.engine.objects import HsmObject

LABEL_LIMIT = 127
"""Characters (user guide, "cloudhsm_cli-key-attributes")."""


class Provenance(NamedTuple):
    """Where a key comes from, as far as its computed attributes tell.

    Attributes:
        local: whether the HSM generated it.
        always_sensitive: whether it was sensitive at every moment before it became this key.
        never_extractable: whether it was not extractable at every moment before it became this key.
    """

    local: bool
    always_sensitive: bool
    never_extractable: bool


GENERATED = Provenance(local=True, always_sensitive=True, never_extractable=True)
FROM_OUTSIDE = Provenance(local=False, always_sensitive=False, never_extractable=False)
"""Imported or unwrapped."""


def derived_from(base: HsmObject) -> Provenance:
    """Return where a key comes from that was derived from another (PKCS#11 v3.1, section 5.18.5)."""
    return Provenance(False, Attribute.ALWAYS_SENSITIVE in base.allowed, Attribute.NEVER_EXTRACTABLE in base.allowed)


def complete(
    given: Attributes,
    facts: Attributes,
    *,
    defaults: Attributes,
    provenance: Provenance,
    takes_value: bool = False,
    now_ms: int,
) -> dict[Attribute, Value]:
    """Return all attributes of a new key.

    Args:
        given: what the caller asks for.
        facts: what follows from the key's value, as :func:`bridge.engine.material.describe` tells.
        defaults: what the session puts in place of the table's defaults.
        provenance: where the key comes from.
        takes_value: whether the caller's template brought the key's value.
        now_ms: the time, in milliseconds since 1970.

    Returns:
        A value for every attribute that the key's class has, secret values excepted.

    Raises:
        HsmError: ``ATTRIBUTE_READ_ONLY``, ``ATTRIBUTE_VALUE_INVALID`` or ``TEMPLATE_INCONSISTENT``.
    """
    object_class = ObjectClass(number(facts, Attribute.CLASS))
    for attribute, value in given.items():
        if attribute in SECRET_VALUES and not takes_value:
            raise HsmError(
                ReturnCode.TEMPLATE_INCONSISTENT,
                f"A key that is not imported takes no {attribute.name}; leave it out.",
            )
        _check_given(attribute, value, object_class, facts)
    attributes = {
        attribute: rule.default
        for attribute, rule in RULES.items()
        if rule.default is not None and object_class in rule.classes
    }
    attributes |= {name: value for name, value in defaults.items() if object_class in RULES[name].classes}
    attributes |= {name: value for name, value in given.items() if name not in SECRET_VALUES}
    attributes |= facts
    attributes |= {Attribute.LOCAL: provenance.local, Attribute.CREATED: now_ms}
    if object_class is not ObjectClass.PUBLIC_KEY:
        attributes[Attribute.NEVER_EXTRACTABLE] = provenance.never_extractable and not attributes[Attribute.EXTRACTABLE]
        attributes[Attribute.ALWAYS_SENSITIVE] = provenance.always_sensitive and attributes[Attribute.SENSITIVE] is True
    return attributes


def merged(given: Attributes, name: Attribute, template: Template, obj: HsmObject) -> dict[Attribute, Value]:
    """Add the attributes that a key lays down for the keys that come from it.

    Args:
        given: what the caller asks for.
        name: ``UNWRAP_TEMPLATE`` or ``DERIVE_TEMPLATE``.
        template: its value.
        obj: the key that has it.

    Raises:
        HsmError: ``TEMPLATE_INCONSISTENT`` if the caller asks for something else.
    """
    for attribute, value in template:
        if given.get(attribute, value) != value:
            raise HsmError(
                ReturnCode.TEMPLATE_INCONSISTENT,
                f"The {name.name} of {obj} lays down another value of {attribute.name}; leave it out.",
            )
    return {**given, **dict(template)}


def _check_given(attribute: Attribute, value: Value, object_class: ObjectClass, facts: Attributes) -> None:
    rule = RULES[attribute]
    if rule.origin is Origin.ENGINE:
        raise HsmError(ReturnCode.ATTRIBUTE_READ_ONLY, f"Attribute {attribute.name} is set by the HSM; leave it out.")
    describes_the_value = rule.default is None and attribute not in SECRET_VALUES
    if object_class not in rule.classes or (describes_the_value and attribute not in facts):
        key_type = KeyType(number(facts, Attribute.KEY_TYPE)).name
        raise HsmError(
            ReturnCode.TEMPLATE_INCONSISTENT,
            f"Attribute {attribute.name} does not exist on a {name_of(object_class)} of type {key_type}.",
        )
    if attribute in facts and not _equal(attribute, facts[attribute], value):
        raise HsmError(
            ReturnCode.TEMPLATE_INCONSISTENT,
            f"Attribute {attribute.name} contradicts the key's value; leave it out or give the right one.",
        )
    _check_value(attribute, value, object_class)
    if isinstance(value, tuple):
        _check_template(attribute, value)


def _check_value(attribute: Attribute, value: Value, object_class: ObjectClass) -> None:
    """Refuse labels that are none, and the two flags that not every class of keys may have."""
    if attribute is Attribute.LABEL:
        check_label(str(value))
    if attribute is Attribute.PRIVATE and value is False and object_class is not ObjectClass.PUBLIC_KEY:
        raise HsmError(
            ReturnCode.ATTRIBUTE_VALUE_INVALID,
            f"PRIVATE is always true on a {name_of(object_class)}; leave it out.",
        )
    if attribute is Attribute.DERIVE and value is True and object_class is ObjectClass.PUBLIC_KEY:
        raise HsmError(
            ReturnCode.ATTRIBUTE_VALUE_INVALID, "DERIVE is always false on a public key: nothing is derived from it."
        )


def _check_template(name: Attribute, template: Template) -> None:
    for attribute, value in template:
        if attribute in SECRET_VALUES or isinstance(value, tuple) or RULES[attribute].origin is Origin.ENGINE:
            raise HsmError(ReturnCode.ATTRIBUTE_VALUE_INVALID, f"{name.name} cannot hold {attribute.name}.")
        if attribute is Attribute.LABEL:
            check_label(str(value))


def _equal(attribute: Attribute, fact: Value, given: Value) -> bool:
    if attribute is Attribute.PUBLIC_EXPONENT and isinstance(fact, bytes) and isinstance(given, bytes):
        return int.from_bytes(fact, "big") == int.from_bytes(given, "big")
    return fact == given


def check_label(label: str) -> None:
    """Refuse labels that are too long for the HSM, or no Unicode text.

    Raises:
        HsmError: ``ATTRIBUTE_VALUE_INVALID``.
    """
    if any("\ud800" <= character <= "\udfff" for character in label):
        raise HsmError(
            ReturnCode.ATTRIBUTE_VALUE_INVALID, "The LABEL holds half a surrogate pair: it is no Unicode text."
        )
    if len(label) > LABEL_LIMIT:
        raise HsmError(
            ReturnCode.ATTRIBUTE_VALUE_INVALID,
            f"A LABEL has at most {LABEL_LIMIT} characters; {len(label)} were given.",
        )


def change(
    obj: HsmObject, given: Attributes, *, by_admin: bool = False, fixed: frozenset[Attribute] = frozenset()
) -> Mapping[Attribute, Value]:
    """Return a key's attributes after a change that its rules allow.

    Args:
        obj: the key as it is.
        given: the attributes to change; a value that the key already has is no change.
        by_admin: whether an admin asks, who changes ``TRUSTED`` and nothing else.
        fixed: attributes that the HSM's type does not let change, whatever their rules say.

    Raises:
        HsmError: ``ACTION_PROHIBITED`` if the key is not modifiable, ``ATTRIBUTE_TYPE_INVALID`` if it has no such
            attribute, ``ATTRIBUTE_READ_ONLY`` if the attribute does not change that way.
    """
    changes = {name: value for name, value in given.items() if obj.attributes.get(name) != value}
    if changes and Attribute.MODIFIABLE not in obj.allowed:
        raise HsmError(ReturnCode.ACTION_PROHIBITED, f"The attribute MODIFIABLE of {obj} is false: nothing changes it.")
    for attribute, value in changes.items():
        rule = RULES[attribute]
        if obj.object_class not in rule.classes or attribute in SECRET_VALUES:
            raise HsmError(
                ReturnCode.ATTRIBUTE_TYPE_INVALID,
                f"{obj} is a {name_of(obj.object_class)} and has no attribute {attribute.name} to set.",
            )
        if by_admin and rule.change is not Change.BY_ADMIN:
            raise HsmError(
                ReturnCode.ACTION_PROHIBITED,
                f"An admin sets TRUSTED and nothing else; {attribute.name} of {obj} is changed by its owner.",
            )
        if not by_admin:
            allowed = Change.NEVER if attribute in fixed else rule.change
            if not _may_become(allowed, value):
                raise _refused_change(obj, attribute, value, allowed)
        _check_value(attribute, value, obj.object_class)
    return {**obj.attributes, **changes}


def _may_become(rule: Change, value: Value) -> bool:
    return (
        rule is Change.FREELY
        or (rule is Change.TO_TRUE and value is True)
        or (rule is Change.TO_FALSE and value is False)
    )


def _refused_change(obj: HsmObject, attribute: Attribute, value: Value, rule: Change) -> HsmError:
    name = attribute.name.lower().replace("_", "-")
    shown = str(value).lower() if isinstance(value, bool) else "given"
    return HsmError(
        ReturnCode.ATTRIBUTE_READ_ONLY,
        f"Attribute {name} cannot be set to the value {shown} by the user for this operation: "
        f"on {obj} it changes {rule.value}.",
    )


def name_of(object_class: ObjectClass) -> str:
    """Name a class of keys in a message."""
    return object_class.name.lower().replace("_", " ")
