"""A worker process: serves connections that the supervisor accepted.

One thread does what is quick, for all connections in turn, so that nothing is handed from thread to thread; a few
others do what waits for the disk, for the registry of sessions, or for a password's hash.
"""

from __future__ import annotations

import contextlib
import gc
import logging
import os
import selectors
import signal
import socket
import ssl
import sys
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import NamedTuple, NoReturn

from bridge.cluster import Clusters
from bridge.engine import HsmError, Session
from bridge.server.connection import HELLO, Connection, carry_out, defect
from bridge.server.methods import METHODS, Served
from bridge.server.metrics import Counters, Scalar
from bridge.server.sessions import Sessions
from bridge.server.shared import RegistryClient
from bridge.server.transport import Plain, Tls
from bridge.server.wire import encode_refusal, encode_success

_log = logging.getLogger(__name__)

_SCRATCH = 64 * 1024
_MOST_DEFERRED = 256
_DRAIN_SECONDS = 10.0

_AWAKE_NANOSECONDS = 100_000
"""After an answer the next request often comes at once, and to be woken for it can take longer than the work."""

_MOST_IN_A_ROW = 16
"""Looks for requests of one connection before the others are asked for."""

_SWEEP_SECONDS = 1.0
_SWITCH_SECONDS = 0.001

UNIX, TCP, STOP = b"U", b"T", b"Q"
"""What the supervisor says: a connection of either kind follows, or the work ends."""

INDEX = {name: number for number, name in enumerate((*METHODS, HELLO))}
"""Of the methods, as :mod:`bridge.server.metrics` counts them."""


class _Pool(NamedTuple):
    """Threads that do one kind of slow work."""

    name: str
    threads: int


_DOOR, _PASSWORDS, _SLOW = _POOLS = (_Pool("door", 2), _Pool("passwords", 2), _Pool("slow", 4))
_HASHING = ("login", "loginAs", "activate", "createUser", "changePassword", "changeMfa")
_POOL_OF = {HELLO: _DOOR, "logout": _DOOR, "close": _DOOR, **dict.fromkeys(_HASHING, _PASSWORDS)}
"""Who comes in, or goes, does not wait behind those who log in, and these not behind those who generate keys."""

_USER_OF = {"login": 0, "loginAs": 1}
"""The methods that log a user in, and which of their arguments is its name."""


@dataclass(frozen=True)
class Timing:
    """How long a worker waits for its peers, in seconds.

    Attributes:
        frame: for a frame to arrive whole, and for an answer to be taken.
        hello: for the handshake of TLS and ``hello``.
    """

    frame: float = 30.0
    hello: float = 10.0


class _Done(NamedTuple):
    """A request that another thread carried out.

    Attributes:
        connection: whose it is.
        method: its name.
        answer: a frame.
        failed: whether that is a refusal.
        ends: whether the connection ends with it.
        began: when it came, a reading of ``time.perf_counter_ns``.
        joined: the session that it made the connection join.
    """

    connection: Connection
    method: str
    answer: bytes
    failed: bool
    ends: bool
    began: int
    joined: tuple[int, Served] | None


class Worker:
    """The loop of a worker; implements :class:`bridge.server.connection.Host`."""

    def __init__(
        self,
        control: socket.socket,
        registry: RegistryClient,
        clusters: Clusters,
        counters: Counters,
        tls: ssl.SSLContext | None,
        timing: Timing,
    ) -> None:
        """Take what the supervisor gives.

        Args:
            control: brings connections.
            registry: of the sessions.
            clusters: the HSMs.
            counters: this worker's.
            tls: the context for connections over TCP; None if there are none.
            timing: for the peers.
        """
        self.frame_seconds = timing.frame
        self._hello_seconds = timing.hello
        self._control = control
        self._registry = registry
        self._sessions = Sessions(registry, clusters)
        self.counters = counters
        self._tls = tls
        self._selector = selectors.DefaultSelector()
        self._connections: set[Connection] = set()
        self._scratch = memoryview(bytearray(_SCRATCH))
        self._pools = {pool: ThreadPoolExecutor(pool.threads, pool.name) for pool in _POOLS}
        self._deferred = dict.fromkeys(_POOLS, 0)
        self._done: deque[_Done] = deque()
        self._awake_until = 0
        self._latest: Connection | None = None
        self._in_a_row = 0
        self._alone = False
        self._turns: deque[Connection] = deque()
        self._bell, self._button = socket.socketpair()
        self._stop_by = 0.0

    def run(self) -> None:
        """Serve until the supervisor says stop, or is gone."""
        self._control.setblocking(False)
        self._bell.setblocking(False)
        self._button.setblocking(False)
        self._selector.register(self._control, selectors.EVENT_READ, None)
        self._selector.register(self._bell, selectors.EVENT_READ, None)
        swept = time.monotonic()
        while not self._stop_by or (self._connections and time.monotonic() < self._stop_by):
            if self._served_the_latest():
                continue
            for key, events in self._selector.select(self._patience()):
                if key.data is not None:
                    self._serve(key.data, events)
                elif key.fileobj is self._control:
                    self._obey()
                else:
                    self._collect()
            for _ in range(len(self._turns)):
                self._serve(self._turns.popleft(), 0)
            now = time.monotonic()
            if now - swept >= _SWEEP_SECONDS:
                swept = now
                self._sweep(now)
        # Those at the door may still have to record that sessions ended.
        self._pools[_DOOR].shutdown()
        for pool in self._pools.values():
            pool.shutdown(wait=False, cancel_futures=True)

    def _patience(self) -> float | None:
        if self._turns or time.perf_counter_ns() < self._awake_until:
            return 0
        return _SWEEP_SECONDS if self._connections else None

    def _served_the_latest(self) -> bool:
        """Serve the connection that was the only one of late, if it has a request, without asking for all others."""
        latest = self._latest
        if latest is None or self._in_a_row >= _MOST_IN_A_ROW or time.perf_counter_ns() >= self._awake_until:
            self._in_a_row = 0
            return False
        self._in_a_row += 1
        try:
            return latest.look(self._scratch)
        except Exception:
            self._failed(latest)
            return True

    def _serve(self, connection: Connection, events: int) -> None:
        self._alone = connection is self._latest
        self._latest = connection
        try:
            if events:
                connection.ready(
                    self._scratch,
                    read=bool(events & selectors.EVENT_READ),
                    write=bool(events & selectors.EVENT_WRITE),
                )
            else:
                connection.go_on()
        except Exception:
            self._failed(connection)

    @staticmethod
    def _failed(connection: Connection) -> None:
        # Whatever one connection brings about, the others are not to suffer.
        _log.exception("a connection failed", extra={"peer": peer_name(connection)})
        connection.end()

    def _obey(self) -> None:
        """Take the connections that the supervisor sends."""
        while True:
            try:
                kind, descriptors, _, _ = socket.recv_fds(self._control, 1, 1)
            except (BlockingIOError, InterruptedError):
                return
            except OSError:
                kind, descriptors = b"", []
            if kind in (UNIX, TCP):
                if descriptors:
                    self._accept(kind, socket.socket(fileno=descriptors[0]))
                else:
                    _log.error("a connection was lost: this process has as many descriptors as it may")
                    self._registry.ask("ended", kind == TCP, kind == TCP)
            elif kind == STOP:
                self._drain()
            else:
                # Nobody keeps the sessions any more.
                os._exit(os.EX_UNAVAILABLE)

    def _accept(self, kind: bytes, accepted: socket.socket) -> None:
        self.counters.add(Scalar.ACCEPTED)
        accepted.setblocking(False)
        try:
            if kind == UNIX:
                transport: Plain | Tls = Plain(accepted)
            else:
                accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                if self._tls is None:
                    raise OSError("there is no certificate")
                transport = Tls(self._tls)
        except OSError as error:
            _log.error("a connection cannot be served", extra={"reason": str(error)})
            self.counters.add(Scalar.REFUSED)
            accepted.close()
            self._registry.ask("ended", kind == TCP, kind == TCP)
            return
        connection = Connection(self, accepted, transport, time.monotonic() + self._hello_seconds)
        self._connections.add(connection)
        self.counters.connections(len(self._connections))
        self._selector.register(accepted, selectors.EVENT_READ, connection)

    def _drain(self) -> None:
        self._stop_by = time.monotonic() + _DRAIN_SECONDS
        for connection in list(self._connections):
            connection.end_when_idle()

    def _sweep(self, now: float) -> None:
        for connection in [late for late in self._connections if late.deadline < now]:
            if not connection.lingering:
                _log.warning("a connection took too long", extra={"peer": peer_name(connection)})
                if connection.served is None:
                    self.counters.add(Scalar.REFUSED)
            connection.end()

    def defer(self, connection: Connection, number: int, method: str, arguments: tuple[object, ...]) -> bool:
        """See :meth:`Host.defer`."""
        pool = _POOL_OF.get(method, _SLOW)
        if self._deferred[pool] >= _MOST_DEFERRED:
            self.counters.add(Scalar.BUSY)
            return False
        self._deferred[pool] += 1
        self._pools[pool].submit(self._carry_out, connection, number, method, arguments, time.perf_counter_ns())
        return True

    def _carry_out(
        self, connection: Connection, number: int, method: str, arguments: tuple[object, ...], began: int
    ) -> None:
        joined = None
        if connection.served is not None:
            answer, failed = carry_out(number, method, connection.served, arguments)
            ends = method == "close" and not failed
            if method in _USER_OF:
                self._note_login(connection, arguments, _USER_OF[method], failed=failed)
        else:
            answer, ends, joined = self._hello(connection, number, arguments)
            failed = joined is None
        self._done.append(_Done(connection, method, answer, failed, ends, began, joined))
        with contextlib.suppress(BlockingIOError):  # it rings already
            self._button.send(b"!")

    def _hello(
        self, connection: Connection, number: int, arguments: tuple[object, ...]
    ) -> tuple[bytes, bool, tuple[int, Served] | None]:
        """Find a session for a connection; return the answer, whether it is the last one, and the session."""
        try:
            joined, result = self._sessions.hello(connection.transport.identity, arguments)
        except HsmError as error:
            return encode_refusal(number, error.code, error.message), not Sessions.may_try_again(error), None
        except Exception as error:
            return defect(number, HELLO, error), True, None
        return encode_success(number, result), False, joined

    @staticmethod
    def _note_login(connection: Connection, arguments: tuple[object, ...], user: int, *, failed: bool) -> None:
        extra = {"session": connection.session, "peer": peer_name(connection)}
        if failed:
            # Without the name: whoever mistakes the one for the other gives a password there.
            _log.warning("login refused", extra=extra)
        elif connection.served is not None:
            _log.info("login", extra={**extra, "user": arguments[user], "client": connection.served.client})

    def _collect(self) -> None:
        """Hand on what the other threads have done."""
        with contextlib.suppress(BlockingIOError):
            self._bell.recv(4096)
        while self._done:
            done = self._done.popleft()
            self._deferred[_POOL_OF.get(done.method, _SLOW)] -= 1
            self.counted(done.method, failed=done.failed, began=done.began, ended=time.perf_counter_ns())
            if done.connection in self._connections:
                if done.joined is not None:
                    done.connection.session, done.connection.served = done.joined
                    if not isinstance(done.connection.transport, Plain):
                        self._registry.ask("greeted")
                done.connection.finish(done.answer, ends=done.ends)
            elif done.joined is not None:
                # It ended while it was joining.
                self._leave(done.joined[0])

    def counted(self, method: str, *, failed: bool, began: int, ended: int, received: int = 0, sent: int = 0) -> None:
        """See :meth:`Host.counted`."""
        self.counters.count(INDEX[method], failed, ended - began, received, sent)
        # Where several ask, those who wait for their answers can make more of the core.
        self._awake_until = ended + _AWAKE_NANOSECONDS if self._alone else 0

    def malformed(self, connection: Connection, reason: str) -> None:
        """See :meth:`Host.malformed`."""
        self.counters.add(Scalar.MALFORMED if connection.transport.ready else Scalar.REFUSED)
        _log.warning("a connection was ended", extra={"peer": peer_name(connection), "reason": reason})

    def watch(self, connection: Connection, *, read: bool, write: bool) -> None:
        """See :meth:`Host.watch`."""
        events = read * selectors.EVENT_READ | write * selectors.EVENT_WRITE
        known = connection.socket in self._selector.get_map()
        if not events:
            self._selector.unregister(connection.socket)
        elif known:
            self._selector.modify(connection.socket, events, connection)
        else:
            self._selector.register(connection.socket, events, connection)

    def again(self, connection: Connection) -> None:
        """See :meth:`Host.again`."""
        self._turns.append(connection)

    def left(self, connection: Connection) -> None:
        """See :meth:`Host.left`."""
        if connection.socket in self._selector.get_map():
            self._selector.unregister(connection.socket)
        self._connections.discard(connection)
        if connection is self._latest:
            self._latest = None
        self.counters.connections(len(self._connections))
        if connection.session:
            self._leave(connection.session)
        over_tcp = not isinstance(connection.transport, Plain)
        self._registry.ask("ended", over_tcp, over_tcp and not connection.session)

    def _leave(self, number: int) -> None:
        ended = self._sessions.leave(number)
        if ended is not None:
            self._pools[_DOOR].submit(self._record_end, ended)

    @staticmethod
    def _record_end(session: Session) -> None:
        try:
            session.ended()
        except HsmError as error:
            _log.error("the end of a session cannot be recorded", extra={"reason": error.message})


def peer_name(connection: Connection) -> str:
    """Name a peer in the log, without anything that it chose."""
    identity = connection.transport.identity
    if identity.startswith(b"uid "):
        return identity.decode()
    return f"certificate sha256 {identity.split(b' ', 1)[1].hex()}" if identity else "unknown"


def run_worker(make: Callable[[], Worker]) -> NoReturn:
    """Run a worker in a process that was just forked, and end the process."""
    # The supervisor decides when to stop; a Ctrl-C of the terminal reaches the whole group.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.set_wakeup_fd(-1)
    sys.setswitchinterval(_SWITCH_SECONDS)
    # What was there before the fork stays, so that collecting it would only unshare its pages.
    gc.freeze()
    status = os.EX_OK
    try:
        make().run()
    except BaseException:
        _log.exception("a worker failed")
        status = os.EX_SOFTWARE
    finally:
        os._exit(status)
