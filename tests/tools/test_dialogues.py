"""Prompts, output and exit codes are stock keytool's: its PKCS12 keystores are the measure."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pytest

from tools.authority import Authority
from tools.conftest import STOREPASS, Tools

KEY_PASSWORD = re.compile(r"Enter key password for <\w+>\n\t\(RETURN if same as keystore password\): *")
VISIBLE = re.compile(r"\[WARNING: Input may be visible on screen\] *")
FINGERPRINT = re.compile(r"(SHA-?\d+\)?): ([0-9A-F]{2}:?)+")


def both(tools: Tools, arguments: Sequence[str], answers: Sequence[str], code: int = 0) -> tuple[str, str]:
    """Run a keytool command on a CloudHSM and on a PKCS12 keystore, and return what each said, made comparable."""
    text = "".join(f"{answer}\n" for answer in answers)
    hosted = tools.keytool(*arguments, "-keystore", "hsm.p12", "-storetype", "CloudHSM", code=code, answers=text)
    stock = tools.stock("keytool", *arguments, "-keystore", "stock.p12", code=code, answers=text)
    return comparable(hosted), comparable(stock)


def comparable(said: str) -> str:
    """Leave out what differs by nature: the type's name, fingerprints, and the password that PKCS12 keys lack."""
    said = VISIBLE.sub("", KEY_PASSWORD.sub("", said))
    said = re.sub(r"(Keystore type|Keystore provider): \w+", r"\1: …", said)
    return FINGERPRINT.sub(r"\1: …", said).replace("hsm.p12", "keys.p12").replace("stock.p12", "keys.p12")


def test_generating_asks_for_password_and_name_as_stock_keytool_does(tools: Tools) -> None:
    password, name = [STOREPASS, STOREPASS], ["Ann", "Unit", "Organisation", "City", "State", "CC", "yes"]
    arguments = ("-genkeypair", "-alias", "ann", "-keyalg", "EC", "-groupname", "secp256r1")
    hosted, stock = both(tools, arguments, [*password, *name])
    assert hosted == stock
    assert "Re-enter new password: " in hosted
    assert "What is the name of your organizational unit?" in hosted

    hosted, stock = both(tools, ["-list"], [STOREPASS])
    assert hosted == stock
    assert "ann, " in hosted


@pytest.mark.parametrize(
    ("answers", "text"),
    [
        (["short"], "Keystore password is too short"),
        ([STOREPASS, "another-password"] * 3, "They don't match. Try again"),
        ([], "Enter keystore password:"),
    ],
    ids=["too short", "not the same", "no answer"],
)
def test_bad_new_passwords_are_answered_as_by_stock_keytool(tools: Tools, answers: list[str], text: str) -> None:
    arguments = ("-genkeypair", "-alias", "ann", "-keyalg", "EC", "-dname", "CN=ann")
    hosted, stock = both(tools, arguments, answers)
    assert hosted == stock
    assert not list(tools.folder.glob("*.p12"))
    assert text in hosted


def test_a_certificate_is_trusted_only_after_a_yes(tools: Tools, authority: Authority) -> None:
    arguments = ("-importcert", "-alias", "root", "-file", str(authority.certificate), "-storepass", STOREPASS)
    hosted, stock = both(tools, arguments, ["no"])
    assert hosted == stock
    assert "Certificate was not added to keystore" in hosted
    hosted, stock = both(tools, arguments, ["yes"])
    assert hosted == stock
    assert "Trust this certificate? [no]:" in hosted
    assert "Certificate was added to keystore" in hosted


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["-list", "-storepass", STOREPASS], 1),
        (["-nonsense"], 1),
        (["-genkeypair", "-unknown"], 1),
        (["-exportcert", "-alias", "nobody", "-storepass", STOREPASS], 1),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)
def test_errors_and_exit_codes_are_stock_keytools(tools: Tools, arguments: list[str], code: int) -> None:
    hosted, stock = both(tools, arguments, [], code)
    assert hosted == stock


def test_help_is_stock_keytools(tools: Tools) -> None:
    assert tools.keytool("-help") == tools.stock("keytool", "-help")
    assert tools.jarsigner("-help") == tools.stock("jarsigner", "-help")
    assert tools.keytool("-genkeypair", "-help") == tools.stock("keytool", "-genkeypair", "-help")
