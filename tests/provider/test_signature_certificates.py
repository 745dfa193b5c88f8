"""Certificates whose signature algorithm is known by its object identifier are verified with the provider."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, mldsa, padding
from cryptography.hazmat.primitives.serialization import Encoding
from engine.keys import public_info, software_rsa

from provider.conftest import Jvm
from provider.jca import HSM, generate, java, refused

DAY = datetime.datetime(2030, 1, 1, tzinfo=datetime.UTC)
PSS = padding.PSS(padding.MGF1(hashes.SHA256()), 32)
SIGNERS: dict[str, tuple[Any, Any, Any]] = {
    "SHA384withRSA": (software_rsa, hashes.SHA384(), None),
    "RSASSA-PSS": (software_rsa, hashes.SHA256(), PSS),
    "SHA256withECDSA": (lambda: ec.generate_private_key(ec.SECP256R1()), hashes.SHA256(), None),
    "Ed25519": (ed25519.Ed25519PrivateKey.generate, None, None),
    "ML-DSA-44": (mldsa.MLDSA44PrivateKey.generate, None, None),
    "ML-DSA-65": (mldsa.MLDSA65PrivateKey.generate, None, None),
    "ML-DSA-87": (mldsa.MLDSA87PrivateKey.generate, None, None),
}


@pytest.mark.parametrize("algorithm", SIGNERS)
def test_a_certificate_is_verified(jvm: Jvm, algorithm: str) -> None:
    make, digest, scheme = SIGNERS[algorithm]
    key = make()
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, algorithm)])
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1, DAY, DAY)
    encoded = builder.sign(key, digest, rsa_padding=scheme).public_bytes(Encoding.DER)
    stream = java("java.io.ByteArrayInputStream")(encoded)
    certificate = java("java.security.cert.CertificateFactory").getInstance("X.509").generateCertificate(stream)
    if not algorithm.startswith("ML-DSA"):
        assert bytes(certificate.getPublicKey().getEncoded()) == public_info(key.public_key())
    certificate.verify(certificate.getPublicKey(), HSM)
    certificate.verify(certificate.getPublicKey(), jvm.registered)
    if algorithm.startswith("ML-DSA"):
        translated = (
            java("java.security.KeyFactory").getInstance(algorithm, HSM).translateKey(certificate.getPublicKey())
        )
        assert bytes(translated.getEncoded()) == public_info(key.public_key())
    with refused("java.security.InvalidKeyException" if "RSA" not in algorithm else "java.security.SignatureException"):
        certificate.verify(generate("RSA", "SunRsaSign").getPublic(), HSM)
