"""How attributes change after a key was made."""

from __future__ import annotations

import pytest

from bridge.engine import Attribute, HsmError, ObjectClass, ReturnCode, Session
from bridge.engine.attributes import RULES, SECRET_VALUES, Change, Value
from engine.keys import new_aes, new_pair, refused
from engine.test_defaults import CLASSES, one_of_each

# spec/jce.md, section 3.3, column "Change later", and the PKCS#11 view below it.
CHANGES = {
    "LABEL": Change.FREELY,
    "ID": Change.FREELY,
    "ENCRYPT": Change.FREELY,
    "DECRYPT": Change.FREELY,
    "SIGN": Change.FREELY,
    "VERIFY": Change.FREELY,
    "WRAP": Change.FREELY,
    "UNWRAP": Change.FREELY,
    "DERIVE": Change.FREELY,
    "DESTROYABLE": Change.FREELY,
    "TOKEN": Change.TO_TRUE,
    "SENSITIVE": Change.TO_TRUE,
    "WRAP_WITH_TRUSTED": Change.TO_TRUE,
    "EXTRACTABLE": Change.TO_FALSE,
    "MODIFIABLE": Change.TO_FALSE,
    "TRUSTED": Change.BY_ADMIN,
}


@pytest.mark.parametrize("attribute", list(Attribute), ids=lambda attribute: attribute.name)
def test_rules_are_those_of_the_specification(attribute: Attribute) -> None:
    assert RULES[attribute].change is CHANGES.get(attribute.name, Change.NEVER)


@pytest.mark.parametrize("attribute", list(Attribute), ids=lambda attribute: attribute.name)
@pytest.mark.parametrize("object_class", CLASSES, ids=lambda one: one.name)
def test_every_change(session: Session, attribute: Attribute, object_class: ObjectClass) -> None:
    """Every attribute on every class, set to another value and back: allowed as its rule says, or refused."""
    for token in (False, True):
        try_changes(session, attribute, one_of_each(session, TOKEN=token)[object_class])


def try_changes(session: Session, attribute: Attribute, handle: int) -> None:
    rule = RULES[attribute]
    before = dict(session.attributes(handle))
    samples: dict[type, list[Value]] = {
        bool: [False, True, False],
        int: [7],
        bytes: [b"other", b""],
        str: ["other", ""],
        tuple: [((Attribute.SIGN, True),), ()],
    }
    for value in samples[rule.kind]:
        current = session.attributes(handle).get(attribute)
        if attribute not in before:
            with pytest.raises(HsmError, match="(?i)" + attribute.name.replace("_", "[-_]")) as caught:
                session.set_attributes(handle, {attribute: value})
            assert caught.value.code in {ReturnCode.ATTRIBUTE_TYPE_INVALID, ReturnCode.ATTRIBUTE_READ_ONLY}
            continue
        if attribute is Attribute.DERIVE and value is True and before[Attribute.CLASS] == ObjectClass.PUBLIC_KEY:
            with refused(ReturnCode.ATTRIBUTE_VALUE_INVALID, "DERIVE", "public key"):
                session.set_attributes(handle, {attribute: value})
            continue
        code = None if value == current or rule.change is Change.FREELY else ReturnCode.ATTRIBUTE_READ_ONLY
        if rule.change is Change.TO_TRUE and value is True:
            code = None
        if rule.change is Change.TO_FALSE and value is False:
            code = None
        if code is None and attribute is Attribute.MODIFIABLE:
            session.set_attributes(handle, {attribute: value})
            break
        if code is None:
            session.set_attributes(handle, {attribute: value})
            current = value
        else:
            with refused(code, attribute.name.lower().replace("_", "-"), rule.change.value):
                session.set_attributes(handle, {attribute: value})
        assert session.attributes(handle).get(attribute) == current
    after = dict(session.attributes(handle))
    assert {name for name in after if after[name] != before[name]} <= {attribute}


@pytest.mark.parametrize("token", [False, True])
def test_nothing_changes_a_key_that_is_not_modifiable(session: Session, token: bool) -> None:
    handle = new_aes(session, TOKEN=token, MODIFIABLE=False, LABEL="stone")
    for name, value in (("LABEL", "sand"), ("SIGN", False), ("MODIFIABLE", True), ("EXTRACTABLE", False)):
        with refused(ReturnCode.ACTION_PROHIBITED, "MODIFIABLE", "'stone'"):
            session.set_attributes(handle, {Attribute[name]: value})
    session.set_attributes(handle, {Attribute.LABEL: "stone", Attribute.SIGN: True})  # changes nothing


def test_a_change_of_many_attributes_is_all_or_nothing(session: Session) -> None:
    handle = new_aes(session, TOKEN=True)
    before = session.attributes(handle)
    with refused(ReturnCode.ATTRIBUTE_READ_ONLY):
        session.set_attributes(handle, {Attribute.LABEL: "new", Attribute.SIGN: False, Attribute.LOCAL: False})
    assert session.attributes(handle) == before


@pytest.mark.parametrize("token", [False, True])
def test_a_key_that_is_not_destroyable_stays(session: Session, token: bool) -> None:
    handle = new_aes(session, TOKEN=token, DESTROYABLE=False)
    with refused(ReturnCode.ACTION_PROHIBITED, "DESTROYABLE"):
        session.destroy(handle)
    assert session.find({}) == [handle]


def test_a_changed_label_is_found_and_the_old_one_is_not(session: Session) -> None:
    public, private = new_pair(session, TOKEN=True, LABEL="old")
    session.set_attributes(private, {Attribute.LABEL: "new"})
    assert session.find({Attribute.LABEL: "old"}) == [public]
    assert session.find({Attribute.LABEL: "new"}) == [private]


@pytest.mark.parametrize("secret", sorted(SECRET_VALUES))
def test_a_value_is_neither_set_nor_searched(session: Session, secret: Attribute) -> None:
    handle = new_aes(session)
    with refused(ReturnCode.ATTRIBUTE_TYPE_INVALID, secret.name) as refusal:
        session.set_attributes(handle, {secret: b"\x5a" * 32})
    assert "5a5a" not in refusal.message.lower()
    with refused(ReturnCode.ATTRIBUTE_SENSITIVE):
        session.find({secret: b"\x5a" * 32})
