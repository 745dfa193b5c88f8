"""``hsmbridge speed`` measuring, if only for a moment."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import forking
import pytest
from server.daemon import descendants, is_alive, until

from bridge.server.daemon import LOCK
from bridge.speed.contenders import Jvm, OpenSsl
from bridge.speed.operations import OPERATIONS, Case

QUICK = ("--seconds", "0.05", "--json")


def speed(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the verb as a user does."""
    # A home's socket needs a short path.
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        run = forking.run(["-m", "bridge.cli", "speed", *arguments], {"PATH": "/usr/bin:/bin", "TMPDIR": folder})
        left = [path for path in Path(folder).iterdir() if path.name.startswith("hsmbridge-s")]
        assert left == [], "what was made for the measurement stays"
    return run


def measured(*arguments: str) -> Any:
    """Return what the verb says in JSON."""
    run = speed(*arguments, *QUICK)
    assert run.returncode == 0, run.stderr
    assert run.stderr == ""
    return json.loads(run.stdout)


def test_every_operation_is_done_in_process() -> None:
    small = [name for name in OPERATIONS if name != "find-label"]
    found = measured(*small, "--transport", "in-process", "--size", "1000")
    assert [case["operation"] for case in found] == small
    for case in found:
        assert len(case["contenders"]["in-process"]["rates"]) == 5
        assert all(rate > 0 for rate in case["contenders"]["in-process"]["rates"])


def test_both_transports_and_their_peers_are_compared() -> None:
    (found,) = measured("p256-sign", "--threads", "2", "--against", "jdk,openssl", "--workers", "1")
    assert list(found["contenders"]) == ["in-process", "socket", "jdk", "openssl"]
    assert {name: list(ratios) for name, ratios in found["time_ratios"].items()} == {
        "in-process": ["jdk", "openssl"],
        "socket": ["jdk", "openssl"],
    }


def test_keys_are_found_among_as_many_as_were_asked_for() -> None:
    found = measured("find-label", "--size", "3,20", "--transport", "in-process", "--against", "jdk")
    assert [(case["size"], case["contenders"]["in-process"]["rate"] > 0) for case in found] == [(3, True), (20, True)]
    assert [case["unable"] for case in found] == [["jdk"], ["jdk"]]


@pytest.mark.parametrize(("operation", "size"), [("aes256-gcm", 64), ("aes256-ctr", 100_000)])
def test_a_profile_has_all_floors(operation: str, size: int) -> None:
    found = measured("--profile", operation, "--size", str(size))
    assert {name: list(floors) for name, floors in found["profile"].items()} == {
        name: ["OpenSSL", "engine", "border", "Java"] for name in ("in-process", "socket")
    }
    assert all(sum(floors.values()) > 0 for floors in found["profile"].values())


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_who_ends_it_finds_nothing_left(number: signal.Signals) -> None:
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        measuring = ["-m", "bridge.cli", "speed", "p256-sign", "--transport", "socket", "--seconds", "60"]
        process = forking.start(measuring, {"PATH": "/usr/bin:/bin", "TMPDIR": folder})
        until(lambda: any(map(_measures, descendants(process.pid))), "it does not measure")
        (lock,) = Path(folder).glob(f"hsmbridge-speed-*/hsm/{LOCK}")
        daemon = int(lock.read_text())
        assert is_alive(daemon)
        process.send_signal(number)
        assert process.wait(8) == 128 + number, "it does not wait for the turn's end"
        assert list(Path(folder).iterdir()) == []
        assert not is_alive(daemon)
        with pytest.raises(ProcessLookupError):
            os.killpg(process.pid, 0)


def _measures(pid: int) -> bool:
    """Tell whether a JVM has begun its work: it has read the first batch, and made a thread for it."""
    try:
        names = {task.read_text() for task in Path(f"/proc/{pid}/task").glob("*/comm")}
    except (FileNotFoundError, ProcessLookupError):
        return False
    return any(name.startswith("Thread-") for name in names)


def test_a_jvm_in_need_of_memory_says_so() -> None:
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        environment = {"PATH": "/usr/bin:/bin", "TMPDIR": folder, "JAVA_TOOL_OPTIONS": "-Xmx32m -XX:+UseSerialGC"}
        sizes = ["--size", f"32,{1 << 29}", "--transport", "socket"]
        run = forking.run(["-m", "bridge.cli", "speed", "hmac-sha256", *sizes, *QUICK], environment)
        assert list(Path(folder).glob("hsmbridge-s*")) == []
    assert run.returncode == 1
    assert "socket cannot do hmac-sha256: java.lang.OutOfMemoryError" in run.stderr


def test_a_daemon_that_does_not_start_says_why() -> None:
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        deep = Path(folder) / ("d" * 100)
        deep.mkdir()
        measuring = ["-m", "bridge.cli", "speed", "p256-sign", "--transport", "socket", *QUICK]
        run = forking.run(measuring, {"PATH": "/usr/bin:/bin", "TMPDIR": str(deep)})
    assert run.returncode == 1
    assert "engine.sock" in run.stderr
    assert "serve.log" not in run.stderr


class Enough(Exception):
    """It took long enough."""


@contextmanager
def interrupted(seconds: float) -> Iterator[None]:
    """Raise an exception in the main thread in so many seconds, and expect it."""

    def enough(*_: object) -> None:
        raise Enough

    before = signal.signal(signal.SIGUSR1, enough)
    timer = threading.Timer(seconds, os.kill, (os.getpid(), signal.SIGUSR1))
    timer.start()
    try:
        with pytest.raises(Enough):
            yield
    finally:
        timer.join()
        signal.signal(signal.SIGUSR1, before)


def test_who_is_interrupted_leaves_no_process_of_openssl() -> None:
    with interrupted(1):
        OpenSsl(2).rate(Case("p256-sign", 32, 2), 61)
    commands = [path.read_bytes() for path in Path("/proc").glob("[0-9]*/cmdline") if path.exists()]
    assert not [command for command in commands if b"-seconds\x0061\x00" in command]


def test_a_jvm_that_is_interrupted_in_its_turn_is_not_waited_for() -> None:
    jvm = Jvm("deaf", ["sleep", "61"], {"PATH": "/usr/bin:/bin"}, lambda case: True)
    with interrupted(0.2):
        jvm.batch("p256-sign", 32, 1, 61)
    began = time.monotonic()
    jvm.close()
    assert time.monotonic() - began < 5


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["sha256"], "'sha256' is not one of"),
        (["--check"], "--check goes with --limits."),
        (["--limits", "p256-sign"], "--limits knows what it measures: do not give an operation."),
        (["--limits", "--size", "1"], "--limits knows what it measures: do not give --size."),
        (["--limits", "--plot", "a.svg"], "--limits knows what it measures: do not give --plot."),
        (["--limits", "--profile", "p256-sign"], "--limits knows what it measures: do not give --profile."),
        (["--profile", "p256-sign", "--plot", "a.svg"], "--profile knows what it measures: do not give --plot."),
        (["--limits", "--threads", "1"], "--limits knows what it measures: do not give --threads."),
        (["--limits", "--transport", "socket"], "--limits knows what it measures: do not give --transport."),
        (["--limits", "--against", "jdk"], "--limits knows what it measures: do not give --against."),
        (["--profile", "p256-sign", "p256-sign"], "--profile knows what it measures: do not give an operation."),
        (["--profile", "p256-sign", "--threads", "8"], "--profile knows what it measures: do not give --threads."),
        (["--profile", "p256-sign", "--against", "jdk"], "--profile knows what it measures: do not give --against."),
        (["--profile", "p256-sign", "--size", "9"], "--profile of a signature knows what it measures: do not give"),
        (["--profile", "aes256-gcm", "--size", "1,2"], "--profile is of one size."),
        (["p256-generate", "aes256-generate", "--size", "9"], "Generation has no --size: leave it out."),
        (["--workers", "2", "--transport", "in-process"], "--workers are the daemon's and those of openssl speed"),
        (
            ["--profile", "p256-sign", "--workers", "2", "--transport", "in-process"],
            "--workers are the daemon's and those of openssl speed",
        ),
        (["--profile", "aes256-cbc", "--size", "100"], "--profile aes256-cbc is of whole blocks"),
        (["--rounds", "4"], "4 is not in the range x>=5."),
        (["--against", "luna"], "'luna' is not one of"),
        (["--threads", "0"], "0 is not in the range"),
    ],
)
def test_wrong_usage_is_refused(arguments: list[str], said: str) -> None:
    run = speed(*arguments)
    assert run.returncode == 2
    assert said in run.stderr
    assert run.stdout == ""
