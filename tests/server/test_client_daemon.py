"""The Java client with real daemons, whose processes are killed under it, and over TLS."""

from __future__ import annotations

import json
import os
import signal
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import pytest
from cli.command import ALICE, clean_environment, process
from conftest import PASSWORDS
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    load_der_public_key,
    load_pem_private_key,
    pkcs12,
)
from jdk_choice import jdks

from bridge.engine import ReturnCode, Role
from bridge.engine.users import new_user
from bridge.jvm.jdk import release
from bridge.store import open_home
from server.calls import AES, IV, PAIR, SIGNATURES, M, right_calls
from server.daemon import Daemon, changed_settings, short_home, until
from server.peer import Peer
from server.shell import DEVICE_REMOVED, Refused, Shell, refused, shell

CONNECTED = "03"
DIGEST = bytes(range(32))


def opened(client: Shell, daemon: Daemon, **options: object) -> None:
    """Open an engine with a daemon, and log alice in."""
    client.open(daemon.socket, **options)
    client.call("login", "alice", PASSWORDS["alice"])


def connections(daemon: Daemon) -> int:
    """Return how many clients are connected to a daemon's socket."""
    fields = (line.split() for line in Path("/proc/net/unix").read_text().splitlines())
    return sum(line[-1] == str(daemon.socket) and line[5] == CONNECTED for line in fields)


def kill_worker(daemon: Daemon) -> int:
    """Kill a worker, and return its process id."""
    victim = daemon.workers()[0]
    os.kill(victim, signal.SIGKILL)
    return victim


def until_replaced(daemon: Daemon, victim: int) -> None:
    """Wait until another worker is there for one that died."""
    until(lambda: victim not in daemon.workers() and len(daemon.workers()) == 2, "a new worker")


def signing_key(client: Shell, **attributes: object) -> tuple[int, ec.EllipticCurvePublicKey]:
    """Make a key pair; return the private key's handle, and the public key."""
    public, private = client.call("generateKeyPair", M.EC_KEY_PAIR_GEN, {**PAIR, **attributes}, attributes)
    key = load_der_public_key(client.call("attributes", public)["PUBLIC_KEY_INFO"])
    assert isinstance(key, ec.EllipticCurvePublicKey)
    return private, key


def check(key: ec.EllipticCurvePublicKey, signature: bytes) -> None:
    """Fail if a signature of DIGEST is wrong."""
    key.verify(signature, DIGEST, ec.ECDSA(Prehashed(SHA256())))


def test_every_method_crosses_both_ways(client: Shell, shared: Daemon) -> None:
    with changed_settings(shared, clear_extraction=True):
        opened(client, shared)
        calls = right_calls(cast(Peer, client))
        last = ("logout", "login", "close")
        for method in (*(set(SIGNATURES) - set(last)), *last):
            client.call(method, *calls[method])
    assert "closed" in refused(client, ReturnCode.SESSION_CLOSED, "info")


def test_what_the_engine_refuses_comes_with_its_code(client: Shell, shared: Daemon) -> None:
    client.open(shared.socket)
    refused(client, ReturnCode.USER_NOT_LOGGED_IN, "find", {})
    refused(client, ReturnCode.PIN_INCORRECT, "login", "alice", b"wrong password")
    client.call("login", "alice", PASSWORDS["alice"])
    refused(client, ReturnCode.USER_ALREADY_LOGGED_IN, "login", "alice", PASSWORDS["alice"])
    refused(client, ReturnCode.OBJECT_HANDLE_INVALID, "sign", 1 << 40, M.ECDSA, None, DIGEST)
    client.call("logout")
    refused(client, ReturnCode.USER_NOT_LOGGED_IN, "find", {})
    client.call("close")


def test_closing_ends_the_session_on_all_connections(client: Shell, shared: Daemon) -> None:
    with shared.alice() as other:
        before = connections(shared)
        opened(client, shared)
        waiting = [client.begin("sign", signing_key(client)[0], M.ECDSA, None, DIGEST) for _ in range(8)]
        for number in waiting:
            client.end(number)
        client.call("close")
        until(lambda: connections(shared) == before, "the client's connections are gone")
        assert other.call("info")


def test_an_interrupt_does_not_cost_a_key_pair(client: Shell, daemon: Daemon) -> None:
    opened(client, daemon)
    template = {"MODULUS_BITS": 4096}
    number = client.begin("noticing", "generateKeyPair", M.RSA_PKCS_KEY_PAIR_GEN, template, {})
    time.sleep(0.05)
    client.call("interrupt", number)
    assert client.end(number) is True, "the flag is set again"
    assert len(client.call("find", {})) == 2
    client.call("close")


def test_a_worker_that_dies_stops_nothing(client: Shell, daemon: Daemon) -> None:
    opened(client, daemon)
    private, public = signing_key(client, TOKEN=True)
    for _ in range(6):
        victim = kill_worker(daemon)
        check(public, client.call("sign", private, M.ECDSA, None, DIGEST))
        until_replaced(daemon, victim)
    client.call("close")


@pytest.mark.parametrize("virtual", [False, True], ids=["threads", "virtual threads"])
def test_a_daemon_that_is_killed_and_restarted_under_load(classes: Path, daemon: Daemon, virtual: bool) -> None:
    jdk = jdks()[-1]
    if virtual:
        assert release(jdk) >= 21
    with shell(jdk / "bin" / "java", classes, virtual=virtual) as client:
        opened(client, daemon)
        token, public = signing_key(client, TOKEN=True)
        session, _ = signing_key(client)
        ends: list[str] = []
        stopped = threading.Event()

        def load() -> None:
            while not stopped.is_set():
                number = client.begin("sign", token, M.ECDSA, None, DIGEST)
                ends.append(client.ending(number, lambda signature: check(public, signature)))

        threads = [threading.Thread(target=load) for _ in range(8)]
        for thread in threads:
            thread.start()
        time.sleep(0.5)
        daemon.kill()
        daemon.start()
        until(lambda: len(ends) > 50 and set(ends[-50:]) == {"fine"}, "work goes on")
        stopped.set()
        for thread in threads:
            thread.join()
        assert all("got no answer" in end for end in ends if end != "fine")
        refused(client, ReturnCode.OBJECT_HANDLE_INVALID, "sign", session, M.ECDSA, None, DIGEST)
        client.call("close")


def test_a_password_that_changed_meanwhile(client: Shell, daemon: Daemon) -> None:
    opened(client, daemon)
    daemon.stop()
    hsm = open_home(daemon.home)
    with hsm.changing() as transaction:
        transaction.put_user(new_user(Role.CRYPTO_USER, "alice", b"another password"))
    hsm.close()
    daemon.start()
    assert "alice" in refused(client, ReturnCode.PIN_INCORRECT, "find", {})
    refused(client, ReturnCode.USER_NOT_LOGGED_IN, "find", {})
    client.call("login", "alice", b"another password")
    assert client.call("find", {}) == []
    client.call("close")


def test_memory_stays_flat(client: Shell, daemon: Daemon) -> None:
    opened(client, daemon)
    private, _ = signing_key(client)
    used = []
    for _ in range(2):
        for _ in range(1500):
            client.call("sign", private, M.ECDSA, None, DIGEST)
        used.append(client.call("memory"))
    assert used[1] - used[0] < 1 << 20
    client.call("close")


@dataclass(frozen=True)
class Door:
    """A daemon that listens on TLS, and what a client of it needs."""

    daemon: Daemon
    files: Path

    @property
    def where(self) -> dict[str, object]:
        """The endpoint, for the shell."""
        host, _, port = self.daemon.facts()["listen"][0].rpartition(":")
        files = {"store": str(self.files / "client.p12"), "trust": str(self.files / "trust.p12")}
        return {"host": host, "port": int(port), **files}


PASSWORD = BestAvailableEncryption(b"password")


def store(files: Path) -> None:
    """Put a client's certificate and key into a file for Java, and the authority's certificate into another."""
    key = cast(ec.EllipticCurvePrivateKey, load_pem_private_key((files / "client.key").read_bytes(), None))
    certificate = x509.load_pem_x509_certificate((files / "client.crt").read_bytes())
    trusted = x509.load_pem_x509_certificate((files / "ca.crt").read_bytes())
    own = pkcs12.serialize_key_and_certificates(b"client", key, certificate, None, PASSWORD)
    (files / "client.p12").write_bytes(own)
    others = pkcs12.serialize_java_truststore([pkcs12.PKCS12Certificate(trusted, b"ca")], PASSWORD)
    (files / "trust.p12").write_bytes(others)


@pytest.fixture(scope="module")
def door(pristine_home: Path) -> Iterator[Door]:
    with short_home(pristine_home) as home:
        files = home.parent / "client"
        for arguments in (("create",), ("client", "known", "--out", files)):
            ran = process(home, {}, "certs", *arguments)
            assert ran.returncode == 0, ran.stderr
        store(files)
        daemon = Daemon(home, "--workers", "2", "--listen", "127.0.0.1:0")
        daemon.start()
        yield Door(daemon, files)
        daemon.stop()


def test_tls_carries_everything(client: Shell, door: Door) -> None:
    client.open(door.where)
    client.call("login", "alice", PASSWORDS["alice"])
    private, public = signing_key(client)
    numbers = [client.begin("sign", private, M.ECDSA, None, DIGEST) for _ in range(16)]
    for number in numbers:
        check(public, client.end(number))
    assert len(client.call("random", 1_044_480)) == 1_044_480
    key = client.call("generateKey", M.AES_KEY_GEN, AES)
    data = os.urandom(1_000_000)
    encrypted = client.call("encrypt", key, M.AES_CBC_PAD, IV, data)
    assert client.call("decrypt", key, M.AES_CBC_PAD, IV, encrypted) == data
    client.call("close")


def test_tls_reconnects(client: Shell, door: Door) -> None:
    client.open(door.where)
    client.call("login", "alice", PASSWORDS["alice"])
    private, public = signing_key(client, TOKEN=True)
    for _ in range(3):
        victim = kill_worker(door.daemon)
        check(public, client.call("sign", private, M.ECDSA, None, DIGEST))
        until_replaced(door.daemon, victim)
    assert client.call("generateKey", M.AES_KEY_GEN, AES)
    client.call("close")


def test_tls_with_this_provider_first(classes: Path, door: Door) -> None:
    settings = {
        "clusters": [
            {
                "type": "hsm1",
                "cluster": {
                    "hsm_ca_file": str(door.files / "ca.crt"),
                    "client_cert_path": str(door.files / "client.crt"),
                    "client_key_path": str(door.files / "client.key"),
                    "servers": [{"hostname": door.where["host"], "port": door.where["port"], "enable": True}],
                },
            }
        ]
    }
    config = door.files / "config.json"
    config.write_text(json.dumps(settings))
    environment = clean_environment(door.files, {**ALICE, "HSMBRIDGE_CONFIG": str(config)})
    for jdk in jdks():
        with shell(jdk / "bin" / "java", classes, environment=environment) as client:
            assert client.call("insert") == 1
            assert len(client.call("hosted", 16)) == 16
            for pid in door.daemon.workers():
                os.kill(pid, signal.SIGKILL)
            # Now the connection is made anew while the provider that needs it stands first.
            assert len(client.call("hosted", 16)) == 16
            client.open(door.where)
            client.call("login", "alice", PASSWORDS["alice"])
            assert len(client.call("random", 16)) == 16
            client.call("close")


def test_tls_with_a_name_that_the_certificate_does_not_have(client: Shell, door: Door) -> None:
    with pytest.raises(Refused) as caught:
        client.open({**door.where, "host": "127.0.0.2"})
    assert caught.value.code == DEVICE_REMOVED


@contextmanager
def old_server(context: ssl.SSLContext) -> Iterator[int]:
    """Listen with a context on a port, for one client."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            connection, _ = listener.accept()
            with connection, suppress(OSError):
                context.wrap_socket(connection, server_side=True)

        thread = threading.Thread(target=serve)
        thread.start()
        yield listener.getsockname()[1]
        thread.join()


def test_tls_below_1_3_is_refused(client: Shell, door: Door) -> None:
    certificates = door.daemon.home / "certs"
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(certificates / "server.crt", certificates / "server.key")
    with old_server(context) as port, pytest.raises(Refused) as caught:
        client.open({**door.where, "port": port})
    assert caught.value.code == DEVICE_REMOVED
    assert "protocol_version" in caught.value.message
