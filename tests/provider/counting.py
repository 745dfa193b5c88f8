"""How often the engine was asked, on whichever way: counted in its sessions, or by the daemon."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from transport import over_socket

from bridge.engine import Session
from bridge.server import metrics
from bridge.server.daemon import METRICS

_METHODS = {"encrypt": "encrypt", "importForUse": "import_for_use", "destroy": "destroy"}
"""The methods of a session by those of the contract."""


class Counting:
    """Counts the calls of some methods of the contract, from now on, whoever makes them."""

    def __init__(self, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Begin.

        Args:
            home: whose daemon counts, if the tests go through one.
            monkeypatch: ends what counts in this process.
        """
        self._metrics = home / METRICS
        self._counts: Counter[str] = Counter()
        self._before: Counter[str] = Counter()
        if not over_socket():
            for name, own in _METHODS.items():
                monkeypatch.setattr(Session, own, self._counted(name, getattr(Session, own)))
        self._before = self._all()

    def __getitem__(self, method: str) -> int:
        """Return how often a method has succeeded."""
        return self._all()[method] - self._before[method]

    def _all(self) -> Counter[str]:
        if over_socket():
            requests = metrics.read(self._metrics).requests
            return Counter({name: requests[name].succeeded for name in _METHODS})
        return self._counts.copy()

    def _counted(self, name: str, original: Any) -> Any:
        def call(*arguments: Any) -> Any:
            result = original(*arguments)
            self._counts[name] += 1
            return result

        return call
