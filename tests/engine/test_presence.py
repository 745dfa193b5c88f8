"""Users who are logged in to other sessions of the same process are neither deleted nor changed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import PASSWORDS, log_in

from bridge.engine import Hsm, ReturnCode, Role, Session
from bridge.engine.audit import Opcode
from bridge.engine.quorum import Service
from bridge.engine.users import Actor
from bridge.store import read_audit
from engine.approvers import approval, approvers, key_of, pem, signed
from engine.keys import refused

NEW = b"new-password"
ADMIN, CRYPTO_USER = Role.ADMIN, Role.CRYPTO_USER

Change = Callable[[Session], object]


def change_mfa(session: Session) -> None:
    key = key_of("alice")
    session.change_mfa(CRYPTO_USER, "alice", PASSWORDS["alice"], pem(key), signed(key, session.mfa_token()))


OWN: dict[Opcode, Change] = {
    Opcode.CHANGE_PSWD: lambda session: session.change_password(CRYPTO_USER, "Alice", NEW),
    Opcode.REGISTER_MFA_KEY: change_mfa,
    Opcode.DEREGISTER_MFA_KEY: lambda session: session.deregister_mfa(CRYPTO_USER, "ALICE"),
}
"""What users do about themselves."""

CHANGES: dict[Opcode, Change] = {**OWN, Opcode.DELETE_USER: lambda session: session.delete_user(CRYPTO_USER, "Alice")}
"""What admins do about alice."""


@pytest.fixture
def second_factor(hsm: Hsm) -> None:
    """Alice has a second factor; nobody is logged in."""
    session = log_in(hsm, "alice")
    change_mfa(session)
    session.close()


def enter(hsm: Hsm) -> Session:
    """Log alice in, who has a second factor."""
    session = hsm.open_session()
    session.login(CRYPTO_USER, "alice", PASSWORDS["alice"], signed(key_of("alice"), session.mfa_token()))
    return session


@pytest.mark.parametrize("opcode", CHANGES, ids=[opcode.name for opcode in CHANGES])
@pytest.mark.parametrize("same", [True, False], ids=["one HSM", "opened twice"])
@pytest.mark.parametrize("leave", [Session.logout, Session.close], ids=["logout", "close"])
def test_a_user_who_is_logged_in_is_not_changed(
    hsm: Hsm,
    open_hsm: Callable[[], Hsm],
    admin: Session,
    home: Path,
    second_factor: None,
    opcode: Opcode,
    same: bool,
    leave: Callable[[Session], None],
) -> None:
    change = CHANGES[opcode]
    where = hsm if same else open_hsm()
    sessions = [enter(where), enter(where)]
    for session in sessions:
        before = admin.users()
        with refused(
            ReturnCode.USER_ALREADY_LOGGED_IN,
            "crypto-user 'alice' is logged in to another session",
            "log out there",
            "end the program",
        ):
            change(admin)
        *_, last = read_audit(home)
        actor = Actor(ADMIN, "admin")
        facts = (last.event.opcode, last.event.actor, last.event.user, last.event.response)
        assert facts == (opcode, actor, Actor(CRYPTO_USER, "alice"), ReturnCode.USER_ALREADY_LOGGED_IN)
        assert admin.users() == before
        assert session.find({}) == []
        leave(session)
    change(admin)


@pytest.mark.parametrize("opcode", OWN, ids=[opcode.name for opcode in OWN])
@pytest.mark.parametrize("same", [True, False], ids=["one HSM", "opened twice"])
def test_the_session_that_asks_does_not_count(
    hsm: Hsm, open_hsm: Callable[[], Hsm], second_factor: None, opcode: Opcode, same: bool
) -> None:
    session, other = enter(hsm), enter(hsm if same else open_hsm())
    with refused(ReturnCode.USER_ALREADY_LOGGED_IN, "'alice'"):
        OWN[opcode](session)
    other.logout()
    OWN[opcode](session)


def test_another_user_and_another_role_do_not_count(hsm: Hsm, admin: Session, bob: Session, session: Session) -> None:
    admin.create_user(ADMIN, "alice", NEW)
    admin.change_password(ADMIN, "alice", PASSWORDS["alice"])
    namesake = hsm.open_session()
    namesake.login(ADMIN, "alice", PASSWORDS["alice"])
    session.logout()
    admin.delete_user(CRYPTO_USER, "alice")
    with refused(ReturnCode.USER_ALREADY_LOGGED_IN, "admin 'alice'"):
        admin.delete_user(ADMIN, "alice")
    with refused(ReturnCode.USER_ALREADY_LOGGED_IN, "admin 'admin'"):
        namesake.change_password(ADMIN, "admin", NEW)


def test_who_may_not_do_it_learns_nothing(session: Session, bob: Session, hsm: Hsm) -> None:
    for who, code in ((bob, ReturnCode.ACTION_PROHIBITED), (hsm.open_session(), ReturnCode.USER_NOT_LOGGED_IN)):
        for opcode in (Opcode.DELETE_USER, Opcode.CHANGE_PSWD, Opcode.DEREGISTER_MFA_KEY):
            with refused(code) as refusal:
                CHANGES[opcode](who)
            assert "another session" not in refusal.message


def test_a_refusal_uses_no_approval_up(hsm: Hsm, session: Session) -> None:
    admins = approvers(hsm, ADMIN, "admin", "officer")
    admin = admins["admin"]
    admin.set_quorum_value(Service.QUORUM, 2)
    admin.set_quorum_value(
        Service.USER, 2, approval(admin.generate_token(Service.QUORUM), "admin", "officer", role=ADMIN)
    )
    with refused(ReturnCode.QUORUM_REQUIRED):
        admin.delete_user(CRYPTO_USER, "alice")
    given = approval(admin.generate_token(Service.USER), "admin", "officer", role=ADMIN)
    with refused(ReturnCode.USER_ALREADY_LOGGED_IN):
        admin.delete_user(CRYPTO_USER, "alice", given)
    session.logout()
    admin.delete_user(CRYPTO_USER, "alice", given)


def test_a_refused_login_does_not_count(hsm: Hsm, admin: Session) -> None:
    session = hsm.open_session()
    with refused(ReturnCode.PIN_INCORRECT):
        session.login(CRYPTO_USER, "alice", b"wrong-password")
    session.login(CRYPTO_USER, "bob", PASSWORDS["bob"])
    with refused(ReturnCode.USER_ALREADY_LOGGED_IN):
        session.login(CRYPTO_USER, "alice", PASSWORDS["alice"])
    admin.delete_user(CRYPTO_USER, "alice")


def test_an_hsm_that_was_closed_has_nobody_logged_in(open_hsm: Callable[[], Hsm], admin: Session) -> None:
    other = open_hsm()
    session = log_in(other, "alice")
    other.close()
    admin.change_password(CRYPTO_USER, "alice", NEW)
    with refused(ReturnCode.SESSION_CLOSED):
        session.logout()
    admin.delete_user(CRYPTO_USER, "alice")
