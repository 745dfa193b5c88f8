"""``key generate-asymmetric-pair``."""

from __future__ import annotations

from typing import TypedDict, Unpack

import click

from bridge.cli.commands.access import access
from bridge.cli.commands.family import command
from bridge.cli.commands.options import F, attributes_option, option
from bridge.cli.commands.sharing import sharing, sharing_options
from bridge.cli.commands.templates import template
from bridge.cli.fields import parse_value
from bridge.cli.key_json import whole
from bridge.cli.refusal import answer
from bridge.engine import Attribute, KeyType, MechanismType, ObjectClass, Role
from bridge.engine.attributes import Attributes
from bridge.engine.parameter_sets import PARAMETER_SETS

_ED25519 = "ed25519"
CURVES = ("prime256v1", "secp256r1", "secp224r1", "secp384r1", "secp256k1", "secp521r1", _ED25519)
"""In the order in which cloudhsm-cli names them."""


class _Pair(TypedDict):
    """What the options of every command here say."""

    public_label: str
    private_label: str
    public: Attributes
    private: Attributes
    users: tuple[str, ...]
    manage: int | None
    use: int | None
    session: bool


def _pair_options(function: F) -> F:
    function = option("--session", is_flag=True, help="Make keys that go with their session.")(function)
    function = sharing_options("private-key")(function)
    function = attributes_option("--private-attributes", "private", "the private key")(function)
    function = attributes_option("--public-attributes", "public", "the public key")(function)
    function = option("--private-label", required=True, help="Label of the private key.")(function)
    return option("--public-label", required=True, help="Label of the public key.")(function)


@command("rsa")
@_pair_options
@option("--modulus-size-bits", "bits", required=True, type=int, metavar="N", help="2048 to 4096, in steps of 256.")
@option("--public-exponent", "exponent", required=True, type=click.IntRange(min=0), metavar="E", help="Usually 65537.")
def rsa(bits: int, exponent: int, **pair: Unpack[_Pair]) -> None:
    """Generate an RSA key pair; its halves are used for what their attributes say, and nothing else.

    \b
    Example:
      hsmbridge key generate-asymmetric-pair rsa --public-exponent 65537 --modulus-size-bits 2048 \\
          --public-label pub --private-label priv --public-attributes verify=true --private-attributes sign=true
    """
    encoded = exponent.to_bytes(max(1, (exponent.bit_length() + 7) // 8), "big")
    value: Attributes = {Attribute.MODULUS_BITS: bits, Attribute.PUBLIC_EXPONENT: encoded}
    _generate(KeyType.RSA, MechanismType.RSA_PKCS_KEY_PAIR_GEN, value, pair)


@command("ec")
@_pair_options
@option("--curve", required=True, type=click.Choice(CURVES), help="Curve of the keys.")
def ec(curve: str, **pair: Unpack[_Pair]) -> None:
    """Generate an EC key pair; its halves are used for what their attributes say, and nothing else.

    \b
    Example:
      hsmbridge key generate-asymmetric-pair ec --curve secp256r1 --public-label pub --private-label priv \\
          --public-attributes verify=true --private-attributes sign=true
    """
    key_type, mechanism = (
        (KeyType.EC_EDWARDS, MechanismType.EC_EDWARDS_KEY_PAIR_GEN)
        if curve == _ED25519
        else (KeyType.EC, MechanismType.EC_KEY_PAIR_GEN)
    )
    _generate(key_type, mechanism, dict([parse_value("curve", curve)]), pair)


@command("ml-dsa")
@_pair_options
@option(
    "--mldsa-algorithm",
    "algorithm",
    required=True,
    type=click.Choice([known.name for known in PARAMETER_SETS], case_sensitive=False),
    help="Parameter set of the keys.",
)
def ml_dsa(algorithm: str, **pair: Unpack[_Pair]) -> None:
    """Generate an ML-DSA key pair; its halves are used for what their attributes say, and nothing else.

    \b
    Example:
      hsmbridge key generate-asymmetric-pair ml-dsa --mldsa-algorithm ML-DSA-65 \\
          --public-label pub --private-label priv --public-attributes verify=true --private-attributes sign=true
    """
    value = dict([parse_value("mldsa-algorithm", algorithm)])
    _generate(KeyType.ML_DSA, MechanismType.ML_DSA_KEY_PAIR_GEN, value, pair)


def _generate(key_type: KeyType, mechanism: MechanismType, value: Attributes, pair: _Pair) -> None:
    public, private = (
        template(object_class, key_type, label, given, session=pair["session"], more=more)
        for object_class, label, given, more in (
            (ObjectClass.PUBLIC_KEY, pair["public_label"], pair["public"], value),
            (ObjectClass.PRIVATE_KEY, pair["private_label"], pair["private"], None),
        )
    )
    shares = sharing(pair["users"], pair["manage"], pair["use"])
    with access().logged_in(Role.CRYPTO_USER) as hsm:
        made = hsm.generate_key_pair(mechanism, public, private, **shares)
        names = ("public_key", "private_key")
        answer({name: whole(hsm.info(handle)) for name, handle in zip(names, made, strict=True)})
