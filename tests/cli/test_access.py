"""Who logs in for a command, and where."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from conftest import PASSWORDS

from bridge.engine import Attribute, Hsm, MechanismType, Role, Session
from bridge.engine.attributes import Attributes
from cli.command import ADMIN, ALICE, BOB, answer, refusal, run
from cli.terminal import converse

PIN = {"CLOUDHSM_ROLE": "crypto-user", "CLOUDHSM_PIN": f"alice:{PASSWORDS['alice'].decode()}"}
LIST = ("key", "list")


@pytest.fixture
def key(session: Session) -> None:
    """A key of alice."""
    template: Attributes = {Attribute.TOKEN: True, Attribute.LABEL: "k", Attribute.VALUE_LEN: 16}
    session.generate_key(MechanismType.AES_KEY_GEN, template)


@pytest.mark.parametrize(
    "environment",
    [
        PIN,
        {"CLOUDHSM_PIN": PIN["CLOUDHSM_PIN"]},
        {**PIN, "CLOUDHSM_PIN": PIN["CLOUDHSM_PIN"].replace("alice:", "ALICE:")},
        {**PIN, **BOB},
        ALICE,
        {**ALICE, "CLOUDHSM_ROLE": "crypto-user"},
    ],
)
def test_logs_in_as_the_variables_say(home: Path, key: None, environment: dict[str, str]) -> None:
    assert answer(run(home, environment, *LIST))["total_key_count"] == 1


def test_a_password_may_hold_colons(home: Path, admin: Session) -> None:
    admin.change_password(Role.CRYPTO_USER, "alice", b"pass:with:colons")
    assert answer(run(home, {"CLOUDHSM_PIN": "alice:pass:with:colons"}, *LIST))["total_key_count"] == 0


def test_an_admin_may_use_the_same_variables(home: Path) -> None:
    admin = {"CLOUDHSM_ROLE": "admin", "CLOUDHSM_PIN": f"admin:{PASSWORDS['admin'].decode()}"}
    new = {"HSMBRIDGE_NEW_PASSWORD": "alice's new one"}
    arguments = ["user", "change-password", "--username", "alice", "--role", "crypto-user"]
    assert answer(run(home, {**admin, **new}, *arguments)) == {"username": "alice", "role": "crypto-user"}
    assert answer(run(home, {"CLOUDHSM_PIN": "alice:alice's new one"}, *LIST))["total_key_count"] == 0


def test_a_user_changes_the_own_password_only(home: Path) -> None:
    arguments = ["user", "change-password", "--role", "crypto-user", "--password", "a new password", "--username"]
    assert "Only an admin" in refusal(run(home, PIN, *arguments, "bob"))
    assert answer(run(home, PIN, *arguments, "alice"))
    assert answer(run(home, {"CLOUDHSM_PIN": "alice:a new password"}, *LIST))


@pytest.mark.parametrize(
    ("environment", "why"),
    [
        ({"CLOUDHSM_PIN": "alice"}, "a colon"),
        ({"CLOUDHSM_PIN": ":secret-password"}, "a colon"),
        ({**PIN, "CLOUDHSM_ROLE": "officer"}, "CLOUDHSM_ROLE is admin or crypto-user"),
        ({}, "HSM_USER is not set"),
        ({"CLOUDHSM_ROLE": "admin"}, "HSMBRIDGE_ADMIN_PASSWORD is not set"),
    ],
)
def test_what_is_missing_or_malformed_is_wrong_usage(home: Path, environment: dict[str, str], why: str) -> None:
    result = run(home, environment, *LIST)
    assert (result.exit_code, result.stdout) == (2, "")
    assert why in result.stderr
    assert "secret-password" not in result.output


def test_login_tells_whether_it_would_succeed(home: Path) -> None:
    one = ["login", "--username", "Alice", "--role", "crypto-user"]
    assert answer(run(home, ALICE, *one)) == {"username": "alice", "role": "crypto-user"}
    assert answer(run(home, {}, *one, "--password", PASSWORDS["alice"].decode()))
    assert "Wrong password" in refusal(run(home, {}, *one, "--password", "wrong-password"))
    assert run(home, BOB, *one).exit_code == 2
    assert answer(run(home, ADMIN, "login", "--username", "admin", "--role", "admin"))["role"] == "admin"
    assert "logs in and out by itself" in refusal(run(home, ALICE, "logout"))


def test_passwords_are_typed_unseen(home: Path) -> None:
    password = PASSWORDS["alice"].decode()
    code, shown = converse(
        home, {}, ["login", "--username", "alice", "--role", "crypto-user"], [("Enter password:", password)]
    )
    assert code == 0
    assert '"username": "alice"' in shown
    assert password not in shown

    arguments = ["user", "change-password", "--username", "alice", "--role", "crypto-user"]
    answers = [("Enter password:", "alice's new one"), ("Confirm password:", "alice's new one")]
    code, shown = converse(home, PIN, arguments, answers)
    assert code == 0
    assert "new one" not in shown
    assert answer(run(home, {**ALICE, "HSM_PASSWORD": "alice's new one"}, *LIST))


def test_a_cluster_is_found_by_its_identifier(home: Path, key: None, tmp_path: Path) -> None:
    clusters = {"HSMBRIDGE_CLUSTERS": f"cluster-1={home}{os.pathsep}cluster-2={tmp_path / 'none'}"}
    elsewhere = tmp_path / "elsewhere"
    found = run(elsewhere, {**ALICE, **clusters}, *LIST, "--cluster-id", "cluster-1")
    assert answer(found)["total_key_count"] == 1
    message = refusal(run(home, {**ALICE, **clusters}, *LIST, "--cluster-id", "cluster-3"))
    assert "There is no cluster 'cluster-3'" in message
    assert answer(run(elsewhere, ALICE, *LIST, "--home", home))["total_key_count"] == 1


@pytest.mark.parametrize(
    "arguments",
    [["--endpoint", "unix:/s", "--home", "x"], ["--endpoint", "h:1", "--cluster-id", "c"], ["--client-key", "k"]],
)
def test_contradicting_places_are_wrong_usage(home: Path, arguments: list[str]) -> None:
    assert run(home, ALICE, *LIST, *arguments).exit_code == 2


@pytest.mark.parametrize("where", [{"HSMBRIDGE_ENDPOINT": "h:1"}, {}])
def test_an_endpoint_is_connected_to_with_its_files(
    home: Path, hsm: Hsm, key: None, monkeypatch: pytest.MonkeyPatch, where: dict[str, str]
) -> None:
    asked: list[object] = []

    def connect(endpoint: str, cluster: str | None, **files: Path | None) -> Session:
        assert cluster is None
        asked.append((endpoint, files))
        return hsm.open_session()

    monkeypatch.setitem(sys.modules, "bridge.server.client", SimpleNamespace(connect=connect))
    files = ["--hsm-ca-cert", "ca.pem", "--client-cert", "c.pem", "--client-key", "k.pem"]
    option = [] if where else ["--endpoint", "h:1"]
    found = run(home / "none", {**ALICE, **where}, *LIST, *option, *files)

    assert answer(found)["total_key_count"] == 1
    assert asked == [("h:1", {"ca": Path("ca.pem"), "certificate": Path("c.pem"), "key": Path("k.pem")})]
    local = run(home, {**ALICE, **where}, *LIST, "--home", str(home))
    assert answer(local)["total_key_count"] == 1
    assert len(asked) == 1
