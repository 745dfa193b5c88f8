"""PKCS#11 attributes: their numbers, value types, defaults, and who may set them when.

One table, :data:`RULES`, is the only place that knows this. Sources: PKCS#11 v3.1 section 4; the AWS CloudHSM user
guide, pages "java-lib-attributes_5" (defaults) and "cloudhsm_cli-key-attributes-table" (changes later).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, IntEnum
from types import MappingProxyType

from bridge.engine.errors import HsmError, ReturnCode

Template = tuple[tuple["Attribute", "Value"], ...]
"""Attributes as a value of an attribute: immutable, in ascending order of their numbers."""

Value = bool | int | str | bytes | Template


class ObjectClass(IntEnum):
    """``CKO_`` numbers of the classes that an HSM holds."""

    PUBLIC_KEY = 2
    PRIVATE_KEY = 3
    SECRET_KEY = 4


class KeyType(IntEnum):
    """``CKK_`` numbers of the key types that the engine knows."""

    RSA = 0x00
    EC = 0x03
    GENERIC_SECRET = 0x10
    DES3 = 0x15
    AES = 0x1F
    EC_EDWARDS = 0x40
    ML_DSA = 0x4A


class Attribute(IntEnum):
    """``CKA_`` numbers; the names, without the prefix, are the names that cross every door."""

    CLASS = 0x000
    TOKEN = 0x001
    PRIVATE = 0x002
    LABEL = 0x003
    VALUE = 0x011
    TRUSTED = 0x086
    KEY_TYPE = 0x100
    ID = 0x102
    SENSITIVE = 0x103
    ENCRYPT = 0x104
    DECRYPT = 0x105
    WRAP = 0x106
    UNWRAP = 0x107
    SIGN = 0x108
    VERIFY = 0x10A
    DERIVE = 0x10C
    MODULUS = 0x120
    MODULUS_BITS = 0x121
    PUBLIC_EXPONENT = 0x122
    PUBLIC_KEY_INFO = 0x129
    VALUE_LEN = 0x161
    EXTRACTABLE = 0x162
    LOCAL = 0x163
    NEVER_EXTRACTABLE = 0x164
    ALWAYS_SENSITIVE = 0x165
    MODIFIABLE = 0x170
    DESTROYABLE = 0x172
    EC_PARAMS = 0x180
    EC_POINT = 0x181
    WRAP_WITH_TRUSTED = 0x210
    PARAMETER_SET = 0x61D
    WRAP_TEMPLATE = 0x4000_0211
    UNWRAP_TEMPLATE = 0x4000_0212
    DERIVE_TEMPLATE = 0x4000_0213
    CHECK_VALUE = 0x90
    # Vendor-defined: what the border needs and PKCS#11 does not name.
    PRIVATE_KEY_INFO = 0x8000_0001
    CREATED = 0x8000_0002


Attributes = Mapping[Attribute, Value]


def number(attributes: Attributes, name: Attribute) -> int:
    """Return an attribute that is a number.

    Raises:
        KeyError: if it is absent.
    """
    value = attributes[name]
    if not isinstance(value, int):
        raise AssertionError(f"{name.name} is no number")
    return int(value)


def key_type_of(attributes: Attributes) -> KeyType:
    """Return the ``KEY_TYPE`` that a caller asks for.

    Raises:
        HsmError: ``TEMPLATE_INCOMPLETE`` if it is absent, ``ATTRIBUTE_VALUE_INVALID`` if there is no such type.
    """
    if Attribute.KEY_TYPE not in attributes:
        raise HsmError(ReturnCode.TEMPLATE_INCOMPLETE, "The new key needs its type, the attribute KEY_TYPE.")
    value = number(attributes, Attribute.KEY_TYPE)
    if value not in KeyType.__members__.values():
        raise HsmError(ReturnCode.ATTRIBUTE_VALUE_INVALID, f"There is no KEY_TYPE 0x{value:x}.")
    return KeyType(value)


def template(attributes: Attributes, name: Attribute) -> Template:
    """Return an attribute that is a template; empty if it is absent, as on keys older than the attribute."""
    value = attributes.get(name, ())
    if not isinstance(value, tuple):
        raise AssertionError(f"{name.name} is no template")
    return value


class Origin(Enum):
    """Where an attribute's value may come from when its key is made."""

    CALLER = "caller"
    """The caller may give it; the default applies otherwise."""
    IMPORT = "import"
    """Part of an imported key's value."""
    ENGINE = "engine"
    """The engine computes it; no caller gives it."""


class Change(Enum):
    """How an attribute may change after its key was made."""

    NEVER = "never"
    FREELY = "freely"
    TO_TRUE = "only from false to true"
    TO_FALSE = "only from true to false"
    BY_ADMIN = "only at the request of an admin (`--as-admin`)"


SECRET, PUBLIC, PRIVATE = ObjectClass.SECRET_KEY, ObjectClass.PUBLIC_KEY, ObjectClass.PRIVATE_KEY
_ALL = frozenset(ObjectClass)


@dataclass(frozen=True)
class Rule:
    """What one attribute is: its value type, the classes that have it, and who may set it when."""

    kind: type[bool] | type[int] | type[str] | type[bytes] | type[tuple[object, ...]]
    origin: Origin
    change: Change = Change.NEVER
    classes: frozenset[ObjectClass] = _ALL
    default: Value | None = None


def _flag(change: Change, default: bool, *classes: ObjectClass) -> Rule:
    return Rule(bool, Origin.CALLER, change, frozenset(classes) or _ALL, default)


def _computed(kind: type[bool] | type[int] | type[bytes], *classes: ObjectClass) -> Rule:
    return Rule(kind, Origin.ENGINE, Change.NEVER, frozenset(classes) or _ALL)


RULES: Mapping[Attribute, Rule] = MappingProxyType(
    {
        Attribute.CLASS: Rule(int, Origin.IMPORT),
        Attribute.KEY_TYPE: Rule(int, Origin.IMPORT),
        Attribute.TOKEN: _flag(Change.TO_TRUE, False),
        Attribute.PRIVATE: _flag(Change.NEVER, True),
        Attribute.LABEL: Rule(str, Origin.CALLER, Change.FREELY, default=""),
        Attribute.ID: Rule(bytes, Origin.CALLER, Change.FREELY, default=b""),
        Attribute.TRUSTED: Rule(bool, Origin.ENGINE, Change.BY_ADMIN, _ALL, False),
        Attribute.SENSITIVE: _flag(Change.TO_TRUE, True, SECRET, PRIVATE),
        Attribute.EXTRACTABLE: _flag(Change.TO_FALSE, True, SECRET, PRIVATE),
        Attribute.WRAP_WITH_TRUSTED: _flag(Change.TO_TRUE, False, SECRET, PRIVATE),
        Attribute.ENCRYPT: _flag(Change.FREELY, True, SECRET, PUBLIC),
        Attribute.DECRYPT: _flag(Change.FREELY, True, SECRET, PRIVATE),
        Attribute.WRAP: _flag(Change.FREELY, True, SECRET, PUBLIC),
        Attribute.UNWRAP: _flag(Change.FREELY, True, SECRET, PRIVATE),
        Attribute.SIGN: _flag(Change.FREELY, True, SECRET, PRIVATE),
        Attribute.VERIFY: _flag(Change.FREELY, True, SECRET, PUBLIC),
        Attribute.DERIVE: _flag(Change.FREELY, False),
        Attribute.MODIFIABLE: _flag(Change.TO_FALSE, True),
        Attribute.DESTROYABLE: _flag(Change.FREELY, True),
        Attribute.WRAP_TEMPLATE: Rule(tuple, Origin.CALLER, classes=frozenset({SECRET, PUBLIC}), default=()),
        Attribute.UNWRAP_TEMPLATE: Rule(tuple, Origin.CALLER, classes=frozenset({SECRET, PRIVATE}), default=()),
        Attribute.DERIVE_TEMPLATE: Rule(tuple, Origin.CALLER, classes=frozenset({SECRET, PRIVATE}), default=()),
        Attribute.LOCAL: _computed(bool),
        Attribute.NEVER_EXTRACTABLE: _computed(bool, SECRET, PRIVATE),
        Attribute.ALWAYS_SENSITIVE: _computed(bool, SECRET, PRIVATE),
        Attribute.CHECK_VALUE: _computed(bytes),
        Attribute.CREATED: _computed(int),
        Attribute.PUBLIC_KEY_INFO: Rule(bytes, Origin.IMPORT, classes=frozenset({PUBLIC, PRIVATE})),
        Attribute.PRIVATE_KEY_INFO: Rule(bytes, Origin.IMPORT, classes=frozenset({PRIVATE})),
        Attribute.VALUE: Rule(bytes, Origin.IMPORT, classes=frozenset({SECRET})),
        Attribute.VALUE_LEN: Rule(int, Origin.CALLER, classes=frozenset({SECRET})),
        Attribute.MODULUS: _computed(bytes, PUBLIC, PRIVATE),
        Attribute.MODULUS_BITS: Rule(int, Origin.CALLER, classes=frozenset({PUBLIC, PRIVATE})),
        Attribute.PUBLIC_EXPONENT: Rule(bytes, Origin.CALLER, classes=frozenset({PUBLIC, PRIVATE})),
        Attribute.EC_PARAMS: Rule(bytes, Origin.CALLER, classes=frozenset({PUBLIC, PRIVATE})),
        Attribute.EC_POINT: _computed(bytes, PUBLIC, PRIVATE),
        Attribute.PARAMETER_SET: Rule(int, Origin.CALLER, classes=frozenset({PUBLIC, PRIVATE})),
    }
)

SECRET_VALUES = frozenset({Attribute.VALUE, Attribute.PRIVATE_KEY_INFO})
"""Attributes that hold key bytes: only ever given, never read back."""


_NUMBERS = range(2**63)
"""What fits CK_ULONG, SQLite and Java's long alike."""


def parse(named: Mapping[str, object]) -> dict[Attribute, Value]:
    """Turn names and untyped values, as a door receives them, into attributes.

    Args:
        named: attribute names without the ``CKA_`` prefix, and their values.

    Returns:
        The same, keyed by :class:`Attribute`, every value of the attribute's type.

    Raises:
        HsmError: ``ATTRIBUTE_TYPE_INVALID`` for an unknown name, ``ATTRIBUTE_VALUE_INVALID`` for a value of
            another type.
    """
    attributes: dict[Attribute, Value] = {}
    for name, value in named.items():
        if name not in Attribute.__members__:
            raise HsmError(ReturnCode.ATTRIBUTE_TYPE_INVALID, f"There is no attribute {name!r}.")
        attribute = Attribute[name]
        attributes[attribute] = _parse_value(attribute, value)
    return attributes


def _parse_value(attribute: Attribute, value: object) -> Value:
    kind = RULES[attribute].kind
    if kind is tuple and isinstance(value, Mapping):
        return _parse_template(attribute, value)
    if not isinstance(value, bool | int | str | bytes) or not isinstance(value, kind) or _is_flag(value, kind):
        raise HsmError(
            ReturnCode.ATTRIBUTE_VALUE_INVALID,
            f"Attribute {attribute.name} takes a value of type {_NAMES.get(kind, kind.__name__)}, "
            f"not {type(value).__name__}.",
        )
    if kind is int and value not in _NUMBERS:
        raise HsmError(
            ReturnCode.ATTRIBUTE_VALUE_INVALID, f"Attribute {attribute.name} takes a number from 0 to {_NUMBERS[-1]}."
        )
    return value


_NAMES: Mapping[type, str] = {tuple: "template"}


def _is_flag(value: object, kind: type) -> bool:
    return kind is int and isinstance(value, bool)


def _parse_template(attribute: Attribute, named: Mapping[str, object]) -> Template:
    if any(isinstance(value, Mapping) for value in named.values()):
        raise HsmError(ReturnCode.ATTRIBUTE_VALUE_INVALID, f"{attribute.name} cannot hold another template.")
    return tuple(sorted(parse(named).items()))
