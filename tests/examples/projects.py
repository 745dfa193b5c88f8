"""Building the examples that are projects of their own, with what Java developers have on their machines."""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest
from short_lived import QUICK_START

from bridge.jvm import jar_path

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"
MAVEN = shutil.which("mvn")
needs_maven = pytest.mark.skipif(MAVEN is None, reason="Maven is not installed, and only Java developers need it")
_REPOSITORY = ROOT / "build" / "m2"
"""What Maven downloads is kept between runs, in the checkout: no test writes into the user's own repository."""
_UNREACHABLE = re.compile("Could not transfer|Could not (GET|HEAD)|[Uu]nknown host|Connection (refused|timed out)")


def copy_of(example: str, folder: Path) -> Path:
    """Copy the sources of an example, without what somebody who tried it has built there."""
    built = shutil.ignore_patterns("repository", "target", "build", ".gradle")
    return Path(shutil.copytree(EXAMPLES / example, folder / example, ignore=built))


def maven(project: Path, environment: Mapping[str, str], *arguments: str) -> str:
    """Run Maven in a project, with a local repository that the tests share; return what it says."""
    assert MAVEN is not None
    command = [MAVEN, "--batch-mode", "--no-transfer-progress", f"-Dmaven.repo.local={_REPOSITORY}", *arguments]
    quick = {**environment, "MAVEN_OPTS": " ".join(QUICK_START)}
    with _only_one():
        ran = subprocess.run(
            command, cwd=project, env=quick, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=200
        )
    return output_of(ran)


def install_provider(project: Path, environment: Mapping[str, str]) -> None:
    """Put the provider's jar into the local repository, as the examples' READMEs say."""
    maven(project, environment, "install:install-file", f"-Dfile={jar_path()}")


def tomcat(version: str, folder: Path, environment: Mapping[str, str]) -> Path:
    """Unpack Tomcat and return its folder."""
    artifact = f"org.apache.tomcat:tomcat:{version}:tar.gz"
    copy = "org.apache.maven.plugins:maven-dependency-plugin:3.11.0:copy"
    maven(folder, environment, copy, f"-Dartifact={artifact}", f"-DoutputDirectory={folder}")
    shutil.unpack_archive(folder / f"tomcat-{version}.tar.gz", folder, filter="data")
    return folder / f"apache-tomcat-{version}"


def output_of(ran: subprocess.CompletedProcess[str]) -> str:
    """Return what a build says; skip where it cannot download, except in CI, where it must."""
    said = ran.stdout + ran.stderr
    if ran.returncode != 0 and _UNREACHABLE.search(said) and "CI" not in os.environ:
        pytest.skip("Maven Central does not answer, and what this needs was not downloaded earlier")
    assert ran.returncode == 0, said
    return said


@contextmanager
def _only_one() -> Iterator[None]:
    """Keep the others out: Maven does not expect that two of it fill one local repository."""
    _REPOSITORY.mkdir(parents=True, exist_ok=True)
    with (_REPOSITORY / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@contextmanager
def running(command: list[str], cwd: Path, environment: Mapping[str, str], ready: str) -> Iterator[re.Match[str]]:
    """Run a server as long as the block lasts; yield the match of what it says when it is ready."""
    log = cwd / "server.log"
    with log.open("w") as output:
        server = subprocess.Popen(
            command, cwd=cwd, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT
        )
    try:
        deadline = time.monotonic() + 60
        while (match := re.search(ready, log.read_text())) is None:
            assert server.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.05)
        yield match
    finally:
        server.terminate()
        server.wait(20)
