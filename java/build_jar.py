"""Compiles java/src/main into bridge/jvm/hsmbridge.jar, and java/src/speed into bridge/speed/speed.jar.

Hatch calls it as its build hook for wheels and editable installs, and developers run it:
``python java/build_jar.py``. It needs a JDK and nothing else. The jars are reproducible, and carry a
fingerprint of what they were made from, so that a second run with nothing changed does nothing.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import importlib.util
import os
import re
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from hatchling.builders.hooks.plugin.interface import BuildHookInterface

ROOT = Path(__file__).resolve().parent.parent


class Part(NamedTuple):
    """What becomes one jar.

    Attributes:
        jar: where, below the root.
        folder: of its sources, below the root.
        title: for its manifest.
        module: its automatic module's name; None if it is no module for others.
    """

    jar: Path
    folder: Path
    title: str
    module: str | None = None


PROVIDER = Part(Path("bridge/jvm/hsmbridge.jar"), Path("java/src/main"), "hsmbridge", "com.amazonaws.cloudhsm.jce")
SPEED = Part(Path("bridge/speed/speed.jar"), Path("java/src/speed"), "hsmbridge speed")
"""Measures the provider, and is compiled against it."""

TARGET_RELEASE = 17

# Gradle stamps its reproducible archives with this date too, the first that no time zone turns into 1979.
ENTRY_DATE = (1980, 2, 1, 0, 0, 0)


class BuildError(Exception):
    """The jar could not be made; the message says why and what to do."""


def find_javac(root: Path = ROOT) -> Path:
    """Finds the compiler of a JDK that is new enough, where the installed package looks for one too.

    Args:
        root: The source tree.

    Returns:
        The path of ``javac``.

    Raises:
        BuildError: There is none.
    """
    # By its file: importing the package would need its dependencies, which are not there while it is built.
    spec = importlib.util.spec_from_file_location("hsmbridge_jdk", root / "bridge/jvm/jdk.py")
    if spec is None or spec.loader is None:
        raise BuildError(f"{root} is not a source tree of hsmbridge")
    jdk = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(jdk)
    try:
        return Path(jdk.find_jdk()) / "bin" / "javac"
    except jdk.NoJdk as missing:
        raise BuildError(f"hsmbridge compiles Java. {missing}") from None


def build(root: Path = ROOT, part: Part = PROVIDER) -> Path:
    """Makes a jar, unless it is there and was made from the very files that are there now.

    Args:
        root: The source tree.
        part: Which one; that of SPEED wants the provider's to be there.

    Returns:
        The path of the jar.

    Raises:
        BuildError: No JDK, or the sources do not compile.
    """
    jar = root / part.jar
    fingerprint = _fingerprint(root, part)
    if _fingerprint_of(jar) == fingerprint:
        return jar
    with tempfile.TemporaryDirectory(prefix="hsmbridge-jar-") as classes:
        compile_sources(root, Path(classes), part, provider=root / PROVIDER.jar)
        entries = {"META-INF/MANIFEST.MF": manifest(root, part)}
        for folder in (Path(classes), root / part.folder / "resources"):
            entries.update((path.relative_to(folder).as_posix(), path.read_bytes()) for path in _files(folder))
    _write_jar(jar, entries, fingerprint)
    return jar


def build_all(root: Path = ROOT) -> None:
    """Makes all jars; arguments and errors are those of build."""
    for part in (PROVIDER, SPEED):
        build(root, part)


def compile_sources(root: Path, classes: Path, part: Part, *, provider: Path, lint: bool = False) -> None:
    """Compiles every Java source of a part.

    Args:
        root: The source tree.
        classes: The folder that receives the class files.
        part: What is compiled.
        provider: The provider's jar or classes, for what needs them.
        lint: Whether javac's warnings count as errors. They do for developers; for users they must not,
            because a JDK newer than this release may warn of what today's does not.

    Raises:
        BuildError: No JDK, or the sources do not compile.
    """
    folder = root / part.folder / "java"
    sources = [path.relative_to(root) for path in _files(folder) if path.suffix == ".java"]
    if not sources:
        raise BuildError(f"no Java sources under {folder}")
    warnings = ["-Xlint:all", "-Werror"] if lint else ["-nowarn", "-Xlint:none"]
    arguments = ["-g", "-proc:none", "-encoding", "UTF-8", "--release", str(TARGET_RELEASE), *warnings]
    if part is not PROVIDER:
        arguments += ["-classpath", str(provider)]
    run = subprocess.run(
        [str(find_javac(root)), *arguments, "-d", str(classes), *map(str, sources)],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
    )
    if run.returncode != 0:
        raise BuildError(f"javac failed:\n{run.stdout}{run.stderr}".rstrip())


def manifest(root: Path, part: Part = PROVIDER) -> bytes:
    """Writes a jar's manifest.

    Args:
        root: The source tree.
        part: Whose jar it is.

    Returns:
        The manifest's bytes.
    """
    attributes = {
        "Manifest-Version": "1.0",
        "Implementation-Title": part.title,
        "Implementation-Version": _version(root),
        **({"Automatic-Module-Name": part.module} if part.module else {}),
    }
    lines = [f"{name}: {value}\r\n" for name, value in attributes.items()]
    return ("".join(lines) + "\r\n").encode("ascii")


def _version(root: Path) -> str:
    text = (root / "bridge/__init__.py").read_text(encoding="utf-8")
    found = re.search(r'^__version__ = "([^"]+)"$', text, re.MULTILINE)
    if found is None:
        raise BuildError('bridge/__init__.py has no line __version__ = "…"')
    return found.group(1)


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def _fingerprint(root: Path, part: Part) -> bytes:
    # What it is compiled against counts, and this file too: it decides how the sources are compiled.
    files = {
        path.relative_to(root).as_posix(): path for each in (PROVIDER, part) for path in _files(root / each.folder)
    }
    files |= {"build_jar.py": Path(__file__), "version": root / "bridge/__init__.py"}
    digest = hashlib.sha256()
    for name, path in files.items():
        content = path.read_bytes()
        digest.update(f"{name} {len(content)}\n".encode())
        digest.update(content)
    return f"sources sha256 {digest.hexdigest()}".encode("ascii")


def _fingerprint_of(jar: Path) -> bytes | None:
    try:
        with zipfile.ZipFile(jar) as archive:
            return archive.comment
    except (OSError, zipfile.BadZipFile):
        return None


def _write_jar(jar: Path, entries: dict[str, bytes], fingerprint: bytes) -> None:
    # The manifest comes first, because java.util.jar.JarInputStream looks for it nowhere else.
    names = sorted(entries, key=lambda name: (name != "META-INF/MANIFEST.MF", name))
    jar.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=jar.parent, prefix=f".{jar.name}.")
    try:
        with os.fdopen(handle, "wb") as file, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.comment = fingerprint
            for name in names:
                entry = zipfile.ZipInfo(name, ENTRY_DATE)
                entry.compress_type = zipfile.ZIP_DEFLATED
                entry.create_system = 3  # Unix, whatever this machine is
                entry.external_attr = 0o644 << 16
                archive.writestr(entry, entries[name])
        os.chmod(temporary, 0o644)
        os.replace(temporary, jar)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary)
        raise


def get_build_hook() -> type[BuildHookInterface[Any]]:
    """Makes the hook for hatchling, which looks for a function of this name.

    Returns:
        The hook's class; made here because hatchling can be imported only while hatchling builds.
    """
    from hatchling.builders.hooks.plugin.interface import BuildHookInterface

    class JarHook(BuildHookInterface[Any]):
        """Makes the jars before a wheel or an editable install is put together."""

        def initialize(self, version: str, build_data: dict[str, Any]) -> None:
            """Builds, or ends the build with one clear message.

            Args:
                version: Hatch's name of the build, ``standard`` or ``editable``.
                build_data: What the hook could change about the build; it changes nothing.
            """
            try:
                build_all(Path(self.root))
            except BuildError as error:
                self.app.abort(str(error))

    return JarHook


def main() -> None:
    """Builds or lints, as the command line says; exits with 1 and a message if that fails."""
    parser = argparse.ArgumentParser(description="Compiles the Java sources into the package's jars.")
    action = parser.add_mutually_exclusive_group()
    action.add_argument("--lint", action="store_true", help="compile with javac's warnings as errors, make no jars")
    action.add_argument("--find-javac", action="store_true", help="print the path of the compiler it would use")
    chosen = parser.parse_args()
    try:
        if chosen.lint:
            with tempfile.TemporaryDirectory(prefix="hsmbridge-lint-") as classes:
                for part in (PROVIDER, SPEED):
                    compile_sources(ROOT, Path(classes), part, provider=Path(classes), lint=True)
        elif chosen.find_javac:
            print(find_javac())
        else:
            build_all()
    except BuildError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
