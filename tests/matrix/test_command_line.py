"""The matrix through cloudhsm-cli's commands: done where the tables say so, refused word for word as by the engine."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import NamedTuple

import pytest
from cli.command import run
from click.testing import CliRunner, Result
from conftest import PASSWORDS
from engine.operations import new_key

from bridge.cli.commands.access import Kept
from bridge.cli.commands.family import Family
from bridge.cli.commands.signing import SIGNINGS
from bridge.engine import ReturnCode, Session
from matrix.conftest import CAROL
from matrix.doors import DATA, OTHER_USER, SHARED_USER, TYPES, Inputs, as_before, calls, make, outcome
from matrix.table import CHANGES, FEW_STATES, Case, Kind, Operation, State, Who, cases, expected

_O = Operation
NOT_OFFERED = {_O.ENCRYPT, _O.DECRYPT, _O.DERIVE}
"""What the command line has no command for."""

ENVIRONMENTS = {
    Who.NOBODY: {},
    Who.ADMIN: {"CLOUDHSM_ROLE": "admin", "CLOUDHSM_PIN": f"admin:{PASSWORDS['admin'].decode()}"},
    Who.OWNER: {"CLOUDHSM_ROLE": "crypto-user", "CLOUDHSM_PIN": f"alice:{PASSWORDS['alice'].decode()}"},
    Who.SHARED: {"CLOUDHSM_ROLE": "crypto-user", "CLOUDHSM_PIN": f"bob:{PASSWORDS['bob'].decode()}"},
    Who.FOREIGN: {"CLOUDHSM_ROLE": "crypto-user", "CLOUDHSM_PIN": f"carol:{CAROL.decode()}"},
}


class Asked(NamedTuple):
    """An answer of the command line: an exit code, and the data of its envelope."""

    exit_code: int
    data: object


def offered(case: Case) -> bool:
    """Tell whether there is a command: it signs and verifies with key pairs only."""
    of_a_pair = case.operation not in (_O.SIGN, _O.VERIFY) or case.kind is not Kind.SECRET
    return case.operation not in NOT_OFFERED and of_a_pair


class Commands:
    """The command lines of the matrix's cells."""

    def __init__(self, folder: Path, owner: Session, inputs: Inputs) -> None:
        self._folder = folder
        signature = owner.sign(
            new_key(owner, *TYPES[Kind.PRIVATE]), *SIGNINGS["rsa-pkcs"].operation(DATA, "sha256", "raw")
        )
        self._signature = base64.b64encode(signature).decode()
        for kind, wrapped in inputs.wrapped.items():
            (folder / kind).write_bytes(wrapped)

    def line(self, case: Case, handle: int, own: int) -> list[str]:
        """Return the words that ask for a case's operation.

        Args:
            case: of the matrix.
            handle: of the key it is about.
            own: handle of an AES key of who asks.
        """
        kind, key, mine = case.kind, reference(handle), reference(own)
        wrapping = ["rsa-oaep", "--hash-function", "sha256", "--mgf", "mgf1-sha256"]
        if kind is Kind.SECRET:
            wrapping = ["aes-zero-pad"]
        unwrapped = ["--label", "unwrapped", "--session", "--key-type-class", "aes"]
        data = ["--data", base64.b64encode(DATA).decode(), "--hash-function", "sha256", "--data-type", "raw"]
        set_attribute = ["key", "set-attribute", "--filter", key, "--name"]
        table: dict[Operation, list[str]] = {
            _O.FIND: ["key", "list", "--filter", key],
            _O.INFO: ["key", "list", "--verbose", "--filter", key],
            _O.SIGN: ["crypto", "sign", "rsa-pkcs", "--key-filter", key, *data],
            _O.VERIFY: ["crypto", "verify", "rsa-pkcs", "--key-filter", key, *data, "--signature", self._signature],
            _O.WRAP: ["key", "wrap", *wrapping, "--payload-filter", mine, "--wrapping-filter", key],
            _O.UNWRAP: [
                *["key", "unwrap", *wrapping, "--filter", key, "--data-path", str(self._folder / kind)],
                *unwrapped,
            ],
            _O.TAKE_OUT: ["key", "wrap", "aes-zero-pad", "--payload-filter", key, "--wrapping-filter", mine],
            _O.LABEL: [*set_attribute, "label", "--value", "another"],
            _O.TRUST: [*set_attribute, "trusted", "--value", "true"],
            _O.SHARE: ["key", "share", "--filter", key, "--username", OTHER_USER, "--role", "crypto-user"],
            _O.UNSHARE: ["key", "unshare", "--filter", key, "--username", SHARED_USER, "--role", "crypto-user"],
            _O.DELETE: ["key", "delete", "--filter", key],
            _O.EXPORT: [
                *["key", "generate-file", "--encoding", "pem", "--filter", key],
                *["--path", str(self._folder / "out.pem")],
            ],
        }
        return table[case.operation]


def reference(handle: int) -> str:
    """Return the term of a filter that names one key."""
    return f"key-reference=0x{handle:016x}"


def ask(session: Session, line: list[str]) -> Asked:
    """Run a command as the interactive mode does, in a session."""
    return asked(CliRunner().invoke(Family(), line, obj=Kept(session), prog_name=""))


def asked(result: Result) -> Asked:
    """Return what a command that was understood has answered."""
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code in (0, 1), result.output
    envelope = json.loads(result.stdout)
    assert envelope["error_code"] == result.exit_code
    return Asked(result.exit_code, envelope["data"])


def right(case: Case, got: Asked, handle: int, words: str) -> bool:
    """Tell whether an answer is what the tables say, in the engine's words.

    A key that is not seen is matched by no filter, and a list without it is no refusal; only public keys are written as
    PEM, so that the engine is not asked for others.
    """
    want = expected(case)
    if want is None:
        return got.exit_code == 0
    if want is ReturnCode.OBJECT_HANDLE_INVALID:
        if case.operation in (_O.FIND, _O.INFO):
            return got == (0, {"matched_keys": [], "total_key_count": 0, "returned_key_count": 0})
        return got == (1, f"No key of this user matches {reference(handle)}; `hsmbridge keys` lists them.")
    if case.operation is _O.EXPORT and case.kind is not Kind.PUBLIC and case.who is not Who.NOBODY:
        return got.exit_code == 1 and "is no public key" in str(got.data)
    return got == (1, words)


@pytest.mark.parametrize("kind", Kind)
def test_every_cell(users: dict[Who, Session], tmp_path: Path, kind: Kind) -> None:
    owner = users[Who.OWNER]
    inputs = Inputs(owner, users)
    commands = Commands(tmp_path, owner, inputs)
    for state in FEW_STATES:
        handle = make(owner, kind, state)
        for case in (case for case in cases([state]) if case.kind is kind and offered(case)):
            session = users[case.who]
            before = owner.info(handle)
            got = ask(session, commands.line(case, handle, inputs.payload.get(case.who, handle)))
            refused = expected(case) is not None
            words = outcome(calls(session, case, handle, inputs))[1] if refused else ""
            assert right(case, got, handle, words), f"{case}: {got}; the engine says {words!r}"
            if refused or case.operation not in CHANGES:
                assert owner.info(handle) == before, case
            else:
                handle = as_before(owner, users[Who.ADMIN], case, handle)


@pytest.mark.parametrize("kind", Kind)
def test_commands_of_their_own(users: dict[Who, Session], home: Path, tmp_path: Path, kind: Kind) -> None:
    owner = users[Who.OWNER]
    inputs = Inputs(owner, users)
    commands = Commands(tmp_path, owner, inputs)
    helpers = {who: Inputs.helper(users[who], token=True) for who in inputs.payload}
    handle = make(owner, kind, State())
    for case in (case for case in cases([State()]) if case.kind is kind and offered(case)):
        line = commands.line(case, handle, helpers.get(case.who, handle))
        result = run(home, ENVIRONMENTS[case.who], *line)
        if case.who is Who.NOBODY:
            assert result.exit_code == 2, line
            assert "HSM_USER" in result.output, line
            continue
        refused = expected(case) is not None
        words = outcome(calls(users[case.who], case, handle, inputs))[1] if refused else ""
        got = asked(result)
        assert right(case, got, handle, words), f"{case}: {got}; the engine says {words!r}"
        if not refused and case.operation in CHANGES:
            handle = as_before(owner, users[Who.ADMIN], case, handle)
