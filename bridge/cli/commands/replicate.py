"""``key replicate`` and ``user replicate``: from a cluster to a clone of it."""

from __future__ import annotations

from typing import NoReturn

from bridge.cli.commands.family import command
from bridge.cli.commands.options import F, filter_option, option, user_options
from bridge.cli.fields import parse_filter
from bridge.cluster import home_of
from bridge.engine import HsmError, ReturnCode, Role


def _cluster_options(function: F) -> F:
    for side, text in (("destination", "a clone of it"), ("source", "the cluster to copy from")):
        name = f"--{side}-cluster-id"
        function = option(name, side, required=True, metavar="ID", help=f"In HSMBRIDGE_CLUSTERS: {text}.")(function)
    return function


@command("replicate")
@filter_option()
@_cluster_options
def key(terms: tuple[str, ...], source: str, destination: str) -> None:
    """Copy a key, with its attributes, to a clone of the cluster: one restored from a backup of it.

    \b
    Example:
      hsmbridge key replicate --filter attr.label=signer \\
          --source-cluster-id cluster-1 --destination-cluster-id cluster-2
    """
    parse_filter(terms)
    _replicate(source, destination)


@command("replicate")
@user_options
@_cluster_options
def user(username: str, role: Role, source: str, destination: str) -> None:
    """Copy a user to a clone of the cluster: one restored from a backup of it.

    \b
    Example:
      hsmbridge user replicate --username bob --role crypto-user \\
          --source-cluster-id cluster-1 --destination-cluster-id cluster-2
    """
    _replicate(source, destination)


def _replicate(source: str, destination: str) -> NoReturn:
    """Copy an object between two clusters, which only clones can.

    Raises:
        HsmError: ``TOKEN_NOT_PRESENT`` if a cluster is unknown, ``ARGUMENTS_BAD`` if both are the same home,
            ``ACTION_PROHIBITED`` if they do not descend from one backup, as no two homes of this version do.
    """
    homes = {home_of(identifier).resolve() for identifier in (source, destination)}
    if len(homes) == 1:
        raise HsmError(ReturnCode.ARGUMENTS_BAD, f"Clusters {source} and {destination} are the same home.")
    raise HsmError(
        ReturnCode.ACTION_PROHIBITED,
        f"Clusters {source} and {destination} are not clones: one must be made from a backup of the other, or both "
        "from one backup.",
    )
