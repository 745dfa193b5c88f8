"""Users: who makes, changes and deletes them, and what of them stays."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from conftest import PASSWORDS, log_in
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from bridge.engine import Hsm, ReturnCode, Role, Session, users
from bridge.engine.settings import PROFILES
from bridge.store import create_unactivated_home, open_home
from engine.approvers import key_of, pem, signed, signed_by_openssl
from engine.keys import new_aes, refused

NEW = b"new-password"
CRYPTO_USER, ADMIN = Role.CRYPTO_USER, Role.ADMIN


Calls = tuple[Callable[[], object], ...]


def logged_in(hsm: Hsm, role: Role, name: str, password: bytes) -> Session:
    session = hsm.open_session()
    session.login(role, name, password)
    return session


def test_anybody_lists_the_users(hsm: Hsm) -> None:
    listed = [(user.role.value, user.name, user.locked, user.mfa, user.quorum) for user in hsm.open_session().users()]
    assert sorted(listed) == [
        ("admin", "admin", False, False, False),
        ("crypto-user", "alice", False, False, False),
        ("crypto-user", "bob", False, False, False),
        ("internal(APPLIANCE_USER)", "app_user", False, False, False),
    ]


def test_an_admin_makes_users_who_log_in_at_once(hsm: Hsm, admin: Session, open_hsm: Callable[[], Hsm]) -> None:
    other = open_hsm()
    made = admin.create_user(CRYPTO_USER, "Carol_1", NEW)
    assert (made.role, made.name) == (CRYPTO_USER, "carol_1")
    assert admin.create_user(ADMIN, "carol_1", b"another-password").number == made.number + 1
    for each in (hsm, other):
        logged_in(each, CRYPTO_USER, "CAROL_1", NEW)
        logged_in(each, ADMIN, "carol_1", b"another-password")


@pytest.mark.parametrize("name", ["", "a b", "a" * 32, "ä", "a-b", "../x"])
def test_a_name_that_is_none(admin: Session, name: str) -> None:
    with refused(ReturnCode.ARGUMENTS_BAD, "1 to 31 letters"):
        admin.create_user(CRYPTO_USER, name, NEW)


@pytest.mark.parametrize("password", [b"1234567", b"x" * 33])
def test_a_password_of_a_wrong_length(admin: Session, password: bytes) -> None:
    with refused(ReturnCode.PIN_LEN_RANGE, "8 to 32 characters"):
        admin.create_user(CRYPTO_USER, "carol", password)


def test_a_user_is_made_once(admin: Session) -> None:
    before = admin.users()
    with refused(ReturnCode.ARGUMENTS_BAD, "'alice' already"):
        admin.create_user(CRYPTO_USER, "ALICE", NEW)
    assert admin.users() == before


def test_there_are_as_many_users_as_there_is_room_for(
    hsm: Hsm, admin: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert {name.value: profile.users for name, profile in PROFILES.items()} == {
        "hsm1.medium": 250,
        "hsm2m.medium": 1024,
    }
    monkeypatch.setattr(hsm, "_profiles", {hsm.profile.hsm_type: replace(hsm.profile, users=len(admin.users()) + 1)})
    admin.create_user(CRYPTO_USER, "carol", NEW)
    with refused(ReturnCode.DEVICE_MEMORY, "users", "delete others"):
        admin.create_user(CRYPTO_USER, "dave", NEW)


@pytest.mark.parametrize("role", [Role.APPLIANCE_USER, Role.UNACTIVATED_ADMIN])
def test_the_other_roles_are_not_managed(admin: Session, role: Role) -> None:
    for manage in (admin.create_user, admin.change_password):
        with refused(ReturnCode.ARGUMENTS_BAD, role.value):
            manage(role, "app_user", NEW)
    with refused(ReturnCode.ARGUMENTS_BAD, role.value):
        admin.delete_user(role, "app_user")


def test_nobody_logs_in_as_the_appliance_user(hsm: Hsm) -> None:
    with refused(ReturnCode.PIN_INCORRECT):
        logged_in(hsm, Role.APPLIANCE_USER, "app_user", PASSWORDS["admin"])


def test_a_crypto_user_manages_no_users(session: Session) -> None:
    calls: Calls = (
        lambda: session.create_user(CRYPTO_USER, "carol", NEW),
        lambda: session.delete_user(CRYPTO_USER, "bob"),
        lambda: session.change_password(CRYPTO_USER, "bob", NEW),
        lambda: session.deregister_mfa(CRYPTO_USER, "bob"),
    )
    for manage in calls:
        with refused(ReturnCode.ACTION_PROHIBITED, "Only an admin"):
            manage()


def test_without_login_nothing_is_managed(hsm: Hsm) -> None:
    nobody = hsm.open_session()
    calls: Calls = (
        lambda: nobody.create_user(CRYPTO_USER, "carol", NEW),
        lambda: nobody.delete_user(CRYPTO_USER, "bob"),
        lambda: nobody.change_password(CRYPTO_USER, "bob", NEW),
        lambda: nobody.register_approver_key(b"", b"", b""),
    )
    for manage in calls:
        with refused(ReturnCode.USER_NOT_LOGGED_IN):
            manage()


def test_a_deleted_user_is_gone(hsm: Hsm, admin: Session) -> None:
    log_in(hsm, "bob").logout()
    admin.delete_user(CRYPTO_USER, "BOB")
    assert "bob" not in {user.name for user in admin.users()}
    with refused(ReturnCode.PIN_INCORRECT):
        log_in(hsm, "bob")


def test_a_login_that_met_a_deletion_is_of_no_use(hsm: Hsm, open_hsm: Callable[[], Hsm]) -> None:
    """The deletion was allowed, since the password was still being checked."""
    here, there = log_in(hsm, "bob"), log_in(open_hsm(), "bob")
    key = new_aes(here)
    with hsm.changing() as transaction:
        transaction.delete_user(hsm.user(CRYPTO_USER, "bob"))
    for session in (here, there):
        with refused(ReturnCode.USER_NOT_LOGGED_IN):
            session.find({})
    with refused(ReturnCode.USER_NOT_LOGGED_IN):
        here.attributes(key)


def test_who_owns_keys_is_not_deleted(admin: Session, session: Session) -> None:
    key = new_aes(session, TOKEN=True)
    with refused(ReturnCode.ACTION_PROHIBITED, "'alice' owns 1 keys", f"{key:016x}"):
        admin.delete_user(CRYPTO_USER, "alice")
    session.destroy(key)
    session.logout()
    admin.delete_user(CRYPTO_USER, "alice")


def test_who_had_a_key_shared_has_it_no_more_after_coming_back(hsm: Hsm, admin: Session, session: Session) -> None:
    key = new_aes(session, TOKEN=True)
    session.share(key, "bob")
    admin.delete_user(CRYPTO_USER, "bob")
    assert session.info(key).shared_with == frozenset()
    admin.create_user(CRYPTO_USER, "bob", PASSWORDS["bob"])
    assert log_in(hsm, "bob").find({}) == []


def test_an_admin_does_not_delete_the_own_account(admin: Session) -> None:
    with refused(ReturnCode.ACTION_PROHIBITED, "logged in"):
        admin.delete_user(ADMIN, "admin")


def test_users_change_their_own_password_and_keep_their_keys(hsm: Hsm, session: Session) -> None:
    key = new_aes(session, TOKEN=True)
    session.change_password(CRYPTO_USER, "alice", NEW)
    with refused(ReturnCode.PIN_INCORRECT):
        log_in(hsm, "alice")
    assert logged_in(hsm, CRYPTO_USER, "alice", NEW).find({}) == [key]


def test_an_admin_unlocks_with_a_password(hsm: Hsm, admin: Session) -> None:
    for _ in range(users.MAX_FAILURES):
        with refused(ReturnCode.PIN_INCORRECT):
            logged_in(hsm, CRYPTO_USER, "bob", b"wrong-password")
    with refused(ReturnCode.PIN_LOCKED):
        log_in(hsm, "bob")
    (bob,) = [user for user in admin.users() if user.name == "bob"]
    assert (bob.locked, bob.failures) == (True, users.MAX_FAILURES)
    admin.change_password(CRYPTO_USER, "bob", NEW)
    logged_in(hsm, CRYPTO_USER, "bob", NEW)


def test_a_new_hsm_is_activated_once(tmp_path: Path) -> None:
    home = tmp_path / "home"
    create_unactivated_home(home)
    hsm = open_home(home)
    try:
        session = hsm.open_session()
        assert [(user.role, user.name, user.number) for user in session.users()] == [
            (Role.UNACTIVATED_ADMIN, "admin", 1),
            (Role.APPLIANCE_USER, "app_user", 2),
        ]
        for role in (Role.UNACTIVATED_ADMIN, ADMIN):
            with refused(ReturnCode.PIN_INCORRECT):
                session.login(role, "admin", b"password")
        with refused(ReturnCode.PIN_LEN_RANGE):
            session.activate(b"short")
        assert session.activate(NEW).role is ADMIN
        with refused(ReturnCode.ACTION_PROHIBITED, "has been activated"):
            hsm.open_session().activate(b"another-password")
        session.login(ADMIN, "admin", NEW)
        assert [(user.role, user.number) for user in session.users()] == [(ADMIN, 1), (Role.APPLIANCE_USER, 2)]
        assert session.create_user(CRYPTO_USER, "alice", NEW).number == 3
    finally:
        hsm.close()


def test_a_second_factor_is_asked_for(hsm: Hsm, admin: Session, session: Session, tmp_path: Path) -> None:
    key = key_of("alice")
    signature = signed_by_openssl(tmp_path, key, session.mfa_token())
    assert session.change_mfa(CRYPTO_USER, "alice", NEW, pem(key), signature).mfa
    assert [user.mfa for user in admin.users() if user.name == "alice"] == [True]
    again = hsm.open_session()
    with refused(ReturnCode.PIN_INCORRECT, "second factor"):
        again.login(CRYPTO_USER, "alice", NEW)
    with refused(ReturnCode.PIN_INCORRECT):
        again.login(CRYPTO_USER, "alice", b"wrong-password", signed(key, again.mfa_token()))
    token = again.mfa_token()
    with refused(ReturnCode.PIN_INCORRECT):
        again.login(CRYPTO_USER, "alice", NEW, signed(key_of("bob"), token))
    with refused(ReturnCode.PIN_INCORRECT):
        again.login(CRYPTO_USER, "alice", NEW, signed(key, token))  # each token serves one try
    again.login(CRYPTO_USER, "alice", NEW, signed_by_openssl(tmp_path, key, again.mfa_token()))
    assert again.find({}) == []


def test_a_second_factor_goes_with_the_next_password(hsm: Hsm, session: Session) -> None:
    key = key_of("alice")
    session.change_mfa(CRYPTO_USER, "alice", NEW, pem(key), signed(key, session.mfa_token()))
    session.change_password(CRYPTO_USER, "alice", PASSWORDS["alice"])
    log_in(hsm, "alice")


def test_a_second_factor_is_removed_by_its_user_or_an_admin(hsm: Hsm, admin: Session, session: Session) -> None:
    key = key_of("alice")
    for remover in (session, admin):
        session.change_mfa(CRYPTO_USER, "alice", NEW, pem(key), signed(key, session.mfa_token()))
        if remover is admin:
            session.logout()
        assert not remover.deregister_mfa(CRYPTO_USER, "alice").mfa
        logged_in(hsm, CRYPTO_USER, "alice", NEW).logout()
        with refused(ReturnCode.ARGUMENTS_BAD, "no second factor"):
            remover.deregister_mfa(CRYPTO_USER, "alice")


def test_wrong_second_factors_lock_the_account(hsm: Hsm, session: Session) -> None:
    key = key_of("alice")
    session.change_mfa(CRYPTO_USER, "alice", NEW, pem(key), signed(key, session.mfa_token()))
    for _ in range(users.MAX_FAILURES):
        with refused(ReturnCode.PIN_INCORRECT):
            logged_in(hsm, CRYPTO_USER, "alice", NEW)
    again = hsm.open_session()
    with refused(ReturnCode.PIN_LOCKED):
        again.login(CRYPTO_USER, "alice", NEW, signed(key, again.mfa_token()))


def test_a_second_factor_is_proven_before_it_counts(hsm: Hsm, session: Session) -> None:
    key = key_of("alice")
    with refused(ReturnCode.SIGNATURE_INVALID, "openssl pkeyutl"):
        session.change_mfa(CRYPTO_USER, "alice", NEW, pem(key), signed(key, bytes(32)))
    session.mfa_token()
    with refused(ReturnCode.SIGNATURE_INVALID):
        session.change_mfa(CRYPTO_USER, "alice", NEW, pem(key), signed(key_of("bob"), session.mfa_token()))
    log_in(hsm, "alice")


@pytest.mark.parametrize(
    "encoded",
    [b"", b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n", b"-----BEGIN nonsense"],
    ids=["empty", "no key", "no PEM"],
)
def test_what_is_no_key_is_no_approver_s(session: Session, encoded: bytes) -> None:
    with refused(ReturnCode.PUBLIC_KEY_INVALID, "RSA key of 2048 bits", "openssl genrsa"):
        session.change_mfa(CRYPTO_USER, "alice", NEW, encoded, b"")


@pytest.mark.parametrize(
    "generate",
    [lambda: rsa.generate_private_key(65537, 3072), lambda: ec.generate_private_key(ec.SECP256R1())],
    ids=["3072 bits", "EC"],
)
@pytest.mark.parametrize("encoding", [Encoding.PEM, Encoding.DER])
def test_a_key_that_no_approver_has(
    session: Session, generate: Callable[[], rsa.RSAPrivateKey], encoding: Encoding
) -> None:
    encoded = generate().public_key().public_bytes(encoding, PublicFormat.SubjectPublicKeyInfo)
    with refused(ReturnCode.PUBLIC_KEY_INVALID, "RSA key of 2048 bits", "openssl genrsa"):
        session.change_mfa(CRYPTO_USER, "alice", NEW, encoded, b"")


def test_what_an_hsm_says_of_itself(hsm: Hsm) -> None:
    info = hsm.open_session().hsm_info()
    assert "emulated" in str(info["vendor"])
    assert "not validated" in str(info["model"])
    assert "emulated" in str(info["fips-state"])
