"""A client's connection with a daemon: requests out, answers in, one at a time."""

from __future__ import annotations

import itertools
import socket
import threading
import time
from typing import NoReturn

import msgpack

from bridge.engine.errors import HsmError, ReturnCode
from bridge.server.remote.endpoint import reason
from bridge.server.wire import LENGTH_BYTES, MAX_FRAME, MAX_FRAME_BEFORE_LOGIN, Malformed, length_of

HELLO = "hello"
_READ = 64 * 1024


class Link:
    """One connection; safe for use by many threads.

    Nothing is sent twice: whether a request whose answer did not come was carried out, only its caller can judge.

    Attributes:
        logged_in: whether a user is, so that the daemon takes long requests.
    """

    def __init__(self, connection: socket.socket, where: str, timeout: float) -> None:
        """Take a connected socket.

        Args:
            connection: its only user is the link from now on.
            where: names the daemon in messages.
            timeout: seconds for one request and its answer.
        """
        self.logged_in = False
        self._socket = connection
        self._where = where
        self._timeout = timeout
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()
        self._lost = False

    def call(self, method: str, *arguments: object) -> object:
        """Send a request, and return its result, arrays as tuples.

        Raises:
            HsmError: as the daemon refuses; ``DEVICE_REMOVED`` if the connection is lost, ``DEVICE_ERROR`` if the
                answer is none, ``ARGUMENTS_BAD`` or ``DATA_LEN_RANGE`` for what cannot be sent.
        """
        with self._lock:
            if self._lost:
                raise HsmError(
                    ReturnCode.DEVICE_REMOVED,
                    f"There is no connection with the daemon at {self._where} any more: connect, and log in, again.",
                )
            number = next(self._numbers)
            request = self._request(number, method, arguments)
            end = time.monotonic() + self._timeout
            try:
                self._send(request, end)
                answered, code, content = self._receive(method, end)
            except OSError as error:
                self._end()
                raise self._broken(method, reason(error)) from None
            except BaseException:
                # The answer may still come, and would be taken for that of the next request.
                self._end()
                raise
            if answered != number:
                self._end()
                if answered or not code:
                    raise self.strange(method)
            if code:
                raise HsmError(_code(code), content if isinstance(content, str) else "")
            return content

    def close(self) -> None:
        """End the connection; ending twice does nothing."""
        with self._lock:
            self._end()

    def strange(self, method: str) -> HsmError:
        """Return the refusal of an answer that does not keep to the protocol."""
        return HsmError(
            ReturnCode.DEVICE_ERROR,
            f"The daemon at {self._where} gave an answer to {method} that cannot be understood: use one of the same "
            "release.",
        )

    def _end(self) -> None:
        self._lost = True
        self.logged_in = False
        self._socket.close()

    def _request(self, number: int, method: str, arguments: tuple[object, ...]) -> bytes:
        try:
            body: bytes = msgpack.packb([number, method, *arguments])
        except (OverflowError, ValueError):
            raise HsmError(
                ReturnCode.ARGUMENTS_BAD,
                f"An argument of {method} cannot be sent: a number has more than 64 bits, or a text is none.",
            ) from None
        limit = MAX_FRAME if self.logged_in else MAX_FRAME_BEFORE_LOGIN
        if len(body) > limit:
            raise HsmError(
                ReturnCode.DATA_LEN_RANGE,
                f"A request has at most {limit} bytes{'' if self.logged_in else ' before login'}, and this one has "
                f"{len(body)}: give it in pieces.",
            )
        return len(body).to_bytes(LENGTH_BYTES, "big") + body

    def _send(self, request: bytes, end: float) -> None:
        self._socket.settimeout(_left(end))
        self._socket.sendall(request)

    def _receive(self, method: str, end: float) -> tuple[int, int, object]:
        try:
            length = length_of(self._read(LENGTH_BYTES, end), MAX_FRAME)
            answer = msgpack.unpackb(self._read(length, end), use_list=False, ext_hook=_refuse_extension)
        except (Malformed, ValueError, RecursionError, msgpack.UnpackException):
            raise self.strange(method) from None
        if type(answer) is not tuple or len(answer) != 3 or type(answer[0]) is not int or type(answer[1]) is not int:
            raise self.strange(method)
        return answer

    def _read(self, count: int, end: float) -> bytes:
        data = bytearray()
        while len(data) < count:
            self._socket.settimeout(_left(end))
            piece = self._socket.recv(min(count - len(data), _READ))
            if not piece:
                raise ConnectionError(None, "the daemon ended it")
            data += piece
        return bytes(data)

    def _broken(self, method: str, why: str) -> HsmError:
        if method == HELLO:
            return HsmError(
                ReturnCode.DEVICE_REMOVED,
                f"The daemon at {self._where} ended the connection at its beginning ({why}): over TLS it takes only "
                "client certificates of its own CA that are not revoked, and those of the HSM's trust anchors.",
            )
        return HsmError(
            ReturnCode.DEVICE_REMOVED,
            f"The connection with the daemon at {self._where} was lost before it answered {method} ({why}): whether "
            "that was done is not known. Connect again and look; `hsmbridge status` tells of a daemon on this machine.",
        )


def _left(end: float) -> float:
    left = end - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


def _code(number: int) -> ReturnCode:
    # A daemon of another release may know more of them.
    return ReturnCode(number) if number in set(ReturnCode) else ReturnCode.GENERAL_ERROR


def _refuse_extension(_code: int, _data: bytes) -> NoReturn:
    raise ValueError
