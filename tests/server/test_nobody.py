"""Nobody gets in who may not: files and sockets, Unix users, half-open connections."""

from __future__ import annotations

import os
import socket
import stat
import struct
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path

import msgpack
import pytest
from conftest import PASSWORDS

from server.daemon import Daemon, memory, running
from server.peer import Peer
from server.signer import signing

BECOME_NOBODY = """
import os, pwd, socket, sys
user = pwd.getpwnam("nobody")
os.setgroups([])
os.setgid(user.pw_gid)
os.setuid(user.pw_uid)
connection = socket.socket(socket.AF_UNIX)
connection.settimeout(10)
connection.connect(sys.argv[1])
try:
    connection.sendall(bytes.fromhex(sys.argv[2]))
    sys.stdout.buffer.write(connection.recv(65536))
except ConnectionError:
    pass
"""
FRAME_SECONDS = 6
HELLO_SECONDS = FRAME_SECONDS / 3
MOST_GROWTH = 150 << 20
"""Bytes that a worker may grow by for a peer that does not read: 64 answers of a mebibyte, twice."""
root_only = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")


def as_nobody(socket: Path, *arguments: object) -> subprocess.CompletedProcess[bytes]:
    """Say hello with these arguments as the user nobody; what the daemon answers is on standard output."""
    body = msgpack.packb([1, "hello", *arguments])
    frame = struct.pack(">I", len(body)) + body
    command = [sys.executable, "-I", "-c", BECOME_NOBODY, str(socket), frame.hex()]
    return subprocess.run(command, capture_output=True, timeout=30)


def test_every_file_is_the_users_own(shared: Daemon) -> None:
    with shared.alice() as peer:
        peer.call("random", 1)
        paths = {path.name: path for path in shared.home.rglob("*")}
        assert {"engine.sock", "serve.lock", "serve.json", "serve.metrics", "crypto-user.alice"} <= paths.keys()
        ours = {name: path for name, path in paths.items() if name != shared.errors.name}
        modes = {name: oct(stat.S_IMODE(path.stat().st_mode)) for name, path in ours.items()}
        assert modes == {name: "0o700" if path.is_dir() else "0o600" for name, path in ours.items()}
    assert stat.S_ISSOCK(shared.socket.stat().st_mode)


@root_only
def test_another_user_cannot_open_the_socket(shared: Daemon) -> None:
    assert b"PermissionError" in as_nobody(shared.socket, [1], {}).stderr


@root_only
def test_nor_if_the_folders_are_open(daemon: Daemon) -> None:
    daemon.home.chmod(0o755)
    daemon.home.parent.chmod(0o755)
    assert b"PermissionError" in as_nobody(daemon.socket, [1], {}).stderr


@root_only
def test_nor_get_in_if_the_socket_is_open(daemon: Daemon) -> None:
    """Somebody has opened everything, and the session's name has become known."""
    daemon.home.chmod(0o755)
    daemon.home.parent.chmod(0o755)
    daemon.socket.chmod(0o666)
    with daemon.alice() as peer:
        for options in ({"session": peer.token}, {}):
            ran = as_nobody(daemon.socket, [1], options)
            assert ran.returncode == 0, ran.stderr
            assert not ran.stdout or msgpack.unpackb(ran.stdout[4:])[1] != 0


def test_nothing_listens_but_the_socket(shared: Daemon) -> None:
    """No worker has a port open that nobody asked for, and no abstract socket."""
    inodes = set()
    for pid in shared.pids():
        for descriptor in Path(f"/proc/{pid}/fd").iterdir():
            target = os.readlink(descriptor)
            if target.startswith("socket:"):
                inodes.add(target[8:-1])
    for table in ("tcp", "tcp6", "udp", "udp6"):
        rows = [line.split() for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]]
        assert not inodes & {row[9] for row in rows}
    for line in Path("/proc/net/unix").read_text().splitlines()[1:]:
        fields = line.split()
        if fields[6] in inodes and len(fields) > 7:
            assert fields[7] == str(shared.socket)


def half_open(daemon: Daemon, number: int) -> tuple[Peer, float]:
    """Begin something and stop; return the connection and the seconds after which it must have ended."""
    peer = Peer.unix(daemon.socket)
    frame = msgpack.packb([1, "hello", [1], {}])
    begun = struct.pack(">I", len(frame)) + frame
    match number % 6:
        case 0:
            return peer, HELLO_SECONDS
        case 1:
            peer.socket.sendall(begun[:2])
            return peer, HELLO_SECONDS
        case 2:
            peer.socket.sendall(begun[:-3])
            return peer, HELLO_SECONDS
        case 3:
            peer.hello()
            peer.socket.sendall(begun[:2])
            return peer, FRAME_SECONDS
        case 4:
            peer.hello()
            peer.socket.sendall(struct.pack(">I", 16_000) + bytes(8_000))
            return peer, FRAME_SECONDS
        case _:
            # The answer to a whole request does not fit the socket's buffer while half of another is there.
            peer.hello()
            peer.call("login", "alice", PASSWORDS["alice"])
            peer.send("random", 1_000_000)
            peer.socket.sendall(begun[:2])
            peer.receive()
            return peer, FRAME_SECONDS


def test_half_open_connections_disturb_nobody_and_end(pristine_home: Path) -> None:
    """Two hundred connections that begin something, send a byte now and then, and never end."""
    with ExitStack() as stack:
        daemon = stack.enter_context(running(pristine_home, "--workers", "2", "--timeout", str(FRAME_SECONDS)))
        idle = stack.enter_context(daemon.alice())
        others = []
        with signing(daemon.socket) as report:
            for number in range(200):
                peer, seconds = half_open(daemon, number)
                stack.enter_context(peer)
                others.append((peer, seconds))
            end = time.monotonic() + FRAME_SECONDS + 3
            while time.monotonic() < end:
                for index, (peer, _) in enumerate(others):
                    if index % 6 == 4:
                        drip(peer)
                time.sleep(1)
        report.assert_undisturbed()
        for index, (peer, seconds) in enumerate(others):
            assert ended_before(peer), f"connection {index}, which had {seconds} s, is still there"
        # A connection that is between two requests may stay so.
        assert idle.call("random", 1)


def drip(peer: Peer) -> None:
    """Send one byte of a frame that lasts."""
    try:
        peer.socket.sendall(b"\0")
    except OSError:
        return


def ended_before(peer: Peer) -> bool:
    """Tell whether a connection has ended already."""
    peer.socket.settimeout(1)
    try:
        return peer.is_ended()
    except TimeoutError:
        return False


def test_a_connection_that_never_reads_holds_nobody_up(daemon: Daemon) -> None:
    """Its answers fill the buffers; the daemon stops reading from it, and keeps what it has within bounds."""
    with daemon.alice() as deaf, signing(daemon.socket) as report:
        body = msgpack.packb([1, "random", 1_000_000])
        request = struct.pack(">I", len(body)) + body
        deaf.socket.setblocking(False)
        sent = 0
        before = {pid: memory(pid) for pid in daemon.workers()}
        quiet = time.monotonic()
        while time.monotonic() < quiet + 2:
            for pid, at_first in before.items():
                assert memory(pid) - at_first < MOST_GROWTH
            try:
                sent += deaf.socket.send(request * 100)
                quiet = time.monotonic()
            except BlockingIOError:
                time.sleep(0.05)
            except ConnectionError:
                break
            assert sent < 50_000_000, "the daemon takes in requests without end"
    report.assert_undisturbed()


def test_a_peer_that_ends_at_once_leaves_nothing(daemon: Daemon) -> None:
    for number in range(300):
        connection = socket.socket(socket.AF_UNIX)
        connection.connect(str(daemon.socket))
        if number % 3 == 1:
            # Ends with a reset instead of an end.
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        if number % 3 == 2:
            connection.sendall(b"\0\0")
        connection.close()
    with daemon.alice() as peer:
        assert peer.call("random", 1)


def test_the_daemon_does_not_wait_for_the_last_words_to_be_read(daemon: Daemon) -> None:
    with ExitStack() as stack:
        for _ in range(50):
            peer = stack.enter_context(Peer.unix(daemon.socket))
            peer.send_frame(b"\xc1")
        with daemon.alice() as other:
            assert other.call("random", 1)
