"""Every form in which JCA gives data to a cipher and takes the result: arrays, offsets, in place, buffers, streams."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jpype
import pytest

from provider.ciphers import (
    BAD_TAG,
    BLOCKS,
    DECRYPT,
    ENCRYPT,
    GCM,
    SHORT_BUFFER,
    STATE,
    begin,
    block,
    cipher,
    decrypt,
    encrypt,
    fitting,
    gcm,
    iv_for,
    noise,
    run,
    secret,
)
from provider.jca import HSM, java, refused

pytestmark = pytest.mark.usefixtures("jvm")
ALL = pytest.mark.parametrize("transformation", [*BLOCKS, GCM])
MEBIBYTE = 1 << 20


def key_of(transformation: str) -> Any:
    algorithm = transformation.split("/")[0]
    return secret(noise(24, 3), algorithm)


def sealed(transformation: str, data: bytes) -> tuple[bytes, Any]:
    """Encrypt in one call, and return what decrypts it."""
    one = cipher(
        transformation, ENCRYPT, key_of(transformation), iv_for(transformation) if transformation != GCM else None
    )
    encrypted = bytes(one.doFinal(data))
    return encrypted, gcm(bytes(one.getIV())) if transformation == GCM else iv_for(transformation)


def decrypting(transformation: str, data: bytes) -> tuple[Any, bytes]:
    encrypted, spec = sealed(transformation, data)
    return cipher(transformation, DECRYPT, key_of(transformation), spec), encrypted


def sample(transformation: str, length: int = 1000) -> bytes:
    return noise(fitting(transformation, length))


def buffer(data: bytes, direct: bool) -> Any:
    """Return a buffer whose content begins at an odd place."""
    buffers = java("java.nio.ByteBuffer")
    made = buffers.allocateDirect(len(data) + 3) if direct else buffers.allocate(len(data) + 3)
    made.position(3)
    made.put(jpype.JByte[:](data))
    made.position(3)
    return made


def content(made: Any, size: int) -> bytes:
    """Return the bytes before a buffer's position."""
    array = jpype.JByte[size]
    view = made.duplicate()
    view.position(made.position() - size)
    view.get(array)
    return bytes(array)


@ALL
def test_arrays_with_offsets(transformation: str) -> None:
    data = sample(transformation)
    one, encrypted = decrypting(transformation, data)
    source = jpype.JByte[:](b"??" + encrypted + b"!!!")
    target = jpype.JByte[len(data) + 40]
    size = one.update(source, 2, 50, target, 7)
    size += one.update(source, 52, len(encrypted) - 60, target, 7 + size)
    size += one.doFinal(source, 2 + len(encrypted) - 10, 10, target, 7 + size)
    assert size == len(data)
    assert bytes(target)[7 : 7 + size] == data
    assert bytes(target)[:7] == bytes(7)
    assert not any(bytes(target)[7 + size :])
    assert bytes(one.update(source, 2, len(encrypted))) + bytes(one.doFinal()) == data


@ALL
def test_a_result_may_take_the_place_of_the_data(transformation: str) -> None:
    data = sample(transformation)
    one, encrypted = decrypting(transformation, data)
    array = jpype.JByte[:](encrypted + bytes(block(transformation)))
    size = one.doFinal(array, 0, len(encrypted), array, 0)
    assert bytes(array)[:size] == data
    for offset in (1, 5, 16, 100):
        one, encrypted = decrypting(transformation, data)
        array = jpype.JByte[:](bytes(offset) + encrypted + bytes(offset + 32))
        size = one.update(array, offset, len(encrypted), array, 2 * offset)
        rest = bytes(one.doFinal())
        assert bytes(array)[2 * offset : 2 * offset + size] + rest == data
        one, encrypted = decrypting(transformation, data)
        array = jpype.JByte[:](bytes(offset) + encrypted)
        size = one.doFinal(array, offset, len(encrypted), array, 0)
        assert bytes(array)[:size] == data


@ALL
def test_a_short_buffer_loses_nothing(transformation: str) -> None:
    data = sample(transformation)
    one, encrypted = decrypting(transformation, data)
    given = bytes(one.update(encrypted[:500]) or b"")
    rest = len(data) - len(given)
    for room in (0, 1, rest - 1):
        with refused(SHORT_BUFFER, f"{rest} are needed"):
            one.doFinal(encrypted[500:], 0, len(encrypted) - 500, jpype.JByte[room])
    target = jpype.JByte[rest]
    assert one.doFinal(encrypted[500:], 0, len(encrypted) - 500, target) == rest
    assert given + bytes(target) == data


@pytest.mark.parametrize("transformation", BLOCKS)
def test_a_short_buffer_of_an_update_loses_nothing(transformation: str) -> None:
    data = sample(transformation)
    encrypted, spec = sealed(transformation, data)
    one = cipher(transformation, ENCRYPT, key_of(transformation), spec)
    with refused(SHORT_BUFFER, "room for 47 bytes"):
        one.update(data, 0, 100, jpype.JByte[50], 3)
    target = jpype.JByte[100]
    size = one.update(data, 0, 100, target, 0)
    assert bytes(target)[:size] + bytes(one.doFinal(data[100:])) == encrypted


@ALL
@pytest.mark.parametrize("source_direct", [False, True])
@pytest.mark.parametrize("target_direct", [False, True])
def test_byte_buffers(transformation: str, source_direct: bool, target_direct: bool) -> None:
    data = sample(transformation)
    for readonly in (False, True):
        one, encrypted = decrypting(transformation, data)
        source = buffer(encrypted, source_direct)
        source = source.asReadOnlyBuffer() if readonly else source
        target = buffer(bytes(len(data)), target_direct)
        source.limit(103)
        size = one.update(source, target)
        assert source.position() == 103
        source.limit(source.capacity())
        with refused(SHORT_BUFFER):
            one.doFinal(source, java("java.nio.ByteBuffer").allocate(3))
        assert source.position() == 103
        size += one.doFinal(source, target)
        assert source.remaining() == target.remaining() == 0
        assert content(target, size) == data


@ALL
def test_buffers_may_share_memory(transformation: str) -> None:
    data = sample(transformation)
    for shift in (0, 8, 40):
        one, encrypted = decrypting(transformation, data)
        memory = java("java.nio.ByteBuffer").allocateDirect(len(encrypted) + shift)
        source, target = memory.duplicate(), memory.duplicate()
        source.put(jpype.JByte[:](encrypted)).flip()
        target.position(shift)
        size = one.doFinal(source, target)
        assert content(target, size) == data


@ALL
def test_streams_over_a_megabyte(transformation: str) -> None:
    data = noise(fitting(transformation, 16_000) if transformation == GCM else MEBIBYTE)
    one, encrypted = decrypting(transformation, data)
    source = java("java.io.ByteArrayInputStream")(encrypted)
    stream = java("javax.crypto.CipherInputStream")(source, one)
    assert bytes(stream.readAllBytes()) == data
    stream.close()
    one, encrypted = decrypting(transformation, data)
    collected = java("java.io.ByteArrayOutputStream")()
    out = java("javax.crypto.CipherOutputStream")(collected, one)
    out.write(jpype.JByte[:](encrypted[:1]))
    out.write(jpype.JByte[:](encrypted[1:]))
    out.close()
    assert bytes(collected.toByteArray()) == data


@ALL
def test_empty_updates_change_nothing(transformation: str) -> None:
    data = sample(transformation)
    one, encrypted = decrypting(transformation, data)
    assert one.update(b"") is None
    first = bytes(one.update(encrypted[:100]) or b"")
    assert one.update(encrypted, 5, 0) is None
    assert one.update(encrypted, 5, 0, jpype.JByte[0]) == 0
    empty = java("java.nio.ByteBuffer").allocate(0)
    assert one.update(empty, java("java.nio.ByteBuffer").allocate(0)) == 0
    assert first + bytes(one.doFinal(encrypted[100:])) == data


@pytest.mark.parametrize("transformation", BLOCKS)
@pytest.mark.parametrize("mode", [ENCRYPT, DECRYPT])
def test_the_promised_size_is_that_of_sunjce(transformation: str, mode: int) -> None:
    key, spec = key_of(transformation), iv_for(transformation)
    assert cipher(transformation, mode, key, spec).getBlockSize() == block(transformation)
    for taken in (0, 1, 8, 16, 23, 24, 100):
        one = cipher(transformation, mode, key, spec)
        other = cipher(transformation, mode, key, spec, "SunJCE")
        assert bytes(one.update(bytes(taken)) or b"") == bytes(other.update(bytes(taken)) or b"")
        for more in (0, 1, 8, 16, 500):
            assert one.getOutputSize(more) == other.getOutputSize(more)


def test_the_promised_size_of_gcm_is_for_everything() -> None:
    one = cipher(GCM, ENCRYPT, secret(bytes(16)))
    one.update(bytes(30))
    assert [one.getOutputSize(more) for more in (0, 5)] == [46, 51]
    one.init(DECRYPT, secret(bytes(16)), gcm(bytes(12)))
    assert one.getOutputSize(3) == 0
    one.update(bytes(30))
    assert [one.getOutputSize(more) for more in (0, 5)] == [14, 19]
    assert one.getBlockSize() == 16


@ALL
def test_a_new_init_forgets_what_was_before(transformation: str) -> None:
    data, key = sample(transformation), key_of(transformation)
    one, _ = decrypting(transformation, data)
    one.update(noise(77))
    encrypted, spec = sealed(transformation, data)
    begin(one, DECRYPT, key, spec)
    assert bytes(one.doFinal(encrypted)) == data
    begin(one, ENCRYPT, key, spec)
    one.update(noise(77))
    begin(one, ENCRYPT, key, spec)
    again = bytes(one.doFinal(data))
    assert decrypt(transformation, key, again, gcm(bytes(one.getIV())) if transformation == GCM else spec) == data


CALLS: dict[str, Callable[[Any], object]] = {
    "update": lambda one: one.update(b"data"),
    "doFinal": lambda one: one.doFinal(),
    "doFinal with data": lambda one: one.doFinal(b"data"),
    "updateAAD": lambda one: one.updateAAD(b"data"),
    "wrap": lambda one: one.wrap(secret(bytes(16))),
    "unwrap": lambda one: one.unwrap(bytes(24), "AES", 3),
    "getOutputSize": lambda one: one.getOutputSize(3),
}


@ALL
@pytest.mark.parametrize("call", CALLS)
def test_a_cipher_that_was_not_initialised_does_nothing(transformation: str, call: str) -> None:
    one = java("javax.crypto.Cipher").getInstance(transformation, HSM)
    with refused(STATE):
        CALLS[call](one)
    assert one.getIV() is None
    assert one.getParameters() is None
    with pytest.raises(java("java.security.GeneralSecurityException")):
        one.init(ENCRYPT, secret(bytes(16), "Blowfish"))
    with refused(STATE):
        CALLS[call](one)


@ALL
@pytest.mark.parametrize("call", ["wrap", "unwrap"])
def test_a_cipher_for_data_does_not_wrap(transformation: str, call: str) -> None:
    one = cipher(transformation, ENCRYPT, key_of(transformation))
    with refused(STATE):
        CALLS[call](one)


def test_gcm_gives_nothing_before_its_end_and_then_everything() -> None:
    key, data = secret(noise(32)), noise(3000)
    one = cipher(GCM, ENCRYPT, key)
    assert bytes(one.update(data[:1000]) or b"") == b""
    assert bytes(one.update(data[1000:]) or b"") == b""
    encrypted = bytes(one.doFinal())
    spec = gcm(bytes(one.getIV()))
    assert decrypt(GCM, key, encrypted, spec, "SunJCE") == data
    assert b"".join(run(cipher(GCM, DECRYPT, key, spec), [encrypted[:5], encrypted[5:]])) == data


def test_a_stream_with_a_wrong_tag_is_an_error() -> None:
    key, data = secret(noise(32)), noise(3000)
    one = cipher(GCM, ENCRYPT, key)
    encrypted = bytes(one.doFinal(data))
    bad = encrypted[:-1] + bytes([encrypted[-1] ^ 1])
    stream = java("javax.crypto.CipherInputStream")(
        java("java.io.ByteArrayInputStream")(bad), cipher(GCM, DECRYPT, key, gcm(bytes(one.getIV())))
    )
    with refused("java.io.IOException") as caught:
        stream.readAllBytes()
    assert caught.value.getCause().getClass().getName() == BAD_TAG
    assert encrypt(GCM, key, data) != encrypted
