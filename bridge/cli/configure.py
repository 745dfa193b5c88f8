"""``hsmbridge configure``: settings of an HSM, and the configuration file of Java programs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from bridge.cli.access import admin_session, open_hsm
from bridge.cli.configure_file import ConfigFile, chosen_path
from bridge.cli.configure_options import (
    AddressesCommand,
    AddressesGroup,
    apply_to,
    cluster_changes,
    cluster_options,
    logging_changes,
    logging_options,
    require_addresses,
)
from bridge.cli.home import home_option
from bridge.cli.refusal import answer, enveloped
from bridge.engine import HsmError, ReturnCode
from bridge.engine.settings import Settings
from bridge.store import default_home, require_home

_F = TypeVar("_F", bound=Callable[..., object])


def _config_option(function: _F) -> _F:
    return click.option(
        "--config",
        metavar="FILE",
        type=click.Path(dir_okay=False, path_type=Path),
        help="The configuration file; by default $HSMBRIDGE_CONFIG, or cloudhsm-jce.cfg in the home.",
    )(function)


@click.group(cls=AddressesGroup, invoke_without_command=True, subcommand_metavar="[COMMAND]")
@click.pass_context
@home_option
@_config_option
@click.option(
    "--enable-clear-key-extraction-in-software/--disable-clear-key-extraction-in-software",
    "clear_extraction",
    default=None,
    help="Whether getEncoded() and the like give owners keys in clear, if EXTRACTABLE is true and WRAP_WITH_TRUSTED "
    "false; disabled at first.",
)
@click.option(
    "--enable-implicit-import/--disable-implicit-import",
    "implicit_import",
    default=None,
    help="Whether a software key given to an operation is imported for it; enabled at first.",
)
@click.option(
    "--enable-audit-crypto/--disable-audit-crypto",
    "audit_crypto",
    default=None,
    help="Whether the audit log has every use of a key, such as a signature; disabled at first.",
)
@click.option("--cluster-id", metavar="ID", help="The cluster to change; by default the first one in the file.")
@cluster_options
@logging_options
def configure(
    context: click.Context,
    /,
    config: Path | None,
    clear_extraction: bool | None,
    implicit_import: bool | None,
    audit_crypto: bool | None,
    cluster_id: str | None,
    **given: Any,
) -> None:
    """Change the settings of an HSM, or how Java programs reach HSMs; without an option, show both.

    The settings of an HSM are clear key extraction, implicit import, and whether the audit log has uses of keys. A
    change weakens or strengthens the protection of all keys, so that it takes the admin's password. It holds for every
    user, and for programs that run already. The mode, fips or non-fips, is chosen by init and never changes.

    All other options are those of the original's configure-jce. They change a file that Java programs read which
    are not started by hsmbridge, and take no password.

    \b
    Example:
      hsmbridge configure
      hsmbridge configure --enable-clear-key-extraction-in-software
      hsmbridge configure -a 127.0.0.1:2223 --hsm-ca-cert ca.crt \\
          --server-client-cert-file client.crt --server-client-key-file client.key

    \b
    Environment:
      HSMBRIDGE_HOME            the folder of the HSM
      HSMBRIDGE_CONFIG          the configuration file
      HSMBRIDGE_PASSPHRASE      opens a home that is sealed
      HSMBRIDGE_ADMIN_PASSWORD  of the user named admin; for the settings of an HSM
    """
    changes, options = cluster_changes(given)
    logging = logging_changes(given)
    settings = {
        name: value
        for name, value in (
            ("clear_extraction", clear_extraction),
            ("implicit_import", implicit_import),
            ("audit_crypto", audit_crypto),
        )
        if value is not None
    }
    asked = bool(settings or changes or options or logging or cluster_id)
    if context.invoked_subcommand is not None:
        if asked:
            raise click.UsageError(f"Give options behind {context.invoked_subcommand}.")
        context.obj = config
        return
    with enveloped():
        file = ConfigFile.read(chosen_path(config))
        if not asked:
            answer(_settings_shown(file) | _file_shown(file))
            return
        if cluster_id is not None:
            require_addresses(file, cluster_id, changes)
        if clear_extraction is not None and file.exists:
            options["enable_clear_key_extraction_in_software"] = clear_extraction
        if changes or options or cluster_id:
            apply_to(file.cluster(cluster_id), changes, options)
        if logging:
            file.change_logging(logging)
        shown: dict[str, object] = {}
        if settings:
            with admin_session() as session:
                shown = _shown(session.configure(**settings))
        if changes or options or cluster_id or logging:
            file.write()
        answer(shown | _file_shown(file))


@configure.command("add-cluster", cls=AddressesCommand)
@click.pass_obj
@home_option
@_config_option
@click.option("--cluster-id", metavar="ID", required=True, help="The identifier that programs name.")
@cluster_options
def add_cluster(outer: Path | None, /, config: Path | None, cluster_id: str, **given: Any) -> None:
    """Add a cluster to the configuration file, for programs that use several.

    A program names it in its CloudHsmProviderConfig; what that does not say is taken from the file.

    \b
    Example:
      hsmbridge configure add-cluster --cluster-id blue -a 127.0.0.1:2224

    \b
    Environment:
      HSMBRIDGE_HOME    the folder of the HSM
      HSMBRIDGE_CONFIG  the configuration file
    """
    changes, options = cluster_changes(given)
    with enveloped():
        file = ConfigFile.read(chosen_path(config or outer))
        entry = file.add_cluster(cluster_id)
        require_addresses(file, cluster_id, changes)
        apply_to(entry, changes, options)
        file.write()
        answer(_file_shown(file))


@configure.command("remove-cluster")
@click.pass_obj
@home_option
@_config_option
@click.option("--cluster-id", metavar="ID", required=True, help="The cluster to take out.")
def remove_cluster(outer: Path | None, /, config: Path | None, cluster_id: str) -> None:
    """Take a cluster out of the configuration file; its HSM and its keys stay.

    \b
    Example:
      hsmbridge configure remove-cluster --cluster-id blue

    \b
    Environment:
      HSMBRIDGE_HOME    the folder of the HSM
      HSMBRIDGE_CONFIG  the configuration file
    """
    with enveloped():
        file = ConfigFile.read(chosen_path(config or outer))
        file.remove_cluster(cluster_id)
        file.write()
        answer(_file_shown(file))


def _settings_shown(file: ConfigFile) -> dict[str, object]:
    """Return the settings of the HSM; none where there is no HSM but a file, because HSMs are elsewhere then."""
    try:
        require_home(default_home())
    except HsmError as error:
        if error.code is ReturnCode.TOKEN_NOT_PRESENT and file.exists:
            return {}
        raise
    hsm = open_hsm()
    try:
        return _shown(hsm.settings)
    finally:
        hsm.close()


def _shown(settings: Settings) -> dict[str, object]:
    return {
        "mode": settings.mode.value,
        "hsm-type": settings.hsm_type.value,
        "clear-key-extraction-in-software": settings.clear_extraction,
        "implicit-import": settings.implicit_import,
        "audit-crypto": settings.audit_crypto,
    }


def _file_shown(file: ConfigFile) -> dict[str, object]:
    return {"config-file": str(file.path), "config": file.content}
