"""Starting other processes on a home, and talking to them."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from conftest import PASSWORDS

from bridge.engine import HsmError, ReturnCode

PROGRAM = Path(__file__).with_name("child.py")


class Process:
    """Another process that has a home open."""

    def __init__(self, home: Path) -> None:
        self.popen = subprocess.Popen(
            [sys.executable, str(PROGRAM), str(home)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        assert self._read() == "ready"

    def begin(self, *command: object) -> None:
        """Send a command."""
        assert self.popen.stdin is not None
        self.popen.stdin.write(json.dumps(command).encode() + b"\n")
        self.popen.stdin.flush()

    def end(self) -> Any:
        """Return the answer to the oldest unanswered command, or raise what it ended with."""
        answer = self._read()
        if answer is None:
            raise EOFError
        return result(answer)

    def __call__(self, *command: object) -> Any:
        self.begin(*command)
        return self.end()

    def _read(self) -> Any:
        assert self.popen.stdout is not None
        line = self.popen.stdout.readline()
        return json.loads(line) if line else None

    def stop(self) -> None:
        """Let the process end in order, or make it end."""
        assert self.popen.stdin is not None
        assert self.popen.stdout is not None
        try:
            self.popen.stdin.close()
            self.popen.wait(10)
        except (subprocess.TimeoutExpired, BrokenPipeError):
            self.popen.kill()
            self.popen.wait()
        self.popen.stdout.close()


def result(answer: dict[str, Any]) -> Any:
    """Return what an answer holds, or raise it; an error that is not the HSM's fails the test."""
    if "error" not in answer:
        return answer["ok"]
    if answer["error"] not in ReturnCode.__members__:
        pytest.fail(f"the process ended a command with {answer['error']}: {answer['message']}")
    raise HsmError(ReturnCode[answer["error"]], answer["message"])


@contextmanager
def processes(home: Path, count: int, user: str = "alice") -> Iterator[list[Process]]:
    """Start processes, and log a user in to each."""
    started: list[Process] = []
    try:
        for _ in range(count):
            started.append(Process(home))
            started[-1]("login", user, PASSWORDS[user].decode())
        yield started
    finally:
        for process in started:
            process.stop()
