"""Standard output and standard error that cannot be written: a full disk, say, behind a redirection."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TextIO, cast

import click

# Of sysexits.h, which Python knows on some platforms only.
_EX_IOERR = 74


class _Watched:
    """A stream that notes when it could not be written."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self.failed = False

    def write(self, text: str) -> int:
        """Write text; raises OSError."""
        with self._noting():
            return self._stream.write(text)

    def flush(self) -> None:
        """Write what is held back; raises OSError."""
        with self._noting():
            self._stream.flush()

    def discard(self) -> None:
        """Send all that is still held back, and all that comes, nowhere."""
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, self._stream.fileno())
        os.close(nowhere)

    @contextmanager
    def _noting(self) -> Iterator[None]:
        try:
            yield
        except OSError:
            self.failed = True
            raise

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


@contextmanager
def watched_output() -> Iterator[None]:
    """End the process with exit code 74 and one line, if the block's output cannot be written."""
    # A stream that was closed before the start is None, and is written to by nobody.
    out, err = (stream and _Watched(stream) for stream in (sys.stdout, sys.stderr))
    sys.stdout, sys.stderr = cast(TextIO, out), cast(TextIO, err)
    try:
        yield
    except OSError as error:
        broken = [stream for stream in (out, err) if stream and stream.failed]
        if not broken:
            raise
        for stream in broken:
            stream.discard()
        click.echo(
            f"hsmbridge: The output cannot be written ({error.strerror}). What was asked for may have been done.",
            err=True,
        )
        sys.exit(_EX_IOERR)
