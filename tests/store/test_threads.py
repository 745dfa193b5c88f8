"""Many threads with one HSM."""

from __future__ import annotations

import random
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType

import pytest
from conftest import log_in
from engine.keys import expect_code, new_aes, new_pair

from bridge.engine import Attribute, Hsm, HsmError, MechanismType, ReturnCode, Session
from store.tampering import DIGEST, opened

ECDSA = MechanismType.ECDSA


@pytest.fixture
def nervous() -> Iterator[None]:
    """Threads that take turns as often as Python can."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def in_threads(*works: Callable[[], object]) -> None:
    """Run all at once; the first thing that one of them raises is raised here."""
    raised: list[BaseException] = []

    def guarded(work: Callable[[], object]) -> None:
        try:
            work()
        except BaseException as error:
            raised.append(error)

    threads = [threading.Thread(target=guarded, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(300)
        assert not thread.is_alive(), "a thread hangs"
    if raised:
        raise raised[0]


@pytest.mark.parametrize("seconds", [1.5, pytest.param(120, marks=[pytest.mark.soak, pytest.mark.timeout(600)])])
def test_a_key_stays_of_use_while_it_changes(hsm: Hsm, nervous: None, seconds: float) -> None:
    """A change of a label takes the key from nobody who uses it meanwhile, not even for a moment."""
    session = log_in(hsm, "alice")
    _, private = new_pair(session, TOKEN=True, LABEL="0")
    end = time.monotonic() + seconds

    def change() -> None:
        number = 0
        while time.monotonic() < end:
            number += 1
            session.set_attributes(private, {Attribute.LABEL: str(number)})

    def use() -> None:
        while time.monotonic() < end:
            session.attributes(private)
            assert session.find({Attribute.SIGN: True}) == [private]

    in_threads(change, use, use, use)


def test_a_key_is_there_at_every_step_of_an_update(hsm: Hsm) -> None:
    """The same, step by step: at each line that updates the memory, another thread gets the key, or has to wait.

    A thread that has just found its state to be current asks for the key next, whatever others do in between.
    """
    session = log_in(hsm, "alice")
    _, private = new_pair(session, TOKEN=True, LABEL="before")
    missing: list[bool] = []
    steps: list[int] = []

    def use() -> None:
        missing.append(hsm.get(private) is None)

    users: list[threading.Thread] = []

    def trace(frame: FrameType, event: str, _: object) -> object:
        if frame.f_code.co_name != "_apply":
            return None
        if event == "line":
            steps.append(frame.f_lineno)
            users.append(threading.Thread(target=use))
            users[-1].start()
            users[-1].join(0.02)
        return trace

    sys.settrace(trace)  # type: ignore[arg-type]
    try:
        session.set_attributes(private, {Attribute.LABEL: "after"})
    finally:
        sys.settrace(None)
    for user in users:
        user.join()
    assert len(steps) == len(missing) > 0
    assert not any(missing)


@pytest.mark.parametrize("operations", [60, pytest.param(1000, marks=pytest.mark.soak)])
def test_mixed_operations_lose_nothing(hsm: Hsm, home: Path, operations: int) -> None:
    """Eight threads, half of them in one session: every key is where its maker left it."""
    shared = log_in(hsm, "alice")
    kept: list[dict[int, str]] = [{} for _ in range(8)]

    def work(number: int) -> None:
        session = shared if number % 2 else log_in(hsm, "alice")
        rng = random.Random(number)
        mine = kept[number]
        for step in range(operations):
            label = f"{number}-{step}"
            choice = rng.random()
            handle = rng.choice(sorted(mine)) if mine else None
            if handle is None or choice < 0.3:
                mine[new_pair(session, TOKEN=True, LABEL=label)[1]] = label
            elif choice < 0.45:
                session.set_attributes(handle, {Attribute.LABEL: label})
                mine[handle] = label
            elif choice < 0.6:
                session.destroy(handle)
                del mine[handle]
                with pytest.raises(HsmError) as caught:
                    session.sign(handle, ECDSA, DIGEST)
                assert caught.value.code is ReturnCode.OBJECT_HANDLE_INVALID
            elif choice < 0.8:
                assert session.sign(handle, ECDSA, DIGEST)
            elif choice < 0.9:
                temporary = new_aes(session, LABEL=label)
                assert session.find({Attribute.LABEL: label}) == [temporary]
                session.destroy(temporary)
            else:
                assert session.find({Attribute.LABEL: mine[handle], Attribute.SIGN: True}) == [handle]

    in_threads(*(lambda number=number: work(number) for number in range(8)))
    expected = {handle: label for mine in kept for handle, label in mine.items()}
    with opened(home) as again:
        for session in (shared, log_in(again, "alice")):
            found = session.find({Attribute.CLASS: 3})
            assert {handle: session.attributes(handle)[Attribute.LABEL] for handle in found} == expected


def test_one_session_key_made_persistent_by_many_threads(session: Session) -> None:
    for _ in range(5):
        handle = new_aes(session)
        in_threads(*[lambda handle=handle: session.set_attributes(handle, {Attribute.TOKEN: True})] * 4)
        assert session.find({}).count(handle) == 1
        assert session.attributes(handle)[Attribute.TOKEN] is True


def test_sessions_close_while_they_are_used(hsm: Hsm) -> None:
    """Who loses the race with close() is refused, in the HSM's own words."""
    for _ in range(10):
        session = log_in(hsm, "alice")
        _, private = new_pair(session)

        def use(session: Session = session, private: int = private) -> None:
            codes = (ReturnCode.SESSION_CLOSED, ReturnCode.OBJECT_HANDLE_INVALID, ReturnCode.USER_NOT_LOGGED_IN)
            try:
                for _ in range(1000):
                    session.sign(private, ECDSA, DIGEST)
                    session.find({})
            except HsmError as error:
                expect_code(error, *codes)

        in_threads(use, use, session.close)
    assert log_in(hsm, "alice").find({}) == []


def test_two_hsms_of_one_home_in_one_process(open_hsm: Callable[[], Hsm]) -> None:
    sessions = [log_in(open_hsm(), "alice") for _ in range(3)]

    def work(session: Session) -> None:
        for _ in range(15):
            handle = new_aes(session, TOKEN=True)
            session.set_attributes(handle, {Attribute.LABEL: "changed"})
            session.destroy(handle)

    in_threads(*(lambda session=session: work(session) for session in sessions))
    for session in sessions:
        assert session.find({}) == []
