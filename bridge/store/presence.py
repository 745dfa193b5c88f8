"""Who is logged in to the HSM of a home: a lock file for each user, shared by the processes with logins of the user.

The operating system releases the locks of a process that ends, however it ends. The files stay; they are empty.
"""

from __future__ import annotations

import os
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from weakref import WeakSet

from bridge.engine.users import Actor, Role
from bridge.store.errors import translating
from bridge.store.files import OWNER_ONLY

if sys.platform != "win32":
    import fcntl

LOGINS = "logins"
"""The folder of the lock files in a home."""

_FOLDER_MODE = 0o700


@dataclass
class _Held:
    """The lock of one user, that this process shares.

    Attributes:
        descriptor: of the file; None where there are no such locks.
        logins: how many this process has.
    """

    descriptor: int | None
    logins: int = 0


class HomePresence:
    """The logins of one home; implements :class:`bridge.engine.holdings.Presence`.

    Where there are no such locks, the logins of other processes are not seen.
    """

    def __init__(self, home: Path) -> None:
        """Take the home's folder; nothing is opened before somebody logs in."""
        self._home = home
        self._lock = threading.Lock()
        self._held: dict[tuple[Role, str], _Held] = {}
        _ALL.add(self)

    def enter(self, user: Actor) -> None:
        """See :meth:`bridge.engine.holdings.Presence.enter`."""
        with translating(self._home), self._lock:
            held = self._held.get(user[:2])
            if held is None:
                held = self._held[user[:2]] = _Held(self._share(user[:2]))
            held.logins += 1

    def leave(self, user: Actor) -> None:
        """See :meth:`bridge.engine.holdings.Presence.leave`."""
        with self._lock:
            held = self._held.get(user[:2])
            if held is not None:
                held.logins -= 1
                if not held.logins:
                    del self._held[user[:2]]
                    _release(held)

    def others(self, user: Actor, asking: Actor | None) -> bool:
        """See :meth:`bridge.engine.holdings.Presence.others`."""
        with translating(self._home), self._lock:
            held = self._held.get(user[:2])
            if held is None:
                return self._somebody_shares(user[:2])
            if held.logins > (asking is not None and asking[:2] == user[:2]):
                return True
            return held.descriptor is not None and not _is_alone(held.descriptor)

    def close(self) -> None:
        """See :meth:`bridge.engine.holdings.Presence.close`."""
        with self._lock:
            while self._held:
                _release(self._held.popitem()[1])

    def forked(self) -> None:
        """Take locks of its own for a fork of the process that logged in; no other thread is there yet.

        The fork is logged in too, for as long as it likes: what its parent lets go is the parent's share only.
        """
        self._lock = threading.Lock()
        for user, held in self._held.items():
            inherited, held.descriptor = held.descriptor, self._share(user)
            if inherited is not None:
                os.close(inherited)

    def _share(self, user: tuple[Role, str]) -> int | None:
        """Take part in a user's lock; return its descriptor, or None where there are no such locks."""
        if sys.platform == "win32":
            return None
        path = self._path(user)
        path.parent.mkdir(_FOLDER_MODE, exist_ok=True)
        descriptor = _opened(path, os.O_CREAT)
        # Who asks has it alone for the length of two calls of the system.
        fcntl.flock(descriptor, fcntl.LOCK_SH)
        return descriptor

    def _somebody_shares(self, user: tuple[Role, str]) -> bool:
        if sys.platform == "win32":
            return False
        try:
            descriptor = _opened(self._path(user))
        except FileNotFoundError:
            return False
        try:
            return not _is_alone(descriptor)
        finally:
            os.close(descriptor)

    def _path(self, user: tuple[Role, str]) -> Path:
        role, name = user
        return self._home / LOGINS / f"{role.value}.{name}"


def _opened(path: Path, flags: int = 0) -> int:
    return os.open(path, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC | flags, OWNER_ONLY)


def _is_alone(descriptor: int) -> bool:
    """Tell whether nobody else shares a lock; afterwards it is shared through this descriptor.

    An attempt to have it alone gives up the share first, and so does the return to it. Nobody else asks meanwhile:
    who does holds the database's write lock.
    """
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        alone = True
    except BlockingIOError:
        alone = False
    fcntl.flock(descriptor, fcntl.LOCK_SH)
    return alone


def _release(held: _Held) -> None:
    if held.descriptor is not None:
        # A program that is being started may have the same descriptor for a moment longer.
        fcntl.flock(held.descriptor, fcntl.LOCK_UN)
        os.close(held.descriptor)


_ALL: WeakSet[HomePresence] = WeakSet()


def _forked() -> None:
    for presence in list(_ALL):
        presence.forked()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forked)
