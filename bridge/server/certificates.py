"""The certificates of a private CA: what is in them, and how they are signed.

Keys are EC P-256. No clock is read here, and no file.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_address

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from bridge.engine.errors import HsmError, ReturnCode

_CA_LIFE = timedelta(days=3652)
_LEAF_LIFE = timedelta(days=825)
_SKEW = timedelta(minutes=5)
"""How far behind the clock of another host may be."""

_LOCAL = ("localhost", "127.0.0.1", "::1")
_HOST = re.compile(r"(?=.{1,253}\Z)[A-Za-z0-9_]([A-Za-z0-9_-]{0,62})(\.[A-Za-z0-9_][A-Za-z0-9_-]{0,62})*")


@dataclass(frozen=True)
class Issuer:
    """A CA with its key.

    Attributes:
        certificate: the CA's own.
        key: its private key.
    """

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @classmethod
    def new(cls, now: datetime) -> Issuer:
        """Make a CA that lasts for ten years.

        Args:
            now: the time, with its zone.
        """
        key = new_key()
        # Two CAs of one name would be mistaken for each other.
        name = f"hsmbridge CA {secrets.token_hex(4)}"
        builder = (
            _certificate(name, key.public_key(), now, now + _CA_LIFE)
            .issuer_name(_common_name(name))
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_usage(ca=True), critical=True)
        )
        return cls(builder.sign(key, SHA256()), key)

    def server(
        self, key: ec.EllipticCurvePublicKey, names: x509.SubjectAlternativeName, now: datetime
    ) -> x509.Certificate:
        """Sign a certificate of the server.

        Args:
            key: the server's.
            names: its names and addresses.
            now: the time, with its zone.
        """
        builder = self._leaf("hsmbridge", key, now).add_extension(names, critical=False)
        return self._signed(builder, ExtendedKeyUsageOID.SERVER_AUTH)

    def client(self, key: ec.EllipticCurvePublicKey, name: str, now: datetime) -> x509.Certificate:
        """Sign a certificate of a client.

        Args:
            key: the client's.
            name: the client's.
            now: the time, with its zone.
        """
        return self._signed(self._leaf(name, key, now), ExtendedKeyUsageOID.CLIENT_AUTH)

    def revocations(
        self, revoked: Iterable[x509.RevokedCertificate], number: int, now: datetime
    ) -> x509.CertificateRevocationList:
        """Sign a list of revoked certificates.

        Args:
            revoked: all of them.
            number: of this list, higher than that of the one before.
            now: the time, with its zone.
        """
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(self.certificate.subject)
            .last_update(now - _SKEW)
            # Nobody fetches newer lists: this one holds until it is replaced.
            .next_update(self.certificate.not_valid_after_utc)
            .add_extension(x509.CRLNumber(number), critical=False)
            .add_extension(self._identifier(), critical=False)
        )
        for entry in revoked:
            builder = builder.add_revoked_certificate(entry)
        return builder.sign(self.key, SHA256())

    def _leaf(self, name: str, key: ec.EllipticCurvePublicKey, now: datetime) -> x509.CertificateBuilder:
        # What outlives its CA is refused at once, and with a message that points to the wrong certificate.
        end = min(now + _LEAF_LIFE, self.certificate.not_valid_after_utc)
        return _certificate(name, key, now, end).issuer_name(self.certificate.subject)

    def _signed(self, builder: x509.CertificateBuilder, purpose: x509.ObjectIdentifier) -> x509.Certificate:
        return (
            builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(ca=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage([purpose]), critical=False)
            .add_extension(self._identifier(), critical=False)
            .sign(self.key, SHA256())
        )

    def _identifier(self) -> x509.AuthorityKeyIdentifier:
        return x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key())


def new_key() -> ec.EllipticCurvePrivateKey:
    """Make an EC P-256 key."""
    return ec.generate_private_key(ec.SECP256R1())


def revocation(serial: int, now: datetime) -> x509.RevokedCertificate:
    """Return the entry for a certificate that is revoked now."""
    return x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(now).build()


def subject_names(hosts: Sequence[str]) -> x509.SubjectAlternativeName:
    """Return the names of a server: localhost, 127.0.0.1, ::1 and others.

    Args:
        hosts: names and addresses.

    Raises:
        HsmError: ``ARGUMENTS_BAD`` for one that is neither.
    """
    return x509.SubjectAlternativeName([_subject_name(host) for host in dict.fromkeys((*_LOCAL, *hosts))])


def name_of(certificate: x509.Certificate) -> str:
    """Return the common name of a certificate."""
    (name,) = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(name.value)


def _subject_name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(host))
    except ValueError:
        if _HOST.fullmatch(host):
            return x509.DNSName(host.lower())
        raise HsmError(
            ReturnCode.ARGUMENTS_BAD, f"{host!r} is neither the name nor the address of a host: say it without a port."
        ) from None


def _certificate(name: str, key: ec.EllipticCurvePublicKey, now: datetime, end: datetime) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(_common_name(name))
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _SKEW)
        .not_valid_after(end)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _common_name(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _usage(*, ca: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not ca,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=ca,
        crl_sign=ca,
        encipher_only=False,
        decipher_only=False,
    )
