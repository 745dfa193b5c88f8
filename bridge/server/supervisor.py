"""The first process of a daemon: accepts connections, hands them to workers, keeps the sessions, replaces who dies."""

from __future__ import annotations

import logging
import os
import selectors
import signal
import socket
import ssl
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from types import FrameType
from typing import Any

import msgpack

from bridge.cluster import Clusters
from bridge.engine import HsmError, ReturnCode
from bridge.server.listeners import refuse
from bridge.server.metrics import Counters
from bridge.server.pipe import Messages, send
from bridge.server.registry import Registry
from bridge.server.shared import RegistryClient
from bridge.server.transport import uid_of
from bridge.server.wire import encode_refusal
from bridge.server.worker import STOP, TCP, UNIX, Timing, Worker, run_worker

_log = logging.getLogger(__name__)

MOST_CONNECTIONS = 900
"""Of a daemon; the original's number of client connections of a cluster (user guide, "limits")."""

_FULL = encode_refusal(
    0,
    ReturnCode.SESSION_COUNT,
    f"The daemon has {MOST_CONNECTIONS} connections, as many as it takes; close others.",
)

_MOST_OVER_TCP = MOST_CONNECTIONS - 100
"""However many come over the network, the owner can still come over the home's socket."""

_MOST_STRANGERS = 100
"""Connections over TCP that have not shown a certificate and said hello yet."""

_STOP_SECONDS = 12.0
_QUICK_DEATHS = 5
_QUICK_SECONDS = 10.0
_PAUSE_SECONDS = 1.0
_RETRY_SECONDS = 0.02
_PATIENCE_SECONDS = 5.0


@dataclass(frozen=True)
class Equipment:
    """What a daemon works with.

    Attributes:
        clusters: the HSMs.
        listeners: the sockets, of either family.
        tls: the context for those that are not Unix domain sockets; None if there are none.
        workers: how many processes serve.
        counters: gives the counters of a worker's slot; the slot after the last is the supervisor's.
        versions: shared memory for the registry.
        timing: for the peers.
        idle_seconds: after how long without a connection the daemon ends; None for never.
        record: told of the workers' process ids, and of how many were replaced so far.
        forget: closes, in a worker, what only the supervisor uses.
        refresh: catches up, before a worker is made, with what became of the keys.
    """

    clusters: Clusters
    listeners: Sequence[socket.socket]
    tls: ssl.SSLContext | None
    workers: int
    counters: Callable[[int], Counters]
    versions: memoryview
    timing: Timing
    idle_seconds: float | None
    record: Callable[[Sequence[int], int], None]
    forget: Callable[[], None]
    refresh: Callable[[], None]


@dataclass(eq=False)
class _Child:
    """A worker, as the supervisor sees it."""

    slot: int
    pid: int
    control: socket.socket
    pipe: socket.socket
    messages: Messages = field(default_factory=Messages)
    connections: int = 0
    over_tcp: int = 0
    strangers: int = 0
    given: int = 0
    """When it was last given a connection, as a count of all that were given."""


class Supervisor:
    """Runs until it is told to stop; there is one in a process, which has no other threads."""

    def __init__(self, equipment: Equipment) -> None:
        self._equipment = equipment
        self._registry = Registry(equipment.versions, equipment.clusters.presence)
        self._counters = equipment.counters(equipment.workers)
        self._selector = selectors.DefaultSelector()
        self._children: dict[int, _Child] = {}
        self._missing: deque[tuple[float, int]] = deque()
        self._waiting: tuple[socket.socket, bytes] | None = None
        self._deaths: deque[float] = deque(maxlen=_QUICK_DEATHS)
        self._replaced = 0
        self._given = 0
        self._listening = False
        self._idle_since = time.monotonic()
        self._stop_by: float | None = None
        self._bell, self._button = socket.socketpair()
        self._calls: Mapping[str, Callable[..., Any]] = {
            name: getattr(self._registry, name) for name in Registry.CALLS
        } | {"greeted": self._greeted, "ended": self._ended}

    def run(self, ready: Callable[[], None]) -> None:
        """Serve.

        Args:
            ready: called once workers run.
        """
        self._heed_signals()
        for slot in range(self._equipment.workers):
            self._spawn(slot)
        self._listen(True)
        ready()
        while self._stop_by is None or (self._children and time.monotonic() < self._stop_by):
            for key, _ in self._selector.select(self._patience()):
                if isinstance(key.data, _Child):
                    self._answer(key.data)
                elif key.fileobj is self._bell:
                    self._heed()
                elif self._listening:
                    self._accept(key.data)
            self._replace_missing()
            self._give_waiting()
            self._end_if_idle()
        for child in self._children.values():
            _log.warning("a worker does not end and is killed", extra={"worker": child.pid})
            os.kill(child.pid, signal.SIGKILL)
            os.waitpid(child.pid, 0)

    def _patience(self) -> float | None:
        now = time.monotonic()
        times = [when for when, _ in self._missing]
        if self._waiting:
            times.append(now + _RETRY_SECONDS)
        if self._stop_by is not None:
            times.append(self._stop_by)
        elif self._equipment.idle_seconds is not None and not self._connections():
            times.append(self._idle_since + self._equipment.idle_seconds)
        return max(0.0, min(times) - now) if times else None

    def _heed_signals(self) -> None:
        def note(_number: int, _frame: FrameType | None) -> None:
            """Let the wake-up descriptor bring the signal into the loop."""

        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, note)
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        self._bell.setblocking(False)
        self._button.setblocking(False)
        signal.set_wakeup_fd(self._button.fileno(), warn_on_full_buffer=False)
        self._selector.register(self._bell, selectors.EVENT_READ, None)

    def _heed(self) -> None:
        self._bell.recv(4096)
        if self._stop_by is not None:
            self._stop_by = 0.0  # who asks twice is in a hurry
            return
        self.stop("a signal")

    def stop(self, reason: str) -> None:
        """Take no more connections, and end when the requests under way are answered."""
        _log.info("stopping", extra={"reason": reason, "connections": self._connections()})
        self._stop_by = time.monotonic() + _STOP_SECONDS
        self._missing.clear()
        self._listen(False)
        for listener in self._equipment.listeners:
            listener.close()
        if self._waiting is not None:
            self._waiting[0].close()
        for child in self._children.values():
            self._tell(child, STOP)

    def _listen(self, listening: bool) -> None:
        if listening is self._listening:
            return
        self._listening = listening
        for listener in self._equipment.listeners:
            if listening:
                listener.setblocking(False)
                self._selector.register(listener, selectors.EVENT_READ, listener)
            else:
                self._selector.unregister(listener)

    def _spawn(self, slot: int) -> None:
        with suppress(HsmError):  # if it cannot be read, workers say so to those who ask
            self._equipment.refresh()
        control, its_control = socket.socketpair()
        pipe, its_pipe = socket.socketpair()
        pid = os.fork()
        if pid == 0:
            try:
                control.close()
                pipe.close()
                self._become_worker(slot, its_control, its_pipe)
            finally:
                os._exit(os.EX_SOFTWARE)
        its_control.close()
        its_pipe.close()
        control.setblocking(False)
        pipe.settimeout(_PATIENCE_SECONDS)
        child = self._children[pid] = _Child(slot, pid, control, pipe)
        self._selector.register(pipe, selectors.EVENT_READ, child)
        _log.info("worker started", extra={"worker": pid, "slot": slot})
        self._record()

    def _become_worker(self, slot: int, control: socket.socket, pipe: socket.socket) -> None:
        # Whatever of the supervisor stays open here would outlive it, and nobody would notice that it died.
        for child in self._children.values():
            child.control.close()
            child.pipe.close()
        for listener in self._equipment.listeners:
            listener.close()
        self._bell.close()
        self._button.close()
        self._selector.close()
        self._equipment.forget()
        run_worker(
            lambda: Worker(
                control,
                RegistryClient(pipe, self._equipment.versions),
                self._equipment.clusters,
                self._equipment.counters(slot),
                self._equipment.tls,
                self._equipment.timing,
            )
        )

    def _accept(self, listener: socket.socket) -> None:
        try:
            accepted, _ = listener.accept()
        except OSError as error:
            # The peer may be gone already; if descriptors ran out, the next ones wait for those that end.
            _log.warning("a connection could not be accepted", extra={"reason": error.strerror})
            return
        unix = accepted.family == socket.AF_UNIX
        if unix and uid_of(accepted) not in (os.getuid(), 0):
            # The socket's mode says so already, unless somebody changed it.
            _log.warning("a connection of another user was refused")
        elif self._connections() >= MOST_CONNECTIONS:
            _log.warning("a connection was refused", extra={"connections": MOST_CONNECTIONS})
            if unix:
                refuse(accepted, _FULL)
        elif not unix and self._has_enough_of_network():
            _log.warning("a connection over TCP was refused: there are too many, or too many that say nothing")
        else:
            self._give(accepted, UNIX if unix else TCP)
            return
        accepted.close()

    def _has_enough_of_network(self) -> bool:
        children = self._children.values()
        return (
            sum(child.over_tcp for child in children) >= _MOST_OVER_TCP
            or sum(child.strangers for child in children) >= _MOST_STRANGERS
        )

    def _give(self, accepted: socket.socket, kind: bytes) -> None:
        """Hand a connection to the worker that has the fewest, and of those to the one that waited longest.

        If none takes it now, it waits, and the next ones wait to be accepted.
        """
        for child in sorted(self._children.values(), key=lambda child: (child.connections, child.given)):
            if self._tell(child, kind, accepted):
                self._given += 1
                child.connections += 1
                child.over_tcp += kind == TCP
                child.strangers += kind == TCP
                child.given = self._given
                accepted.close()
                return
        self._waiting = accepted, kind
        self._listen(False)

    def _give_waiting(self) -> None:
        if self._waiting is not None and self._children and self._stop_by is None:
            waiting, self._waiting = self._waiting, None
            self._listen(True)
            self._give(*waiting)

    @staticmethod
    def _tell(child: _Child, kind: bytes, accepted: socket.socket | None = None) -> bool:
        try:
            socket.send_fds(child.control, [kind], [accepted.fileno()] if accepted else [])
        except OSError:
            return False  # it is full, or dead, which its other pipe tells
        return True

    def _connections(self) -> int:
        return sum(child.connections for child in self._children.values())

    def _greeted(self, worker: int) -> None:
        """Take note that a peer over TCP has shown its certificate and said hello."""
        self._children[worker].strangers -= 1

    def _ended(self, worker: int, over_tcp: bool, stranger: bool) -> None:
        """Take note that a worker has one connection less."""
        child = self._children[worker]
        child.connections -= 1
        child.over_tcp -= over_tcp
        child.strangers -= stranger
        self._idle_since = time.monotonic()

    def _answer(self, child: _Child) -> None:
        """Answer what a worker asks."""
        try:
            messages = child.messages.received(child.pipe)
        except OSError:
            messages = None
        if messages is None:
            self._bury(child)
            return
        for message in messages:
            name, *arguments = msgpack.unpackb(message, use_list=False)
            try:
                answer: tuple[int, object] = 0, self._calls[name](child.pid, *arguments)
            except HsmError as error:
                answer = int(error.code), error.message
            try:
                send(child.pipe, msgpack.packb(answer))
            except TimeoutError:
                _log.error("a worker does not read and is killed", extra={"worker": child.pid})
                os.kill(child.pid, signal.SIGKILL)
                break
            except OSError:
                break  # it died meanwhile, which the next reading tells
        self._count()

    def _count(self) -> None:
        over_tls = sum(child.over_tcp for child in self._children.values())
        self._counters.sessions(len(self._registry), self._registry.keys, over_tls)

    def _bury(self, child: _Child) -> None:
        self._selector.unregister(child.pipe)
        child.pipe.close()
        child.control.close()
        del self._children[child.pid]
        _, status = os.waitpid(child.pid, 0)
        self._registry.worker_died(child.pid)
        self._count()
        self._idle_since = time.monotonic()
        if self._stop_by is not None:
            return
        code = os.waitstatus_to_exitcode(status)
        _log.error(
            "a worker died and is replaced",
            extra={"worker": child.pid, "slot": child.slot, "code": code, "connections": child.connections},
        )
        now = time.monotonic()
        quick = len(self._deaths) == _QUICK_DEATHS and now - self._deaths[0] < _QUICK_SECONDS
        self._deaths.append(now)
        self._missing.append((now + _PAUSE_SECONDS if quick else now, child.slot))
        if not self._children:
            self._listen(False)

    def _replace_missing(self) -> None:
        while self._missing and self._missing[0][0] <= time.monotonic():
            slot = self._missing.popleft()[1]
            self._replaced += 1
            try:
                self._spawn(slot)
            except OSError as error:
                self._replaced -= 1
                _log.error("a worker cannot be started", extra={"slot": slot, "reason": error.strerror})
                self._missing.append((time.monotonic() + _PAUSE_SECONDS, slot))
                return
            self._listen(self._waiting is None)

    def _end_if_idle(self) -> None:
        limit = self._equipment.idle_seconds
        if limit is None or self._stop_by is not None or self._connections():
            return
        if time.monotonic() - self._idle_since >= limit:
            self.stop(f"no connection for {limit:g} s")

    def _record(self) -> None:
        by_slot = sorted(self._children.values(), key=lambda child: child.slot)
        try:
            self._equipment.record([child.pid for child in by_slot], self._replaced)
        except OSError as error:
            # Serving goes on; `hsmbridge status` shows the workers of before.
            _log.error("the daemon's record cannot be written", extra={"reason": error.strerror})
