"""Keys and users between clones, which are copies of one home: who may, what stays as it was, and what is refused."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from conftest import PASSWORDS, log_in
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bridge.engine import Attribute, Hsm, HsmError, KeyType, MechanismType, ObjectClass, ReturnCode, Role, Session
from bridge.engine.attributes import RULES
from bridge.engine.audit import LogType, Opcode
from bridge.engine.quorum import KeyQuorum, Service
from bridge.engine.session import SessionRules
from bridge.engine.settings import FIPS_KEY_BANS, PROFILES, HsmType, Mode
from bridge.engine.users import Actor
from bridge.store import open_home, read_audit
from engine.approvers import approval, register
from engine.keys import Template, import_secret, new_aes, new_pair, refused
from engine.operations import new_key

SECRET, PUBLIC, PRIVATE = ObjectClass.SECRET_KEY, ObjectClass.PUBLIC_KEY, ObjectClass.PRIVATE_KEY
CRYPTO_USER, ADMIN = Role.CRYPTO_USER, Role.ADMIN
CAROL = b"carols-password"
VALUE = bytes.fromhex("a1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d7e8f91")
SMALL = replace(PROFILES[HsmType.HSM2M_MEDIUM], keys=2, asymmetric_keys=1)


def facts(session: Session, handle: int) -> object:
    """Return everything of a key but its handle."""
    return session.info(handle)._replace(handle=0)


def test_copies_are_clones_and_others_are_not(hsm: Hsm, clone: Hsm, stranger: Hsm) -> None:
    assert hsm.open_session().lineage == clone.open_session().lineage != stranger.open_session().lineage
    assert len(hsm.open_session().lineage) == 16


@pytest.mark.parametrize("key_type", [KeyType.RSA, KeyType.EC, KeyType.EC_EDWARDS, KeyType.ML_DSA])
def test_a_private_key_that_never_leaves_signs_in_the_clone(
    session: Session, there: Session, key_type: KeyType
) -> None:
    never: Template = {
        Attribute.TOKEN: True,
        Attribute.EXTRACTABLE: False,
        Attribute.LABEL: "signer",
        Attribute.ID: b"\1",
    }
    private = new_key(session, key_type, PRIVATE, never)
    public = new_key(session, key_type, PUBLIC, {Attribute.TOKEN: True})
    copy = there.insert_masked(session.extract_masked(private))
    assert facts(there, copy) == facts(session, private)
    with refused(ReturnCode.KEY_UNEXTRACTABLE):
        there.wrap(new_aes(there), MechanismType.CLOUDHSM_AES_KEY_WRAP_ZERO_PAD, copy)
    if key_type is KeyType.RSA:
        data = b"\x30\x31" + bytes(49)
        assert there.sign(copy, MechanismType.RSA_PKCS, data) == session.sign(private, MechanismType.RSA_PKCS, data)
    elif key_type is KeyType.EC:
        session.verify(public, MechanismType.ECDSA, bytes(32), there.sign(copy, MechanismType.ECDSA, bytes(32)))


def test_a_generated_pair_stays_what_it_was(session: Session, there: Session) -> None:
    pair = new_pair(session, TOKEN=True, LABEL="pair")
    copies = [there.insert_masked(session.extract_masked(handle)) for handle in pair]
    assert [facts(there, copy) for copy in copies] == [facts(session, handle) for handle in pair]
    private = there.attributes(copies[1])
    assert private[Attribute.LOCAL] is private[Attribute.ALWAYS_SENSITIVE] is True
    there.verify(copies[0], MechanismType.ECDSA, bytes(32), session.sign(pair[1], MechanismType.ECDSA, bytes(32)))


def test_shares_and_quorum_values_stay(hsm: Hsm, clone: Hsm, session: Session, there: Session) -> None:
    register(log_in(clone, "alice"), "alice")
    register(log_in(clone, "bob"), "bob")
    key = session.generate_key(
        MechanismType.GENERIC_SECRET_KEY_GEN,
        {Attribute.VALUE_LEN: 32, Attribute.TOKEN: True},
        ["bob"],
        KeyQuorum(manage=2, use=2),
    )
    # It takes no approval to take it to a clone, where it takes as many as before; but an admin brings it in.
    blob = session.extract_masked(key)
    with refused(ReturnCode.ACTION_PROHIBITED, "quorum values", "admin"):
        there.insert_masked(blob)
    copy = log_in(clone, "admin").insert_masked(blob)
    info = there.info(copy)
    assert (info.owner, info.shared_with, info.quorum) == ("alice", frozenset({"bob"}), KeyQuorum(2, 2))
    with refused(ReturnCode.QUORUM_REQUIRED):
        there.sign(copy, MechanismType.SHA256_HMAC, b"data")
    given = approval(there.generate_token(Service.KEY_USAGE, copy), "alice", "bob")
    assert there.sign(copy, MechanismType.SHA256_HMAC, b"data", None, given)
    assert copy in log_in(clone, "bob").find({})


FLAGS = st.fixed_dictionaries(
    {},
    optional={
        name: st.booleans()
        for name, rule in RULES.items()
        if rule.kind is bool and rule.origin.value == "caller" and SECRET in rule.classes
        if name not in (Attribute.TOKEN, Attribute.PRIVATE)
    },
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    FLAGS,
    st.text(st.characters(codec="utf-8"), max_size=127),
    st.binary(max_size=30),
    st.sampled_from([KeyType.AES, KeyType.GENERIC_SECRET, KeyType.DES3]),
    st.booleans(),
    st.booleans(),
)
def test_any_secret_key_survives(
    hsm: Hsm,
    clone: Hsm,
    flags: Template,
    label: str,
    identifier: bytes,
    key_type: KeyType,
    shared: bool,
    by_admin: bool,
) -> None:
    session, there = log_in(hsm, "alice"), log_in(clone, "alice")
    given = {**flags, Attribute.LABEL: label, Attribute.ID: identifier, Attribute.TOKEN: True}
    key = new_key(session, key_type, SECRET, given)
    if shared:
        session.share(key, "bob")
    source, destination = (log_in(hsm, "admin"), log_in(clone, "admin")) if by_admin else (session, there)
    copy = destination.insert_masked(source.extract_masked(key))
    assert facts(there, copy) == facts(session, key)
    here, it = hsm.get(key), clone.get(copy)
    assert here is not None
    assert it is not None
    assert it == replace(here, handle=copy)
    # The next example may draw the same key.
    for each, handle in ((hsm, key), (clone, copy)):
        with each.changing() as transaction:
            transaction.delete_object(handle)


def test_handles_go_on_in_each_clone_by_themselves(session: Session, there: Session) -> None:
    mine = [new_aes(there, TOKEN=True) for _ in range(3)]
    keys = [new_aes(session, TOKEN=True) for _ in range(3)]
    assert mine == keys
    copies = [there.insert_masked(session.extract_masked(key)) for key in keys]
    assert len({*mine, *copies, new_aes(there, TOKEN=True)}) == 7
    for copy in copies:
        there.destroy(copy)
    assert set(there.find({})).isdisjoint(copies)


def test_a_key_comes_back_after_it_was_destroyed(session: Session, there: Session) -> None:
    key = new_aes(session, TOKEN=True, LABEL="k")
    blob = session.extract_masked(key)
    session.destroy(key)
    again = session.insert_masked(blob)
    assert again != key
    session.destroy(again)


def test_who_may(hsm: Hsm, clone: Hsm, session: Session, bob: Session) -> None:
    admin = log_in(hsm, "admin")
    shared, own = new_aes(session, TOKEN=True, LABEL="shared"), new_aes(session, TOKEN=True, LABEL="own")
    session.share(shared, "bob")
    public, _ = new_pair(session, TOKEN=True)
    with refused(ReturnCode.USER_NOT_LOGGED_IN):
        hsm.open_session().extract_masked(own)
    for handle in (shared, public):
        with refused(ReturnCode.ACTION_PROHIBITED, "Only its owner, crypto user 'alice', and admins"):
            bob.extract_masked(handle)
    for handle in (own, 1):
        with refused(ReturnCode.OBJECT_HANDLE_INVALID):
            bob.extract_masked(handle)
    blob = session.extract_masked(own)
    with refused(ReturnCode.USER_NOT_LOGGED_IN):
        clone.open_session().insert_masked(blob)
    with refused(ReturnCode.ACTION_PROHIBITED, "Only its owner, crypto user 'alice', and admins"):
        log_in(clone, "bob").insert_masked(blob)
    assert not clone.all()
    assert log_in(clone, "admin").insert_masked(admin.extract_masked(shared))
    assert log_in(clone, "alice").insert_masked(admin.extract_masked(own))
    assert log_in(clone, "admin").insert_masked(session.extract_masked(public))


def test_a_session_key_stays(session: Session) -> None:
    with refused(ReturnCode.ACTION_PROHIBITED, "session key", "token"):
        session.extract_masked(new_aes(session))


def test_no_clone(stranger: Hsm, session: Session, admin: Session) -> None:
    key, user = session.extract_masked(new_aes(session, TOKEN=True)), admin.extract_masked_user(CRYPTO_USER, "bob")
    for name in ("alice", "admin"):
        with refused(ReturnCode.ACTION_PROHIBITED, "no clone of this one"):
            log_in(stranger, name).insert_masked(key)
    with refused(ReturnCode.ACTION_PROHIBITED, "no clone of this one"):
        log_in(stranger, "admin").insert_masked_user(user)
    assert not stranger.all()


def test_users_that_the_clone_has_not(hsm: Hsm, clone: Hsm, session: Session, admin: Session, there: Session) -> None:
    for name in ("carol", "dave"):
        admin.create_user(CRYPTO_USER, name, CAROL)
    # An admin of that name is another user.
    log_in(clone, "admin").create_user(ADMIN, "carol", CAROL)
    shared = new_aes(session, TOKEN=True, LABEL="shared")
    for name in ("bob", "carol", "dave"):
        session.share(shared, name)
    blob = session.extract_masked(shared)
    with refused(ReturnCode.ARGUMENTS_BAD, "'carol'", "'dave'", "with whom it is shared", "user replicate") as refusal:
        there.insert_masked(blob)
    assert "'bob'" not in refusal.message
    carol = hsm.open_session()
    carol.login(CRYPTO_USER, "carol", CAROL)
    owned = admin.extract_masked(new_aes(carol, TOKEN=True))
    with refused(ReturnCode.ARGUMENTS_BAD, "its owner, crypto user 'carol'", "user replicate"):
        log_in(clone, "admin").insert_masked(owned)
    assert not clone.all()
    for name in ("carol", "dave"):
        log_in(clone, "admin").insert_masked_user(admin.extract_masked_user(CRYPTO_USER, name))
    assert there.info(there.insert_masked(blob)).shared_with == {"bob", "carol", "dave"}
    assert log_in(clone, "admin").insert_masked(owned)


def test_an_exact_duplicate(session: Session, there: Session) -> None:
    key = import_secret(session, VALUE, LABEL="k", TOKEN=True)
    blob = session.extract_masked(key)
    copy = there.insert_masked(blob)
    for each, handle in ((there, copy), (session, key)):
        with refused(ReturnCode.ACTION_PROHIBITED, "already", f"0x{handle:016x}"):
            each.insert_masked(blob)
    # Under another label it is the same key all the same; another value under its label is another.
    session.set_attributes(key, {Attribute.LABEL: "another"})
    with refused(ReturnCode.ACTION_PROHIBITED, "already"):
        there.insert_masked(session.extract_masked(key))
    other = import_secret(session, VALUE[::-1], LABEL="k", TOKEN=True)
    there.insert_masked(session.extract_masked(other))
    assert len(there.find({})) == 2


def test_nothing_that_was_laid_down_is_taken_back(session: Session, admin: Session) -> None:
    """An owner keeps a masked object from before, and brings it in beside the key."""
    key = import_secret(session, VALUE, LABEL="k", TOKEN=True, WRAP=True)
    admin.set_attributes(key, {Attribute.TRUSTED: True})
    blob = session.extract_masked(key)
    admin.set_attributes(key, {Attribute.TRUSTED: False})
    session.set_attributes(key, {Attribute.EXTRACTABLE: False, Attribute.LABEL: "renamed"})
    for each in (session, admin):
        with refused(ReturnCode.ACTION_PROHIBITED):
            each.insert_masked(blob)
    session.destroy(key)
    with refused(ReturnCode.ACTION_PROHIBITED, "trusted", "admin"):
        session.insert_masked(blob)
    assert session.find({}) == []
    admin.insert_masked(blob)


@pytest.mark.parametrize("key_type", sorted(FIPS_KEY_BANS))
def test_a_clone_in_fips_mode(clone: Hsm, session: Session, there: Session, key_type: KeyType) -> None:
    with clone.changing() as transaction:
        transaction.put_settings(replace(clone.settings, mode=Mode.FIPS))
    object_class = SECRET if key_type is KeyType.DES3 else PRIVATE
    blob = session.extract_masked(new_key(session, key_type, object_class, {Attribute.TOKEN: True}))
    with refused(ReturnCode.KEY_TYPE_INCONSISTENT, "FIPS mode"):
        there.insert_masked(blob)
    assert not clone.all()
    assert there.insert_masked(session.extract_masked(new_aes(session, TOKEN=True)))


def test_a_clone_of_another_type(clone_home: Path, session: Session) -> None:
    blob = session.extract_masked(new_key(session, KeyType.ML_DSA, PRIVATE, {Attribute.TOKEN: True}))
    hsm = open_home(clone_home, profiles={HsmType.HSM2M_MEDIUM: PROFILES[HsmType.HSM1_MEDIUM]})
    with refused(ReturnCode.KEY_TYPE_INCONSISTENT, "ML_DSA"):
        log_in(hsm, "alice").insert_masked(blob)
    hsm.close()


def test_a_clone_that_is_full(clone_home: Path, session: Session) -> None:
    hsm = open_home(clone_home, profiles={HsmType.HSM2M_MEDIUM: SMALL})
    there = log_in(hsm, "alice")
    pair = [session.extract_masked(handle) for handle in new_pair(session, TOKEN=True)]
    there.insert_masked(pair[0])
    with refused(ReturnCode.DEVICE_MEMORY, "at most 1 persistent asymmetric keys"):
        there.insert_masked(pair[1])
    there.insert_masked(session.extract_masked(new_aes(session, TOKEN=True)))
    with refused(ReturnCode.DEVICE_MEMORY, "at most 2 persistent keys"):
        there.insert_masked(session.extract_masked(new_aes(session, TOKEN=True)))
    assert len(there.find({})) == 2
    hsm.close()


def test_keys_that_must_be_on_more_hsms(clone: Hsm, session: Session) -> None:
    checked = clone.open_session(SessionRules(min_hsms=2))
    checked.login(CRYPTO_USER, "alice", PASSWORDS["alice"])
    with refused(ReturnCode.FUNCTION_FAILED, "at least 2 HSMs"):
        checked.insert_masked(session.extract_masked(new_aes(session, TOKEN=True)))


def test_blobs_that_are_none(clone: Hsm, session: Session, there: Session) -> None:
    blob = session.extract_masked(new_aes(session, TOKEN=True))
    changed = blob[:-1] + bytes([blob[-1] ^ 1])
    for each in (b"", b"garbage", changed, blob[:-1], bytes(len(blob))):
        with refused(ReturnCode.ENCRYPTED_DATA_INVALID, "no masked object"):
            there.insert_masked(each)
        with refused(ReturnCode.ENCRYPTED_DATA_INVALID, "no masked object"):
            log_in(clone, "admin").insert_masked_user(each)
    assert not clone.all()


def test_a_key_is_no_user(clone: Hsm, session: Session, admin: Session) -> None:
    key, user = session.extract_masked(new_aes(session, TOKEN=True)), admin.extract_masked_user(CRYPTO_USER, "bob")
    there = log_in(clone, "admin")
    with refused(ReturnCode.ARGUMENTS_BAD, "is a user, where a key"):
        there.insert_masked(user)
    with refused(ReturnCode.ARGUMENTS_BAD, "is a key, where a user"):
        there.insert_masked_user(key)


Step = Callable[[], object]


def who(actor: Actor | None) -> Actor | None:
    """Return a user without the name of the login."""
    return actor and Actor(actor.role, actor.name)


def test_the_audit_log_of_both_sides(home: Path, clone_home: Path, hsm: Hsm, clone: Hsm, admin: Session) -> None:
    session, there, chief = log_in(hsm, "alice"), log_in(clone, "alice"), log_in(clone, "admin")
    admin.create_user(CRYPTO_USER, "carol", CAROL)
    key, session_key = new_aes(session, TOKEN=True), new_aes(session)
    begun = {each: len(list(read_audit(each))) for each in (home, clone_home)}
    blob = session.extract_masked(key)
    copy = there.insert_masked(blob)
    user = admin.extract_masked_user(CRYPTO_USER, "carol")
    chief.insert_masked_user(user)
    steps: list[Step] = [
        lambda: session.extract_masked(session_key),
        lambda: session.extract_masked_user(CRYPTO_USER, "carol"),
        lambda: there.insert_masked(blob),
        lambda: there.insert_masked(b"secret garbage"),
        lambda: chief.insert_masked_user(user),
    ]
    for step in steps:
        with pytest.raises(HsmError):
            step()
    alice, boss, carol = Actor(CRYPTO_USER, "alice"), Actor(ADMIN, "admin"), Actor(CRYPTO_USER, "carol")
    out, into = Opcode.EXTRACT_MASKED_OBJECT_USER, Opcode.INSERT_MASKED_OBJECT_USER
    prohibited, unreadable = ReturnCode.ACTION_PROHIBITED, ReturnCode.ENCRYPTED_DATA_INVALID
    expected = {
        home: [
            (out, alice, key, None, 0, LogType.MGMT_KEY_DETAILS_LOG),
            (Opcode.EXTRACT_MASKED_USER, boss, 0, carol, 0, LogType.MGMT_USER_DETAILS_LOG),
            (out, alice, session_key, None, prohibited, LogType.MGMT_KEY_DETAILS_LOG),
            (Opcode.EXTRACT_MASKED_USER, alice, 0, carol, prohibited, LogType.MGMT_USER_DETAILS_LOG),
        ],
        clone_home: [
            (into, alice, copy, None, 0, LogType.MGMT_KEY_DETAILS_LOG),
            (Opcode.INSERT_MASKED_USER, boss, 0, carol, 0, LogType.MGMT_USER_DETAILS_LOG),
            (into, alice, 0, None, prohibited, LogType.MGMT_KEY_DETAILS_LOG),
            (into, alice, 0, None, unreadable, LogType.MGMT_KEY_DETAILS_LOG),
            (Opcode.INSERT_MASKED_USER, boss, 0, carol, ReturnCode.ARGUMENTS_BAD, LogType.MGMT_USER_DETAILS_LOG),
        ],
    }
    for folder, events in expected.items():
        found = [record.event for record in read_audit(folder)][begun[folder] :]
        assert [
            (event.opcode, who(event.actor), event.key, who(event.user), event.response, event.log_type)
            for event in found
        ] == events


def test_no_secret_is_in_blobs_messages_and_logs(
    home: Path, clone_home: Path, hsm: Hsm, clone: Hsm, session: Session, admin: Session, there: Session
) -> None:
    key = import_secret(session, VALUE, LABEL="unmistakable", TOKEN=True, EXTRACTABLE=False)
    admin.create_user(CRYPTO_USER, "carol", CAROL)
    blobs = session.extract_masked(key), admin.extract_masked_user(CRYPTO_USER, "carol")
    messages = []
    attempts: list[Step] = [
        lambda: there.insert_masked(blobs[0]),
        lambda: there.insert_masked(blobs[0]),
        lambda: log_in(clone, "bob").insert_masked(blobs[0]),
        lambda: log_in(clone, "admin").insert_masked(blobs[1]),
        lambda: log_in(clone, "admin").insert_masked_user(blobs[0]),
        *(lambda at=at: there.insert_masked(blobs[0][:at] + VALUE + blobs[0][at:]) for at in (0, 30)),
    ]
    for attempt in attempts:
        try:
            attempt()
        except HsmError as error:
            messages.append(error.message)
    assert len(messages) == len(attempts) - 1
    logs = [repr(record) for folder in (home, clone_home) for record in read_audit(folder)]
    shown = "\n".join([*messages, *logs, repr(session), repr(hsm.masker), repr(clone)]).encode()
    content = b"".join([shown, *blobs])
    for secret in (VALUE, CAROL, *PASSWORDS.values()):
        for form in (secret, secret.hex().encode(), base64.b64encode(secret)[:-4], repr(secret)[2:-1].encode()):
            assert form not in content
    assert b"unmistakable" not in b"".join(blobs)
