"""Who may do what with which key. Every door comes through here; no door decides anything itself."""

from __future__ import annotations

from collections.abc import Sequence

from bridge.engine.attributes import Attribute, KeyType, ObjectClass
from bridge.engine.errors import HsmError, ReturnCode
from bridge.engine.objects import HsmObject, describe
from bridge.engine.templates import name_of


def visible(obj: HsmObject, user: str) -> bool:
    """Tell whether a crypto user sees a key: the own ones, shared ones, and every public key."""
    return obj.owner == user or user in obj.shared_with or obj.object_class is ObjectClass.PUBLIC_KEY


def unknown(handle: int) -> HsmError:
    """Return the refusal for a handle that names nothing the user may see; it does not tell which of the two."""
    return HsmError(
        ReturnCode.OBJECT_HANDLE_INVALID,
        f"There is no {describe(handle, '')} for this user: it was destroyed, its session ended, "
        "or it belongs to somebody else.",
    )


def require_owner(obj: HsmObject, user: str) -> None:
    """Refuse to manage a key that somebody else owns.

    Raises:
        HsmError: ``ACTION_PROHIBITED``.
    """
    if obj.owner != user:
        raise HsmError(
            ReturnCode.ACTION_PROHIBITED,
            f"Only its owner, crypto user {obj.owner!r}, changes or destroys {obj}.",
        )


def require_free_label(obj: HsmObject, others: Sequence[HsmObject]) -> None:
    """Refuse a label that another private or secret key of the same owner has.

    Args:
        obj: the key that is to have the label.
        others: the persistent keys that have it already.

    Raises:
        HsmError: ``ATTRIBUTE_VALUE_INVALID``.
    """
    for other in others:
        if other.owner == obj.owner and other.object_class is not ObjectClass.PUBLIC_KEY:
            raise HsmError(
                ReturnCode.ATTRIBUTE_VALUE_INVALID,
                f"The label {obj.label!r} is in use by {other}: choose another, or delete that key first.",
            )


def require_destroyable(obj: HsmObject) -> None:
    """Refuse to destroy a key whose attribute ``DESTROYABLE`` is false.

    Raises:
        HsmError: ``ACTION_PROHIBITED``.
    """
    if Attribute.DESTROYABLE not in obj.allowed:
        raise HsmError(ReturnCode.ACTION_PROHIBITED, f"The attribute DESTROYABLE of {obj} is false.")


def require_use(obj: HsmObject, usage: Attribute, key_type: KeyType, mechanism: str) -> None:
    """Refuse a cryptographic operation that a key's type or attributes do not allow.

    Args:
        obj: the key.
        usage: the attribute that must be true, such as ``SIGN``.
        key_type: the type of key that the mechanism works with.
        mechanism: the mechanism's name, for the message.

    Raises:
        HsmError: ``KEY_TYPE_INCONSISTENT`` or ``KEY_FUNCTION_NOT_PERMITTED``.
    """
    if obj.key_type is not key_type:
        raise HsmError(
            ReturnCode.KEY_TYPE_INCONSISTENT,
            f"{mechanism} works with {key_type.name} keys; {obj} is an {obj.key_type.name} key.",
        )
    if usage not in obj.allowed:
        has = usage in obj.attributes
        reason = (
            f"its attribute {usage.name} is false"
            if has
            else f"a {name_of(obj.object_class)} has no attribute {usage.name}"
        )
        raise HsmError(
            ReturnCode.KEY_FUNCTION_NOT_PERMITTED,
            f"{obj} may not be used for {mechanism}: {reason}. Use a key that has {usage.name}=true.",
        )
