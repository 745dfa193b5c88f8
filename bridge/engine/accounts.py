"""The users of an HSM as a session manages them (user guide, "manage-hsm-users-chsm-cli")."""

from __future__ import annotations

import hashlib
from dataclasses import replace

from bridge.engine.audit import Entry, Opcode
from bridge.engine.errors import HsmError, ReturnCode
from bridge.engine.mtls import Mtls
from bridge.engine.objects import HsmObject
from bridge.engine.quorum import Approval, Service, approver_key, find_token, is_signed, require_purpose
from bridge.engine.storage import Transaction
from bridge.engine.users import FIRST_ADMIN, Actor, Role, User, UserInfo, new_user

_CREATE = {Role.ADMIN: Opcode.CREATE_CO}

_PEOPLE = (Role.ADMIN, Role.CRYPTO_USER)


class Accounts(Mtls):
    """What a session does about users."""

    def users(self) -> list[UserInfo]:
        """Return all users in the order in which they were made; anybody may know."""
        return [user.info for user in sorted(self._state.users(), key=lambda user: (user.number, user.role, user.name))]

    def create_user(self, role: Role, name: str, password: bytes, approval: Approval | None = None) -> UserInfo:
        """Make a user.

        Args:
            role: admin or crypto user.
            name: 1 to 31 letters, digits or underscores; not case-sensitive. The same may exist in the other role.
            password: 8 to 32 characters in UTF-8.
            approval: for the service ``USER``, if that has a quorum value.

        Raises:
            HsmError: ``ACTION_PROHIBITED`` unless an admin asks, ``ARGUMENTS_BAD`` for the role, the name, or one that
                exists, ``PIN_LEN_RANGE`` or ``PIN_INVALID`` for the password, ``DEVICE_MEMORY`` if there are as many
                users as the HSM has room for, ``QUORUM_REQUIRED``, ``QUORUM_FAILED``.
        """
        with self._audited(_CREATE.get(role, Opcode.CREATE_USER), user=Actor(role, name.lower())) as entry:
            self._admin("creates users")
            require_people(role)
            made = new_user(role, name, password)
            with self._state.changing(entry) as transaction:
                made = self._add_user(transaction, made, approval)
            return made.info

    def _add_user(self, transaction: Transaction, made: User, approval: Approval | None) -> User:
        """Add a user if there is room, with its number if that is free; return the user as added.

        Raises:
            HsmError: as :meth:`create_user`, from the name that exists on.
        """
        users = self._state.users()
        if any((user.role, user.name) == (made.role, made.name) for user in users):
            raise HsmError(ReturnCode.ARGUMENTS_BAD, f"There is a {made.role.value} {made.name!r} already.")
        limit = self._state.profile.users
        if len(users) >= limit:
            raise HsmError(
                ReturnCode.DEVICE_MEMORY,
                f"The HSM has {limit:,} users, as many as it has room for; delete others first.",
            )
        self._approve_user(transaction, approval)
        taken = {0, *(user.number for user in users)}
        if made.number in taken:
            made = replace(made, number=1 + max(taken))
        transaction.put_user(made)
        return made

    def delete_user(self, role: Role, name: str, approval: Approval | None = None) -> UserInfo:
        """Let a user be no more; its open sessions are of no more use.

        Args:
            role: of the user.
            name: of the user.
            approval: for the service ``USER``, if that has a quorum value.

        Raises:
            HsmError: ``ACTION_PROHIBITED`` unless an admin asks, for the admin's own account, and for a crypto user who
                owns keys, or without whom a key has too few approvers; ``ARGUMENTS_BAD`` if there is no such user,
                ``QUORUM_REQUIRED``, ``QUORUM_FAILED``, ``USER_ALREADY_LOGGED_IN`` if the user is logged in.
        """
        with self._audited(Opcode.DELETE_USER, user=Actor(role, name.lower())) as entry:
            actor = self._admin("deletes users")
            require_people(role)
            with self._state.changing(entry) as transaction:
                user = self._state.user(role, name)
                if (user.role, user.name) == actor[:2]:
                    raise HsmError(
                        ReturnCode.ACTION_PROHIBITED, f"The admin {user.name!r} is logged in to this session."
                    )
                if user.role is Role.CRYPTO_USER:
                    self._give_up_keys(transaction, user.name)
                self._approve_user(transaction, approval)
                self._require_logged_out(user)
                transaction.delete_user(user)
                for token in self._state.tokens():
                    if (token.role, token.name) == (user.role, user.name):
                        transaction.delete_token(token)
            return user.info

    def _give_up_keys(self, transaction: Transaction, name: str) -> None:
        """Take a crypto user off the lists of who may use a key; refuse one who owns keys."""
        owned, shared = [], list[HsmObject]()
        for obj in self._state.all():
            if obj.owner == name:
                owned.append(obj)
            elif name in obj.shared_with:
                shared.append(obj)
        if owned:
            raise HsmError(
                ReturnCode.ACTION_PROHIBITED,
                f"The crypto user {name!r} owns {len(owned)} keys, such as {owned[0]}: delete them first.",
            )
        for obj in shared:
            left = replace(obj, shared_with=obj.shared_with - {name})
            if max(left.quorum) > 1 + len(left.shared_with):
                raise HsmError(
                    ReturnCode.ACTION_PROHIBITED,
                    f"Without the crypto user {name!r} nobody could give the {max(left.quorum)} approvals that {obj} "
                    "needs: have its owner share it with another first, or delete it.",
                )
            transaction.put_object(left)

    def change_password(self, role: Role, name: str, password: bytes, approval: Approval | None = None) -> UserInfo:
        """Set a user's password, which also unlocks the account and removes the second factor; the user's keys stay.

        Args:
            role: the role of the user whose password changes.
            name: that user's name.
            password: the new one, 8 to 32 characters in UTF-8.
            approval: for the service ``USER``, if that has a quorum value and the user is another.

        Raises:
            HsmError: ``ACTION_PROHIBITED`` if a crypto user asks for another's password, ``ARGUMENTS_BAD`` if there
                is no such user, ``PIN_LEN_RANGE`` or ``PIN_INVALID`` for the password, ``QUORUM_REQUIRED``,
                ``QUORUM_FAILED``, ``USER_ALREADY_LOGGED_IN`` if the user is logged in to another session.
        """
        with self._audited(Opcode.CHANGE_PSWD, user=Actor(role, name.lower())) as entry:
            return self._change(entry, role, name, password, approval, mfa=False)

    def change_mfa(
        self,
        role: Role,
        name: str,
        password: bytes,
        public_key: bytes,
        signature: bytes,
        approval: Approval | None = None,
    ) -> UserInfo:
        """Set a user's password together with a second factor, which every login asks for from then on.

        Args:
            role: the role of the user, who asks for it, or for whom an admin does.
            name: that user's name.
            password: the new one, 8 to 32 characters in UTF-8.
            public_key: that checks the second factor: RSA-2048, SubjectPublicKeyInfo in PEM or DER.
            signature: over the digest of :meth:`mfa_token`, made with the key's private half.
            approval: for the service ``USER``, if that has a quorum value and the user is another.

        Raises:
            HsmError: as :meth:`change_password`; ``PUBLIC_KEY_INVALID``, ``SIGNATURE_INVALID``.
        """
        with self._audited(Opcode.REGISTER_MFA_KEY, user=Actor(role, name.lower())) as entry:
            self._logged_in()
            key = approver_key(public_key)
            digest = self._holdings.challenge(None)
            if digest is None or not is_signed(key, digest, signature):
                raise HsmError(
                    ReturnCode.SIGNATURE_INVALID,
                    "The signature is not the key's over the token that this session made last; sign it with "
                    "`openssl pkeyutl -sign -inkey key.pem -pkeyopt digest:sha256`.",
                )
            return self._change(entry, role, name, password, approval, mfa=True, key=key)

    def _change(
        self,
        entry: Entry,
        role: Role,
        name: str,
        password: bytes,
        approval: Approval | None,
        *,
        mfa: bool,
        key: bytes | None = None,
    ) -> UserInfo:
        actor = self._logged_in()
        new = new_user(role, name, password)
        own = (new.role, new.name) == actor[:2]
        if not own:
            self._admin("changes the password of another user")
            require_people(role)
        with self._state.changing(entry) as transaction:
            user = self._state.user(role, name)
            if not own:
                self._approve_user(transaction, approval)
            self._require_logged_out(user)
            changed = replace(
                user, password=new.password, failures=0, mfa=mfa, approver_key=user.approver_key if key is None else key
            )
            transaction.put_user(changed)
        return changed.info

    def deregister_mfa(self, role: Role, name: str, approval: Approval | None = None) -> UserInfo:
        """Remove a user's second factor; the password stays.

        Args:
            role: the role of the user, who asks for it, or for whom an admin does.
            name: that user's name.
            approval: for the service ``USER``, if that has a quorum value and the user is another.

        Raises:
            HsmError: ``ACTION_PROHIBITED``, ``ARGUMENTS_BAD``, ``QUORUM_REQUIRED``, ``QUORUM_FAILED``,
                ``USER_ALREADY_LOGGED_IN`` if the user is logged in to another session.
        """
        with self._audited(Opcode.DEREGISTER_MFA_KEY, user=Actor(role, name.lower())) as entry:
            actor = self._logged_in()
            own = (role, name.lower()) == actor[:2]
            if not own:
                self._admin("removes the second factor of another user")
            with self._state.changing(entry) as transaction:
                user = self._state.user(role, name)
                if not user.mfa:
                    raise HsmError(ReturnCode.ARGUMENTS_BAD, f"The {role.value} {user.name!r} has no second factor.")
                if not own:
                    self._approve_user(transaction, approval)
                self._require_logged_out(user)
                changed = replace(user, mfa=False)
                transaction.put_user(changed)
            return changed.info

    def activate(self, password: bytes) -> UserInfo:
        """Give the admin of a new HSM its first password (user guide, "activate-cluster"); needs no login.

        Args:
            password: 8 to 32 characters in UTF-8.

        Raises:
            HsmError: ``ACTION_PROHIBITED`` if that was done, ``PIN_LEN_RANGE`` or ``PIN_INVALID``.
        """
        with self._audited(Opcode.CHANGE_PSWD, user=Actor(Role.UNACTIVATED_ADMIN, FIRST_ADMIN)) as entry:
            self._require_open()
            # Anybody may ask, and hashing a password is work: first whether there is anything to activate.
            self._unactivated()
            admin = new_user(Role.ADMIN, FIRST_ADMIN, password)
            with self._state.changing(entry) as transaction:
                found = self._unactivated()
                admin = replace(admin, number=found.number)
                transaction.delete_user(found)
                transaction.put_user(admin)
            return admin.info

    def _unactivated(self) -> User:
        for user in self._state.users():
            if user.role is Role.UNACTIVATED_ADMIN:
                return user
        raise HsmError(ReturnCode.ACTION_PROHIBITED, "This HSM has been activated: its admin has a password.")

    def register_approver_key(self, public_key: bytes, approval_data: bytes, signature: bytes) -> UserInfo:
        """Register the key with which the user who is logged in approves (user guide, "quorum-auth-chsm-cli").

        Args:
            public_key: RSA-2048, SubjectPublicKeyInfo in PEM or DER.
            approval_data: of a token for ``REGISTRATION`` that was made in this login.
            signature: over its SHA-256 digest, RSA PKCS#1 v1.5: the proof that the user has the private half.

        Raises:
            HsmError: ``PUBLIC_KEY_INVALID``, ``QUORUM_FAILED``, ``ACTION_PROHIBITED`` if the key is the user's second
                factor, which only changes with it.
        """
        with self._audited(Opcode.REGISTER_QUORUM_KEY) as entry:
            actor = self._logged_in()
            key = approver_key(public_key)
            with self._state.changing(entry) as transaction:
                self._prove_possession(transaction, actor, key, approval_data, signature)
                user = self._state.user(actor.role, actor.name)
                if user.mfa and user.approver_key != key:
                    raise HsmError(
                        ReturnCode.ACTION_PROHIBITED,
                        f"The key of {actor.role.value} {actor.name!r} is the second factor too: change it with "
                        "`user change-mfa token-sign`.",
                    )
                changed = replace(user, approver_key=key)
                transaction.put_user(changed)
            return changed.info

    def _prove_possession(
        self, transaction: Transaction, actor: Actor, key: bytes, approval_data: bytes, signature: bytes
    ) -> None:
        timeout = self._state.settings.timeouts.generated
        token = find_token(self._state.tokens(), Approval(approval_data), actor, timeout, self._seconds())
        require_purpose(token, Service.REGISTRATION, 0)
        if not is_signed(key, hashlib.sha256(approval_data).digest(), signature):
            raise HsmError(
                ReturnCode.QUORUM_FAILED,
                "InvalidQuorumSignature: the registration token was not signed with the private half of this key.",
            )
        transaction.delete_token(token)

    def _require_logged_out(self, user: User) -> None:
        """Refuse to change a user who is logged in to another session, in any process.

        User guide, "cloudhsm_cli-user-delete" and "cloudhsm_cli-user-change-password".

        Raises:
            HsmError: ``USER_ALREADY_LOGGED_IN``.
        """
        if self._holdings.elsewhere(Actor(user.role, user.name)):
            raise HsmError(
                ReturnCode.USER_ALREADY_LOGGED_IN,
                f"The {user.role.value} {user.name!r} is logged in to another session: log out there, or end the "
                "program that is logged in, and try again.",
            )

    def _approve_user(self, transaction: Transaction, approval: Approval | None) -> None:
        self._approve(transaction, approval, Service.USER, self._state.settings.quorum_values.user)


def require_people(role: Role) -> None:
    """Refuse the roles that nobody creates, deletes or copies.

    Raises:
        HsmError: ``ARGUMENTS_BAD``.
    """
    if role not in _PEOPLE:
        raise HsmError(
            ReturnCode.ARGUMENTS_BAD,
            f"Users are managed in the roles {' and '.join(each.value for each in _PEOPLE)}, not {role.value}.",
        )
