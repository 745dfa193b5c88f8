"""jarsigner with a key that needs approvals: it waits while approvers sign the token file in other terminals."""

from __future__ import annotations

import base64
import json
import stat
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from conftest import log_in
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from engine.approvers import PASSWORD, approvers, key_of

from bridge.engine import Attribute, MechanismType, Role
from bridge.engine.attributes import Attributes
from bridge.engine.quorum import KeyQuorum
from bridge.jvm import find_jdk
from bridge.store import open_home
from tools.conftest import STOREPASS, Tools
from tools.stock import Stock, stock_tools

NAMES = ("bob", "carol")
ALIAS = "release"
FILE = "approval.json"
STORE = ("-keystore", "NONE", "-storetype", "CloudHSM", "-storepass", STOREPASS, "-certchain", "chain.crt")
PATIENCE = 50.0
"""Seconds that an approver waits for a token."""

Jarsigner = Callable[..., str]


@dataclass(frozen=True)
class Desk:
    """A folder with a jar and the certificate of a key that needs two approvals, and jarsigner in two forms."""

    stock: Stock

    @property
    def folder(self) -> Path:
        """Where the tools run."""
        return self.stock.folder

    @property
    def file(self) -> Path:
        """Where the token is written to."""
        return self.folder / FILE

    def jarsigner(self, form: str) -> Jarsigner:
        """Return what runs jarsigner, hosted or as the JDK has it."""
        tools = self.stock.tools
        if form == "hosted":
            return tools.jarsigner
        own = (*self.stock.class_path, *self.stock.registered)
        return lambda *arguments, code=0: tools.stock("jarsigner", *own, *arguments, code=code)

    def openssl(self, *arguments: str, data: bytes | None = None) -> bytes:
        """Run openssl in the folder."""
        ran = subprocess.run(["openssl", *arguments], cwd=self.folder, input=data, capture_output=True, check=True)
        return ran.stdout


@pytest.fixture(scope="module")
def served(pristine_home: Path) -> Iterator[Desk]:
    """The desk of all tests of this file."""
    with stock_tools(find_jdk(), pristine_home) as stock:
        desk = Desk(stock)
        hsm = open_home(stock.home)
        approvers(hsm, Role.CRYPTO_USER, *NAMES)
        session = log_in(hsm, "alice")
        common: Attributes = {Attribute.LABEL: ALIAS, Attribute.TOKEN: True}
        bits: Attributes = {Attribute.MODULUS_BITS: 2048}
        public, _ = session.generate_key_pair(
            MechanismType.RSA_PKCS_KEY_PAIR_GEN, {**common, **bits}, common, NAMES, KeyQuorum(2, 2)
        )
        (desk.folder / "public.der").write_bytes(session.export(public))
        hsm.close()
        for name in NAMES:
            encoded = key_of(name).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
            (desk.folder / f"{name}.key").write_bytes(encoded)
        certify(desk)
        stock.tools.make_jar()
        yield desk


@pytest.fixture
def desk(served: Desk) -> Desk:
    """The desk without a token file."""
    served.file.unlink(missing_ok=True)
    return served


def certify(desk: Desk) -> None:
    """Have a CA certify the public key: nobody signs a request without approvals."""
    (desk.folder / "usage").write_text("keyUsage=critical,digitalSignature\nextendedKeyUsage=codeSigning\n")
    desk.openssl(
        "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "ca.key", "-out", "ca.crt",
        "-subj", "/CN=CA", "-days", "400",
    )  # fmt: skip
    desk.openssl("pkey", "-pubin", "-inform", "DER", "-in", "public.der", "-out", "public.pem")
    desk.openssl(
        "x509", "-new", "-force_pubkey", "public.pem", "-subj", f"/CN={ALIAS}", "-days", "399",
        "-CA", "ca.crt", "-CAkey", "ca.key", "-extfile", "usage", "-out", f"{ALIAS}.crt",
    )  # fmt: skip
    chain = [(desk.folder / file).read_text() for file in (f"{ALIAS}.crt", "ca.crt")]
    (desk.folder / "chain.crt").write_text("".join(chain))
    trust = ("-keystore", "trust.p12", "-storepass", STOREPASS, "-noprompt")
    desk.stock.tools.stock("keytool", "-importcert", "-alias", "ca", "-file", "ca.crt", *trust)


def verify(desk: Desk, jar: str) -> None:
    """Verify a jar with a plain JDK that knows nothing but the CA."""
    trust = ("-keystore", "trust.p12", "-storepass", STOREPASS)
    assert "jar verified." in desk.stock.tools.stock("jarsigner", "-verify", "-strict", *trust, jar).splitlines()


def signature_of(desk: Desk, name: str, token: str) -> str:
    """Sign a token as the line on standard error says."""
    signing = ("pkeyutl", "-sign", "-inkey", f"{name}.key", "-pkeyopt", "digest:sha256")
    signed = desk.openssl(*signing, data=base64.b64decode(token))
    return base64.b64encode(signed).decode()


def edited(desk: Desk, change: Callable[[dict[str, Any]], None]) -> None:
    """Edit the token file as a person does, with a moment in which it is half written."""
    token = json.loads(desk.file.read_text())
    change(token)
    text = json.dumps(token, indent=2)
    desk.file.write_text(text[: len(text) // 2])
    time.sleep(0.3)
    desk.file.write_text(text)


def sign_as(desk: Desk, name: str, signed: str | None = None) -> None:
    """Add an approver's signature to the token file; by default a right one."""

    def add(token: dict[str, Any]) -> None:
        entry = {"username": name, "role": "crypto-user"}
        token["signatures"].append({**entry, "signature": signed or signature_of(desk, name, token["token"])})

    edited(desk, add)


@contextmanager
def meanwhile(desk: Desk, work: Callable[[], None]) -> Iterator[None]:
    """Do something as soon as there is a token that is not the one of before."""
    before = desk.file.read_bytes() if desk.file.exists() else b""
    failures: list[BaseException] = []

    def wait_and_work() -> None:
        try:
            end = time.monotonic() + PATIENCE
            while not desk.file.exists() or desk.file.read_bytes() == before:
                assert time.monotonic() < end, "no token"
                time.sleep(0.05)
            work()
        except BaseException as failure:
            failures.append(failure)

    thread = threading.Thread(target=wait_and_work)
    thread.start()
    yield
    thread.join()
    assert failures == []


@pytest.mark.parametrize("form", ["hosted", "stock"])
def test_a_jar_is_signed_when_enough_have_signed(desk: Desk, form: str) -> None:
    modes: list[int] = []

    def approve() -> None:
        modes.append(stat.S_IMODE(desk.file.stat().st_mode))
        for name in NAMES:
            sign_as(desk, name)

    for jar in ("first.jar", "second.jar"):
        with meanwhile(desk, approve):
            said = desk.jarsigner(form)(
                f"-J-Dhsmbridge.approval.file={desk.file}", *STORE, "-signedjar", jar, "app.jar", ALIAS
            )
        assert "jar signed." in said.splitlines()
        verify(desk, jar)
        (line,) = [line for line in said.splitlines() if line.startswith("hsmbridge: ")]
        token = json.loads(desk.file.read_text())
        for text in (f'"{ALIAS}"', token["key_reference"], "2 approvals within ", token["token"], str(desk.file)):
            assert text in line
        assert "openssl pkeyutl -sign -inkey NAME.key -pkeyopt digest:sha256" in line
        assert PASSWORD.decode() not in said
        assert "PRIVATE KEY" not in said
    assert modes == [0o600, 0o600]
    assert not list(desk.folder.glob(".approval-*"))


def test_the_command_of_the_line_makes_a_signature(desk: Desk) -> None:
    token = base64.b64encode(bytes(range(32))).decode()
    command = (
        f"echo {token} | openssl base64 -d -A | openssl pkeyutl -sign -inkey bob.key -pkeyopt digest:sha256"
        " | openssl base64 -A"
    )
    ran = subprocess.run(["sh", "-c", command], cwd=desk.folder, capture_output=True, text=True, check=True)
    assert ran.stdout == signature_of(desk, "bob", token)


def signing(desk: Desk, *options: str, form: str = "hosted") -> str:
    """Let jarsigner fail, and return what it says."""
    said = desk.jarsigner(form)(*options, *STORE, "-signedjar", "no.jar", "app.jar", ALIAS, code=1)
    assert not (desk.folder / "no.jar").exists()
    return said


@pytest.mark.parametrize("form", ["hosted", "stock"])
def test_without_a_file_it_says_what_to_do(desk: Desk, form: str) -> None:
    said = signing(desk, form=form)
    assert "Quorum approval is required for this operation" in said
    assert "-J-Dhsmbridge.approval.file=FILE, or HSMBRIDGE_APPROVAL_FILE" in said


def option(desk: Desk) -> str:
    """Return the option that names the file."""
    return f"-J-Dhsmbridge.approval.file={desk.file}"


def test_a_wrong_signature_is_refused(desk: Desk) -> None:
    def approve() -> None:
        sign_as(desk, "bob")
        sign_as(desk, "carol", base64.b64encode(bytes(256)).decode())

    with meanwhile(desk, approve):
        assert "Invalid username-signature pair for quorum authorization" in signing(desk, option(desk))


def test_too_few_until_the_token_expires(desk: Desk) -> None:
    hsm = open_home(desk.stock.home)
    admin = log_in(hsm, "admin")
    admin.set_timeouts(generated=4)
    try:
        with meanwhile(desk, lambda: sign_as(desk, "bob")):
            said = signing(desk, option(desk))
    finally:
        admin.set_timeouts(generated=600)
        hsm.close()
    assert "Too few signatures came within the " in said
    assert "1 have signed, and 2 are needed" in said


def test_another_token_in_the_same_file_ends_the_wait(desk: Desk) -> None:
    def replace() -> None:
        edited(desk, lambda token: token.update(approval_data=base64.b64encode(bytes(80)).decode()))

    with meanwhile(desk, replace):
        assert "holds another token now" in signing(desk, option(desk))


@pytest.mark.parametrize("content", ["precious", '{"version": "1.0"}'])
def test_a_foreign_file_is_left_alone(desk: Desk, content: str) -> None:
    desk.file.write_text(content)
    assert f"The file {desk.file} is there already and is no token's" in signing(desk, option(desk))
    assert desk.file.read_text() == content


def test_a_link_is_left_alone(desk: Desk) -> None:
    (desk.folder / "precious").write_text("precious")
    desk.file.symlink_to("precious")
    assert "is there already and is no token's" in signing(desk, option(desk))
    assert (desk.file.is_symlink(), (desk.folder / "precious").read_text()) == (True, "precious")


def test_a_folder_that_is_not_there(desk: Desk) -> None:
    said = signing(desk, f"-J-Dhsmbridge.approval.file={desk.folder}/nowhere/{FILE}")
    assert f"The token cannot be written to the folder {desk.folder}/nowhere" in said


def test_the_environment_names_the_file_too(desk: Desk) -> None:
    def approve() -> None:
        for name in NAMES:
            sign_as(desk, name)

    tools: Tools = desk.stock.tools.changed(HSMBRIDGE_APPROVAL_FILE=str(desk.file))
    with meanwhile(desk, approve):
        said = tools.jarsigner(*STORE, "-signedjar", "third.jar", "app.jar", ALIAS)
    assert "jar signed." in said.splitlines()
    verify(desk, "third.jar")
