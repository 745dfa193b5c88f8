"""The Java client: whom it gives a password, how often, and what it believes of an answer."""

from __future__ import annotations

import os
import struct
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import msgpack
import pytest

from bridge.engine import ReturnCode
from server.daemon import until
from server.shell import DEVICE_REMOVED, SIGN, Refused, Shell, after, breaking, fake, frame, refused

SESSION_HANDLE_INVALID = 0xB3


def test_a_password_that_is_refused_later_is_read_again(client: Shell, short: Path) -> None:
    """What the system properties hold then is tried; the same password is not tried on and on."""
    with fake(short, lambda request: frame(request[0], 0, b"signature")) as (daemon, path):
        client.open(path)
        client.call("login", "alice", b"password")
        client.call("readLogin", "alice", b"password")
        honest, logins, right, code = daemon.honest, [], b"new password", ReturnCode.PIN_INCORRECT

        def changed(request: Sequence[Any]) -> bytes | None:
            if request[1] == "hello" and "session" in request[3]:
                return frame(request[0], SESSION_HANDLE_INVALID, "That session has ended.")
            if request[1] == "login":
                logins.append(request[3])
                if request[3] != right:
                    return frame(request[0], code, "Refused.")
            return honest(request)

        daemon.hook = changed
        daemon.end_connections()
        assert refused(client, ReturnCode.PIN_INCORRECT, *SIGN) == "Refused."
        for _ in range(3):
            assert "HSM_USER and HSM_PASSWORD no longer log in" in refused(client, ReturnCode.PIN_INCORRECT, *SIGN)
        assert logins == [b"password"]
        client.call("readLogin", "alice", right)
        assert client.call(*SIGN) == b"signature"
        assert logins == [b"password", right]

        # A locked account counts no tries: it is tried again until somebody unlocks it.
        right, code = b"", ReturnCode.PIN_LOCKED
        daemon.end_connections()
        refused(client, ReturnCode.PIN_LOCKED, *SIGN)
        assert "unlock the account" in refused(client, ReturnCode.PIN_LOCKED, *SIGN)
        assert len(logins) == 3
        right = b"new password"
        time.sleep(2.1)
        assert client.call(*SIGN) == b"signature"
        client.call("close")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root makes sockets of other users")
@pytest.mark.parametrize("what", ["daemon", "file", "folder"])
def test_no_password_is_sent_to_another_user(client: Shell, short: Path, what: str) -> None:
    """A daemon of the user nobody; the files alone give another one away too."""
    short.chmod(0o777)
    if what == "daemon":
        os.seteuid(65534)
    try:
        fakes = fake(short, after(0, 0))
        daemon, path = fakes.__enter__()
    finally:
        os.seteuid(0)
    try:
        if what == "daemon":
            os.chown(path, 0, 0)
        else:
            os.chown(path if what == "file" else short, 65534, 65534)
        with pytest.raises(Refused) as caught:
            client.open(path)
        subject = {"daemon": "the daemon", "file": "it", "folder": "its folder"}[what]
        assert f"{subject} belongs to the user nobody, and this program runs as root" in caught.value.message
        assert daemon.requests == []
    finally:
        fakes.__exit__(None, None, None)


def test_a_login_that_broke_leaves_no_session_behind(client: Shell, short: Path) -> None:
    with fake(short, breaking(0)) as (daemon, path):
        client.open(path)
        honest = daemon.honest
        daemon.hook = lambda request: b"" if request[1] == "login" else honest(request)
        assert "may have been carried out" in refused(client, DEVICE_REMOVED, "login", "alice", b"password")
        joined: list[bool] = []

        def watching(request: Sequence[Any]) -> bytes | None:
            if request[1] == "hello":
                joined.append("session" in request[3])
            return honest(request)

        daemon.hook = watching
        assert client.call(*SIGN) == b"signature"
        assert joined == [False]
        client.call("close")


def test_a_lost_session_is_opened_again_and_logged_in_once(client: Shell, short: Path) -> None:
    def answer(request: Sequence[Any]) -> bytes:
        time.sleep(0.02)
        return frame(request[0], 0, b"signature")

    with fake(short, answer) as (daemon, path):
        client.open(path)
        client.call("login", "alice", b"password")
        until(lambda: daemon.connections == 2, "the keeper's connection")
        known = [bytes(32)]
        honest = daemon.honest

        def forgetful(request: Sequence[Any]) -> bytes | None:
            if request[1] != "hello":
                return honest(request)
            token = request[3].get("session")
            if token == bytes(32):
                return frame(request[0], SESSION_HANDLE_INVALID, "That session has ended.")
            if token is None:
                known.append(bytes([len(known)]) * 32)
            assert token in (None, known[-1])
            return frame(request[0], 0, {"protocol": 1, "session": known[-1]})

        daemon.hook = forgetful
        daemon.end_connections()
        waiting = [client.begin(*SIGN) for _ in range(8)]
        assert [client.end(number) for number in waiting] == [b"signature"] * 8
        assert len(known) == 2, "one session more"
        assert daemon.count("login") == 2
        client.call("close")


def test_a_login_that_is_refused_the_second_time_is_not_tried_a_third(client: Shell, short: Path) -> None:
    with fake(short, after(1, ReturnCode.USER_NOT_LOGGED_IN)) as (daemon, path):
        client.open(path)
        client.call("login", "alice", b"password")
        honest = daemon.honest
        logins = 0

        def changed(request: Sequence[Any]) -> bytes | None:
            nonlocal logins
            if request[1] == "hello" and "session" in request[3]:
                return frame(request[0], SESSION_HANDLE_INVALID, "That session has ended.")
            if request[1] == "login" and request[3] != b"new password":
                logins += 1
                return frame(request[0], ReturnCode.PIN_INCORRECT, "Wrong password.")
            return honest(request)

        daemon.hook = changed
        daemon.end_connections()
        assert refused(client, ReturnCode.PIN_INCORRECT, *SIGN) == "Wrong password."
        refused(client, ReturnCode.USER_NOT_LOGGED_IN, *SIGN)
        assert logins == 1
        client.call("login", "alice", b"new password")
        assert client.call(*SIGN) == b"signature"
        client.call("close")


def test_what_is_too_long_is_not_sent(client: Shell, short: Path) -> None:
    with fake(short, after(0, 0)) as (daemon, path):
        client.open(path)
        assert "1044480" in refused(client, ReturnCode.DATA_LEN_RANGE, "sign", 1, 2, b"", bytes(1_044_481))
        assert "1048576" in refused(client, ReturnCode.DATA_LEN_RANGE, "sign", 1, 2, bytes(9000), bytes(1_044_480))
        refused(client, ReturnCode.USER_NOT_LOGGED_IN, "sign", 1, 2, b"", bytes(16_385))
        refused(client, ReturnCode.PIN_INCORRECT, "login", "alice", bytes(16_385))
        assert daemon.requests == []
        client.call("login", "alice", b"password")
        assert client.call("sign", 1, 2, b"", bytes(1_044_480)) == b"signature"
        assert daemon.connections <= 2
        client.call("close")


HOSTILE: dict[str, Callable[[int], bytes]] = {
    "no frame at all": lambda number: struct.pack(">I", 0),
    "a frame of 4 GiB": lambda number: b"\xff\xff\xff\xff" + bytes(100),
    "a frame of 1 MiB and a byte": lambda number: struct.pack(">I", (1 << 20) + 1),
    "a truncated frame": lambda number: frame(number, 0, b"signature")[:-1] + b"",
    "another number": lambda number: frame(number + 1, 0, b"signature"),
    "a refusal with another number": lambda number: frame(number + 1, 5, "no"),
    "the number 0": lambda number: frame(0, 5, "so long"),
    "a negative number": lambda number: frame(-number, 0, b"signature"),
    "two elements": lambda number: frame(number, 0),
    "four elements": lambda number: frame(number, 0, b"signature", 1),
    "a map": lambda number: struct.pack(">I", 1) + b"\x80",
    "bytes left over": lambda number: struct.pack(">I", 6) + msgpack.packb([number, 0, b""]) + b"\x00",
    "a text for bytes": lambda number: frame(number, 0, "signature"),
    "nil for bytes": lambda number: frame(number, 0, None),
    "a code that is no number": lambda number: frame(number, "0", b"signature"),
    "a message that is no text": lambda number: frame(number, 5, b"\xff"),
    "four GiB of bytes": lambda number: struct.pack(">I", 8) + b"\x93" + bytes([number]) + b"\x00\xc6\xff\xff\xff\xff",
    "an array of 4 G elements": lambda number: struct.pack(">I", 5) + b"\xdd\xff\xff\xff\xff",
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_answers_end_the_connection_and_nothing_else(client: Shell, short: Path, kind: str) -> None:
    hostile = HOSTILE[kind]
    with fake(short, lambda request: hostile(request[0])) as (daemon, path):
        client.open(path, request=500)
        refused(client, DEVICE_REMOVED, *SIGN)
        daemon.answering = lambda request: frame(request[0], 0, b"signature")
        assert client.call(*SIGN) == b"signature"
        client.call("close")


def test_answers_in_pieces_are_put_together(client: Shell, short: Path) -> None:
    with fake(short, lambda request: None) as (daemon, path):
        client.open(path)
        number = client.begin(*SIGN)
        until(lambda: daemon.count("sign") == 1, "the request")
        for byte in frame(daemon.requests[0][0], 0, b"signature"):
            daemon.say(bytes([byte]))
            time.sleep(0.005)
        assert client.end(number) == b"signature"
        client.call("close")


def test_the_largest_answer_is_read(client: Shell, short: Path) -> None:
    with fake(short, lambda request: frame(request[0], 0, bytes(1_044_480))) as (_, path):
        client.open(path)
        for _ in range(20):
            assert client.call(*SIGN) == bytes(1_044_480)
        client.call("close")


@pytest.mark.parametrize("answer", [{}, {"protocol": 2, "session": bytes(32)}, {"protocol": 1, "session": b"short"}])
def test_a_wrong_hello_is_refused(client: Shell, short: Path, answer: dict[str, object]) -> None:
    with fake(short, lambda request: None) as (daemon, path):
        daemon.hook = lambda request: frame(request[0], 0, answer)
        with pytest.raises(Refused) as caught:
            client.open(path)
        assert caught.value.code == DEVICE_REMOVED
