"""The Maven and the Gradle example build and pass their own tests, in JVMs that Python did not start."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from conftest import log_in

from bridge.engine import Attribute
from bridge.jvm import find_jdk, jar_path
from examples.conftest import Served
from examples.projects import EXAMPLES, copy_of, install_provider, maven, needs_maven, output_of

GRADLE = shutil.which("gradle")


def test_every_folder_is_listed() -> None:
    readme = (EXAMPLES / "README.md").read_text()
    folders = [folder.name for folder in EXAMPLES.iterdir() if folder.is_dir()]
    assert [name for name in folders if f"| [{name}/](" not in readme] == []


@needs_maven
def test_maven(served: Served, tmp_path: Path) -> None:
    project = copy_of("maven", tmp_path)
    install_provider(project, served.environment)
    said = maven(project, served.environment, "verify")
    assert re.search(r"Tests run: 4, Failures: 0, Errors: 0, Skipped: 0", said), said
    # Its tests leave no keys; those of other examples stay.
    session = log_in(served.hsm, "alice")
    labels = [session.attributes(key)[Attribute.LABEL] for key in session.find({})]
    assert not [label for label in labels if "test-" in str(label)]


@pytest.mark.skipif(GRADLE is None, reason="Gradle is not installed, and only Java developers need it")
def test_gradle(served: Served, tmp_path: Path) -> None:
    assert GRADLE is not None
    project = copy_of("gradle", tmp_path)
    ran = subprocess.run(
        [
            GRADLE,
            "--no-daemon",
            f"--gradle-user-home={tmp_path / 'home'}",
            f"-Dorg.gradle.java.home={find_jdk()}",
            f"-PcloudhsmJar={jar_path()}",
            "test",
        ],
        cwd=project,
        env=served.environment,
        capture_output=True,
        text=True,
        timeout=200,
    )
    said = output_of(ran)
    assert said.count(" PASSED\n") == 3, said
    assert "SKIPPED" not in said
