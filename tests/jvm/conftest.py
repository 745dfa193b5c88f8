"""Running Java programs and tools through hsmbridge, and the same with the JDK alone."""

import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import forking
import pytest
from conftest import PASSWORDS
from jdk_choice import jdks
from short_lived import compiled
from transport import java_command

from bridge.jvm.jdk import release

SOURCES = Path(__file__).parent / "java"


def default_signals() -> None:
    """Let signals end a child even where whoever started the tests ignores them, as nohup does."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


@dataclass(frozen=True)
class Runner:
    """Runs programs with one JDK against one home."""

    jdk: Path
    environment: Mapping[str, str]

    def bridge(self, *arguments: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
        """Run ``hsmbridge`` with arguments."""
        return forking.run(["-m", "bridge.cli", *arguments], self.environment, cwd=cwd)

    def program(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a Java program with the provider registered, on the way to the engine that the tests take."""
        return self.run(java_command(self.jdk, arguments), None)

    def java(self, *arguments: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
        """Run the JDK's own ``java``."""
        return self.run([str(self.jdk / "bin" / "java"), *arguments], cwd)

    def run(self, command: Sequence[str], cwd: Path | None) -> subprocess.CompletedProcess[str]:
        """Run a command without standard input."""
        return subprocess.run(
            command, cwd=cwd, env=self.environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60
        )

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start ``hsmbridge`` with arguments and go on."""
        return subprocess.Popen(
            [sys.executable, "-m", "bridge.cli", *arguments],
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            preexec_fn=default_signals,
        )


@pytest.fixture(params=jdks(), ids=lambda home: f"jdk{release(home)}")
def runner(request: pytest.FixtureRequest, home: Path) -> Runner:
    """A runner for each JDK, with alice's credentials in the environment."""
    return Runner(request.param, environment_of(home, request.param))


def environment_of(home: Path, jdk: Path) -> dict[str, str]:
    """The environment of a user who works with a home."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(home.parent),
        "LANG": "C.UTF-8",
        "JAVA_HOME": str(jdk),
        "HSMBRIDGE_HOME": str(home),
        "HSMBRIDGE_AUTOSTART": "false",
        "HSM_USER": "alice",
        "HSM_PASSWORD": PASSWORDS["alice"].decode(),
    }


@pytest.fixture(scope="session")
def classes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the compiled programs of ``java/``."""
    folder = tmp_path_factory.mktemp("classes")
    return compiled(SOURCES, folder, "--release", "11")
