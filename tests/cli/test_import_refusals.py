"""What ``hsmbridge import`` refuses, and that nothing has changed then."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from click.testing import Result
from conftest import PASSWORDS

from bridge.engine import Attribute, MechanismType, Session
from bridge.engine.attributes import Attributes
from bridge.engine.settings import Mode
from bridge.store import create_home
from cli.command import ALICE, run
from cli.stock import KEY_PASSWORD, PASSWORD, join, keytool, tool

ENVIRONMENT = {
    **ALICE,
    "HSMBRIDGE_SOURCE_PASSWORD": PASSWORD,
    "HSMBRIDGE_KEY_PASSWORD": KEY_PASSWORD,
    "HSMBRIDGE_KEYSTORE_PASSWORD": PASSWORD,
}
WRONG = "not-the-password"


class Attempt:
    """An import into a folder of its own, and whether it left anything behind."""

    def __init__(self, home: Path, session: Session, folder: Path) -> None:
        self._home = home
        self._session = session
        self.folder = folder
        self.keystore = folder / "keys.p12"

    def refused(self, file: Path, *why: str, code: int = 1, options: str = "", **changed: str) -> None:
        """Import, and require that it is refused for a reason, that nothing is shown, and that nothing changed."""
        before = self._state()
        environment = {**ENVIRONMENT, **changed}
        result = run(self._home, environment, "import", file, "--keystore", self.keystore, *options.split())
        assert result.exit_code == code, result.output
        self._require_reason(result, code, why)
        assert not [secret for secret in (PASSWORD, KEY_PASSWORD, WRONG) if secret in result.output]
        assert self._state() == before

    def _state(self) -> tuple[list[int], dict[str, bytes]]:
        return self._session.find({}), {path.name: path.read_bytes() for path in self.folder.iterdir()}

    @staticmethod
    def _require_reason(result: Result, code: int, why: tuple[str, ...]) -> None:
        assert result.stdout == ""
        for part in why:
            assert part in result.stderr
        if code == 1:
            assert result.stderr.startswith("hsmbridge: ")
            assert result.stderr.endswith("Nothing was imported.\n")
            assert result.stderr.count("\n") == 1


@pytest.fixture
def attempt(home: Path, session: Session, tmp_path: Path) -> Attempt:
    folder = tmp_path / "work"
    folder.mkdir()
    return Attempt(home, session, folder)


@pytest.mark.parametrize("name", ["store.jks", "store.jceks", "several.p12", "old.p12"])
def test_a_wrong_password(attempt: Attempt, keystores: Path, name: str) -> None:
    attempt.refused(keystores / name, "Wrong password for", name, HSMBRIDGE_SOURCE_PASSWORD=WRONG)
    attempt.refused(keystores / name, "Wrong password for", name, HSMBRIDGE_SOURCE_PASSWORD="")


@pytest.mark.parametrize("name", ["encrypted.pem", "traditional.pem", "encrypted.der", "named.p12", "legacy.p12"])
def test_a_wrong_password_of_openssl_s_files(attempt: Attempt, openssl_files: Path, name: str) -> None:
    attempt.refused(openssl_files / name, "Wrong password for", name, HSMBRIDGE_SOURCE_PASSWORD=WRONG)


def test_a_wrong_password_of_a_key(attempt: Attempt, keystores: Path, openssl_files: Path) -> None:
    attempt.refused(keystores / "store.jks", "its key 'ec'", HSMBRIDGE_KEY_PASSWORD=WRONG)
    # Without a MAC, and with its certificates in clear, the file does not tell that its password is wrong.
    attempt.refused(openssl_files / "no-mac.p12", "its key 'no-mac'", HSMBRIDGE_SOURCE_PASSWORD=WRONG)


@pytest.mark.parametrize("name", ["store.jks", "store.jceks", "several.p12", "old.p12"])
@pytest.mark.parametrize("kept", [5, 100, -1000, -21, -1])
def test_a_truncated_keystore(attempt: Attempt, keystores: Path, name: str, kept: int) -> None:
    file = attempt.folder / name
    file.write_bytes((keystores / name).read_bytes()[:kept])
    attempt.refused(file, name)


@pytest.mark.parametrize("name", ["chain.pem", "plain.der", "named.p12"])
@pytest.mark.parametrize("kept", [30, -60])
def test_a_truncated_file_of_openssl(attempt: Attempt, openssl_files: Path, name: str, kept: int) -> None:
    file = attempt.folder / name
    file.write_bytes((openssl_files / name).read_bytes()[:kept])
    attempt.refused(file, "cannot be imported")


@pytest.mark.parametrize("content", [b"", b"hello\n", b"PK\x03\x04" + bytes(100), b"\x30\x03\x02\x01\x03", bytes(4)])
def test_a_foreign_file(attempt: Attempt, content: bytes) -> None:
    file = attempt.folder / "foreign"
    file.write_bytes(content)
    attempt.refused(file, f"{file} cannot be imported: ")


def test_a_file_that_is_not_there(attempt: Attempt) -> None:
    attempt.refused(attempt.folder / "nothing.jks", "No such file or directory")
    attempt.refused(attempt.folder, "Is a directory")


@pytest.mark.parametrize("kind", ["JKS", "PKCS12"])
def test_a_key_of_another_kind(attempt: Attempt, kind: str) -> None:
    good = ("-keyalg", "EC", "-groupname", "secp256r1", "-dname", "CN=Good", "-storetype", kind)
    bad = ("-keyalg", "DSA", "-keysize", "2048", "-dname", "CN=Bad", "-storetype", kind)
    same = ("-keypass:env", "STORE_PASSWORD")
    keytool(attempt.folder, "-genkeypair", "two", "-alias", "good", *good, *same)
    keytool(attempt.folder, "-genkeypair", "two", "-alias", "bad", *bad, *same)
    attempt.refused(
        attempt.folder / "two", "Key 'bad' is refused: The HSM holds RSA, EC, Ed25519 and ML-DSA key pairs; DSA"
    )


def test_a_secret_key_of_another_kind(attempt: Attempt) -> None:
    for kind, algorithm in (("JCEKS", "Blowfish"), ("PKCS12", "DES")):
        key = ("-alias", "odd", "-keyalg", algorithm, "-keysize", "56", "-storetype", kind)
        keytool(attempt.folder, "-genseckey", f"odd.{kind}", *key, "-keypass:env", "STORE_PASSWORD")
        attempt.refused(attempt.folder / f"odd.{kind}", "its secret key 'odd' is for the algorithm", "triple DES and")


def test_a_key_that_fips_mode_bans(tmp_path: Path) -> None:
    home, source = tmp_path / "home", tmp_path / "des.jceks"
    password = PASSWORDS["alice"]
    create_home(home, admin_password=PASSWORDS["admin"], user="alice", password=password, mode=Mode.FIPS)
    key = ("-alias", "des", "-keyalg", "DESede", "-keysize", "168", "-storetype", "JCEKS")
    keytool(tmp_path, "-genseckey", source.name, *key, "-keypass:env", "STORE_PASSWORD")
    result = run(home, ENVIRONMENT, "import", source)

    assert result.exit_code == 1
    assert result.stderr.startswith("hsmbridge: Key 'des' is refused: This HSM is in FIPS mode, which has no DES3 keys")
    assert "sees no keys" in run(home, ENVIRONMENT, "keys").stdout


def test_a_certificate_of_a_curve_that_nobody_knows(attempt: Attempt, openssl_files: Path) -> None:
    for command in (
        "ecparam -name secp112r1 -genkey -noout -out odd.pem",
        "req -x509 -new -key odd.pem -subj /CN=odd -days 9 -out certificate.pem",
        "pkcs12 -export -inkey odd.pem -in certificate.pem -out odd.p12 -name x -passout env:STORE_PASSWORD",
    ):
        tool(attempt.folder, "openssl", *command.split())
    attempt.refused(attempt.folder / "odd.p12", "Key 'x' is refused")
    join(attempt.folder, "both.pem", str(openssl_files / "key.pem"), "certificate.pem")
    attempt.refused(attempt.folder / "both.pem", "for a key of a kind that is not supported")


def test_a_key_that_a_certificate_hides(attempt: Attempt) -> None:
    """A key that cannot be parsed is refused for what it is, not for the certificate that then belongs to none."""
    key = ("-alias", "x", "-keyalg", "X448", "-dname", "CN=x", "-signer", "ca", "-keypass:env", "STORE_PASSWORD")
    keytool(attempt.folder, "-genkeypair", "two.p12", "-alias", "ca", "-keyalg", "EC", "-dname", "CN=CA")
    keytool(attempt.folder, "-genkeypair", "two.p12", *key)
    attempt.refused(attempt.folder / "two.p12", "Key 'x' is refused", "X448")


@pytest.mark.parametrize(
    ("command", "why"),
    [
        ("ecparam -name brainpoolP256r1 -genkey -out bad.pem", "does not know the curve brainpoolP256r1"),
        ("genpkey -algorithm ed448 -out bad.pem", "Ed448"),
        ("genpkey -algorithm x25519 -out bad.pem", "X25519"),
        ("genrsa -out bad.pem 1024", "RSA keys have 2048 to 4096 bits"),
    ],
)
def test_a_key_that_the_hsm_does_not_hold(attempt: Attempt, command: str, why: str) -> None:
    tool(attempt.folder, "openssl", *command.split())
    attempt.refused(attempt.folder / "bad.pem", "Key 'bad' is refused", why)


def test_an_alias_that_a_key_has(attempt: Attempt, keystores: Path, session: Session) -> None:
    template: Attributes = {Attribute.TOKEN: True, Attribute.LABEL: "ec", Attribute.VALUE_LEN: 16}
    handle = session.generate_key(MechanismType.AES_KEY_GEN, template)
    attempt.refused(keystores / "several.p12", f"The alias 'ec' is in use by key 'ec' (0x{handle:016x})")


def test_an_alias_that_the_keystore_file_has(attempt: Attempt, keystores: Path) -> None:
    alias = ("-alias", b"rsa".hex(), "-file", str(keystores / "ec.pem"), "-noprompt")
    keytool(attempt.folder, "-importcert", "keys.p12", *alias)
    attempt.refused(keystores / "several.p12", f"The keystore file {attempt.keystore} has the alias 'rsa' already")


def test_a_keystore_file_that_is_none(attempt: Attempt, keystores: Path) -> None:
    source = keystores / "several.p12"
    shutil.copy(keystores / "ca.p12", attempt.keystore)
    attempt.refused(source, "it holds keys itself")
    attempt.refused(source, f"Wrong password for {attempt.keystore}", HSMBRIDGE_KEYSTORE_PASSWORD=WRONG)
    attempt.keystore.write_bytes(attempt.keystore.read_bytes()[:-9])
    attempt.refused(source, "keys.p12", "truncated or damaged")
    shutil.copy(keystores / "store.jks", attempt.keystore)
    attempt.refused(source, "it is no PKCS#12 file")


def test_a_keystore_file_in_a_folder_that_is_not_there(attempt: Attempt, keystores: Path) -> None:
    attempt.keystore = attempt.folder / "missing" / "keys.p12"
    attempt.refused(keystores / "several.p12", "it cannot be written (No such file or directory)")


def test_a_short_password_for_the_keystore_file(attempt: Attempt, keystores: Path) -> None:
    attempt.refused(keystores / "several.p12", "6 characters or more", HSMBRIDGE_KEYSTORE_PASSWORD="12345")


def test_certificates_that_do_not_belong(attempt: Attempt, openssl_files: Path, keystores: Path) -> None:
    join(attempt.folder, "wrong.pem", *(str(openssl_files / name) for name in ("key.pem", "root.pem")))
    attempt.refused(attempt.folder / "wrong.pem", "none of its certificates is for its key")
    join(attempt.folder, "more.pem", str(openssl_files / "chain.pem"), str(keystores / "ca.pem"))
    attempt.refused(attempt.folder / "more.pem", "not in the chain of its key: CN=Test CA")


def test_pem_without_exactly_one_key(attempt: Attempt, openssl_files: Path) -> None:
    join(attempt.folder, "two.pem", *(str(openssl_files / name) for name in ("key.pem", "root.key")))
    attempt.refused(attempt.folder / "two.pem", "it holds 2 complete private keys")
    attempt.refused(openssl_files / "leaf.pem", "it holds 0 complete private keys")
    attempt.refused(openssl_files / "leaf.csr", "'CERTIFICATE REQUEST'")


def test_a_keystore_without_keys(attempt: Attempt, keystores: Path) -> None:
    keytool(attempt.folder, "-importcert", "trust.jks", "-file", str(keystores / "ca.pem"), "-noprompt")
    attempt.refused(attempt.folder / "trust.jks", "it holds no private or secret key")


def test_a_label_that_is_too_long_or_for_several_keys(attempt: Attempt, openssl_files: Path, keystores: Path) -> None:
    attempt.refused(openssl_files / "key.pem", "at most 127 characters", options=f"--label {128 * 'x'}")
    attempt.refused(keystores / "several.p12", "--label names one key", code=2, options="--label one")


@pytest.mark.parametrize("variable", ["HSMBRIDGE_KEYSTORE_PASSWORD", "HSM_PASSWORD"])
def test_a_variable_that_is_missing(attempt: Attempt, keystores: Path, variable: str) -> None:
    attempt.refused(keystores / "several.p12", f"{variable} is not set", code=2, options="", **{variable: ""})


def test_a_keystore_file_that_cannot_get_its_place(
    attempt: Attempt, keystores: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_path: Path, _target: Path) -> Path:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(Path, "replace", fail)
    attempt.refused(keystores / "several.p12", "it cannot be written (Input/output error)")
