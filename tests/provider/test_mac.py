"""Message authentication codes: against the JDK and cryptography, in every JCA form, and what is refused."""

from __future__ import annotations

import hmac
from typing import Any

import jpype
import pytest
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.cmac import CMAC
from hypothesis import given, settings
from hypothesis import strategies as st

from provider.conftest import Account, Jvm
from provider.jca import DATA, EXCEPTIONS, HSM, generate, java, refused
from provider.maps import all_keys, jbytes, no_implicit_import, null, secret_key

__all__ = ["no_implicit_import"]

LIMITS = {"HmacSHA1": 16_288, "HmacSHA224": 16_256, "HmacSHA256": 16_288, "HmacSHA384": 16_224, "HmacSHA512": 16_224}
LENGTHS = {"HmacSHA1": 20, "HmacSHA224": 28, "HmacSHA256": 32, "HmacSHA384": 48, "HmacSHA512": 64, "AESCMAC": 16}
INVALID_KEY = "java.security.InvalidKeyException"
KEY = bytes(range(32))
hmacs = pytest.mark.parametrize("algorithm", LIMITS)
all_of_them = pytest.mark.parametrize("algorithm", LENGTHS)


def mac(algorithm: str, key: Any = None, provider: Any = HSM) -> Any:
    one = java("javax.crypto.Mac").getInstance(algorithm, provider)
    if key is not None:
        one.init(key)
    return one


def software(value: bytes, algorithm: str = "RAW") -> Any:
    return java("javax.crypto.spec.SecretKeySpec")(value, algorithm)


def expected(algorithm: str, key: bytes, data: bytes) -> bytes:
    """Compute a code in Python."""
    if algorithm != "AESCMAC":
        return hmac.digest(key, data, algorithm.removeprefix("Hmac").lower())
    code = CMAC(AES(key))
    code.update(data)
    return code.finalize()


@pytest.fixture(scope="module")
def keys(jvm: Jvm) -> dict[str, Any]:
    """Keys of the HSM with the value KEY, by the name of their algorithm."""
    return {name: secret_key(HSM, KEY, name) for name in ("AES", "GenericSecret", *LIMITS)}


@all_of_them
@settings(deadline=None, max_examples=15)
@given(length=st.integers(0, 300) | st.integers(0, 16_224))
def test_the_code_is_that_of_others(keys: dict[str, Any], algorithm: str, length: int) -> None:
    data = (DATA * (length // len(DATA) + 1))[:length]
    code = bytes(mac(algorithm, keys["AES"]).doFinal(data))
    assert code == expected(algorithm, KEY, data)
    if algorithm != "AESCMAC":
        assert code == bytes(mac(algorithm, software(KEY), "SunJCE").doFinal(data))


@hmacs
def test_hmac_takes_keys_of_its_own_name_generic_ones_and_aes(keys: dict[str, Any], algorithm: str) -> None:
    for name in (algorithm, "GenericSecret", "AES", "HmacSHA512"):
        assert bytes(mac(algorithm, keys[name]).doFinal(DATA)) == expected(algorithm, KEY, DATA)


@pytest.mark.parametrize("size", [16, 24, 32])
def test_cmac_takes_aes_keys_of_every_size(jvm: Jvm, size: int) -> None:
    code = bytes(mac("AESCMAC", secret_key(HSM, KEY[:size])).doFinal(DATA))
    assert code == expected("AESCMAC", KEY[:size], DATA)


@pytest.mark.parametrize("size", [1, 20, 63, 64, 65, 128, 129, 799, 800])
def test_hmac_takes_keys_up_to_the_limit(jvm: Jvm, size: int) -> None:
    value = bytes(index % 251 for index in range(size))
    key = secret_key(HSM, value, "GenericSecret")
    for algorithm in LIMITS:
        assert bytes(mac(algorithm, key).doFinal(DATA)) == expected(algorithm, value, DATA)


def test_a_longer_key_may_be_kept_but_not_used(jvm: Jvm) -> None:
    key = secret_key(HSM, bytes(801), "GenericSecret")
    with refused(f"{EXCEPTIONS}.ProviderException", "800", "801"):
        mac("HmacSHA256", key).doFinal(DATA)


@hmacs
def test_data_up_to_the_documented_limit_is_taken_and_no_more(keys: dict[str, Any], algorithm: str) -> None:
    limit, one = LIMITS[algorithm], mac(algorithm, keys["AES"])
    assert bytes(one.doFinal(bytes(limit))) == expected(algorithm, KEY, bytes(limit))
    with refused(f"{EXCEPTIONS}.ProviderException", str(limit), str(limit + 1)):
        one.doFinal(bytes(limit + 1))
    assert bytes(one.doFinal(DATA)) == expected(algorithm, KEY, DATA)


def test_an_endless_message_is_refused_before_it_fills_the_memory(keys: dict[str, Any]) -> None:
    one = mac("HmacSHA256", keys["AES"])
    with refused(f"{EXCEPTIONS}.ProviderException", "16288"):
        for _ in range(1000):
            one.update(jbytes(bytes(10_000)))
    assert bytes(one.doFinal(DATA)) == expected("HmacSHA256", KEY, DATA)


@settings(deadline=None, max_examples=15)
@given(length=st.sampled_from([65_535, 65_536, 65_537, 131_073]) | st.integers(0, 70_000))
def test_long_messages_are_authenticated_where_there_is_no_limit(keys: dict[str, Any], length: int) -> None:
    data = DATA * (length // len(DATA)) + bytes(length % len(DATA))
    one = mac("AESCMAC", keys["AES"])
    for start in range(0, length, 50_000):
        one.update(jbytes(data[start : start + 50_000]))
    assert bytes(one.doFinal()) == expected("AESCMAC", KEY, data)


@all_of_them
def test_data_may_come_in_any_form(keys: dict[str, Any], algorithm: str) -> None:
    one = mac(algorithm, keys["AES"])
    buffers = java("java.nio.ByteBuffer")
    code = expected(algorithm, KEY, DATA)
    for byte in DATA:
        one.update(jpype.JByte(byte))
    assert bytes(one.doFinal()) == code
    one.update(jbytes(b"##" + DATA + b"#"), 2, 10)
    one.update(jbytes(DATA), 10, 0)
    assert bytes(one.doFinal(DATA[10:])) == code
    one.update(buffers.wrap(jbytes(b"##" + DATA + b"#"), 2, len(DATA)))
    assert bytes(one.doFinal()) == code
    one.update(buffers.wrap(jbytes(DATA)).asReadOnlyBuffer())
    assert bytes(one.doFinal()) == code
    direct = buffers.allocateDirect(len(DATA))
    direct.put(jbytes(DATA)).flip()
    one.update(direct)
    assert direct.remaining() == 0
    assert bytes(one.doFinal()) == code


@all_of_them
def test_a_code_may_be_written_into_an_array(keys: dict[str, Any], algorithm: str) -> None:
    one, length = mac(algorithm, keys["AES"]), LENGTHS[algorithm]
    assert one.getMacLength() == length
    room = jbytes(bytes(length + 3))
    one.update(jbytes(DATA))
    with refused("javax.crypto.ShortBufferException"):
        one.doFinal(room, 4)
    one.doFinal(room, 3)
    assert bytes(room) == bytes(3) + expected(algorithm, KEY, DATA)


@all_of_them
def test_a_mac_object_serves_again_and_again(keys: dict[str, Any], algorithm: str) -> None:
    one = mac(algorithm, keys["AES"])
    for data in (DATA, b"", DATA[::-1]):
        assert bytes(one.doFinal(data)) == expected(algorithm, KEY, data)
    one.update(jbytes(b"dropped"))
    one.reset()
    assert bytes(one.doFinal(DATA)) == expected(algorithm, KEY, DATA)
    one.update(jbytes(b"dropped too"))
    one.init(secret_key(HSM, KEY[::-1]))
    assert bytes(one.doFinal(DATA)) == expected(algorithm, KEY[::-1], DATA)
    with refused("java.lang.CloneNotSupportedException"):
        one.clone()


def test_a_mac_without_a_key_is_refused_by_jca(jvm: Jvm) -> None:
    with refused("java.lang.IllegalStateException"):
        mac("HmacSHA256").doFinal(DATA)


def test_a_mac_whose_new_key_was_refused_has_none(keys: dict[str, Any], pairs: dict[str, Any]) -> None:
    one = mac("HmacSHA256", keys["AES"])
    with refused(INVALID_KEY):
        one.init(pairs["EC"].getPrivate())
    with refused("java.lang.IllegalStateException"):
        one.doFinal(DATA)
    one.init(keys["AES"])
    assert bytes(one.doFinal(DATA)) == expected("HmacSHA256", KEY, DATA)


def test_wrong_keys_and_parameters_are_refused(keys: dict[str, Any], pairs: dict[str, Any]) -> None:
    desede = java("javax.crypto.KeyGenerator").getInstance("DESede", HSM).generateKey()
    for algorithm, key in [
        ("HmacSHA256", pairs["RSA"].getPrivate()),
        ("HmacSHA256", pairs["EC"].getPublic()),
        ("HmacSHA256", desede),
        ("AESCMAC", desede),
        ("AESCMAC", keys["GenericSecret"]),
        ("AESCMAC", keys["HmacSHA1"]),
        ("AESCMAC", null("java.security.Key")),
    ]:
        with refused(INVALID_KEY, "needs a secret key"):
            java("javax.crypto.Mac").getInstance(algorithm, HSM).init(key)
    specification = java("javax.crypto.spec.IvParameterSpec")(bytes(16))
    with refused("java.security.InvalidAlgorithmParameterException", "no parameters"):
        mac("HmacSHA256").init(keys["AES"], specification)


@all_of_them
def test_a_key_that_must_not_sign_is_refused_with_the_documented_exception(jvm: Jvm, algorithm: str) -> None:
    key = secret_key(HSM, KEY, SIGN=False, LABEL="no signer")
    with refused(f"{EXCEPTIONS}.KeyUsageException", "An attempt has been made", "SIGN", "no signer"):
        mac(algorithm, key).doFinal(DATA)


def test_a_key_of_another_provider_instance_is_refused(account: Account, keys: dict[str, Any]) -> None:
    with refused(INVALID_KEY, "another provider instance"):
        mac("HmacSHA256", keys["AES"], account.provider)


def test_a_destroyed_key_is_refused(jvm: Jvm) -> None:
    key = secret_key(HSM, KEY)
    waiting = mac("HmacSHA256", key)
    key.destroy()
    with refused("java.lang.IllegalStateException", "was destroyed"):
        waiting.doFinal(DATA)
    with refused(INVALID_KEY, "is destroyed"):
        mac("HmacSHA256", key)


@all_of_them
def test_a_software_key_is_imported_for_as_long_as_it_is_used(account: Account, algorithm: str) -> None:
    before = all_keys(account.provider)
    one = mac(algorithm, software(KEY, "AES"), account.provider)
    assert bytes(one.doFinal(DATA)) == expected(algorithm, KEY, DATA)
    assert len(all_keys(account.provider)) == len(before) + 1
    one.init(software(KEY[::-1]))
    assert bytes(one.doFinal(DATA)) == expected(algorithm, KEY[::-1], DATA)
    assert len(all_keys(account.provider)) == len(before) + 1
    with refused(INVALID_KEY):
        one.init(generate("EC", "SunEC").getPrivate())
    assert all_keys(account.provider) == before


def test_a_software_key_is_refused_where_implicit_import_is_off(no_implicit_import: None, account: Account) -> None:
    with refused(INVALID_KEY, "implicit import is switched off", "hsmbridge configure"):
        mac("HmacSHA256", software(KEY), account.provider)


def test_a_generated_hmac_key_authenticates(account: Account) -> None:
    for algorithm in LIMITS:
        key = java("javax.crypto.KeyGenerator").getInstance(algorithm, account.provider).generateKey()
        first = bytes(mac(algorithm, key, account.provider).doFinal(DATA))
        assert first == bytes(mac(algorithm, key, account.provider).doFinal(DATA))
        assert len(first) == LENGTHS[algorithm]


def test_jca_chooses_us_for_our_keys_and_the_jdk_for_others(keys: dict[str, Any]) -> None:
    one = java("javax.crypto.Mac").getInstance("HmacSHA256")
    one.init(keys["AES"])
    assert one.getProvider().getName() == HSM
    one = java("javax.crypto.Mac").getInstance("HmacSHA256")
    one.init(software(KEY, "HmacSHA256"))
    assert one.getProvider().getName() == "SunJCE"


def test_a_private_key_is_no_secret_key(jvm: Jvm) -> None:
    with refused(INVALID_KEY, "needs a secret key"):
        mac("AESCMAC", generate("RSA", "SunRsaSign").getPrivate())
