"""The stock tools where the HSM is on another host: over TLS, with the files of ``hsmbridge certs client``."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from cli.command import answer, run
from jdk_choice import jdks
from jvm.conftest import environment_of
from server.daemon import Daemon, short_home
from transport import registering

from bridge.engine import Attribute
from bridge.jvm import jar_path
from bridge.jvm.jdk import release
from tools.conftest import STOREPASS, Tools
from tools.stock import keys_of


@pytest.fixture(scope="module")
def daemon(pristine_home: Path) -> Iterator[Daemon]:
    """A daemon that listens on TLS, with a CA of its own."""
    with short_home(pristine_home) as home:
        answer(run(home, {}, "certs", "create"))
        daemon = Daemon(home, "--workers", "1", "--listen", "127.0.0.1:0")
        daemon.start()
        try:
            yield daemon
        finally:
            daemon.stop()


@pytest.mark.parametrize("jdk", jdks(), ids=lambda home: f"jdk{release(home)}")
def test_a_client_with_its_files_works_until_it_is_revoked(daemon: Daemon, jdk: Path, tmp_path: Path) -> None:
    name = f"client-{release(jdk)}"
    files, desk, config = tmp_path / "files", tmp_path / "desk", tmp_path / "cloudhsm-jce.cfg"
    desk.mkdir()
    answer(run(daemon.home, {}, "certs", "client", name, "--out", files))
    (address,) = daemon.facts()["listen"]
    server = ("-a", address, "--hsm-ca-cert", files / "ca.crt")
    own = ("--server-client-cert-file", files / "client.crt", "--server-client-key-file", files / "client.key")
    answer(run(daemon.home, {}, "configure", "--config", config, *server, *own))

    # The client has no home: all that it knows is in the configuration.
    elsewhere = {"HSMBRIDGE_HOME": str(tmp_path / "nothing"), "HSMBRIDGE_CONFIG": str(config)}
    tools = Tools(jdk, desk, {**environment_of(daemon.home, jdk), **elsewhere})
    tail = ("-J-classpath", f"-J{jar_path()}", f"-J-Djava.security.properties={registering(jdk)}")
    store = ("-keystore", "keys.p12", "-storetype", "CLOUDHSM", "-storepass", STOREPASS)
    pair = ("-keyalg", "rsa", "-keysize", "2048", "-dname", "CN=x", "-providerName", "CloudHSM", "-keypass", STOREPASS)
    tools.stock("keytool", "-genkeypair", "-alias", name, *pair, *store, *tail)
    tools.stock("jarsigner", *store, *tail, tools.make_jar(), name)
    assert "jar verified." in tools.stock("jarsigner", "-verify", "app.jar")
    assert keys_of(daemon.home)[name][Attribute.LOCAL] is True

    answer(run(daemon.home, {}, "certs", "revoke", name))
    said = tools.stock("keytool", "-list", *store, *tail, code=1)
    assert "There is no provider CloudHSM: No HSM can be reached." in said
    assert address in said
    # What TLS says of it may be lost with the connection.
    assert "certificate_revoked" in said or "it may not accept the client's certificate" in said, said
