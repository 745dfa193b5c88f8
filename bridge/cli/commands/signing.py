"""The mechanisms of signing by their names in cloudhsm-cli: what is hashed here, and what the HSM gets."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import click
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

from bridge.cli.commands.mechanisms import HASHES, MGFS, hash_option, mgf_option
from bridge.cli.commands.options import F, option
from bridge.cli.commands.session import Keys
from bridge.engine import Attribute, HsmError, MechanismType, ReturnCode
from bridge.engine.curves import curve_of
from bridge.engine.parameters import Eddsa, Parameter, Pss

RAW, DIGEST, EXTERNAL_MU = "raw", "digest", "external-mu"

_DIGEST_INFO: Mapping[str, bytes] = MappingProxyType(
    {
        "sha1": bytes.fromhex("3021300906052b0e03021a05000414"),
        "sha224": bytes.fromhex("302d300d06096086480165030402040500041c"),
        "sha256": bytes.fromhex("3031300d060960864801650304020105000420"),
        "sha384": bytes.fromhex("3041300d060960864801650304020205000430"),
        "sha512": bytes.fromhex("3051300d060960864801650304020305000440"),
    }
)
"""What stands before a digest in PKCS#1 v1.5 (RFC 8017, section 9.2, note 1)."""


class Operation(NamedTuple):
    """What the HSM is asked to do: the mechanism, its data and its parameter."""

    mechanism: MechanismType
    data: bytes
    parameter: Parameter | None = None


class Signing(NamedTuple):
    """How data are signed.

    Attributes:
        how: for help.
        arguments: for the examples of help: options that must be given.
        options: adds the options of the mechanism, ``--data-type`` among them.
        operation: makes of the data and these options what the HSM is asked to do.
        joined: whether a signature is two numbers side by side here and DER in the HSM.
    """

    how: str
    arguments: str
    options: Callable[[Callable[..., Any]], Callable[..., Any]]
    operation: Callable[..., Operation]
    joined: bool = False


def _type_option(*kinds: str) -> Callable[[F], F]:
    text = "raw: the data themselves; digest: their hash, already computed; external-mu: mu of FIPS 204."
    return option("--data-type", type=click.Choice(kinds), default=RAW, show_default=True, help=text)


def _hash_and_type(*names: str) -> Callable[[F], F]:
    def add(function: F) -> F:
        return hash_option(*names)(_type_option(RAW, DIGEST)(function))

    return add


def _pss_options(function: F) -> F:
    function = option("--salt-length", type=click.IntRange(0), required=True, metavar="N", help="In bytes.")(function)
    return mgf_option(_hash_and_type()(function))


def _ml_dsa_options(function: F) -> F:
    return hash_option("shake256")(_type_option(RAW, EXTERNAL_MU)(function))


def _digest(data: bytes, hash_name: str, data_type: str) -> bytes:
    """Return the digest of data, or data that are one.

    Raises:
        HsmError: ``DATA_LEN_RANGE`` if they are none of that hash.
    """
    algorithm = hashlib.new(hash_name)
    if data_type == RAW:
        algorithm.update(data)
        return algorithm.digest()
    if len(data) != algorithm.digest_size:
        raise HsmError(
            ReturnCode.DATA_LEN_RANGE,
            f"A digest of {hash_name} has {algorithm.digest_size} bytes; {len(data)} were given. For the data "
            "themselves leave --data-type out.",
        )
    return data


def _ecdsa(data: bytes, hash_name: str, data_type: str) -> Operation:
    return Operation(MechanismType.ECDSA, _digest(data, hash_name, data_type))


def _rsa_pkcs(data: bytes, hash_name: str, data_type: str) -> Operation:
    return Operation(MechanismType.RSA_PKCS, _DIGEST_INFO[hash_name] + _digest(data, hash_name, data_type))


def _rsa_pss(data: bytes, hash_name: str, data_type: str, mgf: str, salt_length: int) -> Operation:
    parameter = Pss(HASHES[hash_name], MGFS[mgf], salt_length)
    return Operation(MechanismType.RSA_PKCS_PSS, _digest(data, hash_name, data_type), parameter)


def _ed25519(data: bytes, data_type: str) -> Operation:
    return Operation(MechanismType.EDDSA, data, Eddsa(0))


def _ed25519ph(data: bytes, hash_name: str, data_type: str) -> Operation:
    return Operation(MechanismType.EDDSA, _digest(data, hash_name, data_type), Eddsa(1))


def _ml_dsa(data: bytes, hash_name: str, data_type: str) -> Operation:
    return Operation(MechanismType.ML_DSA if data_type == RAW else MechanismType.ML_DSA_EXTERNAL_MU, data)


_SHA256 = " --hash-function sha256"

SIGNINGS: Mapping[str, Signing] = MappingProxyType(
    {
        "ecdsa": Signing("ECDSA (FIPS 186-5)", _SHA256, _hash_and_type(), _ecdsa, joined=True),
        "ed25519": Signing("Ed25519 (RFC 8032)", "", _type_option(RAW), _ed25519),
        "ed25519ph": Signing(
            "Ed25519ph (RFC 8032)", " --hash-function sha512 --data-type raw", _hash_and_type("sha512"), _ed25519ph
        ),
        "ml-dsa": Signing("ML-DSA (FIPS 204)", " --hash-function shake256 --data-type raw", _ml_dsa_options, _ml_dsa),
        "rsa-pkcs": Signing("RSA PKCS#1 v1.5", _SHA256, _hash_and_type(), _rsa_pkcs),
        "rsa-pkcs-pss": Signing("RSA PSS", f"{_SHA256} --mgf mgf1-sha256 --salt-length 32", _pss_options, _rsa_pss),
    }
)


def joined(session: Keys, handle: int, signature: bytes) -> bytes:
    """Return an ECDSA signature as r and s, each as long as the order of the key's curve."""
    size = _order_bytes(session, handle)
    return b"".join(number.to_bytes(size, "big") for number in decode_dss_signature(signature))


def der(session: Keys, handle: int, signature: bytes) -> bytes:
    """Return as DER what :func:`joined` returned.

    Raises:
        HsmError: ``SIGNATURE_LEN_RANGE`` if the length is not that of the key's curve.
    """
    size = _order_bytes(session, handle)
    if len(signature) != 2 * size:
        raise HsmError(
            ReturnCode.SIGNATURE_LEN_RANGE, f"A signature with this key has {2 * size} bytes, not {len(signature)}."
        )
    return encode_dss_signature(int.from_bytes(signature[:size], "big"), int.from_bytes(signature[size:], "big"))


def _order_bytes(session: Keys, handle: int) -> int:
    params = session.attributes(handle).get(Attribute.EC_PARAMS)
    if not isinstance(params, bytes):
        raise HsmError(ReturnCode.KEY_TYPE_INCONSISTENT, "ECDSA works with EC keys; this is another.")
    return curve_of(params).order_bytes
