"""One HSM: the state that all its sessions share."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

from bridge.engine.errors import HsmError, ReturnCode
from bridge.engine.objects import HsmObject, describe
from bridge.engine.session import Session, SessionRules
from bridge.engine.storage import Changes, Storage, Transaction
from bridge.engine.users import MAX_FAILURES, Role, User, new_user, password_is_right


class Hsm:
    """Users and token keys, kept in memory as the storage last told, and asked of it again when others changed it."""

    def __init__(self, storage: Storage, clock: Callable[[], float]) -> None:
        """Read the whole state.

        Args:
            storage: keeps what outlives the process.
            clock: returns seconds since 1970.

        Raises:
            HsmError: as :class:`Storage` says.
        """
        self._storage = storage
        self._clock = clock
        self._lock = threading.RLock()
        self._generation = 0
        self._objects: dict[int, HsmObject] = {}
        self._labels: dict[str, set[int]] = defaultdict(set)
        self._damaged: set[int] = set()
        self._users: dict[tuple[Role, str], User] = {}
        self._free_handles: Iterator[int] = iter(())
        self._apply(storage.changes_since(0))

    def initialize(self, admin_password: bytes, user: str, password: bytes) -> None:
        """Create the first admin, named ``admin``, and the first crypto user, both or none.

        Args:
            admin_password: 8 to 32 characters in UTF-8.
            user: name of the crypto user.
            password: the crypto user's, 8 to 32 characters in UTF-8.

        Raises:
            HsmError: ``ACTION_PROHIBITED`` if there are users, and as :func:`new_user`.
        """
        users = new_user(Role.ADMIN, "admin", admin_password), new_user(Role.CRYPTO_USER, user, password)
        with self.changing() as transaction:
            if self._users:
                raise HsmError(ReturnCode.ACTION_PROHIBITED, "This HSM already has its first users.")
            for new in users:
                transaction.put_user(new)

    def open_session(self, rules: SessionRules | None = None) -> Session:
        """Begin a session that nobody has logged in to.

        Args:
            rules: what the session does otherwise than sessions do; None for nothing.
        """
        return Session(self, rules or SessionRules())

    def close(self) -> None:
        """Let go of the storage."""
        self._storage.close()

    def authenticate(self, role: Role, name: str, password: bytes) -> User:
        """Check a user's password and count the wrong ones.

        The count is on disk before the answer is given. It is not counted up beforehand, so that many right logins
        at one moment do not lock the account between them; guesses made at one moment gain nothing by it, since
        each has its answer only after it has been counted.

        Raises:
            HsmError: ``PIN_INCORRECT`` for a wrong password or an unknown user alike, ``PIN_LOCKED``.
        """
        self.refresh()
        key = role, name.lower()
        user = known = self._users.get(key)
        right = password_is_right(known, password)
        if known is not None and (known.failures or not right):
            with self.changing() as transaction:
                user = self._users.get(key)
                right = right and user is not None and user.password == known.password
                if user is not None and not user.locked:
                    transaction.put_user(replace(user, failures=0 if right else user.failures + 1))
        if user is not None and user.locked:
            raise HsmError(
                ReturnCode.PIN_LOCKED,
                f"The account of {role.value} {key[1]!r} is locked after {MAX_FAILURES} wrong passwords; "
                "an admin unlocks it by setting a new password.",
            )
        if not right or user is None:
            raise HsmError(
                ReturnCode.PIN_INCORRECT,
                f"Wrong password, or no {role.value} {key[1]!r}; {MAX_FAILURES} wrong passwords lock an account.",
            )
        return user

    def replace_user(self, user: User) -> None:
        """Put a user's new record in place of the old one.

        Raises:
            HsmError: ``ARGUMENTS_BAD`` if there is no user of that role and name.
        """
        with self.changing() as transaction:
            if (user.role, user.name) not in self._users:
                raise HsmError(ReturnCode.ARGUMENTS_BAD, f"There is no {user.role.value} {user.name!r}.")
            transaction.put_user(user)

    def now_ms(self) -> int:
        """Return the time in milliseconds since 1970."""
        return int(self._clock() * 1000)

    def next_handle(self) -> int:
        """Return a handle that no key of this HSM has or had."""
        with self._lock:
            handle = next(self._free_handles, None)
            if handle is None:
                self._free_handles = iter(self._storage.allocate_handles())
                handle = next(self._free_handles)
            return handle

    def refresh(self) -> None:
        """Catch up with what other processes committed."""
        if self._storage.is_current(self._generation):
            return
        with self._lock:
            self._apply(self._storage.changes_since(self._generation))

    @contextmanager
    def changing(self) -> Iterator[Transaction]:
        """Begin a transaction that starts from the newest state and ends with this memory up to date.

        One thread of a process changes the HSM at a time. If the block raises, nothing has happened.
        """
        with self._lock:
            with self._storage.transaction() as transaction:
                self._apply(transaction.changes_since(self._generation))
                yield transaction
            self.refresh()

    def get(self, handle: int) -> HsmObject | None:
        """Return a token key as of the last refresh, whoever owns it.

        Raises:
            HsmError: ``DEVICE_ERROR`` if what is stored of it was tampered with.
        """
        obj = self._objects.get(handle)
        if obj is None and handle in self._damaged:
            raise self._damage([handle])
        return obj

    def all(self) -> Sequence[HsmObject]:
        """Return all token keys as of the last refresh.

        Raises:
            HsmError: ``DEVICE_ERROR`` if any stored key was tampered with: its label may be any that is looked for.
        """
        with self._lock:
            if self._damaged:
                raise self._damage(sorted(self._damaged))
            return list(self._objects.values())

    def labelled(self, label: str) -> Sequence[HsmObject]:
        """Return the token keys of a label as of the last refresh; raises as :meth:`all`."""
        with self._lock:
            if self._damaged:
                raise self._damage(sorted(self._damaged))
            return [self._objects[handle] for handle in self._labels.get(label, ())]

    def _apply(self, changes: Changes) -> None:
        with self._lock:
            gone = set(self._objects) if changes.complete else set(changes.destroyed)
            for handle in gone | {obj.handle for obj in changes.objects} | set(changes.damaged):
                self._damaged.discard(handle)
                old = self._objects.pop(handle, None)
                if old is not None:
                    self._labels[old.label].discard(handle)
            for obj in changes.objects:
                self._objects[obj.handle] = obj
                self._labels[obj.label].add(obj.handle)
            self._damaged.update(changes.damaged)
            self._users = {(user.role, user.name): user for user in changes.users}
            self._generation = changes.generation

    @staticmethod
    def _damage(handles: Sequence[int]) -> HsmError:
        names = ", ".join(describe(handle, "") for handle in handles)
        return HsmError(
            ReturnCode.DEVICE_ERROR,
            f"The stored record of {names} fails its integrity check: it was changed outside the HSM. "
            "Restore the home from a copy that is intact.",
        )
