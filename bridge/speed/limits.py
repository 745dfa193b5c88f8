"""What the bridge is to reach, and what it reaches: ``hsmbridge speed --limits``."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from bridge.speed.company import company
from bridge.speed.contenders import Contender, in_process
from bridge.speed.operations import MIB, TRANSPORTS, Case
from bridge.speed.rounds import Effort, Progress, Result, measure, ratio, spread
from bridge.speed.stage import stage
from bridge.speed.wholes import opening, signing

_THREADS = 8
_MANY, _FEW = 16_000, 100


class Limit(NamedTuple):
    """A limit for a ratio of two contenders.

    Attributes:
        case: what they do.
        ours: one of them.
        theirs: the other.
        limit: of the ratio.
        of_time: whether it is the ratio of times, and at most so much; otherwise of rates, and at least.
    """

    case: Case
    ours: str
    theirs: str
    limit: float
    of_time: bool = True


LIMITS = (
    Limit(Case("p256-sign", 32), "in-process", "softhsm2", 0.55),
    Limit(Case("rsa2048-sign", 32), "in-process", "softhsm2", 0.50),
    Limit(Case("p256-sign", 32), "socket", "softhsm2", 0.80),
    Limit(Case("rsa2048-sign", 32), "socket", "softhsm2", 0.52),
    Limit(Case("rsa2048-sign", 32), "in-process", "cryptography", 1.06),
    Limit(Case("p256-sign", 32, _THREADS), "in-process", "softhsm2", 1.0, of_time=False),
    Limit(Case("rsa2048-sign", 32, _THREADS), "in-process", "softhsm2", 1.9, of_time=False),
    Limit(Case("aes256-gcm", 32), "in-process", "softhsm2", 1.0),
    Limit(Case("aes256-gcm", 1024), "in-process", "softhsm2", 0.9),
    Limit(Case("aes256-gcm", 16_000), "in-process", "softhsm2", 0.9),
    Limit(Case("aes256-cbc", 64 * MIB), "in-process", "softhsm2", 1.0),
    Limit(Case("aes256-ctr", 64 * MIB), "in-process", "softhsm2", 1.0),
    Limit(Case("hmac-sha256", 1024), "in-process", "softhsm2", 1.0),
    Limit(Case("p256-sign", 32, _THREADS), "socket", "softhsm2", 1.2, of_time=False),
    Limit(Case("rsa2048-sign", 32, _THREADS), "socket", "openssl", 0.9, of_time=False),
)


class Row(NamedTuple):
    """One limit, and what was measured.

    Attributes:
        what: was measured.
        against: what it is a ratio to; empty if it is none.
        value: the ratio of the medians, or the median of the seconds.
        spread: by how much of their own median the rounds' ratios, or seconds, differ.
        limit: of the value.
        at_most: whether the limit is the most that the value may be, or the least.
        note: what else there is to say.
    """

    what: str
    against: str
    value: float
    spread: float
    limit: float
    at_most: bool
    note: str = ""

    @property
    def met(self) -> bool:
        """Whether the limit is kept."""
        return self.value <= self.limit if self.at_most else self.value >= self.limit


def limits(workers: int, effort: Effort, progress: Progress) -> list[Row]:
    """Measure everything that has a limit.

    Args:
        workers: of the daemon, and processes of ``openssl speed``.
        effort: how often and how long.
        progress: is told how far it is.

    Raises:
        HsmError: as :func:`bridge.speed.company.company`.
    """
    return [
        *_operations(workers, effort, progress),
        _lookup(effort, progress),
        _opened(effort, progress),
        *_jars(effort, progress),
    ]


def _operations(workers: int, effort: Effort, progress: Progress) -> Iterator[Row]:
    cases = list(dict.fromkeys(limit.case for limit in LIMITS))
    results: dict[Case, Result] = {}
    names = [name for limit in LIMITS for name in (limit.ours, limit.theirs)]
    transports = [name for name in dict.fromkeys(names) if name in TRANSPORTS]
    peers = [name for name in dict.fromkeys(names) if name not in TRANSPORTS]
    with stage() as place, company(place, transports, peers, workers) as there:
        for number, case in enumerate(cases):
            wanted = dict.fromkeys(
                name for limit in LIMITS if limit.case == case for name in (limit.ours, limit.theirs)
            )
            (results[case],) = measure([case], [there[name] for name in wanted], effort, _part(progress, number, cases))
    for limit in LIMITS:
        yield _row(limit, results[limit.case], workers)


def _row(limit: Limit, result: Result, workers: int) -> Row:
    compared = (Result.time_ratio if limit.of_time else Result.rate_ratio)(result, limit.ours, limit.theirs)
    way = f"socket, {workers} workers" if limit.ours == "socket" else limit.ours
    against = f"{limit.theirs}, {'time' if limit.of_time else 'rate'}"
    return Row(f"{limit.case}, {way}", against, *compared, limit.limit, limit.of_time)


def _part(progress: Progress, number: int, cases: Sequence[Case]) -> Progress:
    return lambda what, _done, _total: progress(what, number, len(cases))


class _Among:
    """A contender that looks for one key among so many."""

    warms_up = True

    def __init__(self, jvm: Contender, keys: int) -> None:
        self.name = f"{keys} keys"
        self._jvm = jvm
        self._case = Case("find-label", keys)

    def does(self, case: Case) -> bool:
        """See :meth:`Contender.does`."""
        return case.operation == "find-label"

    def rate(self, case: Case, seconds: float) -> float:
        """See :meth:`Contender.rate`, for the number of keys of this one."""
        return self._jvm.rate(self._case, seconds)

    def close(self) -> None:
        """See :meth:`Contender.close`."""
        self._jvm.close()


def _lookup(effort: Effort, progress: Progress) -> Row:
    with stage(_MANY) as large, stage(_FEW) as small:
        among = [_Among(in_process(large), _MANY), _Among(in_process(small), _FEW)]
        try:
            (result,) = measure([Case("find-label", 0)], among, effort, progress)
        finally:
            for each in among:
                each.close()
    compared = result.time_ratio(*(each.name for each in among))
    what = f"a key found by its label among {_MANY:,} keys"
    return Row(what, f"among {_FEW}, time", *compared, 1.5, at_most=True)


def _opened(effort: Effort, progress: Progress) -> Row:
    with stage(_MANY) as place:
        progress("opening a large home", 0, 1)
        opened = opening(place, effort.rounds)
    what = f"opening a home of {opened[0].keys:,} keys, to the first signature"
    seconds = [each.seconds for each in opened]
    note = f"{statistics.median(each.memory for each in opened):.0f} MiB of memory"
    return Row(what, "", statistics.median(seconds), spread(seconds), 1.0, at_most=True, note=note)


def _jars(effort: Effort, progress: Progress) -> Iterator[Row]:
    with stage() as place:
        signed = signing(place, (1000, 5000), effort.rounds, progress)
    small, large = signed.ours[1000], signed.ours[5000]
    for what, against, ours, theirs, limit in (
        ("1,000 entries", "stock jarsigner, time", small, signed.stock, 1.3),
        ("5,000 entries", "1,000 entries, time", large, small, 5.5),
    ):
        yield Row(f"hsmbridge jarsigner, {what}", against, *ratio(ours, theirs), limit, at_most=True)


def table(rows: Sequence[Row]) -> str:
    """Lay rows out for people."""
    columns: list[tuple[str, Callable[[Row], str]]] = [
        ("what", lambda row: row.what),
        ("against", lambda row: row.against),
        ("is", lambda row: f"{row.value:.2f}" if row.against else f"{row.value:.2f} s"),
        ("spread", lambda row: f"±{row.spread / 2:.0%}"),
        ("limit", lambda row: f"{'at most' if row.at_most else 'at least'} {row.limit:.2f}"),
        ("", lambda row: " ".join(filter(None, ["met" if row.met else "missed", row.note and f"({row.note})"]))),
    ]
    cells = [[head for head, _ in columns], *([of(row) for _, of in columns] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in cells
    )


def as_json(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """Return rows as JSON holds them."""
    return [{**row._asdict(), "met": row.met} for row in rows]
