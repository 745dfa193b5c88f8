"""``key replicate`` and ``user replicate``: between two copies of one home."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from conftest import PASSWORDS
from server.daemon import Daemon, serving, short_home

from bridge.store import create_home, read_audit
from cli.command import ADMIN, ALICE, BOB, answer, refusal, run
from cli.dialogue import dialogue
from cli.terminal import converse
from cli.test_quorum import PASSWORD, people, token_maker

TO = ["--source-cluster-id", "one", "--destination-cluster-id", "two"]
KEY = ["key", "replicate", "--filter", "attr.label=signer", "attr.class=private-key", *TO]
CAROL = ["--username", "carol", "--role", "crypto-user"]
USER = ["user", "replicate", *CAROL, *TO]
NEW = {"HSMBRIDGE_NEW_PASSWORD": "carols-password"}
CAROLS = {"CLOUDHSM_PIN": "carol:carols-password"}
DATA = ["--hash-function", "sha256", "--data", "aGVsbG8="]


class Pair:
    """Two clones, each by its identifier."""

    def __init__(self, one: Path, two: Path) -> None:
        self.one, self.two = one, two
        self.clusters = {"HSMBRIDGE_CLUSTERS": f"one={one}{os.pathsep}two={two}"}

    def run(self, environment: dict[str, str], *arguments: str) -> Result:
        """Run a verb that names both."""
        return run(self.one.parent / "none", {**self.clusters, **environment}, *arguments)

    def at(self, cluster: str, environment: dict[str, str], *arguments: str) -> Any:
        """Run a verb with one, and return its answer."""
        return answer(self.run(environment, *arguments, "--cluster-id", cluster))


@pytest.fixture
def pair(home: Path, clone_home: Path) -> Pair:
    return Pair(home, clone_home)


@pytest.fixture
def signer(pair: Pair) -> dict[str, Any]:
    """A key pair of alice in the one, whose private half is shared with bob and not extractable."""
    made: dict[str, Any] = pair.at(
        *("one", ALICE, "key", "generate-asymmetric-pair", "rsa", "--public-exponent", "65537"),
        *("--modulus-size-bits", "2048", "--public-label", "signer", "--private-label", "signer"),
        *("--private-attributes", "sign=true", "extractable=false", "--public-attributes", "verify=true"),
        *("--share-crypto-users", "bob"),
    )
    return made


def test_a_key_is_the_same_in_the_clone(pair: Pair, signer: dict[str, Any]) -> None:
    before = pair.at("one", ALICE, "key", "list", "--filter", "attr.class=private-key", "--verbose")["matched_keys"][0]
    # A key that is made there first takes the next reference.
    pair.at("two", ALICE, "key", "generate-symmetric", "aes", "--label", "other", "--key-length-bytes", "32")

    data = answer(pair.run(ALICE, *KEY))
    assert list(data) == ["key", "message"]
    assert data["message"] == "Successfully replicated key"
    assert data["key"] == {**before, "key-reference": data["key"]["key-reference"]}
    assert data["key"]["key-info"]["shared-users"] == [{"username": "bob", "key-coverage": "full"}]
    assert data["key"]["attributes"]["extractable"] is False
    listed = pair.at("two", BOB, "key", "list", "--filter", "attr.label=signer", "--verbose")
    assert listed["matched_keys"] == [data["key"]]

    sign = ["crypto", "sign", "rsa-pkcs", "--key-filter", "attr.label=signer", "attr.class=private-key", *DATA]
    signature = pair.at("two", ALICE, *sign)["signature"]
    assert signature == pair.at("one", ALICE, *sign)["signature"]


def test_a_key_is_replicated_once(pair: Pair, signer: dict[str, Any]) -> None:
    answer(pair.run(ALICE, *KEY))
    assert "has that key already" in refusal(pair.run(ALICE, *KEY))
    assert pair.at("two", ALICE, "key", "list")["total_key_count"] == 1
    # And back, it is there too.
    back = ["--source-cluster-id", "two", "--destination-cluster-id", "one"]
    assert "already" in refusal(pair.run(ALICE, *KEY[:-4], *back))


def test_a_filter_that_matches_none_or_several(pair: Pair, signer: dict[str, Any]) -> None:
    assert "2 keys match" in refusal(pair.run(ALICE, "key", "replicate", "--filter", "attr.label=signer", *TO))
    assert "No key" in refusal(pair.run(ALICE, "key", "replicate", "--filter", "attr.label=none", *TO))
    assert pair.run(ALICE, "key", "replicate", "--filter", "label=none", *TO).exit_code == 2


def test_an_admin_replicates_anybodys_key(pair: Pair, signer: dict[str, Any]) -> None:
    admin = {"CLOUDHSM_ROLE": "admin", "CLOUDHSM_PIN": f"admin:{PASSWORDS['admin'].decode()}"}
    assert answer(pair.run(admin, *KEY))["key"]["key-info"]["key-owners"][0]["username"] == "alice"


def test_a_user_with_whom_it_is_shared_does_not(pair: Pair, signer: dict[str, Any]) -> None:
    assert "Only its owner, crypto user 'alice', and admins" in refusal(pair.run(BOB, *KEY))


def test_the_destinations_credentials(pair: Pair, signer: dict[str, Any]) -> None:
    change = ["user", "change-password", "--username", "alice", "--role", "crypto-user", "--password", "x" * 9]
    pair.at("two", ADMIN, *change)
    message = refusal(pair.run(ALICE, *KEY))
    assert message.startswith("Cluster two: ")
    assert "Wrong password" in message
    there = {"DESTINATION_CLOUDHSM_ROLE": "crypto-user", "DESTINATION_CLOUDHSM_PIN": f"alice:{'x' * 9}"}
    bad = {**there, "DESTINATION_CLOUDHSM_PIN": "alice"}
    wrong = pair.run({**ALICE, **bad}, *KEY)
    assert (wrong.exit_code, "DESTINATION_CLOUDHSM_PIN is a user" in wrong.output) == (2, True)
    result = pair.run({**ALICE, **there}, *KEY)
    answer(result)
    assert "xxx" not in result.output


def test_one_side_as_owner_and_the_other_as_admin(pair: Pair, signer: dict[str, Any]) -> None:
    pin = f"admin:{PASSWORDS['admin'].decode()}"
    there = {"DESTINATION_CLOUDHSM_ROLE": "admin", "DESTINATION_CLOUDHSM_PIN": pin}
    answer(pair.run({**ALICE, **there}, *KEY))


def test_credentials_are_asked_for_on_a_terminal(pair: Pair, signer: dict[str, Any]) -> None:
    answers = [("Crypto user:", "alice"), ("Password of crypto user alice:", PASSWORDS["alice"].decode())]
    code, shown = converse(pair.one, pair.clusters, KEY, answers)
    assert code == 0
    assert "Successfully replicated key" in shown
    assert PASSWORDS["alice"].decode() not in shown


def test_users_come_before_the_keys_that_they_own_or_use(pair: Pair) -> None:
    pair.at("one", {**ADMIN, **NEW}, "user", "create", *CAROL)
    made = ["key", "generate-symmetric", "aes", "--label", "k", "--key-length-bytes", "32"]
    pair.at("one", ALICE, *made, "--share-crypto-users", "carol")
    replicate = ["key", "replicate", "--filter", "attr.label=k", *TO]
    message = refusal(pair.run(ALICE, *replicate))
    assert "crypto user 'carol', with whom it is shared" in message
    assert "hsmbridge user replicate" in message

    assert answer(pair.run(ADMIN, *USER)) == {
        "user": {
            "username": "carol",
            "role": "crypto-user",
            "locked": "false",
            "mfa": [],
            "quorum": [],
            "cluster-coverage": "full",
        },
        "message": "Successfully replicated user",
    }
    assert answer(pair.run(ALICE, *replicate))
    assert pair.at("two", CAROLS, "key", "list")["total_key_count"] == 1
    assert "'carol' already" in refusal(pair.run(ADMIN, *USER))


def test_a_destination_with_a_quorum_wants_approvals(pair: Pair, tmp_path: Path) -> None:
    officer = ["--username", "officer1", "--role", "admin", "--password", PASSWORD]
    pair.at("two", ADMIN, "user", "create", *officer)
    pair.at("one", {**ADMIN, **NEW}, "user", "create", *CAROL)
    with people(pair.two, tmp_path, "admin", "admin", "officer1", environment={**pair.clusters, **ADMIN}) as (cli, _):
        token = token_maker(cli, tmp_path, "admin")
        value = "quorum token-sign set-quorum-value --service {} --value 2"
        cli.done(value.format("quorum"))
        cli.done(f"{value.format('user')} --approval {token('quorum', 'admin', 'officer1')}")
        replicate = " ".join(USER)
        assert "Quorum approval is required" in cli.refused(replicate)
        assert "Quorum approval is required" in refusal(pair.run(ADMIN, *USER))
        done = cli.done(f"{replicate} --approval {token('user', 'admin', 'officer1')}")
        assert done["user"]["username"] == "carol"


def test_only_admins_replicate_users(pair: Pair) -> None:
    crypto = {"CLOUDHSM_ROLE": "crypto-user", "CLOUDHSM_PIN": f"alice:{PASSWORDS['alice'].decode()}"}
    assert "Only an admin replicates users" in refusal(pair.run(crypto, *USER))
    assert "no crypto-user 'carol'" in refusal(pair.run(ADMIN, *USER))
    assert "'bob' already" in refusal(pair.run(ADMIN, "user", "replicate", "--username", "bob", *USER[4:]))


@pytest.mark.parametrize("what", [KEY, USER], ids=["key", "user"])
def test_between_clones_only(pair: Pair, tmp_path: Path, what: list[str]) -> None:
    stranger = tmp_path / "stranger"
    create_home(stranger, admin_password=PASSWORDS["admin"], user="alice", password=PASSWORDS["alice"])
    places = {"two": stranger, "none": tmp_path / "none", "same": pair.one / "."}
    text = os.pathsep.join(f"{name}={home}" for name, home in {"one": pair.one, **places}.items())
    clusters = {"HSMBRIDGE_CLUSTERS": text}

    def message(destination: str) -> str:
        return refusal(run(pair.one, {**ALICE, **ADMIN, **clusters}, *what[:-1], destination))

    assert message("two") == (
        "Clusters one and two are not clones: one must be made from a backup of the other, or both from one backup."
    )
    assert "the same home" in message("same")
    assert "HSMBRIDGE_CLUSTERS" in message("same")
    assert "There is no HSM in" in message("none")
    assert "There is no cluster 'three'" in message("three")
    # Nobody was asked who they are before it was clear that it leads nowhere.
    assert "not clones" in refusal(run(pair.one, clusters, *what))
    assert run(pair.one, {**ALICE, **clusters}, *what[:-2]).exit_code == 2


def test_one_cluster_has_no_place_here(pair: Pair) -> None:
    result = pair.run(ALICE, *KEY, "--cluster-id", "one")
    assert result.exit_code == 2
    assert "--cluster-id has no place here" in result.output


def test_clusters_of_a_daemon(pristine_home: Path, tmp_path: Path) -> None:
    with short_home(pristine_home) as one:
        clone = tmp_path / "clone"
        shutil.copytree(one, clone)
        pair = Pair(one, clone)
        with serving(Daemon(one, "--workers", "1", **pair.clusters)):
            there = ["--endpoint", f"unix:{one / 'engine.sock'}"]
            pair.at("one", ALICE, "key", "generate-symmetric", "aes", "--label", "k", "--key-length-bytes", "32")
            key = ["key", "replicate", "--filter", "attr.label=k", *there]
            # The daemon knows the clusters, and this side need not.
            copy = answer(run(tmp_path / "none", ALICE, *key, *TO))["key"]
            assert pair.at("two", ALICE, "key", "list", "--verbose")["matched_keys"] == [copy]
            assert "already" in refusal(run(tmp_path / "none", ALICE, *key, *TO))
            assert "same home" in refusal(run(tmp_path / "none", ALICE, *key, *TO[:3], "one"))
            assert "'three'" in refusal(run(tmp_path / "none", ALICE, *key, *TO[:3], "three"))
            pair.at("one", {**ADMIN, **NEW}, "user", "create", *CAROL)
            answer(run(tmp_path / "none", ADMIN, "user", "replicate", *CAROL, *there, *TO))
            assert pair.at("two", CAROLS, "key", "list")["total_key_count"] == 0


def test_no_daemon(pair: Pair) -> None:
    assert "unix:/nowhere" in refusal(pair.run({**ALICE, "HSMBRIDGE_ENDPOINT": "unix:/nowhere"}, *KEY))


LOGIN = f"login --username alice --role crypto-user --password {PASSWORDS['alice'].decode()}"
PIN = f"alice:{PASSWORDS['alice'].decode()}"


@pytest.mark.parametrize("cluster", ["one", "two"])
def test_the_session_of_the_interactive_mode_is_one_side(pair: Pair, signer: dict[str, Any], cluster: str) -> None:
    here, other = (pair.one, "DESTINATION_CLOUDHSM_PIN") if cluster == "one" else (pair.two, "CLOUDHSM_PIN")
    with dialogue(here, {**pair.clusters, other: PIN}) as cli:
        assert "No user is logged in to this session" in cli.refused(" ".join(KEY))
        cli.done(LOGIN)
        assert cli.done(" ".join(KEY))["message"] == "Successfully replicated key"
        assert cli.done("key list")["total_key_count"] == (2 if cluster == "one" else 1)


def test_the_interactive_mode_elsewhere_is_neither_side(pair: Pair, signer: dict[str, Any], tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    create_home(elsewhere, admin_password=PASSWORDS["admin"], user="alice", password=PASSWORDS["alice"])
    with dialogue(elsewhere, {**pair.clusters, "CLOUDHSM_PIN": PIN}) as cli:
        assert cli.done(" ".join(KEY))["message"] == "Successfully replicated key"


def test_a_session_key_of_the_interactive_mode_stays(pair: Pair) -> None:
    with dialogue(pair.one, {**pair.clusters, "DESTINATION_CLOUDHSM_PIN": PIN}) as cli:
        cli.done(LOGIN)
        cli.done("key generate-symmetric aes --label passing --key-length-bytes 16 --session")
        assert "session key" in cli.refused(f"key replicate --filter attr.label=passing {' '.join(TO)}")


def test_no_password_is_shown_or_logged(pair: Pair, signer: dict[str, Any]) -> None:
    pair.at("one", {**ADMIN, **NEW}, "user", "create", *CAROL)
    shown = pair.run(ADMIN, *USER).output + pair.run(ALICE, *KEY).output + pair.run(ALICE, *KEY).output
    shown += repr([record for home in (pair.one, pair.two) for record in read_audit(home)])
    for password in (*PASSWORDS.values(), b"carols-password"):
        assert password.decode() not in shown
