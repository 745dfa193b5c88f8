"""``key import pem`` and ``key generate-file``."""

from __future__ import annotations

from pathlib import Path

import click
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key

from bridge.cli.commands.access import access
from bridge.cli.commands.family import command
from bridge.cli.commands.files import read, write
from bridge.cli.commands.finding import the_one
from bridge.cli.commands.options import FILE, attributes_option, filter_option, option
from bridge.cli.commands.reference_pem import ksp_reference, public_pem, reference_pem
from bridge.cli.commands.session import HsmSession
from bridge.cli.commands.templates import template
from bridge.cli.key_json import reference, visible, whole
from bridge.cli.refusal import answer
from bridge.engine import Attribute, HsmError, KeyInfo, KeyType, ObjectClass, ReturnCode, Role
from bridge.engine.attributes import Attributes

_TYPES = {"ec-public": KeyType.EC, "rsa-public": KeyType.RSA}
_REFERENCE_PEM, _PEM, _KSP = "reference-pem", "pem", "ksp-key-reference"


@command("pem")
@option("--path", required=True, type=FILE, metavar="FILE", help="PEM file with a public key.")
@option("--label", required=True, help="Label of the key.")
@option("--key-type-class", required=True, type=click.Choice(list(_TYPES)), help="What the file holds.")
@attributes_option("--attributes", "given", "the key")
def import_pem(path: Path, label: str, key_type_class: str, given: Attributes) -> None:
    """Bring in a public key; `hsmbridge import` brings in private ones.

    \b
    Example:
      hsmbridge key import pem --path peer.pem --label peer --key-type-class rsa-public --attributes verify=true
    """
    info, key_type = _public_key(path, _TYPES[key_type_class])
    value: Attributes = {Attribute.PUBLIC_KEY_INFO: info, Attribute.KEY_TYPE: key_type}
    asked = template(ObjectClass.PUBLIC_KEY, key_type, label, given, session=False, more=value)
    with access().logged_in(Role.CRYPTO_USER) as session:
        key = session.info(session.import_key(asked))
        answer({"key": whole(key), "message": "Successfully imported key"})


def _public_key(path: Path, expected: KeyType) -> tuple[bytes, KeyType]:
    """Return what a file holds as SubjectPublicKeyInfo DER, and its type; Ed25519 is one of the EC keys here."""
    try:
        key = load_pem_public_key(read(path))
    except (ValueError, UnsupportedAlgorithm):
        raise HsmError(ReturnCode.ATTRIBUTE_VALUE_INVALID, f"{path} holds no public key in PEM.") from None
    edwards = expected is KeyType.EC and isinstance(key, Ed25519PublicKey)
    info = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return info, KeyType.EC_EDWARDS if edwards else expected


@command("generate-file")
@option("--encoding", required=True, type=click.Choice([_REFERENCE_PEM, _PEM, _KSP]), help="What is written.")
@option("--path", required=True, type=FILE, metavar="PATH", help="The file; for ksp-key-reference a folder.")
@filter_option(required=False)
@option("--all", "every", is_flag=True, help="For ksp-key-reference: every private key.")
def generate_file(encoding: str, path: Path, terms: tuple[str, ...], every: bool) -> None:
    """Write a public key as PEM, or a file that refers to a private key; no private key leaves the HSM.

    reference-pem looks like a private key: its public half is right, its private half is a reference.

    \b
    Example:
      hsmbridge key generate-file --encoding pem --path pub.pem --filter attr.label=pub attr.class=public-key
      hsmbridge key generate-file --encoding reference-pem --path priv.pem --filter attr.label=priv
    """
    if bool(terms) is every or (every and encoding != _KSP):
        raise click.UsageError(f"Give --filter, or with {_KSP} --all.")
    with access().logged_in(Role.CRYPTO_USER) as session:
        if every:
            private = {Attribute.CLASS: ObjectClass.PRIVATE_KEY}
            keys = visible(session, session.find(private))
        else:
            keys = [session.info(the_one(session, terms))]
        for key in keys:
            _write(session, key, encoding, path)
        answer({"message": "Successfully generated key file"})


def _write(session: HsmSession, key: KeyInfo, encoding: str, path: Path) -> None:
    if encoding == _KSP:
        write(path / reference(key.handle), ksp_reference(key), private=True)
    elif encoding == _REFERENCE_PEM:
        write(path, reference_pem(key), private=True)
    elif key.attributes[Attribute.CLASS] == ObjectClass.PUBLIC_KEY:
        write(path, public_pem(session.export(key.handle)))
    else:
        raise HsmError(
            ReturnCode.KEY_TYPE_INCONSISTENT,
            f"Key {reference(key.handle)} is no public key, and pem writes no other: reference-pem refers to a "
            "private one.",
        )
