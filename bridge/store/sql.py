"""Users, settings and token keys in a database, sealed; implements :class:`bridge.engine.storage.Storage`."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from weakref import WeakSet

from sqlalchemy import Connection, Engine, Row, delete, insert, select, update

from bridge.engine.audit import Event
from bridge.engine.errors import HsmError, ReturnCode
from bridge.engine.objects import HsmObject
from bridge.engine.quorum import Token
from bridge.engine.settings import Settings
from bridge.engine.storage import Changes
from bridge.engine.users import User
from bridge.store.audit import AUDIT_NAME, AuditLog, head_version
from bridge.store.codec import (
    SETTINGS_NAME,
    decode_object,
    decode_settings,
    decode_token,
    decode_user,
    encode_object,
    encode_settings,
    encode_token,
    encode_user,
    object_name,
    token_name,
    user_name,
)
from bridge.store.errors import damaged, translating
from bridge.store.generation import Announced
from bridge.store.ledger import Ledger, extended, reseal
from bridge.store.light import LightWriter
from bridge.store.masking import LineageMasker
from bridge.store.schema import DESTROYED, HSM, OBJECTS, SETTINGS, TOKENS, USERS, HsmRow, read_hsm
from bridge.store.seal import SealBroken, Sealer
from bridge.store.sqlite import writing

_HANDLES_AT_ONCE = 1024

# A column that holds another type than was written is as broken as one that holds other bytes.
_BROKEN = (SealBroken, TypeError, AttributeError, OverflowError, ValueError)


class SqlStorage:
    """The storage of one home; one HSM in one process uses it."""

    def __init__(self, home: Path, engine: Engine, light: LightWriter, generation_file: Path, sealer: Sealer) -> None:
        """Take the home's folder, its open database, the file of the announced generation, and the seal of records."""
        self._home = home
        self._engine = engine
        self._light = light
        self._log = AuditLog(home, sealer)
        self._process = os.getpid()
        # Threads of one process wait for each other here, since SQLite would have them sleep and try again.
        self.turn = threading.RLock()
        self._closed = False
        self.sealer = sealer
        self.masker = LineageMasker(sealer)
        self._ledger = Ledger(sealer)
        self._seen = 0
        self._generation_file = generation_file
        self._left_behind: list[Announced] = []
        with translating(home):
            self._announced = Announced(generation_file)
        _OPEN.add(self)
        with self._writing() as connection:
            # After a power loss the announced number may be behind; here nobody else is committing.
            hsm = read_hsm(connection, home)
            self._announced.set(max(self._announced.get(), hsm.generation))
            if self._log.begin(connection.exec_driver_sql, hsm.generation):
                self._add_to_ledger(connection, hsm, AUDIT_NAME)

    def _add_to_ledger(self, connection: Connection, hsm: HsmRow, name: bytes) -> None:
        try:
            ledger = extended(self.sealer, hsm.generation, hsm.next_handle, hsm.ledger, name)
        except SealBroken:
            raise _hsm_damaged(self._home) from None
        connection.execute(update(HSM).values(ledger=ledger))

    def switch_on(self) -> None:
        """Count in the audit log that the HSM is in use again, if no other process has it open.

        Raises:
            HsmError: as :class:`bridge.engine.storage.Storage`.
        """
        with self._writing_lightly() as connection:
            self._log.opened(connection.execute, first=self._announced.is_first())

    def audit(self, events: Sequence[Event]) -> None:
        """See :meth:`bridge.engine.storage.Storage.audit`."""
        with self._writing_lightly() as connection:
            self._log.append(connection.execute, events)

    @property
    def identity(self) -> bytes:
        """See :attr:`bridge.engine.storage.Storage.identity`."""
        return self.sealer.home_id

    def is_current(self, generation: int) -> bool:
        """See :meth:`bridge.engine.storage.Storage.is_current`."""
        if self._closed:
            raise _closed(self._home)
        announced = self._announced
        if not announced.removed and announced.get() == generation:
            return True
        with self._reading() as connection:
            return read_hsm(connection, self._home).generation == generation

    def changes_since(self, generation: int) -> Changes:
        """See :meth:`bridge.engine.storage.Storage.changes_since`."""
        with self._reading() as connection:
            return self.changes(connection, generation)

    def allocate_handles(self) -> range:
        """See :meth:`bridge.engine.storage.Storage.allocate_handles`."""
        with self._writing() as connection:
            hsm = read_hsm(connection, self._home)
            after = hsm.next_handle + _HANDLES_AT_ONCE
            try:
                ledger = reseal(self.sealer, hsm.generation, hsm.next_handle, hsm.ledger, after)
            except SealBroken:
                raise _hsm_damaged(self._home) from None
            connection.execute(update(HSM).values(next_handle=after, ledger=ledger))
        return range(hsm.next_handle, after)

    @contextmanager
    def transaction(self) -> Iterator[SqlTransaction]:
        """See :meth:`bridge.engine.storage.Storage.transaction`."""
        with self._writing() as connection:
            transaction = SqlTransaction(self, connection, read_hsm(connection, self._home))
            yield transaction
            changed = bool(transaction.versions)
            generation = transaction.generation if changed else None
            self._log.append(connection.exec_driver_sql, transaction.events, generation)
            if changed:
                transaction.versions[AUDIT_NAME] = transaction.generation
                self._finish(transaction)

    def close(self) -> None:
        """See :meth:`bridge.engine.storage.Storage.close`."""
        if not self._closed:
            self._closed = True
            with self.turn:
                self._light.disconnect()
            self._engine.dispose()
            for announced in (self._announced, *self._left_behind):
                announced.close()

    def disconnect(self) -> None:
        """Close the connections that are not in use; the next use opens new ones."""
        if not self._closed and self._process == os.getpid():
            if self.turn.acquire(blocking=False):
                self._light.disconnect()
                self.turn.release()
            self._engine.dispose()

    def _finish(self, transaction: SqlTransaction) -> None:
        """Write the new generation and ledger, and announce them, as the last thing before the commit."""
        hsm = read_hsm(transaction.connection, self._home)
        ledger = self._ledger.seal(transaction.generation, hsm.next_handle, transaction.versions)
        transaction.connection.execute(update(HSM).values(generation=transaction.generation, ledger=ledger))
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
        with translating(self._home), self._database().connect() as connection:
            yield connection

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        with translating(self._home), self.turn, writing(self._database()).begin() as connection:
            yield connection

    @contextmanager
    def _writing_lightly(self) -> Iterator[sqlite3.Connection]:
        with translating(self._home), self.turn:
            if self._closed:
                raise _closed(self._home)
            with self._light.transaction() as connection:
                yield connection

    def _database(self) -> Engine:
        if self._closed:
            raise _closed(self._home)
        if self._process != os.getpid():
            # SQLite's connections do not outlive a fork: the child opens its own and leaves the parent's alone, should
            # another thread have used one at that moment.
            self._engine.dispose(close=False)
            self._process = os.getpid()
        return self._engine

    def changes(self, connection: Connection, since: int) -> Changes:
        """Return what happened after a generation, as seen through a connection; see :class:`Changes`."""
        hsm = read_hsm(connection, self._home)
        complete = since == 0 or since != self._seen
        newer = select(OBJECTS.c.handle, OBJECTS.c.generation, OBJECTS.c.readable, OBJECTS.c.sealed)
        rows = connection.execute(newer if complete else newer.where(OBJECTS.c.generation > since)).all()
        lost = select(DESTROYED.c.handle).where(DESTROYED.c.generation > since)
        gone = () if complete else tuple(connection.execute(lost).scalars())
        objects, broken = self._open_objects(rows)
        users = self._open_users(connection)
        settings, settings_versions = self._open_settings(connection)
        tokens = self._open_tokens(connection)
        try:
            versions: dict[bytes, int | None] = dict.fromkeys(map(object_name, gone))
            versions |= {object_name(row.handle): row.generation for row in rows}
            versions |= {user_name(user.role.value, user.name): generation for user, generation in users}
            versions |= settings_versions | head_version(connection.exec_driver_sql)
            versions |= {token_name(token.number): generation for token, generation in tokens}
            intact = self._follow(complete, hsm, versions)
        except _BROKEN:
            intact = False
        if not intact:
            self._seen = 0
            raise damaged(self._home, f"a record was removed, or replaced by an older one{_named(broken)}")
        self._seen = hsm.generation
        return Changes(
            hsm.generation,
            complete,
            objects,
            broken,
            gone,
            tuple(user for user, _ in users),
            settings,
            tuple(token for token, _ in tokens),
        )

    def _follow(self, complete: bool, hsm: HsmRow, versions: dict[bytes, int | None]) -> bool:
        if complete:
            self._ledger.clear()
        vanished = self._ledger.read_whole() - versions.keys()
        self._ledger.record({**dict.fromkeys(vanished), **versions})
        return self._ledger.matches(hsm.generation, hsm.next_handle, hsm.ledger)

    def _open_objects(
        self, rows: Sequence[Row[int, int, bytes, bytes]]
    ) -> tuple[tuple[HsmObject, ...], tuple[int, ...]]:
        objects, broken = [], []
        for handle, generation, readable, sealed in rows:
            try:
                material = self.sealer.open(object_name(handle), generation, readable, sealed)
            except _BROKEN:
                broken.append(handle)
            else:
                objects.append(decode_object(handle, readable, material))
        return tuple(objects), tuple(broken)

    def _open_users(self, connection: Connection) -> list[tuple[User, int]]:
        users = []
        columns = select(USERS.c.role, USERS.c.name, USERS.c.generation, USERS.c.sealed)
        for role, name, generation, sealed in connection.execute(columns):
            try:
                record = self.sealer.open(user_name(role, name), generation, b"", sealed)
            except _BROKEN:
                raise damaged(self._home, f"the record of {role} {name!r} fails its integrity check") from None
            users.append((decode_user(role, name, record), generation))
        return users

    def _open_tokens(self, connection: Connection) -> list[tuple[Token, int]]:
        tokens = []
        columns = select(TOKENS.c.number, TOKENS.c.generation, TOKENS.c.readable, TOKENS.c.sealed)
        for number, generation, readable, sealed in connection.execute(columns):
            try:
                self.sealer.open(token_name(number), generation, readable, sealed)
            except _BROKEN:
                raise damaged(self._home, "the record of a quorum token fails its integrity check") from None
            tokens.append((decode_token(readable), generation))
        return tokens

    def _open_settings(self, connection: Connection) -> tuple[Settings, dict[bytes, int | None]]:
        """Return the settings and the version of their record; a home that is older than settings has none."""
        rows = connection.execute(select(SETTINGS.c.generation, SETTINGS.c.readable, SETTINGS.c.sealed)).all()
        if not rows:
            return Settings(), {}
        try:
            ((generation, readable, sealed),) = rows
            self.sealer.open(SETTINGS_NAME, generation, readable, sealed)
        except _BROKEN:
            raise damaged(self._home, "the record of its settings fails its integrity check") from None
        return decode_settings(readable), {SETTINGS_NAME: generation}


_OPEN: WeakSet[SqlStorage] = WeakSet()


def _disconnect_all() -> None:
    """Let no connection be inherited by a fork.

    SQLite in the child would believe that it holds the locks that its parent took. When the parent has ended nobody
    holds them, so that the next process which closes the database takes itself for the last one and removes the log
    that the child still writes.
    """
    for storage in list(_OPEN):
        storage.disconnect()


def _renew_all() -> None:
    """Let no thread of the child wait for one that only the parent has."""
    for storage in list(_OPEN):
        storage.turn = threading.RLock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_disconnect_all, after_in_child=_renew_all)


class SqlTransaction:
    """Implements :class:`bridge.engine.storage.Transaction`.

    Attributes:
        connection: with the database's transaction begun.
        generation: of the state after it.
        versions: the records it changed, with their new generation, or None for those it removed.
        events: what it appends to the audit log.
    """

    def __init__(self, storage: SqlStorage, connection: Connection, hsm: HsmRow) -> None:
        """Begin from the state that the HSM's row tells of."""
        self._storage = storage
        self._sealer = storage.sealer
        self.connection = connection
        self.generation = hsm.generation + 1
        self.versions: dict[bytes, int | None] = {}
        self.events: list[Event] = []

    def changes_since(self, generation: int) -> Changes:
        """See :meth:`bridge.engine.storage.Transaction.changes_since`."""
        return self._storage.changes(self.connection, generation)

    def put_object(self, obj: HsmObject) -> None:
        """See :meth:`bridge.engine.storage.Transaction.put_object`."""
        name, readable = object_name(obj.handle), encode_object(obj)
        sealed = self._sealer.seal(name, self.generation, readable, obj.material)
        self.connection.execute(delete(OBJECTS).where(OBJECTS.c.handle == obj.handle))
        row = {"handle": obj.handle, "generation": self.generation, "readable": readable, "sealed": sealed}
        self.connection.execute(insert(OBJECTS).values(row))
        self.versions[name] = self.generation

    def delete_object(self, handle: int) -> None:
        """See :meth:`bridge.engine.storage.Transaction.delete_object`."""
        self.connection.execute(delete(OBJECTS).where(OBJECTS.c.handle == handle))
        self.connection.execute(insert(DESTROYED).values(handle=handle, generation=self.generation))
        self.versions[object_name(handle)] = None

    def put_user(self, user: User) -> None:
        """See :meth:`bridge.engine.storage.Transaction.put_user`."""
        role, name = user.role.value, user.name
        record = user_name(role, name)
        sealed = self._sealer.seal(record, self.generation, b"", encode_user(user))
        self.connection.execute(delete(USERS).where(USERS.c.role == role, USERS.c.name == name))
        row = {"role": role, "name": name, "generation": self.generation, "sealed": sealed}
        self.connection.execute(insert(USERS).values(row))
        self.versions[record] = self.generation

    def delete_user(self, user: User) -> None:
        """See :meth:`bridge.engine.storage.Transaction.delete_user`."""
        self.connection.execute(delete(USERS).where(USERS.c.role == user.role.value, USERS.c.name == user.name))
        self.versions[user_name(user.role.value, user.name)] = None

    def put_token(self, token: Token) -> None:
        """See :meth:`bridge.engine.storage.Transaction.put_token`."""
        name, readable = token_name(token.number), encode_token(token)
        sealed = self._sealer.seal(name, self.generation, readable, b"")
        row = {"number": token.number, "generation": self.generation, "readable": readable, "sealed": sealed}
        self.connection.execute(insert(TOKENS).values(row))
        self.versions[name] = self.generation

    def delete_token(self, token: Token) -> None:
        """See :meth:`bridge.engine.storage.Transaction.delete_token`."""
        self.connection.execute(delete(TOKENS).where(TOKENS.c.number == token.number))
        self.versions[token_name(token.number)] = None

    def put_settings(self, settings: Settings) -> None:
        """See :meth:`bridge.engine.storage.Transaction.put_settings`."""
        readable = encode_settings(settings)
        sealed = self._sealer.seal(SETTINGS_NAME, self.generation, readable, b"")
        self.connection.execute(delete(SETTINGS))
        row = {"generation": self.generation, "readable": readable, "sealed": sealed}
        self.connection.execute(insert(SETTINGS).values(row))
        self.versions[SETTINGS_NAME] = self.generation

    def audit(self, event: Event) -> None:
        """See :meth:`bridge.engine.storage.Transaction.audit`."""
        self.events.append(event)


def _named(broken: Sequence[object]) -> str:
    """Name broken records, whose handle may itself be what was changed, for the end of a sentence."""
    names = [f"0x{handle:016x}" if isinstance(handle, int) else "of no handle" for handle in broken]
    return f", and the record of key {', '.join(names)} is not what was written" if names else ""


def _hsm_damaged(home: Path) -> HsmError:
    return damaged(home, "the record of the HSM itself fails its integrity check")


def _closed(home: Path) -> HsmError:
    return HsmError(ReturnCode.SESSION_CLOSED, f"The HSM of {home} was closed in this process; open it again.")
