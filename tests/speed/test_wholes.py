"""Whole programs, measured on small things."""

from __future__ import annotations

import pytest

from bridge.engine import HsmError
from bridge.speed.operations import MIB
from bridge.speed.stage import stage
from bridge.speed.wholes import opening, signing


def test_opening_a_home_ends_with_a_signature_and_tells_keys_and_memory() -> None:
    much = bytearray(b"m") * (300 * MIB)
    with stage(keys=3) as place:
        (opened,) = opening(place, 1)
    assert len(much) / MIB > opened.memory, "it is that of the process that opens, not of the one that starts it"
    assert opened.keys == 5
    assert 0 < opened.seconds < 60
    assert opened.memory > 10


def test_jars_are_signed_by_both() -> None:
    told: list[tuple[str, int, int]] = []
    with stage() as place:
        signed = signing(place, (2, 3), 1, lambda *arguments: told.append(arguments))
    assert {number: len(seconds) for number, seconds in signed.ours.items()} == {2: 1, 3: 1}
    assert len(signed.stock) == 1
    assert told == [("signing jars", 0, 1)]


def test_a_program_that_fails_says_why() -> None:
    with stage() as place:
        nobody = place._replace(environment={**place.environment, "HSM_USER": "nobody"})
        with pytest.raises(HsmError, match="Wrong password, or no crypto-user 'nobody'"):
            opening(nobody, 1)
