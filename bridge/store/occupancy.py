"""How full a home is; it takes neither the master key nor a login."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from sqlalchemy import func, select

from bridge.engine.settings import PROFILES, Settings
from bridge.store.codec import decode_settings
from bridge.store.errors import translating
from bridge.store.home import DATABASE, require_home
from bridge.store.schema import OBJECTS, SETTINGS, USERS
from bridge.store.sqlite import open_database


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
        engine = open_database(home / DATABASE)
        try:
            with engine.connect() as connection:
                counts = (connection.execute(select(func.count()).select_from(table)) for table in (OBJECTS, USERS))
                keys, users = (count.scalar_one() for count in counts)
                readable = connection.execute(select(SETTINGS.c.readable)).scalar()
                settings = Settings() if readable is None else decode_settings(readable)
                return Occupancy(keys, users, PROFILES[settings.hsm_type].users)
        finally:
            engine.dispose()
