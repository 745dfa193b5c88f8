"""What outlives the process: a home folder with sealed keys and users in SQLite."""

from bridge.store.audit_reading import read_audit, verify_audit
from bridge.store.home import (
    Passphrase,
    create_home,
    create_unactivated_home,
    default_home,
    open_home,
    passphrase_from_environment,
    require_home,
    require_no_home,
)
from bridge.store.occupancy import Occupancy, occupancy
from bridge.store.presence import HomePresence

__all__ = [
    "HomePresence",
    "Occupancy",
    "Passphrase",
    "create_home",
    "create_unactivated_home",
    "default_home",
    "occupancy",
    "open_home",
    "passphrase_from_environment",
    "read_audit",
    "require_home",
    "require_no_home",
    "verify_audit",
]
