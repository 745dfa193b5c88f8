"""Whole keys and users on their way between clones: masked objects (user guide, "cloned-clusters")."""

from __future__ import annotations

import hmac
from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import TypeVar

from bridge.engine import policy
from bridge.engine.accounts import require_people
from bridge.engine.attributes import Attribute
from bridge.engine.audit import Opcode
from bridge.engine.errors import HsmError, ReturnCode
from bridge.engine.keyring import Keyring
from bridge.engine.objects import HsmObject
from bridge.engine.quorum import NO_QUORUM, Approval
from bridge.engine.users import Actor, Role, User, UserInfo

_Masked = TypeVar("_Masked", HsmObject, User)


class Masking(Keyring):
    """What a session does about masked objects.

    A masked object holds everything of a key or a user, and opens in the HSM that it comes from and in its clones: the
    HSMs that have the same masking key. No attribute keeps a key from being masked, as it stays among HSMs.
    """

    @property
    def lineage(self) -> bytes:
        """16 bytes that are equal for clones, and differ for all other HSMs; anybody may know."""
        return self._state.masker.lineage

    def extract_masked(self, handle: int) -> bytes:
        """Return a token key, with its value, attributes, owner, shares and quorum values, for a clone.

        Args:
            handle: of a key that the user owns; an admin names any.

        Raises:
            HsmError: ``OBJECT_HANDLE_INVALID``, ``DEVICE_ERROR``; ``ACTION_PROHIBITED`` for a session key, or if the
                crypto user does not own the key.
        """
        with self._audited(Opcode.EXTRACT_MASKED_OBJECT_USER, key=handle) as entry:
            user = self._viewer()
            obj = self._resolve(handle, user)
            entry.on(obj)
            _require_replicable(obj, user)
            return self._state.masker.mask(obj)

    def insert_masked(self, blob: bytes) -> int:
        """Add a key that :meth:`extract_masked` returned, here or in a clone, just as it was there.

        Args:
            blob: of a key that the user owns; an admin brings any.

        Returns:
            The handle of the key here, which is a new one: in each clone the handles go on by themselves.

        Raises:
            HsmError: ``ACTION_PROHIBITED`` if the blob comes from no clone, if the crypto user does not own the key, if
                it is trusted or has quorum values and no admin brings it, or if it is here already;
                ``ENCRYPTED_DATA_INVALID`` if the blob was changed; ``ARGUMENTS_BAD`` if it holds a user, or the key's
                owner, or somebody with whom it is shared, is no crypto user here; ``KEY_TYPE_INCONSISTENT`` if the HSM
                has no such keys, ``DEVICE_MEMORY`` if it is full; ``FUNCTION_FAILED`` if keys must be on more HSMs; as
                :class:`Storage` if it cannot be kept.
        """
        with self._audited(Opcode.INSERT_MASKED_OBJECT_USER) as entry:
            user = self._viewer()
            sent = self._unmasked(blob, HsmObject)
            _require_replicable(sent, user)
            _require_trust_by_admin(sent, user)
            policy.require_key_type(sent.key_type, self._state.settings.mode, self._state.profile)
            obj = replace(sent, handle=self._state.next_handle())
            entry.makes([obj])
            with self._state.changing(entry) as transaction:
                _require_users(sent, self._crypto_users())
                _require_no_duplicate(sent, self._state.all())
                self._put_keys(transaction, [obj])
            return obj.handle

    def extract_masked_user(self, role: Role, name: str) -> bytes:
        """Return a user, with password, second factor and approver's key, for a clone.

        Args:
            role: of the user.
            name: of the user.

        Raises:
            HsmError: ``ACTION_PROHIBITED`` unless an admin asks, ``ARGUMENTS_BAD`` if there is no such user.
        """
        with self._audited(Opcode.EXTRACT_MASKED_USER, user=Actor(role, name.lower())):
            self._admin("replicates users")
            require_people(role)
            return self._state.masker.mask(self._state.user(role, name))

    def insert_masked_user(self, blob: bytes, approval: Approval | None = None) -> UserInfo:
        """Add a user that :meth:`extract_masked_user` returned, here or in a clone.

        The user's number is kept if it is free. Wrong passwords are counted by each HSM for itself, and begin anew.

        Args:
            blob: of a user.
            approval: for the service ``USER``, if that has a quorum value: the user comes to be here as by
                :meth:`create_user`.

        Raises:
            HsmError: ``ACTION_PROHIBITED`` unless an admin asks, or if the blob comes from no clone;
                ``ENCRYPTED_DATA_INVALID`` if it was changed; ``ARGUMENTS_BAD`` if it holds a key, or there is such a
                user; ``DEVICE_MEMORY`` if there is no room, ``QUORUM_REQUIRED``, ``QUORUM_FAILED``.
        """
        with self._audited(Opcode.INSERT_MASKED_USER) as entry:
            self._admin("replicates users")
            sent = self._unmasked(blob, User)
            entry.user = Actor(sent.role, sent.name)
            require_people(sent.role)
            with self._state.changing(entry) as transaction:
                return self._add_user(transaction, replace(sent, failures=0), approval).info

    def _unmasked(self, blob: bytes, kind: type[_Masked]) -> _Masked:
        found = self._state.masker.unmask(blob)
        if not isinstance(found, kind):
            wanted, other = ("user", "key") if kind is User else ("key", "user")
            raise HsmError(ReturnCode.ARGUMENTS_BAD, f"This masked object is a {other}, where a {wanted} is inserted.")
        return found


def _require_replicable(obj: HsmObject, user: str | None) -> None:
    """Refuse to copy a key to or from a clone (user guide, "cloudhsm_cli-key-replicate").

    Args:
        obj: the key.
        user: the crypto user who asks; None for an admin.

    Raises:
        HsmError: ``ACTION_PROHIBITED``.
    """
    if not obj.attributes[Attribute.TOKEN]:
        raise HsmError(
            ReturnCode.ACTION_PROHIBITED,
            f"{obj} is a session key, which never leaves its session; set token to true, then replicate it.",
        )
    if user is not None and obj.owner != user:
        raise HsmError(
            ReturnCode.ACTION_PROHIBITED,
            f"Only its owner, crypto user {obj.owner!r}, and admins replicate {obj}.",
        )


def _require_trust_by_admin(obj: HsmObject, user: str | None) -> None:
    """Refuse a key from a clone whose owner alone could not have brought it to this: trusted, or with quorum values.

    Args:
        obj: the key, as it was there.
        user: the crypto user who asks; None for an admin.

    Raises:
        HsmError: ``ACTION_PROHIBITED``.
    """
    if user is not None and (Attribute.TRUSTED in obj.allowed or obj.quorum != NO_QUORUM):
        what = "is trusted" if Attribute.TRUSTED in obj.allowed else "has quorum values"
        raise HsmError(ReturnCode.ACTION_PROHIBITED, f"{obj} {what}: only an admin replicates it.")


def _require_users(obj: HsmObject, names: Collection[str]) -> None:
    """Refuse a key from a clone while those who may use it are not known here.

    Args:
        obj: the key, as it was there.
        names: of the crypto users here.

    Raises:
        HsmError: ``ARGUMENTS_BAD``.
    """
    missing = [] if obj.owner in names else [f"its owner, crypto user {obj.owner!r}"]
    missing += [
        f"crypto user {name!r}, with whom it is shared" for name in sorted(obj.shared_with) if name not in names
    ]
    if missing:
        raise HsmError(
            ReturnCode.ARGUMENTS_BAD,
            f"The destination of {obj} does not have {' and '.join(missing)}: replicate users first, with "
            "`hsmbridge user replicate`.",
        )


def _require_no_duplicate(obj: HsmObject, others: Sequence[HsmObject]) -> None:
    """Refuse a key from a clone that is here already.

    Args:
        obj: the key, as it was there.
        others: the persistent keys here. Under another label it is the same key all the same: or else its owner could
            take back what was laid down for it since then.

    Raises:
        HsmError: ``ACTION_PROHIBITED``.
    """
    for other in others:
        if (other.owner, other.object_class, other.key_type) == (obj.owner, obj.object_class, obj.key_type) and (
            hmac.compare_digest(other.material, obj.material)
        ):
            raise HsmError(
                ReturnCode.ACTION_PROHIBITED,
                f"The destination has that key already, with the same value and owner: {other}. Delete it first, if it "
                "is to be replaced.",
            )
