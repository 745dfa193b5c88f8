"""``key generate-symmetric``."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypedDict, Unpack

from bridge.cli.commands.access import access
from bridge.cli.commands.family import command
from bridge.cli.commands.options import F, attributes_option, option
from bridge.cli.commands.sharing import sharing, sharing_options
from bridge.cli.commands.templates import template
from bridge.cli.key_json import whole
from bridge.cli.refusal import answer
from bridge.engine import Attribute, KeyType, MechanismType, ObjectClass, Role
from bridge.engine.attributes import Attributes


class _Asked(TypedDict):
    """What the options of both commands say."""

    label: str
    length: int
    given: Attributes
    users: tuple[str, ...]
    manage: int | None
    use: int | None
    session: bool


def _secret_key_options(lengths: str) -> Callable[[F], F]:
    def add(function: F) -> F:
        function = option("--session", is_flag=True, help="Make a key that goes with its session.")(function)
        function = sharing_options()(function)
        function = attributes_option("--attributes", "given", "the key")(function)
        text = f"Length of the key in bytes: {lengths}."
        function = option("--key-length-bytes", "length", type=int, required=True, metavar="N", help=text)(function)
        return option("--label", required=True, help="Label of the key.")(function)

    return add


@command("aes")
@_secret_key_options("16, 24 or 32")
def aes(**asked: Unpack[_Asked]) -> None:
    """Generate an AES key.

    Unless attributes say otherwise it signs and verifies (CMAC) and is extractable, and does nothing else.

    \b
    Example:
      hsmbridge key generate-symmetric aes --label data --key-length-bytes 32 --attributes encrypt=true decrypt=true
    """
    _generate(KeyType.AES, MechanismType.AES_KEY_GEN, asked)


@command("generic-secret")
@_secret_key_options("1 to 800")
def generic_secret(**asked: Unpack[_Asked]) -> None:
    """Generate a generic secret key, for HMAC and key derivation.

    \b
    Example:
      hsmbridge key generate-symmetric generic-secret --label mac --key-length-bytes 32
    """
    _generate(KeyType.GENERIC_SECRET, MechanismType.GENERIC_SECRET_KEY_GEN, asked)


def _generate(key_type: KeyType, mechanism: MechanismType, asked: _Asked) -> None:
    length: Attributes = {Attribute.VALUE_LEN: asked["length"]}
    new = template(
        ObjectClass.SECRET_KEY, key_type, asked["label"], asked["given"], session=asked["session"], more=length
    )
    shares = sharing(asked["users"], asked["manage"], asked["use"])
    with access().logged_in(Role.CRYPTO_USER) as hsm:
        answer({"key": whole(hsm.info(hsm.generate_key(mechanism, new, **shares)))})
