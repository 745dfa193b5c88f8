"""Trusted wrapping keys: who makes a key trusted, and who sees what meanwhile."""

from __future__ import annotations

import pytest

from bridge.engine import Attribute, HsmError, MechanismType, ReturnCode, Session
from bridge.engine.attributes import RULES, Value
from engine.keys import expect_code, new_aes, refused

NO_PAD = MechanismType.CLOUDHSM_AES_KEY_WRAP_NO_PAD


def test_an_admin_sees_token_keys_and_sets_trusted(session: Session, bob: Session, admin: Session) -> None:
    wrapping = new_aes(session, TOKEN=True, LABEL="wrapping")
    payload = new_aes(session, WRAP_WITH_TRUSTED=True)
    with refused(ReturnCode.KEY_NOT_WRAPPABLE, "WRAP_WITH_TRUSTED", "'wrapping'", "admin"):
        session.wrap(wrapping, NO_PAD, payload)
    assert admin.find({Attribute.LABEL: "wrapping"}) == [wrapping]
    assert admin.info(wrapping).owner == "alice"
    admin.set_attributes(wrapping, {Attribute.TRUSTED: True})
    assert session.attributes(wrapping)[Attribute.TRUSTED] is True
    assert len(session.wrap(wrapping, NO_PAD, payload)) == 40
    assert bob.find({}) == []
    admin.set_attributes(wrapping, {Attribute.TRUSTED: False})
    with refused(ReturnCode.KEY_NOT_WRAPPABLE):
        session.wrap(wrapping, NO_PAD, payload)


def test_a_crypto_user_does_not_set_trusted(session: Session) -> None:
    handle = new_aes(session, TOKEN=True)
    with refused(ReturnCode.ATTRIBUTE_READ_ONLY, "trusted", "admin"):
        session.set_attributes(handle, {Attribute.TRUSTED: True})
    with refused(ReturnCode.ATTRIBUTE_READ_ONLY, "TRUSTED"):
        new_aes(session, TRUSTED=True)
    assert session.attributes(handle)[Attribute.TRUSTED] is False


@pytest.mark.parametrize("attribute", list(Attribute), ids=lambda attribute: attribute.name)
def test_an_admin_sets_nothing_else(session: Session, admin: Session, attribute: Attribute) -> None:
    handle = new_aes(session, TOKEN=True)
    before = dict(session.attributes(handle))
    samples: dict[type, Value] = {int: 7, bytes: b"x", str: "x", tuple: ((Attribute.SIGN, True),)}
    if attribute is Attribute.TRUSTED:
        return
    value = not before.get(attribute) if RULES[attribute].kind is bool else samples[RULES[attribute].kind]
    code = ReturnCode.ACTION_PROHIBITED if attribute in before else ReturnCode.ATTRIBUTE_TYPE_INVALID
    with pytest.raises(HsmError, match=attribute.name) as caught:
        admin.set_attributes(handle, {attribute: value, Attribute.TRUSTED: True})
    expect_code(caught.value, code, ReturnCode.ACTION_PROHIBITED)
    assert dict(session.attributes(handle)) == before


def test_an_admin_sees_no_session_keys(session: Session, admin: Session) -> None:
    handle = new_aes(session)
    assert admin.find({}) == []
    for attempt in (admin.attributes, admin.info, lambda key: admin.set_attributes(key, {Attribute.TRUSTED: True})):
        with refused(ReturnCode.OBJECT_HANDLE_INVALID):
            attempt(handle)


def test_only_an_admin_changes_settings(session: Session, admin: Session) -> None:
    with refused(ReturnCode.ACTION_PROHIBITED, "admin", "'alice'"):
        session.configure(clear_extraction=True)
    assert session.settings.clear_extraction is False
    assert admin.configure(clear_extraction=True).clear_extraction is True
    assert session.settings.clear_extraction is True
    admin.logout()
    with refused(ReturnCode.USER_NOT_LOGGED_IN):
        admin.configure(clear_extraction=False)
