"""A session: one login, its session keys, and every operation that a door can ask for."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from bridge.engine import policy
from bridge.engine.attributes import SECRET_VALUES, Attribute, Attributes
from bridge.engine.errors import HsmError, ReturnCode
from bridge.engine.material import Key, describe, encode, import_value
from bridge.engine.mechanisms import Mechanism, mechanism
from bridge.engine.objects import HsmObject
from bridge.engine.state import State
from bridge.engine.templates import change, complete
from bridge.engine.users import Role, User, new_user


@dataclass(frozen=True)
class SessionRules:
    """How a session differs from others.

    Attributes:
        defaults: attributes of new keys that take the place of the table's defaults.
        imports: whether keys that were made elsewhere may come in.
        unique_labels: whether a key that becomes persistent may have the label of another private or secret key.
    """

    defaults: Attributes = field(default_factory=dict)
    imports: bool = True
    unique_labels: bool = False


class KeyInfo(NamedTuple):
    """What a user may know of a key.

    Attributes:
        handle: the key's.
        owner: the crypto user that made it.
        shared_with: crypto users that may use it.
        attributes: all readable ones.
    """

    handle: int
    owner: str
    shared_with: frozenset[str]
    attributes: Attributes


class Session:
    """What one user does with one HSM; made by :meth:`Hsm.open_session`, safe for use by many threads.

    Until :meth:`login`, every operation is refused with ``USER_NOT_LOGGED_IN``. Session keys (``TOKEN`` false) are
    seen in their own session only and end with the login; token keys stay.
    """

    def __init__(self, state: State, rules: SessionRules) -> None:
        self._state = state
        self._rules = rules
        self._lock = threading.Lock()
        self._user: User | None = None
        self._closed = False
        self._own: dict[int, HsmObject] = {}

    def login(self, role: Role, name: str, password: bytes) -> None:
        """Log a user in.

        Args:
            role: the role to act in.
            name: the user's name.
            password: in UTF-8.

        Raises:
            HsmError: ``USER_ALREADY_LOGGED_IN``, ``PIN_INCORRECT``, ``PIN_LOCKED``, ``SESSION_CLOSED``.
        """
        self._require_open()
        self._refuse_second_login()
        user = self._state.authenticate(role, name, password)
        with self._lock:
            self._require_open()
            self._refuse_second_login()
            self._user = user

    def _refuse_second_login(self) -> None:
        if self._user is not None:
            raise HsmError(
                ReturnCode.USER_ALREADY_LOGGED_IN,
                f"{self._user.role.value} {self._user.name!r} is logged in to this session; log out first.",
            )

    def logout(self) -> None:
        """End the login and destroy the session keys.

        Raises:
            HsmError: ``USER_NOT_LOGGED_IN`` if nobody was.
        """
        self._require_open()
        with self._lock:
            if self._user is None:
                raise _not_logged_in()
            self._user = None
            self._own.clear()

    def close(self) -> None:
        """End the session and destroy its session keys; closing twice does nothing."""
        with self._lock:
            self._closed = True
            self._user = None
            self._own.clear()

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
        actor = self._logged_in()
        user = new_user(role, name, password)
        if actor.role is not Role.ADMIN and (actor.role, actor.name) != (user.role, user.name):
            raise HsmError(
                ReturnCode.ACTION_PROHIBITED,
                f"Only an admin changes the password of another user; {actor.name!r} is a {actor.role.value}.",
            )
        self._state.replace_user(user)

    def generate_key(self, number: int, template: Attributes) -> int:
        """Generate a secret key.

        Args:
            number: a ``CKM_..._KEY_GEN`` mechanism.
            template: attributes of the key; ``VALUE_LEN`` in bytes for AES.

        Returns:
            The key's handle.

        Raises:
            HsmError: ``MECHANISM_INVALID``, ``TEMPLATE_INCOMPLETE``, ``KEY_SIZE_RANGE``, and as :meth:`import_key`.
        """
        user = self._crypto_user()
        entry = mechanism(number)
        if entry.generate is None:
            raise _unable(entry, "generate keys")
        return self._add(user, [self._new(user, entry.generate(template), template, generated=True)])[0]

    def generate_key_pair(self, number: int, public: Attributes, private: Attributes) -> tuple[int, int]:
        """Generate a key pair; both halves are there, or none.

        Args:
            number: a ``CKM_..._KEY_PAIR_GEN`` mechanism.
            public: attributes of the public key, with ``MODULUS_BITS`` or ``EC_PARAMS``.
            private: attributes of the private key.

        Returns:
            The handles of the public and the private key.

        Raises:
            HsmError: as :meth:`generate_key`, and ``CURVE_NOT_SUPPORTED``.
        """
        user = self._crypto_user()
        entry = mechanism(number)
        if entry.generate_pair is None:
            raise _unable(entry, "generate key pairs")
        pair = entry.generate_pair(public)
        halves = [
            self._new(user, pair.public_key(), public, generated=True),
            self._new(user, pair, private, generated=True),
        ]
        public_handle, private_handle = self._add(user, halves)
        return public_handle, private_handle

    def import_key(self, template: Attributes) -> int:
        """Import a key; see :meth:`import_keys`."""
        return self.import_keys([template])[0]

    def import_keys(self, templates: Iterable[Attributes]) -> list[int]:
        """Import keys that were made elsewhere, all of them or none.

        Args:
            templates: for each key its attributes, taken one after the other as keys are checked; among them exactly
                one of ``PRIVATE_KEY_INFO`` (PKCS#8 DER), ``PUBLIC_KEY_INFO`` (SubjectPublicKeyInfo DER) and ``VALUE``
                (bytes of an AES key).


        Returns:
            The keys' handles.

        Raises:
            HsmError: ``TEMPLATE_INCOMPLETE``, ``TEMPLATE_INCONSISTENT``, ``ATTRIBUTE_VALUE_INVALID``,
                ``KEY_SIZE_RANGE``, ``KEY_TYPE_INCONSISTENT``, ``CURVE_NOT_SUPPORTED``; ``ACTION_PROHIBITED`` if this
                session takes no keys in; as :class:`Storage` if a
                token key cannot be kept.
        """
        user = self._crypto_user()
        return self._add(user, [self._imported(user, given) for given in templates])

    def find(self, template: Attributes) -> list[int]:
        """Find keys.

        Args:
            template: attributes that must all be equal; empty for every key that the user sees.

        Returns:
            Handles in ascending order.

        Raises:
            HsmError: ``DEVICE_ERROR`` if a stored key was tampered with; ``ATTRIBUTE_SENSITIVE`` if the template
                asks for a secret value.
        """
        user = self._crypto_user()
        if SECRET_VALUES & template.keys():
            raise HsmError(ReturnCode.ATTRIBUTE_SENSITIVE, "Keys are not found by their secret value.")
        label = template.get(Attribute.LABEL)
        # Under the lock, so that a session key that becomes persistent meanwhile is in one of the two places.
        with self._lock:
            self._state.refresh()
            token = self._state.labelled(label) if isinstance(label, str) else self._state.all()
            candidates = [*token, *self._own.values()]
        return sorted(
            obj.handle
            for obj in candidates
            if policy.visible(obj, user)
            and all(name in obj.attributes and obj.attributes[name] == value for name, value in template.items())
        )

    def attributes(self, handle: int) -> Attributes:
        """Return all attributes of a key; secret values are never among them.

        Raises:
            HsmError: ``OBJECT_HANDLE_INVALID``, ``DEVICE_ERROR``.
        """
        return self._resolve(handle, self._crypto_user()).attributes

    def info(self, handle: int) -> KeyInfo:
        """Return what the user may know of a key; raises as :meth:`attributes`."""
        obj = self._resolve(handle, self._crypto_user())
        return KeyInfo(obj.handle, obj.owner, obj.shared_with, obj.attributes)

    def set_attributes(self, handle: int, template: Attributes) -> None:
        """Change attributes of a key in one transaction; ``TOKEN`` true makes a session key persistent.

        Raises:
            HsmError: as :meth:`attributes` and :func:`bridge.engine.templates.change`; ``ACTION_PROHIBITED`` if the
                user does not own the key.
        """
        user = self._crypto_user()
        with self._lock:
            own = self._own.get(handle)
            if own is not None:
                changed = self._changed(own, user, template)
                if not changed.attributes[Attribute.TOKEN]:
                    self._own[handle] = changed
                    return
                with self._state.changing() as transaction:
                    if self._rules.unique_labels:
                        policy.require_free_label(changed, self._state.labelled(changed.label))
                    transaction.put_object(changed)
                del self._own[handle]
                return
        with self._state.changing() as transaction:
            transaction.put_object(self._changed(self._resolve(handle, user), user, template))

    @staticmethod
    def _changed(obj: HsmObject, user: str, template: Attributes) -> HsmObject:
        policy.require_owner(obj, user)
        return HsmObject(obj.handle, obj.owner, change(obj, template), obj.material, obj.shared_with)

    def destroy(self, handle: int) -> None:
        """Destroy a key for good.

        Raises:
            HsmError: as :meth:`attributes`; ``ACTION_PROHIBITED`` if the user does not own it or it is not
                destroyable.
        """
        user = self._crypto_user()
        with self._lock:
            own = self._own.get(handle)
            if own is not None:
                policy.require_destroyable(own)
                del self._own[handle]
                return
        with self._state.changing() as transaction:
            obj = self._resolve(handle, user)
            policy.require_owner(obj, user)
            policy.require_destroyable(obj)
            transaction.delete_object(handle)

    def sign(self, handle: int, number: int, data: bytes) -> bytes:
        """Sign in one call.

        Args:
            handle: a private key.
            number: a signing mechanism.
            data: what the mechanism signs: a digest for ECDSA, data to be padded for RSA PKCS#1 v1.5.

        Returns:
            The signature; ECDSA as DER.

        Raises:
            HsmError: ``OBJECT_HANDLE_INVALID``, ``KEY_TYPE_INCONSISTENT``, ``KEY_FUNCTION_NOT_PERMITTED``,
                ``DATA_LEN_RANGE``, ``MECHANISM_INVALID``.
        """
        obj = self._resolve(handle, self._crypto_user())
        entry = mechanism(number)
        if entry.sign is None:
            raise _unable(entry, "sign")
        policy.require_use(obj, Attribute.SIGN, entry.key_type, entry.type.name)
        return entry.sign(obj.key, data)

    def verify(self, handle: int, number: int, data: bytes, signature: bytes) -> None:
        """Verify in one call; returns only if the signature is right.

        Args:
            handle: a public key.
            number: a verifying mechanism.
            data: as for :meth:`sign`.
            signature: as :meth:`sign` returns it.

        Raises:
            HsmError: ``SIGNATURE_INVALID``, ``SIGNATURE_LEN_RANGE``, and as :meth:`sign`.
        """
        obj = self._resolve(handle, self._crypto_user())
        entry = mechanism(number)
        if entry.verify is None:
            raise _unable(entry, "verify")
        policy.require_use(obj, Attribute.VERIFY, entry.key_type, entry.type.name)
        entry.verify(obj.key, data, signature)

    def _require_open(self) -> None:
        if self._closed:
            raise HsmError(ReturnCode.SESSION_CLOSED, "This session is closed; open a new one.")

    def _logged_in(self) -> User:
        user = self._user
        if user is None:
            self._require_open()
            raise _not_logged_in()
        return user

    def _crypto_user(self) -> str:
        user = self._logged_in()
        if user.role is not Role.CRYPTO_USER:
            raise HsmError(
                ReturnCode.USER_TYPE_INVALID,
                f"{user.role.value} {user.name!r} manages users and has no access to keys; log in as a crypto user.",
            )
        return user.name

    def _resolve(self, handle: int, user: str) -> HsmObject:
        obj = self._own.get(handle)
        if obj is not None:
            return obj
        self._state.refresh()
        obj = self._state.get(handle)
        if obj is None or not policy.visible(obj, user):
            raise policy.unknown(handle)
        return obj

    def _imported(self, user: str, given: Attributes) -> HsmObject:
        key = import_value(given)
        if not self._rules.imports:
            raise HsmError(
                ReturnCode.ACTION_PROHIBITED,
                "This key was made in software, not in the HSM, and was not taken in: "
                "generate RSA, EC or AES keys of a size that the HSM supports.",
            )
        return self._new(user, key, given, generated=False)

    def _new(self, user: str, key: Key, template: Attributes, *, generated: bool) -> HsmObject:
        attributes = complete(
            template, describe(key), defaults=self._rules.defaults, generated=generated, now_ms=self._state.now_ms()
        )
        return HsmObject(self._state.next_handle(), user, attributes, encode(key))

    def _add(self, user: str, objects: Sequence[HsmObject]) -> list[int]:
        token = [obj for obj in objects if obj.attributes[Attribute.TOKEN]]
        with self._lock:
            # Making a key takes long enough for the login to end meanwhile.
            if self._user is None or self._user.name != user:
                raise _not_logged_in()
            if token:
                with self._state.changing() as transaction:
                    for obj in token:
                        transaction.put_object(obj)
            self._own.update((obj.handle, obj) for obj in objects if not obj.attributes[Attribute.TOKEN])
        return [obj.handle for obj in objects]


def _not_logged_in() -> HsmError:
    return HsmError(
        ReturnCode.USER_NOT_LOGGED_IN,
        "No user is logged in to this session: set HSM_USER and HSM_PASSWORD, or log in explicitly.",
    )


def _unable(entry: Mechanism, operation: str) -> HsmError:
    return HsmError(ReturnCode.MECHANISM_INVALID, f"{entry.type.name} does not {operation}; choose another mechanism.")
