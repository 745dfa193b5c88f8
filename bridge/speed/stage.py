"""An HSM for the time of a measurement, with passwords of its own, and a daemon for it."""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from bridge.engine import Attribute, HsmError, KeyType, MechanismType, ReturnCode, Role
from bridge.jvm import find_jdk
from bridge.server.daemon import stop
from bridge.store import create_home, open_home

_OURS = ("HSMBRIDGE_", "HSM_", "CLOUDHSM_")
P256 = bytes.fromhex("06082a8648ce3d030107")
"""The curve, as ``EC_PARAMS`` names it."""

_IDLE_SECONDS = "300"
"""Of a daemon whose measurement was killed; no turn of the others takes so long."""

COMMAND = (sys.executable, "-m", "bridge.cli")
"""This very program."""


class Stage(NamedTuple):
    """An HSM with a crypto user.

    Attributes:
        home: its folder.
        environment: for programs that use it.
    """

    home: Path
    environment: Mapping[str, str]

    @property
    def credentials(self) -> tuple[str, bytes]:
        """The crypto user's name and password."""
        return self.environment["HSM_USER"], self.environment["HSM_PASSWORD"].encode()


@contextmanager
def stage(keys: int = 0) -> Iterator[Stage]:
    """Make an HSM, and take it away at the end.

    Args:
        keys: how many AES keys it holds at the beginning, labelled ``key-0``, ``key-1`` …; if there are any, also a
            P-256 key pair labelled ``signer``.
    """
    with tempfile.TemporaryDirectory(prefix="hsmbridge-speed-") as folder:
        home = Path(folder) / "hsm"
        user, password = "speed", secrets.token_hex(12)
        create_home(home, admin_password=secrets.token_hex(12).encode(), user=user, password=password.encode())
        if keys:
            _fill(home, user, password.encode(), keys)
        others = {name: value for name, value in os.environ.items() if not name.startswith(_OURS)}
        ours = {"HSMBRIDGE_HOME": str(home), "HSM_USER": user, "HSM_PASSWORD": password}
        yield Stage(home, {**others, "JAVA_HOME": str(find_jdk()), **ours})


def _fill(home: Path, user: str, password: bytes, keys: int) -> None:
    hsm = open_home(home)
    try:
        session = hsm.open_session()
        session.login(Role.CRYPTO_USER, user, password)
        session.import_keys(
            {
                Attribute.KEY_TYPE: KeyType.AES,
                Attribute.VALUE: secrets.token_bytes(32),
                Attribute.LABEL: f"key-{number}",
                Attribute.TOKEN: True,
            }
            for number in range(keys)
        )
        session.generate_key_pair(
            MechanismType.EC_KEY_PAIR_GEN,
            {Attribute.EC_PARAMS: P256, Attribute.LABEL: "signer", Attribute.TOKEN: True},
            {Attribute.LABEL: "signer", Attribute.TOKEN: True},
        )
    finally:
        hsm.close()


@contextmanager
def daemon(place: Stage, workers: int) -> Iterator[None]:
    """Serve an HSM to plain JVMs.

    Raises:
        HsmError: as :func:`ran`, and :func:`bridge.server.daemon.stop`.
    """
    try:
        ran([*COMMAND, "serve", "--workers", str(workers), "--idle-exit", _IDLE_SECONDS], place.environment)
        yield
    finally:
        stop(place.home)


def ran(command: Sequence[str], environment: Mapping[str, str]) -> str:
    """Run a program, and return what it printed.

    Raises:
        HsmError: ``FUNCTION_FAILED``, with what it said, if it fails.
    """
    run = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if run.returncode:
        said = (run.stderr or run.stdout).strip()
        raise HsmError(ReturnCode.FUNCTION_FAILED, f"`{os.path.basename(command[0])} …` failed: {said}")
    return run.stdout
