"""Whole keys and users on their way between clones: masked objects (user guide, "cloned-clusters")."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar

from bridge.engine import policy
from bridge.engine.accounts import require_people
from bridge.engine.audit import Opcode
from bridge.engine.errors import HsmError, ReturnCode
from bridge.engine.keyring import Keyring
from bridge.engine.objects import HsmObject
from bridge.engine.quorum import Approval
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
            policy.require_replicable(obj, user)
            return self._state.masker.mask(obj)

    def insert_masked(self, blob: bytes) -> int:
        """Add a key that :meth:`extract_masked` returned, here or in a clone, just as it was there.

        Args:
            blob: of a key that the user owns; an admin brings any.

        Returns:
            The handle of the key here, which is a new one: in each clone the handles go on by themselves.

        Raises:
            HsmError: ``ACTION_PROHIBITED`` if the blob comes from no clone, if the crypto user does not own the key, or
                if it is here already; ``ENCRYPTED_DATA_INVALID`` if the blob was changed; ``ARGUMENTS_BAD`` if it holds
                a user, or the key's owner, or somebody with whom it is shared, is no crypto user here;
                ``KEY_TYPE_INCONSISTENT`` if the HSM has no such keys, ``DEVICE_MEMORY`` if it is full;
                ``FUNCTION_FAILED`` if keys must be on more HSMs; as :class:`Storage` if it cannot be kept.
        """
        with self._audited(Opcode.INSERT_MASKED_OBJECT_USER) as entry:
            user = self._viewer()
            sent = self._unmasked(blob, HsmObject)
            policy.require_replicable(sent, user)
            policy.require_available(self._rules.min_hsms)
            policy.require_key_type(sent.key_type, self._state.settings.mode, self._state.profile)
            obj = replace(sent, handle=self._state.next_handle())
            entry.makes([obj])
            with self._state.changing(entry) as transaction:
                users = {user.name for user in self._state.users() if user.role is Role.CRYPTO_USER}
                policy.require_users(sent, users)
                policy.require_no_duplicate(sent, self._state.labelled(sent.label))
                self._require_room([obj])
                transaction.put_object(obj)
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
