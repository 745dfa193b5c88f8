"""Users between clones: what of them comes along, and who may bring them."""

from __future__ import annotations

from dataclasses import replace

import pytest
from conftest import log_in

from bridge.engine import Hsm, ReturnCode, Role, Session
from bridge.engine.quorum import Service
from bridge.engine.users import MAX_FAILURES
from engine.approvers import approval, approvers, key_of, pem, signed
from engine.keys import refused

CRYPTO_USER, ADMIN = Role.CRYPTO_USER, Role.ADMIN
CAROL = b"carols-password"


def test_a_user_comes_with_password_approvers_key_and_second_factor(hsm: Hsm, clone: Hsm, admin: Session) -> None:
    admin.create_user(CRYPTO_USER, "carol", CAROL)
    key = key_of("carol")
    token = admin.mfa_token()
    before = admin.change_mfa(CRYPTO_USER, "carol", CAROL, pem(key), signed(key, token))
    made = log_in(clone, "admin").insert_masked_user(admin.extract_masked_user(CRYPTO_USER, "Carol"))
    assert made == before
    there = clone.open_session()
    with refused(ReturnCode.PIN_INCORRECT):
        there.login(CRYPTO_USER, "carol", CAROL)
    there.login(CRYPTO_USER, "carol", CAROL, signed(key, there.mfa_token()))


def test_a_users_number_is_kept_if_it_is_free(hsm: Hsm, clone: Hsm, admin: Session) -> None:
    there = log_in(clone, "admin")
    first, second = (admin.create_user(CRYPTO_USER, name, CAROL) for name in ("carol", "dave"))
    other = there.create_user(CRYPTO_USER, "erin", CAROL)
    assert other.number == first.number
    dave = there.insert_masked_user(admin.extract_masked_user(CRYPTO_USER, "dave"))
    carol = there.insert_masked_user(admin.extract_masked_user(CRYPTO_USER, "carol"))
    assert dave.number == second.number
    assert carol.number == second.number + 1


def test_wrong_passwords_are_counted_by_each_hsm(hsm: Hsm, clone: Hsm, admin: Session) -> None:
    admin.create_user(CRYPTO_USER, "carol", CAROL)
    for _ in range(MAX_FAILURES):
        with refused(ReturnCode.PIN_INCORRECT):
            hsm.open_session().login(CRYPTO_USER, "carol", b"wrong-password")
    made = log_in(clone, "admin").insert_masked_user(admin.extract_masked_user(CRYPTO_USER, "carol"))
    assert (made.locked, made.failures) == (False, 0)
    clone.open_session().login(CRYPTO_USER, "carol", CAROL)


def test_who_may_replicate_users(hsm: Hsm, clone: Hsm, session: Session, admin: Session, there: Session) -> None:
    with refused(ReturnCode.USER_NOT_LOGGED_IN):
        hsm.open_session().extract_masked_user(CRYPTO_USER, "bob")
    with refused(ReturnCode.ACTION_PROHIBITED, "Only an admin"):
        session.extract_masked_user(CRYPTO_USER, "alice")
    blob = admin.extract_masked_user(CRYPTO_USER, "bob")
    with refused(ReturnCode.ACTION_PROHIBITED, "Only an admin"):
        there.insert_masked_user(blob)
    for role in (Role.APPLIANCE_USER, Role.UNACTIVATED_ADMIN):
        with refused(ReturnCode.ARGUMENTS_BAD):
            admin.extract_masked_user(role, "app_user")
    with refused(ReturnCode.ARGUMENTS_BAD, "no crypto-user 'nobody'"):
        admin.extract_masked_user(CRYPTO_USER, "nobody")
    with refused(ReturnCode.ARGUMENTS_BAD, "There is a crypto-user 'bob' already"):
        log_in(clone, "admin").insert_masked_user(blob)


def test_a_clone_with_no_room_for_users(clone: Hsm, admin: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    admin.create_user(CRYPTO_USER, "carol", CAROL)
    there = log_in(clone, "admin")
    monkeypatch.setattr(clone, "_profiles", {clone.profile.hsm_type: replace(clone.profile, users=len(there.users()))})
    with refused(ReturnCode.DEVICE_MEMORY, "as many as it has room for"):
        there.insert_masked_user(admin.extract_masked_user(CRYPTO_USER, "carol"))


def test_a_user_comes_to_a_clone_as_by_creation_with_approvals(hsm: Hsm, clone: Hsm, admin: Session) -> None:
    """Otherwise one admin of a clone without a quorum could make officers for one that has it."""
    admin.create_user(ADMIN, "carol", CAROL)
    blob = admin.extract_masked_user(ADMIN, "carol")
    officers = approvers(clone, ADMIN, "admin", "officer")
    there = officers["admin"]
    there.set_quorum_value(Service.QUORUM, 2)
    there.set_quorum_value(Service.USER, 2, approval(there.generate_token(Service.QUORUM), "admin", "officer"))
    with refused(ReturnCode.QUORUM_REQUIRED):
        there.insert_masked_user(blob)
    assert "carol" not in {user.name for user in there.users()}
    given = approval(there.generate_token(Service.USER), "admin", "officer")
    assert there.insert_masked_user(blob, given).name == "carol"
