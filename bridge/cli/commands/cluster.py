"""``cluster activate`` and ``cluster hsm-info``."""

from __future__ import annotations

from bridge.cli.commands.access import access, new_password
from bridge.cli.commands.family import command
from bridge.cli.commands.options import password_option
from bridge.cli.refusal import answer


@command("activate")
@password_option("The admin's first password; it is asked for, unseen, if this is not given.")
def activate(password: str | None) -> None:
    """Set the first password of the user admin, which makes a new HSM usable.

    \b
    Example:
      hsmbridge cluster activate
    """
    with access().anybody() as session:
        session.activate(new_password(password))
        answer("Cluster activation successful")


@command("hsm-info")
def hsm_info() -> None:
    """Describe the HSM: vendor, model, firmware, FIPS state. No login is needed.

    \b
    Example:
      hsmbridge cluster hsm-info
    """
    with access().anybody() as session:
        answer({"hsms": [session.hsm_info()]})
