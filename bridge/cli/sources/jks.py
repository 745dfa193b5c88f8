"""JKS and JCEKS files, through pyjks."""

from __future__ import annotations

import logging
import struct
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import jks
from jks.util import (
    DecryptionFailureException,
    KeystoreException,
    KeystoreSignatureException,
    UnexpectedAlgorithmException,
)
from pyasn1.codec.ber import decoder
from pyasn1.codec.der import encoder
from pyasn1.error import PyAsn1Error
from pyasn1.type import univ
from pyasn1_modules import rfc5958  # type: ignore[import-untyped]

from bridge.cli.sources.entries import (
    Passwords,
    Progress,
    Source,
    SourceKey,
    belongs,
    certificate,
    require_supported,
    secret_key,
    unreadable,
    wrong_key_password,
    wrong_password,
)
from bridge.engine import Attribute, HsmError, KeyType

_TYPES = {
    "aes": KeyType.AES,
    "desede": KeyType.DES3,
    "tripledes": KeyType.DES3,
    "generic": KeyType.GENERIC_SECRET,
    "genericsecret": KeyType.GENERIC_SECRET,
    "raw": KeyType.GENERIC_SECRET,
}
"""What Java programs call secret keys, in lower case; HMAC's names, which are many, all begin with ``hmac``."""

MAGIC = (bytes.fromhex("feedfeed"), bytes.fromhex("cececece"))

# pyjks reads secret keys with javaobj, which would print its state when it meets a damaged one.
logging.getLogger("javaobj").addHandler(logging.NullHandler())

# What pyjks and the parsers below it raise on bytes that are no keystore.
_DAMAGED = (KeystoreException, PyAsn1Error, struct.error, ValueError, IndexError, TypeError, RuntimeError, OSError)


def read(path: Path, data: bytes, passwords: Passwords, progress: Progress) -> Source:
    """Read a JKS or JCEKS file; see :func:`bridge.cli.sources.read`."""
    password = passwords.of_file()
    try:
        store = jks.KeyStore.loads(data, password, try_decrypt_keys=False)
    except KeystoreSignatureException:
        raise wrong_password(path) from None
    except _DAMAGED:
        raise unreadable(path, "it is a truncated or damaged JKS or JCEKS file") from None
    opener = _Opener(path, password, passwords)
    count = len(store.private_keys) + len(store.secret_keys)
    keys: list[SourceKey] = []
    for alias, entry in store.private_keys.items():
        progress("Decrypting keys", len(keys), count)
        opener.decrypt(alias, entry)
        keys.append(_private(path, alias, entry))
    for alias, secret in store.secret_keys.items():
        progress("Decrypting keys", len(keys), count)
        opener.decrypt(alias, secret)
        keys.append(_secret(path, alias, secret))
    return Source(keys, {alias: certificate(path, alias, entry.cert) for alias, entry in store.certs.items()})


@dataclass(frozen=True)
class _Opener:
    path: Path
    password: str = field(repr=False)
    passwords: Passwords

    def decrypt(self, alias: str, entry: jks.PrivateKeyEntry | jks.SecretKeyEntry) -> None:
        if self._opens(alias, entry, self.password):
            return
        own = self.passwords.of_key(alias)
        if own is None or not self._opens(alias, entry, own):
            raise wrong_key_password(self.path, alias)

    def _opens(self, alias: str, entry: jks.PrivateKeyEntry | jks.SecretKeyEntry, password: str) -> bool:
        try:
            if isinstance(entry, jks.PrivateKeyEntry):
                _complete(entry)
            entry.decrypt(password)
        except DecryptionFailureException:
            return False
        except UnexpectedAlgorithmException:
            raise unreadable(self.path, f"its key {alias!r} is protected by an unknown algorithm") from None
        except _DAMAGED:
            raise unreadable(self.path, f"its key {alias!r} is damaged") from None
        return True


def _complete(entry: Any) -> None:
    """Give the algorithm of an encrypted key the NULL parameters that newer JDKs leave out and pyjks insists on."""
    info, _ = decoder.decode(entry._encrypted, asn1Spec=rfc5958.EncryptedPrivateKeyInfo())
    if not info["encryptionAlgorithm"]["parameters"].isValue:
        info["encryptionAlgorithm"]["parameters"] = univ.Any(encoder.encode(univ.Null("")))
        entry._encrypted = encoder.encode(info)


def _private(path: Path, alias: str, entry: jks.PrivateKeyEntry) -> SourceKey:
    key = SourceKey(alias, Attribute.PRIVATE_KEY_INFO, entry.pkey_pkcs8)
    try:
        chain = tuple(certificate(path, alias, der) for _, der in entry.cert_chain)
    except HsmError:
        require_supported(key)
        raise
    if chain and not belongs(key.value, chain[0]):
        raise unreadable(path, f"the certificate of {alias!r} is not for its key")
    return replace(key, chain=chain)


def _secret(path: Path, alias: str, entry: jks.SecretKeyEntry) -> SourceKey:
    name = str(entry.algorithm)
    key_type = KeyType.GENERIC_SECRET if name.lower().startswith("hmac") else _TYPES.get(name.lower())
    return secret_key(path, alias, name, key_type, entry.key)
