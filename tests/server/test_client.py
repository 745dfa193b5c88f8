"""The Java client against daemons that break, hang, and refuse; each of them counts what it was asked."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from bridge.engine import ReturnCode
from bridge.jvm import find_jdk
from server.daemon import until
from server.shell import DEVICE_REMOVED, SIGN, Refused, Shell, after, breaking, fake, frame, refused, shell

SESSION_COUNT = 0xB1
DEVICE_BUSY = 0x800000BB


@pytest.mark.parametrize("times", [1, 3])
def test_what_changes_nothing_is_repeated_when_the_connection_breaks(client: Shell, short: Path, times: int) -> None:
    with fake(short, breaking(times)) as (daemon, path):
        client.open(path)
        assert client.call(*SIGN) == b"signature"
        assert daemon.count("sign") == times + 1
        client.call("close")


def test_after_six_tries_the_connection_is_lost(client: Shell, short: Path) -> None:
    with fake(short, breaking(9)) as (daemon, path):
        client.open(path)
        message = refused(client, DEVICE_REMOVED, *SIGN)
        assert str(path) in message
        assert "do it again" in message
        assert daemon.count("sign") == 6
        client.call("close")


def test_without_retries_it_is_lost_at_once_and_the_next_operation_connects(client: Shell, short: Path) -> None:
    with fake(short, breaking(1)) as (daemon, path):
        client.open(path, retry=False)
        refused(client, DEVICE_REMOVED, *SIGN)
        assert daemon.count("sign") == 1
        assert client.call(*SIGN) == b"signature"
        client.call("close")


@pytest.mark.parametrize(
    "command",
    [
        ("generateKey", 1, {}),
        ("generateKeyPair", 1, {}, {}),
        ("importKey", {}),
        ("importForUse", {}),
        ("setAttributes", 1, {}),
        ("destroy", 1),
        ("unwrap", 1, 2, b"", b"", {}),
        ("derive", 1, 2, b"", {}),
    ],
    ids=lambda command: command[0],
)
def test_what_changes_something_is_sent_once(client: Shell, short: Path, command: tuple[object, ...]) -> None:
    with fake(short, breaking(1)) as (daemon, path):
        client.open(path)
        assert "may have been carried out" in refused(client, DEVICE_REMOVED, *command)
        assert len(daemon.requests) == 1
        client.call("close")


def test_a_connection_that_ended_while_idle_costs_nothing(client: Shell, short: Path) -> None:
    ended = threading.Event()

    def answer(request: Sequence[Any]) -> bytes:
        if request[1] == "sign":
            ended.set()
            return frame(request[0], 0, b"signature") + frame(0, 5, "so long")
        return frame(request[0], 0, 7)

    with fake(short, answer) as (daemon, path):
        client.open(path, retry=False)
        assert client.call(*SIGN) == b"signature"
        assert client.call("generateKey", 1, {}) == 7
        assert daemon.count("generateKey") == 1
        client.call("close")


@pytest.mark.parametrize("command", [SIGN, ("generateKey", 1, {})], ids=["sign", "generateKey"])
def test_a_busy_daemon_is_asked_again(client: Shell, short: Path, command: tuple[Any, ...]) -> None:
    left = iter(range(2))

    def answer(request: Sequence[Any]) -> bytes:
        if next(left, None) is not None:
            return frame(request[0], DEVICE_BUSY, "not now")
        return frame(request[0], 0, b"signature" if request[1] == "sign" else 7)

    with fake(short, answer) as (daemon, path):
        client.open(path)
        assert client.call(*command) in (b"signature", 7)
        assert len(daemon.requests) == 3
        assert daemon.connections == 1
        client.call("close")


def test_a_daemon_that_stays_busy_is_reported(client: Shell, short: Path) -> None:
    with fake(short, after(9, DEVICE_BUSY)) as (daemon, path):
        client.open(path)
        assert refused(client, DEVICE_BUSY, *SIGN) == "not now"
        assert daemon.count("sign") == 6
        client.call("close")


def test_refusals_come_through_and_the_connection_goes_on(client: Shell, short: Path) -> None:
    with fake(short, after(1, ReturnCode.KEY_HANDLE_INVALID)) as (daemon, path):
        client.open(path)
        assert refused(client, ReturnCode.KEY_HANDLE_INVALID, *SIGN) == "not now"
        assert client.call(*SIGN) == b"signature"
        assert daemon.connections == 1
        client.call("close")


def test_a_silent_daemon_times_out(client: Shell, short: Path) -> None:
    with fake(short, lambda request: None) as (_, path):
        client.open(path, request=300)
        start = time.monotonic()
        assert "in time" in refused(client, DEVICE_REMOVED, *SIGN)
        # It gives up early if the wait before the third try, 0.1 s at most, would go beyond the 0.3 s.
        assert 0.2 < time.monotonic() - start < 2
        client.call("close")


def test_a_daemon_that_accepts_and_never_says_hello_times_out(client: Shell, short: Path) -> None:
    with fake(short, lambda request: None) as (daemon, path):
        daemon.hook = lambda request: None
        start = time.monotonic()
        with pytest.raises(Refused) as caught:
            client.open(path, connect=300)
        assert caught.value.code == DEVICE_REMOVED
        assert "in time" in caught.value.message
        assert time.monotonic() - start < 2


def test_nobody_there(client: Shell, short: Path) -> None:
    with pytest.raises(Refused) as caught:
        client.open(short / "none.sock")
    assert caught.value.code == DEVICE_REMOVED
    assert str(short / "none.sock") in caught.value.message


def test_closing_waits_for_a_silent_daemon_a_second_at_most(client: Shell, short: Path) -> None:
    with fake(short, lambda request: None) as (daemon, path):
        client.open(path)
        daemon.hook = lambda request: None
        start = time.monotonic()
        client.call("close")
        assert 0.5 < time.monotonic() - start < 2
        client.call("close")
        assert "closed" in refused(client, ReturnCode.SESSION_CLOSED, *SIGN)


def test_closing_ends_the_operations_that_run(client: Shell, short: Path) -> None:
    with fake(short, lambda request: None) as (daemon, path):
        client.open(path, request=20_000)
        client.call("login", "alice", b"password")
        until(lambda: daemon.connections == 2, "the keeper's connection")
        waiting = client.begin(*SIGN)
        until(lambda: daemon.count("sign") == 1, "the request")
        client.call("close")
        assert daemon.count("close") == 1
        with pytest.raises(Refused) as caught:
            client.end(waiting)
        assert caught.value.code == ReturnCode.SESSION_CLOSED


def test_too_many_operations_are_refused_at_once(client: Shell, short: Path) -> None:
    with fake(short, lambda request: None) as (daemon, path):
        client.open(path, request=3000, operations=5, connections=2)
        waiting = [client.begin(*SIGN) for _ in range(5)]
        until(lambda: daemon.count("sign") == 2, "two requests")
        time.sleep(0.2)
        start = time.monotonic()
        assert refused(client, SESSION_COUNT, *SIGN).startswith("Reached max number of sessions in session pool: 5")
        assert time.monotonic() - start < 1
        assert daemon.count("sign") == 2
        for number in waiting:
            with pytest.raises(Refused):
                client.end(number)
        client.call("close")


def test_more_operations_than_connections_wait(client: Shell, short: Path) -> None:
    def answer(request: Sequence[Any]) -> bytes:
        time.sleep(0.01)
        return frame(request[0], 0, b"signature")

    with fake(short, answer) as (daemon, path):
        client.open(path, connections=3)
        waiting = [client.begin(*SIGN) for _ in range(60)]
        assert [client.end(number) for number in waiting] == [b"signature"] * 60
        assert daemon.connections <= 4, "three, and the one that keeps the session"
        client.call("close")


def test_an_interrupt_does_not_stop_what_can_be_repeated(client: Shell, short: Path) -> None:
    reached = threading.Event()

    def answer(request: Sequence[Any]) -> bytes | None:
        if reached.is_set():
            return frame(request[0], 0, b"signature")
        reached.set()
        return None

    with fake(short, answer) as (daemon, path):
        client.open(path)
        number = client.begin("noticing", *SIGN)
        assert reached.wait(10)
        time.sleep(0.1)
        client.call("interrupt", number)
        assert client.end(number) is True, "the flag is set again"
        assert daemon.count("sign") == 2
        client.call("close")


def test_an_interrupt_before_changes_nothing(client: Shell, short: Path) -> None:
    with fake(short, after(0, 0)) as (daemon, path):
        client.open(path)
        assert client.call("interrupted", *SIGN) is True
        assert daemon.connections == 1
        assert daemon.count("sign") == 1
        client.call("close")


@pytest.mark.parametrize("command", [("generateKey", 1, {}), ("login", "alice", b"password")], ids=["key", "login"])
def test_an_interrupt_does_not_break_off_what_changes_something(
    client: Shell, short: Path, command: tuple[object, ...]
) -> None:
    reached, interrupted = threading.Event(), threading.Event()

    def answer(request: Sequence[Any]) -> bytes | None:
        if request[1] in ("hello", "close"):
            return daemon.honest(request)
        reached.set()
        assert interrupted.wait(10)
        return frame(request[0], 0, None if request[1] == "login" else 7)

    with fake(short, lambda request: None) as (daemon, path):
        daemon.hook = answer
        client.open(path)
        number = client.begin("noticing", *command)
        assert reached.wait(10)
        client.call("interrupt", number)
        time.sleep(0.1)
        interrupted.set()
        assert client.end(number) is True, "the flag is set again"
        client.call("close")


def test_a_connection_that_says_nothing_is_replaced_in_time(client: Shell, short: Path) -> None:
    """As one does that a router has forgotten; the others that are idle are no better."""
    frozen = threading.Event()

    def answer(request: Sequence[Any]) -> bytes | None:
        if frozen.is_set() and daemon.connections < 4:
            return None
        time.sleep(0.05)
        return frame(request[0], 0, b"signature")

    with fake(short, answer) as (daemon, path):
        client.open(path, request=2000, connections=2)
        for waiting in [client.begin(*SIGN) for _ in range(2)]:
            client.end(waiting)
        until(lambda: daemon.connections == 3, "two, and the one that keeps the session")
        frozen.set()
        start = time.monotonic()
        assert client.call(*SIGN) == b"signature"
        assert 0.4 < time.monotonic() - start < 1.9
        client.call("close")


def test_buffers_are_wiped_and_small_when_idle(client: Shell) -> None:
    assert client.call("wiped", b"plaintext" * 5) is True
    assert client.call("wiped", b"plaintext" * 20_000) is True


def test_threads_end_when_nothing_is_open(classes: Path, short: Path) -> None:
    with shell(find_jdk() / "bin" / "java", classes) as own, fake(short, after(0, 0)) as (_, path):
        own.open(path)
        own.call("login", "alice", b"password")
        assert own.call("threads") > 0
        own.call("close")
        until(lambda: own.call("threads") == 0, "no thread is left", 12)
        own.open(path, request=300)
        assert own.call("threads") > 0
        own.call("close")
