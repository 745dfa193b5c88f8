"""A session in a daemon does what a session in this process does, over its socket and over TLS."""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from conftest import PASSWORDS
from engine.approvers import PASSWORD, approval, key_of, pem, signed
from engine.keys import P256, refused
from engine.test_mtls import authority

from bridge.engine import Attribute, Hsm, HsmError, KeyType, MechanismType, ObjectClass, ReturnCode, Role, Session
from bridge.engine.attributes import Attributes
from bridge.engine.parameters import Hkdf, Iv
from bridge.engine.quorum import Approval, KeyQuorum, Service, Signature, Timeouts
from bridge.engine.settings import MtlsEnforcement
from bridge.server.client import RemoteSession, connect
from bridge.store import create_home, open_home
from server.daemon import Daemon, running
from server.door import Door, listening

A, M = Attribute, MechanismType
AES: Attributes = {A.VALUE_LEN: 32}
CLEAR: Attributes = {A.CLASS: ObjectClass.SECRET_KEY, A.KEY_TYPE: KeyType.AES, A.VALUE: bytes(32)}
UNWRAPPED: Attributes = {A.CLASS: ObjectClass.SECRET_KEY, A.KEY_TYPE: KeyType.AES}
NOBODYS = 1 << 40
NO_APPROVAL = Approval(bytes(80), (Signature("alice", None, bytes(256)),))

AnySession = Session | RemoteSession


NOT_FOR_CLIENTS = {"ended", "token"}
"""What the daemon itself calls, and what tells Java's clients of one token what `tokens` tells of all."""


def public_members(kind: type) -> dict[str, Any]:
    members = inspect.getmembers(kind)
    return {name: member for name, member in members if not name.startswith("_") and name not in NOT_FOR_CLIENTS}


@pytest.mark.parametrize("name", public_members(Session))
def test_a_remote_session_has_every_method(name: str) -> None:
    local, remote = (getattr(kind, name, None) for kind in (Session, RemoteSession))
    if isinstance(local, property):
        assert isinstance(remote, property)
        local, remote = local.fget, remote.fget
    assert callable(local)
    assert callable(remote)
    assert inspect.signature(remote) == inspect.signature(local)


@pytest.fixture(scope="module")
def door(pristine_home: Path) -> Iterator[Door]:
    with listening(pristine_home) as one:
        yield one


@pytest.fixture(scope="module")
def doors(door: Door) -> Mapping[str, Callable[[], RemoteSession]]:
    folder = door.client("known")
    return {"unix": lambda: connect(f"unix:{door.daemon.socket}"), "tls": lambda: door.session(folder)}


@pytest.fixture(params=["unix", "tls"])
def remote(doors: Mapping[str, Callable[[], RemoteSession]], request: pytest.FixtureRequest) -> Iterator[RemoteSession]:
    """A session that nobody has logged in to."""
    session = doors[request.param]()
    yield session
    session.close()


@pytest.fixture(scope="module")
def here(door: Door) -> Iterator[Hsm]:
    """The daemon's HSM, opened by this process too."""
    hsm = open_home(door.daemon.home)
    yield hsm
    hsm.close()


def alice(session: RemoteSession) -> RemoteSession:
    session.login(Role.CRYPTO_USER, "alice", PASSWORDS["alice"])
    return session


WRONG_CALLS: Mapping[str, Callable[[AnySession], object]] = {
    "activate": lambda s: s.activate(b"short"),
    "attributes": lambda s: s.attributes(NOBODYS),
    "change_mfa": lambda s: s.change_mfa(Role.CRYPTO_USER, "nobody", b"password", b"no key", bytes(256)),
    "change_password": lambda s: s.change_password(Role.CRYPTO_USER, "nobody", b"password"),
    "check_generation": lambda s: s.check_generation(M.AES_KEY_GEN, {A.VALUE_LEN: 33}),
    "configure": lambda s: s.configure(implicit_import=True),
    "create_user": lambda s: s.create_user(Role.CRYPTO_USER, "no name", b"password"),
    "decrypt": lambda s: s.decrypt(NOBODYS, M.AES_CBC, b"", Iv(bytes(16))),
    "delete_tokens": lambda s: s.delete_tokens(everybodys=True),
    "delete_user": lambda s: s.delete_user(Role.CRYPTO_USER, "nobody", NO_APPROVAL),
    "deregister_mfa": lambda s: s.deregister_mfa(Role.ADMIN, "nobody"),
    "deregister_trust_anchor": lambda s: s.deregister_trust_anchor(1),
    "derive": lambda s: s.derive(NOBODYS, M.HKDF_DERIVE, AES, Hkdf(M.SHA256, b"", b"")),
    "destroy": lambda s: s.destroy(NOBODYS),
    "encrypt": lambda s: s.encrypt(NOBODYS, M.AES_CBC, b"", Iv(bytes(16))),
    "export": lambda s: s.export(NOBODYS),
    "extract_masked": lambda s: s.extract_masked(NOBODYS),
    "extract_masked_user": lambda s: s.extract_masked_user(Role.ADMIN, "nobody"),
    "insert_masked": lambda s: s.insert_masked(b"no object"),
    "insert_masked_user": lambda s: s.insert_masked_user(b"no object", NO_APPROVAL),
    "lineage": lambda s: s.lineage,
    "find": lambda s: s.find({A.LABEL: "of nobody"}),
    "generate_key": lambda s: s.generate_key(M.AES_KEY_GEN, {**AES, A.TOKEN: True}, ["nobody"], KeyQuorum(2, 2)),
    "generate_key_pair": lambda s: s.generate_key_pair(
        M.EC_KEY_PAIR_GEN, {A.EC_PARAMS: P256}, {}, quorum=KeyQuorum(1, 2)
    ),
    "generate_token": lambda s: s.generate_token(Service.KEY_USAGE, NOBODYS),
    "hsm_info": lambda s: s.hsm_info(),
    "import_for_use": lambda s: s.import_for_use({}),
    "import_key": lambda s: s.import_key({A.VALUE: bytes(31), A.KEY_TYPE: KeyType.AES}),
    "import_keys": lambda s: s.import_keys([{A.VALUE: bytes(31), A.KEY_TYPE: KeyType.AES}]),
    "info": lambda s: s.info(NOBODYS),
    "logged_in": lambda s: s.logged_in,
    "login": lambda s: s.login(Role.APPLIANCE_USER, "nobody", b"password", bytes(256)),
    "mtls_enforcement": lambda s: s.mtls_enforcement(),
    "quorum_values": lambda s: s.quorum_values(),
    "random": lambda s: s.random(-1),
    "register_approver_key": lambda s: s.register_approver_key(b"no key", bytes(80), bytes(256)),
    "register_trust_anchor": lambda s: s.register_trust_anchor(b"no certificate"),
    "set_attributes": lambda s: s.set_attributes(NOBODYS, {A.LABEL: "new"}, NO_APPROVAL),
    "set_mtls_enforcement": lambda s: s.set_mtls_enforcement(MtlsEnforcement.NONE),
    "set_quorum_value": lambda s: s.set_quorum_value(Service.USER, 9),
    "set_timeouts": lambda s: s.set_timeouts(86_401),
    "settings": lambda s: s.settings,
    "share": lambda s: s.share(NOBODYS, "bob"),
    "sign": lambda s: s.sign(NOBODYS, M.ECDSA, bytes(32), approval=NO_APPROVAL),
    "timeouts": lambda s: s.timeouts(),
    "tokens": lambda s: s.tokens(),
    "trust_anchors": lambda s: s.trust_anchors(),
    "unshare": lambda s: s.unshare(NOBODYS, "bob", NO_APPROVAL),
    "unwrap": lambda s: s.unwrap(NOBODYS, M.AES_CBC, b"", UNWRAPPED, Iv(bytes(16)), NO_APPROVAL),
    "users": lambda s: s.users(),
    "verify": lambda s: s.verify(NOBODYS, M.ECDSA, bytes(32), bytes(64)),
    "wrap": lambda s: s.wrap(NOBODYS, M.CLOUDHSM_AES_KEY_WRAP_NO_PAD, NOBODYS, None, NO_APPROVAL, NO_APPROVAL),
}
"""A call of every method that changes nothing, and is refused to everybody, or has the same result for everybody."""

ELSEWHERE = {"close", "logout", "mfa_token"}
"""Those that end something, or have another result each time."""


def outcome(session: AnySession, call: Callable[[AnySession], object]) -> object:
    try:
        return "returned", call(session)
    except HsmError as error:
        return error.code, error.message


def test_the_calls_are_of_all_methods() -> None:
    assert WRONG_CALLS.keys() | ELSEWHERE == public_members(Session).keys()


@pytest.mark.parametrize("user", [None, "alice", "admin"])
def test_every_call_has_the_same_answer_here_and_there(here: Hsm, remote: RemoteSession, user: str | None) -> None:
    local = here.open_session()
    role = Role.ADMIN if user == "admin" else Role.CRYPTO_USER
    if user is not None:
        for session in (local, remote):
            session.login(role, user, PASSWORDS[user])
    for name, call in WRONG_CALLS.items():
        assert (name, outcome(remote, call)) == (name, outcome(local, call))
    local.close()
    remote.close()
    assert outcome(remote, lambda session: session.find({})) == outcome(local, lambda session: session.find({}))


def test_keys(here: Hsm, remote: RemoteSession) -> None:
    local = here.open_session()
    local.login(Role.CRYPTO_USER, "alice", PASSWORDS["alice"])
    alice(remote)
    remote.check_generation(M.AES_KEY_GEN, AES)
    template: Attributes = {**AES, A.TOKEN: True, A.LABEL: "both", A.WRAP_TEMPLATE: ((A.TOKEN, True),)}
    key = remote.generate_key(M.AES_KEY_GEN, template)
    assert remote.info(key) == local.info(key)
    assert remote.attributes(key) == local.attributes(key)
    assert key in remote.find({A.LABEL: "both"})
    remote.set_attributes(key, {A.LABEL: "renamed"})
    assert local.attributes(key)[A.LABEL] == "renamed"
    encrypted = remote.encrypt(key, M.AES_CBC_PAD, b"plaintext", Iv(bytes(16)))
    assert remote.decrypt(key, M.AES_CBC_PAD, encrypted, Iv(bytes(16))) == b"plaintext"
    memory = memoryview(bytearray(b"so long as block"))
    assert remote.encrypt(key, M.AES_CBC, memory, Iv(bytes(16))) is memory
    assert remote.decrypt(key, M.AES_CBC, bytes(memory), Iv(bytes(16))) == b"so long as block"
    remote.destroy(key)
    with refused(ReturnCode.OBJECT_HANDLE_INVALID):
        local.info(key)
    assert len(remote.random(20)) == 20
    with refused(ReturnCode.KEY_UNEXTRACTABLE):
        remote.export(remote.import_key({**CLEAR, A.EXTRACTABLE: False}))
    assert len(remote.import_keys([CLEAR, CLEAR])) == 2
    assert remote.attributes(remote.import_for_use(CLEAR))[A.TOKEN] is False
    base = remote.generate_key(M.GENERIC_SECRET_KEY_GEN, {**AES, A.DERIVE: True})
    derived = remote.derive(base, M.HKDF_DERIVE, {A.KEY_TYPE: KeyType.AES, **AES}, Hkdf(M.SHA256, b"salt", b"info"))
    wrapped = remote.wrap(derived, M.CLOUDHSM_AES_KEY_WRAP_NO_PAD, derived)
    assert remote.info(remote.unwrap(derived, M.CLOUDHSM_AES_KEY_WRAP_NO_PAD, wrapped, UNWRAPPED)).value_length == 32


def test_signatures(remote: RemoteSession) -> None:
    public, private = alice(remote).generate_key_pair(M.EC_KEY_PAIR_GEN, {A.EC_PARAMS: P256}, {A.LABEL: "signs"})
    signature = remote.sign(private, M.ECDSA, bytes(32))
    remote.verify(public, M.ECDSA, bytes(32), signature)
    with refused(ReturnCode.SIGNATURE_INVALID):
        remote.verify(public, M.ECDSA, bytes([1] * 32), signature)
    assert remote.export(public)


def test_sharing(here: Hsm, remote: RemoteSession) -> None:
    bob = here.open_session()
    bob.login(Role.CRYPTO_USER, "bob", PASSWORDS["bob"])
    key = alice(remote).generate_key(M.AES_KEY_GEN, {**AES, A.TOKEN: True})
    with refused(ReturnCode.OBJECT_HANDLE_INVALID):
        bob.info(key)
    remote.share(key, "bob")
    assert remote.info(key).shared_with == bob.info(key).shared_with == {"bob"}
    remote.unshare(key, "bob")
    with refused(ReturnCode.OBJECT_HANDLE_INVALID):
        bob.info(key)
    shared = remote.generate_key(M.AES_KEY_GEN, {**AES, A.TOKEN: True}, ["bob"])
    assert bob.info(shared).owner == "alice"
    for each in (key, shared):
        remote.destroy(each)


def test_users(here: Hsm, remote: RemoteSession) -> None:
    assert remote.users() == here.open_session().users()
    remote.login(Role.ADMIN, "admin", PASSWORDS["admin"])
    made = remote.create_user(Role.CRYPTO_USER, "Carol", PASSWORD)
    assert made in here.open_session().users()
    assert remote.change_password(Role.CRYPTO_USER, "carol", b"another-password").locked is False
    local = here.open_session()
    local.login(Role.CRYPTO_USER, "carol", b"another-password")
    with refused(ReturnCode.USER_ALREADY_LOGGED_IN, "crypto-user 'carol'", "log out there"):
        remote.delete_user(Role.CRYPTO_USER, "carol")
    local.logout()
    assert remote.delete_user(Role.CRYPTO_USER, "carol").name == "carol"
    assert remote.users() == here.open_session().users()
    assert remote.configure(implicit_import=False) == remote.settings == here.settings
    assert remote.configure(implicit_import=True).implicit_import is True
    assert remote.set_timeouts(500) == remote.timeouts() == Timeouts(500, 600)
    assert remote.set_timeouts(approved=400, generated=600) == here.open_session().timeouts()
    remote.set_timeouts(600, 600)
    anchor = remote.register_trust_anchor(authority("one"))
    assert remote.trust_anchors() == here.open_session().trust_anchors() == [anchor]
    assert remote.settings == here.settings
    remote.deregister_trust_anchor(anchor.reference)


def test_second_factors(remote: RemoteSession, doors: Mapping[str, Callable[[], RemoteSession]]) -> None:
    key = key_of("second factor")
    remote.login(Role.ADMIN, "admin", PASSWORDS["admin"])
    remote.create_user(Role.CRYPTO_USER, "careful", PASSWORD)
    user = doors["unix"]()
    user.login(Role.CRYPTO_USER, "careful", PASSWORD)
    assert user.change_mfa(Role.CRYPTO_USER, "careful", PASSWORD, pem(key), signed(key, user.mfa_token())).mfa
    user.logout()
    with refused(ReturnCode.PIN_INCORRECT):
        user.login(Role.CRYPTO_USER, "careful", PASSWORD)
    token = user.mfa_token()
    user.login(Role.CRYPTO_USER, "careful", PASSWORD, signed(key, token))
    user.logout()
    with refused(ReturnCode.PIN_INCORRECT):
        user.login(Role.CRYPTO_USER, "careful", PASSWORD, signed(key, token))
    assert remote.deregister_mfa(Role.CRYPTO_USER, "careful").mfa is False
    remote.delete_user(Role.CRYPTO_USER, "careful")
    user.close()


def test_quorums(pristine_home: Path) -> None:
    """All that needs approvals, through a daemon with two workers."""
    with running(pristine_home, "--workers", "2") as daemon, ExitStack() as stack:
        admin, officer, user, other = (logged_in(daemon, stack, name) for name in ("admin", "officer", "alice", "bob"))
        for session, name in ((admin, "admin"), (officer, "officer"), (user, "alice"), (other, "bob")):
            data = session.generate_token(Service.REGISTRATION)
            digest = hashlib.sha256(data).digest()
            assert session.register_approver_key(pem(key_of(name)), data, signed(key_of(name), digest)).quorum

        admin.set_quorum_value(Service.QUORUM, 2)
        admin.set_quorum_value(Service.USER, 2, approval(admin.generate_token(Service.QUORUM), "admin", "officer"))
        assert officer.quorum_values() == {Service.USER: 2, Service.QUORUM: 2, Service.CLUSTER: 1}
        with refused(ReturnCode.QUORUM_REQUIRED):
            admin.create_user(Role.CRYPTO_USER, "carol", PASSWORD)
        data = admin.generate_token(Service.USER)
        (token,) = officer.tokens()
        assert token[:6] == (Role.ADMIN, "admin", Service.USER, None, 2, 0)
        given = approval(data, "admin", "officer", role=Role.ADMIN)
        assert admin.create_user(Role.CRYPTO_USER, "carol", PASSWORD, given).name == "carol"
        with refused(ReturnCode.QUORUM_FAILED):
            admin.create_user(Role.CRYPTO_USER, "dave", PASSWORD, given)
        admin.generate_token(Service.USER)
        assert admin.delete_tokens() == 1

        template: Attributes = {A.TOKEN: True, A.EXTRACTABLE: True}
        _, key = user.generate_key_pair(
            M.EC_KEY_PAIR_GEN, {A.EC_PARAMS: P256, A.TOKEN: True}, template, ["bob"], KeyQuorum(2, 2)
        )
        wrapping = user.generate_key(M.AES_KEY_GEN, {**AES, A.TOKEN: True}, ["bob"], KeyQuorum(2, 2))
        assert user.info(key).quorum == other.info(wrapping).quorum == KeyQuorum(2, 2)

        def approved(service: Service, handle: int) -> Approval:
            return approval(user.generate_token(service, handle), "alice", "bob")

        with refused(ReturnCode.QUORUM_REQUIRED):
            user.sign(key, M.ECDSA, bytes(32))
        assert user.sign(key, M.ECDSA, bytes(32), approval=approved(Service.KEY_USAGE, key))
        user.set_attributes(key, {A.LABEL: "approved"}, approved(Service.KEY_MANAGEMENT, key))
        both = approved(Service.KEY_MANAGEMENT, key), approved(Service.KEY_MANAGEMENT, wrapping)
        pad = M.CLOUDHSM_AES_KEY_WRAP_PKCS5_PAD
        wrapped = user.wrap(wrapping, pad, key, None, *both)
        new: Attributes = {A.CLASS: ObjectClass.PRIVATE_KEY, A.KEY_TYPE: KeyType.EC}
        assert user.unwrap(wrapping, pad, wrapped, new, approval=approved(Service.KEY_MANAGEMENT, wrapping))
        user.share(key, "carol", approved(Service.KEY_MANAGEMENT, key))
        user.unshare(key, "carol", approved(Service.KEY_MANAGEMENT, key))


def logged_in(daemon: Daemon, stack: ExitStack, name: str) -> RemoteSession:
    session = connect(f"unix:{daemon.socket}")
    stack.callback(session.close)
    if name == "officer":
        with ExitStack() as once:
            logged_in(daemon, once, "admin").create_user(Role.ADMIN, name, PASSWORD)
    role = Role.ADMIN if name in ("admin", "officer") else Role.CRYPTO_USER
    session.login(role, name, PASSWORDS.get(name, PASSWORD))
    return session


def test_activation(short: Path) -> None:
    home = short / "home"
    create_home(home, admin_password=PASSWORDS["admin"], user="alice", password=PASSWORDS["alice"])
    hsm = open_home(home)
    with hsm.changing() as transaction:
        for user in hsm.users():
            transaction.delete_user(user)
    hsm.initialize_unactivated()
    hsm.close()
    daemon = Daemon(home)
    daemon.start()
    session = connect(f"unix:{daemon.socket}")
    assert session.activate(PASSWORDS["admin"]).role is Role.ADMIN
    with refused(ReturnCode.ACTION_PROHIBITED, "activated"):
        session.activate(PASSWORDS["admin"])
    session.login(Role.ADMIN, "admin", PASSWORDS["admin"])
    session.close()
    daemon.stop()
