"""What keytool refuses: with a sentence, exit code 1, and without a key or an entry left behind."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import log_in

from bridge.engine import Hsm, HsmError, Role
from bridge.engine.attributes import Attributes
from tools.conftest import QUICK, STORE, STOREPASS, Tools

Keys = Callable[[], dict[str, Attributes]]
PAIR = ("-genkeypair", "-alias", "new", "-dname", "CN=new", "-keypass", STOREPASS)
SECRET = ("-genseckey", "-alias", "new", "-keypass", STOREPASS)
EC = (*PAIR, "-keyalg", "EC", "-groupname", "secp256r1")


@pytest.mark.parametrize(
    ("command", "texts"),
    [
        ((*PAIR, "-keyalg", "RSA", "-keysize", "1024"), ["1024", "2048"]),
        ((*PAIR, "-keyalg", "EC", "-groupname", "brainpoolP256r1"), ["brainpoolP256r1", "secp256k1"]),
        ((*PAIR, "-keyalg", "Ed448"), ["Ed25519", "Ed448PrivateKey is none of them"]),
        ((*PAIR, "-keyalg", "RSASSA-PSS", "-keysize", "2048"), ["cannot hold a key for RSASSA-PSS"]),
        ((*PAIR, "-keyalg", "DSA", "-keysize", "2048"), ["cannot hold a key for DSA"]),
        ((*SECRET, "-keyalg", "Blowfish", "-keysize", "128"), ["cannot hold a key for Blowfish"]),
        ((*SECRET, "-keyalg", "AES", "-keysize", "64"), ["64"]),
        ((*SECRET, "-keyalg", "HmacMD5", "-keysize", "256"), ["made in software", "was not taken in"]),
    ],
    ids=lambda value: " ".join(value[7:] if "-dname" in value else value[5:]) if isinstance(value, tuple) else "",
)
def test_what_the_hsm_cannot_make_is_not_made_in_software(
    tools: Tools, keys: Keys, command: tuple[str, ...], texts: list[str]
) -> None:
    said = tools.keytool(*command, *STORE, code=1)
    error = said.partition("keytool error: ")[2]
    assert error != "", said
    assert [text for text in texts if text not in error] == []
    assert "imported into the HSM" not in said
    assert keys() == {}
    assert not (tools.folder / "keys.p12").exists()


def test_an_alias_in_use_is_refused(tools: Tools, keys: Keys) -> None:
    tools.keytool(*EC, *STORE)
    before = keys()
    assert "<new> already exists" in tools.keytool(*SECRET, "-keyalg", "AES", "-keysize", "256", *STORE, code=1)
    assert keys() == before
    (tools.folder / "keys.p12").unlink()
    assert "<new> already exists" in tools.keytool(*EC, *STORE, code=1)
    assert keys() == before
    assert not (tools.folder / "keys.p12").exists()


def test_a_wrong_keystore_password_is_refused_and_makes_no_key(tools: Tools, keys: Keys) -> None:
    tools.keytool("-genseckey", "-alias", "first", "-keyalg", "AES", "-keysize", "256", *STORE)
    said = tools.keytool(*EC, *STORE[:-1], "wrong-password", code=1)
    assert "keystore password was incorrect" in said
    assert "not the HSM user's" in said
    assert set(keys()) == {"first"}


def test_a_damaged_file_is_refused_and_makes_no_key(tools: Tools, keys: Keys) -> None:
    content = bytes.fromhex("3082040002010330")
    (tools.folder / "keys.p12").write_bytes(content)
    assert "truncated, damaged or no PKCS#12 file" in tools.keytool(*EC, *STORE, code=1)
    assert (tools.folder / "keys.p12").read_bytes() == content
    assert keys() == {}


def lock(hsm: Hsm) -> None:
    for _ in range(5):
        with pytest.raises(HsmError):
            hsm.open_session().login(Role.CRYPTO_USER, "alice", b"not-the-password")


def test_wrong_credentials_are_refused(tools: Tools, hsm: Hsm) -> None:
    said = tools.changed(HSM_PASSWORD="wrong-password").keytool(*EC, *STORE, code=1)
    assert said.startswith("hsmbridge: ")
    assert "password" in said
    assert said.count("\n") == 1
    lock(hsm)
    said = tools.keytool(*EC, *STORE, code=1)
    assert said.startswith("hsmbridge: ")
    assert "locked" in said
    assert not (tools.folder / "keys.p12").exists()


def test_without_login_the_sentence_names_the_variables(tools: Tools, keys: Keys) -> None:
    stranger = tools.changed(HSM_USER=None, HSM_PASSWORD=None)
    said = stranger.keytool(*EC, *STORE, code=1)
    assert "Log in first: set HSM_USER and HSM_PASSWORD" in said
    assert keys() == {}
    assert not (tools.folder / "keys.p12").exists()


def test_a_missing_home_is_refused(tools: Tools, tmp_path: Path) -> None:
    said = tools.changed(HSMBRIDGE_HOME=str(tmp_path / "nowhere")).keytool(*EC, *STORE, code=1)
    assert said.startswith("hsmbridge: There is no HSM in ")
    assert "hsmbridge init" in said
    assert not (tmp_path / "nowhere").exists()


def test_a_missing_jar_is_refused(tools: Tools) -> None:
    program = (
        "from bridge.cli import main; from bridge.jvm import host; host._JAR = host._JAR.with_name('missing.jar');"
        "main()"
    )
    said = tools.run([sys.executable, "-c", program, "keytool", *QUICK, *EC, *STORE], 1, "")
    assert said.startswith("hsmbridge: The provider's jar is missing at ")
    assert said.count("\n") == 1


def test_a_key_of_another_user_is_neither_seen_nor_in_the_way(
    tools: Tools, keys: Keys, open_hsm: Callable[[], Hsm]
) -> None:
    tools.keytool(*EC, *STORE)
    bob = tools.changed(HSM_USER="bob", HSM_PASSWORD="bobs-password")
    other = ("-keystore", "bob.p12", "-storetype", "CloudHSM", "-storepass", STOREPASS)
    bob.keytool(*EC, *other)
    assert set(keys()) == {"new"}
    assert len(log_in(open_hsm(), "bob").find({})) >= 1
