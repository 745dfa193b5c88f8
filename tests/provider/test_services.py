"""The table of services is what the documentation of this release says, no more and no less."""

from __future__ import annotations

from typing import Any

import pytest

from provider.ciphers import TRANSFORMATIONS
from provider.conftest import Jvm
from provider.jca import DIGESTS, HSM, SIGNATURES, java

MLDSA = ("ML-DSA", "ML-DSA-44", "ML-DSA-65", "ML-DSA-87")
HMACS = [f"Hmac{digest}" for digest in DIGESTS[1:]]
SERVICES = {
    *(("Signature", name) for name in SIGNATURES),
    *(("Signature", f"{digest}withECDSAinP1363Format") for digest in DIGESTS),
    *(("Signature", f"{digest}with{kind}") for digest in DIGESTS[1:] for kind in ("RSA/PSS", "RSAandMGF1")),
    *(("Signature", name) for name in ("RSASSA-PSS", "Ed25519", "Ed25519ph", "ML-DSA-EXTERNAL-MU", *MLDSA)),
    *(("Cipher", name) for name in TRANSFORMATIONS),
    *(("Mac", name) for name in (*HMACS, "AESCMAC")),
    *(("MessageDigest", name) for name in ("SHA-1", "SHA-224", "SHA-256", "SHA-384", "SHA-512")),
    ("SecureRandom", "AES-CTR-DRBG"),
    *(("KeyAgreement", name) for name in ("ECDH", *(f"ECDHwithX963{digest}KDF" for digest in DIGESTS[1:]))),
    *((kind, name) for kind in ("KeyPairGenerator", "KeyFactory") for name in ("RSA", "EC", "Ed25519", *MLDSA)),
    *((kind, name) for kind in ("KeyGenerator", "SecretKeyFactory") for name in ("AES", "DESede", *HMACS)),
    *((kind, "GenericSecret") for kind in ("KeyGenerator", "SecretKeyFactory")),
    ("KeyStore", "CloudHSM"),
}
ALIASES = [
    ("Signature", "1.2.840.113549.1.1.5", "SHA1withRSA"),
    ("Signature", "1.2.840.113549.1.1.14", "SHA224withRSA"),
    ("Signature", "1.2.840.113549.1.1.11", "SHA256withRSA"),
    ("Signature", "1.2.840.113549.1.1.12", "SHA384withRSA"),
    ("Signature", "1.2.840.113549.1.1.13", "SHA512withRSA"),
    ("Signature", "1.2.840.10045.4.1", "SHA1withECDSA"),
    ("Signature", "1.2.840.10045.4.3.1", "SHA224withECDSA"),
    ("Signature", "1.2.840.10045.4.3.2", "SHA256withECDSA"),
    ("Signature", "1.2.840.10045.4.3.3", "SHA384withECDSA"),
    ("Signature", "1.2.840.10045.4.3.4", "SHA512withECDSA"),
    ("KeyPairGenerator", "1.2.840.113549.1.1.1", "RSA"),
    ("KeyPairGenerator", "1.2.840.10045.2.1", "EC"),
    ("KeyPairGenerator", "EllipticCurve", "EC"),
    ("KeyGenerator", "2.16.840.1.101.3.4.1", "AES"),
    ("KeyGenerator", "TripleDES", "DESede"),
    ("SecretKeyFactory", "TripleDES", "DESede"),
    ("Signature", "1.2.840.113549.1.1.10", "RSASSA-PSS"),
    ("Signature", "1.3.101.112", "Ed25519"),
    ("Mac", "1.2.840.113549.2.7", "HmacSHA1"),
    ("Mac", "1.2.840.113549.2.11", "HmacSHA512"),
    ("Mac", "AES-CMAC", "AESCMAC"),
    ("MessageDigest", "SHA1", "SHA-1"),
    ("MessageDigest", "2.16.840.1.101.3.4.2.1", "SHA-256"),
    *((kind, name, "Ed25519") for kind in ("KeyPairGenerator", "KeyFactory") for name in ("EdDSA", "1.3.101.112")),
    *(
        (kind, f"2.16.840.1.101.3.4.3.{17 + index}", name)
        for kind in ("Signature", "KeyPairGenerator", "KeyFactory")
        for index, name in enumerate(MLDSA[1:])
    ),
    *(("Cipher", name.replace("SHA-", "SHA"), name) for name in TRANSFORMATIONS if "SHA-" in name),
]
FACTORIES = {
    "Cipher": "javax.crypto.Cipher",
    "Signature": "java.security.Signature",
    "KeyPairGenerator": "java.security.KeyPairGenerator",
    "KeyGenerator": "javax.crypto.KeyGenerator",
    "KeyFactory": "java.security.KeyFactory",
    "SecretKeyFactory": "javax.crypto.SecretKeyFactory",
    "KeyAgreement": "javax.crypto.KeyAgreement",
    "Mac": "javax.crypto.Mac",
    "MessageDigest": "java.security.MessageDigest",
    "SecureRandom": "java.security.SecureRandom",
    "KeyStore": "java.security.KeyStore",
}


def test_the_table_is_complete(jvm: Jvm) -> None:
    services = [(str(s.getType()), str(s.getAlgorithm())) for s in jvm.registered.getServices()]
    assert sorted(services) == sorted(SERVICES)


@pytest.mark.parametrize(("kind", "name"), sorted(SERVICES))
def test_a_service_is_had_by_name_in_any_case_and_by_provider(jvm: Jvm, kind: str, name: str) -> None:
    factory = java(FACTORIES[kind])
    for spelling in (name, name.upper(), name.lower()):
        assert factory.getInstance(spelling, HSM).getProvider() == jvm.registered
        assert factory.getInstance(spelling, jvm.second).getProvider().equals(jvm.second)


@pytest.mark.parametrize(("kind", "alias", "name"), ALIASES)
def test_object_identifiers_and_other_names_lead_to_the_service(jvm: Jvm, kind: str, alias: str, name: str) -> None:
    spellings = [alias, f"OID.{alias}"] if alias[0].isdigit() else [alias]
    for spelling in spellings:
        assert jvm.registered.getService(kind, spelling).equals(jvm.registered.getService(kind, name))
        assert java(FACTORIES[kind]).getInstance(spelling, HSM).getProvider() == jvm.registered


@pytest.mark.parametrize(
    ("kind", "name"),
    [("Signature", "Ed448"), ("Signature", "MD5withRSA"), ("KeyPairGenerator", "DSA"), ("KeyGenerator", "DES")],
)
def test_what_is_not_in_the_table_is_not_to_be_had(jvm: Jvm, kind: str, name: str) -> None:
    with pytest.raises(java("java.security.NoSuchAlgorithmException")):
        java(FACTORIES[kind]).getInstance(name, HSM)


def test_the_provider_is_found_by_the_service_loader(jvm: Jvm) -> None:
    loaders = java("java.util.ServiceLoader")
    found = [str(entry.type().getName()) for entry in loaders.load(java("java.security.Provider")).stream().toList()]
    assert "com.amazonaws.cloudhsm.jce.provider.CloudHsmProvider" in found


def test_the_registered_provider_is_the_last(jvm: Jvm) -> None:
    providers: Any = java("java.security.Security").getProviders()
    assert providers[len(providers) - 1] == jvm.registered
    for kind in ("RSA", "EC"):
        generator = java("java.security.KeyPairGenerator").getInstance(kind)
        assert generator.getProvider().getName() != HSM
