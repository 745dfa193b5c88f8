"""What all sessions of one HSM share."""

from __future__ import annotations

import os
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace

from bridge.engine.attributes import Attribute, ObjectClass
from bridge.engine.audit import Entry, Event, Opcode
from bridge.engine.errors import HsmError, ReturnCode
from bridge.engine.forks import renewed_in_forks
from bridge.engine.holdings import Presence
from bridge.engine.objects import HsmObject, KeyCount, describe
from bridge.engine.quorum import Token
from bridge.engine.settings import PROFILES, HsmType, MtlsEnforcement, Profile, Settings
from bridge.engine.storage import Changes, Masker, Storage, Transaction
from bridge.engine.users import MAX_FAILURES, Actor, Role, User, password_is_right

_BIRTHS = {Role.CRYPTO_USER: Opcode.CREATE_USER, Role.APPLIANCE_USER: Opcode.CREATE_APPLIANCE_USER}
"""How the first users are recorded; all others are admins, with a password or before it."""


class State:
    """Users, settings and token keys as the storage last told, and asked of it again when others changed them.

    Attributes:
        generation: of the state as it is known here.
        is_current: tells whether the state of a generation is still the newest; :meth:`Storage.is_current` itself,
            because every use of a key asks it.
    """

    def __init__(
        self,
        storage: Storage,
        presence: Presence,
        clock: Callable[[], float],
        profiles: Mapping[HsmType, Profile] = PROFILES,
    ) -> None:
        """Read the whole state.

        Args:
            storage: keeps what outlives the process.
            presence: knows who is logged in.
            clock: returns seconds since 1970.
            profiles: what each type of HSM holds.

        Raises:
            HsmError: as :class:`Storage` says.
        """
        self._storage = storage
        self.is_current = storage.is_current
        self._presence = presence
        self._clock = clock
        self._profiles = profiles
        renewed_in_forks(self)
        self.generation = 0
        self._objects: dict[int, HsmObject] = {}
        self._labels: dict[str, set[int]] = defaultdict(set)
        self._asymmetric: set[int] = set()
        self._damaged: set[int] = set()
        self._users: dict[tuple[Role, str], User] = {}
        self._settings = Settings()
        self._tokens: tuple[Token, ...] = ()
        self.audits_crypto = False
        self._uncounted: dict[tuple[Role, str], int] = defaultdict(int)
        self._free_handles: Iterator[int] = iter(())
        self._handles_of = os.getpid()
        self._apply(storage.changes_since(0))

    def renew_locks(self) -> None:
        """See :class:`bridge.engine.forks.Locking`."""
        self._lock = threading.RLock()

    def close(self) -> None:
        """Let go of the storage; whoever is logged in counts as logged in no more."""
        self._presence.close()
        self._storage.close()

    def authenticate(self, role: Role, name: str, password: bytes, second_factor: Callable[[User], bool]) -> User:
        """Check a user's password, and the second factor of those who have one, and count the wrong ones.

        The count is on disk before the answer is given. It is not counted up beforehand, so that many right logins
        at one moment do not lock the account between them; guesses made at one moment gain nothing by it, since
        each has its answer only after it has been counted.

        Raises:
            HsmError: ``PIN_INCORRECT`` for a wrong password or an unknown user alike, ``PIN_LOCKED``.
        """
        self.refresh()
        key = role, name.lower()
        known = self._users.get(key)
        right = password_is_right(known, password) and known is not None and (not known.mfa or second_factor(known))
        # Checking takes long enough for others to lock the account, or change the password, meanwhile.
        self.refresh()
        user = self._users.get(key)
        right = right and _is_same(user, known)
        if user is not None and (user.failures or self._uncounted[key] or not right):
            user, right = self._count(key, known if right else None)
        if user is not None and user.locked:
            raise HsmError(
                ReturnCode.PIN_LOCKED,
                f"The account of {role.value} {key[1]!r} is locked after {MAX_FAILURES} wrong passwords; "
                f"{'another' if role is Role.ADMIN else 'an'} admin unlocks it by setting a new password.",
            )
        if not right or user is None:
            raise _wrong_login(role, key[1])
        return user

    def require_same(self, known: User) -> None:
        """Refuse a login that was right when it was checked, and is not now.

        Raises:
            HsmError: ``PIN_INCORRECT``.
        """
        self.refresh()
        if not _is_same(self._users.get((known.role, known.name)), known):
            raise _wrong_login(known.role, known.name)

    def _count(self, key: tuple[Role, str], known: User | None) -> tuple[User | None, bool]:
        """Count a password on disk.

        Args:
            key: the user's role and name.
            known: the user for whom the password was right; None if it was wrong.

        Returns:
            The user as before it, with failures that no disk took, and whether the password is right still.

        Raises:
            HsmError: as :class:`Storage`; what could not be written is counted in memory until it can.
        """
        with self._lock:
            uncounted = self._uncounted[key]
            self._uncounted[key] += known is None
            with self.changing() as transaction:
                user = self._users.get(key)
                right = _is_same(user, known)
                if user is not None:
                    user = replace(user, failures=user.failures + uncounted)
                    transaction.put_user(
                        user if user.locked else replace(user, failures=0 if right else user.failures + 1)
                    )
            self._uncounted[key] = 0
            return user, right

    def add_first_users(self, users: Sequence[User], settings: Settings) -> None:
        """Add users to an HSM that has none, with its settings, all of them or none.

        Raises:
            HsmError: ``ACTION_PROHIBITED`` if there are users.
        """
        with self.changing() as transaction:
            if self._users:
                raise HsmError(ReturnCode.ACTION_PROHIBITED, "This HSM already has its first users.")
            for number, user in enumerate(users, 1):
                transaction.put_user(replace(user, number=number))
            transaction.put_settings(settings)
            self._record_birth(transaction, users)

    def users(self) -> Sequence[User]:
        """Return all users, as of now."""
        self.refresh()
        return list(self._users.values())

    def knows(self, actor: Actor) -> bool:
        """Tell whether somebody who has logged in is still a user."""
        self.refresh()
        return actor[:2] in self._users

    def user(self, role: Role, name: str) -> User:
        """Return a user, as of the last refresh.

        Raises:
            HsmError: ``ARGUMENTS_BAD`` if there is no user of that role and name.
        """
        user = self._users.get((role, name.lower()))
        if user is None:
            raise HsmError(
                ReturnCode.ARGUMENTS_BAD, f"There is no {role.value} {name!r}; `hsmbridge user list` lists the users."
            )
        return user

    def tokens(self) -> Sequence[Token]:
        """Return all quorum tokens, as of now."""
        self.refresh()
        return self._tokens

    @property
    def identity(self) -> bytes:
        """16 bytes that name the HSM, and its copies."""
        return self._storage.identity

    @property
    def masker(self) -> Masker:
        """Encrypts what goes to copies of this HSM."""
        return self._storage.masker

    def _record_birth(self, transaction: Transaction, users: Sequence[User]) -> None:
        now = self.now_us()
        transaction.audit(Event(Opcode.INIT_TOKEN, now))
        for user in users:
            transaction.audit(Event(_BIRTHS.get(user.role, Opcode.CREATE_CO), now, user=Actor(user.role, user.name)))
        transaction.audit(Event(Opcode.INIT_DONE, now))

    def now_ms(self) -> int:
        """Return the time in milliseconds since 1970."""
        return int(self._clock() * 1000)

    def now_us(self) -> int:
        """Return the time in microseconds since 1970."""
        return int(self._clock() * 1_000_000)

    def record(self, entry: Entry) -> None:
        """Append an operation to the audit log that changes nothing of the state.

        Raises:
            HsmError: as :class:`Storage`.
        """
        self._storage.audit(entry.events(self.now_us()))
        entry.recorded = True

    def record_refusal(self, entry: Entry, code: ReturnCode) -> None:
        """Append the refusal of an operation to the audit log; raises as :meth:`record`."""
        if entry.user is not None and (entry.user.role, entry.user.name) not in self._users:
            entry.user = None
        self._storage.audit([entry.refusal(self.now_us(), code)])

    def next_handle(self) -> int:
        """Return a handle that no key of this HSM has or had."""
        with self._lock:
            handle = next(self._free_handles, None)
            if handle is None or self._handles_of != os.getpid():
                # A forked process must not give out its parent's handles.
                self._free_handles = iter(self._storage.allocate_handles())
                self._handles_of = os.getpid()
                handle = next(self._free_handles)
            return handle

    @property
    def settings(self) -> Settings:
        """The newest settings, whichever process set them.

        Raises:
            HsmError: as :class:`Storage`; ``DEVICE_ERROR`` if the stored ones were tampered with.
        """
        self.refresh()
        return self._settings

    @property
    def profile(self) -> Profile:
        """What this HSM holds and lets be done; its type never changes, so that nobody need ask for the newest."""
        return self._profiles[self._settings.hsm_type]

    @property
    def count(self) -> KeyCount:
        """How many token keys there are as of the last refresh, damaged ones among them."""
        return KeyCount(len(self._objects) + len(self._damaged), len(self._asymmetric))

    @property
    def enforces_mtls(self) -> bool:
        """Whether connections must show a client certificate, as of the last refresh."""
        return self._settings.mtls_enforcement is MtlsEnforcement.CLUSTER

    def configure(
        self,
        entry: Entry | None = None,
        /,
        *,
        clear_extraction: bool | None = None,
        implicit_import: bool | None = None,
        audit_crypto: bool | None = None,
    ) -> Settings:
        """Change settings in one transaction; what is None stays. The mode never changes.

        Args:
            entry: see :meth:`changing`.
            clear_extraction: see :class:`Settings`.
            implicit_import: see :class:`Settings`.
            audit_crypto: see :class:`Settings`.

        Returns:
            The settings as they are now.

        Raises:
            HsmError: as :class:`Storage`.
        """
        with self.changing(entry) as transaction:
            old = self._settings
            new = replace(
                old,
                clear_extraction=old.clear_extraction if clear_extraction is None else clear_extraction,
                implicit_import=old.implicit_import if implicit_import is None else implicit_import,
                audit_crypto=old.audit_crypto if audit_crypto is None else audit_crypto,
            )
            if new != old:
                transaction.put_settings(new)
        return new

    def refresh(self) -> None:
        """Catch up with what other processes committed."""
        if self.is_current(self.generation):
            return
        with self._lock:
            self._apply(self._storage.changes_since(self.generation))

    @contextmanager
    def changing(self, entry: Entry | None = None) -> Iterator[Transaction]:
        """Begin a transaction that starts from the newest state and ends with this memory up to date.

        One thread of a process changes the HSM at a time. If the block raises, nothing has happened.

        Args:
            entry: an operation that is done with the block, and recorded in the audit log by the same transaction.
        """
        with self._lock:
            with self._storage.transaction() as transaction:
                self._apply(transaction.changes_since(self.generation))
                yield transaction
                if entry is not None:
                    for event in entry.events(self.now_us()):
                        transaction.audit(event)
            if entry is not None:
                entry.recorded = True
            # What was committed stays so: if it cannot be read back now, the next use says why.
            with suppress(HsmError):
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
            new = {obj.handle: obj for obj in changes.objects}
            gone = set(self._objects) - new.keys() if changes.complete else set(changes.destroyed)
            known = [*gone, *changes.damaged, *new] if self._objects or self._damaged else []
            for handle in known:
                self._damaged.discard(handle)
                old = self._objects.get(handle)
                if old is not None:
                    self._forget_label(old)
            # Others read while this goes on: a key that changes is there at every moment.
            self._objects.update(new)
            for obj in changes.objects:
                self._labels[obj.label].add(obj.handle)
                # Not by its property, which would be made for thousands that are never used.
                if obj.attributes[Attribute.CLASS] != ObjectClass.SECRET_KEY:
                    self._asymmetric.add(obj.handle)
            for handle in [*gone, *changes.damaged]:
                self._objects.pop(handle, None)
                self._asymmetric.discard(handle)
            self._damaged.update(changes.damaged)
            self._users = {(user.role, user.name): user for user in changes.users}
            self._settings = changes.settings
            self._tokens = changes.tokens
            self.audits_crypto = changes.settings.audit_crypto
            self.generation = changes.generation

    def _forget_label(self, obj: HsmObject) -> None:
        handles = self._labels[obj.label]
        handles.discard(obj.handle)
        if not handles:
            del self._labels[obj.label]

    @staticmethod
    def _damage(handles: Sequence[int]) -> HsmError:
        names = ", ".join(describe(handle, "") for handle in handles)
        return HsmError(
            ReturnCode.DEVICE_ERROR,
            f"The stored record of {names} fails its integrity check: it was changed outside the HSM. "
            "Restore the home from a copy that is intact.",
        )


def _wrong_login(role: Role, name: str) -> HsmError:
    return HsmError(
        ReturnCode.PIN_INCORRECT,
        f"Wrong password, or no {role.value} {name!r}; {MAX_FAILURES} wrong passwords lock an account. "
        "Users with a second factor give it with the password.",
    )


def _is_same(user: User | None, known: User | None) -> bool:
    """Tell whether what is right for one user is right for another, or for the same one later."""
    return user is not None and known is not None and _secrets(user) == _secrets(known)


def _secrets(user: User) -> tuple[object, ...]:
    """Return all that a login is checked against."""
    return user.password, user.mfa, user.approver_key
