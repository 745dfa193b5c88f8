"""Every row of the table "Errors" of ``docs/compatibility.md`` happens as it says."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from provider.conftest import FIPS, new_provider
from provider.jca import HSM, generate, java
from provider.maps import attributes
from provider.test_compatibility import rows, word

ATTRIBUTES = "com.amazonaws.cloudhsm.jce.provider.attributes"
ZEROS = bytes(16)


def secret(algorithm: str = "AES", **given: Any) -> Any:
    generator = java("javax.crypto.KeyGenerator").getInstance(algorithm, HSM)
    generator.init(attributes(**{"SIZE": 256, **given}))
    return generator.generateKey()


def initialised(transformation: str, mode: int, key: Any, *more: Any, provider: str = HSM) -> Any:
    cipher = java("javax.crypto.Cipher").getInstance(transformation, provider)
    cipher.init(mode, key, *more)
    return cipher


def encrypt(key: Any, data: bytes = ZEROS, transformation: str = "AES/ECB/NoPadding") -> Any:
    return initialised(transformation, 1, key).doFinal(data)


def encrypt_in_fips_mode() -> Any:
    key = generate("RSA", FIPS).getPublic()
    return initialised("RSA/ECB/PKCS1Padding", 1, key, provider=FIPS).doFinal(ZEROS)


def decrypt(transformation: str, data: bytes, parameters: Any) -> Any:
    return initialised(transformation, 2, secret(), parameters).doFinal(data)


def wrap(wrapping: Any, key: Any) -> Any:
    return initialised("AESWrap/ECB/ZeroPadding", 3, wrapping).wrap(key)


def unwrap(wrapping: Any, wrapped: bytes) -> Any:
    return initialised("AESWrap/ECB/ZeroPadding", 4, wrapping).unwrap(wrapped, "AES", 3)


def code(key: Any, data: bytes) -> Any:
    mac = java("javax.crypto.Mac").getInstance("HmacSHA256", HSM)
    mac.init(key)
    return mac.doFinal(data)


def destroyed() -> Any:
    key = secret()
    key.destroy()
    return key


def sign(algorithm: str, key: Any) -> Any:
    signer = java("java.security.Signature").getInstance(algorithm, HSM)
    signer.initSign(key)
    signer.update(ZEROS)
    return signer.sign()


def private_key_that_does_not_sign() -> Any:
    builder = java(f"{ATTRIBUTES}.KeyPairAttributesMapBuilder")()
    curve = java(f"{ATTRIBUTES}.EcParams").EC_CURVE_PRIME256
    builder.withPublic(java(f"{ATTRIBUTES}.KeyAttribute").EC_PARAMS, curve).withPrivate(attributes(SIGN=False))
    generator = java("java.security.KeyPairGenerator").getInstance("EC", HSM)
    generator.initialize(builder.build())
    return generator.generateKeyPair().getPrivate()


def refuse_size() -> Any:
    return java("javax.crypto.KeyGenerator").getInstance("AES", HSM).init(100)


def refuse_map(given: Any) -> Any:
    return java("javax.crypto.KeyGenerator").getInstance("AES", HSM).init(given)


def refuse_rsa(bits: int, exponent: int) -> Any:
    parameters = java("java.security.spec.RSAKeyGenParameterSpec")(bits, java("java.math.BigInteger").valueOf(exponent))
    return java("java.security.KeyPairGenerator").getInstance("RSA", HSM).initialize(parameters)


def use_after_destruction() -> Any:
    key = secret(LABEL="destroyed meanwhile")
    cipher = initialised("AES/ECB/NoPadding", 1, key)
    store = java("java.security.KeyStore").getInstance("CloudHSM", HSM)
    store.load(None, None)
    store.getKey("destroyed meanwhile", None).destroy()
    return cipher.doFinal(ZEROS)


def import_without_value() -> Any:
    return java("javax.crypto.SecretKeyFactory").getInstance("AES", HSM).generateSecret(attributes(LABEL="lacking"))


def find_two() -> Any:
    for _ in range(2):
        secret(LABEL="twins of the table")
    store = java("java.security.KeyStore").getInstance("CloudHSM", HSM)
    store.load(None, None)
    return store.getKey("twins of the table", None)


def long_key() -> Any:
    return java("javax.crypto.spec.SecretKeySpec")(bytes(801), "HmacSHA256")


def gcm() -> Any:
    return java("javax.crypto.spec.GCMParameterSpec")(128, bytes(12))


def initialisation_vector() -> Any:
    return java("javax.crypto.spec.IvParameterSpec")(ZEROS)


def software_key() -> Any:
    return java("javax.crypto.spec.SecretKeySpec")(ZEROS, "AES")


HAPPENS: dict[str, list[Callable[[], Any]]] = {
    "a key without `SIGN` signs": [lambda: sign("SHA256withECDSA", private_key_that_does_not_sign())],
    "a key without `SIGN` makes a MAC": [lambda: code(secret("HmacSHA256", SIGN=False), ZEROS)],
    "a key without `ENCRYPT` encrypts": [lambda: encrypt(secret(ENCRYPT=False))],
    "a key without `WRAP` wraps": [lambda: wrap(secret(WRAP=False), secret())],
    "a key without `UNWRAP` unwraps": [lambda: unwrap(secret(UNWRAP=False), bytes(24))],
    "a key that is not `EXTRACTABLE` is wrapped": [lambda: wrap(secret(), secret(EXTRACTABLE=False))],
    "a key with `WRAP_WITH_TRUSTED` is wrapped by a key that is not trusted": [
        lambda: wrap(secret(), secret(WRAP_WITH_TRUSTED=True))
    ],
    "a software key is wrapped": [lambda: wrap(secret(), software_key())],
    "a wrapped key was changed": [lambda: unwrap(secret(), bytes(24))],
    "a destroyed key is used": [lambda: encrypt(destroyed()), lambda: code(destroyed(), ZEROS)],
    "a destroyed key is destroyed": [lambda: destroyed().destroy()],
    "a GCM tag is wrong": [lambda: decrypt("AES/GCM/NoPadding", bytes(40), gcm())],
    "a padding is wrong, other than RSA PKCS#1 v1.5": [
        lambda: decrypt("AES/CBC/PKCS5Padding", bytes(4096), initialisation_vector())
    ],
    "data of a length that the cipher does not take, or over its limit": [
        lambda: encrypt(secret(), bytes(15)),
        lambda: encrypt(secret(), bytes(16_001), "AES/GCM/NoPadding"),
        lambda: encrypt(generate("RSA").getPublic(), bytes(215), "RSA/ECB/OAEPPadding"),
    ],
    "data over a MAC's limit, or a longer key than 800 bytes": [
        lambda: code(secret("HmacSHA256"), bytes(16_289)),
        lambda: code(long_key(), ZEROS),
    ],
    "a size that no key has, to `init(int)` or `initialize(int)`": [refuse_size, lambda: generate("RSA", size=1024)],
    "a size, curve, exponent or parameter set that no key has, in parameters": [
        lambda: refuse_map(attributes(SIZE=64)),
        lambda: refuse_rsa(1024, 65537),
        lambda: refuse_rsa(2048, 4),
    ],
    "a key is destroyed by somebody else while an operation uses it": [use_after_destruction],
    "an attribute map for generation that lacks something": [lambda: refuse_map(attributes())],
    "an attribute map for generation with a part of a key": [lambda: refuse_map(attributes(SIZE=128, VALUE=ZEROS))],
    "an attribute map for generation with a value that the engine refuses": [lambda: secret(PRIVATE=False)],
    "an attribute map for import that lacks something": [import_without_value],
    "a value of the wrong Java type is put into a map": [lambda: attributes(SIZE="256")],
    "RSASSA-PSS signs without parameters": [lambda: sign("RSASSA-PSS", generate("RSA").getPrivate())],
    "a cipher is initialised for what it does not do": [lambda: initialised("AES/CBC/NoPadding", 3, secret())],
    "several keys match a `getKey`": [find_two],
    "nobody is logged in": [lambda: java("javax.crypto.KeyGenerator").getInstance("AES", new_provider()).generateKey()],
    "FIPS mode forbids to encrypt": [encrypt_in_fips_mode],
}
"""What makes each row happen, in one way or several."""


def test_every_row_happens_in_a_test() -> None:
    assert {row["situation"] for row in rows("Errors")} == set(HAPPENS)


@pytest.mark.usefixtures("fips")
@pytest.mark.parametrize("row", rows("Errors"), ids=lambda row: row["situation"])
def test_row(row: dict[str, str]) -> None:
    for happens in HAPPENS[row["situation"]]:
        with pytest.raises(java("java.lang.Exception")) as caught:
            happens()
        assert name_of(caught.value) == word(row["exception"]), caught.value.getMessage()
        if row["cause"]:
            assert name_of(caught.value.getCause()) == word(row["cause"])


def name_of(exception: Any) -> str:
    return str(exception.getClass().getSimpleName())
