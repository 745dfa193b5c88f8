"""``hsmbridge speed``: how quick the bridge is, and how quick what its users would use instead."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.core import ParameterSource

from bridge.cli.ending import orderly_end
from bridge.cli.progress import progress_line

if TYPE_CHECKING:
    from bridge.speed.rounds import Effort

# Named here too, so that help loads neither the engine nor JPype; a test compares them.
_OPERATIONS = (
    "p256-sign", "p256-verify", "rsa2048-sign", "rsa2048-verify", "aes256-gcm", "aes256-cbc", "aes256-ctr",
    "hmac-sha256", "p256-generate", "rsa2048-generate", "aes256-generate", "find-label",
)  # fmt: skip
_USUAL = ("p256-sign", "rsa2048-sign", "aes256-gcm", "hmac-sha256")
_PROFILED = ("p256-sign", "rsa2048-sign", "aes256-gcm", "aes256-cbc", "aes256-ctr", "hmac-sha256")
_LARGEST = 1 << 30
_BLOCK = 16
_WORKERS_OF_THE_LIMITS = 2
"""The number does not depend on the machine, so that figures of several can be compared."""
_EFFORT_OF_THE_LIMITS = 15, 0.4
"""Rounds and seconds: medians of many short turns vary less where the machine's speed does."""
_TRANSPORTS = ("in-process", "socket")
_PEERS = ("softhsm2", "jdk", "openssl", "cryptography")


class _List(click.ParamType[tuple[object, ...]]):
    """Several values in one word, separated by commas."""

    name = "list"

    def __init__(self, item: click.ParamType[object]) -> None:
        self._item = item

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> tuple[object, ...]:
        """Return the values, each as its own type takes it."""
        if isinstance(value, tuple):
            return value
        return tuple(dict.fromkeys(self._item.convert(part.strip(), param, ctx) for part in str(value).split(",")))


@click.command()
@click.argument("operations", nargs=-1, type=click.Choice(_OPERATIONS), metavar="[OPERATION]...")
@click.option(
    "--size",
    type=_List(click.IntRange(1, _LARGEST)),
    metavar="N,…",
    help="Bytes an operation; for find-label, keys in the HSM. Generation has none.",
)
@click.option("--threads", type=_List(click.IntRange(1, 256)), default="1", metavar="N,…", help="Java threads.")
@click.option(
    "--transport",
    type=_List(click.Choice(_TRANSPORTS)),
    default=",".join(_TRANSPORTS),
    show_default=True,
    metavar="NAME,…",
    help="How Java reaches the engine.",
)
@click.option(
    "--against",
    type=_List(click.Choice(_PEERS)),
    default=(),
    metavar="NAME,…",
    help=f"Measure these in the same run, and print ratios: {', '.join(_PEERS)}.",
)
@click.option(
    "--workers",
    type=click.IntRange(1, 64),
    metavar="N",
    help="Of the daemon, and processes of openssl speed; by default one for each core, with --limits two.",
)
@click.option(
    "--rounds",
    type=click.IntRange(5),
    metavar="N",
    help="Turns of each, with --profile of five parts; by default 5, with --limits 15: so often it also opens a home, "
    "and signs each jar.",
)
@click.option(
    "--seconds",
    type=click.FloatRange(0.05, 600),
    metavar="S",
    help="Of each turn; by default 1, with --limits 0.4. openssl speed has whole ones only.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--plot", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help="Draw an .svg or .png.")
@click.option("--profile", type=click.Choice(_PROFILED), metavar="OPERATION", help="Say where the time of a call goes.")
@click.option("--limits", is_flag=True, help="Measure all that has a limit; it takes some seven minutes.")
@click.option("--check", is_flag=True, help="With --limits: exit with 1 if one is missed.")
def speed(
    operations: tuple[str, ...],
    size: tuple[int, ...] | None,
    threads: tuple[int, ...],
    transport: tuple[str, ...],
    against: tuple[str, ...],
    workers: int | None,
    rounds: int | None,
    seconds: float | None,
    as_json: bool,
    plot: Path | None,
    profile: str | None,
    limits: bool,
    check: bool,
) -> None:
    """Measure operations on an HSM made for it, beside what you would use instead.

    Every contender has its turn in every round, so that a slow moment of the machine hits all, and every JVM is a
    process of its own. What is printed are medians, and ratios of the times. Java is measured inside the JVM.

    \b
    OPERATION is one of
      p256-sign, p256-verify, rsa2048-sign, rsa2048-verify
      aes256-gcm, aes256-cbc, aes256-ctr, hmac-sha256
      p256-generate, rsa2048-generate, aes256-generate, find-label
    and if none is named: p256-sign, rsa2048-sign, aes256-gcm, hmac-sha256.

    \b
    Example:
      hsmbridge speed
      hsmbridge speed p256-sign rsa2048-sign --threads 1,8 --against softhsm2,openssl
      hsmbridge speed aes256-gcm --size 32,16000 --transport in-process --plot gcm.svg
      hsmbridge speed --profile p256-sign
      hsmbridge speed --limits --json

    \b
    Environment:
      JAVA_HOME  the JDK; otherwise the one on the PATH
    """
    _require_one_job(profile, size, limits=limits, check=check)
    if not limits:
        _require_use(() if profile else operations or _USUAL, size, transport, against, workers)
    from bridge.server.daemon import default_workers
    from bridge.speed.rounds import Effort

    hands, missed = workers or default_workers(), False
    usual = Effort(*_EFFORT_OF_THE_LIMITS) if limits else Effort()
    effort = Effort(rounds or usual.rounds, seconds or usual.seconds)
    with orderly_end():
        if limits:
            found, text, missed = _limits(workers or _WORKERS_OF_THE_LIMITS, effort)
        elif profile:
            found, text = _profile(profile, size, transport, hands, effort)
        else:
            found, text = _results(operations or _USUAL, size, threads, transport, against, hands, effort, plot)
    click.echo(json.dumps(found, indent=2) if as_json else text)
    if check and missed:
        click.get_current_context().exit(1)


def _require_one_job(profile: str | None, size: tuple[int, ...] | None, *, limits: bool, check: bool) -> None:
    """Refuse options that would be ignored."""
    if check and not limits:
        raise click.UsageError("--check goes with --limits.")
    if limits:
        _refuse_given("--limits", "operations", "size", "threads", "transport", "against", "plot", "profile")
    if profile:
        _refuse_given("--profile", "operations", "threads", "against", "plot")
    if profile and profile.endswith("-sign"):
        _refuse_given("--profile of a signature", "size")
    if profile and size and len(size) > 1:
        raise click.UsageError("--profile is of one size.")
    if profile == "aes256-cbc" and size and size[0] % _BLOCK:
        raise click.UsageError(f"--profile aes256-cbc is of whole blocks: give a --size that {_BLOCK} divides.")


def _require_use(
    operations: tuple[str, ...],
    size: tuple[int, ...] | None,
    transports: tuple[str, ...],
    peers: tuple[str, ...],
    workers: int | None,
) -> None:
    """Refuse a size that no operation has, and workers of nobody."""
    if size and operations and all(name.endswith("-generate") for name in operations):
        raise click.UsageError("Generation has no --size: leave it out.")
    if workers and "socket" not in transports and "openssl" not in peers:
        raise click.UsageError("--workers are the daemon's and those of openssl speed: measure one of them.")


def _refuse_given(job: str, *parameters: str) -> None:
    context = click.get_current_context()
    for name in parameters:
        if context.get_parameter_source(name) is ParameterSource.COMMANDLINE and context.params[name]:
            given = "an operation" if name == "operations" else f"--{name}"
            raise click.UsageError(f"{job} knows what it measures: do not give {given}.")


def _limits(workers: int, effort: Effort) -> tuple[object, str, bool]:
    """Return what was measured for JSON and for people, and whether a limit was missed."""
    from bridge.speed import limits

    with progress_line() as progress:
        rows = limits.limits(workers, effort, progress)
    return limits.as_json(rows), limits.table(rows), not all(row.met for row in rows)


def _profile(
    operation: str, size: tuple[int, ...] | None, transports: tuple[str, ...], workers: int, effort: Effort
) -> tuple[object, str]:
    from bridge.speed import floors
    from bridge.speed.company import profiled
    from bridge.speed.operations import OPERATIONS, Case

    case = Case(operation, (size or OPERATIONS[operation].sizes)[0])
    with progress_line() as progress:
        profiles = profiled(case, transports, workers, effort, progress)
    return floors.as_json(case, profiles), floors.table(case, profiles)


def _results(
    operations: tuple[str, ...],
    size: tuple[int, ...] | None,
    threads: tuple[int, ...],
    transports: tuple[str, ...],
    peers: tuple[str, ...],
    workers: int,
    effort: Effort,
    picture: Path | None,
) -> tuple[object, str]:
    from bridge.speed import plot, report
    from bridge.speed.company import compared
    from bridge.speed.operations import OPERATIONS, Case

    if picture:
        plot.require_plot(picture)
    cases = [
        Case(name, each, count)
        for name in operations
        for each in (size if size and OPERATIONS[name].sizes != (0,) else OPERATIONS[name].sizes)
        for count in threads
    ]
    with progress_line() as progress:
        results = compared(cases, transports, peers, workers, effort, progress)
    if picture:
        plot.plot(results, picture)
    return report.as_json(results), report.table(results)
