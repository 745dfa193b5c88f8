"""JVMs that Python does not host, and what they say about finding an HSM."""

from __future__ import annotations

import base64
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, cast

import pytest
from cli.command import clean_environment
from jdk_choice import jdks
from short_lived import QUICK_START, compiled

from bridge.jvm import jar_path

IO_EXCEPTION = "java.io.IOException"
UNREACHABLE = "com.amazonaws.cloudhsm.jce.jni.exception.ProviderInitializationException"
HSMBRIDGE = Path(sys.executable).with_name("hsmbridge")


class Refused(Exception):
    """What a probe threw.

    Attributes:
        kind: the Java exception's class.
        message: its message.
    """

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(f"{kind}: {message}")
        self.kind = kind
        self.message = message


class Probe:
    """A JVM that does what ``java/io/hsmbridge/locate/Probe.java`` says."""

    def __init__(self, jdk: Path, classes: Path, environment: Mapping[str, str], errors: Path) -> None:
        self.errors = errors
        with errors.open("wb") as stderr:
            java = [str(jdk / "bin" / "java"), *QUICK_START, "-cp", f"{jar_path()}:{classes}"]
            self.process = subprocess.Popen(
                [*java, "io.hsmbridge.locate.Probe"],
                env=environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=stderr,
            )

    def __call__(self, *words: object) -> str:
        """Run a command; raises Refused if it throws."""
        requests, answers = cast(IO[bytes], self.process.stdin), cast(IO[bytes], self.process.stdout)
        requests.write(b" ".join(base64.b64encode(str(word).encode()) for word in words) + b"\n")
        requests.flush()
        kind, _, text = base64.b64decode(answers.readline()).decode().partition("\n")
        if kind != "ok":
            raise Refused(kind, text)
        return text

    def refuses(self, *words: object, kind: str = UNREACHABLE) -> str:
        """Run a command that must be refused with an exception of a class, and return its message."""
        with pytest.raises(Refused) as caught:
            self(*words)
        assert caught.value.kind == kind, caught.value
        return caught.value.message

    def end(self) -> str:
        """End the JVM and return what it wrote to standard error."""
        self.process.communicate()
        return self.errors.read_text()


@pytest.fixture(scope="session")
def probe_classes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The compiled probe."""
    folder = tmp_path_factory.mktemp("probe")
    return compiled((Path(__file__).parent / "java").rglob("*.java"), folder)


@contextmanager
def short_copy(home: Path) -> Iterator[Path]:
    """Copy a home to a folder whose path is short enough for a socket; at the end, stop its daemon and remove it."""
    # pytest's own folders are too deep.
    folder = Path(tempfile.mkdtemp(prefix="hb", dir="/tmp"))
    shutil.copytree(home, folder / "h")
    yield folder / "h"
    subprocess.run([HSMBRIDGE, "serve", "--stop", "--home", folder / "h"], check=False, capture_output=True, timeout=60)
    shutil.rmtree(folder)


@pytest.fixture
def short_home(pristine_home: Path) -> Iterator[Path]:
    """A home with an HSM, for one test."""
    with short_copy(pristine_home) as home:
        yield home


NewProbe = Callable[..., Probe]


@pytest.fixture(params=jdks()[-1:], ids=lambda jdk: jdk.name)
def new_probe(request: pytest.FixtureRequest, probe_classes: Path, tmp_path: Path) -> Iterator[NewProbe]:
    """Start probes: the home, and variables of the environment."""
    started: list[Probe] = []

    def start(home: Path, **environment: str) -> Probe:
        variables = clean_environment(home, {"LANG": "C.UTF-8", "HSMBRIDGE_AUTOSTART": "false", **environment})
        errors = tmp_path / f"stderr-{len(started)}"
        started.append(Probe(request.param, probe_classes, variables, errors))
        return started[-1]

    yield start
    for probe in started:
        probe.end()


@pytest.fixture
def probe(new_probe: NewProbe, tmp_path: Path) -> Probe:
    """A probe with an empty home that starts no daemon."""
    return new_probe(tmp_path / "home")


@pytest.fixture(scope="session")
def shared_probe(probe_classes: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Probe]:
    """One JVM, of the oldest JDK, for tests that leave nothing behind but properties."""
    folder = tmp_path_factory.mktemp("shared")
    environment = clean_environment(folder / "home", {"LANG": "C.UTF-8", "HSMBRIDGE_AUTOSTART": "false"})
    probe = Probe(jdks()[0], probe_classes, environment, folder / "stderr")
    yield probe
    assert probe.end() == ""


def with_command(folder: Path) -> str:
    """Return a PATH with the command ``hsmbridge`` of this environment in front."""
    folder.mkdir(exist_ok=True)
    (folder / "hsmbridge").symlink_to(HSMBRIDGE)
    return f"{folder}:{os.environ['PATH']}"
