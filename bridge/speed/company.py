"""Bringing the contenders of a measurement together, and sending them home at its end."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager

from bridge.engine import Role
from bridge.speed import floors, softhsm2
from bridge.speed.contenders import Contender, Cryptography, Jvm, OpenSsl, in_process, jdk, over_socket
from bridge.speed.contenders import softhsm2 as softhsm2_jvm
from bridge.speed.operations import Case
from bridge.speed.rounds import Effort, Progress, Result, measure
from bridge.speed.stage import Stage, daemon, stage
from bridge.store import open_home

PEERS = ("softhsm2", "jdk", "openssl", "cryptography")


@contextmanager
def company(
    place: Stage, transports: Sequence[str], peers: Sequence[str], workers: int
) -> Iterator[dict[str, Contender]]:
    """Start contenders.

    Args:
        place: the HSM that ours use.
        transports: of :data:`bridge.speed.operations.TRANSPORTS`.
        peers: of :data:`PEERS`.
        workers: of the daemon, and processes of ``openssl speed``.

    Returns:
        The contenders by name.

    Raises:
        HsmError: ``FUNCTION_FAILED`` if one is not there, or does not start.
    """
    with ExitStack() as stack:
        there: dict[str, Contender] = {}
        for name in (*transports, *peers):
            contender = _start(name, place, workers, stack)
            stack.callback(contender.close)
            there[name] = contender
        yield there


def _start(name: str, place: Stage, workers: int, stack: ExitStack) -> Contender:
    if name == "in-process":
        return in_process(place)
    if name == "socket":
        stack.enter_context(daemon(place, workers))
        return over_socket(place)
    if name == "softhsm2":
        return softhsm2_jvm(place, *stack.enter_context(softhsm2.token()))
    if name == "jdk":
        return jdk(place)
    return OpenSsl(workers) if name == "openssl" else Cryptography()


def compared(
    cases: Sequence[Case],
    transports: Sequence[str],
    peers: Sequence[str],
    workers: int,
    effort: Effort,
    progress: Progress,
) -> list[Result]:
    """Measure cases with contenders of their own; those that look for a key each in an HSM with as many keys.

    Args:
        cases: what is done.
        transports: as for :func:`company`, and so are the others.
        peers: whom it is compared with.
        workers: of the daemon.
        effort: how often and how long.
        progress: is told how far it is.

    Raises:
        HsmError: as :func:`company` and :func:`bridge.speed.rounds.measure`.
    """
    usual = [case for case in cases if case.operation != "find-label"]
    results = []
    if usual:
        with stage() as place, company(place, transports, peers, workers) as there:
            results += measure(usual, list(there.values()), effort, progress)
    for case in [case for case in cases if case.operation == "find-label"]:
        with stage(case.size) as place, company(place, transports, peers, workers) as there:
            results += measure([case], list(there.values()), effort, progress)
    return results


def profiled(
    case: Case, transports: Sequence[str], workers: int, effort: Effort, progress: Progress
) -> list[floors.Profile]:
    """Measure an operation floor by floor; arguments and errors are those of :func:`compared`."""
    with stage() as place, company(place, transports, (), workers) as there:
        hsm = open_home(place.home)
        try:
            session = hsm.open_session()
            session.login(Role.CRYPTO_USER, *place.credentials)
            jvms = [contender for contender in there.values() if isinstance(contender, Jvm)]
            return floors.profile(case, session, jvms, effort, progress)
        finally:
            hsm.close()
