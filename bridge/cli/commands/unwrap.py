"""``key unwrap``: one command a mechanism."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import MappingProxyType
from typing import Any

import click

from bridge.cli.commands.access import access
from bridge.cli.commands.family import HsmCommand, command
from bridge.cli.commands.files import given_bytes
from bridge.cli.commands.finding import the_one
from bridge.cli.commands.mechanisms import WRAPPINGS
from bridge.cli.commands.options import (
    FILE,
    F,
    approval_option,
    approved,
    attributes_option,
    filter_option,
    many,
    option,
)
from bridge.cli.commands.session import HsmSession
from bridge.cli.commands.templates import template
from bridge.cli.key_json import whole
from bridge.cli.refusal import answer
from bridge.engine import Attribute, HsmError, KeyType, ObjectClass, Role
from bridge.engine.attributes import Attributes

_KINDS: Mapping[str, tuple[ObjectClass, KeyType]] = MappingProxyType(
    {
        "aes": (ObjectClass.SECRET_KEY, KeyType.AES),
        "des3": (ObjectClass.SECRET_KEY, KeyType.DES3),
        "ec-private": (ObjectClass.PRIVATE_KEY, KeyType.EC),
        "generic-secret": (ObjectClass.SECRET_KEY, KeyType.GENERIC_SECRET),
        "rsa-private": (ObjectClass.PRIVATE_KEY, KeyType.RSA),
    }
)

_HELP = """Bring in a key that was encrypted with {how}.

The unwrapping key needs unwrap=true. Attributes do not travel with a wrapped key: you choose them again.

\b
Example:
  hsmbridge key unwrap {name} --filter attr.label={key} --data-path data.wrapped \\
      --key-type-class aes --label data{arguments}
"""


def _options(function: F) -> F:
    function = approval_option(what="the use of the unwrapping key")(function)
    function = option("--session", "in_session", is_flag=True, help="Make a key that goes with its session.")(function)
    function = many("--share-crypto-users", "users", "NAME", "Crypto users who may use the key too.")(function)
    function = attributes_option("--attributes", "given", "the key")(function)
    function = option("--label", required=True, help="Label of the key.")(function)
    function = option("--key-type-class", required=True, type=click.Choice(list(_KINDS)), help="What it is.")(function)
    function = option("--data-path", type=FILE, metavar="FILE", help="File with the wrapped key.")(function)
    function = option("--data", metavar="BASE64", help="The wrapped key.")(function)
    return filter_option()(function)


def _unwrapping(name: str) -> HsmCommand:
    """Make the command of one mechanism."""
    kind = WRAPPINGS[name]

    def unwrap(
        terms: tuple[str, ...],
        data: str | None,
        data_path: Path | None,
        key_type_class: str,
        label: str,
        given: Attributes,
        users: tuple[str, ...],
        in_session: bool,
        approval: Path | None,
        **options: Any,
    ) -> None:
        parameter = kind.parameter(**options)
        wrapped = given_bytes("--data", data, data_path)
        object_class, key_type = _KINDS[key_type_class]
        facts: Attributes = {Attribute.CLASS: object_class, Attribute.KEY_TYPE: key_type}
        asked = template(object_class, key_type, label, given, session=in_session, more=facts)
        with access().logged_in(Role.CRYPTO_USER) as session:
            by = the_one(session, terms)
            handle = session.unwrap(by, kind.mechanism, wrapped, asked, parameter, approval=approved(approval))
            _share(session, handle, users)
            answer({"key": whole(session.info(handle))})

    arguments = kind.arguments if kind.unwrap_arguments is None else kind.unwrap_arguments
    unwrap.__doc__ = _HELP.format(name=name, how=kind.how, key=kind.wrapping_key, arguments=arguments)
    return command(name)(_options((kind.unwrap_options or kind.options)(unwrap)))


def _share(session: HsmSession, handle: int, users: Sequence[str]) -> None:
    """Share a key that was just unwrapped with all of these, or take it away again."""
    try:
        for user in users:
            session.share(handle, user)
    except BaseException:
        # Why it is not shared is of more use than why it stays, which its attributes say.
        with suppress(HsmError):
            session.destroy(handle)
        raise


aes_gcm = _unwrapping("aes-gcm")
aes_no_pad = _unwrapping("aes-no-pad")
aes_pkcs5_pad = _unwrapping("aes-pkcs5-pad")
aes_zero_pad = _unwrapping("aes-zero-pad")
cloudhsm_aes_gcm = _unwrapping("cloudhsm-aes-gcm")
rsa_aes = _unwrapping("rsa-aes")
rsa_oaep = _unwrapping("rsa-oaep")
rsa_pkcs = _unwrapping("rsa-pkcs")
