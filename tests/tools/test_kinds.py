"""keytool makes every kind of key that it knows, and the HSM has, inside of the HSM."""

from __future__ import annotations

import zipfile
from collections.abc import Callable

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from bridge.engine import Attribute, KeyType
from bridge.engine.attributes import Attributes
from bridge.engine.curves import curve_named
from tools.conftest import STORE, Tools

Keys = Callable[[], dict[str, Attributes]]


@pytest.mark.parametrize(
    ("options", "key_type", "size"),
    [
        (("-keyalg", "DESede"), KeyType.DES3, 24),
        (("-keyalg", "HmacSHA256", "-keysize", "256"), KeyType.GENERIC_SECRET, 32),
    ],
)
def test_secret_keys_of_other_kinds_are_made_inside(
    tools: Tools, keys: Keys, options: tuple[str, ...], key_type: KeyType, size: int
) -> None:
    tools.keytool("-genseckey", "-alias", "new", *options, *STORE)
    key = keys()["new"]
    assert (key[Attribute.KEY_TYPE], key[Attribute.VALUE_LEN]) == (key_type, size)
    assert (key[Attribute.LOCAL], key[Attribute.TOKEN]) == (True, True)


def test_an_ed25519_pair_is_made_inside_and_certified(tools: Tools, keys: Keys) -> None:
    tools.keytool("-genkeypair", "-alias", "new", "-dname", "CN=new", "-keyalg", "Ed25519", *STORE)
    key = keys()["new"]
    assert (key[Attribute.KEY_TYPE], key[Attribute.LOCAL], key[Attribute.TOKEN]) == (KeyType.EC_EDWARDS, True, True)
    tools.keytool("-exportcert", "-alias", "new", "-file", "new.der", *STORE)
    certificate = x509.load_der_x509_certificate((tools.folder / "new.der").read_bytes())
    assert isinstance(certificate.public_key(), ed25519.Ed25519PublicKey)
    certificate.verify_directly_issued_by(certificate)


def test_a_secp256k1_pair_is_made_inside_and_signs_jars(any_tools: Tools, keys: Keys) -> None:
    """The JDK has not verified signatures on this curve since version 16; OpenSSL does."""
    tools = any_tools
    curve = ("-keyalg", "EC", "-groupname", "secp256k1", "-sigalg", "SHA256withECDSA")
    tools.keytool("-genkeypair", "-alias", "new", "-dname", "CN=new", *curve, *STORE)
    key = keys()["new"]
    assert (key[Attribute.EC_PARAMS], key[Attribute.LOCAL]) == (curve_named("secp256k1").params, True)
    tools.keytool("-exportcert", "-rfc", "-alias", "new", "-file", "new.pem", *STORE)
    certificate = x509.load_pem_x509_certificate((tools.folder / "new.pem").read_bytes())
    public = certificate.public_key()
    assert isinstance(public, ec.EllipticCurvePublicKey)
    assert public.curve.name == "secp256k1"
    certificate.verify_directly_issued_by(certificate)
    said = tools.run(["openssl", "verify", "-CAfile", "new.pem", "new.pem"], 0, "")
    assert said == "new.pem: OK\n"

    jar = tools.make_jar()
    said = tools.jarsigner(*STORE, jar, "new")
    assert "jar signed." in said
    with zipfile.ZipFile(tools.folder / jar) as signed:
        signed.extractall(tools.folder, ["META-INF/NEW.SF", "META-INF/NEW.EC"])
    verify = ["openssl", "cms", "-verify", "-inform", "DER", "-in", "META-INF/NEW.EC", "-content", "META-INF/NEW.SF"]
    trusting = ["-binary", "-CAfile", "new.pem", "-purpose", "any", "-out", "out"]
    assert "CMS Verification successful" in tools.run([*verify, *trusting], 0, "")
    (tools.folder / "META-INF" / "NEW.SF").write_text("changed")
    assert "CMS Verification failure" in tools.run([*verify, *trusting], 4, "")
