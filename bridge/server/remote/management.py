"""Users, approvals and the HSM of a remote session; every method is that of :class:`bridge.engine.Session`."""

from __future__ import annotations

from bridge.engine.errors import HsmError, ReturnCode
from bridge.engine.quorum import Approval, Service, Timeouts, TokenInfo
from bridge.engine.settings import MtlsEnforcement, Settings, TrustAnchor
from bridge.engine.users import Role, UserInfo
from bridge.server.records import packed
from bridge.server.remote.calls import Calls


class Management(Calls):
    """What a session does about users, approvals, and the HSM as a whole."""

    @property
    def logged_in(self) -> bool:
        """Whether anybody is."""
        return self._link.logged_in

    def login(self, role: Role, name: str, password: bytes, mfa_signature: bytes | None = None) -> None:
        """See :meth:`bridge.engine.Session.login`."""
        self._do("loginAs", packed(role), name, password, mfa_signature)
        self._link.logged_in = True

    def logout(self) -> None:
        """See :meth:`bridge.engine.Session.logout`."""
        self._do("logout")
        self._link.logged_in = False

    def close(self) -> None:
        """End the session and destroy its session keys; closing twice, or when the connection is lost, does nothing."""
        if not self._closed:
            try:
                self._do("close")
            except HsmError as error:
                if error.code not in (ReturnCode.DEVICE_REMOVED, ReturnCode.SESSION_CLOSED):
                    raise
            finally:
                # The session ends with its only connection, however that does.
                self._closed = True
                self._link.logged_in = False
                self._link.close()

    def mfa_token(self) -> bytes:
        """See :meth:`bridge.engine.Session.mfa_token`."""
        return self._ask(bytes, "mfaToken")

    def activate(self, password: bytes) -> UserInfo:
        """See :meth:`bridge.engine.Session.activate`."""
        return self._ask(UserInfo, "activate", password)

    def users(self) -> list[UserInfo]:
        """See :meth:`bridge.engine.Session.users`."""
        return self._list(UserInfo, "users")

    def create_user(self, role: Role, name: str, password: bytes, approval: Approval | None = None) -> UserInfo:
        """See :meth:`bridge.engine.Session.create_user`."""
        return self._ask(UserInfo, "createUser", packed(role), name, password, packed(approval))

    def delete_user(self, role: Role, name: str, approval: Approval | None = None) -> UserInfo:
        """See :meth:`bridge.engine.Session.delete_user`."""
        return self._ask(UserInfo, "deleteUser", packed(role), name, packed(approval))

    def change_password(self, role: Role, name: str, password: bytes, approval: Approval | None = None) -> UserInfo:
        """See :meth:`bridge.engine.Session.change_password`."""
        return self._ask(UserInfo, "changePassword", packed(role), name, password, packed(approval))

    def change_mfa(
        self,
        role: Role,
        name: str,
        password: bytes,
        public_key: bytes,
        signature: bytes,
        approval: Approval | None = None,
    ) -> UserInfo:
        """See :meth:`bridge.engine.Session.change_mfa`."""
        given = packed(role), name, password, public_key, signature, packed(approval)
        return self._ask(UserInfo, "changeMfa", *given)

    def deregister_mfa(self, role: Role, name: str, approval: Approval | None = None) -> UserInfo:
        """See :meth:`bridge.engine.Session.deregister_mfa`."""
        return self._ask(UserInfo, "deregisterMfa", packed(role), name, packed(approval))

    def register_approver_key(self, public_key: bytes, approval_data: bytes, signature: bytes) -> UserInfo:
        """See :meth:`bridge.engine.Session.register_approver_key`."""
        return self._ask(UserInfo, "registerApproverKey", public_key, approval_data, signature)

    def quorum_values(self) -> dict[Service, int]:
        """See :meth:`bridge.engine.Session.quorum_values`."""
        method = "quorumValues"
        return {
            self._read(Service, method, name): self._read(int, method, value)
            for name, value in self._map(method).items()
        }

    def set_quorum_value(self, service: Service, value: int, approval: Approval | None = None) -> None:
        """See :meth:`bridge.engine.Session.set_quorum_value`."""
        self._do("setQuorumValue", packed(service), value, packed(approval))

    def generate_token(self, service: Service, key: int | None = None) -> bytes:
        """See :meth:`bridge.engine.Session.generate_token`."""
        return self._ask(bytes, "generateToken", packed(service), key)

    def tokens(self) -> list[TokenInfo]:
        """See :meth:`bridge.engine.Session.tokens`."""
        return self._list(TokenInfo, "tokens")

    def delete_tokens(self, *, everybodys: bool = False) -> int:
        """See :meth:`bridge.engine.Session.delete_tokens`."""
        return self._ask(int, "deleteTokens", everybodys)

    def timeouts(self) -> Timeouts:
        """See :meth:`bridge.engine.Session.timeouts`."""
        return self._ask(Timeouts, "timeouts")

    def set_timeouts(self, generated: int | None = None, approved: int | None = None) -> Timeouts:
        """See :meth:`bridge.engine.Session.set_timeouts`."""
        return self._ask(Timeouts, "setTimeouts", generated, approved)

    def hsm_info(self) -> dict[str, object]:
        """See :meth:`bridge.engine.Session.hsm_info`."""
        return self._map("hsmInfo")

    @property
    def settings(self) -> Settings:
        """What the HSM is set to; anybody may know."""
        return self._ask(Settings, "settings")

    def configure(
        self,
        *,
        clear_extraction: bool | None = None,
        implicit_import: bool | None = None,
        audit_crypto: bool | None = None,
    ) -> Settings:
        """See :meth:`bridge.engine.Session.configure`."""
        changes = {
            "clear_extraction": clear_extraction,
            "implicit_import": implicit_import,
            "audit_crypto": audit_crypto,
        }
        return self._ask(Settings, "configure", {name: value for name, value in changes.items() if value is not None})

    def trust_anchors(self) -> list[TrustAnchor]:
        """See :meth:`bridge.engine.Session.trust_anchors`."""
        return self._list(TrustAnchor, "trustAnchors")

    def register_trust_anchor(self, certificate: bytes, approval: Approval | None = None) -> TrustAnchor:
        """See :meth:`bridge.engine.Session.register_trust_anchor`."""
        return self._ask(TrustAnchor, "registerTrustAnchor", certificate, packed(approval))

    def deregister_trust_anchor(self, reference: int, approval: Approval | None = None) -> None:
        """See :meth:`bridge.engine.Session.deregister_trust_anchor`."""
        self._do("deregisterTrustAnchor", reference, packed(approval))

    def mtls_enforcement(self) -> MtlsEnforcement:
        """See :meth:`bridge.engine.Session.mtls_enforcement`."""
        return self._ask(MtlsEnforcement, "mtlsEnforcement")

    def set_mtls_enforcement(self, level: MtlsEnforcement, approval: Approval | None = None) -> None:
        """See :meth:`bridge.engine.Session.set_mtls_enforcement`."""
        self._do("setMtlsEnforcement", packed(level), packed(approval))
