"""The file that holds the master key."""

from __future__ import annotations

import base64
import json
import shutil
import stat
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from conftest import PASSWORDS, log_in
from engine.keys import expect_code, new_aes, refused

from bridge.engine import Hsm, HsmError, ReturnCode
from bridge.store import create_home, keyring, open_home
from store.tampering import opened, stock


@pytest.fixture(autouse=True)
def quick_scrypt(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keyring, "_SCRYPT", {"n": 2**10, "r": 8, "p": 1})
    monkeypatch.delenv("HSMBRIDGE_PASSPHRASE", raising=False)


@pytest.fixture
def sealed(tmp_path: Path) -> Path:
    """A home whose master key is sealed under a passphrase."""
    home = tmp_path / "sealed"
    create_home(
        home,
        admin_password=PASSWORDS["admin"],
        user="alice",
        password=PASSWORDS["alice"],
        passphrase="correct horse",
    )
    return home


def test_the_folder_and_its_files_are_the_owners_alone(home: Path, sealed: Path) -> None:
    for one in (home, sealed):
        with opened(one) if one is home else open_sealed(one) as hsm:
            new_aes(log_in(hsm, "alice"), TOKEN=True)
            assert stat.S_IMODE(one.stat().st_mode) == 0o700
            names = {path.name for path in one.iterdir()}
            assert {"hsm.db", "hsm.db-wal", "hsm.db-shm", "master.key", "generation", "logins"} == names
            for path in one.rglob("*"):
                assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path


def open_sealed(home: Path) -> closing[Hsm]:
    return closing(open_home(home, lambda: "correct horse"))


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644, 0o620, 0o610, 0o666, 0o777])
def test_a_file_that_others_can_read_is_refused(home: Path, mode: int) -> None:
    (home / "master.key").chmod(mode)
    with refused(ReturnCode.TOKEN_NOT_PRESENT, "chmod 600", "master.key", f"{mode:04o}"), opened(home):
        pass


def test_the_passphrase_opens_the_home(sealed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def ask() -> str:
        asked.append(1)
        return "correct horse"

    open_home(sealed, ask).close()
    assert asked == [1]
    monkeypatch.setenv("HSMBRIDGE_PASSPHRASE", "correct horse")
    open_home(sealed).close()


def test_a_home_without_passphrase_does_not_ask(home: Path) -> None:
    def ask() -> str:
        raise AssertionError

    open_home(home, ask).close()


@pytest.mark.parametrize("wrong", ["", "Correct horse", "correct horse ", "x" * 10_000, "\x00", "korrektes Roß"])
def test_another_passphrase_does_not(sealed: Path, wrong: str) -> None:
    with refused(ReturnCode.PIN_INCORRECT, "passphrase", str(sealed)) as refusal:
        open_home(sealed, lambda: wrong)
    assert not wrong or wrong not in refusal.message


def test_without_anybody_to_ask_the_message_names_the_variable(sealed: Path) -> None:
    with refused(ReturnCode.PIN_INCORRECT, "HSMBRIDGE_PASSPHRASE"):
        open_home(sealed)


@pytest.mark.parametrize("passphrase", ["", "\udcff"], ids=["empty", "no unicode"])
def test_a_passphrase_that_protects_nothing_or_is_no_text_is_refused(tmp_path: Path, passphrase: str) -> None:
    """An empty variable is one that somebody forgot to fill; bytes that are no UTF-8 arrive as lone surrogates."""
    home = tmp_path / "home"
    with pytest.raises(HsmError):
        create_home(
            home,
            admin_password=PASSWORDS["admin"],
            user="alice",
            password=PASSWORDS["alice"],
            passphrase=passphrase,
        )
    assert list(tmp_path.iterdir()) == []


def test_a_passphrase_that_is_no_text_is_a_wrong_one(sealed: Path) -> None:
    with refused(ReturnCode.PIN_INCORRECT):
        open_home(sealed, lambda: "\udcff")


def variants(content: dict[str, Any]) -> list[bytes]:
    """The file with parts missing, of other types, and with numbers that no scrypt has."""
    found = [b"", b"{", b"[]", b"null", b'"text"', b"\xff", b"[" * 100_000, json.dumps({"format": "2"}).encode()]
    junk: list[object] = [None, 0, -1, "", "x", [], {}, True, 1.5, float("inf"), float("nan"), 2**70, "é", "AA"]
    for name in content:
        found.append(json.dumps({key: value for key, value in content.items() if key != name}).encode())
        found += [json.dumps({**content, name: value}).encode() for value in junk]
    for name in content.get("scrypt", {}):
        scrypt = content["scrypt"]
        found.append(json.dumps({**content, "scrypt": {k: v for k, v in scrypt.items() if k != name}}).encode())
        found += [json.dumps({**content, "scrypt": {**scrypt, name: value}}).encode() for value in junk]
    return found


def accept(home: Path) -> None:
    """Expect a refusal in the HSM's own words, or a home that opens because the key is all the same the right one."""
    try:
        hsm = open_home(home, lambda: "correct horse")
    except HsmError as error:
        expect_code(error, ReturnCode.DEVICE_ERROR, ReturnCode.PIN_INCORRECT)
        if str(home) not in error.message:
            pytest.fail(error.message)
    else:
        log_in(hsm, "alice")
        hsm.close()


@pytest.mark.parametrize("which", ["home", "sealed"])
def test_a_file_that_is_not_what_was_written(request: pytest.FixtureRequest, which: str) -> None:
    home: Path = request.getfixturevalue(which)
    path = home / "master.key"
    original = path.read_bytes()
    for content in variants(json.loads(original)):
        path.write_bytes(content)
        accept(home)
    for at in range(len(original)):
        path.write_bytes(original[:at] + bytes([original[at] ^ 1]) + original[at + 1 :])
        accept(home)
        path.write_bytes(original[:at])
        accept(home)
    path.write_bytes(original)
    open_home(home, lambda: "correct horse").close()


def test_the_key_of_another_home_is_told_from_tampering(home: Path, sealed: Path, tmp_path: Path) -> None:
    stock(home)
    other = tmp_path / "other"
    create_home(other, admin_password=PASSWORDS["admin"], user="alice", password=PASSWORDS["alice"])
    shutil.copy(other / "master.key", home / "master.key")
    with refused(ReturnCode.DEVICE_ERROR, str(home), "master.key"), opened(home):
        pass


def test_a_missing_key_is_not_replaced(home: Path) -> None:
    (home / "master.key").unlink()
    with refused(ReturnCode.TOKEN_NOT_PRESENT, str(home)), opened(home):
        pass
    assert not (home / "master.key").exists()


def test_the_sealed_file_does_not_hold_the_key(sealed: Path) -> None:
    content = (sealed / "master.key").read_bytes()
    key = keyring.read(sealed / "master.key", "correct horse")
    assert len(key) == 32
    for form in (key, key.hex().encode(), base64.b64encode(key), b"correct horse"):
        assert form not in content
