"""A daemon that listens on TLS, and certificates of its clients, right and wrong ones."""

from __future__ import annotations

import datetime
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cli.command import process
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from bridge.server.client import RemoteSession, connect
from server.daemon import Daemon, serving, short_home
from server.peer import Peer

NOW = datetime.datetime.now(datetime.UTC)
DAY = datetime.timedelta(days=1)


@dataclass(frozen=True)
class Door:
    """A daemon that listens on TLS, and the folder with the certificates of its clients."""

    daemon: Daemon
    clients: Path

    @property
    def address(self) -> tuple[str, int]:
        """Where it listens."""
        host, _, port = self.daemon.facts()["listen"][0].rpartition(":")
        return host, int(port)

    def client(self, name: str) -> Path:
        """Give a client a certificate, and return the folder of its files."""
        folder = self.clients / name
        ran = process(self.daemon.home, {}, "certs", "client", name, "--out", folder)
        assert ran.returncode == 0, ran.stderr
        return folder

    def connect(self, context: ssl.SSLContext) -> Peer:
        """Connect, and say hello."""
        peer = Peer.tls(self.address, context)
        try:
            peer.hello()
        except BaseException:
            peer.close()
            raise
        return peer

    def session(self, folder: Path) -> RemoteSession:
        """Open a session with the files of a client."""
        ca, certificate, key = (folder / name for name in ("ca.crt", "client.crt", "client.key"))
        return connect("{}:{}".format(*self.address), ca=ca, certificate=certificate, key=key)


def context_of(authority: Path, certificate: Path | None = None, key: Path | None = None) -> ssl.SSLContext:
    """Return a client's context that trusts an authority and shows a certificate, if there is one."""
    context = ssl.create_default_context(cafile=str(authority))
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    if certificate is not None:
        context.load_cert_chain(certificate, key)
    return context


def context_in(folder: Path) -> ssl.SSLContext:
    """Return the context of the client whose files are in a folder."""
    return context_of(folder / "ca.crt", folder / "client.crt", folder / "client.key")


@contextmanager
def listening(pristine: Path, *options: str) -> Iterator[Door]:
    """Start a daemon with two workers that listens on TLS, over a home of its own, and stop it at the end."""
    with short_home(pristine) as home:
        ran = process(home, {}, "certs", "create")
        assert ran.returncode == 0, ran.stderr
        with serving(Daemon(home, "--workers", "2", "--listen", "127.0.0.1:0", *options)) as daemon:
            yield Door(daemon, home.parent / "clients")


def made_up(
    folder: Path,
    issuer: tuple[Path, Path] | None = None,
    usage: x509.ObjectIdentifier = ExtendedKeyUsageOID.CLIENT_AUTH,
    days: tuple[int, int] = (-1, 1),
) -> tuple[Path, Path]:
    """Make a certificate of our own.

    Args:
        folder: gets the certificate and its key.
        issuer: certificate and key of the issuer; None for a self-signed one.
        usage: what it says it is for.
        days: from now to when it is valid.
    """
    folder.mkdir(parents=True)
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "known")])
    by, by_key = name, key
    if issuer is not None:
        by = x509.load_pem_x509_certificate(issuer[0].read_bytes()).subject
        loaded = load_pem_private_key(issuer[1].read_bytes(), None)
        assert isinstance(loaded, ec.EllipticCurvePrivateKey)
        by_key = loaded
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(by)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW + days[0] * DAY)
        .not_valid_after(NOW + days[1] * DAY)
        .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(by_key.public_key()), critical=False)
    )
    certificate, key_file = folder / "client.crt", folder / "client.key"
    certificate.write_bytes(builder.sign(by_key, hashes.SHA256()).public_bytes(Encoding.PEM))
    key_file.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return certificate, key_file
