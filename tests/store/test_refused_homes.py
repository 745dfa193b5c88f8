"""Folders that are no home, or none that may be used."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from conftest import PASSWORDS, log_in
from engine.keys import refused

from bridge.engine import HsmError, ReturnCode
from bridge.store import create_home, default_home, open_home
from bridge.store.schema import VERSION
from store.tampering import execute, opened, stock


def create(home: Path) -> None:
    create_home(home, admin_password=PASSWORDS["admin"], user="alice", password=PASSWORDS["alice"])


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with refused(ReturnCode.TOKEN_NOT_PRESENT, "hsmbridge init", "HSMBRIDGE_HOME", str(tmp_path / "none")):
        open_home(tmp_path / "none")
    assert not (tmp_path / "none").exists()


def test_an_empty_folder(tmp_path: Path) -> None:
    with refused(ReturnCode.TOKEN_NOT_PRESENT, "hsmbridge init"):
        open_home(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_file_in_its_place(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("content")
    with refused(ReturnCode.TOKEN_NOT_PRESENT):
        open_home(path)
    with refused(ReturnCode.ACTION_PROHIBITED):
        create(path)
    assert path.read_text() == "content"


def test_a_home_is_made_in_an_empty_folder_or_a_new_one(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for home in (tmp_path / "empty", tmp_path / "new", tmp_path / "deep" / "down" / "new"):
        create(home)
        with opened(home) as hsm:
            log_in(hsm, "alice")
            log_in(hsm, "admin")
    assert {path.name for path in tmp_path.iterdir()} == {"empty", "new", "deep"}


def test_a_home_is_made_behind_a_link_to_an_empty_folder(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    create(tmp_path / "link")
    with opened(tmp_path / "real") as hsm:
        log_in(hsm, "alice")


def test_a_home_is_not_made_over_another(home: Path) -> None:
    before = {path.name: path.read_bytes() for path in home.iterdir()}
    with refused(ReturnCode.ACTION_PROHIBITED, str(home), "HSMBRIDGE_HOME"):
        create(home)
    assert {path.name: path.read_bytes() for path in home.iterdir()} == before


@pytest.mark.parametrize(
    ("user", "password", "admin_password"),
    [
        ("alice", b"short", PASSWORDS["admin"]),
        ("alice", PASSWORDS["alice"], b"short"),
        ("a b", PASSWORDS["alice"], b"x" * 8),
    ],
)
def test_a_refused_user_leaves_nothing_behind(
    tmp_path: Path, user: str, password: bytes, admin_password: bytes
) -> None:
    with pytest.raises(HsmError) as caught:
        create_home(tmp_path / "home", admin_password=admin_password, user=user, password=password)
    assert b"short" not in caught.value.message.encode()
    assert list(tmp_path.iterdir()) == []


def test_a_home_is_made_around_a_configuration_file(tmp_path: Path) -> None:
    (tmp_path / "cloudhsm-jce.cfg").write_text("{}")
    create(tmp_path)
    open_home(tmp_path).close()
    assert (tmp_path / "cloudhsm-jce.cfg").read_text() == "{}"
    assert tmp_path.stat().st_mode & 0o777 == 0o700
    with pytest.raises(HsmError, match="not empty"):
        create(tmp_path)


@pytest.mark.parametrize("configured", [False, True])
def test_two_that_make_one_home_at_once(tmp_path: Path, configured: bool) -> None:
    program = (
        "import sys; from pathlib import Path\n"
        "from bridge.engine import HsmError; from bridge.store import create_home\n"
        "secrets = dict(admin_password=b'admin-password', password=b'alice-password')\n"
        "sys.stdin.readline()\n"
        "try: create_home(Path(sys.argv[1]), user='alice', **secrets)\n"
        "except HsmError as error: sys.exit(error.code.name)"
    )
    home = tmp_path / "home"
    if configured:
        home.mkdir()
        (home / "cloudhsm-jce.cfg").write_text("{}")
    command = [sys.executable, "-c", program, str(home)]
    both = [subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(4)]
    for process in both:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    errors = sorted(process.communicate()[1].strip() for process in both)
    assert errors == ["", *["ACTION_PROHIBITED"] * 3]
    assert [path.name for path in tmp_path.iterdir()] == ["home"]
    with opened(home) as hsm:
        log_in(hsm, "alice")


@pytest.mark.parametrize("version", [VERSION + 1, VERSION + 7, 10**9])
def test_a_newer_schema(home: Path, version: int) -> None:
    execute(home, "UPDATE schema_version SET version = ?", [version])
    before = execute(home, "SELECT * FROM hsm")
    with refused(ReturnCode.TOKEN_NOT_PRESENT, f"schema version {version}", f"versions up to {VERSION}"):
        open_home(home)
    assert execute(home, "SELECT * FROM hsm") == before


def test_a_foreign_database(home: Path) -> None:
    (home / "hsm.db").unlink()
    with closing(sqlite3.connect(home / "hsm.db")) as connection, connection:
        connection.execute("CREATE TABLE recipes (name TEXT)")
        connection.execute("INSERT INTO recipes VALUES ('soup')")
    with refused(ReturnCode.DEVICE_ERROR, str(home)):
        open_home(home)
    assert execute(home, "SELECT * FROM recipes") == [("soup",)]
    assert execute(home, "SELECT name FROM sqlite_master") == [("recipes",)]


@pytest.mark.parametrize("content", [b"text", b"x" * 100_000, b"SQLite format 3\x00" + bytes(1000)], ids=len)
def test_a_file_that_is_no_database(home: Path, content: bytes) -> None:
    (home / "hsm.db").write_bytes(content)
    with refused(ReturnCode.DEVICE_ERROR, str(home)):
        open_home(home)


def test_an_emptied_database(home: Path) -> None:
    """It is not taken for a new one: the keys that were in it would be forgotten without a word."""
    (home / "hsm.db").write_bytes(b"")
    with refused(ReturnCode.DEVICE_ERROR, str(home)):
        open_home(home)


def test_a_database_that_is_held_for_too_long(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bridge.store.sqlite._WAIT_SECONDS", 0.2)
    with closing(sqlite3.connect(home / "hsm.db")) as connection:
        connection.execute("BEGIN IMMEDIATE")
        with refused(ReturnCode.FUNCTION_FAILED, "another process", str(home)):
            open_home(home)
        connection.rollback()
    open_home(home).close()


def as_nobody(program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a program without root's right to read everything, whoever runs the tests."""
    if os.geteuid() == 0:
        program = "import os; import bridge.store; os.setgroups([]); os.setgid(65534); os.setuid(65534)\n" + program
    command = [sys.executable, "-c", program, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


OPEN_AND_SIGN = """
import sys
from pathlib import Path
from bridge.engine import HsmError, Role
from bridge.store import create_home, open_home
try:
    hsm = open_home(Path(sys.argv[1]))
    session = hsm.open_session()
    session.login(Role.CRYPTO_USER, "alice", b"alice-password")
    print(session.find({}))
except HsmError as error:
    print(error.code.name, error.message)
"""
CREATE = """
import sys
from pathlib import Path
from bridge.engine import HsmError
from bridge.store import create_home
try:
    create_home(Path(sys.argv[1]), admin_password=b"admin-password", user="alice", password=b"alice-password")
except HsmError as error:
    print(error.code.name, error.message)
"""


@pytest.fixture
def others(home: Path) -> Iterator[Path]:
    """A home in a place that everybody can reach, because pytest's own folders are private."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(shutil.copytree(home, Path(folder) / "home"))


def hand_over(path: Path, mode: int) -> None:
    """Set a mode, and give what has it to the user of as_nobody."""
    if os.geteuid() == 0:
        os.chown(path, 65534, 65534)
    path.chmod(mode)


def test_a_home_that_may_not_be_read(others: Path) -> None:
    others.chmod(0o700 if os.geteuid() == 0 else 0)
    done = as_nobody(OPEN_AND_SIGN, str(others))
    assert done.stdout.startswith("TOKEN_NOT_PRESENT"), done
    assert str(others) in done.stdout
    assert "Permission denied" in done.stdout
    assert "hsmbridge init" not in done.stdout  # there is an HSM already
    others.chmod(0o700)


@pytest.mark.parametrize("name", ["master.key", "hsm.db", "generation"])
def test_a_file_that_may_not_be_read(others: Path, name: str) -> None:
    for path in (others, *others.iterdir()):
        hand_over(path, 0o700 if path == others else 0o600)
    (others / name).chmod(0)
    done = as_nobody(OPEN_AND_SIGN, str(others))
    assert done.stdout.startswith(("TOKEN_NOT_PRESENT", "TOKEN_WRITE_PROTECTED")), done
    assert str(others) in done.stdout


def test_a_home_that_may_not_be_written(others: Path) -> None:
    for path in others.iterdir():
        hand_over(path, 0o600 if path.name == "master.key" else 0o400)
    hand_over(others, 0o500)
    done = as_nobody(OPEN_AND_SIGN, str(others))
    assert done.stdout.startswith(("TOKEN_WRITE_PROTECTED", "TOKEN_NOT_PRESENT")), done
    assert str(others) in done.stdout
    others.chmod(0o700)


def test_a_place_where_no_home_may_be_made(others: Path) -> None:
    hand_over(others.parent, 0o555)
    done = as_nobody(CREATE, str(others.parent / "new"))
    assert done.stdout.startswith(("TOKEN_NOT_PRESENT", "TOKEN_WRITE_PROTECTED")), done
    assert "Permission denied" in done.stdout
    assert done.stderr == ""
    others.parent.chmod(0o755)


def test_the_variable_names_the_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HSMBRIDGE_HOME", str(tmp_path))
    assert default_home() == tmp_path
    for value in (None, ""):
        if value is None:
            monkeypatch.delenv("HSMBRIDGE_HOME")
        else:
            monkeypatch.setenv("HSMBRIDGE_HOME", value)
        assert default_home().name == "hsmbridge"
        assert default_home().is_absolute()


def test_a_home_can_be_moved_and_copied(home: Path, tmp_path: Path) -> None:
    stocked = stock(home)
    home.rename(tmp_path / "moved")
    shutil.copytree(tmp_path / "moved", tmp_path / "copy")
    for place in (tmp_path / "moved", tmp_path / "copy"):
        with opened(place) as hsm:
            assert stocked.victim in log_in(hsm, "alice").find({})
