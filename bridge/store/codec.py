"""Keys, users and settings as bytes: a readable part in canonical JSON, and a secret part."""

from __future__ import annotations

import base64
import dataclasses
import json
from typing import Any

from bridge.engine.attributes import RULES, Attribute, Value
from bridge.engine.objects import HsmObject
from bridge.engine.settings import HsmType, Mode, Settings
from bridge.engine.users import PasswordHash, Role, User
from bridge.store.ledger import KEY

SETTINGS_NAME = b"settings"
"""The name of the record of the HSM's settings."""


def object_name(handle: int) -> bytes:
    """Return the name of a key's record."""
    return KEY + handle.to_bytes(8, "big")


def user_name(role: str, name: str) -> bytes:
    """Return the name of a user's record."""
    return f"user {role} {name}".encode()


def encode_object(obj: HsmObject) -> bytes:
    """Return the readable part of a key: everything but its value."""
    return _json(
        {
            "owner": obj.owner,
            "shared_with": sorted(obj.shared_with),
            "attributes": {name.name: _plain(value) for name, value in obj.attributes.items()},
        }
    )


def decode_object(handle: int, readable: bytes, material: bytes) -> HsmObject:
    """Return a key from its readable part, whose seal was verified, and its value."""
    content = json.loads(readable)
    attributes = {Attribute[name]: _typed(Attribute[name], value) for name, value in content["attributes"].items()}
    return HsmObject(handle, content["owner"], attributes, material, frozenset(content["shared_with"]))


def encode_user(user: User) -> bytes:
    """Return a user's record, all of it to be sealed."""
    password = user.password
    return _json(
        {
            "failures": user.failures,
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
    return User(Role(role), name, password, content["failures"])


def encode_settings(settings: Settings) -> bytes:
    """Return the record of the settings, all of it readable."""
    return _json(dataclasses.asdict(settings))


def decode_settings(readable: bytes) -> Settings:
    """Return the settings from a record whose seal was verified."""
    content = json.loads(readable)
    kinds = {"mode": Mode, "hsm_type": HsmType}
    # A record that is older than a setting lacks it.
    return Settings(**content | {name: kind(content[name]) for name, kind in kinds.items() if name in content})


def _json(content: dict[str, Any]) -> bytes:
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def _plain(value: Value) -> bool | int | str | dict[str, Any]:
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, tuple):
        return {name.name: _plain(inner) for name, inner in value}
    return value


def _typed(attribute: Attribute, value: Any) -> Value:
    kind = RULES[attribute].kind
    if kind is bytes:
        return bytes.fromhex(value)
    if kind is tuple:
        return tuple(sorted((Attribute[name], _typed(Attribute[name], inner)) for name, inner in value.items()))
    plain: bool | int | str = value
    return plain
