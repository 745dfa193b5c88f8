"""Frames, hello, pipelining and limits of the protocol."""

from __future__ import annotations

import struct
import time
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import msgpack
import pytest
from engine.keys import refused

from bridge.engine import HsmError, ReturnCode
from server.calls import AES, IV, PAIR, M
from server.daemon import Daemon, running, short_home, until
from server.peer import Ended, Peer

MIB = 1 << 20
BEFORE_LOGIN = 16_384
MOST_DATA = 1_044_480
CONNECTIONS = 900


def said_at_the_end(peer: Peer) -> str:
    """Return what the daemon says when it ends a connection, and fail if it does not."""
    with pytest.raises(Ended) as caught:
        peer.receive()
    assert caught.value.message is not None, "ended without a word"
    with pytest.raises(Ended):
        peer.receive()
    assert caught.value.code in set(ReturnCode)
    return caught.value.message


def test_hello(shared: Daemon) -> None:
    with Peer.unix(shared.socket) as peer:
        answer = peer.call("hello", [1], {"client": "tests", "unknown option": [1, {"a": "b"}]})
    session = answer.pop("session")
    assert isinstance(session, bytes)
    assert len(session) == 32
    assert answer == {"protocol": 1, "max_frame": MIB, "max_data": MOST_DATA}


@pytest.mark.parametrize("versions", [[1], [2, 1], [1, 7, 4_000_000_000], list(range(200))])
def test_the_highest_common_version_is_spoken(shared: Daemon, versions: list[int]) -> None:
    with Peer.unix(shared.socket) as peer:
        assert peer.call("hello", versions, {})["protocol"] == 1


@pytest.mark.parametrize("versions", [[], [0], [2], [2, 3, 4]])
def test_no_common_version(shared: Daemon, versions: list[int]) -> None:
    with Peer.unix(shared.socket) as peer:
        with refused(ReturnCode.FUNCTION_FAILED, "1"):
            peer.call("hello", versions, {})
        assert peer.is_ended()


WRONG_HELLOS: list[tuple[object, ...]] = [
    (),
    ([1],),
    ([1], {}, {}),
    (1, {}),
    ({}, {}),
    ([1], []),
    ([1], None),
    (["1"], {}),
    ([1], {"cluster": b"home"}),
    ([1], {"session": "text"}),
    ([1], {"session": bytes(31)}),
    ([1], {"clear_extraction": "no"}),
    ([1], {"min_hsms": "2"}),
    ([1], {"min_hsms": True}),
]
WRONG_HELLO_CODES = {ReturnCode.ARGUMENTS_BAD, ReturnCode.FUNCTION_FAILED, ReturnCode.SESSION_HANDLE_INVALID}


@pytest.mark.parametrize("arguments", WRONG_HELLOS, ids=repr)
def test_a_wrong_hello_is_refused(shared: Daemon, arguments: tuple[object, ...]) -> None:
    with Peer.unix(shared.socket) as peer:
        with pytest.raises(HsmError) as caught:
            peer.call("hello", *arguments)
        assert caught.value.code in WRONG_HELLO_CODES
        if caught.value.code is not ReturnCode.SESSION_HANDLE_INVALID:
            assert peer.is_ended()


@pytest.mark.parametrize("method", ["info", "login", "random", "close", "nothing"])
def test_hello_comes_first(shared: Daemon, method: str) -> None:
    with Peer.unix(shared.socket) as peer:
        peer.send(method)
        with pytest.raises((HsmError, Ended)):
            peer.result(1)
        assert peer.is_ended()


def test_hello_comes_once(shared: Daemon) -> None:
    with shared.alice() as peer:
        with refused(ReturnCode.ARGUMENTS_BAD):
            peer.hello()
        assert len(peer.call("random", 5)) == 5


def test_the_cluster_chooses_the_hsm(pristine_home: Path) -> None:
    with (
        short_home(pristine_home) as other,
        running(pristine_home, "--workers", "1", HSMBRIDGE_CLUSTERS=f"cluster-2={other}") as daemon,
    ):
        with daemon.alice(cluster="cluster-2") as peer, daemon.peer(session=peer.token) as second:
            assert peer.call("info")["HOME"] == second.call("info")["HOME"] == str(other)
            key = peer.call("generateKey", M.AES_KEY_GEN, {**AES, "TOKEN": True, "LABEL": "in the other"})
            assert second.call("find", {"LABEL": "in the other"}) == [key]
        with daemon.alice() as peer:
            assert peer.call("info")["HOME"] == str(daemon.home)
            assert peer.call("find", {"LABEL": "in the other"}) == []
        with Peer.unix(daemon.socket) as peer:
            with refused(ReturnCode.TOKEN_NOT_PRESENT, "cluster-of-nobody"):
                peer.hello(cluster="cluster-of-nobody")
            assert peer.is_ended()


def test_requests_are_carried_out_in_their_order(shared: Daemon) -> None:
    """A slow request among quick ones, all sent at once."""
    with shared.alice() as peer:
        sent = [peer.send("generateKeyPair", M.EC_KEY_PAIR_GEN, PAIR, {"LABEL": str(n)}) for n in range(10)]
        sent.append(peer.send("generateKeyPair", M.RSA_PKCS_KEY_PAIR_GEN, {"MODULUS_BITS": 2048}, {"LABEL": "rsa"}))
        sent += [peer.send("find", {"LABEL": label}) for label in ("9", "rsa", "nobody")]
        results = [peer.result(number) for number in sent]
    assert results[-3:] == [[results[9][1]], [results[10][1]], []]


@pytest.mark.parametrize("count", [64, 65, 2000])
def test_many_requests_in_one_write(shared: Daemon, count: int) -> None:
    with shared.alice() as peer:
        bodies = [msgpack.packb([number, "random", number % 50]) for number in range(1000, 1000 + count)]
        peer.socket.sendall(b"".join(struct.pack(">I", len(body)) + body for body in bodies))
        for number in range(1000, 1000 + count):
            assert len(peer.result(number)) == number % 50


def test_a_refusal_in_a_pipeline_stops_nothing(shared: Daemon) -> None:
    with shared.alice() as peer:
        sent = [peer.send("random", 1), peer.send("random", -1), peer.send("nothing"), peer.send("random", 2)]
        assert len(peer.result(sent[0])) == 1
        for number in sent[1:3]:
            with refused(ReturnCode.ARGUMENTS_BAD):
                peer.result(number)
        assert len(peer.result(sent[3])) == 2


def test_a_frame_in_many_pieces(shared: Daemon) -> None:
    with shared.peer() as peer:
        body = msgpack.packb([4_294_967_295, "info"])
        for byte in struct.pack(">I", len(body)) + body:
            peer.socket.sendall(bytes([byte]))
            time.sleep(0.002)
        assert peer.result(4_294_967_295)["MODE"] == "non-fips"


def test_data_as_large_as_it_may_be(shared: Daemon) -> None:
    with shared.alice() as peer:
        key = peer.call("generateKey", M.AES_KEY_GEN, AES)
        data = bytes(MOST_DATA)
        encrypted = peer.call("encrypt", key, M.AES_CBC, IV, data)
        assert peer.call("decrypt", key, M.AES_CBC, IV, encrypted) == data
        for method in ("encrypt", "decrypt"):
            with refused(ReturnCode.DATA_LEN_RANGE, str(MOST_DATA)):
                peer.call(method, key, M.AES_CBC, IV, bytes(MOST_DATA + 16))
        assert len(peer.call("random", MOST_DATA)) == MOST_DATA


def framed(length: int) -> bytes:
    """Return a request of so many bytes."""
    overhead = len(msgpack.packb([1, "info", bytes(100_000)])) - 100_000
    short = len(msgpack.packb([1, "info", bytes(10_000)])) - 10_000
    body: bytes = msgpack.packb([1, "info", bytes(length - (overhead if length > 65_000 else short))])
    assert len(body) == length
    return body


def test_the_longest_frame(shared: Daemon) -> None:
    with shared.alice() as peer:
        peer.send_frame(framed(MIB))
        with refused(ReturnCode.ARGUMENTS_BAD):
            peer.result(1)
        peer.socket.sendall(struct.pack(">I", MIB + 1))
        assert str(MIB) in said_at_the_end(peer)


def test_the_longest_frame_before_login(shared: Daemon) -> None:
    with shared.peer() as peer:
        peer.send_frame(framed(BEFORE_LOGIN))
        with refused(ReturnCode.ARGUMENTS_BAD):
            peer.result(1)
        peer.socket.sendall(struct.pack(">I", BEFORE_LOGIN + 1))
        assert str(BEFORE_LOGIN) in said_at_the_end(peer)


def test_the_limit_before_login_returns_with_the_logout(shared: Daemon) -> None:
    with shared.alice() as peer:
        peer.call("logout")
        peer.socket.sendall(struct.pack(">I", BEFORE_LOGIN + 1))
        said_at_the_end(peer)


def deep(levels: int) -> Any:
    value: Any = 1
    for _ in range(levels):
        value = [value]
    return value


BROKEN = {
    "nothing": b"",
    "no array": msgpack.packb({"a": 1}),
    "a number": msgpack.packb(7),
    "an empty array": msgpack.packb([]),
    "no method": msgpack.packb([1]),
    "bytes left over": msgpack.packb([1, "info"]) + b"\0",
    "two messages": msgpack.packb([1, "info"]) * 2,
    "cut off": msgpack.packb([1, "info"])[:-1],
    "no MessagePack": b"\xc1\xc1",
    "the number 0": msgpack.packb([0, "info"]),
    "a negative number": msgpack.packb([-1, "info"]),
    "a number over 32 bits": msgpack.packb([2**32, "info"]),
    "a number that is none": msgpack.packb(["1", "info"]),
    "a number that is true": msgpack.packb([True, "info"]),
    "a method that is bytes": msgpack.packb([1, b"info"]),
    "a method that is nothing": msgpack.packb([1, None]),
    "an extension type": msgpack.packb([1, "info", msgpack.ExtType(5, b"x")]),
    "text that is no UTF-8": b"\x93\x01\xa4find\xa2\xff\xfe",
    "very many arrays in arrays": b"\x91" * 15_000 + b"\1",
    "a map of 257": msgpack.packb([1, "find", {str(n): n for n in range(257)}]),
    "an array of 257": msgpack.packb([1, "find", list(range(257))]),
    "an array of four billion": b"\xdd\xff\xff\xff\xff",
    "a map of four billion": b"\x93\x01\xa4find\xdf\xff\xff\xff\xff",
    "bytes of four billion": b"\x93\x01\xa4find\xc6\xff\xff\xff\xff",
    "text of four billion": b"\x92\x01\xdb\xff\xff\xff\xff",
}

ODD = {
    "a time": msgpack.packb([1, "info", msgpack.Timestamp(1)]),
    "a floating point number": msgpack.packb([1, "random", 1.5]),
    "a floating point number in a template": msgpack.packb([1, "generateKey", M.AES_KEY_GEN, {"VALUE_LEN": 32.0}]),
    "a key that is a number": msgpack.packb([1, "find", {1: 2}]),
    "a key that is bytes": msgpack.packb([1, "find", {b"LABEL": "x"}]),
    "a key that is nothing": msgpack.packb([1, "find", {None: "x"}]),
    "arrays in arrays": msgpack.packb([1, "info", deep(4)]),
    "templates in templates": msgpack.packb([1, "find", {"WRAP_TEMPLATE": {"UNWRAP_TEMPLATE": {"WRAP_TEMPLATE": {}}}}]),
    "a template that says something twice": b"\x93\x01\xa4find\x82\xa5LABEL\xa1x\xa5LABEL\x07",
}
REFUSED = {ReturnCode.ARGUMENTS_BAD, ReturnCode.ATTRIBUTE_TYPE_INVALID, ReturnCode.ATTRIBUTE_VALUE_INVALID}


@pytest.mark.parametrize("name", ODD)
def test_what_does_not_occur_is_refused(shared: Daemon, name: str) -> None:
    with shared.alice() as peer:
        peer.send_frame(ODD[name])
        with suppress(Ended):
            answer = peer.receive()
            assert answer[0] == 1
            assert answer[1] in REFUSED
            assert peer.call("random", 1)


@pytest.mark.parametrize("logged_in", [False, True])
@pytest.mark.parametrize("name", BROKEN)
def test_a_frame_that_is_no_request_ends_the_connection(shared: Daemon, name: str, logged_in: bool) -> None:
    with shared.alice() if logged_in else shared.peer() as peer:
        peer.send_frame(BROKEN[name])
        assert said_at_the_end(peer).endswith(".")


@pytest.mark.parametrize("name", BROKEN)
def test_such_a_frame_instead_of_hello(shared: Daemon, name: str) -> None:
    with Peer.unix(shared.socket) as peer:
        peer.send_frame(BROKEN[name])
        assert said_at_the_end(peer)


def test_what_came_before_a_broken_frame_is_answered(shared: Daemon) -> None:
    with shared.peer() as peer:
        sent = [peer.send("info") for _ in range(3)]
        peer.send_frame(b"\xc1")
        assert [peer.result(number)["MODE"] for number in sent] == ["non-fips"] * 3
        said_at_the_end(peer)


def test_nine_hundred_connections(daemon: Daemon) -> None:
    with ExitStack() as stack:
        peers = [stack.enter_context(daemon.peer()) for _ in range(CONNECTIONS)]
        with Peer.unix(daemon.socket) as one_more:
            with pytest.raises(Ended, match=str(CONNECTIONS)) as caught:
                one_more.hello()
            assert caught.value.code is ReturnCode.SESSION_COUNT
        assert all(peer.call("info") for peer in peers)
        peers.pop().close()
        until(lambda: has_room(daemon), "a place that was left is free")
    until(lambda: has_room(daemon), "all places are free")


def has_room(daemon: Daemon) -> bool:
    try:
        daemon.peer().close()
    except (HsmError, Ended):
        return False
    return True
