"""A contender without a process."""

from __future__ import annotations

from bridge.speed.operations import OPERATIONS, Case


class Sleeper:
    """Does nothing, at a rate that was laid down, and notes who was asked to."""

    warms_up = True

    def __init__(self, name: str, rate: float, log: list[str], operations: tuple[str, ...] = tuple(OPERATIONS)) -> None:
        self.name = name
        self._rate, self._log, self._operations = rate, log, operations

    def does(self, case: Case) -> bool:
        return case.operation in self._operations

    def rate(self, case: Case, seconds: float) -> float:
        self._log.append(self.name)
        return self._rate

    def close(self) -> None:
        self._log.append(f"{self.name} is closed")
