"""``hsmbridge keytool``, ``jarsigner`` and ``java``: what reaches the tool."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NoReturn

import pytest

import bridge.jvm
from cli.command import ADMIN, ALICE, run
from cli.terminal import converse

UNTOUCHED = [
    ["-help"],
    [],
    ["-genkeypair", "-alias", "a b", "-dname", "CN=ü"],
    ["--help", "--help"],
    ["-x", "--help"],
    ["--home", "elsewhere", "--version"],
    ["--", "-J-Xmx1g", "--", ""],
    ["-h"],
]


@pytest.mark.parametrize("tool", ["keytool", "jarsigner", "java"])
@pytest.mark.parametrize("arguments", UNTOUCHED, ids=" ".join)
def test_passes_every_argument_through(
    home: Path, monkeypatch: pytest.MonkeyPatch, tool: str, arguments: list[str]
) -> None:
    seen: list[tuple[Sequence[str], Callable[[], str | None]]] = []

    def record(given: Sequence[str], passphrase: Callable[[], str | None]) -> NoReturn:
        seen.append((given, passphrase))
        raise SystemExit(7)

    monkeypatch.setattr(bridge.jvm, f"run_{tool}", record)
    result = run(home, {"HSMBRIDGE_PASSPHRASE": "a passphrase"}, tool, *arguments)

    assert result.exit_code == 7
    ((given, passphrase),) = seen
    assert list(given) == arguments
    monkeypatch.setenv("HSMBRIDGE_PASSPHRASE", "a passphrase")
    assert passphrase() == "a passphrase"


@pytest.mark.parametrize("tool", ["keytool", "jarsigner", "java"])
def test_help_says_how_to_get_the_tool_s_own(home: Path, tool: str) -> None:
    result = run(home, {}, tool, "--help")
    assert result.exit_code == 0
    assert f"`hsmbridge {tool} -help` shows the tool's own help." in result.stdout


def test_who_gives_no_passphrase_is_not_told_of_the_jvm(tmp_path: Path) -> None:
    sealed = {**ADMIN, **ALICE, "HSMBRIDGE_PASSPHRASE": "a long passphrase"}
    assert run(tmp_path / "home", sealed, "init", "--passphrase").exit_code == 0
    listing = ["keytool", "-list", "-keystore", "NONE", "-storetype", "CloudHSM", "-storepass", "a-password"]
    code, shown = converse(tmp_path / "home", ALICE, listing, [("Passphrase of", "\x04")])
    assert code == 1
    assert "Aborted!" in shown
    assert "Java Virtual Machine" not in shown
