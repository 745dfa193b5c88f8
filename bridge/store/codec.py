"""Keys, users and settings as bytes: a readable part in canonical JSON, and a secret part."""

from __future__ import annotations

import base64
import dataclasses
import json
from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from bridge.engine.attributes import RULES, Attribute, Value
from bridge.engine.objects import HsmObject
from bridge.engine.quorum import NO_QUORUM, KeyQuorum, Service, Timeouts, Token
from bridge.engine.settings import HsmType, Mode, MtlsEnforcement, QuorumValues, Settings, TrustAnchor
from bridge.engine.users import PasswordHash, Role, User
from bridge.store.ledger import KEY

_RECORDS: Mapping[str, type[QuorumValues] | type[Timeouts]] = {"quorum_values": QuorumValues, "timeouts": Timeouts}

_ENUMS: Mapping[str, type[StrEnum]] = {"mode": Mode, "hsm_type": HsmType, "mtls_enforcement": MtlsEnforcement}

_NAMED = {name.name: name for name in Attribute}
_BYTES = frozenset(name.name for name in Attribute if RULES[name].kind is bytes)
_TEMPLATES = frozenset(name.name for name in Attribute if RULES[name].kind is tuple)
"""Attributes by their names in records, and those whose values JSON has no type for: a home holds a great many."""

SETTINGS_NAME = b"settings"
"""The name of the record of the HSM's settings."""


def object_name(handle: int) -> bytes:
    """Return the name of a key's record."""
    return KEY + handle.to_bytes(8, "big")


def user_name(role: str, name: str) -> bytes:
    """Return the name of a user's record."""
    return f"user {role} {name}".encode()


def token_name(number: int) -> bytes:
    """Return the name of a quorum token's record."""
    return f"token {number}".encode()


def encode_object(obj: HsmObject) -> bytes:
    """Return the readable part of a key: everything but its value."""
    content: dict[str, Any] = {
        "owner": obj.owner,
        "shared_with": sorted(obj.shared_with),
        "attributes": {name.name: _plain(value) for name, value in obj.attributes.items()},
    }
    if obj.quorum != NO_QUORUM:
        content["quorum"] = obj.quorum._asdict()
    return _json(content)


def decode_object(handle: int, readable: bytes, material: bytes) -> HsmObject:
    """Return a key from its readable part, whose seal was verified, and its value."""
    content = json.loads(readable.decode())
    attributes = _typed(content["attributes"])
    quorum = KeyQuorum(**content["quorum"]) if "quorum" in content else NO_QUORUM
    return HsmObject(handle, content["owner"], attributes, material, frozenset(content["shared_with"]), quorum)


def encode_user(user: User) -> bytes:
    """Return a user's record, all of it to be sealed."""
    password = user.password
    return _json(
        {
            "failures": user.failures,
            "number": user.number,
            "approver_key": None if user.approver_key is None else base64.b64encode(user.approver_key).decode(),
            "mfa": user.mfa,
            "argon2id": {
                "salt": base64.b64encode(password.salt).decode(),
                "memory_kib": password.memory_kib,
                "iterations": password.iterations,
                "digest": base64.b64encode(password.digest).decode(),
            },
        }
    )


def decode_user(role: str, name: str, record: bytes) -> User:
    """Return a user from a record whose seal was verified."""
    content = json.loads(record)
    argon2 = content["argon2id"]
    password = PasswordHash(
        base64.b64decode(argon2["salt"]),
        argon2["memory_kib"],
        argon2["iterations"],
        base64.b64decode(argon2["digest"]),
    )
    # Records that are older than these fields lack them.
    key = content.get("approver_key")
    return User(
        Role(role),
        name,
        password,
        content["failures"],
        content.get("number", 0),
        None if key is None else base64.b64decode(key),
        content.get("mfa", False),
    )


def encode_token(token: Token) -> bytes:
    """Return the record of a quorum token, all of it readable."""
    return _json({**dataclasses.asdict(token), "nonce": token.nonce.hex()})


def decode_token(readable: bytes) -> Token:
    """Return a quorum token from a record whose seal was verified."""
    content = json.loads(readable)
    typed = {
        "service": Service(content["service"]),
        "role": Role(content["role"]),
        "nonce": bytes.fromhex(content["nonce"]),
    }
    return Token(**content | typed)


def encode_settings(settings: Settings) -> bytes:
    """Return the record of the settings, all of it readable."""
    content = {field.name: getattr(settings, field.name) for field in dataclasses.fields(settings)}
    for name in _RECORDS:
        content[name] = content[name]._asdict()
    return _json(content | {"trust_anchors": [anchor._asdict() for anchor in settings.trust_anchors]})


def decode_settings(readable: bytes) -> Settings:
    """Return the settings from a record whose seal was verified."""
    content = json.loads(readable)
    # What is not there is older than the field, and has its default.
    typed: dict[str, Any] = {name: kind(content[name]) for name, kind in _ENUMS.items() if name in content}
    typed |= {name: record(**content[name]) for name, record in _RECORDS.items() if name in content}
    if "trust_anchors" in content:
        typed["trust_anchors"] = tuple(TrustAnchor(**anchor) for anchor in content["trust_anchors"])
    return Settings(**content | typed)


def _json(content: dict[str, Any]) -> bytes:
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def _plain(value: Value) -> bool | int | str | dict[str, Any]:
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, tuple):
        return {name.name: _plain(inner) for name, inner in value}
    return value


def _typed(values: Mapping[str, Any]) -> dict[Attribute, Value]:
    attributes: dict[Attribute, Value] = {_NAMED[name]: value for name, value in values.items()}
    for name in _BYTES.intersection(values):
        attributes[_NAMED[name]] = bytes.fromhex(values[name])
    for name in _TEMPLATES.intersection(values):
        inner = values[name]
        attributes[_NAMED[name]] = tuple(sorted(_typed(inner).items())) if inner else ()
    return attributes
