"""One set of changes to a home's records; implements :class:`bridge.engine.storage.Transaction`."""

from __future__ import annotations

from sqlite3 import Connection

from bridge.engine.audit import Event
from bridge.engine.objects import HsmObject
from bridge.engine.quorum import Token
from bridge.engine.settings import Settings
from bridge.engine.storage import Changes
from bridge.engine.users import User
from bridge.store.codec import (
    SETTINGS_NAME,
    encode_object,
    encode_settings,
    encode_token,
    encode_user,
    object_name,
    token_name,
    user_name,
)
from bridge.store.records import Records
from bridge.store.seal import Sealer

_DELETE_FROM_OBJECTS = "DELETE FROM objects WHERE handle = ?"
_INSERT_INTO_OBJECTS = "INSERT INTO objects (handle, generation, readable, sealed) VALUES (?, ?, ?, ?)"
_INSERT_INTO_DESTROYED = "INSERT INTO destroyed (handle, generation) VALUES (?, ?)"

_DELETE_FROM_USERS = "DELETE FROM users WHERE role = ? AND name = ?"
_INSERT_INTO_USERS = "INSERT INTO users (role, name, generation, sealed) VALUES (?, ?, ?, ?)"

_DELETE_FROM_TOKENS = "DELETE FROM tokens WHERE number = ?"
_INSERT_INTO_TOKENS = "INSERT INTO tokens (number, generation, readable, sealed) VALUES (?, ?, ?, ?)"

_DELETE_FROM_SETTINGS = "DELETE FROM settings"
_INSERT_INTO_SETTINGS = "INSERT INTO settings (generation, readable, sealed) VALUES (?, ?, ?)"


class SqlTransaction:
    """The changes of one transaction.

    Attributes:
        connection: with the database's transaction begun.
        generation: of the state after it.
        versions: the records it changed, with their new generation, or None for those it removed.
        events: what it appends to the audit log.
    """

    def __init__(self, records: Records, sealer: Sealer, connection: Connection, generation: int) -> None:
        """Begin changes that make the state of a generation."""
        self._records = records
        self._sealer = sealer
        self.connection = connection
        self.generation = generation
        self.versions: dict[bytes, int | None] = {}
        self.events: list[Event] = []

    def changes_since(self, generation: int) -> Changes:
        """See :meth:`bridge.engine.storage.Transaction.changes_since`."""
        return self._records.changes(self.connection, generation)

    def put_object(self, obj: HsmObject) -> None:
        """See :meth:`bridge.engine.storage.Transaction.put_object`."""
        name, readable = object_name(obj.handle), encode_object(obj)
        sealed = self._sealer.seal(name, self.generation, readable, obj.material)
        self.connection.execute(_DELETE_FROM_OBJECTS, (obj.handle,))
        self.connection.execute(_INSERT_INTO_OBJECTS, (obj.handle, self.generation, readable, sealed))
        self.versions[name] = self.generation

    def delete_object(self, handle: int) -> None:
        """See :meth:`bridge.engine.storage.Transaction.delete_object`."""
        self.connection.execute(_DELETE_FROM_OBJECTS, (handle,))
        self.connection.execute(_INSERT_INTO_DESTROYED, (handle, self.generation))
        self.versions[object_name(handle)] = None

    def put_user(self, user: User) -> None:
        """See :meth:`bridge.engine.storage.Transaction.put_user`."""
        role, name = user.role.value, user.name
        record = user_name(role, name)
        sealed = self._sealer.seal(record, self.generation, b"", encode_user(user))
        self.connection.execute(_DELETE_FROM_USERS, (role, name))
        self.connection.execute(_INSERT_INTO_USERS, (role, name, self.generation, sealed))
        self.versions[record] = self.generation

    def delete_user(self, user: User) -> None:
        """See :meth:`bridge.engine.storage.Transaction.delete_user`."""
        self.connection.execute(_DELETE_FROM_USERS, (user.role.value, user.name))
        self.versions[user_name(user.role.value, user.name)] = None

    def put_token(self, token: Token) -> None:
        """See :meth:`bridge.engine.storage.Transaction.put_token`."""
        name, readable = token_name(token.number), encode_token(token)
        sealed = self._sealer.seal(name, self.generation, readable, b"")
        self.connection.execute(_INSERT_INTO_TOKENS, (token.number, self.generation, readable, sealed))
        self.versions[name] = self.generation

    def delete_token(self, token: Token) -> None:
        """See :meth:`bridge.engine.storage.Transaction.delete_token`."""
        self.connection.execute(_DELETE_FROM_TOKENS, (token.number,))
        self.versions[token_name(token.number)] = None

    def put_settings(self, settings: Settings) -> None:
        """See :meth:`bridge.engine.storage.Transaction.put_settings`."""
        readable = encode_settings(settings)
        sealed = self._sealer.seal(SETTINGS_NAME, self.generation, readable, b"")
        self.connection.execute(_DELETE_FROM_SETTINGS)
        self.connection.execute(_INSERT_INTO_SETTINGS, (self.generation, readable, sealed))
        self.versions[SETTINGS_NAME] = self.generation

    def audit(self, event: Event) -> None:
        """See :meth:`bridge.engine.storage.Transaction.audit`."""
        self.events.append(event)
