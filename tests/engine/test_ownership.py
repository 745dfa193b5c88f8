"""Whose keys are seen, used, changed and destroyed by whom."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from conftest import log_in

from bridge.engine import Attribute, Hsm, HsmError, MechanismType, ReturnCode, Session
from engine.keys import new_aes, new_pair, refused

ECDSA = MechanismType.ECDSA
NOWHERE = 0x7FFF_FFFF_FFFF_FFFF


def operations(session: Session, handle: int) -> dict[str, Callable[[], object]]:
    return {
        "attributes": lambda: session.attributes(handle),
        "set_attributes": lambda: session.set_attributes(handle, {Attribute.LABEL: "bob's"}),
        "destroy": lambda: session.destroy(handle),
        "sign": lambda: session.sign(handle, ECDSA, bytes(32)),
        "verify": lambda: session.verify(handle, ECDSA, bytes(32), bytes(70)),
    }


@pytest.mark.parametrize("operation", ["attributes", "set_attributes", "destroy", "sign", "verify"])
def test_the_private_key_of_another_is_as_if_it_were_not_there(session: Session, bob: Session, operation: str) -> None:
    _, private = new_pair(session, TOKEN=True, LABEL="alice's")
    for handle in (private, new_aes(session, TOKEN=True, LABEL="alice's")):
        with pytest.raises(HsmError) as there:
            operations(bob, handle)[operation]()
        with pytest.raises(HsmError) as not_there:
            operations(bob, NOWHERE)[operation]()
        assert there.value.code is not_there.value.code is ReturnCode.OBJECT_HANDLE_INVALID
        assert there.value.message.replace(f"{handle:016x}", "…") == not_there.value.message.replace(
            f"{NOWHERE:016x}", "…"
        )
        assert session.attributes(handle)[Attribute.LABEL] == "alice's"


def test_nobody_finds_the_private_keys_of_another(session: Session, bob: Session) -> None:
    public, private = new_pair(session, TOKEN=True, LABEL="alice's")
    secret = new_aes(session, TOKEN=True, LABEL="alice's")
    assert session.find({Attribute.LABEL: "alice's"}) == [public, private, secret]
    assert bob.find({Attribute.LABEL: "alice's"}) == bob.find({}) == [public]


def test_everybody_uses_a_public_key_and_its_owner_alone_manages_it(session: Session, bob: Session) -> None:
    public, private = new_pair(session, TOKEN=True)
    bob.verify(public, ECDSA, bytes(32), session.sign(private, ECDSA, bytes(32)))
    assert bob.attributes(public) == session.attributes(public)
    with refused(ReturnCode.ACTION_PROHIBITED, "'alice'"):
        bob.set_attributes(public, {Attribute.LABEL: "bob's"})
    with refused(ReturnCode.ACTION_PROHIBITED, "'alice'"):
        bob.destroy(public)
    session.destroy(public)


def test_a_shared_key_is_used_and_not_managed(hsm: Hsm, session: Session, bob: Session) -> None:
    public, private = new_pair(session, TOKEN=True, LABEL="shared")
    with hsm.changing() as transaction:
        obj = hsm.get(private)
        assert obj is not None
        transaction.put_object(replace(obj, shared_with=frozenset({"bob"})))
    assert bob.find({Attribute.LABEL: "shared"}) == [public, private]
    session.verify(public, ECDSA, bytes(32), bob.sign(private, ECDSA, bytes(32)))
    with refused(ReturnCode.ACTION_PROHIBITED, "'alice'"):
        bob.destroy(private)
    with refused(ReturnCode.ACTION_PROHIBITED, "'alice'"):
        bob.set_attributes(private, {Attribute.LABEL: "mine"})
    session.set_attributes(private, {Attribute.LABEL: "still shared"})
    assert bob.attributes(private)[Attribute.LABEL] == "still shared"


def test_a_key_is_seen_by_every_session_of_its_owner(hsm: Hsm, session: Session) -> None:
    handle = new_aes(session, TOKEN=True)
    other = log_in(hsm, "alice")
    assert other.find({}) == [handle]
    other.destroy(handle)
    with refused(ReturnCode.OBJECT_HANDLE_INVALID, f"0x{handle:016x}"):
        session.attributes(handle)


@pytest.mark.parametrize("handle", [0, -1, 1, 2**63, 2**64, -(2**63) - 1, 2**200])
@pytest.mark.parametrize("operation", ["attributes", "set_attributes", "destroy", "sign", "verify"])
def test_handles_that_name_nothing(session: Session, handle: int, operation: str) -> None:
    with refused(ReturnCode.OBJECT_HANDLE_INVALID):
        operations(session, handle)[operation]()


def test_a_handle_is_never_used_again(open_hsm: Callable[[], Hsm]) -> None:
    seen: set[int] = set()
    for _ in range(3):
        session = log_in(open_hsm(), "alice")
        for token in (True, False):
            handle = new_aes(session, TOKEN=token)
            session.destroy(handle)
            assert handle not in seen
            seen.add(handle)
