"""``hsmbridge keytool``, ``jarsigner`` and ``java``: the JDK's own tools, with every argument passed through."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

import click


class Hosted(click.Command):
    """A command whose arguments all belong to the tool; only a single ``--help`` is ours."""

    def __init__(self, name: str, function: str, own_help: str, text: str) -> None:
        """Describe a hosted tool.

        Args:
            name: of the verb and the tool.
            function: its name in :mod:`bridge.jvm`.
            own_help: the arguments that show the tool's own help.
            text: what our help says, in front of the environment.
        """
        text += f"\n\n`hsmbridge {name} {own_help}` shows the tool's own help.\n\n{_ENVIRONMENT}"
        super().__init__(name, callback=_runner(function), help=text, add_help_option=False)

    def collect_usage_pieces(self, ctx: click.Context) -> list[str]:
        """Return what follows the verb in the usage line."""
        return ["[ARGUMENTS]..."]

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Take every argument as it is, ``--`` and options that we have too included."""
        if args == ["--help"]:
            click.echo(self.get_help(ctx))
            ctx.exit()
        ctx.params["arguments"] = args
        return []


def _runner(function: str) -> Callable[..., Any]:
    def run(arguments: Sequence[str]) -> NoReturn:
        # JPype loads numpy where that is installed, which takes as long as the engine; nothing here has arrays.
        sys.modules.setdefault("numpy", None)  # type: ignore[arg-type] # which makes its import fail
        # These load JPype and the engine, which help does without.
        import bridge.jvm
        from bridge.cli.access import ask_passphrase

        getattr(bridge.jvm, function)(arguments, ask_passphrase)
        raise AssertionError(f"{function} ends the process")

    return run


_ENVIRONMENT = """\b
Environment:
  HSMBRIDGE_HOME           the folder of the HSM
  HSMBRIDGE_PASSPHRASE     opens a home that is sealed
  HSMBRIDGE_APPROVAL_FILE  where approvers sign, for a key that needs approvals
  HSM_USER                 the crypto user
  HSM_PASSWORD             the crypto user's password
  JAVA_HOME                the JDK; otherwise the one on the PATH"""

keytool = Hosted(
    "keytool",
    "run_keytool",
    "-help",
    """Run the JDK's keytool with the provider registered: same arguments, output and exit codes.

With -storetype CloudHSM keys are generated inside the HSM, not extractable, labelled with the alias;
the keystore file holds certificates only.

\b
Example:
  hsmbridge keytool -genkeypair -alias signer -keyalg EC -groupname secp256r1 \\
      -dname CN=signer -keystore keys.p12 -storetype CloudHSM""",
)

jarsigner = Hosted(
    "jarsigner",
    "run_jarsigner",
    "-help",
    """Run the JDK's jarsigner with the provider registered: same arguments, output and exit codes.

\b
Example:
  hsmbridge jarsigner -keystore keys.p12 -storetype CloudHSM app.jar signer""",
)

java = Hosted(
    "java",
    "run_java",
    "-help",
    """Run a Java program with the provider registered, as java runs it: same arguments, streams and exit codes.

\b
Example:
  hsmbridge java -cp classes com.example.Main
  hsmbridge java -jar app.jar""",
)
