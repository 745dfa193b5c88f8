"""``hsmbridge import`` of files that keytool and openssl made."""

from __future__ import annotations

import datetime
import hashlib
import stat
from pathlib import Path
from typing import Any

import jks
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA65PrivateKey, MLDSA65PublicKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from cryptography.hazmat.primitives.serialization.pkcs12 import load_pkcs12
from cryptography.x509 import Certificate, CertificateBuilder, Name, NameAttribute, NameOID, load_pem_x509_certificate
from pyasn1.codec.der import decoder, encoder
from pyasn1_modules import rfc5958  # type: ignore[import-untyped]

from bridge.engine import Attribute, Hsm, KeyType, MechanismType, ObjectClass, Session
from bridge.engine.parameters import Eddsa
from cli.command import ALICE, process, run
from cli.stock import KEY_PASSWORD, PASSWORD, STORE, keytool, tool
from cli.terminal import converse

STORE_PASSWORD = "the-new-store"
ENVIRONMENT = {
    **ALICE,
    "HSMBRIDGE_SOURCE_PASSWORD": PASSWORD,
    "HSMBRIDGE_KEY_PASSWORD": KEY_PASSWORD,
    "HSMBRIDGE_KEYSTORE_PASSWORD": STORE_PASSWORD,
}
DIGEST = bytes(range(32))
SHA256_PREFIX = bytes.fromhex("3031300d060960864801650304020105000420")
JAVA = Path(__file__).with_name("java")


def certificates_in(keystore: Path) -> dict[str, Certificate]:
    content = load_pkcs12(keystore.read_bytes(), STORE_PASSWORD.encode())
    assert content.key is None
    assert content.cert is None
    return {(found.friendly_name or b"").decode(): found.certificate for found in content.additional_certs}


def pem(path: Path) -> Certificate:
    return load_pem_x509_certificate(path.read_bytes())


def keys_of(session: Session) -> dict[str, int]:
    return {str(session.attributes(handle)[Attribute.LABEL]): handle for handle in session.find({})}


def require_key_of(session: Session, handle: int, certificate: Certificate) -> None:
    """Sign with a key in the HSM and verify with a certificate."""
    public = certificate.public_key()
    if isinstance(public, RSAPublicKey):
        signature = session.sign(handle, MechanismType.RSA_PKCS, SHA256_PREFIX + DIGEST)
        public.verify(signature, DIGEST, PKCS1v15(), Prehashed(hashes.SHA256()))
    elif isinstance(public, Ed25519PublicKey):
        public.verify(session.sign(handle, MechanismType.EDDSA, DIGEST, Eddsa(0)), DIGEST)
    elif isinstance(public, MLDSA65PublicKey):
        public.verify(session.sign(handle, MechanismType.ML_DSA, DIGEST), DIGEST)
    else:
        assert isinstance(public, EllipticCurvePublicKey)
        signature = session.sign(handle, MechanismType.ECDSA, DIGEST)
        public.verify(signature, DIGEST, ECDSA(Prehashed(hashes.SHA256())))
    info = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    assert session.attributes(handle)[Attribute.PUBLIC_KEY_INFO] == info


@pytest.mark.parametrize("name", ["store.jks", "store.jceks", "several.p12", "old.p12"])
def test_moves_all_entries_of_a_keystore(
    home: Path, session: Session, keystores: Path, tmp_path: Path, name: str
) -> None:
    keystore = tmp_path / "keys.p12"
    result = run(home, ENVIRONMENT, "import", keystores / name, "--keystore", keystore)

    secret = [] if name == "store.jks" else ["aes"]
    assert result.exit_code == 0, result.stderr
    assert f"Imported {2 + len(secret)} keys for crypto user 'alice', not extractable.\n" in result.stdout
    assert f"Wrote 4 certificates to {keystore}.\n" in result.stdout
    assert f"{name} still holds the keys" in result.stdout
    handles = keys_of(session)
    assert sorted(handles) == sorted(["rsa", "ec", *secret])
    for handle in handles.values():
        assert session.attributes(handle)[Attribute.TOKEN] is True
        assert session.attributes(handle)[Attribute.EXTRACTABLE] is False
    rsa, ec, ca = (pem(keystores / f"{alias}.pem") for alias in ("rsa", "ec", "ca"))
    hex_of = {alias: alias.encode().hex() for alias in ("rsa", "ec", "ca")}
    names = {hex_of["rsa"]: rsa, f"{hex_of['rsa']}.1": ca, hex_of["ec"]: ec, hex_of["ca"]: ca}
    assert certificates_in(keystore) == names
    require_key_of(session, handles["rsa"], rsa)
    require_key_of(session, handles["ec"], ec)


SECRET_KEYS = {
    "des": ("DESede", "168", KeyType.DES3, 24),
    "sha1": ("HmacSHA1", "160", KeyType.GENERIC_SECRET, 20),
    "sha256": ("HmacSHA256", "256", KeyType.GENERIC_SECRET, 32),
    "sha512": ("HmacSHA512", "1024", KeyType.GENERIC_SECRET, 128),
    "aes": ("AES", "192", KeyType.AES, 24),
}


@pytest.mark.parametrize("kind", ["JCEKS", "PKCS12"])
def test_secret_keys_of_every_type_keep_type_and_value(
    home: Path, hsm: Hsm, session: Session, tmp_path: Path, kind: str
) -> None:
    wanted = [f"{alias}={algorithm}={size}" for alias, (algorithm, size, _, _) in SECRET_KEYS.items()]
    printed = tool(tmp_path, "java", str(JAVA / "MakeSecretKeys.java"), "secret", kind, *wanted)
    result = run(home, ENVIRONMENT, "import", tmp_path / "secret", "--extractable")
    assert result.exit_code == 0, result.stderr

    hsm.configure(clear_extraction=True)
    digests = {}
    for alias, handle in keys_of(session).items():
        _, _, key_type, length = SECRET_KEYS[alias]
        attributes = session.attributes(handle)
        assert (attributes[Attribute.KEY_TYPE], attributes[Attribute.VALUE_LEN]) == (key_type, length)
        digests[alias] = hashlib.sha256(session.export(handle)).hexdigest()
    assert digests == dict(line.split() for line in printed.splitlines())


@pytest.mark.parametrize("kind", ["JKS", "PKCS12"])
def test_moves_an_ed25519_key_with_its_certificate(home: Path, session: Session, tmp_path: Path, kind: str) -> None:
    key = (
        "-alias",
        "ed",
        "-keyalg",
        "Ed25519",
        "-dname",
        "CN=Ed",
        "-storetype",
        kind,
        "-keypass:env",
        "STORE_PASSWORD",
    )
    keytool(tmp_path, "-genkeypair", "source", *key)
    keytool(tmp_path, "-exportcert", "source", "-alias", "ed", "-rfc", "-file", "ed.pem")
    result = run(home, ENVIRONMENT, "import", tmp_path / "source", "--keystore", tmp_path / "keys.p12")
    assert result.exit_code == 0, result.stderr

    certificate = pem(tmp_path / "ed.pem")
    assert certificates_in(tmp_path / "keys.p12") == {b"ed".hex(): certificate}
    require_key_of(session, keys_of(session)["ed"], certificate)


def test_moves_an_ed25519_key_of_openssl(home: Path, session: Session, tmp_path: Path) -> None:
    tool(tmp_path, "openssl", "genpkey", "-algorithm", "ed25519", "-out", "ed.pem")
    result = run(home, ALICE, "import", tmp_path / "ed.pem")

    assert result.exit_code == 0, result.stderr
    assert session.attributes(keys_of(session)["ed"])[Attribute.KEY_TYPE] == KeyType.EC_EDWARDS


@pytest.mark.parametrize("form", ["pem", "der"])
def test_moves_an_ml_dsa_key_and_its_certificate(home: Path, session: Session, tmp_path: Path, form: str) -> None:
    private = MLDSA65PrivateKey.generate()
    name = Name([NameAttribute(NameOID.COMMON_NAME, "pq")])
    now = datetime.datetime.now(datetime.UTC)
    builder = CertificateBuilder(name, name, private.public_key(), 1, now, now + datetime.timedelta(days=9))
    certificate = builder.sign(private, None)
    encoding = Encoding.PEM if form == "pem" else Encoding.DER
    content = private.private_bytes(encoding, PrivateFormat.PKCS8, NoEncryption())
    source = tmp_path / f"pq.{form}"
    source.write_bytes(content + (certificate.public_bytes(encoding) if form == "pem" else b""))
    result = run(home, ENVIRONMENT, "import", source, "--keystore", tmp_path / "keys.p12")

    assert result.exit_code == 0, result.stderr
    require_key_of(session, keys_of(session)["pq"], certificate)
    if form == "pem":
        assert certificates_in(tmp_path / "keys.p12") == {b"pq".hex(): certificate}


def test_reads_a_jks_key_whose_encryption_names_no_parameters(
    home: Path, session: Session, keystores: Path, tmp_path: Path
) -> None:
    """As JDK 25 writes them; older JDKs write NULL."""
    content = (keystores / "store.jks").read_bytes()
    store = jks.KeyStore.loads(content, PASSWORD, try_decrypt_keys=False)
    entries: list[Any] = list(store.private_keys.values())
    for entry in entries:
        info, _ = decoder.decode(entry._encrypted, asn1Spec=rfc5958.EncryptedPrivateKeyInfo())
        bare = rfc5958.EncryptedPrivateKeyInfo()
        bare["encryptionAlgorithm"]["algorithm"] = info["encryptionAlgorithm"]["algorithm"]
        bare["encryptedData"] = info["encryptedData"]
        entry._encrypted = encoder.encode(bare)
        assert len(entry._encrypted) < len(encoder.encode(info))
    (tmp_path / "new.jks").write_bytes(store.saves(PASSWORD))
    result = run(home, ENVIRONMENT, "import", tmp_path / "new.jks", "--keystore", tmp_path / "keys.p12")

    assert result.exit_code == 0, result.stderr
    handles = keys_of(session)
    for alias in ("rsa", "ec"):
        require_key_of(session, handles[alias], pem(keystores / f"{alias}.pem"))


@pytest.mark.parametrize(("name", "kind"), [("store.jceks", "JCEKS"), ("several.p12", "PKCS12"), ("old.p12", "PKCS12")])
def test_secret_keys_keep_their_value(
    home: Path, session: Session, keystores: Path, tmp_path: Path, name: str, kind: str
) -> None:
    result = run(home, ENVIRONMENT, "import", keystores / name, "--keystore", tmp_path / "keys.p12")
    assert result.exit_code == 0, result.stderr

    (handle,) = session.find({Attribute.CLASS: ObjectClass.SECRET_KEY})
    attributes = session.attributes(handle)
    check_value = attributes[Attribute.CHECK_VALUE]
    assert isinstance(check_value, bytes)
    printed = tool(keystores, "java", str(JAVA / "CheckValues.java"), name, kind)
    assert printed == f"aes 0x{check_value.hex()}\n"


def test_the_keystore_file_is_for_java_and_for_nobody_else(home: Path, keystores: Path, tmp_path: Path) -> None:
    keystore = tmp_path / "keys.p12"
    assert run(home, ENVIRONMENT, "import", keystores / "several.p12", "--keystore", keystore).exit_code == 0

    assert stat.S_IMODE(keystore.stat().st_mode) == 0o600
    (tmp_path / "renamed").mkdir()
    keytool(tmp_path, "-storepasswd", "keys.p12", "-storepass", STORE_PASSWORD, "-new:env", "STORE_PASSWORD")
    listed = keytool(tmp_path, "-list", "keys.p12", "-storetype", "PKCS12")
    assert "Your keystore contains 4 entries" in listed
    assert listed.count("trustedCertEntry") == 4

    environment = {**ALICE, "STORE_PASSWORD": PASSWORD}
    arguments = ["keytool", "-list", "-v", "-keystore", str(keystore), "-storetype", "CloudHSM", *STORE]
    hosted = process(home, environment, *arguments)
    assert hosted.returncode == 0, hosted.stdout + hosted.stderr
    entry = hosted.stdout.partition("Alias name: rsa\n")[2].partition("Alias name:")[0]
    assert "Entry type: PrivateKeyEntry" in entry
    assert "Certificate chain length: 2" in entry


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("chain.pem", "chain"),
        ("named.p12", "server"),
        ("legacy.p12", "server"),
        ("unnamed.p12", "unnamed"),
        ("no-mac.p12", "no-mac"),
        ("no-password.p12", "no-password"),
    ],
)
def test_moves_a_key_and_its_chain_from_openssl(
    home: Path, session: Session, openssl_files: Path, tmp_path: Path, name: str, label: str
) -> None:
    keystore = tmp_path / "keys.p12"
    password = "" if name == "no-password.p12" else PASSWORD
    environment = {**ENVIRONMENT, "HSMBRIDGE_SOURCE_PASSWORD": password}
    result = run(home, environment, "import", openssl_files / name, "--keystore", keystore)

    assert result.exit_code == 0, result.stderr
    assert result.stdout.startswith("Imported 1 key for crypto user 'alice', not extractable.\n")
    leaf, root = pem(openssl_files / "leaf.pem"), pem(openssl_files / "root.pem")
    alias = label.encode().hex()
    assert certificates_in(keystore) == {alias: leaf, f"{alias}.1": root}
    ((found, handle),) = keys_of(session).items()
    assert found == label
    require_key_of(session, handle, leaf)


@pytest.mark.parametrize("name", ["encrypted.pem", "traditional.pem", "plain.der", "encrypted.der", "key.pem"])
def test_moves_a_key_alone(home: Path, session: Session, openssl_files: Path, tmp_path: Path, name: str) -> None:
    keystore = tmp_path / "keys.p12"
    environment = {**ALICE, "HSMBRIDGE_SOURCE_PASSWORD": PASSWORD}
    result = run(home, environment, "import", openssl_files / name, "--keystore", keystore, "--label", "mine")

    assert result.exit_code == 0, result.stderr
    assert not keystore.exists()
    handle = keys_of(session)["mine"]
    require_key_of(session, handle, pem(openssl_files / "leaf.pem"))


def test_a_curve_named_in_front_of_the_key_is_no_obstacle(home: Path, session: Session, openssl_files: Path) -> None:
    assert b"BEGIN EC PARAMETERS" in (openssl_files / "ec-key.pem").read_bytes()
    result = run(home, ALICE, "import", openssl_files / "ec-key.pem")

    assert result.exit_code == 0, result.stderr
    assert list(keys_of(session)) == ["ec-key"]


def test_keys_are_extractable_if_asked(home: Path, session: Session, openssl_files: Path) -> None:
    result = run(home, ALICE, "import", openssl_files / "key.pem", "--extractable")

    assert result.stdout.startswith("Imported 1 key for crypto user 'alice', extractable.\n")
    assert session.attributes(keys_of(session)["key"])[Attribute.EXTRACTABLE] is True


def test_the_keystore_file_is_beside_where_the_user_stands(
    home: Path, openssl_files: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = run(home, ENVIRONMENT, "import", openssl_files / "named.p12")

    assert result.exit_code == 0, result.stderr
    assert len(certificates_in(tmp_path / "named.cloudhsm.p12")) == 2


def test_adds_to_a_keystore_file_and_trusts_a_certificate_once(
    home: Path, session: Session, keystores: Path, openssl_files: Path, tmp_path: Path
) -> None:
    keystore = tmp_path / "keys.p12"
    keytool(keystores, "-importcert", str(keystore), "-alias", b"ca".hex(), "-file", "ca.pem", "-noprompt")
    environment = {**ENVIRONMENT, "HSMBRIDGE_KEYSTORE_PASSWORD": PASSWORD}
    for file in (keystores / "several.p12", openssl_files / "chain.pem"):
        result = run(home, environment, "import", file, "--keystore", keystore)
        assert result.exit_code == 0, result.stderr

    assert "Your keystore contains 6 entries" in keytool(tmp_path, "-list", "keys.p12")
    assert sorted(keys_of(session)) == ["aes", "chain", "ec", "rsa"]
    assert stat.S_IMODE(keystore.stat().st_mode) == 0o600


def test_asks_on_a_terminal_and_tells_how_far_it_is(
    home: Path, session: Session, keystores: Path, tmp_path: Path
) -> None:
    answers = [
        ("Password of crypto user alice", ALICE["HSM_PASSWORD"]),
        ("Password of store.jks", PASSWORD),
        ("Password of key 'ec' in store.jks", KEY_PASSWORD),
        ("New password for", STORE_PASSWORD),
        ("Repeat", STORE_PASSWORD),
    ]
    arguments = ["import", str(keystores / "store.jks"), "--keystore", str(tmp_path / "keys.p12")]
    code, shown = converse(home, {"HSM_USER": "alice"}, arguments, answers)

    assert code == 0, shown
    assert "Importing keys: 1 of 2" in shown
    assert not [secret for _, secret in answers if secret in shown]
    assert sorted(keys_of(session)) == ["ec", "rsa"]
