"""The command ``hsmbridge``: one group, and one module per family of verbs that loads when it is used."""

from __future__ import annotations

import importlib
from typing import NamedTuple

import click

from bridge import __version__
from bridge.cli import commands
from bridge.cli.home import home_option
from bridge.cli.output import watched_output


class Verb(NamedTuple):
    """One row of the table of verbs.

    Attributes:
        place: the module and the name of the click command in it; empty for a command of cloudhsm-cli, whose place
            :data:`bridge.cli.commands.COMMANDS` has.
        summary: what ``hsmbridge --help`` says.
    """

    place: str
    summary: str


VERBS = {
    "init": Verb("bridge.cli.init:init", "Create an HSM: its admin and its first crypto user."),
    "configure": Verb("bridge.cli.configure:configure", "Show or change the settings of an HSM."),
    "keys": Verb("bridge.cli.keys:keys", "List the keys that a crypto user sees."),
    **{name: Verb("", row.summary) for name, row in commands.below("").items()},
    "import": Verb("bridge.cli.importing:import_", "Move keys in from JKS, JCEKS, PKCS#12, PEM or DER."),
    "serve": Verb("bridge.cli.serve:serve", "Serve the HSM to programs that plain java runs."),
    "status": Verb("bridge.cli.status:status", "Tell whether the daemon runs, and what it has done."),
    "audit": Verb("bridge.cli.audit:audit", "Show the audit log, or find out whether somebody changed it."),
    "certs": Verb("bridge.cli.certs:certs", "Make the certificates of the daemon's TLS: its own and clients'."),
    "keytool": Verb("bridge.cli.tools:keytool", "Run the JDK's keytool with the provider registered."),
    "jarsigner": Verb("bridge.cli.tools:jarsigner", "Run the JDK's jarsigner with the provider registered."),
    "java": Verb("bridge.cli.tools:java", "Run a Java program with the provider registered."),
    "jar": Verb("bridge.cli.jar:jar", "Print the path of the provider's jar."),
    "speed": Verb("bridge.cli.speed:speed", "Measure operations, beside what you would use instead."),
    "demo": Verb("bridge.cli.demo:demo", "Show a key born in the HSM signing a jar, start to end."),
}


class Verbs(click.Group):
    """A group that imports a verb's module when the verb is used, and reports refusals in one line."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of the verbs in the table's order."""
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the module of a verb and return its command."""
        if cmd_name not in VERBS:
            return None
        if not VERBS[cmd_name].place:
            return commands.load(cmd_name)
        module, _, name = VERBS[cmd_name].place.partition(":")
        command: click.Command = getattr(importlib.import_module(module), name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the verbs from the table, so that help loads none of them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, verb.summary) for name, verb in VERBS.items()])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find a verb; an unknown one is refused with the nearest names."""
        if not args[0].startswith("-") and args[0] not in VERBS:
            raise click.exceptions.NoSuchCommand(args[0], possibilities=VERBS, ctx=ctx)
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: click.Context) -> object:
        """Run a verb; a refusal becomes one line on standard error and exit code 1."""
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except Exception as error:
            # Imported only now, so that help and usage errors need neither the engine nor JPype.
            from bridge.cli.refusal import message_of

            message = message_of(error)
            if message is None:
                raise
            click.echo(f"hsmbridge: {message}", err=True)
            ctx.exit(1)


@click.group(cls=Verbs, context_settings={"max_content_width": 100})
@click.version_option(__version__, prog_name="hsmbridge")
@home_option
def cli() -> None:
    """An emulated AWS CloudHSM whose keys are used from Java.

    \b
    Example:
      hsmbridge init
      export HSM_USER=alice HSM_PASSWORD=...
      hsmbridge keytool -genkeypair -alias signer -keyalg RSA -keysize 2048 \\
          -dname CN=signer -keystore keys.p12 -storetype CloudHSM

    The commands of cloudhsm-cli have its options and its answers; `hsmbridge interactive` is its interactive
    mode.

    \b
    Environment:
      HSMBRIDGE_HOME        the folder of the HSM
      HSMBRIDGE_PASSPHRASE  opens a home that init sealed under a passphrase
      HSM_USER              the crypto user
      HSM_PASSWORD          the crypto user's password
      CLOUDHSM_ROLE         with CLOUDHSM_PIN: admin or crypto-user
      CLOUDHSM_PIN          user:password, as cloudhsm-cli takes them
    What is not set is asked for, if standard input is a terminal. `hsmbridge VERB --help` names
    the variables of a verb.

    \b
    Exit codes:
      0  done
      1  refused; the reason is on standard error
      2  wrong usage
      74 what was to be printed could not be written
    keytool, jarsigner and java end with the exit code of the tool or program.
    """


def main() -> None:
    """Run the command line of this process and end it with the exit code."""
    with watched_output():
        cli(prog_name="hsmbridge")
