"""Help, usage errors, and what they do without."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import click
import pytest

from bridge.cli import VERBS, cli
from bridge.cli.commands import COMMANDS
from cli.command import process, run


def commands(group: click.Group = cli) -> list[tuple[str, ...]]:
    """Return all verbs, the verbs of those that have some, and so on."""
    context = click.Context(group)
    found: list[tuple[str, ...]] = []
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        inner = commands(command) if isinstance(command, click.Group) else []
        found += [(name,), *((name, *words) for words in inner)]
    return found


def test_every_row_of_the_table_is_a_command() -> None:
    assert set(COMMANDS) <= {" ".join(words) for words in commands()}


@pytest.mark.parametrize("command", commands(), ids=" ".join)
def test_every_verb_has_help_with_an_example_and_its_environment(tmp_path: Path, command: tuple[str, ...]) -> None:
    result = run(tmp_path, {}, *command, "--help")

    assert result.exit_code == 0
    assert result.stdout.startswith(f"Usage: hsmbridge {' '.join(command)} ")
    assert "Example:" in result.stdout
    assert "nvironment" in result.stdout
    # The words of one command have options between them.
    assert re.search(f"hsmbridge {'.*'.join(command)}", result.stdout.partition("Example:")[2])


def test_help_lists_every_verb_and_the_exit_codes(tmp_path: Path) -> None:
    result = run(tmp_path, {}, "--help")

    assert result.exit_code == 0
    for name, verb in VERBS.items():
        assert f"{name} " in result.stdout
        assert verb.summary in result.stdout
    assert "Exit codes:" in result.stdout


def test_help_loads_neither_the_engine_nor_jpype() -> None:
    code = (
        "import sys; from click.testing import CliRunner; from bridge.cli import cli\n"
        "for verb in ([], ['keytool'], ['java']): assert CliRunner().invoke(cli, [*verb, '--help']).exit_code == 0\n"
        "print([name for name in ('jpype', 'bridge.engine', 'cryptography', 'sqlite3') if name in sys.modules])"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout == "[]\n"


@pytest.mark.parametrize(
    ("arguments", "nearest"),
    [(["kays"], "'keys'"), (["key", "lst"], "'list'"), (["key", "wrap", "aes-gmc"], "'aes-gcm'")],
)
def test_an_unknown_command_is_refused_with_the_nearest(tmp_path: Path, arguments: list[str], nearest: str) -> None:
    result = run(tmp_path, {}, *arguments)
    assert result.exit_code == 2
    assert "Did you mean" in result.stderr
    assert nearest in result.stderr


@pytest.mark.parametrize("arguments", [["nonsense"], ["keys", "--nonsense"], ["import"], ["keys", "extra"]])
def test_wrong_usage_has_exit_code_two(tmp_path: Path, arguments: list[str]) -> None:
    result = run(tmp_path, {}, *arguments)
    assert result.exit_code == 2
    assert "Try 'hsmbridge" in result.stderr


def test_the_version_is_the_package_s(tmp_path: Path) -> None:
    from bridge import __version__

    assert run(tmp_path, {}, "--version").stdout == f"hsmbridge, version {__version__}\n"


def test_prints_where_the_jar_is(tmp_path: Path) -> None:
    result = process(tmp_path, {}, "jar")
    assert result.returncode == 0, result.stderr
    assert Path(result.stdout.strip()).is_file()


def test_a_fault_of_the_program_shows_where_it_happened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> Path:
        raise ZeroDivisionError("a fault")

    monkeypatch.setattr("bridge.cli.jar.jar_path", broken)
    with pytest.raises(ZeroDivisionError):
        run(tmp_path, {}, "jar")
