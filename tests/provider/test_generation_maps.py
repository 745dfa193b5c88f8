"""Generating keys with attribute maps, and the algorithms that have no generator in an older JDK."""

from __future__ import annotations

from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import load_der_public_key

from bridge.engine import Attribute
from provider.conftest import Account, Jvm
from provider.jca import DATA, EXCEPTIONS, HSM, java, refused, sign, verifies
from provider.maps import all_keys, attributes, choice, clear_extraction, curve, null, pair_attributes

PARAMETERS = "java.security.InvalidAlgorithmParameterException"
SIZE = "java.security.InvalidParameterException"
HMACS = {"HmacSHA1": 160, "HmacSHA224": 224, "HmacSHA256": 256, "HmacSHA384": 384, "HmacSHA512": 512}
MLDSA = {"ML-DSA-44": ("MlDsa44", 1312), "ML-DSA-65": ("MlDsa65", 1952), "ML-DSA-87": ("MlDsa87", 2592)}
CURVES = {
    "EC_CURVE_PRIME224": 224,
    "EC_CURVE_PRIME256": 256,
    "EC_CURVE_SECP256": 256,
    "EC_CURVE_PRIME384": 384,
    "EC_CURVE_SECP521": 521,
}


def secrets(algorithm: str, provider: Any = HSM) -> Any:
    return java("javax.crypto.KeyGenerator").getInstance(algorithm, provider)


def pairs_of(algorithm: str, provider: Any = HSM) -> Any:
    return java("java.security.KeyPairGenerator").getInstance(algorithm, provider)


def bits_of(key: Any, jvm: Jvm) -> int:
    with clear_extraction(jvm.hsm):
        return 8 * len(bytes(key.getEncoded()))


def named(name: str) -> Any:
    return java("java.security.spec.NamedParameterSpec")(name)


def found(account: Account, label: str) -> Any:
    (handle,) = account.session.find({Attribute.LABEL: label})
    return account.session.attributes(handle)


def test_secret_keys_have_their_size_name_and_attributes(jvm: Jvm, account: Account) -> None:
    for algorithm, size in [("AES", 128), ("AES", 192), ("AES", 256), ("GenericSecret", 8), ("HmacSHA1", 192)]:
        one = secrets(algorithm, account.provider)
        label = f"{algorithm} {size}"
        given = attributes(SIZE=size, LABEL=label, TOKEN=True, EXTRACTABLE=False, SIGN=False, DERIVE=True)
        for random in (None, java("java.security.SecureRandom")()):
            one.init(given, random)
            key = one.generateKey()
            assert key.getAlgorithm() == algorithm
            made = found(account, label)
            assert made[Attribute.VALUE_LEN] == size // 8
            flags = [Attribute.EXTRACTABLE, Attribute.SIGN, Attribute.DERIVE, Attribute.NEVER_EXTRACTABLE]
            assert [made[flag] for flag in flags] == [False, False, True, True]
            key.destroy()


@pytest.mark.parametrize(("algorithm", "natural"), [*HMACS.items(), ("DESede", 192), ("GenericSecret", 256)])
def test_a_secret_key_has_its_natural_size_unless_told_otherwise(jvm: Jvm, algorithm: str, natural: int) -> None:
    one = secrets(algorithm)
    assert bits_of(one.generateKey(), jvm) == natural
    one.init(java("java.security.SecureRandom")())
    assert bits_of(one.generateKey(), jvm) == natural
    if algorithm != "GenericSecret":
        one.init(attributes(LABEL="natural"))
        key = one.generateKey()
        assert bits_of(key, jvm) == natural
        assert 'label "natural"' in str(key)
        assert key.getAlgorithm() == algorithm


@pytest.mark.parametrize("algorithm", ["AES", "GenericSecret"])
def test_a_map_without_a_size_is_refused_where_there_is_no_natural_one(jvm: Jvm, algorithm: str) -> None:
    with refused(PARAMETERS, "SIZE", algorithm):
        secrets(algorithm).init(attributes(LABEL="no size"))


def test_desede_is_192_or_168_bits(jvm: Jvm) -> None:
    one = secrets("DESede")
    for size in (168, 192):
        one.init(size)
        assert bits_of(one.generateKey(), jvm) == 192
        one.init(attributes(SIZE=size))
        assert bits_of(one.generateKey(), jvm) == 192
    for size in (56, 112, 128, 256):
        with refused(SIZE, "192", str(size)):
            one.init(size)
    with refused(SIZE, "0"):
        one.init(0)
    with refused(PARAMETERS, "128"):
        one.init(attributes(SIZE=128))


def test_generic_secrets_have_1_to_800_bytes(jvm: Jvm) -> None:
    one = secrets("GenericSecret")
    for size in (8, 6400):
        one.init(size)
        assert bits_of(one.generateKey(), jvm) == size
    with refused(PARAMETERS, "800", str(2**37)):
        one.init(attributes(SIZE=2**40))
    with refused(SIZE, "800", "801"):
        one.init(6408)


def test_wrong_secret_key_attributes_are_refused(jvm: Jvm, account: Account) -> None:
    one = secrets("AES", account.provider)
    for wrong, texts in [
        (attributes(SIZE=129), ["SIZE", "multiple of 8", "129"]),
        (attributes(SIZE=128, KEY_TYPE=choice("KeyType", "DESEDE")), ["KEY_TYPE"]),
    ]:
        with refused(PARAMETERS, *texts):
            one.init(wrong)
    with refused(PARAMETERS, "Unsupported Attribute", "VALUE") as caught:
        one.init(attributes(SIZE=128, VALUE=bytes(16)))
    assert caught.value.getCause().getClass().getName() == f"{EXCEPTIONS}.AddAttributeException"
    for wrong in (named("x"), null("java.security.spec.AlgorithmParameterSpec")):
        with refused(PARAMETERS, "KeyAttributesMap"):
            one.init(wrong)
    for given, text in [
        (attributes(SIZE=128, LOCAL=True), "LOCAL"),
        (attributes(SIZE=128, MODULUS_BITS=2048), "MODULUS_BITS"),
        (attributes(SIZE=128, PRIVATE=False), "PRIVATE"),
        (attributes(SIZE=128, LABEL="x" * 128), "127"),
    ]:
        one.init(given)
        with refused(f"{EXCEPTIONS}.AttributeException", text):
            one.generateKey()
    with refused(PARAMETERS, "136"):
        one.init(attributes(SIZE=136))
    assert all_keys(account.provider) == []


def test_an_rsa_pair_comes_from_a_map(account: Account) -> None:
    one = pairs_of("RSA", account.provider)
    public = attributes(MODULUS_BITS=2304, PUBLIC_EXPONENT=b"\0\1\0\1", LABEL="pair:Public", TOKEN=True)
    private = attributes(LABEL="pair:Private", TOKEN=True, EXTRACTABLE=False, DECRYPT=False)
    for random in (None, java("java.security.SecureRandom")()):
        one.initialize(pair_attributes(public, private), random)
        pair = one.generateKeyPair()
        assert pair.getPublic().getModulus().bitLength() == 2304
        made = found(account, "pair:Private")
        assert [made[Attribute.EXTRACTABLE], made[Attribute.DECRYPT], made[Attribute.SIGN]] == [False, False, True]
        assert found(account, "pair:Public")[Attribute.VERIFY] is True
        pair.getPublic().destroy()
        pair.getPrivate().destroy()
    one.initialize(pair_attributes(attributes(MODULUS_BITS=2048), attributes()))
    assert one.generateKeyPair().getPublic().getPublicExponent().intValue() == 65537
    one.initialize(2048)
    assert 'label ""' in str(one.generateKeyPair().getPrivate())


@pytest.mark.parametrize("constant", CURVES)
def test_an_ec_pair_comes_from_a_map(jvm: Jvm, constant: str) -> None:
    for given in (curve(constant), getattr(java("com.amazonaws.cloudhsm.jce.provider.attributes.EcParams"), constant)):
        one = pairs_of("EC")
        one.initialize(pair_attributes(attributes(EC_PARAMS=given, LABEL="a"), attributes(LABEL="b", DERIVE=True)))
        pair = one.generateKeyPair()
        assert pair.getPublic().getParams().getCurve().getField().getFieldSize() == CURVES[constant]
        assert 'label "a"' in str(pair.getPublic())
        assert 'label "b"' in str(pair.getPrivate())


def test_curve_parameters_of_the_jdk_do_too(jvm: Jvm, software_pairs: dict[str, Any]) -> None:
    given = software_pairs["EC"].getPublic().getParams()
    one = pairs_of("EC")
    one.initialize(pair_attributes(attributes(EC_PARAMS=given), attributes()))
    assert "secp256r1" in str(one.generateKeyPair().getPublic().getParams())


@pytest.mark.parametrize("algorithm", ["RSA", "EC", "ML-DSA"])
def test_what_a_map_lacks_is_named(jvm: Jvm, algorithm: str) -> None:
    missing = {"RSA": "MODULUS_BITS", "EC": "EC_PARAMS", "ML-DSA": "MLDSA_ALGORITHM"}[algorithm]
    with refused(PARAMETERS, missing, "public attributes"):
        pairs_of(algorithm).initialize(pair_attributes(attributes(LABEL="x"), attributes(LABEL="y")))
    for wrong in (null("java.security.spec.AlgorithmParameterSpec"), attributes(SIZE=2048)):
        with refused(PARAMETERS):
            pairs_of(algorithm).initialize(wrong)


def test_a_point_is_no_attribute_of_a_new_key(jvm: Jvm, software_pairs: dict[str, Any]) -> None:
    point = software_pairs["EC"].getPublic().getW()
    p256 = attributes(EC_PARAMS=curve("EC_CURVE_PRIME256"))
    with_point = attributes(EC_PARAMS=curve("EC_CURVE_PRIME256"), EC_POINT=point)
    for public, private in [(with_point, attributes()), (p256, attributes(EC_POINT=point))]:
        with refused(PARAMETERS, "Unsupported Attribute", "EC_POINT") as caught:
            pairs_of("EC").initialize(pair_attributes(public, private))
        cause = caught.value.getCause()
        assert cause.getClass().getName() == f"{EXCEPTIONS}.AddAttributeException"
        assert str(cause.getMessage()).startswith("Unsupported Attribute")


def test_wrong_pair_attributes_are_refused(account: Account) -> None:
    one = pairs_of("RSA", account.provider)
    for public, private, text in [
        (attributes(MODULUS_BITS=2048, SIGN=True), attributes(), "SIGN"),
        (attributes(MODULUS_BITS=2048), attributes(VERIFY=True), "VERIFY"),
    ]:
        one.initialize(pair_attributes(public, private))
        with refused(f"{EXCEPTIONS}.AttributeException", text):
            one.generateKeyPair()
    for wrong, text in [
        (attributes(MODULUS_BITS=1024), "1024"),
        (attributes(MODULUS_BITS=2048, PUBLIC_EXPONENT=b"\3"), "65537"),
    ]:
        with refused(PARAMETERS, text):
            one.initialize(pair_attributes(wrong, attributes()))
    assert all_keys(account.provider) == []


@pytest.mark.parametrize("name", ["Ed25519", "EdDSA", "1.3.101.112"])
def test_ed25519_pairs_come_in_every_way(jvm: Jvm, name: str) -> None:
    one = pairs_of(name)
    generated = [one.generateKeyPair()]
    one.initialize(255)
    generated.append(one.generateKeyPair())
    for specification in (
        java("java.security.spec.NamedParameterSpec").ED25519,
        java("java.security.spec.ECGenParameterSpec")("Ed25519"),
        pair_attributes(attributes(LABEL="a"), attributes(LABEL="b")),
        pair_attributes(
            attributes(KEY_TYPE=choice("KeyType", "EC"), EC_PARAMS=curve("EC_CURVE_ED25519")),
            attributes(KEY_TYPE=choice("KeyType", "EC")),
        ),
    ):
        one.initialize(specification)
        generated.append(one.generateKeyPair())
    for pair in generated:
        signed = sign("Ed25519", pair.getPrivate(), provider=HSM)
        assert verifies("Ed25519", pair.getPublic(), DATA, signed, "SunEC")
        assert pair.getPublic().getAlgorithm() == pair.getPrivate().getAlgorithm()
    for wrong in (256, 448, 0):
        with refused(SIZE, "255", str(wrong)):
            one.initialize(wrong)
    with refused(PARAMETERS, "Ed448"):
        one.initialize(java("java.security.spec.NamedParameterSpec").ED448)


def test_the_ec_generator_makes_ed25519_pairs_where_a_map_says_so(jvm: Jvm) -> None:
    one = pairs_of("EC")
    one.initialize(pair_attributes(attributes(EC_PARAMS=curve("EC_CURVE_ED25519")), attributes()))
    pair = one.generateKeyPair()
    assert verifies("Ed25519", pair.getPublic(), DATA, sign("Ed25519", pair.getPrivate(), provider=HSM), HSM)
    one.initialize(256)
    assert "secp256r1" in str(one.generateKeyPair().getPublic().getParams())


@pytest.mark.parametrize("name", MLDSA)
def test_mldsa_pairs_come_in_every_way(jvm: Jvm, name: str) -> None:
    constant, size = MLDSA[name]
    algorithm = choice("MldsaAlgorithm", constant)
    kind = choice("KeyType", "MLDSA")
    generated = []
    for generator in (pairs_of("ML-DSA"), pairs_of(name)):
        for specification in (
            named(name),
            pair_attributes(
                attributes(KEY_TYPE=kind, MLDSA_ALGORITHM=algorithm, VERIFY=True, WRAP=False, ENCRYPT=False),
                attributes(KEY_TYPE=kind, MLDSA_ALGORITHM=algorithm, SIGN=True, UNWRAP=False, DECRYPT=False),
            ),
            pair_attributes(attributes(), attributes(MLDSA_ALGORITHM=algorithm)),
        ):
            generator.initialize(specification)
            generated.append(generator.generateKeyPair())
    generated.append(pairs_of(name).generateKeyPair())
    for pair in generated:
        key: Any = load_der_public_key(bytes(pair.getPublic().getEncoded()))
        assert len(key.public_bytes_raw()) == size
        assert pair.getPublic().getAlgorithm() == pair.getPrivate().getAlgorithm() == "ML-DSA"


def test_an_mldsa_pair_is_of_the_middle_set_unless_told_otherwise(jvm: Jvm) -> None:
    key: Any = load_der_public_key(bytes(pairs_of("ML-DSA").generateKeyPair().getPublic().getEncoded()))
    assert len(key.public_bytes_raw()) == MLDSA["ML-DSA-65"][1]


def test_wrong_mldsa_parameters_are_refused(jvm: Jvm) -> None:
    with refused(SIZE, "parameter set"):
        pairs_of("ML-DSA").initialize(65)
    for wrong in (named("ML-DSA-66"), named("Ed25519"), null("java.security.spec.AlgorithmParameterSpec")):
        with refused(PARAMETERS, "ML-DSA-44, ML-DSA-65 or ML-DSA-87"):
            pairs_of("ML-DSA").initialize(wrong)
    with refused(PARAMETERS, "makes ML-DSA-44 keys"):
        pairs_of("ML-DSA-44").initialize(named("ML-DSA-87"))
    with refused(PARAMETERS, "makes ML-DSA-44 keys"):
        pairs_of("ML-DSA-44").initialize(
            pair_attributes(attributes(MLDSA_ALGORITHM=choice("MldsaAlgorithm", "MlDsa87")), attributes())
        )
