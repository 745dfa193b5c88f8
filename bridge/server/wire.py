"""Messages as bytes: frames of one MessagePack array each."""

from __future__ import annotations

import struct
import threading
from typing import NoReturn

import msgpack

from bridge.engine import HsmError, ReturnCode
from bridge.engine.session import MOST_DATA

VERSION = 1
"""Of the protocol."""

MAX_FRAME = 1024 * 1024
"""Bytes of a frame, without its length."""

MAX_FRAME_BEFORE_LOGIN = 16 * 1024

_LENGTH = struct.Struct(">I")
LENGTH_BYTES = _LENGTH.size

_MOST_ENTRIES = 256

_LONGEST_MESSAGE = 4096
"""Characters; a message may quote what was sent."""

_LARGEST_NUMBER = 2**32 - 1

Request = tuple[int, str, tuple[object, ...]]
"""The number, the method and its arguments."""


class Malformed(Exception):
    """What came is no message, so that nothing after it can be understood either."""


def length_of(header: bytes | bytearray | memoryview, limit: int) -> int:
    """Return the length in bytes of the frame that begins here.

    Args:
        header: at least the first four bytes.
        limit: the most that the peer may send now, in bytes.

    Raises:
        Malformed: if there is no such frame.
    """
    length: int = _LENGTH.unpack_from(header)[0]
    if not 1 <= length <= limit:
        raise Malformed(f"A frame has 1 to {limit} bytes here, not {length}.")
    return length


def is_whole(data: bytes | memoryview) -> bool:
    """Tell whether bytes are one frame and nothing else, of a length that is allowed to everybody."""
    length = len(data) - LENGTH_BYTES
    return 1 <= length <= MAX_FRAME_BEFORE_LOGIN and bool(_LENGTH.unpack_from(data)[0] == length)


def decode_request(frame: bytes | bytearray | memoryview) -> Request:
    """Read a request.

    Args:
        frame: without its length.

    Raises:
        Malformed: if it is none.
    """
    try:
        message = msgpack.unpackb(
            frame,
            use_list=False,
            ext_hook=_refuse_extension,
            max_array_len=_MOST_ENTRIES,
            max_map_len=_MOST_ENTRIES,
        )
    except (ValueError, msgpack.UnpackException, msgpack.ExtraData, RecursionError):
        # Its own words could quote what was sent.
        raise Malformed("A frame is not exactly one MessagePack value of the kinds that occur here.") from None
    if type(message) is not tuple or len(message) < 2:
        raise Malformed("A request is an array: its number, a method, arguments.")
    number, method = message[:2]
    if type(number) is not int or not 1 <= number <= _LARGEST_NUMBER or type(method) is not str:
        raise Malformed(f"A request begins with a number from 1 to {_LARGEST_NUMBER} and the name of a method.")
    return number, method, message[2:]


def _refuse_extension(_code: int, _data: bytes) -> NoReturn:
    raise ValueError


class _Packer(threading.local):
    """Packs for one thread: while one packs, the interpreter may go on with another, to collect garbage for example."""

    def __init__(self) -> None:
        self.pack = msgpack.Packer().pack


_packer = _Packer()


def encode_success(number: int, result: object) -> bytes:
    """Return the frame of an answer.

    Raises:
        HsmError: ``DATA_LEN_RANGE`` if the result does not fit a frame.
    """
    body: bytes = _packer.pack((number, 0, result))
    if len(body) > MAX_FRAME:
        raise HsmError(
            ReturnCode.DATA_LEN_RANGE,
            f"The answer has {len(body)} bytes, and a message {MAX_FRAME} at most: ask for less at once.",
        )
    return _LENGTH.pack(len(body)) + body


def encode_refusal(number: int, code: ReturnCode, message: str) -> bytes:
    """Return the frame of a refusal; number 0 if it is about no request."""
    body: bytes = msgpack.packb((number, int(code), message[:_LONGEST_MESSAGE]), unicode_errors="replace")
    return _LENGTH.pack(len(body)) + body


def greeting(session: bytes) -> dict[str, object]:
    """Return the answer to ``hello``.

    Args:
        session: 32 bytes that name the session.
    """
    return {"protocol": VERSION, "session": session, "max_frame": MAX_FRAME, "max_data": MOST_DATA}
