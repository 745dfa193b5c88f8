"""The Java client in a JVM of its own, driven over pipes; and daemons that say what no real one would."""

from __future__ import annotations

import itertools
import os
import socket
import struct
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgpack
import pytest
from short_lived import QUICK_START

from bridge.jvm import jar_path

SOURCES = Path(__file__).parent / "java"
SIGN = ("sign", 1, 2, b"", b"data")
"""A command that a fake daemon may answer with a signature."""
DEVICE_REMOVED = 0x32
PATIENCE = 30.0
"""Seconds that any command may take."""


class Refused(Exception):
    """A command threw: an HsmException with its code, or with the code 1 what is no HsmException."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(f"0x{code:x} {message}")
        self.code = code
        self.message = message


class Shell:
    """One JVM, whose commands are tests/server/java/Shell.java's."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process
        self._numbers = itertools.count(1)
        self._answers: dict[int, tuple[int, Any]] = {}
        self._news = threading.Condition()
        self._writing = threading.Lock()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def begin(self, method: str, *arguments: object) -> int:
        """Send a command, and return its number."""
        with self._writing:
            number = next(self._numbers)
            # The shell takes no bytes for no parameter.
            given = [b"" if argument is None else argument for argument in arguments]
            body = msgpack.packb([number, method, *given])
            assert self._process.stdin is not None
            self._process.stdin.write(struct.pack(">I", len(body)) + body)
            self._process.stdin.flush()
        return number

    def end(self, number: int, seconds: float = PATIENCE) -> Any:
        """Return a command's result.

        Raises:
            Refused: it threw.
        """
        with self._news:
            assert self._news.wait_for(lambda: number in self._answers, seconds), "no answer"
            code, result = self._answers.pop(number)
        if code:
            raise Refused(code, result)
        return result

    def call(self, method: str, *arguments: object) -> Any:
        """Send a command and return its result; raises as :meth:`end`."""
        return self.end(self.begin(method, *arguments))

    def outcome(self, method: str, *arguments: object) -> str:
        """Send a command and return how it ended: "fine", or the message of what it threw."""
        return self.ending(self.begin(method, *arguments))

    def ending(self, number: int, check: Callable[[Any], None] = lambda result: None) -> str:
        """Return how a command ended: "fine" if its result was checked, or the message of what it threw."""
        try:
            check(self.end(number))
        except Refused as refused:
            return refused.message
        return "fine"

    def open(self, where: Path | Mapping[str, object], **options: object) -> None:
        """Open the engine of this JVM."""
        self.call("open", {"socket": str(where)} if isinstance(where, Path) else where, options)

    def _read(self) -> None:
        output = self._process.stdout
        assert output is not None
        while len(header := output.read(4)) == 4:
            body = output.read(struct.unpack(">I", header)[0])
            number, code, result = msgpack.unpackb(body, max_bin_len=1 << 22)
            with self._news:
                self._answers[number] = code, result
                self._news.notify_all()


@contextmanager
def shell(
    java: Path,
    classes: Path,
    *options: str,
    virtual: bool = False,
    environment: Mapping[str, str] | None = None,
) -> Iterator[Shell]:
    """Start a JVM, and end it afterwards; it must have nothing to complain about."""
    paths = os.pathsep.join([str(jar_path()), str(classes)])
    command = [str(java), *QUICK_START, *options, "-cp", paths, "io.hsmbridge.socket.Shell"]
    command += ["virtual"] if virtual else []
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment) as process:
        try:
            yield Shell(process)
            assert process.stdin is not None
            process.stdin.close()
            assert process.wait(PATIENCE) == 0
        except BaseException:
            process.kill()
            raise


def frame(*message: object) -> bytes:
    """Return a message as a frame."""
    body: bytes = msgpack.packb(list(message))
    return struct.pack(">I", len(body)) + body


Answering = Callable[[Sequence[Any]], bytes | None]
"""Takes a request and returns the bytes to send; none to say nothing, and ``b""`` to end the connection."""


class Fake:
    """A daemon that opens sessions as it should, and answers everything else as a test wants it."""

    def __init__(self, path: Path, answering: Answering) -> None:
        self.requests: list[Sequence[Any]] = []
        self.connections = 0
        self.answering = answering
        self.hook: Answering = self.honest
        """Answers every request, also those that a real daemon would answer the same way."""
        self._open: list[socket.socket] = []
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(path))
        self._listener.listen(64)
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            self._open.append(connection)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, connection.makefile("rb") as stream:
            try:
                while len(header := stream.read(4)) == 4:
                    request = msgpack.unpackb(stream.read(struct.unpack(">I", header)[0]), max_bin_len=1 << 20)
                    answer = self.hook(request)
                    if answer == b"":
                        # Closing alone would leave it open for the stream.
                        connection.shutdown(socket.SHUT_RDWR)
                        return
                    connection.sendall(answer or b"")
            except OSError:
                return

    def honest(self, request: Sequence[Any]) -> bytes | None:
        """Answer as a real daemon, where the test does not want it otherwise."""
        number, method = request[:2]
        if method == "hello":
            token = request[3].get("session", bytes(32))
            answer = {"protocol": 1, "session": token, "max_frame": 1 << 20, "max_data": (1 << 20) - 4096}
            return frame(number, 0, answer)
        self.requests.append(request)
        return frame(number, 0, None) if method in ("login", "close") else self.answering(request)

    def count(self, method: str) -> int:
        """Return how many requests there were for a method."""
        return sum(request[1] == method for request in self.requests)

    def say(self, data: bytes) -> None:
        """Send bytes over the first connection, unasked."""
        self._open[0].sendall(data)

    def end_connections(self) -> None:
        """End every connection, and go on listening."""
        for connection in self._open:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue
        self._open.clear()

    def close(self) -> None:
        """Stop listening, and end every connection."""
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.end_connections()


def refused(client: Shell, code: int, *command: Any) -> str:
    """Expect a command to be refused with a code, and return the message."""
    with pytest.raises(Refused) as caught:
        client.call(*command)
    assert caught.value.code == code, caught.value
    return caught.value.message


def after(refusals: int, code: int) -> Answering:
    """Refuse so many requests with a code, then sign."""
    left = iter(range(refusals))

    def answer(request: Sequence[Any]) -> bytes:
        if next(left, None) is None:
            return frame(request[0], 0, b"signature")
        return frame(request[0], code, "not now")

    return answer


def breaking(times: int) -> Answering:
    """End so many connections instead of an answer, then sign."""
    left = iter(range(times))

    def answer(request: Sequence[Any]) -> bytes:
        return frame(request[0], 0, b"signature") if next(left, None) is None else b""

    return answer


@contextmanager
def fake(folder: Path, answering: Answering) -> Iterator[tuple[Fake, Path]]:
    """Run a fake daemon on a socket in a folder."""
    path = folder / "fake.sock"
    daemon = Fake(path, answering)
    try:
        yield daemon, path
    finally:
        daemon.close()
        path.unlink()
