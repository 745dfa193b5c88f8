"""Nobody gets in over TLS without a certificate of ours."""

from __future__ import annotations

import json
import random
import socket
import ssl
import struct
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import msgpack
import pytest
from cli.command import process
from cryptography.x509.oid import ExtendedKeyUsageOID
from engine.keys import refused

from bridge.engine import ReturnCode
from server.calls import AES, PAIR, M
from server.door import Door, context_in, context_of, listening, made_up
from server.peer import Ended, Peer
from server.signer import signing


@pytest.fixture(scope="module")
def door(pristine_home: Path) -> Iterator[Door]:
    with listening(pristine_home, "--timeout", "9") as one:
        yield one


@pytest.fixture(scope="module")
def known(door: Door) -> Path:
    """The files of a client that is let in."""
    return door.client("known")


def test_a_client_with_a_certificate_is_let_in(door: Door, known: Path) -> None:
    with door.connect(context_in(known)) as peer:
        assert isinstance(peer.socket, ssl.SSLSocket)
        assert peer.socket.version() == "TLSv1.3"
        peer.call("login", "alice", b"alice-password")
        _, private = peer.call("generateKeyPair", M.EC_KEY_PAIR_GEN, PAIR, {})
        assert peer.call("sign", private, M.ECDSA, None, bytes(32))
        assert len(peer.call("random", 1_000_000)) == 1_000_000


def test_a_certificate_is_no_login(door: Door, known: Path) -> None:
    with door.connect(context_in(known)) as peer, refused(ReturnCode.USER_NOT_LOGGED_IN):
        peer.call("generateKey", M.AES_KEY_GEN, AES)


def no_certificate(_door: Door, _folder: Path) -> None:
    return None


def of_nobody(_door: Door, folder: Path) -> tuple[Path, Path]:
    return made_up(folder)


def of_another_authority(_door: Door, folder: Path) -> tuple[Path, Path]:
    return made_up(folder, made_up(folder.with_name("authority")))


def ours(door: Door) -> tuple[Path, Path]:
    return door.daemon.home / "certs" / "ca.crt", door.daemon.home / "certs" / "ca.key"


def expired(door: Door, folder: Path) -> tuple[Path, Path]:
    return made_up(folder, ours(door), days=(-2, -1))


def of_tomorrow(door: Door, folder: Path) -> tuple[Path, Path]:
    return made_up(folder, ours(door), days=(1, 2))


def for_servers(door: Door, folder: Path) -> tuple[Path, Path]:
    return made_up(folder, ours(door), ExtendedKeyUsageOID.SERVER_AUTH)


def the_servers_own(door: Door, _folder: Path) -> tuple[Path, Path]:
    return door.daemon.home / "certs" / "server.crt", door.daemon.home / "certs" / "server.key"


def issued_by_a_client(door: Door, folder: Path) -> tuple[Path, Path]:
    client = door.client("would_be_authority")
    return made_up(folder, (client / "client.crt", client / "client.key"))


def revoked(door: Door, _folder: Path) -> tuple[Path, Path]:
    client = door.client("revoked")
    door.connect(context_in(client)).close()
    ran = process(door.daemon.home, {}, "certs", "revoke", "revoked")
    assert ran.returncode == 0, ran.stderr
    return client / "client.crt", client / "client.key"


WRONG = (
    no_certificate,
    of_nobody,
    of_another_authority,
    expired,
    of_tomorrow,
    for_servers,
    the_servers_own,
    issued_by_a_client,
    revoked,
)


@pytest.mark.parametrize("make", WRONG, ids=lambda make: make.__name__)
def test_a_wrong_certificate(
    door: Door, known: Path, tmp_path: Path, make: Callable[[Door, Path], tuple[Path, Path] | None]
) -> None:
    files = make(door, tmp_path / "made")
    context = context_of(known / "ca.crt", *(files or ()))
    # With TLS 1.3 the client's side of the handshake ends before the server has seen the certificate.
    with pytest.raises((ssl.SSLError, Ended, ConnectionError)) as caught:
        door.connect(context)
    assert not isinstance(caught.value, TimeoutError)
    door.connect(context_in(known)).close()


def test_a_certificate_that_the_authority_made_is_let_in(door: Door, known: Path, tmp_path: Path) -> None:
    """The wrong ones above are made as this one is."""
    door.connect(context_of(known / "ca.crt", *made_up(tmp_path / "made", ours(door)))).close()


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2])
@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
def test_older_versions_of_tls(door: Door, known: Path, version: ssl.TLSVersion) -> None:
    context = context_in(known)
    context.minimum_version = version
    context.maximum_version = version
    with pytest.raises((ssl.SSLError, ConnectionError)):
        door.connect(context)


def test_no_tls(door: Door) -> None:
    with Peer(socket.create_connection(door.address, 10)) as peer:
        peer.send("hello", [1], {})
        assert peer.is_ended()


def test_the_server_shows_who_it_is(door: Door, known: Path, tmp_path: Path) -> None:
    stranger, _ = made_up(tmp_path / "authority")
    with pytest.raises(ssl.SSLCertVerificationError):
        door.connect(context_of(stranger, known / "client.crt", known / "client.key"))


def test_a_session_belongs_to_the_certificate(door: Door, known: Path) -> None:
    other = context_in(door.client("other"))
    with door.connect(context_in(known)) as peer, door.daemon.alice() as here:
        with Peer.tls(door.address, context_in(known)) as own:
            own.hello(session=peer.token)
        for token in (peer.token, here.token):
            with Peer.tls(door.address, other) as another, refused(ReturnCode.SESSION_HANDLE_INVALID):
                another.hello(session=token)
        with Peer.unix(door.daemon.socket) as local, refused(ReturnCode.SESSION_HANDLE_INVALID):
            local.hello(session=peer.token)


def test_half_open_handshakes_disturb_nobody_and_end(door: Door, known: Path) -> None:
    frame = msgpack.packb([1, "hello", [1], {}])
    with ExitStack() as stack:
        others = []
        with signing(door.daemon.socket) as report:
            for number in range(100):
                connection = stack.enter_context(socket.create_connection(door.address, 20))
                match number % 4:
                    case 0:
                        connection.sendall(b"\x16\x03\x01\x02\x00\x01\x00")
                    case 1:
                        connection.sendall(b"\x16\x03\x01\x40\x00" + bytes(100))
                    case 2:
                        # The handshake is done, and hello is not.
                        connection = stack.enter_context(
                            context_in(known).wrap_socket(connection, server_hostname="127.0.0.1")
                        )
                        connection.sendall(struct.pack(">I", len(frame)) + frame[:-1])
                others.append(Peer(connection))
            for peer in others:
                peer.socket.settimeout(12)
                assert peer.is_ended()
        report.assert_undisturbed()


def test_garbage_instead_of_tls(door: Door, known: Path) -> None:
    """Random bytes, and right records with random content, by the hundred."""
    chance = random.Random(1)
    workers = door.daemon.workers()
    for number in range(500):
        body = chance.randbytes(chance.choice((1, 5, 50, 500, 16_000)))
        header = (b"", bytes([chance.randint(20, 24), 3, chance.randint(0, 4)]) + struct.pack(">H", len(body)))
        # It may be ended before all is sent.
        with Peer(socket.create_connection(door.address, 10)) as peer, suppress(OSError):
            peer.socket.sendall(header[number % 2] + body)
            if number % 3 == 0:
                peer.socket.shutdown(socket.SHUT_WR)
                while peer.socket.recv(1000):
                    pass
    assert door.daemon.workers() == workers
    door.connect(context_in(known)).close()


def test_the_log_tells_why_and_no_secret(door: Door, known: Path) -> None:
    with door.connect(context_in(known)) as peer, refused(ReturnCode.PIN_INCORRECT):
        peer.call("login", "alice", b"not the password")
    with door.connect(context_in(known)) as peer:
        peer.call("login", "alice", b"alice-password")
        token = peer.token
    log = door.daemon.errors.read_text()
    for line in log.splitlines():
        assert json.loads(line)["level"]
    for secret in ("not the password", "alice-password", token.hex(), repr(token)):
        assert secret not in log
