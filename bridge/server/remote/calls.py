"""What the methods of a remote session have in common: calls, and answers of known types."""

from __future__ import annotations

from typing import NoReturn, TypeVar

from bridge.engine.errors import HsmError
from bridge.engine.holdings import session_closed
from bridge.engine.quorum import Approval
from bridge.server.records import Unreadable, packed, unpacked
from bridge.server.remote.link import Link

_Result = TypeVar("_Result")


class Calls:
    """One session over one connection."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._closed = False

    def _call(self, method: str, *arguments: object) -> object:
        if self._closed:
            raise session_closed()
        return self._link.call(method, *arguments)

    def _do(self, method: str, *arguments: object) -> None:
        if self._call(method, *arguments) is not None:
            self._strange(method)

    def _ask(self, kind: type[_Result], method: str, *arguments: object) -> _Result:
        return self._read(kind, method, self._call(method, *arguments))

    def _list(self, kind: type[_Result], method: str, *arguments: object) -> list[_Result]:
        answer = self._call(method, *arguments)
        if not isinstance(answer, tuple):
            self._strange(method)
        return [self._read(kind, method, each) for each in answer]

    def _map(self, method: str, *arguments: object) -> dict[str, object]:
        answer = self._call(method, *arguments)
        if not isinstance(answer, dict):
            self._strange(method)
        return answer

    def _read(self, kind: type[_Result], method: str, value: object) -> _Result:
        try:
            return unpacked(kind, value)
        except (Unreadable, HsmError):
            self._strange(method)

    def _strange(self, method: str) -> NoReturn:
        raise self._link.strange(method)


def approvals(*given: Approval | None) -> tuple[object, ...]:
    """Return the arguments for approvals that may be left out; none if there is none."""
    return tuple(map(packed, given)) if any(each is not None for each in given) else ()
