"""``hsmbridge speed --limits``, with contenders whose rates were laid down."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner

from bridge.cli.speed import speed
from bridge.speed import limits
from bridge.speed.rounds import Effort
from bridge.speed.stage import Stage
from bridge.speed.wholes import Opening, Signing
from speed.sleeper import Sleeper

RATES = {"in-process": 8.0, "socket": 4.0, "softhsm2": 2.0, "openssl": 10.0, "cryptography": 16.0}


@pytest.fixture
def laid_down(monkeypatch: pytest.MonkeyPatch) -> list[tuple[object, ...]]:
    """Replace whatever takes time; what was asked of it is noted."""
    asked: list[tuple[object, ...]] = []

    @contextmanager
    def stage(keys: int = 0) -> Iterator[Stage]:
        asked.append(("stage", keys))
        yield Stage(Path(f"/{keys}"), {})

    @contextmanager
    def company(
        place: Stage, transports: Sequence[str], peers: Sequence[str], workers: int
    ) -> Iterator[dict[str, Sleeper]]:
        asked.append(("company", *transports, *peers, workers))
        yield {name: Sleeper(name, RATES[name], []) for name in (*transports, *peers)}

    def opening(place: Stage, times: int) -> list[Opening]:
        asked.append(("opening", str(place.home), times))
        return [Opening(seconds, 16_002, memory) for seconds, memory in ((0.5, 100.0), (0.25, 90.0), (2.0, 120.0))]

    def signing(place: Stage, entries: Sequence[int], rounds: int, progress: object) -> Signing:
        asked.append(("signing", *entries, rounds))
        return Signing({1000: [2.0, 3.0], 5000: [8.0, 24.0]}, [2.0, 2.0])

    for replacement in (stage, company, opening, signing):
        monkeypatch.setattr(limits, replacement.__name__, replacement)
    monkeypatch.setattr(limits, "in_process", lambda place: Sleeper("in-process", 1.0, []))
    return asked


def test_every_limit_is_measured_in_the_company_it_names(laid_down: list[tuple[object, ...]]) -> None:
    told: list[tuple[str, int, int]] = []
    rows = limits.limits(3, Effort(5, 0.05), lambda *arguments: told.append(arguments))
    expected = [
        (RATES[each.theirs] / RATES[each.ours] if each.of_time else RATES[each.ours] / RATES[each.theirs])
        for each in limits.LIMITS
    ]
    assert [(row.value, row.limit) for row in rows[:-4]] == [
        (ratio, each.limit) for ratio, each in zip(expected, limits.LIMITS, strict=True)
    ]
    assert [(row.value, row.spread, row.limit, row.note) for row in rows[-4:]] == [
        (1.0, 0.0, 1.5, ""),
        (0.5, 3.5, 1.0, "100 MiB of memory"),
        (1.25, 0.4, 1.3, ""),
        (6.4, 4.0 / 6.0, 5.5, ""),
    ]
    assert laid_down == [
        ("stage", 0),
        ("company", "in-process", "socket", "softhsm2", "cryptography", "openssl", 3),
        ("stage", 16_000),
        ("stage", 100),
        ("stage", 16_000),
        ("opening", "/16000", 5),
        ("stage", 0),
        ("signing", 1000, 5000, 5),
    ]
    assert told[0] == ("p256-sign, 32 bytes, 1 thread", 0, len({each.case for each in limits.LIMITS}))


@pytest.mark.parametrize(
    ("arguments", "workers", "effort"),
    [([], 2, Effort(15, 0.4)), (["--workers", "3", "--rounds", "7", "--seconds", "2"], 3, Effort(7, 2.0))],
)
def test_the_verb_measures_as_much_as_it_says(
    arguments: list[str], workers: int, effort: Effort, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[object, ...]] = []
    row = limits.Row("signing", "softhsm2, time", 0.5, 0.1, 0.6, at_most=True)

    def measured(*arguments: object) -> list[limits.Row]:
        asked.append(arguments[:2])
        return [row]

    monkeypatch.setattr(limits, "limits", measured)
    run = CliRunner().invoke(speed, ["--limits", "--json", "--check", *arguments])
    assert (run.exit_code, json.loads(run.stdout)) == (0, limits.as_json([row]))
    assert asked == [(workers, effort)]


@pytest.mark.parametrize(("arguments", "code"), [([], 0), (["--check"], 1)])
def test_a_missed_limit_is_a_failure_only_if_asked_for(
    arguments: list[str], code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    missed = limits.Row("signing", "softhsm2, time", 0.7, 0.1, 0.6, at_most=True)
    monkeypatch.setattr(limits, "limits", lambda *_: [missed])
    run = CliRunner().invoke(speed, ["--limits", *arguments])
    assert (run.exit_code, run.stdout) == (code, limits.table([missed]) + "\n")
