"""The user guide's tutorials for users, keys and signatures, each as one session whose answers are compared whole.

Those for wrapping and for quorums have files of their own.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from pathlib import Path
from typing import Any

from conftest import PASSWORDS
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from cli.approving import sign_own, write_keys
from cli.command import process, run
from cli.openssl import openssl
from cli.shapes import (
    AES,
    APP_USER,
    BASE64,
    EC_PRIVATE,
    EC_PUBLIC,
    GENERIC_SECRET,
    REFERENCE,
    RSA_PRIVATE,
    RSA_PUBLIC,
    Attributes,
    Tutorial,
    brief,
    compare,
    key,
    user,
)
from cli.terminal import converse

PROMPT = "aws-cloudhsm >"
PASSWORD, CONFIRM = "Enter password:", "Confirm password:"
ESCAPES = re.compile(r"\x1b(?:\[[0-9;?]*[A-Za-z]|\][^\x07]*\x07|[=>])")


def on_a_terminal(home: Path, folder: Path, *answers: Any) -> list[dict[str, Any]]:
    """Hold an interactive session on a terminal, and return the envelopes that it showed."""
    environment = {"XDG_STATE_HOME": str(folder / "state"), "PROMPT_TOOLKIT_NO_CPR": "1", "TERM": "xterm"}
    code, shown = converse(home, environment, ["interactive"], [*answers, (PROMPT, "quit")])
    assert code == 0, shown
    assert not any(secret in shown for prompt, secret in answers if prompt in (PASSWORD, CONFIRM))
    text = ESCAPES.sub("", shown).replace("\r", "")
    return [json.loads(envelope) for envelope in re.findall(r"^\{$.*?^\}$", text, re.MULTILINE | re.DOTALL)]


def test_users_are_created_and_log_in(tmp_path: Path) -> None:
    """The first steps with a cluster, on a terminal: every password is typed, unseen, and a new one twice."""
    home, who = tmp_path / "home", {"username": "user1", "role": "crypto-user"}
    assert run(home, {}, "init", "--unactivated").exit_code == 0
    shown = on_a_terminal(
        home,
        tmp_path,
        (PROMPT, "user list"),
        (PROMPT, "cluster activate"),
        (PASSWORD, "admins-password"),
        (CONFIRM, "admins-password"),
        (PROMPT, "login --username admin --role admin"),
        (PASSWORD, "admins-password"),
        (PROMPT, "user create --username user1 --role crypto-user"),
        (PASSWORD, "first-password"),
        (CONFIRM, "first-password"),
        (PROMPT, "user change-password --username user1 --role crypto-user"),
        (PASSWORD, "second-password"),
        (CONFIRM, "second-password"),
        (PROMPT, "user create --username user2 --role admin"),
        (PASSWORD, "third-password"),
        (CONFIRM, "third-password"),
        (PROMPT, "user delete --username user2 --role admin"),
        (PROMPT, "logout"),
        (PROMPT, "login --username user1 --role crypto-user"),
        (PASSWORD, "first-password"),
        (PROMPT, "login --username user1 --role crypto-user"),
        (PASSWORD, "second-password"),
        (PROMPT, "user list"),
    )
    data: list[object] = [
        {"users": [user("admin", "unactivated-admin"), APP_USER]},
        "Cluster activation successful",
        {"username": "admin", "role": "admin"},
        who,
        who,
        {"username": "user2", "role": "admin"},
        {"username": "user2", "role": "admin"},
        "Logout successful",
        who,
        {"users": [user("admin", "admin"), APP_USER, user("user1")]},
    ]
    expected = [{"error_code": 0, "data": each} for each in data]
    expected.insert(8, {"error_code": 1, "data": re.compile("Wrong password.*")})
    compare(shown, expected)


def test_the_second_factor_is_registered_and_used(home: Path, tmp_path: Path) -> None:
    """What the user guide's prompts ask for, on a terminal; between them the tokens are signed with openssl."""
    public, login = write_keys(tmp_path, "alice"), "login --username alice --role crypto-user"
    password, token = PASSWORDS["alice"].decode(), tmp_path / "alice.token"
    signed = "Enter signed token file path (press enter if same as the unsigned token file):"

    def sign() -> None:
        (unsigned,) = json.loads(token.read_text())["tokens"]
        compare(unsigned, {"unsigned": BASE64, "signed": ""})
        sign_own(token, "alice")

    shown = on_a_terminal(
        home,
        tmp_path,
        (PROMPT, login),
        (PASSWORD, password),
        (PROMPT, f"user change-mfa token-sign --username alice --role crypto-user --token {token}"),
        (PASSWORD, "another-password"),
        (CONFIRM, "another-password"),
        (signed, sign),
        ("Enter public key PEM file path:", str(public)),
        (PROMPT, "logout"),
        (PROMPT, f"{login} mfa-token-sign --token {token}"),
        (PASSWORD, "another-password"),
        (signed, sign),
        (PROMPT, "user list"),
    )
    who = {"username": "alice", "role": "crypto-user"}
    # The fixture's bob, whom no command made, has no place in the order in which users were made.
    users = [user("bob"), user("admin", "admin"), APP_USER, user("alice", mfa=True, quorum=True)]
    data: list[object] = [who, who, "Logout successful", who, {"users": users}]
    compare(shown, [{"error_code": 0, "data": each} for each in data])


WRITTEN = {"message": "Successfully generated key file"}

PAIR = "--public-label {0}-pub --private-label {0}-priv --public-attributes verify=true --private-attributes sign=true"
RSA = f"key generate-asymmetric-pair rsa --public-exponent 65537 --modulus-size-bits 2048 {PAIR.format('rsa')}"
RSA_PAIR = {
    "public_key": key(RSA_PUBLIC, "rsa-pub", {"verify": True}),
    "private_key": key(RSA_PRIVATE, "rsa-priv", {"sign": True}),
}
EC = f"key generate-asymmetric-pair ec --curve prime256v1 {PAIR.format('ec')}"
EC_PAIR = {
    "public_key": key(EC_PUBLIC, "ec-pub", {"verify": True}),
    "private_key": key(EC_PRIVATE, "ec-priv", {"sign": True}),
}


def test_keys_are_generated_listed_changed_and_shared(alice: Tutorial) -> None:
    made = alice.does(
        "key generate-symmetric aes --label aes --key-length-bytes 32 --attributes encrypt=true decrypt=true id=0x0a0b",
        {"key": key(AES, "aes", {"encrypt": True, "decrypt": True, "id": "0x0a0b"})},
    )
    one = f"--filter key-reference={made['key']['key-reference']}"
    alice.does(
        "key generate-symmetric generic-secret --label mac --key-length-bytes 800 --session",
        {"key": key(GENERIC_SECRET, "mac", {"token": False, "key-length-bytes": 800})},
    )
    alice.does(RSA, RSA_PAIR)
    alice.does(EC, EC_PAIR)

    def listing(*keys: object, total: int | None = None) -> dict[str, object]:
        return {"matched_keys": [*keys], "total_key_count": total or len(keys), "returned_key_count": len(keys)}

    first = listing(brief("aes"), brief("mac"), brief("rsa-pub"), total=6) | {"next_token": REFERENCE}
    token = alice.does("key list --max-items 3", first)["next_token"]
    rest = [brief(label) for label in ("rsa-priv", "ec-pub", "ec-priv")]
    alice.does(f"key list --starting-token {token}", listing(*rest, total=6))
    alice.does("key list --verbose --filter attr.class=private-key attr.key-type=ec", listing(EC_PAIR["private_key"]))
    alice.does("key list --filter attr.label=nothing", listing())

    done = {"message": "Attribute set successfully"}
    alice.does(f"key set-attribute {one} --name label --value renamed", done)
    alice.does(f"key set-attribute {one} --name extractable --value false", done)
    alice.refuses(
        f"key set-attribute {one} --name extractable --value true",
        "Attribute extractable cannot be set to the value true by the user for this operation",
    )
    alice.does(f"key share {one} --username bob --role crypto-user", {"message": "Key shared successfully"})
    changed: Attributes = {"encrypt": True, "decrypt": True, "id": "0x0a0b", "extractable": False}
    shared = key(AES, "renamed", changed, shared=("bob",))
    alice.does(f"key list {one} --verbose", listing(shared))
    alice.log_out()

    alice.log_in("bob", "crypto-user", PASSWORDS["bob"].decode())
    alice.does(f"key list {one} --verbose", listing(shared))
    publics = [brief(label) for label in ("renamed", "rsa-pub", "ec-pub")]
    alice.does("key list", listing(*publics))
    alice.refuses(f"key delete {one}", "Only its owner, crypto user 'alice',")
    alice.log_out()
    alice.log_in("alice", "crypto-user", PASSWORDS["alice"].decode())
    alice.does(f"key unshare {one} --username bob --role crypto-user", {"message": "Key unshared successfully"})
    alice.does(f"key delete {one}", {"message": "Key deleted successfully"})
    alice.refuses(f"key delete {one}", "No key of this user matches")


def test_an_admin_makes_a_wrapping_key_trusted(alice: Tutorial) -> None:
    """The tutorial on trusted keys: an untrusted key does not wrap what is only for trusted ones."""
    alice.does(
        "key generate-symmetric aes --label kek --key-length-bytes 32 --attributes wrap=true",
        {"key": key(AES, "kek", {"wrap": True})},
    )
    alice.does(
        "key generate-symmetric aes --label data --key-length-bytes 16 --attributes wrap-with-trusted=true",
        {"key": key(AES, "data", {"wrap-with-trusted": True, "key-length-bytes": 16})},
    )
    wrap = "key wrap aes-zero-pad --payload-filter attr.label=data --wrapping-filter attr.label=kek"
    alice.refuses(wrap, "WRAP_WITH_TRUSTED of key 'data'")
    alice.log_out()
    alice.log_in("admin", "admin", PASSWORDS["admin"].decode())
    trust = "key set-attribute --filter attr.label=kek --name trusted --value true"
    alice.does(trust, {"message": "Attribute set successfully"})
    alice.log_out()
    alice.log_in("alice", "crypto-user", PASSWORDS["alice"].decode())
    wrapped = {"payload_key_reference": REFERENCE, "wrapping_key_reference": REFERENCE, "wrapped_key_data": BASE64}
    alice.does(wrap, wrapped)
    trusted = key(AES, "kek", {"wrap": True, "trusted": True})
    listing = {"matched_keys": [trusted], "total_key_count": 1, "returned_key_count": 1}
    alice.does("key list --filter attr.label=kek --verbose", listing)


def test_data_are_signed_and_verified(alice: Tutorial, tmp_path: Path) -> None:
    """In the HSM and, with the public key that it wrote, by openssl."""
    data, signature, public = (tmp_path / name for name in ("data", "signature", "pub.pem"))
    data.write_bytes(b"abc123")
    alice.does(EC, EC_PAIR)
    alice.does(RSA, RSA_PAIR)
    digest = base64.b64encode(hashlib.sha256(b"abc123").digest()).decode()
    pss = " --mgf mgf1-sha256 --salt-length 32"
    options = ["-sigopt", "rsa_padding_mode:pss"]
    for kind, pair, more, check in (
        ("ecdsa", "ec", "", []),
        ("rsa-pkcs", "rsa", "", []),
        ("rsa-pkcs-pss", "rsa", pss, options),
    ):
        how = f"{kind} --hash-function sha256{more}"
        sign, verify = (f"crypto {verb} {how} --key-filter attr.label={pair}" for verb in ("sign", "verify"))
        made = alice.does(f"{sign}-priv --data-path {data}", {"key-reference": REFERENCE, "signature": BASE64})
        signature.write_bytes(raw := base64.b64decode(made["signature"]))
        verified = {"message": "Signature verified successfully"}
        alice.does(f"{verify}-pub --data-path {data} --signature-path {signature}", verified)
        alice.does(f"{verify}-pub --data {digest} --data-type digest --signature {made['signature']}", verified)
        alice.refuses(f"{verify}-pub --data YWJj --signature-path {signature}", "Signature verification failed")

        alice.does(f"key generate-file --encoding pem --path {public} --filter attr.label={pair}-pub", WRITTEN)
        if kind == "ecdsa":
            halves = (int.from_bytes(half, "big") for half in (raw[:32], raw[32:]))
            signature.write_bytes(encode_dss_signature(*halves))
        arguments: list[str | Path] = ["-sha256", "-verify", public, "-signature", signature, *check, data]
        assert openssl("dgst", *arguments) == b"Verified OK\n"


def test_single_commands_answer_and_exit_as_in_a_session(home: Path) -> None:
    """As processes of their own, with the variables of cloudhsm-cli."""
    pin = {"CLOUDHSM_ROLE": "crypto-user", "CLOUDHSM_PIN": f"alice:{PASSWORDS['alice'].decode()}"}
    for command, code, data in (
        (EC, 0, EC_PAIR),
        ("key delete --filter attr.label=none", 1, re.compile("No key of this user matches attr.label=none.*")),
    ):
        ran = process(home, pin, *command.split())
        assert (ran.returncode, ran.stderr) == (code, "")
        compare(json.loads(ran.stdout), {"error_code": code, "data": data})
