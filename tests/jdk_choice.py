"""Which JDKs a test runs on: all that it is written for, or, so that a run stays short, one of them.

The tests of the stock tools run on every JDK. Others take turns, always the same ones, so that in each file some run
on the oldest JDK and some on the newest. ``--every-jdk``, which ``make soak`` gives, runs all of them on all.
"""

from __future__ import annotations

import zlib
from collections import defaultdict
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import pytest

from bridge.jvm import find_jdk
from bridge.jvm.jdk import OLDEST, release

_ON_EVERY_JDK = ("tests/tools/test_stock_",)


@cache
def jdks() -> Sequence[Path]:
    """The oldest and the newest JDK of this machine that the project supports; one if they are the same."""
    homes = {find_jdk().resolve(), *(home.resolve() for home in Path("/usr/lib/jvm").glob("*"))}
    usable = sorted((home for home in homes if release(home) >= OLDEST), key=release)
    return tuple(dict.fromkeys([usable[0], usable[-1]]))


def left_out(items: Sequence[pytest.Item]) -> list[pytest.Item]:
    """Return the tests that run on another JDK this time."""
    groups: dict[str, list[pytest.Item]] = defaultdict(list)
    for item in items:
        jdk = _jdk(item)
        if jdk is not None and not item.nodeid.startswith(_ON_EVERY_JDK):
            groups[item.nodeid.replace(f"jdk{release(jdk)}", "").replace(jdk.name, "")].append(item)
    return [
        item
        for name, group in groups.items()
        for number, item in enumerate(group)
        if number != zlib.crc32(name.encode()) % len(group)
    ]


def _jdk(item: pytest.Item) -> Path | None:
    """Return the JDK that is a parameter of a test; None if it has none."""
    spec = getattr(item, "callspec", None)
    if spec is None:
        return None
    known = jdks()
    return next((value for value in spec.params.values() if isinstance(value, Path) and value in known), None)
