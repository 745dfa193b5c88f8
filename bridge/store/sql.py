"""Users and token keys in a database, sealed; implements :class:`bridge.engine.storage.Storage`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine, Row, delete, insert, select, update

from bridge.engine.objects import HsmObject
from bridge.engine.storage import Changes
from bridge.engine.users import User
from bridge.store.codec import decode_object, decode_user, encode_object, encode_user, object_name, user_name
from bridge.store.errors import damaged, translating
from bridge.store.generation import Announced
from bridge.store.ledger import Ledger
from bridge.store.schema import DESTROYED, HSM, OBJECTS, USERS
from bridge.store.seal import SealBroken, Sealer
from bridge.store.sqlite import writing

_HANDLES_AT_ONCE = 1024

# A column that holds another type than was written is as broken as one that holds other bytes.
_BROKEN = (SealBroken, TypeError, AttributeError, OverflowError)


class SqlStorage:
    """The storage of one home; one HSM in one process uses it."""

    def __init__(self, home: Path, engine: Engine, announced: Announced, sealer: Sealer) -> None:
        self._home = home
        self._engine = engine
        self._announced = announced
        self._sealer = sealer
        self._ledger = Ledger(sealer)
        self._broken: set[int] = set()
        self._seen = 0
        with translating(home), writing(engine).begin() as connection:
            # After a power loss the announced number may be behind; only here is nobody else committing.
            announced.set(max(announced.get(), _generation(connection)))

    def is_current(self, generation: int) -> bool:
        """See :meth:`bridge.engine.storage.Storage.is_current`."""
        if self._announced.get() == generation:
            return True
        with translating(self._home), self._engine.connect() as connection:
            return _generation(connection) == generation

    def changes_since(self, generation: int) -> Changes:
        """See :meth:`bridge.engine.storage.Storage.changes_since`."""
        with translating(self._home), self._engine.connect() as connection:
            return self._changes(connection, generation)

    def allocate_handles(self) -> range:
        """See :meth:`bridge.engine.storage.Storage.allocate_handles`."""
        with translating(self._home), writing(self._engine).begin() as connection:
            first = int(connection.execute(select(HSM.c.next_handle)).scalar_one())
            connection.execute(update(HSM).values(next_handle=first + _HANDLES_AT_ONCE))
        return range(first, first + _HANDLES_AT_ONCE)

    @contextmanager
    def transaction(self) -> Iterator[SqlTransaction]:
        """See :meth:`bridge.engine.storage.Storage.transaction`."""
        with translating(self._home), writing(self._engine).begin() as connection:
            transaction = SqlTransaction(self, connection)
            yield transaction
            transaction.finish()

    def _require_intact(self) -> None:
        if self._broken:
            handles = ", ".join(f"0x{handle:016x}" for handle in sorted(self._broken))
            raise damaged(self._home, f"the stored record of key {handles} fails its integrity check")

    def close(self) -> None:
        """See :meth:`bridge.engine.storage.Storage.close`."""
        self._engine.dispose()
        self._announced.close()

    def _changes(self, connection: Connection, since: int) -> Changes:
        hsm = connection.execute(select(HSM.c.generation, HSM.c.ledger)).one()
        complete = since == 0 or since != self._seen
        newer = select(OBJECTS.c.handle, OBJECTS.c.generation, OBJECTS.c.readable, OBJECTS.c.sealed)
        rows = connection.execute(newer if complete else newer.where(OBJECTS.c.generation > since)).all()
        lost = select(DESTROYED.c.handle).where(DESTROYED.c.generation > since)
        gone = () if complete else tuple(connection.execute(lost).scalars())
        objects, broken = self._open_objects(rows)
        self._broken = set(broken) if complete else self._broken | set(broken)
        users = self._open_users(connection)
        if not self._broken:
            versions = {object_name(row.handle): row.generation for row in rows}
            versions |= {user_name(user.role.value, user.name): generation for user, generation in users}
            self._check_ledger(complete, hsm, {**dict.fromkeys(map(object_name, gone)), **versions})
        self._seen = hsm.generation
        return Changes(hsm.generation, complete, objects, broken, gone, tuple(user for user, _ in users))

    def _check_ledger(self, complete: bool, hsm: Row[int, bytes], versions: dict[bytes, int | None]) -> None:
        if complete:
            self._ledger.clear()
        vanished = self._ledger.users() - versions.keys()
        self._ledger.record({**dict.fromkeys(vanished), **versions})
        try:
            intact = self._ledger.matches(hsm.generation, hsm.ledger)
        except _BROKEN:
            intact = False
        if not intact:
            raise damaged(self._home, "a record was removed or replaced by an older one")

    def _open_objects(
        self, rows: Sequence[Row[int, int, bytes, bytes]]
    ) -> tuple[tuple[HsmObject, ...], tuple[int, ...]]:
        objects, broken = [], []
        for handle, generation, readable, sealed in rows:
            try:
                material = self._sealer.open(object_name(handle), generation, readable, sealed)
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
                record = self._sealer.open(user_name(role, name), generation, b"", sealed)
            except _BROKEN:
                raise damaged(self._home, f"the record of {role} {name!r} fails its integrity check") from None
            users.append((decode_user(role, name, record), generation))
        return users


class SqlTransaction:
    """Implements :class:`bridge.engine.storage.Transaction`."""

    def __init__(self, storage: SqlStorage, connection: Connection) -> None:
        self._storage = storage
        self._connection = connection
        self._generation = _generation(connection) + 1
        self._versions: dict[bytes, int | None] = {}

    def changes_since(self, generation: int) -> Changes:
        """See :meth:`bridge.engine.storage.Transaction.changes_since`."""
        changes = self._storage._changes(self._connection, generation)
        self._storage._require_intact()
        return changes

    def put_object(self, obj: HsmObject) -> None:
        """See :meth:`bridge.engine.storage.Transaction.put_object`."""
        name = object_name(obj.handle)
        readable = encode_object(obj)
        sealed = self._storage._sealer.seal(name, self._generation, readable, obj.material)
        self._connection.execute(delete(OBJECTS).where(OBJECTS.c.handle == obj.handle))
        self._connection.execute(
            insert(OBJECTS).values(handle=obj.handle, generation=self._generation, readable=readable, sealed=sealed)
        )
        self._versions[name] = self._generation

    def delete_object(self, handle: int) -> None:
        """See :meth:`bridge.engine.storage.Transaction.delete_object`."""
        self._connection.execute(delete(OBJECTS).where(OBJECTS.c.handle == handle))
        self._connection.execute(insert(DESTROYED).values(handle=handle, generation=self._generation))
        self._versions[object_name(handle)] = None

    def put_user(self, user: User) -> None:
        """See :meth:`bridge.engine.storage.Transaction.put_user`."""
        role, name = user.role.value, user.name
        record = user_name(role, name)
        sealed = self._storage._sealer.seal(record, self._generation, b"", encode_user(user))
        self._connection.execute(delete(USERS).where(USERS.c.role == role, USERS.c.name == name))
        self._connection.execute(insert(USERS).values(role=role, name=name, generation=self._generation, sealed=sealed))
        self._versions[record] = self._generation

    def finish(self) -> None:
        """Write the new generation and ledger, and announce them, as the last thing before the commit."""
        if not self._versions:
            return
        ledger = self._storage._ledger.seal(self._generation, self._versions)
        self._connection.execute(update(HSM).values(generation=self._generation, ledger=ledger))
        self._storage._announced.set(self._generation)


def _generation(connection: Connection) -> int:
    return int(connection.execute(select(HSM.c.generation)).scalar_one())
