"""Runs a folder of Wycheproof vectors through the provider: ``python tests/wycheproof/run.py FOLDER``.

With ``--transport socket`` the provider reaches the HSM through a daemon.

Prints a line for each file, and one for each vector that failed. Exits with 0 if none did, with 1 if one did, with 2
if the folder or a file in it cannot be read as vectors.
"""

from __future__ import annotations

import argparse
import os
import secrets
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import jpype

# The folder of this file is no place to import from, the one above is; the checkout, which has a folder java/, is not.
sys.path[0] = str(Path(__file__).resolve().parents[1])

from transport import PROVIDER, Transport  # noqa: E402

from bridge.jvm import start  # noqa: E402 - the line above says where the next ones are
from bridge.jvm.host import start_jvm  # noqa: E402
from bridge.store import create_home  # noqa: E402
from wycheproof.runner import FileReport, run_file  # noqa: E402
from wycheproof.vectors import Malformed  # noqa: E402

PASSED, FAILED, UNREADABLE = 0, 1, 2
_USER = "wycheproof"


def main() -> int:
    """Run what the command line names, and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="folder with files named *.json")
    parser.add_argument("--transport", type=Transport, choices=list(Transport), default=Transport.IN_PROCESS)
    arguments = parser.parse_args()
    folder: Path = arguments.folder
    files = sorted(folder.glob("*.json"))
    if not files:
        _complain(f"{folder}: there is no such folder, or no file named *.json in it")
        return UNREADABLE
    with (
        tempfile.TemporaryDirectory(prefix="hsmbridge-wycheproof-") as name,
        hsm(Path(name) / "home", arguments.transport),
    ):
        return run(files)


@contextmanager
def hsm(home: Path, transport: Transport) -> Iterator[None]:
    """Make an HSM that nobody needs again, and start a JVM with the provider."""
    password = secrets.token_urlsafe(12)
    create_home(home, admin_password=secrets.token_bytes(12).hex().encode(), user=_USER, password=password.encode())
    if transport is Transport.IN_PROCESS:
        start(home, _USER, password)
        yield
        return
    serve = [sys.executable, "-m", "bridge.cli", "serve", "--home", str(home)]
    subprocess.run(serve, check=True, stdout=subprocess.DEVNULL)
    try:
        start_jvm([f"-Dhsmbridge.home={home}"], [], interrupt=False)
        system = jpype.JClass("java.lang.System")
        system.setProperty("HSM_USER", _USER)
        system.setProperty("HSM_PASSWORD", password)
        jpype.JClass("java.security.Security").addProvider(jpype.JClass(PROVIDER)())
        yield
    finally:
        subprocess.run([*serve, "--stop"], check=True, stdout=subprocess.DEVNULL)


def run(files: list[Path]) -> int:
    """Run files, print, and return the exit code."""
    reports: list[FileReport] = []
    unreadable = False
    for path in files:
        try:
            reports.append(run_file(path))
        except Malformed as error:
            unreadable = True
            _complain(f"{path.name}: {error}")
        else:
            _say(*reports[-1].lines())
    passed = sum(report.passed for report in reports)
    failed = sum(len(report.failures) for report in reports)
    left_out = sum(report.left_out.total() for report in reports)
    _say(f"{len(reports)} files: passed {passed}, failed {failed}, not applicable {left_out}")
    if unreadable:
        return UNREADABLE
    return FAILED if failed else PASSED


def _say(*lines: str) -> None:
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    sys.stdout.flush()


def _complain(message: str) -> None:
    sys.stderr.write(f"error: {message}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    code = main()
    # The engine's threads and the JVM's may still live; nothing is left for them to do.
    os._exit(code)
