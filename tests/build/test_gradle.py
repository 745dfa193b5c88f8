"""Gradle, for Java developers, makes the same jar as the build hook."""

import re
import shutil
import subprocess
import zipfile
from pathlib import Path

import build_jar
import pytest

GRADLE = shutil.which("gradle")


def contents(jar: Path) -> dict[str, bytes]:
    """Reads the files of a jar by name; Gradle's entries for folders are left out."""
    with zipfile.ZipFile(jar) as archive:
        return {name: archive.read(name) for name in archive.namelist() if not name.endswith("/")}


@pytest.mark.skipif(GRADLE is None, reason="Gradle is not installed, and only Java developers need it")
def test_makes_the_same_jar(tmp_path: Path) -> None:
    assert GRADLE is not None
    tree = tmp_path / "hsmbridge"
    # A copy, because Gradle would leave its build/ and .gradle/ in the checkout.
    for name in ("build.gradle", "settings.gradle", "bridge/__init__.py", "bridge/jvm/jdk.py", "java/src"):
        source, target = build_jar.ROOT / name, tree / name
        if source.is_dir():
            shutil.copytree(source, target)
        else:
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, target)
    javac = build_jar.find_javac()
    run = subprocess.run(
        [
            GRADLE,
            "--offline",
            "--no-daemon",
            "--quiet",
            f"--gradle-user-home={tmp_path / 'home'}",
            f"-Dorg.gradle.java.home={javac.resolve().parent.parent}",
            "jar",
        ],
        cwd=tree,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr

    (made,) = (tree / "build/libs").glob("*.jar")
    ours, theirs = contents(build_jar.build(tree)), contents(made)
    assert re.fullmatch(r"hsmbridge-\d+\.\d+\.\d+\.jar", made.name)
    assert sorted(theirs) == sorted(ours)
    # The same compiler made both, so that even the class files are equal.
    assert [name for name in ours if theirs[name] != ours[name]] == []
