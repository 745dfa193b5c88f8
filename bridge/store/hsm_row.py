"""The one row of the table ``hsm``: which home it is, how far its state and its handles have come, and the ledger."""

from __future__ import annotations

from pathlib import Path
from sqlite3 import Connection
from typing import NamedTuple

from bridge.store.errors import damaged


class HsmRow(NamedTuple):
    """The row.

    Attributes:
        home_id: identifies the home.
        generation: of the last change of the state.
        next_handle: the first handle that nobody has got.
        ledger: sealed; see :mod:`bridge.store.ledger`.
    """

    home_id: bytes
    generation: int
    next_handle: int
    ledger: bytes


def insert_hsm(connection: Connection, row: HsmRow) -> None:
    """Write the row of a new home."""
    connection.execute("INSERT INTO hsm (home_id, generation, next_handle, ledger) VALUES (?, ?, ?, ?)", row)


def update_hsm(connection: Connection, row: HsmRow) -> None:
    """Replace the row, but for the home's identifier, which stays."""
    connection.execute("UPDATE hsm SET generation = ?, next_handle = ?, ledger = ?", row[1:])


def read_hsm(connection: Connection, home: Path) -> HsmRow:
    """Return the row of the HSM itself.

    Raises:
        HsmError: ``DEVICE_ERROR`` if there is not exactly one, or a column holds what was never written there.
    """
    rows = connection.execute("SELECT home_id, generation, next_handle, ledger FROM hsm").fetchall()
    if len(rows) == 1:
        row = HsmRow(*rows[0])
        numbers = (row.generation, row.next_handle)
        if (
            all(type(number) is int and number > 0 for number in numbers)
            and type(row.home_id) is type(row.ledger) is bytes
        ):
            return row
    raise damaged(home, "the record of the HSM itself is no such record")
