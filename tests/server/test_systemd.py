"""The units of examples/systemd, and the daemon as they run it."""

from __future__ import annotations

import os
import shlex
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import click
import pytest
from cli.command import clean_environment

from bridge.cli import cli
from server.daemon import PATIENCE, descendants, short_home
from server.peer import Peer

UNITS = Path(__file__).parents[2] / "examples" / "systemd"
KINDS = ["", "user"]


def settings(unit: Path) -> list[tuple[str, str, str]]:
    """Return a unit's section, name and value of each setting."""
    found, section = [], ""
    for line in unit.read_text().splitlines():
        if line.startswith("["):
            section = line.strip("[]")
        elif line and not line.startswith("#"):
            name, _, value = line.partition("=")
            found.append((section, name, value))
    return found


def value(unit: Path, name: str) -> str:
    """Return the one value of a setting."""
    (found,) = (content for _, other, content in settings(unit) if other == name)
    return found


@pytest.mark.parametrize("kind", KINDS, ids=["system", "user"])
def test_systemd_has_nothing_to_say_against_the_units(tmp_path: Path, kind: str) -> None:
    # Its judgement includes whether the program is there.
    for unit in (UNITS / kind).glob("hsmbridge.*"):
        text = unit.read_text()
        if unit.suffix == ".service":
            text = text.replace(value(unit, "ExecStart").split()[0], sys.executable)
        (tmp_path / unit.name).write_text(text)
    for unit in tmp_path.glob("*.service"):
        assert sys.executable in unit.read_text()
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        for unit in tmp_path.iterdir():
            assert all(section and name.isalnum() for section, name, _ in settings(unit))
        return
    (tmp_path / "run").mkdir()
    command = [analyze, "verify", "--man=no", *(["--user"] if kind else [])]
    result = subprocess.run(
        [*command, *map(str, tmp_path.glob("hsmbridge.*"))],
        env={**os.environ, "XDG_RUNTIME_DIR": str(tmp_path / "run"), "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    # What it does not understand it ignores, and says so.
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")


@pytest.mark.parametrize("kind", KINDS, ids=["system", "user"])
def test_the_units_start_what_the_command_line_has_on_the_socket_it_uses(kind: str) -> None:
    service, listener = (UNITS / kind / f"hsmbridge.{suffix}" for suffix in ("service", "socket"))
    program, verb, *options = shlex.split(value(service, "ExecStart"))
    assert Path(program).name == "hsmbridge"
    command = cli.get_command(click.Context(cli), verb)
    assert command is not None
    assert command.make_context(verb, options).params["foreground"] is True
    home = value(service, "Environment").removeprefix("HSMBRIDGE_HOME=")
    assert value(listener, "ListenStream") == f"{home}/engine.sock"
    assert value(listener, "SocketMode") == "0600"
    assert value(service, "Type") == "notify"


# What systemd does: descriptor 3 listens, and the variable names the process that it is for.
_ACTIVATE = """
import os, sys
os.dup2(int(sys.argv[1]), 3)
os.environ |= {"LISTEN_PID": str(os.getpid()), "LISTEN_FDS": "1"}
os.execv(sys.executable, [sys.executable, "-m", "bridge.cli", "serve", *sys.argv[2:]])
"""


def test_a_socket_that_systemd_made_is_served_and_stays_systemds(pristine_home: Path) -> None:
    options = ["--foreground", "--workers", "1", "--idle-exit", "1"]
    with short_home(pristine_home) as home, socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(home / "engine.sock"))
        listener.listen()
        inode = (home / "engine.sock").stat().st_ino
        for _ in range(2):
            # The client is there before the daemon.
            with Peer.unix(home / "engine.sock") as peer, (home / "stderr.txt").open("wb") as errors:
                daemon = subprocess.Popen(
                    [sys.executable, "-c", _ACTIVATE, str(listener.fileno()), *options],
                    env=clean_environment(home, {}),
                    pass_fds=[listener.fileno()],
                    stderr=errors,
                )
                peer.hello()
                assert peer.call("info")["HOME"] == str(home)
                assert len(descendants(daemon.pid)) == 1
            assert daemon.wait(PATIENCE) == 0, (home / "stderr.txt").read_text()
            assert not (home / "serve.json").exists()
            assert (home / "engine.sock").stat().st_ino == inode


def test_systemd_is_told_when_the_daemon_serves_and_when_it_stops(pristine_home: Path) -> None:
    with short_home(pristine_home) as home, socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(home / "notify"))
        manager.settimeout(PATIENCE)
        with (home / "stderr.txt").open("wb") as errors:
            daemon = subprocess.Popen(
                [sys.executable, "-m", "bridge.cli", "serve", "--foreground", "--workers", "1"],
                env=clean_environment(home, {}) | {"NOTIFY_SOCKET": str(home / "notify")},
                stderr=errors,
            )
        try:
            assert manager.recv(99) == b"READY=1"
            with Peer.unix(home / "engine.sock") as peer:
                peer.hello()
        finally:
            daemon.terminate()
        assert manager.recv(99) == b"STOPPING=1"
        assert daemon.wait(PATIENCE) == 0
