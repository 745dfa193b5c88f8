"""A daemon for the examples that run in JVMs of their own."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import forking
import pytest
from jvm.conftest import Runner, environment_of

from bridge.engine import Hsm
from bridge.jvm import find_jdk
from bridge.store import open_home

KEYSTORE_PASSWORD = "keystore-password"


@dataclass(frozen=True)
class Served:
    """A home that a daemon serves.

    Attributes:
        home: the folder.
        hsm: the same HSM, open in this process.
        environment: of a user who works with it, logged in as alice.
    """

    home: Path
    hsm: Hsm
    environment: dict[str, str]


@pytest.fixture(scope="session")
def served(pristine_home: Path) -> Iterator[Served]:
    """A home with a daemon."""
    # Not pytest's own folder, whose path may be longer than that of a socket can be.
    folder = Path(tempfile.mkdtemp(prefix="hb", dir="/tmp"))
    home = folder / "home"
    shutil.copytree(pristine_home, home)
    environment = {**environment_of(home, find_jdk()), "KEYSTORE_PASSWORD": KEYSTORE_PASSWORD}
    hsm = open_home(home)
    # If this process is killed, the daemon goes by itself, but not while Maven downloads.
    _serve(environment, "--workers", "2", "--idle-exit", "900")
    try:
        yield Served(home, hsm, environment)
    finally:
        _serve(environment, "--stop")
        hsm.close()
        shutil.rmtree(folder)


def _serve(environment: dict[str, str], *options: str) -> None:
    ran = forking.run(["-m", "bridge.cli", "serve", *options], environment)
    assert ran.returncode == 0, ran


@dataclass(frozen=True)
class ServerKey:
    """A key in the HSM for a TLS server on this machine.

    Attributes:
        keystore: the file with the certificate, for the alias ``tls``.
        certificate: the same certificate as PEM.
    """

    keystore: Path
    certificate: Path


@pytest.fixture(scope="session")
def server_key(served: Served, tmp_path_factory: pytest.TempPathFactory) -> ServerKey:
    """A key pair made as the READMEs of the server examples say."""
    folder = tmp_path_factory.mktemp("server-key")
    made = ServerKey(folder / "server.p12", folder / "server.crt")
    runner = Runner(find_jdk(), served.environment)
    passwords = ["-storepass:env", "KEYSTORE_PASSWORD", "-keypass:env", "KEYSTORE_PASSWORD"]
    store = ["-alias", "tls", "-keystore", str(made.keystore), "-storetype", "CloudHSM", *passwords]
    names = ["-dname", "CN=localhost", "-ext", "san=dns:localhost,ip:127.0.0.1"]
    generated = runner.bridge("keytool", "-genkeypair", "-keyalg", "EC", "-groupname", "secp256r1", *names, *store)
    assert generated.returncode == 0, generated
    exported = runner.bridge("keytool", "-exportcert", "-rfc", "-file", str(made.certificate), *store)
    assert exported.returncode == 0, exported
    return made
