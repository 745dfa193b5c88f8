"""Being told to end while something is there that has to be taken away first."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn

_SIGNALS = ("SIGTERM", "SIGHUP")
"""Those whose own way ends a process at once; not every platform has both."""


@contextmanager
def orderly_end() -> Iterator[None]:
    """Let signals that end the process leave the block as an exception does, so that it cleans up.

    Who started the process may have it ignore them; that stays so. To be called in the main thread.

    Raises:
        SystemExit: with the code that shells give for the signal.
    """
    numbers = [getattr(signal, name) for name in _SIGNALS if hasattr(signal, name)]
    ending = [number for number in numbers if signal.getsignal(number) == signal.SIG_DFL]
    try:
        for number in ending:
            signal.signal(number, _end)
        yield
    finally:
        for number in ending:
            signal.signal(number, signal.SIG_DFL)


def _end(number: int, _frame: FrameType | None) -> NoReturn:
    # A second one is not to end the cleaning up.
    signal.signal(number, signal.SIG_IGN)
    raise SystemExit(128 + number)
