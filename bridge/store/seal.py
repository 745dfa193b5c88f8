"""Sealing of records: AES-256-GCM with a key of its own for every version of every record.

A record's key is HKDF-Expand (RFC 5869) of the master key over the record's name and generation, and both, with the
record's readable part, are associated data: no byte of a record changes, and no record takes another's place, without
the seal breaking. A key is used once, which keeps AES-GCM far from its limits (NIST SP 800-38D, section 8.3).

Masked objects leave their home, so that their key is one that every copy of the home derives too: from the master key
alone, which no passphrase changes.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

_NONCE = 12


class SealBroken(Exception):
    """A stored record is not what was written."""


class Sealer:
    """Seals and opens the records of one home, and what goes from there to its copies.

    Attributes:
        home_id: the home's identifier.
        lineage: 16 bytes that are equal exactly where the masking keys are; they tell nothing of them.
    """

    def __init__(self, master_key: bytes, home_id: bytes) -> None:
        """Take the master key (32 bytes) and the home's identifier (16 bytes)."""
        self._master = master_key
        self.home_id = home_id
        self._ledger_key = self._derive(b"ledger entries")
        self._chain_key = self._derive(b"audit chain")
        self._masking_key = self._derive(b"masking key")
        self.lineage = self._derive(b"lineage")[:16]

    def seal(self, name: bytes, generation: int, readable: bytes, secret: bytes) -> bytes:
        """Seal one version of a record.

        Args:
            name: identifies the record in its home.
            generation: identifies the version.
            readable: the part that is stored in clear, bound to the rest.
            secret: the part to encrypt.

        Returns:
            Nonce (12 bytes), ciphertext and tag (16 bytes).
        """
        key, bound = self._context(name, generation, readable)
        nonce = secrets.token_bytes(_NONCE)
        return nonce + AESGCM(key).encrypt(nonce, secret, bound)

    def open(self, name: bytes, generation: int, readable: bytes, sealed: bytes) -> bytes:
        """Return the secret part of a record.

        Raises:
            SealBroken: if any of the four is not what was sealed.
        """
        key, bound = self._context(name, generation, readable)
        try:
            return AESGCM(key).decrypt(sealed[:_NONCE], sealed[_NONCE:], bound)
        except (InvalidTag, ValueError):
            raise SealBroken from None

    def entry(self, name: bytes, generation: int) -> int:
        """Return the number that stands for one version of a record in the ledger."""
        digest = hmac.digest(self._ledger_key, generation.to_bytes(8, "big") + name, hashlib.sha256)
        return int.from_bytes(digest, "big")

    def link(self, previous: bytes, sequence: int, content: bytes) -> bytes:
        """Return the link of the audit log's chain (32 bytes) at a record, from the one before and its content."""
        return hmac.digest(self._chain_key, previous + sequence.to_bytes(8, "big") + content, hashlib.sha256)

    def mask(self, header: bytes, content: bytes) -> bytes:
        """Encrypt for every copy of the home.

        Args:
            header: is bound to the content, and stays in clear.
            content: the part to encrypt.

        Returns:
            Nonce (12 random bytes: good for 2^32 of them, NIST SP 800-38D, section 8.3), ciphertext and tag (16 bytes).
        """
        nonce = secrets.token_bytes(_NONCE)
        return nonce + AESGCM(self._masking_key).encrypt(nonce, content, header)

    def unmask(self, header: bytes, masked: bytes) -> bytes:
        """Return what :meth:`mask` encrypted, in this home or a copy of it.

        Raises:
            SealBroken: if either of the two is not what was made there.
        """
        try:
            return AESGCM(self._masking_key).decrypt(masked[:_NONCE], masked[_NONCE:], header)
        except (InvalidTag, ValueError):
            raise SealBroken from None

    def _context(self, name: bytes, generation: int, readable: bytes) -> tuple[bytes, bytes]:
        version = self.home_id + generation.to_bytes(8, "big") + len(name).to_bytes(2, "big") + name
        return self._derive(b"record" + version), version + readable

    def _derive(self, info: bytes) -> bytes:
        return HKDFExpand(hashes.SHA256(), 32, b"hsmbridge " + info).derive(self._master)
