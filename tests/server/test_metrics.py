"""What workers count, across processes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import timeit
from pathlib import Path

import pytest

from bridge.engine.errors import HsmError, ReturnCode
from bridge.server.metrics import BOUNDS, BUCKETS, Counters, Scalar, create, read

METHODS = ["info", "sign", "find"]

_WORKER = """
import sys
from pathlib import Path
from bridge.server.metrics import Counters, Scalar
counters = Counters(Path(sys.argv[1]), int(sys.argv[2]))
for number in range(int(sys.argv[3])):
    counters.count(1, number % 10 == 0, 1_000_000)
    counters.add(Scalar.BYTES_IN, 100)
counters.connections(3)
print("counted", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A new file for three workers."""
    path = tmp_path / "serve.metrics"
    create(path, 3, METHODS)
    return path


def test_a_new_file_holds_zeros_and_is_its_owners(path: Path) -> None:
    snapshot = read(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert snapshot.slots == 3
    assert list(snapshot.requests) == METHODS
    assert set(snapshot.scalars.values()) == {0}
    for requests in snapshot.requests.values():
        assert requests == (0, 0, 0.0, (0,) * BUCKETS)
    assert os.listdir(path.parent) == [path.name]


def test_workers_count_at_once_and_a_new_one_goes_on_where_a_killed_one_was(path: Path) -> None:
    def worker(slot: int, requests: int) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-c", _WORKER, str(path), str(slot), str(requests)]
        return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def finish(process: subprocess.Popen[bytes], number: int) -> None:
        assert process.stdout is not None
        assert process.stdout.readline() == b"counted\n"
        process.send_signal(number)
        process.communicate()

    workers = [worker(slot, 1000) for slot in range(3)]
    for process in workers:
        finish(process, signal.SIGKILL)
    snapshot = read(path)
    assert snapshot.requests["sign"][:2] == (2700, 300)
    assert snapshot.requests["sign"].seconds == pytest.approx(3.0)
    assert snapshot.scalars[Scalar.BYTES_IN] == 300_000
    assert snapshot.scalars[Scalar.CONNECTIONS] == 9

    replacement = Counters(path, 1)
    assert read(path).scalars[Scalar.CONNECTIONS] == 6
    replacement.count(1, False, 1)
    replacement.connections(1)
    snapshot = read(path)
    assert snapshot.requests["sign"].succeeded == 2701
    assert snapshot.scalars[Scalar.CONNECTIONS] == 7


def test_each_duration_is_in_the_bucket_whose_bound_it_is_below(path: Path) -> None:
    counters = Counters(path, 0)
    durations = [0, 1, 4095, 5000, 100_000, 1_000_000, 17_000_000_000, 18_000_000_000, 2**63]
    for nanoseconds in durations:
        counters.count(2, False, nanoseconds)
        buckets = list(read(path).requests["find"].buckets)
        bucket = next((number for number, bound in enumerate(BOUNDS) if nanoseconds / 1e9 < bound), len(BOUNDS))
        assert buckets[bucket] >= 1
        assert sum(buckets) == durations.index(nanoseconds) + 1
    assert read(path).requests["find"].buckets[0] == 3
    assert read(path).requests["find"].buckets[-1] == 2


def test_a_quantile_is_exact_to_a_factor_of_two(path: Path) -> None:
    counters = Counters(path, 0)
    for number in range(1000):
        counters.count(0, False, 10_000_000 if number < 20 else 50_000)
    requests = read(path).requests["info"]
    assert 50e-6 <= requests.quantile(0.5) <= 100e-6
    assert 10e-3 <= requests.quantile(0.99) <= 20e-3
    counters.count(1, False, 2**40)
    assert read(path).requests["sign"].quantile(0.5) == float("inf")


def test_a_file_that_is_made_anew_leaves_those_who_count_alone(path: Path) -> None:
    old = Counters(path, 0)
    create(path, 1, ["other"])
    old.count(0, False, 1)
    assert read(path).requests["other"].succeeded == 0


def test_there_are_only_the_slots_that_were_made(path: Path) -> None:
    for slot in (-1, 3):
        with pytest.raises(IndexError, match="slots 0 to 2"):
            Counters(path, slot)


def spoilt(path: Path) -> list[bytes]:
    """Files that are not what a daemon of this version made."""
    content = path.read_bytes()
    return [
        b"",
        b"nonsense",
        content[:-1],
        content + b"\0",
        content[:4096],
        content.replace(b"metrics 1", b"metrics 2"),
        content.replace(b'"slots": 3', b'"slots": 0'),
        content.replace(b'"slots"', b'"spots"'),
        b"[]".ljust(4096) + content[4096:],
    ]


@pytest.mark.parametrize("number", range(9))
def test_a_file_of_anything_else_is_refused(path: Path, number: int) -> None:
    path.write_bytes(spoilt(path)[number])
    with pytest.raises(HsmError, match="restart the daemon") as refusal:
        read(path)
    assert refusal.value.code == ReturnCode.FUNCTION_FAILED
    with pytest.raises(HsmError):
        Counters(path, 0)


def test_names_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="do not fit"):
        create(tmp_path / "m", 1, ["m" * 100] * 50)
    assert list(tmp_path.iterdir()) == []


def test_counting_costs_far_less_than_a_request(path: Path) -> None:
    counters = Counters(path, 0)
    seconds = min(timeit.repeat(lambda: counters.count(1, True, 200_000), number=20_000, repeat=5)) / 20_000
    # 0.3 µs on a quiet machine; a request takes at least 20.
    assert seconds < 2e-6
