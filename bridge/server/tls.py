"""TLS of the daemon: version 1.3, and nobody without a certificate that our own CA gave and did not take back."""

from __future__ import annotations

import hashlib
import logging
import ssl
from pathlib import Path

from bridge.engine.errors import HsmError, ReturnCode
from bridge.store.files import require_private

CA, SERVER, SERVER_KEY, REVOKED = "ca.crt", "server.crt", "server.key", "crl.pem"
"""The files of the folder of certificates that the daemon reads."""

_log = logging.getLogger(__name__)

_Signature = tuple[tuple[int, int, int], ...]


def server_context(certs: Path) -> ssl.SSLContext:
    """Make the context for the server's side of connections.

    It reads its files anew when they have changed, so that a revoked certificate is refused, and a renewed one shown,
    from the next handshake on, without a restart.

    Args:
        certs: the folder that ``hsmbridge certs create`` made.

    Raises:
        HsmError: ``TOKEN_NOT_PRESENT`` if it is not there, not readable or not to be used.
    """
    files = _Files(certs)
    context = files.current()

    def choose(connection: ssl.SSLObject, _name: str | None, _context: ssl.SSLContext) -> int | None:
        # OpenSSL calls this for every handshake, whether the client names a server or not.
        try:
            connection.context = files.current()
        except HsmError as error:
            _log.error("TLS refused", extra={"reason": error.message})
            return ssl.ALERT_DESCRIPTION_INTERNAL_ERROR
        return None

    context.sni_callback = choose
    return context


def peer_identity(connection: ssl.SSLObject | ssl.SSLSocket) -> bytes:
    """Return who the client is: the SHA-256 of its certificate.

    Raises:
        ValueError: if there is no certificate, which means that the handshake has not ended.
    """
    certificate = connection.getpeercert(binary_form=True)
    if not certificate:
        raise ValueError("a connection without a client certificate has no identity")
    return hashlib.sha256(certificate).digest()


class _Files:
    """The newest context for what the files hold."""

    def __init__(self, certs: Path) -> None:
        self._paths = [certs / name for name in (CA, SERVER, SERVER_KEY, REVOKED)]
        self._seen: _Signature | None = None
        self._context: ssl.SSLContext | None = None

    def current(self) -> ssl.SSLContext:
        try:
            seen = tuple(
                (stat.st_ino, stat.st_mtime_ns, stat.st_size) for stat in (path.stat() for path in self._paths)
            )
            if self._context is None or seen != self._seen:
                self._context = _read(*self._paths)
                self._seen = seen
            return self._context
        except FileNotFoundError as error:
            raise _unusable(
                f"There is no file {error.filename}: make the certificates with `hsmbridge certs create`."
            ) from None
        except ssl.SSLError as error:
            raise _unusable(
                f"The certificates in {self._paths[0].parent} cannot be used ({error.reason or 'unreadable'}): move "
                "that folder away and make it anew with `hsmbridge certs create`."
            ) from None
        except OSError as error:
            raise _unusable(f"{error.filename or self._paths[0].parent} cannot be read ({error.strerror}).") from None


def _read(ca: Path, server: Path, server_key: Path, revoked: Path) -> ssl.SSLContext:
    require_private(server_key)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.verify_mode = ssl.CERT_REQUIRED
    context.verify_flags |= ssl.VERIFY_X509_STRICT | ssl.VERIFY_CRL_CHECK_LEAF
    # A resumed session would skip the certificate, and with it the list of revoked ones.
    context.num_tickets = 0
    context.options |= ssl.OP_NO_TICKET | ssl.OP_NO_COMPRESSION | ssl.OP_NO_RENEGOTIATION
    context.load_cert_chain(server, server_key)
    context.load_verify_locations(ca)
    context.load_verify_locations(revoked)
    return context


def _unusable(message: str) -> HsmError:
    return HsmError(ReturnCode.TOKEN_NOT_PRESENT, message)
