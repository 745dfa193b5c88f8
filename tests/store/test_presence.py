"""Who is logged in, as all processes of a home see it."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from conftest import PASSWORDS, log_in
from engine.keys import refused
from server.daemon import is_alive, until

from bridge.engine import Hsm, HsmError, ReturnCode, Role, Session
from bridge.store.presence import LOGINS
from store.processes import processes

NEW = "a-new-password"
BUSY = ReturnCode.USER_ALREADY_LOGGED_IN

_FORKER = """
import os, sys
from pathlib import Path
from bridge.engine import HsmError, Role
from bridge.store import open_home

ALICE = Role.CRYPTO_USER, "alice", sys.argv[2].encode()
hsm = open_home(Path(sys.argv[1]))
session = hsm.open_session()
session.login(*ALICE)
reader, writer = os.pipe()
child = os.fork()
print(child, flush=True) if child else None
for line in sys.stdin if child else os.fdopen(reader):
    who, command = line.split()
    if child and who == "child":
        os.write(writer, line.encode())
        continue
    if command == "exit":
        os._exit(0)
    try:
        {
            "login": lambda: session.login(*ALICE),
            "logout": lambda: session.logout(),
            "change": lambda: session.change_password(*ALICE),
            "close": lambda: hsm.close(),
        }[command]()
        print("done", flush=True)
    except HsmError as error:
        print(error.code.name, flush=True)
"""


class Forked:
    """A process that logged alice in and then forked."""

    def __init__(self, home: Path) -> None:
        self.popen = subprocess.Popen(
            [sys.executable, "-c", _FORKER, str(home), PASSWORDS["alice"].decode()],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.child = int(self._read())

    def __call__(self, who: str, command: str) -> str:
        assert self.popen.stdin is not None
        self.popen.stdin.write(f"{who} {command}\n")
        self.popen.stdin.flush()
        return "" if command == "exit" else self._read()

    def _read(self) -> str:
        assert self.popen.stdout is not None
        return self.popen.stdout.readline().strip()


@pytest.fixture
def forked(home: Path) -> Iterator[Forked]:
    process = Forked(home)
    with process.popen:
        yield process
        process.popen.kill()
        with suppress(ProcessLookupError):
            os.kill(process.child, signal.SIGKILL)


def change(admin: Session, name: str = "alice") -> None:
    admin.change_password(Role.CRYPTO_USER, name, PASSWORDS[name])


def locks(home: Path, pid: int | str = "self") -> list[str]:
    """Return the lock files of a home that a process has open."""
    found = []
    for descriptor in Path(f"/proc/{pid}/fd").iterdir():
        try:
            target = Path(os.readlink(descriptor))
        except FileNotFoundError:
            continue
        if target.parent == home / LOGINS:
            found.append(target.name)
    return sorted(found)


def test_a_login_of_another_process_counts_until_it_ends(home: Path, admin: Session) -> None:
    with processes(home, 2) as (first, second):
        for process in (first, second):
            with refused(BUSY, "crypto-user 'alice'"):
                admin.delete_user(Role.CRYPTO_USER, "alice")
            with refused(BUSY):
                change(admin)
            process("logout")
        change(admin)
        first("login", "alice", PASSWORDS["alice"].decode())
        first("change_password", "alice", NEW)
        second("login", "alice", NEW)
        with refused(BUSY, "crypto-user 'alice'"):
            first("change_password", "alice", "another-password")
        second.stop()
        first("change_password", "alice", "another-password")
        with refused(BUSY):
            change(admin)


def test_a_killed_process_has_nobody_logged_in(home: Path, admin: Session) -> None:
    with processes(home, 2) as both:
        for process in both:
            with refused(BUSY):
                change(admin)
            process.popen.kill()
            process.popen.wait()
    change(admin)
    admin.delete_user(Role.CRYPTO_USER, "alice")


def test_an_admin_of_another_process_sees_the_logins_here(home: Path, hsm: Hsm) -> None:
    sessions = [log_in(hsm, "alice"), log_in(hsm, "alice")]
    with processes(home, 1, "bob") as (other,):
        other("login", "admin", PASSWORDS["admin"].decode(), "admin")
        for session in sessions:
            with refused(BUSY):
                other("change_password", "alice", NEW)
            session.logout()
        other("change_password", "alice", NEW)


def test_a_check_leaves_the_logins_as_they_were(home: Path, hsm: Hsm, admin: Session) -> None:
    """Whoever asks gives up the own lock for a moment."""
    alice = log_in(hsm, "alice")
    with processes(home, 1) as (other,):
        for _ in range(3):
            with refused(BUSY):
                alice.change_password(Role.CRYPTO_USER, "alice", PASSWORDS["alice"])
            with refused(BUSY):
                other("change_password", "alice", NEW)
        other("logout")
        alice.change_password(Role.CRYPTO_USER, "alice", PASSWORDS["alice"])
        other("login", "admin", PASSWORDS["admin"].decode(), "admin")
        with refused(BUSY):
            other("change_password", "alice", NEW)
        alice.close()
        other("change_password", "alice", NEW)


def test_a_user_has_one_lock_in_a_process_and_only_while_logged_in(hsm: Hsm, home: Path) -> None:
    sessions = [log_in(hsm, "alice") for _ in range(20)] + [log_in(hsm, "bob")]
    assert locks(home) == ["crypto-user.alice", "crypto-user.bob"]
    admin = log_in(hsm, "admin")
    with refused(BUSY):
        change(admin)
    for session in sessions[1:]:
        session.close()
        session.close()
    assert locks(home) == ["admin.admin", "crypto-user.alice"]
    sessions[0].change_password(Role.CRYPTO_USER, "alice", PASSWORDS["alice"])
    sessions[0].logout()
    change(admin)
    assert locks(home) == ["admin.admin"]
    hsm.close()
    assert locks(home) == []
    assert stat.S_IMODE((home / LOGINS).stat().st_mode) == 0o700
    for file in (home / LOGINS).iterdir():
        assert (stat.S_IMODE(file.stat().st_mode), file.stat().st_size) == (0o600, 0)


def test_threads_that_log_in_and_out_lose_no_login(hsm: Hsm, admin: Session, home: Path) -> None:
    stay = log_in(hsm, "alice")
    errors: list[HsmError] = []

    def work() -> None:
        try:
            for _ in range(10):
                log_in(hsm, "alice").close()
        except HsmError as error:
            errors.append(error)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        with refused(BUSY):
            change(admin)
    assert errors == []
    assert locks(home) == ["admin.admin", "crypto-user.alice"]
    stay.logout()
    change(admin)


@pytest.mark.parametrize("put", [Path.touch, lambda folder: folder.symlink_to("/nowhere")], ids=["file", "link"])
def test_nobody_logs_in_who_could_not_be_seen(hsm: Hsm, home: Path, put: Callable[[Path], None]) -> None:
    put(home / LOGINS)
    session = hsm.open_session()
    with refused(ReturnCode.TOKEN_NOT_PRESENT, str(home)):
        session.login(Role.CRYPTO_USER, "alice", PASSWORDS["alice"])
    assert not session.logged_in
    (home / LOGINS).unlink()
    session.login(Role.CRYPTO_USER, "alice", PASSWORDS["alice"])


def test_a_fork_is_logged_in_when_its_parent_is_no_more(forked: Forked, admin: Session, home: Path) -> None:
    with refused(BUSY):
        change(admin)
    assert forked("parent", "logout") == "done"
    with refused(BUSY):
        change(admin)
    assert locks(home, forked.child) == ["crypto-user.alice"]
    os.kill(forked.child, signal.SIGKILL)
    until(lambda: not is_alive(forked.child), "the fork ends")
    change(admin)


def test_a_fork_that_outlives_its_parent_is_logged_in(forked: Forked, admin: Session) -> None:
    forked("parent", "exit")
    forked.popen.wait()
    with refused(BUSY):
        change(admin)
    os.kill(forked.child, signal.SIGKILL)
    until(lambda: not is_alive(forked.child), "the fork ends")
    change(admin)


@pytest.mark.parametrize("end", ["logout", "close", "exit"])
def test_a_fork_does_not_end_the_login_of_its_parent(forked: Forked, admin: Session, end: str) -> None:
    forked("child", end)
    if end == "exit":
        until(lambda: not is_alive(forked.child), "the fork ends")
    with refused(BUSY):
        change(admin)
    assert forked("parent", "change") == "done"
    assert forked("parent", "logout") == "done"
    change(admin)


def test_a_login_in_a_fork_is_one_of_its_own(forked: Forked, admin: Session) -> None:
    assert forked("child", "logout") == "done"
    assert forked("child", "login") == "done"
    assert forked("parent", "change") == BUSY.name
    assert forked("child", "change") == BUSY.name
    assert forked("parent", "logout") == "done"
    with refused(BUSY):
        change(admin)
    assert forked("child", "change") == "done"
    assert forked("child", "logout") == "done"
    change(admin)
