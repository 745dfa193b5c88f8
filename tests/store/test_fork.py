"""Processes that fork with a home open: SQLite's locks belong to the process that took them, and end with it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from conftest import PASSWORDS

from bridge.engine import Attribute, Hsm, Role
from bridge.store import open_home, verify_audit

_LOGGED_IN = """
import os, signal, sys, threading
from pathlib import Path
from bridge.engine import Attribute, MechanismType, Role
from bridge.store import open_home

def make(label):
    template = {Attribute.VALUE_LEN: 16, Attribute.LABEL: label, Attribute.TOKEN: True}
    session.generate_key(MechanismType.AES_KEY_GEN, template)

hsm = open_home(Path(sys.argv[1]))
session = hsm.open_session()
session.login(Role.CRYPTO_USER, "alice", sys.argv[2].encode())
"""

_FORKER = """
make("before")
if os.fork():
    os._exit(0)  # as who starts a daemon
make("first")
print("ready", flush=True)
for label in sys.stdin:
    if os.fork() == 0:
        try:
            make(label.strip())
            print("made", flush=True)
        except Exception as error:
            print(error, flush=True)
        finally:
            os.kill(os.getpid(), 9)
    os.wait()
"""


def labels(hsm: Hsm) -> set[str]:
    """Return the labels of alice's keys."""
    session = hsm.open_session()
    session.login(Role.CRYPTO_USER, "alice", PASSWORDS["alice"])
    return {str(session.attributes(handle)[Attribute.LABEL]) for handle in session.find({})}


def test_what_a_forked_process_wrote_is_there_whoever_opened_the_home_meanwhile(home: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", _LOGGED_IN + _FORKER, str(home), PASSWORDS["alice"].decode()],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    with process:
        assert process.stdout.readline() == "ready\n"
        assert process.wait(60) == 0
        expected = {"before", "first"}
        for label in ("second", "third"):
            # Whoever closes the database last puts its log into it and removes the log.
            other = open_home(home)
            assert labels(other) == expected
            other.close()
            process.stdin.write(f"{label}\n")
            process.stdin.flush()
            assert process.stdout.readline() == "made\n"
            expected.add(label)
    last = open_home(home)
    assert labels(last) == expected
    last.close()


_BUSY_FORKER = """
stop = threading.Event()

def work():
    while not stop.is_set():
        make("a thread's")
        session.find({})

def fork(first):
    for number in range(first, first + 10):
        child = os.fork()
        if child == 0:
            signal.alarm(20)
            try:
                make(f"child {number}")
                os._exit(0)
            except Exception as error:
                print(error, flush=True)
                os._exit(1)
        children.append(child)

children = []
threads = [threading.Thread(target=work) for _ in range(2)]
forkers = [threading.Thread(target=fork, args=(first,)) for first in (0, 10)]
for thread in threads + forkers:
    thread.start()
for forker in forkers:
    forker.join()
outcomes = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
stop.set()
for thread in threads:
    thread.join()
print(*outcomes)
"""


def test_a_fork_goes_on_while_threads_of_its_parent_change_keys(home: Path) -> None:
    """None of them waits for a lock, of Python or of SQLite, that only its parent would let go; two threads fork."""
    command = [sys.executable, "-c", _LOGGED_IN + _BUSY_FORKER, str(home), PASSWORDS["alice"].decode()]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    assert done.stdout.split() == ["0"] * 20, done.stdout
    hsm = open_home(home)
    assert labels(hsm) >= {f"child {number}" for number in range(20)}
    hsm.close()
    assert verify_audit(home, lambda: "") > 0
