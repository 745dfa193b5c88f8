"""Finding a JDK: JAVA_HOME, then the PATH, then where systems keep them.

Standard library only, because the build of the jar uses it too.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

OLDEST = 17

MISSING = (
    f"No JDK {OLDEST} or newer was found: set JAVA_HOME to one, or install one "
    "(Debian, Ubuntu: apt-get install openjdk-17-jdk-headless)."
)


class NoJdk(Exception):
    """There is no JDK that is new enough; the message says what to do."""

    def __init__(self) -> None:
        super().__init__(MISSING)


def find_jdk() -> Path:
    """Find a JDK.

    Returns:
        Its folder, so that ``find_jdk() / "bin" / "keytool"`` is a program.

    Raises:
        NoJdk: if there is none of release 17 or newer.
    """
    for home in _homes():
        if release(home) >= OLDEST:
            return home
    raise NoJdk


def release(home: Path) -> int:
    """Return the feature release of the JDK in a folder, such as 17; 0 if there is none."""
    if shutil.which("javac", path=str(home / "bin")) is None:
        return 0
    try:
        text = (home / "release").read_text(encoding="utf-8")
    except OSError:
        return _asked(home)
    found = re.search(r'^JAVA_VERSION="(\d+)', text, re.MULTILINE)
    return int(found.group(1)) if found else _asked(home)


def library(home: Path) -> Path:
    """Return the JVM's shared library of a JDK.

    Raises:
        NoJdk: if the folder has none.
    """
    names = {"win32": "bin/server/jvm.dll", "darwin": "lib/server/libjvm.dylib"}
    path = home / names.get(sys.platform, "lib/server/libjvm.so")
    if not path.is_file():
        raise NoJdk
    return path


def _homes() -> Iterator[Path]:
    if java_home := os.environ.get("JAVA_HOME"):
        yield Path(java_home)
    if on_path := shutil.which("javac"):
        yield Path(on_path).resolve().parent.parent
    installed = {home.resolve() for home in Path("/usr/lib/jvm").glob("*")}
    yield from sorted(installed, key=release, reverse=True)
    chooser = Path("/usr/libexec/java_home")
    if chooser.exists():
        run = subprocess.run([str(chooser), "-v", f"{OLDEST}+"], capture_output=True, text=True, check=False)
        if run.returncode == 0:
            yield Path(run.stdout.strip())


def _asked(home: Path) -> int:
    try:
        run = subprocess.run([str(home / "bin" / "javac"), "-version"], capture_output=True, text=True, check=False)
    except OSError:
        return 0
    found = re.match(r"javac (\d+)", run.stdout)
    return int(found.group(1)) if found else 0
