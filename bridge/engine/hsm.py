"""One HSM, as the doors see it."""

from __future__ import annotations

from bridge.engine import policy
from bridge.engine.holdings import Holdings, LocalHoldings
from bridge.engine.session import Session, SessionRules
from bridge.engine.settings import HsmType, Mode, Settings
from bridge.engine.state import State
from bridge.engine.users import FIRST_ADMIN, Role, appliance_user, new_user, unactivated_admin


class Hsm(State):
    """An HSM: everything is done in a session of it."""

    def initialize(
        self,
        admin_password: bytes,
        user: str,
        password: bytes,
        mode: Mode | None = None,
        hsm_type: HsmType = HsmType.HSM2M_MEDIUM,
    ) -> None:
        """Create the first admin, named ``admin``, and the first crypto user, both or none.

        Args:
            admin_password: 8 to 32 characters in UTF-8.
            user: name of the crypto user.
            password: the crypto user's, 8 to 32 characters in UTF-8.
            mode: of the HSM, for good; None for the usual one of its type.
            hsm_type: of the HSM, for good.

        Raises:
            HsmError: ``ACTION_PROHIBITED`` if there are users, ``ARGUMENTS_BAD`` if the type does not exist in the
                mode, and as :func:`bridge.engine.users.new_user`.
        """
        settings = Settings(policy.mode_of(hsm_type, mode), hsm_type=hsm_type)
        admin = new_user(Role.ADMIN, FIRST_ADMIN, admin_password)
        self.add_first_users([admin, appliance_user(), new_user(Role.CRYPTO_USER, user, password)], settings)

    def initialize_unactivated(self, mode: Mode | None = None, hsm_type: HsmType = HsmType.HSM2M_MEDIUM) -> None:
        """Create the users of an HSM that is activated later, as AWS hands out its clusters.

        Args:
            mode: of the HSM, for good; None for the usual one of its type.
            hsm_type: of the HSM, for good.

        Raises:
            HsmError: ``ACTION_PROHIBITED`` if there are users, ``ARGUMENTS_BAD`` if the type is not of that mode.
        """
        settings = Settings(policy.mode_of(hsm_type, mode), hsm_type=hsm_type)
        self.add_first_users([unactivated_admin(), appliance_user()], settings)

    def open_session(self, rules: SessionRules | None = None, holdings: Holdings | None = None) -> Session:
        """Begin a session that nobody has logged in to.

        Args:
            rules: what the session does otherwise than sessions do; None for nothing.
            holdings: where its login and its session keys are; None for this process alone.
        """
        return Session(self, rules or SessionRules(), holdings or LocalHoldings(self._presence))
