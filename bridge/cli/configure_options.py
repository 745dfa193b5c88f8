"""The options of ``hsmbridge configure`` that describe a cluster, under the names of ``configure-jce``."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import click

from bridge.cli.configure_file import ConfigFile, Entry
from bridge.engine import HsmError, ReturnCode

_F = TypeVar("_F", bound=Callable[..., object])

_DEFAULT_PORT = 2223
_HOST = re.compile(r"[A-Za-z0-9_.:%-]{1,255}")

_FILES = {
    "hsm_ca_file": ("--hsm-ca-cert", "The certificate that issued the servers'; by default certs/ca.crt in the home."),
    "client_cert_path": ("--server-client-cert-file", "The client's certificate, which the servers ask for."),
    "client_key_path": ("--server-client-key-file", "The private key of the client's certificate."),
    "client_cert_hsm_tls_path": ("--client-cert-hsm-tls-file", "The same; counts more, if both are given."),
    "client_key_hsm_tls_path": ("--client-key-hsm-tls-file", "The private key of this certificate."),
}
_PAIRS = (("client_cert_path", "client_key_path"), ("client_cert_hsm_tls_path", "client_key_hsm_tls_path"))

_LOGGING: dict[str, tuple[str, click.ParamType[Any], str]] = {
    "log_type": ("--log-type", click.Choice(["file", "term"]), "Where the log goes: to a file, or standard error."),
    "log_file": (
        "--log-file",
        click.Path(dir_okay=False, path_type=Path),
        "The log file; by default cloudhsm-jce.log in the home.",
    ),
    "log_level": (
        "--log-level",
        click.Choice(["error", "warn", "info", "debug", "trace"]),
        "What is logged: this and what is graver.",
    ),
    "log_interval": (
        "--log-rotation",
        click.Choice(["never", "hourly", "daily", "weekly"]),
        "How often a new log file is begun.",
    ),
}


def cluster_options(function: _F) -> _F:
    """Add the options that describe one cluster; their values come under the keys of the file."""
    decorators = [
        click.option(
            "-a",
            "addresses",
            multiple=True,
            metavar="ADDRESS...",
            help="The servers: names or IP addresses, each with :PORT or without, instead of those in the file.",
        ),
        click.option("--port", type=click.IntRange(1, 65535), help="Port of addresses without one; 2223 by default."),
        click.option("--region", help="Accepted; no control plane is asked."),
        click.option("--endpoint", help="Accepted; no control plane is asked."),
        *(
            click.option(option, key, type=click.Path(exists=True, dir_okay=False, path_type=Path), help=text)
            for key, (option, text) in _FILES.items()
        ),
        click.option(
            "--enable-key-availability-check/--disable-key-availability-check",
            "key_availability_check",
            default=None,
            help="Whether a key must be on two HSMs to be used; disabled at first.",
        ),
        click.option(
            "--enable-validate-key-at-init/--disable-validate-key-at-init",
            "validate_key_at_init",
            default=None,
            help="Written and without effect: permissions are checked whenever a key is used.",
        ),
        click.option(
            "--default-retry-mode",
            type=click.Choice(["off", "standard"]),
            help="Whether the provider repeats what was throttled, or lost its connection; standard at first.",
        ),
    ]
    for decorator in reversed(decorators):
        function = decorator(function)
    return function


def logging_options(function: _F) -> _F:
    """Add the options that say where the provider logs."""
    for key, (option, kind, text) in reversed(_LOGGING.items()):
        function = click.option(option, key, type=kind, help=text)(function)
    return function


def cluster_changes(given: Mapping[str, Any]) -> tuple[Entry, Entry]:
    """Return what the options of :func:`cluster_options` change: keys of the cluster, and keys of its options.

    Raises:
        click.UsageError: if an address is none, or an option needs another.
    """
    changes: Entry = {key: str(given[key].absolute()) for key in _FILES if given[key] is not None}
    for certificate, key in _PAIRS:
        if (certificate in changes) != (key in changes):
            raise click.UsageError(f"{_FILES[certificate][0]} and {_FILES[key][0]} go together.")
    addresses = [part for text in given["addresses"] for part in re.split(r"[\s,]+", text.strip())]
    if given["port"] is not None and not addresses:
        raise click.UsageError("--port goes with -a.")
    if addresses:
        changes["servers"] = [_server(address, given["port"] or _DEFAULT_PORT) for address in addresses]
    options: Entry = {}
    for name in ("key_availability_check", "validate_key_at_init"):
        if given[name] is not None:
            options[f"disable_{name}"] = not given[name]
    if given["default_retry_mode"] is not None:
        options["default_retry_mode"] = given["default_retry_mode"]
    return changes, options


def logging_changes(given: Mapping[str, Any]) -> dict[str, str]:
    """Return what the options of :func:`logging_options` change."""
    values = {key: given[key] for key in _LOGGING if given[key] is not None}
    return {key: str(value.absolute() if isinstance(value, Path) else value) for key, value in values.items()}


def apply_to(entry: Entry, changes: Entry, options: Entry) -> None:
    """Change the entry of a cluster."""
    entry.update(changes)
    if options:
        entry.setdefault("options", {}).update(options)


def require_addresses(file: ConfigFile, identifier: str, changes: Entry) -> None:
    """Refuse to look addresses up, which takes a control plane.

    Raises:
        HsmError: ``ARGUMENTS_BAD`` if the cluster has no servers, neither in the file nor among the changes.
    """
    known = file.find(identifier) or {}
    if not changes.get("servers") and not known.get("servers"):
        raise HsmError(
            ReturnCode.ARGUMENTS_BAD,
            f"The addresses of the cluster {identifier} are not known: to ask for them (DescribeClusters) takes a "
            "control plane, which hsmbridge does not have yet. Give them, as in "
            f"`hsmbridge configure --cluster-id {identifier} -a 127.0.0.1`.",
        )


def _server(address: str, port: int) -> Entry:
    host, colon, number = address.rpartition(":")
    # Several colons and no brackets: an IPv6 address without a port.
    if colon and (":" not in host or (host.startswith("[") and host.endswith("]"))):
        if not number.isascii() or not number.isdigit() or not 1 <= int(number) <= 65535:
            raise click.UsageError(f"{address}: a port is a number from 1 to 65535.")
        address, port = host, int(number)
    address = address.removeprefix("[").removesuffix("]")
    if not _HOST.fullmatch(address):
        raise click.UsageError(f"{address!r} is no address; give names or IP addresses, such as 127.0.0.1:2223.")
    return {"hostname": address, "port": port, "enable": True}


class AddressesGroup(click.Group):
    """A group whose option ``-a`` takes several values, as the original's: ``-a 10.0.0.1 10.0.0.2``."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Repeat ``-a`` before each further address."""
        return super().parse_args(ctx, _spread(args, set(self.commands)))


class AddressesCommand(click.Command):
    """A command with the same option ``-a``."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Repeat ``-a`` before each further address."""
        return super().parse_args(ctx, _spread(args, set()))


def _spread(arguments: Sequence[str], commands: set[str]) -> list[str]:
    spread: list[str] = []
    inside = False
    for i, argument in enumerate(arguments):
        if argument in commands or argument == "--":
            return [*spread, *arguments[i:]]
        if argument.startswith("-"):
            inside = False
        elif inside and spread[-1] != "-a":
            spread.append("-a")
        spread.append(argument)
        inside = inside or argument == "-a"
    return spread
