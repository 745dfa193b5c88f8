"""Programs that name no provider: JCA takes ours for keys of the HSM and leaves the others alone."""

from __future__ import annotations

from typing import Any

import pytest

from provider.conftest import Account, Jvm
from provider.jca import DATA, HSM, SIGNATURES, generate, java, key_algorithm, refused, sign, signature, verifies


@pytest.mark.parametrize("algorithm", SIGNATURES)
def test_keys_of_the_hsm_are_signed_with_by_us(pairs: dict[str, Any], algorithm: str) -> None:
    pair = pairs[key_algorithm(algorithm)]
    one = signature(algorithm)
    one.initSign(pair.getPrivate())
    assert one.getProvider().getName() == HSM
    one.update(DATA)
    assert verifies(algorithm, pair.getPublic(), DATA, bytes(one.sign()))


@pytest.mark.parametrize("algorithm", SIGNATURES)
def test_software_keys_are_left_to_the_jdk(software_pairs: dict[str, Any], algorithm: str) -> None:
    pair = software_pairs[key_algorithm(algorithm)]
    one = signature(algorithm)
    one.initSign(pair.getPrivate())
    assert one.getProvider().getName().startsWith("Sun")
    one.update(DATA)
    signed = bytes(one.sign())
    one = signature(algorithm)
    one.initVerify(pair.getPublic())
    assert one.getProvider().getName().startsWith("Sun")
    one.update(DATA)
    assert one.verify(signed)


def test_the_jdks_own_providers_can_not_sign_with_our_keys(pairs: dict[str, Any]) -> None:
    for algorithm, provider in [("SHA256withRSA", "SunRsaSign"), ("SHA256withECDSA", "SunEC")]:
        with pytest.raises(java("java.lang.Exception")):
            sign(algorithm, pairs[key_algorithm(algorithm)].getPrivate(), provider=provider)


@pytest.mark.parametrize("algorithm", ["SHA256withRSA", "SHA256withECDSA"])
def test_a_destroyed_key_is_refused_with_our_sentence(jvm: Jvm, algorithm: str) -> None:
    key = generate(key_algorithm(algorithm)).getPrivate()
    key.destroy()
    with refused("java.security.InvalidKeyException", "is destroyed"):
        sign(algorithm, key)


@pytest.mark.parametrize("algorithm", ["SHA256withRSA", "SHA256withECDSA"])
def test_a_key_of_an_unregistered_provider_is_refused_with_a_hint_where_to_look(
    account: Account, algorithm: str
) -> None:
    key = generate(key_algorithm(algorithm), account.provider).getPrivate()
    with refused("java.security.InvalidKeyException", "stays in the HSM", "getInstance"):
        sign(algorithm, key)


def test_public_numbers_of_a_private_key_are_there_for_everyone_else(pairs: dict[str, Any]) -> None:
    assert pairs["RSA"].getPrivate().getModulus().equals(pairs["RSA"].getPublic().getModulus())
    assert pairs["EC"].getPrivate().getParams().getOrder().bitLength() == 256


def test_the_jdk_can_not_agree_on_a_secret_with_our_private_key(pairs: dict[str, Any]) -> None:
    agreement = java("javax.crypto.KeyAgreement").getInstance("ECDH", "SunEC")
    with pytest.raises(java("java.lang.Exception")):
        agree(agreement, pairs["EC"])


def agree(agreement: Any, pair: Any) -> None:
    agreement.init(pair.getPrivate())
    agreement.doPhase(pair.getPublic(), True)
    agreement.generateSecret()


@pytest.mark.parametrize("transformation", ["RSA/ECB/PKCS1Padding", "RSA/ECB/OAEPWithSHA-256ANDMGF1Padding"])
def test_keys_of_the_hsm_are_decrypted_with_by_us(pairs: dict[str, Any], transformation: str) -> None:
    cipher = java("javax.crypto.Cipher").getInstance(transformation)
    cipher.init(2, pairs["RSA"].getPrivate())
    assert cipher.getProvider().getName() == HSM


def test_a_pss_signature_without_a_provider_is_ours(pairs: dict[str, Any]) -> None:
    one = signature("RSASSA-PSS")
    one.initSign(pairs["RSA"].getPrivate())
    assert one.getProvider().getName() == HSM
    sha256 = java("java.security.spec.MGF1ParameterSpec").SHA256
    one.setParameter(java("java.security.spec.PSSParameterSpec")("SHA-256", "MGF1", sha256, 32, 1))
    one.update(DATA)
    assert len(one.sign()) == 256


@pytest.mark.parametrize(("algorithm", "of_keys"), [("Ed25519", "EdDSA"), ("ML-DSA", "ML-DSA")])
def test_newer_signatures_without_a_provider_are_ours(jvm: Jvm, algorithm: str, of_keys: str) -> None:
    pair = java("java.security.KeyPairGenerator").getInstance(algorithm, HSM).generateKeyPair()
    assert {str(key.getAlgorithm()) for key in (pair.getPrivate(), pair.getPublic())} == {of_keys}
    one = signature(algorithm)
    one.initSign(pair.getPrivate())
    assert one.getProvider().getName() == HSM
    one.update(DATA)
    assert verifies(algorithm, pair.getPublic(), DATA, bytes(one.sign()), HSM)
