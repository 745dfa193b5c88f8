"""``hsmbridge certs``: what it answers and refuses; the certificates themselves are in tests/server."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from cli.command import answer, process, run

ENVIRONMENT: dict[str, str] = {}


def refusal(home: Path, *arguments: str | Path) -> str:
    """Return the message of a verb that refuses."""
    result = run(home, ENVIRONMENT, "certs", *arguments)
    assert result.exit_code == 1
    envelope = json.loads(result.stdout)
    assert envelope["error_code"] == 1
    return str(envelope["data"])


def certs(home: Path, *arguments: str | Path) -> Any:
    """Return the answer of a verb."""
    return answer(run(home, ENVIRONMENT, "certs", *arguments))


def test_makes_a_ca_and_clients_lists_and_revokes_them(home: Path, tmp_path: Path) -> None:
    made = certs(home, "create", "--host", "hsm.example.org", "--host", "192.0.2.7")
    assert made["folder"] == str(home / "certs")
    assert made["hosts"] == ["localhost", "127.0.0.1", "::1", "hsm.example.org", "192.0.2.7"]
    assert made["expires"].endswith("Z")

    alice = certs(home, "client", "alice")
    bob = certs(home, "client", "bob", "--out", tmp_path / "bob")
    assert alice["folder"] == str(home / "certs" / "clients" / "alice")
    assert bob["folder"] == str(tmp_path / "bob")
    for client in (alice, bob):
        assert sorted(path.name for path in Path(client.pop("folder")).iterdir()) == [
            "ca.crt",
            "client.crt",
            "client.key",
        ]
        assert client["revoked"] is None
    assert certs(home, "list") == {"clients": [alice, bob]}

    (revoked,) = certs(home, "revoke", "alice")["revoked"]
    assert revoked["revoked"].endswith("Z")
    assert revoked == {**alice, "revoked": revoked["revoked"]}
    assert certs(home, "list") == {"clients": [revoked, bob]}


def test_renews_the_servers_certificate(home: Path) -> None:
    first = certs(home, "create", "--host", "a.example.org")
    assert certs(home, "renew")["hosts"] == first["hosts"]
    assert certs(home, "renew", "--host", "b.example.org")["hosts"][-1] == "b.example.org"


@pytest.mark.parametrize("arguments", [["client", "x"], ["list"], ["renew"], ["revoke", "x"]], ids=" ".join)
def test_before_there_is_a_ca_says_how_to_make_one(home: Path, arguments: list[str]) -> None:
    assert "`hsmbridge certs create`" in refusal(home, *arguments)
    assert not (home / "certs").exists()


def test_overwrites_nothing(home: Path) -> None:
    certs(home, "create")
    assert "There is a CA in" in refusal(home, "create")
    certs(home, "client", "alice")
    assert "has a certificate already" in refusal(home, "client", "alice")
    certs(home, "revoke", "alice")
    assert "client.key exists already" in refusal(home, "client", "alice")


def test_says_what_is_wrong_with_a_name(home: Path) -> None:
    assert "is neither the name nor the address of a host" in refusal(home, "create", "--host", "a b")
    certs(home, "create")
    assert "is no name for a client" in refusal(home, "client", "../x")
    assert "There is no client 'nobody'" in refusal(home, "revoke", "nobody")
    certs(home, "client", "x")
    certs(home, "revoke", "x")
    assert "is revoked already" in refusal(home, "revoke", "x")


def test_needs_an_hsm_so_that_init_finds_an_empty_folder(tmp_path: Path) -> None:
    assert "There is no HSM in" in refusal(tmp_path / "nothing", "create")
    (tmp_path / "empty").mkdir()
    assert "There is no HSM in" in refusal(tmp_path / "empty", "create")
    assert list((tmp_path / "empty").iterdir()) == []


def test_a_folder_that_cannot_be_written_is_named(home: Path, tmp_path: Path) -> None:
    certs(home, "create")
    (tmp_path / "file").write_text("")
    out = tmp_path / "file" / "folder"
    assert f"{out} cannot be written (Not a directory)" in refusal(home, "client", "alice", "--out", out)
    assert certs(home, "list") == {"clients": []}
    certs(home, "client", "alice")


def test_runs_as_a_process_with_paths_relative_to_where_it_runs(home: Path, tmp_path: Path) -> None:
    assert process(home, ENVIRONMENT, "certs", "create").returncode == 0
    result = process(home, ENVIRONMENT, "certs", "client", "alice", "--out", "here", cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    assert json.loads(result.stdout)["data"]["folder"] == str(tmp_path / "here")
    assert "PRIVATE" not in result.stdout + result.stderr
    assert (tmp_path / "here" / "client.key").stat().st_mode & 0o777 == 0o600
