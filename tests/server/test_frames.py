"""Random, truncated and oversized frames by the thousand: no worker ends or grows, nobody else notices."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from server.daemon import Daemon, memory, running
from server.fuzzer import Fuzzer
from server.signer import signing

SEED = int(os.environ.get("HSMBRIDGE_SEED", time.time_ns() % 1_000_000))
MOST_GROWTH = 32 << 20
"""Bytes that a worker may have more at the end than after the first tenth of the frames."""


def fuzz(daemon: Daemon, count: int, seed: int) -> Fuzzer:
    """Send so many frames while another connection signs, and hold the daemon to its promises."""
    workers = daemon.workers()
    fuzzer = Fuzzer(daemon, seed)
    again = f"HSMBRIDGE_SEED={seed}"
    with signing(daemon.socket) as report:
        fuzzer.run(count // 10)
        before = [memory(pid) for pid in workers]
        fuzzer.run(count - fuzzer.sent)
        after = [memory(pid) for pid in workers]
    assert fuzzer.problems == [], again
    assert daemon.workers() == workers, again
    assert daemon.facts()["restarts"] == 0, again
    assert max(late - early for early, late in zip(before, after, strict=True)) < MOST_GROWTH, again
    report.assert_undisturbed()
    return fuzzer


def test_frames(daemon: Daemon) -> None:
    """The suite repeats the same frames; the soak test seeks new ones."""
    fuzzer = fuzz(daemon, 6_000, int(os.environ.get("HSMBRIDGE_SEED", "1")))
    # The frames reach deep: many are right, many are refused for many reasons, many end the connection.
    assert fuzzer.answers[0] > 150
    assert len(fuzzer.answers) > 10
    assert fuzzer.answers[7] > 300


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_a_million_frames(pristine_home: Path) -> None:
    with running(pristine_home, "--workers", "2") as daemon:
        start = time.monotonic()
        fuzzer = fuzz(daemon, 1_000_000, SEED)
        print(f"{fuzzer.sent} frames in {time.monotonic() - start:.0f} s, HSMBRIDGE_SEED={SEED}")
        assert time.monotonic() - start < 1800
