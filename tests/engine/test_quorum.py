"""Quorum authentication of admins: values, tokens, approvals, and what is refused."""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import PASSWORDS, log_in

from bridge.engine import Hsm, ReturnCode, Role, Session
from bridge.engine.quorum import MOST_TOKENS, Approval, Service, Signature, Timeouts, approval_of, service_named
from bridge.store import open_home
from engine.approvers import PASSWORD, approval, approvers, key_of, pem, register, signed, signed_by_openssl
from engine.keys import refused

ADMIN, CRYPTO_USER = Role.ADMIN, Role.CRYPTO_USER
NAMES = ("admin", "officer1", "officer2")


@pytest.fixture
def officers(hsm: Hsm) -> dict[str, Session]:
    """Three admins, each logged in and with a registered key."""
    return approvers(hsm, ADMIN, *NAMES)


@pytest.fixture
def two(officers: dict[str, Session]) -> Session:
    """The first of three admins; two approvals are needed for quorum values and for users."""
    session = officers["admin"]
    session.set_quorum_value(Service.QUORUM, 2)
    data = session.generate_token(Service.QUORUM)
    session.set_quorum_value(Service.USER, 2, approval(data, "officer1", "officer2"))
    return session


def create(session: Session, name: str, given: Approval | None) -> None:
    session.create_user(CRYPTO_USER, name, PASSWORD, given)


def names(session: Session) -> set[str]:
    return {user.name for user in session.users()}


def test_nothing_needs_approval_at_first(hsm: Hsm, admin: Session) -> None:
    assert hsm.open_session().quorum_values() == {Service.USER: 1, Service.QUORUM: 1, Service.CLUSTER: 1}
    create(admin, "carol", None)


def test_the_values_have_an_order(officers: dict[str, Session]) -> None:
    session = officers["admin"]
    for value in (-1, 0, 9):
        with refused(ReturnCode.ATTRIBUTE_VALUE_INVALID, "Invalid quorum value provided."):
            session.set_quorum_value(Service.QUORUM, value)
    with refused(ReturnCode.ATTRIBUTE_VALUE_INVALID, "Invalid quorum value provided.", "set it first"):
        session.set_quorum_value(Service.USER, 2)
    with refused(ReturnCode.ATTRIBUTE_VALUE_INVALID, "Invalid quorum value provided.", "3 admins"):
        session.set_quorum_value(Service.QUORUM, 4)
    session.set_quorum_value(Service.QUORUM, 2)
    with refused(ReturnCode.ATTRIBUTE_VALUE_INVALID, "Invalid quorum value provided."):
        session.set_quorum_value(Service.USER, 3, approval(session.generate_token(Service.QUORUM), *NAMES))
    for service in (Service.REGISTRATION, Service.KEY_USAGE, Service.KEY_MANAGEMENT):
        with refused(ReturnCode.ARGUMENTS_BAD, service.value):
            session.set_quorum_value(service, 2)
    assert session.quorum_values() == {Service.USER: 1, Service.QUORUM: 2, Service.CLUSTER: 1}


def test_the_value_of_quorum_stays_the_largest(two: Session) -> None:
    raise_to_three = approval(two.generate_token(Service.QUORUM), "officer1", "officer2")
    two.set_quorum_value(Service.QUORUM, 3, raise_to_three)
    two.set_quorum_value(Service.USER, 3, approval(two.generate_token(Service.QUORUM), *NAMES))
    with refused(ReturnCode.ATTRIBUTE_VALUE_INVALID, "Invalid quorum value provided."):
        two.set_quorum_value(Service.QUORUM, 2, approval(two.generate_token(Service.QUORUM), *NAMES))


def test_a_quorum_is_switched_off_with_approval(two: Session) -> None:
    two.set_quorum_value(Service.USER, 2, approval(two.generate_token(Service.QUORUM), "officer1", "officer2"))
    with refused(ReturnCode.ATTRIBUTE_VALUE_INVALID, "no other may be larger"):
        two.set_quorum_value(Service.QUORUM, 1, approval(two.generate_token(Service.QUORUM), "officer1", "officer2"))
    with refused(ReturnCode.QUORUM_REQUIRED):
        two.set_quorum_value(Service.USER, 1)
    for service in (Service.USER, Service.QUORUM):
        two.set_quorum_value(service, 1, approval(two.generate_token(Service.QUORUM), "officer1", "officer2"))
    assert set(two.quorum_values().values()) == {1}
    create(two, "carol", None)


def test_another_users_second_factor_needs_approval(two: Session) -> None:
    two.set_quorum_value(Service.USER, 2, approval(two.generate_token(Service.QUORUM), "officer1", "officer2"))
    key = key_of("bob")

    def change(given: Approval | None) -> None:
        two.change_mfa(Role.CRYPTO_USER, "bob", PASSWORD, pem(key), signed(key, two.mfa_token()), given)

    with refused(ReturnCode.QUORUM_REQUIRED):
        change(None)
    change(approval(two.generate_token(Service.USER), "officer1", "officer2"))
    assert next(user for user in two.users() if user.name == "bob").mfa


def test_tokens_end_with_their_login(two: Session) -> None:
    two.generate_token(Service.USER)
    two.logout()
    with refused(ReturnCode.USER_NOT_LOGGED_IN):
        two.tokens()
    two.login(ADMIN, "admin", PASSWORDS["admin"])
    assert two.tokens() == []
    with refused(ReturnCode.ARGUMENTS_BAD, "no token"):
        two.token(Service.USER)


def test_a_value_needs_approval_once_there_is_one(two: Session) -> None:
    with refused(ReturnCode.QUORUM_REQUIRED, "Quorum approval is required for this operation"):
        two.set_quorum_value(Service.CLUSTER, 2)
    two.set_quorum_value(Service.CLUSTER, 2, approval(two.generate_token(Service.QUORUM), "admin", "officer1"))
    assert two.quorum_values() == {Service.USER: 2, Service.QUORUM: 2, Service.CLUSTER: 2}


def test_what_the_values_cover(two: Session, hsm: Hsm) -> None:
    for covered in (
        lambda: create(two, "carol", None),
        lambda: two.delete_user(CRYPTO_USER, "bob"),
        lambda: two.change_password(CRYPTO_USER, "bob", PASSWORD),
        lambda: two.change_password(ADMIN, "officer1", PASSWORD),
    ):
        with refused(ReturnCode.QUORUM_REQUIRED):
            covered()
    two.change_password(ADMIN, "admin", PASSWORD)  # the own one is not covered
    log_in(hsm, "bob")


def test_approved_operations_of_each_kind(two: Session) -> None:
    def approved() -> Approval:
        return approval(two.generate_token(Service.USER), "officer1", "officer2")

    create(two, "carol", approved())
    two.change_password(CRYPTO_USER, "carol", b"another-password", approved())
    two.delete_user(CRYPTO_USER, "carol", approved())
    assert "carol" not in names(two)


def test_the_requester_may_sign_and_openssl_signs_as_in_the_user_guide(two: Session, tmp_path: Path) -> None:
    data = two.generate_token(Service.USER)
    digest = hashlib.sha256(data).digest()
    given = tuple(
        Signature(name, role, signed_by_openssl(tmp_path, key_of(name.lower()), digest))
        for name, role in (("admin", None), ("OFFICER2", ADMIN))
    )
    create(two, "carol", Approval(data, given))
    assert "carol" in names(two)


def test_the_approval_data_is_the_originals(hsm: Hsm, officers: dict[str, Session]) -> None:
    version, service, number, key, nonce, name, created, zero = struct.unpack(
        ">HHIQ16s32sQQ", officers["officer1"].generate_token(Service.USER)
    )
    assert (version, service, key, name.rstrip(b"\0"), zero) == (1, 3, 0, b"officer1", 0)
    assert abs(created - hsm.now_ms() // 1000) <= 2
    assert number != 0
    assert nonce != bytes(16)


def test_a_token_is_used_once(two: Session) -> None:
    given = approval(two.generate_token(Service.USER), "officer1", "officer2")
    create(two, "carol", given)
    with refused(ReturnCode.QUORUM_FAILED, "Invalid username-signature pair for quorum authorization"):
        create(two, "dave", given)
    assert "dave" not in names(two)


def test_an_operation_that_fails_leaves_the_token(two: Session) -> None:
    given = approval(two.generate_token(Service.USER), "officer1", "officer2")
    with refused(ReturnCode.ARGUMENTS_BAD):
        create(two, "alice", given)
    create(two, "carol", given)


def test_too_few_approvals(two: Session) -> None:
    data = two.generate_token(Service.USER)
    with refused(ReturnCode.QUORUM_FAILED, "No token signatures provided"):
        create(two, "carol", Approval(data))
    text = "Too few quorum approvals: currently 1 approvals, but 2 approvals required"
    for signers in (["officer1"], ["officer1", "officer1"]):
        with refused(ReturnCode.QUORUM_FAILED, text):
            create(two, "carol", approval(data, *signers))
    create(two, "carol", approval(data, "officer1", "officer2"))


def test_signatures_of_others(two: Session, hsm: Hsm, session: Session) -> None:
    register(session, "alice")
    data = two.generate_token(Service.USER)
    digest = hashlib.sha256(data).digest()
    good = Signature("officer1", None, signed(key_of("officer1"), digest))
    for bad in (
        Signature("alice", None, signed(key_of("alice"), digest)),
        Signature("alice", CRYPTO_USER, signed(key_of("alice"), digest)),
        Signature("officer2", CRYPTO_USER, signed(key_of("officer2"), digest)),
        Signature("officer2", None, signed(key_of("nobody"), digest)),
        Signature("officer2", None, signed(key_of("officer2"), bytes(32))),
        Signature("officer2", None, b""),
        Signature("nobody", None, signed(key_of("nobody"), digest)),
    ):
        with refused(ReturnCode.QUORUM_FAILED, "Invalid username-signature pair for quorum authorization"):
            create(two, "carol", Approval(data, (good, bad)))
    assert "carol" not in names(two)


def test_an_admin_without_a_key_approves_nothing(two: Session) -> None:
    given = approval(two.generate_token(Service.USER), "officer1", "officer2")
    two.create_user(ADMIN, "officer3", PASSWORD, given)
    with refused(ReturnCode.QUORUM_FAILED, "Invalid username-signature pair"):
        create(two, "carol", approval(two.generate_token(Service.USER), "officer1", "officer3"))


def test_a_token_of_another_login(two: Session, officers: dict[str, Session], hsm: Hsm) -> None:
    given = approval(officers["officer1"].generate_token(Service.USER), "officer1", "officer2")
    with refused(ReturnCode.QUORUM_FAILED, "Quorum Failed", "another login session"):
        create(two, "carol", given)
    officers["officer1"].logout()
    officers["officer1"].login(ADMIN, "officer1", PASSWORD)
    with refused(ReturnCode.QUORUM_FAILED, "Quorum Failed", "another login session"):
        create(officers["officer1"], "carol", given)


def test_a_token_for_something_else(two: Session) -> None:
    for service in (Service.QUORUM, Service.CLUSTER, Service.REGISTRATION):
        given = approval(two.generate_token(service), "officer1", "officer2")
        with refused(ReturnCode.QUORUM_FAILED, "Quorum Failed", f"for the service {service}"):
            create(two, "carol", given)


def test_a_new_token_replaces_the_old_one(two: Session, officers: dict[str, Session]) -> None:
    old = approval(two.generate_token(Service.USER), "officer1", "officer2")
    others = approval(officers["officer1"].generate_token(Service.USER), "admin", "officer2")
    new = approval(two.generate_token(Service.USER), "officer1", "officer2")
    with refused(ReturnCode.QUORUM_FAILED, "Invalid username-signature pair"):
        create(two, "carol", old)
    create(two, "carol", new)
    create(officers["officer1"], "dave", others)


def test_tokens_are_listed_and_deleted(two: Session, officers: dict[str, Session]) -> None:
    mine = two.generate_token(Service.USER)
    officers["officer1"].generate_token(Service.USER)
    (first, second) = two.tokens()
    assert (first.name, first.service, first.key, first.required, first.approvals) == (
        "admin",
        Service.USER,
        None,
        2,
        0,
    )
    assert 590 < first.expires_in <= 600
    assert second.name == "officer1"
    assert two.delete_tokens() == 1
    with refused(ReturnCode.QUORUM_FAILED):
        create(two, "carol", approval(mine, "officer1", "officer2"))
    assert two.delete_tokens(everybodys=True) == 1
    assert two.tokens() == []


def test_a_crypto_user_sees_and_deletes_the_own_tokens_only(two: Session, session: Session) -> None:
    two.generate_token(Service.USER)
    session.generate_token(Service.REGISTRATION)
    assert [token.name for token in session.tokens()] == ["alice"]
    with refused(ReturnCode.ACTION_PROHIBITED, "Only an admin"):
        session.delete_tokens(everybodys=True)
    for service in (Service.USER, Service.QUORUM, Service.CLUSTER):
        with refused(ReturnCode.ACTION_PROHIBITED, "made by a user with the role admin"):
            session.generate_token(service)


def test_a_token_expires(home: Path) -> None:
    now = [1_700_000_000.0]
    hsm = open_home(home, clock=lambda: now[0])
    try:
        session = approvers(hsm, ADMIN, *NAMES)["admin"]
        session.set_quorum_value(Service.QUORUM, 2)
        assert session.set_timeouts(60) == hsm.open_session().timeouts() == Timeouts(60, 600)
        for seconds, works in ((60, True), (61, False), (-1, False)):
            given = approval(session.generate_token(Service.QUORUM), "officer1", "officer2")
            now[0] += seconds
            if works:
                session.set_quorum_value(Service.CLUSTER, 2, given)
                assert session.tokens() == []
            else:
                with refused(ReturnCode.QUORUM_FAILED, "Quorum Failed", "expired"):
                    session.set_quorum_value(Service.CLUSTER, 2, given)
    finally:
        hsm.close()


@pytest.mark.parametrize("seconds", [-1, 0, 86_401, 10**9])
def test_a_timeout_that_is_none(admin: Session, seconds: int) -> None:
    for given in ({"generated": seconds}, {"approved": seconds}):
        with refused(ReturnCode.ATTRIBUTE_VALUE_INVALID, "1 to 86400 seconds"):
            admin.set_timeouts(**given)
    assert admin.timeouts() == Timeouts(600, 600)


def test_there_are_no_more_tokens_than_the_hsm_keeps(
    admin: Session, session: Session, bob: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert MOST_TOKENS == 1024
    monkeypatch.setattr("bridge.engine.approvals.MOST_TOKENS", 2)
    admin.generate_token(Service.USER)
    session.generate_token(Service.REGISTRATION)
    session.generate_token(Service.REGISTRATION)  # in place of the last one
    with refused(ReturnCode.DEVICE_MEMORY, "quorum token-sign delete"):
        bob.generate_token(Service.REGISTRATION)


def test_a_key_is_registered_with_proof_of_possession(session: Session, hsm: Hsm) -> None:
    data = session.generate_token(Service.REGISTRATION)
    digest = hashlib.sha256(data).digest()
    with refused(ReturnCode.QUORUM_FAILED, "InvalidQuorumSignature"):
        session.register_approver_key(pem(key_of("alice")), data, signed(key_of("bob"), digest))
    session.register_approver_key(pem(key_of("alice")), data, signed(key_of("alice"), digest))
    assert [user.quorum for user in hsm.open_session().users() if user.name == "alice"] == [True]
    with refused(ReturnCode.QUORUM_FAILED):
        session.register_approver_key(pem(key_of("alice")), data, signed(key_of("alice"), digest))


def test_the_second_factor_is_not_replaced_by_a_registration(session: Session) -> None:
    key = key_of("alice")
    session.change_mfa(CRYPTO_USER, "alice", PASSWORD, pem(key), signed(key, session.mfa_token()))
    register(session, "alice")  # the same key
    data = session.generate_token(Service.REGISTRATION)
    proof = signed(key_of("other"), hashlib.sha256(data).digest())
    with refused(ReturnCode.ACTION_PROHIBITED, "second factor"):
        session.register_approver_key(pem(key_of("other")), data, proof)


def test_another_process_knows_values_and_tokens_but_takes_no_foreign_ones(
    two: Session, open_hsm: Callable[[], Hsm]
) -> None:
    other = open_hsm().open_session()
    other.login(ADMIN, "officer1", PASSWORD)
    data = two.generate_token(Service.USER)
    assert other.quorum_values()[Service.USER] == 2
    assert [token.name for token in other.tokens()] == ["admin"]
    with refused(ReturnCode.QUORUM_REQUIRED):
        create(other, "carol", None)
    with refused(ReturnCode.QUORUM_FAILED, "another login session"):
        create(other, "carol", approval(data, "officer1", "officer2"))
    create(other, "carol", approval(other.generate_token(Service.USER), "admin", "officer2"))
    assert "carol" in names(two)


def test_a_user_asks_for_its_own_token(two: Session, officers: dict[str, Session]) -> None:
    two.generate_token(Service.USER)
    other = officers["officer1"]
    with refused(ReturnCode.ARGUMENTS_BAD, "officer1", "no token for user"):
        other.token(Service.USER)
    other.generate_token(Service.USER)
    token = other.token(Service.USER)
    assert (token.name, token.service, token.key, token.required) == ("officer1", Service.USER, None, 2)
    assert 595 <= token.expires_in <= 600


def test_approvals_as_doors_are_given_them() -> None:
    assert service_named("key-usage") is Service.KEY_USAGE
    with refused(ReturnCode.ARGUMENTS_BAD, "registration"):
        service_named("KEY_USAGE")
    given = [("bob", None, b"one"), ("carol", "crypto-user", b"two"), ("admin", "admin", b"three")]
    roles = (None, CRYPTO_USER, ADMIN)
    signatures = tuple(Signature(name, role, data) for (name, _, data), role in zip(given, roles, strict=True))
    assert approval_of(b"data", given) == Approval(b"data", signatures)
    for wrong in (None, "bob", (), ("bob", None), ("bob", "nobody", b""), ("bob", None, "text"), (b"bob", None, b"")):
        with refused(ReturnCode.ARGUMENTS_BAD, "A signature is"):
            approval_of(b"data", [wrong])
