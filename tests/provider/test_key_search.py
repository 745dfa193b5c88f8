"""``KeyStoreWithAttributes``: keys by their attributes and by key reference."""

from __future__ import annotations

from typing import Any

import jpype
import pytest
from engine.keys import new_aes, new_pair

from bridge.engine import Attribute
from provider.conftest import Account, Jvm, new_provider
from provider.jca import EXCEPTIONS, HSM, chars, generate, java, refused
from provider.test_attributes_api import ATTRIBUTES, array, boxed_true, constant, integer, new_map

STORE = "com.amazonaws.cloudhsm.jce.provider.KeyStoreWithAttributes"
INVALID_SPEC = "java.security.spec.InvalidKeySpecException"


def open_store(provider: Any) -> Any:
    store = java(STORE).getInstance(HSM, provider)
    store.load(None, None)
    return store


@pytest.fixture
def store(account: Account) -> Any:
    """A loaded keystore of the account's."""
    return open_store(account.provider)


def reference(handle: int) -> Any:
    return java(f"{ATTRIBUTES}.KeyReferenceSpec").getInstance(handle)


def labels(keys: Any) -> list[str]:
    return [str(key.toString()).split('"')[1] for key in keys]


def test_it_is_the_keystore_of_the_provider_in_every_spelling(account: Account) -> None:
    for store in (
        java(STORE).getInstance("CloudHSM"),
        java(STORE).getInstance("CLOUDHSM"),
        java(STORE).getInstance("cloudhsm", "CloudHSM"),
        java(STORE).getInstance("CloudHSM", account.provider),
    ):
        assert isinstance(store, java("java.security.KeyStore"))
        assert store.getProvider().getName() == HSM
        store.load(None, None)
        assert store.size() >= 0


def test_other_types_and_providers_are_refused(account: Account) -> None:
    with refused("java.security.KeyStoreException", "No registered provider", "PKCS12"):
        java(STORE).getInstance("PKCS12")
    with refused("java.security.KeyStoreException", "SUN", "CloudHsmProvider"):
        java(STORE).getInstance("PKCS12", "SUN")
    with refused("java.security.NoSuchProviderException", "nobody"):
        java(STORE).getInstance("CloudHSM", "nobody")
    for missing in (
        jpype.JObject(None, java("java.lang.String")),
        jpype.JObject(None, java("java.security.Provider")),
        "",
    ):
        with refused("java.lang.IllegalArgumentException", "missing provider"):
            java(STORE).getInstance("CloudHSM", missing)


def test_a_keystore_that_is_not_loaded_is_refused(account: Account) -> None:
    store = java(STORE).getInstance(HSM, account.provider)
    for search, argument in ((store.getKey, new_map()), (store.getKeys, new_map()), (store.getKeys, None)):
        with refused("java.security.KeyStoreException"):
            search(argument)


def test_session_keys_and_token_keys_are_found(account: Account, store: Any) -> None:
    key = java("javax.crypto.KeyGenerator").getInstance("AES", account.provider).generateKey()
    new_aes(account.session, LABEL="kept", TOKEN=True)
    # Public keys of other users are seen too.
    secret = constant("ObjectClassType", "SECRET_KEY")
    assert store.getKey(new_map(OBJECT_CLASS=secret, TOKEN=java("java.lang.Boolean").FALSE)).equals(key)
    assert labels([store.getKey(new_map(OBJECT_CLASS=secret, TOKEN=boxed_true()))]) == ["kept"]
    assert len(store.getKeys(new_map(OBJECT_CLASS=secret))) == 2
    for everything in (store.getKeys(new_map()), store.getKeys(None)):
        assert everything.containsAll(store.getKeys(new_map(OBJECT_CLASS=secret)))


def test_nothing_found_is_null_or_an_empty_list(store: Any) -> None:
    assert store.getKey(new_map(LABEL="none")) is None
    assert list(store.getKeys(new_map(LABEL="none"))) == []
    assert store.getKey(reference(1)) is None
    assert store.getKey(reference(-1)) is None


def test_all_given_attributes_must_be_equal(account: Account, store: Any) -> None:
    pair = generate("EC", account.provider)
    for label in ("one", "two"):
        new_aes(account.session, LABEL=label, TOKEN=True)
    types, classes = java(f"{ATTRIBUTES}.KeyType"), java(f"{ATTRIBUTES}.ObjectClassType")
    assert labels(store.getKeys(new_map(KEY_TYPE=types.AES))) == ["one", "two"]
    assert labels(store.getKeys(new_map(KEY_TYPE=types.AES, LABEL="two"))) == ["two"]
    in_session = java("java.lang.Boolean").FALSE
    assert len(store.getKeys(new_map(KEY_TYPE=types.EC, TOKEN=in_session))) == 2
    assert store.getKey(new_map(OBJECT_CLASS=classes.PRIVATE_KEY)).equals(pair.getPrivate())
    assert store.getKey(new_map(OBJECT_CLASS=classes.PUBLIC_KEY, TOKEN=in_session)).equals(pair.getPublic())
    assert list(store.getKeys(new_map(KEY_TYPE=types.RSA))) == []
    assert len(store.getKeys(new_map(LOCAL=boxed_true(), TOKEN=in_session))) == 2
    assert len(store.getKeys(new_map(SIZE=integer(256)))) == 2


def test_ids_may_be_bytes_or_text(account: Account, store: Any) -> None:
    new_aes(account.session, LABEL="named", TOKEN=True, ID=b"id")
    for spelling in ("id", array(*b"id")):
        assert labels(store.getKeys(new_map(ID=spelling))) == ["named"]


def test_public_numbers_find_both_halves_of_a_pair(account: Account, store: Any) -> None:
    rsa, ec = generate("RSA", account.provider), generate("EC", account.provider)
    modulus = rsa.getPublic().getModulus().toByteArray()
    assert modulus[0] == 0
    assert len(store.getKeys(new_map(MODULUS=modulus))) == 2
    point, curve = ec.getPublic().getW(), constant("EcParams", "EC_CURVE_PRIME256")
    assert store.getKeys(new_map(EC_POINT=point, EC_PARAMS=curve)).contains(ec.getPublic())
    parameters = ec.getPublic().getParams()
    assert store.getKeys(new_map(EC_POINT=point, EC_PARAMS=parameters)).contains(ec.getPublic())
    with refused(INVALID_SPEC, "EC_POINT needs EC_PARAMS"):
        store.getKeys(new_map(EC_POINT=point))
    wide = java("java.security.spec.ECPoint")(rsa.getPublic().getModulus(), point.getAffineY())
    with refused(INVALID_SPEC, "EC_POINT", "secp256r1"):
        store.getKeys(new_map(EC_POINT=wide, EC_PARAMS=curve))


@pytest.mark.parametrize("name", ["VALUE", "PRIVATE_EXPONENT", "PRIME_P", "CRT_COEFFICIENT"])
def test_secret_parts_are_no_condition(store: Any, name: str) -> None:
    with refused(INVALID_SPEC, f"cannot be searched by {name}"):
        store.getKey(new_map(**{name: array(1)}))


def test_specifications_of_another_kind_are_refused(store: Any) -> None:
    with refused(INVALID_SPEC, "SecretKeySpec", "KeyReferenceSpec"):
        store.getKey(java("javax.crypto.spec.SecretKeySpec")(bytes(16), "AES"))
    with refused(INVALID_SPEC, "null"):
        store.getKey(jpype.JObject(None, java("java.security.spec.KeySpec")))
    with refused(INVALID_SPEC, "SIZE"):
        store.getKeys(new_map(SIZE=integer(7)))


def test_several_keys_are_not_chosen_between(account: Account, store: Any) -> None:
    for _ in range(3):
        new_aes(account.session, LABEL="same", TOKEN=True)
    text = "KeyStore should return only one key for the provided attributes {LABEL=same}, but 3"
    with refused("java.security.UnrecoverableKeyException", text, "getKeys"):
        store.getKey(new_map(LABEL="same"))
    assert labels(store.getKeys(new_map(LABEL="same"))) == ["same"] * 3


def test_a_key_reference_finds_session_and_token_keys(account: Account, store: Any) -> None:
    token = new_aes(account.session, LABEL="kept", TOKEN=True)
    assert labels([store.getKey(reference(token))]) == ["kept"]
    key = java("javax.crypto.KeyGenerator").getInstance("AES", account.provider).generateKey()
    handle = int(str(key.toString()).rpartition("0x")[2].rstrip(")"), 16)
    assert store.getKey(reference(handle)).equals(key)
    key.destroy()
    assert store.getKey(reference(handle)) is None


def test_keys_of_other_users_are_not_found(account: Account, store: Any, pairs: dict[str, Any]) -> None:
    handle = int(str(pairs["EC"].getPrivate().toString()).rpartition("0x")[2].rstrip(")"), 16)
    assert store.getKey(reference(handle)) is None


def test_each_search_makes_new_objects_that_are_equal(account: Account, store: Any) -> None:
    new_pair(account.session, LABEL="found twice", TOKEN=True)
    private = new_map(LABEL="found twice", OBJECT_CLASS=constant("ObjectClassType", "PRIVATE_KEY"))
    one, two = store.getKey(private), store.getKey(private)
    assert one.equals(two)
    assert java("java.lang.System").identityHashCode(one) != java("java.lang.System").identityHashCode(two)
    one.destroy()
    assert store.getKey(private) is None


def test_it_is_a_regular_keystore_too(account: Account, store: Any) -> None:
    new_aes(account.session, LABEL="secret", TOKEN=True)
    assert store.containsAlias("secret")
    assert store.getKey("secret", None).equals(store.getKey(new_map(LABEL="secret")))
    stream = java("java.io.ByteArrayOutputStream")()
    store.store(stream, chars("changeit"))
    again = java(STORE).getInstance(HSM, account.provider)
    again.load(java("java.io.ByteArrayInputStream")(stream.toByteArray()), chars("changeit"))
    assert again.getKey(new_map(LABEL="secret")) is not None
    assert account.session.find({Attribute.LABEL: "secret"})


def test_without_login_the_search_says_so(jvm: Jvm) -> None:
    store = open_store(new_provider())
    for search, argument in (
        (store.getKeys, new_map()),
        (store.getKey, new_map()),
        (store.getKey, reference(0x40000)),
    ):
        with refused(f"{EXCEPTIONS}.AuthenticationException", "Log in first"):
            search(argument)


def test_a_found_key_says_what_it_is(account: Account, store: Any) -> None:
    new_aes(account.session, LABEL="aes", TOKEN=True)
    key = store.getKey(new_map(LABEL="aes"))
    assert key.getAlgorithm() == "AES"
    assert key.getEncoded() is None
    assert key.getFormat() is None
    assert store.getKey(new_map(LABEL="aes", ENCRYPT=boxed_true())).equals(key)
