"""The sockets that a daemon listens on."""

from __future__ import annotations

import logging
import os
import socket
import stat
from pathlib import Path
from typing import NamedTuple

from bridge.engine import HsmError, ReturnCode

_log = logging.getLogger(__name__)

SOCKET = "engine.sock"
"""The name of the Unix domain socket in a home."""

_LONGEST_PATH = 106
"""Bytes of a Unix domain socket's path that Java can name; the system's structure has 108."""

_BACKLOG = 512
_FIRST_ACTIVATED = 3


class Address(NamedTuple):
    """Where TLS is served."""

    host: str
    port: int

    def __str__(self) -> str:
        """Return the address as it is written, IPv6 in brackets."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def parse_address(text: str) -> Address:
    """Read ``HOST:PORT``, ``[IPv6]:PORT`` or ``PORT``; without a host it is 127.0.0.1.

    Raises:
        HsmError: ``ARGUMENTS_BAD``.
    """
    host, _, port = text.rpartition(":")
    if not (port.isascii() and port.isdigit() and int(port) < 65536):
        raise HsmError(ReturnCode.ARGUMENTS_BAD, f"{text!r} is no address: write HOST:PORT, or PORT for 127.0.0.1.")
    return Address(host.removeprefix("[").removesuffix("]") or "127.0.0.1", int(port))


def unix_listener(home: Path) -> socket.socket:
    """Listen on the home's socket; the caller holds the home's lock, so that an old socket is nobody's.

    Raises:
        HsmError: ``ARGUMENTS_BAD`` if the path is too long.
        OSError: if it cannot be made.
    """
    path = home / SOCKET
    length = len(os.fsencode(path))
    if length > _LONGEST_PATH:
        raise HsmError(
            ReturnCode.ARGUMENTS_BAD,
            f"The path of the socket, {path}, has {length} bytes; Java takes {_LONGEST_PATH}. "
            "Choose a home with a shorter path with HSMBRIDGE_HOME, or make a symbolic link to it and name that.",
        )
    path.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX)
    # The mode is right from the first moment, not only after a chmod.
    before = os.umask(0o177)
    try:
        listener.bind(str(path))
    except BaseException:
        listener.close()
        raise
    finally:
        os.umask(before)
    listener.listen(_BACKLOG)
    return listener


def tcp_listener(address: Address) -> socket.socket:
    """Listen on a port.

    Raises:
        HsmError: ``ARGUMENTS_BAD`` if there is no such address, or somebody else listens there.
    """
    try:
        family, kind, protocol, _, target = socket.getaddrinfo(*address, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family, kind, protocol)
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(target)
            listener.listen(_BACKLOG)
        except BaseException:
            listener.close()
            raise
    except OSError as error:
        raise HsmError(ReturnCode.ARGUMENTS_BAD, f"Cannot listen on {address}: {error.strerror}.") from None
    return listener


def refuse(accepted: socket.socket, message: bytes) -> None:
    """Tell a peer why it is not served, if it takes the message at once."""
    try:
        accepted.setblocking(False)
        accepted.send(message)
    except OSError:
        _log.info("a refused connection did not wait for the reason")


def activated() -> list[socket.socket]:
    """Return the listening sockets that systemd made (sd_listen_fds(3)), and forget that it did.

    Raises:
        HsmError: ``ARGUMENTS_BAD`` if one of them does not listen for streams.
    """
    if os.environ.get("LISTEN_PID") != str(os.getpid()):
        return []
    count = int(os.environ.get("LISTEN_FDS", "0"))
    for variable in ("LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"):
        os.environ.pop(variable, None)
    listeners = []
    for descriptor in range(_FIRST_ACTIVATED, _FIRST_ACTIVATED + count):
        if not stat.S_ISSOCK(os.fstat(descriptor).st_mode):
            raise HsmError(ReturnCode.ARGUMENTS_BAD, f"Descriptor {descriptor}, passed by systemd, is no socket.")
        listener = socket.socket(fileno=descriptor)
        listener.set_inheritable(False)
        if listener.type != socket.SOCK_STREAM or not listener.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
            raise HsmError(
                ReturnCode.ARGUMENTS_BAD, f"Descriptor {descriptor}, passed by systemd, listens for no streams."
            )
        listeners.append(listener)
    return listeners


def notify(state: str) -> None:
    """Tell systemd about the daemon's state (sd_notify(3)), if it wants to know.

    Args:
        state: such as ``READY=1``.
    """
    path = os.environ.get("NOTIFY_SOCKET")
    if not path:
        return
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as messenger:
            # A leading @ stands for the zero byte of an abstract address.
            messenger.connect("\0" + path[1:] if path.startswith("@") else path)
            messenger.send(state.encode())
    except OSError as error:
        _log.warning("nobody takes the notification", extra={"socket": path, "reason": error.strerror})
