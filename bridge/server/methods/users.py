"""Logins, and the users of the HSM."""

from __future__ import annotations

from collections.abc import Mapping

from bridge.engine import Role
from bridge.server.methods.entry import (
    APPROVAL,
    BYTES,
    OPTIONAL_BYTES,
    TEXT,
    Method,
    Served,
    method,
    read,
    read_approval,
)
from bridge.server.records import packed


def _login(served: Served, user: str, password: bytes) -> None:
    served.session.login(Role.CRYPTO_USER, user, password)


def _login_as(served: Served, role: str, user: str, password: bytes, signature: bytes | None) -> None:
    served.session.login(read(Role, role), user, password, signature)


def _create_user(served: Served, role: str, user: str, password: bytes, approval: object) -> object:
    return packed(served.session.create_user(read(Role, role), user, password, read_approval(approval)))


def _delete_user(served: Served, role: str, user: str, approval: object) -> object:
    return packed(served.session.delete_user(read(Role, role), user, read_approval(approval)))


def _change_password(served: Served, role: str, user: str, password: bytes, approval: object) -> object:
    return packed(served.session.change_password(read(Role, role), user, password, read_approval(approval)))


def _change_mfa(
    served: Served, role: str, user: str, password: bytes, public_key: bytes, signature: bytes, approval: object
) -> object:
    given = read(Role, role), user, password, public_key, signature, read_approval(approval)
    return packed(served.session.change_mfa(*given))


def _deregister_mfa(served: Served, role: str, user: str, approval: object) -> object:
    return packed(served.session.deregister_mfa(read(Role, role), user, read_approval(approval)))


def _register_approver_key(served: Served, public_key: bytes, approval_data: bytes, signature: bytes) -> object:
    return packed(served.session.register_approver_key(public_key, approval_data, signature))


LOGINS: Mapping[str, Method] = {
    "login": method(_login, TEXT, BYTES, slow=True),
    "logout": method(lambda served: served.session.logout(), slow=True),
    "close": method(lambda served: served.session.close(), slow=True),
}

METHODS: Mapping[str, Method] = {
    "loginAs": method(_login_as, TEXT, TEXT, BYTES, OPTIONAL_BYTES, slow=True),
    "mfaToken": method(lambda served: served.session.mfa_token(), slow=True),
    "activate": method(lambda served, password: packed(served.session.activate(password)), BYTES, slow=True),
    "users": method(lambda served: packed(served.session.users()), slow=True),
    "createUser": method(_create_user, TEXT, TEXT, BYTES, APPROVAL, slow=True),
    "deleteUser": method(_delete_user, TEXT, TEXT, APPROVAL, slow=True),
    "changePassword": method(_change_password, TEXT, TEXT, BYTES, APPROVAL, slow=True),
    "changeMfa": method(_change_mfa, TEXT, TEXT, BYTES, BYTES, BYTES, APPROVAL, slow=True),
    "deregisterMfa": method(_deregister_mfa, TEXT, TEXT, APPROVAL, slow=True),
    "registerApproverKey": method(_register_approver_key, BYTES, BYTES, BYTES, slow=True),
}
