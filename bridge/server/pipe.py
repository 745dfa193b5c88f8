"""Messages between the supervisor and its workers: a length of four bytes, big-endian, and the message."""

from __future__ import annotations

import socket
import struct

_LENGTH = struct.Struct(">I")
_READ = 64 * 1024


def send(pipe: socket.socket, message: bytes) -> None:
    """Send a message whole.

    Raises:
        OSError: if the other side is gone.
    """
    pipe.sendall(_LENGTH.pack(len(message)) + message)


def receive(pipe: socket.socket) -> bytes | None:
    """Return the next message of a blocking socket; None if the other side is gone."""
    header = _exactly(pipe, _LENGTH.size)
    return None if header is None else _exactly(pipe, _LENGTH.unpack(header)[0])


def _exactly(pipe: socket.socket, count: int) -> bytes | None:
    pieces = bytearray()
    while len(pieces) < count:
        piece = pipe.recv(count - len(pieces))
        if not piece:
            return None
        pieces += piece
    return bytes(pieces)


class Messages:
    """Puts messages together from a socket that is read when it has something."""

    def __init__(self) -> None:
        self._received = bytearray()

    def received(self, pipe: socket.socket) -> list[bytes] | None:
        """Read once, and return the messages that are whole; None if the other side is gone.

        Raises:
            OSError: as the socket.
        """
        data = pipe.recv(_READ)
        if not data:
            return None
        self._received += data
        messages = []
        while len(self._received) >= _LENGTH.size:
            end = _LENGTH.size + _LENGTH.unpack_from(self._received)[0]
            if len(self._received) < end:
                break
            messages.append(bytes(self._received[_LENGTH.size : end]))
            del self._received[:end]
        return messages
