"""Who is logged in to a session."""

from __future__ import annotations

from dataclasses import dataclass, field

from bridge.engine.attributes import Attributes
from bridge.engine.audit import Opcode
from bridge.engine.audited import Audited
from bridge.engine.errors import HsmError, ReturnCode
from bridge.engine.holdings import Holdings, already_logged_in, not_logged_in, session_closed
from bridge.engine.settings import Settings
from bridge.engine.state import State
from bridge.engine.users import Actor, Role, new_user


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
    """

    defaults: Attributes = field(default_factory=dict)
    imports: bool = True
    unique_labels: bool = False
    clear_extraction: bool = True
    min_hsms: int = 1


class Login(Audited):
    """The login of a session."""

    def __init__(self, state: State, rules: SessionRules, holdings: Holdings) -> None:
        super().__init__(state, holdings)
        self._rules = rules

    @property
    def settings(self) -> Settings:
        """What the HSM is set to; anybody may know."""
        return self._state.settings

    def login(self, role: Role, name: str, password: bytes) -> None:
        """Log a user in.

        Args:
            role: the role to act in.
            name: the user's name.
            password: in UTF-8.

        Raises:
            HsmError: ``USER_ALREADY_LOGGED_IN``, ``PIN_INCORRECT``, ``PIN_LOCKED``, ``SESSION_CLOSED``.
        """
        with self._audited(Opcode.LOGIN, user=Actor(role, name.lower())) as entry:
            self._require_open()
            user = self._holdings.user
            if user is not None:
                raise already_logged_in(user)
            known = self._state.authenticate(role, name, password)
            self._state.record(entry)
            self._holdings.log_in(Actor(known.role, known.name))

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

    def change_password(self, role: Role, name: str, password: bytes) -> None:
        """Set a user's password, which also unlocks the account; the user's keys stay.

        Args:
            role: the role of the user whose password changes.
            name: that user's name.
            password: the new one, 8 to 32 characters in UTF-8.

        Raises:
            HsmError: ``ACTION_PROHIBITED`` if a crypto user asks for another's password, ``ARGUMENTS_BAD`` if there
                is no such user, ``PIN_LEN_RANGE`` or ``PIN_INVALID`` for the password.
        """
        with self._audited(Opcode.CHANGE_PSWD, user=Actor(role, name.lower())) as entry:
            actor = self._logged_in()
            user = new_user(role, name, password)
            if actor.role is not Role.ADMIN and (actor.role, actor.name) != (user.role, user.name):
                raise HsmError(
                    ReturnCode.ACTION_PROHIBITED,
                    f"Only an admin changes the password of another user; {actor.name!r} is a {actor.role.value}.",
                )
            self._state.replace_user(user, entry)

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
            actor = self._logged_in()
            if actor.role is not Role.ADMIN:
                raise HsmError(
                    ReturnCode.ACTION_PROHIBITED,
                    f"Only an admin changes the HSM's settings; {actor.name!r} is a {actor.role.value}.",
                )
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
        if user is None:
            self._require_open()
            raise not_logged_in()
        return user

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
