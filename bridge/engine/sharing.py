"""Who sees a key and may use it: its owner, and those with whom it is shared."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from bridge.engine import policy
from bridge.engine.accounts import Accounts
from bridge.engine.audit import Opcode
from bridge.engine.errors import HsmError, ReturnCode
from bridge.engine.objects import HsmObject
from bridge.engine.quorum import Approval, KeyQuorum, Service, require_key_quorum
from bridge.engine.users import Role


class Sharing(Accounts):
    """What a session does about the users of keys."""

    def share(self, handle: int, name: str, approval: Approval | None = None) -> None:
        """Let another crypto user use a key: all but to delete, wrap, share or derive from it, or to change it.

        Args:
            handle: of a private or secret token key that the user owns.
            name: of the other crypto user.
            approval: for ``KEY_MANAGEMENT``, if the key has a quorum value.

        Raises:
            HsmError: ``OBJECT_HANDLE_INVALID``; ``ACTION_PROHIBITED`` if the user does not own the key, or it is not
                shared; ``ARGUMENTS_BAD`` if there is no such crypto user, or it has the key already;
                ``QUORUM_REQUIRED``, ``QUORUM_FAILED``.
        """
        self._reshare(handle, approval, lambda obj: self._shared(obj, [*obj.shared_with, name]))

    def unshare(self, handle: int, name: str, approval: Approval | None = None) -> None:
        """Let another crypto user use a key no more; arguments and refusals are those of :meth:`share`."""

        def without(obj: HsmObject) -> HsmObject:
            if name.lower() not in obj.shared_with:
                raise HsmError(ReturnCode.ARGUMENTS_BAD, f"{obj} is not shared with a crypto user {name!r}.")
            users = obj.shared_with - {name.lower()}
            require_key_quorum(obj.quorum, 1 + len(users))
            return replace(obj, shared_with=users)

        self._reshare(handle, approval, without)

    def _reshare(self, handle: int, approval: Approval | None, change: Callable[[HsmObject], HsmObject]) -> None:
        with self._audited(Opcode.SHARE_OBJECT, key=handle) as entry:
            user = self._crypto_user()
            # A session key is no token key, which alone the transaction knows.
            policy.require_shareable(self._resolve(handle, user), user)
            with self._state.changing(entry) as transaction:
                obj = self._resolve(handle, user)
                entry.on(obj)
                policy.require_shareable(obj, user)
                changed = change(obj)
                self._approve_for_key(transaction, approval, Service.KEY_MANAGEMENT, obj)
                transaction.put_object(changed)

    def _controlled(self, obj: HsmObject, shared_with: Iterable[str], quorum: KeyQuorum) -> HsmObject:
        """Return a new key with those who may use it, and the approvals that it needs."""
        names = list(shared_with)
        if names:
            policy.require_shareable(obj, obj.owner)
            obj = self._shared(obj, names)
        require_key_quorum(quorum, 1 + len(obj.shared_with))
        return replace(obj, quorum=quorum)

    def _shared(self, obj: HsmObject, names: Sequence[str]) -> HsmObject:
        """Return a key that is shared with so many, each of whom exists and is named once."""
        users = frozenset(self._state.user(Role.CRYPTO_USER, name).name for name in names)
        if len(users) < len(names) or obj.owner in users:
            raise HsmError(
                ReturnCode.ARGUMENTS_BAD,
                f"{obj} is shared with that crypto user already, or owned by it; name each once, and not the owner.",
            )
        return replace(obj, shared_with=users)

    def _resolve(self, handle: int, user: str | None) -> HsmObject:
        obj = self._holdings.get(handle)
        if obj is not None:
            return obj
        self._state.refresh()
        obj = self._state.get(handle)
        if obj is None or not (user is None or policy.visible(obj, user)):
            raise policy.unknown(handle)
        return obj
