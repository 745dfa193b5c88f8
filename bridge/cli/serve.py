"""``hsmbridge serve``: the daemon for JVMs that Python did not start."""

from __future__ import annotations

import math
from typing import Any

import click

from bridge.cli.home import home_option

_WEEK = 7 * 24 * 3600.0


class Seconds(click.FloatRange):
    """A time of more than nothing and at most a week."""

    def __init__(self) -> None:
        super().__init__(0, _WEEK, min_open=True)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the number; what is none, though it is called one, is refused."""
        seconds = super().convert(value, param, ctx)
        if math.isnan(seconds):
            self.fail(f"{value!r} is no number.", param, ctx)
        return seconds


@click.command()
@home_option
@click.option("--foreground", is_flag=True, help="Stay, and log to standard error, as service managers want it.")
@click.option(
    "--workers", type=click.IntRange(1, 64), metavar="N", help="Processes that serve; by default one for each core."
)
@click.option(
    "--listen",
    multiple=True,
    metavar="[HOST:]PORT",
    help="Serve TLS 1.3 there too, for clients with a certificate; the host is 127.0.0.1 unless named.",
)
@click.option(
    "--idle-exit",
    type=Seconds(),
    metavar="SECONDS",
    help="End after so long without a client.",
)
@click.option(
    "--timeout",
    type=Seconds(),
    default=30.0,
    show_default=True,
    metavar="SECONDS",
    help="How long a client may take over one message; over its first one a third of it.",
)
@click.option(
    "--on-demand", is_flag=True, help="Do nothing if a daemon runs already; end after 300 s without a client."
)
@click.option("--stop", is_flag=True, help="End the daemon; what it is doing is answered first.")
def serve(
    foreground: bool,
    workers: int | None,
    listen: tuple[str, ...],
    idle_exit: float | None,
    timeout: float,
    on_demand: bool,
    stop: bool,
) -> None:
    """Serve an HSM to Java programs, keytool and jarsigner that are started by plain java.

    It listens on the socket engine.sock in the HSM's folder, which only its owner may open, and with --listen
    on TLS, for which `hsmbridge certs` makes the certificates. It returns when the daemon serves; the daemon's log
    is serve.log in the same folder. Nobody does anything in it without logging in as a crypto user.

    \b
    Example:
      hsmbridge serve
      hsmbridge serve --listen 2223 --workers 4
      hsmbridge serve --foreground
      hsmbridge serve --stop

    \b
    Environment:
      HSMBRIDGE_HOME        the folder of the HSM
      HSMBRIDGE_PASSPHRASE  opens a home that is sealed
      HSMBRIDGE_CLUSTERS    homes of further clusters: identifier=folder, several separated by colons
    """
    from bridge.cli.access import ask_passphrase
    from bridge.server import daemon
    from bridge.server.listeners import parse_address
    from bridge.server.worker import Timing
    from bridge.store import default_home

    home = default_home()
    if stop:
        if not daemon.stop(home):
            click.echo(f"hsmbridge: No daemon serves {home}.", err=True)
        return
    service = daemon.Service(
        workers=workers or daemon.default_workers(),
        listen=[parse_address(text) for text in listen],
        idle_seconds=idle_exit or (_IDLE_SECONDS if on_demand else None),
        timing=Timing(timeout, timeout / 3),
    )
    try:
        if foreground:
            daemon.serve(home, service, ask_passphrase)
        else:
            daemon.serve_in_background(home, service, ask_passphrase)
    except daemon.AlreadyServed:
        if not on_demand:
            raise
        daemon.wait_until_answering(home)


_IDLE_SECONDS = 300.0
