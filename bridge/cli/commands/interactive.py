"""``interactive``: commands one after the other, in one session."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable, Iterator

import click

from bridge.cli.commands.access import Kept
from bridge.cli.commands.connection import connection, home_of, opened
from bridge.cli.commands.family import Family, HsmCommand

_PROMPT = "aws-cloudhsm > "
_END = ("quit", "exit")

ReadLine = Callable[[], str]
"""Returns a line; raises EOFError at the end, KeyboardInterrupt for a line to be forgotten."""


@click.command("interactive", cls=HsmCommand)
@click.pass_context
def interactive(context: click.Context) -> None:
    """Enter commands, in one session: log in once, and what you make in it stays until you log out.

    On a terminal there are a prompt, completion with the tabulator, and a history of what you entered, except lines
    with passwords. Otherwise the commands are read from standard input, one a line; `#` begins a comment.

    `help`, or a command with --help, says what there is; `quit`, `exit` or the end of the input leaves.

    \b
    Example:
      hsmbridge interactive
      hsmbridge interactive < commands.txt
    """
    # The options of where the HSM is were read before the session began, and hold for all of it.
    where = connection(context)
    with opened(where) as session:
        kept = Kept(session, where, home_of(where))
        for line in _lines(_terminal() if sys.stdin.isatty() else _piped):
            if line[0] in _END:
                break
            run(line, kept)


def run(words: list[str], access: Kept) -> None:
    """Run one command; its refusal, or what is wrong in its usage, is shown, and the session goes on.

    Args:
        words: of the command; ``help`` before them asks for their help.
        access: with the session.
    """
    if words[0] == "help":
        words = [*words[1:], "--help"]
    root = Family()
    try:
        if words[0] == "interactive":
            raise click.UsageError("This is the interactive mode already.")
        root.main(words, prog_name="", obj=access, standalone_mode=False, max_content_width=100)
    except click.ClickException as error:
        error.show()
    except click.Abort:
        click.echo("Aborted!", err=True)


def _lines(read: ReadLine) -> Iterator[list[str]]:
    """Give the words of each line that has some."""
    while True:
        try:
            text = read()
            words = shlex.split(text, comments=True)
        except EOFError:
            return
        except KeyboardInterrupt:
            continue
        except ValueError as error:
            click.echo(f"Error: {error}: a quotation mark is missing.", err=True)
            continue
        if words:
            yield words


def _piped() -> str:
    line = sys.stdin.readline()
    if not line:
        raise EOFError
    return line


def _terminal() -> ReadLine:
    # Scripts need neither the terminal's library nor the 100 ms that loading it takes.
    from bridge.cli.commands.terminal import line_reader

    return line_reader(_PROMPT)
