"""``hsmbridge certs``: who may reach the daemon over TLS."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import click
from cryptography import x509

from bridge.cli.home import home_option
from bridge.cli.refusal import answer, enveloped
from bridge.server.authority import Authority, Client, certificates_folder
from bridge.store import default_home, require_home
from bridge.store.errors import translating

_host_option = click.option(
    "--host",
    "hosts",
    metavar="NAME_OR_IP",
    multiple=True,
    help="A name or address of the server besides localhost, 127.0.0.1 and ::1; may be given several times.",
)


@click.group()
def certs() -> None:
    """Manage the certificates of `hsmbridge serve --listen`: a private CA, the server's, and clients'.

    They lie in the folder certs of the home. Clients need three files: ca.crt, client.crt and client.key.

    \b
    Example:
      hsmbridge certs create --host hsm.example.org
      hsmbridge certs client build-server

    \b
    Environment:
      HSMBRIDGE_HOME  the folder of the HSM
    """


@certs.command()
@home_option
@_host_option
def create(hosts: tuple[str, ...]) -> None:
    """Make a CA that lasts for ten years, and the server's certificate for 825 days.

    \b
    Example:
      hsmbridge certs create
      hsmbridge certs create --host hsm.example.org --host 192.0.2.7

    \b
    Environment:
      HSMBRIDGE_HOME  the folder of the HSM
    """
    with enveloped():
        with _authority() as authority:
            shown = _server(authority, authority.create(hosts, datetime.now(UTC)))
        answer(shown)


@certs.command()
@home_option
@_host_option
def renew(hosts: tuple[str, ...]) -> None:
    """Give the server a new certificate of the same CA; a daemon that runs shows it at once.

    Its hosts are those of the old one, unless --host says others.

    \b
    Example:
      hsmbridge certs renew
      hsmbridge certs renew --host hsm.example.org

    \b
    Environment:
      HSMBRIDGE_HOME  the folder of the HSM
    """
    with enveloped():
        with _authority() as authority:
            shown = _server(authority, authority.renew(hosts, datetime.now(UTC)))
        answer(shown)


@certs.command()
@home_option
@click.argument("name")
@click.option(
    "--out",
    metavar="FOLDER",
    type=click.Path(path_type=Path),
    help="Where client.key, client.crt and ca.crt go; by default certs/clients/NAME in the home.",
)
def client(name: str, out: Path | None) -> None:
    """Make the key and the certificate of a client named NAME, for 825 days.

    Whoever has the key's file gets as far as the login, so it has mode 0600 and should be carried with care.

    \b
    Example:
      hsmbridge certs client build-server --out ./hsm-client

    \b
    Environment:
      HSMBRIDGE_HOME  the folder of the HSM
    """
    with enveloped():
        with _authority() as authority:
            issued, folder = authority.issue(name, out and out.absolute(), datetime.now(UTC))
        answer({**_shown(issued), "folder": str(folder)})


@certs.command("list")
@home_option
def list_() -> None:
    """List the client certificates that were given, the revoked ones included.

    \b
    Example:
      hsmbridge certs list

    \b
    Environment:
      HSMBRIDGE_HOME  the folder of the HSM
    """
    with enveloped():
        with _authority() as authority:
            clients = authority.clients()
        answer({"clients": [_shown(each) for each in clients]})


@certs.command()
@home_option
@click.argument("name")
def revoke(name: str) -> None:
    """Take back the certificate of the client NAME.

    A daemon that runs refuses new connections with it at once; those that are open go on until they end.

    \b
    Example:
      hsmbridge certs revoke build-server

    \b
    Environment:
      HSMBRIDGE_HOME  the folder of the HSM
    """
    with enveloped():
        with _authority() as authority:
            revoked = authority.revoke(name, datetime.now(UTC))
        answer({"revoked": [_shown(each) for each in revoked]})


@contextmanager
def _authority() -> Iterator[Authority]:
    home = default_home()
    with translating(home):
        require_home(home)
        yield Authority(certificates_folder(home))


def _server(authority: Authority, certificate: x509.Certificate) -> dict[str, object]:
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return {
        "folder": str(authority.folder),
        "hosts": [str(name.value) for name in names],
        "expires": _time(certificate.not_valid_after_utc),
    }


def _shown(issued: Client) -> dict[str, object]:
    return {
        "name": issued.name,
        "serial": issued.serial,
        "sha256": issued.fingerprint,
        "expires": _time(issued.expires),
        "revoked": issued.revoked and _time(issued.revoked),
    }


def _time(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
