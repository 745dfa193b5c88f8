"""Where the HSM is: the options that say it, and the opening of a session there."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

import click

if TYPE_CHECKING:
    from bridge.cli.commands.session import HsmSession

ENDPOINT = "HSMBRIDGE_ENDPOINT"
_META = "bridge.cli.connection."


class Connection(NamedTuple):
    """Where the HSM is, as options and environment say.

    Attributes:
        endpoint: of a daemon, ``unix:PATH`` or ``HOST:PORT``; None for a home on this machine.
        ca: PEM file with the CA of the daemon's certificate; None for that of the home.
        certificate: PEM file with the client's certificate; None for no TLS, or that of the home.
        key: PEM file with the client's private key.
        cluster: identifier of a cluster that ``HSMBRIDGE_CLUSTERS`` names; None for the default home.
    """

    endpoint: str | None
    ca: Path | None
    certificate: Path | None
    key: Path | None
    cluster: str | None


HERE = Connection(None, None, None, None, None)
"""The default home."""


def _keep(context: click.Context, parameter: click.Parameter, value: Any) -> None:
    """Note an option where every command of this run finds it."""
    if value is None:
        return
    if getattr(context.find_root().obj, "interactive", False):
        raise click.UsageError(
            f"{parameter.opts[0]} is given to `hsmbridge interactive` itself; its session stays where it is."
        )
    if parameter.name == "home":
        # The environment is where the store, the hosted tools and the programs that they start all look.
        os.environ["HSMBRIDGE_HOME"] = str(value.absolute())
    context.meta[f"{_META}{parameter.name}"] = value


def _option(name: str, metavar: str, text: str, *, is_path: bool = False) -> click.Option:
    kind = click.Path(path_type=Path) if is_path else None
    return click.Option([name], metavar=metavar, type=kind, expose_value=False, callback=_keep, help=text)


CONNECTION_OPTIONS: Mapping[str | None, click.Option] = MappingProxyType(
    {
        option.name: option
        for option in (
            _option("--home", "DIR", "Folder of the HSM; by default $HSMBRIDGE_HOME.", is_path=True),
            _option("--cluster-id", "ID", "Cluster whose home HSMBRIDGE_CLUSTERS names."),
            _option("--endpoint", "ADDRESS", f"Daemon that has the HSM: unix:PATH or HOST:PORT; ${ENDPOINT}."),
            _option("--hsm-ca-cert", "FILE", "CA of the daemon's certificate.", is_path=True),
            _option("--client-cert", "FILE", "Certificate to show the daemon.", is_path=True),
            _option("--client-key", "FILE", "Private key of that certificate.", is_path=True),
        )
    }
)


def connection(context: click.Context) -> Connection:
    """Return where the HSM is.

    Raises:
        click.UsageError: if options contradict each other.
    """
    given = {name: context.meta.get(f"{_META}{name}") for name in CONNECTION_OPTIONS}
    endpoint = given["endpoint"]
    if endpoint is None and given["home"] is None and given["cluster_id"] is None:
        endpoint = os.environ.get(ENDPOINT) or None
    if endpoint is not None and (given["home"] is not None or given["cluster_id"] is not None):
        raise click.UsageError("--endpoint names a daemon, --home and --cluster-id a folder: give one of them.")
    if endpoint is None and any(given[name] is not None for name in ("hsm_ca_cert", "client_cert", "client_key")):
        raise click.UsageError(f"--hsm-ca-cert, --client-cert and --client-key go with --endpoint or {ENDPOINT}.")
    return Connection(endpoint, given["hsm_ca_cert"], given["client_cert"], given["client_key"], given["cluster_id"])


def require_no_cluster(context: click.Context) -> None:
    """Refuse the option that names a cluster, to a command that is told two.

    Raises:
        click.UsageError: if there is one.
    """
    if context.meta.get(f"{_META}cluster_id") is not None:
        raise click.UsageError(
            "--cluster-id has no place here: --source-cluster-id and --destination-cluster-id name two."
        )


def home_of(where: Connection) -> Path | None:
    """Return the home of an HSM on this machine, resolved; None if a daemon has it.

    Raises:
        HsmError: as :func:`bridge.cluster.home_of`.
    """
    if where.endpoint is not None:
        return None
    from bridge.cluster import clusters

    return clusters.home_of(where.cluster).resolve()


@contextmanager
def opened(where: Connection) -> Iterator[HsmSession]:
    """Open a session, that nobody has logged in to, for the block.

    Raises:
        HsmError: as :func:`bridge.store.open_home` and :func:`bridge.server.client.connect`.
    """
    if where.endpoint is not None:
        with remote(where, where.endpoint) as session:
            yield session
        return
    from bridge.cli.access import ask_passphrase
    from bridge.cluster.clusters import home_of
    from bridge.store import open_home

    hsm = open_home(home_of(where.cluster), ask_passphrase)
    try:
        yield hsm.open_session()
    finally:
        hsm.close()


@contextmanager
def remote(where: Connection, endpoint: str, cluster: str | None = None) -> Iterator[HsmSession]:
    """Open a session, that nobody has logged in to, in a daemon, for the block.

    Args:
        where: has the files of the connection.
        endpoint: of the daemon.
        cluster: identifier of one of its clusters; None for its own home.

    Raises:
        HsmError: as :func:`bridge.server.client.connect`.
    """
    # Only who asks for a daemon needs the code that talks to one.
    from bridge.server.client import connect

    session = connect(endpoint, ca=where.ca, certificate=where.certificate, key=where.key, cluster=cluster)
    try:
        yield session
    finally:
        session.close()
