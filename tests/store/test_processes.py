"""Several processes with one home."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from conftest import PASSWORDS, log_in
from engine.keys import new_pair, refused

from bridge.engine import Attribute, Hsm, HsmError, MechanismType, ReturnCode, Role
from store.processes import Process, processes, result
from store.tampering import DIGEST, opened

DAMAGING = ("between announcement and commit", "between commit and return")


@pytest.fixture
def two(home: Path) -> Iterator[list[Process]]:
    with processes(home, 2) as both:
        yield both


def test_each_sees_what_the_other_commits_at_its_next_operation(two: list[Process]) -> None:
    for number, (writer, reader) in enumerate([two, two[::-1]] * 3):
        label = f"key {number}"
        public, private = writer("pair", label)
        assert reader("sign", private)
        assert reader("find", label) == [public, private]
        writer("label", private, "renamed")
        assert reader("label", private) == "renamed"
        assert reader("find", label) == [public]
        writer("destroy", private)
        with refused(ReturnCode.OBJECT_HANDLE_INVALID, f"0x{private:016x}"):
            reader("sign", private)
        assert reader("find", "renamed") == []


def test_a_key_destroyed_in_one_is_refused_in_all_that_used_it(home: Path) -> None:
    with processes(home, 3) as (first, *others):
        _, private = first("pair", "gone")
        for process in others:
            assert process("sign", private)
        first("destroy", private)
        for process in (*others, first):
            for command in (("sign", private), ("destroy", private), ("label", private, "x")):
                with refused(ReturnCode.OBJECT_HANDLE_INVALID):
                    process(*command)


def test_session_keys_stay_in_their_process(two: list[Process]) -> None:
    handle = two[0]("aes", "mine", False)
    assert two[0]("find") == [handle]
    assert two[1]("find") == []


def test_wrong_passwords_count_in_all_processes_together(two: list[Process]) -> None:
    for process in two:
        process("logout")
    for process in (*two, *two, two[0]):
        with refused(ReturnCode.PIN_INCORRECT):
            process("login", "alice", "wrong-password")
    for process in two:
        with refused(ReturnCode.PIN_LOCKED):
            process("login", "alice", PASSWORDS["alice"].decode())
    two[0]("login", "admin", PASSWORDS["admin"].decode(), "admin")
    two[0]("change_password", "alice", "a-new-password")
    two[1]("login", "alice", "a-new-password")
    with refused(ReturnCode.PIN_INCORRECT):
        two[1]("login", "alice", PASSWORDS["alice"].decode())


def test_guesses_at_one_moment_in_many_processes_lock_the_account(home: Path) -> None:
    with processes(home, 4, "bob") as several:
        for process in several:
            process.begin("together", *[["login", "alice", "wrong-password"]] * 4)
        codes = []
        for answer in itertools.chain.from_iterable(process.end() for process in several):
            with pytest.raises(HsmError) as caught:
                result(answer)
            codes.append(caught.value.code)
    assert sorted(codes) == [ReturnCode.PIN_INCORRECT] * 5 + [ReturnCode.PIN_LOCKED] * 11


def test_processes_that_create_at_once_lose_nothing(home: Path) -> None:
    with processes(home, 4) as several:
        for number, process in enumerate(several):
            process.begin("create_many", f"{number}-", 25)
        made = [handle for process in several for handle in process.end()]
        assert len(set(made)) == 100
        for process in several:
            assert process("find") == sorted(made)
    with opened(home) as hsm:
        session = log_in(hsm, "alice")
        labels = {str(hsm.get(handle)).split("'")[1] for handle in session.find({})}
    assert labels == {f"{number}-{key}" for number in range(4) for key in range(25)}


def test_one_of_two_that_destroy_at_once_does_it(two: list[Process]) -> None:
    for _ in range(10):
        handle = two[0]("aes", "contested")
        for process in two:
            process.begin("destroy", handle)
        outcomes: list[ReturnCode | None] = []
        for process in two:
            try:
                process.end()
                outcomes.append(None)
            except HsmError as error:
                outcomes.append(error.code)
        assert sorted(outcomes, key=str) == [ReturnCode.OBJECT_HANDLE_INVALID, None]


@pytest.mark.parametrize("when", DAMAGING)
@pytest.mark.parametrize("command", ["pair", "destroy", "label", "login"])
def test_a_writer_killed_around_its_commit(home: Path, open_hsm: Callable[[], Hsm], when: str, command: str) -> None:
    """What was announced and not committed has not happened, what was committed has, and all others go on."""
    committed = when == "between commit and return"
    first, second = (log_in(open_hsm(), "alice") for _ in range(2))
    _, private = new_pair(first, TOKEN=True, LABEL="before")
    assert second.sign(private, MechanismType.ECDSA, DIGEST)
    given: dict[str, list[object]] = {
        "pair": ["new"],
        "destroy": [private],
        "label": [private, "after"],
        "login": ["bob", "wrong-password"],
    }
    with processes(home, 1) as (victim,):
        victim("die", when)
        with pytest.raises(EOFError):
            victim(command, *given[command])
    for session in (first, second):
        if command == "destroy" and committed:
            with refused(ReturnCode.OBJECT_HANDLE_INVALID):
                session.sign(private, MechanismType.ECDSA, DIGEST)
        else:
            expected = "after" if command == "label" and committed else "before"
            assert session.attributes(private)[Attribute.LABEL] == expected
        assert len(session.find({Attribute.LABEL: "new"})) == (2 if command == "pair" and committed else 0)
    _, later = new_pair(first, TOKEN=True)
    assert second.sign(later, MechanismType.ECDSA, DIGEST)
    second.destroy(later)
    with refused(ReturnCode.OBJECT_HANDLE_INVALID):
        first.sign(later, MechanismType.ECDSA, DIGEST)
    late = open_hsm()
    assert log_in(late, "alice").find({}) == first.find({}) == second.find({})
    for _ in range(4 if command == "login" and committed else 5):
        with refused(ReturnCode.PIN_INCORRECT):
            late.open_session().login(Role.CRYPTO_USER, "bob", b"wrong-password")
    with refused(ReturnCode.PIN_LOCKED):
        log_in(late, "bob")


def test_a_fork_does_not_take_its_parents_handles(home: Path) -> None:
    """A forked process may go on with the HSM it has open, or be refused; it never replaces its parent's keys."""
    with processes(home, 1) as (process,):
        process("aes", "before")
        there, here = process("forked", ["aes", "child"], ["aes", "parent"])
        assert here["ok"]
        if "ok" in there:
            assert there["ok"] != here["ok"]
        else:
            assert there["error"] in ReturnCode.__members__, there
        with processes(home, 1) as (other,):
            for label, made in (("before", True), ("parent", True), ("child", "ok" in there)):
                assert bool(other("find", label)) == made, label
