"""The daemon's log: one JSON object a line, to standard error or to a file that several processes write.

    {"ts": "2026-03-01T12:00:00.123Z", "level": "INFO", "message": "worker started", "pid": 17, "slot": 0}

Fields come from the ``extra`` of a call: ``log.info("worker started", extra={"slot": 0})``.
"""

from __future__ import annotations

import fcntl
import json
import logging
import os
import select
import sys
from datetime import UTC, datetime
from pathlib import Path

from bridge.store.files import OWNER_ONLY

LARGEST = 10 * 1024 * 1024
"""Bytes after which a log file is put aside."""

KEPT = 3
"""How many files that were put aside are kept."""

_OF_LOGGING = {*vars(logging.makeLogRecord({})), "message", "asctime", "taskName"}


class JsonLines(logging.Formatter):
    """Makes a record one line of JSON: ``ts`` (UTC, milliseconds), ``level``, ``message``, ``pid``, then its extras."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line, without its end; whatever the message holds, it stays one line."""
        fields: dict[str, object] = {
            "ts": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "level": record.levelname,
            "message": record.getMessage(),
            "pid": record.process,
        }
        for name, value in vars(record).items():
            if name not in _OF_LOGGING:
                # A field that is called as one of ours must not hide it.
                fields[f"{name}_" if name in fields else name] = value
        if record.exc_info:
            fields["exception"] = self.formatException(record.exc_info)
        return json.dumps(fields, ensure_ascii=False, default=str)


class SharedFile(logging.Handler):
    """Appends to a file of mode 0600, which several processes may write at once.

    A line is one write, so that lines of two processes do not mix. Whoever finds the file too long puts it aside, as
    ``NAME.1``, the one that was ``NAME.1`` as ``NAME.2``, and so on; the others notice and follow.
    """

    def __init__(self, path: Path, largest: int = LARGEST, kept: int = KEPT) -> None:
        """Open the file.

        Args:
            path: it is created if it is not there.
            largest: bytes after which it is put aside.
            kept: how many that were put aside are kept, 1 or more.

        Raises:
            OSError: if it cannot be written.
        """
        super().__init__()
        self._path, self._largest, self._kept = path, largest, kept
        self._descriptor = self._open()

    def emit(self, record: logging.LogRecord) -> None:
        """Write a record; that the disk is full must not end the daemon, so that it goes the way of logging."""
        try:
            line = self.format(record).encode("utf-8", "backslashreplace") + b"\n"
            self._follow()
            if 0 < os.fstat(self._descriptor).st_size > self._largest - len(line):
                self._put_aside()
            os.write(self._descriptor, line)
        except (OSError, ValueError, TypeError):
            self.handleError(record)

    def close(self) -> None:
        """Close the file."""
        self.acquire()
        try:
            if self._descriptor >= 0:
                os.close(self._descriptor)
                self._descriptor = -1
        finally:
            self.release()
        super().close()

    def _open(self) -> int:
        return os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, OWNER_ONLY)

    def _follow(self) -> None:
        """Open the file anew, if another process put aside the one that is open, or somebody removed it."""
        if not self._is_current():
            new = self._open()
            os.close(self._descriptor)
            self._descriptor = new

    def _is_current(self) -> bool:
        try:
            return os.path.samestat(os.fstat(self._descriptor), self._path.stat())
        except FileNotFoundError:
            return False

    def _put_aside(self) -> None:
        # Only one process at a time does this, and only to the file that still has the name. A lock by flock would be
        # one for all processes that were forked with the file open.
        fcntl.lockf(self._descriptor, fcntl.LOCK_EX)
        try:
            if self._is_current():
                for number in range(self._kept, 0, -1):
                    newer = self._aside(number - 1)
                    if newer.exists():
                        newer.replace(self._aside(number))
        finally:
            fcntl.lockf(self._descriptor, fcntl.LOCK_UN)
        self._follow()

    def _aside(self, number: int) -> Path:
        return self._path.with_name(f"{self._path.name}.{number}") if number else self._path


class StandardError(logging.Handler):
    """Writes to standard error, but never waits for whoever reads it: what it does not take is counted and dropped."""

    def __init__(self) -> None:
        super().__init__()
        self._dropped = 0

    def emit(self, record: logging.LogRecord) -> None:
        """Write a record, if that is possible at once."""
        try:
            # Shorter lines are written whole or not at all (POSIX, write to a pipe).
            line = self.format(record).encode("utf-8", "backslashreplace")[: select.PIPE_BUF - 1] + b"\n"
            if self._dropped:
                line = b'{"level": "WARNING", "message": "lines were dropped", "count": %d}\n' % self._dropped + line
            if select.select([], [sys.stderr.fileno()], [], 0)[1]:
                os.write(sys.stderr.fileno(), line)
                self._dropped = 0
            else:
                self._dropped += 1
        except (OSError, ValueError, TypeError):
            self.handleError(record)


def start_log(path: Path | None = None, level: int = logging.INFO) -> None:
    """Send what this process logs, by whichever logger, to a file or to standard error, and nowhere else.

    Args:
        path: the file; None for standard error.
        level: what is below is not written.

    Raises:
        OSError: if the file cannot be written.
    """
    handler = SharedFile(path) if path else StandardError()
    handler.setFormatter(JsonLines())
    logging.basicConfig(level=level, handlers=[handler], force=True)
    # What Python itself complains of, such as an exception that nobody could catch, belongs there too.
    logging.captureWarnings(True)
