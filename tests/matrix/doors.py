"""The doors as the matrix asks them: sessions with the methods of the engine's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from engine.keys import Template
from engine.operations import new_key

from bridge.engine import Attribute, HsmError, KeyType, MechanismType, ObjectClass, Session
from bridge.engine.parameters import CounterKdf, Iv, Oaep, RsaAesKeyWrap
from matrix.table import Case, Kind, Operation, State, Who

M = MechanismType
DATA = bytes(range(32))
HASH = M.SHA256.value
OAEP, IV, KDF = Oaep(HASH, HASH), Iv(bytes(16)), CounterKdf(32, b"prefix", b"suffix")
RSA_AES = RsaAesKeyWrap(256, HASH, HASH)
ZERO_PAD = M.CLOUDHSM_AES_KEY_WRAP_ZERO_PAD
SECRET_TEMPLATE: Template = {Attribute.CLASS: ObjectClass.SECRET_KEY, Attribute.KEY_TYPE: KeyType.AES}

TYPES = {
    Kind.PRIVATE: (KeyType.RSA, ObjectClass.PRIVATE_KEY),
    Kind.PUBLIC: (KeyType.RSA, ObjectClass.PUBLIC_KEY),
    Kind.SECRET: (KeyType.AES, ObjectClass.SECRET_KEY),
}
USAGE = ("SIGN", "VERIFY", "ENCRYPT", "DECRYPT", "WRAP", "UNWRAP", "DERIVE")

SHARED_USER, OTHER_USER, LABEL = "bob", "dave", "matrix"


def make(owner: Session, kind: Kind, state: State) -> int:
    """Make a token key of that state, shared with bob if such keys are."""
    key_type, object_class = TYPES[kind]
    given: Template = {Attribute.TOKEN: True, Attribute.LABEL: LABEL}
    given |= {Attribute.MODIFIABLE: state.modifiable, Attribute.DESTROYABLE: state.destroyable}
    if not state.usage:
        given |= {Attribute[name]: False for name in USAGE}
        given = {name: value for name, value in given.items() if _exists(name, kind)}
    if kind is not Kind.PUBLIC:
        given |= {Attribute.EXTRACTABLE: state.extractable, Attribute.WRAP_WITH_TRUSTED: state.wrap_with_trusted}
    handle = new_key(owner, key_type, object_class, given)
    if kind is not Kind.PUBLIC:
        owner.share(handle, SHARED_USER)
    return handle


_CLASSES = {
    "SIGN": {Kind.PRIVATE, Kind.SECRET},
    "VERIFY": {Kind.PUBLIC, Kind.SECRET},
    "ENCRYPT": {Kind.PUBLIC, Kind.SECRET},
    "DECRYPT": {Kind.PRIVATE, Kind.SECRET},
    "WRAP": {Kind.PUBLIC, Kind.SECRET},
    "UNWRAP": {Kind.PRIVATE, Kind.SECRET},
}


def _exists(name: Attribute, kind: Kind) -> bool:
    return kind in _CLASSES.get(name.name, set(Kind))


def as_before(owner: Session, admin: Session, case: Case, handle: int) -> int:
    """Return a key as it was before a change: the same, unless it is gone."""
    undo: dict[Operation, Callable[[], object]] = {
        Operation.LABEL: lambda: owner.set_attributes(handle, {Attribute.LABEL: LABEL}),
        Operation.TRUST: lambda: admin.set_attributes(handle, {Attribute.TRUSTED: False}),
        Operation.SHARE: lambda: owner.unshare(handle, OTHER_USER),
        Operation.UNSHARE: lambda: owner.share(handle, SHARED_USER),
    }
    if case.operation is Operation.DELETE:
        return make(owner, case.kind, case.state)
    undo[case.operation]()
    return handle


class Inputs:
    """What the key of the test run encrypted, signed and wrapped; for each user an AES key."""

    def __init__(self, owner: Session, users: dict[Who, Session]) -> None:
        self.ciphertext: dict[Kind, bytes] = {}
        self.signature: dict[Kind, bytes] = {}
        self.wrapped: dict[Kind, bytes] = {}
        for kind in Kind:
            self._prepare(owner, kind)
        self.payload: dict[Who, int] = {
            who: self.helper(session) for who, session in users.items() if who not in (Who.NOBODY, Who.ADMIN)
        }

    @staticmethod
    def helper(session: Any, *, token: bool = False) -> int:
        """Make an AES key that wraps and is wrapped."""
        return int(session.generate_key(M.AES_KEY_GEN, {Attribute.VALUE_LEN: 32, Attribute.TOKEN: token}))

    def _prepare(self, owner: Session, kind: Kind) -> None:
        pair = {each: new_key(owner, *TYPES[each]) for each in Kind}
        public, private = (pair[kind], pair[kind]) if kind is Kind.SECRET else (pair[Kind.PUBLIC], pair[Kind.PRIVATE])
        rsa = kind is not Kind.SECRET
        self.ciphertext[kind] = owner.encrypt(
            public, M.RSA_PKCS_OAEP if rsa else M.AES_CBC_PAD, DATA, OAEP if rsa else IV
        )
        self.signature[kind] = owner.sign(private, M.RSA_PKCS if rsa else M.AES_CMAC, DATA)
        self.wrapped[kind] = owner.wrap(
            public, M.RSA_PKCS_OAEP if rsa else ZERO_PAD, self.helper(owner), OAEP if rsa else None
        )


def calls(session: Any, case: Case, handle: int, inputs: Inputs) -> Callable[[], object]:
    """Return the call of a session that a case is about."""
    kind, who = case.kind, case.who
    rsa = kind is not Kind.SECRET
    signing, sealing = (M.RSA_PKCS, M.RSA_PKCS_OAEP) if rsa else (M.AES_CMAC, M.AES_CBC_PAD)
    wrapping, hidden = (M.RSA_PKCS_OAEP, OAEP) if rsa else (ZERO_PAD, None)
    sealed = OAEP if rsa else IV
    own = inputs.payload.get(who, handle)
    table: dict[Operation, Callable[[], object]] = {
        Operation.FIND: lambda: _found(session, handle),
        Operation.INFO: lambda: session.info(handle),
        Operation.SIGN: lambda: session.sign(handle, signing, DATA),
        Operation.VERIFY: lambda: session.verify(handle, signing, DATA, inputs.signature[kind]),
        Operation.ENCRYPT: lambda: session.encrypt(handle, sealing, DATA, sealed),
        Operation.DECRYPT: lambda: session.decrypt(handle, sealing, inputs.ciphertext[kind], sealed),
        Operation.WRAP: lambda: session.wrap(handle, wrapping, own, hidden),
        Operation.UNWRAP: lambda: session.unwrap(handle, wrapping, inputs.wrapped[kind], SECRET_TEMPLATE, hidden),
        Operation.DERIVE: lambda: session.derive(
            handle, M.SP800_108_COUNTER_KDF, {Attribute.KEY_TYPE: KeyType.AES, Attribute.VALUE_LEN: 32}, KDF
        ),
        Operation.TAKE_OUT: lambda: session.wrap(own, ZERO_PAD, handle),
        Operation.LABEL: lambda: session.set_attributes(handle, {Attribute.LABEL: "another"}),
        Operation.TRUST: lambda: session.set_attributes(handle, {Attribute.TRUSTED: True}),
        Operation.SHARE: lambda: session.share(handle, OTHER_USER),
        Operation.UNSHARE: lambda: session.unshare(handle, SHARED_USER),
        Operation.DELETE: lambda: session.destroy(handle),
        Operation.EXPORT: lambda: session.export(handle),
    }
    return table[case.operation]


def _found(session: Any, handle: int) -> None:
    """Find a key; one that is not found is refused as one that is not there."""
    if handle not in session.find({Attribute.LABEL: LABEL}):
        session.attributes(handle)
        raise AssertionError("a key that is not found has attributes")


def outcome(call: Callable[[], object]) -> tuple[int | None, str]:
    """Return the code and the message of a refusal, or None and nothing."""
    try:
        call()
    except HsmError as error:
        return error.code, error.message
    return None, ""
