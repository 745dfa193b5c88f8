"""Locks that are free in a fork of this process, whichever of its parent's threads held them."""

from __future__ import annotations

import os
from typing import Protocol
from weakref import WeakSet


class Locking(Protocol):
    """Something with locks of its own."""

    def renew_locks(self) -> None:
        """Make its locks anew; called once at first, and once in each fork."""


_LOCKING: WeakSet[Locking] = WeakSet()


def renewed_in_forks(owner: Locking) -> None:
    """Have the locks of an object made, now and in forks, in which no thread but the one that forked goes on."""
    owner.renew_locks()
    _LOCKING.add(owner)


def _renew() -> None:
    for owner in list(_LOCKING):
        owner.renew_locks()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_renew)
