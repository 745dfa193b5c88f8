"""Where a daemon is, as a client reaches it: its Unix domain socket, or its port with TLS 1.3."""

from __future__ import annotations

import os
import socket
import ssl
from pathlib import Path

from bridge.engine.errors import HsmError, ReturnCode
from bridge.server.authority import certificates_folder
from bridge.server.listeners import parse_address
from bridge.server.tls import CA
from bridge.server.transport import uid_of
from bridge.store import default_home
from bridge.store.files import require_private

_UNIX = "unix:"
_ROOT = 0


def dial(endpoint: str, ca: Path | None, certificate: Path | None, key: Path | None, timeout: float) -> socket.socket:
    """Connect with a daemon.

    Args:
        endpoint: ``unix:PATH`` or ``HOST:PORT``.
        ca: PEM file with the CA of the daemon's certificate; None for ``$HSMBRIDGE_TLS_CA``, or that of the home.
        certificate: PEM file with the client's certificate; None for ``$HSMBRIDGE_TLS_CERT``.
        key: PEM file with its private key; None for ``$HSMBRIDGE_TLS_KEY``.
        timeout: seconds.

    Raises:
        HsmError: ``ARGUMENTS_BAD``, ``DEVICE_REMOVED`` if nobody answers there, or nobody who can be trusted;
            ``TOKEN_NOT_PRESENT`` if a file of TLS is missing or cannot be used.
    """
    try:
        if endpoint.startswith(_UNIX):
            return _unix(Path(endpoint.removeprefix(_UNIX)), timeout)
        return _tls(endpoint, ca, certificate, key, timeout)
    except ssl.SSLCertVerificationError as error:
        raise HsmError(
            ReturnCode.DEVICE_REMOVED,
            f"The daemon at {endpoint} did not show who it is ({error.verify_message}): name its CA with "
            "--hsm-ca-cert, and the host as its certificate does.",
        ) from None
    except OSError as error:
        raise HsmError(
            ReturnCode.DEVICE_REMOVED,
            f"No daemon answers at {endpoint} ({reason(error)}): start it with `hsmbridge serve`, or name another.",
        ) from None


def reason(error: OSError) -> str:
    """Return in a few words what happened to a connection."""
    if isinstance(error, TimeoutError):
        return "it took too long"
    if isinstance(error, ssl.SSLError):
        return error.reason or "TLS failed"
    return error.strerror or type(error).__name__


def _unix(path: Path, timeout: float) -> socket.socket:
    for what in (path.absolute().parent, path):
        if what.exists():
            _require_own(what.stat().st_uid, str(what))
    connection = socket.socket(socket.AF_UNIX)
    try:
        connection.settimeout(timeout)
        connection.connect(os.fspath(path))
        _require_own(uid_of(connection), f"the daemon at {path}")
    except BaseException:
        connection.close()
        raise
    return connection


def _require_own(uid: int, what: str) -> None:
    """Refuse what belongs to others than this user and root: no password is sent there."""
    if uid not in (os.getuid(), _ROOT):
        raise HsmError(
            ReturnCode.DEVICE_REMOVED,
            f"{what} belongs to user {uid}, and this program runs as user {os.getuid()}, so that no password is sent "
            "there: use a home of your own, or a daemon that listens for TLS.",
        )


def _tls(endpoint: str, ca: Path | None, certificate: Path | None, key: Path | None, timeout: float) -> socket.socket:
    address = parse_address(endpoint)
    context = _context(
        ca or _given("HSMBRIDGE_TLS_CA") or certificates_folder(default_home()) / CA,
        certificate or _given("HSMBRIDGE_TLS_CERT"),
        key or _given("HSMBRIDGE_TLS_KEY"),
    )
    connection = socket.create_connection(address, timeout)
    try:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return context.wrap_socket(connection, server_hostname=address.host)
    except BaseException:
        connection.close()
        raise


def _given(variable: str) -> Path | None:
    value = os.environ.get(variable)
    return Path(value) if value else None


def _context(ca: Path, certificate: Path | None, key: Path | None) -> ssl.SSLContext:
    if certificate is None or key is None:
        raise HsmError(
            ReturnCode.ARGUMENTS_BAD,
            "A daemon is reached over TLS with a client certificate and its private key: name their files with "
            "--client-cert and --client-key; `hsmbridge certs client` makes them.",
        )
    path = ca
    try:
        context = ssl.create_default_context(cafile=str(ca))
        context.minimum_version = ssl.TLSVersion.TLSv1_3
        path = key
        require_private(key)
        path = certificate
        # OpenSSL would ask on the terminal for the password of an encrypted key.
        context.load_cert_chain(certificate, key, password=_no_password)
        return context
    except (OSError, ValueError) as error:
        what = reason(error) if isinstance(error, OSError) else str(error)
        raise HsmError(
            ReturnCode.TOKEN_NOT_PRESENT, f"{path} cannot be used ({what}): name a readable file in PEM."
        ) from None


def _no_password() -> str:
    raise ValueError("its private key has a password")
