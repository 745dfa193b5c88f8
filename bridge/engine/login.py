"""Who is logged in to a session."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from functools import partial

from bridge import __version__
from bridge.engine.attributes import Attributes
from bridge.engine.audit import Opcode
from bridge.engine.audited import Audited
from bridge.engine.errors import HsmError, ReturnCode
from bridge.engine.holdings import Holdings, already_logged_in, disconnected, not_logged_in, session_closed
from bridge.engine.quorum import is_signed
from bridge.engine.settings import Mode, Settings
from bridge.engine.state import State
from bridge.engine.users import Actor, Role, User


@dataclass(frozen=True)
class SessionRules:
    """How a session differs from others.

    Attributes:
        defaults: attributes of new keys that take the place of the table's defaults.
        imports: whether keys that were made elsewhere may come in.
        unique_labels: whether a key that becomes persistent is refused if another private or secret key has its label.
        clear_extraction: whether keys may come out in clear where the HSM's settings and their attributes allow it.
        min_hsms: on how many HSMs a persistent key must be to be made or found; 2 is the key availability check of
            the original, which an HSM alone never passes (user guide, "manage-key-sync").
        mtls: whether the session's connections show client certificates; None if it has none, in the HSM's own process.
    """

    defaults: Attributes = field(default_factory=dict)
    imports: bool = True
    unique_labels: bool = False
    clear_extraction: bool = True
    min_hsms: int = 1
    mtls: bool | None = None


class Login(Audited):
    """The login of a session."""

    def __init__(self, state: State, rules: SessionRules, holdings: Holdings) -> None:
        super().__init__(state, holdings)
        self._rules = rules

    @property
    def settings(self) -> Settings:
        """What the HSM is set to; anybody may know."""
        return self._state.settings

    def hsm_info(self) -> dict[str, object]:
        """Describe the HSM with the fields of ``cluster hsm-info``; anybody may know."""
        fips = self.settings.mode is Mode.FIPS
        major, minor, build = __version__.split(".")
        return {
            "vendor": "hsmbridge, emulated in software",
            "model": "emulated, not validated",
            "serial-number": self._state.identity.hex().upper(),
            "hardware-version-major": "0",
            "hardware-version-minor": "0",
            "firmware-version-major": major,
            "firmware-version-minor": minor,
            "firmware-build-number": build,
            "firmware-id": f"hsmbridge-{__version__}",
            "fips-state": "2 [FIPS mode rules, emulated]" if fips else "0 [non-FIPS mode, emulated]",
        }

    def mfa_token(self) -> bytes:
        """Return the digest that the second factor of the next login in this session signs.

        Returns:
            32 random bytes, to be taken as a SHA-256 digest; each is good for one login or one change of the factor.
        """
        try:
            self._require_open()
        except HsmError as error:
            self._note_refusal(Opcode.GET_MFA_TOKEN, error)
            raise
        token = secrets.token_bytes(32)
        self._holdings.challenge(token)
        return token

    def login(self, role: Role, name: str, password: bytes, mfa_signature: bytes | None = None) -> None:
        """Log a user in.

        Args:
            role: the role to act in.
            name: the user's name.
            password: in UTF-8.
            mfa_signature: over the digest of :meth:`mfa_token`, RSA PKCS#1 v1.5, of a user with a second factor.

        Raises:
            HsmError: ``USER_ALREADY_LOGGED_IN``, ``PIN_INCORRECT``, ``PIN_LOCKED``, ``SESSION_CLOSED``;
                ``DEVICE_REMOVED`` without the client certificate that mutual TLS asks for.
        """
        with self._audited(Opcode.LOGIN, user=Actor(role, name.lower())) as entry:
            self._require_open()
            self._state.refresh()
            self._require_certificate()
            user = self._holdings.user
            if user is not None:
                raise already_logged_in(user)
            digest = self._holdings.challenge(None)
            known = self._state.authenticate(role, name, password, partial(_has_signed, digest, mfa_signature))
            self._holdings.log_in(Actor(known.role, known.name, secrets.token_hex(8)))
            try:
                self._state.record(entry)
                # Who changes the user from now on sees the login, and who has done so before is seen here: the record
                # was written after both.
                self._state.require_same(known)
            except BaseException:
                self._holdings.log_out()
                raise

    def logout(self) -> None:
        """End the login and destroy the session keys.

        Raises:
            HsmError: ``USER_NOT_LOGGED_IN`` if nobody was.
        """
        with self._audited(Opcode.LOGOUT):
            self._require_open()
            self._holdings.log_out()

    def close(self) -> None:
        """End the session and destroy its session keys; closing twice does nothing."""
        if not self._holdings.closed:
            with self._audited(Opcode.CLOSE_SESSION):
                self._holdings.close()

    def ended(self) -> None:
        """Record that the session ended otherwise than by :meth:`close`, such as with its last connection.

        Raises:
            HsmError: as :class:`Storage`.
        """
        with self._audited(Opcode.CLOSE_SESSION):
            pass

    def configure(
        self,
        *,
        clear_extraction: bool | None = None,
        implicit_import: bool | None = None,
        audit_crypto: bool | None = None,
    ) -> Settings:
        """Change the HSM's settings; what is None stays.

        Args:
            clear_extraction: see :class:`Settings`.
            implicit_import: see :class:`Settings`.
            audit_crypto: see :class:`Settings`.

        Returns:
            The settings as they are now.

        Raises:
            HsmError: ``ACTION_PROHIBITED`` unless an admin asks.
        """
        with self._audited(Opcode.CONFIGURE) as entry:
            self._admin("changes the HSM's settings")
            return self._state.configure(
                entry, clear_extraction=clear_extraction, implicit_import=implicit_import, audit_crypto=audit_crypto
            )

    @property
    def logged_in(self) -> bool:
        """Whether anybody is."""
        return self._holdings.user is not None

    def _require_open(self) -> None:
        if self._holdings.closed:
            raise session_closed()

    def _logged_in(self) -> Actor:
        user = self._holdings.user
        if user is None or not self._state.knows(user):
            self._require_open()
            raise not_logged_in()
        self._require_certificate()
        return user

    def _require_certificate(self) -> None:
        if self._rules.mtls is False and self._state.enforces_mtls:
            raise disconnected()

    def _admin(self, what: str) -> Actor:
        """Return the admin who is logged in; ``what`` says what only admins do."""
        actor = self._logged_in()
        if actor.role is not Role.ADMIN:
            raise HsmError(
                ReturnCode.ACTION_PROHIBITED, f"Only an admin {what}; {actor.name!r} is a {actor.role.value}."
            )
        return actor

    def _viewer(self) -> str | None:
        """Return the crypto user, or None for an admin, who sees all token keys and uses none."""
        user = self._logged_in()
        return user.name if user.role is Role.CRYPTO_USER else None

    def _crypto_user(self) -> str:
        user = self._logged_in()
        if user.role is not Role.CRYPTO_USER:
            raise HsmError(
                ReturnCode.USER_TYPE_INVALID,
                f"{user.role.value} {user.name!r} manages users and uses no keys; log in as a crypto user.",
            )
        return user.name


def _has_signed(digest: bytes | None, signature: bytes | None, user: User) -> bool:
    """Tell whether a user's second factor was given."""
    if digest is None or signature is None or user.approver_key is None:
        return False
    return is_signed(user.approver_key, digest, signature)
