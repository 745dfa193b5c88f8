"""``hsmbridge configure``, and the mode that ``hsmbridge init`` chooses."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bridge.engine import Hsm
from bridge.engine.settings import Mode, Settings
from bridge.store import open_home
from cli.command import ADMIN, ALICE, answer, process, run

DEFAULTS = {
    "mode": "non-fips",
    "hsm-type": "hsm2m.medium",
    "clear-key-extraction-in-software": False,
    "implicit-import": True,
    "audit-crypto": False,
}
NEW = {**ADMIN, "HSM_USER": "carol", "HSM_PASSWORD": "carol's-secret"}


def settings(home: Path) -> Settings:
    hsm = open_home(home)
    try:
        return hsm.settings
    finally:
        hsm.close()


def defaults(home: Path) -> dict[str, object]:
    """Return what is shown of a new home, which has no configuration file."""
    return DEFAULTS | {"config-file": str(home / "cloudhsm-jce.cfg"), "config": None}


def test_shows_the_settings_to_who_can_open_the_home(home: Path) -> None:
    assert answer(run(home, {}, "configure")) == defaults(home)


@pytest.mark.parametrize(
    ("option", "name", "field"),
    [
        ("clear-key-extraction-in-software", "clear-key-extraction-in-software", "clear_extraction"),
        ("implicit-import", "implicit-import", "implicit_import"),
        ("audit-crypto", "audit-crypto", "audit_crypto"),
    ],
)
def test_switches_on_and_off(home: Path, hsm: Hsm, option: str, name: str, field: str) -> None:
    for value in (True, False, True):
        shown = answer(run(home, ADMIN, "configure", f"--{'enable' if value else 'disable'}-{option}"))
        assert shown == defaults(home) | {name: value}
        assert getattr(hsm.settings, field) is value
        assert answer(run(home, {}, "configure")) == shown


def test_switches_both_at_once(home: Path) -> None:
    options = ["--enable-clear-key-extraction-in-software", "--disable-implicit-import"]
    result = process(home, ADMIN, "configure", *options)

    assert result.returncode == 0, result.stderr
    assert settings(home) == Settings(clear_extraction=True, implicit_import=False)


@pytest.mark.parametrize("option", ["--enable-clear-key-extraction-in-software", "--enable-implicit-import"])
def test_takes_the_admins_password(home: Path, option: str) -> None:
    wrong = run(home, {"HSMBRIDGE_ADMIN_PASSWORD": "not-the-password"}, "configure", option)
    assert wrong.exit_code == 1
    envelope = json.loads(wrong.stdout)
    assert envelope["error_code"] == 1
    assert "Wrong password" in envelope["data"]
    assert "not-the-password" not in wrong.output
    missing = run(home, ALICE, "configure", option)
    assert missing.exit_code == 2
    assert "HSMBRIDGE_ADMIN_PASSWORD is not set" in missing.stderr
    assert settings(home) == Settings()


def test_says_so_where_there_is_no_hsm(tmp_path: Path) -> None:
    result = run(tmp_path / "nothing", ADMIN, "configure")
    assert result.exit_code == 1
    assert "create one with `hsmbridge init`" in json.loads(result.stdout)["data"]


@pytest.mark.parametrize("option", ["--mode=fips", "--enable-fips", "--clear-extraction"])
def test_has_no_other_option(home: Path, option: str) -> None:
    result = run(home, ADMIN, "configure", option)
    assert result.exit_code == 2
    assert settings(home) == Settings()


@pytest.mark.parametrize(
    ("arguments", "mode", "kind"),
    [
        ([], Mode.NON_FIPS, "an HSM"),
        (["--mode", "non-fips"], Mode.NON_FIPS, "an HSM"),
        (["--mode", "fips"], Mode.FIPS, "an HSM in FIPS mode"),
    ],
)
def test_init_chooses_the_mode(tmp_path: Path, arguments: list[str], mode: Mode, kind: str) -> None:
    home = tmp_path / "home"
    result = run(home, NEW, "init", *arguments)

    assert result.exit_code == 0, result.stderr
    assert result.stdout.startswith(f"Created {kind} in {home}, with the admin")
    assert answer(run(home, {}, "configure")) == defaults(home) | {"mode": mode.value}
    again = run(home, NEW, "init", "--mode", "fips" if mode is Mode.NON_FIPS else "non-fips")
    assert again.exit_code == 1
    assert settings(home) == Settings(mode)


@pytest.mark.parametrize(
    ("arguments", "shown"),
    [
        (["--hsm-type", "hsm2m.medium"], {"hsm-type": "hsm2m.medium", "mode": "non-fips"}),
        (["--hsm-type", "hsm1.medium"], {"hsm-type": "hsm1.medium", "mode": "fips"}),
        (["--hsm-type", "hsm1.medium", "--mode", "fips"], {"hsm-type": "hsm1.medium", "mode": "fips"}),
    ],
)
def test_init_chooses_the_type(tmp_path: Path, arguments: list[str], shown: dict[str, str]) -> None:
    home = tmp_path / "home"
    result = run(home, NEW, "init", *arguments)

    assert result.exit_code == 0, result.stderr
    assert answer(run(home, {}, "configure")) == defaults(home) | shown


def test_init_refuses_a_type_in_a_mode_that_it_does_not_have(tmp_path: Path) -> None:
    result = run(tmp_path / "home", {}, "init", "--hsm-type", "hsm1.medium", "--mode", "non-fips")
    assert result.exit_code == 1
    assert result.stderr.startswith("hsmbridge: An HSM of the type hsm1.medium does not exist in the mode non-fips")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["hsm3.large", "HSM1.MEDIUM", "hsm2m"])
def test_init_knows_no_other_type(tmp_path: Path, name: str) -> None:
    result = run(tmp_path / "home", NEW, "init", "--hsm-type", name)
    assert result.exit_code == 2
    assert list(tmp_path.iterdir()) == []


def test_init_knows_no_other_mode(tmp_path: Path) -> None:
    result = run(tmp_path / "home", NEW, "init", "--mode", "FIPS-140")
    assert result.exit_code == 2
    assert list(tmp_path.iterdir()) == []
