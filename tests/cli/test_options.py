"""Every command has the options of cloudhsm-cli, by name (user guide, "cloudhsm_cli-reference"), and few more."""

from __future__ import annotations

import click
import pytest

from bridge.cli.commands import COMMANDS, load
from bridge.cli.commands.connection import CONNECTION_OPTIONS

USER = "username role"
NEW_KEY = "session share-crypto-users"
PAIR = (
    f"public-label private-label public-attributes private-attributes {NEW_KEY} "
    "manage-private-key-quorum-value use-private-key-quorum-value"
)
SYMMETRIC = f"label key-length-bytes attributes {NEW_KEY} manage-key-quorum-value use-key-quorum-value"
WRAP = "payload-filter wrapping-filter path payload-approval wrapping-approval"
UNWRAP = f"filter data data-path key-type-class label attributes {NEW_KEY} approval"
SIGN = "key-filter data data-path data-type approval"
VERIFY = "key-filter data data-path data-type signature signature-path"
CLUSTERS = "source-cluster-id destination-cluster-id"

OPTIONS = {
    "login": f"{USER} password",
    "login mfa-token-sign": "token",
    "logout": "",
    "interactive": "",
    "cluster activate": "password",
    "cluster hsm-info": "",
    "cluster mtls register-trust-anchor": "path approval",
    "cluster mtls deregister-trust-anchor": "certificate-reference approval",
    "cluster mtls list-trust-anchors": "",
    "cluster mtls get-enforcement": "",
    "cluster mtls set-enforcement": "level approval",
    "user create": f"{USER} password approval",
    "user delete": f"{USER} approval",
    "user list": "",
    "user change-password": f"{USER} password approval",
    "user change-mfa token-sign": f"{USER} change-password token deregister change-quorum approval",
    "user change-quorum token-sign register": "public-key signed-token",
    "user replicate": f"{USER} {CLUSTERS} approval",
    "quorum token-sign generate": "service token filter",
    "quorum token-sign list": "",
    "quorum token-sign delete": "scope",
    "quorum token-sign list-quorum-values": "",
    "quorum token-sign set-quorum-value": "service value approval",
    "quorum token-sign list-timeouts": "",
    "quorum token-sign set-timeout": "generated approved",
    "key generate-symmetric aes": SYMMETRIC,
    "key generate-symmetric generic-secret": SYMMETRIC,
    "key generate-asymmetric-pair rsa": f"public-exponent modulus-size-bits {PAIR}",
    "key generate-asymmetric-pair ec": f"curve {PAIR}",
    "key generate-asymmetric-pair ml-dsa": f"mldsa-algorithm {PAIR}",
    "key list": "filter max-items starting-token verbose",
    "key delete": "filter",
    "key set-attribute": "filter name value approval as-admin",
    "key share": f"filter {USER} approval",
    "key unshare": f"filter {USER} approval",
    "key replicate": f"filter {CLUSTERS}",
    "key wrap aes-gcm": f"{WRAP} aad tag-length-bits",
    "key wrap aes-no-pad": WRAP,
    "key wrap aes-pkcs5-pad": WRAP,
    "key wrap aes-zero-pad": WRAP,
    "key wrap cloudhsm-aes-gcm": f"{WRAP} aad tag-length-bits",
    "key wrap rsa-aes": f"{WRAP} hash-function mgf",
    "key wrap rsa-oaep": f"{WRAP} hash-function mgf",
    "key wrap rsa-pkcs": WRAP,
    "key unwrap aes-gcm": f"{UNWRAP} aad tag-length-bits iv",
    "key unwrap aes-no-pad": UNWRAP,
    "key unwrap aes-pkcs5-pad": UNWRAP,
    "key unwrap aes-zero-pad": UNWRAP,
    "key unwrap cloudhsm-aes-gcm": f"{UNWRAP} aad tag-length-bits",
    "key unwrap rsa-aes": f"{UNWRAP} hash-function mgf",
    "key unwrap rsa-oaep": f"{UNWRAP} hash-function mgf",
    "key unwrap rsa-pkcs": UNWRAP,
    "key import pem": "path label key-type-class attributes",
    "key generate-file": "encoding path filter all",
    "crypto sign ecdsa": f"{SIGN} hash-function",
    "crypto sign ed25519": SIGN,
    "crypto sign ed25519ph": f"{SIGN} hash-function",
    "crypto sign ml-dsa": f"{SIGN} hash-function",
    "crypto sign rsa-pkcs": f"{SIGN} hash-function",
    "crypto sign rsa-pkcs-pss": f"{SIGN} hash-function mgf salt-length",
    "crypto verify ecdsa": f"{VERIFY} hash-function",
    "crypto verify ed25519": VERIFY,
    "crypto verify ed25519ph": f"{VERIFY} hash-function",
    "crypto verify ml-dsa": f"{VERIFY} hash-function",
    "crypto verify rsa-pkcs": f"{VERIFY} hash-function",
    "crypto verify rsa-pkcs-pss": f"{VERIFY} hash-function mgf salt-length",
}
"""Beyond the original: ``as-admin`` of ``key set-attribute``."""

CHOICES = {
    ("login", "role"): "admin crypto-user",
    ("cluster mtls set-enforcement", "level"): "none cluster",
    ("quorum token-sign generate", "service"): "user quorum cluster registration key-usage key-management",
    ("quorum token-sign set-quorum-value", "service"): "user quorum cluster",
    ("quorum token-sign delete", "scope"): "user all",
    ("key generate-asymmetric-pair ec", "curve"): (
        "prime256v1 secp256r1 secp224r1 secp384r1 secp256k1 secp521r1 ed25519"
    ),
    ("key generate-asymmetric-pair ml-dsa", "mldsa-algorithm"): "ML-DSA-44 ML-DSA-65 ML-DSA-87",
    ("key share", "role"): "crypto-user",
    ("key unwrap aes-gcm", "key-type-class"): "aes des3 ec-private generic-secret rsa-private",
    ("key import pem", "key-type-class"): "ec-public rsa-public",
    ("key generate-file", "encoding"): "reference-pem pem ksp-key-reference",
    ("crypto sign ecdsa", "hash-function"): "sha1 sha224 sha256 sha384 sha512",
    ("crypto sign ecdsa", "data-type"): "raw digest",
    ("crypto sign rsa-pkcs-pss", "mgf"): "mgf1-sha1 mgf1-sha224 mgf1-sha256 mgf1-sha384 mgf1-sha512",
}


def options_of(command: str) -> dict[str, click.Parameter]:
    """Return a command's own options by name, without those that say where the HSM is."""
    loaded = load(command)
    assert loaded is not None
    own = (parameter for parameter in loaded.params if parameter.name not in CONNECTION_OPTIONS)
    return {name.removeprefix("--"): parameter for parameter in own for name in parameter.opts}


def test_the_table_has_every_command() -> None:
    assert {name for name, row in COMMANDS.items() if row.place} == set(OPTIONS)


@pytest.mark.parametrize("command", OPTIONS)
def test_a_command_has_these_options(command: str) -> None:
    assert sorted(options_of(command)) == sorted(OPTIONS[command].split())


@pytest.mark.parametrize(("command", "option"), CHOICES)
def test_an_option_takes_these_values(command: str, option: str) -> None:
    kind = options_of(command)[option].type
    assert isinstance(kind, click.Choice)
    assert list(kind.choices) == CHOICES[command, option].split()
