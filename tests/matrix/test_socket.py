"""The matrix through a daemon: the same answers, word for word, as of the engine on the same home."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import PASSWORDS
from server.daemon import Daemon, running

from bridge.engine import Hsm, Role, Session
from bridge.server.client import RemoteSession, connect
from bridge.store import open_home
from matrix.conftest import CAROL, seats
from matrix.doors import Inputs, as_before, calls, make, outcome
from matrix.table import CHANGES, FEW_STATES, Kind, Who, cases, expected

LOGINS = {
    Who.ADMIN: (Role.ADMIN, "admin", PASSWORDS["admin"]),
    Who.OWNER: (Role.CRYPTO_USER, "alice", PASSWORDS["alice"]),
    Who.SHARED: (Role.CRYPTO_USER, "bob", PASSWORDS["bob"]),
    Who.FOREIGN: (Role.CRYPTO_USER, "carol", CAROL),
}


@pytest.fixture
def daemon(pristine_home: Path) -> Iterator[Daemon]:
    with running(pristine_home, "--workers", "2") as daemon:
        yield daemon


@pytest.fixture
def here(daemon: Daemon) -> Iterator[Hsm]:
    """The daemon's HSM, open in this process too."""
    hsm = open_home(daemon.home)
    yield hsm
    hsm.close()


@pytest.fixture
def there(daemon: Daemon, users: dict[Who, Session]) -> Iterator[dict[Who, RemoteSession]]:
    """The same users, logged in to the daemon."""
    remote = {who: connect(f"unix:{daemon.home / 'engine.sock'}") for who in Who}
    for who, login in LOGINS.items():
        remote[who].login(*login)
    yield remote
    for session in remote.values():
        session.close()


@pytest.fixture
def users(here: Hsm) -> dict[Who, Session]:
    """The users in this process."""
    return seats(here)


def plain(message: str, inputs: Inputs) -> str:
    """Return a message without the handles of the session's own helpers."""
    for helper in inputs.payload.values():
        message = message.replace(f"{helper:016x}", "helper")
    return message


@pytest.mark.parametrize("kind", Kind)
def test_every_cell(users: dict[Who, Session], there: dict[Who, RemoteSession], kind: Kind) -> None:
    owner = users[Who.OWNER]
    local, remote = Inputs(owner, users), Inputs(owner, users)
    # Session keys are seen in their own session only.
    remote.payload = {who: Inputs.helper(there[who]) for who in local.payload}
    wrong = []
    for state in FEW_STATES:
        handle = make(owner, kind, state)
        for case in (case for case in cases([state]) if case.kind is kind):
            got, message = outcome(calls(there[case.who], case, handle, remote))
            if got != expected(case):
                wrong.append(f"{case}: {got!r} {message}, not {expected(case)!r}")
            if got is None and case.operation in CHANGES:
                handle = as_before(owner, users[Who.ADMIN], case, handle)
            elif got is not None:
                same, words = outcome(calls(users[case.who], case, handle, local))
                assert (got, plain(message, remote)) == (same, plain(words, local)), case
    assert not wrong, "\n".join(wrong)
