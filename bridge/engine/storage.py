"""What the engine asks of whatever keeps its state; :mod:`bridge.store` implements it on disk."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from bridge.engine.audit import Event
from bridge.engine.objects import HsmObject
from bridge.engine.quorum import Token
from bridge.engine.settings import Settings
from bridge.engine.users import User


@dataclass(frozen=True)
class Changes:
    """What happened since a generation.

    Attributes:
        generation: the state's number after these changes.
        complete: whether ``objects`` holds every key there is, so that all others are gone.
        objects: keys that are new or changed.
        damaged: handles of stored keys whose seal is broken.
        destroyed: handles of keys that are gone.
        users: all users, whether changed or not.
        settings: the HSM's, whether changed or not; the defaults if none were ever kept.
        tokens: all quorum tokens, whether changed or not.
    """

    generation: int
    complete: bool
    objects: tuple[HsmObject, ...]
    damaged: tuple[int, ...]
    destroyed: tuple[int, ...]
    users: tuple[User, ...]
    settings: Settings
    tokens: tuple[Token, ...] = ()


class Transaction(Protocol):
    """A set of changes that happens as a whole or not at all; nobody else changes anything meanwhile."""

    def changes_since(self, generation: int) -> Changes:
        """As :meth:`Storage.changes_since`, seen from inside the transaction."""

    def put_object(self, obj: HsmObject) -> None:
        """Add a key, or replace the one of the same handle."""

    def delete_object(self, handle: int) -> None:
        """Destroy a key."""

    def put_user(self, user: User) -> None:
        """Add a user, or replace the one of the same role and name."""

    def delete_user(self, user: User) -> None:
        """Let a user be no more."""

    def put_token(self, token: Token) -> None:
        """Add a quorum token."""

    def delete_token(self, token: Token) -> None:
        """Let a quorum token be no more."""

    def put_settings(self, settings: Settings) -> None:
        """Keep the HSM's settings in place of the old ones."""

    def audit(self, event: Event) -> None:
        """Append to the audit log, together with the changes or not at all."""


class Masker(Protocol):
    """Encrypts whole keys and users for the copies of an HSM, under a key that never leaves any of them."""

    @property
    def lineage(self) -> bytes:
        """16 bytes that are equal exactly where the keys are, so that one can open what the other made."""

    def mask(self, what: HsmObject | User, /) -> bytes:
        """Return a key or a user, everything of it, encrypted."""

    def unmask(self, blob: bytes, /) -> HsmObject | User:
        """Return the key or the user that was masked, as it was where it comes from.

        Raises:
            HsmError: ``ACTION_PROHIBITED`` if it comes from an HSM that shares no key with this one,
                ``ENCRYPTED_DATA_INVALID`` if it was changed, or is nothing of that sort.
        """


class Storage(Protocol):
    """Keeps users, settings, quorum tokens and token keys; several processes may share one.

    Every method raises HsmError: ``DEVICE_MEMORY`` if the disk is full, ``TOKEN_WRITE_PROTECTED`` if it may not be
    written, ``DEVICE_ERROR`` if what is stored is not what was written, ``FUNCTION_FAILED`` if others hold it.
    """

    @property
    def identity(self) -> bytes:
        """16 bytes that name what is kept, and its copies."""

    @property
    def masker(self) -> Masker:
        """Encrypts what goes to copies of what is kept."""

    def is_current(self, generation: int) -> bool:
        """Tell whether a state of that generation is still the newest; quick enough to ask at each use."""

    def changes_since(self, generation: int) -> Changes:
        """Return what happened after a generation; 0 for everything."""

    def allocate_handles(self) -> range:
        """Return handles that nobody else has got or will get."""

    def transaction(self) -> AbstractContextManager[Transaction]:
        """Begin a transaction; it is durable when the block is left, and undone if the block raises."""

    def audit(self, events: Sequence[Event]) -> None:
        """Append to the audit log what changes nothing of the state.

        It outlives this process when the method returns; a failing machine may lose the last ones.
        """

    def close(self) -> None:
        """Let go of files; the storage is of no more use."""
