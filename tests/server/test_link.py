"""What the client in Python makes of daemons that are none, that lie, and that go away."""

from __future__ import annotations

import os
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgpack
import pytest
from conftest import PASSWORDS
from engine.keys import refused

from bridge.engine import Attribute, HsmError, MechanismType, ReturnCode, Role
from bridge.server.client import RemoteSession, connect
from bridge.server.remote import endpoint
from bridge.server.remote.link import Link
from server.daemon import Daemon, until

MIB = 1 << 20


def framed(message: object) -> bytes:
    body: bytes = msgpack.packb(message)
    return struct.pack(">I", len(body)) + body


@contextmanager
def talking(answer: bytes, *, ends: bool = True, timeout: float = 10.0) -> Iterator[Link]:
    """Yield a link with a daemon that says these bytes to the first request, and ends then or says nothing more."""
    inner, outer = socket.socketpair()

    def serve() -> None:
        with inner:
            inner.recv(MIB)
            inner.sendall(answer)
            if not ends:
                inner.recv(1)

    thread = threading.Thread(target=serve)
    thread.start()
    link = Link(outer, "nowhere", timeout)
    try:
        yield link
    finally:
        link.close()
        thread.join()


STRANGE = {
    "no message": b"\0\0\0\1\xc1",
    "an empty frame": bytes(4),
    "a frame that is too long": struct.pack(">I", MIB + 1),
    "four billion bytes": b"\xff" * 4,
    "a number": framed(1),
    "two of three": framed([1, 0]),
    "four of three": framed([1, 0, None, None]),
    "another number": framed([2, 0, None]),
    "the number 0 without a refusal": framed([0, 0, None]),
    "a number that is true": framed([True, 0, None]),
    "a code that is text": framed([1, "0", None]),
    "an extension": framed([1, 0, msgpack.ExtType(5, b"x")]),
    "arrays without end": struct.pack(">I", 100_000) + b"\x91" * 100_000,
    "an array of four billion": struct.pack(">I", 8) + b"\x93\1\0\xdd\xff\xff\xff\xff",
    "bytes of four billion": struct.pack(">I", 8) + b"\x93\1\0\xc6\xff\xff\xff\xff",
}


@pytest.mark.parametrize("name", STRANGE)
def test_what_is_no_answer_ends_the_connection(name: str) -> None:
    with talking(STRANGE[name], ends=False) as link:
        with refused(ReturnCode.DEVICE_ERROR, "info", "nowhere"):
            link.call("info")
        with refused(ReturnCode.DEVICE_REMOVED, "log in, again"):
            link.call("info")


@pytest.mark.parametrize("answer", [b"", b"\0", struct.pack(">I", 10), struct.pack(">I", 10) + b"\x93\1\0"])
def test_a_connection_that_ends_is_lost(answer: bytes) -> None:
    with talking(answer) as link:
        with refused(ReturnCode.DEVICE_REMOVED, "createUser", "not known", "Connect again"):
            link.call("createUser")
        with refused(ReturnCode.DEVICE_REMOVED, "log in, again"):
            link.call("info")


def test_a_daemon_that_says_nothing_is_not_waited_for_for_ever() -> None:
    with talking(b"\0\0", ends=False, timeout=0.3) as link:
        began = time.monotonic()
        with refused(ReturnCode.DEVICE_REMOVED, "too long"):
            link.call("info")
        assert time.monotonic() - began < 5


def test_a_last_word_is_handed_on() -> None:
    with talking(framed([0, int(ReturnCode.SESSION_COUNT), "The daemon is full."])) as link:
        with refused(ReturnCode.SESSION_COUNT, "The daemon is full."):
            link.call("hello")
        with refused(ReturnCode.DEVICE_REMOVED):
            link.call("info")


def test_a_code_of_another_release() -> None:
    with talking(framed([1, 0x7FFF_0000, "It is something new."])) as link, refused(ReturnCode.GENERAL_ERROR, "new"):
        link.call("info")


WRONG_RESULTS: list[tuple[Callable[[RemoteSession], object], object]] = [
    (lambda session: session.users(), None),
    (lambda session: session.users(), [{"name": "alice"}]),
    (lambda session: session.users(), ["alice"]),
    (lambda session: session.find({}), ["1"]),
    (lambda session: session.sign(1, 1, b""), "text"),
    (lambda session: session.info(1), {"handle": 1}),
    (lambda session: session.attributes(1), {"NONE": 1}),
    (lambda session: session.settings, {"mode": "half-fips"}),
    (lambda session: session.hsm_info(), []),
    (lambda session: session.quorum_values(), {"nothing": 2}),
    (lambda session: session.logout(), 1),
    (lambda session: session.generate_key_pair(1, {}, {}), [1]),
]


@pytest.mark.parametrize(("call", "result"), WRONG_RESULTS, ids=range(len(WRONG_RESULTS)))
def test_results_of_another_kind(call: Callable[[RemoteSession], object], result: object) -> None:
    with talking(framed([1, 0, result])) as link, refused(ReturnCode.DEVICE_ERROR, "same release"):
        call(RemoteSession(link))


def test_fields_that_are_new_are_passed_over() -> None:
    user = {"role": "admin", "name": "a", "number": 1, "locked": False, "failures": 0, "mfa": False, "quorum": False}
    with talking(framed([1, 0, [{**user, "new": [1]}]])) as link:
        assert [each._asdict() for each in RemoteSession(link).users()] == [user]


def test_what_cannot_be_sent(shared: Daemon) -> None:
    session = connect(f"unix:{shared.socket}")
    with refused(ReturnCode.DATA_LEN_RANGE, "before login"):
        session.sign(1, MechanismType.ECDSA, bytes(20_000))
    session.login(Role.CRYPTO_USER, "alice", PASSWORDS["alice"])
    with refused(ReturnCode.DATA_LEN_RANGE):
        session.sign(1, MechanismType.ECDSA, bytes(MIB))
    with refused(ReturnCode.ARGUMENTS_BAD):
        session.destroy(1 << 64)
    with refused(ReturnCode.ARGUMENTS_BAD):
        session.find({Attribute.LABEL: "\ud800"})
    assert session.find({}) == []
    session.close()


def test_many_threads_use_one_session(shared: Daemon) -> None:
    session = connect(f"unix:{shared.socket}")
    session.login(Role.CRYPTO_USER, "alice", PASSWORDS["alice"])
    lengths: list[bool] = []

    def work(length: int) -> None:
        lengths.extend(len(session.random(length)) == length for _ in range(50))

    threads = [threading.Thread(target=work, args=(length,)) for length in range(1, 9)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert lengths == [True] * 400
    session.close()


def test_a_daemon_that_ends(daemon: Daemon) -> None:
    session = connect(f"unix:{daemon.socket}")
    session.login(Role.CRYPTO_USER, "alice", PASSWORDS["alice"])
    daemon.stop()
    with refused(ReturnCode.DEVICE_REMOVED):
        session.users()
    assert session.logged_in is False
    session.close()
    session.close()
    with refused(ReturnCode.SESSION_CLOSED):
        session.users()
    with refused(ReturnCode.DEVICE_REMOVED, "hsmbridge serve"):
        connect(f"unix:{daemon.socket}")


def test_closing_ends_the_session_in_the_daemon(shared: Daemon) -> None:
    session = connect(f"unix:{shared.socket}")
    session.login(Role.CRYPTO_USER, "alice", PASSWORDS["alice"])
    key = session.generate_key(MechanismType.AES_KEY_GEN, {Attribute.VALUE_LEN: 32})
    session.close()
    with shared.alice() as other:
        until(lambda: key not in other.call("find", {}), "the session key is gone")


@pytest.mark.parametrize(
    ("where", "code"),
    [
        ("nonsense", ReturnCode.ARGUMENTS_BAD),
        ("host:port", ReturnCode.ARGUMENTS_BAD),
        ("127.0.0.1:1", ReturnCode.ARGUMENTS_BAD),
        ("unix:/nowhere/engine.sock", ReturnCode.DEVICE_REMOVED),
        (f"unix:/tmp/{'long' * 50}", ReturnCode.DEVICE_REMOVED),
    ],
)
def test_no_daemon(where: str, code: ReturnCode, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("CA", "CERT", "KEY"):
        monkeypatch.delenv(f"HSMBRIDGE_TLS_{variable}", raising=False)
    with refused(code):
        connect(where)


def test_no_password_is_sent_to_a_daemon_of_others(shared: Daemon, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(endpoint, "_ROOT", -1)
    monkeypatch.setattr(os, "getuid", lambda: 12345)
    with refused(ReturnCode.DEVICE_REMOVED, "12345", "no password"):
        connect(f"unix:{shared.socket}")


def test_files_of_tls_that_cannot_be_used(tmp_path: Path) -> None:
    files = {name: tmp_path / name for name in ("ca", "certificate", "key")}
    for wrong in files:
        for path in files.values():
            path.write_bytes(b"nonsense")
            path.chmod(0o600)
        files[wrong].unlink()
        with pytest.raises(HsmError) as caught:
            connect("127.0.0.1:1", ca=files["ca"], certificate=files["certificate"], key=files["key"])
        assert caught.value.code is ReturnCode.TOKEN_NOT_PRESENT
        assert str(tmp_path) in caught.value.message
