"""RSA PSS in its three spellings, against the JDK and cryptography."""

from __future__ import annotations

from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_der_public_key
from engine.keys import private_info, public_info, software_rsa
from hypothesis import given, settings
from hypothesis import strategies as st

from provider.conftest import Jvm
from provider.jca import DATA, HSM, generate, java, private_key, public_key, refused, signature
from provider.maps import jbytes, null

HASHES: dict[str, hashes.HashAlgorithm] = {
    "SHA-1": hashes.SHA1(),  # noqa: S303 - the table has it
    "SHA-224": hashes.SHA224(),
    "SHA-256": hashes.SHA256(),
    "SHA-384": hashes.SHA384(),
    "SHA-512": hashes.SHA512(),
}
NAMED = {f"{name.replace('-', '')}with{kind}": name for name in HASHES for kind in ("RSA/PSS", "RSAandMGF1")}
PARAMETERS = "java.security.InvalidAlgorithmParameterException"
SIGNATURE = "java.security.SignatureException"


def pss(hash_: str, salt: int, mgf: str | None = None, trailer: int = 1) -> Any:
    mask = java("java.security.spec.MGF1ParameterSpec")(mgf or hash_)
    return java("java.security.spec.PSSParameterSpec")(hash_, "MGF1", mask, salt, trailer)


def sign(key: Any, data: bytes, parameters: Any, provider: Any = HSM, algorithm: str = "RSASSA-PSS") -> bytes:
    one = signature(algorithm, provider)
    if parameters is not None:
        one.setParameter(parameters)
    one.initSign(key)
    one.update(jbytes(data))
    return bytes(one.sign())


def verifies(
    key: Any, data: bytes, signed: bytes, parameters: Any, provider: Any = HSM, algorithm: str = "RSASSA-PSS"
) -> bool:
    one = signature(algorithm, provider)
    one.initVerify(key)
    if parameters is not None:
        one.setParameter(parameters)
    one.update(jbytes(data))
    return bool(one.verify(jbytes(signed)))


def cryptography_verifies(spki: bytes, data: bytes, signed: bytes, hash_: str, salt: int, mgf: str) -> bool:
    key = load_der_public_key(spki)
    assert isinstance(key, RSAPublicKey)
    try:
        key.verify(signed, data, padding.PSS(padding.MGF1(HASHES[mgf]), salt), HASHES[hash_])
    except InvalidSignature:
        return False
    return True


@pytest.mark.parametrize("hash_", HASHES)
@pytest.mark.parametrize("mgf", ["SHA-1", "same"])
def test_others_accept_ours_and_we_theirs(pairs: dict[str, Any], hash_: str, mgf: str) -> None:
    mgf = hash_ if mgf == "same" else mgf
    pair, size = pairs["RSA"], HASHES[hash_].digest_size
    spki = bytes(pair.getPublic().getEncoded())
    theirs = private_key("RSA", private_info(software_rsa()))
    their_public = public_key("RSA", public_info(software_rsa().public_key()))
    for salt in {0, 20, size}:
        parameters = pss(hash_, salt, mgf)
        signed = sign(pair.getPrivate(), DATA, parameters)
        assert verifies(pair.getPublic(), DATA, signed, parameters, "SunRsaSign")
        assert cryptography_verifies(spki, DATA, signed, hash_, salt, mgf)
        assert not verifies(pair.getPublic(), DATA[::-1], signed, parameters)
        assert not verifies(pair.getPublic(), DATA, signed, pss(hash_, salt + 1, mgf))
        by_jdk = sign(theirs, DATA, parameters, "SunRsaSign")
        mask = padding.PSS(padding.MGF1(HASHES[mgf]), salt)
        for other in (by_jdk, software_rsa().sign(DATA, mask, HASHES[hash_])):
            assert verifies(their_public, DATA, other, parameters)
            assert not verifies(their_public, DATA, other[:-1] + bytes([other[-1] ^ 1]), parameters)


@pytest.mark.parametrize("algorithm", NAMED)
def test_the_named_algorithms_need_no_parameters(pairs: dict[str, Any], algorithm: str) -> None:
    pair, hash_ = pairs["RSA"], NAMED[algorithm]
    size = HASHES[hash_].digest_size
    for spelling in (algorithm, algorithm.upper()):
        signed = sign(pair.getPrivate(), DATA, None, algorithm=spelling)
        assert verifies(pair.getPublic(), DATA, signed, pss(hash_, size), "SunRsaSign")
        assert verifies(pair.getPublic(), DATA, signed, None, algorithm=spelling)
    signed = sign(pair.getPrivate(), DATA, pss(hash_, 7), algorithm=algorithm)
    assert verifies(pair.getPublic(), DATA, signed, pss(hash_, 7), "SunRsaSign")
    assert not verifies(pair.getPublic(), DATA, signed, None, algorithm=algorithm)
    other = "SHA-512" if hash_ == "SHA-1" else "SHA-1"
    with refused(PARAMETERS, hash_, other):
        signature(algorithm, HSM).setParameter(pss(other, 20))
    set_by_name = (
        signature(algorithm, HSM).getParameters().getParameterSpec(java("java.security.spec.PSSParameterSpec"))
    )
    assert (str(set_by_name.getDigestAlgorithm()), set_by_name.getSaltLength()) == (hash_, size)


@settings(deadline=None, max_examples=20)
@given(length=st.integers(0, 70_000), salt=st.integers(0, 222), hash_=st.sampled_from(["SHA-256", "SHA-1"]))
def test_any_length_of_data_and_salt_will_do(pairs: dict[str, Any], length: int, salt: int, hash_: str) -> None:
    data = (DATA * (length // len(DATA) + 1))[:length]
    pair = pairs["RSA"]
    signed = sign(pair.getPrivate(), data, pss(hash_, salt))
    assert verifies(pair.getPublic(), data, signed, pss(hash_, salt), "SunRsaSign")


@pytest.mark.parametrize("bits", [2048, 2304, 4096])
def test_every_size_of_key_signs(jvm: Jvm, bits: int) -> None:
    pair = generate("RSA", HSM, bits)
    signed = sign(pair.getPrivate(), DATA, None, algorithm="SHA512withRSA/PSS")
    assert verifies(pair.getPublic(), DATA, signed, pss("SHA-512", 64), "SunRsaSign")


def test_the_parameters_may_be_set_when_jca_allows_it(pairs: dict[str, Any]) -> None:
    pair = pairs["RSA"]
    one = signature("1.2.840.113549.1.1.10", HSM)
    assert one.getParameters() is None
    one.initSign(pair.getPrivate())
    for text in ("update", "sign"):
        with refused(SIGNATURE, "Parameters required for RSASSA-PSS signatures"):
            one.update(jbytes(DATA)) if text == "update" else one.sign()
    one.setParameter(pss("SHA-256", 32))
    assert str(one.getParameters().getAlgorithm()) == "RSASSA-PSS"
    one.update(jbytes(DATA))
    with refused("java.security.ProviderException", "Cannot set parameters during operations"):
        one.setParameter(pss("SHA-256", 32))
    signed = bytes(one.sign())
    assert verifies(pair.getPublic(), DATA, signed, pss("SHA-256", 32))
    one.setParameter(pss("SHA-384", 10))
    one.initVerify(pair.getPublic())
    one.update(jbytes(DATA))
    assert not one.verify(jbytes(signed))
    one.update(jbytes(DATA))
    other = sign(pair.getPrivate(), DATA, pss("SHA-384", 10), "CloudHSM")
    assert one.verify(jbytes(other))
    specification = one.getParameters().getParameterSpec(java("java.security.spec.PSSParameterSpec"))
    assert specification.getSaltLength() == 10


def test_a_buffer_without_parameters_is_refused_as_well(pairs: dict[str, Any]) -> None:
    one = signature("RSASSA-PSS", HSM)
    one.initSign(pairs["RSA"].getPrivate())
    with refused("java.security.ProviderException", "Parameters required"):
        one.update(java("java.nio.ByteBuffer").wrap(jbytes(DATA)))


def test_parameters_that_are_none_of_pss_are_refused(jvm: Jvm) -> None:
    one = signature("RSASSA-PSS", HSM)
    mask = java("java.security.spec.MGF1ParameterSpec").SHA256
    specification = java("java.security.spec.PSSParameterSpec")
    for wrong, text in [
        (null("java.security.spec.AlgorithmParameterSpec"), "PSSParameterSpec"),
        (java("java.security.spec.ECGenParameterSpec")("x"), "PSSParameterSpec"),
        (specification("SHA-256", "MGF2", mask, 32, 1), "MGF2"),
        (specification("SHA-256", "MGF1", None, 32, 1), "MGF1"),
        (pss("SHA-256", 32, trailer=2), "trailer"),
        (specification("MD5", "MGF1", mask, 32, 1), "MD5"),
        (pss("SHA-512/256", 32, "SHA-256"), "SHA-512/256"),
        (pss("SHA-256", 32, "SHA-512/224"), "SHA-512/224"),
    ]:
        with refused(PARAMETERS, text):
            one.setParameter(wrong)
    assert one.getParameters() is None


def test_a_salt_that_does_not_fit_is_refused_when_signing(pairs: dict[str, Any]) -> None:
    with refused(SIGNATURE, "salt"):
        sign(pairs["RSA"].getPrivate(), DATA, pss("SHA-256", 223))


def test_garbage_is_no_signature(pairs: dict[str, Any]) -> None:
    for length in (0, 1, 255, 257, 1000):
        with refused(SIGNATURE, "length"):
            verifies(pairs["RSA"].getPublic(), DATA, bytes(length), pss("SHA-256", 32))
    for content in (bytes(256), b"\xff" * 256, b"\1" + bytes(255)):
        assert not verifies(pairs["RSA"].getPublic(), DATA, content, pss("SHA-256", 32))


def test_jca_chooses_us_where_the_parameters_come_first(pairs: dict[str, Any]) -> None:
    one = java("java.security.Signature").getInstance("RSASSA-PSS")
    one.initSign(pairs["RSA"].getPrivate())
    assert one.getProvider().getName() == HSM
    one.setParameter(pss("SHA-256", 32))
    one.update(jbytes(DATA))
    assert verifies(pairs["RSA"].getPublic(), DATA, bytes(one.sign()), pss("SHA-256", 32), "SunRsaSign")
