"""A plain JVM that puts mixed load on a daemon, and what it reports; see java/Load.java."""

from __future__ import annotations

import json
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jvm.conftest import environment_of
from server.daemon import Daemon

from bridge.jvm import jar_path

START_SECONDS = 60.0
END_SECONDS = 90.0
STOCK = [f"stock {name}" for name in ("AES", "EC", "EC", "GenericSecret", "RSA", "RSA")]


@dataclass
class Load:
    """What the JVM has said so far.

    Attributes:
        process: the JVM.
        tried: labels of persistent keys that it has asked for.
        kept: labels of those that it got.
        left: labels of those that it has destroyed since, or is about to.
        heap: seconds since the start, and bytes of the heap in use right after a garbage collection.
        ready: whether the load has begun.
        report: what it says at its end: ``problems``, and for each chapter ``actions``, ``refused`` and the latencies
            ``p50``, ``p99`` and ``most`` in microseconds.
        killed: whether it had no time to report.
    """

    process: subprocess.Popen[str]
    tried: set[str] = field(default_factory=set)
    kept: set[str] = field(default_factory=set)
    left: set[str] = field(default_factory=set)
    heap: list[tuple[float, int]] = field(default_factory=list)
    ready: bool = False
    report: dict[str, Any] = field(default_factory=dict)
    killed: bool = False
    began: float = field(default_factory=time.monotonic)
    _turned: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))

    def listen(self) -> None:
        """Take in what the JVM says until it ends."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            word, _, rest = line.rstrip("\n").partition(" ")
            match word:
                case "try":
                    self.tried.add(rest)
                case "keep":
                    self.kept.add(rest)
                case "leave":
                    self.left.add(rest)
                case "heap":
                    self.heap.append((time.monotonic() - self.began, int(rest)))
                case "ready":
                    self.ready = True
                case "chapter":
                    self._turned.release()
                case "report":
                    self.report = json.loads(rest)

    def next_chapter(self) -> None:
        """Count anew from here; what began before has ended when this returns."""
        assert self.process.stdin is not None
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        assert self._turned.acquire(timeout=END_SECONDS), "the load does not go on"

    def kill(self) -> None:
        """Kill the JVM with ``kill -9``."""
        self.killed = True
        self.process.kill()

    @property
    def chapters(self) -> list[dict[str, Any]]:
        """The chapters of the report."""
        chapters: list[dict[str, Any]] = self.report["chapters"]
        return chapters


@contextmanager
def loading(home: Path, jdk: Path, classes: Path, threads: int, seed: int, /, **environment: str) -> Iterator[Load]:
    """Put load on the daemon of a home while the block runs; the report is there afterwards.

    Args:
        home: whose keys are used.
        jdk: runs the load.
        classes: the compiled folder ``java``.
        threads: how many.
        seed: gives every thread its order of actions.
        environment: of the JVM, besides what a user has.
    """
    classpath = f"{jar_path()}:{classes}"
    java = [str(jdk / "bin" / "java"), "-Xms96m", "-Xmx96m", "-XX:+UseSerialGC", "-cp", classpath]
    errors = home / "load.txt"
    with errors.open("wb") as sink:
        process = subprocess.Popen(
            [*java, "Load", str(threads), str(seed)],
            env={**environment_of(home, jdk), **environment},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=sink,
            text=True,
        )
    load = Load(process)
    listener = threading.Thread(target=load.listen)
    listener.start()
    try:
        start = time.monotonic()
        while not load.ready:
            assert process.poll() is None, errors.read_text()
            assert time.monotonic() < start + START_SECONDS, f"the load does not begin: {errors.read_text()}"
            time.sleep(0.02)
        yield load
        assert process.stdin is not None
        if not load.killed:
            process.stdin.close()
        process.wait(END_SECONDS)
    finally:
        process.kill()
        process.wait()
        listener.join()
        for pipe in (process.stdin, process.stdout):
            assert pipe is not None
            pipe.close()
    if load.killed:
        return
    assert (process.returncode, problems_in(errors)) == (0, [])
    assert load.report, "the load ended without a report"


def problems_in(errors: Path) -> list[str]:
    """Return what a JVM wrote to standard error, but for the log of lost and new connections."""
    return [line for line in errors.read_text().splitlines() if "Exception" in line or line.startswith("\tat ")]


def assert_only_kept_keys(load: Load, daemon: Daemon) -> None:
    """What returned is there, and nothing else but what was asked for when an answer was lost."""
    with daemon.alice() as peer:
        found = [peer.call("attributes", handle) for handle in peer.call("find", {})]
    assert all(attributes["TOKEN"] for attributes in found)
    labels = sorted(attributes["LABEL"] for attributes in found)
    # The two pairs of the stock have a label each, and its two secret keys.
    assert [label for label in labels if label.startswith("stock ")] == STOCK
    own = [label for label in labels if not label.startswith("stock ")]
    assert len(own) == len(set(own)), "something was made twice"
    assert load.kept - load.left <= set(own), "something that was kept is lost"
    assert set(own) <= load.tried


def describe(chapter: Mapping[str, Any]) -> str:
    """Return latencies and counts of a chapter in one line."""
    return (
        f"{chapter['actions']} operations, median {chapter['p50'] / 1000:.2f} ms, "
        f"p99 {chapter['p99'] / 1000:.2f} ms, longest {chapter['most'] / 1000:.0f} ms, "
        f"{sum(chapter['refused'].values())} refused"
    )
