"""Who does the operations: each JVM is a process of its own, so that none has the others' compiled code."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

from bridge.engine import HsmError, ReturnCode
from bridge.jvm import find_jdk, jar_path
from bridge.speed.operations import OPERATIONS, Case, Operation
from bridge.speed.stage import COMMAND, Stage

SPEED_JAR = Path(__file__).with_name("speed.jar")
_PROGRAM = "io.hsmbridge.speed.Speed"
_FEWEST_SECONDS = 1
_END_SECONDS = 10.0
ENGINE = "engine:"
"""Before an operation: that it is done without JCA."""


class Contender(Protocol):
    """Does operations."""

    name: str
    warms_up: bool
    """Whether it gets quicker at first."""

    def does(self, case: Case) -> bool:
        """Tell whether it has such an operation."""

    def rate(self, case: Case, seconds: float) -> float:
        """Do an operation for some time, and return how often it was done in a second.

        Raises:
            HsmError: ``FUNCTION_FAILED``.
        """

    def close(self) -> None:
        """End it."""


class Jvm:
    """A JVM that runs ``io.hsmbridge.speed.Speed``."""

    warms_up = True

    def __init__(
        self, name: str, command: Sequence[str], environment: Mapping[str, str], does: Callable[[Case], bool]
    ) -> None:
        """Start it.

        Args:
            name: of the contender.
            command: starts the program.
            environment: of the process, with the credentials.
            does: tells whether it has an operation.
        """
        self.name = name
        self.does = does
        self._process = subprocess.Popen(
            command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def rate(self, case: Case, seconds: float) -> float:
        """See :meth:`Contender.rate`."""
        return self.batch(case.operation, case.size, case.threads, seconds)

    def batch(self, operation: str, size: int, threads: int, seconds: float) -> float:
        """Do what the program calls an operation; returns and raises as :meth:`Contender.rate`."""
        if self._process.stdin is None or self._process.stdout is None:
            raise AssertionError("both are pipes")
        try:
            self._process.stdin.write(f"{operation} {size} {threads} {round(seconds * 1000)}\n")
            self._process.stdin.flush()
            answer = self._process.stdout.readline().strip()
        except BrokenPipeError:
            answer = ""
        except BaseException:
            # Who is told to end does not wait for the turn's end.
            self._process.kill()
            raise
        count, _, nanoseconds = answer.partition(" ")
        if not count.isdigit():
            said = answer.removeprefix("! ") or "its process ended, and has said why on standard error"
            raise HsmError(
                ReturnCode.FUNCTION_FAILED, f"{self.name} cannot do {operation.removeprefix(ENGINE)}: {said}"
            )
        return int(count) / int(nanoseconds) * 1e9

    def close(self) -> None:
        """End the JVM."""
        try:
            self._process.communicate(timeout=_END_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.communicate()


def in_process(place: Stage) -> Jvm:
    """Start hsmbridge with the engine in the JVM's own process."""
    command = [*COMMAND, "java", "-cp", str(SPEED_JAR), _PROGRAM, "hsmbridge"]
    return Jvm("in-process", command, place.environment, lambda case: True)


def over_socket(place: Stage) -> Jvm:
    """Start hsmbridge in a plain JVM, for which a daemon runs."""
    return Jvm("socket", [*_plain(), "hsmbridge"], place.environment, lambda case: True)


def jdk(place: Stage) -> Jvm:
    """Start the JDK's own software providers."""
    return Jvm("jdk", [*_plain(), "jdk"], place.environment, lambda case: case.operation != "find-label")


def _plain() -> list[str]:
    return [str(find_jdk() / "bin" / "java"), "-cp", f"{jar_path()}{os.pathsep}{SPEED_JAR}", _PROGRAM]


def softhsm2(place: Stage, configuration: Path, environment: Mapping[str, str]) -> Jvm:
    """Start the JDK's PKCS#11 provider over SoftHSM2; :func:`bridge.speed.softhsm2.token` gives the arguments."""
    return Jvm(
        "softhsm2",
        [*_plain(), "softhsm2", str(configuration)],
        {**place.environment, **environment},
        lambda case: case.operation != "find-label",
    )


class Cryptography:
    """``cryptography`` in this process."""

    name = "cryptography"
    warms_up = False

    def __init__(self) -> None:
        self._made: dict[Case, Callable[[], object]] = {}

    def does(self, case: Case) -> bool:
        """See :meth:`Contender.does`."""
        return case.threads == 1 and OPERATIONS[case.operation].software is not None

    def rate(self, case: Case, seconds: float) -> float:
        """See :meth:`Contender.rate`."""
        make = OPERATIONS[case.operation].software
        if make is None:
            raise AssertionError(f"{case.operation} was not to be asked for")
        if case not in self._made:
            self._made[case] = make(case.size)
        return repeated(self._made[case], seconds)

    def close(self) -> None:
        """Do nothing."""


def repeated(work: Callable[[], object], seconds: float) -> float:
    """Do something for some time, and return how often it was done in a second."""
    began = time.perf_counter_ns()
    end, done = began + round(seconds * 1e9), 0
    while (now := time.perf_counter_ns()) < end or not done:
        work()
        done += 1
    return done / (now - began) * 1e9


class OpenSsl:
    """``openssl speed``, with a process for each worker if several threads are asked for."""

    name = "openssl"
    warms_up = False

    def __init__(self, workers: int) -> None:
        """Look for the command.

        Raises:
            HsmError: ``FUNCTION_FAILED`` if it is not there.
        """
        found = shutil.which("openssl")
        if found is None:
            raise HsmError(ReturnCode.FUNCTION_FAILED, "There is no openssl to compare with: install it.")
        self._openssl = found
        self._workers = workers

    def does(self, case: Case) -> bool:
        """See :meth:`Contender.does`; it signs digests, so that longer messages are nothing that it compares with."""
        row = OPERATIONS[case.operation]
        return bool(row.openssl) and (_is_of_data(row) or case.size in row.sizes)

    def rate(self, case: Case, seconds: float) -> float:
        """See :meth:`Contender.rate`."""
        row = OPERATIONS[case.operation]
        multi = ["-multi", str(self._workers)] if case.threads > 1 else []
        # It takes no longer buffers than so, and is as quick with them as it gets.
        size = min(case.size, 64 * 1024)
        whole = str(max(_FEWEST_SECONDS, round(seconds)))
        of_data = ["-bytes", str(size)] if _is_of_data(row) else []
        # By itself it counts the processor's time, and only with several processes the clock's.
        command = [self._openssl, "speed", "-elapsed", "-mr", "-seconds", whole, *multi, *of_data, *row.openssl]
        rate = printed_rate(_printed(command), row.openssl_column)
        if rate is None:
            raise HsmError(ReturnCode.FUNCTION_FAILED, f"`{' '.join(command)}` says something else than it used to.")
        return rate / case.size if of_data else rate

    def close(self) -> None:
        """Do nothing."""


def _printed(command: Sequence[str]) -> str:
    """Run a program that has children, and return what it printed; whatever ends that, ends them too."""
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, start_new_session=True
    ) as process:
        try:
            printed, _ = process.communicate()
        except BaseException:
            os.killpg(process.pid, signal.SIGKILL)
            raise
    return "" if process.returncode else printed


def _is_of_data(row: Operation) -> bool:
    """Tell whether ``openssl speed`` measures it by the bytes of its data."""
    return row.openssl[0].startswith("-")


def printed_rate(printed: str, column: int) -> float | None:
    """Return the rate that ``openssl speed -mr`` printed.

    Args:
        printed: all of it; what the processes have done together is its last line.
        column: of the rates of a key pair: 0 for signatures, 1 for verifications.

    Returns:
        Operations, or bytes, in a second; None if there is no such line.
    """
    lines = [line for line in printed.splitlines() if line.startswith("+F")]
    if not lines:
        return None
    kind, *fields = lines[-1].split(":")
    try:
        return float(fields[2] if kind == "+F" else fields[2 + column])
    except (IndexError, ValueError):
        return None
