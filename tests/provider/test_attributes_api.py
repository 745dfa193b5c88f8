"""Attribute maps, their builders and enums: types, nulls, copies, and that no secret is ever shown."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jpype
import pytest

from provider.conftest import Account, Jvm
from provider.jca import java, ours, refused

ATTRIBUTES = "com.amazonaws.cloudhsm.jce.provider.attributes"
ADD_ATTRIBUTE = "com.amazonaws.cloudhsm.jce.jni.exception.AddAttributeException"
OPERATIONS = ["ENCRYPT", "DECRYPT", "SIGN", "VERIFY", "WRAP", "UNWRAP", "DERIVE"]
FLAGS = ["TOKEN", "PRIVATE", "EXTRACTABLE", "WRAP_WITH_TRUSTED", "LOCAL", *OPERATIONS]
PRIMES = ["PRIME_P", "PRIME_Q", "PRIME_EXPONENT_P", "PRIME_EXPONENT_Q", "CRT_COEFFICIENT"]
SECRETS = ["VALUE", "PRIVATE_EXPONENT", *PRIMES]
BYTES = [*SECRETS, "MODULUS", "PUBLIC_EXPONENT"]
NUMBERS = ["SIZE", "MODULUS_BITS"]
CURVES = {
    "EC_CURVE_PRIME224": "secp224r1",
    "EC_CURVE_SECP224": "secp224r1",
    "EC_CURVE_PRIME256": "secp256r1",
    "EC_CURVE_PRIME384": "secp384r1",
    "EC_CURVE_SECP384": "secp384r1",
    "EC_CURVE_PRIME521": "secp521r1",
    "EC_CURVE_SECP521": "secp521r1",
    "EC_CURVE_SECP256": "secp256k1",
}

pytestmark = pytest.mark.usefixtures("jvm")


def attribute(name: str) -> Any:
    """Return a constant of ``KeyAttribute``."""
    return getattr(java(f"{ATTRIBUTES}.KeyAttribute"), name)


def new_map(**values: Any) -> Any:
    """Make a ``KeyAttributesMap``."""
    made = java(f"{ATTRIBUTES}.KeyAttributesMap")()
    for name, value in values.items():
        made.put(attribute(name), value)
    return made


def constant(kind: str, name: str) -> Any:
    return getattr(java(f"{ATTRIBUTES}.{kind}"), name)


def boxed_true() -> Any:
    return java("java.lang.Boolean").TRUE


def integer(number: int) -> Any:
    return java("java.lang.Integer").valueOf(number)


def array(*numbers: int) -> Any:
    return jpype.JByte[:](numbers)


def samples() -> dict[str, list[Any]]:
    """Return, for each attribute, values of all the types that it takes."""
    long = java("java.lang.Long").valueOf(256)
    parameters = curve_parameters("secp256r1")
    values: dict[str, list[Any]] = {name: [boxed_true()] for name in FLAGS}
    values |= {name: [array(1, 2)] for name in BYTES}
    values |= {name: [integer(256), long] for name in NUMBERS}
    values |= {
        "LABEL": [java("java.lang.String")("label")],
        "ID": [array(7), java("java.lang.String")("id")],
        "KEY_TYPE": list(java(f"{ATTRIBUTES}.KeyType").values()),
        "OBJECT_CLASS": list(java(f"{ATTRIBUTES}.ObjectClassType").values()),
        "EC_PARAMS": [array(6, 1, 1), parameters],
        "EC_POINT": [parameters.getGenerator(), array(4)],
        "MLDSA_ALGORITHM": [
            constant("MldsaAlgorithm", "MlDsa44"),
            java("com.amazonaws.cloudhsm.jce.jni.MldsaAlgorithm").MlDsa44,
        ],
    }
    return values


def curve_parameters(name: str) -> Any:
    parameters = java("java.security.AlgorithmParameters").getInstance("EC")
    parameters.init(java("java.security.spec.ECGenParameterSpec")(name))
    return parameters.getParameterSpec(java("java.security.spec.ECParameterSpec").class_)


def test_every_attribute_takes_its_types_and_no_others() -> None:
    values = samples()
    everything = [value for alternatives in values.values() for value in alternatives]
    everything += [java("java.lang.Object")(), java("java.util.ArrayList")(), java("java.lang.Double").valueOf(1.0)]
    constants = list(java(f"{ATTRIBUTES}.KeyAttribute").values())
    assert {str(one.name()) for one in constants} == set(values)
    for one in constants:
        name = str(one.name())
        classes = {value.getClass() for value in values[name]}
        for value in everything:
            if value.getClass() in classes:
                new_map(**{name: value})
            else:
                with refused(ADD_ATTRIBUTE, f"The attribute {name} takes a value of type "):
                    new_map(**{name: value})
        with refused(ADD_ATTRIBUTE, f"The attribute {name} takes", "not null"):
            new_map(**{name: None})
    with refused(ADD_ATTRIBUTE, "attribute is null"):
        new_map().put(None, "value")


def test_a_refused_value_is_not_named() -> None:
    with pytest.raises(ours("AddAttributeException")) as caught:
        new_map(VALUE="secret words")
    assert "secret" not in str(caught.value.getMessage())


def test_put_and_remove_return_what_was_there_before() -> None:
    made = new_map()
    assert made.put(attribute("LABEL"), "one") is None
    assert made.put(attribute("LABEL"), "two") == "one"
    assert made.get(attribute("LABEL")) == "two"
    assert made.get(attribute("SIZE")) is None
    assert made.remove(attribute("LABEL")) == "two"
    assert made.remove(attribute("LABEL")) is None
    assert made.get(attribute("LABEL")) is None


def test_a_refused_put_leaves_the_map_as_it_was() -> None:
    made = new_map(SIZE=integer(128))
    with refused(ADD_ATTRIBUTE, "SIZE"):
        made.put(attribute("SIZE"), "256")
    assert made.get(attribute("SIZE")) == 128


def test_arrays_are_copied_on_the_way_in_and_out() -> None:
    given = array(1, 2, 3)
    made = new_map(VALUE=given)
    given[0] = 9
    assert list(made.get(attribute("VALUE"))) == [1, 2, 3]
    made.get(attribute("VALUE"))[0] = 9
    assert list(made.get(attribute("VALUE"))) == [1, 2, 3]
    copy = java(f"{ATTRIBUTES}.KeyAttributesMap")(made)
    copy.put(attribute("VALUE"), array(4))
    assert list(made.get(attribute("VALUE"))) == [1, 2, 3]


@pytest.mark.parametrize("name", sorted(CURVES))
def test_the_constants_of_curves_are_the_jdks_encodings_and_stay_themselves(name: str) -> None:
    curve = constant("EcParams", name)
    parameters = java("java.security.AlgorithmParameters").getInstance("EC")
    parameters.init(java("java.security.spec.ECGenParameterSpec")(CURVES[name]))
    assert bytes(curve) == bytes(parameters.getEncoded())
    got = new_map(EC_PARAMS=curve).get(attribute("EC_PARAMS"))
    assert java("java.util.Objects").equals(got, curve)
    merged = new_map()
    merged.putAll(new_map(EC_PARAMS=curve))
    assert java("java.util.Objects").equals(merged.get(attribute("EC_PARAMS")), curve)


def test_put_all_overwrites_and_tolerates_null() -> None:
    made = new_map(LABEL="old", SIZE=integer(128))
    made.putAll(new_map(LABEL="new"))
    made.putAll(None)
    assert (made.get(attribute("LABEL")), made.get(attribute("SIZE"))) == ("new", 128)


def test_builders_make_independent_maps() -> None:
    builder = java(f"{ATTRIBUTES}.KeyAttributesMapBuilder")()
    first = builder.put(attribute("LABEL"), "one").putAll(new_map(SIZE=integer(256))).putAll(None).build()
    second = builder.put(attribute("LABEL"), "two").build()
    assert (first.get(attribute("LABEL")), first.get(attribute("SIZE"))) == ("one", 256)
    assert second.get(attribute("LABEL")) == "two"
    with refused(ADD_ATTRIBUTE, "LABEL"):
        builder.put(attribute("LABEL"), integer(1))


def test_pairs_are_made_of_two_maps_in_every_way() -> None:
    pair_class = java(f"{ATTRIBUTES}.KeyPairAttributesMap")
    public, private = new_map(LABEL="public"), new_map(LABEL="private")
    builder = java(f"{ATTRIBUTES}.KeyPairAttributesMapBuilder")
    one = builder().withPublic(public).withPrivate(private).build()
    two = builder().withPublic(attribute("LABEL"), "public").withPrivate(attribute("LABEL"), "private").build()
    three = pair_class(public, private)
    four = pair_class()
    four.putAll(one)
    four.putAll(None)
    for pair in (two, three, four):
        assert pair.equals(one)
        assert pair.hashCode() == one.hashCode()
    five = pair_class()
    five.getPublic().put(attribute("LABEL"), "public")
    five.getPrivate().put(attribute("LABEL"), "private")
    assert five.equals(one)
    assert not pair_class(private, public).equals(one)


def test_null_maps_count_as_empty() -> None:
    pair_class = java(f"{ATTRIBUTES}.KeyPairAttributesMap")
    empty = pair_class()
    assert pair_class(None, None).equals(empty)
    builder = java(f"{ATTRIBUTES}.KeyPairAttributesMapBuilder")()
    assert builder.withPublic(None).withPrivate(None).build().equals(empty)
    assert java(f"{ATTRIBUTES}.KeyAttributesMap")(None).equals(new_map())


def test_later_calls_of_a_pair_builder_add_to_earlier_ones() -> None:
    builder = java(f"{ATTRIBUTES}.KeyPairAttributesMapBuilder")()
    built = builder.withPublic(new_map(LABEL="a", SIGN=boxed_true())).withPublic(new_map(LABEL="b")).build()
    assert built.getPublic().equals(new_map(LABEL="b", SIGN=boxed_true()))
    with refused(ADD_ATTRIBUTE, "TOKEN"):
        builder.withPrivate(attribute("TOKEN"), "true")


def test_maps_are_equal_by_the_content_of_their_arrays() -> None:
    one, two = (new_map(VALUE=array(1, 2), LABEL="x") for _ in range(2))
    assert one.equals(two)
    assert one.hashCode() == two.hashCode()
    for other in (new_map(VALUE=array(1, 3), LABEL="x"), new_map(VALUE=array(1, 2)), None, "x"):
        assert not one.equals(other)


def test_a_text_of_a_map_hides_parts_of_keys() -> None:
    values: dict[str, Any] = {name: array(0x5A, 0x5B) for name in SECRETS}
    text = str(new_map(**values, LABEL="my key", MODULUS=array(1, 2), TOKEN=boxed_true()))
    assert "5a" not in text
    assert "90" not in text
    for name in SECRETS:
        assert f"{name}=(hidden)" in text
    assert "LABEL=my key" in text
    assert "MODULUS=0x0102" in text
    assert "TOKEN=true" in text


def test_key_references_are_equal_by_number() -> None:
    make = java(f"{ATTRIBUTES}.KeyReferenceSpec").getInstance
    assert make(5).getKeyReference() == make(5).getHandle() == 5
    assert make(5).equals(make(5))
    assert make(5).hashCode() == make(5).hashCode()
    assert not make(5).equals(make(6))
    assert str(make(0x40000)) == "key reference 0x0000000000040000"


def test_specifications_of_derivations_copy_what_they_are_given() -> None:
    spec = java("com.amazonaws.cloudhsm.jce.provider.spec.EcdhWithX963KdfParamSpec")
    info, attributes = array(1, 2), new_map(LABEL="derived")
    made = spec(info, attributes)
    info[0] = 9
    attributes.put(attribute("LABEL"), "changed")
    assert list(made.getSharedInfo()) == [1, 2]
    assert made.getKeyAttributes().get(attribute("LABEL")) == "derived"
    assert list(spec(None, None).getSharedInfo()) == []

    fixed = java("com.amazonaws.cloudhsm.jce.provider.AesCmacKdfFixedInputData")
    data = fixed(8, None, array(3))
    assert (data.getCounterWidth(), list(data.getPrefix()), list(data.getSuffix())) == (8, [], [3])
    parameters = java("com.amazonaws.cloudhsm.jce.provider.AesCmacKdfParameterSpec")
    key = java("javax.crypto.spec.SecretKeySpec")(bytes(16), "AES")
    assert parameters(None, data, key).getBaseKey().equals(key)
    assert parameters(None, data, key).getFixedInputData().equals(data)
    for given in ((None, key), (data, None)):
        with refused("java.lang.NullPointerException", "is null"):
            parameters(None, *given)


def test_the_specification_of_the_hmac_kdf_copies_what_it_is_given() -> None:
    package = "com.amazonaws.cloudhsm.jce.provider.spec"
    label, context = array(1, 2), array(3)
    data = java(f"{package}.HmacKdfFixedInputData")(16, label, context, 64)
    label[0] = context[0] = 9
    assert (list(data.getLabel()), list(data.getContext())) == ([1, 2], [3])
    assert (data.getCounterWidth(), data.getLengthWidth()) == (16, 64)
    empty = java(f"{package}.HmacKdfFixedInputData")(None, None)
    assert (list(empty.getLabel()), list(empty.getContext())) == ([], [])
    key = java("javax.crypto.spec.SecretKeySpec")(bytes(16), "HmacSHA256")
    attributes = new_map(LABEL="derived")
    spec = java(f"{package}.HmacKdfParameterSpec")(attributes, "SHA-256", data, key)
    attributes.put(attribute("LABEL"), "changed")
    assert spec.getKeyAttributes().get(attribute("LABEL")) == "derived"
    assert (spec.getHash(), spec.getFixedInputData(), spec.getBaseKey()) == ("SHA-256", data, key)


@pytest.fixture
def generators(account: Account) -> dict[str, Callable[[Any], Any]]:
    """Generate from a map: an AES key, and the public half of an RSA pair."""

    def aes(attributes: Any) -> Any:
        generator = java("javax.crypto.KeyGenerator").getInstance("AES", account.provider)
        generator.init(attributes)
        return generator.generateKey()

    def rsa(attributes: Any) -> Any:
        generator = java("java.security.KeyPairGenerator").getInstance("RSA", account.provider)
        generator.initialize(java(f"{ATTRIBUTES}.KeyPairAttributesMap")(attributes, None))
        return generator.generateKeyPair()

    return {"AES": aes, "RSA": rsa}


@pytest.mark.parametrize("name", [*SECRETS, "MODULUS", "EC_POINT"])
def test_parts_of_keys_are_refused_when_a_key_is_generated(generators: dict[str, Any], name: str) -> None:
    for generate in generators.values():
        with refused(
            "java.security.InvalidAlgorithmParameterException", "Unsupported Attribute", f"{name} is computed"
        ) as caught:
            generate(new_map(**{name: array(1, 2)}))
        assert caught.value.getCause().getClass().getName() == ADD_ATTRIBUTE


@pytest.mark.parametrize(("bits", "text"), [(129, "multiple of 8, not 129"), (0, "positive"), (-128, "not -128")])
def test_sizes_that_no_key_has_are_refused(generators: dict[str, Any], bits: int, text: str) -> None:
    with refused("java.security.InvalidAlgorithmParameterException", "SIZE", text):
        generators["AES"](new_map(SIZE=integer(bits)))


def test_a_size_is_a_number_of_bits(jvm: Jvm, account: Account, generators: dict[str, Any]) -> None:
    key = generators["AES"](new_map(SIZE=java("java.lang.Long").valueOf(192), LABEL="of 192 bits"))
    store = java("com.amazonaws.cloudhsm.jce.provider.KeyStoreWithAttributes").getInstance("CloudHSM", account.provider)
    store.load(None, None)
    assert store.getKey(new_map(SIZE=integer(192))).equals(key)
    assert store.getKey(new_map(SIZE=integer(256))) is None
