"""Generating keys in the HSM: every form of initialisation, and what is refused."""

from __future__ import annotations

from typing import Any

import jpype
import pytest

from bridge.engine import Attribute
from provider.conftest import Account
from provider.jca import DATA, generate, java, refused, sign, verifies

CURVES = {
    "secp224r1": (224, ["secp224r1", "NIST P-224", "P-224", "1.3.132.0.33"]),
    "secp256r1": (256, ["secp256r1", "NIST P-256", "P-256", "prime256v1", "X9.62 prime256v1", "1.2.840.10045.3.1.7"]),
    "secp384r1": (384, ["secp384r1", "NIST P-384", "P-384", "SECP384R1", "1.3.132.0.34"]),
    "secp521r1": (521, ["secp521r1", "NIST P-521", "P-521", "1.3.132.0.35"]),
    "secp256k1": (256, ["secp256k1", "1.3.132.0.10"]),
}
WRONG_PARAMETERS = "java.security.InvalidAlgorithmParameterException"
WRONG_SIZE = "java.security.InvalidParameterException"


def generator(algorithm: str, account: Account) -> Any:
    return java("java.security.KeyPairGenerator").getInstance(algorithm, account.provider)


def named(curve: str) -> Any:
    return java("java.security.spec.ECGenParameterSpec")(curve)


def test_an_rsa_pair_has_2048_bits_unless_told_otherwise(account: Account) -> None:
    pair = generator("RSA", account).generateKeyPair()
    assert pair.getPublic().getModulus().bitLength() == 2048
    assert pair.getPublic().getPublicExponent().intValue() == 65537
    assert pair.getPrivate().getModulus().equals(pair.getPublic().getModulus())


@pytest.mark.parametrize("form", ["size", "size and random", "specification"])
def test_an_rsa_pair_has_the_size_asked_for(account: Account, form: str) -> None:
    one = generator("RSA", account)
    if form == "size":
        one.initialize(2304)
    elif form == "size and random":
        one.initialize(2304, java("java.security.SecureRandom")())
    else:
        exponent = java("java.math.BigInteger").valueOf(65537)
        one.initialize(java("java.security.spec.RSAKeyGenParameterSpec")(2304, exponent))
    pair = one.generateKeyPair()
    assert pair.getPublic().getModulus().bitLength() == 2304
    assert pair.getPublic().getPublicExponent().intValue() == 65537
    signed = sign("SHA256withRSA", pair.getPrivate(), provider=account.provider)
    assert verifies("SHA256withRSA", pair.getPublic(), DATA, signed, "SunRsaSign")


@pytest.mark.parametrize("bits", [512, 1024, 2047, 2049, 4352])
def test_rsa_sizes_outside_of_the_hsms_are_refused_by_number(account: Account, bits: int) -> None:
    one = generator("RSA", account)
    with refused(WRONG_SIZE, str(bits), "2048"):
        one.initialize(bits)
    with refused(WRONG_SIZE, str(bits), "2048"):
        one.generateKeyPair()


def test_an_rsa_pair_has_an_odd_exponent_from_65537_on(account: Account) -> None:
    one = generator("RSA", account)
    specification = java("java.security.spec.RSAKeyGenParameterSpec")
    for exponent in (3, 17, 65535, 65536):
        with refused(WRONG_PARAMETERS, "PUBLIC_EXPONENT", "65537"):
            one.initialize(specification(2048, java("java.math.BigInteger").valueOf(exponent)))
    one.initialize(specification(2048, java("java.math.BigInteger").valueOf(65539)))
    assert one.generateKeyPair().getPublic().getPublicExponent().intValue() == 65539
    one.initialize(2048)
    assert one.generateKeyPair().getPublic().getPublicExponent().intValue() == 65537


@pytest.mark.parametrize("curve", CURVES)
def test_a_curve_is_known_by_all_its_names(account: Account, curve: str) -> None:
    size, names = CURVES[curve]
    one = generator("EC", account)
    for name in names:
        for specification in (named(name), java("java.security.spec.NamedParameterSpec")(name)):
            one.initialize(specification, java("java.security.SecureRandom")())
            pair = one.generateKeyPair()
            assert pair.getPublic().getParams().getCurve().getField().getFieldSize() == size
            assert pair.getPrivate().getParams().getOrder().bitLength() == size
            assert curve in str(pair.getPublic().getParams())
    pair = one.generateKeyPair()
    signed = sign("SHA256withECDSA", pair.getPrivate(), provider=account.provider)
    assert verifies("SHA256withECDSA", pair.getPublic(), DATA, signed, account.provider)


@pytest.mark.parametrize("bits", [224, 256, 384, 521])
def test_a_size_means_the_nist_curve(account: Account, bits: int) -> None:
    assert f"secp{bits}r1" in str(generate("EC", account.provider, bits).getPublic().getParams())


def test_an_ec_pair_is_on_p256_unless_told_otherwise(account: Account) -> None:
    assert "secp256r1" in str(generator("EC", account).generateKeyPair().getPublic().getParams())


def test_domain_parameters_of_another_key_will_do(account: Account) -> None:
    one = generator("EC", account)
    one.initialize(generate("EC", "SunEC", 384).getPublic().getParams())
    assert "secp384r1" in str(one.generateKeyPair().getPublic().getParams())


def test_unknown_curves_are_refused_with_the_list_of_known_ones(account: Account) -> None:
    one = generator("EC", account)
    for name in ("brainpoolP256r1", "secp192r1", "", "nonsense"):
        with refused(WRONG_PARAMETERS, "no curve named", *CURVES):
            one.initialize(named(name))
    for bits in (0, 255, 512):
        with refused(WRONG_SIZE, f"no curve of {bits} bits", *CURVES):
            one.initialize(bits)


def test_parameters_of_another_algorithm_are_refused(account: Account) -> None:
    with refused(WRONG_PARAMETERS, "needs an RSAKeyGenParameterSpec"):
        generator("RSA", account).initialize(named("secp256r1"))
    exponent = java("java.math.BigInteger").valueOf(65537)
    with refused(WRONG_PARAMETERS, "needs an ECGenParameterSpec"):
        generator("EC", account).initialize(java("java.security.spec.RSAKeyGenParameterSpec")(2048, exponent))
    specification = jpype.JObject(None, java("java.security.spec.AlgorithmParameterSpec"))
    for algorithm in ("RSA", "EC"):
        with refused(WRONG_PARAMETERS, "needs an"):
            generator(algorithm, account).initialize(specification)


def test_a_refused_pair_leaves_nothing_behind(account: Account) -> None:
    one = generator("RSA", account)
    with pytest.raises(java(WRONG_SIZE)):
        one.initialize(1024)
    with pytest.raises(java(WRONG_SIZE)):
        one.generateKeyPair()
    assert account.kept() == []
    assert list(account.store().aliases()) == []


@pytest.mark.parametrize("bits", [128, 192, 256])
def test_an_aes_key_has_the_size_asked_for(account: Account, bits: int) -> None:
    one = java("javax.crypto.KeyGenerator").getInstance("AES", account.provider)
    one.init(bits)
    assert one.generateKey().getAlgorithm() == "AES"
    one.init(bits, java("java.security.SecureRandom")())
    key = one.generateKey()
    account.keep(key, "sized")
    (handle,) = account.session.find({Attribute.LABEL: "sized"})
    assert account.session.attributes(handle)[Attribute.VALUE_LEN] == bits // 8


def test_an_aes_key_has_256_bits_unless_told_otherwise(account: Account) -> None:
    one = java("javax.crypto.KeyGenerator").getInstance("AES", account.provider)
    account.keep(one.generateKey(), "first")
    one.init(java("java.security.SecureRandom")())
    account.keep(one.generateKey(), "second")
    keys = [account.session.attributes(handle) for handle in account.kept()]
    assert [key[Attribute.VALUE_LEN] for key in keys] == [32, 32]


def test_wrong_aes_sizes_and_parameters_are_refused(account: Account) -> None:
    one = java("javax.crypto.KeyGenerator").getInstance("AES", account.provider)
    for bits in (0, -1, 129):
        with refused(WRONG_SIZE, str(bits), "multiple of 8"):
            one.init(bits)
    for bits in (64, 136, 512):
        with refused(WRONG_SIZE, str(bits)):
            one.init(bits)
    with refused(WRONG_PARAMETERS, "a size in bits"):
        one.init(named("secp256r1"))


def test_generated_keys_are_session_keys_and_extractable_by_default(account: Account) -> None:
    key = java("javax.crypto.KeyGenerator").getInstance("AES", account.provider).generateKey()
    assert account.kept() == []
    account.keep(key, "kept")
    (handle,) = account.kept()
    attributes = account.session.attributes(handle)
    flags = {name.name for name, value in attributes.items() if value is True}
    assert {"EXTRACTABLE", "SENSITIVE", "LOCAL", "PRIVATE", "SIGN", "VERIFY", "ENCRYPT", "DECRYPT"} <= flags
    assert "NEVER_EXTRACTABLE" not in flags
