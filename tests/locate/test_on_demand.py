"""A daemon that is started because a JVM needs it."""

from __future__ import annotations

import json
import os
import signal
import time
from pathlib import Path

import pytest
from cli.command import ADMIN, ALICE, process
from jdk_choice import jdks

from bridge.jvm import jar_path
from locate.conftest import HSMBRIDGE, NewProbe, with_command


def pid(home: Path) -> int:
    """Return the process of the daemon that serves a home."""
    return int(json.loads((home / "serve.json").read_text())["pid"])


def script(path: Path, text: str) -> Path:
    """Write a program in the place of ``hsmbridge``."""
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


def test_starts_from_the_path_and_again_when_it_is_gone(new_probe: NewProbe, short_home: Path, tmp_path: Path) -> None:
    path = f".:{with_command(tmp_path / 'bin')}"
    others = {"AWS_SECRET_ACCESS_KEY": "s", "DB_PASSWORD": "s", "PYTHONPATH": "/nowhere", "LC_ALL": "C.UTF-8"}
    environment = {**ALICE, **ADMIN, **others, "HSMBRIDGE_AUTOSTART": "", "PATH": path}
    probe = new_probe(short_home, **environment)
    assert probe("default") == "CloudHSM true"
    first = pid(short_home)
    given = Path(f"/proc/{first}/environ").read_text().rstrip("\0").split("\0")
    variables = {name: value for name, _, value in (variable.partition("=") for variable in given)}
    allowed = {"PATH", "HOME", "USER", "LOGNAME", "LANG", "LC_ALL", "TZ", "TMPDIR", "VIRTUAL_ENV", "JAVA_HOME"}
    assert {name for name in variables if not name.startswith(("HSMBRIDGE_", "XDG_"))} <= allowed
    assert not [name for name in variables if "PASSWORD" in name]
    assert variables["HSMBRIDGE_HOME"] == str(short_home)
    assert variables["PATH"] == path.removeprefix(".:")
    assert variables["LC_ALL"] == "C.UTF-8"

    assert new_probe(short_home, **environment)("default") == "CloudHSM true"
    assert pid(short_home) == first
    assert process(short_home, {}, "serve", "--stop").returncode == 0
    assert probe("default") == "CloudHSM true"
    assert pid(short_home) != first
    assert probe.end() == ""


def test_a_session_goes_on_with_a_daemon_started_anew(new_probe: NewProbe, short_home: Path) -> None:
    probe = new_probe(short_home, **ALICE, HSMBRIDGE_AUTOSTART="true", HSMBRIDGE_COMMAND=str(HSMBRIDGE))
    assert probe("hold") == ""
    assert process(short_home, {}, "serve", "--stop").returncode == 0
    assert not (short_home / "engine.sock").exists()
    assert probe("held") == "CloudHSM true"


def test_is_off_with_one_setting(new_probe: NewProbe, short_home: Path, tmp_path: Path) -> None:
    path = with_command(tmp_path / "bin")
    probe = new_probe(short_home, HSMBRIDGE_AUTOSTART="FALSE", PATH=path)
    assert "(3) to start a daemon: HSMBRIDGE_AUTOSTART forbids it" in probe.refuses("default")
    probe = new_probe(short_home, HSMBRIDGE_AUTOSTART="true", PATH=path)
    probe("set", "hsmbridge.autostart", "false")
    assert "-Dhsmbridge.autostart forbids it" in probe.refuses("default")
    assert not (short_home / "engine.sock").exists()


def test_without_the_command_says_so(new_probe: NewProbe, short_home: Path, tmp_path: Path) -> None:
    probe = new_probe(short_home, HSMBRIDGE_AUTOSTART="true", PATH=str(tmp_path))
    message = probe.refuses("default")
    tried = (
        "No such file or directory; to start it, `hsmbridge serve --on-demand` was tried: there is no program hsmbridge"
    )
    assert f"{tried} on the PATH; set HSMBRIDGE_COMMAND to where it is." in message
    assert message.endswith(f". Run `hsmbridge serve --home {short_home}`.")
    probe("set", "hsmbridge.command", tmp_path / "nothing")
    assert f"there is no program {tmp_path}/nothing; -Dhsmbridge.command names it" in probe.refuses("default")


def test_what_the_command_says_is_repeated(new_probe: NewProbe, tmp_path: Path) -> None:
    home = Path("/srv") / tmp_path.name
    probe = new_probe(home, HSMBRIDGE_AUTOSTART="true", HSMBRIDGE_COMMAND=str(HSMBRIDGE))
    message = probe.refuses("default")
    assert "it ended with exit code 1: There is no HSM in" in message
    assert message.endswith(f"Run `hsmbridge init --home {home}`.")


def test_the_command_gets_no_input_and_the_two_arguments(new_probe: NewProbe, short_home: Path, tmp_path: Path) -> None:
    text = 'echo "args: $*; home: $HSMBRIDGE_HOME; user: $HSM_USER; input: $(cat | wc -c)" >&2; echo no; exit 7'
    command = script(tmp_path / "a command; with blanks", text)
    probe = new_probe(short_home, **ALICE, HSMBRIDGE_AUTOSTART="true", HSMBRIDGE_COMMAND=str(command))
    assert (
        f"was tried: it ended with exit code 7: args: serve --on-demand; home: {short_home}; user: ; input: 0. Run"
    ) in probe.refuses("default")


def test_a_start_that_failed_is_not_repeated_at_once(new_probe: NewProbe, short_home: Path, tmp_path: Path) -> None:
    command = script(tmp_path / "command", f"echo x >> {tmp_path}/count; exit 1")
    probe = new_probe(short_home, **ALICE, HSMBRIDGE_AUTOSTART="true", HSMBRIDGE_COMMAND=str(command))
    probe.refuses("default")
    # One provider tries several times to connect.
    assert (tmp_path / "count").read_text() == "x\n"


def test_a_command_whose_child_keeps_standard_error_does_not_hold_the_jvm_up(
    new_probe: NewProbe, short_home: Path, tmp_path: Path
) -> None:
    command = script(tmp_path / "command", "sleep 20 & echo $! >&2; exit 1")
    probe = new_probe(short_home, HSMBRIDGE_AUTOSTART="true", HSMBRIDGE_COMMAND=str(command))
    begin = time.monotonic()
    message = probe.refuses("default")
    assert time.monotonic() - begin < 10
    os.kill(int(message.partition("exit code 1: ")[2].partition(".")[0]), 15)


def test_a_socket_that_nobody_serves_any_more_is_no_hindrance(new_probe: NewProbe, short_home: Path) -> None:
    (short_home / "engine.sock").touch()
    probe = new_probe(short_home, **ALICE, HSMBRIDGE_AUTOSTART="true", HSMBRIDGE_COMMAND=str(HSMBRIDGE))
    assert probe("default") == "CloudHSM true"


def test_many_threads_start_one_daemon(new_probe: NewProbe, short_home: Path, tmp_path: Path) -> None:
    command = script(tmp_path / "command", f'echo x >> {tmp_path}/count; exec {HSMBRIDGE} "$@"')
    probe = new_probe(short_home, **ALICE, HSMBRIDGE_AUTOSTART="true", HSMBRIDGE_COMMAND=str(command))
    assert probe("hold") == ""
    assert process(short_home, {}, "serve", "--stop").returncode == 0
    assert probe("threads", 8) == "8"
    assert (tmp_path / "count").read_text() == "x\nx\n"


def test_a_provider_in_the_first_place_starts_its_daemon_again(new_probe: NewProbe, short_home: Path) -> None:
    """To start it takes random numbers, for the name of a file; they must not be asked of the daemon."""
    probe = new_probe(short_home, **ALICE, HSMBRIDGE_AUTOSTART="true", HSMBRIDGE_COMMAND=str(HSMBRIDGE))
    assert probe("first") == "1"
    os.kill(pid(short_home), signal.SIGKILL)
    begin = time.monotonic()
    assert probe("random") != probe("random")
    assert time.monotonic() - begin < 20


def test_an_interrupt_does_not_stop_the_start(new_probe: NewProbe, short_home: Path, tmp_path: Path) -> None:
    command = script(tmp_path / "command", f'sleep 0.5; exec {HSMBRIDGE} "$@"')
    probe = new_probe(short_home, **ALICE, HSMBRIDGE_AUTOSTART="true", HSMBRIDGE_COMMAND=str(command))
    assert probe("startInterrupted", 300) == "CloudHSM true true"


@pytest.mark.parametrize("new_probe", jdks(), ids=lambda jdk: jdk.name, indirect=True)
def test_an_application_that_is_gone_leaves_no_class_behind(new_probe: NewProbe, short_home: Path) -> None:
    probe = new_probe(short_home, **ALICE, HSMBRIDGE_AUTOSTART="true", HSMBRIDGE_COMMAND=str(HSMBRIDGE))
    assert probe("unloads", jar_path()) == "true"
