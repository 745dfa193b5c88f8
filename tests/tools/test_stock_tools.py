"""Every keytool and jarsigner command that AWS documents, with the stock binaries and plain JVMs."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from jdk_choice import jdks

from bridge.engine import Attribute
from bridge.jvm.jdk import release
from tools.conftest import STOREPASS as PASSWORD
from tools.stock import Stock, stock_tools

RSA = ("-keyalg", "rsa", "-keysize", "2048", "-sigalg", "sha512withrsa")
AES = ("-keyalg", "aes", "-keysize", "256")
JARSIGNER_TAKES_PATHS = 25
NO_FILE = ("-keystore", "NONE", "-storetype", "CLOUDHSM", "-storepass", PASSWORD)
IN_SOFTWARE = 'Warning: the key "{}" was generated in software and imported into the HSM'


@pytest.fixture(scope="module", params=jdks(), ids=lambda home: f"jdk{release(home)}")
def stock(request: pytest.FixtureRequest, pristine_home: Path) -> Iterator[Stock]:
    """The tools of each JDK, all tests of this file with one daemon and in one folder."""
    with stock_tools(request.param, pristine_home) as stock:
        yield stock


@pytest.fixture
def desk(stock: Stock) -> Iterator[Stock]:
    """The tools in a folder that is empty again."""
    yield stock
    for path in stock.folder.iterdir():
        path.unlink()


def generate(stock: Stock, alias: str, *arguments: str) -> str:
    """Make a key pair as documented."""
    return stock.keytool("-genkeypair", "-alias", alias, *RSA, "-dname", f"CN={alias}", *arguments)


def openssl(stock: Stock, *arguments: str) -> str:
    """Run openssl in the tools' folder."""
    ran = subprocess.run(["openssl", *arguments], cwd=stock.folder, capture_output=True, text=True, check=True)
    return ran.stdout


def make_root(stock: Stock) -> None:
    """Make a CA with openssl."""
    files = ["-keyout", "root.key", "-out", "rootCAcert.cert"]
    openssl(stock, "req", "-x509", "-newkey", "rsa:2048", "-nodes", *files, "-subj", "/CN=Root", "-days", "400")


def certify(stock: Stock, request: str, reply: str) -> None:
    """Sign a request with the CA of openssl, for signing code."""
    (stock.folder / "usage").write_text("keyUsage=critical,digitalSignature\nextendedKeyUsage=codeSigning\n")
    ca = ["-CA", "rootCAcert.cert", "-CAkey", "root.key", "-CAcreateserial", "-days", "399", "-extfile", "usage"]
    openssl(stock, "x509", "-req", "-in", request, "-out", reply, *ca)


def make_jar(stock: Stock) -> str:
    """Make a jar worth signing."""
    return stock.tools.make_jar("in.jar")


def verify_by_plain_jdk(stock: Stock, jar: str, trust: Path) -> None:
    """Verify a jar with nothing of ours, strictly."""
    said = stock.tools.stock("jarsigner", "-verify", "-strict", "-keystore", str(trust), "-storepass", PASSWORD, jar)
    assert "jar verified." in said.splitlines()


def test_a_secret_key(desk: Stock) -> None:
    said = desk.keytool("-genseckey", "-alias", "my_secret", *AES)
    assert IN_SOFTWARE.format("my_secret") in said
    key = desk.keys()["my_secret"]
    assert (key[Attribute.TOKEN], key[Attribute.EXTRACTABLE], key[Attribute.LOCAL]) == (True, True, False)
    assert key[Attribute.VALUE_LEN] == 32
    assert "my_secret, " in desk.keytool("-list")
    said = desk.keytool("-genseckey", "-alias", "my_des", "-keyalg", "DESede")
    assert "Generated 168-bit DESede secret key" in said


def test_a_key_pair_its_request_its_certificates_and_a_signed_jar(desk: Stock) -> None:
    said = generate(desk, "my_key")
    assert IN_SOFTWARE.format("my_key") in said
    key = desk.keys()["my_key"]
    assert (key[Attribute.TOKEN], key[Attribute.EXTRACTABLE], key[Attribute.LOCAL]) == (True, True, False)

    desk.keytool("-certreq", "-alias", "my_key", "-file", "my_csr.csr")
    openssl(desk, "req", "-in", "my_csr.csr", "-noout", "-verify")
    make_root(desk)
    certify(desk, "my_csr.csr", "my_certificate.crt")
    root = ("-import", "-trustcacerts", "-alias", "rootCAcert", "-file", "rootCAcert.cert")
    said = desk.keytool(*root, answers=f"{PASSWORD}\nyes\n")
    assert "Certificate was added to keystore" in said
    said = desk.keytool("-importcert", "-noprompt", "-alias", "my_key", "-file", "my_certificate.crt")
    assert "Certificate reply was installed in keystore" in said

    desk.keytool("-exportcert", "-alias", "my_key", "-file", "out.der")
    desk.keytool("-exportcert", "-alias", "my_key", "-file", "out.pem", "-rfc")
    assert openssl(desk, "verify", "-CAfile", "rootCAcert.cert", "out.pem") == "out.pem: OK\n"
    assert openssl(desk, "x509", "-in", "out.der", "-inform", "DER") == (desk.folder / "out.pem").read_text()
    assert "Owner: CN=my_key" in desk.tools.stock("keytool", "-printcert", "-file", "out.pem")

    jar = make_jar(desk)
    path = "-J-Djava.library.path=/opt/cloudhsm/lib"
    signing = ("-sigalg", "sha512withrsa", path, "-storepass", PASSWORD)
    said = desk.tools.stock("jarsigner", *desk.tail, *signing, "-signedjar", "signed.jar", jar, "my_key")
    assert "jar signed." in said.splitlines()
    said = desk.tools.stock("jarsigner", "-verify", *desk.tail, *signing, "signed.jar", "my_key")
    assert "jar verified." in said.splitlines()
    trust = ("-keystore", "trust.p12", "-storepass", PASSWORD, "-noprompt")
    desk.tools.stock("keytool", "-importcert", "-alias", "root", "-file", "rootCAcert.cert", *trust)
    verify_by_plain_jdk(desk, "signed.jar", desk.folder / "trust.p12")

    # The file has certificates only, and any JDK opens it.
    said = desk.tools.stock(
        "keytool", "-list", "-keystore", "my_keystore.store", "-storetype", "pkcs12", "-storepass", PASSWORD
    )
    assert "PrivateKeyEntry" not in said
    assert f"{b'my_key'.hex()}, " in said

    desk.keytool("-delete", "-alias", "rootCAcert")
    assert "rootCAcert" not in desk.keytool("-list")
    said = desk.keytool("-delete", "-alias", "my_key", code=1)
    assert "The keystore never destroys HSM keys" in said


def test_passwords_are_typed_where_the_documentation_gives_none(desk: Stock) -> None:
    pair = ("-genkeypair", "-alias", "typed", *RSA, "-dname", "CN=typed")
    said = desk.keytool(*pair, answers=f"{PASSWORD}\n{PASSWORD}\n\n")
    assert IN_SOFTWARE.format("typed") in said
    said = desk.keytool("-exportcert", "-alias", "typed", "-rfc", answers=f"{PASSWORD}\n")
    assert "-----BEGIN CERTIFICATE-----" in said
    assert "password was incorrect" in desk.keytool("-list", answers="wrong-password\n", code=1)


def test_the_variant_for_tomcat(desk: Stock) -> None:
    tail = ("-keystore", "example.keystore", "-storetype", "CLOUDHSM", *desk.forms()["as for Tomcat"])
    passwords = ("-keypass", PASSWORD, "-storepass", PASSWORD)

    def keytool(*arguments: str) -> str:
        return desk.tools.stock("keytool", *arguments, *tail, *passwords)

    keytool("-genkeypair", "-alias", "server", *RSA, "-dname", "CN=server")
    keytool("-certreq", "-keyalg", "RSA", "-alias", "server", "-file", "certreq.csr")
    keytool(
        "-gencert", "-infile", "certreq.csr", "-outfile", "certificate.crt", "-alias", "server",
        "-sigalg", "SHA512withRSA",
    )  # fmt: skip
    said = keytool("-import", "-alias", "server", "-file", "certificate.crt", "-v", "-noprompt")
    assert "Certificate reply was installed in keystore" in said
    shown = openssl(desk, "x509", "-in", "certificate.crt", "-inform", "DER", "-noout", "-text")
    assert "sha512WithRSAEncryption" in shown


def test_every_way_to_name_the_provider(desk: Stock) -> None:
    for number, (form, options) in enumerate(desk.forms().items()):
        store = ("-keystore", "keys.p12", "-storetype", "CLOUDHSM", "-storepass", PASSWORD, "-keypass", PASSWORD)
        alias = f"key-{number}"
        said = desk.tools.stock("keytool", "-genseckey", "-alias", alias, *AES, *store, *options)
        assert IN_SOFTWARE.format(alias) in said, form
        key = desk.keys()[alias]
        assert (key[Attribute.TOKEN], key[Attribute.EXTRACTABLE]) == (True, True), form


def test_jarsigner_with_every_way_to_name_the_provider(desk: Stock) -> None:
    generate(desk, "signer")
    jar = make_jar(desk)
    trust = desk.folder / "trust.p12"
    desk.keytool("-exportcert", "-alias", "signer", "-file", "signer.crt")
    into = ("-keystore", str(trust), "-storepass", PASSWORD, "-noprompt")
    desk.tools.stock("keytool", "-importcert", "-alias", "signer", "-file", "signer.crt", *into)
    store = ("-keystore", "my_keystore.store", "-storetype", "CLOUDHSM", "-storepass", PASSWORD)
    forms = desk.forms()
    used = ["class path and name", "class path and class", "module path and name"]
    if release(desk.tools.jdk) >= JARSIGNER_TAKES_PATHS:
        used.append("class and path")
    for form in used:
        # jarsigner spells two options another way.
        options = [word.replace("-providerc", "-providerC").replace("-providerp", "-providerP") for word in forms[form]]
        said = desk.tools.stock("jarsigner", *store, *options, "-signedjar", "signed.jar", jar, "signer")
        assert "jar signed." in said.splitlines(), form
    verify_by_plain_jdk(desk, "signed.jar", trust)


def test_with_provider_name_key_pairs_are_born_inside_and_secret_keys_are_not(desk: Stock) -> None:
    assert "Warning: the key" not in generate(desk, "inside", "-providerName", "CloudHSM")
    key = desk.keys()["inside"]
    assert (key[Attribute.LOCAL], key[Attribute.TOKEN], key[Attribute.ALWAYS_SENSITIVE]) == (True, True, True)
    assert key[Attribute.EXTRACTABLE] is True
    desk.keytool("-certreq", "-alias", "inside", "-file", "inside.csr")
    openssl(desk, "req", "-in", "inside.csr", "-noout", "-verify")
    # keytool asks the first provider for a secret key, whatever it is told.
    said = desk.keytool("-genseckey", "-alias", "outside", *AES, "-providerName", "CloudHSM")
    assert IN_SOFTWARE.format("outside") in said
    assert "`hsmbridge keytool`." in said
    assert desk.keys()["outside"][Attribute.LOCAL] is False


@pytest.mark.parametrize("algorithm", [("EC", "-groupname", "secp256r1"), ("Ed25519",)], ids=["EC", "Ed25519"])
def test_elliptic_curves_work_too_which_the_original_refuses(desk: Stock, algorithm: tuple[str, ...]) -> None:
    alias = algorithm[0]
    desk.keytool("-genkeypair", "-alias", alias, "-keyalg", *algorithm, "-dname", "CN=x")
    desk.keytool("-certreq", "-alias", alias, "-file", "ec.csr")
    openssl(desk, "req", "-in", "ec.csr", "-noout", "-verify")


def test_an_alias_in_use_costs_nothing(desk: Stock) -> None:
    generate(desk, "once")
    before = (desk.keys()["once"], (desk.folder / "my_keystore.store").read_bytes())
    again = ("-genkeypair", "-alias", "once", *RSA, "-dname", "CN=x")
    assert "alias <once> already exists" in desk.keytool(*again, code=1)
    assert (desk.keys()["once"], (desk.folder / "my_keystore.store").read_bytes()) == before


def test_a_file_lost_is_certificates_lost_and_no_keys(desk: Stock) -> None:
    generate(desk, "kept")
    (desk.folder / "my_keystore.store").unlink()
    assert "kept, " in desk.tools.stock("keytool", "-list", *NO_FILE, *desk.class_path, *desk.registered)


def test_what_is_missing_is_named(desk: Stock) -> None:
    registered = (*desk.class_path, *desk.registered)
    nobody = desk.tools.changed(HSM_USER=None, HSM_PASSWORD=None)
    said = nobody.stock("keytool", "-list", *NO_FILE, *registered, code=1)
    assert "Log in first: set HSM_USER and HSM_PASSWORD" in said
    assert "CLOUDHSM not found" in desk.tools.stock("keytool", "-list", *NO_FILE, code=1)


@pytest.mark.parametrize("form", ["java.security and class path", "class and path"])
def test_why_there_is_no_provider_is_said_even_where_the_jdk_drops_the_reason(desk: Stock, form: str) -> None:
    nowhere = desk.tools.changed(HSMBRIDGE_HOME=str(desk.folder / "nowhere"))
    said = nowhere.stock("keytool", "-list", *NO_FILE, *desk.forms()[form], code=1)
    assert said.count("No HSM can be reached. Tried: (1) ") == 1
    assert f"Run `hsmbridge init --home {desk.folder / 'nowhere'}`." in said
    stranger = desk.tools.changed(HSM_PASSWORD="wrong-password")
    said = stranger.stock("keytool", "-list", *NO_FILE, *desk.forms()[form], code=1)
    assert said.count("Wrong password, or no crypto-user 'alice'") == 1
