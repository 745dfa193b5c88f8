"""Random bytes of the HSM."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from provider.conftest import Jvm, new_provider
from provider.jca import EXCEPTIONS, HSM, java, refused
from provider.maps import jbytes


def random(provider: Any = HSM) -> Any:
    return java("java.security.SecureRandom").getInstance("AES-CTR-DRBG", provider)


@pytest.mark.parametrize("count", [0, 1, 16, 1000, 65_536, 65_537, 1_200_000])
def test_as_many_bytes_come_as_are_asked_for(jvm: Jvm, count: int) -> None:
    room = jbytes(bytes(count))
    random().nextBytes(room)
    content = bytes(room)
    if count >= 16:
        assert content[-16:] != bytes(16)
    if count >= 1000:
        assert len(set(content)) > 200


def test_no_two_draws_are_equal(jvm: Jvm) -> None:
    first, second = random(), random()
    assert len({bytes(one.generateSeed(32)) for one in (first, second, first, second)}) == 4
    assert first.nextLong() != second.nextLong()


def test_a_seed_changes_nothing(jvm: Jvm) -> None:
    drawn = set()
    for _ in range(3):
        one = random()
        one.setSeed(jbytes(b"the same seed"))
        room = jbytes(bytes(32))
        one.nextBytes(room)
        drawn.add(bytes(room))
    assert len(drawn) == 3


def test_it_says_that_threads_may_share_it(jvm: Jvm) -> None:
    assert jvm.registered.getService("SecureRandom", "AES-CTR-DRBG").getAttribute("ThreadSafe") == "true"
    one = random()

    def draw(_: int) -> bytes:
        return bytes(one.generateSeed(24))

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(draw, range(200)))) == 200


def test_it_is_not_serialised(jvm: Jvm) -> None:
    stream = java("java.io.ObjectOutputStream")(java("java.io.ByteArrayOutputStream")())
    with refused("java.io.NotSerializableException", "stays in the HSM"):
        stream.writeObject(random())


def test_other_generators_take_it_as_their_source(jvm: Jvm) -> None:
    generator = java("java.security.KeyPairGenerator").getInstance("EC", "SunEC")
    generator.initialize(256, random())
    assert generator.generateKeyPair().getPublic().getAlgorithm() == "EC"


def test_nobody_logged_in_is_a_reason_to_refuse(jvm: Jvm) -> None:
    with refused(f"{EXCEPTIONS}.AuthenticationException", "Log in first"):
        random(new_provider()).nextInt()
