"""TLS of the daemon: version 1.3, and nobody without a certificate.

That is one which our own CA gave and did not take back, or one of an authority that the HSM trusts.
"""

from __future__ import annotations

import hashlib
import logging
import ssl
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature

from bridge.engine.errors import HsmError, ReturnCode
from bridge.engine.settings import TrustAnchor
from bridge.store.files import require_private

CA, SERVER, SERVER_KEY, REVOKED = "ca.crt", "server.crt", "server.key", "crl.pem"
"""The files of the folder of certificates that the daemon reads."""

_log = logging.getLogger(__name__)

_Signature = tuple[tuple[tuple[int, int, int], ...], Sequence[TrustAnchor]]

Anchors = Callable[[], Sequence[TrustAnchor]]


def no_anchors() -> Sequence[TrustAnchor]:
    """Return that no other authorities are trusted."""
    return ()


def server_context(certs: Path, anchors: Anchors = no_anchors) -> ssl.SSLContext:
    """Make the context for the server's side of connections.

    It reads its files anew when they have changed, so that a revoked certificate is refused, and a renewed one shown,
    from the next handshake on, without a restart; and so with the authorities that the HSM trusts.

    Args:
        certs: the folder that ``hsmbridge certs create`` made.
        anchors: returns those authorities.

    Raises:
        HsmError: ``TOKEN_NOT_PRESENT`` if it is not there, not readable or not to be used.
    """
    return _Files(certs, anchors).current()


def newest(context: ssl.SSLContext) -> ssl.SSLContext:
    """Return the context for a connection that begins now.

    How certificates are looked at is settled there, and no later; with whose, still in the handshake.

    Args:
        context: as :func:`server_context` returned it, whenever that was.
    """
    if isinstance(context, _Context):
        # What is wrong with the files is said, and logged, in the handshake.
        with suppress(HsmError):
            return context.files.current()
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


def require_not_revoked(connection: ssl.SSLObject | ssl.SSLSocket) -> None:
    """Refuse a client whose certificate our own CA took back, where the handshake itself did not.

    Raises:
        ssl.SSLCertVerificationError: if it did.
    """
    context, certificate = connection.context, connection.getpeercert(binary_form=True)
    if isinstance(context, _Context) and certificate and context.revokes(x509.load_der_x509_certificate(certificate)):
        error = ssl.SSLCertVerificationError("the certificate was revoked")
        error.verify_message = "certificate revoked"
        raise error


class _Context(ssl.SSLContext):
    """A context that knows where it comes from, and which certificates our own CA took back.

    OpenSSL asks for such a list of every authority or of none, and others' there are not.
    """

    files: _Files
    ca: x509.Certificate
    revoked: x509.CertificateRevocationList

    def revokes(self, certificate: x509.Certificate) -> bool:
        """Tell whether our own CA gave a certificate, and took it back."""
        if self.revoked.get_revoked_certificate_by_serial_number(certificate.serial_number) is None:
            return False
        try:
            certificate.verify_directly_issued_by(self.ca)
        except (ValueError, TypeError, InvalidSignature):
            return False
        return True


class _Files:
    """The newest context for what the files hold, and whom the HSM trusts."""

    def __init__(self, certs: Path, anchors: Anchors) -> None:
        self._paths = [certs / name for name in (CA, SERVER, SERVER_KEY, REVOKED)]
        self._anchors = anchors
        self._seen: _Signature | None = None
        self._context: _Context | None = None

    def current(self) -> _Context:
        try:
            anchors = self._anchors()
            files = tuple(
                (stat.st_ino, stat.st_mtime_ns, stat.st_size) for stat in (path.stat() for path in self._paths)
            )
            seen = files, anchors
            if self._context is None or seen != self._seen:
                context = _trusting(anchors, *self._paths) if anchors else _read(*self._paths)
                context.files = self
                context.sni_callback = self._choose
                self._context, self._seen = context, seen
            return self._context
        except FileNotFoundError as error:
            raise _unusable(
                f"There is no file {error.filename}: make the certificates with `hsmbridge certs create`."
            ) from None
        except ssl.SSLError as error:
            raise self._broken(error.reason or "unreadable") from None
        except ValueError:
            raise self._broken("unreadable") from None
        except OSError as error:
            raise _unusable(f"{error.filename or self._paths[0].parent} cannot be read ({error.strerror}).") from None

    def _choose(self, connection: ssl.SSLObject, _name: str | None, _context: ssl.SSLContext) -> int | None:
        # OpenSSL calls this for every handshake, whether the client names a server or not.
        try:
            connection.context = self.current()
        except HsmError as error:
            _log.error("TLS refused", extra={"reason": error.message})
            return ssl.ALERT_DESCRIPTION_INTERNAL_ERROR
        return None

    def _broken(self, reason: str) -> HsmError:
        return _unusable(
            f"The certificates in {self._paths[0].parent} cannot be used ({reason}): move that folder away and make it "
            "anew with `hsmbridge certs create`."
        )


def _read(ca: Path, server: Path, server_key: Path, revoked: Path) -> _Context:
    """Return a context for the clients of our own CA alone; raises as :func:`_prepared`."""
    context = _prepared(ca, server, server_key, revoked)
    context.verify_flags |= ssl.VERIFY_X509_STRICT | ssl.VERIFY_CRL_CHECK_LEAF
    context.load_verify_locations(revoked)
    return context


def _trusting(anchors: Sequence[TrustAnchor], ca: Path, server: Path, server_key: Path, revoked: Path) -> _Context:
    """Return a context for the clients of our own CA and of others; raises as :func:`_prepared`."""
    context = _prepared(ca, server, server_key, revoked)
    if not context.revoked.is_signature_valid(context.ca.public_key()):  # type: ignore[arg-type] # a CA's can sign
        raise ValueError("somebody else signed the list of revoked certificates")
    # The certificates of others have not always all that ours have; an anchor may be below another authority.
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    for anchor in anchors:
        try:
            context.load_verify_locations(cadata=anchor.certificate)
        except ssl.SSLError as error:
            # Those of the others are not to suffer.
            _log.error("a trust anchor cannot be used", extra={"anchor": anchor.reference, "reason": error.reason})
    return context


def _prepared(ca: Path, server: Path, server_key: Path, revoked: Path) -> _Context:
    """Return what both have in common.

    Raises:
        ValueError: if a certificate, or the list of revoked ones, is none.
        ssl.SSLError: the same, as OpenSSL says it.
        OSError: if a file cannot be read.
    """
    require_private(server_key)
    context = _Context(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.verify_mode = ssl.CERT_REQUIRED
    # A resumed session would skip the certificate, and with it the list of revoked ones.
    context.num_tickets = 0
    context.options |= ssl.OP_NO_TICKET | ssl.OP_NO_COMPRESSION | ssl.OP_NO_RENEGOTIATION
    context.load_cert_chain(server, server_key)
    context.load_verify_locations(ca)
    context.ca = x509.load_pem_x509_certificate(ca.read_bytes())
    context.revoked = x509.load_pem_x509_crl(revoked.read_bytes())
    return context


def _unusable(message: str) -> HsmError:
    return HsmError(ReturnCode.TOKEN_NOT_PRESENT, message)
