"""Certificates for keys of the HSM, issued by a small CA that lives outside of it."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from functools import lru_cache
from ipaddress import ip_address
from typing import Any, get_args

import jpype
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes
from cryptography.hazmat.primitives.serialization import Encoding, load_der_public_key
from cryptography.x509.oid import NameOID

from provider.jca import java

_NOW = datetime.datetime.now(datetime.UTC)


@lru_cache(maxsize=1)
def authority() -> tuple[ec.EllipticCurvePrivateKey, x509.Certificate]:
    """The CA's key and certificate."""
    key = ec.generate_private_key(ec.SECP256R1())
    return key, _certificate("CA", key.public_key(), key, is_authority=True)


def issue(spki: bytes, name: str = "leaf", *, addresses: Sequence[str] = ()) -> x509.Certificate:
    """Certify a public key, for a server at some IP addresses if any are given."""
    key = load_der_public_key(spki)
    assert isinstance(key, get_args(CertificatePublicKeyTypes))
    return _certificate(name, key, authority()[0], is_authority=False, addresses=addresses)


def chain_for(public: Any, name: str = "leaf") -> Any:
    """Return a Java chain of two: the key's certificate and the CA's."""
    certificates = [java_certificate(issue(bytes(public.getEncoded()), name)), java_certificate(authority()[1])]
    return jpype.JArray(java("java.security.cert.Certificate"))(certificates)


def java_certificate(certificate: x509.Certificate) -> Any:
    """Turn a certificate into Java's."""
    stream = java("java.io.ByteArrayInputStream")(certificate.public_bytes(Encoding.DER))
    return java("java.security.cert.CertificateFactory").getInstance("X.509").generateCertificate(stream)


def _certificate(
    name: str,
    key: CertificatePublicKeyTypes,
    signer: ec.EllipticCurvePrivateKey,
    *,
    is_authority: bool,
    addresses: Sequence[str] = (),
) -> x509.Certificate:
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "CA")]))
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(_NOW - datetime.timedelta(days=1))
        .not_valid_after(_NOW + datetime.timedelta(days=365))
        .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
    )
    if addresses:
        names = [x509.IPAddress(ip_address(address)) for address in addresses]
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    return builder.sign(signer, hashes.SHA256())
