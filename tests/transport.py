"""The two ways on which a Java program of the tests reaches the HSM: in its own process, and through a daemon's socket.

``pytest --transport socket`` runs the tests of the provider on the second one. Those that cannot be run on it, because
they look into the engine's objects or change them, are marked ``in_process`` with the reason.
"""

from __future__ import annotations

import functools
import re
import sys
import tempfile
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path

from short_lived import QUICK_START

from bridge.jvm import jar_path

PROVIDER = "com.amazonaws.cloudhsm.jce.provider.CloudHsmProvider"

VARIABLE = "HSMBRIDGE_TEST_TRANSPORT"
"""Tells the Python programs of the tests which way theirs is."""


class Transport(StrEnum):
    """A way to the engine."""

    IN_PROCESS = "in-process"
    SOCKET = "socket"


class _Choice:
    transport = Transport.IN_PROCESS


def choose(transport: Transport) -> None:
    """Say which way the tests of this run take."""
    _Choice.transport = transport


def transport() -> Transport:
    """Return the way that the tests of this run take."""
    return _Choice.transport


def over_socket() -> bool:
    """Tell whether the tests of this run go through a daemon."""
    return _Choice.transport is Transport.SOCKET


def java_command(jdk: Path, arguments: Sequence[str]) -> list[str]:
    """Return the command that runs a Java program with the provider registered behind all others.

    Args:
        jdk: with which, if the program is not hosted by Python.
        arguments: of ``java``, beginning with ``-cp``.
    """
    if not over_socket():
        return [sys.executable, "-m", "bridge.cli", "java", *QUICK_START, *arguments]
    option, path, *rest = arguments
    assert option == "-cp", arguments
    return [
        str(jdk / "bin" / "java"),
        *QUICK_START,
        f"-Djava.security.properties={registering(jdk)}",
        option,
        f"{jar_path()}:{path}",
        *rest,
    ]


@functools.cache
def registering(jdk: Path) -> Path:
    """Return a file of security properties that adds the provider behind those of a JDK."""
    properties = (jdk / "conf" / "security" / "java.security").read_text()
    last = max(int(number) for number in re.findall(r"^security\.provider\.(\d+)=", properties, re.MULTILINE))
    folder = Path(tempfile.mkdtemp(prefix="hsmbridge-security-"))
    file = folder / "java.security"
    file.write_text(f"security.provider.{last + 1}={PROVIDER}\n")
    return file
