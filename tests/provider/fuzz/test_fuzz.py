"""Every parameter that takes bytes is given mutations of valid ones: documented refusals only, and soon."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from cryptography.hazmat.primitives.serialization.pkcs12 import PBES, serialize_key_and_certificates
from jdk_choice import jdks
from jvm.conftest import environment_of
from short_lived import compiled
from transport import over_socket

from bridge.jvm.jdk import release
from provider.certificates import authority, issue
from provider.programs import driven

HERE = Path(__file__).parent
PASSWORD = b"changeit"
SEED = int(os.environ.get("HSMBRIDGE_SEED", time.time_ns() % 1_000_000))


@pytest.fixture(scope="module")
def classes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return compiled(HERE / "java", tmp_path_factory.mktemp("fuzz"))


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate, PKCS#12 files that other programs have written, and an ML-DSA key, which not every JDK has."""
    folder = tmp_path_factory.mktemp("files")
    mldsa = MLDSA44PrivateKey.generate()
    (folder / "ml-dsa-44.der").write_bytes(mldsa.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()))
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = issue(key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))
    (folder / "certificate.der").write_bytes(certificate.public_bytes(Encoding.DER))
    encryptions: dict[str, KeySerializationEncryption] = {
        "modern": BestAvailableEncryption(PASSWORD),
        "old": PrivateFormat.PKCS12.encryption_builder()
        .key_cert_algorithm(PBES.PBESv1SHA1And3KeyTripleDESCBC)
        .hmac_hash(hashes.SHA1())  # noqa: S303 - as old programs did
        .build(PASSWORD),
        "open": NoEncryption(),
    }
    for name, encryption in encryptions.items():
        content = serialize_key_and_certificates(b"name", key, certificate, [authority()[1]], encryption)
        (folder / f"{name}.p12").write_bytes(content)
    return folder


def fuzz(home: Path, jdk: Path, classes: Path, files: Path, cases: int, seed: int = SEED) -> None:
    """Run so many cases; a problem names its target and number, which HSMBRIDGE_SEED repeats."""
    report = driven(HERE / "driver.py", environment_of(home, jdk), 60 + cases / 10, classes, files, cases, seed)
    assert report["problems"] == [], f"HSMBRIDGE_SEED={seed}\n" + "\n".join(report["problems"])
    assert report["cases"] == cases
    assert report["refused"] > cases / 2, report
    assert report["left"] == {"keys": 0, "sessions": 0}, f"HSMBRIDGE_SEED={seed}"


def test_mutations(home: Path, classes: Path, files: Path) -> None:
    """The suite repeats the same mutations, the second time half of them; the soak test seeks new ones."""
    cases = 400 if over_socket() else 1_200
    fuzz(home, jdks()[0], classes, files, cases, seed=int(os.environ.get("HSMBRIDGE_SEED", "1")))


@pytest.mark.soak
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("jdk", jdks(), ids=lambda jdk: f"jdk{release(jdk)}")
def test_many_mutations(home: Path, classes: Path, files: Path, jdk: Path) -> None:
    fuzz(home, jdk, classes, files, cases=100_000)
