"""What one peer does to a daemon, others hardly notice."""

from __future__ import annotations

import struct
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import msgpack
import pytest
from conftest import PASSWORDS

from bridge.engine import HsmError, ReturnCode
from server.calls import M
from server.daemon import Daemon, memory, running
from server.peer import Peer

RSA_4096 = {"MODULUS_BITS": 4096}


@pytest.fixture(scope="module")
def single(pristine_home: Path) -> Iterator[Daemon]:
    """A daemon with one worker, which everybody has to share."""
    with running(pristine_home, "--workers", "1") as daemon:
        yield daemon


def frames(method: str, arguments: tuple[object, ...], count: int) -> bytes:
    """Return many requests as they go over the wire."""
    bodies = (msgpack.packb([number, method, *arguments]) for number in range(1, count + 1))
    return b"".join(struct.pack(">I", len(body)) + body for body in bodies)


def test_long_work_that_was_asked_for_at_once_is_done_in_turns(single: Daemon) -> None:
    with single.alice() as greedy, single.alice() as other:
        _, key = greedy.call("generateKeyPair", M.RSA_PKCS_KEY_PAIR_GEN, RSA_4096, {})
        many = 1000
        greedy.socket.sendall(frames("sign", (key, int(M.RSA_PKCS), None, bytes(32)), many))
        waits = []
        for _ in range(20):
            began = time.perf_counter()
            other.call("info")
            waits.append(time.perf_counter() - began)
        # All of it takes longer than this alone; in turns, each of ours waits for one signature or two.
        assert sorted(waits)[10] < 0.25
        for _ in range(many):
            assert greedy.receive()[1] == 0


def test_who_does_not_read_is_not_answered_more(single: Daemon) -> None:
    (worker,) = single.workers()
    with single.alice() as deaf:
        before = memory(worker)
        # Each request for random bytes brings a megabyte; those for keys are carried out by another thread.
        deaf.socket.settimeout(2)
        requests = frames("random", (1_000_000,), 1) + frames("find", ({},), 1)
        with suppress(TimeoutError):
            for _ in range(1000):
                deaf.socket.sendall(requests * 500)
            pytest.fail("the daemon reads on")
        assert memory(worker) - before < 32 * 1024 * 1024
    with single.alice() as other:
        assert other.call("find", {}) == []


def test_nobody_waits_at_the_door_for_those_who_generate_keys(single: Daemon) -> None:
    with ExitStack() as stack:
        makers = [stack.enter_context(single.alice()) for _ in range(6)]
        for maker in makers:
            maker.send("generateKeyPair", M.RSA_PKCS_KEY_PAIR_GEN, RSA_4096, {})
        began = time.perf_counter()
        stack.enter_context(single.alice())
        in_time = time.perf_counter() - began
        for maker in makers:
            assert maker.receive()[1] == 0
        assert in_time < (time.perf_counter() - began) / 2


def test_a_burst_of_connections_is_served_whole(single: Daemon) -> None:
    with ExitStack() as stack:
        busy = stack.enter_context(single.alice())
        _, key = busy.call("generateKeyPair", M.RSA_PKCS_KEY_PAIR_GEN, RSA_4096, {})
        busy.socket.sendall(frames("sign", (key, int(M.RSA_PKCS), None, bytes(32)), 200))
        peers = [stack.enter_context(Peer.unix(single.socket)) for _ in range(300)]
        for peer in peers:
            assert peer.hello()["protocol"] == 1


def test_another_workers_change_is_not_hidden_by_a_change_of_ones_own(shared: Daemon) -> None:
    with ExitStack() as stack:
        first = stack.enter_context(shared.alice())
        others = [stack.enter_context(shared.peer(session=first.token)) for _ in range(3)]
        key = first.call("generateKey", M.GENERIC_SECRET_KEY_GEN, {"VALUE_LEN": 32})
        for peer in others:
            assert len(peer.call("sign", key, M.SHA256_HMAC, None, b"data")) == 32
        first.call("destroy", key)
        # A token key is no session key, but its making asks the registry too.
        for peer in others:
            peer.call("generateKey", M.AES_KEY_GEN, {"VALUE_LEN": 32, "TOKEN": True})
            with pytest.raises(HsmError) as refusal:
                peer.call("sign", key, M.SHA256_HMAC, None, b"data")
            assert refusal.value.code is ReturnCode.OBJECT_HANDLE_INVALID


def test_a_long_refusal_is_cut(shared: Daemon) -> None:
    with shared.alice() as peer, pytest.raises(HsmError) as refusal:
        peer.call("find", {"X" * 500_000: True})
    assert len(refusal.value.message) <= 4096


def test_a_password_given_as_a_name_is_not_logged(daemon: Daemon) -> None:
    with daemon.peer() as peer, pytest.raises(HsmError):
        peer.call("login", "hunter2hunter2", PASSWORDS["alice"])
    daemon.stop()
    assert "login refused" in daemon.errors.read_text()
    assert "hunter2" not in daemon.errors.read_text()
