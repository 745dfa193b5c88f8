"""Putting files of vectors together."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass
class OwnFile:
    """A file of vectors, and what the runner has to say of it.

    Attributes:
        name: of the file.
        algorithm: that it names.
        reason: why none of it is applicable, empty if all of it is.
    """

    name: str
    algorithm: str
    reason: str = ""
    _groups: list[dict[str, Any]] = field(default_factory=list)
    _count: int = 0

    def group(self, type_: str, **fields: object) -> None:
        """Begin a group; the tests that follow are its."""
        self._groups.append({"type": type_, "source": {"name": "own", "version": "1"}, **_hex(fields), "tests": []})

    def test(self, result: str, *flags: str, **fields: object) -> None:
        """Add a test; bytes are written in hexadecimal digits."""
        self._count += 1
        named = {"tcId": self._count, "comment": f"own {result}", "flags": list(flags), "result": result}
        self._groups[-1]["tests"].append({**named, **_hex(fields)})

    def valid(self, **fields: object) -> None:
        """Add a valid test."""
        self.test("valid", **fields)

    def invalid(self, **fields: object) -> None:
        """Add an invalid test."""
        self.test("invalid", **fields)

    def content(self) -> dict[str, Any]:
        """Return the file as JSON has it."""
        return {"algorithm": self.algorithm, "numberOfTests": self._count, "testGroups": self._groups}

    def write(self, folder: Path) -> None:
        """Write the file."""
        (folder / self.name).write_text(json.dumps(self.content()), encoding="utf-8")

    def line(self) -> str:
        """Return the line that the runner has to print."""
        if self.reason:
            return f"{self.name}  passed 0  failed 0  not applicable {self._count} ({self.reason}: {self._count})"
        return f"{self.name}  passed {self._count}  failed 0  not applicable 0"


def flipped(data: bytes, index: int = -1) -> bytes:
    """Return data with one bit changed."""
    changed = bytearray(data)
    changed[index] ^= 1
    return bytes(changed)


def _hex(fields: dict[str, object]) -> dict[str, object]:
    return {name: value.hex() if isinstance(value, bytes) else value for name, value in fields.items()}
