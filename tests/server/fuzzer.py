"""Sends a daemon frames that are not what it expects, as fast as it takes them."""

from __future__ import annotations

import random
import struct
from collections import Counter
from contextlib import suppress
from typing import Any

import msgpack

from bridge.engine import Attribute, ReturnCode
from server.calls import ALL, all_calls
from server.daemon import Daemon
from server.peer import Ended, Peer

MIB = 1 << 20
BATCH = 32
"""Frames that are sent before their answers are read."""
SESSION = 2_000
"""Frames after which the keys that were made by chance are given up."""

_SPARED = {"login", "loginAs", "changePassword", "logout", "close"}
"""Methods that would lock an account, or end what the next frames need."""
_NAMES = [name for name in Attribute.__members__ if name != "TOKEN"]
_ANSWERS = {0, *ReturnCode} - {ReturnCode.GENERAL_ERROR}


class Fuzzer:
    """Frames for one daemon; a seed gives them and their order.

    Attributes:
        sent: how many frames the daemon has taken so far.
        answers: how often it answered with which code; -1 stands for the end of a connection without a word.
        problems: what it should not have done.
    """

    def __init__(self, daemon: Daemon, seed: int) -> None:
        self.sent = 0
        self.answers: Counter[int] = Counter()
        self.problems: list[str] = []
        self._daemon = daemon
        self._random = random.Random(seed)
        self._corpus: list[list[object]] = []

    def run(self, count: int) -> None:
        """Send so many frames more, or until there is a problem."""
        end = self.sent + count
        while self.sent < end and not self.problems:
            with self._daemon.alice() as first:
                calls = {name: call for name, call in all_calls(first).items() if name not in _SPARED}
                self._corpus = [[0, name, *arguments] for name, arguments in calls.items()]
                renewed = min(end, self.sent + SESSION)
                while self.sent < renewed and not self.problems:
                    self._connection(first.token, renewed)

    def _connection(self, token: bytes, end: int) -> None:
        """Send frames over one connection until it ends, or there are enough."""
        with Peer.unix(self._daemon.socket) as peer:
            choice = self._random.random()
            if choice < 0.8:
                peer.hello(session=token)
            elif choice < 0.9:
                peer.hello()
            with suppress(Ended):
                while self.sent < end and not self.problems:
                    self._batch(peer)

    def _batch(self, peer: Peer) -> None:
        frames = [self._frame() for _ in range(self._random.randint(1, BATCH))]
        last = self._last_words() if self._random.random() < 0.05 else b""
        data = b"".join(struct.pack(">I", len(frame)) + frame for frame in frames) + last
        with suppress(ConnectionError):
            peer.socket.sendall(data)
        for frame in frames:
            self.sent += 1
            self._check(peer, frame)
        if last:
            self.sent += 1
            raise Ended

    def _check(self, peer: Peer, frame: bytes) -> None:
        """Read the answer to a frame."""
        try:
            message = peer.receive()
        except Ended as ended:
            self.answers[-1 if ended.code is None else ended.code] += 1
            if ended.code not in {None, ReturnCode.ARGUMENTS_BAD}:
                self.problems.append(f"the connection ended with {ended.code}: {ended.message}; frame {frame.hex()}")
            raise
        except Exception as error:
            self.problems.append(f"{error!r} after the frame {frame[:2000].hex()}")
            raise Ended from None
        self.answers[message[1]] += 1
        if message[1] not in _ANSWERS:
            self.problems.append(f"the answer is {message[1:]} to the frame {frame[:2000].hex()}")

    def _frame(self) -> bytes:
        choice = self._random.random()
        if choice < 0.2:
            return self._mutated(bytearray(self._request()))
        if choice < 0.97:
            return self._any_request()
        return self._random.randbytes(self._random.choice((1, 2, 8, 64, 1000, 16_000)))

    def _request(self) -> bytes:
        request = list(self._random.choice(self._corpus))
        request[0] = self._random.randint(1, 2**32 - 1)
        packed: bytes = msgpack.packb(request)
        return packed

    def _mutated(self, data: bytearray) -> bytes:
        """Change a right request in one to four places."""
        for _ in range(self._random.randint(1, 4)):
            at = self._random.randrange(len(data)) if data else 0
            match self._random.randrange(5):
                case 0 if data:
                    data[at] ^= 1 << self._random.randrange(8)
                case 1 if data:
                    data[at] = self._random.choice((0x00, 0x7F, 0x80, 0x90, 0xC0, 0xC1, 0xC6, 0xD9, 0xDD, 0xDF, 0xFF))
                case 2:
                    data[at:at] = self._random.randbytes(self._random.randint(1, 8))
                case 3:
                    del data[at : at + self._random.randint(1, 8)]
                case _:
                    data[at:at] = data[self._random.randrange(len(data) + 1) :][:40]
        return bytes(data) or b"\0"

    def _any_request(self) -> bytes:
        """Return a well-formed request with arguments by chance."""
        method = self._random.choice(list(ALL))
        if method in _SPARED:
            method = "".join(chr(self._random.randint(0, 0x2FF)) for _ in range(self._random.randint(0, 40)))
        right = next((call[2:] for call in self._corpus if call[1] == method), [])
        arguments = [each if self._random.random() < 0.6 else self._value(2) for each in right]
        if self._random.random() < 0.1:
            arguments.append(self._value(2))
        packed: bytes = msgpack.packb([self._random.randint(1, 2**32 - 1), method, *arguments])
        return packed

    def _value(self, depth: int) -> Any:
        match self._random.randrange(9 if depth else 7):
            case 0:
                return None
            case 1:
                return self._random.random() < 0.5
            case 2:
                return self._random.choice((0, 1, -1, 2**31, 2**32, 2**63 - 1, 2**63, 2**64 - 1, -(2**63)))
            case 3:
                return self._random.getrandbits(self._random.choice((4, 8, 16, 20, 63)))
            case 4:
                return self._random.random() * 1e300
            case 5:
                return self._random.randbytes(self._random.choice((0, 1, 16, 32, 300, 5000)))
            case 6:
                return self._random.choice(_NAMES)
            case 7:
                return [self._value(depth - 1) for _ in range(self._random.randrange(4))]
            case _:
                names = self._random.sample(_NAMES, self._random.randrange(5))
                return {name: self._value(depth - 1) for name in names}

    def _last_words(self) -> bytes:
        """Return what a peer sends last that goes away in the middle of it, or lies about a length."""
        match self._random.randrange(4):
            case 0:
                return struct.pack(">I", self._random.choice((0, MIB + 1, 2**31, 2**32 - 1)))
            case 1:
                return struct.pack(">I", MIB) + bytes(self._random.randrange(100_000))
            case 2:
                return bytes(self._random.randint(1, 3))
            case _:
                request = self._request()
                return (struct.pack(">I", len(request)) + request)[: -self._random.randint(1, len(request))]
