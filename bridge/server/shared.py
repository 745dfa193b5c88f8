"""A worker's side of the registry: holdings that several workers share."""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import msgpack

from bridge.engine import HsmError, ReturnCode, Role
from bridge.engine.objects import HsmObject
from bridge.engine.users import Actor
from bridge.server.pipe import receive, send
from bridge.store.codec import decode_object, encode_object

_PATIENCE_SECONDS = 30.0
_PAUSE_SECONDS = 0.001


class RegistryClient:
    """Asks the supervisor's registry; any thread of the worker may."""

    def __init__(self, pipe: socket.socket, versions: memoryview) -> None:
        """Take a blocking socket to the supervisor, and the shared memory of the sessions' versions."""
        self._pipe = pipe
        self._lock = threading.Lock()
        self.versions = versions

    def ask(self, method: str, *arguments: object) -> Any:
        """Call a method of :class:`bridge.server.registry.Registry`, or of the supervisor itself.

        Raises:
            HsmError: as the method.
        """
        with self._lock:
            try:
                send(self._pipe, msgpack.packb((method, *arguments)))
                answer = receive(self._pipe)
            except OSError:
                answer = None
        if answer is None:
            # Without its supervisor a worker knows no session, and its clients go to the next daemon.
            os._exit(os.EX_UNAVAILABLE)
        code, result = msgpack.unpackb(answer, use_list=False)
        if code:
            raise HsmError(ReturnCode(code), result)
        return result


class SharedHoldings:
    """What a session holds, as a copy that follows the registry; implements :class:`Holdings`."""

    def __init__(self, registry: RegistryClient, number: int, slot: int) -> None:
        """Take the session's number and its place in the shared memory."""
        self._registry = registry
        self._versions = registry.versions
        self._number = number
        self._slot = slot
        self._version = 0
        self._lock = threading.Lock()
        self._changing = threading.Lock()
        self._user: Actor | None = None
        self._closed = False
        self._keys: dict[int, HsmObject] = {}

    @property
    def number(self) -> int:
        """See :attr:`Holdings.number`."""
        return self._number

    @property
    def user(self) -> Actor | None:
        """See :attr:`Holdings.user`."""
        self._follow()
        return self._user

    @property
    def closed(self) -> bool:
        """See :attr:`Holdings.closed`."""
        self._follow()
        return self._closed

    @property
    def version(self) -> int:
        """See :attr:`Holdings.version`."""
        return self._versions[self._slot]

    def log_in(self, user: Actor) -> None:
        """See :meth:`Holdings.log_in`."""
        self._registry.ask("log_in", self._number, user.role.value, *user[1:])

    def log_out(self) -> None:
        """See :meth:`Holdings.log_out`."""
        self._registry.ask("log_out", self._number)

    def elsewhere(self, user: Actor) -> bool:
        """See :meth:`Holdings.elsewhere`."""
        elsewhere: bool = self._registry.ask("elsewhere", self._number, user.role.value, user.name)
        return elsewhere

    def close(self) -> None:
        """See :meth:`Holdings.close`."""
        self._registry.ask("close", self._number)

    def challenge(self, digest: bytes | None) -> bytes | None:
        """See :meth:`Holdings.challenge`."""
        kept: bytes | None = self._registry.ask("challenge", self._number, digest)
        return kept

    def get(self, handle: int) -> HsmObject | None:
        """See :meth:`Holdings.get`."""
        self._follow()
        return self._keys.get(handle)

    def all(self) -> Sequence[HsmObject]:
        """See :meth:`Holdings.all`."""
        self._follow()
        with self._lock:
            return list(self._keys.values())

    def put(self, user: str, objects: Sequence[HsmObject]) -> None:
        """See :meth:`Holdings.put`."""
        packed = [(obj.handle, encode_object(obj), obj.material) for obj in objects]
        version = self._registry.ask("put", self._number, user, packed)
        with self._lock:
            # If nobody else changed anything meanwhile, this is all the news there is.
            if objects and version == self._version + 1:
                self._keys.update((obj.handle, obj) for obj in objects)
                self._version = version

    def remove(self, handle: int) -> None:
        """See :meth:`Holdings.remove`."""
        self._registry.ask("remove", self._number, handle)

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        """See :meth:`Holdings.exclusive`.

        Raises:
            HsmError: ``FUNCTION_FAILED`` if another worker does not finish.
        """
        with self._changing:
            patient_until = time.monotonic() + _PATIENCE_SECONDS
            while not self._registry.ask("acquire", self._number):
                if time.monotonic() > patient_until:
                    raise HsmError(
                        ReturnCode.FUNCTION_FAILED, "Another change of a key of this session does not end; try again."
                    )
                time.sleep(_PAUSE_SECONDS)
            try:
                yield
            finally:
                self._registry.ask("release", self._number)

    def _follow(self) -> None:
        if self._versions[self._slot] != self._version:
            self._catch_up()

    def _catch_up(self) -> None:
        with self._lock:
            # Read before asking: what changes meanwhile is news again next time.
            version = self._versions[self._slot]
            if version == self._version or self._closed:
                return
            newest, actor, closed, complete, keys, gone = self._registry.ask("news", self._number, self._version)
            fresh = {handle: decode_object(handle, readable, value) for handle, readable, value in keys}
            self._closed = closed
            self._user = None if actor is None else Actor(Role(actor[0]), *actor[1:])
            if complete:
                self._keys = fresh
            else:
                self._keys.update(fresh)
                for handle in gone:
                    self._keys.pop(handle, None)
            self._version = max(version, newest)
