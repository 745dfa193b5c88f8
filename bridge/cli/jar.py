"""``hsmbridge jar``."""

from __future__ import annotations

import click

from bridge.jvm import jar_path


@click.command()
def jar() -> None:
    """Print the path of the provider's jar, to compile against.

    \b
    Example:
      javac -cp "$(hsmbridge jar)" Main.java

    It reads no environment variable.
    """
    click.echo(jar_path())
