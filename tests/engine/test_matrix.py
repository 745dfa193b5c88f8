"""Every attribute against every operation: what a flag allows and forbids, and that it touches nothing else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from bridge.engine import Attribute, Hsm, KeyType, MechanismType, ObjectClass, ReturnCode, Session
from bridge.engine.attributes import RULES, Origin
from engine.keys import Template, refused
from engine.operations import (
    FLAGS,
    SECRET,
    USAGE,
    Use,
    derived_template,
    may_have,
    new_key,
    new_payload,
    parameter_of,
    prepare,
    unwrapped_template,
    uses,
    value_of,
)

USES = list(uses())
GIVEN = [name for name in FLAGS if RULES[name].origin is Origin.CALLER and name is not Attribute.PRIVATE]


def test_the_table_has_every_operation() -> None:
    assert {use.operation for use in USES} == set(USAGE)
    assert len(USES) > 60


@pytest.mark.parametrize("use", USES, ids=str)
def test_each_flag_of_the_key_used(session: Session, use: Use) -> None:
    """An operation needs its usage attribute, and no other flag of its key, whether true or false, matters."""
    call = prepare(session, use)
    for attribute in GIVEN:
        if not may_have(use.object_class, attribute):
            continue
        for value in (True, False):
            key = new_key(session, use.key_type, use.object_class, {attribute: value})
            before = session.find({})
            if attribute is USAGE[use.operation] and not value:
                with refused(ReturnCode.KEY_FUNCTION_NOT_PERMITTED, attribute.name, use.mechanism.name):
                    call(key, {})
                assert session.find({}) == before
            else:
                call(key, {})


@pytest.mark.parametrize("use", USES, ids=str)
def test_the_flag_counts_as_it_is_now(session: Session, use: Use) -> None:
    """Taking the usage attribute away from a key that exists forbids the operation, giving it back allows it."""
    call, usage = prepare(session, use), USAGE[use.operation]
    key = new_key(session, use.key_type, use.object_class, {Attribute.TOKEN: True})
    session.set_attributes(key, {usage: False})
    with refused(ReturnCode.KEY_FUNCTION_NOT_PERMITTED, usage.name):
        call(key, {})
    session.set_attributes(key, {usage: True})
    call(key, {})


@pytest.mark.parametrize("use", USES, ids=str)
def test_keys_of_other_types_and_classes(session: Session, use: Use) -> None:
    """A mechanism takes its own types of key only, and of those the half that the operation is for."""
    call = prepare(session, use)
    same = {other.key_type for other in USES if (other.mechanism, other.operation) == (use.mechanism, use.operation)}
    for key_type in KeyType:
        for object_class in ObjectClass:
            if (object_class is SECRET) is (key_type in (KeyType.RSA, KeyType.EC, KeyType.EC_EDWARDS, KeyType.ML_DSA)):
                continue
            key = new_key(session, key_type, object_class)
            if key_type not in same:
                with refused(ReturnCode.KEY_TYPE_INCONSISTENT, key_type.name):
                    call(key, {})
            elif object_class is not use.object_class:
                with refused(ReturnCode.KEY_FUNCTION_NOT_PERMITTED, USAGE[use.operation].name):
                    call(key, {})


@pytest.mark.parametrize("use", USES, ids=str)
def test_a_parameter_of_another_class_is_refused(session: Session, use: Use) -> None:
    other = parameter_of(MechanismType.EDDSA if parameter_of(use.mechanism) is None else MechanismType.HKDF_DERIVE)
    if use.mechanism is MechanismType.HKDF_DERIVE:
        other = None
    key = new_key(session, use.key_type, use.object_class)
    calls: dict[str, Callable[[], object]] = {
        "sign": lambda: session.sign(key, use.mechanism, b"", other),
        "verify": lambda: session.verify(key, use.mechanism, b"", b"", other),
        "encrypt": lambda: session.encrypt(key, use.mechanism, b"", other),
        "decrypt": lambda: session.decrypt(key, use.mechanism, b"", other),
        "wrap": lambda: session.wrap(key, use.mechanism, new_payload(session), other),
        "unwrap": lambda: session.unwrap(key, use.mechanism, b"", unwrapped_template(), other),
        "derive": lambda: session.derive(key, use.mechanism, derived_template(), other),
    }
    with refused(ReturnCode.MECHANISM_PARAM_INVALID, use.mechanism.name):
        calls[use.operation]()


@pytest.mark.parametrize("use", [use for use in USES if use.operation == "wrap"], ids=str)
def test_each_flag_of_the_key_that_is_wrapped(hsm: Hsm, session: Session, admin: Session, use: Use) -> None:
    plain = new_key(session, use.key_type, use.object_class)
    trusted = new_key(session, use.key_type, use.object_class, {Attribute.TOKEN: True})
    admin.set_attributes(trusted, {Attribute.TRUSTED: True})
    for attribute in GIVEN:
        if SECRET not in RULES[attribute].classes:
            continue
        for value in (True, False):
            payload = new_payload(session, {attribute: value})
            for wrapping in (plain, trusted):
                refusal = _wrap_refusal(attribute, value, trusted=wrapping == trusted)
                if refusal is None:
                    session.wrap(wrapping, use.mechanism, payload, parameter_of(use.mechanism))
                else:
                    with refused(refusal, attribute.name):
                        session.wrap(wrapping, use.mechanism, payload, parameter_of(use.mechanism))


def _wrap_refusal(attribute: Attribute, value: bool, *, trusted: bool) -> ReturnCode | None:
    if attribute is Attribute.EXTRACTABLE and not value:
        return ReturnCode.KEY_UNEXTRACTABLE
    if attribute is Attribute.WRAP_WITH_TRUSTED and value and not trusted:
        return ReturnCode.KEY_NOT_WRAPPABLE
    return None


@pytest.mark.parametrize("use", [use for use in USES if use.operation in ("unwrap", "derive")], ids=str)
def test_each_flag_of_a_key_that_comes_of_another(session: Session, use: Use) -> None:
    """A flag in the template is the new key's; without it, the defaults of the table apply."""
    call = prepare(session, use)
    base = new_key(session, use.key_type, use.object_class)
    for attribute in GIVEN:
        if SECRET not in RULES[attribute].classes:
            continue
        for value in (True, False, None):
            given: Template = {} if value is None else {attribute: value}
            handle = call(base, given)
            assert isinstance(handle, int)
            attributes = session.attributes(handle)
            assert attributes[attribute] == (RULES[attribute].default if value is None else value)
            assert attributes[Attribute.LOCAL] is False
            assert attributes[Attribute.ALWAYS_SENSITIVE] is False
            assert attributes[Attribute.NEVER_EXTRACTABLE] is False


@pytest.mark.parametrize("use", [use for use in USES if use.operation in ("unwrap", "derive")], ids=str)
@pytest.mark.parametrize("attribute", GIVEN, ids=lambda attribute: attribute.name)
def test_a_base_key_lays_down_flags(session: Session, use: Use, attribute: Attribute) -> None:
    """UNWRAP_TEMPLATE and DERIVE_TEMPLATE are added to the caller's template; another value is a conflict."""
    if SECRET not in RULES[attribute].classes:
        return
    name = Attribute.UNWRAP_TEMPLATE if use.operation == "unwrap" else Attribute.DERIVE_TEMPLATE
    call = prepare(session, use)
    value = not RULES[attribute].default
    base = new_key(session, use.key_type, use.object_class, {name: ((attribute, value),)})
    same: Template = {attribute: value}
    for given in ({}, same):
        handle = call(base, given)
        assert isinstance(handle, int)
        assert session.attributes(handle)[attribute] is value
    before = session.find({})
    with refused(ReturnCode.TEMPLATE_INCONSISTENT, name.name, attribute.name):
        call(base, {attribute: not value})
    assert session.find({}) == before


@pytest.mark.parametrize("attribute", GIVEN, ids=lambda attribute: attribute.name)
def test_a_wrapping_key_lays_down_what_it_wraps(session: Session, attribute: Attribute) -> None:
    for value in (True, False):
        if SECRET not in RULES[attribute].classes or _wrap_refusal(attribute, value, trusted=False):
            continue
        template: Template = {Attribute.WRAP_TEMPLATE: ((attribute, value),)}
        wrapping = new_key(session, KeyType.AES, SECRET, template)
        mechanism = MechanismType.CLOUDHSM_AES_KEY_WRAP_NO_PAD
        session.wrap(wrapping, mechanism, new_payload(session, {attribute: value}))
        other = new_payload(session, {attribute: not value})
        code = _wrap_refusal(attribute, not value, trusted=False) or ReturnCode.KEY_NOT_WRAPPABLE
        with refused(code, attribute.name):
            session.wrap(wrapping, mechanism, other)


@pytest.mark.parametrize("attribute", GIVEN, ids=lambda attribute: attribute.name)
def test_each_flag_at_clear_extraction(hsm: Hsm, session: Session, attribute: Attribute) -> None:
    for on in (False, True):
        hsm.configure(clear_extraction=on)
        for value in (True, False):
            if SECRET not in RULES[attribute].classes:
                continue
            key = new_payload(session, {attribute: value})
            if on and _wrap_refusal(attribute, value, trusted=False) is None:
                assert session.export(key) == bytes(range(1, 33))
            else:
                with refused(ReturnCode.KEY_UNEXTRACTABLE):
                    session.export(key)


@pytest.mark.parametrize("attribute", GIVEN, ids=lambda attribute: attribute.name)
@pytest.mark.parametrize("token", [False, True], ids=["session", "token"])
def test_each_flag_at_destruction_and_change(session: Session, attribute: Attribute, token: bool) -> None:
    for value in (True, False):
        if SECRET not in RULES[attribute].classes:
            continue
        key = new_payload(session, {Attribute.TOKEN: token, attribute: value})
        if attribute is Attribute.MODIFIABLE and not value:
            with refused(ReturnCode.ACTION_PROHIBITED, "MODIFIABLE"):
                session.set_attributes(key, {Attribute.LABEL: "new"})
        else:
            session.set_attributes(key, {Attribute.LABEL: "new"})
            assert session.attributes(key)[Attribute.LABEL] == "new"
        if attribute is Attribute.DESTROYABLE and not value:
            with refused(ReturnCode.ACTION_PROHIBITED, "DESTROYABLE"):
                session.destroy(key)
            assert key in session.find({})
        else:
            session.destroy(key)
            assert key not in session.find({})


@pytest.mark.parametrize("use", USES, ids=str)
def test_what_a_shared_key_may_do_for_others(hsm: Hsm, session: Session, bob: Session, use: Use) -> None:
    """A user that a key is shared with uses it, but derives nothing from it (user guide, "manage-keys-shared")."""
    call = prepare(bob, use)
    key = new_key(session, use.key_type, use.object_class, {Attribute.TOKEN: True})
    _share(hsm, key, "bob")
    if use.operation == "derive":
        with refused(ReturnCode.ACTION_PROHIBITED, "'alice'"):
            call(key, {})
    else:
        call(key, {})


def test_a_shared_key_is_wrapped_and_exported_by_its_owner_only(hsm: Hsm, session: Session, bob: Session) -> None:
    hsm.configure(clear_extraction=True)
    payload, wrapping = new_payload(session, {Attribute.TOKEN: True}), new_payload(bob)
    _share(hsm, payload, "bob")
    attempts: list[Callable[[], object]] = [
        lambda: bob.wrap(wrapping, MechanismType.CLOUDHSM_AES_KEY_WRAP_NO_PAD, payload),
        lambda: bob.export(payload),
    ]
    for attempt in attempts:
        with refused(ReturnCode.ACTION_PROHIBITED, "'alice'"):
            attempt()


def _share(hsm: Hsm, handle: int, user: str) -> None:
    with hsm.changing() as transaction:
        obj = hsm.get(handle)
        assert obj is not None
        transaction.put_object(replace(obj, shared_with=frozenset({user})))


@pytest.mark.parametrize("sensitive", [True, False])
@pytest.mark.parametrize("extractable", [True, False])
def test_where_a_key_comes_from(session: Session, sensitive: bool, extractable: bool) -> None:
    """A derived key was always what its base always was; of an unwrapped one nobody knows what it was before."""
    given: Template = {Attribute.SENSITIVE: sensitive, Attribute.EXTRACTABLE: extractable}
    length: Template = {Attribute.VALUE_LEN: 32, Attribute.DERIVE: True}
    base = session.generate_key(MechanismType.AES_KEY_GEN, length | given)
    kdf, no_pad = MechanismType.SP800_108_COUNTER_KDF, MechanismType.CLOUDHSM_AES_KEY_WRAP_NO_PAD
    derived = session.derive(base, kdf, derived_template(given), parameter_of(kdf))
    wrapped = session.wrap(base, no_pad, new_payload(session))
    unwrapped = session.unwrap(base, no_pad, wrapped, unwrapped_template(given))
    for handle, known in ((derived, True), (unwrapped, False)):
        attributes = session.attributes(handle)
        assert attributes[Attribute.LOCAL] is False
        assert attributes[Attribute.ALWAYS_SENSITIVE] is (known and sensitive)
        assert attributes[Attribute.NEVER_EXTRACTABLE] is (known and not extractable)


def test_a_public_key_is_exported_whatever_is_switched(session: Session) -> None:
    public = new_key(session, KeyType.EC, ObjectClass.PUBLIC_KEY)
    assert session.export(public) == session.attributes(public)[Attribute.PUBLIC_KEY_INFO]


def test_a_key_of_an_operation_is_imported_unless_that_is_switched_off(hsm: Hsm, session: Session) -> None:
    secret, public = value_of(KeyType.AES, SECRET), value_of(KeyType.EC, ObjectClass.PUBLIC_KEY)
    private = value_of(KeyType.EC, ObjectClass.PRIVATE_KEY)
    for template in (secret, public, private):
        handle = session.import_for_use({**template, Attribute.TOKEN: True})
        assert session.attributes(handle)[Attribute.TOKEN] is False
    hsm.configure(implicit_import=False)
    session.import_for_use(public)
    for template in (secret, private):
        with refused(ReturnCode.ACTION_PROHIBITED, "implicit import", "--enable-implicit-import"):
            session.import_for_use(template)
        session.import_key(template)
