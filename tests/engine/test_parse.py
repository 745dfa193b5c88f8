"""From names and untyped values to attributes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.engine import Attribute, HsmError, MechanismType, ReturnCode, Session
from bridge.engine.attributes import RULES, SECRET_VALUES, Origin, Value, parse
from engine.keys import Template, expect_code, refused

OF_KIND: dict[type, st.SearchStrategy[Value]] = {
    bool: st.booleans(),
    int: st.integers(0, 2**63 - 1),
    str: st.text(max_size=200),
    bytes: st.binary(max_size=200),
}
VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.binary(), st.lists(st.integers()),
    st.dictionaries(st.text(), st.integers()), st.builds(bytearray), st.builds(object),
)  # fmt: skip
PLAIN = [name for name in Attribute.__members__ if RULES[Attribute[name]].kind is not tuple]
TEMPLATES = ["WRAP_TEMPLATE", "UNWRAP_TEMPLATE", "DERIVE_TEMPLATE"]
WELL_TYPED = st.fixed_dictionaries({}, optional={name: OF_KIND[RULES[Attribute[name]].kind] for name in PLAIN})
IN_TEMPLATES = [
    name
    for name in PLAIN
    if Attribute[name] not in SECRET_VALUES and RULES[Attribute[name]].origin is not Origin.ENGINE
]


def test_every_attribute_has_a_rule() -> None:
    assert set(RULES) == set(Attribute)


@given(WELL_TYPED)
def test_well_typed_values_come_out_as_they_went_in(named: dict[str, Value]) -> None:
    assert parse(named) == {Attribute[name]: value for name, value in named.items()}


@given(st.dictionaries(st.one_of(st.text(), st.sampled_from(list(Attribute.__members__))), VALUES))
def test_whatever_comes_in_it_is_typed_or_refused(named: dict[str, object]) -> None:
    try:
        parsed = parse(named)
    except HsmError as error:
        expect_code(error, ReturnCode.ATTRIBUTE_TYPE_INVALID, ReturnCode.ATTRIBUTE_VALUE_INVALID)
    else:
        assert len(parsed) == len(named)
        for attribute, value in parsed.items():
            assert type(value) is RULES[attribute].kind


@pytest.mark.parametrize("name", TEMPLATES)
@given(st.fixed_dictionaries({}, optional={name: OF_KIND[RULES[Attribute[name]].kind] for name in IN_TEMPLATES}))
def test_a_template_comes_out_sorted(name: str, named: dict[str, Value]) -> None:
    (parsed,) = parse({name: named}).values()
    assert isinstance(parsed, tuple)
    assert dict(parsed) == parse(named)
    assert list(parsed) == sorted(parsed)


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_template_holds_no_template(name: str) -> None:
    for inner in TEMPLATES:
        with refused(ReturnCode.ATTRIBUTE_VALUE_INVALID, name):
            parse({name: {inner: {}}})


@pytest.mark.parametrize("name", TEMPLATES)
@pytest.mark.parametrize(
    ("inner", "value"),
    [("VALUE", b""), ("PRIVATE_KEY_INFO", b""), ("LOCAL", True), ("TRUSTED", True), ("CHECK_VALUE", b""),
     ("LABEL", "x" * 128), ("LABEL", "\ud800"), ("WRAP_TEMPLATE", ())],
    ids=repr,
)  # fmt: skip
def test_a_template_holds_what_a_caller_may_ask_for(session: Session, name: str, inner: str, value: Value) -> None:
    template: Template = {Attribute.VALUE_LEN: 32, Attribute[name]: ((Attribute[inner], value),)}
    with refused(ReturnCode.ATTRIBUTE_VALUE_INVALID, inner):
        session.generate_key(MechanismType.AES_KEY_GEN, template)
    assert session.find({}) == []


@pytest.mark.parametrize("name", list(Attribute.__members__))
@pytest.mark.parametrize("value", [True, 1, "1", b"1", None, 1.0, [1]], ids=repr)
def test_each_attribute_takes_values_of_its_own_type_only(name: str, value: object) -> None:
    kind = RULES[Attribute[name]].kind
    if type(value) is kind:
        assert parse({name: value}) == {Attribute[name]: value}
    else:
        wanted = "template" if kind is tuple else kind.__name__
        with refused(ReturnCode.ATTRIBUTE_VALUE_INVALID, name, wanted, type(value).__name__):
            parse({name: value})


@pytest.mark.parametrize("name", ["", "label", "CKA_LABEL", "LABEL ", "NAME", "__class__", "SIZE", "0"])
def test_refuses_unknown_names(name: str) -> None:
    with refused(ReturnCode.ATTRIBUTE_TYPE_INVALID, repr(name)):
        parse({name: "x"})


@pytest.mark.parametrize("number", [-1, -(2**63), 2**64, 10**5000], ids=["-1", "-2^63", "2^64", "10^5000"])
@pytest.mark.parametrize("name", ["VALUE_LEN", "MODULUS_BITS", "CLASS", "KEY_TYPE"])
def test_numbers_that_no_attribute_can_have_end_in_a_refusal(session: Session, name: str, number: int) -> None:
    """CK_ULONG is an unsigned 64-bit number; Python's are longer than a message could even print."""
    with pytest.raises(HsmError):
        session.generate_key(MechanismType.AES_KEY_GEN, {Attribute.VALUE_LEN: 32, **parse({name: number})})
    with pytest.raises(HsmError):
        session.generate_key_pair(MechanismType.RSA_PKCS_KEY_PAIR_GEN, parse({name: number}), {})


def test_a_refusal_does_not_repeat_the_value() -> None:
    with refused(ReturnCode.ATTRIBUTE_VALUE_INVALID) as refusal:
        parse({"VALUE": "0123456789abcdef-secret"})
    assert "secret" not in refusal.message
