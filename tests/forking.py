"""Python programs in processes of their own, forked from one that has imported hsmbridge already.

Each is what a new interpreter would be after its imports, which take 0.3 s of the processor. Tests of what an
interpreter does at its start, or of its options, start one.
"""

from __future__ import annotations

import atexit
import contextlib
import functools
import gc
import importlib
import io
import json
import os
import runpy
import select
import selectors
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
import types
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

_IMPORTS = ("bridge.cli", "bridge.cluster", "bridge.jvm.tools", "bridge.server.supervisor", "bridge.server.worker")
_HERE = str(Path(__file__).parent)
_LENGTH = struct.Struct(">I")
_NUMBER = struct.Struct(">i")

Stream = int | None
"""A descriptor; None is the null device."""


class Process:
    """One of the processes; has what tests need of :class:`subprocess.Popen`."""

    def __init__(self, pid: int, status: int) -> None:
        """Take the process id, and the descriptor from which its exit code is read."""
        self.pid = pid
        self.returncode: int | None = None
        self._status = status

    def __del__(self) -> None:
        """Close what tells the exit code."""
        if self.returncode is None:
            os.close(self._status)

    def poll(self) -> int | None:
        """Return the exit code, or None if it runs."""
        return self._ended(0)

    def wait(self, timeout: float | None = None) -> int:
        """Wait for the end and return the exit code, negative if a signal ended it.

        Raises:
            subprocess.TimeoutExpired: it runs longer.
        """
        code = self._ended(timeout)
        if code is None:
            raise subprocess.TimeoutExpired(f"process {self.pid}", timeout or 0)
        return code

    def _ended(self, timeout: float | None) -> int | None:
        if self.returncode is None and select.select([self._status], [], [], timeout)[0]:
            code = os.read(self._status, _NUMBER.size)
            if not code:
                raise ChildProcessError("The process from which the others are forked is gone.")
            self.returncode = _NUMBER.unpack(code)[0]
            os.close(self._status)
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Send a signal, if it runs."""
        if self.poll() is None:
            with contextlib.suppress(ProcessLookupError):  # it has just ended
                os.kill(self.pid, number)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it."""
        self.send_signal(signal.SIGKILL)


def start(
    arguments: Sequence[str],
    environment: Mapping[str, str],
    *,
    cwd: Path | None = None,
    stdin: Stream = None,
    stdout: Stream = None,
    stderr: Stream = None,
) -> Process:
    """Start a process.

    Args:
        arguments: of ``python``: ``-m MODULE``, ``-c CODE`` or a file, and the program's own.
        environment: all of its variables.
        cwd: where; by default as this process.
        stdin: its standard input.
        stdout: its standard output.
        stderr: its standard error.
    """
    request = {"arguments": list(arguments), "environment": dict(environment), "cwd": str(cwd or Path.cwd())}
    content = json.dumps(request).encode()
    status, report = os.pipe()
    null = os.open(os.devnull, os.O_RDWR)
    try:
        streams = [null if stream is None else stream for stream in (stdin, stdout, stderr)]
        socket.send_fds(_parent(), [_LENGTH.pack(len(content))], [*streams, report])
        _parent().sendall(content)
        pid = _parent().recv(_NUMBER.size, socket.MSG_WAITALL)
    except OSError:
        os.close(status)
        raise
    finally:
        os.close(report)
        os.close(null)
    if not pid:
        os.close(status)
        raise ChildProcessError("The process from which the others are forked is gone.")
    return Process(_NUMBER.unpack(pid)[0], status)


def run(
    arguments: Sequence[str],
    environment: Mapping[str, str],
    *,
    cwd: Path | None = None,
    text: str = "",
    together: bool = False,
    timeout: float = 60,
) -> subprocess.CompletedProcess[str]:
    """Run a process to its end, and that of everything it has left running with its standard output or error.

    Args:
        arguments: see :func:`start`.
        environment: see :func:`start`.
        cwd: see :func:`start`.
        text: its standard input.
        together: whether standard error goes where standard output goes.
        timeout: seconds that it has.

    Raises:
        subprocess.TimeoutExpired: it took longer, and was killed with all that it had started.
    """
    end = time.monotonic() + timeout
    with tempfile.TemporaryFile() as given, contextlib.ExitStack() as stack:
        given.write(text.encode())
        given.seek(0)
        pipes = [os.pipe() for _ in ("output",) * (1 if together else 2)]
        readers = [stack.enter_context(open(reader, "rb", buffering=0)) for reader, _ in pipes]
        writers = [writer for _, writer in pipes]
        try:
            process = start(
                arguments, environment, cwd=cwd, stdin=given.fileno(), stdout=writers[0], stderr=writers[-1]
            )
        finally:
            for writer in writers:
                os.close(writer)
        try:
            texts = _read(readers, end, timeout)
            code = process.wait(max(0, end - time.monotonic()))
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            raise
        return subprocess.CompletedProcess(arguments, code, texts[0], "" if together else texts[1])


def _read(pipes: Sequence[io.FileIO], end: float, timeout: float) -> list[str]:
    """Read pipes until nobody holds their other ends.

    Raises:
        subprocess.TimeoutExpired: somebody does when the monotonic clock has come to the end, after so many seconds.
    """
    said = {pipe: bytearray() for pipe in pipes}
    with selectors.DefaultSelector() as selector:
        for pipe in pipes:
            selector.register(pipe, selectors.EVENT_READ)
        while selector.get_map():
            ready = selector.select(end - time.monotonic())
            if time.monotonic() >= end:
                raise subprocess.TimeoutExpired("a forked process", timeout, b"".join(said.values()))
            for key, _ in ready:
                if part := os.read(key.fd, 1 << 16):
                    said[cast(io.FileIO, key.fileobj)] += part
                else:
                    selector.unregister(key.fileobj)
    return [content.decode().replace("\r\n", "\n") for content in said.values()]


@functools.cache
def _parent() -> socket.socket:
    """Start the process from which all others are forked; it ends with this one."""
    ours, theirs = socket.socketpair()
    with theirs:
        parent = subprocess.Popen(
            [sys.executable, "-c", f"import forking; forking.serve({theirs.fileno()})"],
            env={**os.environ, "PYTHONPATH": _HERE, "LANG": "C.UTF-8"},
            stdin=subprocess.DEVNULL,
            pass_fds=[theirs.fileno()],
        )
    atexit.register(parent.wait)
    atexit.register(ours.close)
    return ours


def serve(descriptor: int) -> None:
    """Fork, whenever the test process asks for it, until that is gone."""
    sys.path[:] = [path for path in sys.path if path not in ("", _HERE)]
    sys.modules["numpy"] = None  # type: ignore[assignment] # which JPype would load
    for name in _IMPORTS:
        importlib.import_module(name)
    gc.collect()
    gc.freeze()
    control = socket.socket(fileno=descriptor)
    bell, button = socket.socketpair()
    for end in bell, button:
        end.setblocking(False)
    signal.set_wakeup_fd(button.fileno())
    signal.signal(signal.SIGCHLD, lambda *_: None)
    reports: dict[int, int] = {}
    selector = selectors.DefaultSelector()
    selector.register(control, selectors.EVENT_READ)
    selector.register(bell, selectors.EVENT_READ)
    while True:
        for key, _ in selector.select():
            if key.fileobj is bell:
                bell.recv(4096)
                _report_ended(reports)
                continue
            header, descriptors, _, _ = socket.recv_fds(control, _LENGTH.size, 4, socket.MSG_WAITALL)
            if not header:
                return
            request = json.loads(control.recv(_LENGTH.unpack(header)[0], socket.MSG_WAITALL))
            pid = os.fork()
            if not pid:
                for own in (control, bell, button, selector):
                    own.close()
                _become(request, descriptors[:3])
                return
            *streams, reports[pid] = descriptors
            for stream in streams:
                os.close(stream)
            control.sendall(_NUMBER.pack(pid))


def _report_ended(reports: dict[int, int]) -> None:
    while reports:
        pid, status = os.waitpid(-1, os.WNOHANG)
        if not pid:
            return
        report = reports.pop(pid)
        with contextlib.suppress(BrokenPipeError):  # nobody waits for it
            os.write(report, _NUMBER.pack(os.waitstatus_to_exitcode(status)))
        os.close(report)


def _become(request: dict[str, Any], streams: Sequence[int]) -> None:
    """Be what an interpreter is for a program, in a process group of its own, and run that."""
    os.setsid()
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    for target, stream in enumerate(streams):
        os.dup2(stream, target)
    os.closerange(3, os.sysconf("SC_OPEN_MAX"))
    os.chdir(request["cwd"])
    os.environ.clear()
    os.environ.update(request["environment"])
    sys.path[:0] = filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))
    kind, *rest = request["arguments"]
    if kind == "-m":
        module, *sys.argv[1:] = rest
        sys.path.insert(0, os.getcwd())
        runpy.run_module(module, run_name="__main__", alter_sys=True)
    elif kind == "-c":
        sys.argv[:] = ["-c", *rest[1:]]
        sys.path.insert(0, "")
        main = sys.modules["__main__"] = types.ModuleType("__main__")
        exec(compile(rest[0], "<string>", "exec"), main.__dict__)  # noqa: S102 - as `python -c` does
    else:
        sys.argv[:] = [kind, *rest]
        sys.path.insert(0, str(Path(kind).parent))
        runpy.run_path(kind, run_name="__main__")
