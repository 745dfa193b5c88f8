"""The sessions of a daemon: who is logged in, and the session keys, for all workers together.

The supervisor keeps it. A worker asks for changes and copies what it needs; a number per session in shared memory, its
version, grows with each change, so that a worker sees without asking whether its copy is still good.
"""

from __future__ import annotations

import hashlib
import secrets
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from bridge.engine import HsmError, ReturnCode, Role
from bridge.engine.holdings import Presence, already_logged_in, not_logged_in, session_closed
from bridge.engine.users import Actor

_MOST_REMEMBERED = 1024
"""Keys of a session that are gone; who has not looked for longer copies everything."""

Packed = tuple[int, bytes, bytes]
"""A session key: its handle, its readable part and its value, as the store writes them."""

News = tuple[int, tuple[str, str, str] | None, bool, bool, Sequence[Packed], Sequence[int]]
"""A version, who is logged in then, whether the session has ended, whether the keys are all there are, keys that are
new or changed, and handles of keys that are gone."""


@dataclass
class _Entry:
    """One session."""

    number: int
    slot: int
    name: bytes
    identity: bytes
    cluster: str | None
    rules: Mapping[str, object]
    presence: Presence
    version: int = 0
    actor: Actor | None = None
    challenge: bytes | None = None
    keys: dict[int, tuple[int, bytes, bytes]] = field(default_factory=dict)
    gone: dict[int, int] = field(default_factory=dict)
    forgotten: int = 0
    """The newest version of whose keys that are gone nothing is known any more."""
    connections: Counter[int] = field(default_factory=Counter)
    holder: int | None = None


class Registry:
    """All sessions; used by one thread.

    Workers are named by numbers. Every method raises HsmError as :class:`bridge.engine.holdings.Holdings` says.
    """

    CALLS = (
        *("open", "join", "leave", "log_in", "log_out", "elsewhere", "challenge", "close"),
        *("put", "remove", "acquire", "release", "news"),
    )
    """What workers ask."""

    def __init__(self, versions: memoryview, presence: Callable[[str | None], Presence]) -> None:
        """Take what the sessions need.

        Args:
            versions: shared memory, an unsigned 64-bit number for each session that there may be.
            presence: returns who is logged in to a cluster's HSM. The logins are noted here and not by the workers,
                since they outlive a worker.
        """
        self._versions = versions
        self._presence = presence
        self._free = list(range(len(versions)))
        self._sessions: dict[int, _Entry] = {}
        self._names: dict[bytes, _Entry] = {}
        self._keys = 0
        # The audit log names sessions by their numbers, and outlives this daemon.
        self._last = secrets.randbits(31)

    @property
    def keys(self) -> int:
        """How many session keys there are."""
        return self._keys

    def __len__(self) -> int:
        return len(self._sessions)

    def open(
        self, worker: int, identity: bytes, cluster: str | None, rules: Mapping[str, object]
    ) -> tuple[int, int, bytes]:
        """Begin a session with one connection.

        Args:
            worker: that serves the connection.
            identity: of the peer; only such peers may join.
            cluster: whose HSM it is with.
            rules: of the session.

        Returns:
            The session's number, its place in the shared memory, and its secret name of 32 bytes.
        """
        if not self._free:
            raise HsmError(
                ReturnCode.SESSION_COUNT,
                f"The daemon has {len(self._sessions)} sessions, as many as it takes; close others.",
            )
        token, presence = secrets.token_bytes(32), self._presence(cluster)
        name = hashlib.sha256(token).digest()
        self._last += 1
        entry = _Entry(self._last, self._free.pop(), name, identity, cluster, dict(rules), presence)
        entry.connections[worker] = 1
        self._sessions[entry.number] = entry
        self._names[entry.name] = entry
        self._changed(entry)
        return entry.number, entry.slot, token

    def join(self, worker: int, identity: bytes, token: bytes) -> tuple[int, int, str | None, Mapping[str, object]]:
        """Add a connection to a session.

        Returns:
            The session's number, its place in the shared memory, its cluster and its rules.

        Raises:
            HsmError: ``SESSION_HANDLE_INVALID`` if there is no such session for this peer.
        """
        # Looked for by its hash, so that the time tells nothing of names that are nearly right.
        entry = self._names.get(hashlib.sha256(token).digest())
        if entry is None or entry.identity != identity:
            raise HsmError(
                ReturnCode.SESSION_HANDLE_INVALID, "There is no such session: it has ended, or never was for this peer."
            )
        entry.connections[worker] += 1
        return entry.number, entry.slot, entry.cluster, entry.rules

    def leave(self, worker: int, number: int) -> bool:
        """Take a connection away; with the last one the session ends, which the answer tells."""
        entry = self._sessions.get(number)
        if entry is None:
            return False
        entry.connections[worker] -= 1
        self._end_if_left(entry)
        return number not in self._sessions

    def worker_died(self, worker: int) -> None:
        """Take away all connections of a worker, and what it had reserved."""
        for entry in list(self._sessions.values()):
            if entry.holder == worker:
                entry.holder = None
            del entry.connections[worker]
            self._end_if_left(entry)

    def log_in(self, _worker: int, number: int, role: str, name: str, login: str) -> None:
        """See :meth:`bridge.engine.holdings.Holdings.log_in`."""
        entry = self._entry(number)
        if entry.actor is not None:
            raise already_logged_in(entry.actor)
        actor = Actor(Role(role), name, login)
        entry.presence.enter(actor)
        entry.actor = actor
        self._changed(entry)

    def log_out(self, _worker: int, number: int) -> None:
        """See :meth:`bridge.engine.holdings.Holdings.log_out`."""
        entry = self._entry(number)
        if entry.actor is None:
            raise not_logged_in()
        entry.presence.leave(entry.actor)
        entry.actor = None
        self._keys -= len(entry.keys)
        entry.keys.clear()
        entry.gone.clear()
        self._changed(entry)
        entry.forgotten = entry.version

    def elsewhere(self, _worker: int, number: int, role: str, name: str) -> bool:
        """See :meth:`bridge.engine.holdings.Holdings.elsewhere`."""
        entry = self._entry(number)
        return entry.presence.others(Actor(Role(role), name), entry.actor)

    def close(self, _worker: int, number: int) -> None:
        """See :meth:`bridge.engine.holdings.Holdings.close`."""
        entry = self._sessions.get(number)
        if entry is not None:
            self._end(entry)

    def challenge(self, _worker: int, number: int, digest: bytes | None) -> bytes | None:
        """See :meth:`bridge.engine.holdings.Holdings.challenge`."""
        entry = self._entry(number)
        digest, entry.challenge = entry.challenge, digest
        return digest

    def put(self, _worker: int, number: int, user: str, keys: Sequence[Packed]) -> int:
        """See :meth:`bridge.engine.holdings.Holdings.put`; returns the session's version afterwards."""
        entry = self._entry(number)
        if entry.actor is None or entry.actor.name != user:
            raise not_logged_in()
        if keys:
            self._changed(entry)
            self._keys -= len(entry.keys)
            entry.keys.update((handle, (entry.version, readable, value)) for handle, readable, value in keys)
            self._keys += len(entry.keys)
        return entry.version

    def remove(self, _worker: int, number: int, handle: int) -> None:
        """See :meth:`bridge.engine.holdings.Holdings.remove`."""
        entry = self._entry(number)
        if entry.keys.pop(handle, None) is not None:
            self._keys -= 1
            self._changed(entry)
            entry.gone[handle] = entry.version
            if len(entry.gone) > _MOST_REMEMBERED:
                entry.forgotten = entry.gone.pop(next(iter(entry.gone)))

    def acquire(self, worker: int, number: int) -> bool:
        """Reserve the right to change keys that there are, if no other worker has it."""
        entry = self._entry(number)
        if entry.holder is not None:
            return False
        entry.holder = worker
        return True

    def release(self, _worker: int, number: int) -> None:
        """Give that right back."""
        entry = self._sessions.get(number)
        if entry is not None:
            entry.holder = None

    def news(self, _worker: int, number: int, since: int) -> News:
        """Return what happened to a session after a version; 0 for everything."""
        entry = self._sessions.get(number)
        if entry is None:
            return 0, None, True, True, (), ()
        complete = since < entry.forgotten or since == 0
        keys = [
            (handle, readable, value)
            for handle, (version, readable, value) in entry.keys.items()
            if complete or version > since
        ]
        gone = () if complete else [handle for handle, version in entry.gone.items() if version > since]
        actor = None if entry.actor is None else (entry.actor.role.value, *entry.actor[1:])
        return entry.version, actor, False, complete, keys, gone

    def _entry(self, number: int) -> _Entry:
        entry = self._sessions.get(number)
        if entry is None:
            raise session_closed()
        return entry

    def _changed(self, entry: _Entry) -> None:
        # The number of the slot never goes back, whichever session has it.
        entry.version = self._versions[entry.slot] + 1
        self._versions[entry.slot] = entry.version

    def _end_if_left(self, entry: _Entry) -> None:
        if not any(count > 0 for count in entry.connections.values()):
            self._end(entry)

    def _end(self, entry: _Entry) -> None:
        del self._sessions[entry.number], self._names[entry.name]
        if entry.actor is not None:
            entry.presence.leave(entry.actor)
        self._keys -= len(entry.keys)
        self._changed(entry)
        self._free.append(entry.slot)
