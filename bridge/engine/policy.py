"""Who may do what with which key. Every door comes through here; no door decides anything itself."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from bridge.engine.attributes import SECRET_VALUES, Attribute, Attributes, KeyType, ObjectClass, template
from bridge.engine.errors import HsmError, ReturnCode
from bridge.engine.holdings import not_logged_in
from bridge.engine.mechanisms import Mechanism, MechanismType
from bridge.engine.objects import HsmObject, KeyCount, describe
from bridge.engine.parameters import Parameter
from bridge.engine.settings import FIPS_KEY_BANS, PROFILES, HsmType, Mode, Profile
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
    """Refuse to manage, wrap or derive from a key that somebody else owns.

    Raises:
        HsmError: ``ACTION_PROHIBITED``.
    """
    if obj.owner != user:
        raise HsmError(
            ReturnCode.ACTION_PROHIBITED,
            f"Only its owner, crypto user {obj.owner!r}, shares, changes, destroys, exports or derives from {obj}.",
        )


def require_shareable(obj: HsmObject, user: str) -> None:
    """Refuse to share a key that nobody else can be allowed to use.

    Raises:
        HsmError: ``ACTION_PROHIBITED``.
    """
    require_owner(obj, user)
    if obj.object_class is ObjectClass.PUBLIC_KEY:
        raise HsmError(ReturnCode.ACTION_PROHIBITED, f"{obj} is a public key, which every crypto user may use.")
    if not obj.attributes[Attribute.TOKEN]:
        raise HsmError(
            ReturnCode.ACTION_PROHIBITED,
            f"{obj} is a session key, which its own session alone sees; set token to true, then share it.",
        )


def require_users(obj: HsmObject, names: Collection[str]) -> None:
    """Refuse a new key whose owner, or somebody with whom it is shared, was deleted while it was made.

    Args:
        obj: the key.
        names: of the crypto users.

    Raises:
        HsmError: ``USER_NOT_LOGGED_IN``, ``ARGUMENTS_BAD``.
    """
    if obj.owner not in names:
        raise not_logged_in()
    gone = sorted(obj.shared_with - set(names))
    if gone:
        raise HsmError(ReturnCode.ARGUMENTS_BAD, f"There is no crypto-user {gone[0]!r} any more to share {obj} with.")


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


def require_use(obj: HsmObject, usage: Attribute, key_types: Collection[KeyType], mechanism: str) -> None:
    """Refuse a cryptographic operation that a key's type or attributes do not allow.

    Args:
        obj: the key.
        usage: the attribute that must be true, such as ``SIGN``.
        key_types: the types of key that the mechanism works with.
        mechanism: the mechanism's name, for the message.

    Raises:
        HsmError: ``KEY_TYPE_INCONSISTENT`` or ``KEY_FUNCTION_NOT_PERMITTED``.
    """
    if obj.key_type not in key_types:
        raise HsmError(
            ReturnCode.KEY_TYPE_INCONSISTENT,
            f"{mechanism} works with {_either(key_types)} keys; {obj} is an {obj.key_type.name} key.",
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


def _either(key_types: Collection[KeyType]) -> str:
    return " or ".join(key_type.name for key_type in sorted(key_types))


def require_wrappable(obj: HsmObject, user: str, wrapping: HsmObject) -> None:
    """Refuse to wrap a key that may not leave the HSM, or not under this wrapping key.

    Args:
        obj: the key to be wrapped.
        user: who asks.
        wrapping: the key that it is to be wrapped with.

    Raises:
        HsmError: ``KEY_NOT_WRAPPABLE``, ``KEY_UNEXTRACTABLE`` or ``ACTION_PROHIBITED``.
    """
    if obj.object_class is ObjectClass.PUBLIC_KEY:
        raise HsmError(ReturnCode.KEY_NOT_WRAPPABLE, f"{obj} is a public key, which is no secret: read its value.")
    require_owner(obj, user)
    _require_extractable(obj)
    if Attribute.WRAP_WITH_TRUSTED in obj.allowed and Attribute.TRUSTED not in wrapping.allowed:
        raise HsmError(
            ReturnCode.KEY_NOT_WRAPPABLE,
            f"WRAP_WITH_TRUSTED of {obj} is true, and {wrapping} is not trusted: "
            "an admin sets TRUSTED on wrapping keys.",
        )
    for attribute, value in template(wrapping.attributes, Attribute.WRAP_TEMPLATE):
        if obj.attributes.get(attribute) != value:
            raise HsmError(
                ReturnCode.KEY_NOT_WRAPPABLE,
                f"The WRAP_TEMPLATE of {wrapping} wants another value of {attribute.name} than {obj} has.",
            )


def require_implicit_import(template: Attributes, *, switched_on: bool) -> None:
    """Refuse to take in a private or secret key only because an operation was given it.

    Args:
        template: of the key that is to be imported.
        switched_on: whether implicit import is.

    Raises:
        HsmError: ``ACTION_PROHIBITED``.
    """
    if not switched_on and SECRET_VALUES & template.keys():
        raise HsmError(
            ReturnCode.ACTION_PROHIBITED,
            "The HSM works with its own keys only, because implicit import is switched off. Import the key first: "
            "with a KeyFactory or SecretKeyFactory, with setKeyEntry of a CloudHSM keystore, or with "
            "`hsmbridge import FILE`. `hsmbridge configure --enable-implicit-import` switches implicit import on.",
        )


_HSMS = 1


def require_available(min_hsms: int) -> None:
    """Refuse to make or find a persistent key that is on too few HSMs (user guide, "manage-key-sync").

    Args:
        min_hsms: on how many it must be.

    Raises:
        HsmError: ``FUNCTION_FAILED``.
    """
    if min_hsms > _HSMS:
        raise HsmError(
            ReturnCode.FUNCTION_FAILED,
            "Cannot perform the requested key operation as the key must be available on at least "
            f"{min_hsms} HSMs. Either increase the number of HSMs in the cluster, or disable the key availability "
            "check (`hsmbridge configure --disable-key-availability-check`).",
        )


def require_clear_extraction(obj: HsmObject, user: str, *, switched_on: bool) -> None:
    """Refuse to give a key's value out in clear (user guide, "java-lib-configs-getencoded").

    Args:
        obj: the key.
        user: who asks.
        switched_on: whether clear extraction is.

    Raises:
        HsmError: ``KEY_UNEXTRACTABLE``, ``ACTION_PROHIBITED``, or ``QUORUM_REQUIRED`` for a key with quorum values.
    """
    if not switched_on:
        raise HsmError(
            ReturnCode.KEY_UNEXTRACTABLE,
            f"{obj} stays in the HSM: clear key extraction is off. "
            "`hsmbridge configure --enable-clear-key-extraction-in-software` switches it on.",
        )
    require_owner(obj, user)
    _require_extractable(obj)
    if obj.quorum.manage:
        raise HsmError(
            ReturnCode.QUORUM_REQUIRED,
            f"Quorum approval is required for this operation: {obj} leaves the HSM wrapped, with approvals, only.",
        )
    if Attribute.WRAP_WITH_TRUSTED in obj.allowed:
        raise HsmError(
            ReturnCode.KEY_UNEXTRACTABLE, f"WRAP_WITH_TRUSTED of {obj} is true: it leaves the HSM wrapped only."
        )


def _require_extractable(obj: HsmObject) -> None:
    if Attribute.EXTRACTABLE not in obj.allowed:
        raise HsmError(
            ReturnCode.KEY_UNEXTRACTABLE, f"The attribute EXTRACTABLE of {obj} is false: it never leaves the HSM."
        )


def require_no_way_round(obj: HsmObject, mechanism: MechanismType) -> None:
    """Refuse to a key that signs with approvals only what makes the same signatures.

    That is the private operation of RSA without padding, and every use of a secret key's cipher or hash: a CMAC is the
    last block of a CBC encryption, and what the counter KDF derives is a CMAC or HMAC.

    Args:
        obj: a key with a quorum value.
        mechanism: that encrypts, decrypts or derives.

    Raises:
        HsmError: ``QUORUM_REQUIRED``.
    """
    signs = obj.object_class is ObjectClass.SECRET_KEY and Attribute.SIGN in obj.allowed
    if signs or mechanism is MechanismType.RSA_X_509:
        raise HsmError(
            ReturnCode.QUORUM_REQUIRED,
            f"Quorum approval is required for this operation: {obj} signs with approvals only, and this could make a "
            "signature. A secret key does so with SIGN false, an RSA key with RSA_PKCS_OAEP.",
        )


def require_mode(entry: Mechanism, operation: str, parameter: Parameter | None, mode: Mode) -> None:
    """Refuse what the HSM's mode forbids.

    Args:
        entry: the mechanism.
        operation: the field of the entry that is to be called, such as ``encrypt``.
        parameter: the mechanism's.
        mode: the HSM's.

    Raises:
        HsmError: ``MECHANISM_INVALID``.
    """
    if mode is not Mode.FIPS or entry.fips_ban is None or operation not in entry.fips_ban_covers:
        return
    if entry.fips_ban_on is None or entry.fips_ban_on(parameter):
        raise HsmError(
            ReturnCode.MECHANISM_INVALID,
            f"This HSM is in FIPS mode, which does not allow {entry.type.name} to {operation.replace('_', ' ')}: "
            f"{entry.fips_ban}.",
        )


def mode_of(hsm_type: HsmType, mode: Mode | None) -> Mode:
    """Return the mode that a new HSM gets.

    Args:
        hsm_type: of the HSM.
        mode: the one that is asked for; None for the usual one of the type.

    Raises:
        HsmError: ``ARGUMENTS_BAD`` if the type does not exist in the mode.
    """
    modes = PROFILES[hsm_type].modes
    if mode is not None and mode not in modes:
        raise HsmError(
            ReturnCode.ARGUMENTS_BAD,
            f"An HSM of the type {hsm_type} does not exist in the mode {mode}: it has {', '.join(modes)}.",
        )
    return modes[0] if mode is None else mode


def require_room(new: Sequence[HsmObject], held: KeyCount, profile: Profile) -> None:
    """Refuse persistent keys that the HSM has no room for (user guide, "limits").

    Args:
        new: the keys that are to be persistent.
        held: those that are so already.
        profile: the HSM's.

    Raises:
        HsmError: ``DEVICE_MEMORY``.
    """
    asymmetric = sum(obj.object_class is not ObjectClass.SECRET_KEY for obj in new)
    for held_now, added, limit, kind in (
        (held.all, len(new), profile.keys, "persistent keys"),
        (held.asymmetric, asymmetric, profile.asymmetric_keys, "persistent asymmetric keys, each half of a pair one"),
    ):
        if added and held_now + added > limit:
            raise HsmError(
                ReturnCode.DEVICE_MEMORY,
                f"An HSM of the type {profile.hsm_type} holds at most {limit:,} {kind}; this one has {held_now:,}. "
                "Delete keys that nobody needs any more (`hsmbridge key delete`), or make session keys (TOKEN=false), "
                "which do not count.",
            )


def require_key_type(key_type: KeyType, mode: Mode, profile: Profile) -> None:
    """Refuse to take in keys that the HSM's mode forbids, or its type does not have.

    Args:
        key_type: of the key.
        mode: the HSM's.
        profile: the HSM's.

    Raises:
        HsmError: ``KEY_TYPE_INCONSISTENT``.
    """
    if key_type in profile.key_bans:
        raise HsmError(
            ReturnCode.KEY_TYPE_INCONSISTENT,
            f"This HSM has no {key_type.name} keys: {profile.key_bans[key_type]}.",
        )
    if mode is Mode.FIPS and key_type in FIPS_KEY_BANS:
        raise HsmError(
            ReturnCode.KEY_TYPE_INCONSISTENT,
            f"This HSM is in FIPS mode, which has no {key_type.name} keys: {FIPS_KEY_BANS[key_type]}.",
        )
