"""How operations of a session come into the audit log: before they are answered, once, refused or not."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from bridge.engine.audit import Entry, Opcode
from bridge.engine.errors import HsmError, ReturnCode
from bridge.engine.holdings import Holdings
from bridge.engine.state import State
from bridge.engine.users import Actor

_OUTCOMES = frozenset(
    {
        ReturnCode.AEAD_DECRYPT_FAILED,
        ReturnCode.DATA_INVALID,
        ReturnCode.DATA_LEN_RANGE,
        ReturnCode.ENCRYPTED_DATA_INVALID,
        ReturnCode.ENCRYPTED_DATA_LEN_RANGE,
        ReturnCode.SIGNATURE_INVALID,
        ReturnCode.SIGNATURE_LEN_RANGE,
    }
)
"""What the data of a use says of itself. No rule refused it, so that it is as much a use as one that succeeded."""


class Audited:
    """What every operation of a session has in common."""

    def __init__(self, state: State, holdings: Holdings) -> None:
        self._state = state
        self._holdings = holdings

    @contextmanager
    def _audited(self, opcode: Opcode, *, key: int = 0, by: int = 0, user: Actor | None = None) -> Iterator[Entry]:
        """Record the operation that the block is.

        A block that changes the HSM gives the entry to :meth:`State.changing`, so that change and record are one
        transaction. One that changes what the session holds may :meth:`State.record` it before that. Otherwise it is
        recorded at the end of the block. A block that raises is recorded as refused.

        Args:
            opcode: what was asked for.
            key: the handle that the caller names.
            by: the handle of the key that wraps, unwraps or is derived from.
            user: the user that the caller names. A refused record names only one that there is: people type
                passwords where names belong.

        Raises:
            HsmError: as the block; as :class:`Storage` if it cannot be recorded, whatever the block did or raised.
        """
        entry = Entry(opcode, self._holdings.number, self._holdings.user, key=key, by=by, user=user)
        try:
            yield entry
            if not entry.recorded:
                self._state.record(entry)
        except HsmError as error:
            self._state.record_refusal(entry, error.code)
            raise
        except Exception:
            # A defect, which the doors report as this.
            self._state.record_refusal(entry, ReturnCode.GENERAL_ERROR)
            raise

    def _note_use(self, opcode: Opcode, key: int = 0) -> None:
        """Record that a key was used, or random bytes were given; called only while the HSM's settings want that.

        Raises:
            HsmError: as :class:`Storage`.
        """
        self._state.record(Entry(opcode, self._holdings.number, self._holdings.user, key=key))

    def _note_refusal(self, opcode: Opcode, error: HsmError, key: int = 0) -> None:
        """Record the refusal of what is not recorded when it succeeds, or only if the HSM's settings want that.

        Raises:
            HsmError: as :class:`Storage`.
        """
        if error.code not in _OUTCOMES or self._state.audits_crypto:
            entry = Entry(opcode, self._holdings.number, self._holdings.user, key=key)
            self._state.record_refusal(entry, error.code)
