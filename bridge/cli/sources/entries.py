"""What a file of keys holds, in one form for all formats."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_private_key
from cryptography.x509 import Certificate, load_der_x509_certificate

from bridge.cli.access import ask_secret
from bridge.engine import Attribute, HsmError, KeyType, ReturnCode
from bridge.engine.importing import import_private

Progress = Callable[[str, int, int], None]
"""Told what is being done, how many of it are done, and how many there are."""


@dataclass(frozen=True)
class SourceKey:
    """One key.

    Attributes:
        alias: its name in the file, which becomes its label.
        form: ``PRIVATE_KEY_INFO`` or ``VALUE``.
        value: in that form.
        chain: the certificate of the key and of those who issued it, in that order; may be empty.
        key_type: of a secret key; None for a private one, which tells it itself.
    """

    alias: str
    form: Attribute
    value: bytes = field(repr=False)
    chain: tuple[Certificate, ...] = ()
    key_type: KeyType | None = None


@dataclass(frozen=True)
class Source:
    """All that is moved out of one file.

    Attributes:
        keys: private and secret keys.
        trusted: certificates that belong to no key, by alias.
    """

    keys: Sequence[SourceKey]
    trusted: Mapping[str, Certificate]

    @property
    def certificates(self) -> int:
        """How many certificates there are."""
        return len(self.trusted) + sum(len(key.chain) for key in self.keys)


class Passwords:
    """The passwords of a file, each asked for at most once."""

    def __init__(self, path: Path, variable: str = "HSMBRIDGE_SOURCE_PASSWORD") -> None:
        """Ask for nothing yet.

        Args:
            path: the file, for prompts.
            variable: of the environment, for the password of the whole file.
        """
        self._path = path
        self._variable = variable
        self._store: str | None = None

    def of_file(self) -> str:
        """Return the password of the whole file.

        Raises:
            click.UsageError: if it is not set and there is no terminal.
        """
        if self._store is None:
            self._store = ask_secret(self._variable, f"Password of {self._path.name}", may_be_empty=True)
        return self._store

    def of_key(self, alias: str) -> str | None:
        """Return the password of a key that the file's does not open, or None if there is nobody to ask."""
        if "HSMBRIDGE_KEY_PASSWORD" not in os.environ and not sys.stdin.isatty():
            return None
        return ask_secret("HSMBRIDGE_KEY_PASSWORD", f"Password of key {alias!r} in {self._path.name}")


def unreadable(path: Path, why: str) -> HsmError:
    """Return the refusal of a file; ``why`` is a clause."""
    return HsmError(ReturnCode.DATA_INVALID, f"{path} cannot be imported: {why}. Nothing was imported.")


def secret_key(path: Path, alias: str, algorithm: str, key_type: KeyType | None, value: bytes) -> SourceKey:
    """Return a secret key.

    Args:
        path: the file.
        alias: the key's.
        algorithm: what the file says that the key is for.
        key_type: the type of such keys in the HSM, None if it has none.
        value: the key's.

    Raises:
        HsmError: ``DATA_INVALID`` if the HSM has no such keys.
    """
    if key_type is None:
        raise unreadable(
            path,
            f"its secret key {alias!r} is for the algorithm {algorithm}; of secret keys the HSM holds AES, triple DES "
            "and generic ones, such as for HMAC",
        )
    return SourceKey(alias, Attribute.VALUE, value, key_type=key_type)


def wrong_password(path: Path) -> HsmError:
    """Return the refusal of the file's password."""
    return HsmError(
        ReturnCode.PIN_INCORRECT,
        f"Wrong password for {path}, or the file is damaged. Nothing was imported.",
    )


def wrong_key_password(path: Path, alias: str) -> HsmError:
    """Return the refusal of a key's own password."""
    return HsmError(
        ReturnCode.PIN_INCORRECT,
        f"The password for {path} does not open its key {alias!r}: give the right one, or that key's own in "
        "HSMBRIDGE_KEY_PASSWORD. Nothing was imported.",
    )


def certificate(path: Path, alias: str, der: bytes) -> Certificate:
    """Parse a certificate.

    Raises:
        HsmError: ``DATA_INVALID``.
    """
    try:
        parsed = load_der_x509_certificate(der)
        # Parsed when it is asked for, which must not be where nobody expects a refusal.
        parsed.public_key()
    except (ValueError, UnsupportedAlgorithm):
        raise unreadable(path, f"a certificate of {alias!r} is damaged or of a kind that is not supported") from None
    return parsed


def public_key_of(pkcs8: bytes) -> bytes | None:
    """Return the SubjectPublicKeyInfo of a private key, or None if the engine will refuse such a key anyway."""
    try:
        # The engine checks the key when it comes in; here only its public half matters.
        key = load_der_private_key(pkcs8, None, unsafe_skip_rsa_key_validation=True)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return None
    return key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def public_key_in(cert: Certificate) -> bytes:
    """Return the SubjectPublicKeyInfo in a certificate."""
    return cert.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def belongs(pkcs8: bytes, cert: Certificate) -> bool:
    """Tell whether a certificate is for a private key."""
    return public_key_of(pkcs8) in (None, public_key_in(cert))


def require_supported(key: SourceKey) -> None:
    """Let the engine refuse a private key early, where its certificate makes no sense because the key does not.

    Raises:
        HsmError: as :func:`bridge.engine.importing.import_private`, naming the key.
    """
    if key.form is Attribute.PRIVATE_KEY_INFO:
        try:
            import_private(key.value)
        except HsmError as error:
            raise refused(key.alias, error) from None


def refused(alias: str, error: HsmError) -> HsmError:
    """Return the engine's refusal of a key, naming the key."""
    return HsmError(error.code, f"Key {alias!r} is refused: {error.message} Nothing was imported.")


def chain_from(leaf: Certificate, others: Iterable[Certificate]) -> tuple[Certificate, ...]:
    """Follow issuers from a certificate, as far as the others reach."""
    chain, rest = [leaf], [other for other in others if other != leaf]
    while chain[-1].issuer != chain[-1].subject:
        issuer = next((other for other in rest if _issued(other, chain[-1])), None)
        if issuer is None:
            break
        chain.append(issuer)
        rest.remove(issuer)
    return tuple(chain)


def _issued(issuer: Certificate, subject: Certificate) -> bool:
    try:
        subject.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, UnsupportedAlgorithm, InvalidSignature):
        return False
    return True
