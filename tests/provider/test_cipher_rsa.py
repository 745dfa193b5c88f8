"""RSA: every padding against SunJCE and Python, parameters of OAEP, what does not fit and what does not decrypt."""

from __future__ import annotations

from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from engine.keys import private_info, public_info
from hypothesis import given
from hypothesis import strategies as st

from provider.ciphers import (
    BAD_PADDING,
    BLOCK_SIZE,
    CUTS,
    DECRYPT,
    ENCRYPT,
    HASHES,
    INVALID_KEY,
    INVALID_PARAMETER,
    OAEP,
    PRIVATE_KEY,
    RSA,
    SHORT_BUFFER,
    UNWRAP,
    WRAP,
    cipher,
    cut,
    decrypt,
    encrypt,
    inside,
    iv,
    noise,
    oaep,
    quick,
    run,
)
from provider.jca import java, private_key, public_key, refused

SIZES = (2048, 3072, 4096)
ALL = pytest.mark.parametrize("transformation", RSA)


@pytest.fixture(scope="module")
def in_python(jvm: object) -> dict[int, rsa.RSAPrivateKey]:
    return {size: rsa.generate_private_key(65537, size) for size in SIZES}


@pytest.fixture(scope="module")
def software(in_python: dict[int, rsa.RSAPrivateKey]) -> dict[int, tuple[Any, Any]]:
    """Public and private software keys, by size."""
    return {size: pair(key) for size, key in in_python.items()}


def pair(key: rsa.RSAPrivateKey) -> tuple[Any, Any]:
    return public_key("RSA", public_info(key.public_key())), private_key("RSA", private_info(key))


def hash_of(name: str) -> hashes.HashAlgorithm:
    made: hashes.HashAlgorithm = getattr(hashes, name.replace("-", ""))()
    return made


def name_of(transformation: str) -> str:
    return next((name for name in HASHES if f"{name}AND" in transformation), "SHA-1")


def most(transformation: str, size: int) -> int:
    """Return the longest data that fits."""
    if "OAEP" in transformation:
        return size // 8 - 2 * hash_of(name_of(transformation)).digest_size - 2
    return size // 8 - (11 if "PKCS1" in transformation else 0)


def spec_for(transformation: str) -> Any:
    return oaep(name_of(transformation)) if "OAEP" in transformation else None


def sunjce(transformation: str) -> str:
    return transformation if transformation != "RSA/ECB/OAEPPadding" else OAEP[0]


@pytest.fixture(scope="module")
def hosted(in_python: dict[int, rsa.RSAPrivateKey]) -> dict[int, Any]:
    """The same private keys in the HSM."""
    return {size: inside(private_info(key), "RSA", PRIVATE_KEY) for size, key in in_python.items()}


@ALL
@pytest.mark.parametrize("size", SIZES)
def test_both_sides_read_what_the_other_wrote(
    software: dict[int, tuple[Any, Any]], hosted: dict[int, Any], transformation: str, size: int
) -> None:
    public, private = software[size]
    limit, spec = most(transformation, size), spec_for(transformation)
    raw = "NoPadding" in transformation
    for length in (1, limit) if raw else (0, 1, limit):
        data = bytes(1) + noise(length - 1) if raw else noise(length)
        plain = data.rjust(size // 8, b"\0") if raw else data
        encrypted = encrypt(transformation, public, data)
        assert len(encrypted) == size // 8
        assert decrypt(sunjce(transformation), private, encrypted, spec, "SunJCE") == plain
        encrypted = encrypt(sunjce(transformation), public, data, spec, "SunJCE")
        assert decrypt(transformation, hosted[size], encrypted) == plain


@ALL
@given(length=st.integers(1, 190), cuts=CUTS)
@quick
def test_updates_wait_for_the_end(pairs: dict[str, Any], transformation: str, length: int, cuts: list[int]) -> None:
    data = noise(min(length, most(transformation, 2048)))
    keys = pairs["RSA"]
    results = run(cipher(transformation, ENCRYPT, keys.getPublic()), cut(data, cuts))
    assert not any(results[:-1])
    results = run(cipher(transformation, DECRYPT, keys.getPrivate()), cut(results[-1], cuts))
    assert not any(results[:-1])
    assert results[-1].lstrip(b"\0") == data.lstrip(b"\0")


@pytest.mark.parametrize("name", HASHES)
def test_the_mask_s_hash_is_that_of_the_name(
    in_python: dict[int, rsa.RSAPrivateKey], software: dict[int, tuple[Any, Any]], name: str
) -> None:
    how = padding.OAEP(padding.MGF1(hash_of(name)), hash_of(name), None)
    public, private = software[2048]
    transformation = f"RSA/ECB/OAEPWith{name}AndMGF1Padding"
    assert in_python[2048].decrypt(encrypt(transformation, public, b"data"), how) == b"data"
    encrypted = in_python[2048].public_key().encrypt(b"data", how)
    assert decrypt(transformation, private, encrypted) == b"data"
    assert decrypt(transformation.replace("SHA-", "SHA"), private, encrypted) == b"data"
    spec = cipher(transformation, DECRYPT, private).getParameters()
    assert spec.getAlgorithm() == "OAEP"
    assert decrypt("RSA/ECB/OAEPPadding", private, encrypted, spec) == b"data"


@pytest.mark.parametrize("name", HASHES)
@pytest.mark.parametrize("mask", HASHES)
@pytest.mark.parametrize("label", [b"", b"a label"])
def test_any_parameters_of_oaep(
    in_python: dict[int, rsa.RSAPrivateKey],
    software: dict[int, tuple[Any, Any]],
    hosted: dict[int, Any],
    name: str,
    mask: str,
    label: bytes,
) -> None:
    how = padding.OAEP(padding.MGF1(hash_of(mask)), hash_of(name), label)
    public, private = software[2048]
    spec = oaep(name, mask, label)
    for transformation in ("RSA/ECB/OAEPPadding", f"RSA/ECB/OAEPWith{name}ANDMGF1Padding"):
        encrypted = encrypt(transformation, public, b"data", spec)
        assert in_python[2048].decrypt(encrypted, how) == b"data"
        assert decrypt("RSA/ECB/OAEPPadding", private, encrypted, spec, "SunJCE") == b"data"
        encrypted = in_python[2048].public_key().encrypt(b"data", how)
        assert decrypt(transformation, hosted[2048], encrypted, spec) == b"data"


def test_the_effective_parameters_are_told(software: dict[int, tuple[Any, Any]]) -> None:
    kind = java("javax.crypto.spec.OAEPParameterSpec").class_
    one = cipher("RSA/ECB/OAEPPadding", ENCRYPT, software[2048][0], oaep("SHA256", "SHA-512", b"label"))
    told = one.getParameters().getParameterSpec(kind)
    assert told.getDigestAlgorithm() == "SHA-256"
    assert told.getMGFParameters().getDigestAlgorithm() == "SHA-512"
    assert bytes(told.getPSource().getValue()) == b"label"
    told = cipher(OAEP[3], ENCRYPT, software[2048][0]).getParameters().getParameterSpec(kind)
    assert (told.getDigestAlgorithm(), told.getMGFParameters().getDigestAlgorithm()) == ("SHA-384", "SHA-384")
    for transformation in ("RSA/ECB/PKCS1Padding", "RSA/ECB/NoPadding"):
        assert cipher(transformation, ENCRYPT, software[2048][0]).getParameters() is None


@pytest.mark.parametrize("mode", [ENCRYPT, WRAP, DECRYPT, UNWRAP])
def test_parameters_of_another_kind_are_refused(software: dict[int, tuple[Any, Any]], mode: int) -> None:
    key = software[2048][0 if mode in (ENCRYPT, WRAP) else 1]
    with refused(INVALID_PARAMETER, "SHA-256", "SHA-1"):
        cipher(OAEP[2], mode, key, oaep("SHA-1"))
    with refused(INVALID_PARAMETER, "no hash SHA-512/256"):
        cipher("RSA/ECB/OAEPPadding", mode, key, oaep("SHA-512/256"))
    with refused(INVALID_PARAMETER, "no hash MD5"):
        cipher(OAEP[2], mode, key, oaep("SHA-256", "MD5"))
    with refused(INVALID_PARAMETER, "OAEPParameterSpec"):
        cipher(OAEP[2], mode, key, iv(bytes(16)))
    specified = java("javax.crypto.spec.PSource$PSpecified").DEFAULT
    other = java("javax.crypto.spec.OAEPParameterSpec")("SHA-256", "MGF2", oaep("SHA-1").getMGFParameters(), specified)
    with refused(INVALID_PARAMETER, "MGF1"):
        cipher(OAEP[2], mode, key, other)
    with refused(INVALID_PARAMETER, "no parameters"):
        cipher("RSA/ECB/PKCS1Padding", mode, key, oaep("SHA-1"))


@ALL
def test_too_much_data_is_refused_with_the_limit(pairs: dict[str, Any], transformation: str) -> None:
    limit = most(transformation, 2048)
    one = cipher(transformation, ENCRYPT, pairs["RSA"].getPublic())
    with refused(BLOCK_SIZE, str(limit)):
        one.doFinal(bytes(limit + 1))
    one.update(bytes(limit))
    with refused(BLOCK_SIZE, str(limit)):
        one.doFinal(b"!")
    for _ in range(3):
        one.update(bytes(1 << 20))
    with refused(BLOCK_SIZE, str(limit)):
        one.doFinal()
    encrypted = bytes(one.doFinal(b"data"))
    assert decrypt(transformation, pairs["RSA"].getPrivate(), encrypted).endswith(b"data")


def test_a_number_above_the_modulus_is_refused(pairs: dict[str, Any]) -> None:
    for mode, key in ((ENCRYPT, pairs["RSA"].getPublic()), (DECRYPT, pairs["RSA"].getPrivate())):
        with refused(BAD_PADDING, "modulus"):
            cipher("RSA/ECB/NoPadding", mode, key).doFinal(b"\xff" * 256)


@pytest.mark.parametrize("transformation", OAEP)
def test_decryption_fails_with_one_message_for_all(pairs: dict[str, Any], transformation: str) -> None:
    one = cipher(transformation, DECRYPT, pairs["RSA"].getPrivate())
    good = encrypt(transformation, pairs["RSA"].getPublic(), b"data")
    messages = set()
    for bad in (b"\0" * 256, b"\0" * 255 + b"\1", b"\xff" * 256, good[:-1] + bytes([good[-1] ^ 1])):
        with refused(BAD_PADDING) as caught:
            one.doFinal(bad)
        messages.add(str(caught.value.getMessage()))
    labelled = encrypt(transformation, pairs["RSA"].getPublic(), b"data", oaep(name_of(transformation), None, b"x"))
    with refused(BAD_PADDING) as caught:
        one.doFinal(labelled)
    messages.add(str(caught.value.getMessage()))
    assert len(messages) == 1
    for length in (0, 255, 257):
        with refused(BLOCK_SIZE, "256 bytes"):
            one.doFinal(bytes(length))
    assert bytes(one.doFinal(good)) == b"data"


@ALL
def test_a_short_buffer_loses_nothing(pairs: dict[str, Any], transformation: str) -> None:
    buffers = java("java.nio.ByteBuffer")
    one = cipher(transformation, ENCRYPT, pairs["RSA"].getPublic())
    assert one.getOutputSize(5) == 256
    assert one.getBlockSize() == 0
    assert one.getIV() is None
    one.update(b"da")
    with refused(SHORT_BUFFER, "256 are needed"):
        one.doFinal(buffers.wrap(b"ta"), buffers.allocate(255))
    target = buffers.allocateDirect(256)
    assert one.doFinal(buffers.wrap(b"ta"), target) == 256
    target.flip()
    one.init(DECRYPT, pairs["RSA"].getPrivate())
    result = buffers.allocate(256)
    size = one.doFinal(target, result)
    assert bytes(result.array())[:size].endswith(b"data")


@ALL
def test_the_wrong_half_is_refused(software: dict[int, tuple[Any, Any]], transformation: str) -> None:
    public, private = software[2048]
    with refused(INVALID_KEY, "needs a PublicKey for RSA"):
        cipher(transformation, ENCRYPT, private)
    with refused(INVALID_KEY, "needs a PrivateKey for RSA"):
        cipher(transformation, DECRYPT, public)
