"""Quorum authentication: its values, its tokens."""

from __future__ import annotations

from collections.abc import Mapping

from bridge.engine.quorum import Service
from bridge.server.methods.entry import (
    APPROVAL,
    INTEGER,
    OPTIONAL_INTEGER,
    SWITCH,
    TEXT,
    Method,
    Served,
    method,
    read,
    read_approval,
)
from bridge.server.records import packed


def _set_quorum_value(served: Served, service: str, value: int, approval: object) -> None:
    served.session.set_quorum_value(read(Service, service), value, read_approval(approval))


def _generate_token(served: Served, service: str, key: int | None) -> bytes:
    return served.session.generate_token(read(Service, service), key)


def _token_info(served: Served, service: str, key: int | None) -> dict[str, int]:
    token = served.session.token(read(Service, service), key)
    return {"REQUIRED": token.required, "EXPIRES_IN": token.expires_in}


def _set_timeouts(served: Served, generated: int | None, approved: int | None) -> object:
    return packed(served.session.set_timeouts(generated, approved))


METHODS: Mapping[str, Method] = {
    "quorumValues": method(lambda served: packed(served.session.quorum_values()), slow=True),
    "setQuorumValue": method(_set_quorum_value, TEXT, INTEGER, APPROVAL, slow=True),
    "generateToken": method(_generate_token, TEXT, OPTIONAL_INTEGER, slow=True),
    "tokenInfo": method(_token_info, TEXT, OPTIONAL_INTEGER, slow=True),
    "tokens": method(lambda served: packed(served.session.tokens()), slow=True),
    "deleteTokens": method(lambda served, all_: served.session.delete_tokens(everybodys=all_), SWITCH, slow=True),
    "timeouts": method(lambda served: packed(served.session.timeouts()), slow=True),
    "setTimeouts": method(_set_timeouts, OPTIONAL_INTEGER, OPTIONAL_INTEGER, slow=True),
}
