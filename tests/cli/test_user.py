"""``user``, ``cluster`` and the second factor."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from conftest import PASSWORDS

from bridge.engine import Session
from cli.approving import sign_own, write_keys
from cli.command import ADMIN, ALICE, BOB, answer, refusal, run
from cli.dialogue import dialogue
from cli.terminal import converse

CAROL = ["--username", "Carol", "--role", "crypto-user"]
NEW = {"HSMBRIDGE_NEW_PASSWORD": "carols-password"}
TOKEN_SIGN = [{"strategy": "token-sign", "status": "enabled"}]


def listed(home: Path) -> dict[tuple[str, str], dict[str, object]]:
    users = answer(run(home, {}, "user", "list"))["users"]
    return {(user["username"], user["role"]): user for user in users}


def test_lists_users_without_a_login(home: Path) -> None:
    users = listed(home)
    assert ("app_user", "internal(APPLIANCE_USER)") in users
    assert users["alice", "crypto-user"] == {
        "username": "alice",
        "role": "crypto-user",
        "locked": "false",
        "mfa": [],
        "quorum": [],
        "cluster-coverage": "full",
    }
    assert list(users["admin", "admin"]) == ["username", "role", "locked", "mfa", "quorum", "cluster-coverage"]


def test_an_admin_creates_and_deletes_users(home: Path) -> None:
    made = run(home, {**ADMIN, **NEW}, "user", "create", *CAROL)
    assert answer(made) == {"username": "carol", "role": "crypto-user"}
    assert "carols-password" not in made.output
    assert "already" in refusal(run(home, {**ADMIN, **NEW}, "user", "create", *CAROL))
    pin = {"CLOUDHSM_PIN": "carol:carols-password"}
    key = ["key", "generate-symmetric", "aes", "--label", "k", "--key-length-bytes", "16"]
    answer(run(home, pin, *key))
    assert "owns 1 keys" in refusal(run(home, ADMIN, "user", "delete", *CAROL))
    answer(run(home, pin, "key", "delete", "--filter", "attr.label=k"))

    assert answer(run(home, ADMIN, "user", "delete", *CAROL)) == {"username": "carol", "role": "crypto-user"}
    assert ("carol", "crypto-user") not in listed(home)
    assert refusal(run(home, ADMIN, "user", "delete", *CAROL))


def test_a_password_is_an_option_or_typed_twice(home: Path) -> None:
    assert answer(run(home, ADMIN, "user", "create", *CAROL, "--password", "carols-password"))
    answers = [("Enter password:", "daves-password"), ("Confirm password:", "daves-password")]
    code, shown = converse(home, ADMIN, ["user", "create", "--username", "dave", "--role", "admin"], answers)
    assert code == 0
    assert "daves-password" not in shown
    dave = {"CLOUDHSM_ROLE": "admin", "CLOUDHSM_PIN": "dave:daves-password"}
    assert answer(run(home, dave, "key", "list"))


def test_crypto_users_manage_nobody(home: Path) -> None:
    pin = {"CLOUDHSM_ROLE": "crypto-user", "CLOUDHSM_PIN": f"alice:{PASSWORDS['alice'].decode()}", **NEW}
    assert "admin" in refusal(run(home, pin, "user", "create", *CAROL))
    assert "admin" in refusal(run(home, pin, "user", "delete", "--username", "bob", "--role", "crypto-user"))
    assert ("bob", "crypto-user") in listed(home)


def test_five_wrong_passwords_lock_and_the_list_says_so(home: Path) -> None:
    for _ in range(5):
        refusal(run(home, {"CLOUDHSM_PIN": "bob:wrong-password"}, "key", "list"))
    assert listed(home)["bob", "crypto-user"]["locked"] == "true"
    bob = ["--username", "bob", "--role", "crypto-user", "--password", "bobs new one"]
    assert answer(run(home, ADMIN, "user", "change-password", *bob))
    assert listed(home)["bob", "crypto-user"]["locked"] == "false"


def test_a_user_who_is_logged_in_elsewhere_is_not_changed(home: Path, session: Session) -> None:
    alice = ["--username", "Alice", "--role", "crypto-user"]
    new = {"HSMBRIDGE_NEW_PASSWORD": "the new password"}
    own = {"CLOUDHSM_ROLE": "crypto-user", "CLOUDHSM_PIN": f"alice:{PASSWORDS['alice'].decode()}", **new}
    for environment, command in (
        (ADMIN, "delete"),
        ({**ADMIN, **new}, "change-password"),
        (own, "change-password"),
    ):
        said = refusal(run(home, environment, "user", command, *alice))
        assert said.startswith("The crypto-user 'alice' is logged in to another session: log out there, or end the")
    session.logout()
    assert answer(run(home, own, "user", "change-password", *alice)) == {"username": "alice", "role": "crypto-user"}
    assert answer(run(home, ADMIN, "user", "delete", *alice))


def test_a_new_hsm_is_activated(tmp_path: Path) -> None:
    home = tmp_path / "new"
    assert "cluster activate" in run(home, {}, "init", "--unactivated").stdout
    assert ("admin", "unactivated-admin") in listed(home)
    assert "carols-password" not in run(home, NEW, "cluster", "activate").output
    assert ("admin", "admin") in listed(home)
    assert refusal(run(home, NEW, "cluster", "activate"))
    admin = {"HSMBRIDGE_ADMIN_PASSWORD": "carols-password", "HSMBRIDGE_NEW_PASSWORD": "password of carol"}
    assert answer(run(home, admin, "user", "create", *CAROL))


def test_activation_says_so(tmp_path: Path) -> None:
    home = tmp_path / "new"
    run(home, {}, "init", "--unactivated")
    assert answer(run(home, {}, "cluster", "activate", "--password", "a password")) == "Cluster activation successful"


def test_describes_the_hsm_without_a_login(home: Path) -> None:
    (hsm,) = answer(run(home, {}, "cluster", "hsm-info"))["hsms"]
    assert list(hsm) == [
        "vendor",
        "model",
        "serial-number",
        "hardware-version-major",
        "hardware-version-minor",
        "firmware-version-major",
        "firmware-version-minor",
        "firmware-build-number",
        "firmware-id",
        "fips-state",
    ]


def test_keys_are_shared_and_taken_back(home: Path, session: Session) -> None:
    made = ["key", "generate-symmetric", "aes", "--label", "k", "--key-length-bytes", "16"]
    answer(run(home, ALICE, *made, "--attributes", "encrypt=true"))
    one = ["--filter", "attr.label=k", "--username", "bob", "--role", "crypto-user"]
    assert answer(run(home, ALICE, "key", "share", *one)) == {"message": "Key shared successfully"}
    (key,) = answer(run(home, BOB, "key", "list", "--verbose"))["matched_keys"]
    assert key["key-info"]["key-owners"] == [{"username": "alice", "key-coverage": "full"}]
    assert key["key-info"]["shared-users"] == [{"username": "bob", "key-coverage": "full"}]
    assert "owner" in refusal(run(home, BOB, "key", "delete", "--filter", "attr.label=k"))
    assert run(home, ALICE, "key", "share", *one[:-1], "admin").exit_code == 2

    assert answer(run(home, ALICE, "key", "unshare", *one)) == {"message": "Key unshared successfully"}
    assert answer(run(home, BOB, "key", "list"))["total_key_count"] == 0
    assert refusal(run(home, ALICE, "key", "unshare", *one))


def test_new_keys_are_shared_at_once(home: Path) -> None:
    pair = ["key", "generate-asymmetric-pair", "ec", "--curve", "secp256r1", "--private-label", "q"]
    data = answer(run(home, ALICE, *pair, "--public-label", "p", "--share-crypto-users", "bob"))
    shared = [{"username": "bob", "key-coverage": "full"}]
    assert data["private_key"]["key-info"]["shared-users"] == shared
    assert data["public_key"]["key-info"]["shared-users"] == []
    nobody = ["key", "generate-symmetric", "aes", "--label", "k", "--key-length-bytes", "16", "--share-crypto-users"]
    assert "no crypto-user 'nobody'" in refusal(run(home, ALICE, *nobody, "bob", "nobody"))


def test_the_second_factor(home: Path, tmp_path: Path) -> None:
    public, token = write_keys(tmp_path, "alice"), tmp_path / "mfa.json"
    login = "login --username alice --role crypto-user"
    change = "user change-mfa token-sign --username alice --role crypto-user"
    password = PASSWORDS["alice"].decode()
    with dialogue(home) as cli:
        cli.done(f"{login} --password {password}")
        cli.send(f"{change} --change-password {password} --token {token}")
        wait_for(token)
        sign_own(token, "alice")
        cli.send("")
        cli.send(str(public))
        assert cli.answer()["data"] == {"username": "alice", "role": "crypto-user"}
        cli.done("logout")
        assert cli.refused(f"{login} --password {password}")

        signed = tmp_path / "signed.json"
        cli.send(f"{login} --password {password} mfa-token-sign --token {token}.2")
        wait_for(tmp_path / "mfa.json.2")
        signed.write_text((tmp_path / "mfa.json.2").read_text())
        sign_own(signed, "alice")
        cli.send(str(signed))
        assert cli.answer()["data"] == {"username": "alice", "role": "crypto-user"}
        assert listed(home)["alice", "crypto-user"]["mfa"] == TOKEN_SIGN

        cli.done(f"{change} --deregister")
        cli.done("logout")
        cli.done(f"{login} --password {password}")
    assert listed(home)["alice", "crypto-user"]["mfa"] == []


def wait_for(path: Path) -> None:
    deadline = time.monotonic() + 60
    while not (path.exists() and path.read_text().endswith("}\n")):
        assert time.monotonic() < deadline, f"{path} was not written"
        time.sleep(0.05)


@pytest.mark.parametrize("more", [[], ["--deregister", "--token", "t"]])
def test_a_second_factor_is_registered_or_forgotten(home: Path, more: list[str]) -> None:
    one = ["user", "change-mfa", "token-sign", "--username", "alice", "--role", "crypto-user"]
    assert run(home, ADMIN, *one, *more).exit_code == 2
