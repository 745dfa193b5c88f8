"""Users, settings and token keys in a database, sealed; implements :class:`bridge.engine.storage.Storage`."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from sqlite3 import Connection

from bridge.engine.audit import Event
from bridge.engine.errors import HsmError, ReturnCode
from bridge.engine.forks import renewed_in_forks
from bridge.engine.storage import Changes
from bridge.store.audit import AUDIT_NAME, AuditLog
from bridge.store.database import Database
from bridge.store.errors import damaged, translating
from bridge.store.generation import Announced
from bridge.store.hsm_row import HsmRow, read_hsm, update_hsm
from bridge.store.ledger import extended, reseal
from bridge.store.masking import LineageMasker
from bridge.store.records import Records
from bridge.store.seal import SealBroken, Sealer
from bridge.store.transaction import SqlTransaction

_HANDLES_AT_ONCE = 1024


class SqlStorage:
    """The storage of one home; one HSM in one process uses it."""

    def __init__(self, home: Path, database: Database, light: Database, generation_file: Path, sealer: Sealer) -> None:
        """Begin to use a home.

        Args:
            home: the folder.
            database: its own from now on.
            light: the same, with commits that do not wait for the disk.
            generation_file: the file of the announced generation.
            sealer: the seal of records.

        Raises:
            HsmError: as :class:`bridge.engine.storage.Storage`.
        """
        self._home = home
        self._database = database
        self._light = light
        self._log = AuditLog(home, sealer)
        # Threads of one process wait for each other here, since SQLite would have them sleep and try again.
        renewed_in_forks(self)
        self._closed = False
        self.masker = LineageMasker(sealer)
        self._sealer = sealer
        self._records = Records(home, sealer)
        self._generation_file = generation_file
        self._left_behind: list[Announced] = []
        with translating(home):
            self._announced = Announced(generation_file)
        with self._writing() as connection:
            # After a power loss the announced number may be behind; here nobody else is committing.
            hsm = read_hsm(connection, home)
            self._announced.set(max(self._announced.get(), hsm.generation))
            if self._log.begin(connection, hsm.generation):
                self._add_to_ledger(connection, hsm, AUDIT_NAME)

    def renew_locks(self) -> None:
        """See :class:`bridge.engine.forks.Locking`."""
        self.turn = threading.RLock()

    def _add_to_ledger(self, connection: Connection, hsm: HsmRow, name: bytes) -> None:
        try:
            ledger = extended(self._sealer, hsm.generation, hsm.next_handle, hsm.ledger, name)
        except SealBroken:
            raise _hsm_damaged(self._home) from None
        update_hsm(connection, hsm._replace(ledger=ledger))

    def switch_on(self) -> None:
        """Count in the audit log that the HSM is in use again, if no other process has it open.

        Raises:
            HsmError: as :class:`bridge.engine.storage.Storage`.
        """
        with self._writing_lightly() as connection:
            self._log.opened(connection, first=self._announced.is_first())

    def audit(self, events: Sequence[Event]) -> None:
        """See :meth:`bridge.engine.storage.Storage.audit`."""
        with self._writing_lightly() as connection:
            self._log.append(connection, events)

    @property
    def identity(self) -> bytes:
        """See :attr:`bridge.engine.storage.Storage.identity`."""
        return self._sealer.home_id

    def is_current(self, generation: int) -> bool:
        """See :meth:`bridge.engine.storage.Storage.is_current`."""
        self._require_open()
        try:
            if self._announced.is_newest(generation):
                return True
        except (ValueError, OSError):
            # Its file and memory are gone if another thread has closed the home just now.
            self._require_open()
            raise
        with self._reading() as connection:
            return read_hsm(connection, self._home).generation == generation

    def changes_since(self, generation: int) -> Changes:
        """See :meth:`bridge.engine.storage.Storage.changes_since`."""
        with self._reading() as connection:
            return self._records.changes(connection, generation)

    def allocate_handles(self) -> range:
        """See :meth:`bridge.engine.storage.Storage.allocate_handles`."""
        with self._writing() as connection:
            hsm = read_hsm(connection, self._home)
            after = hsm.next_handle + _HANDLES_AT_ONCE
            try:
                ledger = reseal(self._sealer, hsm.generation, hsm.next_handle, hsm.ledger, after)
            except SealBroken:
                raise _hsm_damaged(self._home) from None
            update_hsm(connection, hsm._replace(next_handle=after, ledger=ledger))
        return range(hsm.next_handle, after)

    @contextmanager
    def transaction(self) -> Iterator[SqlTransaction]:
        """See :meth:`bridge.engine.storage.Storage.transaction`."""
        with self._writing() as connection:
            generation = read_hsm(connection, self._home).generation + 1
            transaction = SqlTransaction(self._records, self._sealer, connection, generation)
            yield transaction
            changed = bool(transaction.versions)
            self._log.append(connection, transaction.events, generation if changed else None)
            if changed:
                transaction.versions[AUDIT_NAME] = generation
                self._finish(transaction)

    def close(self) -> None:
        """See :meth:`bridge.engine.storage.Storage.close`."""
        if not self._closed:
            self._closed = True
            # Who is writing may end that first.
            with self.turn:
                self._light.close()
                self._database.close()
            for announced in (self._announced, *self._left_behind):
                announced.close()

    def _finish(self, transaction: SqlTransaction) -> None:
        """Write the new generation and ledger, and announce them, as the last thing before the commit."""
        hsm = read_hsm(transaction.connection, self._home)
        ledger = self._records.ledger_after(transaction.generation, hsm.next_handle, transaction.versions)
        update_hsm(transaction.connection, hsm._replace(generation=transaction.generation, ledger=ledger))
        self._follow_removal()
        self._announced.set(transaction.generation)

    def _follow_removal(self) -> None:
        """Share the file that other processes share, after somebody removed the one that is open."""
        if self._announced.removed:
            # Other threads may be reading the old one.
            self._left_behind.append(self._announced)
            self._announced = Announced(self._generation_file)

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        self._require_open()
        with translating(self._home), self._database.reading() as connection:
            yield connection

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        with translating(self._home), self.turn:
            self._require_open()
            with self._database.writing() as connection:
                yield connection

    @contextmanager
    def _writing_lightly(self) -> Iterator[Connection]:
        with translating(self._home), self.turn:
            self._require_open()
            with self._light.writing() as connection:
                yield connection

    def _require_open(self) -> None:
        if self._closed:
            raise HsmError(
                ReturnCode.SESSION_CLOSED, f"The HSM of {self._home} was closed in this process; open it again."
            )


def _hsm_damaged(home: Path) -> HsmError:
    return damaged(home, "the record of the HSM itself fails its integrity check")
