"""A client of the daemon's protocol, as docs/protocol.md has it; made to say wrong things as easily as right ones."""

from __future__ import annotations

import itertools
import socket
import ssl
import struct
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any

import msgpack

from bridge.engine import HsmError, ReturnCode

TIMEOUT = 30.0
"""Seconds after which a daemon that does not answer fails the test."""


class Ended(Exception):
    """The daemon ended the connection; holds the last message that it sent with the number 0, or None."""

    def __init__(self, code: ReturnCode | None = None, message: str | None = None) -> None:
        super().__init__(code, message)
        self.code = code
        self.message = message


class Peer:
    """One connection."""

    def __init__(self, connection: socket.socket) -> None:
        self.socket = connection
        self.token = b""
        self._numbers = itertools.count(1)
        self._received = bytearray()

    @classmethod
    def unix(cls, path: Path) -> Peer:
        """Connect to a Unix socket."""
        connection = socket.socket(socket.AF_UNIX)
        connection.settimeout(TIMEOUT)
        try:
            connection.connect(str(path))
        except OSError:
            connection.close()
            raise
        return cls(connection)

    @classmethod
    def tls(cls, address: tuple[str, int], context: ssl.SSLContext) -> Peer:
        """Connect to a TLS port."""
        connection = socket.create_connection(address, TIMEOUT)
        try:
            return cls(context.wrap_socket(connection, server_hostname=address[0]))
        except OSError:
            connection.close()
            raise

    def send(self, method: object, *arguments: object) -> int:
        """Send a request and return its number."""
        number = next(self._numbers)
        # Whom the daemon has ended already is told why by what can still be read.
        with suppress(BrokenPipeError):
            self.send_frame(msgpack.packb([number, method, *arguments]))
        return number

    def send_frame(self, body: bytes) -> None:
        """Send bytes as one frame."""
        self.socket.sendall(struct.pack(">I", len(body)) + body)

    def receive(self) -> Any:
        """Return the next message.

        Raises:
            Ended: there is none any more.
        """
        (length,) = struct.unpack(">I", self._read(4))
        message = msgpack.unpackb(self._read(length), max_bin_len=length, max_str_len=length)
        if message[0] == 0:
            raise Ended(ReturnCode(message[1]), message[2])
        return message

    def _read(self, count: int) -> bytes:
        while len(self._received) < count:
            try:
                chunk = self.socket.recv(65536)
            except (ConnectionError, ssl.SSLEOFError):
                chunk = b""
            if not chunk:
                raise Ended
            self._received += chunk
        data = bytes(self._received[:count])
        del self._received[:count]
        return data

    def answer(self, number: int) -> tuple[int, int, Any]:
        """Return the next message, which must answer the request of that number.

        Raises:
            Ended: the daemon ended the connection.
        """
        answered, code, content = self.receive()
        assert answered == number
        return answered, code, content

    def result(self, number: int) -> Any:
        """Return what the next message holds, which must answer the request of that number.

        Raises:
            HsmError: the daemon refuses.
            Ended: it ended the connection.
        """
        _, code, content = self.answer(number)
        if code:
            raise HsmError(ReturnCode(code), content)
        return content

    def call(self, method: object, *arguments: object) -> Any:
        """Send a request and return its result; raises as :meth:`result`."""
        return self.result(self.send(method, *arguments))

    def hello(self, **options: object) -> Any:
        """Say hello, keep the session's token, and return the answer."""
        answer = self.call("hello", [1], options)
        self.token = answer["session"]
        return answer

    def is_ended(self) -> bool:
        """Tell whether the daemon has ended the connection; waits for what it still says."""
        try:
            self.receive()
        except Ended:
            return True
        return False

    def close(self) -> None:
        """End the connection."""
        self.socket.close()

    def __enter__(self) -> Peer:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
