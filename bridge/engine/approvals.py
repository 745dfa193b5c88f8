"""Quorum authentication in a session: its values, its tokens, and what must be approved."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeVar

from bridge.engine.audit import Entry, Opcode
from bridge.engine.errors import HsmError, ReturnCode
from bridge.engine.login import Login
from bridge.engine.objects import HsmObject
from bridge.engine.policy import unknown, visible
from bridge.engine.quorum import (
    ADMIN_SERVICES,
    KEY_SERVICES,
    MOST_TOKENS,
    OFF,
    QUORUM_RANGE,
    TIMEOUT_RANGE,
    Approval,
    KeyQuorum,
    Service,
    Timeouts,
    Token,
    TokenInfo,
    approval_required,
    find_token,
    invalid_value,
    new_token,
    require_approved,
    require_purpose,
)
from bridge.engine.settings import QuorumValues
from bridge.engine.storage import Transaction
from bridge.engine.users import Actor, Role, User

_Result = TypeVar("_Result")


class Approvals(Login):
    """What a session does about approvals."""

    def quorum_values(self) -> dict[Service, int]:
        """Return how many approvals each service of admins that the HSM has needs, 1 for none; anybody may know."""
        values = _by_service(self._state.settings.quorum_values)
        return {service: values[service] for service in self._state.profile.services}

    def set_quorum_value(self, service: Service, value: int, approval: Approval | None = None) -> None:
        """Set how many approvals a service needs (user guide, "quorum-auth-chsm-cli-first-time").

        Args:
            service: ``USER``, ``QUORUM`` or ``CLUSTER``; ``QUORUM`` comes first, and governs the others.
            value: from 2 to 8, and to the number of admins; 1 for no approvals.
            approval: for the service ``QUORUM``, once it has a value of 2 or more.

        Raises:
            HsmError: ``ACTION_PROHIBITED`` unless an admin asks, ``ATTRIBUTE_VALUE_INVALID`` for the value,
                ``ARGUMENTS_BAD`` for a service that has none, ``QUORUM_REQUIRED``, ``QUORUM_FAILED``.
        """
        with self._audited(Opcode.SET_M_VALUE) as entry:
            self._admin("sets quorum values")
            services = self._state.profile.services
            if service not in services:
                raise HsmError(
                    ReturnCode.ARGUMENTS_BAD,
                    f"The service {service} has no quorum value in this HSM; {', '.join(services)} have.",
                )
            with self._state.changing(entry) as transaction:
                settings = self._state.settings
                old = settings.quorum_values
                new = old._replace(**{service.value: value})
                admins = sum(user.role is Role.ADMIN for user in self._state.users())
                _require_values(new, service, admins)
                self._approve(transaction, approval, Service.QUORUM, old.quorum)
                transaction.put_settings(replace(settings, quorum_values=new))

    def timeouts(self) -> Timeouts:
        """Return how long tokens may be used; anybody may know."""
        return self._state.settings.timeouts

    def set_timeouts(self, generated: int | None = None, approved: int | None = None) -> Timeouts:
        """Set how long tokens may be used.

        Args:
            generated: seconds after a token was made; None leaves it.
            approved: seconds after it was approved; None leaves it.

        Returns:
            The timeouts as they are now.

        Raises:
            HsmError: ``ACTION_PROHIBITED`` unless an admin asks, ``ATTRIBUTE_VALUE_INVALID``.
        """
        with self._audited(Opcode.SET_TOKEN_TIMEOUT) as entry:
            self._admin("sets the timeouts of tokens")
            for seconds in (generated, approved):
                if seconds is not None and seconds not in TIMEOUT_RANGE:
                    raise HsmError(
                        ReturnCode.ATTRIBUTE_VALUE_INVALID,
                        f"A timeout of tokens has {TIMEOUT_RANGE[0]} to {TIMEOUT_RANGE[-1]} seconds, not {seconds}.",
                    )
            with self._state.changing(entry) as transaction:
                settings = self._state.settings
                old = settings.timeouts
                new = Timeouts(
                    old.generated if generated is None else generated, old.approved if approved is None else approved
                )
                transaction.put_settings(replace(settings, timeouts=new))
            return new

    def generate_token(self, service: Service, key: int | None = None) -> bytes:
        """Make a token, in place of the user's last one for the same; it is for one operation of this login.

        Args:
            service: what it is for; an admin's services, a crypto user's, or ``REGISTRATION``.
            key: the handle of a key with quorum values, for the services of keys.

        Returns:
            Its approval data, 80 bytes, whose SHA-256 digest approvers sign.

        Raises:
            HsmError: ``ACTION_PROHIBITED`` for another role's service, ``ARGUMENTS_BAD`` without a key or with one,
                ``OBJECT_HANDLE_INVALID``, ``KEY_FUNCTION_NOT_PERMITTED`` for a key that needs no approval,
                ``DEVICE_MEMORY`` if there are 1,024 tokens that may still be used.
        """
        with self._audited(Opcode.GET_TOKEN, key=key or 0) as entry:
            actor = self._logged_in()
            if (key is not None) is not (service in KEY_SERVICES):
                raise HsmError(
                    ReturnCode.ARGUMENTS_BAD,
                    f"A token for {service} {'names' if service in KEY_SERVICES else 'is for no'} key.",
                )
            _require_role(actor, service)
            if service in ADMIN_SERVICES and service not in self._state.profile.services:
                raise HsmError(ReturnCode.ARGUMENTS_BAD, f"This HSM's type has no service {service}.")
            with self._state.changing(entry) as transaction:
                if key is not None:
                    _require_quorum(self._visible_key(key, actor.name), service)
                now, timeout = self._seconds(), self._state.settings.timeouts.generated
                kept = []
                for token in self._state.tokens():
                    replaced = (token.role, token.name, token.service, token.key) == (*actor[:2], service, key or 0)
                    if replaced or token.created + timeout < now:
                        transaction.delete_token(token)
                    else:
                        kept.append(token)
                if len(kept) >= MOST_TOKENS:
                    raise HsmError(
                        ReturnCode.DEVICE_MEMORY,
                        f"The HSM has {MOST_TOKENS} tokens, as many as it keeps: use them, or delete them with "
                        "`quorum token-sign delete`.",
                    )
                made = new_token(service, actor, key or 0, now, kept)
                transaction.put_token(made)
            return made.approval_data

    def tokens(self) -> list[TokenInfo]:
        """Return the tokens that may still be used: an admin sees those of everybody, others their own.

        Those that the user made in an earlier login are none any more.
        """
        try:
            actor = self._logged_in()
        except HsmError as error:
            self._note_refusal(Opcode.LIST_TOKENS, error)
            raise
        now, timeout = self._seconds(), self._state.settings.timeouts.generated
        found = []
        for token in self._state.tokens():
            left = token.created + timeout - now
            own = (token.role, token.name) == actor[:2]
            if left > 0 and (token.login == actor.login if own else actor.role is Role.ADMIN):
                required = self._required(token)
                found.append(TokenInfo(token.role, token.name, token.service, token.key or None, required, 0, left))
        return found

    def token(self, service: Service, key: int | None = None) -> TokenInfo:
        """Return the user's own token for a service.

        Args:
            service: what it is for.
            key: the handle of the key that it is for, if it is for one.

        Raises:
            HsmError: ``ARGUMENTS_BAD`` if there is none that may still be used.
        """
        tokens = self.tokens()
        actor = self._logged_in()
        for token in tokens:
            if (token.role, token.name, token.service, token.key) == (*actor[:2], service, key):
                return token
        raise HsmError(ReturnCode.ARGUMENTS_BAD, f"{actor.name!r} has no token for {service} that may still be used.")

    def delete_tokens(self, *, everybodys: bool = False) -> int:
        """Delete the user's own tokens, or all.

        Args:
            everybodys: whether to delete those of others too, as only an admin may.

        Returns:
            How many there were.

        Raises:
            HsmError: ``ACTION_PROHIBITED``.
        """
        with self._audited(Opcode.DELETE_TOKEN) as entry:
            actor = self._admin("deletes the tokens of others") if everybodys else self._logged_in()
            with self._state.changing(entry) as transaction:
                gone = [token for token in self._state.tokens() if everybodys or (token.role, token.name) == actor[:2]]
                for token in gone:
                    transaction.delete_token(token)
            return len(gone)

    def _approve(self, transaction: Transaction, approval: Approval | None, service: Service, required: int) -> None:
        """Take the approvals of what an admin does, inside the change that they are for."""
        if required > OFF:
            admins = [user for user in self._state.users() if user.role is Role.ADMIN]
            self._take(transaction, approval, service, required, 0, admins)

    def _approve_for_key(
        self, transaction: Transaction, approval: Approval | None, service: Service, obj: HsmObject
    ) -> None:
        """Take the approvals of what a crypto user does with a key, inside a transaction that ends with it."""
        required = _required_for(obj.quorum, service)
        if required:
            names = {obj.owner, *obj.shared_with}
            users = [user for user in self._state.users() if user.role is Role.CRYPTO_USER and user.name in names]
            self._take(transaction, approval, service, required, obj.handle, users)

    def _approved(
        self,
        service: Service,
        approvals: Sequence[tuple[HsmObject, Approval | None]],
        work: Callable[[Transaction | None], _Result],
        entry: Entry | None = None,
    ) -> _Result:
        """Do something with keys, and use up the approvals that they need, both or neither.

        Args:
            service: what the approvals are for.
            approvals: the keys, and what was given for each.
            work: what is done; it gets the transaction, or None if no approval is needed.
            entry: what the work is, if it changes the HSM in the transaction, which then records it.
        """
        needed = [(obj, approval) for obj, approval in approvals if _required_for(obj.quorum, service)]
        if not needed:
            return work(None)
        if any(approval is None for _, approval in needed):
            # Before the transaction: who asks without an approval does not wait for the disk.
            raise approval_required()
        name = self._logged_in().name
        with self._state.changing(entry) as transaction:
            for obj, approval in needed:
                # Who may approve it is what the key says now.
                self._approve_for_key(transaction, approval, service, self._visible_key(obj.handle, name))
            return work(transaction)

    def _take(
        self,
        transaction: Transaction,
        approval: Approval | None,
        service: Service,
        required: int,
        key: int,
        approvers: Sequence[User],
    ) -> None:
        if approval is None:
            raise approval_required()
        timeout = self._state.settings.timeouts.generated
        token = find_token(self._state.tokens(), approval, self._logged_in(), timeout, self._seconds())
        require_purpose(token, service, key)
        require_approved(approval, required, _role_for(service), approvers)
        transaction.delete_token(token)

    def _visible_key(self, handle: int, name: str) -> HsmObject:
        obj = self._state.get(handle)
        if obj is None or not visible(obj, name):
            raise unknown(handle)
        return obj

    def _required(self, token: Token) -> int:
        if token.service in KEY_SERVICES:
            obj = self._state.get(token.key)
            return 0 if obj is None else _required_for(obj.quorum, token.service)
        return self.quorum_values().get(token.service, OFF)

    def _seconds(self) -> int:
        return self._state.now_ms() // 1000


def _by_service(values: QuorumValues) -> dict[Service, int]:
    return {Service(name): value for name, value in values._asdict().items()}


def _role_for(service: Service) -> Role:
    """Return the role of those who make tokens for a service, and approve them."""
    return Role.CRYPTO_USER if service in KEY_SERVICES else Role.ADMIN


def _required_for(quorum: KeyQuorum, service: Service) -> int:
    return quorum.use if service is Service.KEY_USAGE else quorum.manage


def _require_values(values: QuorumValues, service: Service, admins: int) -> None:
    value = _by_service(values)[service]
    if value != OFF and value not in QUORUM_RANGE:
        raise invalid_value(
            f"a quorum value is {QUORUM_RANGE[0]} to {QUORUM_RANGE[-1]}, or {OFF} for no approvals, and not {value}"
        )
    if value > admins:
        raise invalid_value(f"there are {admins} admins, who cannot give {value} approvals; create more first")
    if values.quorum < max(values):
        raise invalid_value(
            f"the value of the service {Service.QUORUM} is {values.quorum}, and no other may be larger; set it first"
        )


def _require_role(actor: Actor, service: Service) -> None:
    role = _role_for(service)
    if service is not Service.REGISTRATION and actor.role is not role:
        raise HsmError(
            ReturnCode.ACTION_PROHIBITED,
            f"A token for {service} is made by a user with the role {role.value}; "
            f"{actor.name!r} is a {actor.role.value}.",
        )


def _require_quorum(obj: HsmObject, service: Service) -> None:
    if not _required_for(obj.quorum, service):
        raise HsmError(
            ReturnCode.KEY_FUNCTION_NOT_PERMITTED, f"{obj} has no quorum value for {service}: it needs no approval."
        )
