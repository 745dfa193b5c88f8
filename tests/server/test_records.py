"""Values of the engine as MessagePack brings them to the other side."""

from __future__ import annotations

import dataclasses

import msgpack
import pytest

from bridge.engine import Attribute, HsmError, KeyInfo, KeyType, ReturnCode, Role
from bridge.engine.quorum import Approval, KeyQuorum, Service, Signature, Timeouts, TokenInfo
from bridge.engine.settings import HsmType, Mode, MtlsEnforcement, QuorumValues, Settings, TrustAnchor
from bridge.engine.users import UserInfo
from bridge.server.records import Unreadable, packed, unpacked

TEMPLATE = ((Attribute.TOKEN, True), (Attribute.SIGN, False))
VALUES = [
    Role.APPLIANCE_USER,
    Service.KEY_USAGE,
    MtlsEnforcement.CLUSTER,
    KeyQuorum(2, 3),
    Timeouts(1, 600),
    UserInfo(Role.ADMIN, "admin", 1, True, 5, False, True),
    TokenInfo(Role.CRYPTO_USER, "alice", Service.KEY_MANAGEMENT, 2**63 - 1, 2, 0, 600),
    TokenInfo(Role.ADMIN, "admin", Service.USER, None, 2, 0, 1),
    Approval(bytes(80), (Signature("alice", None, b"1"), Signature("bob", Role.CRYPTO_USER, b"2"))),
    TrustAnchor(2, "PEM"),
    Settings(),
    Settings(
        Mode.FIPS,
        True,
        False,
        HsmType.HSM1_MEDIUM,
        QuorumValues(2, 3, 1),
        Timeouts(5, 6),
        (TrustAnchor(1, "PEM"),),
        MtlsEnforcement.CLUSTER,
        audit_crypto=True,
    ),
    KeyInfo(
        7,
        "alice",
        frozenset({"bob", "carol"}),
        {Attribute.KEY_TYPE: KeyType.AES, Attribute.LABEL: "label", Attribute.WRAP_TEMPLATE: TEMPLATE},
        32,
        KeyQuorum(2, 2),
    ),
]


@pytest.mark.parametrize("value", VALUES, ids=lambda value: type(value).__name__)
def test_every_record_crosses_as_it_is(value: object) -> None:
    crossed = msgpack.unpackb(msgpack.packb(packed(value), strict_types=False), use_list=False)
    read = unpacked(type(value), crossed)
    assert read == value
    assert type(read) is type(value)


def test_fields_with_defaults_may_be_missing_and_others_may_not() -> None:
    assert unpacked(Settings, {}) == Settings()
    assert unpacked(KeyQuorum, {"use": 2}) == KeyQuorum(0, 2)
    for field in dataclasses.fields(Settings):
        with pytest.raises(Unreadable, match=field.name):
            unpacked(Settings, {field.name: 1.5})
    whole = packed(UserInfo(Role.ADMIN, "admin", 1, True, 5, False, True))
    assert isinstance(whole, dict)
    for name in whole:
        with pytest.raises(Unreadable, match=name):
            unpacked(UserInfo, {each: value for each, value in whole.items() if each != name})
        with pytest.raises(Unreadable, match=f"{name}|none of"):
            unpacked(UserInfo, {**whole, name: None})


def test_an_attribute_that_does_not_exist() -> None:
    whole = packed(VALUES[-1])
    assert isinstance(whole, dict)
    with pytest.raises(HsmError) as caught:
        unpacked(KeyInfo, {**whole, "shared_with": (), "attributes": {"NOTHING": 1}})
    assert caught.value.code is ReturnCode.ATTRIBUTE_TYPE_INVALID


def test_a_number_is_no_boolean() -> None:
    with pytest.raises(Unreadable):
        unpacked(KeyQuorum, {"use": True})
