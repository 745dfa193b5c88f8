"""Reading a home's audit log, and finding out whether it is what the HSM wrote."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from sqlite3 import Connection

from bridge.engine.audit import Record
from bridge.engine.errors import HsmError
from bridge.store import keyring
from bridge.store.audit import FIRST_LINK, AuditLog, decode_record, wrong_record
from bridge.store.database import Database
from bridge.store.errors import damaged, translating
from bridge.store.home import DATABASE, GENERATION, MASTER_KEY, Passphrase, open_home, require_home
from bridge.store.hsm_row import read_hsm
from bridge.store.light import light_database
from bridge.store.schema import VERSION, tables, version_of
from bridge.store.seal import Sealer
from bridge.store.sql import SqlStorage

_AT_ONCE = 1000

_PART = "SELECT sequence, content FROM audit WHERE sequence >= ? ORDER BY sequence LIMIT ?"
_WHOLE = "SELECT sequence, content, link FROM audit ORDER BY sequence"

_BROKEN = (TypeError, ValueError, OverflowError)


def read_audit(home: Path, since: int = 0, pause: Callable[[], object] | None = None) -> Iterator[Record]:
    """Read the log of a home, which needs neither a login nor the passphrase; nothing is verified.

    Args:
        home: the folder.
        since: the sequence number to begin with.
        pause: called at the end of the log, to wait for more; None to end there.

    Raises:
        HsmError: as :func:`bridge.store.open_home`; ``DEVICE_ERROR`` for a record that cannot be read.
    """
    with translating(home):
        require_home(home)
        with closing(Database(home / DATABASE)) as database:
            while True:
                with database.reading() as connection:
                    old = "audit" not in tables(connection)
                    rows = [] if old else connection.execute(_PART, (since, _AT_ONCE)).fetchall()
                for sequence, content in rows:
                    yield decode_record(home, sequence, content)
                    since = sequence + 1
                if len(rows) == _AT_ONCE:
                    continue
                if pause is None:
                    return
                pause()


def verify_audit(home: Path, passphrase: Passphrase) -> int:
    """Find out whether the log of a home is what the HSM wrote; others may use the home meanwhile.

    Args:
        home: the folder.
        passphrase: asked only if the master key is sealed.

    Returns:
        How many records there are.

    Raises:
        HsmError: ``DEVICE_ERROR`` for the first record that is wrong, or a head that is, or does not fit the rest of
            the home; as :func:`bridge.store.open_home`.
    """
    with translating(home):
        require_home(home)
        key_file = home / MASTER_KEY
        text = passphrase() if keyring.needs_passphrase(key_file) else None
        master_key = keyring.read(key_file, text)
        with closing(Database(home / DATABASE)) as database, closing(light_database(home / DATABASE)) as light:
            with database.reading() as connection:
                old = version_of(connection, home) < VERSION
            if old:
                # It becomes what this version reads, unless it is not as old as it says.
                open_home(home, lambda: text).close()
            with database.reading() as connection:
                sealer = Sealer(master_key, read_hsm(connection, home).home_id)
                count = _verify_chain(connection, home, sealer)
            # An older head does not fit the ledger, which is checked with the whole state.
            storage = SqlStorage(home, database, light, home / GENERATION, sealer)
            try:
                storage.changes_since(0)
            finally:
                storage.close()
    return count


def _verify_chain(connection: Connection, home: Path, sealer: Sealer) -> int:
    """Follow the chain from the first record to the head, and return the number of records."""
    problem: HsmError | None = None
    length, last = None, FIRST_LINK
    try:
        head = AuditLog(home, sealer).head(connection)
        length, last = head.length, head.link
    except HsmError as error:
        # Which record is wrong, if any, is of more use.
        problem = error
    expected, link = 0, FIRST_LINK
    # Closed, so that no snapshot of the database is kept if this ends in the middle.
    with closing(connection.execute(_WHOLE)) as rows:
        for sequence, content, stored in rows:
            if sequence != expected:
                raise wrong_record(home, expected, "is missing")
            if length is not None and expected >= length:
                raise wrong_record(home, expected, "was not written by the HSM")
            try:
                link = sealer.link(link, sequence, content)
            except _BROKEN:
                link = FIRST_LINK
            if link != stored:
                raise wrong_record(home, expected, "is not what was written, or one was put in its place")
            expected += 1
    if problem is not None:
        raise problem
    if length is not None and expected < length:
        raise wrong_record(home, expected, "is missing, as are those after it")
    if link != last:
        raise damaged(home, "the head of its audit log belongs to other records")
    return expected
