"""The keys that a session sees, makes, changes and destroys."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any, NamedTuple, TypeVar

from bridge.engine import policy
from bridge.engine.attributes import SECRET_VALUES, Attribute, Attributes, KeyType, key_type_of, number
from bridge.engine.audit import Entry, Opcode
from bridge.engine.errors import HsmError, ReturnCode
from bridge.engine.importing import import_value
from bridge.engine.material import Key, describe, encode
from bridge.engine.mechanisms import Mechanism, mechanism
from bridge.engine.objects import HsmObject
from bridge.engine.parameters import Parameter
from bridge.engine.quorum import NO_QUORUM, Approval, KeyQuorum, Service
from bridge.engine.sharing import Sharing
from bridge.engine.storage import Transaction
from bridge.engine.templates import FROM_OUTSIDE, GENERATED, Provenance, change, complete
from bridge.engine.users import Role

Function = TypeVar("Function", bound=Callable[..., Any])


class KeyInfo(NamedTuple):
    """What a user may know of a key.

    Attributes:
        handle: the key's.
        owner: the crypto user that made it.
        shared_with: crypto users that may use it.
        attributes: all readable ones.
        value_length: in bytes, of a secret key itself, of a private key in PKCS#8, of a public one with its algorithm.
        quorum: how many approvals it needs.
    """

    handle: int
    owner: str
    shared_with: frozenset[str]
    attributes: Attributes
    value_length: int
    quorum: KeyQuorum = NO_QUORUM


class Keyring(Sharing):
    """The keys of a session: the token keys that its user may see, and its own session keys."""

    def check_generation(self, mechanism_number: int, template: Attributes) -> None:
        """Refuse a size, curve or parameter set that a key could not be generated with.

        Args:
            mechanism_number: a ``CKM_..._KEY_GEN`` or ``CKM_..._KEY_PAIR_GEN`` mechanism.
            template: of the secret or the public key.

        Raises:
            HsmError: as :meth:`generate_key` and :meth:`generate_key_pair`.
        """
        opcode = Opcode.GENERATE_KEY
        try:
            self._crypto_user()
            row = mechanism(mechanism_number)
            opcode = Opcode.GENERATE_KEY if row.generate_pair is None else Opcode.GENERATE_KEY_PAIR
            operation = "generate" if row.generate_pair is None else "generate_pair"
            self._able(row, operation, row.check)(template)
        except HsmError as error:
            self._note_refusal(opcode, error)
            raise

    def generate_key(
        self,
        mechanism_number: int,
        template: Attributes,
        shared_with: Iterable[str] = (),
        quorum: KeyQuorum = NO_QUORUM,
    ) -> int:
        """Generate a secret key.

        Args:
            mechanism_number: a ``CKM_..._KEY_GEN`` mechanism.
            template: attributes of the key; ``VALUE_LEN`` in bytes for AES and generic secrets.
            shared_with: names of the crypto users that may use it.
            quorum: how many approvals it needs.

        Returns:
            The key's handle.

        Raises:
            HsmError: ``MECHANISM_INVALID``, ``TEMPLATE_INCOMPLETE``, ``KEY_SIZE_RANGE``, and as :meth:`import_key`.
        """
        with self._audited(Opcode.GENERATE_KEY) as entry:
            user = self._crypto_user()
            row = mechanism(mechanism_number)
            generate = self._able(row, "generate", row.generate)
            (key_type,) = row.key_types
            made = self._new(user, generate(template), template, GENERATED, key_type)
            return self._add(user, [self._controlled(made, shared_with, quorum)], entry)[0]

    def generate_key_pair(
        self,
        mechanism_number: int,
        public: Attributes,
        private: Attributes,
        shared_with: Iterable[str] = (),
        quorum: KeyQuorum = NO_QUORUM,
    ) -> tuple[int, int]:
        """Generate a key pair; both halves are there, or none.

        Args:
            mechanism_number: a ``CKM_..._KEY_PAIR_GEN`` mechanism.
            public: attributes of the public key, with ``MODULUS_BITS`` or ``EC_PARAMS``.
            private: attributes of the private key.
            shared_with: names of the crypto users that may use the private key.
            quorum: how many approvals the private key needs.

        Returns:
            The handles of the public and the private key.

        Raises:
            HsmError: as :meth:`generate_key`, and ``CURVE_NOT_SUPPORTED``.
        """
        with self._audited(Opcode.GENERATE_KEY_PAIR) as entry:
            user = self._crypto_user()
            row = mechanism(mechanism_number)
            pair = self._able(row, "generate_pair", row.generate_pair)(public)
            halves = [
                self._new(user, pair.public_key(), public, GENERATED),
                self._controlled(self._new(user, pair, private, GENERATED), shared_with, quorum),
            ]
            public_handle, private_handle = self._add(user, halves, entry)
            return public_handle, private_handle

    def import_key(self, template: Attributes) -> int:
        """Import a key; see :meth:`import_keys`."""
        return self.import_keys([template])[0]

    def import_for_use(self, template: Attributes) -> int:
        """Import a key as a session key for an operation that was given a software key.

        Raises:
            HsmError: ``ACTION_PROHIBITED`` for a private or secret key while implicit import is switched off, and as
                :meth:`import_keys`.
        """
        with self._audited(Opcode.CREATE_OBJECT) as entry:
            policy.require_implicit_import(template, switched_on=self._state.settings.implicit_import)
            return self._import([{**template, Attribute.TOKEN: False}], entry)[0]

    def import_keys(self, templates: Iterable[Attributes]) -> list[int]:
        """Import keys that were made elsewhere, all of them or none.

        Args:
            templates: for each key its attributes, taken one after the other as keys are checked; among them exactly
                one of ``PRIVATE_KEY_INFO`` (PKCS#8 DER), ``PUBLIC_KEY_INFO`` (SubjectPublicKeyInfo DER) and ``VALUE``
                (bytes of a secret key, of an AES key if ``KEY_TYPE`` does not say otherwise).

        Returns:
            The keys' handles.

        Raises:
            HsmError: ``TEMPLATE_INCOMPLETE``, ``TEMPLATE_INCONSISTENT``, ``ATTRIBUTE_VALUE_INVALID``,
                ``KEY_SIZE_RANGE``, ``KEY_TYPE_INCONSISTENT``, ``CURVE_NOT_SUPPORTED``; ``ACTION_PROHIBITED`` if this
                session takes no keys in; ``DEVICE_MEMORY`` if the HSM is full of persistent keys; as :class:`Storage`
                if a token key cannot be kept.
        """
        with self._audited(Opcode.CREATE_OBJECT) as entry:
            return self._import(templates, entry)

    def _import(self, templates: Iterable[Attributes], entry: Entry) -> list[int]:
        user = self._crypto_user()
        return self._add(user, [self._imported(user, given) for given in templates], entry)

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
        try:
            return self._find(template)
        except HsmError as error:
            self._note_refusal(Opcode.FIND_OBJECTS, error)
            raise

    def _find(self, template: Attributes) -> list[int]:
        user = self._viewer()
        if SECRET_VALUES & template.keys():
            raise HsmError(ReturnCode.ATTRIBUTE_SENSITIVE, "Keys are not found by their secret value.")
        label = template.get(Attribute.LABEL)
        # Session keys first: one that becomes persistent meanwhile is then seen in one place at least.
        own = self._holdings.all()
        self._state.refresh()
        token = self._state.labelled(label) if isinstance(label, str) else self._state.all()
        found = {
            obj.handle
            for obj in (*own, *token)
            if (user is None or policy.visible(obj, user))
            and all(name in obj.attributes and obj.attributes[name] == value for name, value in template.items())
        }
        if not found.isdisjoint(obj.handle for obj in token):
            policy.require_available(self._rules.min_hsms)
        return sorted(found)

    def attributes(self, handle: int) -> Attributes:
        """Return all attributes of a key; secret values are never among them.

        Raises:
            HsmError: ``OBJECT_HANDLE_INVALID``, ``DEVICE_ERROR``.
        """
        return self._seen(handle).attributes

    def info(self, handle: int) -> KeyInfo:
        """Return what the user may know of a key; raises as :meth:`attributes`."""
        obj = self._seen(handle)
        return KeyInfo(obj.handle, obj.owner, obj.shared_with, obj.attributes, len(obj.material), obj.quorum)

    def _seen(self, handle: int) -> HsmObject:
        try:
            return self._resolve(handle, self._viewer())
        except HsmError as error:
            self._note_refusal(Opcode.GET_ATTRIBUTES, error, handle)
            raise

    def set_attributes(self, handle: int, template: Attributes, approval: Approval | None = None) -> None:
        """Change attributes of a key in one transaction; ``TOKEN`` true makes a session key persistent.

        An admin sets ``TRUSTED`` on anybody's token key, and nothing else.

        Args:
            handle: the key's.
            template: the attributes that change, with their new values.
            approval: for ``KEY_MANAGEMENT``, of a crypto user whose key has a quorum value.

        Raises:
            HsmError: as :meth:`attributes` and :func:`bridge.engine.templates.change`; ``ACTION_PROHIBITED`` if the
                user does not own the key; ``DEVICE_MEMORY`` if the HSM is full of persistent keys.
        """
        with self._audited(Opcode.MODIFY_OBJECT, key=handle) as entry:
            self._set_attributes(handle, template, approval, entry)

    def _set_attributes(self, handle: int, template: Attributes, approval: Approval | None, entry: Entry) -> None:
        if self._viewer() is None:
            with self._state.changing(entry) as transaction:
                obj = self._resolve(handle, None)
                entry.on(obj)
                transaction.put_object(replace(obj, attributes=change(obj, template, by_admin=True)))
            return
        user = self._crypto_user()
        with self._holdings.exclusive():
            own = self._holdings.get(handle)
            if own is not None:
                entry.on(own)
                changed = self._changed(own, user, template)
                if not changed.attributes[Attribute.TOKEN]:
                    self._state.record(entry)
                    self._holdings.put(user, [changed])
                    return
                policy.require_available(self._rules.min_hsms)
                with self._state.changing(entry) as transaction:
                    self._require_room([changed])
                    if self._rules.unique_labels:
                        policy.require_free_label(changed, self._state.labelled(changed.label))
                    transaction.put_object(changed)
                self._holdings.remove(handle)
                return
        with self._state.changing(entry) as transaction:
            obj = self._resolve(handle, user)
            entry.on(obj)
            changed = self._changed(obj, user, template)
            self._approve_for_key(transaction, approval, Service.KEY_MANAGEMENT, obj)
            transaction.put_object(changed)

    def _changed(self, obj: HsmObject, user: str, template: Attributes) -> HsmObject:
        policy.require_owner(obj, user)
        return replace(obj, attributes=change(obj, template, fixed=self._state.profile.fixed))

    def _require_room(self, token: Sequence[HsmObject]) -> None:
        """Refuse token keys that there is no room for; to be asked in the transaction that adds them."""
        policy.require_room(token, self._state.count, self._state.profile)

    def destroy(self, handle: int) -> None:
        """Destroy a key for good.

        Raises:
            HsmError: as :meth:`attributes`; ``ACTION_PROHIBITED`` if the user does not own it or it is not
                destroyable.
        """
        with self._audited(Opcode.TOMBSTONE_OBJECT, key=handle) as entry:
            self._destroy(handle, entry)

    def _destroy(self, handle: int, entry: Entry) -> None:
        user = self._crypto_user()
        with self._holdings.exclusive():
            own = self._holdings.get(handle)
            if own is not None:
                entry.opcode = Opcode.DESTROY_OBJECT
                entry.on(own)
                policy.require_destroyable(own)
                self._state.record(entry)
                self._holdings.remove(handle)
                return
        with self._state.changing(entry) as transaction:
            obj = self._resolve(handle, user)
            entry.on(obj)
            policy.require_owner(obj, user)
            policy.require_destroyable(obj)
            transaction.delete_object(handle)

    def _imported(self, user: str, given: Attributes) -> HsmObject:
        key = import_value(given)
        if not self._rules.imports:
            raise HsmError(
                ReturnCode.ACTION_PROHIBITED,
                "This key was made in software, not in the HSM, and was not taken in: "
                "generate a key of a type and size that the HSM has.",
            )
        secret_type = key_type_of({Attribute.KEY_TYPE: KeyType.AES, **given})
        template = dict(given)
        if Attribute.PRIVATE_KEY_INFO not in given:
            # It was the value, and other encodings of it, such as a compressed point, are no contradiction.
            template.pop(Attribute.PUBLIC_KEY_INFO, None)
        return self._new(user, key, template, FROM_OUTSIDE, secret_type, takes_value=True)

    def _new(
        self,
        user: str,
        key: Key,
        template: Attributes,
        provenance: Provenance,
        secret_type: KeyType = KeyType.AES,
        *,
        takes_value: bool = False,
        handle: int | None = None,
    ) -> HsmObject:
        """Make a key's object; ``secret_type`` tells what the bytes of a secret key are."""
        facts = describe(key, secret_type)
        key_type = KeyType(number(facts, Attribute.KEY_TYPE))
        policy.require_key_type(key_type, self._state.settings.mode, self._state.profile)
        attributes = complete(
            template,
            facts,
            defaults=self._rules.defaults,
            provenance=provenance,
            takes_value=takes_value,
            now_ms=self._state.now_ms(),
        )
        return HsmObject(handle or self._state.next_handle(), user, attributes, encode(key))

    def _add(self, user: str, objects: Sequence[HsmObject], entry: Entry) -> list[int]:
        entry.makes(objects)
        token = [obj for obj in objects if obj.attributes[Attribute.TOKEN]]
        own = [obj for obj in objects if not obj.attributes[Attribute.TOKEN]]
        # Making a key takes long enough for the login to end meanwhile, which this refuses with no session key too.
        self._holdings.put(user, own)
        try:
            if token:
                with self._state.changing(entry) as transaction:
                    self._put_keys(transaction, token)
            else:
                self._state.record(entry)
        except BaseException:
            for obj in own:
                self._holdings.remove(obj.handle)
            raise
        return [obj.handle for obj in objects]

    def _put_keys(self, transaction: Transaction, objects: Sequence[HsmObject]) -> None:
        """Add token keys."""
        policy.require_available(self._rules.min_hsms)
        self._require_room(objects)
        users = self._crypto_users()
        for obj in objects:
            policy.require_users(obj, users)
            transaction.put_object(obj)

    def _crypto_users(self) -> set[str]:
        return {user.name for user in self._state.users() if user.role is Role.CRYPTO_USER}

    def _able(
        self, entry: Mechanism, operation: str, function: Function | None, parameter: Parameter | None = None
    ) -> Function:
        """Return an entry's function, unless it has none or the HSM's mode forbids it.

        Raises:
            HsmError: ``MECHANISM_INVALID``.
        """
        if function is None:
            raise HsmError(
                ReturnCode.MECHANISM_INVALID,
                f"{entry.type.name} does not {operation.replace('_', ' ')}; choose another mechanism.",
            )
        if entry.fips_ban is not None:
            policy.require_mode(entry, operation, parameter, self._state.settings.mode)
        return function
