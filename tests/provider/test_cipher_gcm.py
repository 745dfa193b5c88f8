"""GCM: the IV that the HSM makes, additional data, the tag, the limit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given
from hypothesis import strategies as st

from provider.ciphers import (
    BAD_TAG,
    BLOCK_SIZE,
    CUTS,
    DECRYPT,
    ENCRYPT,
    GCM,
    INVALID_KEY,
    INVALID_PARAMETER,
    STATE,
    UNSUPPORTED,
    cipher,
    cut,
    decrypt,
    gcm,
    inside,
    iv,
    noise,
    quick,
    run,
    secret,
)
from provider.jca import java, refused

pytestmark = pytest.mark.usefixtures("jvm")
LIMIT = 16_000
KEY = noise(32, 9)


def sealed(key: Any, data: bytes, aad: bytes = b"", spec: Any = None) -> tuple[bytes, bytes]:
    """Encrypt, and return the IV and the result."""
    one = cipher(GCM, ENCRYPT, key, spec)
    one.updateAAD(aad)
    result = bytes(one.doFinal(data))
    return bytes(one.getIV()), result


@pytest.mark.parametrize("size", [16, 24, 32])
@given(length=st.sampled_from([0, 1, 15, 16, 17, LIMIT - 1, LIMIT]) | st.integers(0, LIMIT), cuts=CUTS, aad=st.binary())
@quick
def test_both_sides_read_what_the_other_wrote(size: int, length: int, cuts: Sequence[int], aad: bytes) -> None:
    value, data = noise(size, 4), noise(length)
    one = cipher(GCM, ENCRYPT, secret(value))
    for piece in cut(aad, [3, 9]):
        one.updateAAD(piece)
    results = run(one, cut(data, cuts))
    assert not any(results[:-1])
    assert len(results[-1]) == length + 16
    nonce = bytes(one.getIV())
    assert len(nonce) == 12
    assert AESGCM(value).decrypt(nonce, results[-1], aad) == data
    other = cipher(GCM, DECRYPT, secret(value), gcm(nonce), "SunJCE")
    other.updateAAD(aad)
    assert bytes(other.doFinal(results[-1])) == data
    nonce = noise(12, length)
    back = cipher(GCM, DECRYPT, inside(value), gcm(nonce))
    back.updateAAD(java("java.nio.ByteBuffer").wrap(aad))
    assert b"".join(run(back, cut(AESGCM(value).encrypt(nonce, data, aad), cuts))) == data


@pytest.mark.parametrize("length", [1, 8, 11, 13, 16, 60, 128, 129, 300])
def test_an_iv_of_any_length_decrypts(length: int) -> None:
    one = cipher(GCM, ENCRYPT, secret(KEY), gcm(noise(length)), "SunJCE")
    encrypted = bytes(one.doFinal(b"data"))
    assert decrypt(GCM, secret(KEY), encrypted, gcm(noise(length))) == b"data"


@pytest.mark.parametrize("spec", [None, b"", bytes(12), bytes(16)])
def test_the_caller_s_iv_is_not_used_to_encrypt(spec: bytes | None) -> None:
    one = cipher(GCM, ENCRYPT, secret(KEY), None if spec is None else gcm(spec))
    assert one.getIV() is None
    assert one.getParameters() is None
    encrypted = bytes(one.doFinal(b"data"))
    assert bytes(one.getIV()) not in (b"", spec)
    parameters = one.getParameters()
    assert parameters.getAlgorithm() == "GCM"
    specification = parameters.getParameterSpec(java("javax.crypto.spec.GCMParameterSpec").class_)
    assert (specification.getTLen(), bytes(specification.getIV())) == (128, bytes(one.getIV()))
    assert decrypt(GCM, secret(KEY), encrypted, parameters) == b"data"


def test_every_operation_has_an_iv_of_its_own() -> None:
    one = cipher(GCM, ENCRYPT, secret(KEY))
    seen = set()
    for _ in range(20):
        one.updateAAD(b"aad")
        encrypted = bytes(one.doFinal(b"data"))
        nonce = bytes(one.getIV())
        seen.add(nonce)
        assert AESGCM(KEY).decrypt(nonce, encrypted, b"aad") == b"data"
    assert len(seen) == 20


def test_one_iv_decrypts_again_and_again_without_a_new_init() -> None:
    nonce, encrypted = sealed(secret(KEY), b"data")
    one = cipher(GCM, DECRYPT, secret(KEY), gcm(nonce))
    assert bytes(one.getIV()) == nonce
    for _ in range(3):
        assert bytes(one.doFinal(encrypted)) == b"data"
        with refused(BAD_TAG, "tag"):
            one.doFinal(bytes([encrypted[0] ^ 1]) + encrypted[1:])
        assert bytes(one.doFinal(encrypted)) == b"data"


@pytest.mark.parametrize("place", [0, 3, -17, -16, -1])
def test_any_change_is_a_bad_tag(place: int) -> None:
    nonce, encrypted = sealed(secret(KEY), b"twenty bytes of data", b"aad")
    changed = bytearray(encrypted)
    changed[place] ^= 1
    for iv_, aad, data in (
        (nonce, b"aad", bytes(changed)),
        (nonce, b"AAD", encrypted),
        (nonce, b"", encrypted),
        (bytes([*nonce[:-1], nonce[-1] ^ 1]), b"aad", encrypted),
        (nonce, b"aad", encrypted[:-1]),
    ):
        one = cipher(GCM, DECRYPT, secret(KEY), gcm(iv_))
        one.updateAAD(aad)
        with refused(BAD_TAG, "tag"):
            one.doFinal(data)


@pytest.mark.parametrize("length", [0, 1, 15])
def test_data_without_room_for_a_tag_has_a_bad_tag(length: int) -> None:
    one = cipher(GCM, DECRYPT, secret(KEY), gcm(bytes(12)))
    with refused(BAD_TAG, "16 bytes"):
        one.doFinal(bytes(length))


def test_more_than_the_limit_is_refused_with_the_limit() -> None:
    one = cipher(GCM, ENCRYPT, secret(KEY))
    with refused(BLOCK_SIZE, "16000", "16001"):
        one.doFinal(bytes(LIMIT + 1))
    one.update(bytes(LIMIT))
    with refused(BLOCK_SIZE, "16000"):
        one.doFinal(b"!")
    for _ in range(5):
        assert bytes(one.update(bytes(1 << 20)) or b"") == b""
    with refused(BLOCK_SIZE, "16000"):
        one.doFinal()
    assert len(bytes(one.doFinal(bytes(LIMIT)))) == LIMIT + 16
    nonce, data = noise(12), bytes(LIMIT + 1)
    with refused(BLOCK_SIZE, "16000"):
        decrypt(GCM, secret(KEY), AESGCM(KEY).encrypt(nonce, data, b""), gcm(nonce))


@pytest.mark.in_process("the engine's limit is raised above the client's")
def test_data_that_were_not_all_kept_are_never_encrypted_in_part(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bridge.engine.mechanisms.gcm.DATA_LIMIT", 1 << 24)
    one = cipher(GCM, ENCRYPT, secret(KEY))
    assert len(bytes(one.doFinal(bytes(1 << 19)))) == (1 << 19) + 16
    with refused(BLOCK_SIZE, "cut it into parts"):
        one.doFinal(bytes((1 << 19) + 1))
    one.update(bytes(1 << 19))
    one.update(b"!")
    with refused(BLOCK_SIZE, "cut it into parts"):
        one.doFinal()


def test_additional_data_come_before_the_data() -> None:
    one = cipher(GCM, ENCRYPT, secret(KEY))
    one.updateAAD(b"?aad!", 1, 3)
    one.update(b"data")
    with refused(STATE, "before the data"):
        one.updateAAD(b"late")
    encrypted = bytes(one.doFinal())
    assert AESGCM(KEY).decrypt(bytes(one.getIV()), encrypted, b"aad") == b"data"
    one.updateAAD(b"in time")


def test_additional_data_are_forgotten_by_a_new_init_and_after_an_error() -> None:
    one = cipher(GCM, ENCRYPT, secret(KEY))
    one.updateAAD(b"aad")
    one.init(ENCRYPT, secret(KEY))
    encrypted = bytes(one.doFinal(b"data"))
    assert AESGCM(KEY).decrypt(bytes(one.getIV()), encrypted, b"") == b"data"
    one.updateAAD(b"aad")
    with refused(BLOCK_SIZE):
        one.doFinal(bytes(LIMIT + 1))
    encrypted = bytes(one.doFinal(b"data"))
    assert AESGCM(KEY).decrypt(bytes(one.getIV()), encrypted, b"") == b"data"


def test_other_ciphers_have_no_additional_data() -> None:
    with refused(UNSUPPORTED):
        cipher("AES/CBC/NoPadding", ENCRYPT, secret(KEY)).updateAAD(b"aad")


@pytest.mark.parametrize("bits", [96, 104, 112, 120])
@pytest.mark.parametrize("mode", [ENCRYPT, DECRYPT])
def test_tags_have_128_bits(bits: int, mode: int) -> None:
    with refused(INVALID_PARAMETER, "128", str(bits)):
        cipher(GCM, mode, secret(KEY), gcm(bytes(12), bits))


def test_decryption_needs_an_iv() -> None:
    with refused(INVALID_KEY, "Parameters missing"):
        cipher(GCM, DECRYPT, secret(KEY))
    with refused(INVALID_PARAMETER, "empty"):
        cipher(GCM, DECRYPT, secret(KEY), gcm(b""))
    for mode in (ENCRYPT, DECRYPT):
        with refused(INVALID_PARAMETER, "GCMParameterSpec"):
            cipher(GCM, mode, secret(KEY), iv(bytes(12)))
