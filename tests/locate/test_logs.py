"""The provider's log: where the configuration puts it, and what is in it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cli.command import ALICE

from locate.conftest import HSMBRIDGE, IO_EXCEPTION, NewProbe, Probe

MORNING, EVENING = "2026-11-24T08:00:00Z", "2026-11-24T23:59:59.999Z"
NEXT_DAY, NEXT_WEEK = "2026-11-25T00:00:00Z", "2026-11-30T00:00:00Z"


def lines(*times: str) -> str:
    return "".join(f"{time} WARN io.hsmbridge: at {time} and on\n" for time in times)


@pytest.mark.parametrize(
    ("interval", "files"),
    [
        ("never", {"": (MORNING, EVENING, NEXT_DAY, NEXT_WEEK)}),
        ("daily", {".2026-11-24": (MORNING, EVENING), ".2026-11-25": (NEXT_DAY,), ".2026-11-30": (NEXT_WEEK,)}),
        ("weekly", {".2026-11-23": (MORNING, EVENING, NEXT_DAY), ".2026-11-30": (NEXT_WEEK,)}),
        (
            "hourly",
            {
                ".2026-11-24-08": (MORNING,),
                ".2026-11-24-23": (EVENING,),
                ".2026-11-25-00": (NEXT_DAY,),
                ".2026-11-30-00": (NEXT_WEEK,),
            },
        ),
    ],
)
def test_begins_new_files(probe: Probe, tmp_path: Path, interval: str, files: dict[str, tuple[str, ...]]) -> None:
    folder = tmp_path / "logs"
    folder.mkdir()
    probe("log", folder / "jce.log", interval, MORNING, EVENING, NEXT_DAY, NEXT_WEEK)
    written = {path.name.removeprefix("jce.log"): path.read_text() for path in folder.iterdir()}
    assert written == {suffix: lines(*times) for suffix, times in files.items()}
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}
    probe("log", folder / "jce.log", interval, NEXT_WEEK)
    assert sum(len(path.read_text().splitlines()) for path in folder.iterdir()) == 5


@pytest.mark.parametrize(
    ("level", "names"),
    [
        ("error", ["ERROR"]),
        ("warn", ["ERROR", "WARN"]),
        ("info", ["ERROR", "WARN", "INFO"]),
        ("debug", ["ERROR", "WARN", "INFO", "DEBUG"]),
        ("trace", ["ERROR", "WARN", "INFO", "DEBUG", "TRACE"]),
    ],
)
def test_levels_are_those_of_the_original(probe: Probe, tmp_path: Path, level: str, names: list[str]) -> None:
    probe("logs", "file", tmp_path / "jce.log", level)
    assert [line.split()[1] for line in (tmp_path / "jce.log").read_text().splitlines()] == names
    assert probe.end() == ""


def test_the_terminal_is_standard_error(probe: Probe, tmp_path: Path) -> None:
    probe("logs", "term", tmp_path / "unused", "info")
    assert [line.split()[1] for line in probe.end().splitlines()] == ["ERROR", "WARN", "INFO"]
    assert not (tmp_path / "unused").exists()


def test_without_a_configuration_warnings_go_where_the_program_logs(probe: Probe) -> None:
    probe("logs", "", "")
    shown = probe.end()
    assert "WARNING: a line of level WARNING" in shown
    assert "INFO" not in shown


def test_a_configured_provider_logs_its_connection_and_no_secret(
    new_probe: NewProbe, short_home: Path, tmp_path: Path
) -> None:
    logging = {"log_file": str(tmp_path / "jce.log"), "log_interval": "never", "log_level": "trace"}
    (short_home / "cloudhsm-jce.cfg").write_text(json.dumps({"logging": logging}))
    environment = {**ALICE, "HSMBRIDGE_AUTOSTART": "true", "HSMBRIDGE_COMMAND": str(HSMBRIDGE)}
    probe = new_probe(short_home, **environment)
    assert probe("default") == "CloudHSM true"
    said = (tmp_path / "jce.log").read_text()
    assert (
        f"INFO io.hsmbridge: Started `{HSMBRIDGE} serve --on-demand` for the socket {short_home}/engine.sock." in said
    )
    assert f"INFO io.hsmbridge: Connected to the socket {short_home}/engine.sock." in said
    assert ALICE["HSM_PASSWORD"] not in said
    assert probe.end() == ""


def test_a_log_file_that_cannot_be_written_is_refused(probe: Probe, tmp_path: Path) -> None:
    message = probe.refuses("logs", "file", tmp_path / "missing" / "jce.log", "info", kind=IO_EXCEPTION)
    assert message.startswith(f"The log file {tmp_path}/missing/jce.log cannot be written (")
    assert message.endswith("Name another with `hsmbridge configure --log-file FILE`, or withLogFile.")


def test_an_interrupt_does_not_close_the_file(probe: Probe, tmp_path: Path) -> None:
    path = tmp_path / "jce.log"
    path.touch(0o644)
    assert probe("interrupted", path) == "true"
    assert [line.split()[-1] for line in path.read_text().splitlines()] == ["one", "two", "three"]
    assert path.stat().st_mode & 0o777 == 0o600
    assert probe.end() == ""


def test_providers_that_share_a_file_get_the_lower_level(probe: Probe, tmp_path: Path) -> None:
    for level in ("debug", "error"):
        probe("logs", "file", tmp_path / "jce.log", level)
    assert [line.split()[1] for line in (tmp_path / "jce.log").read_text().splitlines()] == [
        *("ERROR", "WARN", "INFO", "DEBUG"),
        *("ERROR", "WARN", "INFO", "DEBUG"),
    ]
