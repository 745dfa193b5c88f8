"""``hsmbridge status``: how the daemon of a home is."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import click

from bridge.cli.home import home_option
from bridge.cli.refusal import answer
from bridge.server.hsm_metrics import hsm_metrics
from bridge.server.metrics import Requests, Scalar, Snapshot
from bridge.server.status import TIMEOUT, State, Status, look_at
from bridge.store import default_home
from bridge.store.errors import translating

# As systemctl's: 3 is for what is not running.
_EXIT_CODES = {State.RUNNING: 0, State.NOT_ANSWERING: 1, State.STOPPED: 3}


@click.command()
@home_option
@click.option("--json", "kind", flag_value="json", help="Print JSON, in the envelope of the other verbs.")
@click.option("--prometheus", "kind", flag_value="prometheus", help="Print metrics in Prometheus' text format.")
@click.option(
    "--timeout",
    metavar="SECONDS",
    type=click.FloatRange(min=0.001),
    default=TIMEOUT,
    show_default=True,
    help="How long the daemon has to answer.",
)
@click.pass_context
def status(context: click.Context, kind: str | None, timeout: float) -> None:
    """Tell whether the daemon runs, and what it has done since it was started.

    Exit codes are 0 if it answers, 1 if it runs but does not answer, and 3 if it does not run.

    For Prometheus, let node_exporter's textfile collector read what a timer writes every minute:
    with --prometheus a daemon that does not run is `hsmbridge_up 0`.

    \b
    Example:
      hsmbridge status
      hsmbridge status --json
      cd /var/lib/node_exporter && { hsmbridge status --prometheus > .new || true; } && mv .new hsmbridge.prom

    \b
    Environment:
      HSMBRIDGE_HOME  the folder of the HSM
    """
    home = default_home()
    with translating(home):
        seen = look_at(home, timeout)
    if kind == "json":
        answer(_data(seen))
    elif kind == "prometheus":
        # Loaded only now: nothing else needs it.
        from bridge.server.prometheus import exposition

        click.echo(exposition(seen), nl=False)
    else:
        for line in _lines(seen):
            click.echo(line)
    context.exit(_EXIT_CODES[seen.state])


def _data(seen: Status) -> dict[str, object]:
    data: dict[str, object] = {"state": seen.state.value, "home": str(seen.home)}
    if seen.problem:
        data["problem"] = seen.problem
    if seen.info:
        data |= {"mode": seen.info.get("MODE"), "answered-after-seconds": round(seen.seconds, 6)}
    data |= seen.facts
    if seen.counters:
        data |= {scalar.name.lower().replace("_", "-"): value for scalar, value in seen.counters.scalars.items()}
    if found := hsm_metrics(seen):
        data["metrics"] = found
    if seen.counters:
        data["requests"] = {method: _numbers(counted) for method, counted in _called(seen.counters)}
    return data


def _numbers(counted: Requests) -> dict[str, object]:
    return {
        "succeeded": counted.succeeded,
        "failed": counted.failed,
        "seconds": round(counted.seconds, 6),
        # JSON has no infinity.
        "p50-seconds": _finite(counted.quantile(0.5)),
        "p99-seconds": _finite(counted.quantile(0.99)),
    }


def _finite(seconds: float) -> float | None:
    return None if seconds == float("inf") else seconds


def _called(counters: Snapshot) -> list[tuple[str, Requests]]:
    return [(method, counted) for method, counted in counters.requests.items() if any(counted.buckets)]


def _lines(seen: Status) -> Iterator[str]:
    if seen.state is State.STOPPED:
        yield f"The daemon of {seen.home} does not run: `hsmbridge serve` starts it."
        return
    facts = seen.facts
    answers = "runs" if seen.state is State.RUNNING else "runs, but does not answer"
    yield f"The daemon of {seen.home} {answers} (pid {facts.get('pid', 'unknown')})."
    if seen.problem:
        yield f"  {seen.problem}"
    if seen.info:
        yield _row("version", f"{seen.info.get('VERSION')}, mode {seen.info.get('MODE')}")
    if seen.started:
        yield _row("started", f"{seen.started:%Y-%m-%d %H:%M:%S %Z}, {_age(seen.started)} ago")
    yield _row("socket", str(facts.get("socket", "")))
    yield _row("TLS", ", ".join(facts.get("listen") or ["not listening"]))
    workers = facts.get("workers", [])
    yield _row("workers", f"{len(workers)} (pids {', '.join(map(str, workers))}), {facts.get('restarts', 0)} replaced")
    if not seen.counters:
        return
    scalars = seen.counters.scalars
    yield _row("sessions", f"{scalars[Scalar.SESSIONS]} open")
    yield _row(
        "connections",
        f"{scalars[Scalar.CONNECTIONS]} open, {scalars[Scalar.ACCEPTED]} accepted, {scalars[Scalar.REFUSED]} refused, "
        f"{scalars[Scalar.MALFORMED]} malformed",
    )
    called = _called(seen.counters)
    if called:
        yield ""
        yield f"  {'method':18}{'done':>10}{'refused':>10}{'mean ms':>10}{'p99 ms ≤':>10}"
    for method, counted in called:
        number = sum(counted.buckets)
        mean, p99 = counted.seconds / number * 1e3, counted.quantile(0.99) * 1e3
        yield f"  {method:18}{counted.succeeded:>10}{counted.failed:>10}{mean:>10.3f}{p99:>10.3f}"


def _row(name: str, value: str) -> str:
    return f"  {name:13}{value}"


def _age(moment: datetime) -> str:
    seconds = max(int((datetime.now(UTC) - moment).total_seconds()), 0)
    for unit, name in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= unit:
            return f"{seconds // unit} {name}"
    return f"{seconds} s"
