"""Every method of the protocol, with right and with wrong arguments."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import PASSWORDS
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.keywrap import aes_key_unwrap
from cryptography.hazmat.primitives.serialization import load_der_public_key
from engine.keys import refused
from engine.test_mtls import authority
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bridge import __version__
from bridge.engine import HsmError, ReturnCode
from bridge.engine.attributes import Attribute
from bridge.server.methods import METHODS
from server.calls import (
    AES,
    ALL,
    APPROVAL,
    BY_ADMIN,
    FREE,
    PREPARED,
    PUBLIC,
    SIGNATURES,
    M,
    all_calls,
    management_calls,
    right_calls,
)
from server.daemon import Daemon, changed_settings
from server.peer import Peer

ROOT = Path(__file__).parents[2]


@pytest.fixture
def alice(shared: Daemon) -> Iterator[Peer]:
    with shared.alice() as peer:
        yield peer


@pytest.fixture(scope="module")
def busy(shared: Daemon) -> Iterator[tuple[Peer, dict[str, tuple[object, ...]]]]:
    """A connection for all tests that only send wrong things, and what would have been right."""
    with shared.alice() as peer:
        yield peer, all_calls(peer)


def test_the_protocol_is_the_engine() -> None:
    """Page, Java interface, the daemon's table and these tests name the same methods."""
    page = (ROOT / "docs" / "protocol.md").read_text()
    table = page.split("## Methods")[1].split("Without login")[0]
    rows = re.findall(r"^\| (`.*?) \|", table, re.MULTILINE)
    folder = ROOT / "java/src/main/java/io/hsmbridge/engine"
    engine = "".join((folder / f"{name}.java").read_text() for name in ("Management", "Engine"))
    assert [name for row in rows for name in re.findall(r"`(\w+)`", row)] == list(ALL)
    assert METHODS.keys() == ALL.keys()
    assert set(re.findall(r"^  [\w<>, \[\]]+ (\w+)\(", engine, re.MULTILINE)) == set(SIGNATURES)


def test_info_tells_version_home_and_mode(shared: Daemon) -> None:
    with shared.peer() as peer:
        assert peer.call("info") == {"VERSION": __version__, "HOME": str(shared.home), "MODE": "non-fips"}


@pytest.mark.parametrize("method", [method for method in ALL if method not in FREE | PUBLIC])
def test_without_login_nothing_but_what_everybody_may_know(shared: Daemon, busy: tuple[Peer, Any], method: str) -> None:
    with shared.peer() as peer:
        with refused(ReturnCode.USER_NOT_LOGGED_IN):
            peer.call(method, *busy[1][method])
        assert peer.call("info")


@pytest.mark.parametrize("method", sorted(PUBLIC - {"activate"}))
def test_what_everybody_may_know_is_known_without_login(shared: Daemon, method: str) -> None:
    with shared.peer() as peer, shared.alice() as alice:
        assert peer.call(method) == alice.call(method)


@pytest.mark.parametrize("method", SIGNATURES)
def test_right_arguments(shared: Daemon, method: str) -> None:
    with changed_settings(shared, clear_extraction=True), shared.alice() as peer:
        arguments = right_calls(peer)[method]
        if method == "login":
            peer.call("logout")
        peer.call(method, *arguments)


def test_management_with_right_arguments(daemon: Daemon) -> None:
    """In the order of the table, one call makes what the next one needs; those of PREPARED have their own tests."""
    with daemon.alice() as alice, daemon.peer() as admin:
        admin.call("loginAs", "admin", "admin", PASSWORDS["admin"], None)
        calls = management_calls(alice) | {"registerTrustAnchor": (authority("one"), None)}
        calls["setQuorumValue"] = ("quorum", 2, None)
        admin.call("createUser", "admin", "officer", b"officers-password", None)
        for method, arguments in calls.items():
            if method == "loginAs":
                alice.call("logout")
            if method not in PREPARED:
                (admin if method in BY_ADMIN else alice).call(method, *arguments)


EXTENDED: dict[str, tuple[tuple[str, ...], tuple[object, ...]]] = {
    "generateKey": (("array", "template"), ([], {"manage": 0, "use": 0})),
    "generateKeyPair": (("array", "template"), ([], {})),
    "setAttributes": (("template",), (APPROVAL,)),
    "sign": (("template",), (APPROVAL,)),
    "wrap": (("approval", "approval"), (None, APPROVAL)),
    "unwrap": (("template",), (APPROVAL,)),
}
"""The arguments that may follow those of ALL, their types and right ones."""


@pytest.mark.parametrize("method", EXTENDED)
def test_more_arguments(alice: Peer, method: str) -> None:
    kinds, more = EXTENDED[method]
    right = right_calls(alice)[method]
    alice.call(method, *right, *more)
    for position, kind in enumerate(kinds):
        for wrong in WRONG[kind]:
            if not (kind == "approval" and wrong is None):
                with refused(ReturnCode.ARGUMENTS_BAD):
                    alice.call(method, *right, *more[:position], wrong, *more[position + 1 :])
    with refused(ReturnCode.ARGUMENTS_BAD):
        alice.call(method, *right, *more, None)


WRONG_APPROVALS: list[dict[str, object]] = [
    {},
    {"approval_data": bytes(80), "signatures": {}},
    {"approval_data": "text", "signatures": []},
    {"approval_data": bytes(80), "signatures": [bytes(256)]},
    {"approval_data": bytes(80), "signatures": [{"username": "alice", "signature": bytes(256)}]},
    {"approval_data": bytes(80), "signatures": [{"username": "alice", "role": "boss", "signature": b""}]},
    {"approval_data": bytes(80), "signatures": [{"username": 1, "role": None, "signature": b""}]},
]


@pytest.mark.parametrize("approval", WRONG_APPROVALS, ids=repr)
def test_what_is_no_approval(alice: Peer, approval: dict[str, object]) -> None:
    sign = right_calls(alice)["sign"]
    with refused(ReturnCode.ARGUMENTS_BAD):
        alice.call("sign", *sign, approval)
    with refused(ReturnCode.ARGUMENTS_BAD):
        alice.call("createUser", "crypto-user", "carol", b"carols-password", approval)


def test_words_that_are_none(alice: Peer) -> None:
    for method, arguments in {
        "loginAs": ("boss", "alice", b"alice-password", None),
        "generateToken": ("everything", None),
        "setMtlsEnforcement": ("some", None),
        "configure": ({"mode": True},),
    }.items():
        with refused(ReturnCode.ARGUMENTS_BAD):
            alice.call(method, *arguments)
    with refused(ReturnCode.ARGUMENTS_BAD):
        alice.call("generateKey", M.AES_KEY_GEN, AES, [1], {})
    with refused(ReturnCode.ARGUMENTS_BAD):
        alice.call("importKeys", [1])


def test_random_bytes(alice: Peer) -> None:
    assert alice.call("random", 0) == b""
    drawn = [alice.call("random", 1000) for _ in range(3)]
    assert [len(each) for each in drawn] == [1000] * 3
    assert len(set(drawn)) == 3


def test_a_signature_is_right(alice: Peer) -> None:
    public, private = alice.call("generateKeyPair", *right_calls(alice)["generateKeyPair"])
    signature = alice.call("sign", private, M.ECDSA, None, bytes(32))
    key = load_der_public_key(alice.call("attributes", public)["PUBLIC_KEY_INFO"])
    assert isinstance(key, ec.EllipticCurvePublicKey)
    key.verify(signature, bytes(32), ec.ECDSA(Prehashed(SHA256())))
    with refused(ReturnCode.SIGNATURE_INVALID):
        alice.call("verify", public, M.ECDSA, None, bytes(31) + b"\1", signature)


def test_encryption_and_wrapping_are_right(alice: Peer) -> None:
    calls = right_calls(alice)
    key = alice.call("importKey", {**dict(calls["importKey"][0]), "VALUE": bytes(range(32))})  # type: ignore[call-overload] # a template
    encrypted = alice.call("encrypt", key, *calls["encrypt"][1:])
    decryptor = Cipher(algorithms.AES(bytes(range(32))), modes.CBC(bytes(16))).decryptor()
    assert decryptor.update(encrypted) == b"plaintext" + bytes([7]) * 7
    assert alice.call("decrypt", key, *calls["encrypt"][1:3], encrypted) == b"plaintext"
    wrapped = alice.call("wrap", key, M.CLOUDHSM_AES_KEY_WRAP_NO_PAD, None, key)
    assert aes_key_unwrap(bytes(range(32)), wrapped) == bytes(range(32))


def test_attributes_keep_their_types(alice: Peer) -> None:
    usage = {"SIGN": False, "ID": b"\0\xff", "LABEL": "Schlüssel 鍵"}
    key = alice.call("generateKey", M.AES_KEY_GEN, {**AES, **usage, "WRAP_TEMPLATE": {"EXTRACTABLE": True}})
    attributes = alice.call("attributes", key)
    assert {name: attributes[name] for name in usage} == usage
    assert attributes["VALUE_LEN"] == 32
    assert attributes["WRAP_TEMPLATE"] == {"EXTRACTABLE": True}
    assert attributes.keys() <= Attribute.__members__.keys()
    assert "VALUE" not in attributes


def test_keys_come_and_go(alice: Peer) -> None:
    key = alice.call("generateKey", M.AES_KEY_GEN, {**AES, "LABEL": "to go"})
    assert alice.call("find", {"LABEL": "to go"}) == [key]
    alice.call("setAttributes", key, {"LABEL": "renamed"})
    assert alice.call("find", {"LABEL": "to go"}) == []
    alice.call("destroy", key)
    with refused(ReturnCode.OBJECT_HANDLE_INVALID):
        alice.call("attributes", key)


def test_wrong_passwords_lock_the_account_at_every_door(daemon: Daemon) -> None:
    with daemon.peer() as peer, daemon.peer() as other:
        for number in range(5):
            with pytest.raises(HsmError) as caught:
                (peer, other)[number % 2].call("login", "bob", b"not-bobs-password")
            assert caught.value.code is ReturnCode.PIN_INCORRECT
            assert "not-bobs-password" not in caught.value.message
        with refused(ReturnCode.PIN_LOCKED):
            other.call("login", "bob", PASSWORDS["bob"])
        other.call("login", "alice", PASSWORDS["alice"])


@pytest.mark.parametrize("method", ALL)
def test_another_number_of_arguments(alice: Peer, busy: tuple[Peer, Any], method: str) -> None:
    right = busy[1][method]
    for wrong in (right[:-1], (*right, None), (*right, *right, 1)):
        if wrong != right:
            with refused(ReturnCode.ARGUMENTS_BAD):
                alice.call(method, *wrong)


WRONG: dict[str, list[object]] = {
    "integer": [None, True, "1", b"1", [], {}],
    "string": [None, True, 1, b"alice", ["alice"], {}],
    "bytes": [None, False, 7, "text", [1, 2], {}],
    "parameter": [True, 0, "text", [b""], {}],
    "key": [True, "1", b"1", [], {}],
    "signatures": [None, 1, "bob", b"bob", {}, [1], [["bob"]], [["bob", "nobody", b""]], [["bob", None, "text"]]],
    "template": [None, True, 1, "LABEL", b"LABEL", [], [["LABEL", "x"]]],
    "approval": [True, 0, "text", b"approval", [], {}],
    "array": [None, True, 1, "text", b"", {}],
    "boolean": [None, 0, "true", b"", [], {}],
    "integer or nil": [True, "1", b"1", [], {}],
}


@pytest.mark.parametrize("method", [method for method, kinds in ALL.items() if kinds])
def test_arguments_of_another_type(busy: tuple[Peer, Any], method: str) -> None:
    peer, calls = busy
    right = calls[method]
    for position, kind in enumerate(ALL[method]):
        for wrong in WRONG[kind]:
            with refused(ReturnCode.ARGUMENTS_BAD):
                peer.call(method, *right[:position], wrong, *right[position + 1 :])


@pytest.mark.parametrize("method", ["", "Info", "hello", "__init__", "open_session", "keys", "info ", "x" * 1000])
def test_a_method_that_does_not_exist(busy: tuple[Peer, Any], method: str) -> None:
    with refused(ReturnCode.ARGUMENTS_BAD):
        busy[0].call(method)
    assert busy[0].call("info")


NUMBERS = st.integers(0, 2**64 - 1) | st.integers(-(2**63), -1) | st.sampled_from([0, 2**31, 2**32, 2**63 - 1, 2**63])
SCALARS = st.none() | st.booleans() | NUMBERS | st.text(max_size=40) | st.binary(max_size=40)
NAMES = st.sampled_from(sorted(Attribute.__members__)) | st.text(max_size=10)
TEMPLATES = st.dictionaries(NAMES, SCALARS | st.dictionaries(NAMES, SCALARS, max_size=3), max_size=5)
ANYTHING = SCALARS | TEMPLATES | st.lists(SCALARS, max_size=3)
KINDS: dict[str, st.SearchStrategy[object]] = {
    "integer": NUMBERS | st.sampled_from([int(number) for number in M]),
    "string": st.text(max_size=40).filter(lambda name: name not in PASSWORDS),
    "bytes": st.binary(max_size=200),
    "parameter": st.none() | st.binary(max_size=80),
    "key": st.none() | NUMBERS,
    "signatures": st.lists(st.tuples(SCALARS, SCALARS, SCALARS) | SCALARS, max_size=3),
    "template": TEMPLATES,
    "approval": st.none() | st.just(dict(APPROVAL)) | TEMPLATES,
    "array": st.lists(SCALARS, max_size=3),
    "boolean": st.booleans(),
    "integer or nil": st.none() | NUMBERS,
}
KEPT_OUT = frozenset({"logout", "close", "login", "loginAs", "changePassword"})
"""Methods that would end what the next example needs."""


@settings(max_examples=500, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_arguments_of_every_kind(busy: tuple[Peer, Any], data: st.DataObject) -> None:
    """Anything gets an answer with a known code, and the connection goes on."""
    peer, calls = busy
    method = data.draw(st.sampled_from([method for method in ALL if method not in KEPT_OUT]))
    arguments = [
        data.draw(st.just(right) | KINDS[kind] | ANYTHING)
        for right, kind in zip(calls[method], ALL[method], strict=True)
    ]
    _, code, content = peer.answer(peer.send(method, *arguments))
    assert code in {0, *ReturnCode} - {ReturnCode.GENERAL_ERROR}, content
    if code:
        assert content.endswith(".")
    assert peer.call("info")
