"""``key wrap``: one command a mechanism."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from bridge.cli.commands.access import access
from bridge.cli.commands.family import HsmCommand, command
from bridge.cli.commands.files import base64_text, write
from bridge.cli.commands.finding import the_one
from bridge.cli.commands.mechanisms import WRAPPINGS
from bridge.cli.commands.options import FILE, F, approval_option, approved, filter_option, option
from bridge.cli.key_json import reference
from bridge.cli.refusal import answer
from bridge.engine import Role

_HELP = """Take a key out of the HSM, encrypted with {how}.

The key must be extractable, and yours; the wrapping key needs wrap=true.

\b
Example:
  hsmbridge key wrap {name} --payload-filter attr.label=data --wrapping-filter attr.label={key}{arguments}
"""


def _options(function: F) -> F:
    function = approval_option("--payload-approval", "the wrapping of this key")(function)
    function = approval_option("--wrapping-approval", "the use of the wrapping key")(function)
    function = option("--path", type=FILE, metavar="FILE", help="File for the wrapped key.")(function)
    function = filter_option("--wrapping-filter", "wrapping")(function)
    return filter_option("--payload-filter", "payload")(function)


def _wrapping(name: str) -> HsmCommand:
    """Make the command of one mechanism."""
    kind = WRAPPINGS[name]

    def wrap(
        payload: tuple[str, ...],
        wrapping: tuple[str, ...],
        path: Path | None,
        payload_approval: Path | None,
        wrapping_approval: Path | None,
        **options: Any,
    ) -> None:
        parameter = kind.parameter(**options)
        with access().logged_in(Role.CRYPTO_USER) as session:
            by, key = the_one(session, wrapping), the_one(session, payload)
            approvals = approved(payload_approval), approved(wrapping_approval)
            whole = session.wrap(by, kind.mechanism, key, parameter, *approvals)
            iv, wrapped = whole[: kind.iv_bytes], whole[kind.iv_bytes :]
            if path is not None:
                write(path, wrapped, private=True)
            data = {"payload_key_reference": reference(key), "wrapping_key_reference": reference(by)}
            data |= {"iv": f"0x{iv.hex()}"} if iv else {}
            answer(data | {"wrapped_key_data": base64_text(wrapped)})

    wrap.__doc__ = _HELP.format(name=name, how=kind.how, key=kind.wrapping_key, arguments=kind.arguments)
    return command(name)(_options(kind.options(wrap)))


aes_gcm = _wrapping("aes-gcm")
aes_no_pad = _wrapping("aes-no-pad")
aes_pkcs5_pad = _wrapping("aes-pkcs5-pad")
aes_zero_pad = _wrapping("aes-zero-pad")
cloudhsm_aes_gcm = _wrapping("cloudhsm-aes-gcm")
rsa_aes = _wrapping("rsa-aes")
rsa_oaep = _wrapping("rsa-oaep")
rsa_pkcs = _wrapping("rsa-pkcs")
