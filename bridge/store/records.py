"""Reading the records of a home: each is what the HSM wrote, and together they are all that it wrote."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from sqlite3 import Connection

from bridge.engine.objects import HsmObject
from bridge.engine.quorum import Token
from bridge.engine.settings import Settings
from bridge.engine.storage import Changes
from bridge.engine.users import User
from bridge.store.audit import head_version
from bridge.store.codec import (
    SETTINGS_NAME,
    decode_object,
    decode_settings,
    decode_token,
    decode_user,
    object_name,
    token_name,
    user_name,
)
from bridge.store.errors import damaged
from bridge.store.hsm_row import HsmRow, read_hsm
from bridge.store.ledger import Ledger
from bridge.store.seal import SealBroken, Sealer

_NEWER = " WHERE generation > ?"
_OBJECTS = "SELECT handle, generation, readable, sealed FROM objects"
_DESTROYED = "SELECT handle FROM destroyed"
_USERS = "SELECT role, name, generation, sealed FROM users"
_TOKENS = "SELECT number, generation, readable, sealed FROM tokens"
_SETTINGS = "SELECT generation, readable, sealed FROM settings"

# A column that holds another type than was written is as broken as one that holds other bytes.
_BROKEN = (SealBroken, TypeError, AttributeError, OverflowError, ValueError)


class Records:
    """The records of one home, and what was last seen of them."""

    def __init__(self, home: Path, sealer: Sealer) -> None:
        """Take the home's folder, for messages, and the seal of its records."""
        self._home = home
        self._sealer = sealer
        self._ledger = Ledger(sealer)
        self._seen = 0

    def ledger_after(self, generation: int, next_handle: int, versions: dict[bytes, int | None]) -> bytes:
        """Return the sealed ledger of the state after changes to the one last seen; see :meth:`Ledger.seal`."""
        return self._ledger.seal(generation, next_handle, versions)

    def changes(self, connection: Connection, since: int) -> Changes:
        """Return what happened after a generation; see :class:`Changes`.

        Args:
            connection: with a transaction begun.
            since: the generation; 0 for everything.

        Raises:
            HsmError: ``DEVICE_ERROR`` if a record other than a key's is not what was written, or one is gone.
        """
        hsm = read_hsm(connection, self._home)
        complete = since == 0 or since != self._seen
        if complete:
            rows, lost = connection.execute(_OBJECTS).fetchall(), []
        else:
            rows = connection.execute(_OBJECTS + _NEWER, (since,)).fetchall()
            lost = connection.execute(_DESTROYED + _NEWER, (since,)).fetchall()
        gone = tuple(handle for (handle,) in lost)
        objects, broken = self._open_objects(rows)
        users = self._open_users(connection)
        settings, settings_versions = self._open_settings(connection)
        tokens = self._open_tokens(connection)
        try:
            versions: dict[bytes, int | None] = dict.fromkeys(map(object_name, gone))
            versions |= {object_name(handle): generation for handle, generation, _, _ in rows}
            versions |= {user_name(user.role.value, user.name): generation for user, generation in users}
            versions |= settings_versions | head_version(connection)
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
        self, rows: Sequence[tuple[int, int, bytes, bytes]]
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
        for role, name, generation, sealed in connection.execute(_USERS).fetchall():
            try:
                record = self._sealer.open(user_name(role, name), generation, b"", sealed)
            except _BROKEN:
                raise damaged(self._home, f"the record of {role} {name!r} fails its integrity check") from None
            users.append((decode_user(role, name, record), generation))
        return users

    def _open_tokens(self, connection: Connection) -> list[tuple[Token, int]]:
        tokens = []
        for number, generation, readable, sealed in connection.execute(_TOKENS).fetchall():
            try:
                self._sealer.open(token_name(number), generation, readable, sealed)
            except _BROKEN:
                raise damaged(self._home, "the record of a quorum token fails its integrity check") from None
            tokens.append((decode_token(readable), generation))
        return tokens

    def _open_settings(self, connection: Connection) -> tuple[Settings, dict[bytes, int | None]]:
        """Return the settings and the version of their record; a home that is older than settings has none."""
        rows = connection.execute(_SETTINGS).fetchall()
        if not rows:
            return Settings(), {}
        try:
            ((generation, readable, sealed),) = rows
            self._sealer.open(SETTINGS_NAME, generation, readable, sealed)
        except _BROKEN:
            raise damaged(self._home, "the record of its settings fails its integrity check") from None
        return decode_settings(readable), {SETTINGS_NAME: generation}


def _named(broken: Sequence[object]) -> str:
    """Name broken records, whose handle may itself be what was changed, for the end of a sentence."""
    names = [f"0x{handle:016x}" if isinstance(handle, int) else "of no handle" for handle in broken]
    return f", and the record of key {', '.join(names)} is not what was written" if names else ""
