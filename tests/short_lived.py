"""Java programs that live for a second, or for a few tests: how they start quickly, and how they are compiled."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable
from pathlib import Path

from bridge.jvm import find_jdk, jar_path

QUICK_START = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC")
"""Options of a JVM: what it runs is not worth much compiling, and its heap stays small."""

QUICK_KEYSTORES = tuple(f"-Dkeystore.pkcs12.{purpose}IterationCount=2" for purpose in ("mac", "certPbe", "keyPbe"))
"""Options of a JVM that writes PKCS#12 files: nobody guesses the passwords of the tests."""


def for_tool(*options: str) -> tuple[str, ...]:
    """Return options of a JVM as keytool, jarsigner and javac take them."""
    return tuple(f"-J{option}" for option in options)


def compiled(sources: Path | Iterable[Path], folder: Path, *options: str) -> Path:
    """Compile programs against the provider's jar, without a warning.

    Args:
        sources: the programs; of a folder, all in it.
        folder: for the classes.
        options: of javac; by default for the oldest Java that the project supports, and with every warning.

    Returns:
        The folder of the classes.
    """
    files = sources.glob("*.java") if isinstance(sources, Path) else sources
    given = options or ("--release", "17", "-Xlint:all")
    javac = [str(find_jdk() / "bin" / "javac"), *for_tool(*QUICK_START), *given, "-Werror"]
    subprocess.run([*javac, "-cp", str(jar_path()), "-d", str(folder), *sorted(map(str, files))], check=True)
    return folder
