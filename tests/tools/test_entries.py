"""What keytool does with the entries of a CloudHSM keystore, beside making keys."""

from __future__ import annotations

from collections.abc import Callable

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, pkcs12
from cryptography.x509.oid import SignatureAlgorithmOID

from bridge.engine import Attribute
from bridge.engine.attributes import Attributes
from tools.authority import Authority
from tools.conftest import STORE, STOREPASS, Tools

IMPORTED = 'Warning: the key "moved" was generated in software and imported into the HSM'
REMEDY = "Generate keys inside with `hsmbridge keytool`, or with `-providerName CloudHSM`."


def listing(tools: Tools) -> dict[str, str]:
    """The aliases of the keystore and the kinds of their entries, as ``keytool -list`` shows them."""
    rows = [line.split(", ") for line in tools.keytool("-list", *STORE).splitlines() if "Entry" in line]
    return {row[0]: row[-2 if row[-1] == "" else -1].strip(", ") for row in rows}


def test_entries_come_and_go(tools: Tools, authority: Authority, keys: Callable[[], dict[str, Attributes]]) -> None:
    p384 = ("-keyalg", "EC", "-groupname", "secp384r1", "-sigalg", "SHA512withECDSA", "-dname", "CN=pair")
    tools.keytool("-genkeypair", "-alias", "pair", *p384, "-keypass", STOREPASS, *STORE)
    tools.keytool("-genseckey", "-alias", "secret", "-keyalg", "AES", "-keysize", "256", "-keypass", STOREPASS, *STORE)
    tools.keytool("-importcert", "-noprompt", "-alias", "root", "-file", str(authority.certificate), *STORE)
    secret = keys()["secret"]
    assert (secret[Attribute.VALUE_LEN], secret[Attribute.LOCAL], secret[Attribute.TOKEN]) == (32, True, True)
    assert (secret[Attribute.EXTRACTABLE], secret[Attribute.NEVER_EXTRACTABLE]) == (False, True)

    printed = tools.keytool("-list", "-rfc", "-alias", "root", *STORE)
    certificate = x509.load_pem_x509_certificate(authority.certificate.read_bytes())
    assert certificate.public_bytes(Encoding.PEM).decode().strip() in printed
    tools.keytool("-exportcert", "-alias", "pair", "-file", "pair.der", *STORE)
    exported = x509.load_der_x509_certificate((tools.folder / "pair.der").read_bytes())
    key = exported.public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    assert isinstance(key.curve, ec.SECP384R1)
    assert exported.signature_algorithm_oid == SignatureAlgorithmOID.ECDSA_WITH_SHA512
    exported.verify_directly_issued_by(exported)

    tools.keytool("-changealias", "-alias", "root", "-destalias", "ca", *STORE)
    refused = tools.keytool("-changealias", "-alias", "pair", "-destalias", "other", *STORE, code=1)
    assert 'The given alias "other" does not match label "pair". A key\'s alias is its label; rename it' in refused
    assert "hsmbridge key set-attribute" in refused
    refused = tools.keytool("-delete", "-alias", "pair", *STORE, code=1)
    assert 'The keystore never destroys HSM keys. Remove "pair" with `hsmbridge key delete' in refused
    assert "Alias <nobody> does not exist" in tools.keytool("-delete", "-alias", "nobody", *STORE, code=1)
    assert listing(tools) == {"pair": "PrivateKeyEntry", "secret": "SecretKeyEntry", "ca": "trustedCertEntry"}
    tools.keytool("-delete", "-alias", "ca", *STORE)
    assert listing(tools) == {"pair": "PrivateKeyEntry", "secret": "SecretKeyEntry"}
    assert set(keys()) == {"pair", "secret"}


def test_keys_without_a_certificate_are_listed_without_a_file(
    tools: Tools, keys: Callable[[], dict[str, Attributes]]
) -> None:
    tools.keytool("-genseckey", "-alias", "secret", "-keyalg", "AES", "-keysize", "192", *STORE)
    (tools.folder / "keys.p12").unlink()
    said = tools.keytool("-list", "-keystore", "NONE", "-storetype", "CloudHSM", "-storepass", STOREPASS)
    assert "Your keystore contains 1 entry" in said
    assert "secret, " in said
    assert keys()["secret"][Attribute.VALUE_LEN] == 24


def test_after_storepasswd_only_the_new_password_opens_the_file(tools: Tools, authority: Authority) -> None:
    tools.keytool("-importcert", "-noprompt", "-alias", "root", "-file", str(authority.certificate), *STORE)
    tools.keytool("-storepasswd", "-new", "another-password", *STORE)
    assert "keystore password was incorrect" in tools.keytool("-list", *STORE, code=1)
    said = tools.keytool("-list", *STORE[:-1], "another-password")
    assert "root, " in said
    loaded = pkcs12.load_pkcs12((tools.folder / "keys.p12").read_bytes(), b"another-password")
    assert [certificate.friendly_name for certificate in loaded.additional_certs] == [b"root".hex().encode()]


def test_importkeystore_moves_a_key_in_with_one_warning(
    tools: Tools, keys: Callable[[], dict[str, Attributes]]
) -> None:
    old = ("-keystore", "old.p12", "-storepass", STOREPASS)
    tools.stock(
        "keytool", "-genkeypair", "-alias", "moved", "-keyalg", "RSA", "-keysize", "2048", "-dname", "CN=m", *old
    )
    source = ("-srckeystore", "old.p12", "-srcstorepass", STOREPASS, "-srcalias", "moved")
    target = ("-destkeystore", "keys.p12", "-deststoretype", "CloudHSM", "-deststorepass", STOREPASS)
    said = tools.keytool("-importkeystore", *source, *target)
    assert said.count("Warning: the key") == 1
    assert f"{IMPORTED}, so it has existed outside of it. {REMEDY}" in said.splitlines()
    moved = keys()["moved"]
    flags = (Attribute.LOCAL, Attribute.NEVER_EXTRACTABLE, Attribute.EXTRACTABLE, Attribute.TOKEN)
    assert [moved[flag] for flag in flags] == [False, False, True, True]
    assert moved[Attribute.MODULUS_BITS] == 2048
    loaded = pkcs12.load_pkcs12((tools.folder / "keys.p12").read_bytes(), STOREPASS.encode())
    assert loaded.key is None

    # keytool itself ends with 0 here.
    again = tools.keytool("-importkeystore", *source, *target, "-noprompt")
    assert 'The alias "moved" is in use by a key in the HSM' in again
    assert "Entry for alias moved not imported." in again
    assert keys() == {"moved": moved}
    tools.make_jar()
    assert "jar signed." in tools.jarsigner(*STORE, "app.jar", "moved")
