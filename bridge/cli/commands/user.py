"""``user create``, ``delete``, ``list`` and ``change-password``."""

from __future__ import annotations

from pathlib import Path

from bridge.cli.commands.access import access, new_password
from bridge.cli.commands.family import command
from bridge.cli.commands.options import approval_option, approved, password_option, user_options
from bridge.cli.refusal import answer
from bridge.engine import Role
from bridge.engine.users import UserInfo

_NEW = "The new password; it is asked for, unseen, if this is not given."
_STRATEGY = {"strategy": "token-sign", "status": "enabled"}


@command("create")
@user_options
@password_option(_NEW)
@approval_option()
def create(username: str, role: Role, password: str | None, approval: Path | None) -> None:
    """Create a user; an admin does.

    \b
    Example:
      hsmbridge user create --username bob --role crypto-user
    """
    with access().logged_in(Role.ADMIN) as session:
        answer(who(session.create_user(role, username, new_password(password), approval=approved(approval))))


@command("delete")
@user_options
@approval_option()
def delete(username: str, role: Role, approval: Path | None) -> None:
    """Delete a user who owns no keys and is logged in nowhere; an admin does.

    \b
    Example:
      hsmbridge user delete --username bob --role crypto-user
    """
    with access().logged_in(Role.ADMIN) as session:
        answer(who(session.delete_user(role, username, approval=approved(approval))))


@command("list")
def list_() -> None:
    """List the users. No login is needed.

    \b
    Example:
      hsmbridge user list
    """
    with access().anybody() as session:
        answer({"users": [shown(user) for user in session.users()]})


@command("change-password")
@user_options
@password_option(_NEW)
@approval_option()
def change_password(username: str, role: Role, password: str | None, approval: Path | None) -> None:
    """Set a password: your own, or as an admin anybody's. It unlocks the account, and the user's keys stay. A user
    who is logged in to another session keeps the old one.

    \b
    Example:
      hsmbridge user change-password --username alice --role crypto-user
    """
    with access().logged_in(Role.ADMIN) as session:
        answer(who(session.change_password(role, username, new_password(password), approval=approved(approval))))


def who(user: UserInfo) -> dict[str, str]:
    """Return whom a command was about."""
    return {"username": user.name, "role": user.role.value}


def shown(user: UserInfo) -> dict[str, object]:
    """Return what everybody may know of a user."""
    return {
        "username": user.name,
        "role": user.role.value,
        "locked": str(user.locked).lower(),
        "mfa": [_STRATEGY] if user.mfa else [],
        "quorum": [_STRATEGY] if user.quorum else [],
        "cluster-coverage": "full",
    }
