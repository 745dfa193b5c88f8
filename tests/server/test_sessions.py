"""Sessions that many connections share, and how they end."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

import pytest
from conftest import PASSWORDS
from engine.approvers import key_of, pem, signed
from engine.keys import refused

from bridge.engine import HsmError, ReturnCode
from server.calls import AES, CLEAR, PAIR, M
from server.daemon import Daemon, changed_settings, sockets, until
from server.peer import Ended, Peer


@contextmanager
def joined(daemon: Daemon, first: Peer, count: int = 1) -> Iterator[list[Peer]]:
    """Join a session from so many more connections."""
    with ExitStack() as stack:
        yield [stack.enter_context(daemon.peer(session=first.token)) for _ in range(count)]


def has_ended(daemon: Daemon, token: bytes) -> Callable[[], bool]:
    """Return a condition: nobody can join the session any more."""

    def condition() -> bool:
        try:
            daemon.peer(session=token).close()
        except HsmError as error:
            return error.code is ReturnCode.SESSION_HANDLE_INVALID
        return False

    return condition


@contextmanager
def on_every_worker(daemon: Daemon, first: Peer) -> Iterator[list[Peer]]:
    """Join a session from connections until every worker serves some of them."""
    before = {pid: sockets(pid) for pid in daemon.workers()}
    with joined(daemon, first, 24) as peers:
        assert all(peer.call("info") for peer in peers)
        assert all(sockets(pid) >= before[pid] + 2 for pid in before), "one worker serves everybody"
        yield peers


def test_a_session_has_one_login_and_one_set_of_keys(shared: Daemon) -> None:
    with shared.alice() as first, on_every_worker(shared, first) as others:
        assert {peer.token for peer in others} == {first.token}
        made = [peer.call("generateKeyPair", M.EC_KEY_PAIR_GEN, PAIR, {})[1] for peer in (first, *others)]
        everybody = [first, *others]
        for key, peer in zip(made, reversed(everybody), strict=True):
            assert peer.call("sign", key, M.ECDSA, None, bytes(32))
        assert all(set(made) <= set(peer.call("find", {})) for peer in everybody)


def test_a_change_is_seen_at_once_on_every_worker(shared: Daemon) -> None:
    with shared.alice() as first, on_every_worker(shared, first) as others:
        for number, peer in enumerate(others):
            key = first.call("generateKey", M.AES_KEY_GEN, AES)
            peer.call("setAttributes", key, {"LABEL": f"seen {number}"})
            for other in others[::5]:
                assert other.call("attributes", key)["LABEL"] == f"seen {number}"
            others[-1 - number].call("destroy", key)
            for other in others[::5]:
                with refused(ReturnCode.OBJECT_HANDLE_INVALID):
                    other.call("attributes", key)


def test_login_and_logout_are_the_sessions(shared: Daemon) -> None:
    with shared.peer() as first, on_every_worker(shared, first) as others:
        others[0].call("login", "alice", PASSWORDS["alice"])
        key = first.call("generateKey", M.AES_KEY_GEN, AES)
        assert all(len(peer.call("random", 3)) == 3 for peer in others)
        with refused(ReturnCode.USER_ALREADY_LOGGED_IN):
            others[1].call("login", "bob", PASSWORDS["bob"])
        others[2].call("logout")
        for peer in (first, *others):
            with refused(ReturnCode.USER_NOT_LOGGED_IN):
                peer.call("attributes", key)
        others[3].call("login", "bob", PASSWORDS["bob"])
        for peer in (first, *others):
            with refused(ReturnCode.OBJECT_HANDLE_INVALID):
                peer.call("attributes", key)


def test_a_session_key_becomes_persistent_and_survives(shared: Daemon) -> None:
    with shared.alice() as first, on_every_worker(shared, first) as others:
        key = others[0].call("generateKey", M.AES_KEY_GEN, {**AES, "LABEL": "to stay"})
        others[1].call("setAttributes", key, {"TOKEN": True})
        assert all(peer.call("attributes", key)["TOKEN"] is True for peer in others)
        token = first.token
    until(has_ended(shared, token), "the session ends")
    with shared.alice() as later:
        assert later.call("find", {"LABEL": "to stay"}) == [key]
        later.call("destroy", key)


def test_a_token_key_does_not_hide_session_keys(shared: Daemon) -> None:
    """While a worker makes a key that is no session key, another makes one that is."""
    token = {"TOKEN": True}
    with shared.alice() as first, on_every_worker(shared, first) as others:
        for peer in others[:6]:
            sent = peer.send("generateKeyPair", M.RSA_PKCS_KEY_PAIR_GEN, {"MODULUS_BITS": 3072, **token}, token)
            key = first.call("generateKey", M.AES_KEY_GEN, AES)
            pair = peer.result(sent)
            assert peer.call("attributes", key)["TOKEN"] is False
            for made in (*pair, key):
                peer.call("destroy", made)


def test_sessions_do_not_see_each_others_keys(shared: Daemon) -> None:
    with shared.alice() as first, shared.alice() as second:
        key = first.call("generateKey", M.AES_KEY_GEN, {**AES, "LABEL": "own"})
        assert second.call("find", {"LABEL": "own"}) == []
        with refused(ReturnCode.OBJECT_HANDLE_INVALID):
            second.call("attributes", key)


def test_a_session_ends_with_its_last_connection(shared: Daemon) -> None:
    first = shared.alice()
    with joined(shared, first) as (second,):
        key = first.call("generateKey", M.AES_KEY_GEN, AES)
        first.close()
        with joined(shared, second, 3) as others:
            assert all(peer.call("attributes", key) for peer in others)
        assert second.call("attributes", key)
    until(has_ended(shared, first.token), "the session ends with its last connection")
    with shared.alice() as later, refused(ReturnCode.OBJECT_HANDLE_INVALID):
        later.call("attributes", key)


def test_hello_may_be_said_again_when_the_session_has_ended(shared: Daemon) -> None:
    with Peer.unix(shared.socket) as peer:
        for _ in range(3):
            with refused(ReturnCode.SESSION_HANDLE_INVALID):
                peer.hello(session=bytes(32))
        peer.hello()
        with refused(ReturnCode.USER_NOT_LOGGED_IN):
            peer.call("random", 1)


def test_close_ends_the_session_on_all_its_connections(shared: Daemon) -> None:
    with shared.alice() as first, on_every_worker(shared, first) as others:
        others[0].call("close")
        for peer in (first, *others[1:]):
            with pytest.raises((HsmError, Ended)) as caught:
                peer.call("random", 1)
            if isinstance(caught.value, HsmError):
                assert caught.value.code is ReturnCode.SESSION_CLOSED
    until(has_ended(shared, first.token), "a closed session has ended")


def test_no_token_but_the_right_one(shared: Daemon) -> None:
    with shared.alice() as first:
        wrong = [bytes(32), first.token[:-1] + bytes([first.token[-1] ^ 1]), first.token[::-1]]
        for token in wrong:
            with Peer.unix(shared.socket) as peer, refused(ReturnCode.SESSION_HANDLE_INVALID) as refusal:
                peer.hello(session=token)
            assert first.token.hex() not in refusal.message


def test_clear_extraction_can_be_given_up_for_a_session(shared: Daemon) -> None:
    with changed_settings(shared, clear_extraction=True), shared.alice() as other:
        assert other.call("export", other.call("importKey", CLEAR)) == bytes(32)
        with shared.alice(clear_extraction=False) as careful, joined(shared, careful) as (second,):
            key = careful.call("importKey", CLEAR)
            for peer in (careful, second):
                with pytest.raises(HsmError):
                    peer.call("export", key)


def test_a_key_cannot_be_on_more_hsms_than_there_are(shared: Daemon) -> None:
    with shared.alice(min_hsms=2) as peer, pytest.raises(HsmError):
        peer.call("generateKey", M.AES_KEY_GEN, {**AES, "TOKEN": True, "LABEL": "on two"})
    with shared.alice() as peer:
        assert peer.call("find", {"LABEL": "on two"}) == []


def test_what_a_second_factor_signs_is_the_sessions(daemon: Daemon) -> None:
    key = key_of("second factor")
    with daemon.peer() as first, on_every_worker(daemon, first) as others:
        first.call("login", "bob", PASSWORDS["bob"])
        for peer, signer in zip(others, reversed(others), strict=True):
            token = peer.call("mfaToken")
            user = ("crypto-user", "bob", PASSWORDS["bob"])
            assert signer.call("changeMfa", *user, pem(key), signed(key, token), None)["mfa"] is True
            first.call("logout")
            token = signer.call("mfaToken")
            peer.call("loginAs", *user, signed(key, token))


def test_a_quorum_token_is_the_sessions(daemon: Daemon) -> None:
    key = key_of("alice")
    with daemon.alice() as first, on_every_worker(daemon, first) as others, daemon.alice() as stranger:
        for peer, other in zip(others, reversed(others), strict=True):
            data = peer.call("generateToken", "registration", None)
            proof = (pem(key), data, signed(key, hashlib.sha256(data).digest()))
            with refused(ReturnCode.QUORUM_FAILED):
                stranger.call("registerApproverKey", *proof)
            assert other.call("registerApproverKey", *proof)["quorum"] is True
            with refused(ReturnCode.QUORUM_FAILED):
                peer.call("registerApproverKey", *proof)
