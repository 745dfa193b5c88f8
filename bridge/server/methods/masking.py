"""Masked objects: whole keys and users on their way between clones."""

from __future__ import annotations

from collections.abc import Mapping

from bridge.engine import Role
from bridge.server.methods.entry import APPROVAL, BYTES, INTEGER, TEXT, Method, Served, method, read, read_approval
from bridge.server.records import packed


def _extract_user(served: Served, role: str, user: str) -> bytes:
    return served.session.extract_masked_user(read(Role, role), user)


def _insert_user(served: Served, masked: bytes, approval: object) -> object:
    return packed(served.session.insert_masked_user(masked, read_approval(approval)))


METHODS: Mapping[str, Method] = {
    "lineage": method(lambda served: served.session.lineage),
    "extractMasked": method(lambda served, key: served.session.extract_masked(key), INTEGER, slow=True),
    "insertMasked": method(lambda served, masked: served.session.insert_masked(masked), BYTES, slow=True),
    "extractMaskedUser": method(_extract_user, TEXT, TEXT, slow=True),
    "insertMaskedUser": method(_insert_user, BYTES, APPROVAL, slow=True),
}
