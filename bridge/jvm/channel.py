"""Calls that stand in memory that Java sees too; the Javadoc of ``io.hsmbridge.hosted.Channel`` describes it."""

from __future__ import annotations

import ctypes
import struct
from collections.abc import Callable
from typing import Any

from jpype import JImplements

from bridge.engine import HsmError, ReturnCode, Session
from bridge.engine.mechanisms import MECHANISMS, parameter_of
from bridge.engine.parameters import Parameter
from bridge.jvm.errors import translated

Sessions = dict[int, Session]
"""Sessions by the numbers that Java names them with."""

_Operation = Callable[[Session, int, int, Parameter | None, memoryview, bytes], bytes | memoryview]

_REQUEST = struct.Struct("<QQQIiII")
_RESULT_LENGTH = struct.Struct("<I")
_HEADER = _REQUEST.size + _RESULT_LENGTH.size


def _sign(
    session: Session, key: int, mechanism: int, parameter: Parameter | None, data: memoryview, signature: bytes
) -> bytes:
    return session.sign(key, mechanism, bytes(data), parameter)


def _verify(
    session: Session, key: int, mechanism: int, parameter: Parameter | None, data: memoryview, signature: bytes
) -> bytes:
    session.verify(key, mechanism, bytes(data), signature, parameter)
    return b""


def _encrypt(
    session: Session, key: int, mechanism: int, parameter: Parameter | None, data: memoryview, signature: bytes
) -> bytes | memoryview:
    if mechanism in _IN_PLACE:
        return session.encrypt(key, mechanism, data, parameter)
    return session.encrypt(key, mechanism, bytes(data), parameter)


def _decrypt(
    session: Session, key: int, mechanism: int, parameter: Parameter | None, data: memoryview, signature: bytes
) -> bytes | memoryview:
    if mechanism in _IN_PLACE:
        return session.decrypt(key, mechanism, data, parameter)
    return session.decrypt(key, mechanism, bytes(data), parameter)


_VIEW = ctypes.pythonapi.PyMemoryView_FromMemory
_VIEW.argtypes, _VIEW.restype = (ctypes.c_void_p, ctypes.c_ssize_t, ctypes.c_int), ctypes.py_object
_WRITABLE = 0x200
"""``PyBUF_WRITE``."""

_OPERATIONS: tuple[_Operation, ...] = (_sign, _verify, _encrypt, _decrypt)
"""In the order of ``io.hsmbridge.hosted.Operation``."""

_IN_PLACE = frozenset(number for number, entry in MECHANISMS.items() if entry.in_place)


@JImplements("java.lang.Runnable", deferred=True)
class Channel:
    """Carries out the call that stands in the memory; one thread uses it at a time."""

    def __init__(self, sessions: Sessions, memory: Any) -> None:
        """Take what the numbers of sessions mean, and a direct ``java.nio.ByteBuffer``."""
        self._sessions = sessions
        # A view does not keep what it looks at.
        self._buffer = memory
        self._memory = _view(memory)

    @translated
    def run(self) -> None:
        """See ``Host.channel``."""
        memory = self._memory
        number, key, mechanism, operation, options, length, signature = _REQUEST.unpack_from(memory)
        session = self._sessions.get(number)
        if session is None:
            raise HsmError(ReturnCode.SESSION_CLOSED, "This session is closed; open a new one.")
        end = _HEADER + length
        parameter = None
        if options >= 0:
            parameter = parameter_of(mechanism, bytes(memory[end : end + options]))
            end += options
        data = memory[_HEADER : _HEADER + length]
        proof = bytes(memory[end : end + signature]) if signature else b""
        result = _OPERATIONS[operation](session, key, mechanism, parameter, data, proof)
        if result is not data:
            memory[_HEADER : _HEADER + len(result)] = result
        _RESULT_LENGTH.pack_into(memory, _REQUEST.size, len(result))


def _view(buffer: Any) -> memoryview:
    """Return bytes of a direct buffer; JPype's own view has a format that no other view can be made of."""
    address = ctypes.addressof(ctypes.c_ubyte.from_buffer(buffer))
    view: memoryview = _VIEW(address, buffer.capacity(), _WRITABLE)
    return view
