"""The permission matrix through the provider: the same answers, word for word, as of the engine."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from conftest import PASSWORDS, log_in
from engine.operations import new_key
from matrix.doors import DATA, TYPES, Inputs, calls, make, outcome
from matrix.table import ALL_USES, CHANGES, FEW_STATES, USES, Case, Kind, Operation, Who, cases, expected

from bridge.engine import Attribute, ReturnCode, Role, Session
from provider.ciphers import DECRYPT, ENCRYPT, SECRET_KEY, UNWRAP, WRAP, cipher, iv, oaep
from provider.conftest import PASSWORD, Account, Jvm, new_provider
from provider.jca import EXCEPTIONS, java, pin, refused, signature
from provider.maps import PROVIDER, attributes, jbytes

_O = Operation
OAEP, AES_CBC, AES_WRAP = "RSA/ECB/OAEPPadding", "AES/CBC/PKCS5Padding", "AESWrap/ECB/ZeroPadding"
ENGINE = "io.hsmbridge.engine"
NOT_OFFERED = {_O.LABEL, _O.TRUST, _O.SHARE, _O.UNSHARE}
"""What JCE has no method for: the aliases of a keystore are labels, and stay as they are."""


def offered(case: Case) -> bool:
    """Tell whether Java can ask: an admin does not log in, and types keep keys from what their class is not for."""
    if case.who is Who.ADMIN or case.operation in NOT_OFFERED:
        return False
    if case.operation is _O.VERIFY and case.kind is Kind.SECRET:
        return False  # a Mac has no verification
    if case.operation is _O.TAKE_OUT and case.kind is Kind.PUBLIC:
        return False  # the value of a public key is no secret, and is wrapped as it is
    return case.operation not in ALL_USES or case.operation in USES[case.kind]


class Seat:
    """A user at the provider's door.

    Attributes:
        provider: of its own.
        own: an AES key that wraps and is wrapped; nobody borrows one.
    """

    def __init__(self, login: str | None, borrowed: Any = None) -> None:
        self.provider = new_provider()
        self.own = borrowed
        if login is not None:
            self.provider.login(None, pin(login))
            generator = java("javax.crypto.KeyGenerator").getInstance("AES", self.provider)
            generator.init(256)
            self.own = generator.generateKey()

    def key(self, handle: int) -> Any:
        """Find a key; None if there is none."""
        store = java(f"{PROVIDER}.KeyStoreWithAttributes").getInstance("CloudHSM", self.provider)
        store.load(None, None)
        return store.getKey(java(f"{PROVIDER}.attributes.KeyReferenceSpec").getInstance(handle))


@pytest.fixture
def stranger(jvm: Jvm, new_user_name: Callable[[], str]) -> str:
    """The name of a user who has no part in anything."""
    return new_user_name()


@pytest.fixture
def seats(jvm: Jvm, account: Account, stranger: str) -> Iterator[dict[Who, Seat]]:
    """Providers of everybody whom the provider knows."""
    owner = Seat(f"{account.name}:{PASSWORD}")
    made = {
        Who.NOBODY: Seat(None, owner.own),
        Who.OWNER: owner,
        Who.SHARED: Seat(f"bob:{PASSWORDS['bob'].decode()}"),
        Who.FOREIGN: Seat(f"{stranger}:{PASSWORD}"),
    }
    yield made
    for who, seat in made.items():
        if who is not Who.NOBODY:
            seat.provider.logout()


@pytest.fixture
def users(jvm: Jvm, account: Account, stranger: str) -> Iterator[dict[Who, Session]]:
    """Sessions of the same users at the engine."""
    foreign = jvm.hsm.open_session()
    foreign.login(Role.CRYPTO_USER, stranger, PASSWORD.encode())
    made = {
        Who.NOBODY: jvm.hsm.open_session(),
        Who.OWNER: account.session,
        Who.SHARED: log_in(jvm.hsm, "bob"),
        Who.FOREIGN: foreign,
    }
    yield made
    for who, session in made.items():
        if who is not Who.OWNER:
            session.close()


def asking(seat: Seat, case: Case, key: Any, inputs: Inputs, signed: bytes) -> Callable[[], object]:
    """Return the call of the JCA that a case is about."""
    kind, provider = case.kind, seat.provider
    rsa = kind is not Kind.SECRET
    sealing, sealed = (OAEP, oaep("SHA-256")) if rsa else (AES_CBC, iv(bytes(16)))
    wrapping, hidden = (OAEP, oaep("SHA-256")) if rsa else (AES_WRAP, None)
    table: dict[Operation, Callable[[], object]] = {
        _O.SIGN: lambda: sign(provider, key) if rsa else mac(provider, key),
        _O.VERIFY: lambda: verify(provider, key, signed),
        _O.ENCRYPT: lambda: cipher(sealing, ENCRYPT, key, sealed, provider).doFinal(DATA),
        _O.DECRYPT: lambda: cipher(sealing, DECRYPT, key, sealed, provider).doFinal(inputs.ciphertext[kind]),
        _O.WRAP: lambda: cipher(wrapping, WRAP, key, hidden, provider).wrap(seat.own),
        _O.UNWRAP: lambda: (
            cipher(wrapping, UNWRAP, key, hidden, provider).unwrap(inputs.wrapped[kind], "AES", SECRET_KEY).destroy()
        ),
        _O.DERIVE: lambda: derive(provider, key).destroy(),
        _O.TAKE_OUT: lambda: cipher(AES_WRAP, WRAP, seat.own, None, provider).wrap(key),
        _O.DELETE: lambda: key.destroy(),
        _O.EXPORT: lambda: exported(key),
    }
    return table[case.operation]


def sign(provider: Any, key: Any) -> bytes:
    """Sign DATA."""
    signer = signature("SHA256withRSA", provider)
    signer.initSign(key)
    signer.update(DATA)
    return bytes(signer.sign())


def verify(provider: Any, key: Any, signed: bytes) -> None:
    """Verify a signature of DATA."""
    verifier = signature("SHA256withRSA", provider)
    verifier.initVerify(key)
    verifier.update(DATA)
    assert verifier.verify(signed)


def mac(provider: Any, key: Any) -> None:
    """Compute a code of DATA."""
    made = java("javax.crypto.Mac").getInstance("AESCMAC", provider)
    made.init(key)
    made.doFinal(DATA)


def derive(provider: Any, key: Any) -> Any:
    """Derive an AES key."""
    data = java(f"{PROVIDER}.AesCmacKdfFixedInputData")(32, jbytes(b"prefix"), jbytes(b"suffix"))
    factory = java("javax.crypto.SecretKeyFactory").getInstance("AES", provider)
    return factory.generateSecret(java(f"{PROVIDER}.AesCmacKdfParameterSpec")(attributes(SIZE=256), data, key))


def exported(key: Any) -> None:
    """Take a key out in clear; one that stays inside has no encoding, and that is all that Java has for a refusal."""
    if key.getEncoded() is None:
        raise java(f"{ENGINE}.HsmException")(int(ReturnCode.KEY_UNEXTRACTABLE), "")


def found(seat: Seat, handle: int) -> None:
    """Find a key; null is all that a keystore has to say of one that is not there."""
    if seat.key(handle) is None:
        raise java(f"{ENGINE}.HsmException")(int(ReturnCode.OBJECT_HANDLE_INVALID), "")


def refusal(call: Callable[[], object]) -> tuple[int | None, str]:
    """Return the engine's code and message of a refusal; None if it is done.

    The code is 0 if the engine was not asked, and the message Java's.
    """
    try:
        call()
    except java("java.lang.Exception") as thrown:
        cause = thrown
        while cause is not None:
            if isinstance(cause, java(f"{ENGINE}.HsmException")):
                return int(cause.code()), str(cause.getMessage())
            cause = cause.getCause()
        return 0, str(thrown)
    return None, ""


def plain(message: str, *helpers: int) -> str:
    """Return a message without the handles of the helpers, which are others at each door."""
    for helper in helpers:
        message = message.replace(f"{helper:016x}", "helper")
    return message


@pytest.mark.parametrize("kind", Kind)
def test_every_cell(seats: dict[Who, Seat], users: dict[Who, Session], kind: Kind) -> None:
    owner = users[Who.OWNER]
    inputs = Inputs(owner, users)
    signer = new_key(owner, *TYPES[Kind.PRIVATE], {Attribute.TOKEN: True})
    signed = sign(seats[Who.OWNER].provider, seats[Who.OWNER].key(signer))
    for state in FEW_STATES:
        handle = make(owner, kind, state)
        for case in (case for case in cases([state]) if case.kind is kind and offered(case)):
            got = answer(seats, case, handle, inputs, signed)
            want = expected(case)
            assert got[0] == want or unseen(case), f"{case}: {got}, not {want!r}"
            if want is not None and case.operation not in SILENT and not unseen(case):
                words = outcome(calls(users[case.who], case, handle, inputs))[1]
                helpers = seats[case.who].own.handle(), inputs.payload[case.who]
                assert plain(got[1], *helpers) == plain(words, *helpers), case
            if want is None and case.operation in CHANGES:
                handle = make(owner, kind, state)
    owner.destroy(signer)


SILENT = {_O.EXPORT}
"""Where Java has no place for the engine's words."""


def unseen(case: Case) -> bool:
    """Tell whether somebody asks who has no way to get the key object, but from others in the same JVM."""
    return case.who is Who.NOBODY or (case.who is Who.FOREIGN and case.kind is not Kind.PUBLIC)


def answer(seats: dict[Who, Seat], case: Case, handle: int, inputs: Inputs, signed: bytes) -> tuple[int | None, str]:
    """Ask for what a case is about, and return the refusal.

    Who does not see the key asks with the owner's key object, which no other provider must take.
    """
    seat = seats[case.who]
    if case.operation in (_O.FIND, _O.INFO):
        got = refusal(lambda: found(seat, handle))
    elif not unseen(case):
        return refusal(asking(seat, case, seat.key(handle), inputs, signed))
    elif case.operation in (_O.DELETE, _O.EXPORT):
        return 0, "a key object asks through the provider that it is from"
    else:
        got = refusal(asking(seat, case, seats[Who.OWNER].key(handle), inputs, signed))
    assert (got[0] is None) is (expected(case) is None), case
    return got


def test_an_admin_does_not_log_in(jvm: Jvm) -> None:
    with refused(f"{EXCEPTIONS}.FailedLoginException"):
        new_provider().login(None, pin(f"admin:{PASSWORDS['admin'].decode()}"))
