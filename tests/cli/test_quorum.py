"""``quorum token-sign``, and what needs approvals of admins and of crypto users, as the user guide walks through."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from conftest import PASSWORDS

from cli.approving import approve, sign_own, write_keys
from cli.command import ADMIN, ALICE, answer, refusal, run
from cli.dialogue import Dialogue, dialogue
from cli.openssl import openssl

PASSWORD = "officers-password"
USER = "user create --username {} --role crypto-user --password a-new-password"
LOGIN = "login --username {} --role {} --password {}"


def log_in(cli: Dialogue, name: str, role: str) -> None:
    password = PASSWORDS[name].decode() if name in PASSWORDS else PASSWORD
    cli.done(LOGIN.format(name, role, password))


def register(cli: Dialogue, folder: Path, name: str) -> None:
    """Register the approver's key of the user who is logged in."""
    public, token = write_keys(folder, name), folder / f"{name}.registration"
    assert cli.done(f"quorum token-sign generate --service registration --token {token}") == {"path": str(token)}
    sign_own(token, name)
    data = cli.done(f"user change-quorum token-sign register --public-key {public} --signed-token {token}")
    assert data["username"] == name


@contextmanager
def people(
    home: Path, folder: Path, role: str, *names: str, environment: Mapping[str, str] | None = None
) -> Iterator[list[Dialogue]]:
    """Let users log in who have registered their keys."""
    with ExitStack() as stack:
        sessions = []
        for name in names:
            sessions.append(stack.enter_context(dialogue(home, environment)))
            log_in(sessions[-1], name, role)
            register(sessions[-1], folder, name)
        yield sessions


@pytest.fixture
def officers(home: Path) -> None:
    """Two more admins."""
    for name in ("officer1", "officer2"):
        new = ["--username", name, "--role", "admin", "--password", PASSWORD]
        answer(run(home, ADMIN, "user", "create", *new))


def token_maker(cli: Dialogue, folder: Path, role: str) -> Callable[..., Path]:
    """Return a function that makes a token for a service and has so many sign it."""

    def make(options: str, *approvers: str) -> Path:
        token = folder / "token.json"
        cli.done(f"quorum token-sign generate --token {token} --service {options}")
        approve(token, role, *approvers)
        return token

    return make


def test_a_user_is_created_with_two_approvals(home: Path, tmp_path: Path, officers: None) -> None:
    with people(home, tmp_path, "admin", "admin", "officer1", "officer2") as (cli, _, other):
        token = token_maker(cli, tmp_path, "admin")
        assert cli.done("quorum token-sign list-quorum-values") == {"user": 1, "quorum": 1, "cluster": 1}
        value = "quorum token-sign set-quorum-value --service {} --value 2"
        assert cli.done(value.format("quorum")) == "Set Quorum Value successful"
        assert "Quorum approval is required" in cli.refused(value.format("user"))
        cli.done(f"{value.format('user')} --approval {token('quorum', 'officer1', 'officer2')}")
        assert cli.done("quorum token-sign list-quorum-values") == {"user": 2, "quorum": 2, "cluster": 1}

        assert "Quorum approval is required" in cli.refused(USER.format("carol"))
        signed = token("user", "officer1")
        assert "Too few quorum approvals" in cli.refused(f"{USER.format('carol')} --approval {signed}")
        approve(signed, None, "admin")
        assert "Quorum Failed" in other.refused(f"{USER.format('carol')} --approval {signed}")
        tokens = cli.done("quorum token-sign list")["tokens"]
        timeout = tokens[0].pop("token-timeout-seconds")
        assert 0 < timeout["value"] <= 600
        assert tokens == [
            {
                "username": "admin",
                "service": "user",
                "approvals-required": {"value": 2},
                "number-of-approvals": {"value": 0},
                "cluster-coverage": "full",
            }
        ]
        done = {"username": "carol", "role": "crypto-user"}
        assert cli.done(f"{USER.format('carol')} --approval {signed}") == done
        assert "Invalid username-signature pair" in cli.refused(f"{USER.format('dave')} --approval {signed}")
        assert "No token signatures provided" in cli.refused(f"{USER.format('dave')} --approval {token('user')}")

        mixed = tmp_path / "officer1.registration"
        assert "InvalidQuorumSignature" in cli.refused(f"{USER.format('dave')} --approval {mixed}")
        assert cli.done("quorum token-sign delete --scope all") == "Deletion of quorum token(s) successful"
        assert cli.done("quorum token-sign list") == {"tokens": []}
        delete = "user delete --username carol --role crypto-user"
        assert cli.done(f"{delete} --approval {token('user', 'officer1', 'officer2')}") == done
    users = answer(run(home, {}, "user", "list"))["users"]
    with_quorum = [user["username"] for user in users if user["quorum"]]
    assert with_quorum == ["admin", "officer1", "officer2"]


def test_a_key_is_used_and_managed_with_approvals(home: Path, tmp_path: Path) -> None:
    crypto = "crypto-user"
    with people(home, tmp_path, crypto, "alice", "bob") as (cli, _):
        token = token_maker(cli, tmp_path, crypto)
        pair = "key generate-asymmetric-pair ec --curve secp256r1 --public-label pub --private-label priv"
        attributes = "--private-attributes sign=true --public-attributes verify=true"
        values = "--manage-private-key-quorum-value 2 --use-private-key-quorum-value 2"
        assert "Invalid quorum value provided." in cli.refused(f"{pair} {values}")
        assert "greater than 1" in cli.refused(f"{pair} --manage-private-key-quorum-value 2 --share-crypto-users bob")
        made = cli.done(f"{pair} {attributes} --share-crypto-users bob {values}")
        quorum = {"manage-key-quorum-value": 2, "use-key-quorum-value": 2}
        assert made["private_key"]["key-info"]["key-quorum-values"] == quorum
        reference = made["private_key"]["key-reference"]

        sign = "crypto sign ecdsa --key-filter attr.label=priv --hash-function sha256 --data aGVsbG8="
        assert "Quorum approval is required" in cli.refused(sign)
        assert "greater" not in cli.refused(sign)
        use = "key-usage --filter attr.label=priv"
        assert "Too few" in cli.refused(f"{sign} --approval {token(use, 'bob')}")
        path = token(use, "alice", "bob")
        file = json.loads(path.read_text())
        assert (file["service"], file["key_reference"]) == ("key-usage", reference)
        listed = cli.done("quorum token-sign list")["tokens"]
        keyed = {"username": "alice", "service": "key-usage", "key-reference": reference, "minimum-token-count": 1}
        assert listed == [keyed]
        signature = cli.done(f"{sign} --approval {path}")["signature"]
        assert len(base64.b64decode(signature)) == 64
        assert "Invalid username-signature pair" in cli.refused(f"{sign} --approval {path}")

        relabel = f"key set-attribute --filter key-reference={reference} --name label --value new"
        assert "Quorum approval is required" in cli.refused(relabel)
        manage = f"key-management --filter key-reference={reference}"
        cli.done(f"{relabel} --approval {token(manage, 'alice', 'bob')}")
        unshare = f"key unshare --filter key-reference={reference} --username bob --role crypto-user"
        assert "Invalid quorum value" in cli.refused(f"{unshare} --approval {token(manage, 'alice', 'bob')}")
        kek = "key generate-symmetric aes --label kek --key-length-bytes 32 --attributes wrap=true"
        cli.done(kek)
        wrap = f"key wrap aes-zero-pad --payload-filter key-reference={reference} --wrapping-filter attr.label=kek"
        assert "Quorum approval is required" in cli.refused(wrap)
        assert cli.done(f"{wrap} --payload-approval {token(manage, 'bob', 'alice')}")["wrapped_key_data"]


def test_timeouts(home: Path) -> None:
    assert answer(run(home, {}, "quorum", "token-sign", "list-timeouts")) == {"generated": 600, "approved": 600}
    change = ["quorum", "token-sign", "set-timeout"]
    assert answer(run(home, ADMIN, *change, "--generated", "300")) == "Set token timeout successful"
    assert answer(run(home, {}, "quorum", "token-sign", "list-timeouts")) == {"generated": 300, "approved": 600}
    assert answer(run(home, ADMIN, *change, "--generated", "900")) == "Set token timeout successful"
    assert "86401" in refusal(run(home, ADMIN, *change, "--approved", "86401"))
    assert run(home, ADMIN, *change).exit_code == 2


@pytest.mark.parametrize(
    "arguments", [["--service", "key-usage"], ["--service", "user", "--filter", "attr.label=k"], ["--service", "other"]]
)
def test_a_token_is_for_a_key_or_not(home: Path, tmp_path: Path, arguments: list[str]) -> None:
    one = ["quorum", "token-sign", "generate", "--token", str(tmp_path / "t")]
    assert run(home, ALICE, *one, *arguments).exit_code == 2
    assert not (tmp_path / "t").exists()


def test_trust_anchors(home: Path, openssl_ca: Path) -> None:
    mtls = ["cluster", "mtls"]
    assert answer(run(home, {}, *mtls, "list-trust-anchors")) == {"trust_anchors": []}
    assert answer(run(home, {}, *mtls, "get-enforcement")) == {"mtls-enforcement-level": "none"}
    data = answer(run(home, ADMIN, *mtls, "register-trust-anchor", "--path", openssl_ca))
    anchor = data["trust_anchor"]
    assert list(anchor) == ["certificate-reference", "certificate", "cluster-coverage"]
    assert anchor["certificate-reference"] == "0x01"
    assert anchor["certificate"].startswith("-----BEGIN CERTIFICATE-----")
    assert answer(run(home, {}, *mtls, "list-trust-anchors")) == {"trust_anchors": [anchor]}
    again = run(home, ADMIN, *mtls, "register-trust-anchor", "--path", openssl_ca)
    assert "Trust anchor already exists" in refusal(again)

    enforced = run(home, ADMIN, *mtls, "set-enforcement", "--level", "cluster")
    assert "Current connection must be mtls to set this enforcement." in refusal(enforced)
    relaxed = run(home, ADMIN, *mtls, "set-enforcement", "--level", "none")
    assert answer(relaxed) == {"message": "Mtls enforcement level set to None successfully"}
    gone = run(home, ADMIN, *mtls, "deregister-trust-anchor", "--certificate-reference", "0x01")
    assert answer(gone) == {"message": "Trust anchor with reference 0x01 deregistered successfully"}
    assert refusal(run(home, ADMIN, *mtls, "deregister-trust-anchor", "--certificate-reference", "0x01"))
    assert refusal(run(home, ADMIN, *mtls, "deregister-trust-anchor", "--certificate-reference", "one"))


@pytest.fixture
def openssl_ca(tmp_path: Path) -> Path:
    """A certificate authority's certificate."""
    path, key = tmp_path / "ca.pem", tmp_path / "ca.key"
    subject = ["-subj", "/CN=clients", "-days", "2", "-newkey", "rsa:2048", "-nodes"]
    openssl("req", "-x509", *subject, "-keyout", key, "-out", path)
    return path
