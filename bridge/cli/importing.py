"""``hsmbridge import``.

Everything is read, decrypted and checked before anything changes. Then the keystore file is written to disk under
another name, the keys are committed in one transaction, and the file gets its name. Whatever fails or is killed on the
way, the source file still has everything; a failure before the commit leaves no trace, and if the last step fails the
keys are taken out again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import click

from bridge.cli.access import crypto_session
from bridge.cli.certificates import adding
from bridge.cli.home import home_option
from bridge.cli.progress import progress_line
from bridge.cli.sources import Passwords, Progress, Source, SourceKey, read
from bridge.cli.sources.entries import refused, unreadable
from bridge.engine import Attribute, HsmError, ObjectClass, ReturnCode, Session
from bridge.engine.attributes import Attributes
from bridge.engine.objects import describe

_FILE = click.Path(path_type=Path)


@click.command("import")
@home_option
@click.argument("file", type=_FILE)
@click.option("--label", help="Label of the one key in FILE; by default its alias, or FILE's name without extension.")
@click.option("--keystore", metavar="FILE", type=_FILE, help="Gets the certificates; by default NAME.cloudhsm.p12.")
@click.option("--extractable", is_flag=True, help="Let the keys be extractable; by default they are not.")
def import_(file: Path, label: str | None, keystore: Path | None, extractable: bool) -> None:
    """Move the keys of FILE into the HSM, and its certificates into a CloudHSM keystore file.

    FILE is JKS, JCEKS, PKCS#12, or one private key in PEM (with its certificates) or DER. Private keys
    are of RSA, EC, Ed25519 or ML-DSA; secret keys are for AES, triple DES or HMAC. All keys come in as
    token keys labelled with their alias, or none does. The keystore file is for -storetype CloudHSM; if
    it exists, the certificates are added.

    \b
    Example:
      hsmbridge import legacy.jks --keystore keys.p12

    \b
    Environment:
      HSMBRIDGE_HOME               the folder of the HSM
      HSMBRIDGE_PASSPHRASE         opens a home that is sealed
      HSM_USER                     the crypto user
      HSM_PASSWORD                 the crypto user's password
      HSMBRIDGE_SOURCE_PASSWORD    of FILE
      HSMBRIDGE_KEY_PASSWORD       of keys in FILE that have another
      HSMBRIDGE_KEYSTORE_PASSWORD  of the keystore file, 6 characters or more
    """
    keystore = keystore or Path(f"{file.stem}.cloudhsm.p12")
    with crypto_session() as (_, session, user), progress_line() as progress:
        source = _labelled(file, read(file, Passwords(file), progress), label)
        _refuse_labels_in_use(session, source)
        with adding(keystore, source) as publish:
            handles = _import(session, source, extractable, progress)
            try:
                publish()
            except HsmError:
                for handle in handles:
                    session.destroy(handle)
                raise
    kind = "extractable" if extractable else "not extractable"
    click.echo(f"Imported {_count(len(handles), 'key')} for crypto user {user!r}, {kind}.")
    if source.certificates:
        click.echo(f"Wrote {_count(source.certificates, 'certificate')} to {keystore}.")
    click.echo(f"{file} still holds the keys, outside the HSM: delete it when you have checked the new ones.")


def _labelled(file: Path, source: Source, label: str | None) -> Source:
    if not source.keys:
        raise unreadable(file, "it holds no private or secret key")
    if label is not None:
        if len(source.keys) > 1:
            raise click.UsageError(f"--label names one key; {file} holds {len(source.keys)}, which keep their aliases.")
        source = replace(source, keys=[replace(source.keys[0], alias=label)])
    uses = Counter([*(key.alias for key in source.keys), *source.trusted])
    if twice := [alias for alias, times in uses.items() if times > 1]:
        raise unreadable(file, f"it has the alias {twice[0]!r} more than once")
    return source


def _refuse_labels_in_use(session: Session, source: Source) -> None:
    for key in source.keys:
        for object_class in (ObjectClass.PRIVATE_KEY, ObjectClass.SECRET_KEY):
            found = session.find({Attribute.LABEL: key.alias, Attribute.CLASS: object_class})
            if found:
                raise HsmError(
                    ReturnCode.ARGUMENTS_BAD,
                    f"The alias {key.alias!r} is in use by {describe(found[0], key.alias)}: delete that key, or change "
                    "its label, with `hsmbridge key`. Nothing was imported.",
                )


def _import(session: Session, source: Source, extractable: bool, progress: Progress) -> list[int]:
    in_hand = ""

    def templates() -> Iterator[Attributes]:
        nonlocal in_hand
        for done, key in enumerate(source.keys):
            progress("Importing keys", done, len(source.keys))
            in_hand = key.alias
            yield _template(key, extractable)
        in_hand = ""

    try:
        return session.import_keys(templates())
    except HsmError as error:
        raise (refused(in_hand, error) if in_hand else error) from None


def _template(key: SourceKey, extractable: bool) -> Attributes:
    of_type: Attributes = {} if key.key_type is None else {Attribute.KEY_TYPE: key.key_type}
    return {
        **of_type,
        key.form: key.value,
        Attribute.LABEL: key.alias,
        Attribute.TOKEN: True,
        Attribute.EXTRACTABLE: extractable,
    }


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
