"""The ledger: one sealed number that stands for the whole set of records, so that none vanishes or goes back in time.

It is the exclusive or of a keyed hash of every record's name and generation. Each transaction updates it in time
proportional to the change; who removes a record, or puts an older version back, cannot make the number fit.
"""

from __future__ import annotations

from collections.abc import Mapping

from bridge.store.seal import Sealer

KEY = b"key"
"""How the names of keys' records begin."""

_NAME = b"ledger"


class Ledger:
    """The set of records as last seen: the generation of each, and their number."""

    def __init__(self, sealer: Sealer) -> None:
        self._sealer = sealer
        self._versions: dict[bytes, int] = {}
        self._total = 0

    def clear(self) -> None:
        """Forget all records."""
        self._versions.clear()
        self._total = 0

    def record(self, changes: Mapping[bytes, int | None]) -> None:
        """Take note of records' new generations; None for one that is gone."""
        self._total = self.total_after(changes)
        for name, generation in changes.items():
            if generation is None:
                self._versions.pop(name, None)
            else:
                self._versions[name] = generation

    def total_after(self, changes: Mapping[bytes, int | None]) -> int:
        """Return the number as it will be after changes."""
        total = self._total
        for name, generation in changes.items():
            old = self._versions.get(name)
            if old is not None:
                total ^= self._sealer.entry(name, old)
            if generation is not None:
                total ^= self._sealer.entry(name, generation)
        return total

    def read_whole(self) -> set[bytes]:
        """Return the names of the records that are read whole each time, whether they changed or not: all but keys'."""
        return {name for name in self._versions if not name.startswith(KEY)}

    def seal(self, generation: int, next_handle: int, changes: Mapping[bytes, int | None]) -> bytes:
        """Return the sealed number for the state after changes.

        Args:
            generation: of that state.
            next_handle: the first handle that nobody has got, which is bound to the number.
            changes: as for :meth:`record`.
        """
        total = self.total_after(changes).to_bytes(32, "big")
        return self._sealer.seal(_NAME, generation, _handle(next_handle), total)

    def matches(self, generation: int, next_handle: int, sealed: bytes) -> bool:
        """Tell whether the records seen are the ones that a stored number stands for.

        Raises:
            SealBroken: if the number itself, or what is bound to it, was changed.
        """
        return self._sealer.open(_NAME, generation, _handle(next_handle), sealed) == self._total.to_bytes(32, "big")


def reseal(sealer: Sealer, generation: int, next_handle: int, sealed: bytes, new_next_handle: int) -> bytes:
    """Bind a stored number to another next handle.

    Raises:
        SealBroken: as :meth:`Ledger.matches`.
    """
    total = sealer.open(_NAME, generation, _handle(next_handle), sealed)
    return sealer.seal(_NAME, generation, _handle(new_next_handle), total)


def extended(sealer: Sealer, generation: int, next_handle: int, sealed: bytes, name: bytes) -> bytes:
    """Add a record of the present generation, which none of that name has come before, to a stored number.

    Raises:
        SealBroken: as :meth:`Ledger.matches`.
    """
    total = int.from_bytes(sealer.open(_NAME, generation, _handle(next_handle), sealed), "big")
    total ^= sealer.entry(name, generation)
    return sealer.seal(_NAME, generation, _handle(next_handle), total.to_bytes(32, "big"))


def _handle(handle: int) -> bytes:
    return handle.to_bytes(8, "big")
