"""The terminal of the interactive mode: prompt, history and completion."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable
from pathlib import Path

import platformdirs
from prompt_toolkit import PromptSession
from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document
from prompt_toolkit.history import FileHistory

from bridge.cli.commands.completion import completions

_SECRET = re.compile(r"pas|pwd|pin\b|secret", re.IGNORECASE)
"""What a line with a secret has in it, and some lines without: a misspelt option holds a password too."""


class History(FileHistory):
    """Lines that were entered, in a file that only its owner reads; lines that may hold a secret are not kept."""

    def __init__(self, path: Path) -> None:
        """Make the file if there is none.

        Raises:
            OSError: if it cannot be made.
        """
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600))
        os.chmod(path, 0o600)
        super().__init__(str(path))

    def append_string(self, string: str) -> None:
        """Keep a line, in the file and for the rest of this run."""
        if not may_hold_a_secret(string):
            super().append_string(string)


def may_hold_a_secret(line: str) -> bool:
    """Tell whether a line looks as if it held a password."""
    return any(_SECRET.search(word) for word in line.split() if word.startswith("-") or "=" in word)


def history_path() -> Path:
    """Return where the history is: in the platform's folder for state."""
    return platformdirs.user_state_path("hsmbridge", appauthor=False) / "history"


class _Completer(Completer):
    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterable[Completion]:
        """Give what may stand where the cursor is."""
        before = document.text_before_cursor
        word = "" if not before or before[-1].isspace() else before.split()[-1]
        for text, meaning in completions(before):
            yield Completion(text, start_position=-len(word), display_meta=meaning)


def line_reader(prompt: str) -> Callable[[], str]:
    """Return a function that reads a line from the terminal.

    Args:
        prompt: shown before each line.

    Returns:
        The function; it raises EOFError at the end of the input, KeyboardInterrupt if the line was given up.
    """
    session: PromptSession[str] = PromptSession(
        prompt, history=History(history_path()), completer=_Completer(), complete_while_typing=False
    )
    return session.prompt
