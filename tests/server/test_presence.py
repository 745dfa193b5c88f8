"""Logins in the sessions of a daemon count as those in programs do, and the other way round."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from conftest import PASSWORDS, log_in
from engine.keys import expect_code, refused

from bridge.engine import Hsm, HsmError, ReturnCode, Role, Session
from bridge.store import open_home
from bridge.store.presence import LOGINS
from server.daemon import Daemon, running, until
from server.peer import Ended, Peer

BUSY = ReturnCode.USER_ALREADY_LOGGED_IN
ALICE = ("crypto-user", "alice", PASSWORDS["alice"], None)


@pytest.fixture
def here(daemon: Daemon) -> Iterator[Hsm]:
    """The daemon's home, open in this process."""
    hsm = open_home(daemon.home)
    yield hsm
    hsm.close()


@pytest.fixture
def admin(here: Hsm) -> Session:
    """The admin, in this process."""
    return log_in(here, "admin")


def change(admin: Session) -> None:
    admin.change_password(Role.CRYPTO_USER, "alice", PASSWORDS["alice"])


def is_free(admin: Session) -> Callable[[], bool]:
    """Return a condition: alice is logged in to no other session."""

    def condition() -> bool:
        try:
            change(admin)
        except HsmError as error:
            expect_code(error, BUSY)
            return False
        return True

    return condition


def manager(daemon: Daemon) -> Peer:
    peer = daemon.peer()
    peer.call("loginAs", "admin", "admin", PASSWORDS["admin"], None)
    return peer


def locks(pid: int) -> list[str]:
    """Return the lock files of logins that a process has open."""
    targets = []
    for descriptor in Path(f"/proc/{pid}/fd").iterdir():
        try:
            targets.append(Path(os.readlink(descriptor)))
        except FileNotFoundError:
            continue
    return sorted(target.name for target in targets if target.parent.name == LOGINS)


def test_a_program_sees_the_logins_of_a_daemon(daemon: Daemon, admin: Session) -> None:
    with daemon.alice() as first, daemon.alice() as second:
        with refused(BUSY, "crypto-user 'alice' is logged in to another session", "log out there"):
            admin.delete_user(Role.CRYPTO_USER, "alice")
        first.call("logout")
        with refused(BUSY):
            change(admin)
        second.call("close")
        change(admin)
        first.call("login", "alice", PASSWORDS["alice"])
        with refused(BUSY):
            change(admin)
    until(is_free(admin), "the login ends with the session's last connection")


def test_a_daemon_sees_the_logins_of_a_program(daemon: Daemon, here: Hsm) -> None:
    alice = log_in(here, "alice")
    with manager(daemon) as admin, daemon.alice() as own:
        for method, arguments in (("changePassword", ALICE), ("deleteUser", (*ALICE[:2], None))):
            with refused(BUSY, "crypto-user 'alice' is logged in to another session"):
                admin.call(method, *arguments)
        with refused(BUSY):
            own.call("changePassword", *ALICE)
        alice.logout()
        own.call("changePassword", *ALICE)  # its own session does not count
        own.call("logout")
        admin.call("deleteUser", *ALICE[:2], None)


def test_all_workers_see_the_logins_of_all(daemon: Daemon) -> None:
    with ExitStack() as stack:
        admins = [stack.enter_context(manager(daemon)) for _ in range(8)]
        alice = stack.enter_context(daemon.alice())
        others = [stack.enter_context(daemon.peer(session=alice.token)) for _ in range(8)]
        for admin in admins:
            with refused(BUSY):
                admin.call("changePassword", *ALICE)
        for each in (alice, *others):
            each.call("changePassword", *ALICE)
        with daemon.alice(), refused(BUSY):
            alice.call("changePassword", *ALICE)
        alice.call("logout")
        for admin in admins:
            admin.call("changePassword", *ALICE)


def test_a_login_outlives_a_worker_and_ends_with_the_session(daemon: Daemon, admin: Session) -> None:
    with ExitStack() as stack:
        alice = stack.enter_context(daemon.alice())
        peers = [alice, *(stack.enter_context(daemon.peer(session=alice.token)) for _ in range(12))]
        daemon.kill_workers(daemon.workers()[0])
        with refused(BUSY):
            change(admin)
        daemon.kill_workers()
        until(is_free(admin), "the login ends with the session's last connection")
        for peer in peers:
            with pytest.raises((Ended, OSError)):
                peer.call("info")


def test_a_killed_daemon_has_nobody_logged_in(daemon: Daemon, admin: Session) -> None:
    with daemon.alice():
        with refused(BUSY):
            change(admin)
        daemon.kill()
        until(is_free(admin), "the login ends with the daemon's processes")


def test_the_supervisor_alone_has_a_lock_for_each_user(daemon: Daemon) -> None:
    with ExitStack() as stack:
        for _ in range(8):
            stack.enter_context(daemon.alice())
        supervisor, *_ = daemon.pids()
        assert locks(supervisor) == ["crypto-user.alice"]
        daemon.kill_workers(daemon.workers()[0])
        assert locks(supervisor) in (["crypto-user.alice"], [])
        with daemon.alice():
            for worker in daemon.workers():
                assert locks(worker) == []
    until(lambda: locks(supervisor) == [], "nobody is logged in")


def test_the_home_of_another_cluster_has_logins_of_its_own(pristine_home: Path, tmp_path: Path) -> None:
    other = Path(shutil.copytree(pristine_home, tmp_path / "other"))
    hsm = open_home(other)
    there = log_in(hsm, "admin")
    with (
        running(pristine_home, "--workers", "2", HSMBRIDGE_CLUSTERS=f"cluster-2={other}") as daemon,
        manager(daemon) as admin,
        daemon.alice(cluster="cluster-2") as alice,
    ):
        admin.call("changePassword", *ALICE)
        with refused(BUSY):
            change(there)
        alice.call("logout")
        change(there)
    hsm.close()
