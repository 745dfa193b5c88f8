"""The commands on a daemon: the same answers as on a home."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import PASSWORDS
from server.daemon import Daemon, running
from server.door import Door, listening, made_up

from cli.command import ADMIN, ALICE, answer, refusal, run
from cli.dialogue import dialogue
from cli.shapes import AES, Tutorial, key
from cli.test_quorum import log_in, register

NOWHERE = Path("/nonexistent")
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
    remote = run(NOWHERE, environment, *command, "--endpoint", f"unix:{daemon.socket}")
    local = run(daemon.home, environment, *command)
    assert remote.exit_code == local.exit_code
    return json.loads(remote.stdout), json.loads(local.stdout)


def done(daemon: Daemon, environment: dict[str, str], *command: str) -> Any:
    return answer(run(NOWHERE, {**environment, "HSMBRIDGE_ENDPOINT": f"unix:{daemon.socket}"}, *command))


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
    with dialogue(NOWHERE, {"HSMBRIDGE_ENDPOINT": f"unix:{daemon.socket}"}) as cli:
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


@pytest.fixture(scope="module")
def door(pristine_home: Path) -> Iterator[Door]:
    """A daemon that listens on TLS."""
    with listening(pristine_home) as one:
        yield one


@pytest.fixture(scope="module")
def known(door: Door) -> Path:
    """The files that `hsmbridge certs client` made for a client."""
    return door.client("known")


def over_tls(door: Door, ca: Path, certificate: Path | None = None, key: Path | None = None) -> list[str]:
    """Return the options that say where the daemon is, and who asks."""
    options = ["--endpoint", "{}:{}".format(*door.address), "--hsm-ca-cert", str(ca)]
    for name, path in (("--client-cert", certificate), ("--client-key", key)):
        options += [name, str(path)] if path else []
    return options


def files(folder: Path) -> tuple[Path, Path, Path]:
    """Return the files of a client: the CA's certificate, its own, and its key."""
    return folder / "ca.crt", folder / "client.crt", folder / "client.key"


def test_the_same_answers_over_tls(door: Door, known: Path) -> None:
    here = over_tls(door, *files(known))
    made = ["key", "generate-symmetric", "aes", "--label", "k", "--key-length-bytes", "16"]
    assert answer(run(NOWHERE, ALICE, *made, *here))["key"]["key-info"]["key-owners"][0]["username"] == "alice"
    for environment, command in (
        (ALICE, ["key", "list", "--verbose"]),
        (ALICE, ["key", "delete", "--filter", "attr.label=none"]),
        ({"CLOUDHSM_PIN": "bob:wrong-password"}, ["key", "list"]),
        *(({}, command) for command in OPEN),
    ):
        remote, local = run(NOWHERE, environment, *command, *here), run(door.daemon.home, environment, *command)
        assert (remote.exit_code, remote.stdout) == (local.exit_code, local.stdout)
    assert answer(run(NOWHERE, ALICE, "key", "delete", "--filter", "attr.label=k", *here))


def test_one_session_over_tls(door: Door, known: Path) -> None:
    variables = (f"HSMBRIDGE_TLS_{name}" for name in ("CA", "CERT", "KEY"))
    environment = dict(zip(variables, map(str, files(known)), strict=True))
    with dialogue(NOWHERE, {**environment, "HSMBRIDGE_ENDPOINT": "{}:{}".format(*door.address)}) as cli:
        tutorial = Tutorial(cli)
        tutorial.log_in("alice", "crypto-user", PASSWORDS["alice"].decode())
        session_key = key(AES, "k", {"token": False})
        tutorial.does("key generate-symmetric aes --label k --key-length-bytes 32 --session", {"key": session_key})
        listing = {"matched_keys": [session_key], "total_key_count": 1, "returned_key_count": 1}
        tutorial.does("key list --verbose", listing)
        tutorial.log_out()


def test_who_shows_no_certificate_or_another_ca_s_is_refused(door: Door, known: Path, tmp_path: Path) -> None:
    ca, authority = known / "ca.crt", made_up(tmp_path / "authority")
    certificate, own_key = made_up(tmp_path / "client", authority)
    own_key.chmod(0o600)
    without = refusal(run(NOWHERE, ALICE, "key", "list", *over_tls(door, ca)))
    assert "over TLS with a client certificate" in without
    assert "--client-cert and --client-key" in without
    for here, why in (
        (over_tls(door, ca, certificate, own_key), "it takes only client certificates of its own CA"),
        # The client, too, wants to know whom it talks to.
        (over_tls(door, authority[0], *files(known)[1:]), "did not show who it is"),
    ):
        message = refusal(run(NOWHERE, ALICE, "key", "list", *here))
        assert message.startswith("The daemon at {}:{} ".format(*door.address))
        assert why in message


def test_mutual_tls_is_enforced_and_set_back(door: Door, known: Path) -> None:
    here, socket = over_tls(door, *files(known)), ["--endpoint", f"unix:{door.daemon.socket}"]
    enforce, show = ["cluster", "mtls", "set-enforcement", "--level"], ["cluster", "mtls", "get-enforcement"]
    refused = refusal(run(NOWHERE, ADMIN, *enforce, "cluster", *socket))
    assert refused.endswith("Current connection must be mtls to set this enforcement.")
    done = answer(run(NOWHERE, ADMIN, *enforce, "cluster", *here))
    assert done == {"message": "Mtls enforcement level set to Cluster successfully"}

    assert answer(run(NOWHERE, {}, *show, *socket)) == {"mtls-enforcement-level": "cluster"}
    assert refusal(run(NOWHERE, ALICE, "key", "list", *socket)).startswith("HSM is disconnected")
    assert refusal(run(NOWHERE, ADMIN, *enforce, "none", *socket)).startswith("HSM is disconnected")
    assert answer(run(NOWHERE, ALICE, "key", "list", *here))["total_key_count"] == 0

    done = answer(run(NOWHERE, ADMIN, *enforce, "none", *here))
    assert done == {"message": "Mtls enforcement level set to None successfully"}
    assert answer(run(NOWHERE, ALICE, "key", "list", *socket))["total_key_count"] == 0
