"""``key generate-asymmetric-pair``."""

from __future__ import annotations

import click

from bridge.cli.commands.access import access
from bridge.cli.commands.family import command
from bridge.cli.commands.options import F, attributes_option, option
from bridge.cli.commands.sharing import Sharing, sharing, sharing_options
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
def rsa(
    public_label: str,
    private_label: str,
    bits: int,
    exponent: int,
    public: Attributes,
    private: Attributes,
    users: tuple[str, ...],
    manage: int | None,
    use: int | None,
    session: bool,
) -> None:
    """Generate an RSA key pair; its halves are used for what their attributes say, and nothing else.

    \b
    Example:
      hsmbridge key generate-asymmetric-pair rsa --public-exponent 65537 --modulus-size-bits 2048 \\
          --public-label pub --private-label priv --public-attributes verify=true --private-attributes sign=true
    """
    encoded = exponent.to_bytes(max(1, (exponent.bit_length() + 7) // 8), "big")
    value: Attributes = {Attribute.MODULUS_BITS: bits, Attribute.PUBLIC_EXPONENT: encoded}
    labels, halves = (public_label, private_label), (public, private)
    shares = sharing(users, manage, use)
    _generate(KeyType.RSA, MechanismType.RSA_PKCS_KEY_PAIR_GEN, labels, halves, value, shares, session)


@command("ec")
@_pair_options
@option("--curve", required=True, type=click.Choice(CURVES), help="Curve of the keys.")
def ec(
    public_label: str,
    private_label: str,
    curve: str,
    public: Attributes,
    private: Attributes,
    users: tuple[str, ...],
    manage: int | None,
    use: int | None,
    session: bool,
) -> None:
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
    value = dict([parse_value("curve", curve)])
    labels, halves = (public_label, private_label), (public, private)
    _generate(key_type, mechanism, labels, halves, value, sharing(users, manage, use), session)


@command("ml-dsa")
@_pair_options
@option(
    "--mldsa-algorithm",
    "algorithm",
    required=True,
    type=click.Choice([known.name for known in PARAMETER_SETS], case_sensitive=False),
    help="Parameter set of the keys.",
)
def ml_dsa(
    public_label: str,
    private_label: str,
    algorithm: str,
    public: Attributes,
    private: Attributes,
    users: tuple[str, ...],
    manage: int | None,
    use: int | None,
    session: bool,
) -> None:
    """Generate an ML-DSA key pair; its halves are used for what their attributes say, and nothing else.

    \b
    Example:
      hsmbridge key generate-asymmetric-pair ml-dsa --mldsa-algorithm ML-DSA-65 \\
          --public-label pub --private-label priv --public-attributes verify=true --private-attributes sign=true
    """
    value = dict([parse_value("parameter-set", algorithm)])
    labels, halves = (public_label, private_label), (public, private)
    shares = sharing(users, manage, use)
    _generate(KeyType.ML_DSA, MechanismType.ML_DSA_KEY_PAIR_GEN, labels, halves, value, shares, session)


def _generate(
    key_type: KeyType,
    mechanism: MechanismType,
    labels: tuple[str, str],
    given: tuple[Attributes, Attributes],
    value: Attributes,
    shares: Sharing,
    session: bool,
) -> None:
    public = template(ObjectClass.PUBLIC_KEY, key_type, labels[0], given[0], session=session, more=value)
    private = template(ObjectClass.PRIVATE_KEY, key_type, labels[1], given[1], session=session)
    with access().logged_in(Role.CRYPTO_USER) as hsm:
        made = hsm.generate_key_pair(mechanism, public, private, **shares)
        answer(
            {name: whole(hsm.info(handle)) for name, handle in zip(("public_key", "private_key"), made, strict=True)}
        )
