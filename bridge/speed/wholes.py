"""Whole programs: opening a large home, and signing jars."""

from __future__ import annotations

import json
import sys
import time
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from bridge.jvm import find_jdk
from bridge.speed.rounds import Progress
from bridge.speed.stage import COMMAND, Stage, ran

_ENTRY = b"An entry of a jar, as long as a small class file is.\n" * 20
_VARIABLE = "STOREPASS"
"""Of the environment; it has the password of the key stores' files."""


class Opening(NamedTuple):
    """What opening a home took.

    Attributes:
        seconds: from before it was opened to the first signature.
        keys: in it.
        memory: of the process, in MiB.
    """

    seconds: float
    keys: int
    memory: float


def opening(place: Stage, rounds: int) -> list[Opening]:
    """Open a home so many times, in a new process each time.

    Raises:
        HsmError: ``FUNCTION_FAILED``.
    """
    command = [sys.executable, "-m", "bridge.speed.opening"]
    return [Opening(**json.loads(ran(command, place.environment))) for _ in range(rounds)]


class Signing(NamedTuple):
    """What signing a jar took, whole processes in seconds.

    Attributes:
        ours: ``hsmbridge jarsigner``, by the number of entries.
        stock: the JDK's, with a PKCS#12 key; the first of these numbers only.
    """

    ours: dict[int, list[float]]
    stock: list[float]


def signing(place: Stage, entries: Sequence[int], rounds: int, progress: Progress) -> Signing:
    """Sign jars with RSA-2048, in turns.

    Args:
        place: the HSM.
        entries: of each jar.
        rounds: how many turns each has.
        progress: is told how far it is.

    Raises:
        HsmError: ``FUNCTION_FAILED``.
    """
    folder = place.home.parent
    environment = {**place.environment, _VARIABLE: place.environment["HSM_PASSWORD"]}
    stock = [str(find_jdk() / "bin" / "jarsigner")]
    jars = {number: _jar(folder / f"{number}.jar", number) for number in entries}
    ours_store, stock_store = _stores(folder, environment)
    ours: dict[int, list[float]] = {number: [] for number in entries}
    theirs: list[float] = []
    for turn in range(rounds):
        progress("signing jars", turn, rounds)
        for number, jar in jars.items():
            ours[number].append(_seconds([*COMMAND, "jarsigner", *ours_store], jar, environment))
            if number == entries[0]:
                theirs.append(_seconds([*stock, *stock_store], jar, environment))
    return Signing(ours, theirs)


def _jar(path: Path, entries: int) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as jar:
        for number in range(entries):
            jar.writestr(f"com/example/Entry{number}.class", _ENTRY + str(number).encode())
    return path


def _stores(folder: Path, environment: Mapping[str, str]) -> tuple[list[str], list[str]]:
    """Make a key in the HSM and one in a file; return the options that name their stores."""
    key = ["-genkeypair", "-alias", "signer", "-keyalg", "RSA", "-keysize", "2048", "-dname", "CN=signer"]
    ours = ["-keystore", str(folder / "ours.p12"), "-storetype", "CloudHSM", "-storepass:env", _VARIABLE]
    stock = ["-keystore", str(folder / "stock.p12"), "-storetype", "PKCS12", "-storepass:env", _VARIABLE]
    ran([*COMMAND, "keytool", *key, *ours, "-keypass:env", _VARIABLE], environment)
    ran([str(find_jdk() / "bin" / "keytool"), *key, *stock], environment)
    return ours, stock


def _seconds(command: Sequence[str], jar: Path, environment: Mapping[str, str]) -> float:
    signed = jar.with_suffix(".signed.jar")
    began = time.perf_counter()
    ran([*command, "-signedjar", str(signed), str(jar), "signer"], environment)
    return time.perf_counter() - began
