"""The audit log on disk: records in a chain, and a sealed head that knows how many there are.

The link of a record is a keyed hash of the link before it, the record's sequence number and its content; the head holds
the last one, sealed. So no record is changed, removed, put in between, moved or cut off the end without the chain, or
the head, telling. Each change of the HSM's state binds the head to the ledger, so that an older head does not fit the
rest of the home. What cannot be told is an older head, together with the records of then, if the state has not changed
since; and an older copy of the whole home.

Every function takes a connection on which a transaction has begun. Appending holds the database's write lock, whoever
does it: sequence numbers have no gaps.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from sqlite3 import Connection
from typing import Any, NamedTuple

from bridge.engine.audit import Event, Opcode, Record
from bridge.engine.errors import HsmError, ReturnCode
from bridge.engine.users import Actor, Role
from bridge.store.errors import damaged
from bridge.store.seal import SealBroken, Sealer

AUDIT_NAME = b"audit log"
"""The name of the head in the ledger."""

FIRST_LINK = bytes(32)
"""What comes before the link of the first record."""

_READ_HEAD = "SELECT length, reboots, generation, sealed FROM audit_head"
_INSERT_HEAD = "INSERT INTO audit_head (length, reboots, generation, sealed) VALUES (?, ?, ?, ?)"
_UPDATE_HEAD = "UPDATE audit_head SET length = ?, reboots = ?, generation = ?, sealed = ?"
_INSERT_RECORD = "INSERT INTO audit (sequence, content, link) VALUES (?, ?, ?)"


class Head(NamedTuple):
    """The end of the log.

    Attributes:
        length: how many records there are.
        reboots: how often the HSM was switched on.
        generation: of the last change of the state.
        link: of the last record.
    """

    length: int
    reboots: int
    generation: int
    link: bytes


class AuditLog:
    """The log of one home."""

    def __init__(self, home: Path, sealer: Sealer) -> None:
        """Take the home's folder, for messages, and the seal of its records."""
        self._home = home
        self._sealer = sealer
        self._written: tuple[tuple[object, ...], Head] | None = None
        """The row that this process wrote last, and what it says; its seal is random, so no other row equals it."""

    def begin(self, connection: Connection, generation: int) -> bool:
        """Make the head of a log without records, if there is none; return whether it was made.

        The caller adds it to the ledger. If one had been removed it does not fit there.
        """
        if connection.execute(_READ_HEAD).fetchone() is not None:
            return False
        head = Head(0, 0, generation, FIRST_LINK)
        row = (*head[:3], self._sealed(head))
        connection.execute(_INSERT_HEAD, row)
        return True

    def opened(self, connection: Connection, *, first: bool) -> None:
        """Look at the head, which raises as :meth:`head`; count the first use of the HSM after nobody used it."""
        head = self.head(connection)
        if first:
            self._put(connection, head._replace(reboots=head.reboots + 1))

    def append(self, connection: Connection, events: Sequence[Event], generation: int | None = None) -> None:
        """Append records.

        Args:
            connection: see above.
            events: what happened, in its order.
            generation: of the state that the transaction makes; None if it changes nothing but the log.

        Raises:
            HsmError: ``DEVICE_ERROR`` if the head is not what was written.
        """
        if not events and generation is None:
            return
        count, reboots, bound, link = self.head(connection)
        for event in events:
            content = encode_event(event, reboots)
            link = self._sealer.link(link, count, content)
            connection.execute(_INSERT_RECORD, (count, content, link))
            count += 1
        self._put(connection, Head(count, reboots, bound if generation is None else generation, link))

    def head(self, connection: Connection) -> Head:
        """Return the end of the log.

        Raises:
            HsmError: ``DEVICE_ERROR`` if there is not exactly one, or it is not what was written.
        """
        rows = connection.execute(_READ_HEAD).fetchall()
        if self._written is not None and [self._written[0]] == rows:
            return self._written[1]
        try:
            ((length, reboots, generation, sealed),) = rows
            head = Head(length, reboots, generation, b"")
            return head._replace(link=self._sealer.open(AUDIT_NAME, length, _bound(head), sealed))
        except (SealBroken, TypeError, AttributeError, OverflowError, ValueError):
            raise damaged(self._home, "the head of its audit log fails its integrity check") from None

    def _put(self, connection: Connection, head: Head) -> None:
        row = (*head[:3], self._sealed(head))
        self._written = row, head
        connection.execute(_UPDATE_HEAD, row)

    def _sealed(self, head: Head) -> bytes:
        return self._sealer.seal(AUDIT_NAME, head.length, _bound(head), head.link)


def _bound(head: Head) -> bytes:
    return b"".join(number.to_bytes(8, "big") for number in head[:3])


def head_version(connection: Connection) -> dict[bytes, int | None]:
    """Return what the ledger knows of the log: the generation that the head is bound to, under its name."""
    rows = connection.execute("SELECT generation FROM audit_head").fetchall()
    return {AUDIT_NAME: rows[0][0]} if len(rows) == 1 else {}


def encode_event(event: Event, reboots: int) -> bytes:
    """Return the content of a record."""
    content: dict[str, object] = {
        "opcode": int(event.opcode),
        "time": event.time,
        "reboots": reboots,
        "session": event.session,
        "response": int(event.response),
    }
    optional: dict[str, object] = {
        "actor": event.actor and [event.actor.role.value, event.actor.name],
        "key": event.key,
        "public_key": event.public_key,
        "by": event.by,
        "user": event.user and [event.user.role.value, event.user.name],
    }
    content |= {name: value for name, value in optional.items() if value}
    return json.dumps(content, separators=(",", ":")).encode()


def decode_record(home: Path, sequence: int, content: bytes) -> Record:
    """Return a record; whether it is what was written is not checked.

    Raises:
        HsmError: ``DEVICE_ERROR`` if it cannot be read.
    """
    try:
        given: dict[str, Any] = json.loads(content)
        for name in ("actor", "user"):
            if name in given:
                role, user = given[name]
                given[name] = Actor(Role(role), user)
        response = given.pop("response")
        reboots = given.pop("reboots")
        event = Event(
            **given | {"opcode": Opcode(given["opcode"]), "response": ReturnCode(response) if response else 0}
        )
        return Record(sequence, reboots, event)
    except (ValueError, KeyError, TypeError, AttributeError):
        raise wrong_record(home, sequence, "is not what was written") from None


def wrong_record(home: Path, sequence: int, what: str) -> HsmError:
    """Return the refusal for a log that is not what the HSM wrote, from a record on.

    Args:
        home: the home's folder.
        sequence: the number of the first record that is wrong.
        what: what is wrong with it, as the end of a sentence.
    """
    return HsmError(
        ReturnCode.DEVICE_ERROR,
        f"The audit log of {home} was changed outside the HSM: record {sequence} (0x{sequence:x}) {what}.",
    )
