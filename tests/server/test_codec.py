"""The jar's MessagePack against Python's, both ways, and against bytes that are none."""

from __future__ import annotations

import struct
from typing import Any

import msgpack
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from server.shell import Refused, Shell

QUICK = settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

NUMBERS = st.integers(-(2**63), 2**63 - 1)
NAMES = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
VALUES = st.one_of(st.booleans(), NUMBERS, NAMES, st.binary(max_size=300))
INNER = st.dictionaries(NAMES, VALUES, max_size=5)
TEMPLATES = st.dictionaries(NAMES, st.one_of(VALUES, INNER), max_size=40)

PROTOCOL = "java.net.ProtocolException"


def decode(client: Shell, kind: str, message: bytes) -> Any:
    """Let Java read a message, and write what it read."""
    return client.call("decode", kind, message)


def is_refused(client: Shell, kind: str, message: bytes, *texts: str) -> None:
    """Expect Java to call a message malformed, and nothing worse."""
    with pytest.raises(Refused) as caught:
        decode(client, kind, message)
    assert caught.value.message.startswith(PROTOCOL), caught.value.message
    for text in texts:
        assert text in caught.value.message


@QUICK
@given(template=TEMPLATES)
def test_templates_come_back_as_they_were(client: Shell, template: dict[str, object]) -> None:
    assert decode(client, "template", msgpack.packb(template)) == template


@QUICK
@given(number=NUMBERS)
def test_numbers_come_back_as_they_were(client: Shell, number: int) -> None:
    assert decode(client, "number", msgpack.packb(number)) == number


@QUICK
@given(numbers=st.lists(NUMBERS, max_size=70))
def test_lists_of_numbers_come_back_as_they_were(client: Shell, numbers: list[int]) -> None:
    assert decode(client, "numbers", msgpack.packb(numbers)) == numbers


@pytest.mark.parametrize("length", [0, 1, 15, 16, 31, 32, 255, 256, 65_535, 65_536, 1_044_480])
def test_every_length_has_its_header(client: Shell, length: int) -> None:
    assert decode(client, "bytes", msgpack.packb(bytes(length))) == bytes(length)
    assert decode(client, "text", msgpack.packb("ü" * (length // 2))) == "ü" * (length // 2)


@pytest.mark.parametrize("edge", [0, 2**7, 2**8, 2**15, 2**16, 2**31, 2**32, 2**63, -32, -(2**7), -(2**15), -(2**31)])
def test_numbers_at_the_edges_of_their_forms(client: Shell, edge: int) -> None:
    for number in (edge - 1, edge, edge + 1):
        if number < 2**63:
            assert decode(client, "number", msgpack.packb(number)) == number
        else:
            is_refused(client, "number", msgpack.packb(number), "63 bits")


@pytest.mark.parametrize("size", [15, 16, 200, 65_535, 65_536])
def test_maps_and_arrays_of_every_form(client: Shell, size: int) -> None:
    assert decode(client, "numbers", msgpack.packb([1] * size)) == [1] * size
    template = {str(number): number for number in range(size)}
    assert decode(client, "template", msgpack.packb(template)) == template


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("bytes", b"\xc6\xff\xff\xff\xff"),
        ("bytes", b"\xc6\x7f\xff\xff\xff" + bytes(100)),
        ("text", b"\xdb\xff\xff\xff\xff"),
        ("numbers", b"\xdd\xff\xff\xff\xff\x01"),
        ("numbers", b"\xdd\x7f\xff\xff\xff\x01"),
        ("template", b"\xdf\xff\xff\xff\xff"),
        ("template", b"\xdf\x7f\xff\xff\xff" + bytes(1000)),
        ("number", b""),
        ("number", b"\xcf\x00"),
    ],
)
def test_lengths_are_not_believed(client: Shell, kind: str, message: bytes) -> None:
    is_refused(client, kind, message, "truncated")


def test_nesting_is_not_followed_down(client: Shell) -> None:
    is_refused(client, "template", b"\x81\xa1a" * 100_000 + b"\x80", "deep")


@pytest.mark.parametrize(
    ("kind", "message", "text"),
    [
        ("text", b"\xa2\xc3\x28", "UTF-8"),
        ("text", b"\xa3\xed\xa0\x80", "UTF-8"),
        ("template", b"\x82\xa1a\x01\xa1a\x02", "twice"),
        ("template", b"\x81\x01\x02", "0x01"),
        ("template", b"\x81\xa1a\xcb" + struct.pack(">d", 1.5), "0xcb"),
        ("template", b"\x81\xa1a\xd4\x01\x01", "0xd4"),
        ("template", b"\x81\xa1a\xc0", "0xc0"),
        ("template", b"\x81\xa1a\x91\x01", "0x91"),
        ("number", b"\x01\x01", "left over"),
        ("nil", b"\x00", "0x00"),
        ("bytes", b"\xa1a", "0xa1"),
    ],
)
def test_what_the_protocol_does_not_have_is_refused(client: Shell, kind: str, message: bytes, text: str) -> None:
    is_refused(client, kind, message, text)


@settings(QUICK, max_examples=1000)
@given(kind=st.sampled_from(["template", "bytes", "text", "number", "numbers", "nil"]), message=st.binary(max_size=80))
def test_random_bytes_are_read_or_refused(client: Shell, kind: str, message: bytes) -> None:
    assert client.outcome("decode", kind, message).startswith(("fine", PROTOCOL))


@QUICK
@given(template=TEMPLATES, cut=st.integers(1, 1000))
def test_truncated_templates_are_refused(client: Shell, template: dict[str, object], cut: int) -> None:
    message = msgpack.packb(template)
    is_refused(client, "template", message[: max(0, len(message) - cut)])
