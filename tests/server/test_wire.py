"""Messages as bytes, as the threads of a worker make them."""

from __future__ import annotations

import threading
from typing import Any

import msgpack

from bridge.server.wire import LENGTH_BYTES, encode_success


class Interrupted(dict[str, str]):
    """A result in the midst of which another thread answers, as it may whenever the interpreter changes threads."""

    answers: list[bytes]

    def items(self) -> Any:
        """Let the other thread answer, then go on."""
        self.answers = []
        other = threading.Thread(target=lambda: self.answers.append(encode_success(2, "the other's")))
        other.start()
        other.join()
        return super().items()


def test_answers_that_two_threads_make_at_once_do_not_mix() -> None:
    result = Interrupted(owner="alice")
    answer = encode_success(1, result)
    assert msgpack.unpackb(answer[LENGTH_BYTES:]) == [1, 0, {"owner": "alice"}]
    assert [msgpack.unpackb(other[LENGTH_BYTES:]) for other in result.answers] == [[2, 0, "the other's"]]
