"""An interactive session whose commands come through a pipe, one after the other, each with its answer."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from cli.command import clean_environment


class Dialogue:
    """A running session."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def send(self, line: str) -> None:
        """Enter a line."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{line}\n")
        self._process.stdin.flush()

    def answer(self) -> dict[str, Any]:
        """Return the next envelope."""
        assert self._process.stdout is not None
        text = ""
        for line in self._process.stdout:
            text += line
            if line == "}\n":
                envelope: dict[str, Any] = json.loads(text)
                return envelope
        raise AssertionError(f"the session ended after {text!r}")

    def done(self, line: str) -> Any:
        """Enter a command that succeeds, and return its data."""
        self.send(line)
        envelope = self.answer()
        assert envelope["error_code"] == 0, envelope
        return envelope["data"]

    def refused(self, line: str) -> str:
        """Enter a command that is refused, and return the message."""
        self.send(line)
        envelope = self.answer()
        assert envelope["error_code"] == 1, envelope
        return str(envelope["data"])


@contextmanager
def dialogue(home: Path, environment: Mapping[str, str] | None = None) -> Iterator[Dialogue]:
    """Run a session for the block."""
    with subprocess.Popen(
        [sys.executable, "-m", "bridge.cli", "interactive"],
        env=clean_environment(home, environment or {}),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        yield Dialogue(process)
        process.communicate("quit\n", timeout=60)
        assert process.returncode == 0
