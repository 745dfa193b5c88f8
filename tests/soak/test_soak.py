"""Mixed load for minutes, while workers die and daemons come and go: right results, flat memory, known latencies."""

from __future__ import annotations

import itertools
import os
import random
import statistics
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from jdk_choice import jdks
from server.daemon import Daemon, running
from short_lived import compiled

from bridge.jvm.jdk import release
from soak.load import Load, assert_only_kept_keys, describe, loading
from soak.memory import trend, watching

THREADS = 4
SEED = int(os.environ.get("HSMBRIDGE_SEED", time.time_ns() % 1_000_000))
UNREST_SECONDS = 5.0
"""After a disturbance, until every thread works again."""


@pytest.fixture(scope="module")
def classes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return compiled(Path(__file__).parent / "java", tmp_path_factory.mktemp("load"))


def kill_a_worker(daemon: Daemon) -> None:
    daemon.kill_workers(random.choice(daemon.workers()))


def kill_the_daemon(daemon: Daemon) -> None:
    daemon.kill()
    daemon.start()


def restart(daemon: Daemon) -> None:
    daemon.stop()
    daemon.start()


DISTURBANCES = (kill_a_worker, restart, kill_the_daemon)


def soak(
    pristine: Path,
    jdk: Path,
    classes: Path,
    seconds: float,
    disturbances: int,
    warm_up: float,
    growth: float,
    pause_ms: int = 0,
    calm: float = 0.0,
) -> list[str]:
    """Put load on a daemon.

    Args:
        pristine: the home to copy.
        jdk: runs the load.
        classes: the load.
        seconds: how long.
        disturbances: how often something happens to the daemon, at even intervals.
        warm_up: seconds in which a new process may grow.
        growth: the share of its level that memory may grow by afterwards.
        pause_ms: of each thread after each operation, in milliseconds.
        calm: seconds at the end in which nothing happens; the memory of a daemon's processes is judged by those that
            last so long.

    Returns:
        What was measured, line by line.
    """
    random.seed(SEED)
    started = time.monotonic()
    with running(pristine, "--workers", "2") as daemon:

        def pids() -> Iterable[int]:
            return daemon.pids() if daemon.process is not None else ()

        with (
            loading(daemon.home, jdk, classes, THREADS, SEED, LOAD_PAUSE_MS=str(pause_ms)) as load,
            watching(pids) as daemons,
            watching(lambda: [load.process.pid]) as jvm,
        ):
            for disturb in itertools.islice(itertools.cycle(DISTURBANCES), disturbances):
                time.sleep((seconds - calm) / (disturbances + 1) - UNREST_SECONDS)
                load.next_chapter()
                disturb(daemon)
                time.sleep(UNREST_SECONDS)
                load.next_chapter()
            time.sleep(max(UNREST_SECONDS, started + seconds - time.monotonic()))
        assert_right(load)
        assert_only_kept_keys(load, daemon)
    trends = {
        "daemon, each process": trend(daemons.values(), warm_up, seconds, max(0.0, calm - 2 * warm_up)),
        "JVM, heap after collection": trend([load.heap], warm_up, seconds),
        # Its compiler is at work for minutes.
        "JVM, process": trend(jvm.values(), 5 * warm_up, seconds),
    }
    assert all(each.is_flat(growth) for each in trends.values()), trends
    return [*latencies(load.chapters), *(f"{name}: {each}" for name, each in trends.items())]


def assert_right(load: Load) -> None:
    """Every result was right, every refusal documented, and none came while nothing happened."""
    again = f"HSMBRIDGE_SEED={SEED}"
    assert load.report["problems"] == [], "\n".join([again, *load.report["problems"]])
    for number, chapter in enumerate(load.chapters[::2]):
        assert chapter["refused"] == {}, f"{again}, calm chapter {number}"
        assert chapter["actions"] > 50, f"{again}, calm chapter {number}"


def latencies(chapters: list[dict[str, Any]]) -> list[str]:
    """Describe the quiet chapters, and those in which something happened."""
    calm, unrest = chapters[::2], chapters[1::2]
    p99 = statistics.median(chapter["p99"] for chapter in calm) / 1000
    lines = [f"p99 of a calm chapter, median of {len(calm)}: {p99:.2f} ms"]
    lines += [f"  calm   {describe(chapter)}" for chapter in calm]
    return lines + [f"  unrest {describe(chapter)}" for chapter in unrest]


def test_a_minute(pristine_home: Path, classes: Path) -> None:
    """So short a run tells only of a gross leak: new processes still grow to their size.

    It leaves most of the machine to the tests beside it.
    """
    lines = soak(pristine_home, jdks()[0], classes, 60, disturbances=3, warm_up=8, growth=0.25, pause_ms=15)
    print("\n".join(lines))


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_twenty_minutes(pristine_home: Path, classes: Path, capsys: pytest.CaptureFixture[str]) -> None:
    jdk = jdks()[-1]
    lines = soak(pristine_home, jdk, classes, seconds=1200, disturbances=6, warm_up=60, growth=0.05, calm=600)
    with capsys.disabled():
        print("\n".join(["", f"20 minutes, {THREADS} threads, JDK {release(jdk)}, HSMBRIDGE_SEED={SEED}", *lines]))
