"""``hsmbridge init``."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from bridge.engine import HsmError, ReturnCode, Role
from bridge.store import open_home
from cli.command import process, run
from cli.terminal import converse

NEW = {"HSMBRIDGE_ADMIN_PASSWORD": "the-admin's-secret", "HSM_USER": "Carol", "HSM_PASSWORD": "carol's-secret"}
PASSPHRASE = {"HSMBRIDGE_PASSPHRASE": "a long passphrase"}


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_creates_an_hsm_with_its_first_users(tmp_path: Path) -> None:
    home = tmp_path / "new" / "home"
    result = run(home, NEW, "init")

    assert result.exit_code == 0
    assert result.stdout == f"Created an HSM in {home}, with the admin 'admin' and the crypto user 'carol'.\n"
    hsm = open_home(home)
    hsm.open_session().login(Role.ADMIN, "admin", b"the-admin's-secret")
    hsm.open_session().login(Role.CRYPTO_USER, "carol", b"carol's-secret")
    hsm.close()


def test_shows_no_password_and_lets_nobody_else_read(tmp_path: Path) -> None:
    home = tmp_path / "home"
    result = process(home, {**NEW, **PASSPHRASE}, "init")

    assert result.returncode == 0, result.stderr
    for secret in (NEW["HSMBRIDGE_ADMIN_PASSWORD"], NEW["HSM_PASSWORD"], PASSPHRASE["HSMBRIDGE_PASSPHRASE"]):
        assert secret not in result.stdout + result.stderr
        assert not [file for file in home.iterdir() if secret.encode() in file.read_bytes()]
    assert mode(home) == 0o700
    assert {mode(file) for file in home.iterdir()} == {0o600}


def test_refuses_a_second_hsm_in_one_folder(home: Path) -> None:
    before = {file.name: file.read_bytes() for file in home.iterdir()}
    result = run(home, NEW, "init")

    assert result.exit_code == 1
    assert result.stderr.startswith(f"hsmbridge: {home} is not empty")
    assert {file.name: file.read_bytes() for file in home.iterdir()} == before


def test_says_that_the_folder_is_taken_before_it_asks_for_anything(home: Path) -> None:
    result = run(home, {}, "init")

    assert result.exit_code == 1
    assert result.stderr.startswith(f"hsmbridge: {home} is not empty")


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"HSM_USER": "carol smith"}, "letters, digits or underscores"),
        ({"HSM_USER": "c" * 32}, "letters, digits or underscores"),
        ({"HSM_PASSWORD": "seven77"}, "8 to 32 characters"),
        ({"HSMBRIDGE_ADMIN_PASSWORD": "x" * 33}, "8 to 32 characters"),
    ],
)
def test_refuses_bad_names_and_passwords_and_leaves_nothing(tmp_path: Path, wrong: dict[str, str], why: str) -> None:
    result = run(tmp_path / "home", {**NEW, **wrong}, "init")

    assert result.exit_code == 1
    assert result.stderr.startswith("hsmbridge: ")
    assert why in result.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("missing", NEW)
def test_names_the_variable_that_is_missing_where_it_cannot_ask(tmp_path: Path, missing: str) -> None:
    result = run(tmp_path / "home", {name: value for name, value in NEW.items() if name != missing}, "init")

    assert result.exit_code == 2
    assert f"{missing} is not set" in result.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("arguments", [["init", "--passphrase"], ["init"]])
def test_seals_the_home_under_a_passphrase(tmp_path: Path, arguments: list[str]) -> None:
    home = tmp_path / "home"
    assert run(home, {**NEW, **PASSPHRASE}, *arguments).exit_code == 0

    assert run(home, {**NEW, **PASSPHRASE}, "keys").exit_code == 0
    missing = run(home, NEW, "keys")
    assert missing.exit_code == 2
    assert "HSMBRIDGE_PASSPHRASE is not set" in missing.stderr
    wrong = run(home, {**NEW, "HSMBRIDGE_PASSPHRASE": "another"}, "keys")
    assert wrong.exit_code == 1
    assert "Wrong passphrase" in wrong.stderr


def test_a_passphrase_that_is_missing_leaves_nothing(tmp_path: Path) -> None:
    result = run(tmp_path / "home", NEW, "init", "--passphrase")

    assert result.exit_code == 2
    assert "HSMBRIDGE_PASSPHRASE is not set" in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_asks_twice_on_a_terminal_and_shows_nothing_secret(tmp_path: Path) -> None:
    home = tmp_path / "home"
    answers = [
        ("New password for admin", "admin-typed"),
        ("Repeat", "admin-mistyped"),
        ("New password for admin", "admin-typed"),
        ("Repeat", "admin-typed"),
        ("Name of the first crypto user", "dave"),
        ("New password for crypto user dave", "dave-typed"),
        ("Repeat", "dave-typed"),
    ]
    code, shown = converse(home, {}, ["init"], answers)

    assert code == 0, shown
    assert "-typed" not in shown
    assert "-mistyped" not in shown
    hsm = open_home(home)
    hsm.open_session().login(Role.CRYPTO_USER, "dave", b"dave-typed")
    with pytest.raises(HsmError) as refusal:
        hsm.open_session().login(Role.ADMIN, "admin", b"admin-mistyped")
    assert refusal.value.code is ReturnCode.PIN_INCORRECT
    hsm.close()


def test_the_option_home_counts_more_than_the_variable(tmp_path: Path) -> None:
    result = process(tmp_path / "variable", NEW, "init", "--home", "option", cwd=tmp_path)

    assert result.returncode == 0, result.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["option"]
    listed = process(tmp_path / "variable", NEW, "--home", "option", "keys", cwd=tmp_path)
    assert listed.stdout == f"Crypto user 'carol' sees no keys in {tmp_path / 'option'}.\n"
