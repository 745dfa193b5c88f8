"""A session: one login, its session keys, and every operation that a door can ask for."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from functools import partial
from weakref import ref

from bridge.engine import policy
from bridge.engine.attributes import Attribute, Attributes, ObjectClass, key_type_of, template
from bridge.engine.audit import Opcode
from bridge.engine.errors import HsmError, ReturnCode
from bridge.engine.grants import Function, Grant, Grants
from bridge.engine.holdings import Holdings
from bridge.engine.importing import import_value, parse_unwrapped
from bridge.engine.keyring import KeyInfo
from bridge.engine.login import SessionRules
from bridge.engine.masking import Masking
from bridge.engine.mechanisms import mechanism
from bridge.engine.mechanisms.blocks import Data
from bridge.engine.objects import HsmObject
from bridge.engine.parameters import Parameter
from bridge.engine.quorum import Approval, Service
from bridge.engine.secret_keys import derived_length
from bridge.engine.state import State
from bridge.engine.storage import Transaction
from bridge.engine.templates import FROM_OUTSIDE, derived_from, merged

MOST_DATA = 1024 * 1024 - 4096
"""Bytes that one operation takes or gives at most: what fits a message of every door."""


class Session(Masking):
    """What one user does with one HSM; made by :meth:`Hsm.open_session`, safe for use by many threads.

    Until :meth:`login`, every operation is refused with ``USER_NOT_LOGGED_IN``. Session keys (``TOKEN`` false) are
    seen in their own session only and end with the login; token keys stay.

    The operations that use a key take its handle, the ``CKM_`` number of a mechanism, and the mechanism's parameter, of
    the class that its entry in :data:`bridge.engine.mechanisms.MECHANISMS` names. Each raises HsmError:
    ``OBJECT_HANDLE_INVALID``, ``KEY_TYPE_INCONSISTENT``, ``KEY_FUNCTION_NOT_PERMITTED`` without the usage attribute,
    ``MECHANISM_INVALID`` if the mechanism does not do that or the HSM's mode forbids it, ``MECHANISM_PARAM_INVALID``,
    ``DATA_LEN_RANGE``, also for more than :data:`MOST_DATA` bytes of data.
    """

    def __init__(self, state: State, rules: SessionRules, holdings: Holdings) -> None:
        """Begin a session that nobody has logged in to; see :meth:`Hsm.open_session`."""
        super().__init__(state, rules, holdings)
        self._grants = Grants(state, holdings)

    def logout(self) -> None:
        """See :meth:`Login.logout`."""
        super().logout()
        self._grants.clear()

    def destroy(self, handle: int) -> None:
        """See :meth:`Keyring.destroy`."""
        super().destroy(handle)
        self._grants.clear()

    def close(self) -> None:
        """See :meth:`Login.close`."""
        super().close()
        self._grants.clear()

    def sign(
        self,
        handle: int,
        number: int,
        data: bytes,
        parameter: Parameter | None = None,
        approval: Approval | None = None,
    ) -> bytes:
        """Sign, or authenticate, in one call; needs ``SIGN``.

        Args:
            handle: a private or secret key.
            number: a signing mechanism.
            data: what the mechanism signs: a digest for ECDSA and PSS, data to be padded for RSA PKCS#1 v1.5.
            parameter: the mechanism's.
            approval: for ``KEY_USAGE``, if the key has a quorum value.

        Returns:
            The signature or authentication code; ECDSA as DER.

        Raises:
            HsmError: ``QUORUM_REQUIRED``, ``QUORUM_FAILED``.
        """
        try:
            obj, function = self._use("sign", Attribute.SIGN, handle, number, data, parameter)
            if obj.quorum.use:
                work = _ignoring_the_transaction(partial(function, obj.key, parameter, data))
                signature = self._approved(Service.KEY_USAGE, [(obj, approval)], work)
            else:
                signature = function(obj.key, parameter, data)
        except HsmError as error:
            self._note_refusal(Opcode.SIGN, error, handle)
            raise
        if self._state.audits_crypto:
            self._note_use(Opcode.SIGN, handle)
        return signature

    def verify(
        self, handle: int, number: int, data: bytes, signature: bytes, parameter: Parameter | None = None
    ) -> None:
        """Verify in one call; returns only if the signature is right. Needs ``VERIFY``.

        Args:
            handle: a public key.
            number: a verifying mechanism.
            data: as for :meth:`sign`.
            signature: as :meth:`sign` returns it.
            parameter: the mechanism's.

        Raises:
            HsmError: ``SIGNATURE_INVALID``, ``SIGNATURE_LEN_RANGE``.
        """
        try:
            obj, function = self._use("verify", Attribute.VERIFY, handle, number, data, parameter)
            function(obj.key, parameter, data, signature)
        except HsmError as error:
            self._note_refusal(Opcode.VERIFY, error, handle)
            raise
        if self._state.audits_crypto:
            self._note_use(Opcode.VERIFY, handle)

    def encrypt(self, handle: int, number: int, data: Data, parameter: Parameter | None = None) -> Data:
        """Encrypt in one call; needs ``ENCRYPT``.

        Args:
            handle: a public or secret key.
            number: an encrypting mechanism.
            data: plaintext; for a mechanism that works in place it may be memory that can be written to.
            parameter: the mechanism's.

        Returns:
            Ciphertext; for ``CLOUDHSM_AES_GCM`` after the 12-byte IV that the HSM made, with the tag at its end. Memory
            that was given is returned with the ciphertext in it.
        """
        try:
            obj, function = self._use("encrypt", Attribute.ENCRYPT, handle, number, data, parameter)
            if obj.quorum.use:
                policy.require_no_way_round(obj, mechanism(number).type)
            ciphertext: Data = function(obj.key, parameter, data)
        except HsmError as error:
            self._note_refusal(Opcode.ENCRYPT, error, handle)
            raise
        if self._state.audits_crypto:
            self._note_use(Opcode.ENCRYPT, handle)
        return ciphertext

    def decrypt(self, handle: int, number: int, data: Data, parameter: Parameter | None = None) -> Data:
        """Decrypt in one call; needs ``DECRYPT``.

        Args:
            handle: a private or secret key.
            number: a decrypting mechanism.
            data: ciphertext, as :meth:`encrypt` returns it, or memory as there.
            parameter: the mechanism's.

        Returns:
            Plaintext.

        Raises:
            HsmError: ``ENCRYPTED_DATA_INVALID``, ``ENCRYPTED_DATA_LEN_RANGE``, ``AEAD_DECRYPT_FAILED``;
                ``QUORUM_REQUIRED`` for what could sign with a key that has a quorum value.
        """
        try:
            obj, function = self._use("decrypt", Attribute.DECRYPT, handle, number, data, parameter)
            if obj.quorum.use:
                policy.require_no_way_round(obj, mechanism(number).type)
            plaintext: Data = function(obj.key, parameter, data)
        except HsmError as error:
            self._note_refusal(Opcode.DECRYPT, error, handle)
            raise
        if self._state.audits_crypto:
            self._note_use(Opcode.DECRYPT, handle)
        return plaintext

    def wrap(
        self,
        wrapping: int,
        number: int,
        handle: int,
        parameter: Parameter | None = None,
        approval: Approval | None = None,
        wrapping_approval: Approval | None = None,
    ) -> bytes:
        """Encrypt a key with another, which needs ``WRAP``.

        Args:
            wrapping: the handle of a public or secret key.
            number: a wrapping mechanism.
            handle: the private or secret key to take out of the HSM.
            parameter: the mechanism's.
            approval: for ``KEY_MANAGEMENT`` of the key to take out, if that has a quorum value.
            wrapping_approval: the same of the wrapping key.

        Returns:
            The wrapped value: the bytes of a secret key, PKCS#8 DER of a private one. The GCM mechanisms put the
            12-byte IV that the HSM made before it; ``AES_GCM`` unwraps what follows, with that IV in its parameter.

        Raises:
            HsmError: ``KEY_UNEXTRACTABLE``, ``KEY_NOT_WRAPPABLE``, ``KEY_SIZE_RANGE`` if the mechanism does not take a
                value of that length, ``ACTION_PROHIBITED`` if the user does not own the key, ``QUORUM_REQUIRED``,
                ``QUORUM_FAILED``.
        """
        with self._audited(Opcode.WRAP_KEY, key=handle, by=wrapping) as entry:
            user = self._crypto_user()
            by, obj = self._resolve(wrapping, user), self._resolve(handle, user)
            entry.on(obj)
            wrap = self._usable(number, "wrap", by, Attribute.WRAP, parameter)
            policy.require_wrappable(obj, user, by)
            work = _ignoring_the_transaction(partial(wrap, by.key, parameter, obj.material))
            return self._approved(Service.KEY_MANAGEMENT, [(obj, approval), (by, wrapping_approval)], work)

    def unwrap(
        self,
        handle: int,
        number: int,
        wrapped: bytes,
        given: Attributes,
        parameter: Parameter | None = None,
        approval: Approval | None = None,
    ) -> int:
        """Decrypt a key into the HSM with a key that has ``UNWRAP``.

        Args:
            handle: a private or secret key.
            number: an unwrapping mechanism.
            wrapped: as :meth:`wrap` returns it.
            given: attributes of the new key, with ``CLASS`` and ``KEY_TYPE``; the unwrapping key's
                ``UNWRAP_TEMPLATE`` is added.
            parameter: the mechanism's.
            approval: for ``KEY_MANAGEMENT``, if the unwrapping key has a quorum value.

        Returns:
            The new key's handle.

        Raises:
            HsmError: ``WRAPPED_KEY_INVALID``, ``WRAPPED_KEY_LEN_RANGE``, ``QUORUM_REQUIRED``, ``QUORUM_FAILED``, and as
                :meth:`import_key`; none of them uses up an approval.
        """
        with self._audited(Opcode.UNWRAP_KEY, by=handle) as entry:
            user = self._crypto_user()
            obj = self._resolve(handle, user)
            unwrap = self._usable(number, "unwrap", obj, Attribute.UNWRAP, parameter)
            laid_down = template(obj.attributes, Attribute.UNWRAP_TEMPLATE)
            attributes = merged(given, Attribute.UNWRAP_TEMPLATE, laid_down, obj)

            def make(transaction: Transaction | None) -> HsmObject:
                key = parse_unwrapped(attributes, unwrap(obj.key, parameter, wrapped))
                new = self._new(user, key, attributes, FROM_OUTSIDE, key_type_of(attributes), handle=new_handle)
                if transaction is not None and token:
                    entry.makes([new])
                    self._put_keys(transaction, [new])
                return new

            token = {**self._rules.defaults, **attributes}.get(Attribute.TOKEN, False)
            # Before the transaction, in which there are no handles to be had.
            new_handle = self._state.next_handle()
            new = self._approved(Service.KEY_MANAGEMENT, [(obj, approval)], make, entry if token else None)
            if not entry.recorded:
                self._add(user, [new], entry)
            return new.handle

    def derive(self, handle: int, number: int, given: Attributes, parameter: Parameter | None = None) -> int:
        """Derive a secret key from a key that has ``DERIVE``.

        Args:
            handle: a private or secret key.
            number: a deriving mechanism.
            given: attributes of the new key, with ``KEY_TYPE`` and ``VALUE_LEN``; the base key's ``DERIVE_TEMPLATE``
                is added.
            parameter: the mechanism's.

        Returns:
            The new key's handle.

        Raises:
            HsmError: ``TEMPLATE_INCOMPLETE``, ``KEY_SIZE_RANGE``, ``PUBLIC_KEY_INVALID``; ``ACTION_PROHIBITED`` if the
                user does not own the key.
        """
        with self._audited(Opcode.DERIVE_KEY, by=handle) as entry:
            user = self._crypto_user()
            obj = self._resolve(handle, user)
            derive = self._usable(number, "derive", obj, Attribute.DERIVE, parameter)
            policy.require_owner(obj, user)
            if obj.quorum.use:
                policy.require_no_way_round(obj, mechanism(number).type)
            laid_down = template(obj.attributes, Attribute.DERIVE_TEMPLATE)
            attributes = merged(given, Attribute.DERIVE_TEMPLATE, laid_down, obj)
            key_type = key_type_of(attributes)
            value = derive(obj.key, parameter, derived_length(attributes, key_type))
            key = import_value({Attribute.KEY_TYPE: key_type, Attribute.VALUE: value})
            return self._add(user, [self._new(user, key, attributes, derived_from(obj), key_type)], entry)[0]

    def export(self, handle: int) -> bytes:
        """Return a key's value in clear: a public key's always, others' while clear extraction is switched on.

        Returns:
            PKCS#8 DER of a private key, the bytes of a secret key, SubjectPublicKeyInfo DER of a public one.

        Raises:
            HsmError: ``KEY_UNEXTRACTABLE``, ``ACTION_PROHIBITED``, ``OBJECT_HANDLE_INVALID``.
        """
        # The original's client has the HSM wrap the key, and unwraps it in software.
        with self._audited(Opcode.NIST_AES_WRAP, key=handle) as entry:
            user = self._crypto_user()
            obj = self._resolve(handle, user)
            entry.on(obj)
            if obj.object_class is not ObjectClass.PUBLIC_KEY:
                allowed = self._rules.clear_extraction and self._state.settings.clear_extraction
                policy.require_clear_extraction(obj, user, switched_on=allowed)
            # A public key is no secret, and is read as attributes are.
            entry.recorded = obj.object_class is ObjectClass.PUBLIC_KEY
            return obj.material

    def random(self, count: int) -> bytes:
        """Return random bytes.

        Args:
            count: how many, at most MOST_DATA.

        Raises:
            HsmError: ``ARGUMENTS_BAD``.
        """
        try:
            self._crypto_user()
            if not 0 <= count <= MOST_DATA:
                raise HsmError(ReturnCode.ARGUMENTS_BAD, f"One call gives 0 to {MOST_DATA} random bytes, not {count}.")
        except HsmError as error:
            self._note_refusal(Opcode.GENERATE_RANDOM, error)
            raise
        if self._state.audits_crypto:
            self._note_use(Opcode.GENERATE_RANDOM)
        return secrets.token_bytes(count)

    def _use(
        self,
        operation: str,
        usage: Attribute,
        handle: int,
        number: int,
        data: bytes | memoryview,
        parameter: Parameter | None,
    ) -> tuple[HsmObject, Function]:
        """Return a key and a mechanism's function after every check."""
        granted = self._grants.find(usage, handle, number, parameter)
        if granted is not None:
            _require_length(data)
            return granted
        stamp = self._grants.now()
        obj = self._resolve(handle, self._crypto_user())
        _require_length(data)
        function = self._usable(number, operation, obj, usage, parameter)
        entry = mechanism(number)
        banned = entry.fips_ban is not None and operation in entry.fips_ban_covers
        if not banned and entry.key_types_of is None:
            # No rule looks at the mode, or at what the parameter says.
            self._grants.keep(usage, handle, number, Grant(ref(obj), function, type(parameter), *stamp))
        return obj, function

    def _usable(
        self, number: int, operation: str, obj: HsmObject, usage: Attribute, parameter: Parameter | None
    ) -> Function:
        """Return a mechanism's function after every check that the key and the HSM's mode ask for."""
        entry = mechanism(number)
        function: Function = self._able(entry, operation, getattr(entry, operation), parameter)
        policy.require_use(obj, usage, entry.key_types, entry.type.name)
        if (parameter is None) is not (entry.parameter is None) or (
            entry.parameter is not None and not isinstance(parameter, entry.parameter)
        ):
            wanted = "none" if entry.parameter is None else entry.parameter.__name__
            raise HsmError(
                ReturnCode.MECHANISM_PARAM_INVALID,
                f"The parameter of {entry.type.name} is {wanted}, not {type(parameter).__name__}.",
            )
        if entry.key_types_of is not None:
            policy.require_use(obj, usage, entry.key_types_of(parameter), f"{entry.type.name} with this parameter")
        return function


def _ignoring_the_transaction(work: Callable[[], bytes]) -> Callable[[Transaction | None], bytes]:
    return lambda _: work()


def _require_length(data: bytes | memoryview) -> None:
    if len(data) > MOST_DATA:
        raise HsmError(
            ReturnCode.DATA_LEN_RANGE,
            f"One operation takes at most {MOST_DATA} bytes, not {len(data)}: give it in pieces, or a hash of it, if "
            "the mechanism allows.",
        )


__all__ = ["KeyInfo", "Session", "SessionRules"]
