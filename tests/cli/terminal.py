"""A terminal that a program believes in."""

from __future__ import annotations

import os
import pty
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from cli.command import clean_environment


def converse(
    home: Path,
    environment: Mapping[str, str],
    arguments: Sequence[str],
    answers: Sequence[tuple[str, str | Callable[[], object]]],
) -> tuple[int, str]:
    """Run a verb on a terminal.

    Args:
        home: the HSM's folder.
        environment: variables of hsmbridge.
        arguments: the verb and its arguments.
        answers: prompts to wait for, each with what to type then, or what to do before an empty line.

    Returns:
        The exit code, and everything that the terminal showed.
    """
    pid, terminal = pty.fork()
    if pid == 0:
        os.execve(  # noqa: S606 - the child of a fork becomes the program
            sys.executable,
            [sys.executable, "-m", "bridge.cli", *arguments],
            clean_environment(home, environment),
        )
    shown, waited_from = b"", 0
    for prompt, text in answers:
        while prompt.encode() not in shown[waited_from:]:
            piece = _read(terminal)
            assert piece, f"no prompt {prompt!r} in {shown.decode()!r}"
            shown += piece
        waited_from = len(shown)
        if not isinstance(text, str):
            text()
            text = ""
        os.write(terminal, text.encode() + b"\n")
    while piece := _read(terminal):
        shown += piece
    os.close(terminal)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), shown.decode()


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 4096)
    except OSError:  # how Linux says that the other side is closed
        return b""
