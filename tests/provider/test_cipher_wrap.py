"""Wrapping and unwrapping: every type of key with every mechanism, against Python, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jpype
import pytest
from cryptography.hazmat.primitives import hashes, keywrap
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, mldsa, padding, rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.padding import PKCS7
from cryptography.hazmat.primitives.serialization import load_der_private_key
from engine.keys import private_info, public_info

from bridge.engine import Attribute
from bridge.engine.material import PrivateKey
from provider.ciphers import (
    AES_WRAP,
    BLOCK_SIZE,
    GCM,
    HASHES,
    INVALID_KEY,
    INVALID_PARAMETER,
    KEK,
    PRIVATE_KEY,
    PUBLIC_KEY,
    RSA_AES_WRAP,
    SECRET_KEY,
    UNWRAP,
    WRAP,
    attributes,
    begin,
    cipher,
    gcm,
    in_python,
    inside,
    iv,
    noise,
    oaep,
    secret,
    taken_out,
)
from provider.conftest import Account
from provider.jca import java, private_key, public_key, refused

pytestmark = pytest.mark.usefixtures("jvm")
NO_ALGORITHM = "java.security.NoSuchAlgorithmException"
USAGE = "com.amazonaws.cloudhsm.jce.jni.exception.KeyUsageException"
SECRETS = {
    "AES": (16, 24, 32),
    "DESede": (24,),
    "GenericSecret": (1, 7, 8, 9, 20, 64, 100, 800),
    "HmacSHA1": (20,),
    "HmacSHA224": (28,),
    "HmacSHA256": (32,),
    "HmacSHA384": (48,),
    "HmacSHA512": (64,),
}
SECRET_VALUES = [(name, noise(size, size)) for name, sizes in SECRETS.items() for size in sizes]
OAEPS = ["RSA/ECB/OAEPPadding", *[f"RSA/ECB/OAEPWith{name}ANDMGF1Padding" for name in HASHES]]
RSA_WRAPS = ["RSA/ECB/PKCS1Padding", *OAEPS, "RSAAESWrap/ECB/OAEPPadding", *RSA_AES_WRAP]


@pytest.fixture(scope="module")
def privates() -> dict[str, tuple[str, bytes]]:
    """PKCS#8 DER of private keys, and the algorithms to ask for."""
    made: dict[str, tuple[str, PrivateKey]] = {
        "RSA-2048": ("RSA", rsa.generate_private_key(65537, 2048)),
        "P-521": ("EC", ec.generate_private_key(ec.SECP521R1())),
        "secp256k1": ("EC", ec.generate_private_key(ec.SECP256K1())),
        "Ed25519": ("Ed25519", ed25519.Ed25519PrivateKey.generate()),
        "EdDSA": ("EdDSA", ed25519.Ed25519PrivateKey.generate()),
        "ML-DSA-44": ("ML-DSA", mldsa.MLDSA44PrivateKey.generate()),
        "ML-DSA-87": ("ML-DSA-87", mldsa.MLDSA87PrivateKey.generate()),
    }
    return {name: (algorithm, private_info(key)) for name, (algorithm, key) in made.items()}


@pytest.fixture(scope="module")
def wrapping_pair(jvm: object) -> tuple[rsa.RSAPrivateKey, Any, Any]:
    """An RSA key that both sides know, its public half in software and its private half in the HSM."""
    key = rsa.generate_private_key(65537, 2048)
    info = private_info(key)
    return key, public_key("RSA", public_info(key.public_key())), inside(info, "RSA", PRIVATE_KEY)


def aes_wrap(transformation: str) -> tuple[Callable[[bytes], bytes], Callable[[bytes], bytes]]:
    """Return the functions of Python that wrap and unwrap as a transformation does."""
    if "Zero" in transformation:
        return (
            lambda value: keywrap.aes_key_wrap_with_padding(KEK, value),
            lambda wrapped: keywrap.aes_key_unwrap_with_padding(KEK, wrapped),
        )
    if "PKCS5" not in transformation:
        return lambda value: keywrap.aes_key_wrap(KEK, value), lambda wrapped: keywrap.aes_key_unwrap(KEK, wrapped)

    def wrap(value: bytes) -> bytes:
        padder = PKCS7(64).padder()
        return keywrap.aes_key_wrap(KEK, padder.update(value) + padder.finalize())

    def unwrap(wrapped: bytes) -> bytes:
        unpadder = PKCS7(64).unpadder()
        return unpadder.update(keywrap.aes_key_unwrap(KEK, wrapped)) + unpadder.finalize()

    return wrap, unwrap


@pytest.mark.parametrize("transformation", AES_WRAP)
def test_aes_key_wrap_of_secret_keys(transformation: str) -> None:
    wrap, unwrap = aes_wrap(transformation)
    for key in (secret(KEK), inside(KEK)):
        wrapping, unwrapping = cipher(transformation, WRAP, key), cipher(transformation, UNWRAP, key)
        for algorithm, value in SECRET_VALUES:
            payload = inside(value, algorithm)
            if transformation == "AESWrap/ECB/NoPadding" and (len(value) % 8 or len(value) < 16):
                with refused(BLOCK_SIZE, "multiple of 8 bytes", str(len(value))):
                    wrapping.wrap(payload)
                continue
            wrapped = bytes(wrapping.wrap(payload))
            assert wrapping.getOutputSize(len(value)) >= len(wrapped)
            if len(value) >= 8:
                assert unwrap(wrapped) == value
                wrapped = wrap(value)
            back = unwrapping.unwrap(wrapped, algorithm, SECRET_KEY)
            assert back.getAlgorithm() == algorithm
            assert taken_out(back) == value
            back.destroy()
            payload.destroy()


@pytest.mark.parametrize("transformation", ["AESWrap/ECB/PKCS5Padding", "AESWrap/ECB/ZeroPadding"])
def test_aes_key_wrap_of_private_keys(transformation: str, privates: dict[str, tuple[str, bytes]]) -> None:
    wrap, unwrap = aes_wrap(transformation)
    for algorithm, info in privates.values():
        payload = inside(info, algorithm, PRIVATE_KEY)
        wrapped = bytes(cipher(transformation, WRAP, secret(KEK)).wrap(payload))
        assert same(unwrap(wrapped), info)
        back = cipher(transformation, UNWRAP, secret(KEK)).unwrap(wrap(info), algorithm, PRIVATE_KEY)
        assert same(taken_out(back), info)
        assert isinstance(back, java("java.security.PrivateKey"))


def same(one: bytes, other: bytes) -> bool:
    """Tell whether two encodings are of one private key."""
    return private_info(load_der_private_key(one, None)) == private_info(load_der_private_key(other, None))  # type: ignore[arg-type]


def test_gcm_wraps_everything(privates: dict[str, tuple[str, bytes]]) -> None:
    payloads = [(name, value, SECRET_KEY) for name, value in SECRET_VALUES]
    payloads += [(name, info, PRIVATE_KEY) for name, info in privates.values()]
    wrapping = cipher(GCM, WRAP, secret(KEK), gcm(b""))
    seen = set()
    for algorithm, value, kind in payloads:
        payload = inside(value, algorithm, kind)
        wrapped = bytes(wrapping.wrap(payload))
        nonce = bytes(wrapping.getIV())
        seen.add(nonce)
        opened = AESGCM(KEK).decrypt(nonce, wrapped, None)
        assert opened == value if kind == SECRET_KEY else same(opened, value)
        back = cipher(GCM, UNWRAP, secret(KEK), gcm(nonce)).unwrap(wrapped, algorithm, kind)
        assert taken_out(back) == opened
        nonce = noise(16, len(value))
        wrapped = AESGCM(KEK).encrypt(nonce, value, None)
        back = cipher(GCM, UNWRAP, secret(KEK), gcm(nonce)).unwrap(wrapped, algorithm, kind)
        assert taken_out(back) == opened
    assert len(seen) == len(payloads)


def test_the_steps_of_a_program_that_wraps_with_gcm() -> None:
    key = inside(noise(32))
    one = cipher(GCM, WRAP, key)
    assert one.getIV() is None
    wrapped = one.wrap(inside(noise(20), "HmacSHA1"))
    parameters = one.getParameters()
    one.init(UNWRAP, key, gcm(bytes(one.getIV())))
    assert taken_out(one.unwrap(wrapped, "HmacSHA1", SECRET_KEY)) == noise(20)
    one.init(UNWRAP, key, parameters)
    assert taken_out(one.unwrap(wrapped, "HmacSHA1", SECRET_KEY)) == noise(20)


def test_cbc_unwraps_whole_blocks() -> None:
    start = noise(16, 1)
    for algorithm, value in SECRET_VALUES:
        if len(value) % 16 == 0:
            wrapped = in_python("AES/CBC/NoPadding", KEK, value, start, encrypting=True)
            back = cipher("AES/CBC/NoPadding", UNWRAP, secret(KEK), iv(start)).unwrap(wrapped, algorithm, SECRET_KEY)
            assert taken_out(back) == value


@pytest.mark.parametrize("transformation", RSA_WRAPS)
def test_rsa_wraps_secret_keys(wrapping_pair: tuple[rsa.RSAPrivateKey, Any, Any], transformation: str) -> None:
    _, public, private = wrapping_pair
    wrapping, unwrapping = cipher(transformation, WRAP, public), cipher(transformation, UNWRAP, private)
    for algorithm, value in SECRET_VALUES:
        payload = inside(value, algorithm)
        if len(value) > 190 and not transformation.startswith("RSAAES"):
            with refused(BLOCK_SIZE, "at most"):
                wrapping.wrap(payload)
            continue
        wrapped = wrapping.wrap(payload)
        assert wrapping.getOutputSize(len(value)) >= len(wrapped)
        assert taken_out(unwrapping.unwrap(wrapped, algorithm, SECRET_KEY)) == value


@pytest.mark.parametrize("name", HASHES)
def test_rsa_aes_key_wrap_of_private_keys(
    wrapping_pair: tuple[rsa.RSAPrivateKey, Any, Any], privates: dict[str, tuple[str, bytes]], name: str
) -> None:
    key, public, private = wrapping_pair
    algorithm_of = getattr(hashes, name.replace("-", ""))
    how = padding.OAEP(padding.MGF1(algorithm_of()), algorithm_of(), None)
    transformation = f"RSAAESWrap/ECB/OAEPWith{name}ANDMGF1Padding"
    wrapping, unwrapping = cipher(transformation, WRAP, public), cipher(transformation, UNWRAP, private)
    for algorithm, info in privates.values():
        wrapped = bytes(wrapping.wrap(inside(info, algorithm, PRIVATE_KEY)))
        temporary = key.decrypt(wrapped[:256], how)
        assert len(temporary) == 32
        assert same(keywrap.aes_key_unwrap_with_padding(temporary, wrapped[256:]), info)
        other = noise(32, 5)
        wrapped = key.public_key().encrypt(other, how) + keywrap.aes_key_wrap_with_padding(other, info)
        assert same(taken_out(unwrapping.unwrap(wrapped, algorithm, PRIVATE_KEY)), info)


def test_explicit_parameters_unwrap(wrapping_pair: tuple[rsa.RSAPrivateKey, Any, Any]) -> None:
    key, _, private = wrapping_pair
    how = padding.OAEP(padding.MGF1(hashes.SHA224()), hashes.SHA256(), b"label")
    wrapped = key.public_key().encrypt(noise(32), how)
    for transformation in ("RSA/ECB/OAEPPadding", "RSA/ECB/OAEPWithSHA-256ANDMGF1Padding"):
        one = cipher(transformation, UNWRAP, private, oaep("SHA-256", "SHA-224", b"label"))
        assert taken_out(one.unwrap(wrapped, "AES", SECRET_KEY)) == noise(32)


def test_sunjce_unwraps_what_the_hsm_wrapped_and_the_other_way_round() -> None:
    software = {"NoPadding": "AES/KW/NoPadding", "ZeroPadding": "AES/KWP/NoPadding"}
    for padding_, name in software.items():
        ours = f"AESWrap/ECB/{padding_}"
        payload = secret(noise(24))
        wrapped = cipher(name, WRAP, secret(KEK), provider="SunJCE").wrap(payload)
        back = cipher(ours, UNWRAP, secret(KEK)).unwrap(wrapped, "AES", SECRET_KEY)
        wrapped = cipher(ours, WRAP, secret(KEK)).wrap(back)
        unwrapped = cipher(name, UNWRAP, secret(KEK), provider="SunJCE").unwrap(wrapped, "AES", SECRET_KEY)
        assert unwrapped.equals(payload)


def test_an_unwrapped_key_is_an_extractable_session_key_unless_the_map_says_otherwise(account: Account) -> None:
    inside(noise(16), provider=account.provider)
    assert account.kept() == []
    given = attributes(LABEL="kept", TOKEN=True, EXTRACTABLE=False, SIGN=False)
    key = inside(noise(16), provider=account.provider, spec=given)
    (handle,) = account.kept()
    found = {name.name: value for name, value in account.session.attributes(handle).items()}
    assert found["LABEL"] == "kept"
    assert (found["EXTRACTABLE"], found["SIGN"], found["ENCRYPT"], found["LOCAL"]) == (False, False, True, False)
    with refused(INVALID_KEY, "kept", "EXTRACTABLE") as caught:
        taken_out(key, account.provider)
    assert caught.value.getCause().getClass().getName() == USAGE


def test_attributes_go_with_an_iv(account: Account) -> None:
    both = java("com.amazonaws.cloudhsm.jce.provider.spec.UnwrapParameterSpec")
    given = attributes(LABEL="from GCM", TOKEN=True)
    nonce, start = noise(12), noise(16)
    wrapped = AESGCM(KEK).encrypt(nonce, noise(32), None)
    cipher(GCM, UNWRAP, secret(KEK), both(gcm(nonce), given), account.provider).unwrap(wrapped, "AES", SECRET_KEY)
    given = attributes(LABEL="from CBC", TOKEN=True)
    wrapped = in_python("AES/CBC/NoPadding", KEK, noise(32), start, encrypting=True)
    one = cipher("AES/CBC/NoPadding", UNWRAP, secret(KEK), both(iv(start), given), account.provider)
    one.unwrap(wrapped, "AES", SECRET_KEY)
    labels = {str(account.session.attributes(handle)[Attribute.LABEL]) for handle in account.kept()}
    assert labels == {"from GCM", "from CBC"}
    with refused(INVALID_KEY, "Parameters missing"):
        cipher(GCM, UNWRAP, secret(KEK))
    with refused(INVALID_PARAMETER, "Parameters missing"):
        cipher(GCM, UNWRAP, secret(KEK), given)
    with refused(INVALID_PARAMETER, "UNWRAP_MODE only"):
        cipher(GCM, WRAP, secret(KEK), both(gcm(b""), given))


def test_attributes_that_contradict_the_call_are_refused() -> None:
    types = java("com.amazonaws.cloudhsm.jce.provider.attributes.KeyType")
    one = cipher("AESWrap/ECB/ZeroPadding", UNWRAP, secret(KEK), attributes(KEY_TYPE=types.AES))
    wrapped = keywrap.aes_key_wrap_with_padding(KEK, noise(16))
    assert taken_out(one.unwrap(wrapped, "AES", SECRET_KEY)) == noise(16)
    with refused(INVALID_KEY, "KEY_TYPE"):
        one.unwrap(wrapped, "GenericSecret", SECRET_KEY)


@pytest.mark.parametrize("transformation", [*AES_WRAP, GCM, "RSA/ECB/OAEPPadding", "RSAAESWrap/ECB/OAEPPadding"])
def test_only_keys_of_the_hsm_are_wrapped(
    transformation: str, wrapping_pair: tuple[rsa.RSAPrivateKey, Any, Any], pairs: dict[str, Any]
) -> None:
    one = cipher(transformation, WRAP, wrapping_pair[1] if transformation.startswith("RSA") else secret(KEK))
    text = "Non CloudHsm key is not supported for this cipher operation."
    for key in (secret(noise(16)), wrapping_pair[1], java("java.security.Key") @ None):
        with refused(INVALID_KEY, text):
            one.wrap(key)
    with refused(INVALID_KEY, "public key"):
        one.wrap(pairs["RSA"].getPublic())


def test_keys_that_must_not_wrap_or_be_wrapped_are_refused_with_the_cause() -> None:
    purpose = "An attempt has been made to use a key for a cryptographic purpose"
    no_wrap = inside(KEK, spec=attributes(WRAP=False, UNWRAP=False, LABEL="no wrap"))
    stays = inside(noise(16), spec=attributes(EXTRACTABLE=False, LABEL="stays"))
    trusted_only = inside(noise(16), spec=attributes(WRAP_WITH_TRUSTED=True, LABEL="trusted only"))
    good = inside(noise(16))
    for transformation in (*AES_WRAP, GCM):
        with refused(INVALID_KEY, purpose, "WRAP", "no wrap") as caught:
            cipher(transformation, WRAP, no_wrap).wrap(good)
        assert caught.value.getCause().getClass().getName() == USAGE
        spec = gcm(bytes(12)) if transformation == GCM else None
        with refused(INVALID_KEY, purpose, "UNWRAP", "no wrap") as caught:
            cipher(transformation, UNWRAP, no_wrap, spec).unwrap(bytes(40), "AES", SECRET_KEY)
        assert caught.value.getCause().getClass().getName() == USAGE
        for payload, *texts in ((stays, "stays", "EXTRACTABLE"), (trusted_only, "trusted only", "WRAP_WITH_TRUSTED")):
            with refused(INVALID_KEY, *texts) as caught:
                cipher(transformation, WRAP, secret(KEK)).wrap(payload)
            assert caught.value.getCause().getClass().getName() == USAGE


@pytest.mark.parametrize("transformation", [*AES_WRAP, GCM, "AES/CBC/NoPadding", *RSA_WRAPS[1:]])
def test_garbage_is_no_key(wrapping_pair: tuple[rsa.RSAPrivateKey, Any, Any], transformation: str) -> None:
    rsa_key = transformation.startswith("RSA")
    spec = gcm(bytes(12)) if transformation == GCM else iv(bytes(16)) if "CBC" in transformation else None
    one = cipher(transformation, UNWRAP, wrapping_pair[2] if rsa_key else secret(KEK), spec)
    for length in (0, 1, 8, 16, 24, 32, 40, 255, 256, 257, 288, 3000):
        with refused(INVALID_KEY):
            one.unwrap(noise(length), "RSA", PRIVATE_KEY)
        if "CBC" not in transformation:
            with refused(INVALID_KEY):
                one.unwrap(noise(length), "AES", SECRET_KEY)


def test_a_key_of_another_type_than_asked_for_is_refused(privates: dict[str, tuple[str, bytes]]) -> None:
    one = cipher("AESWrap/ECB/ZeroPadding", UNWRAP, secret(KEK))
    for name, (algorithm, info) in privates.items():
        wrapped = keywrap.aes_key_wrap_with_padding(KEK, info)
        for other in ("RSA", "EC", "Ed25519", "ML-DSA"):
            if other != algorithm and (name, other) not in (("EdDSA", "Ed25519"), ("ML-DSA-87", "ML-DSA")):
                with refused(INVALID_KEY):
                    one.unwrap(wrapped, other, PRIVATE_KEY)
        with refused(INVALID_KEY, "bits"):
            one.unwrap(wrapped, "AES", SECRET_KEY)
    with refused(INVALID_KEY, "bits"):
        one.unwrap(keywrap.aes_key_wrap_with_padding(KEK, noise(17)), "AES", SECRET_KEY)


def test_algorithms_that_the_hsm_lacks_are_refused() -> None:
    one = cipher("AESWrap/ECB/ZeroPadding", UNWRAP, secret(KEK))
    wrapped = keywrap.aes_key_wrap_with_padding(KEK, noise(16))
    for algorithm, kind in (("Blowfish", SECRET_KEY), ("RSA", SECRET_KEY), ("AES", PRIVATE_KEY), ("DSA", PRIVATE_KEY)):
        with refused(NO_ALGORITHM, algorithm):
            one.unwrap(wrapped, algorithm, kind)
    with refused(NO_ALGORITHM):
        one.unwrap(wrapped, None, SECRET_KEY)
    with refused(INVALID_KEY, "null"):
        one.unwrap(jpype.JByte[:] @ None, "AES", SECRET_KEY)
    with refused(INVALID_KEY, "public key"):
        one.unwrap(wrapped, "RSA", PUBLIC_KEY)
    for spelling in ("aes", "AES"):
        assert one.unwrap(wrapped, spelling, SECRET_KEY).getAlgorithm() == "AES"
    assert one.unwrap(wrapped, "hmacsha256", SECRET_KEY).getAlgorithm() == "HmacSHA256"


@pytest.mark.parametrize("transformation", [*AES_WRAP, GCM])
def test_a_wrapping_cipher_does_not_take_data(transformation: str) -> None:
    one = cipher(transformation, WRAP, secret(KEK))
    for act in (one.update, one.doFinal, one.updateAAD):
        with refused("java.lang.IllegalStateException"):
            act(b"data")
    assert one.getBlockSize() == 16


def test_a_software_private_key_unwraps_too(privates: dict[str, tuple[str, bytes]]) -> None:
    key = private_key("RSA", privates["RSA-2048"][1])
    wrapped = bytes(cipher("RSA/ECB/OAEPPadding", WRAP, of_private(privates["RSA-2048"][1])).wrap(inside(noise(16))))
    back = cipher("RSA/ECB/OAEPPadding", UNWRAP, key).unwrap(wrapped, "AES", SECRET_KEY)
    assert taken_out(back) == noise(16)
    software = java("javax.crypto.Cipher").getInstance("RSA/ECB/OAEPPadding", "SunJCE")
    begin(software, UNWRAP, key, oaep("SHA-1"))
    assert bytes(software.unwrap(wrapped, "AES", SECRET_KEY).getEncoded()) == noise(16)


def of_private(info: bytes) -> Any:
    key = load_der_private_key(info, None)
    assert isinstance(key, rsa.RSAPrivateKey)
    return public_key("RSA", public_info(key.public_key()))
