"""What a session holds: its login, and the session keys that end with it."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from bridge.engine.errors import HsmError, ReturnCode
from bridge.engine.forks import renewed_in_forks
from bridge.engine.objects import HsmObject
from bridge.engine.users import Actor


class Presence(Protocol):
    """Who is logged in to the sessions of an HSM, those of other processes included; any thread may ask."""

    def enter(self, user: Actor) -> None:
        """Note that a session of this process logged a user in.

        Raises:
            HsmError: as :class:`bridge.engine.storage.Storage`.
        """

    def leave(self, user: Actor) -> None:
        """Note that such a login ended, once for each :meth:`enter`."""

    def others(self, user: Actor, asking: Actor | None) -> bool:
        """Tell whether a user is logged in to another session than the one that asks.

        The caller changes the HSM meanwhile, so that one asks at a time.

        Args:
            user: of any login.
            asking: who is logged in to the session that asks.

        Raises:
            HsmError: as :class:`bridge.engine.storage.Storage`.
        """

    def close(self) -> None:
        """End all logins of this process. In a fork of it, the logins stay with the parent."""


class Holdings(Protocol):
    """The login and the session keys of one session, which several processes may serve."""

    @property
    def number(self) -> int:
        """The session's number in the audit log, of 32 bits."""

    @property
    def user(self) -> Actor | None:
        """Who is logged in, as of now."""

    @property
    def closed(self) -> bool:
        """Whether the session has ended."""

    @property
    def version(self) -> int:
        """A number that was never the same before the latest change of login or keys."""

    def log_in(self, user: Actor) -> None:
        """Note who is logged in.

        Raises:
            HsmError: ``USER_ALREADY_LOGGED_IN`` if somebody is, ``SESSION_CLOSED``; as :meth:`Presence.enter`.
        """

    def log_out(self) -> None:
        """End the login, and destroy the keys.

        Raises:
            HsmError: ``USER_NOT_LOGGED_IN`` if nobody was.
        """

    def elsewhere(self, user: Actor) -> bool:
        """Tell whether a user is logged in to another session; called and raises as :meth:`Presence.others`."""

    def close(self) -> None:
        """End the session, and destroy the keys; closing twice does nothing."""

    def challenge(self, digest: bytes | None) -> bytes | None:
        """Keep what a second factor is to sign, or nothing, and return what was kept before."""

    def get(self, handle: int) -> HsmObject | None:
        """Return a session key."""

    def all(self) -> Sequence[HsmObject]:
        """Return all session keys."""

    def put(self, user: str, objects: Sequence[HsmObject]) -> None:
        """Add session keys, or replace those of the same handles, all or none.

        Raises:
            HsmError: ``USER_NOT_LOGGED_IN`` if the user of that name is no more; nothing was added then.
        """

    def remove(self, handle: int) -> None:
        """Let go of a session key; one that is gone already does not matter."""

    def exclusive(self) -> AbstractContextManager[object]:
        """Keep others from changing session keys that there are, for the length of a block."""


class LocalHoldings:
    """The holdings of a session that this process alone serves; implements :class:`Holdings`."""

    def __init__(self, presence: Presence) -> None:
        self._presence = presence
        self.number = secrets.randbits(32)
        self.user: Actor | None = None
        self.closed = False
        self.version = 0
        self._keys: dict[int, HsmObject] = {}
        self._challenge: bytes | None = None
        renewed_in_forks(self)

    def renew_locks(self) -> None:
        """See :class:`bridge.engine.forks.Locking`."""
        self._lock = threading.Lock()
        self._exclusive = threading.Lock()

    def log_in(self, user: Actor) -> None:
        """See :meth:`Holdings.log_in`."""
        with self._lock:
            if self.closed:
                raise session_closed()
            if self.user is not None:
                raise already_logged_in(self.user)
            self._presence.enter(user)
            self.user = user
            self._changed()

    def log_out(self) -> None:
        """See :meth:`Holdings.log_out`."""
        with self._lock:
            if self.user is None:
                raise not_logged_in()
            self._end_login(self.user)

    def close(self) -> None:
        """See :meth:`Holdings.close`."""
        with self._lock:
            self.closed = True
            if self.user is not None:
                self._end_login(self.user)
            self._changed()

    def _end_login(self, user: Actor) -> None:
        self._presence.leave(user)
        self.user = None
        self._keys.clear()
        self._changed()

    def elsewhere(self, user: Actor) -> bool:
        """See :meth:`Holdings.elsewhere`."""
        return self._presence.others(user, self.user)

    def challenge(self, digest: bytes | None) -> bytes | None:
        """See :meth:`Holdings.challenge`."""
        with self._lock:
            digest, self._challenge = self._challenge, digest
            return digest

    def get(self, handle: int) -> HsmObject | None:
        """See :meth:`Holdings.get`."""
        return self._keys.get(handle)

    def all(self) -> Sequence[HsmObject]:
        """See :meth:`Holdings.all`."""
        with self._lock:
            return list(self._keys.values())

    def put(self, user: str, objects: Sequence[HsmObject]) -> None:
        """See :meth:`Holdings.put`."""
        with self._lock:
            if self.user is None or self.user.name != user:
                raise not_logged_in()
            self._keys.update((obj.handle, obj) for obj in objects)
            self._changed()

    def remove(self, handle: int) -> None:
        """See :meth:`Holdings.remove`."""
        with self._lock:
            self._keys.pop(handle, None)
            self._changed()

    def exclusive(self) -> AbstractContextManager[object]:
        """See :meth:`Holdings.exclusive`."""
        return self._exclusive

    def _changed(self) -> None:
        # After the change: who reads the new number finds nothing of what was before.
        self.version += 1


def not_logged_in() -> HsmError:
    """Return the refusal of a session that nobody is logged in to."""
    return HsmError(
        ReturnCode.USER_NOT_LOGGED_IN,
        "No user is logged in to this session: set HSM_USER and HSM_PASSWORD, or log in explicitly.",
    )


def already_logged_in(user: Actor) -> HsmError:
    """Return the refusal of a second login."""
    return HsmError(
        ReturnCode.USER_ALREADY_LOGGED_IN,
        f"{user.role.value} {user.name!r} is already logged in to this session; log out first.",
    )


def session_closed() -> HsmError:
    """Return the refusal of a session that has ended."""
    return HsmError(ReturnCode.SESSION_CLOSED, "This session is closed; open a new one.")


def disconnected() -> HsmError:
    """Return the refusal of a session whose connections show no certificate, where everybody must."""
    return HsmError(
        ReturnCode.DEVICE_REMOVED,
        "HSM is disconnected: its mutual TLS enforcement is `cluster`, and this connection shows no client "
        "certificate. Connect over TLS with one, or have the admin set the enforcement to `none` on the home itself, "
        "without a daemon.",
    )
