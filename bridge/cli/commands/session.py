"""What the commands ask of a session, on this machine or in a daemon."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from bridge.engine import KeyInfo, Role
from bridge.engine.attributes import Attributes
from bridge.engine.parameters import Parameter
from bridge.engine.quorum import Approval, KeyQuorum, Service, Timeouts, TokenInfo
from bridge.engine.settings import MtlsEnforcement, TrustAnchor
from bridge.engine.users import UserInfo


class Users(Protocol):
    """Users, logins and the HSM itself, as :class:`bridge.engine.Session` has them."""

    def users(self) -> Sequence[UserInfo]:
        """List the users."""

    def create_user(self, role: Role, name: str, password: bytes, /, approval: Approval | None = None) -> UserInfo:
        """Create a user."""

    def delete_user(self, role: Role, name: str, /, approval: Approval | None = None) -> UserInfo:
        """Delete a user."""

    def change_password(self, role: Role, name: str, password: bytes, /, approval: Approval | None = None) -> UserInfo:
        """Set a password."""

    def activate(self, password: bytes, /) -> UserInfo:
        """Set the first password of the admin."""

    def login(self, role: Role, name: str, password: bytes, mfa_signature: bytes | None = None, /) -> None:
        """Log in."""

    def logout(self) -> None:
        """Log out."""

    def mfa_token(self) -> bytes:
        """Return what is to be signed with the second factor."""

    def change_mfa(
        self,
        role: Role,
        name: str,
        password: bytes,
        public_key: bytes,
        signature: bytes,
        /,
        approval: Approval | None = None,
    ) -> UserInfo:
        """Register the key of a second factor."""

    def deregister_mfa(self, role: Role, name: str, /, approval: Approval | None = None) -> UserInfo:
        """Forget the key of a second factor."""

    def hsm_info(self) -> Mapping[str, object]:
        """Describe the HSM."""

    def trust_anchors(self) -> Sequence[TrustAnchor]:
        """List the CAs for clients' certificates."""

    def register_trust_anchor(self, pem: bytes, /, approval: Approval | None = None) -> TrustAnchor:
        """Register a CA for clients' certificates."""

    def deregister_trust_anchor(self, reference: int, /, approval: Approval | None = None) -> None:
        """Forget a CA for clients' certificates."""

    def mtls_enforcement(self) -> MtlsEnforcement:
        """Tell whether clients need a certificate."""

    def set_mtls_enforcement(self, level: MtlsEnforcement, /, approval: Approval | None = None) -> None:
        """Say whether clients need a certificate."""


class Quorums(Protocol):
    """Approvals, as :class:`bridge.engine.Session` has them."""

    def register_approver_key(self, public_key: bytes, approval_data: bytes, signature: bytes, /) -> UserInfo:
        """Register the key that the user approves with."""

    def quorum_values(self) -> Mapping[Service, int]:
        """Return how many approvals the services need."""

    def set_quorum_value(self, service: Service, value: int, /, approval: Approval | None = None) -> None:
        """Set how many approvals a service needs."""

    def generate_token(self, service: Service, /, key: int | None = None) -> bytes:
        """Make a token; return its approval data."""

    def tokens(self) -> Sequence[TokenInfo]:
        """List the tokens."""

    def delete_tokens(self, *, everybodys: bool = False) -> int:
        """Delete tokens."""

    def timeouts(self) -> Timeouts:
        """Return how long tokens live."""

    def set_timeouts(self, generated: int | None, approved: int | None, /) -> Timeouts:
        """Set how long tokens live."""


class Keys(Protocol):
    """Keys and what is done with them, as :class:`bridge.engine.Session` has them."""

    def find(self, template: Attributes, /) -> list[int]:
        """Find keys."""

    def info(self, handle: int, /) -> KeyInfo:
        """Return what the user may know of a key."""

    def attributes(self, handle: int, /) -> Attributes:
        """Return the attributes of a key."""

    def generate_key(
        self, mechanism: int, template: Attributes, /, shared_with: Iterable[str] = ..., quorum: KeyQuorum = ...
    ) -> int:
        """Generate a secret key."""

    def generate_key_pair(
        self,
        mechanism: int,
        public: Attributes,
        private: Attributes,
        /,
        shared_with: Iterable[str] = ...,
        quorum: KeyQuorum = ...,
    ) -> tuple[int, int]:
        """Generate a key pair."""

    def import_key(self, template: Attributes, /) -> int:
        """Bring a key in."""

    def destroy(self, handle: int, /) -> None:
        """Destroy a key."""

    def set_attributes(self, handle: int, template: Attributes, /, approval: Approval | None = None) -> None:
        """Change attributes of a key."""

    def share(self, handle: int, name: str, /, approval: Approval | None = None) -> None:
        """Let another crypto user use a key."""

    def unshare(self, handle: int, name: str, /, approval: Approval | None = None) -> None:
        """Take a shared key back."""

    def sign(
        self,
        handle: int,
        mechanism: int,
        data: bytes,
        parameter: Parameter | None = None,
        /,
        approval: Approval | None = None,
    ) -> bytes:
        """Sign."""

    def verify(
        self, handle: int, mechanism: int, data: bytes, signature: bytes, parameter: Parameter | None = None, /
    ) -> None:
        """Verify; returns if the signature is right."""

    def wrap(
        self,
        wrapping: int,
        mechanism: int,
        handle: int,
        parameter: Parameter | None = None,
        /,
        approval: Approval | None = None,
        wrapping_approval: Approval | None = None,
    ) -> bytes:
        """Encrypt a key with another."""

    def unwrap(
        self,
        handle: int,
        mechanism: int,
        wrapped: bytes,
        given: Attributes,
        parameter: Parameter | None = None,
        /,
        approval: Approval | None = None,
    ) -> int:
        """Bring a wrapped key in."""

    def export(self, handle: int, /) -> bytes:
        """Return the value of a public key."""


class Masking(Protocol):
    """Masked objects, as :class:`bridge.engine.Session` has them."""

    @property
    def lineage(self) -> bytes:
        """Name what clones have in common."""

    def extract_masked(self, handle: int, /) -> bytes:
        """Return a whole key for a clone."""

    def insert_masked(self, blob: bytes, /) -> int:
        """Add a key that comes from a clone."""

    def extract_masked_user(self, role: Role, name: str, /) -> bytes:
        """Return a whole user for a clone."""

    def insert_masked_user(self, blob: bytes, /, approval: Approval | None = None) -> UserInfo:
        """Add a user who comes from a clone."""


class HsmSession(Users, Quorums, Keys, Masking, Protocol):
    """A session: :class:`bridge.engine.Session`, or one with a daemon that has the same methods."""

    def close(self) -> None:
        """End the session."""
