"""``quorum token-sign`` and ``user change-quorum token-sign register``."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import click

from bridge.cli.commands.access import access
from bridge.cli.commands.family import command
from bridge.cli.commands.files import read
from bridge.cli.commands.finding import the_one
from bridge.cli.commands.options import FILE, approval_option, approved, filter_option, option
from bridge.cli.commands.user import who
from bridge.cli.key_json import reference
from bridge.cli.refusal import answer
from bridge.cli.token_files import read_registration, write_token
from bridge.engine import Role
from bridge.engine.quorum import ADMIN_SERVICES, KEY_SERVICES, Service, TokenInfo


@command("register")
@option("--public-key", required=True, type=FILE, metavar="FILE", help="PEM file with your RSA-2048 public key.")
@option("--signed-token", required=True, type=FILE, metavar="FILE", help="Token for the registration, signed with it.")
def register(public_key: Path, signed_token: Path) -> None:
    """Register the key that you approve with; the signed token proves that you have its private half.

    \b
    Example:
      hsmbridge user change-quorum token-sign register --public-key officer.pem --signed-token t.json
    """
    signed = read_registration(signed_token)
    with access().logged_in(Role.ADMIN) as session:
        answer(who(session.register_approver_key(read(public_key), signed.approval_data, signed.signature)))


@command("generate")
@option("--service", required=True, type=click.Choice([service.value for service in Service]), help="What it is for.")
@option("--token", required=True, type=FILE, metavar="FILE", help="File for the unsigned token.")
@filter_option(required=False, text="For key-usage and key-management: the key, as for `key list`.")
def generate(service: str, token: Path, terms: tuple[str, ...]) -> None:
    """Make a token, which approvers sign outside the HSM.

    \b
    Example:
      hsmbridge quorum token-sign generate --service user --token token.json
      hsmbridge quorum token-sign generate --service key-usage --filter attr.label=signer --token token.json
    """
    chosen = Service(service)
    if (chosen in KEY_SERVICES) is not bool(terms):
        raise click.UsageError(f"--filter goes with the services {' and '.join(KEY_SERVICES)}, and with no other.")
    with access().logged_in(Role.CRYPTO_USER if terms else Role.ADMIN) as session:
        key = the_one(session, terms) if terms else None
        write_token(token, chosen, session.generate_token(chosen, key), key)
        answer({"path": str(token)})


@command("list")
def list_() -> None:
    """List the tokens that are alive.

    \b
    Example:
      hsmbridge quorum token-sign list
    """
    with access().logged_in(Role.ADMIN) as session:
        tokens = session.tokens()
        of_keys = Counter((token.name, token.service, token.key) for token in tokens if token.key is not None)
        keyed = [
            {
                "username": name,
                "service": service.value,
                "key-reference": reference(key),
                "minimum-token-count": count,
            }
            for (name, service, key), count in of_keys.items()
        ]
        answer({"tokens": [_shown(token) for token in tokens if token.key is None] + keyed})


def _shown(token: TokenInfo) -> dict[str, object]:
    return {
        "username": token.name,
        "service": token.service.value,
        "approvals-required": {"value": token.required},
        "number-of-approvals": {"value": token.approvals},
        "token-timeout-seconds": {"value": token.expires_in},
        "cluster-coverage": "full",
    }


@command("delete")
@option("--scope", required=True, type=click.Choice(["user", "all"]), help="user: your own tokens.")
def delete(scope: str) -> None:
    """Delete your tokens, or everybody's.

    \b
    Example:
      hsmbridge quorum token-sign delete --scope user
    """
    with access().logged_in(Role.ADMIN) as session:
        session.delete_tokens(everybodys=scope == "all")
        answer("Deletion of quorum token(s) successful")


@command("list-quorum-values")
def list_values() -> None:
    """List how many approvals the services need; 1 is off. No login is needed.

    \b
    Example:
      hsmbridge quorum token-sign list-quorum-values
    """
    with access().anybody() as session:
        answer({service.value: value for service, value in session.quorum_values().items()})


@command("set-quorum-value")
@option("--service", required=True, type=click.Choice([service.value for service in ADMIN_SERVICES]), help="Which.")
@option("--value", required=True, type=int, help="How many approvals, 2 to 8; 1 for none.")
@approval_option()
def set_value(service: str, value: int, approval: Path | None) -> None:
    """Set how many approvals a service needs.

    \b
    Example:
      hsmbridge quorum token-sign set-quorum-value --service quorum --value 2
    """
    with access().logged_in(Role.ADMIN) as session:
        session.set_quorum_value(Service(service), value, approval=approved(approval))
        answer("Set Quorum Value successful")


@command("list-timeouts")
def list_timeouts() -> None:
    """List how many seconds tokens live, before and after they are approved. No login is needed.

    \b
    Example:
      hsmbridge quorum token-sign list-timeouts
    """
    with access().anybody() as session:
        timeouts = session.timeouts()
        answer({"generated": timeouts.generated, "approved": timeouts.approved})


@command("set-timeout")
@option("--generated", type=int, metavar="SECONDS", help="Of a token that is not yet approved.")
@option("--approved", "approved_", type=int, metavar="SECONDS", help="Of an approved token.")
def set_timeout(generated: int | None, approved_: int | None) -> None:
    """Set how many seconds tokens live; what is not given stays.

    \b
    Example:
      hsmbridge quorum token-sign set-timeout --generated 900
    """
    if generated is None and approved_ is None:
        raise click.UsageError("Give --generated, --approved, or both.")
    with access().logged_in(Role.ADMIN) as session:
        session.set_timeouts(generated, approved_)
        answer("Set token timeout successful")
