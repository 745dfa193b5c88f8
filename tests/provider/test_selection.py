"""Programs that name no provider: JCA takes ours for keys of the HSM and leaves the others alone."""

from __future__ import annotations

from typing import Any

import pytest

from provider.conftest import Jvm
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


@pytest.mark.parametrize(
    ("algorithm", "exception"),
    [("SHA256withRSA", "java.lang.IllegalStateException"), ("SHA256withECDSA", "java.security.InvalidKeyException")],
)
def test_a_destroyed_key_is_refused_with_our_sentence(jvm: Jvm, algorithm: str, exception: str) -> None:
    key = generate(key_algorithm(algorithm)).getPrivate()
    key.destroy()
    with refused(exception, "is destroyed"):
        sign(algorithm, key)
