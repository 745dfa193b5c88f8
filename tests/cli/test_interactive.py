"""``interactive``: scripted, and on a terminal."""

from __future__ import annotations

import json
import stat
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from conftest import PASSWORDS

from bridge.cli.commands.completion import completions
from bridge.cli.commands.terminal import History, may_hold_a_secret
from bridge.engine import Session
from cli.command import ALICE, clean_environment, refusal, run
from cli.terminal import converse

LOGIN = f"login --username alice --role crypto-user --password {PASSWORDS['alice'].decode()}"


def script(home: Path, *lines: str, environment: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Run a session whose commands come from a pipe."""
    return subprocess.run(
        [sys.executable, "-m", "bridge.cli", "interactive"],
        env=clean_environment(home, environment or {}),
        input="".join(f"{line}\n" for line in lines),
        capture_output=True,
        text=True,
        check=False,
    )


def envelopes(text: str) -> list[dict[str, Any]]:
    """Return the JSON objects that stand one after the other in a text."""
    decoder, found = json.JSONDecoder(), []
    while text := text.strip():
        value, end = decoder.raw_decode(text)
        found.append(value)
        text = text[end:]
    return found


def test_one_session_serves_all_commands_of_a_script(home: Path, session: Session) -> None:
    result = script(
        home,
        LOGIN,
        "",
        "# a comment",
        "key generate-symmetric aes --label 'my key' --key-length-bytes 16 --session",
        'key list --filter attr.label="my key"  # and another',
        "logout",
        "key list",
        LOGIN,
        "key list",
    )
    assert (result.returncode, result.stderr) == (0, "")
    made = envelopes(result.stdout)

    assert [envelope["error_code"] for envelope in made] == [0, 0, 0, 0, 1, 0, 0]
    assert made[0]["data"] == {"username": "alice", "role": "crypto-user"}
    assert made[2]["data"]["returned_key_count"] == 1
    assert made[3]["data"] == "Logout successful"
    assert "log in" in made[4]["data"]
    assert made[6]["data"]["total_key_count"] == 0
    assert session.find({}) == []


@pytest.mark.parametrize("end", ["quit", "exit"])
def test_leaves_at_quit(home: Path, end: str) -> None:
    result = script(home, LOGIN, end, "key list")
    assert (result.returncode, len(envelopes(result.stdout))) == (0, 1)


def test_mistakes_do_not_end_the_session(home: Path) -> None:
    result = script(home, "key lst", "key list --nonsense", "key list 'open", "interactive", LOGIN, "key list")
    assert result.returncode == 0
    assert [envelope["error_code"] for envelope in envelopes(result.stdout)] == [0, 0]
    assert "Did you mean 'list'?" in result.stderr
    assert "quotation mark" in result.stderr
    assert "interactive mode already" in result.stderr
    assert "Traceback" not in result.stderr


def test_a_login_does_not_replace_another(home: Path) -> None:
    result = script(home, LOGIN, LOGIN)
    assert [envelope["error_code"] for envelope in envelopes(result.stdout)] == [0, 1]


def test_passwords_may_come_from_the_environment_of_that_user(home: Path) -> None:
    lines = [f"login --username {name} --role crypto-user" for name in ("alice", "bob")]
    result = script(home, lines[0], "logout", lines[1], environment=ALICE)
    assert [envelope["error_code"] for envelope in envelopes(result.stdout)] == [0, 0]
    assert "no terminal to ask on" in result.stderr


def test_help_comes_before_or_after(home: Path) -> None:
    before, after = script(home, "help key list"), script(home, "key list --help")
    assert before.stdout == after.stdout
    assert before.stdout.startswith("Usage: key list [OPTIONS]")
    assert "generate-symmetric" in script(home, "help key").stdout
    assert "crypto" in script(home, "help").stdout


def test_where_the_hsm_is_was_said_before(home: Path, tmp_path: Path) -> None:
    result = script(home, f"key list --home {tmp_path}", f"user list --endpoint unix:{tmp_path}/s")
    assert result.stdout == ""
    assert result.stderr.count("its session stays where it is") == 2
    assert "create one with `hsmbridge init`" in refusal(run(tmp_path / "none", {}, "interactive"))


def test_a_terminal_has_a_prompt_and_hides_passwords(home: Path, tmp_path: Path) -> None:
    password = PASSWORDS["alice"].decode()
    environment = {"XDG_STATE_HOME": str(tmp_path / "state"), "PROMPT_TOOLKIT_NO_CPR": "1", "TERM": "xterm"}
    prompt = "aws-cloudhsm >"
    code, shown = converse(
        home,
        environment,
        ["interactive"],
        [
            (prompt, "login --username alice --role crypto-user"),
            ("Enter password:", password),
            ('"role": "crypto-user"', "key list"),
            ('"returned_key_count": 0', "login --username bob --role crypto-user --password bobs-secret"),
            ("already logged in", "quit"),
        ],
    )
    assert code == 0, shown
    assert password not in shown

    history = tmp_path / "state" / "hsmbridge" / "history"
    kept = history.read_text()
    assert "+key list" in kept
    assert "bobs-secret" not in kept
    assert stat.S_IMODE(history.stat().st_mode) == 0o600


def test_the_end_of_input_ends_a_terminal_session(home: Path, tmp_path: Path) -> None:
    environment = {"XDG_STATE_HOME": str(tmp_path / "state"), "PROMPT_TOOLKIT_NO_CPR": "1", "TERM": "xterm"}
    code, shown = converse(home, environment, ["interactive"], [("aws-cloudhsm >", "\x04")])
    assert code == 0, shown


@pytest.mark.parametrize(
    ("line", "secret"),
    [
        ("key list --filter attr.label=k", False),
        ("user change-password --username bob --role crypto-user", False),
        ("login --username alice --role crypto-user --password x", True),
        ("login --username alice --role crypto-user --pasword x", True),
        ("login --username alice --role crypto-user --passwd=x", True),
        ("user change-mfa token-sign --change-password x", True),
        ("CLOUDHSM_PIN=alice:x key list", True),
        ("cluster activate --PASSWORD x", True),
    ],
)
def test_lines_that_may_hold_a_secret_are_known(line: str, secret: bool) -> None:
    assert may_hold_a_secret(line) is secret


def test_the_history_is_kept_between_sessions(tmp_path: Path) -> None:
    path = tmp_path / "state" / "history"
    history = History(path)
    history.append_string("key list")
    history.append_string("login --password secret-password")
    assert "secret-password" not in path.read_text()
    assert list(History(path).load_history_strings()) == ["key list"]


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("cry", ["crypto"]),
        ("key gen", ["generate-symmetric", "generate-asymmetric-pair", "generate-file"]),
        ("help key del", ["delete"]),
        ("key list --ma", ["--max-items"]),
        ("key list --filter attr.cl", ["attr.class="]),
        (
            "key list --filter attr.class=private-key attr.mod",
            ["attr.modifiable=", "attr.modulus=", "attr.modulus-size-bits="],
        ),
        ("key generate-asymmetric-pair ec --curve secp2", ["secp256r1", "secp224r1", "secp256k1"]),
        ("key generate-symmetric aes --attributes dec", ["decrypt="]),
        ("key set-attribute --name wrap-w", ["wrap-with-trusted"]),
        ("login --role ", ["admin", "crypto-user"]),
        ("key list --home", []),
        ("nonsense ", []),
    ],
)
def test_completion(line: str, offered: list[str]) -> None:
    assert [text for text, _ in completions(line)] == offered
