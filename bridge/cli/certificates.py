"""The certificates of a CloudHSM keystore file.

Such a file is PKCS#12 as the JDK writes it, with trusted certificate entries only. The first certificate of the alias
``L`` has the name ``L`` in UTF-8 as lower-case hexadecimal digits; those further up its chain have the same with
``.1``, ``.2`` and so on behind.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from cryptography.hazmat.primitives.serialization import BestAvailableEncryption
from cryptography.hazmat.primitives.serialization.pkcs12 import PKCS12Certificate, serialize_java_truststore
from cryptography.x509 import Certificate

from bridge.cli.access import ask_secret
from bridge.cli.sources import Passwords, Source, content_of, pkcs12
from bridge.engine import HsmError, ReturnCode
from bridge.store.files import sync_folder, write_new

_VARIABLE = "HSMBRIDGE_KEYSTORE_PASSWORD"
_SHORTEST_PASSWORD = 6
"""Characters, as keytool demands."""

_Named = Mapping[str, Certificate]


@contextmanager
def adding(path: Path, source: Source) -> Iterator[Callable[[], None]]:
    """Prepare a keystore file that has a source's certificates too.

    The new content is on disk, beside the file and of mode 0600, when the block begins, and gone after it.

    Args:
        path: the keystore file; it need not exist.
        source: what to add. Without any certificate nothing is prepared, nor asked.

    Returns:
        A function that puts the new content in the place of the file. It raises HsmError ``FUNCTION_FAILED``.

    Raises:
        HsmError: ``PIN_INCORRECT`` or ``PIN_LEN_RANGE`` for the password; ``DATA_INVALID`` or ``FUNCTION_FAILED`` if
            the file is no CloudHSM keystore file or cannot be written; ``ARGUMENTS_BAD`` if an alias is in use.
        click.UsageError: if the password is not set and there is no terminal.
    """
    if not source.certificates:
        yield lambda: None
        return
    password, present = _ask_and_read(path)
    certificates = _added(path, present, source)
    named = [PKCS12Certificate(certificate, name.encode()) for name, certificate in certificates.items()]
    content = serialize_java_truststore(named, BestAvailableEncryption(password.encode()))
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")

    def publish() -> None:
        with _writing(path):
            draft.replace(path)
            sync_folder(path.absolute().parent)

    try:
        with _writing(path):
            write_new(draft, content)
        yield publish
    finally:
        draft.unlink(missing_ok=True)


def _ask_and_read(path: Path) -> tuple[str, _Named]:
    if not path.exists():
        password = ask_secret(_VARIABLE, f"New password for {path}", new=True)
        if len(password) < _SHORTEST_PASSWORD:
            raise HsmError(
                ReturnCode.PIN_LEN_RANGE,
                f"The password of a keystore file has {_SHORTEST_PASSWORD} characters or more; "
                f"the one for {path} has {len(password)}. Nothing was imported.",
            )
        return password, {}
    passwords = Passwords(path, _VARIABLE)
    data = content_of(path)
    if not pkcs12.is_pfx(data):
        raise _unusable(path, "it is no PKCS#12 file")
    content = pkcs12.read(path, data, path.stem, passwords, lambda *_: None)
    if content.keys:
        raise _unusable(path, "it holds keys itself, so it is no CloudHSM keystore file")
    return passwords.of_file(), content.trusted


def _added(path: Path, present: _Named, source: Source) -> dict[str, Certificate]:
    in_use = {name.partition(".")[0] for name in present}
    new = {key.alias: key.chain for key in source.keys}
    # Two keystores often trust the same certificate under the same alias.
    new |= {alias: (cert,) for alias, cert in source.trusted.items() if present.get(_name(alias)) != cert}
    result = dict(present)
    for alias, chain in new.items():
        if _name(alias) in in_use:
            raise HsmError(
                ReturnCode.ARGUMENTS_BAD,
                f"The keystore file {path} has the alias {alias!r} already: choose another file with --keystore, or "
                "delete that entry from it. Nothing was imported.",
            )
        result |= {_name(alias, number): cert for number, cert in enumerate(chain)}
    return result


def _name(alias: str, number: int = 0) -> str:
    return alias.encode().hex() + (f".{number}" if number else "")


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise _unusable(path, f"it cannot be written ({error.strerror})") from None


def _unusable(path: Path, why: str) -> HsmError:
    return HsmError(
        ReturnCode.FUNCTION_FAILED,
        f"The keystore file {path} cannot be used: {why}. Choose another with --keystore. Nothing was imported.",
    )
