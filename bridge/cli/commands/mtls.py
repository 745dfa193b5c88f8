"""``cluster mtls``: who may connect to the HSM over mutual TLS."""

from __future__ import annotations

from pathlib import Path

import click

from bridge.cli.commands.access import access
from bridge.cli.commands.family import command
from bridge.cli.commands.files import read
from bridge.cli.commands.options import FILE, approval_option, approved, option
from bridge.cli.refusal import answer
from bridge.engine import HsmError, ReturnCode, Role
from bridge.engine.settings import MtlsEnforcement, TrustAnchor


@command("register-trust-anchor")
@option("--path", required=True, type=FILE, metavar="FILE", help="PEM file with the CA's certificate, or a chain.")
@approval_option()
def register(path: Path, approval: Path | None) -> None:
    """Register a CA whose certificates clients may show; at most two.

    \b
    Example:
      hsmbridge cluster mtls register-trust-anchor --path clients-ca.pem
    """
    with access().logged_in(Role.ADMIN) as session:
        anchor = session.register_trust_anchor(read(path), approval=approved(approval))
        answer({"trust_anchor": _shown(anchor)})


@command("deregister-trust-anchor")
@option("--certificate-reference", required=True, metavar="0x..", help="As list-trust-anchors shows it.")
@approval_option()
def deregister(certificate_reference: str, approval: Path | None) -> None:
    """Forget a CA whose certificates clients may show.

    \b
    Example:
      hsmbridge cluster mtls deregister-trust-anchor --certificate-reference 0x01
    """
    number = _number(certificate_reference)
    with access().logged_in(Role.ADMIN) as session:
        session.deregister_trust_anchor(number, approval=approved(approval))
        answer({"message": f"Trust anchor with reference {_reference(number)} deregistered successfully"})


@command("list-trust-anchors")
def anchors() -> None:
    """List the CAs whose certificates clients may show. No login is needed.

    \b
    Example:
      hsmbridge cluster mtls list-trust-anchors
    """
    with access().anybody() as session:
        answer({"trust_anchors": [_shown(anchor) for anchor in session.trust_anchors()]})


@command("get-enforcement")
def get_enforcement() -> None:
    """Tell whether clients must show a certificate: none or cluster. No login is needed.

    \b
    Example:
      hsmbridge cluster mtls get-enforcement
    """
    with access().anybody() as session:
        answer({"mtls-enforcement-level": session.mtls_enforcement().value})


@command("set-enforcement")
@option(
    "--level",
    required=True,
    type=click.Choice([level.value for level in MtlsEnforcement]),
    help="cluster: clients must.",
)
@approval_option()
def set_enforcement(level: str, approval: Path | None) -> None:
    """Say whether clients must show a certificate.

    \b
    Example:
      hsmbridge cluster mtls set-enforcement --level cluster
    """
    with access().logged_in(Role.ADMIN) as session:
        session.set_mtls_enforcement(MtlsEnforcement(level), approval=approved(approval))
        answer({"message": f"Mtls enforcement level set to {level.capitalize()} successfully"})


def _shown(anchor: TrustAnchor) -> dict[str, str]:
    return {
        "certificate-reference": _reference(anchor.reference),
        "certificate": anchor.certificate,
        "cluster-coverage": "full",
    }


def _reference(number: int) -> str:
    return f"0x{number:02x}"


def _number(text: str) -> int:
    try:
        return int(text, 16)
    except ValueError:
        raise HsmError(
            ReturnCode.ARGUMENTS_BAD, f"{text!r} is no certificate reference; list-trust-anchors shows them."
        ) from None
