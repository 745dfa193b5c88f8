"""``crypto verify``: one command a mechanism."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from bridge.cli.commands.access import access
from bridge.cli.commands.family import HsmCommand, command
from bridge.cli.commands.files import given_bytes
from bridge.cli.commands.finding import the_one
from bridge.cli.commands.options import FILE, F, filter_option, option
from bridge.cli.commands.signing import SIGNINGS, der
from bridge.cli.refusal import answer
from bridge.engine import HsmError, ReturnCode, Role

_WRONG = (ReturnCode.SIGNATURE_INVALID, ReturnCode.SIGNATURE_LEN_RANGE)

_HELP = """Verify a signature with {how}; the public key needs verify=true.

\b
Example:
  hsmbridge crypto verify {name} --key-filter attr.label=pub{arguments} --data aGVsbG8= \\
      --signature-path hello.sig
"""


def _options(function: F) -> F:
    function = option("--signature-path", type=FILE, metavar="FILE", help="File with the signature.")(function)
    function = option("--signature", metavar="BASE64", help="The signature.")(function)
    function = option("--data-path", type=FILE, metavar="FILE", help="File with the data.")(function)
    function = option("--data", metavar="BASE64", help="The data.")(function)
    return filter_option("--key-filter")(function)


def _verifying(name: str) -> HsmCommand:
    """Make the command of one mechanism."""
    kind = SIGNINGS[name]

    def verify(
        terms: tuple[str, ...],
        data: str | None,
        data_path: Path | None,
        signature: str | None,
        signature_path: Path | None,
        **options: Any,
    ) -> None:
        mechanism, message, parameter = kind.operation(given_bytes("--data", data, data_path), **options)
        shown = given_bytes("--signature", signature, signature_path)
        with access().logged_in(Role.CRYPTO_USER) as session:
            key = the_one(session, terms)
            try:
                signed = der(session, key, shown) if kind.joined else shown
                session.verify(key, mechanism, message, signed, parameter)
            except HsmError as error:
                if error.code not in _WRONG:
                    raise
                raise HsmError(error.code, "Signature verification failed") from None
            answer({"message": "Signature verified successfully"})

    verify.__doc__ = _HELP.format(name=name, how=kind.how, arguments=kind.arguments)
    return command(name)(_options(kind.options(verify)))


ecdsa = _verifying("ecdsa")
ed25519 = _verifying("ed25519")
ed25519ph = _verifying("ed25519ph")
ml_dsa = _verifying("ml-dsa")
rsa_pkcs = _verifying("rsa-pkcs")
rsa_pkcs_pss = _verifying("rsa-pkcs-pss")
