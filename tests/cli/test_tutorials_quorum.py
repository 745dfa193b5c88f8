"""The user guide's tutorials for quorums: admins, then crypto users, whose keys and signatures are openssl's."""

from __future__ import annotations

import base64
import hashlib
import json
import struct
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import PASSWORDS

from cli.approving import approve, sign_own
from cli.command import ADMIN, answer, run
from cli.dialogue import Dialogue, dialogue
from cli.openssl import openssl
from cli.shapes import (
    AES,
    APP_USER,
    BASE64,
    RSA_PRIVATE,
    RSA_PUBLIC,
    TIMEOUT,
    Attributes,
    Tutorial,
    compare,
    key,
    user,
)
from cli.test_tutorials import RSA
from cli.test_tutorials_wrap import CAME_IN, HASH, WRAPPED, opened

PASSWORD = "a password of 8"
RECORD = struct.Struct(">HHIQ16s32sQQ")
"""Of approval data: version, service, token, key, randomness, user name, time, zero."""
REQUIRED = "Quorum approval is required for this operation"
ADMIN_TOKEN = {"version": "2.0", "approval_data": BASE64, "token": BASE64, "signatures": []}


def password(name: str) -> str:
    return PASSWORDS[name].decode() if name in PASSWORDS else f"'{PASSWORD}'"


class Quorum(Tutorial):
    """A session of users who approve, and the folder of their keys and tokens."""

    def __init__(self, cli: Dialogue, folder: Path) -> None:
        super().__init__(cli)
        self.folder = folder

    def register(self, name: str, role: str) -> None:
        """Log in, and register a key that openssl makes."""
        self.log_in(name, role, password(name))
        private, public, token = (self.folder / f"{name}{kind}" for kind in (".key", ".pub", ".token"))
        openssl("genrsa", "-out", private, "2048")
        openssl("rsa", "-in", private, "-outform", "PEM", "-pubout", "-out", public)
        self.does(f"quorum token-sign generate --service registration --token {token}", {"path": str(token)})
        unsigned = {"approval_data": BASE64, "unsigned": BASE64, "signed": ""}
        compare(json.loads(token.read_text()), {"version": "2.0", "tokens": [unsigned]})
        sign_own(token, name)
        who = {"username": name, "role": role}
        self.does(f"user change-quorum token-sign register --public-key {public} --signed-token {token}", who)

    def token(self, service: str, role: str, *approvers: str, shape: object = ADMIN_TOKEN) -> Path:
        """Have a token made, approved by these; return its file."""
        path = self.folder / "the.token"
        self.does(f"quorum token-sign generate --service {service} --token {path}", {"path": str(path)})
        compare(json.loads(path.read_text()), shape)
        approve(path, role, *approvers)
        return path


@pytest.fixture
def quorum(home: Path, tmp_path: Path) -> Iterator[Quorum]:
    """A session that nobody has logged in to."""
    with dialogue(home) as cli:
        yield Quorum(cli, tmp_path)


def check_record(token: Path, service: int, name: str, handle: int = 0) -> None:
    """Check the approval data of a token, and that its digest is what approvers sign."""
    file = json.loads(token.read_text())
    data = base64.b64decode(file["approval_data"])
    version, kind, _, key_handle, random, user_name, made, zero = RECORD.unpack(data)
    assert (version, kind, key_handle, user_name, zero) == (1, service, handle, name.encode().ljust(32, b"\x00"), 0)
    assert any(random)
    assert 0 <= time.time() - made < 600
    assert base64.b64decode(file["token"]) == hashlib.sha256(data).digest()


def test_admins_set_a_quorum_up_and_approve_a_user(quorum: Quorum) -> None:
    officers, create = ("officer1", "officer2"), "user create --username {} --role {} --password " + f"'{PASSWORD}'"
    quorum.log_in("admin", "admin", password("admin"))
    for name in officers:
        quorum.does(create.format(name, "admin"), {"username": name, "role": "admin"})
    quorum.log_out()
    for name in (*officers, "admin"):
        quorum.register(name, "admin")
        if name != "admin":
            quorum.log_out()
    people = [user("bob"), user("admin", "admin", quorum=True), APP_USER, user("alice")]
    people += [user(name, "admin", quorum=True) for name in officers]
    quorum.does("user list", {"users": people})

    quorum.does("quorum token-sign list-timeouts", {"generated": 600, "approved": 600})
    quorum.does("quorum token-sign list-quorum-values", {"user": 1, "quorum": 1, "cluster": 1})
    value, done = "quorum token-sign set-quorum-value --service {} --value 2", "Set Quorum Value successful"
    quorum.does(value.format("quorum"), done)
    quorum.refuses(value.format("user"), REQUIRED)
    quorum.does(f"{value.format('user')} --approval {quorum.token('quorum', 'admin', *officers)}", done)
    quorum.does("quorum token-sign list-quorum-values", {"user": 2, "quorum": 2, "cluster": 1})

    one = create.format("user1", "crypto-user")
    quorum.refuses(one, REQUIRED)
    token = quorum.token("user", "admin", "officer1")
    check_record(token, 3, "admin")
    listed = {
        "username": "admin",
        "service": "user",
        "approvals-required": {"value": 2},
        "number-of-approvals": {"value": 0},
        "token-timeout-seconds": {"value": TIMEOUT},
        "cluster-coverage": "full",
    }
    quorum.does("quorum token-sign list", {"tokens": [listed]})
    few = "Too few quorum approvals: currently 1 approvals, but 2 approvals required"
    quorum.refuses(f"{one} --approval {token}", few)
    approve(token, "admin", "admin")
    quorum.does(f"{one} --approval {token}", {"username": "user1", "role": "crypto-user"})
    quorum.refuses(
        f"{create.format('user2', 'crypto-user')} --approval {token}",
        "Invalid username-signature pair for quorum authorization",
    )
    quorum.does("quorum token-sign list", {"tokens": []})
    quorum.does("user list", {"users": [*people, user("user1")]})


def key_token(service: str, reference: str) -> dict[str, object]:
    """Return the shape of a token for a key."""
    return {"version": "2.0", "service": service, "key_reference": reference} | dict(list(ADMIN_TOKEN.items())[1:])


def test_crypto_users_approve_what_is_done_with_a_key(home: Path, quorum: Quorum) -> None:
    answer(run(home, ADMIN, "user", "create", "--username", "carol", "--role", "crypto-user", "--password", PASSWORD))
    quorum.register("bob", "crypto-user")
    quorum.log_out()
    quorum.register("alice", "crypto-user")
    pair = f"{RSA} --manage-private-key-quorum-value {{}} --use-private-key-quorum-value {{}} --share-crypto-users"
    quorum.refuses(f"{pair.format(3, 4)} bob carol", "Invalid quorum value provided.")
    quorum.refuses(
        f"{pair.format(1, 1)} bob carol",
        "The manage key and use key quorum values must be set to a value greater than 1",
    )
    private = key(RSA_PRIVATE, "rsa-priv", {"sign": True}, shared=("bob",), quorum=2)
    made = quorum.does(
        f"{pair.format(2, 2)} bob",
        {"public_key": key(RSA_PUBLIC, "rsa-pub", {"verify": True}), "private_key": private},
    )
    reference = made["private_key"]["key-reference"]
    one, both = f"key-reference={reference}", ("alice", "bob")

    how = "--hash-function sha256 --data YWJjMTIz"
    sign = f"crypto sign rsa-pkcs {how} --key-filter {one}"
    quorum.refuses(sign, REQUIRED)
    usage = key_token("key-usage", reference)
    token = quorum.token(f"key-usage --filter {one}", "crypto-user", *both, shape=usage)
    check_record(token, 7, "alice", int(reference, 16))
    listed = {"username": "alice", "service": "key-usage", "key-reference": reference, "minimum-token-count": 1}
    quorum.does("quorum token-sign list", {"tokens": [listed]})
    signed = {"key-reference": reference, "signature": BASE64}
    signature = quorum.does(f"{sign} --approval {token}", signed)["signature"]
    verified = {"message": "Signature verified successfully"}
    quorum.does(f"crypto verify rsa-pkcs {how} --key-filter attr.label=rsa-pub --signature {signature}", verified)

    def managed(command: str, expected: object, of: str = reference, option: str = "--approval") -> Any:
        """Enter a command that is refused, and done when both have approved it; return its data."""
        quorum.refuses(command, REQUIRED)
        shape = key_token("key-management", of)
        token = quorum.token(f"key-management --filter key-reference={of}", "crypto-user", *both, shape=shape)
        return quorum.does(f"{command} {option} {token}", expected)

    carol = "--username carol --role crypto-user"
    managed(f"key share --filter {one} {carol}", {"message": "Key shared successfully"})
    managed(f"key set-attribute --filter {one} --name id --value 0x01", {"message": "Attribute set successfully"})
    managed(f"key unshare --filter {one} {carol}", {"message": "Key unshared successfully"})

    usage_of_kek: Attributes = {"wrap": True, "unwrap": True}
    kek = quorum.does(
        "key generate-symmetric aes --label kek --key-length-bytes 32 --attributes wrap=true unwrap=true "
        "--share-crypto-users bob --manage-key-quorum-value 2 --use-key-quorum-value 2",
        {"key": key(AES, "kek", usage_of_kek, shared=("bob",), quorum=2)},
    )["key"]["key-reference"]
    data = quorum.does("key generate-symmetric aes --label data --key-length-bytes 32", {"key": key(AES, "data")})
    wrap = f"key wrap aes-zero-pad --payload-filter attr.label=data --wrapping-filter key-reference={kek}"
    wrapped = managed(wrap, WRAPPED, kek, "--wrapping-approval")["wrapped_key_data"]
    back = {"check-value": data["key"]["attributes"]["check-value"], **CAME_IN}
    unwrap = f"key unwrap aes-zero-pad --filter key-reference={kek} --data {wrapped} --key-type-class aes --label back"
    managed(unwrap, {"key": key(AES, "back", back)}, kek)

    quorum.does(
        f"key import pem --path {quorum.folder / 'bob.pub'} --label bobs --key-type-class rsa-public "
        "--attributes wrap=true",
        {
            "key": key(RSA_PUBLIC, "bobs", {"wrap": True, "local": False}),
            "message": "Successfully imported key",
        },
    )
    wrap = f"key wrap rsa-aes{HASH} --payload-filter {one} --wrapping-filter attr.label=bobs"
    wrapped = managed(wrap, WRAPPED, option="--payload-approval")["wrapped_key_data"]
    (pkcs8,) = opened("rsa-aes", base64.b64decode(wrapped), b"", quorum.folder / "bob.key")
    modulus = made["private_key"]["attributes"]["modulus"].removeprefix("0x").upper()
    assert openssl("rsa", "-inform", "DER", "-noout", "-modulus", data=pkcs8).decode() == f"Modulus={modulus}\n"
