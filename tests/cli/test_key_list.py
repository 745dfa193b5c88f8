"""``key list``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bridge.engine import Attribute, MechanismType, Session
from bridge.engine.attributes import Attributes
from cli.command import ADMIN, ALICE, BOB, answer, refusal, run


@pytest.fixture
def twelve(session: Session) -> list[int]:
    """The handles of twelve keys, ``k0`` to ``k11``; the even ones encrypt."""
    made = []
    for number in range(12):
        template: Attributes = {
            Attribute.TOKEN: True,
            Attribute.LABEL: f"k{number}",
            Attribute.VALUE_LEN: 16,
            Attribute.ENCRYPT: number % 2 == 0,
        }
        made.append(session.generate_key(MechanismType.AES_KEY_GEN, template))
    return made


def listed(home: Path, *arguments: str) -> dict[str, Any]:
    data: dict[str, Any] = answer(run(home, ALICE, "key", "list", *arguments))
    return data


def labels(data: dict[str, Any]) -> list[str]:
    return [key["attributes"]["label"] for key in data["matched_keys"]]


def test_prints_references_and_labels_ten_at_a_time(home: Path, twelve: list[int]) -> None:
    data = listed(home)
    assert data["matched_keys"][0] == {"key-reference": f"0x{twelve[0]:016x}", "attributes": {"label": "k0"}}
    assert labels(data) == [f"k{number}" for number in range(10)]
    assert (data["total_key_count"], data["returned_key_count"]) == (12, 10)

    rest = listed(home, "--starting-token", data["next_token"])
    assert labels(rest) == ["k10", "k11"]
    assert (rest["total_key_count"], rest["returned_key_count"]) == (12, 2)
    assert "next_token" not in rest


def test_pages_go_on_after_a_key_that_is_gone(home: Path, session: Session, twelve: list[int]) -> None:
    token = listed(home, "--max-items", "5")["next_token"]
    session.destroy(twelve[4])
    assert labels(listed(home, "--max-items", "5", "--starting-token", token)) == ["k5", "k6", "k7", "k8", "k9"]


def test_the_last_page_may_be_full(home: Path, twelve: list[int]) -> None:
    assert "next_token" not in listed(home, "--max-items", "12")
    assert "next_token" in listed(home, "--max-items", "11")


@pytest.mark.parametrize(
    ("terms", "found"),
    [
        (["attr.label=k3"], ["k3"]),
        (["attr.encrypt=true", "attr.label=k3"], []),
        (["attr.encrypt=true", "attr.class=secret-key"], ["k0", "k2", "k4", "k6", "k8", "k10"]),
        (["attr.class=private-key"], []),
    ],
)
def test_filters_with_several_terms(home: Path, twelve: list[int], terms: list[str], found: list[str]) -> None:
    assert labels(listed(home, "--filter", *terms)) == found
    assert labels(listed(home, "--filter", *terms, "--max-items", "20")) == found


def test_finds_a_key_by_its_reference(home: Path, twelve: list[int]) -> None:
    assert labels(listed(home, "--filter", f"key-reference=0x{twelve[7]:x}")) == ["k7"]
    assert labels(listed(home, "--filter", f"key-reference=0x{twelve[7]:x}", "attr.label=k8")) == []


def test_keys_is_the_verbose_list_of_all(home: Path, twelve: list[int]) -> None:
    short, whole = answer(run(home, ALICE, "keys", "--json")), listed(home, "--verbose", "--max-items", "99")
    assert short == whole
    assert len(whole["matched_keys"]) == len(twelve)


def test_others_see_no_keys_and_an_admin_all(home: Path, twelve: list[int]) -> None:
    assert answer(run(home, BOB, "key", "list"))["total_key_count"] == 0
    as_admin = {**ADMIN, "CLOUDHSM_ROLE": "admin"}
    assert answer(run(home, as_admin, "key", "list"))["total_key_count"] == len(twelve)


def test_a_token_that_is_none_is_refused(home: Path) -> None:
    assert "no next_token" in refusal(run(home, ALICE, "key", "list", "--starting-token", "ten"))
    assert run(home, ALICE, "key", "list", "--max-items", "0").exit_code == 2
