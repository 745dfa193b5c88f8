"""``crypto sign``: one command a mechanism."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from bridge.cli.commands.access import access
from bridge.cli.commands.family import HsmCommand, command
from bridge.cli.commands.files import base64_text, given_bytes
from bridge.cli.commands.finding import the_one
from bridge.cli.commands.options import FILE, F, approval_option, approved, filter_option, option
from bridge.cli.commands.signing import SIGNINGS, joined
from bridge.cli.key_json import reference
from bridge.cli.refusal import answer
from bridge.engine import Role

_HELP = """Sign data with {how}; the private key needs sign=true.

\b
Example:
  hsmbridge crypto sign {name} --key-filter attr.label=priv{arguments} --data aGVsbG8=
"""


def _options(function: F) -> F:
    function = approval_option()(function)
    function = option("--data-path", type=FILE, metavar="FILE", help="File with the data.")(function)
    function = option("--data", metavar="BASE64", help="The data.")(function)
    return filter_option("--key-filter")(function)


def _signing(name: str) -> HsmCommand:
    """Make the command of one mechanism."""
    kind = SIGNINGS[name]

    def sign(
        terms: tuple[str, ...], data: str | None, data_path: Path | None, approval: Path | None, **options: Any
    ) -> None:
        operation = kind.operation(given_bytes("--data", data, data_path), **options)
        with access().logged_in(Role.CRYPTO_USER) as session:
            key = the_one(session, terms)
            signature = session.sign(key, *operation, approval=approved(approval))
            shown = joined(session, key, signature) if kind.joined else signature
            answer({"key-reference": reference(key), "signature": base64_text(shown)})

    sign.__doc__ = _HELP.format(name=name, how=kind.how, arguments=kind.arguments)
    return command(name)(_options(kind.options(sign)))


ecdsa = _signing("ecdsa")
ed25519 = _signing("ed25519")
ed25519ph = _signing("ed25519ph")
ml_dsa = _signing("ml-dsa")
rsa_pkcs = _signing("rsa-pkcs")
rsa_pkcs_pss = _signing("rsa-pkcs-pss")
