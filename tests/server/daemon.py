"""Daemons as real processes, and what can be seen of them from outside."""

from __future__ import annotations

import json
import os
import shutil
import signal
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import forking
from cli.command import clean_environment
from conftest import PASSWORDS

from bridge.engine import Role
from bridge.store import open_home
from server.peer import Ended, Peer

PATIENCE = 20.0
"""Seconds that a daemon has to start, to stop, or to mend itself."""


def until(condition: Callable[[], bool], what: str, seconds: float = PATIENCE) -> None:
    """Wait until something is so.

    Args:
        condition: tells whether it is.
        what: for the failure.
        seconds: how long that may take.
    """
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"not within {seconds} s: {what}"
        time.sleep(0.02)


class Daemon:
    """``hsmbridge serve`` over one home, in the foreground of a process of its own."""

    def __init__(self, home: Path, *options: str, **environment: str) -> None:
        self.home = home
        self.options = options
        self.environment = environment
        self.errors = home / "stderr.txt"
        self.process: forking.Process | None = None

    @property
    def socket(self) -> Path:
        """The path of its socket."""
        return self.home / "engine.sock"

    def start(self) -> None:
        """Start it and wait until it answers."""
        with self.errors.open("ab") as errors:
            self.process = forking.start(
                ["-m", "bridge.cli", "serve", "--foreground", *self.options],
                clean_environment(self.home, self.environment),
                stderr=errors.fileno(),
            )
        until(self._answers, "the daemon answers")

    def _answers(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, self.errors.read_text()
        try:
            with self.peer() as peer:
                return bool(peer.call("info"))
        except (OSError, Ended):
            return False

    def stop(self) -> None:
        """Stop it as systemd does; it must end in order and have nothing to complain about."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(PATIENCE) == 0, self.errors.read_text()
        self.process = None
        assert "Traceback" not in self.errors.read_text()

    def kill(self) -> None:
        """Kill the process that was started, with ``kill -9``; its workers must end by themselves."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()
        self.process = None

    def facts(self) -> Any:
        """Return what it says of itself in its file."""
        return json.loads((self.home / "serve.json").read_text())

    def workers(self) -> list[int]:
        """Return the process ids of its workers."""
        return [int(pid) for pid in self.facts()["workers"]]

    def pids(self) -> list[int]:
        """Return the process ids of all its processes, the started one first."""
        assert self.process is not None
        return [self.process.pid, *descendants(self.process.pid)]

    def peer(self, **options: object) -> Peer:
        """Connect, and open a session."""
        peer = Peer.unix(self.socket)
        try:
            peer.hello(**options)
        except BaseException:
            peer.close()
            raise
        return peer

    def alice(self, **options: object) -> Peer:
        """Connect, and log alice in."""
        peer = self.peer(**options)
        try:
            peer.call("login", "alice", PASSWORDS["alice"])
        except BaseException:
            peer.close()
            raise
        return peer

    def kill_workers(self, *doomed: int) -> None:
        """Kill workers, by default all, with ``kill -9``, and wait until others stand in for them."""
        workers = self.workers()
        killed = set(doomed or workers)
        for pid in killed:
            os.kill(pid, signal.SIGKILL)
        until(lambda: len(self.workers()) == len(workers) and not killed & set(self.workers()), "they are replaced")


@contextmanager
def short_home(pristine: Path) -> Iterator[Path]:
    """Copy a home to where its path is short enough for a Unix socket, and remove the copy at the end."""
    folder = Path(tempfile.mkdtemp(prefix="hb", dir="/tmp"))  # pytest's have too long names
    try:
        yield Path(shutil.copytree(pristine, folder / "home"))
    finally:
        shutil.rmtree(folder)


@contextmanager
def running(pristine: Path, *options: str, **environment: str) -> Iterator[Daemon]:
    """Start a daemon over a home of its own, and stop it at the end if it is still there."""
    with short_home(pristine) as home, serving(Daemon(home, *options, **environment)) as daemon:
        yield daemon


@contextmanager
def serving(daemon: Daemon) -> Iterator[Daemon]:
    """Start a daemon, and stop it at the end if it is still there."""
    daemon.start()
    try:
        yield daemon
    except BaseException:
        if daemon.process is not None:
            daemon.process.terminate()
            daemon.process.wait()
        raise
    if daemon.process is not None:
        daemon.stop()


@contextmanager
def changed_settings(daemon: Daemon, **changed: bool) -> Iterator[None]:
    """Let the admin change settings, as `hsmbridge configure` does, and change them back."""
    hsm = open_home(daemon.home)
    try:
        admin = hsm.open_session()
        admin.login(Role.ADMIN, "admin", PASSWORDS["admin"])
        admin.configure(**changed)
        yield
        admin.configure(**{name: not value for name, value in changed.items()})
    finally:
        hsm.close()


def descendants(pid: int) -> list[int]:
    """Return the process ids of all children and children's children that live."""
    found: list[int] = []
    for child in _children(pid):
        found += [child, *descendants(child)]
    return found


def _children(pid: int) -> list[int]:
    try:
        threads = [int(name) for name in os.listdir(f"/proc/{pid}/task")]
        return [int(each) for tid in threads for each in Path(f"/proc/{pid}/task/{tid}/children").read_text().split()]
    except (FileNotFoundError, ProcessLookupError):
        return []


def is_alive(pid: int) -> bool:
    """Tell whether a process is there and no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def memory(pid: int) -> int:
    """Return the bytes of memory that a process has, but for files.

    It counts pages that are shared since a fork too: otherwise the end of one process would look like the growth of
    another.

    Raises:
        ProcessLookupError: there is no such process any more.
    """
    try:
        rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except FileNotFoundError:
        raise ProcessLookupError from None
    fields = dict(line.split(":", 1) for line in rollup.splitlines()[1:])
    if "Anonymous" not in fields:
        raise ProcessLookupError
    return int(fields["Anonymous"].split()[0]) * 1024


def sockets(pid: int) -> int:
    """Return how many sockets a process has open."""
    count = 0
    for descriptor in Path(f"/proc/{pid}/fd").iterdir():
        try:
            count += os.readlink(descriptor).startswith("socket:")
        except FileNotFoundError:
            continue
    return count
