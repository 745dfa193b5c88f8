"""The attributes that cloudhsm-cli gives new keys (user guide, "cloudhsm_cli-key-attributes"); one table."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from bridge.engine import Attribute, KeyType, ObjectClass
from bridge.engine.attributes import RULES, Attributes, Value

_DEFAULTS: Mapping[Attribute, bool] = MappingProxyType(
    {
        Attribute.TOKEN: True,
        Attribute.PRIVATE: True,
        Attribute.EXTRACTABLE: True,
        Attribute.DESTROYABLE: True,
        Attribute.MODIFIABLE: True,
        Attribute.ENCRYPT: False,
        Attribute.DECRYPT: False,
        Attribute.WRAP: False,
        Attribute.UNWRAP: False,
        Attribute.DERIVE: False,
        Attribute.WRAP_WITH_TRUSTED: False,
        Attribute.SIGN: False,
        Attribute.VERIFY: False,
    }
)
"""``TRUSTED``, false too, is not among them: no caller gives it."""

_SIGN_AND_VERIFY = (KeyType.AES, KeyType.GENERIC_SECRET)


def template(
    object_class: ObjectClass,
    key_type: KeyType,
    label: str,
    given: Attributes,
    *,
    session: bool,
    more: Attributes | None = None,
) -> dict[Attribute, Value]:
    """Return the template of a new key.

    Args:
        object_class: of the key.
        key_type: of the key.
        label: of the key.
        given: the attributes that the user names.
        session: whether the key goes with its session.
        more: attributes that its value needs, such as its length.

    Returns:
        Every attribute that cloudhsm-cli has a default for, so that the answer does not depend on the HSM's own.
    """
    defaults: dict[Attribute, Value] = {
        name: value for name, value in _DEFAULTS.items() if object_class in RULES[name].classes
    }
    if key_type in _SIGN_AND_VERIFY:
        defaults |= {Attribute.SIGN: True, Attribute.VERIFY: True}
    defaults |= {Attribute.LABEL: label, **(more or {}), **given}
    return defaults | {Attribute.TOKEN: False} if session else defaults
