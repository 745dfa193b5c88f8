"""Who gets through the daemon's TLS, in real handshakes with Python, OpenSSL and the JDK."""

from __future__ import annotations

import hashlib
import logging
import shutil
import socket
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bridge.engine.errors import HsmError, ReturnCode
from bridge.server.authority import Authority
from bridge.server.tls import peer_identity, server_context

NOW = datetime.now(UTC)
HOSTS = ["localhost", "127.0.0.1"]


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    """A new CA."""
    authority = Authority(tmp_path / "certs")
    authority.create([], NOW)
    return authority


def client_context(folder: Path) -> ssl.SSLContext:
    """A client's context with the files of its folder."""
    context = ssl.create_default_context(cafile=str(folder / "ca.crt"))
    context.load_cert_chain(folder / "client.crt", folder / "client.key")
    return context


def shake(server: ssl.SSLContext, client: ssl.SSLContext, host: str = "localhost") -> bytes:
    """Connect a client to a server over a socket pair; return the identity that the server sees.

    Raises:
        ssl.SSLError: either side's, the server's if both have one.
    """
    inner, outer = socket.socketpair()
    inner.settimeout(10)
    outer.settimeout(10)

    def serve() -> bytes:
        with inner, server.wrap_socket(inner, server_side=True) as connection:
            connection.sendall(b"welcome")
            return peer_identity(connection)

    with ThreadPoolExecutor(1) as pool:
        served = pool.submit(serve)
        try:
            with outer, client.wrap_socket(outer, server_hostname=host) as connection:
                assert connection.recv(7) == b"welcome"
                assert connection.version() == "TLSv1.3"
                assert connection.selected_alpn_protocol() is None
        except OSError:
            served.result()
            raise
        return served.result()


@pytest.mark.parametrize("host", HOSTS)
def test_a_client_is_known_by_the_hash_of_its_certificate(authority: Authority, host: str) -> None:
    client, folder = authority.issue("alice", None, NOW)
    identity = shake(server_context(authority.folder), client_context(folder), host)
    assert identity.hex() == client.fingerprint
    pem = (folder / "client.crt").read_text()
    assert identity == hashlib.sha256(ssl.PEM_cert_to_DER_cert(pem)).digest()


def test_without_a_certificate_nobody_gets_in(authority: Authority) -> None:
    client = ssl.create_default_context(cafile=str(authority.folder / "ca.crt"))
    with pytest.raises(ssl.SSLError, match="PEER_DID_NOT_RETURN_A_CERTIFICATE"):
        shake(server_context(authority.folder), client)


def test_a_certificate_of_another_ca_is_refused(authority: Authority, tmp_path: Path) -> None:
    other = Authority(tmp_path / "other")
    other.create([], NOW)
    _, folder = other.issue("alice", None, NOW)
    shutil.copy(authority.folder / "ca.crt", folder / "ca.crt")
    with pytest.raises(ssl.SSLError, match="CERTIFICATE_VERIFY_FAILED"):
        shake(server_context(authority.folder), client_context(folder))


def test_a_ca_of_the_same_name_changes_nothing(authority: Authority, tmp_path: Path) -> None:
    name = subprocess.run(
        ["openssl", "x509", "-in", str(authority.folder / "ca.crt"), "-noout", "-subject", "-nameopt", "multiline"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.partition("= ")[2]
    folder = tmp_path / "forged"
    folder.mkdir()
    openssl = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    files = ["-keyout", "client.key", "-out", "client.crt"]
    extensions = ["-addext", "extendedKeyUsage=clientAuth"]
    subprocess.run(
        [*openssl, *files, *extensions, "-subj", f"/CN={name.strip()}"], cwd=folder, check=True, capture_output=True
    )
    shutil.copy(authority.folder / "ca.crt", folder / "ca.crt")
    with pytest.raises(ssl.SSLError, match="CERTIFICATE_VERIFY_FAILED"):
        shake(server_context(authority.folder), client_context(folder))


def test_the_servers_own_certificate_is_none_of_a_client(authority: Authority, tmp_path: Path) -> None:
    for mine, its in (("client.crt", "server.crt"), ("client.key", "server.key"), ("ca.crt", "ca.crt")):
        shutil.copy(authority.folder / its, tmp_path / mine)
    with pytest.raises(ssl.SSLError, match="CERTIFICATE_VERIFY_FAILED"):
        shake(server_context(authority.folder), client_context(tmp_path))


@pytest.mark.parametrize("issued", [NOW - timedelta(days=826), NOW + timedelta(days=1)], ids=["ended", "not begun"])
def test_outside_its_time_a_certificate_is_refused(authority: Authority, issued: datetime) -> None:
    _, folder = authority.issue("alice", None, issued)
    with pytest.raises(ssl.SSLError, match="CERTIFICATE_VERIFY_FAILED"):
        shake(server_context(authority.folder), client_context(folder))


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1")
@pytest.mark.parametrize("version", ["TLSv1_2", "TLSv1_1", "TLSv1"])
def test_older_versions_are_refused(authority: Authority, version: str) -> None:
    _, folder = authority.issue("alice", None, NOW)
    client = client_context(folder)
    client.set_ciphers("ALL:@SECLEVEL=0")
    client.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    client.maximum_version = ssl.TLSVersion[version]
    with pytest.raises(ssl.SSLError, match="UNSUPPORTED_PROTOCOL"):
        shake(server_context(authority.folder), client)


@pytest.mark.parametrize("host", HOSTS)
def test_a_revoked_certificate_is_refused_from_the_next_handshake_on(authority: Authority, host: str) -> None:
    server = server_context(authority.folder)
    _, alice = authority.issue("alice", None, NOW)
    _, bob = authority.issue("bob", None, NOW)
    for folder in (alice, bob):
        shake(server, client_context(folder), host)

    authority.revoke("alice", NOW)

    with pytest.raises(ssl.SSLError, match="certificate revoked"):
        shake(server, client_context(alice), host)
    shake(server, client_context(bob), host)


def test_a_renewed_certificate_is_shown_without_a_restart(authority: Authority) -> None:
    server = server_context(authority.folder)
    _, folder = authority.issue("alice", None, NOW)
    client = client_context(folder)
    with pytest.raises(ssl.SSLError, match="ALERT_BAD_CERTIFICATE"):
        shake(server, client, "hsm.example.org")

    authority.renew(["hsm.example.org"], NOW)

    shake(server, client, "hsm.example.org")


def test_without_the_list_of_revoked_ones_nobody_gets_in(
    authority: Authority, caplog: pytest.LogCaptureFixture
) -> None:
    server = server_context(authority.folder)
    _, folder = authority.issue("alice", None, NOW)
    revoked = authority.folder / "crl.pem"
    kept = revoked.read_bytes()

    for spoil in (revoked.unlink, lambda: revoked.write_bytes(b""), lambda: revoked.write_bytes(b"nonsense")):
        revoked.write_bytes(kept)
        shake(server, client_context(folder))
        spoil()
        with caplog.at_level(logging.ERROR), pytest.raises(ssl.SSLError):
            shake(server, client_context(folder))
    assert "TLS refused" in caplog.text

    revoked.write_bytes(kept)
    shake(server, client_context(folder))


def test_a_list_that_somebody_else_signed_lets_nobody_in(authority: Authority, tmp_path: Path) -> None:
    _, folder = authority.issue("alice", None, NOW)
    other = Authority(tmp_path / "other")
    other.create([], NOW)
    shutil.copy(other.folder / "crl.pem", authority.folder / "crl.pem")
    with pytest.raises(ssl.SSLError, match="CERTIFICATE_VERIFY_FAILED"):
        shake(server_context(authority.folder), client_context(folder))


def test_no_session_is_resumed(authority: Authority) -> None:
    server = server_context(authority.folder)
    _, folder = authority.issue("alice", None, NOW)
    client = client_context(folder)
    tickets = []
    inner, outer = socket.socketpair()

    def serve() -> None:
        with inner, server.wrap_socket(inner, server_side=True) as connection:
            connection.sendall(b"x" * 10)
            connection.recv(1)

    thread = threading.Thread(target=serve)
    thread.start()
    with outer, client.wrap_socket(outer, server_hostname="localhost") as connection:
        # Tickets come after the handshake, in front of the data.
        assert connection.recv(10)
        tickets.append(connection.session is not None and connection.session.has_ticket)
        connection.sendall(b".")
    thread.join()
    assert tickets == [False]


@pytest.mark.parametrize("name", ["ca.crt", "server.crt", "server.key", "crl.pem"])
def test_a_folder_that_is_not_whole_is_refused_at_once(authority: Authority, name: str) -> None:
    path = authority.folder / name
    path.write_bytes(b"-----BEGIN NONSENSE-----\n")
    with pytest.raises(HsmError, match="cannot be used") as broken:
        server_context(authority.folder)
    path.unlink()
    with pytest.raises(HsmError, match="hsmbridge certs create") as missing:
        server_context(authority.folder)
    assert broken.value.code == missing.value.code == ReturnCode.TOKEN_NOT_PRESENT


def test_a_key_that_others_can_read_is_refused(authority: Authority) -> None:
    (authority.folder / "server.key").chmod(0o604)
    with pytest.raises(HsmError, match="mode 0604"):
        server_context(authority.folder)


def test_before_the_handshake_a_peer_has_no_identity(authority: Authority) -> None:
    connection = server_context(authority.folder).wrap_bio(ssl.MemoryBIO(), ssl.MemoryBIO(), server_side=True)
    with pytest.raises(ValueError, match=r"handshake|no identity"):
        peer_identity(connection)


@pytest.fixture
def port(authority: Authority) -> Iterator[tuple[int, Callable[[], list[bytes]]]]:
    """A port that greets clients over TLS, and the identities of those that got in, known when it is closed."""
    server = server_context(authority.folder)
    seen: list[bytes] = []
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                connection.settimeout(10)
                try:
                    with server.wrap_socket(connection, server_side=True) as secure:
                        secure.sendall(b"welcome\n")
                        seen.append(peer_identity(secure))
                except OSError:
                    continue

    thread = threading.Thread(target=serve)
    thread.start()

    def close() -> list[bytes]:
        listener.shutdown(socket.SHUT_RDWR)
        thread.join(10)
        listener.close()
        return seen

    yield listener.getsockname()[1], close
    if listener.fileno() >= 0:
        close()


def test_openssl_s_client_gets_in_with_the_files_of_a_client(
    authority: Authority, port: tuple[int, Callable[[], list[bytes]]]
) -> None:
    number, close = port
    client, folder = authority.issue("alice", None, NOW)
    base = ["openssl", "s_client", "-connect", f"127.0.0.1:{number}", "-CAfile", str(folder / "ca.crt"), "-quiet"]
    strict = [*base, "-verify_return_error", "-verify_ip", "127.0.0.1"]
    own = ["-cert", str(folder / "client.crt"), "-key", str(folder / "client.key")]

    welcome = subprocess.run([*strict, *own], stdin=subprocess.DEVNULL, capture_output=True, timeout=30)
    without = subprocess.run(strict, stdin=subprocess.DEVNULL, capture_output=True, timeout=30)
    old = subprocess.run([*strict, *own, "-tls1_2"], stdin=subprocess.DEVNULL, capture_output=True, timeout=30)

    assert welcome.stdout == b"welcome\n", welcome.stderr
    assert b"certificate required" in without.stderr
    assert b"protocol version" in old.stderr
    assert without.stdout == old.stdout == b""
    assert [identity.hex() for identity in close()] == [client.fingerprint]


def test_many_handshakes_at_once_while_certificates_are_revoked(authority: Authority) -> None:
    server = server_context(authority.folder)
    _, stays = authority.issue("stays", None, NOW)
    client = client_context(stays)
    names = [f"goes-{number}" for number in range(5)]
    for name in names:
        authority.issue(name, None, NOW)

    with ThreadPoolExecutor(4) as pool:
        shakes = [pool.submit(shake, server, client) for _ in range(40)]
        for name in names:
            authority.revoke(name, NOW)
        assert len({shaken.result() for shaken in shakes}) == 1


def test_reads_the_files_again_only_when_they_changed(authority: Authority, monkeypatch: pytest.MonkeyPatch) -> None:
    from bridge.server import tls

    reads = []
    read = tls._read

    def counted(*paths: Path) -> ssl.SSLContext:
        reads.append(paths)
        return read(*paths)

    monkeypatch.setattr(tls, "_read", counted)
    server = server_context(authority.folder)
    _, folder = authority.issue("alice", None, NOW)
    for _ in range(3):
        shake(server, client_context(folder))
    assert len(reads) == 1
    authority.revoke("alice", NOW)
    with pytest.raises(ssl.SSLError):
        shake(server, client_context(folder))
    assert len(reads) == 2
