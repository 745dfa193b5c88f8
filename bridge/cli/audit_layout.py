"""Records of the audit log as CloudWatch shows the original's (user guide, "interpreting-audit-logs"), and as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from bridge.engine.audit import APPLIANCE_USER, Event, LogType, Opcode, Record
from bridge.engine.errors import ReturnCode
from bridge.engine.users import Actor

_USER_TYPES = {
    "crypto-user": "CN_CRYPTO_USER (1)",
    "admin": "CN_CRYPTO_OFFICER (2)",
    APPLIANCE_USER: "CN_APPLIANCE_USER (5)",
    "unactivated-admin": "CN_CRYPTO_PRE_OFFICER (6)",
}

_NO_SUCH_USER = "157:HSM Error: user isn't initialized or user with this name doesn't exist"
_WRONG_PASSWORD = "163:HSM Error: RET_USER_LOGIN_FAILURE"  # noqa: S105 - what the original says of one

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def text(record: Record) -> str:
    """Return a record in the layout of CloudWatch, with an empty line at its end."""
    return "".join(f"{line}\n" for line in _lines(record))


def fields(record: Record) -> dict[str, object]:
    """Return a record as JSON has it; what it has no value for is null."""
    event = record.event
    return {
        "time": _time(event).isoformat(timespec="microseconds"),
        "usecs": event.time,
        "sequence-number": record.sequence,
        "reboot-counter": record.reboots,
        "command-type": f"CN_{event.command_type.name}",
        "opcode": f"CN_{event.opcode.name}",
        "session-handle": f"0x{event.session:x}",
        "response": int(event.response),
        "response-name": _name(event.response),
        "log-type": event.log_type.name,
        "actor": _user(event.actor),
        "user": _user(event.user),
        "key-reference": _reference(event.key),
        "public-key-reference": _reference(event.public_key),
        "by-key-reference": _reference(event.by),
    }


def _lines(record: Record) -> Iterator[str]:
    event = record.event
    yield f"Time: {_time(event):%m/%d/%y %H:%M:%S.%f}, usecs:{event.time}"
    yield f"Sequence No : 0x{record.sequence:x}"
    yield f"Reboot counter : 0x{record.reboots:x}"
    yield f"Command Type(hex) : CN_{event.command_type.name} (0x{event.command_type:x})"
    yield f"Opcode : CN_{event.opcode.name} (0x{event.opcode:x})"
    yield f"Session Handle : 0x{event.session:x}"
    yield f"Response : {_response(event)}"
    yield f"Log type : {event.log_type.name} ({event.log_type:d})"
    if event.log_type is LogType.MGMT_KEY_DETAILS_LOG:
        yield f"Priv/Secret Key Handle : {event.key}"
        yield f"Public Key Handle : {event.public_key}"
    elif event.log_type is LogType.MGMT_USER_DETAILS_LOG:
        user = event.user or event.actor
        if user is not None:
            yield f"User Name : {user.name}"
            yield f"User Type : {_USER_TYPES[user.role.value]}"


def _time(event: Event) -> datetime:
    return _EPOCH + timedelta(microseconds=event.time)


def _name(response: int) -> str:
    return f"CKR_{ReturnCode(response).name}" if response else "CKR_OK"


def _response(event: Event) -> str:
    """Return the response as the original words it, where that is known; otherwise the code of PKCS#11."""
    if not event.response:
        return "0:HSM Return: SUCCESS"
    if event.opcode is Opcode.LOGIN and event.response is ReturnCode.PIN_INCORRECT:
        return _NO_SUCH_USER if event.user is None else _WRONG_PASSWORD
    return f"{int(event.response)}:HSM Error: {_name(event.response)}"


def _user(user: Actor | None) -> dict[str, str] | None:
    return None if user is None else {"username": user.name, "role": user.role.value}


def _reference(handle: int) -> str | None:
    return f"0x{handle:016x}" if handle else None
