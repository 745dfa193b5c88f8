"""``hsmbridge configure``: the switches that hold for a whole HSM."""

from __future__ import annotations

import click

from bridge.cli.access import admin_session, open_hsm
from bridge.cli.home import home_option
from bridge.cli.refusal import answer, enveloped
from bridge.engine.settings import Settings


@click.command()
@home_option
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
def configure(clear_extraction: bool | None, implicit_import: bool | None) -> None:
    """Change the settings of an HSM, or show them if no option is given.

    A change weakens or strengthens the protection of all keys, so that it takes the admin's password. It
    holds for every user, and for programs that run already. The mode, fips or non-fips, is chosen by
    init and never changes.

    \b
    Example:
      hsmbridge configure
      hsmbridge configure --enable-clear-key-extraction-in-software

    \b
    Environment:
      HSMBRIDGE_HOME            the folder of the HSM
      HSMBRIDGE_PASSPHRASE      opens a home that is sealed
      HSMBRIDGE_ADMIN_PASSWORD  of the user named admin; not needed to show the settings
    """
    with enveloped():
        if clear_extraction is None and implicit_import is None:
            hsm = open_hsm()
            try:
                answer(_shown(hsm.settings))
            finally:
                hsm.close()
            return
        with admin_session() as session:
            answer(_shown(session.configure(clear_extraction=clear_extraction, implicit_import=implicit_import)))


def _shown(settings: Settings) -> dict[str, object]:
    return {
        "mode": settings.mode.value,
        "clear-key-extraction-in-software": settings.clear_extraction,
        "implicit-import": settings.implicit_import,
    }
