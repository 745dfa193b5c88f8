"""Reading files of Wycheproof vectors."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any


class Malformed(Exception):
    """A file is no JSON, or a group or test lacks what its type promises; the message says which and where."""


class Foreign(Exception):
    """A file is JSON, but holds no groups of vectors; the message says what it is instead."""


@dataclass(frozen=True)
class Fields:
    """The fields of a group or a test.

    Attributes:
        where: the group or test, for messages.
        values: as JSON has them.
    """

    where: str
    values: dict[str, Any]

    def has(self, name: str) -> bool:
        """Tell whether a field is there and not null."""
        return self.values.get(name) is not None

    def text(self, name: str, default: str | None = None) -> str:
        """Return a string.

        Args:
            name: of the field.
            default: for a field that is not there; None if it must be.

        Raises:
            Malformed: if it is not there, or no string.
        """
        return str(self._value(str, name, default))

    def number(self, name: str) -> int:
        """Return a number; raise as :meth:`text`."""
        return int(self._value(int, name, None))

    def hex(self, name: str, default: str | None = None) -> bytes:
        """Return what a string has in hexadecimal digits; arguments and errors as of :meth:`text`."""
        digits = self.text(name, default)
        try:
            return bytes.fromhex(digits)
        except ValueError:
            raise Malformed(f"{self.where}: field {name!r} is not hexadecimal") from None

    def integer(self, name: str) -> int:
        """Return the number that a string has in hexadecimal digits; raise as :meth:`text`."""
        return int.from_bytes(self.hex(name), "big")

    def inner(self, name: str) -> Fields:
        """Return an object inside; raise as :meth:`text`."""
        return Fields(f"{self.where}, {name}", self._value(dict, name, None))

    def _value(self, kind: type[Any], name: str, default: Any) -> Any:
        value = self.values.get(name, default)
        if not isinstance(value, kind):
            wanted = {str: "a string", int: "a number", dict: "an object"}[kind]
            raise Malformed(f"{self.where}: field {name!r} must be {wanted}")
        return value


@dataclass(frozen=True)
class Test(Fields):
    """One vector: its fields, and those that every type has."""

    __test__ = False

    number_in_file: int
    comment: str
    flags: frozenset[str]
    result: str


@dataclass(frozen=True)
class Group:
    """Vectors that share parameters or a key."""

    type: str
    fields: Fields
    tests: list[Test]


@dataclass(frozen=True)
class VectorFile:
    """One file: the algorithm that it names, and its groups."""

    algorithm: str
    groups: list[Group]


def read(path: Path) -> VectorFile:
    """Read a file of vectors.

    Args:
        path: of a JSON file, of whichever schema.

    Returns:
        Its content; fields that depend on the type are checked when they are asked for.

    Raises:
        Malformed: if it is no JSON, or its groups or tests lack what every schema has.
        Foreign: if it is JSON without groups of vectors.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise Malformed(f"is no JSON: {error}") from None
    except OSError as error:
        raise Malformed(f"cannot be read: {error.strerror}") from None
    if not isinstance(content, dict) or "testGroups" not in content:
        raise Foreign("no file of vectors: it has no testGroups")
    top = Fields("file", content)
    return VectorFile(top.text("algorithm", ""), list(_groups(content["testGroups"])))


def _groups(groups: Any) -> Iterator[Group]:
    if not isinstance(groups, list):
        raise Malformed("testGroups must be a list")
    for number, group in enumerate(groups, 1):
        fields = Fields(f"group {number}", _object(group, f"group {number}"))
        tests = fields.values.get("tests")
        if not isinstance(tests, list):
            raise Malformed(f"{fields.where}: field 'tests' must be a list")
        yield Group(fields.text("type"), fields, [_test(test, fields.where) for test in tests])


def _test(test: Any, group: str) -> Test:
    fields = Fields(f"a test of {group}", _object(test, f"a test of {group}"))
    number = fields.number("tcId")
    fields = Fields(f"{group}, tcId {number}", fields.values)
    flags = fields.values.get("flags", [])
    if not isinstance(flags, list) or not all(isinstance(flag, str) for flag in flags):
        raise Malformed(f"{fields.where}: field 'flags' must be a list of strings")
    result = fields.text("result")
    if result not in ("valid", "invalid", "acceptable"):
        raise Malformed(f"{fields.where}: the result must be valid, invalid or acceptable, not {result!r}")
    return Test(fields.where, fields.values, number, fields.text("comment", ""), frozenset(flags), result)


def _object(value: Any, where: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise Malformed(f"{where} must be an object")
    return value
