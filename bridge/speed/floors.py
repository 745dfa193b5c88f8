"""Where the time of one call goes: the same operation is done floor by floor, and each floor is what it adds."""

from __future__ import annotations

import functools
import statistics
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

from bridge.engine import Attribute, MechanismType, Session
from bridge.engine.parameters import Gcm, Iv
from bridge.speed import software
from bridge.speed.contenders import ENGINE, Jvm, repeated
from bridge.speed.operations import OPERATIONS, Case
from bridge.speed.rounds import Effort, Progress, warm_up
from bridge.speed.software import BUFFER, pieces
from bridge.speed.stage import P256

_DIGEST = bytes(32)
_DIGEST_INFO = bytes(51)
_OF_DIGESTS = {"p256-sign": software.p256_sign_digest, "rsa2048-sign": software.rsa2048_sign_digest}
"""The digest is Java's part, so that the floors below begin with it."""
_STREAMS = {"aes256-cbc": MechanismType.AES_CBC, "aes256-ctr": MechanismType.AES_CTR}
_TURNS_A_ROUND = 5
"""Short ones: a floor is less than what the machine's speed changes by within a second."""

FLOORS = ("OpenSSL", "engine", "border", "Java")
"""From the bottom up: ``cryptography`` alone; the session, with its policy; JPype, or socket and daemon; JCA."""


class Profile(NamedTuple):
    """What one call takes.

    Attributes:
        transport: how Java reaches the engine.
        microseconds: that each floor adds, in the order of :data:`FLOORS`.
    """

    transport: str
    microseconds: tuple[float, ...]


def profile(case: Case, session: Session, jvms: Sequence[Jvm], effort: Effort, progress: Progress) -> list[Profile]:
    """Measure an operation floor by floor, in turns.

    Args:
        case: an operation that is profiled, with one thread.
        session: of the engine, in this process, with a crypto user logged in.
        jvms: one for each transport.
        effort: how often and how long.
        progress: is told how far it is.

    Raises:
        HsmError: as the contenders, and the session.
    """
    alone = _OF_DIGESTS.get(case.operation) or OPERATIONS[case.operation].software
    if alone is None:
        raise AssertionError(f"{case.operation} is not profiled")
    effort = Effort(effort.rounds * _TURNS_A_ROUND, effort.seconds / _TURNS_A_ROUND)
    below = [alone(case.size), _in_the_engine(case, session)]
    steps: list[tuple[str, Callable[[], float]]] = [
        (name, _timed(functools.partial(repeated, work, effort.seconds)))
        for name, work in zip(FLOORS, below, strict=False)
    ]
    for jvm in jvms:
        for name, operation in ((f"{jvm.name} engine", f"{ENGINE}{case.operation}"), (jvm.name, case.operation)):
            turn = functools.partial(jvm.batch, operation, case.size, 1, effort.seconds)
            warm_up(turn, case, effort)
            steps.append((name, _timed(turn)))
    times: dict[str, list[float]] = {name: [] for name, _ in steps}
    for number in range(effort.rounds):
        progress(str(case), number, effort.rounds)
        for name, step in steps:
            times[name].append(step())
    return [Profile(jvm.name, _differences(times, jvm.name)) for jvm in jvms]


def _differences(times: dict[str, list[float]], transport: str) -> tuple[float, ...]:
    """Return what each floor adds, the median of the turns; noise can make it a little less than nothing."""
    floors = [times[name] for name in (*FLOORS[:2], f"{transport} engine", transport)]
    added = [[upper - lower for lower, upper in zip(*pair, strict=True)] for pair in pairwise(floors)]
    return statistics.median(floors[0]), *map(statistics.median, added)


def _timed(turn: Callable[[], float]) -> Callable[[], float]:
    """Return what does a turn, and tells microseconds instead of a rate."""
    return lambda: 1e6 / turn()


def _in_the_engine(case: Case, session: Session) -> Callable[[], object]:
    if case.operation == "p256-sign":
        key = session.generate_key_pair(MechanismType.EC_KEY_PAIR_GEN, {Attribute.EC_PARAMS: P256}, {})[1]
        return lambda: session.sign(key, MechanismType.ECDSA, _DIGEST)
    if case.operation == "rsa2048-sign":
        key = session.generate_key_pair(MechanismType.RSA_PKCS_KEY_PAIR_GEN, {Attribute.MODULUS_BITS: 2048}, {})[1]
        return lambda: session.sign(key, MechanismType.RSA_PKCS, _DIGEST_INFO)
    if case.operation in _STREAMS:
        return _stream_in_the_engine(case, session)
    data = bytes(case.size)
    if case.operation == "hmac-sha256":
        key = session.generate_key(MechanismType.GENERIC_SECRET_KEY_GEN, {Attribute.VALUE_LEN: 32})
        return lambda: session.sign(key, MechanismType.SHA256_HMAC, data)
    key = session.generate_key(MechanismType.AES_KEY_GEN, {Attribute.VALUE_LEN: 32})
    return lambda: session.encrypt(key, MechanismType.CLOUDHSM_AES_GCM, data, Gcm(b"", b""))


def _stream_in_the_engine(case: Case, session: Session) -> Callable[[], object]:
    key = session.generate_key(MechanismType.AES_KEY_GEN, {Attribute.VALUE_LEN: 32})
    mechanism, iv, memory = _STREAMS[case.operation], Iv(bytes(16)), memoryview(bytearray(BUFFER))

    def encrypted() -> None:
        for piece in pieces(case.size):
            session.encrypt(key, mechanism, memory[:piece], iv)

    return encrypted


def table(case: Case, profiles: Sequence[Profile]) -> str:
    """Lay profiles out, a column a transport."""
    lines = [f"{case}: {OPERATIONS[case.operation].title}"]
    lines.append("  " + " " * 10 + "".join(f"{each.transport:>24}" for each in profiles))
    for number, floor in reversed(list(enumerate(FLOORS))):
        cells = (f"{each.microseconds[number]:.1f} µs {_share(each, number):>6.1%}" for each in profiles)
        lines.append(f"  {floor:<10}" + "".join(f"{cell:>24}" for cell in cells))
    totals = (f"{sum(each.microseconds):.1f} µs {1:>6.1%}" for each in profiles)
    lines.append(f"  {'in all':<10}" + "".join(f"{cell:>24}" for cell in totals))
    return "\n".join(lines)


def _share(each: Profile, number: int) -> float:
    return each.microseconds[number] / sum(each.microseconds)


def as_json(case: Case, profiles: Sequence[Profile]) -> dict[str, Any]:
    """Return profiles as JSON holds them, in microseconds."""
    return {
        "operation": case.operation,
        "size": case.size,
        "profile": {each.transport: dict(zip(FLOORS, each.microseconds, strict=True)) for each in profiles},
    }
