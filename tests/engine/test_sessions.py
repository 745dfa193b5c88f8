"""Session keys, and the ends of sessions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from conftest import PASSWORDS, log_in

from bridge.engine import Attribute, Hsm, HsmError, MechanismType, ReturnCode, Role, Session
from bridge.engine.material import describe
from engine.keys import new_aes, new_pair, refused

ECDSA = MechanismType.ECDSA


def test_a_session_key_is_seen_in_its_own_session_only(hsm: Hsm, session: Session, bob: Session) -> None:
    public, private = new_pair(session, LABEL="mine")
    assert session.find({}) == session.find({Attribute.LABEL: "mine"}) == [public, private]
    for other in (log_in(hsm, "alice"), bob):
        assert other.find({}) == []
        for handle in (public, private):
            with refused(ReturnCode.OBJECT_HANDLE_INVALID):
                other.attributes(handle)
            with refused(ReturnCode.OBJECT_HANDLE_INVALID):
                other.destroy(handle)
            with refused(ReturnCode.OBJECT_HANDLE_INVALID):
                other.set_attributes(handle, {Attribute.TOKEN: True})
    session.verify(public, ECDSA, bytes(32), session.sign(private, ECDSA, bytes(32)))


def test_session_keys_end_with_the_login(session: Session) -> None:
    _, private = new_pair(session)
    session.logout()
    session.login(Role.CRYPTO_USER, "alice", PASSWORDS["alice"])
    assert session.find({}) == []
    with refused(ReturnCode.OBJECT_HANDLE_INVALID, "session ended"):
        session.sign(private, ECDSA, bytes(32))


def test_the_next_user_of_a_session_sees_nothing_of_the_one_before(session: Session) -> None:
    public, private = new_pair(session)
    session.logout()
    session.login(Role.CRYPTO_USER, "bob", PASSWORDS["bob"])
    assert session.find({}) == []
    for handle in (public, private):
        with refused(ReturnCode.OBJECT_HANDLE_INVALID):
            session.attributes(handle)


def test_session_keys_end_with_the_session(open_hsm: Callable[[], Hsm]) -> None:
    hsm = open_hsm()
    session = log_in(hsm, "alice")
    handle = new_aes(session)
    token = new_aes(session, TOKEN=True)
    session.close()
    session.close()
    for one in (hsm, open_hsm()):
        again = log_in(one, "alice")
        assert again.find({}) == [token]
        with refused(ReturnCode.OBJECT_HANDLE_INVALID):
            again.attributes(handle)


@pytest.mark.parametrize("logged_in", [False, True])
def test_a_closed_session_does_nothing(hsm: Hsm, logged_in: bool) -> None:
    session = log_in(hsm, "alice") if logged_in else hsm.open_session()
    session.close()
    operations: list[Callable[[], object]] = [
        lambda: session.login(Role.CRYPTO_USER, "alice", PASSWORDS["alice"]),
        session.logout,
        lambda: session.change_password(Role.CRYPTO_USER, "alice", PASSWORDS["alice"]),
        lambda: session.find({}),
        lambda: session.attributes(1),
        lambda: session.set_attributes(1, {}),
        lambda: session.destroy(1),
        lambda: session.sign(1, ECDSA, b""),
        lambda: session.verify(1, ECDSA, b"", b""),
        lambda: new_aes(session),
        lambda: new_pair(session),
        lambda: session.import_keys([]),
    ]
    for operation in operations:
        with refused(ReturnCode.SESSION_CLOSED):
            operation()


def test_a_session_closed_during_its_login_stays_closed(hsm: Hsm, monkeypatch: pytest.MonkeyPatch) -> None:
    session = hsm.open_session()
    authenticate = hsm.authenticate

    def slowly(*given: object) -> object:
        user = authenticate(*given)  # type: ignore[arg-type]
        session.close()
        return user

    monkeypatch.setattr(hsm, "authenticate", slowly)
    with refused(ReturnCode.SESSION_CLOSED):
        session.login(Role.CRYPTO_USER, "alice", PASSWORDS["alice"])
    with refused(ReturnCode.SESSION_CLOSED):
        session.find({})


def test_a_key_is_not_made_for_a_login_that_ended_meanwhile(hsm: Hsm, monkeypatch: pytest.MonkeyPatch) -> None:
    """An operation that is refused has not happened: no token key stays behind."""
    session = log_in(hsm, "alice")
    next_handle = hsm.next_handle

    def slowly() -> int:
        if session._holdings.user is not None:
            session.logout()
        return next_handle()

    monkeypatch.setattr(hsm, "next_handle", slowly)
    for token in (False, True):
        with refused(ReturnCode.USER_NOT_LOGGED_IN):
            new_aes(session, TOKEN=token)
        session.login(Role.CRYPTO_USER, "alice", PASSWORDS["alice"])
        assert session.find({}) == []


def test_a_session_key_becomes_a_token_key_for_good(open_hsm: Callable[[], Hsm]) -> None:
    session = log_in(open_hsm(), "alice")
    public, private = new_pair(session, LABEL="kept")
    signature = session.sign(private, ECDSA, bytes(32))
    before = dict(session.attributes(private))
    session.set_attributes(private, {Attribute.TOKEN: True, Attribute.LABEL: "renamed"})
    assert session.attributes(private) == {**before, Attribute.TOKEN: True, Attribute.LABEL: "renamed"}
    with refused(ReturnCode.ATTRIBUTE_READ_ONLY, "token", "false to true"):
        session.set_attributes(private, {Attribute.TOKEN: False})
    session.verify(public, ECDSA, bytes(32), signature)
    other = log_in(open_hsm(), "alice")
    assert other.find({}) == [private]
    assert other.sign(private, ECDSA, bytes(32))
    session.close()
    assert other.find({}) == [private]


def test_halves_of_a_pair_live_as_long_as_each_was_asked_to(open_hsm: Callable[[], Hsm]) -> None:
    session = log_in(open_hsm(), "alice")
    pair = new_pair(session)
    template = {Attribute.EC_PARAMS: session.attributes(pair[0])[Attribute.EC_PARAMS]}
    public, private = session.generate_key_pair(
        MechanismType.EC_KEY_PAIR_GEN, {**template, Attribute.TOKEN: False}, {Attribute.TOKEN: True}
    )
    assert session.find({}) == [*pair, public, private]
    assert log_in(open_hsm(), "alice").find({}) == [private]


def test_find_matches_all_that_is_asked(session: Session) -> None:
    one = new_aes(session, LABEL="one", ID=b"1")
    two = new_aes(session, 16, LABEL="two", ID=b"1", TOKEN=True)
    assert session.find({Attribute.ID: b"1"}) == [one, two]
    assert session.find({Attribute.ID: b"1", Attribute.TOKEN: True}) == [two]
    assert session.find({Attribute.VALUE_LEN: 32, Attribute.LABEL: "two"}) == []
    assert session.find({Attribute.MODULUS_BITS: 2048}) == []
    assert session.find({Attribute.CLASS: 10**30}) == []
    assert session.find({Attribute.LABEL: ""}) == []


def test_an_hsm_that_was_closed_refuses(open_hsm: Callable[[], Hsm]) -> None:
    hsm = open_hsm()
    session = log_in(hsm, "alice")
    handle = new_aes(session, TOKEN=True)
    hsm.close()
    for operation in (
        lambda: session.attributes(handle),
        lambda: session.find({}),
        lambda: new_aes(session, TOKEN=True),
        lambda: log_in(hsm, "alice"),
    ):
        with pytest.raises(HsmError):
            operation()


def test_a_key_in_the_making_does_not_fall_to_the_next_login(
    hsm: Hsm, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    def meanwhile(*arguments: Any) -> Any:
        session.logout()
        session.login(Role.CRYPTO_USER, "bob", PASSWORDS["bob"])
        return describe(*arguments)

    monkeypatch.setattr("bridge.engine.keyring.describe", meanwhile)
    with refused(ReturnCode.USER_NOT_LOGGED_IN):
        new_aes(session)
    monkeypatch.undo()
    assert session.find({}) == []
