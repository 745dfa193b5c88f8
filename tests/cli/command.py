"""Running the command line: in this process, where that is enough, or as a user does."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import forking
from click.testing import CliRunner, Result
from conftest import PASSWORDS

from bridge.cli import cli

ALICE = {"HSM_USER": "alice", "HSM_PASSWORD": PASSWORDS["alice"].decode()}
BOB = {"HSM_USER": "bob", "HSM_PASSWORD": PASSWORDS["bob"].decode()}
ADMIN = {"HSMBRIDGE_ADMIN_PASSWORD": PASSWORDS["admin"].decode()}

_OURS = ("HSM_", "HSMBRIDGE_", "CLOUDHSM_", "DESTINATION_CLOUDHSM_")


def run(home: Path, environment: Mapping[str, str], *arguments: str | Path) -> Result:
    """Run a verb in this process, with no variable of hsmbridge set but these, and standard input no terminal."""
    unset = {name: None for name in os.environ if name.startswith(_OURS)}
    runner = CliRunner(env={**unset, "HSMBRIDGE_HOME": str(home), **environment})
    result = runner.invoke(cli, [str(argument) for argument in arguments], prog_name="hsmbridge")
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def answer(result: Result) -> Any:
    """Return the data of a verb that succeeded and answers in JSON."""
    assert result.exit_code == 0, result.output
    envelope = json.loads(result.stdout)
    assert envelope["error_code"] == 0
    return envelope["data"]


def refusal(result: Result) -> str:
    """Return the message of a verb that was refused and answers in JSON."""
    assert result.exit_code == 1, result.output
    envelope = json.loads(result.stdout)
    assert envelope["error_code"] == 1
    return str(envelope["data"])


def clean_environment(home: Path, environment: Mapping[str, str]) -> dict[str, str]:
    """Return this process's environment with no variable of hsmbridge set but these."""
    others = {name: value for name, value in os.environ.items() if not name.startswith(_OURS)}
    return {**others, "HSMBRIDGE_HOME": str(home), **environment}


def process(
    home: Path, environment: Mapping[str, str], *arguments: str | Path, cwd: Path | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a verb in a process of its own."""
    command = ["-m", "bridge.cli", *map(str, arguments)]
    return forking.run(command, clean_environment(home, environment), cwd=cwd)
