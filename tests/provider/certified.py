"""Certified keys as files that Java programs and openssl read: in the HSM, and in software for the other side."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from engine.keys import P256, Template
from jvm.conftest import Runner
from transport import java_command

from bridge.engine import Attribute, MechanismType, Session
from provider.certificates import authority, issue

MAKING: dict[str, tuple[MechanismType, Template]] = {
    "EC": (MechanismType.EC_KEY_PAIR_GEN, {Attribute.EC_PARAMS: P256}),
    "RSA": (MechanismType.RSA_PKCS_KEY_PAIR_GEN, {Attribute.MODULUS_BITS: 2048}),
}


def certify(session: Session, folder: Path, names: Sequence[str]) -> None:
    """Make key pairs in the HSM, not extractable, and write ``ca`` and ``NAME`` as ``.der`` and ``.pem``.

    Args:
        session: of the user who is to own the keys.
        folder: where the certificates go.
        names: the labels; the letters before a hyphen are the algorithm. The public half has the label ``NAME:Public``.
    """
    _write(folder, "ca", authority()[1].public_bytes(Encoding.DER), authority()[1].public_bytes(Encoding.PEM))
    for name in names:
        mechanism, template = MAKING[name.partition("-")[0]]
        public, _ = session.generate_key_pair(
            mechanism,
            {**template, Attribute.LABEL: f"{name}:Public"},
            {Attribute.LABEL: name, Attribute.TOKEN: True, Attribute.EXTRACTABLE: False},
        )
        spki = session.attributes(public)[Attribute.PUBLIC_KEY_INFO]
        assert isinstance(spki, bytes)
        certificate = issue(spki, name, addresses=["127.0.0.1"])
        _write(folder, name, certificate.public_bytes(Encoding.DER), certificate.public_bytes(Encoding.PEM))


def certify_in_software(folder: Path, names: Sequence[str]) -> None:
    """Make key pairs outside of the HSM and write each with its certificate as ``NAME.pem``."""
    for name in names:
        key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
        if name.startswith("EC"):
            key = ec.generate_private_key(ec.SECP256R1())
        else:
            key = rsa.generate_private_key(65537, 2048)
        spki = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        certificate = issue(spki, name, addresses=["127.0.0.1"]).public_bytes(Encoding.PEM)
        (folder / f"{name}.pem").write_bytes(certificate + pem)


def start(runner: Runner, *arguments: str) -> subprocess.Popen[str]:
    """Start a program with the provider registered, and with standard input to give commands to."""
    return subprocess.Popen(
        java_command(runner.jdk, arguments),
        env=runner.environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        bufsize=1,
    )


def _write(folder: Path, name: str, der: bytes, pem: bytes) -> None:
    (folder / f"{name}.der").write_bytes(der)
    (folder / f"{name}.pem").write_bytes(pem)
