"""``key replicate`` and ``user replicate``: from a cluster to a clone of it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import click

from bridge.cli.access import ask_secret
from bridge.cli.commands.access import Credentials, access, credentials
from bridge.cli.commands.connection import Connection, remote, require_no_cluster
from bridge.cli.commands.family import command
from bridge.cli.commands.finding import the_one
from bridge.cli.commands.options import F, approval_option, approved, filter_option, option, user_options
from bridge.cli.commands.session import HsmSession
from bridge.cli.commands.user import shown
from bridge.cli.fields import parse_filter
from bridge.cli.key_json import whole
from bridge.cli.refusal import answer
from bridge.cluster import home_of
from bridge.engine import HsmError, ReturnCode, Role
from bridge.store import open_home

_DESTINATION = "DESTINATION_"


def _cluster_options(function: F) -> F:
    for side, text in (("destination", "A clone of it"), ("source", "The cluster to copy from")):
        name = f"--{side}-cluster-id"
        function = option(name, side, required=True, metavar="ID", help=f"{text}, of HSMBRIDGE_CLUSTERS.")(function)
    return function


@command("replicate")
@filter_option()
@_cluster_options
def key(terms: tuple[str, ...], source: str, destination: str) -> None:
    """Copy a key to a clone of the cluster, with its attributes, owner, shares and quorum values.

    The key's owner does, or an admin, logged in to both: to the destination with DESTINATION_CLOUDHSM_ROLE and
    DESTINATION_CLOUDHSM_PIN, or as to the source. The key may be one that is not extractable. It has another reference
    there. A clone is a copy of a home, made while nobody had it open.

    \b
    Example:
      export HSMBRIDGE_CLUSTERS=cluster-1=/srv/hsm-1:cluster-2=/srv/hsm-2
      hsmbridge key replicate --filter attr.label=signer attr.class=private-key \\
          --source-cluster-id cluster-1 --destination-cluster-id cluster-2
    """
    parse_filter(terms)
    with _clones(source, destination, Role.CRYPTO_USER) as (near, far):
        masked = near.extract_masked(the_one(near, terms))
        copy = far.info(far.insert_masked(masked))
        answer({"key": whole(copy), "message": "Successfully replicated key"})


@command("replicate")
@user_options
@_cluster_options
@approval_option()
def user(username: str, role: Role, source: str, destination: str, approval: Path | None) -> None:
    """Copy a user to a clone of the cluster, with password, second factor and approver's key.

    An admin does, logged in to both: to the destination with DESTINATION_CLOUDHSM_ROLE and DESTINATION_CLOUDHSM_PIN, or
    as to the source. A clone is a copy of a home, made while nobody had it open.

    \b
    Example:
      export HSMBRIDGE_CLUSTERS=cluster-1=/srv/hsm-1:cluster-2=/srv/hsm-2
      hsmbridge user replicate --username bob --role crypto-user \\
          --source-cluster-id cluster-1 --destination-cluster-id cluster-2
    """
    with _clones(source, destination, Role.ADMIN) as (near, far):
        copy = far.insert_masked_user(near.extract_masked_user(role, username), approved(approval))
        answer({"user": shown(copy), "message": "Successfully replicated user"})


class _Side(NamedTuple):
    """One of the two clusters.

    Attributes:
        cluster: its identifier.
        session: with its HSM.
        kept: whether the session is that of the interactive mode, where people log in by themselves.
    """

    cluster: str
    session: HsmSession
    kept: bool

    def log_in(self, given: Credentials) -> None:
        """Log in; a refusal says to which of the two."""
        try:
            self.session.login(given.role, given.name, given.password)
        except HsmError as error:
            raise HsmError(error.code, f"Cluster {self.cluster}: {error.message}") from None


@contextmanager
def _clones(source: str, destination: str, default: Role) -> Iterator[tuple[HsmSession, HsmSession]]:
    """Give sessions with two clusters, logged in.

    Args:
        source: identifier of the one.
        destination: identifier of the other.
        default: the role to log in with, if the environment does not say it.

    Raises:
        HsmError: ``TOKEN_NOT_PRESENT`` if a cluster is unknown, ``ARGUMENTS_BAD`` if both are the same home,
            ``ACTION_PROHIBITED`` if they are not clones; as :func:`bridge.store.open_home` and
            :meth:`bridge.engine.Session.login`.
        click.UsageError: if nothing says who logs in.
    """
    require_no_cluster(click.get_current_context())
    with _sides(access().where, source, destination) as (near, far):
        if near.session.lineage != far.session.lineage:
            raise HsmError(
                ReturnCode.ACTION_PROHIBITED,
                f"Clusters {source} and {destination} are not clones: one must be made from a backup of the other, or "
                "both from one backup.",
            )
        _log_in(near, far, default)
        yield near.session, far.session


@contextmanager
def _sides(where: Connection, source: str, destination: str) -> Iterator[tuple[_Side, _Side]]:
    """Give both sides: homes on this machine, or two clusters of one daemon, which has names of its own for them."""
    if source == destination:
        raise _same_home(source, destination)
    if where.endpoint is not None:
        with remote(where, where.endpoint, source) as near, remote(where, where.endpoint, destination) as far:
            yield _Side(source, near, kept=False), _Side(destination, far, kept=False)
        return
    homes = [home_of(identifier).resolve() for identifier in (source, destination)]
    if homes[0] == homes[1]:
        raise _same_home(source, destination)
    with _side(source, homes[0]) as here, _side(destination, homes[1]) as there:
        yield here, there


def _same_home(source: str, destination: str) -> HsmError:
    return HsmError(
        ReturnCode.ARGUMENTS_BAD,
        f"Clusters {source} and {destination} are the same home: name the home of each in HSMBRIDGE_CLUSTERS.",
    )


@contextmanager
def _side(cluster: str, home: Path) -> Iterator[_Side]:
    kept = access().session_of(home)
    if kept is not None:
        yield _Side(cluster, kept, kept=True)
        return
    hsm = open_home(home, lambda: ask_secret("HSMBRIDGE_PASSPHRASE", f"Passphrase of {home}"))
    try:
        yield _Side(cluster, hsm.open_session(), kept=False)
    finally:
        hsm.close()


def _log_in(near: _Side, far: _Side, default: Role) -> None:
    given = None if near.kept else credentials(default)
    if given is not None:
        near.log_in(given)
    if not far.kept:
        # Clones begin with the same users, so that who says nothing else most likely is the same one there.
        says = any(name.startswith(_DESTINATION) and os.environ[name] for name in os.environ)
        far.log_in(credentials(default, _DESTINATION) if says or given is None else given)
