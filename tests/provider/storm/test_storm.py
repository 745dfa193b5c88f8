"""Sixteen threads do everything that the provider can, at once: no wrong result, no deadlock, nothing left over."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
from jdk_choice import jdks
from jvm.conftest import environment_of
from short_lived import compiled
from transport import over_socket

from bridge.jvm.jdk import release
from provider.programs import driven

HERE = Path(__file__).parent
THREADS = 16
SEED = int(os.environ.get("HSMBRIDGE_SEED", time.time_ns() % 1_000_000))


@pytest.fixture(scope="module")
def classes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return compiled(HERE / "java", tmp_path_factory.mktemp("storm"))


def storm(home: Path, jdk: Path, classes: Path, seconds: int) -> None:
    """Run the storm and hold it to its promises; a failure names the seed, which HSMBRIDGE_SEED repeats."""
    report = driven(HERE / "driver.py", environment_of(home, jdk), seconds + 120, classes, seconds, SEED, THREADS)
    assert report["problems"] == [], f"HSMBRIDGE_SEED={SEED}\n" + "\n".join(report["problems"])
    assert report["actions"] > 20 * seconds, report
    assert report["abandoned"] > 0, report
    assert report["keys"] == [0, 0], f"keys that the user sees, and in the engine, HSMBRIDGE_SEED={SEED}"
    # A client keeps a connection, with its parts, for each thread that was at work at the same time as others.
    left = {name: count for name, count in report["left over"].items() if "socket" not in name or count > THREADS}
    assert left == {}, f"objects of the engine and the provider, HSMBRIDGE_SEED={SEED}"


def test_a_storm(home: Path, classes: Path) -> None:
    storm(home, jdks()[0], classes, seconds=2 if over_socket() else 4)


@pytest.mark.soak
@pytest.mark.parametrize("jdk", jdks(), ids=lambda jdk: f"jdk{release(jdk)}")
def test_a_long_storm(home: Path, classes: Path, jdk: Path) -> None:
    storm(home, jdk, classes, seconds=60)
