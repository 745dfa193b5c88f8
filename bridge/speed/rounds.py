"""Contenders taking turns, so that a slow moment of the machine hits them all, and what comes of it."""

from __future__ import annotations

import functools
import statistics
from collections.abc import Callable, Sequence
from typing import NamedTuple

from bridge.speed.contenders import Contender
from bridge.speed.operations import MIB, OPERATIONS, Case
from bridge.speed.software import BUFFER

FEWEST_ROUNDS = 5
_WARM_UP_BATCHES = 3
_WARM_UP_CALLS = 10_000
"""So often has a JVM to run what it is to compile as well as it can; the slow operations come to that late."""
_WARM_UP_ROUNDS = 2
"""So many times as long as it is measured it is waited for that at most."""


class Result(NamedTuple):
    """What a case came to.

    Attributes:
        case: what was done.
        rates: of each contender, how often a second it was done, round by round.
        unable: the contenders that do not do it.
    """

    case: Case
    rates: dict[str, list[float]]
    unable: tuple[str, ...] = ()

    def rate(self, name: str) -> float:
        """Return a contender's median rate."""
        return statistics.median(self.rates[name])

    def spread(self, name: str) -> float:
        """Return by how much of the median a contender's best round differs from its worst."""
        return spread(self.rates[name])

    def time_ratio(self, ours: str, theirs: str) -> Ratio:
        """Return the ratio of the times that one operation takes."""
        return ratio(self.rates[theirs], self.rates[ours])

    def rate_ratio(self, ours: str, theirs: str) -> Ratio:
        """Return the ratio of the rates."""
        return ratio(self.rates[ours], self.rates[theirs])


class Ratio(NamedTuple):
    """How two contenders compare.

    Attributes:
        value: the ratio of their medians.
        spread: by how much of their own median the rounds' ratios differ.
    """

    value: float
    spread: float


def ratio(some: Sequence[float], others: Sequence[float]) -> Ratio:
    """Compare what was measured of two contenders, round by round."""
    rounds = [one / other for one, other in zip(some, others, strict=True)]
    return Ratio(statistics.median(some) / statistics.median(others), spread(rounds))


def spread(values: Sequence[float]) -> float:
    """Return by how much of their median the largest of some values differs from the smallest."""
    return (max(values) - min(values)) / statistics.median(values)


class Effort(NamedTuple):
    """How much is measured.

    Attributes:
        rounds: turns of each contender.
        seconds: of each turn.
    """

    rounds: int = FEWEST_ROUNDS
    seconds: float = 1.0


Progress = Callable[[str, int, int], None]
"""Told what is being measured, how many turns are over, and how many there are."""


def measure(cases: Sequence[Case], contenders: Sequence[Contender], effort: Effort, progress: Progress) -> list[Result]:
    """Let the contenders take turns at each case.

    Args:
        cases: what is done, in this order.
        contenders: who does it, as far as they have such an operation.
        effort: how often and how long.
        progress: is told how far it is.

    Returns:
        For each case, the rates of those that do it.

    Raises:
        HsmError: as the contenders, before anything is measured if an operation is refused.
    """
    _rehearse(cases, contenders)
    results = []
    for number, case in enumerate(cases):
        able = [contender for contender in contenders if contender.does(case)]
        progress(str(case), number, len(cases))
        for contender in able:
            if contender.warms_up:
                warm_up(functools.partial(contender.rate, case, effort.seconds), case, effort)
        rates: dict[str, list[float]] = {contender.name: [] for contender in able}
        for turn in range(effort.rounds if able else 0):
            first = turn % len(able)
            for contender in [*able[first:], *able[:first]]:
                rates[contender.name].append(contender.rate(case, effort.seconds))
        results.append(Result(case, rates, tuple(each.name for each in contenders if each not in able)))
    return results


def _rehearse(cases: Sequence[Case], contenders: Sequence[Contender]) -> None:
    """Do everything once, so that what is refused is refused before time was spent on the rest."""
    for case in cases:
        for contender in contenders:
            if contender.warms_up and contender.does(case):
                contender.rate(case, 0)


def warm_up(turn: Callable[[], float], case: Case, effort: Effort) -> None:
    """Let a JVM get quick at a case.

    Args:
        turn: has it do that for as long as a turn takes, and returns its rate.
        case: what it does.
        effort: the turns that are measured later.
    """
    streams = OPERATIONS[case.operation].sizes[0] >= MIB
    pieces = max(1, case.size // BUFFER) if streams else 1
    calls = 0.0
    for batch in range(_WARM_UP_ROUNDS * effort.rounds):
        if batch >= _WARM_UP_BATCHES and calls >= _WARM_UP_CALLS:
            return
        calls += turn() * effort.seconds * pieces
