"""Runs files of vectors and counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from wycheproof.jca import Keys, Mismatch, Refused
from wycheproof.kind import Kind
from wycheproof.kinds import KINDS
from wycheproof.limits import NotApplicable
from wycheproof.policy import Expected, expected
from wycheproof.vectors import Foreign, Group, Test, read


@dataclass
class FileReport:
    """What became of one file.

    Attributes:
        name: of the file.
        passed: how many vectors did.
        failures: one message for each vector that did not.
        left_out: how many were not applicable, by reason.
        foreign: why the file as a whole is not applicable, if it has no vectors.
    """

    name: str
    passed: int = 0
    failures: list[str] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)
    foreign: str = ""

    def lines(self) -> Iterator[str]:
        """Return the line of the file, and one for each failure before it."""
        for failure in self.failures:
            yield f"FAILED {self.name} {failure}"
        if self.foreign:
            yield f"{self.name}  not applicable: {self.foreign}"
            return
        reasons = "; ".join(f"{reason}: {count}" for reason, count in sorted(self.left_out.items()))
        line = f"{self.name}  passed {self.passed}  failed {len(self.failures)}"
        yield f"{line}  not applicable {self.left_out.total()}{f' ({reasons})' if reasons else ''}"


def run_file(path: Path) -> FileReport:
    """Run all vectors of a file through the provider.

    Args:
        path: of the file.

    Returns:
        The counts and failures.

    Raises:
        Malformed: if the file cannot be read as vectors.
    """
    report = FileReport(path.name)
    try:
        vectors = read(path)
    except Foreign as error:
        report.foreign = str(error)
        return report
    for group in vectors.groups:
        _run_group(group, vectors.algorithm, report)
    return report


def _run_group(group: Group, algorithm: str, report: FileReport) -> None:
    if group.type not in KINDS:
        report.left_out[f"type {group.type} of {algorithm or 'an unnamed algorithm'}"] += len(group.tests)
        return
    try:
        kind = KINDS[group.type](algorithm, group.fields)
    except NotApplicable as limit:
        report.left_out[str(limit)] += len(group.tests)
        return
    with kind.keys:
        for test in group.tests:
            try:
                kind.check(test)
            except NotApplicable as limit:
                report.left_out[str(limit)] += 1
                continue
            wrong = _run_test(kind, group.type, test)
            if wrong:
                flags = ", ".join(sorted(test.flags)) or "no flags"
                report.failures.append(f"tcId {test.number_in_file} ({test.comment or 'no comment'}; {flags}): {wrong}")
            else:
                report.passed += 1


def _run_test(kind: Kind, type_: str, test: Test) -> str | None:
    """Return what is wrong, None if nothing is."""
    wanted = expected(type_, test)
    refusals = kind.refusals(test)
    try:
        with Keys() as keys:
            kind.run(test, keys)
    except Refused as seen:
        if wanted is Expected.ACCEPT:
            return f"is {test.result}, expected to be accepted, but refused by {seen}"
        return None if seen.how in refusals else f"{_refusable(test, refusals)}, but refused by {seen}"
    except Mismatch as seen:
        if wanted is Expected.REFUSE:
            return f"{_refusable(test, refusals)}, but {seen}"
        return f"is {test.result}, expected to be accepted, but {seen}"
    return f"{_refusable(test, refusals)}, but accepted" if wanted is Expected.REFUSE else None


def _refusable(test: Test, refusals: set[str]) -> str:
    return f"is {test.result}, expected to be refused by {' or '.join(sorted(refusals))}"
