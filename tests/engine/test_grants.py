"""A use that was allowed before is not checked again, and yet no change goes unnoticed."""

from __future__ import annotations

import gc
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple
from weakref import ref

import pytest
from conftest import log_in

from bridge.engine import Attribute, Hsm, HsmError, MechanismType, ReturnCode, Role, Session, SessionRules, grants
from bridge.engine.parameters import Iv, Pss
from bridge.engine.session import MOST_DATA
from bridge.engine.settings import MtlsEnforcement
from bridge.store import read_audit
from engine.keys import Template, new_aes, new_pair, refused

M = MechanismType
DIGEST = bytes(range(32))
IV = Iv(bytes(16))


class Use(NamedTuple):
    """A use that bob makes of a key that alice shares with him."""

    bob: Session
    key: int

    def again(self) -> None:
        """Encrypt."""
        self.bob.encrypt(self.key, M.AES_CBC_PAD, DIGEST, IV)

    def refused(self, code: ReturnCode) -> None:
        """Expect that each further use is refused."""
        for _ in range(2):
            with refused(code):
                self.again()


@pytest.fixture
def elsewhere(open_hsm: Callable[[], Hsm]) -> Hsm:
    """The same HSM, opened as another process would."""
    return open_hsm()


@pytest.fixture
def use(session: Session, bob: Session) -> Use:
    """A use that was made more than once."""
    key = new_aes(session, TOKEN=True)
    session.share(key, "bob")
    use = Use(bob, key)
    use.again()
    use.again()
    return use


def owner(hsm: Hsm) -> Session:
    return log_in(hsm, "alice")


FROM_ELSEWHERE: dict[str, tuple[Callable[[Hsm, int], object], ReturnCode]] = {
    "usage": (
        lambda hsm, key: owner(hsm).set_attributes(key, {Attribute.ENCRYPT: False}),
        ReturnCode.KEY_FUNCTION_NOT_PERMITTED,
    ),
    "unshared": (lambda hsm, key: owner(hsm).unshare(key, "bob"), ReturnCode.OBJECT_HANDLE_INVALID),
    "destroyed": (lambda hsm, key: owner(hsm).destroy(key), ReturnCode.OBJECT_HANDLE_INVALID),
}


@pytest.mark.parametrize("change", FROM_ELSEWHERE)
def test_what_another_process_changes_counts_at_once(use: Use, elsewhere: Hsm, change: str) -> None:
    make, code = FROM_ELSEWHERE[change]
    make(elsewhere, use.key)
    use.refused(code)


def test_another_change_costs_one_check(use: Use, elsewhere: Hsm) -> None:
    new_aes(owner(elsewhere), TOKEN=True)
    use.again()
    owner(elsewhere).set_attributes(use.key, {Attribute.LABEL: "another"})
    use.again()


def test_the_end_of_a_login_ends_it(use: Use) -> None:
    use.bob.logout()
    use.refused(ReturnCode.USER_NOT_LOGGED_IN)
    use.bob.login(Role.CRYPTO_USER, "bob", b"bobs-password")
    use.again()
    use.bob.close()
    use.refused(ReturnCode.SESSION_CLOSED)


def test_another_user_has_rights_of_his_own(hsm: Hsm, use: Use, admin: Session) -> None:
    admin.create_user(Role.CRYPTO_USER, "carol", b"carols-password")
    use.bob.logout()
    use.bob.login(Role.CRYPTO_USER, "carol", b"carols-password")
    use.refused(ReturnCode.OBJECT_HANDLE_INVALID)


def test_mutual_tls_counts_from_the_moment_that_it_is_enforced(hsm: Hsm, session: Session) -> None:
    bare = hsm.open_session(SessionRules(mtls=False))
    bare.login(Role.CRYPTO_USER, "alice", b"alice-password")
    key = new_aes(bare)
    use = Use(bare, key)
    use.again()
    with hsm.changing() as transaction:
        transaction.put_settings(replace(hsm.settings, mtls_enforcement=MtlsEnforcement.CLUSTER))
    use.refused(ReturnCode.DEVICE_REMOVED)


def test_uses_are_audited_from_the_moment_that_it_is_asked_for(use: Use, elsewhere: Hsm, home: Path) -> None:
    log_in(elsewhere, "admin").configure(audit_crypto=True)
    before = len(list(read_audit(home)))
    use.again()
    use.again()
    assert len(list(read_audit(home))) == before + 2


def test_a_refusal_of_what_was_allowed_is_audited(use: Use, elsewhere: Hsm, home: Path) -> None:
    owner(elsewhere).destroy(use.key)
    before = len(list(read_audit(home)))
    use.refused(ReturnCode.OBJECT_HANDLE_INVALID)
    assert len(list(read_audit(home))) == before + 2


def test_no_key_stays_in_memory_that_is_gone(session: Session, use: Use) -> None:
    session.destroy(use.key)
    use.refused(ReturnCode.OBJECT_HANDLE_INVALID)
    assert not use.bob._grants._grants
    key = new_aes(session)
    Use(session, key).again()
    session.logout()
    assert not session._grants._grants


def test_an_idle_session_keeps_no_key_that_others_destroyed(session: Session, use: Use) -> None:
    obj = ref(session._resolve(use.key, "alice"))
    session.destroy(use.key)
    gc.collect()
    assert obj() is None


def test_session_keys_too(session: Session) -> None:
    key = new_aes(session)
    use = Use(session, key)
    use.again()
    use.again()
    session.set_attributes(key, {Attribute.ENCRYPT: False})
    use.refused(ReturnCode.KEY_FUNCTION_NOT_PERMITTED)
    session.set_attributes(key, {Attribute.ENCRYPT: True})
    use.again()
    session.destroy(key)
    use.refused(ReturnCode.OBJECT_HANDLE_INVALID)


def test_parameters_and_data_are_checked_each_time(use: Use) -> None:
    for _ in range(2):
        for wrong in (None, Pss(int(M.SHA256), 1, 32)):
            with refused(ReturnCode.MECHANISM_PARAM_INVALID):
                use.bob.encrypt(use.key, M.AES_CBC_PAD, DIGEST, wrong)
        with refused(ReturnCode.DATA_LEN_RANGE):
            use.bob.encrypt(use.key, M.AES_CBC_PAD, bytes(MOST_DATA + 1), IV)
        use.again()


def test_one_use_says_nothing_of_another(session: Session) -> None:
    given: Template = {Attribute.VALUE_LEN: 32, Attribute.DECRYPT: False}
    key = session.generate_key(M.AES_KEY_GEN, given)
    for _ in range(2):
        data = session.encrypt(key, M.AES_CBC_PAD, DIGEST, IV)
        with refused(ReturnCode.KEY_FUNCTION_NOT_PERMITTED):
            session.decrypt(key, M.AES_CBC_PAD, data, IV)
        with refused(ReturnCode.KEY_TYPE_INCONSISTENT):
            session.sign(key, M.ECDSA, DIGEST)


def test_more_keys_than_are_remembered(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grants, "_MOST", 4)
    pairs = [new_pair(session) for _ in range(6)]
    for _ in range(2):
        for public, private in pairs:
            session.verify(public, M.ECDSA, DIGEST, session.sign(private, M.ECDSA, DIGEST))


def test_threads_see_a_destroyed_key_no_more(session: Session) -> None:
    """Each thread that begins after the destruction is refused, whatever others did just before it."""
    for _ in range(20):
        key = new_aes(session)
        use = Use(session, key)
        stop = threading.Event()
        refusals: list[ReturnCode] = []

        def work(use: Use = use, stop: threading.Event = stop, refusals: list[ReturnCode] = refusals) -> None:
            while not stop.is_set():
                try:
                    use.again()
                except HsmError as error:
                    refusals.append(error.code)

        threads = [threading.Thread(target=work) for _ in range(3)]
        for thread in threads:
            thread.start()
        session.destroy(key)
        use.refused(ReturnCode.OBJECT_HANDLE_INVALID)
        stop.set()
        for thread in threads:
            thread.join()
        assert set(refusals) <= {ReturnCode.OBJECT_HANDLE_INVALID}
