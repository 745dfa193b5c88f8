"""A number that all processes of a home share in memory, so that a use of a key need not ask the database.

The database's generation grows by one with each transaction. A writer announces the generation that it is about to
commit here, while it holds the database's write lock and before it commits. So the announced number is never behind
the committed one, and a reader whose state has the announced generation has the newest state. If a writer dies in
between, the announced number is ahead: readers then ask the database until the next transaction closes the gap.
"""

from __future__ import annotations

import mmap
import os
import sys
import time
from pathlib import Path

from bridge.store.files import OWNER_ONLY

if sys.platform != "win32":
    import fcntl

_BYTES = 8
_LOOK_NANOSECONDS = 1_000_000


class Announced:
    """The announced generation of one home."""

    def __init__(self, path: Path) -> None:
        """Open or create the file.

        Raises:
            OSError: if that fails.
        """
        flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)
        self._descriptor = os.open(path, flags, OWNER_ONLY)
        try:
            if os.fstat(self._descriptor).st_size < _BYTES:
                # Written, not only extended, so that a full disk is met here and not at a later store into memory.
                os.pwrite(self._descriptor, bytes(_BYTES), 0)
            self._map = mmap.mmap(self._descriptor, _BYTES)
        except BaseException:
            os.close(self._descriptor)
            raise
        self._number = memoryview(self._map).cast("Q")
        self._looked = 0

    def is_first(self) -> bool:
        """Tell whether no other process has the file open; the caller holds the database's write lock.

        From then on this process, and those that it forks, count as having it open until they close it or end. Where
        there are no such locks, every process is the first.
        """
        if sys.platform == "win32":
            return True
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            first = True
        except BlockingIOError:
            first = False
        fcntl.flock(self._descriptor, fcntl.LOCK_SH)
        return first

    @property
    def removed(self) -> bool:
        """Whether somebody removed or emptied the file, so that processes that come later share another."""
        status = os.fstat(self._descriptor)
        return status.st_nlink == 0 or status.st_size < _BYTES

    def is_newest(self, generation: int) -> bool:
        """Tell whether no process commits, or has committed, after a generation; False if that cannot be known.

        Whether the file was removed is looked at now and then: until a process that comes later has made another and
        committed, much more time than that passes. That it was not emptied is looked at each time, because memory
        that no file is behind any more ends the process.
        """
        if os.lseek(self._descriptor, 0, os.SEEK_END) < _BYTES:
            return False
        now = time.monotonic_ns()
        if now - self._looked > _LOOK_NANOSECONDS:
            if self.removed:
                return False
            self._looked = now
        return self._number[0] == generation

    def get(self) -> int:
        """Return the newest generation that any process is committing or has committed."""
        return self._number[0]

    def set(self, generation: int) -> None:
        """Announce a generation; the caller holds the database's write lock."""
        self._number[0] = generation

    def close(self) -> None:
        """Let go of the file."""
        self._number.release()
        self._map.close()
        os.close(self._descriptor)
