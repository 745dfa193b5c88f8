"""Random sequences of operations against a small model of what the HSM is."""

from __future__ import annotations

import itertools
import shutil
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from conftest import PASSWORDS
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from bridge.engine import Attribute, Hsm, HsmError, ReturnCode, Role, Session
from bridge.engine.attributes import Value
from bridge.store import open_home
from engine.keys import new_aes, new_pair

LABELS = st.sampled_from(["", "a", "b"])
SESSIONS = range(4)
"""Two users, two sessions each, in two HSMs that have one home open, as two processes would."""


@dataclass
class Key:
    """A key as the model has it."""

    owner: str
    session: int | None
    label: str
    public: bool
    destroyable: bool = True
    extractable: bool = field(default=True)


class HsmMachine(RuleBasedStateMachine):
    """Two users with two sessions each."""

    pristine: Path
    handles = Bundle("handles")

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        shutil.copytree(self.pristine, self.folder / "home")
        self.hsms: list[Hsm] = [open_home(self.folder / "home") for _ in range(2)]
        self.users = ["alice", "bob", "bob", "alice"]
        self.sessions: list[Session] = [self.hsms[number % 2].open_session() for number in SESSIONS]
        for number in SESSIONS:
            self.login(number)
        self.keys: dict[int, Key] = {}
        self.gone: set[int] = set()

    def login(self, number: int) -> None:
        name = self.users[number]
        self.sessions[number].login(Role.CRYPTO_USER, name, PASSWORDS[name])

    def teardown(self) -> None:
        for hsm in self.hsms:
            hsm.close()
        shutil.rmtree(self.folder)

    def seen(self, number: int, key: Key) -> bool:
        if key.session is not None:
            return key.session == number
        return key.public or key.owner == self.users[number]

    def expect(self, number: int, handle: int, manage: bool = False, allowed: bool = True) -> ReturnCode | None:
        key = self.keys.get(handle)
        if key is None or not self.seen(number, key):
            return ReturnCode.OBJECT_HANDLE_INVALID
        if manage and (key.owner != self.users[number] or not allowed):
            return ReturnCode.ACTION_PROHIBITED
        return None

    @rule(
        target=handles, number=st.sampled_from(SESSIONS), token=st.booleans(), label=LABELS, destroyable=st.booleans()
    )
    def make_secret(self, number: int, token: bool, label: str, destroyable: bool) -> int:
        handle = new_aes(self.sessions[number], TOKEN=token, LABEL=label, DESTROYABLE=destroyable)
        self.add(handle, Key(self.users[number], None if token else number, label, False, destroyable))
        return handle

    @rule(target=handles, number=st.sampled_from(SESSIONS), token=st.booleans(), label=LABELS, half=st.integers(0, 1))
    def make_pair(self, number: int, token: bool, label: str, half: int) -> int:
        pair = new_pair(self.sessions[number], TOKEN=token, LABEL=label)
        for handle, public in zip(pair, (True, False), strict=True):
            self.add(handle, Key(self.users[number], None if token else number, label, public))
        return pair[half]

    def add(self, handle: int, key: Key) -> None:
        assert handle not in self.keys
        assert handle not in self.gone
        self.keys[handle] = key

    @rule(number=st.sampled_from(SESSIONS), handle=handles)
    def destroy(self, number: int, handle: int) -> None:
        key = self.keys.get(handle)
        code = self.expect(number, handle, manage=True, allowed=key is None or key.destroyable)
        if code is None:
            self.sessions[number].destroy(handle)
            del self.keys[handle]
            self.gone.add(handle)
        else:
            with pytest.raises(HsmError) as caught:
                self.sessions[number].destroy(handle)
            assert caught.value.code is code

    @rule(
        number=st.sampled_from(SESSIONS), handle=handles, label=LABELS, persist=st.booleans(), extractable=st.booleans()
    )
    def change(self, number: int, handle: int, label: str, persist: bool, extractable: bool) -> None:
        key = self.keys.get(handle)
        template: dict[Attribute, Value] = {Attribute.LABEL: label}
        if persist:
            template[Attribute.TOKEN] = True
        if key is not None and not key.public:
            template[Attribute.EXTRACTABLE] = extractable
        code = self.expect(number, handle, manage=True)
        if code is None and key is not None and not key.public and extractable and not key.extractable:
            code = ReturnCode.ATTRIBUTE_READ_ONLY
        if code is None:
            assert key is not None
            self.sessions[number].set_attributes(handle, template)
            key.label = label
            key.session = None if persist else key.session
            key.extractable = key.extractable and (extractable or key.public)
        else:
            with pytest.raises(HsmError) as caught:
                self.sessions[number].set_attributes(handle, template)
            assert caught.value.code is code

    @rule(number=st.sampled_from(SESSIONS), handle=handles)
    def read(self, number: int, handle: int) -> None:
        code = self.expect(number, handle)
        if code is None:
            attributes = self.sessions[number].attributes(handle)
            key = self.keys[handle]
            assert attributes[Attribute.LABEL] == key.label
            assert attributes[Attribute.TOKEN] is (key.session is None)
            assert attributes.get(Attribute.EXTRACTABLE, True) is key.extractable
        else:
            with pytest.raises(HsmError) as caught:
                self.sessions[number].attributes(handle)
            assert caught.value.code is code

    @rule(number=st.sampled_from(SESSIONS))
    def begin_anew(self, number: int) -> None:
        self.sessions[number].logout()
        ended = {handle for handle, key in self.keys.items() if key.session == number}
        self.gone |= ended
        for handle in ended:
            del self.keys[handle]
        self.login(number)

    @rule()
    def restart(self) -> None:
        """The second process ends and starts again."""
        self.hsms[1].close()
        self.hsms[1] = open_home(self.folder / "home")
        for number in SESSIONS:
            if number % 2:
                self.sessions[number] = self.hsms[1].open_session()
                self.login(number)
                ended = {handle for handle, key in self.keys.items() if key.session == number}
                self.gone |= ended
                for handle in ended:
                    del self.keys[handle]

    @invariant()
    def everybody_finds_what_is_theirs(self) -> None:
        for number, label in itertools.product(SESSIONS, (None, "a")):
            expected = sorted(
                handle
                for handle, key in self.keys.items()
                if self.seen(number, key) and (label is None or key.label == label)
            )
            assert self.sessions[number].find({} if label is None else {Attribute.LABEL: label}) == expected


@pytest.mark.parametrize("examples", [25, pytest.param(2000, marks=[pytest.mark.soak, pytest.mark.timeout(3600)])])
def test_the_hsm_is_what_the_model_says(pristine_home: Path, examples: int) -> None:
    HsmMachine.pristine = pristine_home
    run_state_machine_as_test(
        HsmMachine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=30,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            database=None,
        ),
    )
