"""How a Python test gets an HSM of its own and drives Java code against it."""

import secrets
from pathlib import Path
from typing import Any

import jpype
import pytest

from bridge.jvm import start
from bridge.store import create_home


@pytest.fixture(scope="session")
def provider(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A registered provider whose HSM is new and gone after the tests; a process has one JVM, so one provider."""
    home: Path = tmp_path_factory.mktemp("hsm") / "home"
    password = secrets.token_hex(12)
    create_home(home, admin_password=secrets.token_hex(12).encode(), user="alice", password=password.encode())
    return start(home, "alice", password)


def test_signature_verifies_outside_the_hsm(provider: Any) -> None:
    """A key born in the HSM signs, the JDK's own provider verifies, and the key's bytes stay inside."""
    java_security = jpype.JPackage("java").security
    generator = java_security.KeyPairGenerator.getInstance("EC", provider)
    generator.initialize(jpype.JClass("java.security.spec.ECGenParameterSpec")("secp256r1"))
    pair = generator.generateKeyPair()

    signer = java_security.Signature.getInstance("SHA256withECDSA", provider)
    signer.initSign(pair.getPrivate())
    signer.update(b"the data")
    signature = signer.sign()

    verifier = java_security.Signature.getInstance("SHA256withECDSA", "SunEC")
    public = java_security.KeyFactory.getInstance("EC", "SunEC").translateKey(pair.getPublic())
    verifier.initVerify(public)
    verifier.update(b"the data")
    assert verifier.verify(signature)  # noqa: S101
    assert pair.getPrivate().getEncoded() is None  # noqa: S101
