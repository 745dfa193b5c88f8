"""TLS 1.2 and 1.3 with RSA and EC keys in the HSM: between Java sockets and with openssl, both sides certified."""

from __future__ import annotations

import re
import select
import subprocess
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest
from conftest import log_in
from jdk_choice import jdks
from jvm.conftest import Runner, environment_of
from server.daemon import short_home

from bridge.jvm.jdk import release
from bridge.store import open_home
from provider.certified import certify, certify_in_software, start
from provider.conftest import served

PROTOCOLS = {"TLSv1.2": "-tls1_2", "TLSv1.3": "-tls1_3"}
HANDSHAKE = re.compile(r"javax\.net\.ssl\.SSL\w*Exception|java\.net\.SocketException")


@dataclass(frozen=True)
class Program:
    """The program Tls, taking commands, and the folder of certificates."""

    process: subprocess.Popen[str]
    folder: Path

    def tell(self, *words: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(" ".join(words) + "\n")
        self.process.stdin.flush()

    def line(self) -> str:
        assert self.process.stdout is not None
        ready, _, _ = select.select([self.process.stdout], [], [], 20)
        assert ready, "the program says nothing"
        return self.process.stdout.readline().strip()

    def ask(self, *words: str) -> str:
        self.tell(*words)
        return self.line()


@pytest.fixture(scope="module", params=jdks(), ids=lambda jdk: f"jdk{release(jdk)}")
def program(
    request: pytest.FixtureRequest, pristine_home: Path, classes: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Program]:
    """The program, logged in as alice, who has keys and certificates; one JVM for all tests of a JDK."""
    folder = tmp_path_factory.mktemp("tls")
    certify_in_software(folder, ["RSA-peer", "EC-peer"])
    with short_home(pristine_home) as home, closing(open_home(home)) as hsm, served(home):
        certify(log_in(hsm, "alice"), folder, ["RSA-server", "RSA-client", "EC-server", "EC-client"])
        runner = Runner(request.param, environment_of(home, request.param))
        process = start(runner, "-cp", str(classes), "Tls", str(folder))
        yield Program(process, folder)
        out, err = process.communicate(timeout=30)
        assert (process.returncode, out, err) == (0, "", "")


def openssl(program: Program, *arguments: str) -> subprocess.Popen[str]:
    """Start openssl with the CA that both sides trust."""
    trust = ["-CAfile", "ca.pem", "-verify_return_error"]
    return subprocess.Popen(
        ["openssl", arguments[0], *trust, *arguments[1:]],
        cwd=program.folder,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize(("server", "client"), [("RSA", "RSA"), ("RSA", "EC"), ("EC", "RSA"), ("EC", "EC")])
def test_java_talks_to_java(program: Program, protocol: str, server: str, client: str) -> None:
    told = program.ask("talk", protocol, f"{server}-server", f"{client}-client")
    assert told == f"hello {protocol} CN={server}-server | {protocol} CN={client}-client"


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("server", ["RSA", "EC"])
def test_openssl_talks_to_java(program: Program, protocol: str, server: str) -> None:
    program.tell("serve", protocol, f"{server}-server")
    client = openssl(
        program, "s_client", "-connect", f"127.0.0.1:{program.line()}", "-verify_ip", "127.0.0.1",
        "-cert", "EC-peer.pem", "-key", "EC-peer.pem", PROTOCOLS[protocol], "-ign_eof",
    )  # fmt: skip
    told, _ = client.communicate("hello\n", timeout=30)
    assert program.line() == f"{protocol} CN=EC-peer"
    assert client.returncode == 0, told
    assert "Verify return code: 0 (ok)" in told
    assert f"subject=CN = {server}-server" in told
    assert "hello\n" in told


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("client", ["RSA", "EC"])
def test_java_talks_to_openssl(program: Program, protocol: str, client: str) -> None:
    server = openssl(
        program, "s_server", "-accept", "127.0.0.1:0", "-cert", "RSA-peer.pem", "-key", "RSA-peer.pem",
        "-Verify", "1", PROTOCOLS[protocol], "-rev", "-naccept", "1",
    )  # fmt: skip
    assert server.stdout is not None
    port = next(line for line in server.stdout if line.startswith("ACCEPT")).strip().rpartition(":")[2]
    assert program.ask("connect", protocol, f"{client}-client", port) == f"olleh {protocol} CN=RSA-peer"
    told, _ = server.communicate(timeout=30)
    assert server.returncode == 0, told
    assert f"depth=0 CN = {client}-client" in told


def test_a_client_without_a_certificate_is_refused(program: Program) -> None:
    program.tell("serve", "TLSv1.2", "EC-server")
    client = openssl(program, "s_client", "-connect", f"127.0.0.1:{program.line()}", "-tls1_2")
    told, _ = client.communicate("hello\n", timeout=30)
    assert client.returncode != 0, told
    assert HANDSHAKE.fullmatch(program.line())


def test_a_certificate_of_another_key_is_refused_before_any_handshake(program: Program) -> None:
    own = (program.folder / "EC-server.der").read_bytes()
    (program.folder / "EC-server.der").write_bytes((program.folder / "EC-client.der").read_bytes())
    try:
        told = program.ask("talk", "TLSv1.3", "EC-server", "RSA-client")
    finally:
        (program.folder / "EC-server.der").write_bytes(own)
    assert told.startswith("java.security.KeyStoreException: The first certificate of the chain does not belong to ")
