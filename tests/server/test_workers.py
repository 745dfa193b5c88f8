"""The processes of a daemon: killed, stopped, started twice, replaced."""

from __future__ import annotations

import json
import signal
import struct
import subprocess
import sys
import threading
import time
from contextlib import ExitStack
from pathlib import Path

import msgpack
import pytest
from cli.command import clean_environment, process
from conftest import PASSWORDS
from engine.keys import refused

from bridge.engine import HsmError, ReturnCode
from server.calls import AES, PAIR, M
from server.daemon import Daemon, descendants, is_alive, running, short_home, until
from server.peer import Ended, Peer


def survives(peer: Peer) -> bool:
    """Tell whether a connection goes on."""
    try:
        return bool(peer.call("info"))
    except (Ended, OSError):
        return False


def on_both_workers(stack: ExitStack, daemon: Daemon, first: Peer) -> list[Peer]:
    """Join a session from enough connections that both workers serve some."""
    return [stack.enter_context(daemon.peer(session=first.token)) for _ in range(12)]


def test_there_are_as_many_workers_as_asked_for(pristine_home: Path) -> None:
    with running(pristine_home, "--workers", "3") as daemon:
        assert len(set(daemon.workers())) == 3
        assert set(daemon.workers()) <= set(daemon.pids())
        facts = daemon.facts()
        assert daemon.process is not None
        assert facts["pid"] == daemon.process.pid
        assert facts["socket"] == str(daemon.socket)


def test_a_killed_worker_is_replaced_and_ends_only_its_own_connections(daemon: Daemon) -> None:
    with ExitStack() as stack:
        first = stack.enter_context(daemon.alice())
        peers = [first, *on_both_workers(stack, daemon, first)]
        key = first.call("generateKeyPair", M.EC_KEY_PAIR_GEN, PAIR, {})[1]
        doomed = daemon.workers()[0]
        daemon.kill_workers(doomed)
        left = [peer for peer in peers if survives(peer)]
        assert 0 < len(left) < len(peers)
        # The session lives on, with its login and keys, on the other worker and on the new one.
        for peer in [*left, *on_both_workers(stack, daemon, left[0])]:
            assert peer.call("sign", key, M.ECDSA, None, bytes(32))
        assert daemon.facts()["restarts"] == 1


def test_session_keys_of_a_killed_workers_connections_are_gone(daemon: Daemon) -> None:
    """One connection is one worker's: with that worker its session ends, and its token keys stay."""
    with daemon.alice() as peer:
        token_key = peer.call("generateKey", M.AES_KEY_GEN, {**AES, "TOKEN": True, "LABEL": "kept"})
        session_key = peer.call("generateKey", M.AES_KEY_GEN, {**AES, "LABEL": "lost"})
        daemon.kill_workers()
        assert not survives(peer)
        with Peer.unix(daemon.socket) as later:
            with refused(ReturnCode.SESSION_HANDLE_INVALID):
                later.hello(session=peer.token)
            later.hello()
            later.call("login", "alice", PASSWORDS["alice"])
            assert later.call("find", {"LABEL": "kept"}) == [token_key]
            assert later.call("find", {"LABEL": "lost"}) == []
            with refused(ReturnCode.OBJECT_HANDLE_INVALID):
                later.call("attributes", session_key)


def test_a_worker_killed_while_it_changes_a_key_locks_nobody_out(daemon: Daemon) -> None:
    """It may hold the database, or the right to change session keys, when it dies."""
    with ExitStack() as stack:
        first = stack.enter_context(daemon.alice())
        keys = [first.call("generateKey", M.AES_KEY_GEN, AES) for _ in range(4)]
        for round_number in range(6):
            peers = on_both_workers(stack, daemon, first)
            for number, peer in enumerate(peers):
                for key in keys:
                    peer.send("setAttributes", key, {"LABEL": f"{round_number} {number}"})
                peer.send("generateKey", M.AES_KEY_GEN, {**AES, "TOKEN": True, "LABEL": "made"})
            doomed = daemon.workers()[round_number % 2]
            time.sleep(0.003 * round_number)
            daemon.kill_workers(doomed)
            # All of them: what another connection asked for may be carried out after what this one asks for.
            first, *_ = [peer for peer in (*peers, first) if alive_after_all(peer)]
            start = time.monotonic()
            for key in keys:
                first.call("setAttributes", key, {"LABEL": "afterwards"})
            assert time.monotonic() - start < 5
            assert all(first.call("attributes", key)["LABEL"] == "afterwards" for key in keys)


def alive_after_all(peer: Peer) -> bool:
    """Read every answer that is due, and tell whether the connection goes on."""
    number = peer.send("random", 1)
    try:
        while peer.receive()[0] != number:
            pass
    except (Ended, OSError):
        return False
    return True


def test_workers_die_with_the_daemon_and_the_next_one_takes_over(daemon: Daemon) -> None:
    with daemon.alice() as peer:
        key = peer.call("generateKey", M.AES_KEY_GEN, {**AES, "TOKEN": True, "LABEL": "kept"})
        pids = daemon.pids()
        daemon.kill()
        until(lambda: not any(map(is_alive, pids)), "the workers end with the daemon")
        assert not survives(peer)
        with pytest.raises(ConnectionRefusedError):
            Peer.unix(daemon.socket)
        daemon.start()
        with pytest.raises(HsmError) as caught:
            daemon.peer(session=peer.token)
        assert caught.value.code is ReturnCode.SESSION_HANDLE_INVALID
    with daemon.alice() as later:
        assert later.call("find", {"LABEL": "kept"}) == [key]
        assert len(later.call("find", {})) == 1


def test_what_was_asked_is_answered_before_the_end(daemon: Daemon) -> None:
    """A stop lets requests that are under way end, and takes no connection any more."""
    assert daemon.process is not None
    with daemon.alice() as idle, daemon.alice() as working:
        sent = working.send("generateKeyPair", M.RSA_PKCS_KEY_PAIR_GEN, {"MODULUS_BITS": 4096}, {})
        time.sleep(0.05)
        daemon.process.send_signal(signal.SIGTERM)
        assert len(working.result(sent)) == 2
        assert idle.is_ended()
        assert working.is_ended()
    assert daemon.process.wait(10) == 0
    assert not (daemon.home / "serve.json").exists() or not daemon.facts()["workers"]


def test_a_stop_does_not_wait_for_ever(daemon: Daemon) -> None:
    """A peer that reads nothing, and one in the middle of a frame, do not keep a daemon from ending."""
    assert daemon.process is not None
    with daemon.alice() as deaf, daemon.alice() as half:
        for _ in range(4):
            deaf.send("random", 1_000_000)
        half.socket.sendall(struct.pack(">I", 100) + b"\x93")
        time.sleep(0.2)
        daemon.process.send_signal(signal.SIGTERM)
        assert daemon.process.wait(15) == 0


def test_the_command_stops_it(daemon: Daemon) -> None:
    assert daemon.process is not None
    pids = daemon.pids()
    ran = process(daemon.home, {}, "serve", "--stop")
    assert (ran.returncode, ran.stderr) == (0, "")
    assert daemon.process.wait(10) == 0
    assert not any(map(is_alive, pids))
    ran = process(daemon.home, {}, "serve", "--stop")
    assert ran.returncode == 0


def test_one_home_has_one_daemon(daemon: Daemon) -> None:
    second = process(daemon.home, {}, "serve", "--foreground")
    assert second.returncode == 1
    assert str(daemon.home) in second.stderr
    assert "Traceback" not in second.stderr
    with daemon.alice() as peer:
        assert peer.call("random", 1)


def test_of_many_that_start_at_once_one_serves(pristine_home: Path) -> None:
    with short_home(pristine_home) as home:
        command = [sys.executable, "-m", "bridge.cli", "serve", "--on-demand", "--workers", "1"]
        started = [
            subprocess.Popen(command, env=clean_environment(home, {}), stdin=subprocess.DEVNULL, stderr=subprocess.PIPE)
            for _ in range(5)
        ]
        assert [(each.communicate(timeout=60)[1], each.returncode) for each in started] == [(b"", 0)] * 5
        daemon = Daemon(home)
        with daemon.alice() as peer:
            assert peer.call("random", 1)
        pid = daemon.facts()["pid"]
        workers = descendants(pid)
        assert process(home, {}, "serve", "--stop").returncode == 0
        until(lambda: not any(map(is_alive, [pid, *workers])), "all of it ends")


def test_it_ends_by_itself_when_nobody_comes(pristine_home: Path) -> None:
    with running(pristine_home, "--workers", "2", "--idle-exit", "1") as daemon:
        assert daemon.process is not None
        with daemon.alice():
            time.sleep(2)
            assert daemon.process.poll() is None
        pids = daemon.pids()
        assert daemon.process.wait(10) == 0
        daemon.process = None
        assert not any(map(is_alive, pids))


def test_the_log_is_json_and_tells_who_died(daemon: Daemon) -> None:
    doomed = daemon.workers()[1]
    daemon.kill_workers(doomed)
    lines = [json.loads(line) for line in daemon.errors.read_text().splitlines()]
    assert any(line.get("worker") == doomed and line["level"].lower() == "error" for line in lines)


def test_workers_that_die_again_and_again_are_replaced_again_and_again(daemon: Daemon) -> None:
    """Meanwhile every connection is served or ended, and none hangs."""
    stop = threading.Event()
    seen: list[str] = []

    def use() -> None:
        while not stop.is_set():
            try:
                with daemon.alice() as peer:
                    for _ in range(20):
                        peer.call("random", 10)
            except (Ended, OSError):
                seen.append("ended")
            else:
                seen.append("served")

    user = threading.Thread(target=use)
    user.start()
    try:
        for number in range(8):
            daemon.kill_workers(daemon.workers()[number % 2])
            time.sleep(0.2)
    finally:
        stop.set()
        user.join(60)
    assert not user.is_alive()
    assert seen.count("served") > 5
    with daemon.alice() as peer:
        assert peer.call("random", 1)


def test_a_lost_answer_may_have_been_carried_out(daemon: Daemon) -> None:
    """What was asked of a worker that was killed is there as a whole, or not at all."""
    with daemon.alice() as peer:
        body = msgpack.packb([7, "generateKeyPair", M.EC_KEY_PAIR_GEN, {**PAIR, "TOKEN": True}, {"TOKEN": True}])
        for number in range(10):
            with daemon.alice() as doomed:
                doomed.socket.sendall((struct.pack(">I", len(body)) + body) * 5)
                time.sleep(0.002 * number)
                daemon.kill_workers()
        assert not survives(peer)
    with daemon.alice() as later:
        assert len(later.call("find", {"CLASS": 2})) == len(later.call("find", {"CLASS": 3}))
        for key in later.call("find", {"CLASS": 3}):
            assert later.call("sign", key, M.ECDSA, None, bytes(32))
