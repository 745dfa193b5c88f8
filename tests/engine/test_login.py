"""Users, roles, passwords and lockout."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from conftest import PASSWORDS, log_in

from bridge.engine import Attribute, Hsm, HsmError, MechanismType, ReturnCode, Role, Session
from bridge.engine.state import State
from bridge.engine.users import PasswordHash, User
from engine.keys import new_aes, refused

CU, ADMIN = Role.CRYPTO_USER, Role.ADMIN


def guess(hsm: Hsm, times: int, name: str = "alice", role: Role = CU) -> None:
    for _ in range(times):
        with refused(ReturnCode.PIN_INCORRECT, repr(name)) as refusal:
            hsm.open_session().login(role, name, b"wrong-password")
        assert "wrong-password" not in refusal.message


def test_the_right_password_logs_in(hsm: Hsm) -> None:
    session = hsm.open_session()
    with refused(ReturnCode.USER_NOT_LOGGED_IN, "HSM_USER"):
        session.find({})
    session.login(CU, "ALICE", PASSWORDS["alice"])  # names are not case-sensitive
    assert session.find({}) == []
    with refused(ReturnCode.USER_ALREADY_LOGGED_IN, "'alice'"):
        session.login(CU, "alice", PASSWORDS["alice"])
    session.logout()
    with refused(ReturnCode.USER_NOT_LOGGED_IN):
        session.logout()
    session.login(CU, "bob", PASSWORDS["bob"])


@pytest.mark.parametrize(
    "password", [b"", b"alice-passwor", b"alice-passwords", b"Alice-password", b"\xff\xfe", b"a" * 10_000]
)
def test_every_other_password_does_not(hsm: Hsm, password: bytes) -> None:
    with refused(ReturnCode.PIN_INCORRECT):
        hsm.open_session().login(CU, "alice", password)


def test_an_unknown_user_and_a_wrong_role_look_like_a_wrong_password(hsm: Hsm) -> None:
    def message(role: Role, name: str) -> str:
        with refused(ReturnCode.PIN_INCORRECT) as refusal:
            hsm.open_session().login(role, name, b"wrong-password")
        return refusal.message.replace(repr(name.lower()), "…").replace(role.value, "…")

    for name in ("nobody", "", "a" * 1000, "\x00", "\ud800", "alice ", "' OR 1=1 --"):
        assert message(CU, name) == message(CU, "alice")
        log_in(hsm, "alice")
    assert message(ADMIN, "alice") == message(ADMIN, "admin")
    with refused(ReturnCode.PIN_INCORRECT):
        hsm.open_session().login(ADMIN, "alice", PASSWORDS["alice"])
    with refused(ReturnCode.PIN_INCORRECT):
        hsm.open_session().login(CU, "admin", PASSWORDS["admin"])


def test_five_wrong_passwords_lock_the_account(hsm: Hsm, admin: Session) -> None:
    guess(hsm, 4)
    log_in(hsm, "alice").logout()  # a right one in between begins the count anew
    guess(hsm, 5)
    with refused(ReturnCode.PIN_LOCKED, "'alice'", "admin"):
        hsm.open_session().login(CU, "alice", b"wrong-password")
    with refused(ReturnCode.PIN_LOCKED):
        log_in(hsm, "alice")
    log_in(hsm, "bob")
    admin.change_password(CU, "alice", b"a-new-password")
    with refused(ReturnCode.PIN_INCORRECT):
        log_in(hsm, "alice")
    hsm.open_session().login(CU, "alice", b"a-new-password")


def test_a_lock_survives_a_new_start(open_hsm: Callable[[], Hsm]) -> None:
    guess(open_hsm(), 3)
    guess(open_hsm(), 2)
    with refused(ReturnCode.PIN_LOCKED):
        open_hsm().open_session().login(CU, "alice", b"wrong-password")
    with refused(ReturnCode.PIN_LOCKED):
        log_in(open_hsm(), "alice")


def test_a_session_stays_logged_in_when_its_account_is_locked(hsm: Hsm, session: Session) -> None:
    guess(hsm, 5)
    with refused(ReturnCode.PIN_LOCKED):
        hsm.open_session().login(CU, "alice", b"wrong-password")
    assert session.find({}) == []


def test_a_lock_refuses_the_right_password_that_was_being_checked_meanwhile(
    hsm: Hsm, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Guesses at one moment must not gain anything: the right one among fifty, checked last, meets the lock."""
    locked = threading.Event()
    check = PasswordHash.matches

    def slow_when_right(password_hash: PasswordHash, password: bytes) -> bool:
        right = check(password_hash, password)
        if right:
            assert locked.wait(20)
        return right

    monkeypatch.setattr(PasswordHash, "matches", slow_when_right)
    codes: list[ReturnCode | None] = []

    def right() -> None:
        try:
            hsm.open_session().login(CU, "alice", PASSWORDS["alice"])
            codes.append(None)
        except HsmError as error:
            codes.append(error.code)

    thread = threading.Thread(target=right)
    thread.start()
    guess(hsm, 5)
    with refused(ReturnCode.PIN_LOCKED):
        hsm.open_session().login(CU, "alice", b"wrong-password")
    locked.set()
    thread.join()
    assert codes == [ReturnCode.PIN_LOCKED]


def test_wrong_passwords_at_one_moment_all_count(hsm: Hsm) -> None:
    codes: list[ReturnCode] = []
    start = threading.Barrier(16)

    def wrong() -> None:
        start.wait()
        with pytest.raises(HsmError) as caught:
            hsm.open_session().login(CU, "alice", b"wrong-password")
        codes.append(caught.value.code)

    threads = [threading.Thread(target=wrong) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(codes) == [ReturnCode.PIN_INCORRECT] * 5 + [ReturnCode.PIN_LOCKED] * 11


def test_right_passwords_at_one_moment_do_not_lock(hsm: Hsm) -> None:
    failures: list[HsmError] = []

    def right() -> None:
        try:
            log_in(hsm, "alice")
        except HsmError as error:
            failures.append(error)

    threads = [threading.Thread(target=right) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def test_an_admin_does_not_use_keys(session: Session, admin: Session) -> None:
    handle = new_aes(session, TOKEN=True)
    operations: list[Callable[[], object]] = [
        lambda: admin.destroy(handle),
        lambda: admin.sign(handle, MechanismType.ECDSA, b""),
        lambda: admin.verify(handle, MechanismType.ECDSA, b"", b""),
        lambda: new_aes(admin),
        lambda: admin.generate_key_pair(MechanismType.EC_KEY_PAIR_GEN, {}, {}),
        lambda: admin.import_key({Attribute.VALUE: bytes(16)}),
        lambda: admin.encrypt(handle, MechanismType.AES_ECB, bytes(16)),
        lambda: admin.decrypt(handle, MechanismType.AES_ECB, bytes(16)),
        lambda: admin.wrap(handle, MechanismType.CLOUDHSM_AES_KEY_WRAP_NO_PAD, handle),
        lambda: admin.unwrap(handle, MechanismType.CLOUDHSM_AES_KEY_WRAP_NO_PAD, bytes(24), {}),
        lambda: admin.derive(handle, MechanismType.HKDF_DERIVE, {}),
        lambda: admin.export(handle),
        lambda: admin.random(1),
    ]
    for operation in operations:
        with refused(ReturnCode.USER_TYPE_INVALID, "'admin'", "crypto user"):
            operation()
    assert session.find({}) == [handle]


def test_a_crypto_user_changes_the_own_password_only(hsm: Hsm, session: Session) -> None:
    for role, name in ((CU, "bob"), (ADMIN, "admin"), (ADMIN, "alice")):
        with refused(ReturnCode.ACTION_PROHIBITED, "'alice'"):
            session.change_password(role, name, b"a-new-password")
    log_in(hsm, "bob")
    log_in(hsm, "admin")
    handle = new_aes(session, TOKEN=True)
    session.change_password(CU, "Alice", b"a-new-password")
    again = hsm.open_session()
    again.login(CU, "alice", b"a-new-password")
    assert again.find({}) == [handle]
    with refused(ReturnCode.PIN_INCORRECT):
        log_in(hsm, "alice")


@pytest.mark.parametrize(
    ("password", "code"),
    [
        (b"", ReturnCode.PIN_LEN_RANGE),
        (b"7-chars", ReturnCode.PIN_LEN_RANGE),
        (b"x" * 33, ReturnCode.PIN_LEN_RANGE),
        ("ä".encode() * 7, ReturnCode.PIN_LEN_RANGE),
        (b"\xff" * 10, ReturnCode.PIN_INVALID),
    ],
)
def test_passwords_have_8_to_32_characters(admin: Session, password: bytes, code: ReturnCode) -> None:
    with refused(code):
        admin.change_password(CU, "alice", password)
    admin.change_password(CU, "alice", b"8-chars.")
    admin.change_password(CU, "alice", "ä".encode() * 32)


def test_a_password_is_changed_for_users_that_exist(admin: Session) -> None:
    with refused(ReturnCode.ARGUMENTS_BAD, "'carol'"):
        admin.change_password(CU, "carol", b"a-new-password")
    for name in ("", "a b", "a" * 32, "ü", "../x", "a\n", "\ud800"):
        with refused(ReturnCode.ARGUMENTS_BAD, "1 to 31"):
            admin.change_password(CU, name, b"a-new-password")


def test_the_first_users_are_made_once(hsm: Hsm) -> None:
    with refused(ReturnCode.ACTION_PROHIBITED):
        hsm.initialize(b"other-password", "carol", b"other-password")
    log_in(hsm, "admin")


def test_a_password_that_changed_while_it_was_checked_is_wrong(
    hsm: Hsm, admin: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    check = State.authenticate

    def late(self: State, *given: Any) -> User:
        known = check(self, *given)
        monkeypatch.undo()
        admin.change_password(CU, "alice", b"a-new-password")
        return known

    session = hsm.open_session()
    monkeypatch.setattr(State, "authenticate", late)
    with refused(ReturnCode.PIN_INCORRECT):
        session.login(CU, "alice", PASSWORDS["alice"])
    assert not session.logged_in
    session.login(CU, "alice", b"a-new-password")


def test_no_login_succeeds_with_a_password_that_was_changed_before_it(open_hsm: Callable[[], Hsm]) -> None:
    """Two processes, one logs in and the other changes the password: never do both, and the old one stays of use."""
    here, there = open_hsm(), open_hsm()
    admin, outcomes = log_in(there, "admin"), []
    for number in range(60):
        old, new = (f"password-{each}".encode() for each in (number, number + 1))
        if number == 0:
            admin.change_password(CU, "alice", old)
        session = here.open_session()
        changed = threading.Thread(target=lambda new=new: change(admin, new))
        changed.start()
        try:
            session.login(CU, "alice", old)
            succeeded = True
        except HsmError:
            succeeded = False
        changed.join()
        current = here.open_session()
        other = next((each for each in (old, new) if logs_in(current, each)), None)
        outcomes.append((succeeded, other))
        assert (succeeded, other) in ((True, old), (False, new), (False, old))
        session.close()
        current.close()
        change(admin, new)
    assert len(set(outcomes)) > 1


def change(admin: Session, password: bytes) -> None:
    """Change alice's password unless she is logged in."""
    with suppress(HsmError):
        admin.change_password(CU, "alice", password)


def logs_in(session: Session, password: bytes) -> bool:
    """Tell whether a password is alice's."""
    try:
        session.login(CU, "alice", password)
    except HsmError:
        return False
    return True
