"""What the workers of a daemon count, in one file that they all map into memory.

Each worker has a block, its slot, which it alone writes, from one thread; so that counting takes no lock and no system
call. A worker that takes the place of a dead one goes on from the values that it finds. Readers map the same file.

The file is a page with a header in JSON, then the blocks, of unsigned 64-bit numbers in the machine's order::

    block   scalars (one for each Scalar), then for each method: failed, nanoseconds, requests by duration (BUCKETS)
"""

from __future__ import annotations

import json
import mmap
import os
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from itertools import accumulate
from pathlib import Path
from typing import NamedTuple

from bridge.engine.errors import HsmError, ReturnCode
from bridge.store.files import write_new

_HEADER = 4096
_FORMAT = "hsmbridge metrics 1"
_WORD = 8

_SHORTEST, _LONGEST = 12, 34
"""Durations of at most 2^12 ns (4 µs) share the first bucket; those above 2^34 ns (17 s) the last one."""

BOUNDS = tuple((1 << bits) / 1e9 for bits in range(_SHORTEST, _LONGEST + 1))
"""Upper bounds of the buckets in seconds; one bucket more, without a bound, follows."""

BUCKETS = len(BOUNDS) + 1

# Indexed by the number of bits of a duration; a table is twice as fast as min() and max().
_BUCKET_OF_BITS = tuple(min(max(bits - _SHORTEST, 0), BUCKETS - 1) for bits in range(65))


class Scalar(IntEnum):
    """The numbers of a worker that belong to no method; those of what there is now
    go up and down, all others only ever grow."""

    CONNECTIONS = 0
    """Connections that are open now."""
    ACCEPTED = 1
    """Connections that were accepted, those refused afterwards included."""
    REFUSED = 2
    """Connections that were refused: too many, TLS without a good certificate, no or a wrong ``hello``."""
    MALFORMED = 3
    """Connections that were ended because of a frame that is none."""
    BUSY = 4
    """Requests that were answered DEVICE_BUSY."""
    BYTES_IN = 5
    BYTES_OUT = 6
    SESSIONS = 7
    """Sessions that are open now; the supervisor alone writes it, and those below."""
    SESSION_KEYS = 8
    """Session keys that there are now."""
    TLS_CONNECTIONS = 9
    """Connections over TLS that are open now."""


_BYTES_IN, _BYTES_OUT = int(Scalar.BYTES_IN), int(Scalar.BYTES_OUT)
_FIRST_METHOD = len(Scalar)
_FAILED, _NANOSECONDS, _FIRST_BUCKET = 0, 1, 2
_METHOD = _FIRST_BUCKET + BUCKETS


def create(path: Path, slots: int, methods: Sequence[str]) -> None:
    """Put a file with all numbers at zero in the place of the one that may be there.

    Args:
        path: the file; it gets the mode 0600. Who still has the old one mapped is not disturbed.
        slots: how many workers there are.
        methods: their names, in the order of the indices that workers count by.

    Raises:
        OSError: if it cannot be written.
        ValueError: if the names are too long for the header.
    """
    header = json.dumps({"format": _FORMAT, "slots": slots, "methods": list(methods)}).encode()
    if len(header) > _HEADER:
        raise ValueError(f"the names of {len(methods)} methods do not fit into a header of {_HEADER} bytes")
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        write_new(draft, header.ljust(_HEADER, b"\0") + bytes(slots * _words(len(methods)) * _WORD))
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


class Counters:
    """The block of one worker.

    Only one thread may call its methods.
    """

    def __init__(self, path: Path, slot: int) -> None:
        """Take a slot; nobody else may have it at this time.

        Args:
            path: a file that :func:`create` made.
            slot: from 0.

        Raises:
            HsmError: ``FUNCTION_FAILED`` if that is no such file.
            IndexError: if there is no such slot.
            OSError: if it cannot be read.
        """
        header, memory = _map(path, writable=True)
        if not 0 <= slot < header.slots:
            raise IndexError(f"{path} has slots 0 to {header.slots - 1}, not {slot}")
        size = _words(len(header.methods))
        self._words = memory[slot * size : (slot + 1) * size]
        self._methods = tuple(range(_FIRST_METHOD, size, _METHOD))
        # Those of the worker that had the slot before are closed by now.
        self._words[Scalar.CONNECTIONS] = 0

    def count(self, method: int, failed: bool, nanoseconds: int, received: int = 0, sent: int = 0) -> None:
        """Count one request that was answered.

        Args:
            method: index of its method.
            failed: whether the answer was a refusal.
            nanoseconds: from its last byte's arrival to the answer; 0 or more.
            received: its bytes, if they are not counted otherwise.
            sent: bytes of its answer, in the same way.
        """
        words, at = self._words, self._methods[method]
        if failed:
            words[at] += 1
        words[at + 1] += nanoseconds
        words[at + 2 + _BUCKET_OF_BITS[nanoseconds.bit_length()]] += 1
        if received:
            words[_BYTES_IN] += received
            words[_BYTES_OUT] += sent

    def add(self, scalar: Scalar, amount: int = 1) -> None:
        """Add to a number that only grows."""
        self._words[scalar] += amount

    def connections(self, number: int) -> None:
        """Say how many connections are open now."""
        self._words[Scalar.CONNECTIONS] = number

    def sessions(self, number: int, keys: int, over_tls: int) -> None:
        """Say how many sessions are open now, how many session keys there are, and how many connections over TLS."""
        self._words[Scalar.SESSIONS] = number
        self._words[Scalar.SESSION_KEYS] = keys
        self._words[Scalar.TLS_CONNECTIONS] = over_tls


class Requests(NamedTuple):
    """The requests for one method.

    Attributes:
        succeeded: how many were carried out.
        failed: how many were refused.
        seconds: how long all of them took together.
        buckets: how many took up to each of BOUNDS and longer than the one before; the last, longer than all.
    """

    succeeded: int
    failed: int
    seconds: float
    buckets: tuple[int, ...]

    def quantile(self, fraction: float) -> float:
        """Return the bound in seconds below which a fraction of the requests lies, exact to a factor of two."""
        wanted = fraction * sum(self.buckets)
        for bound, below in zip(BOUNDS, accumulate(self.buckets), strict=False):
            if below >= wanted:
                return bound
        return float("inf")


@dataclass(frozen=True)
class Snapshot:
    """The sums over all workers.

    Attributes:
        slots: how many workers have a block.
        scalars: the numbers that belong to no method.
        requests: by method, in the file's order.
    """

    slots: int
    scalars: Mapping[Scalar, int]
    requests: Mapping[str, Requests]


def read(path: Path) -> Snapshot:
    """Add up what the workers have counted so far; they go on meanwhile.

    Raises:
        HsmError: ``FUNCTION_FAILED`` if that is no file of :func:`create`.
        OSError: if it cannot be read.
    """
    header, memory = _map(path, writable=False)
    words, size = memory.tolist(), _words(len(header.methods))
    sums = [sum(words[number::size]) for number in range(size)]
    scalars = {scalar: sums[scalar] for scalar in Scalar}
    requests = {}
    for number, method in enumerate(header.methods):
        at = _FIRST_METHOD + number * _METHOD
        buckets = tuple(sums[at + _FIRST_BUCKET : at + _METHOD])
        failed = sums[at + _FAILED]
        # A worker may be between its writes: a refusal is counted a moment before its duration.
        succeeded = max(sum(buckets) - failed, 0)
        requests[method] = Requests(succeeded, failed, sums[at + _NANOSECONDS] / 1e9, buckets)
    return Snapshot(header.slots, scalars, requests)


class _Header(NamedTuple):
    slots: int
    methods: tuple[str, ...]


def _words(methods: int) -> int:
    return _FIRST_METHOD + methods * _METHOD


def _map(path: Path, *, writable: bool) -> tuple[_Header, memoryview]:
    # The memory stays mapped for as long as somebody refers to a view of it.
    with path.open("r+b" if writable else "rb") as file:
        content = file.read(_HEADER)
        try:
            found = json.loads(content.rstrip(b"\0"))
            header = _Header(int(found["slots"]), tuple(map(str, found["methods"])))
            known = found["format"] == _FORMAT
        except (ValueError, KeyError, TypeError):
            raise _unusable(path) from None
        size = _HEADER + header.slots * _words(len(header.methods)) * _WORD
        # A file that were shorter than what is mapped would kill whoever reads it, by SIGBUS.
        if not known or header.slots < 1 or file.seek(0, os.SEEK_END) != size:
            raise _unusable(path)
        memory = mmap.mmap(file.fileno(), size, access=mmap.ACCESS_WRITE if writable else mmap.ACCESS_READ)
        return header, memoryview(memory)[_HEADER:].cast("Q")


def _unusable(path: Path) -> HsmError:
    return HsmError(
        ReturnCode.FUNCTION_FAILED,
        f"{path} is no file with the numbers of a daemon of this version: restart the daemon, which makes it anew.",
    )
