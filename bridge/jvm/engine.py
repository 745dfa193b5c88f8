"""The Java interfaces ``io.hsmbridge.hosted.Host`` and ``HostedSession``, implemented with the engine.

Conversions only: what is allowed is decided behind the session. No Python exception reaches Java; see
:func:`bridge.jvm.errors.translated`.
"""

from __future__ import annotations

import ctypes
import itertools
import os
import threading
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import jpype
from jpype import JImplements

from bridge import __version__
from bridge.cluster import Clusters
from bridge.engine import Attribute, HsmError, ReturnCode, Role, SessionRules
from bridge.engine.attributes import Value, parse
from bridge.engine.mechanisms import parameter_of
from bridge.engine.parameters import Parameter
from bridge.engine.quorum import Approval, approval_of, service_named
from bridge.jvm.channel import Channel, Sessions
from bridge.jvm.errors import translated

_MOST_THREADS = 512
"""Java threads of which Python keeps its state; it is some 20 KiB each, and stays when the thread has ended."""


@JImplements("io.hsmbridge.hosted.Host", deferred=True)
class JPypeHost:
    """What this process gives to Java. The methods are those of the interface, whose Javadoc describes them."""

    def __init__(self, clusters: Clusters, rules: SessionRules) -> None:
        """Take the HSMs, and the rules of the sessions to open."""
        self._clusters = clusters
        self._rules = rules
        self._sessions: Sessions = {}
        self._numbers = itertools.count(1)
        self._kept = threading.local()
        self._keeps = itertools.count(1)

    @translated
    def open(self, cluster: Any, asked: Any) -> JPypeSession:
        """See ``Host.open``."""
        hsm, home = self._clusters.find(None if cluster is None else str(cluster))
        rules = self._rules
        for entry in asked.entrySet():
            rules = _restricted(rules, str(entry.getKey()), _python_value(entry.getValue()))
        number = next(self._numbers)
        self._sessions[number] = hsm.open_session(rules)
        return JPypeSession(self._sessions, number, os.fspath(home))

    @translated
    def channel(self, memory: Any) -> Channel:
        """See ``Host.channel``."""
        return Channel(self._sessions, memory)

    @translated
    def keepThread(self) -> None:  # noqa: N802 - Java's name, as below
        """See ``Host.keepThread``: JPype has Python make a thread's state for each call, and throw it away after it."""
        if not hasattr(self._kept, "yes") and next(self._keeps) <= _MOST_THREADS:
            # One that is asked for twice stays when JPype lets go of it.
            ctypes.pythonapi.PyGILState_Ensure()
            self._kept.yes = True


def _restricted(rules: SessionRules, name: str, value: object) -> SessionRules:
    """Return rules with one more restriction; a program can ask for less than its host allows, not for more."""
    if name == "clear_extraction":
        return replace(rules, clear_extraction=rules.clear_extraction and value is True)
    if name == "min_hsms" and isinstance(value, int):
        return replace(rules, min_hsms=max(rules.min_hsms, value))
    raise HsmError(ReturnCode.ARGUMENTS_BAD, f"A session has no rule {name}.")


@JImplements("io.hsmbridge.hosted.HostedSession", deferred=True)
class JPypeSession:
    """One session, for Java; methods as for :class:`JPypeHost`."""

    def __init__(self, sessions: Sessions, number: int, home: str) -> None:
        self._sessions = sessions
        self._number = number
        self._session = sessions[number]
        self._home = home

    @translated
    def number(self) -> int:
        """See ``HostedSession.number``."""
        return self._number

    @translated
    def info(self) -> Any:
        """See ``Management.info``."""
        return _java_map({"VERSION": __version__, "HOME": self._home, "MODE": self._session.settings.mode.value})

    @translated
    def login(self, user: Any, password: Any) -> None:
        """See ``Management.login``."""
        self._session.login(Role.CRYPTO_USER, str(user), bytes(password))

    @translated
    def logout(self) -> None:
        """See ``Management.logout``."""
        self._session.logout()

    @translated
    def close(self) -> None:
        """See ``Management.close``."""
        self._session.close()
        self._sessions.pop(self._number, None)

    @translated
    def generateKey(self, mechanism: Any, template: Any) -> int:  # noqa: N802
        """See ``Management.generateKey``."""
        return self._session.generate_key(int(mechanism), _template(template))

    @translated
    def generateKeyPair(self, mechanism: Any, public: Any, private: Any) -> Any:  # noqa: N802
        """See ``Management.generateKeyPair``."""
        pair = self._session.generate_key_pair(int(mechanism), _template(public), _template(private))
        return jpype.JLong[:](pair)

    @translated
    def checkGeneration(self, mechanism: Any, template: Any) -> None:  # noqa: N802
        """See ``Management.checkGeneration``."""
        self._session.check_generation(int(mechanism), _template(template))

    @translated
    def importKey(self, template: Any) -> int:  # noqa: N802
        """See ``Management.importKey``."""
        return self._session.import_key(_template(template))

    @translated
    def importForUse(self, template: Any) -> int:  # noqa: N802
        """See ``Management.importForUse``."""
        return self._session.import_for_use(_template(template))

    @translated
    def find(self, template: Any) -> Any:
        """See ``Management.find``."""
        return jpype.JLong[:](self._session.find(_template(template)))

    @translated
    def attributes(self, key: Any) -> Any:
        """See ``Management.attributes``."""
        return _java_map({name.name: value for name, value in self._session.attributes(int(key)).items()})

    @translated
    def setAttributes(self, key: Any, template: Any) -> None:  # noqa: N802
        """See ``Management.setAttributes``."""
        self._session.set_attributes(int(key), _template(template))

    @translated
    def destroy(self, key: Any) -> None:
        """See ``Management.destroy``."""
        self._session.destroy(int(key))

    @translated
    def export(self, key: Any) -> Any:
        """See ``Management.export``."""
        return self._session.export(int(key))

    @translated
    def random(self, count: Any) -> Any:
        """See ``Management.random``."""
        return _java_bytes(self._session.random(int(count)))

    @translated
    def generateToken(self, service: Any, key: Any) -> Any:  # noqa: N802
        """See ``Management.generateToken``."""
        return self._session.generate_token(service_named(str(service)), int(key) or None)

    @translated
    def tokenInfo(self, service: Any, key: Any) -> Any:  # noqa: N802
        """See ``Management.tokenInfo``."""
        token = self._session.token(service_named(str(service)), int(key) or None)
        return _java_map({"REQUIRED": token.required, "EXPIRES_IN": token.expires_in})

    @translated
    def signApproved(self, key: Any, mechanism: Any, parameter: Any, data: Any, approval: Any) -> bytes:  # noqa: N802
        """See ``Management.signApproved``."""
        number = int(mechanism)
        return self._session.sign(
            int(key), number, bytes(data), _parameter(number, parameter), _python_approval(approval)
        )

    @translated
    def wrap(self, wrapping: Any, mechanism: Any, parameter: Any, key: Any) -> bytes:
        """See ``Management.wrap``."""
        number = int(mechanism)
        return self._session.wrap(int(wrapping), number, int(key), _parameter(number, parameter))

    @translated
    def unwrap(self, unwrapping: Any, mechanism: Any, parameter: Any, wrapped: Any, template: Any) -> int:
        """See ``Management.unwrap``."""
        number, given = int(mechanism), _template(template)
        return self._session.unwrap(int(unwrapping), number, bytes(wrapped), given, _parameter(number, parameter))

    @translated
    def derive(self, base: Any, mechanism: Any, parameter: Any, template: Any) -> int:
        """See ``Management.derive``."""
        number, given = int(mechanism), _template(template)
        return self._session.derive(int(base), number, given, _parameter(number, parameter))


_LARGE = 1024
"""Bytes from which on a detour through a direct buffer is quicker than a conversion to ``byte[]``."""


def _java_bytes(data: bytes) -> Any:
    """Return bytes as Java gets them soonest; JPype turns ``bytes`` into ``byte[]`` one byte after the other."""
    if len(data) < _LARGE:
        return data
    array = jpype.JByte[len(data)]
    jpype.nio.convertToDirectBuffer(bytearray(data)).get(array)
    return array


def _parameter(number: int, encoded: Any) -> Parameter | None:
    return parameter_of(number, None if encoded is None else bytes(encoded))


def _python_approval(approval: Any) -> Approval:
    signatures = [
        (str(each.username()), None if each.role() is None else str(each.role()), bytes(each.signature()))
        for each in approval.signatures()
    ]
    return approval_of(bytes(approval.approvalData()), signatures)


def _template(java_map: Any) -> dict[Attribute, Value]:
    try:
        return parse({str(entry.getKey()): _python_value(entry.getValue()) for entry in java_map.entrySet()})
    except UnicodeDecodeError:
        raise HsmError(
            ReturnCode.ATTRIBUTE_VALUE_INVALID, "An attribute holds half a surrogate pair; it is no text."
        ) from None


def _python_value(value: Any) -> object:
    if isinstance(value, jpype.java.lang.Boolean):
        return bool(value)
    if isinstance(value, jpype.java.lang.Number):
        return int(value)
    if isinstance(value, jpype.java.lang.String):
        return str(value)
    if isinstance(value, jpype.JByte[:]):
        return bytes(value)
    if isinstance(value, jpype.java.util.Map):
        return {str(entry.getKey()): _python_value(entry.getValue()) for entry in value.entrySet()}
    return value


def _java_map(values: Mapping[str, Value]) -> Any:
    result = jpype.java.util.HashMap()
    for name, value in values.items():
        result.put(name, _java_value(value))
    return result


def _java_value(value: Value) -> Any:
    if isinstance(value, bool):
        return jpype.java.lang.Boolean(value)
    if isinstance(value, int):
        return jpype.java.lang.Long(int(value))
    if isinstance(value, bytes):
        return jpype.JByte[:](value)
    if isinstance(value, tuple):
        return _java_map({name.name: item for name, item in value})
    return jpype.java.lang.String(value)
