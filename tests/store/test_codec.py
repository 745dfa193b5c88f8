"""Keys, users and settings as bytes and back."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.engine import Attribute, ObjectClass, Role, User
from bridge.engine.attributes import RULES, SECRET_VALUES, Template, number
from bridge.engine.objects import HsmObject
from bridge.engine.quorum import Service, Timeouts, Token
from bridge.engine.settings import HsmType, Mode, MtlsEnforcement, QuorumValues, Settings, TrustAnchor
from bridge.engine.users import PasswordHash
from bridge.store.codec import (
    SETTINGS_NAME,
    decode_object,
    decode_settings,
    decode_token,
    decode_user,
    encode_object,
    encode_settings,
    encode_token,
    encode_user,
    object_name,
    token_name,
    user_name,
)
from store.strategies import OBJECTS, TEMPLATES, TEXT, USERS

VALUES = st.builds(QuorumValues, st.integers(1, 8), st.integers(1, 8), st.integers(1, 8))
SETTINGS = st.builds(
    Settings,
    mode=st.sampled_from(Mode),
    clear_extraction=st.booleans(),
    implicit_import=st.booleans(),
    hsm_type=st.sampled_from(HsmType),
    quorum_values=VALUES,
    timeouts=st.builds(Timeouts, st.integers(1, 600), st.integers(1, 600)),
    trust_anchors=st.lists(st.builds(TrustAnchor, st.integers(1, 2), TEXT), max_size=2).map(tuple),
    mtls_enforcement=st.sampled_from(MtlsEnforcement),
)
TOKENS = st.builds(
    Token,
    number=st.integers(0, 2**32 - 1),
    service=st.sampled_from(Service),
    role=st.sampled_from(Role),
    name=st.from_regex("[a-z0-9_]{1,31}", fullmatch=True),
    login=st.text("0123456789abcdef", min_size=16, max_size=16),
    key=st.integers(0, 2**63 - 1),
    nonce=st.binary(min_size=16, max_size=16),
    created=st.integers(0, 2**40),
)


@given(OBJECTS)
def test_a_key_comes_back_as_it_was(obj: HsmObject) -> None:
    readable = encode_object(obj)
    again = decode_object(obj.handle, readable, obj.material)
    assert again == obj
    assert encode_object(again) == readable
    for name, value in again.attributes.items():
        assert type(value) is RULES[name].kind
    assert again.object_class is ObjectClass(number(obj.attributes, Attribute.CLASS))


@given(TEMPLATES)
def test_a_template_stays_in_order_and_compares_equal(template: Template) -> None:
    obj = HsmObject(1, "alice", {Attribute.LABEL: "", Attribute.UNWRAP_TEMPLATE: template}, b"")
    again = decode_object(1, encode_object(obj), b"").attributes[Attribute.UNWRAP_TEMPLATE]
    assert again == template
    assert hash(again) == hash(template)
    for (name, value), (_, original) in zip(again, template, strict=True):
        assert isinstance(name, Attribute)
        assert type(value) is type(original)


@given(SETTINGS)
def test_settings_come_back_as_they_were(settings: Settings) -> None:
    again = decode_settings(encode_settings(settings))
    assert again == settings
    assert type(again.mode) is Mode
    assert [type(field) for field in vars(again).values()] == [type(field) for field in vars(settings).values()]


def test_settings_of_before_have_the_defaults() -> None:
    old = b'{"clear_extraction":true,"implicit_import":false,"mode":"fips"}'
    assert decode_settings(old) == Settings(Mode.FIPS, clear_extraction=True, implicit_import=False)


@given(TOKENS)
def test_a_token_comes_back_as_it_was(token: Token) -> None:
    again = decode_token(encode_token(token))
    assert again == token
    assert again.approval_data == token.approval_data
    assert len(token.approval_data) == 80


@given(OBJECTS, st.binary(min_size=8, max_size=64))
def test_the_readable_part_does_not_depend_on_the_value(obj: HsmObject, material: bytes) -> None:
    other = HsmObject(obj.handle, obj.owner, obj.attributes, material, obj.shared_with, obj.quorum)
    assert encode_object(other) == encode_object(obj)


@given(USERS)
def test_a_user_comes_back_as_it_was(user: User) -> None:
    assert decode_user(user.role.value, user.name, encode_user(user)) == user


@given(st.lists(st.integers(0, 2**64 - 1), unique=True), st.lists(st.tuples(st.sampled_from(Role), TEXT), unique=True))
def test_names_of_records_differ(handles: list[int], users: list[tuple[Role, str]]) -> None:
    names = [object_name(handle) for handle in handles] + [user_name(role.value, name) for role, name in users]
    names += [SETTINGS_NAME, *(token_name(handle) for handle in handles)]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("secret", sorted(SECRET_VALUES))
def test_a_key_never_has_its_value_among_its_attributes(secret: Attribute) -> None:
    with pytest.raises(AssertionError):
        HsmObject(1, "alice", {Attribute.LABEL: "", secret: b"value"}, b"value")


def test_a_key_does_not_show_its_value() -> None:
    obj = HsmObject(1, "alice", {Attribute.LABEL: "shown"}, b"\x5a" * 16)
    for text in (repr(obj), str(obj)):
        assert "shown" in text
        assert "ZZZZ" not in text
        assert "5a5a" not in text


def test_the_format_is_this_one() -> None:
    """Homes in the field have it: a change here needs a migration."""
    obj = HsmObject(
        7,
        "alice",
        {Attribute.LABEL: "ä", Attribute.ID: b"\x01\xff", Attribute.SIGN: True, Attribute.CLASS: 3},
        b"value",
        frozenset({"carol", "bob"}),
    )
    assert encode_object(obj).decode() == (
        '{"attributes":{"CLASS":3,"ID":"01ff","LABEL":"ä","SIGN":true},"owner":"alice","shared_with":["bob","carol"]}'
    )
    user = User(Role.ADMIN, "admin", PasswordHash(b"\x00" * 3, 8, 1, b"\xff" * 3), 2)
    assert json.loads(encode_user(user)) == {
        "failures": 2,
        "number": 0,
        "approver_key": None,
        "mfa": False,
        "argon2id": {"salt": "AAAA", "memory_kib": 8, "iterations": 1, "digest": "////"},
    }
    template = ((Attribute.LABEL, "x"), (Attribute.ID, b"\x01"), (Attribute.EXTRACTABLE, False))
    nested = HsmObject(7, "alice", {Attribute.LABEL: "", Attribute.UNWRAP_TEMPLATE: template}, b"value")
    assert json.loads(encode_object(nested))["attributes"]["UNWRAP_TEMPLATE"] == {
        "LABEL": "x",
        "ID": "01",
        "EXTRACTABLE": False,
    }
    assert object_name(7) == b"key\x00\x00\x00\x00\x00\x00\x00\x07"
    assert user_name("admin", "admin") == b"user admin admin"
