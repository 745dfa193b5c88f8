"""A private CA in the folder ``certs`` of a home: the server's certificate, those of clients, and the revoked ones.

    ca.crt  ca.key          the CA
    server.crt  server.key  the server's certificate
    crl.pem                 the certificates that were revoked, signed by the CA
    issued/SERIAL.crt       every client certificate that the CA gave
    clients/NAME/           what a client needs: client.crt, client.key, ca.crt; unless it was put elsewhere

Private keys are in PKCS#8, PEM, and every file has the mode 0600.
"""

from __future__ import annotations

import errno
import fcntl
import os
import re
import secrets
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key

from bridge.engine.errors import HsmError, ReturnCode
from bridge.server.certificates import Issuer, name_of, new_key, revocation, subject_names
from bridge.server.tls import CA, REVOKED, SERVER, SERVER_KEY
from bridge.store.files import require_private, sync_folder, write_new

CLIENT, CLIENT_KEY = "client.crt", "client.key"
_CA_KEY = "ca.key"
_ISSUED, _CLIENTS = "issued", "clients"

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,63}")


def certificates_folder(home: Path) -> Path:
    """Return where the certificates of a home are."""
    return home / "certs"


@dataclass(frozen=True)
class Client:
    """A client certificate that the CA gave.

    Attributes:
        name: the client's.
        serial: in hexadecimal digits.
        fingerprint: SHA-256 of the certificate, in hexadecimal digits.
        expires: when it ends.
        revoked: when it was revoked, or None.
    """

    name: str
    serial: str
    fingerprint: str
    expires: datetime
    revoked: datetime | None


@dataclass(frozen=True)
class Authority:
    """The CA of a home.

    Attributes:
        folder: its files.
    """

    folder: Path

    def create(self, hosts: Sequence[str], now: datetime) -> x509.Certificate:
        """Make the CA and the server's certificate; they are there as a whole or not at all.

        Args:
            hosts: names and addresses of the server besides localhost, 127.0.0.1 and ::1.
            now: the time, with its zone.

        Returns:
            The server's certificate.

        Raises:
            HsmError: ``ACTION_PROHIBITED`` if there is a CA; ``ARGUMENTS_BAD`` for a host that is none.
            OSError: if a file cannot be written.
        """
        names = subject_names(hosts)
        if os.path.lexists(self.folder):
            raise self._exists()
        issuer, key = Issuer.new(now), new_key()
        certificate = issuer.server(key.public_key(), names, now)
        draft = self.folder.with_name(f".{self.folder.name}.{secrets.token_hex(4)}")
        draft.mkdir(mode=0o700)
        try:
            write_new(draft / _CA_KEY, _private_pem(issuer.key))
            write_new(draft / CA, _pem(issuer.certificate))
            write_new(draft / SERVER_KEY, _private_pem(key))
            write_new(draft / SERVER, _pem(certificate))
            write_new(draft / REVOKED, _pem(issuer.revocations([], 1, now)))
            for name in (_ISSUED, _CLIENTS):
                (draft / name).mkdir(mode=0o700)
            sync_folder(draft)
            draft.rename(self.folder)
        except OSError as error:
            if error.errno in (errno.EEXIST, errno.ENOTEMPTY, errno.ENOTDIR):
                raise self._exists() from None
            raise
        finally:
            shutil.rmtree(draft, ignore_errors=True)
        sync_folder(self.folder.parent)
        return certificate

    def renew(self, hosts: Sequence[str], now: datetime) -> x509.Certificate:
        """Give the server a new certificate for its old key.

        Args:
            hosts: as for :meth:`create`; if empty, the names are those of the old certificate.
            now: the time, with its zone.

        Returns:
            The server's certificate.

        Raises:
            HsmError: ``TOKEN_NOT_PRESENT`` if there is no CA; ``ARGUMENTS_BAD`` for a host that is none.
            OSError: if a file cannot be read or written.
        """
        with self._locked():
            names = subject_names(hosts) if hosts else _names(self._certificate(SERVER))
            certificate = self._issuer().server(self._key(SERVER_KEY).public_key(), names, now)
            _replace(self.folder / SERVER, _pem(certificate))
            return certificate

    def issue(self, name: str, out: Path | None, now: datetime) -> tuple[Client, Path]:
        """Make a client's key and certificate.

        Args:
            name: of the client: letters, digits, ``.``, ``_`` and ``-``, at most 64.
            out: the folder for the client's files, by default ``clients/NAME``; it is made if it is not there.
            now: the time, with its zone.

        Returns:
            The certificate and the folder.

        Raises:
            HsmError: ``TOKEN_NOT_PRESENT`` if there is no CA; ``ARGUMENTS_BAD`` for the name, or if there is a client
                of this name; ``ACTION_PROHIBITED`` if a file would be overwritten; ``FUNCTION_FAILED`` if the folder
                cannot be written.
            OSError: if a file of the CA cannot be read or written.
        """
        if not _NAME.fullmatch(name):
            raise HsmError(
                ReturnCode.ARGUMENTS_BAD,
                f"{name!r} is no name for a client: use 1 to 64 letters, digits, '.', '_' and '-', of which the first "
                "is neither '.' nor '-'.",
            )
        with self._locked():
            self._require_unused(name, now)
            key = new_key()
            certificate = self._issuer().client(key.public_key(), name, now)
            # The record comes first: there must be no certificate that cannot be revoked.
            record = self.folder / _ISSUED / f"{certificate.serial_number:x}.crt"
            write_new(record, _pem(certificate))
            sync_folder(record.parent)
            folder = out if out is not None else self.folder / _CLIENTS / name
            ca = (self.folder / CA).read_bytes()
            try:
                _write_all(folder, {CLIENT_KEY: _private_pem(key), CLIENT: _pem(certificate), CA: ca})
            except HsmError:
                record.unlink()
                raise
            return _described(certificate, {}), folder

    def clients(self) -> list[Client]:
        """Return every client certificate that the CA gave, by name and end.

        Raises:
            HsmError: ``TOKEN_NOT_PRESENT`` if there is no CA.
            OSError: if a file cannot be read.
        """
        revoked = {entry.serial_number: entry.revocation_date_utc for entry in self._revoked()}
        records = (self.folder / _ISSUED).glob("*.crt")
        found = [_described(x509.load_pem_x509_certificate(record.read_bytes()), revoked) for record in records]
        return sorted(found, key=lambda client: (client.name, client.expires))

    def revoke(self, name: str, now: datetime) -> list[Client]:
        """Take back a client's certificates: the server refuses them from the next handshake on.

        Args:
            name: of the client.
            now: the time, with its zone.

        Returns:
            What was revoked.

        Raises:
            HsmError: ``TOKEN_NOT_PRESENT`` if there is no CA; ``ARGUMENTS_BAD`` if there is no such client, or it has
                no certificate that is not revoked yet.
            OSError: if a file cannot be read or written.
        """
        with self._locked():
            of_name = [client for client in self.clients() if client.name == name]
            wanted = {client.serial for client in of_name if client.revoked is None}
            if not wanted:
                raise HsmError(
                    ReturnCode.ARGUMENTS_BAD,
                    f"The certificate of the client {name!r} is revoked already."
                    if of_name
                    else f"There is no client {name!r}: `hsmbridge certs list` shows those that there are.",
                )
            old = self._revoked()
            number = old.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number
            entries = [*old, *(revocation(int(serial, 16), now) for serial in sorted(wanted))]
            _replace(self.folder / REVOKED, _pem(self._issuer().revocations(entries, number + 1, now)))
            return [client for client in self.clients() if client.serial in wanted]

    def _require_unused(self, name: str, now: datetime) -> None:
        for client in self.clients():
            if client.name == name and client.revoked is None and client.expires > now:
                raise HsmError(
                    ReturnCode.ARGUMENTS_BAD,
                    f"The client {name!r} has a certificate already, of serial number {client.serial}: choose another "
                    f"name, or revoke that one with `hsmbridge certs revoke {name}`.",
                )

    def _issuer(self) -> Issuer:
        return Issuer(self._certificate(CA), self._key(_CA_KEY))

    def _certificate(self, name: str) -> x509.Certificate:
        return x509.load_pem_x509_certificate((self.folder / name).read_bytes())

    def _key(self, name: str) -> ec.EllipticCurvePrivateKey:
        require_private(self.folder / name)
        key = load_pem_private_key((self.folder / name).read_bytes(), None)
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise HsmError(
                ReturnCode.DEVICE_ERROR, f"{self.folder / name} is not the EC key that was made there: bring that back."
            )
        return key

    def _revoked(self) -> x509.CertificateRevocationList:
        if not self.folder.is_dir():
            raise self._absent()
        return x509.load_pem_x509_crl((self.folder / REVOKED).read_bytes())

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Keep other processes from giving and revoking certificates meanwhile."""
        try:
            descriptor = os.open(self.folder, os.O_RDONLY | os.O_DIRECTORY)
        except FileNotFoundError:
            raise self._absent() from None
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    def _absent(self) -> HsmError:
        return HsmError(
            ReturnCode.TOKEN_NOT_PRESENT,
            f"There are no certificates in {self.folder}: make them with `hsmbridge certs create`.",
        )

    def _exists(self) -> HsmError:
        return HsmError(
            ReturnCode.ACTION_PROHIBITED,
            f"There is a CA in {self.folder} already, and under a new one its clients would no longer get in: "
            "`hsmbridge certs renew` gives the server a new certificate; for a new CA, move that folder away yourself.",
        )


def _names(certificate: x509.Certificate) -> x509.SubjectAlternativeName:
    return certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value


def _described(certificate: x509.Certificate, revoked: Mapping[int, datetime]) -> Client:
    return Client(
        name_of(certificate),
        f"{certificate.serial_number:x}",
        certificate.fingerprint(SHA256()).hex(),
        certificate.not_valid_after_utc,
        revoked.get(certificate.serial_number),
    )


def _pem(signed: x509.Certificate | x509.CertificateRevocationList) -> bytes:
    return signed.public_bytes(Encoding.PEM)


def _private_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _write_all(folder: Path, files: Mapping[str, bytes]) -> None:
    """Create files in a folder, and the folder; if one cannot be, none stays."""
    written: list[Path] = []
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for name, content in files.items():
            write_new(folder / name, content)
            written.append(folder / name)
        sync_folder(folder)
    except OSError as error:
        for path in written:
            path.unlink(missing_ok=True)
        if isinstance(error, FileExistsError):
            raise HsmError(
                ReturnCode.ACTION_PROHIBITED,
                f"{error.filename} exists already and is not overwritten: choose another folder with --out, or move "
                "it away.",
            ) from None
        raise HsmError(
            ReturnCode.FUNCTION_FAILED,
            f"The folder {folder} cannot be written ({error.strerror}): choose another with --out.",
        ) from None


def _replace(path: Path, content: bytes) -> None:
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        write_new(draft, content)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    sync_folder(path.parent)
