"""The reader of JSON in the jar, against Python's."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from locate.conftest import IO_EXCEPTION, Probe, Refused

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(-1e300, 1e300).filter(lambda number: not number.is_integer())
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=15,
)


def dump(value: Any) -> str:
    """Write a value as the probe does."""
    if isinstance(value, dict):
        return "{" + ",".join(f"{text(name)}:{dump(member)}" for name, member in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(dump, value)) + "]"
    if isinstance(value, str):
        return text(value)
    return json.dumps(value)


def text(value: str) -> str:
    return '"' + value.encode("utf-16-be", "surrogatepass").hex() + '"'


EACH = settings(deadline=None)


def plain(value: Any) -> Any:
    """Replace what Java has as a double; how it is written is not what is compared."""
    if isinstance(value, dict):
        return {name: plain(member) for name, member in value.items()}
    if isinstance(value, list):
        return [plain(member) for member in value]
    whole = not isinstance(value, float) and (not isinstance(value, int) or -(2**63) <= value < 2**63)
    return value if whole else "a float"


@EACH
@given(VALUES, st.sampled_from([None, 1, "\t"]), st.booleans())
def test_reads_what_python_writes(shared_probe: Probe, value: Any, indent: int | str | None, ascii_only: bool) -> None:
    assert shared_probe("json", json.dumps(value, indent=indent, ensure_ascii=ascii_only)) == dump(plain(value))


@EACH
@given(VALUES, st.data())
def test_what_is_broken_is_refused_or_what_python_reads(shared_probe: Probe, value: Any, data: st.DataObject) -> None:
    whole = json.dumps(value, indent=1)
    at = data.draw(st.integers(0, len(whole)))
    broken = whole[:at] + data.draw(st.text('{}[],:"\\ue0-1.+\ntrfnN \x00', max_size=2)) + whole[at + 1 :]
    read, refusal = attempt(shared_probe, broken)
    if refusal is None:
        assert read == dump(plain(json.loads(broken)))
    else:
        assert refusal.kind == IO_EXCEPTION
        assert refusal.message.startswith("test.json, line ")


def attempt(probe: Probe, text: str) -> tuple[str, Refused | None]:
    try:
        return probe("json", text), None
    except Refused as refusal:
        return "", refusal


@pytest.mark.parametrize(
    ("broken", "line", "why"),
    [
        ("", 1, "ends in the middle"),
        ('{\n"a": 1,\n}', 3, "a name in double quotes is missing"),
        ('{\n"a" 1}', 2, "':' is missing"),
        ('{"a": 1\n"b": 2}', 2, "'}' is missing, or a comma between two values"),
        ("[1\n\n2]", 3, "']' is missing, or a comma"),
        ('["a\nb"]', 1, "no closing quote on its line"),
        ('["a', 1, "ends in the middle"),
        ('{"a": 1, "a": 2}', 1, '"a" stands twice'),
        (r'["C:\path"]', 1, r"\p is no escape of JSON; write a backslash as \\"),
        (r'["\u12g4"]', 1, "four hexadecimal digits"),
        ('["\\u\uff11\uff11\uff11\uff11"]', 1, "four hexadecimal digits"),
        ("[truth]", 1, "a text needs double quotes"),
        ("[01]", 1, "must be an object"),
        ("[NaN]", 1, "must be an object"),
        ("[Infinity]", 1, "must be an object"),
        ("[1e99999]", 1, "must be an object"),
        ("[" + "1" * 100_000 + "]", 1, "must be an object"),
        ("[1] x", 1, "more behind the end"),
        ("\n" * 9 + "[" * 50_000, 10, "more than 32 objects and lists"),
    ],
)
def test_says_what_is_wrong_and_in_which_line(shared_probe: Probe, broken: str, line: int, why: str) -> None:
    message = shared_probe.refuses("json", broken, kind=IO_EXCEPTION)
    assert message.startswith(f"test.json, line {line}: this is not JSON: ")
    assert why in message


def test_takes_32_levels(shared_probe: Probe) -> None:
    assert shared_probe("json", "[" * 32 + "1" + "]" * 32) == "[" * 32 + "1" + "]" * 32
