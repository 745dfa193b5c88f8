"""The number in shared memory that says whether the database has news."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from conftest import log_in
from engine.keys import new_aes, refused

from bridge.engine import Attribute, Hsm, HsmError, ReturnCode
from bridge.store.generation import Announced
from store.tampering import execute, opened


def test_all_who_have_it_open_see_one_number(tmp_path: Path) -> None:
    path = tmp_path / "generation"
    with closing(Announced(path)) as one, closing(Announced(path)) as two:
        assert one.get() == two.get() == 0
        for number in (1, 255, 256, 2**32, 2**63, 2**64 - 1):
            one.set(number)
            assert two.get() == number
    with closing(Announced(path)) as again:
        assert again.get() == 2**64 - 1
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize("content", [b"", b"\x01", b"\x01" * 7, b"\x01" * 9, b"\x01" * 100])
def test_a_file_of_another_length_is_used_all_the_same(home: Path, content: bytes) -> None:
    (home / "generation").write_bytes(content)
    with opened(home) as one, opened(home) as two:
        handle = new_aes(log_in(one, "alice"), TOKEN=True)
        assert log_in(two, "alice").find({}) == [handle]


def test_a_link_is_not_followed(home: Path, tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.write_bytes(b"precious")
    (home / "generation").unlink()
    (home / "generation").symlink_to(target)
    with pytest.raises(HsmError), opened(home):
        pass
    assert target.read_bytes() == b"precious"


@pytest.mark.parametrize("offset", [-3, -1, 1, 5, 1000])
def test_a_number_that_is_off_when_nobody_runs_does_no_harm(home: Path, offset: int) -> None:
    """Behind after a power loss, or ahead after a writer's death."""
    with opened(home) as hsm:
        for _ in range(4):
            new_aes(log_in(hsm, "alice"), TOKEN=True)
    with closing(Announced(home / "generation")) as announced:
        announced.set(announced.get() + offset)
    with opened(home) as one, opened(home) as two:
        writer, reader = log_in(one, "alice"), log_in(two, "alice")
        for _ in range(3):
            handle = new_aes(writer, TOKEN=True)
            assert reader.attributes(handle)
            writer.destroy(handle)
            with refused(ReturnCode.OBJECT_HANDLE_INVALID):
                reader.attributes(handle)


def test_a_use_without_news_does_not_touch_the_database(hsm: Hsm, home: Path) -> None:
    session = log_in(hsm, "alice")
    handle = new_aes(session, TOKEN=True)
    session.attributes(handle)
    database = (home / "hsm.db", home / "hsm.db-wal")
    hidden = [path.rename(path.with_name(path.name + ".hidden")) for path in database]
    try:
        assert session.attributes(handle)[Attribute.VALUE_LEN] == 32
    finally:
        for path in hidden:
            path.rename(path.with_name(path.name.removesuffix(".hidden")))


def test_the_number_is_never_behind_what_others_read(open_hsm: Callable[[], Hsm], home: Path) -> None:
    """Whenever a new generation can be read from the database, it has been announced before."""
    hsm = open_hsm()
    session = log_in(hsm, "alice")
    with closing(Announced(home / "generation")) as announced:
        for _ in range(20):
            new_aes(session, TOKEN=True)
            ((generation,),) = execute(home, "SELECT generation FROM hsm")
            assert announced.get() == generation


def test_a_refused_transaction_leaves_everything_as_it_was(hsm: Hsm, home: Path) -> None:
    session = log_in(hsm, "alice")
    handle = new_aes(session, TOKEN=True, LABEL="before")
    with closing(Announced(home / "generation")) as announced:
        before = announced.get(), execute(home, "SELECT * FROM hsm"), execute(home, "SELECT * FROM objects")
        with refused(ReturnCode.ATTRIBUTE_READ_ONLY):
            session.set_attributes(handle, {Attribute.LABEL: "after", Attribute.LOCAL: False})
        assert (announced.get(), execute(home, "SELECT * FROM hsm"), execute(home, "SELECT * FROM objects")) == before
    assert session.attributes(handle)[Attribute.LABEL] == "before"
    assert session.find({Attribute.LABEL: "after"}) == []


def test_the_file_may_be_removed_under_a_running_hsm(open_hsm: Callable[[], Hsm], home: Path) -> None:
    """Tidying a folder must not separate processes: a key destroyed in one is refused in the other."""
    first = log_in(open_hsm(), "alice")
    handle = new_aes(first, TOKEN=True)
    assert first.attributes(handle)
    os.unlink(home / "generation")
    second = log_in(open_hsm(), "alice")
    second.destroy(handle)
    with refused(ReturnCode.OBJECT_HANDLE_INVALID):
        first.attributes(handle)


def test_a_change_after_the_file_was_removed_does_not_wait_for_itself(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Noticing it inside a transaction must not ask for the write lock that the transaction has."""
    monkeypatch.setattr("bridge.store.sqlite._WAIT_SECONDS", 0.5)
    for name in ("destroy", "set_attributes", "generate", "login"):
        with opened(home) as hsm, opened(home) as other:
            session, late = log_in(hsm, "alice"), log_in(other, "alice")
            handle = new_aes(session, TOKEN=True)
            assert late.attributes(handle)
            (home / "generation").unlink()
            if name == "destroy":
                session.destroy(handle)
            elif name == "set_attributes":
                session.set_attributes(handle, {Attribute.LABEL: "x"})
            elif name == "generate":
                new_aes(session, TOKEN=True)
            else:
                log_in(hsm, "alice")
            assert late.find({}) == session.find({})


def test_many_threads_notice_at_once_that_the_file_was_removed(hsm: Hsm, home: Path) -> None:
    """Closing a descriptor twice would close somebody else's."""
    session = log_in(hsm, "alice")
    handle = new_aes(session, TOKEN=True)
    raised: list[BaseException] = []
    done = threading.Event()

    def use() -> None:
        try:
            while not done.is_set():
                session.attributes(handle)
        except BaseException as error:
            raised.append(error)

    threads = [threading.Thread(target=use) for _ in range(6)]
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        for thread in threads:
            thread.start()
        for _ in range(30):
            (home / "generation").unlink(missing_ok=True)
            done.wait(0.02)
    finally:
        done.set()
        for thread in threads:
            thread.join()
        sys.setswitchinterval(before)
    assert raised == []


def test_the_database_is_as_durable_and_private_as_it_can_be(home: Path) -> None:
    """In a process of its own, because the tests of this process do not wait for the disk."""
    program = (
        "import sys; from pathlib import Path; from bridge.store.database import Database\n"
        "with Database(Path(sys.argv[1])).reading() as connection:\n"
        "    for name in ('journal_mode', 'synchronous', 'secure_delete', 'trusted_schema'):\n"
        "        print(*connection.execute(f'PRAGMA {name}').fetchone())"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(home / "hsm.db")], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["wal", "2", "1", "0"]
