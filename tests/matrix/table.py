"""What is allowed, written down from the user guide's tables and not from the engine's code.

Sources: the pages "user-permissions-table-chsm-cli" (roles), "manage-keys" (owners, shared users),
"cloudhsm_cli-key-attributes-table" (attributes) and PKCS#11 v3.1, section 4 (usage attributes).
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from enum import StrEnum
from typing import NamedTuple

from bridge.engine import ReturnCode


class Who(StrEnum):
    """Who asks, seen from a key."""

    NOBODY = "nobody"
    ADMIN = "admin"
    OWNER = "owner"
    SHARED = "shared"
    FOREIGN = "foreign"


class Kind(StrEnum):
    """The classes of keys."""

    PRIVATE = "private"
    PUBLIC = "public"
    SECRET = "secret"


class State(NamedTuple):
    """The attributes that decide."""

    usage: bool = True
    """All usage attributes that the class has: SIGN, VERIFY, ENCRYPT, DECRYPT, WRAP, UNWRAP, DERIVE."""
    extractable: bool = True
    modifiable: bool = True
    destroyable: bool = True
    wrap_with_trusted: bool = False

    def __str__(self) -> str:
        return "-".join(name for name, value in self._asdict().items() if value) or "none"


class Operation(StrEnum):
    """What can be asked for."""

    FIND = "find"
    INFO = "info"
    SIGN = "sign"
    VERIFY = "verify"
    ENCRYPT = "encrypt"
    DECRYPT = "decrypt"
    WRAP = "wrap"
    UNWRAP = "unwrap"
    DERIVE = "derive"
    TAKE_OUT = "be wrapped"
    LABEL = "set label"
    TRUST = "set trusted"
    SHARE = "share"
    UNSHARE = "unshare"
    DELETE = "delete"
    EXPORT = "export"


_O, _K = Operation, Kind

USES = {
    _K.PRIVATE: {_O.SIGN, _O.DECRYPT, _O.UNWRAP},
    _K.PUBLIC: {_O.VERIFY, _O.ENCRYPT, _O.WRAP},
    _K.SECRET: {_O.SIGN, _O.VERIFY, _O.ENCRYPT, _O.DECRYPT, _O.WRAP, _O.UNWRAP, _O.DERIVE},
}
"""What each class of keys can be used for."""

ALL_USES = set().union(*USES.values())

CHANGES = {_O.LABEL, _O.TRUST, _O.SHARE, _O.UNSHARE, _O.DELETE}
"""What leaves a key as another than it was, if it is done."""

Outcome = ReturnCode | None
"""Why it is refused; None if it is done."""

STATES = [State(*flags) for flags in itertools.product((True, False), repeat=len(State._fields))]
"""Every attribute state."""

FEW_STATES = [State(), *(State()._replace(**{name: not default}) for name, default in State()._asdict().items())]
"""All as it usually is, and each attribute once as it usually is not."""


class Case(NamedTuple):
    """One cell of the matrix."""

    who: Who
    operation: Operation
    kind: Kind
    state: State

    def __str__(self) -> str:
        return f"{self.who} {self.operation} {self.kind} {self.state}"


def cases(states: list[State]) -> Iterator[Case]:
    """Return all cells, with what only refuses or looks first, so that keys can be used again."""
    for state in states:
        for kind in Kind:
            for operation in sorted(Operation, key=lambda each: each in CHANGES):
                for who in Who:
                    yield Case(who, operation, kind, state)


def expected(case: Case) -> Outcome:
    """Return what the tables say."""
    who, operation, kind, _ = case
    if who is Who.NOBODY:
        return ReturnCode.USER_NOT_LOGGED_IN
    if who is Who.ADMIN:
        return _for_an_admin(case)
    if who is Who.FOREIGN and kind is not Kind.PUBLIC:
        return ReturnCode.OBJECT_HANDLE_INVALID
    if operation in (Operation.FIND, Operation.INFO):
        return None
    if operation in ALL_USES:
        return _use(case)
    if operation is Operation.EXPORT:
        # In clear only public keys come out, as long as nobody has switched clear extraction on.
        return None if kind is Kind.PUBLIC else ReturnCode.KEY_UNEXTRACTABLE
    return _manage(case)


def _for_an_admin(case: Case) -> Outcome:
    if case.operation in (Operation.FIND, Operation.INFO):
        return None
    if case.operation is Operation.TRUST:
        return None if case.state.modifiable else ReturnCode.ACTION_PROHIBITED
    if case.operation is Operation.LABEL:
        return ReturnCode.ACTION_PROHIBITED
    return ReturnCode.USER_TYPE_INVALID


def _use(case: Case) -> Outcome:
    if case.operation is Operation.DERIVE and case.kind is not Kind.SECRET:
        return ReturnCode.KEY_TYPE_INCONSISTENT  # nothing is derived from the RSA keys of the matrix
    if case.operation not in USES[case.kind] or not case.state.usage:
        return ReturnCode.KEY_FUNCTION_NOT_PERMITTED
    if case.operation is Operation.DERIVE and case.who is not Who.OWNER:
        return ReturnCode.ACTION_PROHIBITED
    return None


def _manage(case: Case) -> Outcome:
    operation, kind, state = case.operation, case.kind, case.state
    if operation is Operation.TAKE_OUT and kind is Kind.PUBLIC:
        return ReturnCode.KEY_NOT_WRAPPABLE
    if case.who is not Who.OWNER:
        return ReturnCode.ACTION_PROHIBITED
    if operation is Operation.TAKE_OUT:
        if not state.extractable:
            return ReturnCode.KEY_UNEXTRACTABLE
        return ReturnCode.KEY_NOT_WRAPPABLE if state.wrap_with_trusted else None
    if operation in (Operation.SHARE, Operation.UNSHARE):
        return ReturnCode.ACTION_PROHIBITED if kind is Kind.PUBLIC else None
    if operation is Operation.DELETE:
        return None if state.destroyable else ReturnCode.ACTION_PROHIBITED
    if not state.modifiable:
        return ReturnCode.ACTION_PROHIBITED
    return ReturnCode.ATTRIBUTE_READ_ONLY if operation is Operation.TRUST else None
