"""``SecretKeyFactory``: import from every specification, export, translation, and refusals."""

from __future__ import annotations

from typing import Any

import pytest

from provider.conftest import Account, Jvm
from provider.jca import HSM, java, refused
from provider.maps import all_keys, attributes, choice, clear_extraction, null

SPEC = "java.security.spec.InvalidKeySpecException"
INVALID_KEY = "java.security.InvalidKeyException"
SECRETS = {"AES": 32, "DESede": 24, "GenericSecret": 100, "HmacSHA1": 20, "HmacSHA256": 70, "HmacSHA512": 64}


def secrets(algorithm: str, provider: Any = HSM) -> Any:
    return java("javax.crypto.SecretKeyFactory").getInstance(algorithm, provider)


@pytest.mark.parametrize("algorithm", SECRETS)
def test_secret_keys_come_from_attributes_and_specifications(jvm: Jvm, algorithm: str) -> None:
    size = SECRETS[algorithm]
    value = bytes((2 * index + 1) % 256 for index in range(size))
    given = attributes(VALUE=value, LABEL="imported")
    made = [secrets(algorithm).generateSecret(given)]
    made.append(secrets(algorithm).generateSecret(java("javax.crypto.spec.SecretKeySpec")(value, algorithm)))
    made.append(secrets(algorithm).translateKey(java("javax.crypto.spec.SecretKeySpec")(value, algorithm)))
    if algorithm == "DESede":
        made.append(secrets(algorithm).generateSecret(java("javax.crypto.spec.DESedeKeySpec")(value)))
    for key in made:
        assert key.getAlgorithm() == algorithm
        assert key.getEncoded() is None
        with refused(SPEC, "clear extraction"):
            secrets(algorithm).getKeySpec(key, java("javax.crypto.spec.SecretKeySpec"))
        with clear_extraction(jvm.hsm):
            described = secrets(algorithm).getKeySpec(key, java("javax.crypto.spec.SecretKeySpec"))
            clear = bytes(described.getEncoded())
            if algorithm == "DESede":
                triple = secrets(algorithm).getKeySpec(key, java("javax.crypto.spec.DESedeKeySpec"))
                assert bytes(triple.getKey()) == clear
        assert bytes(byte | 1 for byte in clear) == bytes(byte | 1 for byte in value)
        assert secrets(algorithm).translateKey(key).equals(key)


def test_secret_keys_of_another_kind_or_size_are_refused(jvm: Jvm, pairs: dict[str, Any]) -> None:
    software = java("javax.crypto.spec.SecretKeySpec")
    for algorithm, wrong in [
        ("AES", software(bytes(24), "DESede")),
        ("DESede", software(bytes(24), "AES")),
        ("HmacSHA1", software(bytes(24), "HmacSHA256")),
        ("HmacSHA1", software(bytes(16), "AES")),
        ("AES", java("javax.crypto.spec.DESedeKeySpec")(bytes(range(24)))),
        ("AES", software(bytes(17), "AES")),
        ("AES", attributes(VALUE=bytes(17))),
        ("AES", attributes(LABEL="no value")),
        ("AES", attributes(VALUE=bytes(16), KEY_TYPE=choice("KeyType", "RSA"))),
        ("AES", attributes(VALUE=bytes(16), SIZE=256)),
        ("DESede", attributes(VALUE=bytes(23))),
        ("GenericSecret", attributes(VALUE=b"")),
        ("AES", java("javax.crypto.spec.PBEKeySpec")(None)),
        ("AES", null("java.security.spec.KeySpec")),
    ]:
        with refused(SPEC):
            secrets(algorithm).generateSecret(wrong)
    for wrong in (software(bytes(24), "DESede"), null("javax.crypto.SecretKey")):
        with refused(INVALID_KEY, "takes keys for AES"):
            secrets("AES").translateKey(wrong)
    with refused(SPEC):
        secrets("AES").getKeySpec(null("javax.crypto.SecretKey"), java("javax.crypto.spec.SecretKeySpec"))


def test_any_name_that_means_nothing_may_be_imported(jvm: Jvm) -> None:
    key = secrets("AES").generateSecret(java("javax.crypto.spec.SecretKeySpec")(bytes(16), "RAW"))
    assert key.getAlgorithm() == "AES"
    key = secrets("GenericSecret").generateSecret(java("javax.crypto.spec.SecretKeySpec")(bytes(16), "AES"))
    assert key.getAlgorithm() == "GenericSecret"


def test_a_key_of_the_hsm_may_get_another_name_but_no_other_type(account: Account) -> None:
    generic = secrets("GenericSecret", account.provider).generateSecret(attributes(VALUE=bytes(20), LABEL="one"))
    named = secrets("HmacSHA1", account.provider).translateKey(generic)
    assert named.getAlgorithm() == "HmacSHA1"
    assert named.equals(generic)
    assert len(all_keys(account.provider)) == 1
    aes = secrets("AES", account.provider).generateSecret(attributes(VALUE=bytes(16)))
    for algorithm, key in [("GenericSecret", aes), ("AES", generic), ("HmacSHA256", named), ("DESede", aes)]:
        with refused(INVALID_KEY, f"takes keys for {algorithm}"):
            secrets(algorithm, account.provider).translateKey(key)


def test_nothing_secret_is_said_of_a_refused_key(jvm: Jvm) -> None:
    value = b"a secret that must not show!!!!!!"
    with pytest.raises(java(SPEC)) as caught:
        secrets("AES").generateSecret(attributes(VALUE=value))
    assert "must not show" not in str(caught.value.getMessage())
