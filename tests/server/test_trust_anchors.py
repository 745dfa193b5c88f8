"""Client certificates of authorities that the HSM trusts, and what is asked of those who show none."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from cli.command import process
from conftest import PASSWORDS
from engine.keys import refused

from bridge.engine import HsmError, ReturnCode, Role, Session
from bridge.engine.settings import MtlsEnforcement
from bridge.server.client import RemoteSession, connect
from bridge.store import open_home
from server.daemon import Daemon
from server.door import Door, context_in, context_of, listening, made_up
from server.peer import Ended


@pytest.fixture
def door(pristine_home: Path) -> Iterator[Door]:
    with listening(pristine_home) as one:
        yield one


@contextmanager
def admin_at_home(daemon: Daemon) -> Iterator[Session]:
    """Log the admin in to the home itself, in this process."""
    hsm = open_home(daemon.home)
    try:
        session = hsm.open_session()
        session.login(Role.ADMIN, "admin", PASSWORDS["admin"])
        yield session
    finally:
        hsm.close()


def is_let_in(door: Door, context: ssl.SSLContext) -> bool:
    try:
        door.connect(context).close()
    except (ssl.SSLError, Ended, ConnectionError):
        return False
    return True


def test_anchors_count_from_the_next_handshake_on(door: Door, tmp_path: Path) -> None:
    known = door.client("known")
    authority = made_up(tmp_path / "authority")
    context = context_of(known / "ca.crt", *made_up(tmp_path / "client", authority))
    stranger = context_of(known / "ca.crt", *made_up(tmp_path / "stranger", made_up(tmp_path / "other")))
    assert not is_let_in(door, context)
    with admin_at_home(door.daemon) as admin:
        reference = admin.register_trust_anchor(authority[0].read_bytes()).reference
        # More often than there are workers, and in between for the others that are let in or not.
        for _ in range(4):
            assert is_let_in(door, context)
            assert is_let_in(door, context_in(known))
            assert not is_let_in(door, stranger)
        admin.deregister_trust_anchor(reference)
    for _ in range(4):
        assert not is_let_in(door, context)
        assert is_let_in(door, context_in(known))


def test_a_revoked_certificate_of_ours_is_refused_beside_anchors_too(door: Door, tmp_path: Path) -> None:
    kept, lost = door.client("kept"), door.client("lost")
    with admin_at_home(door.daemon) as admin:
        admin.register_trust_anchor(made_up(tmp_path / "authority")[0].read_bytes())
    assert is_let_in(door, context_in(lost))
    assert process(door.daemon.home, {}, "certs", "revoke", "lost").returncode == 0
    for _ in range(4):
        assert not is_let_in(door, context_in(lost))
        assert is_let_in(door, context_in(kept))
    assert "certificate revoked" in door.daemon.errors.read_text()


@pytest.mark.parametrize("days", [(-2, -1), (1, 2)], ids=["ended", "not begun"])
def test_certificates_of_an_anchor_have_their_time(door: Door, tmp_path: Path, days: tuple[int, int]) -> None:
    known, authority = door.client("known"), made_up(tmp_path / "authority")
    with admin_at_home(door.daemon) as admin:
        admin.register_trust_anchor(authority[0].read_bytes())
    assert not is_let_in(door, context_of(known / "ca.crt", *made_up(tmp_path / "client", authority, days=days)))


def test_a_client_is_no_authority_below_an_anchor(door: Door, tmp_path: Path) -> None:
    known, authority = door.client("known"), made_up(tmp_path / "authority")
    client = made_up(tmp_path / "client", authority)
    with admin_at_home(door.daemon) as admin:
        admin.register_trust_anchor(authority[0].read_bytes())
    assert not is_let_in(door, context_of(known / "ca.crt", *made_up(tmp_path / "below", client)))


def test_a_list_of_revoked_ones_that_is_none_lets_nobody_in(door: Door, tmp_path: Path) -> None:
    known, revoked = door.client("known"), door.daemon.home / "certs" / "crl.pem"
    with admin_at_home(door.daemon) as admin:
        admin.register_trust_anchor(made_up(tmp_path / "authority")[0].read_bytes())
    good = revoked.read_bytes()
    revoked.write_bytes(b"nonsense")
    assert not is_let_in(door, context_in(known))
    revoked.write_bytes(good)
    assert is_let_in(door, context_in(known))


def disconnected(session: Session | RemoteSession) -> None:
    with refused(ReturnCode.DEVICE_REMOVED, "HSM is disconnected", "cluster"):
        session.login(Role.CRYPTO_USER, "alice", PASSWORDS["alice"])


def test_enforcement_shuts_out_who_shows_no_certificate(door: Door) -> None:
    unix = f"unix:{door.daemon.socket}"
    admin, before, user = door.session(door.client("known")), connect(unix), connect(unix)
    before.login(Role.ADMIN, "admin", PASSWORDS["admin"])
    with refused(ReturnCode.ACTION_PROHIBITED, "Current connection must be mtls"):
        before.set_mtls_enforcement(MtlsEnforcement.CLUSTER)
    admin.login(Role.ADMIN, "admin", PASSWORDS["admin"])
    admin.set_mtls_enforcement(MtlsEnforcement.CLUSTER)

    with refused(ReturnCode.DEVICE_REMOVED, "HSM is disconnected"):
        before.tokens()
    for _ in range(6):
        disconnected(user)
    # Right passwords that were not looked at do not count as wrong ones, and what is no secret is told.
    assert [user.failures for user in user.users() if user.name == "alice"] == [0]
    assert user.mtls_enforcement() is MtlsEnforcement.CLUSTER
    over_tls = door.session(door.clients / "known")
    over_tls.login(Role.CRYPTO_USER, "alice", PASSWORDS["alice"])
    over_tls.close()

    with admin_at_home(door.daemon) as owner:
        owner.set_mtls_enforcement(MtlsEnforcement.NONE)
    user.login(Role.CRYPTO_USER, "alice", PASSWORDS["alice"])
    assert before.tokens() == []
    for session in (admin, before, user):
        session.close()


def test_who_shows_a_certificate_of_nobody_is_told_so(door: Door, tmp_path: Path) -> None:
    certificate, key = made_up(tmp_path / "client")
    key.chmod(0o600)
    known = door.client("known")
    with pytest.raises(HsmError) as caught:
        connect("{}:{}".format(*door.address), ca=known / "ca.crt", certificate=certificate, key=key)
    assert caught.value.code is ReturnCode.DEVICE_REMOVED
    assert "trust anchors" in caught.value.message
