"""Keys that several crypto users may use, and keys that need the approval of several."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from conftest import log_in

from bridge.engine import Attribute, Hsm, HsmError, KeyType, MechanismType, ObjectClass, ReturnCode, Role, Session
from bridge.engine.audit import Opcode
from bridge.engine.holdings import LocalHoldings
from bridge.engine.objects import HsmObject
from bridge.engine.parameters import CounterKdf, Iv, Oaep
from bridge.engine.quorum import Approval, KeyQuorum, Service
from bridge.store import read_audit
from engine.approvers import approval, approvers
from engine.keys import P256, Template, new_aes, new_pair, refused

CRYPTO_USER = Role.CRYPTO_USER
TOKEN: Template = {Attribute.TOKEN: True}
ECDSA, DIGEST = MechanismType.ECDSA, bytes(range(32))
WRAP = MechanismType.CLOUDHSM_AES_KEY_WRAP_ZERO_PAD
BOTH = KeyQuorum(2, 2)


def quorum_pair(session: Session, quorum: KeyQuorum = BOTH) -> int:
    """Make a key pair whose private half alice and bob may use, with the approval of both."""
    public: Template = {Attribute.EC_PARAMS: P256, **TOKEN}
    return session.generate_key_pair(MechanismType.EC_KEY_PAIR_GEN, public, TOKEN, ["bob"], quorum)[1]


def quorum_aes(session: Session, shared_with: tuple[str, ...] = ("bob",)) -> int:
    template = {Attribute.VALUE_LEN: 32, **TOKEN}
    return session.generate_key(MechanismType.AES_KEY_GEN, template, shared_with, BOTH)


@pytest.fixture
def users(hsm: Hsm) -> dict[str, Session]:
    """Crypto users alice, bob and carol with registered keys."""
    return approvers(hsm, CRYPTO_USER, "alice", "bob", "carol")


def test_a_shared_key_is_used_by_both_and_managed_by_its_owner(session: Session, bob: Session) -> None:
    public, private = new_pair(session, TOKEN=True)
    secret = new_aes(session, TOKEN=True, DERIVE=True)
    for key in (private, secret):
        session.share(key, "BOB")
        assert bob.info(key).shared_with == session.info(key).shared_with == {"bob"}
        assert bob.find({}) == sorted({public, private, key} & set(session.find({})) & set(bob.find({})))
    bob.verify(public, ECDSA, DIGEST, bob.sign(private, ECDSA, DIGEST))
    for managed in (
        lambda: bob.destroy(private),
        lambda: bob.set_attributes(private, {Attribute.LABEL: "bob's"}),
        lambda: bob.share(private, "alice"),
        lambda: bob.unshare(private, "bob"),
        lambda: bob.wrap(new_aes(bob), WRAP, secret),
    ):
        with refused(ReturnCode.ACTION_PROHIBITED):
            managed()


def test_an_unshared_key_is_not_seen_any_more(session: Session, bob: Session, open_hsm: Callable[[], Hsm]) -> None:
    key, there = new_aes(session, TOKEN=True), log_in(open_hsm(), "bob")
    session.share(key, "bob")
    assert bob.find({}) == there.find({}) == [key]
    session.unshare(key, "bob")
    for each in (bob, there):
        assert each.find({}) == []
        with refused(ReturnCode.OBJECT_HANDLE_INVALID):
            each.info(key)


def test_what_is_not_shared(session: Session, bob: Session) -> None:
    public, private = new_pair(session, TOKEN=True)
    with refused(ReturnCode.ACTION_PROHIBITED, "public key"):
        session.share(public, "bob")
    with refused(ReturnCode.ACTION_PROHIBITED, "session key"):
        session.share(new_aes(session), "bob")
    with refused(ReturnCode.ARGUMENTS_BAD, "'nobody'"):
        session.share(private, "nobody")
    with refused(ReturnCode.ARGUMENTS_BAD, "not the owner"):
        session.share(private, "alice")
    session.share(private, "bob")
    with refused(ReturnCode.ARGUMENTS_BAD, "already"):
        session.share(private, "bob")
    with refused(ReturnCode.ARGUMENTS_BAD, "not shared"):
        session.unshare(private, "alice")
    with refused(ReturnCode.OBJECT_HANDLE_INVALID):
        bob.share(new_aes(session, TOKEN=True), "alice")


def test_keys_are_shared_as_they_are_made(session: Session, bob: Session) -> None:
    template = {Attribute.VALUE_LEN: 16, **TOKEN}
    key = session.generate_key(MechanismType.AES_KEY_GEN, template, ["bob"])
    assert bob.find({}) == [key]
    before = session.find({})
    for bad in (["nobody"], ["alice"], ["bob", "bob"]):
        with refused(ReturnCode.ARGUMENTS_BAD):
            session.generate_key(MechanismType.AES_KEY_GEN, template, bad)
    with refused(ReturnCode.ACTION_PROHIBITED, "session key"):
        session.generate_key(MechanismType.AES_KEY_GEN, {Attribute.VALUE_LEN: 16}, ["bob"])
    assert session.find({}) == before


@pytest.mark.parametrize(
    ("quorum", "text"),
    [
        (KeyQuorum(0, 2), "must be set to a value greater than 1"),
        (KeyQuorum(2, 0), "must be set to a value greater than 1"),
        (KeyQuorum(1, 1), "must be set to a value greater than 1"),
        (KeyQuorum(3, 2), "Invalid quorum value provided."),
        (KeyQuorum(2, 3), "Invalid quorum value provided."),
        (KeyQuorum(9, 9), "Invalid quorum value provided."),
        (KeyQuorum(-2, -2), "must be set to a value greater than 1"),
    ],
)
def test_quorum_values_that_a_key_cannot_have(session: Session, bob: Session, quorum: KeyQuorum, text: str) -> None:
    with refused(ReturnCode.ATTRIBUTE_VALUE_INVALID, text):
        quorum_pair(session, quorum)
    assert session.find({}) == []


def test_a_quorum_key_signs_with_approval_only(users: dict[str, Session]) -> None:
    alice, bob = users["alice"], users["bob"]
    key = quorum_pair(alice)
    assert alice.info(key).quorum == bob.info(key).quorum == BOTH
    for each in (alice, bob):
        with refused(ReturnCode.QUORUM_REQUIRED, "Quorum approval is required for this operation"):
            each.sign(key, ECDSA, DIGEST)
    (public,) = alice.find({Attribute.CLASS: 2})
    for each in (alice, bob):
        given = approval(each.generate_token(Service.KEY_USAGE, key), "alice", "bob")
        alice.verify(public, ECDSA, DIGEST, each.sign(key, ECDSA, DIGEST, None, given))
        with refused(ReturnCode.QUORUM_FAILED, "Invalid username-signature pair"):
            each.sign(key, ECDSA, DIGEST, None, given)


def test_an_operation_that_fails_leaves_the_approval(users: dict[str, Session]) -> None:
    alice = users["alice"]
    key = quorum_pair(alice)
    given = approval(alice.generate_token(Service.KEY_USAGE, key), "alice", "bob")
    with refused(ReturnCode.DATA_LEN_RANGE):
        alice.sign(key, ECDSA, bytes(65), None, given)
    with refused(ReturnCode.KEY_TYPE_INCONSISTENT):
        alice.sign(key, MechanismType.RSA_PKCS, DIGEST, None, given)
    alice.sign(key, ECDSA, DIGEST, None, given)


def test_approvals_of_others_than_the_users_of_the_key(users: dict[str, Session], hsm: Hsm) -> None:
    alice = users["alice"]
    key = quorum_pair(alice)
    approvers(hsm, Role.ADMIN, "admin")
    for stranger in ("carol", "admin"):
        given = approval(alice.generate_token(Service.KEY_USAGE, key), "alice", stranger)
        with refused(ReturnCode.QUORUM_FAILED, "Invalid username-signature pair"):
            alice.sign(key, ECDSA, DIGEST, None, given)
    alice.sign(key, ECDSA, DIGEST, None, approval(alice.generate_token(Service.KEY_USAGE, key), "alice", "bob"))


def test_approvals_for_something_else(users: dict[str, Session]) -> None:
    alice, bob = users["alice"], users["bob"]
    key, other = quorum_pair(alice), quorum_pair(alice)

    def sign(given: Approval) -> bytes:
        return alice.sign(key, ECDSA, DIGEST, None, given)

    with refused(ReturnCode.QUORUM_FAILED, "for the service key-management"):
        sign(approval(alice.generate_token(Service.KEY_MANAGEMENT, key), "alice", "bob"))
    with refused(ReturnCode.QUORUM_FAILED, "for the key"):
        sign(approval(alice.generate_token(Service.KEY_USAGE, other), "alice", "bob"))
    with refused(ReturnCode.QUORUM_FAILED, "another login session"):
        sign(approval(bob.generate_token(Service.KEY_USAGE, key), "alice", "bob"))
    with refused(ReturnCode.QUORUM_FAILED, "Too few quorum approvals: currently 1 approvals"):
        sign(approval(alice.generate_token(Service.KEY_USAGE, key), "alice"))


def test_what_management_covers(users: dict[str, Session]) -> None:
    alice = users["alice"]
    key, kek = quorum_aes(alice), new_aes(alice)

    def approved(handle: int = key) -> Approval:
        return approval(alice.generate_token(Service.KEY_MANAGEMENT, handle), "alice", "bob")

    wrapped = alice.wrap(kek, WRAP, key, None, approved())
    alice.set_attributes(key, {Attribute.LABEL: "new"}, approved())
    alice.share(key, "carol", approved())
    alice.unshare(key, "carol", approved())
    given = {Attribute.CLASS: 4, Attribute.KEY_TYPE: 0x1F}
    with refused(ReturnCode.QUORUM_REQUIRED):
        alice.unwrap(key, WRAP, alice.wrap(kek, WRAP, new_aes(alice)), given)
    payload = alice.wrap(key, WRAP, new_aes(alice), None, None, approved())
    alice.unwrap(key, WRAP, payload, given, None, approved())
    for covered in (
        lambda: alice.wrap(kek, WRAP, key),
        lambda: alice.wrap(key, WRAP, kek),
        lambda: alice.set_attributes(key, {Attribute.LABEL: "newer"}),
        lambda: alice.share(key, "carol"),
    ):
        with refused(ReturnCode.QUORUM_REQUIRED):
            covered()
    assert wrapped
    assert alice.attributes(key)[Attribute.LABEL] == "new"


def test_two_keys_of_one_wrap_have_a_token_each(users: dict[str, Session]) -> None:
    alice = users["alice"]
    key, kek = quorum_aes(alice), quorum_aes(alice)
    of_key, of_kek = (
        approval(alice.generate_token(Service.KEY_MANAGEMENT, handle), "alice", "bob") for handle in (key, kek)
    )
    for swapped in ((of_kek, of_key), (of_key, None), (None, of_kek)):
        with refused(ReturnCode.QUORUM_FAILED if None not in swapped else ReturnCode.QUORUM_REQUIRED):
            alice.wrap(kek, WRAP, key, None, *swapped)
    assert alice.wrap(kek, WRAP, key, None, of_key, of_kek)


def test_a_key_keeps_as_many_users_as_it_needs_approvals(users: dict[str, Session]) -> None:
    alice = users["alice"]
    key = quorum_aes(alice)
    given = approval(alice.generate_token(Service.KEY_MANAGEMENT, key), "alice", "bob")
    with refused(ReturnCode.ATTRIBUTE_VALUE_INVALID, "Invalid quorum value provided."):
        alice.unshare(key, "bob", given)
    alice.share(key, "carol", given)


def test_a_token_is_for_a_key_that_needs_it(users: dict[str, Session]) -> None:
    alice, carol = users["alice"], users["carol"]
    key, plain = quorum_pair(alice), new_aes(alice, TOKEN=True)
    with refused(ReturnCode.KEY_FUNCTION_NOT_PERMITTED, "needs no approval"):
        alice.generate_token(Service.KEY_USAGE, plain)
    with refused(ReturnCode.OBJECT_HANDLE_INVALID):
        carol.generate_token(Service.KEY_USAGE, key)
    with refused(ReturnCode.ARGUMENTS_BAD, "names key"):
        alice.generate_token(Service.KEY_USAGE)
    with refused(ReturnCode.ARGUMENTS_BAD, "no key"):
        alice.generate_token(Service.REGISTRATION, key)


def test_deleting_a_quorum_key_needs_no_approval(users: dict[str, Session]) -> None:
    alice = users["alice"]
    key = quorum_aes(alice)
    alice.destroy(key)
    assert alice.find({}) == []


def test_a_key_with_quorum_values_leaves_with_approvals_only(
    users: dict[str, Session], session: Session, admin: Session
) -> None:
    admin.configure(clear_extraction=True)
    key = quorum_aes(session)
    with refused(ReturnCode.QUORUM_REQUIRED, "Quorum approval is required for this operation"):
        session.export(key)
    assert session.export(new_aes(session))


def test_no_signature_without_padding(users: dict[str, Session], session: Session, bob: Session) -> None:
    """RSA without padding makes of a padded digest what a signature is."""
    template: Template = {Attribute.MODULUS_BITS: 2048, **TOKEN}
    public, private = session.generate_key_pair(MechanismType.RSA_PKCS_KEY_PAIR_GEN, template, TOKEN, ["bob"], BOTH)
    padded = b"\x00\x01" + b"\xff" * 202 + b"\x00" + bytes(51)
    for each in (session, bob):
        for _ in range(2):
            with refused(ReturnCode.QUORUM_REQUIRED, "RSA_PKCS_OAEP"):
                each.decrypt(private, MechanismType.RSA_X_509, padded)
    oaep = Oaep(MechanismType.SHA256, MechanismType.SHA256)
    ciphertext = bob.encrypt(public, MechanismType.RSA_PKCS_OAEP, DIGEST, oaep)
    assert bob.decrypt(private, MechanismType.RSA_PKCS_OAEP, ciphertext, oaep) == DIGEST


def test_no_code_by_other_means(users: dict[str, Session], session: Session, bob: Session) -> None:
    """A CMAC is the last block of a CBC encryption, and what the counter KDF derives."""
    template: Template = {Attribute.VALUE_LEN: 32, Attribute.DERIVE: True, **TOKEN}
    key = session.generate_key(MechanismType.AES_KEY_GEN, template, ["bob"], BOTH)
    derived: Template = {Attribute.KEY_TYPE: KeyType.AES, Attribute.VALUE_LEN: 32}
    for use in (
        lambda: bob.encrypt(key, MechanismType.AES_ECB, DIGEST),
        lambda: bob.decrypt(key, MechanismType.AES_CBC, DIGEST, Iv(bytes(16))),
        lambda: session.derive(key, MechanismType.SP800_108_COUNTER_KDF, derived, CounterKdf(32, b"a", b"b")),
    ):
        with refused(ReturnCode.QUORUM_REQUIRED, "SIGN false"):
            use()
    only = session.generate_key(MechanismType.AES_KEY_GEN, {**template, Attribute.SIGN: False}, ["bob"], BOTH)
    ciphertext = bob.encrypt(only, MechanismType.AES_ECB, DIGEST)
    assert bob.decrypt(only, MechanismType.AES_ECB, ciphertext) == DIGEST


def test_an_unwrap_that_is_refused_uses_up_no_approval(
    users: dict[str, Session], session: Session, log: Callable[[], list[Opcode]]
) -> None:
    kek = quorum_aes(session)
    wrapped = wrapped_by(users, session, kek)
    given = approval(session.generate_token(Service.KEY_MANAGEMENT, kek), "alice", "bob")
    secret: Template = {Attribute.CLASS: ObjectClass.SECRET_KEY, Attribute.KEY_TYPE: KeyType.AES}
    for template, code in (
        ({**secret, Attribute.KEY_TYPE: KeyType.DES3}, ReturnCode.WRAPPED_KEY_INVALID),
        ({**secret, Attribute.LABEL: "x" * 1000}, ReturnCode.ATTRIBUTE_VALUE_INVALID),
    ):
        before = session.find({})
        with pytest.raises(HsmError) as caught:
            session.unwrap(kek, WRAP, wrapped, template, None, given)
        assert caught.value.code in (code, ReturnCode.KEY_SIZE_RANGE)
        assert session.find({}) == before
    log()
    made = session.unwrap(kek, WRAP, wrapped, {**secret, **TOKEN}, None, given)
    assert made in session.find({})
    assert log() == [Opcode.UNWRAP_KEY]
    with refused(ReturnCode.QUORUM_FAILED):
        session.unwrap(kek, WRAP, wrapped, secret, None, given)
    again = approval(session.generate_token(Service.KEY_MANAGEMENT, kek), "alice", "bob")
    assert session.attributes(session.unwrap(kek, WRAP, wrapped, secret, None, again))[Attribute.TOKEN] is False


def wrapped_by(users: dict[str, Session], session: Session, kek: int) -> bytes:
    """Wrap a key of 32 bytes with approvals."""
    given = approval(session.generate_token(Service.KEY_MANAGEMENT, kek), "alice", "bob")
    return session.wrap(kek, WRAP, new_aes(session), None, None, given)


@pytest.fixture
def log(home: Path) -> Callable[[], list[Opcode]]:
    """What is new in the audit log."""
    seen = 0

    def new() -> list[Opcode]:
        nonlocal seen
        records = list(read_audit(home, seen))
        seen += len(records)
        return [record.event.opcode for record in records]

    return new


def test_a_user_without_whom_nobody_could_approve_stays(admin: Session, bob: Session, session: Session) -> None:
    key = quorum_aes(session)
    bob.logout()
    with refused(ReturnCode.ACTION_PROHIBITED, "2 approvals", f"0x{key:016x}"):
        admin.delete_user(CRYPTO_USER, "bob")
    assert session.info(key).shared_with == {"bob"}
    session.destroy(key)
    admin.delete_user(CRYPTO_USER, "bob")


def test_a_new_key_has_an_owner(admin: Session, bob: Session, hsm: Hsm, monkeypatch: pytest.MonkeyPatch) -> None:
    """The login ends, and the user with it, while the key is made."""
    put = LocalHoldings.put

    def late(self: LocalHoldings, user: str, objects: Sequence[HsmObject]) -> None:
        put(self, user, objects)
        monkeypatch.undo()
        bob.logout()
        admin.delete_user(CRYPTO_USER, "bob")

    monkeypatch.setattr(LocalHoldings, "put", late)
    with refused(ReturnCode.USER_NOT_LOGGED_IN):
        new_aes(bob, TOKEN=True)
    assert hsm.all() == []


def test_a_new_key_is_shared_with_nobody_who_is_gone(
    hsm: Hsm, admin: Session, bob: Session, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    bob.logout()
    controlled = Session._controlled

    def late(self: Session, *given: Any) -> HsmObject:
        made = controlled(self, *given)
        admin.delete_user(CRYPTO_USER, "bob")
        return made

    monkeypatch.setattr(Session, "_controlled", late)
    with refused(ReturnCode.ARGUMENTS_BAD, "'bob'", "any more"):
        session.generate_key(MechanismType.AES_KEY_GEN, {Attribute.VALUE_LEN: 32, **TOKEN}, ["bob"])
    assert session.find({}) == []
