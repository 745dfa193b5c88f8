"""Whether the daemon of a home runs, and what it says of itself: seen from outside, by the files it keeps."""

from __future__ import annotations

import json
import os
import socket
import struct
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import Any

import msgpack

from bridge.engine.errors import HsmError
from bridge.server import metrics
from bridge.server.daemon import METRICS, RECORD, is_served
from bridge.server.listeners import SOCKET
from bridge.store import Occupancy, occupancy

TIMEOUT = 5.0
"""Seconds that a daemon has to answer."""

_KINDS: Mapping[str, type] = {
    "pid": int,
    "version": str,
    "socket": str,
    "listen": list,
    "workers": list,
    "started": str,
    "restarts": int,
}
"""What a daemon writes of itself; of a daemon of another version some may be missing."""

_ENDED = "It ended the connection instead of answering."
_STRANGE = "What answers on its socket is no daemon of hsmbridge."


class State(Enum):
    """What can be said of a daemon."""

    RUNNING = "running"
    NOT_ANSWERING = "not answering"
    STOPPED = "stopped"


@dataclass(frozen=True)
class Status:
    """A daemon at one moment.

    Attributes:
        home: its folder.
        state: whether it runs.
        problem: why it does not answer, or what of its files cannot be read; None if all is well.
        facts: what it wrote of itself; empty if it is stopped.
        info: what it answered: its version, home and mode; empty if it did not.
        seconds: how long that took, from connecting on.
        counters: what its workers have counted; None if it is stopped.
        occupancy: what lies in the home; None if that cannot be told.
    """

    home: Path
    state: State
    problem: str | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    info: Mapping[str, str] = field(default_factory=dict)
    seconds: float = 0.0
    counters: metrics.Snapshot | None = None
    occupancy: Occupancy | None = None

    @property
    def started(self) -> datetime | None:
        """When it was started, or None if it did not say."""
        try:
            return datetime.fromisoformat(self.facts["started"])
        except (KeyError, TypeError, ValueError):
            return None


class NoAnswer(Exception):
    """The daemon cannot be reached, refuses, or does not keep to the protocol; its text says which."""


def look_at(home: Path, timeout: float = TIMEOUT) -> Status:
    """Find out how the daemon of a home is.

    Args:
        home: the folder.
        timeout: seconds that it has to answer.

    Raises:
        OSError: if the home cannot be looked into.
    """
    # Nobody is called who does not run: with socket activation the call would start the daemon.
    if not is_served(home):
        return Status(home, State.STOPPED, occupancy=_occupancy(home))
    facts, problem = _facts(home / RECORD)
    began = time.monotonic()
    try:
        info = ask_info(Path(str(facts.get("socket") or home / SOCKET)), timeout)
        state = State.RUNNING
    except NoAnswer as error:
        info, problem = {}, str(error)
        state = State.NOT_ANSWERING
    seconds = time.monotonic() - began
    counters = None
    try:
        counters = metrics.read(home / METRICS)
    except (OSError, HsmError) as error:
        problem = problem or f"Its numbers cannot be read: {error}"
    return Status(home, state, problem, facts, info, seconds, counters, _occupancy(home))


def _occupancy(home: Path) -> Occupancy | None:
    # What is wrong with a home, the verbs that use it say.
    with suppress(HsmError):
        return occupancy(home)
    return None


def ask_info(path: Path, timeout: float) -> dict[str, str]:
    """Ask a daemon for its version, home and mode.

    Args:
        path: of its socket.
        timeout: seconds for all of it.

    Raises:
        NoAnswer: if it does not answer as it should.
    """
    try:
        with socket.socket(socket.AF_UNIX) as connection:
            talk = _Talk(connection, time.monotonic() + timeout)
            connection.settimeout(timeout)
            connection.connect(os.fspath(path))
            talk.ask(1, "hello", [1], {"client": "hsmbridge status"})
            info = talk.ask(2, "info")
    except (ConnectionResetError, BrokenPipeError):
        raise NoAnswer(_ENDED) from None
    except TimeoutError:
        raise NoAnswer(f"It did not answer on {path} within {timeout:g} s.") from None
    except OSError as error:
        raise NoAnswer(f"It cannot be reached on {path}: {error.strerror or error}.") from None
    if not isinstance(info, dict):
        raise NoAnswer(_STRANGE)
    return {str(name): str(value) for name, value in info.items()}


@dataclass
class _Talk:
    """A connection with a time by which everything has to be said."""

    connection: socket.socket
    end: float

    def ask(self, number: int, *request: object) -> object:
        body = msgpack.packb([number, *request])
        self._hurry()
        self.connection.sendall(struct.pack(">I", len(body)) + body)
        (length,) = struct.unpack(">I", self._read(4))
        if length > 1024 * 1024:
            raise NoAnswer(_STRANGE)
        try:
            answered, code, content = msgpack.unpackb(self._read(length))
        except (ValueError, TypeError):
            raise NoAnswer(_STRANGE) from None
        if code or answered != number:
            raise NoAnswer(f"It refuses: {content}")
        return content

    def _read(self, count: int) -> bytes:
        data = b""
        while len(data) < count:
            self._hurry()
            piece = self.connection.recv(count - len(data))
            if not piece:
                raise NoAnswer(_ENDED)
            data += piece
        return data

    def _hurry(self) -> None:
        left = self.end - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self.connection.settimeout(left)


def _facts(path: Path) -> tuple[Mapping[str, Any], str | None]:
    try:
        found = json.loads(path.read_bytes())
        facts = {name: found[name] for name in _KINDS if name in found}
        if type(found) is not dict or any(type(value) is not _KINDS[name] for name, value in facts.items()):
            raise ValueError
        return facts, None
    except FileNotFoundError:
        return {}, None
    except (ValueError, TypeError):
        return {}, f"{path} is not what a daemon writes."
    except OSError as error:
        return {}, f"{path} cannot be read: {error.strerror}."
