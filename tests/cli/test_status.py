"""``hsmbridge status``, of real daemons in every state."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families
from server.daemon import Daemon, running, short_home, until

from bridge import __version__
from bridge.engine.errors import HsmError
from cli.command import process, run

RUNNING, NOT_ANSWERING, STOPPED = 0, 1, 3

Samples = dict[tuple[str, tuple[tuple[str, str], ...]], float]


@pytest.fixture(scope="module")
def daemon(pristine_home: Path) -> Iterator[Daemon]:
    """A daemon with two workers that a client has used: 20 requests for random bytes, 3 refused ones."""
    with running(pristine_home, "--workers", "2") as daemon:
        with daemon.alice() as peer:
            for _ in range(20):
                peer.call("random", 16)
            for _ in range(3):
                with pytest.raises(HsmError):
                    peer.call("attributes", 1)
        yield daemon


def shown(home: Path, code: int, *options: str) -> str:
    """Run the verb, and return what it prints."""
    result = run(home, {}, "status", *options)
    assert result.exit_code == code, result.output
    return result.stdout


def data(home: Path, code: int, *options: str) -> Any:
    """Run the verb, and return the data of its answer."""
    envelope = json.loads(shown(home, code, "--json", *options))
    assert envelope["error_code"] == 0
    return envelope["data"]


def stopped(home: Path) -> dict[str, object]:
    """Return what is said of a home with three users and no key that no daemon serves."""
    metrics = {"HsmKeysTokenOccupied": 0, "HsmUsersAvailable": 1020, "HsmUsersMax": 1024}
    return {"state": "stopped", "home": str(home), "metrics": metrics}


def samples(text: str) -> Samples:
    """Read Prometheus' text format with Prometheus' own parser."""
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_text_for_people(daemon: Daemon) -> None:
    text = shown(daemon.home, RUNNING)
    workers = ", ".join(map(str, daemon.workers()))
    assert f"The daemon of {daemon.home} runs (pid {daemon.facts()['pid']})." in text
    assert f"version      {__version__}, mode non-fips" in text
    assert f"workers      2 (pids {workers}), 0 replaced" in text
    assert "TLS          not listening" in text
    assert " 0 refused, 0 malformed" in text
    row = next(line.split() for line in text.splitlines() if line.split()[:1] == ["random"])
    assert row[1:3] == ["20", "0"]
    assert 0 < float(row[3]) < 1000


def test_json(daemon: Daemon) -> None:
    seen = data(daemon.home, RUNNING)
    facts = daemon.facts()
    assert (seen["state"], seen["home"], seen["mode"]) == ("running", str(daemon.home), "non-fips")
    assert {name: seen[name] for name in facts} == facts
    assert 0 < seen["answered-after-seconds"] < 5
    assert seen["requests"]["random"]["succeeded"] == 20
    assert seen["requests"]["attributes"]["failed"] == 3
    assert seen["requests"]["login"]["succeeded"] >= 1
    assert "sign" not in seen["requests"]
    assert seen["bytes-in"] > 20 * 16
    assert seen["accepted"] >= 2
    assert "problem" not in seen


def test_prometheus(daemon: Daemon) -> None:
    with daemon.alice():
        text = shown(daemon.home, RUNNING, "--prometheus")
    found = samples(text)
    assert found["hsmbridge_up", ()] == 1
    assert found["hsmbridge_workers", ()] == 2
    assert found["hsmbridge_worker_restarts_total", ()] == 0
    # Alice's, and the question's own.
    assert found["hsmbridge_connections", ()] >= 1
    assert found["hsmbridge_sessions", ()] >= 1
    assert found["hsmbridge_requests_total", (("method", "random"), ("outcome", "success"))] == 20
    assert found["hsmbridge_requests_total", (("method", "attributes"), ("outcome", "refusal"))] == 3
    assert found["hsmbridge_daemon_info", (("mode", "non-fips"), ("version", __version__))] == 1
    buckets = [
        value
        for (name, labels), value in found.items()
        if name == "hsmbridge_request_seconds_bucket" and ("method", "random") in labels
    ]
    assert buckets == sorted(buckets)
    assert buckets[-1] == found["hsmbridge_request_seconds_count", (("method", "random"),)] == 20
    assert found["hsmbridge_request_seconds_sum", (("method", "random"),)] > 0
    for family in text_string_to_metric_families(text):
        assert family.documentation, family.name


def test_sessions_and_connections_that_ended_are_no_longer_counted(daemon: Daemon) -> None:
    with daemon.peer(), daemon.peer():
        assert data(daemon.home, RUNNING)["sessions"] >= 2

    def none_left() -> bool:
        # The question itself is a session.
        seen = data(daemon.home, RUNNING)
        return bool(seen["sessions"] <= 1 and seen["connections"] <= 1)

    until(none_left, "ended sessions are not counted")


@pytest.mark.parametrize("options", [(), ("--json",), ("--prometheus",)])
def test_without_a_daemon_the_exit_code_is_three(home: Path, options: tuple[str, ...]) -> None:
    result = process(home, {}, "status", *options)
    assert result.returncode == STOPPED, result.stderr
    if options == ("--json",):
        assert json.loads(result.stdout)["data"] == stopped(home)
    elif options == ("--prometheus",):
        found = samples(result.stdout)
        assert found.pop(("hsmbridge_up", ())) == 0
        assert {name for name, _ in found} == {
            "hsmbridge_hsm_keys_token_occupied",
            "hsmbridge_hsm_users_available",
            "hsmbridge_hsm_users_max",
        }
    else:
        assert result.stdout == f"The daemon of {home} does not run: `hsmbridge serve` starts it.\n"


def test_of_no_home_nothing_runs(tmp_path: Path) -> None:
    assert data(tmp_path / "nothing", STOPPED)["state"] == "stopped"


def test_files_that_a_killed_daemon_left_are_not_believed(pristine_home: Path) -> None:
    with running(pristine_home) as daemon:
        daemon.kill()
        assert (daemon.home / "serve.json").exists()
        assert data(daemon.home, STOPPED) == stopped(daemon.home)
        daemon.start()
        assert data(daemon.home, RUNNING)["state"] == "running"


def test_a_worker_that_was_replaced_is_counted_and_its_numbers_stay(pristine_home: Path) -> None:
    with running(pristine_home, "--workers", "1") as daemon:
        with daemon.peer() as peer:
            for _ in range(5):
                peer.call("info")
        before = data(daemon.home, RUNNING)
        (worker,) = daemon.workers()
        os.kill(worker, signal.SIGKILL)
        until(lambda: daemon.workers() not in ([], [worker]), "the worker is replaced")
        seen = data(daemon.home, RUNNING)
        assert seen["restarts"] == 1
        assert seen["requests"]["info"]["succeeded"] > before["requests"]["info"]["succeeded"] >= 5
        assert seen["connections"] <= 1
        assert "1 replaced" in shown(daemon.home, RUNNING)
        assert samples(shown(daemon.home, RUNNING, "--prometheus"))["hsmbridge_worker_restarts_total", ()] == 1


def test_a_daemon_that_hangs_does_not_answer(pristine_home: Path) -> None:
    with running(pristine_home, "--workers", "1") as daemon:
        stopped = daemon.pids()
        for pid in stopped:
            os.kill(pid, signal.SIGSTOP)
        try:
            seen = data(daemon.home, NOT_ANSWERING, "--timeout", "0.3")
            assert seen["state"] == "not answering"
            assert seen["problem"] == f"It did not answer on {daemon.socket} within 0.3 s."
            assert "runs, but does not answer" in shown(daemon.home, NOT_ANSWERING, "--timeout", "0.1")
            found = samples(shown(daemon.home, NOT_ANSWERING, "--prometheus", "--timeout", "0.1"))
            assert found["hsmbridge_up", ()] == 0
            assert found["hsmbridge_workers", ()] == 1
        finally:
            for pid in stopped:
                os.kill(pid, signal.SIGCONT)
        assert data(daemon.home, RUNNING)["state"] == "running"


def test_a_file_of_numbers_that_is_none_is_a_problem_and_no_crash(pristine_home: Path) -> None:
    with running(pristine_home, "--workers", "1") as daemon:
        (daemon.home / "serve.metrics").unlink()
        (daemon.home / "serve.metrics").write_text("nonsense")
        record = (daemon.home / "serve.json").read_bytes()
        seen = data(daemon.home, RUNNING)
        assert "restart the daemon" in seen["problem"]
        assert "requests" not in seen
        assert "restart the daemon" in shown(daemon.home, RUNNING)
        assert samples(shown(daemon.home, RUNNING, "--prometheus"))["hsmbridge_up", ()] == 1
        for content in (b"nonsense", b"[]", b'{"workers": 3}', b"\xff"):
            (daemon.home / "serve.json").write_bytes(content)
            assert "is not what a daemon writes" in data(daemon.home, RUNNING)["problem"]
            assert "is not what a daemon writes" in shown(daemon.home, RUNNING)
        (daemon.home / "serve.json").write_bytes(record)


@contextmanager
def answering(home: Path, behave: Callable[[socket.socket], None]) -> Iterator[None]:
    """Hold a home's lock as a daemon does, and behave oddly on its socket."""
    descriptor = os.open(home / "serve.lock", os.O_RDWR | os.O_CREAT, 0o600)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(home / "engine.sock"))
    listener.listen()

    def serve() -> None:
        connection, _ = listener.accept()
        with connection:
            behave(connection)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield
    finally:
        thread.join(20)
        listener.close()
        (home / "engine.sock").unlink()
        os.close(descriptor)


def drip(connection: socket.socket) -> None:
    """Send a byte every now and then, so that no single wait is long."""
    try:
        connection.sendall(b"\0\0\1\0")
        for _ in range(100):
            connection.sendall(b"\x90")
            threading.Event().wait(0.05)
    except OSError:
        return


@pytest.mark.parametrize(
    ("behave", "problem"),
    [
        (lambda connection: None, "It ended the connection instead of answering."),
        (lambda connection: connection.recv(99), "It ended the connection instead of answering."),
        (lambda connection: connection.recv(99) and connection.sendall(b"HTTP/1.1 400"), "no daemon of hsmbridge"),
        (lambda connection: connection.recv(99) and connection.sendall(b"\0\0\0\1\xc1"), "no daemon of hsmbridge"),
        (lambda connection: connection.recv(99) and connection.sendall(b"\0\0\0\1\x05"), "no daemon of hsmbridge"),
        (
            lambda connection: connection.recv(99) and connection.sendall(b"\0\0\0\x09\x93\0\xcc\xb1\xa4full"),
            "It refuses: full",
        ),
    ],
    ids=["deaf", "silent", "http", "broken", "number", "full"],
)
def test_what_is_no_daemon_is_not_taken_for_one(
    pristine_home: Path, behave: Callable[[socket.socket], None], problem: str
) -> None:
    with short_home(pristine_home) as home, answering(home, behave):
        assert problem in data(home, NOT_ANSWERING)["problem"]


def test_the_timeout_is_for_all_of_it(pristine_home: Path) -> None:
    with short_home(pristine_home) as home, answering(home, drip):
        assert "within 0.5 s" in data(home, NOT_ANSWERING, "--timeout", "0.5")["problem"]


def test_loads_no_metrics_library_unless_asked(home: Path) -> None:
    code = (
        "import sys; from bridge.cli import cli\n"
        "try: cli(['status'])\n"
        "except SystemExit as end: print(end.code, 'prometheus_client' in sys.modules, 'jpype' in sys.modules)"
    )
    environment = {**os.environ, "HSMBRIDGE_HOME": str(home)}
    result = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert result.stdout.splitlines()[-1] == "3 False False"
