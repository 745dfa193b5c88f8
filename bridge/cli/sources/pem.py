"""Private keys in PEM and DER: PKCS#8, encrypted PKCS#8, and the traditional forms of OpenSSL."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_private_key,
    load_pem_private_key,
)
from cryptography.x509 import Certificate, load_pem_x509_certificate

from bridge.cli.sources.entries import Passwords, Source, SourceKey, belongs, chain_from, unreadable, wrong_password
from bridge.engine import Attribute

_BLOCK = re.compile(rb"-----BEGIN ([A-Z0-9 ]+)-----\s.*?-----END \1-----", re.DOTALL)
# openssl ecparam writes the name of the curve in front of the key, which says it again.
_IGNORED = {"EC PARAMETERS"}

_Load = Callable[[bytes | None], PrivateKeyTypes]


def read_pem(path: Path, data: bytes, alias: str, passwords: Passwords) -> Source:
    """Read one private key and its certificates from PEM; see :func:`bridge.cli.sources.read`."""
    keys, certificates = [], []
    for match in _BLOCK.finditer(data):
        kind, block = match.group(1).decode(), match.group(0) + b"\n"
        if kind.endswith("PRIVATE KEY"):
            keys.append(block)
        elif kind == "CERTIFICATE":
            certificates.append(_certificate(path, block))
        elif kind not in _IGNORED:
            raise unreadable(path, f"it has a block {kind!r}; private keys and certificates are understood")
    if len(keys) != 1:
        raise unreadable(path, f"it holds {len(keys)} complete private keys in PEM; there must be exactly one")
    pkcs8 = _load(path, passwords, lambda password: load_pem_private_key(keys[0], password, **_UNCHECKED))
    return Source([SourceKey(alias, Attribute.PRIVATE_KEY_INFO, pkcs8, _chain(path, pkcs8, certificates))], {})


def read_der(path: Path, data: bytes, alias: str, passwords: Passwords) -> Source:
    """Read one private key from DER; see :func:`bridge.cli.sources.read`."""
    pkcs8 = _load(path, passwords, lambda password: load_der_private_key(data, password, **_UNCHECKED))
    return Source([SourceKey(alias, Attribute.PRIVATE_KEY_INFO, pkcs8)], {})


# The engine checks the key when it comes in; once is enough.
_UNCHECKED = {"unsafe_skip_rsa_key_validation": True}


def _load(path: Path, passwords: Passwords, load: _Load) -> bytes:
    try:
        key = load(None)
    except TypeError:
        key = _decrypted(path, load, passwords.of_file())
    except UnsupportedAlgorithm:
        raise unreadable(
            path, "its key is of a kind that the HSM does not hold; it holds RSA, EC, Ed25519 and ML-DSA keys"
        ) from None
    except ValueError:
        raise unreadable(
            path, "it is no JKS, JCEKS or PKCS#12 file and no private key in PEM or DER, or it is damaged"
        ) from None
    return key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())


def _decrypted(path: Path, load: _Load, password: str) -> PrivateKeyTypes:
    try:
        return load(password.encode())
    except UnsupportedAlgorithm:
        raise unreadable(path, "its key is of a kind, or encrypted in a way, that is not supported") from None
    except (ValueError, TypeError):
        raise wrong_password(path) from None


def _certificate(path: Path, block: bytes) -> Certificate:
    try:
        parsed = load_pem_x509_certificate(block)
        parsed.public_key()
    except (ValueError, UnsupportedAlgorithm):
        raise unreadable(
            path, "one of its certificates is no valid X.509 certificate, or for a key of a kind that is not supported"
        ) from None
    return parsed


def _chain(path: Path, pkcs8: bytes, certificates: list[Certificate]) -> tuple[Certificate, ...]:
    if not certificates:
        return ()
    leaf = next((certificate for certificate in certificates if belongs(pkcs8, certificate)), None)
    if leaf is None:
        raise unreadable(path, "none of its certificates is for its key")
    chain = chain_from(leaf, certificates)
    if strangers := [other for other in certificates if other not in chain]:
        names = ", ".join(other.subject.rfc4514_string() for other in strangers)
        raise unreadable(path, f"these certificates are not in the chain of its key: {names}. Take them out")
    return chain
