"""The main road: a key born in the HSM, certified by a CA, signs a jar that a stock JDK accepts."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path

from cryptography.hazmat.primitives.serialization import pkcs12

from bridge.engine import Attribute
from bridge.engine.attributes import Attributes
from tools.authority import Authority
from tools.conftest import STORE, STOREPASS, Tools

Keys = Callable[[], dict[str, Attributes]]

RSA = ("-keyalg", "RSA", "-keysize", "2048")
EC = ("-keyalg", "EC", "-groupname", "secp256r1")


def generate(tools: Tools, alias: str, *arguments: str, code: int = 0) -> str:
    dname = ("-dname", f"CN={alias}", "-keypass", STOREPASS)
    return tools.keytool("-genkeypair", "-alias", alias, *arguments, *dname, *STORE, code=code)


def certify(tools: Tools, authority: Authority, alias: str) -> None:
    """Have a key's certificate issued and put it into the keystore."""
    tools.keytool("-certreq", "-alias", alias, "-file", f"{alias}.csr", *STORE)
    authority.sign(tools.folder / f"{alias}.csr", tools.folder / f"{alias}.crt")
    said = tools.keytool("-importcert", "-noprompt", "-alias", alias, "-file", f"{alias}.crt", *STORE)
    assert "Certificate reply was installed in keystore" in said


def assert_verified_by_stock_tools(tools: Tools, authority: Authority, jar: str) -> None:
    said = tools.stock(
        "jarsigner", "-verify", "-strict", "-keystore", str(authority.trust), "-storepass", STOREPASS, jar
    )
    assert "jar verified." in said.splitlines()


def assert_only_certificates(tools: Tools, aliases: set[str]) -> None:
    """The keystore file opens with the stock tools and has no private key."""
    said = tools.stock("keytool", "-list", "-keystore", "keys.p12", "-storetype", "pkcs12", "-storepass", STOREPASS)
    assert "PrivateKeyEntry" not in said
    assert "SecretKeyEntry" not in said
    loaded = pkcs12.load_pkcs12((tools.folder / "keys.p12").read_bytes(), STOREPASS.encode())
    assert loaded.key is None
    names = {certificate.friendly_name for certificate in loaded.additional_certs}
    assert {alias.encode().hex().encode() for alias in aliases} <= names


def change_content(jar: Path) -> None:
    with zipfile.ZipFile(jar) as signed:
        content = {name: signed.read(name) for name in signed.namelist()}
    with zipfile.ZipFile(jar, "w") as changed:
        for name, data in content.items():
            changed.writestr(name, b"changed" if name == "greeting.txt" else data)


def test_rsa_and_ec_keys_born_inside_sign_jars(any_tools: Tools, authority: Authority, keys: Keys) -> None:
    tools = any_tools
    assert "software" not in generate(tools, "Rsa", *RSA)
    assert "software" not in generate(tools, "ec", *EC, "-providerName", "CloudHSM")
    for alias, bits in [("Rsa", 2048), ("ec", 256)]:
        born = keys()[alias]
        assert (born[Attribute.LOCAL], born[Attribute.TOKEN], born[Attribute.SENSITIVE]) == (True, True, True)
        assert (born[Attribute.EXTRACTABLE], born[Attribute.NEVER_EXTRACTABLE]) == (False, True)
        assert born.get(Attribute.MODULUS_BITS, 256) == bits

    said = tools.keytool("-importcert", "-noprompt", "-alias", "root", "-file", str(authority.certificate), *STORE)
    assert "Certificate was added to keystore" in said
    jar = tools.make_jar()
    for alias in ("Rsa", "ec"):
        certify(tools, authority, alias)
        signing = ("-keystore", "keys.p12", "-storetype", "CloudHSM", "-storepass", STOREPASS)
        assert "jar signed." in tools.jarsigner(*signing, "-signedjar", f"{alias}.jar", jar, alias)
        assert_verified_by_stock_tools(tools, authority, f"{alias}.jar")

    listed = tools.keytool("-list", "-v", *STORE)
    assert "Your keystore contains 3 entries" in listed
    assert listed.count("Certificate chain length: 2") == 2
    assert "Subject Public Key Algorithm: 2048-bit RSA key" in listed
    assert listed.count("Entry type: trustedCertEntry") == 1
    assert_only_certificates(tools, {"Rsa", "ec", "root"})


def test_hosted_jarsigner_verifies_too_and_changes_nothing(tools: Tools, authority: Authority, keys: Keys) -> None:
    generate(tools, "signer", *EC)
    tools.keytool("-importcert", "-noprompt", "-alias", "root", "-file", str(authority.certificate), *STORE)
    certify(tools, authority, "signer")
    store = (tools.folder / "keys.p12").read_bytes()
    jar = tools.make_jar()
    options = ("-keystore", "keys.p12", "-storetype", "CloudHSM")
    said = tools.jarsigner(*options, jar, "signer", answers=f"{STOREPASS}\n")
    assert said.startswith("Enter Passphrase for keystore: ")
    assert "jar signed." in said
    assert "jar verified." in tools.jarsigner("-verify", "-strict", *options, "-storepass", STOREPASS, jar)
    assert_verified_by_stock_tools(tools, authority, jar)
    change_content(tools.folder / jar)
    assert "SHA-256 digest error" in tools.jarsigner("-verify", *options, "-storepass", STOREPASS, jar, code=1)
    signing = (*options, "-storepass", STOREPASS)
    assert "Certificate chain not found for: nobody" in tools.jarsigner(*signing, jar, "nobody", code=1)
    assert "unable to open jar file: missing.jar" in tools.jarsigner(*signing, "missing.jar", "signer", code=1)
    assert (tools.folder / "keys.p12").read_bytes() == store
    assert set(keys()) == {"signer"}


def test_keys_are_extractable_if_asked_for(tools: Tools, keys: Keys) -> None:
    asked = "-J-Dhsmbridge.keytool.extractable=true"
    generate(tools, "pair", *EC, asked)
    tools.keytool("-genseckey", "-alias", "secret", "-keyalg", "AES", "-keysize", "128", asked, *STORE)
    for key in keys().values():
        flags = (key[Attribute.EXTRACTABLE], key[Attribute.NEVER_EXTRACTABLE], key[Attribute.LOCAL])
        assert flags == (True, False, True)
    assert set(keys()) == {"pair", "secret"}
