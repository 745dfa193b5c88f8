"""A disk without room: a small tmpfs, in a mount namespace of its own so that nothing stays mounted."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

PRELUDE = """
import os, sys, subprocess
from pathlib import Path
from bridge.engine import Attribute, HsmError, MechanismType, ReturnCode, Role
from bridge.store import create_home, open_home

mount = Path(sys.argv[1])
subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={sys.argv[2]}", "tmpfs", str(mount)], check=True)

def create(home):
    create_home(home, admin_password=b"admin-password", user="alice", password=b"alice-password")

def start(home):
    session = open_home(home).open_session()
    session.login(Role.CRYPTO_USER, "alice", b"alice-password")
    return session

def make(session, label):
    template = {Attribute.VALUE_LEN: 16, Attribute.TOKEN: True, Attribute.LABEL: label}
    return session.generate_key(MechanismType.AES_KEY_GEN, template)

def fill(path):
    with open(path, "wb", buffering=0) as file:
        try:
            while True: file.write(bytes(512))
        except OSError:
            pass

def expect_full(work):
    try:
        work()
    except HsmError as error:
        assert error.code is ReturnCode.DEVICE_MEMORY, (error.code.name, error.message)
        assert "full" in error.message and str(mount) in error.message, error.message
    else:
        raise AssertionError("there was room")
"""


def run(folder: Path, size: str, program: str) -> None:
    """Run a program with a tmpfs of that size at a folder; needs root or user namespaces."""
    namespace = ["unshare", "-m"] if os.geteuid() == 0 else ["unshare", "-rm"]
    if subprocess.run([*namespace, "true"], capture_output=True, check=False).returncode:
        pytest.skip("this machine allows no mount namespaces")
    mount = folder / "disk"
    mount.mkdir()
    command = [*namespace, sys.executable, "-c", PRELUDE + program, str(mount), size]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.strip()) == (0, "done"), done.stdout + done.stderr


def test_what_does_not_fit_is_refused_and_the_rest_stays(tmp_path: Path) -> None:
    run(
        tmp_path,
        "700k",
        """
create(mount / "home")
session = start(mount / "home")
made = {}
def fill_up():
    for number in range(100_000):
        made[make(session, str(number))] = str(number)
expect_full(fill_up)
assert len(made) > 10, len(made)
for _ in range(3):
    expect_full(lambda: make(session, "one more"))
def check(session):
    found = session.find({})
    assert {handle: session.attributes(handle)[Attribute.LABEL] for handle in found} == made
check(session)
subprocess.run(["mount", "-o", "remount,size=4M", str(mount)], check=True)
check(session)
made[make(session, "again")] = "again"
check(session)
check(start(mount / "home"))
print("done")
""",
    )


def test_a_full_disk_at_start_and_login(tmp_path: Path) -> None:
    run(
        tmp_path,
        "700k",
        """
create(mount / "home")
first = start(mount / "home")
handle = make(first, "key")
fill(mount / "ballast")
assert first.attributes(handle)
def second():
    session = start(mount / "home")
    assert session.find({}) == [handle]
    while True:
        make(session, "more")
expect_full(second)
os.unlink(mount / "ballast")
make(first, "again")
print("done")
""",
    )


@pytest.mark.parametrize("size", ["4k", "16k", "64k", "100k"])
def test_a_home_that_does_not_fit_is_not_made(tmp_path: Path, size: str) -> None:
    run(
        tmp_path,
        size,
        """
expect_full(lambda: create(mount / "home"))
assert list(mount.iterdir()) == []
print("done")
""",
    )


def test_wrong_passwords_that_cannot_be_counted_are_no_free_guesses(tmp_path: Path) -> None:
    """While the count cannot be kept on disk, the process keeps it."""
    run(
        tmp_path,
        "700k",
        """
create(mount / "home")
hsm = open_home(mount / "home")
fill(mount / "ballast")
for _ in range(40):
    try:
        hsm.open_session().login(Role.CRYPTO_USER, "alice", b"wrong-password")
    except HsmError as error:
        print(end="")
    else:
        raise AssertionError("logged in")
try:
    hsm.open_session().login(Role.CRYPTO_USER, "alice", b"alice-password")
except HsmError as error:
    print("done")
""",
    )


def test_a_home_is_made_where_a_disk_is_mounted(tmp_path: Path) -> None:
    """A volume mounted at the home's own place, as containers do."""
    run(
        tmp_path,
        "4M",
        """
create(mount)
session = start(mount)
handle = make(session, "key")
assert start(mount).find({}) == [handle]
assert mount.stat().st_mode & 0o777 == 0o700
assert {path.stat().st_mode & 0o777 for path in mount.rglob("*") if path.is_file()} == {0o600}
assert {path.stat().st_mode & 0o777 for path in mount.rglob("*") if path.is_dir()} == {0o700}
assert [path.name for path in mount.parent.iterdir()] == [mount.name]
print("done")
""",
    )
