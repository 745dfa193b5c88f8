"""One connection: frames in, answers out, in their order."""

from __future__ import annotations

import logging
import math
import socket
import time
from typing import Protocol

from bridge.engine import HsmError, ReturnCode
from bridge.server.methods import METHODS, Served, invoke
from bridge.server.metrics import Counters, Scalar
from bridge.server.transport import Transport
from bridge.server.wire import (
    LENGTH_BYTES,
    MAX_FRAME,
    MAX_FRAME_BEFORE_LOGIN,
    Malformed,
    decode_request,
    encode_refusal,
    encode_success,
    is_whole,
    length_of,
)

_log = logging.getLogger(__name__)

HELLO = "hello"

_MOST_ANSWERED = MAX_FRAME
"""Bytes of answers that are made before they are sent: who asks for much at once gets it bit by bit."""

_TURN_NANOSECONDS = 2_000_000
"""For how long one connection is served before others have their turn."""

_LINGER_SECONDS = 1.0

_ONLY_READ = (True, False)
"""What a connection waits for in the middle of nothing: to read, and not to write."""

_MUCH = 64 * 1024
"""Bytes of a request whose work may keep others waiting."""


class Host(Protocol):
    """The worker, as a connection sees it."""

    frame_seconds: float
    """Time for a frame to arrive whole, and for an answer to be taken."""
    counters: Counters
    """Takes note of the bytes."""

    def defer(self, connection: Connection, number: int, method: str, arguments: tuple[object, ...]) -> bool:
        """Have a request carried out by another thread, which ends in :meth:`Connection.finish`; False if too busy."""

    def counted(self, method: str, *, failed: bool, began: int, ended: int, received: int = 0, sent: int = 0) -> None:
        """Count a request; two are readings of ``time.perf_counter_ns``, the last two are bytes."""

    def malformed(self, connection: Connection, reason: str) -> None:
        """Note that a peer does not speak the protocol."""

    def watch(self, connection: Connection, *, read: bool, write: bool) -> None:
        """Say what of its socket the connection waits for."""

    def again(self, connection: Connection) -> None:
        """Have :meth:`Connection.go_on` called after other connections had their turn."""

    def left(self, connection: Connection) -> None:
        """Forget the connection, which is closed."""


class Connection:
    """The state of one connection; used by one thread.

    Attributes:
        served: the session that it joined, None before ``hello``.
        deadline: a reading of ``time.monotonic`` after which the worker ends it.
        lingering: whether all is said, and it waits for the peer to have read it.
    """

    def __init__(self, host: Host, connection: socket.socket, transport: Transport, deadline: float) -> None:
        """Take a socket that does not block, and the time by which ``hello`` must have come."""
        self.socket = connection
        self.transport = transport
        self.served: Served | None = None
        self.session = 0
        self.deadline = deadline
        self._host = host
        self._received = bytearray()
        self._unsent = bytearray()
        self._answers: list[bytes] = []
        self._answered = 0
        self._busy = False
        self._waiting = False
        """Whether whole requests are left, for whom there was no turn."""
        self._ending = False
        self._explains = False
        self.lingering = False
        self._closed = False
        self._watched = _ONLY_READ
        self._at_rest = False
        """Whether nothing is under way, and nobody has to join first."""

    def ready(self, scratch: memoryview, *, read: bool, write: bool) -> None:
        """Go on, because the socket has bytes or takes some.

        Args:
            scratch: where bytes may be read to.
            read: whether it has bytes.
            write: whether it takes some.
        """
        if write:
            self._flush()
        if read and not self._closed:
            self._read(scratch)

    def go_on(self) -> None:
        """Carry out requests that had to wait for other connections."""
        if not self._closed:
            self._work(b"")

    def look(self, scratch: memoryview) -> bool:
        """Go on if the socket has bytes, and is waited for; return whether that was so."""
        return self._watched == _ONLY_READ and self._read(scratch)

    def _read(self, scratch: memoryview) -> bool:
        """Go on with the bytes that the socket has; return whether there were any, or the end."""
        try:
            count = self.socket.recv_into(scratch)
        except (BlockingIOError, InterruptedError):
            return False
        except OSError:
            count = 0
        if not count:
            self.end()
            return True
        if self.lingering:
            return True
        try:
            data = self.transport.received(scratch[:count])
            if self._answered_at_once(data, count):
                return True
        except Malformed as malformed:
            self._give_up(str(malformed))
            data = b""
        self._host.counters.add(Scalar.BYTES_IN, count)
        self._work(data)
        return True

    def _answered_at_once(self, data: bytes | memoryview, count: int) -> bool:
        """Answer a quick request that came alone and whole, as most do; :meth:`_work` does the same for all others.

        Args:
            data: what came.
            count: of the socket's bytes that it came in.

        Returns:
            False, with nothing done, if it is another.
        """
        served = self.served
        if served is None or not self._at_rest or not is_whole(data):
            return False
        began = time.perf_counter_ns()
        number, name, arguments = decode_request(data[LENGTH_BYTES:])
        method = METHODS.get(name)
        if method is None or len(arguments) > method.quick:
            return False
        answer, failed = carry_out(number, name, served, arguments)
        ended = time.perf_counter_ns()
        try:
            message = self.transport.to_send(answer)
        except Malformed:
            message = b""
        # Who has the answer finds it counted.
        self._host.counted(name, failed=failed, began=began, ended=ended, received=count, sent=len(message))
        if not message:
            self.end()
            return True
        try:
            sent = self.socket.send(message)
        except (BlockingIOError, InterruptedError):
            sent = 0
        except OSError:
            self.end()
            return True
        if sent != len(message):
            self._unsent += message[sent:]
            self._settle(progressed=True)
        return True

    def _work(self, data: bytes | memoryview) -> None:
        """Carry out what came, for a while; what is left then has its turn after other connections."""
        try:
            progressed = self._take(data)
        except Malformed as malformed:
            self._give_up(str(malformed))
            progressed = True
        self._send(progressed)
        if self._waiting and not (self._unsent or self._closed):
            self._host.again(self)

    def _take(self, data: bytes | bytearray | memoryview) -> bool:
        """Carry out requests that are whole; keep the rest. Return whether there was one."""
        if self._received:
            self._received += data
            data = bytes(self._received) if len(self._received) < MAX_FRAME_BEFORE_LOGIN else self._received
        at, end = 0, len(data)
        until = time.perf_counter_ns() + _TURN_NANOSECONDS
        self._waiting = False
        while end - at >= LENGTH_BYTES and not (self._busy or self._ending):
            length = length_of(data[at : at + LENGTH_BYTES], MAX_FRAME)
            if length > MAX_FRAME_BEFORE_LOGIN:
                self._require_login(length)
            start = at + LENGTH_BYTES
            if end - start < length:
                break
            if self._unsent or self._answered >= _MOST_ANSWERED or (at and time.perf_counter_ns() > until):
                self._waiting = True
                break
            at = start + length
            self._request(data[start:at])
        if data is self._received:
            del self._received[:at]
        else:
            self._received = bytearray(data[at:])
        return at > 0

    def _require_login(self, length: int) -> None:
        if self.served is None or not self.served.session.logged_in:
            raise Malformed(f"A frame has 1 to {MAX_FRAME_BEFORE_LOGIN} bytes before login, not {length}.")

    def _request(self, frame: bytes | bytearray | memoryview) -> None:
        began = time.perf_counter_ns()
        number, name, arguments = decode_request(frame)
        served = self.served
        if served is None:
            if name != HELLO:
                raise Malformed(f"The first request of a connection is hello, not {name[:32]!r}.")
        else:
            method = METHODS.get(name)
            if method is None:
                self._answer(encode_refusal(number, ReturnCode.ARGUMENTS_BAD, f"There is no method {name[:32]!r}."))
                return
            if len(arguments) <= method.quick and len(frame) < _MUCH:
                answer, failed = carry_out(number, name, served, arguments)
                self._answer(answer)
                self._host.counted(name, failed=failed, began=began, ended=time.perf_counter_ns())
                return
        if self._host.defer(self, number, name, arguments):
            self._busy = True
        else:
            self._answer(busy(number))

    def _answer(self, answer: bytes) -> None:
        self._answers.append(answer)
        self._answered += len(answer)

    def finish(self, answer: bytes, *, ends: bool) -> None:
        """Send the answer to a request that another thread carried out, and go on with those behind it.

        Args:
            answer: a frame.
            ends: whether the connection ends after it.
        """
        if self._closed:
            return
        self._busy = False
        self._answer(answer)
        self._ending = self._ending or ends
        self._work(b"")

    def _give_up(self, reason: str) -> None:
        self._host.malformed(self, reason)
        if self.transport.ready:
            self._answer(encode_refusal(0, ReturnCode.ARGUMENTS_BAD, reason))
        self._ending = True
        self._explains = True

    def _send(self, progressed: bool) -> None:
        """Send all answers that there are."""
        answers, self._answers, self._answered = self._answers, [], 0
        message = answers[0] if len(answers) == 1 else b"".join(answers)
        try:
            message = self.transport.to_send(message)
        except Malformed:
            self.end()
            return
        self._host.counters.add(Scalar.BYTES_OUT, len(message))
        if message and not self._unsent:
            try:
                sent = self.socket.send(message)
            except (BlockingIOError, InterruptedError):
                sent = 0
            except OSError:
                self.end()
                return
            message = b"" if sent == len(message) else message[sent:]
        if message:
            self._unsent += message
        self._settle(progressed)

    def _flush(self) -> None:
        try:
            sent = self.socket.send(self._unsent)
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            self.end()
            return
        del self._unsent[:sent]
        self._settle(progressed=True)
        if self._waiting and not (self._unsent or self._closed):
            self._work(b"")

    def _settle(self, progressed: bool) -> None:
        """Say what is waited for now, and for how long."""
        self._at_rest = False
        if self._ending and not (self._unsent or self._busy):
            self._say_goodbye()
            return
        if self._busy or (self._waiting and not self._unsent):
            # It waits for us.
            self.deadline = math.inf
        elif self._unsent or self._received or (self.served is None and self.deadline == math.inf):
            if self.deadline == math.inf or (progressed and self.served is not None):
                self.deadline = time.monotonic() + self._host.frame_seconds
        elif self.served is not None:
            # A connection that is in the middle of nothing may stay so.
            self.deadline = math.inf
        # Who does not take answers, or has requests waiting, is not read from, so that they do not pile up here.
        wanted = (not (self._busy or self._unsent or self._ending or self._waiting), bool(self._unsent))
        if wanted != self._watched:
            self._watched = wanted
            self._host.watch(self, read=wanted[0], write=wanted[1])
        self._at_rest = wanted == _ONLY_READ and self.served is not None and not self._received

    def _say_goodbye(self) -> None:
        """End the connection; if the peer is to know why, not before it had time to read that.

        The system throws away what was sent to a peer whose own bytes were never read.
        """
        if not self._explains:
            self.end()
        elif not self.lingering:
            self.lingering = True
            self.deadline = time.monotonic() + _LINGER_SECONDS
            try:
                self.socket.shutdown(socket.SHUT_WR)
            except OSError:
                self.end()
                return
            self._host.watch(self, read=True, write=False)

    def end_when_idle(self) -> None:
        """End the connection as soon as the request under way is answered."""
        self._ending = True
        self._settle(progressed=False)

    def end(self) -> None:
        """Close the connection; ending twice does nothing."""
        if not self._closed:
            self._closed = True
            self._host.left(self)
            self.socket.close()


def carry_out(number: int, name: str, served: Served, arguments: tuple[object, ...]) -> tuple[bytes, bool]:
    """Carry a request out.

    Returns:
        The answer as a frame, and whether it is a refusal.
    """
    try:
        return encode_success(number, invoke(METHODS[name], served, arguments)), False
    except HsmError as error:
        return encode_refusal(number, error.code, error.message), True
    except Exception as error:
        return defect(number, name, error), True


def defect(number: int, name: str, error: Exception) -> bytes:
    """Return the refusal of a request on which this program failed, and log why."""
    _log.error("the engine failed", exc_info=error, extra={"method": name})
    message = f"The engine failed in {name} ({type(error).__name__}); this is a defect of hsmbridge."
    return encode_refusal(number, ReturnCode.GENERAL_ERROR, message)


def busy(number: int) -> bytes:
    """Return the refusal of a request that cannot be queued; nothing was done."""
    return encode_refusal(
        number, ReturnCode.DEVICE_BUSY, "The HSM could not queue the request for processing; try again."
    )
