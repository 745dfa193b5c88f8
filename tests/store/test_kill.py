"""``kill -9`` at random moments."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from conftest import log_in
from engine.keys import expect_code

from bridge.engine import Attribute, HsmError, MechanismType, ReturnCode, Session
from store.processes import Process
from store.tampering import DIGEST, opened


class Account:
    """What must be in the home, by what the processes said before they were killed."""

    def __init__(self) -> None:
        self.there: dict[int, str] = {}
        self.either: dict[int, str] = {}
        """Keys whose destruction had begun and not returned."""
        self.begun: set[str] = set()
        """Labels of pairs whose making had begun and not returned."""
        self.operations = 0

    def read(self, lines: list[list[Any]]) -> None:
        begun: list[Any] = []
        for line in lines:
            if line[0] == "made":
                self.there |= dict.fromkeys(line[2:], line[1])
                self.operations += 1
            elif line[0] == "destroyed":
                del self.there[line[1]]
                self.operations += 1
            begun = line
        if begun and begun[0] == "making":
            self.begun.add(begun[1])
        elif begun and begun[0] == "destroying":
            self.either[begun[1]] = self.there.pop(begun[1])

    def settle(self, session: Session) -> None:
        """Compare with the home; what was in flight is from now on as the home has it."""
        found = {handle: str(session.attributes(handle)[Attribute.LABEL]) for handle in session.find({})}
        self.there |= {handle: label for handle, label in self.either.items() if handle in found}
        fresh = {handle: label for handle, label in found.items() if label in self.begun}
        assert len(fresh) == 2 * len(set(fresh.values()))  # both halves of a pair, or none
        self.there |= fresh
        self.either, self.begun = {}, set()
        assert found == self.there
        for handle in random.Random(len(found)).sample(sorted(found), min(5, len(found))):
            try:
                assert session.sign(handle, MechanismType.ECDSA, DIGEST)
            except HsmError as error:
                expect_code(error, ReturnCode.KEY_FUNCTION_NOT_PERMITTED)  # a public key


def run_and_kill(home: Path, seed: int, seconds: float, count: int) -> list[list[list[Any]]]:
    """Let processes make and destroy keys, kill them, and return what each said."""
    started = [Process(home) for _ in range(count)]
    for number, process in enumerate(started):
        process("login", "alice", "alice-password")
        process.begin("churn", seed * 10 + number)
    time.sleep(seconds)
    said = []
    for process in started:
        process.popen.kill()
    for process in started:
        content, _ = process.popen.communicate()
        said.append([json.loads(line) for line in content.splitlines() if line.endswith(b"]")])
        assert not any(isinstance(line, dict) for line in said[-1]), said[-1][-1]
    return said


@pytest.mark.parametrize(
    ("rounds", "operations"), [(10, 200), pytest.param(120, 3000, marks=[pytest.mark.soak, pytest.mark.timeout(3600)])]
)
def test_what_returned_is_there_and_nothing_else(home: Path, rounds: int, operations: int) -> None:
    rng = random.Random(rounds)
    account = Account()
    done = 0
    while done < rounds or account.operations < operations:
        for lines in run_and_kill(home, done, rng.uniform(0.02, 0.6), count=2):
            account.read(lines)
        with opened(home) as hsm:
            account.settle(log_in(hsm, "alice"))
        done += 1
    assert account.there


@pytest.mark.parametrize("rounds", [6, pytest.param(300, marks=pytest.mark.soak)])
def test_init_killed_leaves_a_whole_home_or_none(tmp_path: Path, rounds: int) -> None:
    """A home is there as a whole or not at all, whenever its making ends."""
    program = (
        "import sys; from pathlib import Path; from bridge.store import create_home; print('on', flush=True)\n"
        "create_home(Path(sys.argv[1]), admin_password=b'admin-password', user='alice', password=b'alice-password')"
    )
    rng = random.Random(rounds)
    outcomes = set()
    for number in range(rounds):
        home = tmp_path / str(number)
        process = subprocess.Popen([sys.executable, "-c", program, str(home)], stdout=subprocess.PIPE)
        assert process.stdout is not None
        assert process.stdout.readline() == b"on\n"
        time.sleep(number / rounds * 0.15 + rng.uniform(0, 0.02))
        process.kill()
        process.communicate()
        outcomes.add(home.exists())
        if home.exists():
            with opened(home) as hsm:
                assert log_in(hsm, "alice").find({}) == []
                log_in(hsm, "admin")
    assert outcomes == {True, False} or rounds < 100
