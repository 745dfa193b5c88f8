"""The audit log's records: who did what, with which key or user, and what the HSM answered (user guide,
"cloudhsm-audit-log-reference").

Nothing in a record is secret: keys are named by handles, users by names of users that there are.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Literal

from bridge.engine.attributes import ObjectClass
from bridge.engine.errors import ReturnCode
from bridge.engine.objects import HsmObject
from bridge.engine.users import Actor

APPLIANCE_USER = "internal(APPLIANCE_USER)"
"""The role of the user that AWS synchronises HSMs with."""


class Opcode(IntEnum):
    """What was asked for, without the prefix ``CN_``.

    The original's names, with its numbers as far as they are published. Those from 0x8000 on are this emulator's own:
    for names that are published without a number, and behind these for what has no published name.
    """

    INIT_TOKEN = 0x1
    CREATE_USER = 0x3
    CREATE_CO = 0x4
    CHANGE_PSWD = 0x9
    LOGIN = 0xD
    LOGOUT = 0xE
    DESTROY_OBJECT = 0x11
    SHARE_OBJECT = 0x12
    GENERATE_KEY = 0x17
    GENERATE_KEY_PAIR = 0x19
    WRAP_KEY = 0x1A
    UNWRAP_KEY = 0x1B
    GEN_PSWD_ENC_KEY = 0x1D
    NIST_AES_WRAP = 0x1E
    INIT_DONE = 0x95
    DELETE_USER = 0xA1
    EXTRACT_MASKED_OBJECT_USER = 0xF0
    INSERT_MASKED_OBJECT_USER = 0xF1
    CREATE_APPLIANCE_USER = 0xFC
    ENCRYPT_SESSION_V2 = 0x107
    END_MARKER_OPCODE = 0xFFFF

    APP_FINALIZE = 0x8000
    CLOSE_SESSION = 0x8001
    CLOSE_PARTITION_SESSIONS = 0x8002
    SET_M_VALUE = 0x8003
    GET_TOKEN = 0x8004
    APPROVE_TOKEN = 0x8005
    DELETE_TOKEN = 0x8006
    CREATE_OBJECT = 0x8007
    MODIFY_OBJECT = 0x8008
    TOMBSTONE_OBJECT = 0x8009
    DERIVE_KEY = 0x800A
    CLONE_SOURCE_STAGE1 = 0x800B
    CLONE_TARGET_INIT = 0x800C
    CLONE_TARGET_STAGE1 = 0x800D
    BACKUP_BEGIN = 0x800E
    BACKUP_END = 0x800F
    RESTORE_BEGIN = 0x8010
    RESTORE_END = 0x8011
    CERT_AUTH_STORE_CERT = 0x8012
    CERT_AUTH_VALIDATE_PEER_CERTS = 0x8013
    CERT_AUTH_SOURCE_KEY_EXCHANGE = 0x8014
    CERT_AUTH_TARGET_KEY_EXCHANGE = 0x8015
    GEN_KEY_ENC_KEY = 0x8016
    STORE_KBK_SHARE = 0x8017
    SET_NODEID = 0x8018
    ZEROIZE = 0x8019
    FIPS_RAND = 0x801A

    CONFIGURE = 0x8100
    REGISTER_QUORUM_KEY = 0x8101
    REGISTER_MFA_KEY = 0x8102
    DEREGISTER_MFA_KEY = 0x8103
    GET_MFA_TOKEN = 0x8104
    SET_TOKEN_TIMEOUT = 0x8105
    CERT_AUTH_REMOVE_CERT = 0x8106
    CERT_AUTH_SET_ENFORCEMENT = 0x8107
    EXTRACT_MASKED_USER = 0x8108
    INSERT_MASKED_USER = 0x8109
    LIST_TOKENS = 0x810A
    FIND_OBJECTS = 0x8110
    GET_ATTRIBUTES = 0x8111
    SIGN = 0x8120
    VERIFY = 0x8121
    ENCRYPT = 0x8122
    DECRYPT = 0x8123
    GENERATE_RANDOM = 0x8124


class CommandType(IntEnum):
    """The kind of a command, without the prefix ``CN_``."""

    MGMT_CMD = 0x0
    CERT_AUTH_CMD = 0x9


class LogType(IntEnum):
    """Which details a record has; the original's name for that of sharing says nothing."""

    MINIMAL_LOG_ENTRY = 0
    MGMT_KEY_DETAILS_LOG = 1
    MGMT_USER_DETAILS_LOG = 2
    UNKNOWN_LOG_TYPE = 5


_USER_OPCODES = frozenset(
    {
        Opcode.CREATE_USER,
        Opcode.CREATE_CO,
        Opcode.CREATE_APPLIANCE_USER,
        Opcode.CHANGE_PSWD,
        Opcode.DELETE_USER,
        Opcode.LOGIN,
        Opcode.LOGOUT,
        Opcode.APP_FINALIZE,
        Opcode.REGISTER_QUORUM_KEY,
        Opcode.REGISTER_MFA_KEY,
        Opcode.DEREGISTER_MFA_KEY,
        Opcode.EXTRACT_MASKED_USER,
        Opcode.INSERT_MASKED_USER,
    }
)
_KEY_OPCODES = frozenset(
    {
        Opcode.DESTROY_OBJECT,
        Opcode.TOMBSTONE_OBJECT,
        Opcode.CREATE_OBJECT,
        Opcode.MODIFY_OBJECT,
        Opcode.GENERATE_KEY,
        Opcode.GENERATE_KEY_PAIR,
        Opcode.WRAP_KEY,
        Opcode.UNWRAP_KEY,
        Opcode.NIST_AES_WRAP,
        Opcode.DERIVE_KEY,
        Opcode.EXTRACT_MASKED_OBJECT_USER,
        Opcode.INSERT_MASKED_OBJECT_USER,
        Opcode.GET_ATTRIBUTES,
        Opcode.SIGN,
        Opcode.VERIFY,
        Opcode.ENCRYPT,
        Opcode.DECRYPT,
    }
)


@dataclass(frozen=True)
class Event:
    """What happened.

    Attributes:
        opcode: what was asked for.
        time: microseconds since 1970.
        session: the number of the session; 0 for what happened outside of any.
        actor: who was logged in to it when the operation began.
        key: the handle of the private or secret key; 0 for none.
        public_key: the handle of the public key; 0 for none.
        by: the handle of the key that wrapped or unwrapped, or that was derived from; 0 for none.
        user: the user that it was done to.
        response: 0, or why it was refused.
    """

    opcode: Opcode
    time: int
    session: int = 0
    actor: Actor | None = None
    key: int = 0
    public_key: int = 0
    by: int = 0
    user: Actor | None = None
    response: ReturnCode | Literal[0] = 0

    @property
    def command_type(self) -> CommandType:
        """The kind of command."""
        certificates = self.opcode.name.startswith("CERT_AUTH_")
        return CommandType.CERT_AUTH_CMD if certificates else CommandType.MGMT_CMD

    @property
    def log_type(self) -> LogType:
        """Which details the record has."""
        if self.opcode in _USER_OPCODES:
            return LogType.MGMT_USER_DETAILS_LOG
        if self.opcode in _KEY_OPCODES:
            return LogType.MGMT_KEY_DETAILS_LOG
        return LogType.UNKNOWN_LOG_TYPE if self.opcode is Opcode.SHARE_OBJECT else LogType.MINIMAL_LOG_ENTRY


@dataclass(frozen=True)
class Record:
    """An event with its place in the log.

    Attributes:
        sequence: from 0, without gaps.
        reboots: how often the HSM had been switched on.
        event: what happened.
    """

    sequence: int
    reboots: int
    event: Event


class Entry:
    """An operation under way, which becomes one record, or one for each of the keys that it takes in.

    Attributes:
        opcode: what was asked for.
        user: the user that it is done to.
        recorded: whether its record was written, or belongs to a transaction that has not failed.
    """

    def __init__(
        self, opcode: Opcode, session: int, actor: Actor | None, *, key: int = 0, by: int = 0, user: Actor | None = None
    ) -> None:
        """Begin with what the caller names; see :class:`Event`."""
        self.opcode = opcode
        self.user = user
        self.recorded = False
        self._session = session
        self._actor = actor
        self._by = by
        self._named = key, 0
        self._made: list[tuple[int, int]] = []

    def on(self, obj: HsmObject) -> None:
        """Say which key was named."""
        self._named = _handles([obj])

    def makes(self, objects: Sequence[HsmObject]) -> None:
        """Say which keys come to be; of those that are taken in, each has a record of its own."""
        apart = self.opcode is Opcode.CREATE_OBJECT
        self._made = [_handles([obj]) for obj in objects] if apart else [_handles(objects)]

    def events(self, time: int) -> list[Event]:
        """Return what is to be recorded of the success, at a time in microseconds; nothing of AWS's own logins."""
        if self.opcode is Opcode.LOGIN and self.user is not None and self.user.role.value == APPLIANCE_USER:
            return []
        return [self._event(time, *handles, 0) for handles in self._made or [self._named]]

    def refusal(self, time: int, code: ReturnCode) -> Event:
        """Return what is to be recorded of the refusal; keys that did not come to be are not named."""
        return self._event(time, *self._named, code)

    def _event(self, time: int, key: int, public_key: int, response: ReturnCode | Literal[0]) -> Event:
        return Event(self.opcode, time, self._session, self._actor, key, public_key, self._by, self.user, response)


def _handles(objects: Iterable[HsmObject]) -> tuple[int, int]:
    """Return the handle of the private or secret key, and of the public one, 0 for one that there is not."""
    key = public_key = 0
    for obj in objects:
        if obj.object_class is ObjectClass.PUBLIC_KEY:
            public_key = obj.handle
        else:
            key = obj.handle
    return key, public_key
