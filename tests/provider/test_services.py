"""The table of services is what the documentation of this release says, no more and no less."""

from __future__ import annotations

from typing import Any

import pytest

from provider.conftest import Jvm
from provider.jca import HSM, SIGNATURES, java

SERVICES = {
    *(("Signature", name) for name in SIGNATURES),
    ("KeyPairGenerator", "RSA"),
    ("KeyPairGenerator", "EC"),
    ("KeyGenerator", "AES"),
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
]
FACTORIES = {
    "Signature": "java.security.Signature",
    "KeyPairGenerator": "java.security.KeyPairGenerator",
    "KeyGenerator": "javax.crypto.KeyGenerator",
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
    [("Signature", "Ed25519"), ("Signature", "MD5withRSA"), ("KeyPairGenerator", "DSA"), ("KeyGenerator", "DESede")],
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
