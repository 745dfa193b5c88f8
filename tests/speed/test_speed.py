"""``hsmbridge speed`` measuring, if only for a moment."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import forking
import pytest
from server.daemon import until

from bridge.speed.operations import OPERATIONS

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
        measuring = ["-m", "bridge.cli", "speed", "p256-sign", "--transport", "socket", "--seconds", "2"]
        process = forking.start(measuring, {"PATH": "/usr/bin:/bin", "TMPDIR": folder})
        until(lambda: bool(list(Path(folder).glob("hsmbridge-speed-*/hsm/engine.sock"))), "no daemon")
        process.send_signal(number)
        assert process.wait(60) == 128 + number
        assert list(Path(folder).glob("hsmbridge-speed-*")) == []
        with pytest.raises(ProcessLookupError):
            os.killpg(process.pid, 0)


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
