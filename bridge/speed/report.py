"""Results as a table for people, and as what JSON holds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bridge.speed.operations import MIB, OPERATIONS, TRANSPORTS
from bridge.speed.rounds import Result


def table(results: Sequence[Result]) -> str:
    """Lay results out: a block a case, a line a contender, and what our times are of its."""
    return "\n\n".join(_block(result) for result in results)


def _block(result: Result) -> str:
    ours = [name for name in TRANSPORTS if name in result.rates]
    peers = [name for name in result.rates if name not in TRANSPORTS]
    heads = [f"{name} / it" for name in ours] if peers else []
    lines = [f"{result.case}: {OPERATIONS[result.case.operation].title}"]
    lines.append(f"  {'':<14}{'time':>12}{'a second':>14}{'spread':>9}" + "".join(f"{head:>17}" for head in heads))
    for name in [*ours, *peers]:
        ratios = (
            [f"{result.time_ratio(each, name).value:.2f}" if name in peers else "" for each in ours] if peers else []
        )
        lines.append(
            f"  {name:<14}{_time(result, name):>12}{_rate(result, name):>14}{f'±{result.spread(name) / 2:.0%}':>9}"
            + "".join(f"{ratio:>17}" for ratio in ratios)
        )
    lines += [f"  {name:<14}does not do this" for name in result.unable]
    return "\n".join(line.rstrip() for line in lines)


def _time(result: Result, name: str) -> str:
    """Return what one operation takes: with several threads, of all of them together."""
    microseconds = 1e6 / result.rate(name)
    return f"{microseconds / 1000:,.1f} ms" if microseconds >= 10_000 else f"{microseconds:,.1f} µs"


def _rate(result: Result, name: str) -> str:
    rate = result.rate(name)
    if result.case.size >= MIB:
        return f"{rate * result.case.size / MIB:,.0f} MiB"
    return f"{rate:,.0f}"


def as_json(results: Sequence[Result]) -> list[dict[str, Any]]:
    """Return results as JSON holds them; rates are operations a second, ``time_ratios`` ours to theirs."""
    return [
        {
            "operation": result.case.operation,
            "size": result.case.size,
            "threads": result.case.threads,
            "contenders": {
                name: {"rate": result.rate(name), "spread": result.spread(name), "rates": rates}
                for name, rates in result.rates.items()
            },
            "unable": list(result.unable),
            "time_ratios": {
                ours: {name: result.time_ratio(ours, name).value for name in result.rates if name not in TRANSPORTS}
                for ours in TRANSPORTS
                if ours in result.rates
            },
        }
        for result in results
    ]
