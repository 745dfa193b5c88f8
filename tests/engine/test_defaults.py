"""Attributes of new keys: defaults as the JCE's documentation has them, and what the caller may say."""

from __future__ import annotations

import pytest
from conftest import PASSWORDS

from bridge.engine import Attribute, Hsm, KeyType, MechanismType, ObjectClass, ReturnCode, Role, Session, SessionRules
from bridge.engine.attributes import RULES, SECRET_VALUES, Origin, Value, number
from engine.keys import P256, Template, import_both, new_aes, new_pair, refused, software_rsa

# spec/jce.md, section 3.2 and 3.4; None: the class has no such attribute.
DEFAULTS: dict[str, tuple[Value | None, Value | None, Value | None]] = {
    #                      secret public private
    "DECRYPT": (True, None, True),
    "DERIVE": (False, False, False),
    "ENCRYPT": (True, True, None),
    "EXTRACTABLE": (True, None, True),
    "PRIVATE": (True, True, True),
    "SIGN": (True, None, True),
    "TOKEN": (False, False, False),
    "UNWRAP": (True, None, True),
    "VERIFY": (True, True, None),
    "WRAP": (True, True, None),
    "WRAP_WITH_TRUSTED": (False, None, False),
    "LABEL": ("", "", ""),
    "ID": (b"", b"", b""),
    "SENSITIVE": (True, None, True),
    "TRUSTED": (False, False, False),
    "MODIFIABLE": (True, True, True),
    "DESTROYABLE": (True, True, True),
    "WRAP_TEMPLATE": ((), (), None),
    "UNWRAP_TEMPLATE": ((), None, ()),
    "DERIVE_TEMPLATE": ((), None, ()),
}
CLASSES = (ObjectClass.SECRET_KEY, ObjectClass.PUBLIC_KEY, ObjectClass.PRIVATE_KEY)


def one_of_each(session: Session, **given: Value) -> dict[ObjectClass, int]:
    public, private = new_pair(session, **given)
    return dict(zip(CLASSES, (new_aes(session, **given), public, private), strict=True))


@pytest.mark.parametrize("name", DEFAULTS)
def test_defaults(session: Session, name: str) -> None:
    for handle, expected in zip(one_of_each(session).values(), DEFAULTS[name], strict=True):
        assert session.attributes(handle).get(Attribute[name]) == expected


def test_defaults_of_imported_keys_are_the_same(session: Session) -> None:
    secret = session.import_key({Attribute.VALUE: bytes(16)})
    handles = (secret, *import_both(session, software_rsa()))
    for name, expected in DEFAULTS.items():
        found = tuple(session.attributes(handle).get(Attribute[name]) for handle in handles)
        assert found == expected, name


def test_every_key_has_exactly_the_attributes_of_its_class_and_type(session: Session) -> None:
    rsa_only = {Attribute.MODULUS, Attribute.MODULUS_BITS, Attribute.PUBLIC_EXPONENT}
    ec_only = {Attribute.EC_PARAMS, Attribute.EC_POINT}
    rsa = session.generate_key_pair(MechanismType.RSA_PKCS_KEY_PAIR_GEN, {Attribute.MODULUS_BITS: 2048}, {})
    for handle in (*one_of_each(session).values(), *rsa):
        attributes = session.attributes(handle)
        object_class = ObjectClass(number(attributes, Attribute.CLASS))
        other = ec_only if attributes[Attribute.KEY_TYPE] == KeyType.RSA else rsa_only
        expected = {name for name, rule in RULES.items() if object_class in rule.classes}
        assert set(attributes) == expected - SECRET_VALUES - other - {Attribute.PARAMETER_SET}
        for name, value in attributes.items():
            assert isinstance(value, RULES[name].kind), name


@pytest.mark.parametrize("attribute", list(Attribute), ids=lambda attribute: attribute.name)
@pytest.mark.parametrize("object_class", CLASSES, ids=lambda one: one.name)
def test_what_may_be_given_at_creation(session: Session, attribute: Attribute, object_class: ObjectClass) -> None:
    """Every attribute on every class: taken, or refused with the right code; never ignored."""
    rule = RULES[attribute]
    right: dict[Attribute, Value] = {
        Attribute.CLASS: object_class,
        Attribute.KEY_TYPE: KeyType.AES if object_class is ObjectClass.SECRET_KEY else KeyType.EC,
        Attribute.EC_PARAMS: P256,
        Attribute.VALUE_LEN: 32,
        Attribute.LABEL: "given",
        Attribute.ID: b"given",
        Attribute.PRIVATE: True,
        Attribute.WRAP_TEMPLATE: ((Attribute.SIGN, True),),
        Attribute.UNWRAP_TEMPLATE: ((Attribute.SIGN, True),),
        Attribute.DERIVE_TEMPLATE: (),
    }
    before = session.find({})

    def make(value: Value) -> int:
        given: Template = {attribute: value}
        if object_class is ObjectClass.SECRET_KEY:
            return session.generate_key(MechanismType.AES_KEY_GEN, {Attribute.VALUE_LEN: 32, **given})
        public: Template = {Attribute.EC_PARAMS: P256}
        private: Template = {}
        (public if object_class is ObjectClass.PUBLIC_KEY else private).update(given)
        pair = session.generate_key_pair(MechanismType.EC_KEY_PAIR_GEN, public, private)
        return pair[CLASSES.index(object_class) - 1]

    if rule.origin is Origin.ENGINE:
        code = ReturnCode.ATTRIBUTE_READ_ONLY
    elif object_class not in rule.classes or (attribute not in right and rule.kind is not bool):
        code = ReturnCode.TEMPLATE_INCONSISTENT
    else:
        if attribute is Attribute.DERIVE and object_class is ObjectClass.PUBLIC_KEY:
            right[attribute] = False
            with refused(ReturnCode.ATTRIBUTE_VALUE_INVALID, "DERIVE"):
                make(True)
        for value in [right[attribute]] if attribute in right else [True, False]:
            assert session.attributes(make(value))[attribute] == value
        return
    samples: dict[type, Value] = {bool: True, int: 2048, bytes: b"\x01\x00\x01", str: "given", tuple: ()}
    with refused(code, attribute.name):
        make(samples[rule.kind])
    assert session.find({}) == before


@pytest.mark.parametrize(
    ("name", "value"),
    [("CLASS", 4), ("CLASS", 99), ("KEY_TYPE", 0x1F), ("KEY_TYPE", -1), ("KEY_TYPE", 2**63), ("KEY_TYPE", 10**30)],
)
def test_refuses_what_contradicts_the_key(session: Session, name: str, value: int) -> None:
    with refused(ReturnCode.TEMPLATE_INCONSISTENT, name):
        new_pair(session, **{name: value})


def test_private_and_secret_keys_are_private(session: Session) -> None:
    for make in (
        lambda: new_aes(session, PRIVATE=False),
        lambda: session.generate_key_pair(
            MechanismType.EC_KEY_PAIR_GEN, {Attribute.EC_PARAMS: P256}, {Attribute.PRIVATE: False}
        ),
    ):
        with refused(ReturnCode.ATTRIBUTE_VALUE_INVALID, "PRIVATE"):
            make()


def test_a_generated_key_takes_no_value(session: Session) -> None:
    """Who gives a value to a generating mechanism would believe the key to have that value."""
    with refused(ReturnCode.TEMPLATE_INCONSISTENT, "VALUE"):
        new_aes(session, VALUE=bytes(32))


@pytest.mark.parametrize(("sensitive", "extractable"), [(True, True), (True, False), (False, True), (False, False)])
def test_remembers_what_a_key_always_was(session: Session, sensitive: bool, extractable: bool) -> None:
    given = {Attribute.SENSITIVE: sensitive, Attribute.EXTRACTABLE: extractable}
    generated = session.generate_key(MechanismType.AES_KEY_GEN, {Attribute.VALUE_LEN: 16, **given})
    imported = session.import_key({Attribute.VALUE: bytes(16), **given})
    for handle, local in ((generated, True), (imported, False)):
        attributes = session.attributes(handle)
        assert attributes[Attribute.LOCAL] is local
        assert attributes[Attribute.ALWAYS_SENSITIVE] is (local and sensitive)
        assert attributes[Attribute.NEVER_EXTRACTABLE] is (local and not extractable)
        session.set_attributes(handle, {Attribute.SENSITIVE: True, Attribute.EXTRACTABLE: False})
        changed = session.attributes(handle)
        for name in (Attribute.LOCAL, Attribute.ALWAYS_SENSITIVE, Attribute.NEVER_EXTRACTABLE):
            assert changed[name] is attributes[name]


def test_a_session_may_have_other_defaults(hsm: Hsm) -> None:
    session = hsm.open_session(SessionRules({Attribute.EXTRACTABLE: False, Attribute.TOKEN: True}))
    session.login(Role.CRYPTO_USER, "alice", PASSWORDS["alice"])
    public, private = new_pair(session)
    assert session.attributes(private)[Attribute.EXTRACTABLE] is False
    assert session.attributes(private)[Attribute.NEVER_EXTRACTABLE] is True
    assert Attribute.EXTRACTABLE not in session.attributes(public)
    assert session.attributes(new_aes(session, EXTRACTABLE=True))[Attribute.EXTRACTABLE] is True


@pytest.mark.parametrize("label", ["", "x" * 127, "ä" * 127, "\x00", "a\x00b", "key 🔑", "'; DROP TABLE objects; --"])
def test_labels_are_text(session: Session, label: str) -> None:
    for token in (False, True):
        handle = new_aes(session, LABEL=label, TOKEN=token)
        assert session.attributes(handle)[Attribute.LABEL] == label
        assert handle in session.find({Attribute.LABEL: label})


def test_a_label_has_at_most_127_characters(session: Session) -> None:
    with refused(ReturnCode.ATTRIBUTE_VALUE_INVALID, "127", "128"):
        new_aes(session, LABEL="x" * 128)
    handle = new_aes(session)
    with refused(ReturnCode.ATTRIBUTE_VALUE_INVALID, "127", "128"):
        session.set_attributes(handle, {Attribute.LABEL: "x" * 128})


@pytest.mark.parametrize("token", [False, True])
def test_a_label_that_is_no_unicode_is_refused_everywhere(session: Session, token: bool) -> None:
    with refused(ReturnCode.ATTRIBUTE_VALUE_INVALID, "LABEL"):
        new_aes(session, LABEL="\ud800", TOKEN=token)
    handle = new_aes(session, TOKEN=token)
    with refused(ReturnCode.ATTRIBUTE_VALUE_INVALID, "LABEL"):
        session.set_attributes(handle, {Attribute.LABEL: "\udc00"})
    assert session.find({Attribute.LABEL: "\ud800"}) == []
