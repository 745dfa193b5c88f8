"""ECB, CBC and CTR against SunJCE and Python, for all lengths and however the data is cut."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given

from provider.ciphers import (
    BAD_PADDING,
    BLOCK_SIZE,
    BLOCKS,
    CUTS,
    DECRYPT,
    ENCRYPT,
    LENGTHS,
    block,
    cipher,
    cut,
    decrypt,
    encrypt,
    fitting,
    in_python,
    inside,
    iv,
    iv_for,
    noise,
    pads,
    quick,
    run,
    secret,
)
from provider.counting import Counting
from provider.jca import java, refused

pytestmark = pytest.mark.usefixtures("jvm")
ALL = pytest.mark.parametrize("transformation", BLOCKS)
SIZED = [
    (transformation, size)
    for transformation in BLOCKS
    for size in ((16, 24, 32) if transformation.startswith("AES") else (24,))
]
MEBIBYTE = 1 << 20


def key_of(transformation: str, size: int | None = None) -> tuple[bytes, str]:
    """Return a value for a key, and its algorithm."""
    algorithm = transformation.split("/")[0]
    return noise(size or (32 if algorithm == "AES" else 24), 3), algorithm


@pytest.mark.parametrize(("transformation", "size"), SIZED)
@given(length=LENGTHS, cuts=CUTS)
@quick
def test_each_update_gives_what_sunjce_gives(transformation: str, size: int, length: int, cuts: Sequence[int]) -> None:
    value, algorithm = key_of(transformation, size)
    data = noise(fitting(transformation, length))
    start = noise(block(transformation), length)
    key, spec = secret(value, algorithm), iv_for(transformation, start)
    pieces = cut(data, cuts)
    ours = run(cipher(transformation, ENCRYPT, key, spec), pieces)
    assert ours == run(cipher(transformation, ENCRYPT, key, spec, "SunJCE"), pieces)
    encrypted = b"".join(ours)
    assert encrypted == in_python(transformation, value, data, start, encrypting=True)
    pieces = cut(encrypted, cuts)
    plain = run(cipher(transformation, DECRYPT, key, spec), pieces)
    assert plain == run(cipher(transformation, DECRYPT, key, spec, "SunJCE"), pieces)
    assert b"".join(plain) == data


@pytest.mark.parametrize(("transformation", "size"), SIZED)
def test_a_key_of_the_hsm_does_what_the_same_key_in_software_does(transformation: str, size: int) -> None:
    value, algorithm = key_of(transformation, size)
    key, data, spec = inside(value, algorithm), noise(fitting(transformation, 1000)), iv_for(transformation)
    encrypted = encrypt(transformation, key, data, spec)
    assert decrypt(transformation, secret(value, algorithm), encrypted, spec, "SunJCE") == data
    assert decrypt(transformation, key, encrypted, spec) == data


@ALL
@pytest.mark.parametrize("length", [MEBIBYTE, 2 * MEBIBYTE + 48])
def test_data_of_megabytes_goes_through_in_pieces(transformation: str, length: int) -> None:
    value, algorithm = key_of(transformation)
    data = noise(length + (3 if fitting(transformation, 3) == 3 else 0))
    start = noise(block(transformation), 5)
    key, spec = inside(value, algorithm), iv_for(transformation, start)
    encrypted = in_python(transformation, value, data, start, encrypting=True)
    assert encrypt(transformation, key, data, spec) == encrypted
    assert decrypt(transformation, key, encrypted, spec) == data
    one = cipher(transformation, ENCRYPT, key, spec)
    assert bytes(one.update(data[:5])) + bytes(one.update(data[5:])) + bytes(one.doFinal()) == encrypted


@pytest.mark.parametrize(
    "first", [b"\xff" * 16, b"\xff" * 15 + b"\xfe", b"\x00" + b"\xff" * 15, b"\xff" * 12 + bytes(4)]
)
@pytest.mark.parametrize("step", [1, 5, 16, 17, 48])
def test_the_counter_carries_and_wraps_around(first: bytes, step: int) -> None:
    value, data = noise(16), noise(200)
    expected = in_python("AES/CTR/NoPadding", value, data, first, encrypting=True)
    pieces = [data[start : start + step] for start in range(0, len(data), step)]
    assert b"".join(run(cipher("AES/CTR/NoPadding", ENCRYPT, secret(value), iv(first)), pieces)) == expected
    assert b"".join(run(cipher("AES/CTR/NoPadding", ENCRYPT, secret(value), iv(first), "SunJCE"), pieces)) == expected


@ALL
def test_every_final_call_begins_again_with_the_same_iv(transformation: str) -> None:
    value, algorithm = key_of(transformation)
    one = cipher(transformation, ENCRYPT, secret(value, algorithm), iv_for(transformation))
    first = bytes(one.doFinal(noise(48)))
    assert b"".join(run(one, [noise(48)[:7], noise(48)[7:]])) == first


@ALL
def test_no_data_is_padding_or_nothing(transformation: str) -> None:
    value, algorithm = key_of(transformation)
    key, spec = secret(value, algorithm), iv_for(transformation)
    encrypted = bytes(cipher(transformation, ENCRYPT, key, spec).doFinal())
    assert encrypted == bytes(cipher(transformation, ENCRYPT, key, spec, "SunJCE").doFinal())
    assert len(encrypted) == (block(transformation) if pads(transformation) else 0)
    assert decrypt(transformation, key, encrypted, spec) == b""
    decrypter = cipher(transformation, DECRYPT, key, spec)
    if pads(transformation):
        # Other than SunJCE: an empty ciphertext lacks its padding, which Wycheproof's vectors call invalid.
        with refused(BLOCK_SIZE):
            decrypter.doFinal()
    else:
        assert bytes(decrypter.doFinal()) == b""


@ALL
def test_a_final_call_is_one_call_of_the_engine(transformation: str, counting: Counting) -> None:
    value, algorithm = key_of(transformation)
    encrypt(transformation, secret(value, algorithm), noise(65_536), iv_for(transformation))
    assert counting["encrypt"] == 1


@pytest.mark.parametrize("transformation", [name for name in BLOCKS if "NoPadding" in name and "CTR" not in name])
def test_data_that_is_no_whole_blocks_is_refused_and_the_cipher_usable_again(transformation: str) -> None:
    value, algorithm = key_of(transformation)
    for mode in (ENCRYPT, DECRYPT):
        one = cipher(transformation, mode, secret(value, algorithm), iv_for(transformation))
        expected = bytes(one.doFinal(noise(32)))
        one.update(noise(40))
        with refused(BLOCK_SIZE, "multiple"):
            one.doFinal(b"five!")
        assert bytes(one.doFinal(noise(32))) == expected


@pytest.mark.parametrize("transformation", [name for name in BLOCKS if "PKCS5" in name])
def test_a_wrong_padding_or_length_is_refused_and_the_cipher_usable_again(transformation: str) -> None:
    value, algorithm = key_of(transformation)
    key, spec = secret(value, algorithm), iv_for(transformation)
    plain = in_python(
        transformation.replace("PKCS5", "No"), value, bytes(32), bytes(16)[: block(transformation)], encrypting=True
    )
    good = encrypt(transformation, key, b"good", spec)
    one = cipher(transformation, DECRYPT, key, spec)
    with refused(BAD_PADDING):
        one.doFinal(plain)
    with refused(BLOCK_SIZE, "multiple"):
        one.doFinal(good + b"!")
    one.update(good)
    with refused(BLOCK_SIZE, "multiple"):
        one.doFinal(b"!")
    assert bytes(one.doFinal(good)) == b"good"


@pytest.mark.parametrize("transformation", [name for name in BLOCKS if "ECB" not in name])
def test_the_hsm_makes_the_iv_if_none_is_given(transformation: str) -> None:
    value, algorithm = key_of(transformation)
    key = secret(value, algorithm)
    one, other = cipher(transformation, ENCRYPT, key), cipher(transformation, ENCRYPT, key)
    assert len(one.getIV()) == block(transformation)
    assert bytes(one.getIV()) != bytes(other.getIV())
    encrypted = bytes(one.doFinal(noise(64)))
    assert decrypt(transformation, key, encrypted, iv(bytes(one.getIV())), "SunJCE") == noise(64)
    parameters = one.getParameters()
    assert parameters.getAlgorithm() == algorithm
    assert decrypt(transformation, key, encrypted, parameters) == noise(64)
    specification = parameters.getParameterSpec(java("javax.crypto.spec.IvParameterSpec").class_)
    assert bytes(specification.getIV()) == bytes(one.getIV())


@pytest.mark.parametrize("transformation", [name for name in BLOCKS if "ECB" in name])
def test_ecb_has_no_iv(transformation: str) -> None:
    value, algorithm = key_of(transformation)
    one = cipher(transformation, ENCRYPT, secret(value, algorithm))
    assert one.getIV() is None
    assert one.getParameters() is None
    assert one.getBlockSize() == block(transformation)
