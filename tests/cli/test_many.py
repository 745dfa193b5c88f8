"""Options that take several values."""

from __future__ import annotations

import pytest

from bridge.cli.many import spread

NAMES = {"--filter", "--attributes"}


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("", ""),
        ("--filter a", "--filter a"),
        ("--filter a b c", "--filter a --filter b --filter c"),
        ("--filter=a b", "--filter=a --filter b"),
        ("--filter a --verbose", "--filter a --verbose"),
        ("--filter a b --verbose c", "--filter a --filter b --verbose c"),
        ("--filter a --attributes b c", "--filter a --attributes b --attributes c"),
        ("--filter a --filter b", "--filter a --filter b"),
        ("x --label a b", "x --label a b"),
        ("--filter --verbose", "--filter --verbose"),
        ("--filter a -- b c", "--filter a -- b c"),
    ],
)
def test_the_name_of_the_option_is_written_before_each_value(given: str, expected: str) -> None:
    assert spread(given.split(), NAMES) == expected.split()
