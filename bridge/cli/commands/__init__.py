"""The commands of cloudhsm-cli: one table, from which the command line and the interactive mode are made.

Source of names, options and answers: user guide, "cloudhsm_cli-reference".
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

import click


class Row(NamedTuple):
    """One row of the table.

    Attributes:
        place: the module in this package and the name of the click command in it; empty for a family of commands.
        summary: what help says in the list of commands.
        example: of a family, for its help; a command's own help has its own.
    """

    place: str
    summary: str
    example: str = ""


COMMANDS: Mapping[str, Row] = MappingProxyType(
    {
        "login": Row("login:login", "Log in to the HSM."),
        "login mfa-token-sign": Row("login:mfa_token_sign", "Log in with the second factor too."),
        "logout": Row("login:logout", "Log out of the HSM."),
        "interactive": Row("interactive:interactive", "Enter commands one after the other, in one session."),
        "cluster": Row("", "Activate the HSM, describe it, and set its mutual TLS.", "cluster hsm-info"),
        "cluster activate": Row("cluster:activate", "Set the first password of the admin."),
        "cluster hsm-info": Row("cluster:hsm_info", "Describe the HSM."),
        "cluster mtls": Row("", "Set mutual TLS between client and HSM.", "cluster mtls list-trust-anchors"),
        "cluster mtls register-trust-anchor": Row("mtls:register", "Register a CA for clients' certificates."),
        "cluster mtls deregister-trust-anchor": Row("mtls:deregister", "Forget a CA for clients' certificates."),
        "cluster mtls list-trust-anchors": Row("mtls:anchors", "List the CAs for clients' certificates."),
        "cluster mtls get-enforcement": Row("mtls:get_enforcement", "Tell whether clients need a certificate."),
        "cluster mtls set-enforcement": Row("mtls:set_enforcement", "Say whether clients need a certificate."),
        "user": Row("", "Manage users.", "user change-password --username alice --role crypto-user"),
        "user create": Row("user:create", "Create a user."),
        "user delete": Row("user:delete", "Delete a user."),
        "user list": Row("user:list_", "List the users."),
        "user change-password": Row("user:change_password", "Set a password, which also unlocks the account."),
        "user change-mfa": Row(
            "",
            "Change a user's second factor.",
            "user change-mfa token-sign --username alice --role crypto-user --token mfa.json",
        ),
        "user change-mfa token-sign": Row("mfa:change_mfa", "Register or forget the key of the second factor."),
        "user change-quorum": Row(
            "",
            "Change a user's part in quorums.",
            "user change-quorum token-sign register --public-key officer.pem --signed-token t.json",
        ),
        "user change-quorum token-sign": Row(
            "",
            "Change the key that a user approves with.",
            "user change-quorum token-sign register --public-key officer.pem --signed-token t.json",
        ),
        "user change-quorum token-sign register": Row("quorum:register", "Register the key that you approve with."),
        "user replicate": Row("replicate:user", "Copy a user to a clone of the cluster."),
        "quorum": Row("", "Have several users approve what one does.", "quorum token-sign list"),
        "quorum token-sign": Row("", "Make, list and set up tokens to approve.", "quorum token-sign list"),
        "quorum token-sign generate": Row("quorum:generate", "Make a token to be approved."),
        "quorum token-sign list": Row("quorum:list_", "List the tokens."),
        "quorum token-sign delete": Row("quorum:delete", "Delete tokens."),
        "quorum token-sign list-quorum-values": Row("quorum:list_values", "List how many approvals services need."),
        "quorum token-sign set-quorum-value": Row("quorum:set_value", "Set how many approvals a service needs."),
        "quorum token-sign list-timeouts": Row("quorum:list_timeouts", "List how long tokens live."),
        "quorum token-sign set-timeout": Row("quorum:set_timeout", "Set how long tokens live."),
        "key": Row("", "Make, use and manage keys.", "key list --filter attr.class=private-key --verbose"),
        "key generate-symmetric": Row(
            "", "Generate a secret key.", "key generate-symmetric aes --label data --key-length-bytes 32"
        ),
        "key generate-symmetric aes": Row("generate:aes", "Generate an AES key."),
        "key generate-symmetric generic-secret": Row("generate:generic_secret", "Generate a key for HMAC."),
        "key generate-asymmetric-pair": Row(
            "",
            "Generate a key pair.",
            "key generate-asymmetric-pair ec --curve secp256r1 --public-label pub --private-label priv",
        ),
        "key generate-asymmetric-pair rsa": Row("generate_pair:rsa", "Generate an RSA key pair."),
        "key generate-asymmetric-pair ec": Row("generate_pair:ec", "Generate an EC key pair."),
        "key generate-asymmetric-pair ml-dsa": Row("generate_pair:ml_dsa", "Generate an ML-DSA key pair."),
        "key list": Row("key:list_", "List keys."),
        "key delete": Row("key:delete", "Destroy a key for good."),
        "key set-attribute": Row("key:set_attribute", "Change an attribute of a key."),
        "key share": Row("key:share", "Let another crypto user use a key."),
        "key unshare": Row("key:unshare", "Take a shared key back."),
        "key replicate": Row("replicate:key", "Copy a key to a clone of the cluster."),
        "key wrap": Row(
            "",
            "Take a key out, encrypted with another.",
            "key wrap aes-zero-pad --payload-filter attr.label=data --wrapping-filter attr.label=kek",
        ),
        "key wrap aes-gcm": Row("wrap:aes_gcm", "Wrap with AES-GCM."),
        "key wrap aes-no-pad": Row("wrap:aes_no_pad", "Wrap with AES key wrap (RFC 3394)."),
        "key wrap aes-pkcs5-pad": Row("wrap:aes_pkcs5_pad", "Wrap with AES key wrap after PKCS#5 padding."),
        "key wrap aes-zero-pad": Row("wrap:aes_zero_pad", "Wrap with AES key wrap with padding (RFC 5649)."),
        "key wrap cloudhsm-aes-gcm": Row("wrap:cloudhsm_aes_gcm", "Wrap with AES-GCM, the IV before the result."),
        "key wrap rsa-aes": Row("wrap:rsa_aes", "Wrap with a temporary AES key, and that with RSA-OAEP."),
        "key wrap rsa-oaep": Row("wrap:rsa_oaep", "Wrap with RSA-OAEP."),
        "key wrap rsa-pkcs": Row("wrap:rsa_pkcs", "Wrap with RSA PKCS#1 v1.5."),
        "key unwrap": Row(
            "",
            "Bring a wrapped key in.",
            "key unwrap aes-zero-pad --filter attr.label=kek --data-path data.bin --key-type-class aes --label data",
        ),
        "key unwrap aes-gcm": Row("unwrap:aes_gcm", "Unwrap with AES-GCM."),
        "key unwrap aes-no-pad": Row("unwrap:aes_no_pad", "Unwrap with AES key wrap (RFC 3394)."),
        "key unwrap aes-pkcs5-pad": Row("unwrap:aes_pkcs5_pad", "Unwrap with AES key wrap and PKCS#5 padding."),
        "key unwrap aes-zero-pad": Row("unwrap:aes_zero_pad", "Unwrap with AES key wrap with padding (RFC 5649)."),
        "key unwrap cloudhsm-aes-gcm": Row("unwrap:cloudhsm_aes_gcm", "Unwrap with AES-GCM, the IV in the data."),
        "key unwrap rsa-aes": Row("unwrap:rsa_aes", "Unwrap with a temporary AES key under RSA-OAEP."),
        "key unwrap rsa-oaep": Row("unwrap:rsa_oaep", "Unwrap with RSA-OAEP."),
        "key unwrap rsa-pkcs": Row("unwrap:rsa_pkcs", "Unwrap with RSA PKCS#1 v1.5."),
        "key import": Row(
            "", "Bring a public key in.", "key import pem --path peer.pem --label peer --key-type-class rsa-public"
        ),
        "key import pem": Row("key_files:import_pem", "Bring in a public key from a PEM file."),
        "key generate-file": Row("key_files:generate_file", "Write a public key, or a reference to a private one."),
        "crypto": Row(
            "", "Sign and verify.", "crypto sign ecdsa --key-filter attr.label=priv --hash-function sha256 ..."
        ),
        "crypto sign": Row(
            "", "Sign data.", "crypto sign ecdsa --key-filter attr.label=priv --hash-function sha256 --data aGVsbG8="
        ),
        "crypto sign ecdsa": Row("sign:ecdsa", "Sign with ECDSA."),
        "crypto sign ed25519": Row("sign:ed25519", "Sign with Ed25519."),
        "crypto sign ed25519ph": Row("sign:ed25519ph", "Sign a SHA-512 digest with Ed25519ph."),
        "crypto sign ml-dsa": Row("sign:ml_dsa", "Sign with ML-DSA."),
        "crypto sign rsa-pkcs": Row("sign:rsa_pkcs", "Sign with RSA PKCS#1 v1.5."),
        "crypto sign rsa-pkcs-pss": Row("sign:rsa_pkcs_pss", "Sign with RSA PSS."),
        "crypto verify": Row(
            "",
            "Verify a signature.",
            "crypto verify ecdsa --key-filter attr.label=pub --hash-function sha256 --data-path f --signature-path s",
        ),
        "crypto verify ecdsa": Row("verify:ecdsa", "Verify with ECDSA."),
        "crypto verify ed25519": Row("verify:ed25519", "Verify with Ed25519."),
        "crypto verify ed25519ph": Row("verify:ed25519ph", "Verify with Ed25519ph."),
        "crypto verify ml-dsa": Row("verify:ml_dsa", "Verify with ML-DSA."),
        "crypto verify rsa-pkcs": Row("verify:rsa_pkcs", "Verify with RSA PKCS#1 v1.5."),
        "crypto verify rsa-pkcs-pss": Row("verify:rsa_pkcs_pss", "Verify with RSA PSS."),
    }
)


def below(path: str) -> dict[str, Row]:
    """Return the rows one step below a family, by the last word of their name; an empty path is the top."""
    prefix = f"{path} " if path else ""
    names = {full.removeprefix(prefix): row for full, row in COMMANDS.items() if full.startswith(prefix)}
    return {name: row for name, row in names.items() if " " not in name}


def load(path: str) -> click.Command | None:
    """Import the module of a command and return it; None if there is no such row."""
    row = COMMANDS.get(path)
    if row is None:
        return None
    if not row.place:
        from bridge.cli.commands.family import Family

        return Family(path)
    module, _, name = row.place.partition(":")
    command: click.Command = getattr(importlib.import_module(f"{__name__}.{module}"), name)
    return command
