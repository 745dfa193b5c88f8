"""An HSM with the users of the matrix."""

from __future__ import annotations

import pytest
from conftest import PASSWORDS, log_in

from bridge.engine import Hsm, Role, Session
from matrix.doors import OTHER_USER
from matrix.table import Who

CAROL = b"carols-password"


@pytest.fixture
def users(hsm: Hsm) -> dict[Who, Session]:
    """A session for each who asks."""
    return seats(hsm)


def seats(hsm: Hsm) -> dict[Who, Session]:
    """Log everybody in: alice owns the keys, bob shares them, carol is a stranger."""
    admin = log_in(hsm, "admin")
    for name in ("carol", OTHER_USER):
        admin.create_user(Role.CRYPTO_USER, name, CAROL)
    stranger = hsm.open_session()
    stranger.login(Role.CRYPTO_USER, "carol", CAROL)
    assert set(PASSWORDS) == {"admin", "alice", "bob"}
    return {
        Who.NOBODY: hsm.open_session(),
        Who.ADMIN: admin,
        Who.OWNER: log_in(hsm, "alice"),
        Who.SHARED: log_in(hsm, "bob"),
        Who.FOREIGN: stranger,
    }
