"""What comes into the audit log, and what does not."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import PASSWORDS, log_in

from bridge.engine import Attribute, Hsm, HsmError, KeyType, MechanismType, ObjectClass, ReturnCode, Role, Session
from bridge.engine.audit import CommandType, Event, LogType, Opcode, Record
from bridge.engine.users import Actor
from bridge.store import open_home, read_audit, verify_audit
from engine.keys import Template, import_secret, new_aes, new_pair, refused

ALICE, BOB, ADMIN = (
    Actor(Role.CRYPTO_USER, "alice"),
    Actor(Role.CRYPTO_USER, "bob"),
    Actor(Role.ADMIN, "admin"),
)
WRAP = MechanismType.CLOUDHSM_AES_KEY_WRAP_NO_PAD


class Log:
    """The log of a home, read bit by bit."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self.next = 0
        self.new()

    def records(self) -> list[Record]:
        found = list(read_audit(self._home, self.next))
        assert [record.sequence for record in found] == list(range(self.next, self.next + len(found)))
        self.next += len(found)
        return found

    def new(self) -> list[Event]:
        return [record.event for record in self.records()]

    def one(self) -> Event:
        (event,) = self.new()
        return event


@pytest.fixture
def log(home: Path, session: Session) -> Log:
    """The log, read up to the login of alice."""
    return Log(home)


def facts(event: Event) -> tuple[object, ...]:
    return event.opcode, event.actor, event.key, event.public_key, event.by, event.user, event.response


def test_an_hsm_begins_with_its_users(pristine_home: Path) -> None:
    begun = [(record.event.opcode, record.event.user) for record in read_audit(pristine_home)]
    assert begun == [
        (Opcode.INIT_TOKEN, None),
        (Opcode.CREATE_CO, ADMIN),
        (Opcode.CREATE_APPLIANCE_USER, Actor(Role.APPLIANCE_USER, "app_user")),
        (Opcode.CREATE_USER, ALICE),
        (Opcode.INIT_DONE, None),
    ]


def test_a_login_and_its_end(hsm: Hsm, home: Path) -> None:
    log = Log(home)
    session = hsm.open_session()
    session.login(Role.CRYPTO_USER, "ALICE", PASSWORDS["alice"])
    session.logout()
    session.close()
    session.close()
    events = log.new()
    assert [facts(event) for event in events] == [
        (Opcode.LOGIN, None, 0, 0, 0, ALICE, 0),
        (Opcode.LOGOUT, ALICE, 0, 0, 0, None, 0),
        (Opcode.CLOSE_SESSION, None, 0, 0, 0, None, 0),
    ]
    (number,) = {event.session for event in events}
    assert 0 <= number < 1 << 32
    assert log_in(hsm, "alice")._holdings.number != number


@pytest.mark.parametrize(
    ("role", "name", "user"),
    [
        (Role.CRYPTO_USER, "alice", ALICE),
        (Role.CRYPTO_USER, "Bob", BOB),
        (Role.ADMIN, "admin", ADMIN),
        (Role.ADMIN, "alice", None),
        (Role.CRYPTO_USER, "my-password-by-mistake", None),
        (Role.CRYPTO_USER, "\ud800", None),
    ],
)
def test_a_refused_login_names_nobody_who_is_not_there(
    hsm: Hsm, home: Path, role: Role, name: str, user: Actor | None
) -> None:
    log = Log(home)
    with refused(ReturnCode.PIN_INCORRECT):
        hsm.open_session().login(role, name, b"wrong-password")
    assert facts(log.one()) == (Opcode.LOGIN, None, 0, 0, 0, user, ReturnCode.PIN_INCORRECT)


def test_a_lock_and_what_ends_it(hsm: Hsm, log: Log, admin: Session) -> None:
    log.new()
    for code in [ReturnCode.PIN_INCORRECT] * 5 + [ReturnCode.PIN_LOCKED]:
        with refused(code):
            hsm.open_session().login(Role.CRYPTO_USER, "bob", b"wrong-password")
        assert facts(log.one()) == (Opcode.LOGIN, None, 0, 0, 0, BOB, code)
    admin.change_password(Role.CRYPTO_USER, "bob", b"a-new-password")
    assert facts(log.one()) == (Opcode.CHANGE_PSWD, ADMIN, 0, 0, 0, BOB, 0)


def test_a_second_login_is_refused_and_recorded_once(session: Session, log: Log) -> None:
    with refused(ReturnCode.USER_ALREADY_LOGGED_IN):
        session.login(Role.CRYPTO_USER, "bob", PASSWORDS["bob"])
    assert facts(log.one()) == (Opcode.LOGIN, ALICE, 0, 0, 0, BOB, ReturnCode.USER_ALREADY_LOGGED_IN)


def test_every_way_to_make_and_change_a_key(hsm: Hsm, session: Session, log: Log) -> None:
    for token in (False, True):
        public, private = new_pair(session, TOKEN=token)
        assert facts(log.one()) == (Opcode.GENERATE_KEY_PAIR, ALICE, private, public, 0, None, 0)
        aes = new_aes(session, TOKEN=token)
        assert facts(log.one()) == (Opcode.GENERATE_KEY, ALICE, aes, 0, 0, None, 0)
        imported = import_secret(session, bytes(16), TOKEN=token)
        assert facts(log.one()) == (Opcode.CREATE_OBJECT, ALICE, imported, 0, 0, None, 0)
        wrapped = session.wrap(aes, WRAP, imported)
        assert facts(log.one()) == (Opcode.WRAP_KEY, ALICE, imported, 0, aes, None, 0)
        given = {Attribute.CLASS: ObjectClass.SECRET_KEY, Attribute.KEY_TYPE: KeyType.AES, Attribute.TOKEN: token}
        unwrapped = session.unwrap(aes, WRAP, wrapped, given)
        assert facts(log.one()) == (Opcode.UNWRAP_KEY, ALICE, unwrapped, 0, aes, None, 0)
        session.set_attributes(aes, {Attribute.LABEL: "renamed"})
        assert facts(log.one()) == (Opcode.MODIFY_OBJECT, ALICE, aes, 0, 0, None, 0)
        session.set_attributes(public, {Attribute.LABEL: "renamed"})
        assert facts(log.one()) == (Opcode.MODIFY_OBJECT, ALICE, 0, public, 0, None, 0)
        session.destroy(aes)
        destroyed = Opcode.TOMBSTONE_OBJECT if token else Opcode.DESTROY_OBJECT
        assert facts(log.one()) == (destroyed, ALICE, aes, 0, 0, None, 0)
        with refused(ReturnCode.OBJECT_HANDLE_INVALID):
            session.destroy(aes)
        assert facts(log.one()) == (Opcode.TOMBSTONE_OBJECT, ALICE, aes, 0, 0, None, ReturnCode.OBJECT_HANDLE_INVALID)
    kept = new_aes(session)
    session.set_attributes(kept, {Attribute.TOKEN: True})
    assert [event.opcode for event in log.new()] == [Opcode.GENERATE_KEY, Opcode.MODIFY_OBJECT]


def test_keys_that_are_imported_at_once_have_a_record_each(session: Session, log: Log) -> None:
    templates: list[Template] = [
        {Attribute.VALUE: bytes([number]) * 16, Attribute.TOKEN: number > 1} for number in range(1, 4)
    ]
    handles = session.import_keys(templates)
    assert [(event.opcode, event.key) for event in log.new()] == [(Opcode.CREATE_OBJECT, key) for key in handles]
    with refused(ReturnCode.KEY_SIZE_RANGE):
        session.import_keys([*templates, {Attribute.VALUE: bytes(5)}])
    assert facts(log.one()) == (Opcode.CREATE_OBJECT, ALICE, 0, 0, 0, None, ReturnCode.KEY_SIZE_RANGE)


def test_a_key_in_clear(hsm: Hsm, session: Session, log: Log) -> None:
    public, private = new_pair(session)
    log.new()
    session.export(public)
    with refused(ReturnCode.KEY_UNEXTRACTABLE):
        session.export(private)
    hsm.configure(clear_extraction=True)
    session.export(private)
    assert [facts(event) for event in log.new()] == [
        (Opcode.NIST_AES_WRAP, ALICE, private, 0, 0, None, ReturnCode.KEY_UNEXTRACTABLE),
        (Opcode.NIST_AES_WRAP, ALICE, private, 0, 0, None, 0),
    ]


def test_the_settings(session: Session, admin: Session, log: Log) -> None:
    log.new()
    admin.configure(implicit_import=False)
    with refused(ReturnCode.ACTION_PROHIBITED):
        session.configure(implicit_import=True)
    with refused(ReturnCode.ACTION_PROHIBITED):
        session.import_for_use({Attribute.VALUE: bytes(16)})
    assert [(event.opcode, event.actor, event.response) for event in log.new()] == [
        (Opcode.CONFIGURE, ADMIN, 0),
        (Opcode.CONFIGURE, ALICE, ReturnCode.ACTION_PROHIBITED),
        (Opcode.CREATE_OBJECT, ALICE, ReturnCode.ACTION_PROHIBITED),
    ]


def test_uses_are_recorded_if_the_settings_say_so(session: Session, admin: Session, log: Log) -> None:
    public, private = new_pair(session, TOKEN=True)
    aes = new_aes(session, TOKEN=True)
    log.new()

    def use() -> None:
        signature = session.sign(private, MechanismType.ECDSA, bytes(32))
        session.verify(public, MechanismType.ECDSA, bytes(32), signature)
        with refused(ReturnCode.SIGNATURE_INVALID):
            session.verify(public, MechanismType.ECDSA, bytes(31) + b"x", signature)
        session.decrypt(aes, MechanismType.AES_ECB, session.encrypt(aes, MechanismType.AES_ECB, bytes(16)))
        session.random(8)

    use()
    session.find({})
    session.attributes(aes)
    assert log.new() == []
    admin.configure(audit_crypto=True)
    log.new()
    use()
    assert [(event.opcode, event.key, event.response) for event in log.new()] == [
        (Opcode.SIGN, private, 0),
        (Opcode.VERIFY, public, 0),
        (Opcode.VERIFY, public, ReturnCode.SIGNATURE_INVALID),
        (Opcode.ENCRYPT, aes, 0),
        (Opcode.DECRYPT, aes, 0),
        (Opcode.GENERATE_RANDOM, 0, 0),
    ]
    admin.configure(audit_crypto=False)
    log.new()
    use()
    assert log.new() == []


def operations(session: Session, handle: int) -> dict[Opcode, list[Callable[[], object]]]:
    """Everything that can be asked of a session, with a key by its handle."""
    given = {Attribute.CLASS: ObjectClass.SECRET_KEY, Attribute.KEY_TYPE: KeyType.AES}
    return {
        Opcode.LOGOUT: [session.logout],
        Opcode.CHANGE_PSWD: [lambda: session.change_password(Role.ADMIN, "admin", b"a-new-password")],
        Opcode.CONFIGURE: [lambda: session.configure(implicit_import=True)],
        Opcode.GENERATE_KEY: [
            lambda: new_aes(session),
            lambda: session.check_generation(MechanismType.AES_KEY_GEN, {Attribute.VALUE_LEN: 32}),
        ],
        Opcode.GENERATE_KEY_PAIR: [lambda: new_pair(session)],
        Opcode.CREATE_OBJECT: [
            lambda: session.import_keys([{Attribute.VALUE: bytes(16)}]),
            lambda: session.import_for_use({Attribute.VALUE: bytes(16)}),
        ],
        Opcode.FIND_OBJECTS: [lambda: session.find({})],
        Opcode.GET_ATTRIBUTES: [lambda: session.attributes(handle), lambda: session.info(handle)],
        Opcode.MODIFY_OBJECT: [lambda: session.set_attributes(handle, {Attribute.LABEL: "x"})],
        Opcode.TOMBSTONE_OBJECT: [lambda: session.destroy(handle)],
        Opcode.NIST_AES_WRAP: [lambda: session.export(handle)],
        Opcode.WRAP_KEY: [lambda: session.wrap(handle, WRAP, handle)],
        Opcode.UNWRAP_KEY: [lambda: session.unwrap(handle, WRAP, bytes(24), given)],
        Opcode.DERIVE_KEY: [lambda: session.derive(handle, MechanismType.HKDF_DERIVE, given)],
        Opcode.SIGN: [lambda: session.sign(handle, MechanismType.ECDSA, bytes(32))],
        Opcode.VERIFY: [lambda: session.verify(handle, MechanismType.ECDSA, bytes(32), bytes(8))],
        Opcode.ENCRYPT: [lambda: session.encrypt(handle, MechanismType.AES_ECB, bytes(16))],
        Opcode.DECRYPT: [lambda: session.decrypt(handle, MechanismType.AES_ECB, bytes(16))],
        Opcode.GENERATE_RANDOM: [lambda: session.random(8)],
    }


ON_KEYS = frozenset(
    {
        Opcode.GET_ATTRIBUTES,
        Opcode.MODIFY_OBJECT,
        Opcode.TOMBSTONE_OBJECT,
        Opcode.NIST_AES_WRAP,
        Opcode.WRAP_KEY,
        Opcode.UNWRAP_KEY,
        Opcode.DERIVE_KEY,
        Opcode.SIGN,
        Opcode.VERIFY,
        Opcode.ENCRYPT,
        Opcode.DECRYPT,
    }
)


def outcome(call: Callable[[], object]) -> ReturnCode | None:
    """Return the code that a call is refused with, or None."""
    try:
        call()
    except HsmError as error:
        return error.code
    return None


@pytest.mark.parametrize("who", ["nobody", "bob", "admin", "closed"])
def test_every_refusal_is_recorded_once(hsm: Hsm, session: Session, log: Log, who: str) -> None:
    handle = new_aes(session, TOKEN=True)
    stranger = log_in(hsm, who) if who in PASSWORDS else hsm.open_session()
    if who == "closed":
        stranger.close()
    log.new()
    refusals = 0
    for opcode, calls in operations(stranger, handle).items():
        if opcode is Opcode.LOGOUT and who in PASSWORDS:
            continue
        for call in calls:
            code = outcome(call)
            events = log.new()
            if code is not None:
                refusals += 1
                ((event_code, response, handles),) = [(e.opcode, e.response, {e.key, e.by}) for e in events]
                assert (event_code, response) == (opcode, code)
                assert handle in handles or opcode not in ON_KEYS
    assert refusals >= (11 if who in PASSWORDS else 21)


def test_a_defect_is_recorded_as_the_doors_report_it(
    session: Session, log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("bridge.engine.keyring.describe", broken)
    with pytest.raises(ZeroDivisionError):
        new_aes(session)
    assert facts(log.one()) == (Opcode.GENERATE_KEY, ALICE, 0, 0, 0, None, ReturnCode.GENERAL_ERROR)


def test_what_cannot_be_recorded_does_not_happen(
    hsm: Hsm, session: Session, log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    own, token = new_aes(session, LABEL="old"), new_aes(session, TOKEN=True)
    log.new()

    def full(*_: object) -> None:
        raise HsmError(ReturnCode.DEVICE_MEMORY, "The disk is full.")

    fresh = hsm.open_session()
    with monkeypatch.context() as patch:
        patch.setattr(hsm._storage, "audit", full)
        for operation in (
            lambda: fresh.login(Role.CRYPTO_USER, "alice", PASSWORDS["alice"]),
            lambda: fresh.login(Role.CRYPTO_USER, "alice", b"wrong-password"),
            lambda: new_aes(session),
            lambda: new_pair(session),
            lambda: session.destroy(own),
            lambda: session.set_attributes(own, {Attribute.LABEL: "new"}),
            lambda: session.wrap(token, WRAP, own),
            lambda: session.sign(token, MechanismType.ECDSA, b""),
        ):
            with refused(ReturnCode.DEVICE_MEMORY):
                operation()
    assert not fresh.logged_in
    assert session.find({}) == [own, token]
    assert session.attributes(own)[Attribute.LABEL] == "old"
    assert log.new() == []


def test_records_of_threads_have_no_gaps(hsm: Hsm, home: Path, log: Log) -> None:
    def work() -> None:
        session = log_in(hsm, "alice")
        for token in (True, False) * 5:
            session.destroy(new_aes(session, TOKEN=token))

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    by_session = itertools.groupby(sorted(log.new(), key=lambda event: event.session), lambda event: event.session)
    for _, events in by_session:
        assert [event.opcode for event in events] == [
            Opcode.LOGIN,
            *[Opcode.GENERATE_KEY, Opcode.TOMBSTONE_OBJECT, Opcode.GENERATE_KEY, Opcode.DESTROY_OBJECT] * 5,
        ]
    assert verify_audit(home, lambda: None) == log.next


def test_time_and_reboots(home: Path) -> None:
    log = Log(home)
    now = 1_784_900_000.123456
    for expected in (3, 4):
        # The pristine home was switched on to be made, and to get its third user.
        first, second = open_home(home, clock=lambda: now), open_home(home, clock=lambda: now)
        for hsm in (first, second):
            hsm.open_session().close()
        first.close()
        third = open_home(home, clock=lambda: now)
        third.open_session().close()
        third.close()
        second.close()
        records = log.records()
        assert [(record.reboots, record.event.time) for record in records] == [(expected, 1_784_900_000_123_456)] * 3


def test_kinds_of_records() -> None:
    kinds = {opcode: Event(opcode, 0).log_type for opcode in Opcode}
    assert kinds[Opcode.LOGIN] is kinds[Opcode.CREATE_USER] is LogType.MGMT_USER_DETAILS_LOG
    assert kinds[Opcode.GENERATE_KEY] is kinds[Opcode.TOMBSTONE_OBJECT] is LogType.MGMT_KEY_DETAILS_LOG
    assert kinds[Opcode.CLOSE_SESSION] is LogType.MINIMAL_LOG_ENTRY
    assert kinds[Opcode.SHARE_OBJECT] is LogType.UNKNOWN_LOG_TYPE
    assert Event(Opcode.CERT_AUTH_STORE_CERT, 0).command_type is CommandType.CERT_AUTH_CMD
    assert Event(Opcode.LOGIN, 0).command_type is CommandType.MGMT_CMD


def test_a_token_that_a_closed_session_asks_for(hsm: Hsm, log: Log) -> None:
    session = hsm.open_session()
    session.close()
    log.new()
    with refused(ReturnCode.SESSION_CLOSED):
        session.mfa_token()
    event = log.one()
    assert (event.opcode, event.response) == (Opcode.GET_MFA_TOKEN, ReturnCode.SESSION_CLOSED)
