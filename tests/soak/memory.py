"""Whether memory stays flat: samples of processes over time, and the straight line through them."""

from __future__ import annotations

import math
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from server.daemon import memory

Samples = Sequence[tuple[float, int]]
"""Seconds and bytes."""

LITTLE = 1 << 20
"""Bytes of growth that are none: what a few requests hold while they are under way."""

MIB = 1 << 20


@dataclass(frozen=True)
class Trend:
    """A straight line through samples of several processes: one slope for all, a level for each.

    Attributes:
        level: the mean, in bytes.
        growth: how much the line rises in a whole run, in bytes.
        scatter: twice the standard deviation of the samples from the line, in bytes.
    """

    level: float
    growth: float
    scatter: float

    def is_flat(self, share: float) -> bool:
        """Tell whether the growth is less than a share of the level, or lost in the scatter."""
        return self.growth <= max(share * self.level, self.scatter, LITTLE)

    def __str__(self) -> str:
        return f"{self.level / MIB:.1f} MiB, growth {self.growth / MIB:+.2f}, scatter {self.scatter / MIB:.2f}"


def trend(processes: Iterable[Samples], warm_up: float, seconds: float, least: float = 0.0) -> Trend:
    """Fit the line.

    Args:
        processes: the samples of each; of one that ended early there are fewer.
        warm_up: seconds at the beginning of each that do not count.
        seconds: how long the whole run was.
        least: seconds that a process must have lasted to count: one that ended early never came to its size, and its
            slope would be taken for that of the whole run.
    """
    settled = [[(t, m) for t, m in samples if t >= samples[0][0] + warm_up] for samples in processes if samples]
    settled = [samples for samples in settled if len(samples) > 2 and samples[-1][0] - samples[0][0] >= least]
    count = sum(map(len, settled))
    assert count > 10, "nothing lasted long enough"
    across = along = level = 0.0
    centred = []
    for samples in settled:
        mean_t = math.fsum(t for t, _ in samples) / len(samples)
        mean_m = math.fsum(m for _, m in samples) / len(samples)
        level += mean_m * len(samples) / count
        for t, m in samples:
            centred.append((t - mean_t, m - mean_m))
            along += (t - mean_t) ** 2
            across += (t - mean_t) * (m - mean_m)
    slope = across / along
    deviation = math.sqrt(math.fsum((m - slope * t) ** 2 for t, m in centred) / (count - len(settled) - 1))
    return Trend(level, slope * seconds, 2 * deviation)


@contextmanager
def watching(
    pids: Callable[[], Iterable[int]], seconds: float = 1.0
) -> Iterator[Mapping[int, list[tuple[float, int]]]]:
    """Sample the memory of processes while the block runs.

    Args:
        pids: tells which there are now.
        seconds: between samples.

    Returns:
        The samples of each process by its id, which grow meanwhile.
    """
    samples: defaultdict[int, list[tuple[float, int]]] = defaultdict(list)
    over = threading.Event()

    def watch() -> None:
        while not over.wait(seconds):
            for pid in pids():
                with suppress(ProcessLookupError):
                    samples[pid].append((time.monotonic(), memory(pid)))

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield samples
    finally:
        over.set()
        watcher.join()
