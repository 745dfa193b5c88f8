"""A client of the daemon: a session like that of the engine, which the daemon carries out."""

from __future__ import annotations

from pathlib import Path

from bridge import __version__
from bridge.server.remote.endpoint import dial
from bridge.server.remote.keys import Keys
from bridge.server.remote.link import HELLO, Link
from bridge.server.remote.management import Management
from bridge.server.remote.masking import Masking
from bridge.server.wire import VERSION

TIMEOUT = 60.0
"""Seconds for one request and its answer; RSA keys of 4096 bits take some."""


class RemoteSession(Management, Keys, Masking):
    """A session in a daemon, with the methods of :class:`bridge.engine.Session`; safe for use by many threads.

    Each raises HsmError as there; ``DEVICE_REMOVED`` once the connection is lost, and with it the session, its login
    and its session keys. Nothing is asked twice.
    """


def connect(
    endpoint: str,
    *,
    ca: Path | None = None,
    certificate: Path | None = None,
    key: Path | None = None,
    cluster: str | None = None,
    timeout: float = TIMEOUT,
) -> RemoteSession:
    """Open a session, that nobody has logged in to, in a daemon.

    Args:
        endpoint: ``unix:PATH`` of its socket, or ``HOST:PORT`` where it listens for TLS.
        ca: PEM file with the CA of the daemon's certificate; None for ``$HSMBRIDGE_TLS_CA``, or that of the home.
        certificate: PEM file with the client's certificate; None for ``$HSMBRIDGE_TLS_CERT``.
        key: PEM file with its private key, mode 0600; None for ``$HSMBRIDGE_TLS_KEY``.
        cluster: identifier of a cluster that the daemon's ``HSMBRIDGE_CLUSTERS`` names; None for its own home.
        timeout: seconds for connecting, and for each request with its answer.

    Raises:
        HsmError: as :func:`bridge.server.remote.endpoint.dial`, and as ``hello`` is refused.
    """
    link = Link(dial(endpoint, ca, certificate, key, timeout), endpoint, timeout)
    try:
        named = {} if cluster is None else {"cluster": cluster}
        link.call(HELLO, [VERSION], {"client": f"hsmbridge {__version__}", **named})
    except BaseException:
        link.close()
        raise
    return RemoteSession(link)
