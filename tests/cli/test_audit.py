"""``hsmbridge audit``."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from conftest import PASSWORDS, log_in
from engine.keys import new_aes, new_pair
from jvm.conftest import default_signals
from store.tampering import execute

from bridge.cli.audit_layout import text
from bridge.engine import Hsm, HsmError, ReturnCode, Role
from bridge.engine.audit import Event, Opcode, Record
from bridge.engine.users import Actor
from bridge.store import create_home
from cli.command import ADMIN, ALICE, answer, clean_environment, process, run

ALICE_RECORD = Record(2, 0xE8, Event(Opcode.LOGIN, 1513717277174902, 0x1004001, user=Actor(Role.CRYPTO_USER, "alice")))

LINES = [
    r"Time: \d\d/\d\d/\d\d \d\d:\d\d:\d\d\.\d{6}, usecs:\d{16}",
    r"Sequence No : 0x[0-9a-f]+",
    r"Reboot counter : 0x[0-9a-f]+",
    r"Command Type\(hex\) : CN_MGMT_CMD \(0x0\)",
    r"Opcode : CN_[A-Z0-9_]+ \(0x[0-9a-f]+\)",
    r"Session Handle : 0x[0-9a-f]+",
    r"Response : \d+:HSM (Return: SUCCESS|Error: .+)",
    r"Log type : [A-Z_]+ \(\d\)",
]
DETAILS: tuple[list[str], ...] = (
    [],
    [r"User Name : [a-z_]+", r"User Type : CN_(CRYPTO_USER \(1\)|CRYPTO_OFFICER \(2\)|APPLIANCE_USER \(5\))"],
    [r"Priv/Secret Key Handle : \d+", r"Public Key Handle : \d+"],
)


def lines(home: Path, *options: str) -> list[dict[str, Any]]:
    """Return the log as JSON."""
    result = run(home, {}, "audit", "show", "--json", *options)
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_the_layout_is_the_original_s() -> None:
    """The example of the user guide, "interpreting-audit-logs", but for the kind of user."""
    assert text(ALICE_RECORD) == (
        "Time: 12/19/17 21:01:17.174902, usecs:1513717277174902\n"
        "Sequence No : 0x2\n"
        "Reboot counter : 0xe8\n"
        "Command Type(hex) : CN_MGMT_CMD (0x0)\n"
        "Opcode : CN_LOGIN (0xd)\n"
        "Session Handle : 0x1004001\n"
        "Response : 0:HSM Return: SUCCESS\n"
        "Log type : MGMT_USER_DETAILS_LOG (2)\n"
        "User Name : alice\n"
        "User Type : CN_CRYPTO_USER (1)\n"
    )


@pytest.mark.parametrize(
    ("event", "line"),
    [
        (Event(Opcode.LOGIN, 0, response=ReturnCode.PIN_INCORRECT), "157:HSM Error: user isn't initialized or user"),
        (
            Event(Opcode.LOGIN, 0, user=Actor(Role.ADMIN, "admin"), response=ReturnCode.PIN_INCORRECT),
            "163:HSM Error: RET_USER_LOGIN_FAILURE",
        ),
        (Event(Opcode.SIGN, 0, response=ReturnCode.KEY_FUNCTION_NOT_PERMITTED), "104:HSM Error: CKR_KEY_FUNCTION_NOT"),
    ],
)
def test_refusals_are_worded_as_the_original_s_where_they_are_known(event: Event, line: str) -> None:
    assert f"\nResponse : {line}" in text(Record(0, 0, event))


def test_shows_everything_to_who_has_the_home(home: Path, hsm: Hsm) -> None:
    session = log_in(hsm, "alice")
    new_pair(session, TOKEN=True)
    with pytest.raises(HsmError):
        session.destroy(1)
    session.close()
    result = run(home, {}, "audit", "show")
    assert result.exit_code == 0
    records = result.stdout.split("\n\n")
    assert records.pop() == ""
    assert len(records) == 9
    for record in records:
        found = record.splitlines()
        for line, pattern in zip(found, LINES, strict=False):
            assert re.fullmatch(pattern, line), line
        rest = found[len(LINES) :]
        assert any(len(rest) == len(details) and all(map(re.fullmatch, details, rest)) for details in DETAILS), rest


def test_json_has_all_fields(home: Path, hsm: Hsm) -> None:
    session = log_in(hsm, "alice")
    key = new_aes(session)
    login, made = lines(home, "--since", "5")
    assert login["user"] == {"username": "alice", "role": "crypto-user"}
    assert datetime.fromisoformat(made["time"]).timestamp() == pytest.approx(made["usecs"] / 1e6)
    assert abs(datetime.now(UTC) - datetime.fromisoformat(made["time"])).total_seconds() < 60
    assert made == {
        "time": made["time"],
        "usecs": made["usecs"],
        "sequence-number": 6,
        "reboot-counter": login["reboot-counter"],
        "command-type": "CN_MGMT_CMD",
        "opcode": "CN_GENERATE_KEY",
        "session-handle": login["session-handle"],
        "response": 0,
        "response-name": "CKR_OK",
        "log-type": "MGMT_KEY_DETAILS_LOG",
        "actor": {"username": "alice", "role": "crypto-user"},
        "user": None,
        "key-reference": f"0x{key:016x}",
        "public-key-reference": None,
        "by-key-reference": None,
    }


def test_verbs_are_recorded_with_their_refusals(home: Path) -> None:
    run(home, ALICE, "keys")
    run(home, {**ALICE, "HSM_PASSWORD": "not-the-password"}, "keys")
    run(home, {**ALICE, "HSM_USER": "not_there"}, "keys")
    run(home, ADMIN, "configure", "--enable-audit-crypto")
    found = lines(home, "--since", "5")
    assert [(line["opcode"], line["response-name"], line["user"] and line["user"]["username"]) for line in found] == [
        ("CN_LOGIN", "CKR_OK", "alice"),
        ("CN_LOGIN", "CKR_PIN_INCORRECT", "alice"),
        ("CN_LOGIN", "CKR_PIN_INCORRECT", None),
        ("CN_LOGIN", "CKR_OK", "admin"),
        ("CN_CONFIGURE", "CKR_OK", None),
    ]
    printed = run(home, {}, "audit", "show").output + json.dumps(found)
    for secret in (*(password.decode() for password in PASSWORDS.values()), "not-the-password", "not_there"):
        assert secret not in printed


def test_verify_counts_what_is_intact(home: Path, hsm: Hsm) -> None:
    log_in(hsm, "alice")
    assert run(home, {}, "audit", "verify").stdout == f"The audit log of {home} is intact: 6 records.\n"
    assert answer(run(home, {}, "audit", "verify", "--json")) == {"records": 6, "intact": True}


def test_verify_names_the_first_record_that_is_wrong(home: Path, hsm: Hsm) -> None:
    log_in(hsm, "alice")
    execute(home, "UPDATE audit SET content = replace(content, '0', '1') WHERE sequence IN (2, 3)")
    result = process(home, {}, "audit", "verify")
    assert result.returncode == 1
    assert "record 2 (0x2)" in result.stderr
    assert result.stderr.count("\n") == 1
    shown = run(home, {}, "audit", "verify", "--json")
    assert shown.exit_code == 1
    assert "record 2 (0x2)" in json.loads(shown.stdout)["data"]


def test_a_passphrase_is_asked_for_by_verify_alone(tmp_path: Path) -> None:
    home = tmp_path / "home"
    create_home(home, admin_password=b"admin-password", user="alice", password=b"alice-password", passphrase="open")
    assert len(lines(home)) == 5
    assert run(home, {}, "audit", "verify").exit_code == 2
    assert run(home, {"HSMBRIDGE_PASSPHRASE": "wrong"}, "audit", "verify").exit_code == 1
    assert "5 records" in run(home, {"HSMBRIDGE_PASSPHRASE": "open"}, "audit", "verify").stdout


@pytest.mark.parametrize("verb", ["show", "verify"])
def test_says_so_where_there_is_no_hsm(tmp_path: Path, verb: str) -> None:
    result = run(tmp_path / "nothing", {}, "audit", verb)
    assert result.exit_code == 1
    assert "hsmbridge init" in result.stderr
    assert not (tmp_path / "nothing").exists()


@pytest.fixture
def follower(home: Path) -> Iterator[subprocess.Popen[str]]:
    """``hsmbridge audit show --follow`` from the sixth record on."""
    command = [sys.executable, "-m", "bridge.cli", "audit", "show", "--json", "--since", "5", "--follow"]
    environment = clean_environment(home, {})
    started = subprocess.Popen(
        command,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=default_signals,
    )
    yield started
    started.kill()
    started.communicate()


def test_follows_until_ctrl_c(hsm: Hsm, follower: subprocess.Popen[str]) -> None:
    assert follower.stdout is not None
    for number in (5, 6):
        log_in(hsm, "alice")
        assert json.loads(follower.stdout.readline())["sequence-number"] == number
    follower.send_signal(signal.SIGINT)
    assert follower.wait(20) == 0
    assert follower.stderr is not None
    assert follower.stderr.read() == ""
