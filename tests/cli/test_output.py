"""Output that cannot be written ends in one line and an exit code of its own, whatever the verb."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from cli.command import ADMIN, ALICE, clean_environment

FULL = Path("/dev/full")
OUTPUT_ERROR = 74
LINE = "hsmbridge: The output cannot be written (No space left on device). What was asked for may have been done.\n"

pytestmark = pytest.mark.skipif(not FULL.exists(), reason="this platform has no /dev/full")


def write_to_full_disk(home: Path, environment: Mapping[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    with FULL.open("w") as full:
        return subprocess.run(
            [sys.executable, "-m", "bridge.cli", *arguments],
            env=clean_environment(home, environment),
            stdin=subprocess.DEVNULL,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )


@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize(
    "arguments",
    [
        "--help",
        "--version",
        "keys",
        "keys --json",
        "keys --help",
        "keytool --help",
        "configure",
        "jar",
        "key delete --filter attr.label=x",
    ],
)
def test_a_full_disk_is_told_in_one_line(home: Path, arguments: str, unbuffered: str) -> None:
    result = write_to_full_disk(home, {**ALICE, "PYTHONUNBUFFERED": unbuffered}, *arguments.split())

    assert (result.returncode, result.stderr) == (OUTPUT_ERROR, LINE)


def test_what_was_asked_for_is_done_all_the_same(home: Path, tmp_path: Path) -> None:
    new = tmp_path / "new"
    result = write_to_full_disk(new, {**ADMIN, **ALICE}, "init")

    assert (result.returncode, result.stderr) == (OUTPUT_ERROR, LINE)
    assert (new / "hsm.db").is_file()


def test_usage_errors_that_cannot_be_written_end_alike(home: Path) -> None:
    with FULL.open("w") as full:
        result = subprocess.run(
            [sys.executable, "-m", "bridge.cli", "nonsense"],
            env=clean_environment(home, {}),
            stdin=subprocess.DEVNULL,
            stdout=full,
            stderr=full,
            check=False,
        )
    assert result.returncode == OUTPUT_ERROR


def test_a_reader_that_goes_away_is_no_error_to_report(home: Path) -> None:
    command = f"{sys.executable} -m bridge.cli --help | true"
    result = subprocess.run(
        ["sh", "-c", command], env=clean_environment(home, {}), capture_output=True, text=True, check=False
    )
    assert (result.returncode, result.stderr) == (0, "")


def test_a_fault_of_the_program_is_no_fault_of_the_output(home: Path) -> None:
    code = (
        "import bridge.cli\n"
        "def broken(**_): raise OSError(28, 'No space left on device')\n"
        "bridge.cli.cli.main = broken\n"
        "bridge.cli.main()"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], env=clean_environment(home, {}), capture_output=True, text=True, check=False
    )
    assert result.returncode == 1
    assert "Traceback" in result.stderr
