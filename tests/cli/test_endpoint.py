"""The commands on a daemon: the same answers as on a home."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from server.daemon import Daemon, running

from cli.command import ADMIN, ALICE, answer, refusal, run
from cli.dialogue import dialogue
from cli.test_quorum import log_in, register

OPEN = [
    ["user", "list"],
    ["cluster", "hsm-info"],
    ["cluster", "mtls", "get-enforcement"],
    ["quorum", "token-sign", "list-quorum-values"],
    ["quorum", "token-sign", "list-timeouts"],
]
"""Commands that need no login."""


@pytest.fixture(scope="module")
def daemon(pristine_home: Path) -> Iterator[Daemon]:
    """A daemon on a socket."""
    with running(pristine_home, "--workers", "2") as daemon:
        yield daemon


def both(daemon: Daemon, environment: dict[str, str], *command: str) -> tuple[Any, Any]:
    """Return the envelopes of a command on the daemon and on its home."""
    remote = run(Path("/nonexistent"), environment, *command, "--endpoint", f"unix:{daemon.socket}")
    local = run(daemon.home, environment, *command)
    assert remote.exit_code == local.exit_code
    return json.loads(remote.stdout), json.loads(local.stdout)


def done(daemon: Daemon, environment: dict[str, str], *command: str) -> Any:
    return answer(run(Path("/nonexistent"), {**environment, "HSMBRIDGE_ENDPOINT": f"unix:{daemon.socket}"}, *command))


def test_keys_are_made_used_and_moved(daemon: Daemon, tmp_path: Path) -> None:
    pair = ["key", "generate-asymmetric-pair", "ec", "--curve", "secp256r1", "--public-label", "pub"]
    usage = ["--private-attributes", "sign=true", "--public-attributes", "verify=true"]
    done(daemon, ALICE, *pair, "--private-label", "priv", *usage, "--share-crypto-users", "bob")
    kek = ["key", "generate-symmetric", "aes", "--label", "kek", "--key-length-bytes", "32"]
    done(daemon, ALICE, *kek, "--attributes", "wrap=true", "unwrap=true")
    remote, local = both(daemon, ALICE, "key", "list", "--verbose")
    assert remote == local
    assert remote["data"]["total_key_count"] == 3

    data = ["--hash-function", "sha256", "--data", "aGVsbG8="]
    signature = done(daemon, ALICE, "crypto", "sign", "ecdsa", "--key-filter", "attr.label=priv", *data)["signature"]
    verify = ["crypto", "verify", "ecdsa", "--key-filter", "attr.label=pub", *data, "--signature"]
    assert both(daemon, ALICE, *verify, signature)[0]["error_code"] == 0
    wrong = both(daemon, ALICE, *verify, "aGVsbG8=")
    assert wrong[0] == wrong[1] == {"error_code": 1, "data": "Signature verification failed"}

    filters = ["--payload-filter", "attr.label=priv", "--wrapping-filter", "attr.label=kek"]
    wrapped = done(daemon, ALICE, "key", "wrap", "aes-gcm", *filters, "--tag-length-bits", "96")
    back = [
        "key",
        "unwrap",
        "aes-gcm",
        "--filter",
        "attr.label=kek",
        "--label",
        "back",
        "--key-type-class",
        "ec-private",
    ]
    given = ["--tag-length-bits", "96", "--iv", wrapped["iv"], "--data", wrapped["wrapped_key_data"]]
    assert done(daemon, ALICE, *back, *given)["key"]["attributes"]["curve"] == "secp256r1"
    pem = [
        "key",
        "generate-file",
        "--encoding",
        "pem",
        "--path",
        str(tmp_path / "pub.pem"),
        "--filter",
        "attr.label=pub",
    ]
    done(daemon, ALICE, *pem)
    imported = ["--label", "again", "--key-type-class", "ec-public"]
    done(daemon, ALICE, "key", "import", "pem", "--path", str(tmp_path / "pub.pem"), *imported)
    for label in ("priv", "pub", "kek", "back", "again"):
        done(daemon, ALICE, "key", "delete", "--filter", f"attr.label={label}")


def test_users_are_managed(daemon: Daemon) -> None:
    carol = ["--username", "carol", "--role", "crypto-user"]
    made = done(daemon, ADMIN, "user", "create", *carol, "--password", "carols-password")
    assert made == {"username": "carol", "role": "crypto-user"}
    for command in OPEN:
        remote, local = both(daemon, {}, *command)
        assert remote == local
        assert remote["error_code"] == 0
    remote, local = both(daemon, {"CLOUDHSM_PIN": "carol:wrong-password"}, "key", "list")
    assert remote == local
    done(daemon, ADMIN, "user", "delete", *carol)


def test_one_session_in_interactive_mode(daemon: Daemon, tmp_path: Path) -> None:
    with dialogue(Path("/nonexistent"), {"HSMBRIDGE_ENDPOINT": f"unix:{daemon.socket}"}) as cli:
        log_in(cli, "alice", "crypto-user")
        register(cli, tmp_path, "alice")
        cli.done("key generate-symmetric aes --label k --key-length-bytes 16 --session")
        assert cli.done("key list --filter attr.label=k")["total_key_count"] == 1
        cli.done("logout")
        assert cli.refused("key list")
        log_in(cli, "alice", "crypto-user")
        assert cli.done("key list --filter attr.label=k")["total_key_count"] == 0


def test_a_daemon_that_is_not_there_is_a_refusal(tmp_path: Path) -> None:
    assert refusal(run(tmp_path, ALICE, "key", "list", "--endpoint", f"unix:{tmp_path}/none"))
