"""Users of one HSM: names, roles, password hashes, lockout."""

from __future__ import annotations

import hmac
import re
import secrets
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from bridge.engine.errors import HsmError, ReturnCode

MAX_FAILURES = 5
"""Wrong passwords after which an account is locked (user guide, "manage-hsm-users")."""

PASSWORD_LENGTH = range(8, 32 + 1)
"""Characters (user guide, "cloudhsm_cli-user-create")."""

_NAME = re.compile(r"[a-z0-9_]{1,31}")


class Role(StrEnum):
    """What a user may do: admins manage users, crypto users own and use keys; nobody does both."""

    ADMIN = "admin"
    CRYPTO_USER = "crypto-user"
    UNACTIVATED_ADMIN = "unactivated-admin"
    """The admin of an HSM that nobody has activated yet; it has no password, and becomes an admin with one."""
    APPLIANCE_USER = "internal(APPLIANCE_USER)"
    """The service's own user, whom nobody can log in as."""


class Actor(NamedTuple):
    """Who is logged in to a session.

    Attributes:
        role: the user's.
        name: the user's.
        login: names this login, unlike any other; empty where a user is meant, whoever is logged in.
    """

    role: Role
    name: str
    login: str = ""


class UserInfo(NamedTuple):
    """What everybody may know of a user.

    Attributes:
        role: the user's.
        name: the user's.
        number: the user's identifier; 0 if it was made before there were any.
        locked: whether too many wrong passwords were given.
        failures: wrong passwords since the last right one.
        mfa: whether a second factor is asked for at login.
        quorum: whether an approver's key is registered.
    """

    role: Role
    name: str
    number: int
    locked: bool
    failures: int
    mfa: bool
    quorum: bool


@dataclass(frozen=True)
class PasswordHash:
    """An Argon2id hash (RFC 9106) with the parameters that it was made with.

    Attributes:
        salt: 16 random bytes.
        memory_kib: memory cost in KiB.
        iterations: time cost.
        digest: 32 bytes.
    """

    salt: bytes
    memory_kib: int
    iterations: int
    digest: bytes = field(repr=False)

    def matches(self, password: bytes) -> bool:
        """Tell, in time that does not depend on the password, whether it is the right one."""
        return hmac.compare_digest(_derive(password, self.salt, self.memory_kib, self.iterations), self.digest)


# The minimum that OWASP's Password Storage Cheat Sheet recommends, 31 ms here: every keytool run logs in once.
_MEMORY_KIB = 19 * 1024
_ITERATIONS = 2


def _derive(password: bytes, salt: bytes, memory_kib: int, iterations: int) -> bytes:
    # One lane: with more, two threads that derive at once hang in OpenSSL's thread pool.
    return Argon2id(salt=salt, length=32, iterations=iterations, lanes=1, memory_cost=memory_kib).derive(password)


def hash_password(password: bytes) -> PasswordHash:
    """Hash a password with a fresh salt and today's parameters."""
    salt = secrets.token_bytes(16)
    return PasswordHash(salt, _MEMORY_KIB, _ITERATIONS, _derive(password, salt, _MEMORY_KIB, _ITERATIONS))


_NOBODY = PasswordHash(bytes(16), _MEMORY_KIB, _ITERATIONS, bytes(32))


@dataclass(frozen=True)
class User:
    """A user of the HSM.

    Attributes:
        role: admin or crypto user; the same name may exist once in each.
        name: in lower case, as CloudHSM keeps it.
        password: hash of the password.
        failures: wrong passwords since the last right one.
        number: identifies the user; 0 if it was made before there were any.
        approver_key: the public key that approves, and is the second factor: RSA-2048, SubjectPublicKeyInfo DER.
        mfa: whether a login needs the second factor.
    """

    role: Role
    name: str
    password: PasswordHash = field(repr=False)
    failures: int = 0
    number: int = 0
    approver_key: bytes | None = None
    mfa: bool = False

    @property
    def locked(self) -> bool:
        """Whether too many wrong passwords were given."""
        return self.failures >= MAX_FAILURES

    @property
    def info(self) -> UserInfo:
        """What everybody may know."""
        quorum = self.approver_key is not None
        return UserInfo(self.role, self.name, self.number, self.locked, self.failures, self.mfa, quorum)


FIRST_ADMIN = "admin"
"""The name of the first admin, before and after activation."""
APPLIANCE_USER_NAME = "app_user"


def unactivated_admin() -> User:
    """Return the admin of a new HSM, as whom nobody can log in."""
    return User(Role.UNACTIVATED_ADMIN, FIRST_ADMIN, hash_password(secrets.token_bytes(32)))


def appliance_user() -> User:
    """Return the service's own user, as whom nobody can log in."""
    return User(Role.APPLIANCE_USER, APPLIANCE_USER_NAME, hash_password(secrets.token_bytes(32)))


def new_user(role: Role, name: str, password: bytes) -> User:
    """Make a user after checking name and password against CloudHSM's rules.

    Args:
        role: the new user's role.
        name: 1 to 31 letters, digits or underscores; not case-sensitive.
        password: 8 to 32 characters in UTF-8.

    Raises:
        HsmError: ``ARGUMENTS_BAD`` for the name, ``PIN_LEN_RANGE`` or ``PIN_INVALID`` for the password.
    """
    canonical = name.lower()
    if not _NAME.fullmatch(canonical):
        raise HsmError(
            ReturnCode.ARGUMENTS_BAD,
            f"A user name has 1 to 31 letters, digits or underscores; {name!r} has not.",
        )
    try:
        characters = len(password.decode())
    except UnicodeDecodeError:
        raise HsmError(ReturnCode.PIN_INVALID, "A password is text in UTF-8.") from None
    if characters not in PASSWORD_LENGTH:
        raise HsmError(
            ReturnCode.PIN_LEN_RANGE,
            f"A password has {PASSWORD_LENGTH.start} to {PASSWORD_LENGTH.stop - 1} characters; "
            f"the one for {canonical!r} has {characters}.",
        )
    return User(role, canonical, hash_password(password))


def password_is_right(user: User | None, password: bytes) -> bool:
    """Check a password against a user who may not exist, in the same time either way.

    Args:
        user: the user, or None if there is none of that name.
        password: what was given, in UTF-8.
    """
    return (user.password if user else _NOBODY).matches(password) and user is not None
