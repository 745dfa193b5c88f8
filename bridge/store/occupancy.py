"""How full a home is; it takes neither the master key nor a login."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from bridge.engine.settings import PROFILES, Settings
from bridge.store.codec import decode_settings
from bridge.store.database import Database
from bridge.store.errors import translating
from bridge.store.home import DATABASE, require_home

_COUNTS = "SELECT (SELECT count(*) FROM objects), (SELECT count(*) FROM users)"


class Occupancy(NamedTuple):
    """What lies in a home.

    Attributes:
        keys: how many token keys.
        users: how many users.
        most_users: how many there can be.
    """

    keys: int
    users: int
    most_users: int


def occupancy(home: Path) -> Occupancy:
    """Count what lies in a home.

    Raises:
        HsmError: as :func:`bridge.store.open_home`.
    """
    with translating(home):
        require_home(home)
        with closing(Database(home / DATABASE)) as database, database.reading() as connection:
            keys, users = connection.execute(_COUNTS).fetchone()
            row = connection.execute("SELECT readable FROM settings").fetchone()
            settings = Settings() if row is None else decode_settings(row[0])
            return Occupancy(keys, users, PROFILES[settings.hsm_type].users)
