"""Workers and daemons are killed, stopped and started under the load of eight threads of a plain JVM.

Every request gives a right result or a documented exception, and afterwards all works again without anybody's help.
"""

from __future__ import annotations

import os
import random
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from cli.command import process
from jdk_choice import jdks
from short_lived import compiled
from soak.load import Load, assert_only_kept_keys, describe, loading

from bridge.server.metrics import Scalar, read
from server.daemon import Daemon, descendants, is_alive, short_home, until

THREADS = 8
SEED = int(os.environ.get("HSMBRIDGE_SEED", time.time_ns() % 1_000_000))
LOAD = Path(__file__).parents[1] / "soak" / "java"


@pytest.fixture(scope="module")
def classes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return compiled(LOAD, tmp_path_factory.mktemp("load"))


def kill_workers(daemon: Daemon) -> None:
    rng = random.Random(SEED)
    for _ in range(8):
        time.sleep(rng.uniform(0.1, 0.6))
        daemon.kill_workers(rng.choice(daemon.workers()))


def kill_all_workers(daemon: Daemon) -> None:
    for _ in range(3):
        time.sleep(0.7)
        daemon.kill_workers()


def kill_the_daemon(daemon: Daemon) -> None:
    for pause in (0.0, 0.3, 1.0):
        time.sleep(1)
        daemon.kill()
        time.sleep(pause)
        daemon.start()


def restart(daemon: Daemon) -> None:
    for pause in (0.0, 0.5):
        time.sleep(1)
        daemon.stop()
        time.sleep(pause)
        daemon.start()


@pytest.mark.parametrize("disturb", [kill_workers, kill_all_workers, kill_the_daemon, restart])
def test_load_goes_on(daemon: Daemon, classes: Path, disturb: Callable[[Daemon], None]) -> None:
    with loading(daemon.home, jdks()[-1], classes, THREADS, SEED) as load:
        load.next_chapter()
        disturb(daemon)
        load.next_chapter()
        time.sleep(3)
    assert_right(load, daemon)
    assert_only_kept_keys(load, daemon)


def assert_right(load: Load, daemon: Daemon) -> None:
    """Every result was right, every refusal documented, and there are none any more at the end."""
    again = f"HSMBRIDGE_SEED={SEED}"
    assert load.report["problems"] == [], "\n".join([again, *load.report["problems"]])
    before, _, after = load.chapters
    print(f"while disturbed: {describe(load.chapters[1])}; {load.chapters[1]['refused']}")
    assert before["refused"] == {}
    assert after["refused"] == {}, again
    assert after["actions"] > 100, again
    errors = daemon.errors.read_text()
    assert "Traceback" not in errors, errors


def test_the_client_starts_a_daemon_by_itself(pristine_home: Path, classes: Path) -> None:
    """Nobody started one, and when it is killed nobody but the client starts another."""
    bridge = str(Path(sys.executable).parent / "hsmbridge")
    environment = {"HSMBRIDGE_AUTOSTART": "true", "HSMBRIDGE_COMMAND": bridge}
    with short_home(pristine_home) as home:
        daemon = Daemon(home)
        try:
            with loading(home, jdks()[0], classes, THREADS, SEED, **environment) as load:
                load.next_chapter()
                for _ in range(2):
                    time.sleep(1)
                    pid = daemon.facts()["pid"]
                    os.kill(pid, signal.SIGKILL)
                    until(lambda gone=pid: daemon.facts()["pid"] != gone, "there is a new daemon")  # type: ignore[misc] # bound
                time.sleep(3)
                load.next_chapter()
                time.sleep(3)
            assert load.report["problems"] == [], "\n".join(load.report["problems"])
            assert load.chapters[2]["refused"] == {}
            assert load.chapters[2]["actions"] > 100
            assert_only_kept_keys(load, daemon)
        finally:
            pid = daemon.facts()["pid"]
            family = [pid, *descendants(pid)]
            process(home, {}, "serve", "--stop")
            until(lambda: not any(map(is_alive, family)), "the daemon ends")


def test_a_stopped_client_leaves_nothing(daemon: Daemon, classes: Path) -> None:
    """A JVM that is killed: its session ends, and with it its session keys."""
    with loading(daemon.home, jdks()[0], classes, THREADS, SEED) as load:
        time.sleep(1)
        assert sessions(daemon) == 1
        load.kill()
    until(lambda: sessions(daemon) == 0, "the session ends")
    assert_only_kept_keys(load, daemon)


def sessions(daemon: Daemon) -> int:
    """Return how many sessions a daemon says that it has."""
    return read(daemon.home / "serve.metrics").scalars[Scalar.SESSIONS]
