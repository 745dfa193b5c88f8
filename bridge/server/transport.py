"""What stands between a socket and the messages: nothing, or TLS."""

from __future__ import annotations

import os
import socket
import ssl
import struct
from typing import Protocol

from bridge.server.tls import newest, peer_identity, require_not_revoked
from bridge.server.wire import Malformed

_READ = 64 * 1024
_CERTIFICATE = b"certificate "


class Transport(Protocol):
    """Turns bytes of the socket into bytes of messages, and back."""

    identity: bytes
    """Who the peer is; known when ``ready``."""
    ready: bool
    """Whether messages may flow."""

    def received(self, data: memoryview) -> bytes | memoryview:
        """Return what is in the bytes that came.

        Raises:
            Malformed: if the peer does not keep to the transport, or is not let in.
        """

    def to_send(self, data: bytes) -> bytes:
        """Return the bytes for the socket: of a message, and of whatever the transport itself has to say.

        Raises:
            Malformed: if the peer has ended it.
        """


class Plain:
    """A Unix domain socket: the kernel says who the peer is."""

    ready = True

    def __init__(self, connection: socket.socket) -> None:
        self.identity = b"uid %d" % uid_of(connection)

    def received(self, data: memoryview) -> memoryview:
        """See :meth:`Transport.received`."""
        return data

    def to_send(self, data: bytes) -> bytes:
        """See :meth:`Transport.to_send`."""
        return data


def uid_of(connection: socket.socket) -> int:
    """Return the user id of the process at the other end of a Unix domain socket, as the kernel knows it."""
    if hasattr(socket, "SO_PEERCRED"):
        credentials = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
        uid: int = struct.unpack("3i", credentials)[1]
        return uid
    # Elsewhere the mode of the socket's file lets only its owner in.
    return os.getuid()


def shows_certificate(identity: bytes) -> bool:
    """Tell whether a peer has proved who it is with a client certificate."""
    return identity.startswith(_CERTIFICATE)


class Tls:
    """TLS 1.3 with a client certificate, whose hash is the peer's identity."""

    def __init__(self, context: ssl.SSLContext) -> None:
        """Take the server's context, which requires and checks the client's certificate."""
        self.identity = b""
        self.ready = False
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        self._tls = newest(context).wrap_bio(self._incoming, self._outgoing, server_side=True)

    def received(self, data: memoryview) -> bytes:
        """See :meth:`Transport.received`."""
        self._incoming.write(data)
        try:
            if not self.ready:
                self._tls.do_handshake()
                require_not_revoked(self._tls)
                self.identity = _CERTIFICATE + peer_identity(self._tls)
                self.ready = True
            return self._read()
        except ssl.SSLWantReadError:
            return b""
        except ssl.SSLError as error:
            raise _failed(error) from None

    def _read(self) -> bytes:
        pieces = []
        try:
            while piece := self._tls.read(_READ):
                pieces.append(piece)
        except (ssl.SSLWantReadError, ssl.SSLZeroReturnError):
            pass  # all there is; the end itself is seen at the socket
        return b"".join(pieces)

    def to_send(self, data: bytes) -> bytes:
        """See :meth:`Transport.to_send`."""
        try:
            if data:
                self._tls.write(data)
            return self._outgoing.read()
        except ssl.SSLError as error:
            raise _failed(error) from None


def _failed(error: ssl.SSLError) -> Malformed:
    # What is wrong with a certificate is said in a field that only such errors have.
    return Malformed(f"TLS failed: {getattr(error, 'verify_message', None) or error.reason or 'the peer ended it'}.")
