"""What outlives the process: a home folder with sealed keys and users in SQLite."""

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

__all__ = [
    "Passphrase",
    "create_home",
    "create_unactivated_home",
    "default_home",
    "open_home",
    "passphrase_from_environment",
    "require_home",
    "require_no_home",
]
