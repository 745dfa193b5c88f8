"""The mechanisms of wrapping by their names in cloudhsm-cli, and the options that their parameters need."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import click

from bridge.cli.commands.options import F, option
from bridge.cli.fields import parse_hex
from bridge.engine import MechanismType
from bridge.engine.mechanisms.gcm import IV_BYTES
from bridge.engine.parameters import Gcm, Oaep, Parameter, RsaAesKeyWrap

HASHES: Mapping[str, MechanismType] = MappingProxyType(
    {
        "sha1": MechanismType.SHA_1,
        "sha224": MechanismType.SHA224,
        "sha256": MechanismType.SHA256,
        "sha384": MechanismType.SHA384,
        "sha512": MechanismType.SHA512,
    }
)
MGFS: Mapping[str, MechanismType] = MappingProxyType({f"mgf1-{name}": number for name, number in HASHES.items()})

_TEMPORARY_AES_BITS = 256


def hash_option(*names: str) -> Callable[[F], F]:
    """Add ``--hash-function``, one of these or of all."""
    kind = click.Choice(names or list(HASHES))
    return option("--hash-function", "hash_name", required=True, type=kind, help="Hash function.")


def mgf_option(function: F) -> F:
    """Add ``--mgf``."""
    return option("--mgf", required=True, type=click.Choice(list(MGFS)), help="Mask generation function.")(function)


def _no_options(function: F) -> F:
    return function


def _oaep_options(function: F) -> F:
    return hash_option()(mgf_option(function))


def _gcm_options(function: F) -> F:
    function = option("--aad", metavar="HEX", help="Additional authenticated data.")(function)
    return option("--tag-length-bits", type=int, metavar="N", required=True, help="Length of the tag: 64 to 128.")(
        function
    )


def _gcm_options_to_unwrap(function: F) -> F:
    return option("--iv", metavar="HEX", required=True, help="The iv that wrapping answered.")(_gcm_options(function))


def _no_parameter() -> None:
    return None


def _gcm(aad: str | None, tag_length_bits: int, iv: str | None = None) -> Gcm:
    return Gcm(parse_hex("--iv", iv), parse_hex("--aad", aad), tag_length_bits)


def _oaep(hash_name: str, mgf: str) -> Oaep:
    return Oaep(HASHES[hash_name], MGFS[mgf])


def _rsa_aes(hash_name: str, mgf: str) -> RsaAesKeyWrap:
    return RsaAesKeyWrap(_TEMPORARY_AES_BITS, HASHES[hash_name], MGFS[mgf])


class Wrapping(NamedTuple):
    """How keys are wrapped.

    Attributes:
        mechanism: that wraps.
        how: for help.
        wrapping_key: for the examples of help: the label of a key that wraps.
        arguments: for the examples of help: options that must be given.
        options: adds the options of the parameter.
        parameter: makes the parameter of these options.
        unwrap_options: adds the options of the parameter to unwrap with, if they are others.
        unwrap_arguments: for the examples of help, if they are others.
        iv_bytes: so many bytes at the beginning of what was wrapped are answered on their own.
    """

    mechanism: MechanismType
    how: str
    wrapping_key: str = "kek"
    arguments: str = ""
    options: Callable[[Callable[..., Any]], Callable[..., Any]] = _no_options
    parameter: Callable[..., Parameter | None] = _no_parameter
    unwrap_options: Callable[[Callable[..., Any]], Callable[..., Any]] | None = None
    unwrap_arguments: str | None = None
    iv_bytes: int = 0


_TAG = " --tag-length-bits 128"
_HASH = " --hash-function sha256 --mgf mgf1-sha256"

WRAPPINGS: Mapping[str, Wrapping] = MappingProxyType(
    {
        "aes-gcm": Wrapping(
            MechanismType.AES_GCM,
            "an AES key and AES-GCM; the HSM makes the IV",
            arguments=_TAG,
            options=_gcm_options,
            parameter=_gcm,
            unwrap_options=_gcm_options_to_unwrap,
            unwrap_arguments=f"{_TAG} --iv 0x000102030405060708090a0b",
            iv_bytes=IV_BYTES,
        ),
        "aes-no-pad": Wrapping(
            MechanismType.CLOUDHSM_AES_KEY_WRAP_NO_PAD, "an AES key (RFC 3394), for keys of whole 8 bytes"
        ),
        "aes-pkcs5-pad": Wrapping(
            MechanismType.CLOUDHSM_AES_KEY_WRAP_PKCS5_PAD, "an AES key: PKCS#5 padding, then RFC 3394"
        ),
        "aes-zero-pad": Wrapping(
            MechanismType.CLOUDHSM_AES_KEY_WRAP_ZERO_PAD, "an AES key (RFC 5649), for keys of any length"
        ),
        "cloudhsm-aes-gcm": Wrapping(
            MechanismType.CLOUDHSM_AES_GCM,
            "an AES key and AES-GCM; the wrapped key begins with the IV, which the HSM makes",
            arguments=_TAG,
            options=_gcm_options,
            parameter=_gcm,
        ),
        "rsa-aes": Wrapping(
            MechanismType.RSA_AES_KEY_WRAP,
            "an RSA key: OAEP for a temporary AES key, which wraps a key of any length (RFC 5649)",
            "kek-rsa",
            _HASH,
            _oaep_options,
            _rsa_aes,
        ),
        "rsa-oaep": Wrapping(
            MechanismType.RSA_PKCS_OAEP, "an RSA key and OAEP, for short keys", "kek-rsa", _HASH, _oaep_options, _oaep
        ),
        "rsa-pkcs": Wrapping(MechanismType.RSA_PKCS, "an RSA key and PKCS#1 v1.5 padding, for short keys", "kek-rsa"),
    }
)
