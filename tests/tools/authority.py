"""A certificate authority for code signing keys, and keystores that trust it and nothing else."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes
from cryptography.hazmat.primitives.serialization import Encoding, PrivateFormat
from cryptography.hazmat.primitives.serialization.pkcs12 import PBES, PKCS12Certificate, serialize_java_truststore
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

_NAME = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "CA")])
_SIGNING_ONLY = x509.KeyUsage(
    digital_signature=True,
    content_commitment=False,
    key_encipherment=False,
    data_encipherment=False,
    key_agreement=False,
    key_cert_sign=False,
    crl_sign=False,
    encipher_only=False,
    decipher_only=False,
)


@dataclass(frozen=True)
class Authority:
    """A CA in a folder.

    Attributes:
        certificate: its certificate as PEM.
        trust: a keystore that trusts it and nothing else.
    """

    certificate: Path
    trust: Path
    key: ec.EllipticCurvePrivateKey

    def sign(self, request: Path, reply: Path) -> None:
        """Certify a request for signing code."""
        wanted = x509.load_pem_x509_csr(request.read_bytes())
        assert wanted.is_signature_valid
        builder = (
            _builder(wanted.subject, wanted.public_key())
            .add_extension(_SIGNING_ONLY, critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CODE_SIGNING]), critical=False)
        )
        reply.write_bytes(builder.sign(self.key, hashes.SHA256()).public_bytes(Encoding.PEM))


def new_authority(folder: Path, password: str) -> Authority:
    """Make a CA, and a keystore with a password that trusts it."""
    key = ec.generate_private_key(ec.SECP256R1())
    constraints = x509.BasicConstraints(ca=True, path_length=None)
    certificate = _builder(_NAME, key.public_key()).add_extension(constraints, critical=True).sign(key, hashes.SHA256())
    (folder / "ca.crt").write_bytes(certificate.public_bytes(Encoding.PEM))
    write_trust(folder / "trust.p12", password, certificate)
    return Authority(folder / "ca.crt", folder / "trust.p12", key)


def write_trust(file: Path, password: str, certificate: x509.Certificate) -> None:
    """Write a keystore that trusts a certificate, as keytool's ``-importcert`` does."""
    quick = PrivateFormat.PKCS12.encryption_builder().kdf_rounds(1).key_cert_algorithm(PBES.PBESv2SHA256AndAES256CBC)
    entry = PKCS12Certificate(certificate, b"ca")
    file.write_bytes(serialize_java_truststore([entry], quick.build(password.encode())))


def _builder(subject: x509.Name, public: CertificatePublicKeyTypes) -> x509.CertificateBuilder:
    now = datetime.datetime.now(datetime.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(_NAME)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1000))
    )
