"""Random sequences of user, key, quorum and session commands against a small model of what they should do."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import pytest
from conftest import PASSWORDS
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from bridge.engine import Attribute, Hsm, HsmError, MechanismType, ReturnCode, Role, Session
from bridge.engine.quorum import Approval, KeyQuorum, Service
from bridge.engine.users import MAX_FAILURES
from bridge.store import open_home
from engine.approvers import approval, key_of, register

ADMIN, CRYPTO_USER = Role.ADMIN, Role.CRYPTO_USER
NAMES = ("admin", "officer", "alice", "bob", "carol")
ROLES = (ADMIN, CRYPTO_USER)
PASSWORDS_GIVEN = ("first-password", "second-password")
SESSIONS = range(4)
"""Two in each of two HSMs that have one home open, as two processes would."""

Account = tuple[Role, str]
Code = ReturnCode | None
number = st.sampled_from(SESSIONS)
account = st.tuples(st.sampled_from(ROLES), st.sampled_from(NAMES))
password = st.sampled_from(PASSWORDS_GIVEN)
signers = st.frozensets(st.sampled_from(NAMES), max_size=3)
service = st.sampled_from((Service.USER, Service.QUORUM, Service.CLUSTER))


@dataclass
class User:
    """A user as the model has it."""

    password: str
    failures: int = 0
    registered: bool = False


@dataclass
class Key:
    """A token key as the model has it."""

    owner: str
    shared: set[str]
    quorum: bool

    @property
    def users(self) -> set[str]:
        return {self.owner, *self.shared}


@dataclass
class Seat:
    """A session as the model has it."""

    session: Session
    account: Account | None = None
    login: int = 0


class UsersMachine(RuleBasedStateMachine):
    """Admins and crypto users, in any order of commands."""

    pristine: Path

    @initialize()
    def begin(self) -> None:
        self.folder = Path(tempfile.mkdtemp())
        shutil.copytree(self.pristine, self.folder / "home")
        self.hsms: list[Hsm] = [open_home(self.folder / "home") for _ in range(2)]
        self.seats = [Seat(self.hsms[each % 2].open_session()) for each in SESSIONS]
        self.users: dict[Account, User] = {
            (ADMIN if name == "admin" else CRYPTO_USER, name): User(secret.decode())
            for name, secret in PASSWORDS.items()
        }
        self.keys: dict[int, Key] = {}
        self.values = {Service.USER: 1, Service.QUORUM: 1, Service.CLUSTER: 1}
        self.logins = 0

    def teardown(self) -> None:
        if hasattr(self, "folder"):
            for hsm in self.hsms:
                hsm.close()
            shutil.rmtree(self.folder)

    def check(self, expected: Code, call: Callable[[], object]) -> bool:
        """Do something, and compare how it ends; return whether it was done."""
        got, message = None, ""
        try:
            call()
        except HsmError as error:
            got, message = error.code, error.message
        assert got is expected, message
        return got is None

    def present(self, seat: Seat) -> Account | None:
        """Return who is logged in and still a user."""
        return seat.account if seat.account in self.users else None

    def admin_only(self, seat: Seat) -> Code:
        who = self.present(seat)
        if who is None:
            return ReturnCode.USER_NOT_LOGGED_IN
        return None if who[0] is ADMIN else ReturnCode.ACTION_PROHIBITED

    def elsewhere(self, seat: Seat, account: Account) -> Code:
        """Return why a user is not changed who is logged in to another session."""
        others = (other.account for other in self.seats if other is not seat)
        return ReturnCode.USER_ALREADY_LOGGED_IN if account in others else None

    @rule(number=number, account=account, right=st.integers(0, 5), wrong=password)
    def log_in(self, number: int, account: Account, right: int, wrong: str) -> None:
        seat, user = self.seats[number], self.users.get(account)
        given = user.password if user is not None and right else wrong
        expected: Code = None
        if seat.account is not None:
            expected = ReturnCode.USER_ALREADY_LOGGED_IN
        elif user is None:
            expected = ReturnCode.PIN_INCORRECT
        elif user.failures >= MAX_FAILURES:
            expected = ReturnCode.PIN_LOCKED
        elif given != user.password:
            user.failures += 1
            expected = ReturnCode.PIN_INCORRECT
        else:
            user.failures = 0
        if self.check(expected, lambda: seat.session.login(*account, given.encode())):
            self.logins += 1
            seat.account, seat.login = account, self.logins

    @rule(number=number)
    def log_out(self, number: int) -> None:
        seat = self.seats[number]
        expected = ReturnCode.USER_NOT_LOGGED_IN if seat.account is None else None
        if self.check(expected, seat.session.logout):
            seat.account = None

    @rule(number=number, account=account, password=password, signers=signers)
    def create(self, number: int, account: Account, password: str, signers: frozenset[str]) -> None:
        seat = self.seats[number]
        expected = self.admin_only(seat) or (ReturnCode.ARGUMENTS_BAD if account in self.users else None)
        given, expected = self.approve(number, Service.USER, signers, expected)
        if self.check(expected, lambda: seat.session.create_user(*account, password.encode(), given)):
            self.users[account] = User(password)

    @rule(number=number, account=account, signers=signers)
    def delete(self, number: int, account: Account, signers: frozenset[str]) -> None:
        seat = self.seats[number]
        expected = self.admin_only(seat)
        if expected is None and account not in self.users:
            expected = ReturnCode.ARGUMENTS_BAD
        owns = account[0] is CRYPTO_USER and any(key.owner == account[1] for key in self.keys.values())
        if expected is None and (account == seat.account or owns):
            expected = ReturnCode.ACTION_PROHIBITED
        given, expected = self.approve(number, Service.USER, signers, expected)
        expected = expected or self.elsewhere(seat, account)
        if self.check(expected, lambda: seat.session.delete_user(*account, given)):
            del self.users[account]
            for key in self.keys.values() if account[0] is CRYPTO_USER else ():
                key.shared.discard(account[1])

    @rule(number=number, account=account, password=password, signers=signers)
    def change_password(self, number: int, account: Account, password: str, signers: frozenset[str]) -> None:
        seat = self.seats[number]
        own = account == self.present(seat)
        expected = None if own else self.admin_only(seat)
        if expected is None and account not in self.users:
            expected = ReturnCode.ARGUMENTS_BAD
        given = None
        if not own:
            given, expected = self.approve(number, Service.USER, signers, expected)
        expected = expected or self.elsewhere(seat, account)
        if self.check(expected, lambda: seat.session.change_password(*account, password.encode(), given)):
            self.users[account].password, self.users[account].failures = password, 0

    @rule(number=number)
    def register(self, number: int) -> None:
        seat = self.seats[number]
        who = self.present(seat)
        if who is None:
            self.check(ReturnCode.USER_NOT_LOGGED_IN, lambda: register(seat.session, "nobody"))
        else:
            register(seat.session, who[1])
            self.users[who].registered = True

    @rule(number=number, service=service, value=st.integers(1, 4), signers=signers)
    def set_value(self, number: int, service: Service, value: int, signers: frozenset[str]) -> None:
        seat = self.seats[number]
        expected = self.admin_only(seat)
        admins = sum(role is ADMIN for role, _ in self.users)
        after = {**self.values, service: value}
        if expected is None and (value > admins or after[Service.QUORUM] < max(after.values())):
            expected = ReturnCode.ATTRIBUTE_VALUE_INVALID
        given, expected = self.approve(number, Service.QUORUM, signers, expected)
        if self.check(expected, lambda: seat.session.set_quorum_value(service, value, given)):
            self.values = after

    def approve(
        self, number: int, service: Service, signers: Iterable[str], expected: Code
    ) -> tuple[Approval | None, Code]:
        """Make a token and have it signed, if the seat is an admin's; return what then is to be expected."""
        seat, signers = self.seats[number], frozenset(signers)
        who = self.present(seat)
        if who is None or who[0] is not ADMIN or not signers:
            required = ReturnCode.QUORUM_REQUIRED if self.values[service] > 1 else None
            return None, expected or required
        data = seat.session.generate_token(service)
        outcome = self.judged(
            signers, self.values[service], {name for role, name in self.users if role is ADMIN}, ADMIN
        )
        return approval(data, *sorted(signers)), expected or (outcome if self.values[service] > 1 else None)

    def judged(self, signers: frozenset[str], required: int, approvers: set[str], role: Role) -> Code:
        able = {name for name in approvers if self.users[role, name].registered}
        return None if signers <= able and len(signers) >= required else ReturnCode.QUORUM_FAILED

    @rule(number=number, shared=st.frozensets(st.sampled_from(NAMES), max_size=2), quorum=st.booleans())
    def generate(self, number: int, shared: frozenset[str], quorum: bool) -> None:
        seat = self.seats[number]
        who = self.present(seat)
        expected: Code = None
        if who is None:
            expected = ReturnCode.USER_NOT_LOGGED_IN
        elif who[0] is ADMIN:
            expected = ReturnCode.USER_TYPE_INVALID
        elif any((CRYPTO_USER, name) not in self.users or name == who[1] for name in shared):
            expected = ReturnCode.ARGUMENTS_BAD
        elif quorum and not shared:
            expected = ReturnCode.ATTRIBUTE_VALUE_INVALID
        made: list[int] = []
        template = {Attribute.TOKEN: True, Attribute.VALUE_LEN: 32}
        values = KeyQuorum(2, 2) if quorum else KeyQuorum()
        done = self.check(
            expected,
            lambda: made.append(seat.session.generate_key(MechanismType.AES_KEY_GEN, template, sorted(shared), values)),
        )
        if done and who is not None:
            self.keys[made[0]] = Key(who[1], set(shared), quorum)

    def key(self, draw: int) -> int:
        return sorted(self.keys)[draw % len(self.keys)] if self.keys else 0x7FFF_FFFF

    def seen(self, seat: Seat, handle: int) -> Code:
        """Return why a crypto user's operation is refused before the key itself is looked at."""
        who = self.present(seat)
        if who is None:
            return ReturnCode.USER_NOT_LOGGED_IN
        if who[0] is ADMIN:
            return ReturnCode.USER_TYPE_INVALID
        key = self.keys.get(handle)
        return None if key is not None and who[1] in key.users else ReturnCode.OBJECT_HANDLE_INVALID

    def owned(self, seat: Seat, handle: int) -> Code:
        expected = self.seen(seat, handle)
        if expected is None and (CRYPTO_USER, self.keys[handle].owner) != seat.account:
            return ReturnCode.ACTION_PROHIBITED
        return expected

    def approve_key(
        self, seat: Seat, service: Service, handle: int, signers: frozenset[str], expected: Code
    ) -> tuple[Approval | None, Code]:
        key = self.keys.get(handle)
        if key is None or not key.quorum or self.seen(seat, handle) is not None:
            return None, expected
        if not signers:
            return None, expected or ReturnCode.QUORUM_REQUIRED
        data = seat.session.generate_token(service, handle)
        return approval(data, *sorted(signers)), expected or self.judged(signers, 2, key.users, CRYPTO_USER)

    @rule(number=number, draw=st.integers(0, 50), name=st.sampled_from(NAMES), signers=signers)
    def share(self, number: int, draw: int, name: str, signers: frozenset[str]) -> None:
        seat, handle = self.seats[number], self.key(draw)
        expected = self.owned(seat, handle)
        if expected is None and ((CRYPTO_USER, name) not in self.users or name in self.keys[handle].users):
            expected = ReturnCode.ARGUMENTS_BAD
        given, expected = self.approve_key(seat, Service.KEY_MANAGEMENT, handle, signers, expected)
        if self.check(expected, lambda: seat.session.share(handle, name, given)):
            self.keys[handle].shared.add(name)

    @rule(number=number, draw=st.integers(0, 50), name=st.sampled_from(NAMES), signers=signers)
    def unshare(self, number: int, draw: int, name: str, signers: frozenset[str]) -> None:
        seat, handle = self.seats[number], self.key(draw)
        expected = self.owned(seat, handle)
        if expected is None and name not in self.keys[handle].shared:
            expected = ReturnCode.ARGUMENTS_BAD
        if expected is None and self.keys[handle].quorum and len(self.keys[handle].users) <= 2:
            expected = ReturnCode.ATTRIBUTE_VALUE_INVALID
        given, expected = self.approve_key(seat, Service.KEY_MANAGEMENT, handle, signers, expected)
        if self.check(expected, lambda: seat.session.unshare(handle, name, given)):
            self.keys[handle].shared.remove(name)

    @rule(number=number, draw=st.integers(0, 50), signers=signers)
    def sign(self, number: int, draw: int, signers: frozenset[str]) -> None:
        seat, handle = self.seats[number], self.key(draw)
        expected = self.seen(seat, handle)
        given, expected = self.approve_key(seat, Service.KEY_USAGE, handle, signers, expected)
        self.check(expected, lambda: seat.session.sign(handle, MechanismType.AES_CMAC, b"data", None, given))

    @rule(number=number, draw=st.integers(0, 50))
    def destroy(self, number: int, draw: int) -> None:
        seat, handle = self.seats[number], self.key(draw)
        if self.check(self.owned(seat, handle), lambda: seat.session.destroy(handle)):
            del self.keys[handle]

    @rule(which=st.integers(0, 1))
    def restart(self, which: int) -> None:
        """A process ends and starts again."""
        self.hsms[which].close()
        self.hsms[which] = open_home(self.folder / "home")
        for each in SESSIONS:
            if each % 2 == which:
                self.seats[each] = Seat(self.hsms[which].open_session())

    @invariant()
    def everybody_knows_the_same(self) -> None:
        if not hasattr(self, "users"):
            return
        for seat in self.seats[:2]:
            listed = {
                (user.role, user.name): (user.failures, user.quorum)
                for user in seat.session.users()
                if user.role in ROLES
            }
            assert listed == {name: (user.failures, user.registered) for name, user in self.users.items()}
            assert seat.session.quorum_values() == self.values
            who = self.present(seat)
            if who is not None and who[0] is CRYPTO_USER:
                assert seat.session.find({}) == sorted(
                    handle for handle, key in self.keys.items() if who[1] in key.users
                )


@pytest.mark.parametrize(
    "examples", [30, pytest.param(500, marks=[pytest.mark.soak, pytest.mark.timeout(3600)])], ids=["short", "long"]
)
def test_the_hsm_is_what_the_model_says(pristine_home: Path, examples: int) -> None:
    """The long run has 20,000 steps."""
    for name in NAMES:
        key_of(name)
    UsersMachine.pristine = pristine_home
    run_state_machine_as_test(
        UsersMachine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=40,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            database=None,
        ),
    )
