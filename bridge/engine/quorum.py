"""Quorum authentication, M of N: what is approved, by whom, and for how long (user guide, "quorum-auth-chsm-cli").

A token is the right to one operation of one service, made in a login session and of use in that session only. Approvers
sign its SHA-256 digest with the RSA-2048 key that they registered.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import struct
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_der_public_key,
    load_pem_public_key,
)

from bridge.engine.errors import HsmError, ReturnCode
from bridge.engine.users import Actor, Role, User

APPROVER_KEY_BITS = 2048
MOST_TOKENS = 1024
"""Of one HSM; when there are as many, those that have expired go."""
QUORUM_RANGE = range(2, 8 + 1)
"""Of approvals."""
TIMEOUT_RANGE = range(1, 86_400 + 1)
"""Seconds; how long the original's may be is not published."""
USUAL_TIMEOUT = 600
"""Seconds."""
OFF = 1
"""The quorum value of a service that needs no approval."""

_RECORD = struct.Struct(">HHIQ16s32sQQ")
_VERSION = 1


class Service(StrEnum):
    """What a token may be used for (user guide, "quorum-auth-chsm-cli-service-names")."""

    USER = "user"
    QUORUM = "quorum"
    CLUSTER = "cluster"
    REGISTRATION = "registration"
    KEY_USAGE = "key-usage"
    KEY_MANAGEMENT = "key-management"


ADMIN_SERVICES = (Service.USER, Service.QUORUM, Service.CLUSTER)
"""Those that a quorum value of the HSM governs."""
KEY_SERVICES = (Service.KEY_USAGE, Service.KEY_MANAGEMENT)
"""Those that the quorum values of a key govern."""

# 3 and 4 are the original's, which are known; the others are this HSM's own.
_NUMBERS: Mapping[Service, int] = {
    Service.USER: 3,
    Service.QUORUM: 4,
    Service.CLUSTER: 5,
    Service.REGISTRATION: 6,
    Service.KEY_USAGE: 7,
    Service.KEY_MANAGEMENT: 8,
}


class KeyQuorum(NamedTuple):
    """How many approvals a key needs; 0 for none.

    Attributes:
        manage: to wrap, unwrap, share, unshare it, and to change its attributes.
        use: to sign with it.
    """

    manage: int = 0
    use: int = 0


NO_QUORUM = KeyQuorum()


class Timeouts(NamedTuple):
    """How long a token may be used, in seconds after it was made.

    Attributes:
        generated: for it to be approved.
        approved: once it has been.
    """

    generated: int = USUAL_TIMEOUT
    approved: int = USUAL_TIMEOUT


class Signature(NamedTuple):
    """One approval.

    Attributes:
        username: of the approver.
        role: of the approver; None for the one that the service asks for.
        signature: RSA PKCS#1 v1.5 with SHA-256 over the token's approval data.
    """

    username: str
    role: Role | None
    signature: bytes


class Approval(NamedTuple):
    """A token with its approvals, as a signed token file holds them.

    Attributes:
        approval_data: as :meth:`bridge.engine.Session.generate_token` returned it.
        signatures: of the approvers.
    """

    approval_data: bytes
    signatures: tuple[Signature, ...] = ()


class TokenInfo(NamedTuple):
    """What everybody may know of a token.

    Attributes:
        role: of the user that made it.
        name: of that user.
        service: what it is for.
        key: the handle of the key that it is for; None if it is for none.
        required: how many approvals it needs.
        approvals: how many it has; they are given with the operation, so that a token that waits has none.
        expires_in: seconds.
    """

    role: Role
    name: str
    service: Service
    key: int | None
    required: int
    approvals: int
    expires_in: int


def service_named(name: str) -> Service:
    """Return the service with a name.

    Raises:
        HsmError: ``ARGUMENTS_BAD`` if there is none.
    """
    try:
        return Service(name)
    except ValueError:
        raise HsmError(ReturnCode.ARGUMENTS_BAD, f"There is no such service; there are {', '.join(Service)}.") from None


def approval_of(approval_data: bytes, signatures: Iterable[object]) -> Approval:
    """Return an approval as a door was given it.

    Args:
        approval_data: the token's.
        signatures: each a tuple of the approver's name, its role or None, and the signature.

    Raises:
        HsmError: ``ARGUMENTS_BAD`` if something else is among them.
    """
    return Approval(approval_data, tuple(_signature(each) for each in signatures))


def _signature(given: object) -> Signature:
    match given:
        case (str(name), None | "admin" | "crypto-user" as role, bytes(signature)):
            return Signature(name, None if role is None else Role(role), signature)
    raise HsmError(
        ReturnCode.ARGUMENTS_BAD,
        f"A signature is the approver's name, its role ({Role.ADMIN}, {Role.CRYPTO_USER} or none), and bytes.",
    )


@dataclass(frozen=True)
class Token:
    """A token.

    Attributes:
        number: of 32 bits, unique among the tokens of the HSM.
        service: what it is for.
        role: of the user that made it.
        name: of that user.
        login: of the login session that it was made in.
        key: the handle of the key that it is for; 0 for none.
        nonce: 16 random bytes.
        created: seconds since 1970.
    """

    number: int
    service: Service
    role: Role
    name: str
    login: str
    key: int
    nonce: bytes
    created: int

    @property
    def approval_data(self) -> bytes:
        """The 80 bytes that approvers sign: version, service, number, key, nonce, user name, time, zero; big-endian."""
        return _RECORD.pack(
            _VERSION,
            _NUMBERS[self.service],
            self.number,
            self.key,
            self.nonce,
            self.name.encode().ljust(32, b"\0"),
            self.created,
            0,
        )


def new_token(service: Service, actor: Actor, key: int, now: int, tokens: Iterable[Token]) -> Token:
    """Make a token.

    Args:
        service: what it is for.
        actor: who makes it.
        key: the handle of the key that it is for; 0 for none.
        now: seconds since 1970.
        tokens: all that there are.
    """
    taken = {token.number for token in tokens}
    number = secrets.randbits(32)
    while number in taken:
        number = secrets.randbits(32)
    return Token(number, service, actor.role, actor.name, actor.login, key, secrets.token_bytes(16), now)


def approver_key(encoded: bytes) -> bytes:
    """Read the public key of an approver.

    Args:
        encoded: SubjectPublicKeyInfo in PEM or DER.

    Returns:
        The same in DER.

    Raises:
        HsmError: ``PUBLIC_KEY_INVALID`` if it is no RSA key of 2048 bits.
    """
    try:
        load = load_pem_public_key if encoded.lstrip().startswith(b"-----") else load_der_public_key
        key = load(encoded)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, rsa.RSAPublicKey) or key.key_size != APPROVER_KEY_BITS:
        raise HsmError(
            ReturnCode.PUBLIC_KEY_INVALID,
            f"An approver's key is an RSA key of {APPROVER_KEY_BITS} bits, given as PEM: "
            f"`openssl genrsa -out key.pem {APPROVER_KEY_BITS}`, then `openssl rsa -in key.pem -pubout`.",
        )
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def is_signed(public_key: bytes, digest: bytes, signature: bytes) -> bool:
    """Tell whether a signature over a SHA-256 digest was made with an approver's key.

    Args:
        public_key: as :func:`approver_key` returns it.
        digest: 32 bytes.
        signature: RSA PKCS#1 v1.5.
    """
    key = load_der_public_key(public_key)
    if not isinstance(key, rsa.RSAPublicKey):
        raise AssertionError("approvers have RSA keys")
    try:
        key.verify(signature, digest, padding.PKCS1v15(), Prehashed(SHA256()))
    except InvalidSignature:
        return False
    return True


def approval_required() -> HsmError:
    """Return the refusal of an operation that was given no approval."""
    return HsmError(
        ReturnCode.QUORUM_REQUIRED,
        "Quorum approval is required for this operation. Make a token with `quorum token-sign generate`, have the "
        "approvers sign it, and give it with the operation.",
    )


def find_token(tokens: Collection[Token], approval: Approval, actor: Actor, timeout: int, now: int) -> Token:
    """Return the token that an approval is for.

    Args:
        tokens: all that there are.
        approval: what was given.
        actor: who is logged in, and since which login.
        timeout: seconds.
        now: seconds since 1970.

    Raises:
        HsmError: ``QUORUM_FAILED`` if there is no such token, any more, or it is another login's.
    """
    found = [token for token in tokens if hmac.compare_digest(token.approval_data, approval.approval_data)]
    if not found:
        raise HsmError(
            ReturnCode.QUORUM_FAILED,
            "Invalid username-signature pair for quorum authorization: the HSM has no such token, or it was used. "
            "Make a new one with `quorum token-sign generate`.",
        )
    (token,) = found
    if (token.role, token.name, token.login) != actor:
        raise _failed("the token was made in another login session; make one in this session")
    if not token.created <= now <= token.created + timeout:
        raise _failed(f"the token has expired, as every token does after {timeout} s; make a new one")
    return token


def require_purpose(token: Token, service: Service, key: int) -> None:
    """Refuse a token that is for something else.

    Raises:
        HsmError: ``QUORUM_FAILED``.
    """
    if token.service is not service:
        raise _failed(f"the token is for the service {token.service}, and this needs one for {service}")
    if token.key != key:
        raise _failed(f"the token is for the key 0x{token.key:016x}, and this needs one for 0x{key:016x}")


def require_approved(approval: Approval, required: int, role: Role, approvers: Iterable[User]) -> None:
    """Refuse what too few have signed.

    Args:
        approval: the token's data and the signatures.
        required: how many approvals are needed.
        role: of the approvers that the service asks for.
        approvers: who may approve, all of that role.

    Raises:
        HsmError: ``QUORUM_FAILED`` for a signature that is none, or whose signer may not approve, and for too few.
    """
    if not approval.signatures:
        raise HsmError(ReturnCode.QUORUM_FAILED, "No token signatures provided. Approvers sign the token first.")
    digest = hashlib.sha256(approval.approval_data).digest()
    users = {user.name: user for user in approvers}
    approved = set()
    for given in approval.signatures:
        name = given.username.lower()
        user = users.get(name) if given.role in (None, role) else None
        if user is None or user.approver_key is None or not is_signed(user.approver_key, digest, given.signature):
            raise HsmError(
                ReturnCode.QUORUM_FAILED,
                "Invalid username-signature pair for quorum authorization: a signature is not that of a "
                f"{role.value} who may approve this and has registered a key.",
            )
        approved.add(name)
    if len(approved) < required:
        raise HsmError(
            ReturnCode.QUORUM_FAILED,
            f"Too few quorum approvals: currently {len(approved)} approvals, but {required} approvals required.",
        )


def require_key_quorum(quorum: KeyQuorum, users: int) -> None:
    """Refuse quorum values that a key cannot have.

    Args:
        quorum: the values.
        users: how many may use the key, its owner included.

    Raises:
        HsmError: ``ATTRIBUTE_VALUE_INVALID``.
    """
    if quorum == NO_QUORUM:
        return
    if min(quorum) < QUORUM_RANGE[0]:
        raise HsmError(
            ReturnCode.ATTRIBUTE_VALUE_INVALID,
            "The manage key and use key quorum values must be set to a value greater than 1, both or neither.",
        )
    if max(quorum) > QUORUM_RANGE[-1]:
        raise invalid_value(f"a quorum value is {QUORUM_RANGE[0]} to {QUORUM_RANGE[-1]}, and not {max(quorum)}")
    if max(quorum) > users:
        raise invalid_value(
            f"the key would need {max(quorum)} approvals, and its owner and those who share it are {users}; share it "
            "with more crypto users"
        )


def invalid_value(reason: str) -> HsmError:
    """Return the refusal of a quorum value."""
    return HsmError(ReturnCode.ATTRIBUTE_VALUE_INVALID, f"Invalid quorum value provided. Here {reason}.")


def _failed(reason: str) -> HsmError:
    return HsmError(ReturnCode.QUORUM_FAILED, f"Quorum Failed: {reason}.")
