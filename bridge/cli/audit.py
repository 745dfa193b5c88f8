"""``hsmbridge audit``: the audit log of an HSM."""

from __future__ import annotations

import json
import time
from contextlib import suppress

import click

from bridge.cli.access import ask_passphrase
from bridge.cli.audit_layout import fields, text
from bridge.cli.home import home_option
from bridge.cli.refusal import answer, enveloped
from bridge.store import default_home, read_audit, verify_audit

_POLL_SECONDS = 0.5


@click.group()
def audit() -> None:
    """Show the audit log of an HSM, or find out whether somebody changed it.

    It has every login, every change of a user, a key or a setting, and every refusal; what is done with keys only if
    `hsmbridge configure --enable-audit-crypto` says so. It cannot be switched off, and has no secrets.

    \b
    Example:
      hsmbridge audit show
      hsmbridge audit verify

    \b
    Environment:
      HSMBRIDGE_HOME, HSMBRIDGE_PASSPHRASE
    """


@audit.command()
@home_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line, with more fields.")
@click.option(
    "--since", metavar="NUMBER", type=click.IntRange(min=0), default=0, help="Begin with this sequence number."
)
@click.option("--follow", is_flag=True, help="Go on with what comes, until Ctrl-C.")
def show(as_json: bool, since: int, follow: bool) -> None:
    """Print the log as the original's is seen in CloudWatch; times are UTC.

    It takes no login, only access to the home, and does not tell whether somebody changed the log; verify does.

    \b
    Example:
      hsmbridge audit show
      hsmbridge audit show --json --since 100
      hsmbridge audit show --json --follow | jq 'select(.response != 0)'

    \b
    Environment:
      HSMBRIDGE_HOME  the folder of the HSM
    """
    # Ctrl-C is how --follow is meant to end.
    with suppress(KeyboardInterrupt):
        for record in read_audit(default_home(), since, _wait if follow else None):
            click.echo(json.dumps(fields(record)) if as_json else text(record))


def _wait() -> None:
    time.sleep(_POLL_SECONDS)


@audit.command()
@home_option
@click.option("--json", "as_json", is_flag=True, help="Print JSON, in the envelope of the other verbs.")
def verify(as_json: bool) -> None:
    """Find out whether the log is what the HSM wrote: no record changed, removed, added or moved.

    The exit code is 1 if it is not, and the message names the first record that is wrong. What cannot be told is
    documented in the README.

    \b
    Example:
      hsmbridge audit verify
      hsmbridge audit verify --json

    \b
    Environment:
      HSMBRIDGE_HOME        the folder of the HSM
      HSMBRIDGE_PASSPHRASE  opens a home that is sealed
    """
    with enveloped(as_json):
        count = verify_audit(default_home(), ask_passphrase)
        if as_json:
            answer({"records": count, "intact": True})
        else:
            click.echo(f"The audit log of {default_home()} is intact: {count} records.")
