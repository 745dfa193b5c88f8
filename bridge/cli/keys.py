"""``hsmbridge keys``: ``key list`` in columns."""

from __future__ import annotations

import click

from bridge.cli.access import crypto_session
from bridge.cli.fields import FIELDS, shown, size_of
from bridge.cli.home import home_option
from bridge.cli.key_json import reference, visible, whole
from bridge.cli.refusal import answer, enveloped
from bridge.engine import Attribute, KeyInfo
from bridge.store import default_home

_MATTER = (
    "token",
    "extractable",
    "sign",
    "verify",
    "encrypt",
    "decrypt",
    "wrap",
    "unwrap",
    "derive",
    "trusted",
    "wrap-with-trusted",
)
_HEADINGS = ("KEY", "LABEL", "CLASS", "TYPE", "SIZE", "ATTRIBUTES")


@click.command()
@home_option
@click.option("--json", "as_json", is_flag=True, help="Print whole keys, as cloudhsm-cli key list --verbose does.")
def keys(as_json: bool) -> None:
    """List the keys that a crypto user sees: the own and shared ones, and every public key.

    \b
    Example:
      HSM_USER=alice HSM_PASSWORD=... hsmbridge keys

    \b
    Environment:
      HSMBRIDGE_HOME        the folder of the HSM
      HSMBRIDGE_PASSPHRASE  opens a home that is sealed
      HSM_USER              the crypto user
      HSM_PASSWORD          the crypto user's password
    """
    with enveloped(as_json), crypto_session() as (_, session, user):
        found = visible(session, session.find({}))
        if as_json:
            answer(
                {
                    "matched_keys": [whole(obj) for obj in found],
                    "total_key_count": len(found),
                    "returned_key_count": len(found),
                }
            )
        elif found:
            _print_table([_HEADINGS, *(_row(obj) for obj in found)])
        else:
            click.echo(f"Crypto user {user!r} sees no keys in {default_home()}.")


def _row(obj: KeyInfo) -> tuple[str, ...]:
    attributes = shown(obj)
    return (
        reference(obj.handle),
        _printable(str(obj.attributes[Attribute.LABEL])),
        str(attributes["class"]),
        str(attributes["key-type"]),
        size_of(obj.attributes),
        ", ".join(name for name in _MATTER if obj.attributes.get(FIELDS[name].attribute) is True),
    )


def _printable(label: str) -> str:
    """Write out control characters, which could make a terminal show something else."""
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode() for character in label
    )


def _print_table(rows: list[tuple[str, ...]]) -> None:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        click.echo("  ".join(cells).rstrip())
