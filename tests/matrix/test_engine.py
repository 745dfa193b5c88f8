"""The whole matrix in the engine: every role and relation, operation, class of keys and attribute state."""

from __future__ import annotations

import pytest

from bridge.engine import Session
from matrix.doors import Inputs, as_before, calls, make, outcome
from matrix.table import CHANGES, STATES, Kind, Operation, State, Who, cases, expected


def test_the_matrix_is_whole() -> None:
    table = list(cases(STATES))
    assert len(table) == len(set(table)) == len(Who) * len(Operation) * len(Kind) * 2 ** len(State._fields)
    outcomes = [expected(case) for case in table]
    assert outcomes.count(None) > 1000
    assert len(set(outcomes)) > 8


@pytest.mark.parametrize("kind", Kind)
def test_every_cell(users: dict[Who, Session], kind: Kind) -> None:
    owner = users[Who.OWNER]
    inputs = Inputs(owner, users)
    wrong = []
    for state in STATES:
        handle = make(owner, kind, state)
        for case in cases([state]):
            if case.kind is not kind:
                continue
            before = owner.info(handle)
            got, message = outcome(calls(users[case.who], case, handle, inputs))
            if got != expected(case):
                wrong.append(f"{case}: {got!r} {message}, not {expected(case)!r}")
            if got is not None or case.operation not in CHANGES:
                assert owner.info(handle) == before, case
            else:
                handle = as_before(owner, users[Who.ADMIN], case, handle)
    assert not wrong, "\n".join(wrong)
