"""A ``Signature`` of the provider in all its states, and what it refuses."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from typing import Any

import jpype
import pytest
from engine.keys import P256, Template

from bridge.engine import Attribute, MechanismType
from provider.conftest import Account
from provider.jca import (
    DATA,
    HSM,
    SIGNATURES,
    java,
    key_algorithm,
    refused,
    sign,
    signature,
    software_provider,
    verifies,
)
from provider.maps import all_keys, no_implicit_import, null

__all__ = ["no_implicit_import"]

SIGNATURE_EXCEPTION = "java.security.SignatureException"
INVALID_KEY = "java.security.InvalidKeyException"
both_keys = pytest.mark.parametrize("algorithm", ["SHA256withRSA", "SHA256withECDSA"])


def by_single_bytes(object_: Any) -> None:
    for byte in DATA:
        object_.update(jpype.JByte(byte))


def by_parts_of_an_array(object_: Any) -> None:
    surrounded = b"##" + DATA + b"#"
    object_.update(surrounded, 2, 10)
    object_.update(surrounded, 12, 0)
    object_.update(surrounded, 12, len(DATA) - 10)


def by_a_heap_buffer(object_: Any) -> None:
    buffer = java("java.nio.ByteBuffer").wrap(b"##" + DATA + b"#", 2, len(DATA))
    object_.update(buffer)
    assert (buffer.position(), buffer.remaining()) == (2 + len(DATA), 0)


def by_a_read_only_slice(object_: Any) -> None:
    object_.update(java("java.nio.ByteBuffer").wrap(b"##" + DATA).position(2).slice().asReadOnlyBuffer())


def by_a_direct_buffer(object_: Any) -> None:
    buffer = java("java.nio.ByteBuffer").allocateDirect(len(DATA))
    buffer.put(DATA).flip()
    object_.update(buffer)
    assert buffer.remaining() == 0


@pytest.mark.parametrize("algorithm", SIGNATURES)
@pytest.mark.parametrize(
    "give", [by_single_bytes, by_parts_of_an_array, by_a_heap_buffer, by_a_read_only_slice, by_a_direct_buffer]
)
def test_data_may_come_in_any_form(pairs: dict[str, Any], algorithm: str, give: Callable[[Any], None]) -> None:
    pair = pairs[key_algorithm(algorithm)]
    one = signature(algorithm, HSM)
    one.initSign(pair.getPrivate())
    give(one)
    signed = bytes(one.sign())
    assert verifies(algorithm, pair.getPublic(), DATA, signed, HSM)
    one.initVerify(pair.getPublic())
    give(one)
    assert one.verify(signed)


@pytest.mark.parametrize("algorithm", ["SHA512withRSA", "SHA512withECDSA"])
def test_hashed_data_may_be_of_any_size(pairs: dict[str, Any], algorithm: str) -> None:
    pair = pairs[key_algorithm(algorithm)]
    for data in (b"", bytes(3_000_000)):
        signed = sign(algorithm, pair.getPrivate(), data, HSM)
        software = java("java.security.Signature").getInstance(algorithm)
        software.initVerify(pair.getPublic())
        software.update(data)
        assert software.verify(signed)


@pytest.mark.parametrize("algorithm", SIGNATURES)
def test_a_signature_object_serves_again_and_again(pairs: dict[str, Any], algorithm: str) -> None:
    pair = pairs[key_algorithm(algorithm)]
    one = signature(algorithm, HSM)
    one.initSign(pair.getPrivate())
    signed = []
    for data in (DATA, DATA[::-1]):
        one.update(data)
        signed.append(bytes(one.sign()))
    one.initVerify(pair.getPublic())
    for data, expected in [(DATA, True), (DATA[::-1], False), (DATA, True)]:
        one.update(data)
        assert one.verify(signed[0]) is expected
    one.update(b"left over")
    one.initVerify(pair.getPublic())
    one.update(DATA[::-1])
    assert one.verify(signed[1])


@both_keys
def test_a_signature_may_be_written_into_an_array(pairs: dict[str, Any], algorithm: str) -> None:
    pair = pairs[key_algorithm(algorithm)]
    one = signature(algorithm, HSM)
    one.initSign(pair.getPrivate())
    one.update(DATA)
    room = jpype.JByte[:](bytes(300))
    length = one.sign(room, 5, 295)
    assert bytes(room)[5 + length :] == bytes(295 - length)
    one.initVerify(pair.getPublic())
    one.update(DATA)
    assert one.verify(room, 5, length)
    one.initSign(pair.getPrivate())
    one.update(DATA)
    with refused(SIGNATURE_EXCEPTION):
        one.sign(jpype.JByte[:](bytes(10)), 0, 10)


@both_keys
def test_a_wrong_signature_is_false_and_a_malformed_one_an_exception(pairs: dict[str, Any], algorithm: str) -> None:
    pair = pairs[key_algorithm(algorithm)]
    signed = sign(algorithm, pair.getPrivate(), provider=HSM)
    flipped = signed[:-1] + bytes([signed[-1] ^ 1])
    assert not verifies(algorithm, pair.getPublic(), DATA, flipped, HSM)
    assert not verifies(algorithm, pair.getPublic(), b"", signed, HSM)
    for malformed in (b"", signed[:-1], signed + b"\0", bytes(70)):
        with refused(SIGNATURE_EXCEPTION):
            verifies(algorithm, pair.getPublic(), DATA, malformed, HSM)


def test_an_ecdsa_signature_with_r_or_s_out_of_range_is_false(pairs: dict[str, Any]) -> None:
    zero, one = bytes.fromhex("020100"), bytes.fromhex("020101")
    order = bytes.fromhex("022100ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551")
    for r, s in [(zero, one), (one, zero), (order, one), (one, order), (one, one)]:
        signed = bytes([0x30, len(r + s)]) + r + s
        assert not verifies("SHA256withECDSA", pairs["EC"].getPublic(), DATA, signed, HSM)


@both_keys
def test_a_new_key_puts_a_failed_signature_right(pairs: dict[str, Any], algorithm: str) -> None:
    pair = pairs[key_algorithm(algorithm)]
    one = signature(algorithm, HSM)
    with refused(SIGNATURE_EXCEPTION):
        one.update(DATA)
    one.initSign(pair.getPrivate())
    one.update(DATA)
    with refused(INVALID_KEY):
        one.initSign(pairs["RSA" if key_algorithm(algorithm) == "EC" else "EC"].getPrivate())
    with refused(SIGNATURE_EXCEPTION):
        one.sign()
    one.initSign(pair.getPrivate())
    one.update(DATA)
    assert verifies(algorithm, pair.getPublic(), DATA, bytes(one.sign()), HSM)


@both_keys
def test_a_software_private_key_is_imported_for_as_long_as_it_is_used(
    account: Account, software_pairs: dict[str, Any], algorithm: str
) -> None:
    pair = software_pairs[key_algorithm(algorithm)]
    one = signature(algorithm, account.provider)
    one.initSign(pair.getPrivate())
    one.update(DATA)
    signed = bytes(one.sign())
    assert verifies(algorithm, pair.getPublic(), DATA, signed, software_provider(algorithm))
    assert len(all_keys(account.provider)) == 1
    one.initVerify(pair.getPublic())
    one.update(DATA)
    assert one.verify(signed)
    assert len(all_keys(account.provider)) == 1
    with refused(INVALID_KEY):
        one.initSign(null("java.security.PrivateKey"))
    assert all_keys(account.provider) == []


@both_keys
def test_a_software_private_key_is_refused_where_implicit_import_is_off(
    no_implicit_import: None, account: Account, software_pairs: dict[str, Any], algorithm: str
) -> None:
    pair = software_pairs[key_algorithm(algorithm)]
    with refused(INVALID_KEY, "implicit import is switched off", "hsmbridge import", "hsmbridge configure"):
        sign(algorithm, pair.getPrivate(), provider=account.provider)
    signed = sign(algorithm, pair.getPrivate())
    assert verifies(algorithm, pair.getPublic(), DATA, signed, account.provider)


def test_imported_keys_of_forgotten_objects_are_destroyed(account: Account, software_pairs: dict[str, Any]) -> None:
    for _ in range(20):
        signature("SHA256withECDSA", account.provider).initSign(software_pairs["EC"].getPrivate())
    collector = java("java.lang.System")
    for _ in range(100):
        gc.collect()
        collector.gc()
        if not all_keys(account.provider):
            return
        time.sleep(0.05)
    pytest.fail(f"{len(all_keys(account.provider))} keys are left")


@pytest.mark.parametrize("algorithm", SIGNATURES)
def test_keys_of_another_kind_are_refused(pairs: dict[str, Any], algorithm: str) -> None:
    other = pairs["EC" if key_algorithm(algorithm) == "RSA" else "RSA"]
    one = signature(algorithm, HSM)
    with refused(INVALID_KEY, f"needs a key for {key_algorithm(algorithm)}"):
        one.initSign(other.getPrivate())
    with refused(INVALID_KEY, f"needs a key for {key_algorithm(algorithm)}"):
        one.initVerify(other.getPublic())
    null = jpype.JObject(None, java("java.security.PublicKey"))
    with refused(INVALID_KEY):
        one.initVerify(null)


def test_raw_ecdsa_takes_no_more_than_the_longest_digest(pairs: dict[str, Any]) -> None:
    one = signature("NONEwithECDSA", HSM)
    one.initSign(pairs["EC"].getPrivate())
    one.update(bytes(65))
    with refused(SIGNATURE_EXCEPTION, "signs a digest, not the message"):
        one.sign()
    one.update(bytes(range(64)))
    assert verifies("NONEwithECDSA", pairs["EC"].getPublic(), bytes(range(64)), bytes(one.sign()), "SunEC")


def test_raw_rsa_takes_no_more_than_fits_the_padding(pairs: dict[str, Any]) -> None:
    longest = bytes(range(245))
    signed = sign("NONEwithRSA", pairs["RSA"].getPrivate(), longest, HSM)
    assert verifies("NONEwithRSA", pairs["RSA"].getPublic(), longest, signed, "SunJCE")
    with refused(SIGNATURE_EXCEPTION, "245"):
        sign("NONEwithRSA", pairs["RSA"].getPrivate(), longest + b"!", HSM)


def test_parameters_are_refused(pairs: dict[str, Any]) -> None:
    one = signature("SHA256withRSA", HSM)
    specification = java("java.security.spec.PSSParameterSpec")(32)
    with refused("java.security.InvalidAlgorithmParameterException", "has no parameters"):
        one.setParameter(specification)
    assert one.getParameters() is None


@both_keys
def test_a_key_that_must_not_sign_is_refused_with_the_documented_cause(account: Account, algorithm: str) -> None:
    kind = key_algorithm(algorithm)
    number = MechanismType.RSA_PKCS_KEY_PAIR_GEN if kind == "RSA" else MechanismType.EC_KEY_PAIR_GEN
    public: Template = {Attribute.MODULUS_BITS: 2048} if kind == "RSA" else {Attribute.EC_PARAMS: P256}
    private: Template = {Attribute.SIGN: False, Attribute.LABEL: "no signer", Attribute.TOKEN: True}
    account.session.generate_key_pair(number, public, private)
    key = account.store().getKey("no signer", None)
    purpose = "An attempt has been made to use a key for a cryptographic purpose"
    with refused(SIGNATURE_EXCEPTION, purpose, "SIGN", "no signer") as caught:
        sign(algorithm, key, provider=account.provider)
    cause = caught.value.getCause()
    assert cause.getClass().getName() == "com.amazonaws.cloudhsm.jce.jni.exception.KeyUsageException"
