"""The home: the same folder in Java as in Python."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from jdk_choice import jdks

from locate.conftest import NewProbe, Probe

ENVIRONMENTS: list[dict[str, str]] = [
    {},
    {"HOME": "/users/somebody"},
    {"HOME": "/with/slash/"},
    {"HOME": ""},
    {"HOME": "relative"},
    {"XDG_DATA_HOME": "/data"},
    {"XDG_DATA_HOME": "/data/with blank//and/../dots"},
    {"XDG_DATA_HOME": "relative", "HOME": "/h"},
    {"XDG_DATA_HOME": "", "HOME": "/h"},
    {"HSMBRIDGE_HOME": "/srv/hsm", "XDG_DATA_HOME": "/data"},
    {"HSMBRIDGE_HOME": "", "HOME": "/h"},
    {"HSMBRIDGE_HOME": "below/here"},
]


@pytest.mark.parametrize("environment", ENVIRONMENTS, ids=str)
def test_is_that_of_python(probe_classes: Path, tmp_path: Path, environment: dict[str, str]) -> None:
    variables = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", **environment}
    code = "from bridge.store import default_home; print(default_home().absolute())"
    wanted = subprocess.run([sys.executable, "-c", code], env=variables, capture_output=True, text=True, check=True)
    probe = Probe(jdks()[0], probe_classes, variables, tmp_path / "errors")
    assert probe("home") + "\n" == wanted.stdout
    assert probe.end() == ""


def test_a_property_counts_more_than_the_variable(probe: Probe, tmp_path: Path) -> None:
    assert probe("home") == str(tmp_path / "home")
    probe("set", "hsmbridge.home", "/srv/other")
    assert probe("home") == "/srv/other"
    probe("set", "hsmbridge.home", "")
    assert probe("home") == str(tmp_path / "home")


def test_a_socket_whose_path_is_too_long_is_refused(new_probe: NewProbe, tmp_path: Path) -> None:
    fits = Path("/srv") / ("h" * (106 - len("/srv//engine.sock")))
    probe = new_probe(fits)
    assert f"the socket {fits}/engine.sock: No such file or directory" in probe.refuses("default")
    probe("set", "hsmbridge.home", f"{fits}h")
    message = probe.refuses("default")
    assert "its path has 107 bytes, and the JDK takes at most 106 for a socket" in message
    assert "Move the home to a folder with a shorter path, and name that in HSMBRIDGE_HOME." in message
    probe("set", "hsmbridge.home", str(fits)[:-1] + "ü")
    assert "its path has 107 bytes" in probe.refuses("default")
