"""The Java interface ``io.hsmbridge.engine.Engine``, implemented with a session of the engine.

Conversions only: what is allowed is decided behind the session. No Python exception reaches Java; see
:func:`_translated`.
"""

from __future__ import annotations

import functools
import logging
import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, ParamSpec, TypeVar

import jpype
from jpype import JImplements

from bridge import __version__
from bridge.cluster import Clusters
from bridge.engine import Attribute, HsmError, ReturnCode, Role, Session, SessionRules
from bridge.engine.attributes import Value, parse
from bridge.engine.mechanisms import parameter_of
from bridge.engine.parameters import Parameter
from bridge.engine.quorum import Approval, approval_of, service_named

_log = logging.getLogger(__name__)

_Parameters = ParamSpec("_Parameters")
_Result = TypeVar("_Result")


def _translated(method: Callable[_Parameters, _Result]) -> Callable[_Parameters, _Result]:
    """Mark a method as Java's and let it raise nothing but ``HsmException``.

    A raw Python exception would take its traceback to Java.
    """

    @functools.wraps(method)
    def call(*args: _Parameters.args, **_: _Parameters.kwargs) -> _Result:
        try:
            return method(*args)  # type: ignore[call-arg] # Java passes no keywords
        except HsmError as error:
            raise _exception(error.code, error.message) from None
        except Exception as error:
            _log.exception("the engine failed in %s", method.__name__)
            message = f"The engine failed in {method.__name__} ({type(error).__name__}); this is a defect of hsmbridge."
            raise _exception(ReturnCode.GENERAL_ERROR, message) from None

    overriding: Callable[_Parameters, _Result] = jpype.JOverride(call)
    return overriding


def _exception(code: ReturnCode, message: str) -> Exception:
    exception: Exception = jpype.JClass("io.hsmbridge.engine.HsmException")(int(code), message)
    return exception


@JImplements("io.hsmbridge.engine.EngineFactory", deferred=True)
class JPypeEngineFactory:
    """Opens sessions with the HSMs of this process for Java."""

    def __init__(self, clusters: Clusters, rules: SessionRules) -> None:
        """Take the HSMs, and the rules of the sessions to open."""
        self._clusters = clusters
        self._rules = rules

    @_translated
    def open(self, cluster: Any, asked: Any) -> JPypeEngine:
        """See ``EngineFactory.open``."""
        hsm, home = self._clusters.find(None if cluster is None else str(cluster))
        rules = self._rules
        for entry in asked.entrySet():
            rules = _restricted(rules, str(entry.getKey()), _python_value(entry.getValue()))
        return JPypeEngine(hsm.open_session(rules), os.fspath(home))


def _restricted(rules: SessionRules, name: str, value: object) -> SessionRules:
    """Return rules with one more restriction; a program can ask for less than its host allows, not for more."""
    if name == "clear_extraction":
        return replace(rules, clear_extraction=rules.clear_extraction and value is True)
    if name == "min_hsms" and isinstance(value, int):
        return replace(rules, min_hsms=max(rules.min_hsms, value))
    raise HsmError(ReturnCode.ARGUMENTS_BAD, f"A session has no rule {name}.")


@JImplements("io.hsmbridge.engine.Engine", deferred=True)
class JPypeEngine:
    """One session, for Java. The methods are those of the interface, whose Javadoc describes them."""

    def __init__(self, session: Session, home: str) -> None:
        self._session = session
        self._home = home

    @_translated
    def info(self) -> Any:
        """See ``Engine.info``."""
        return _java_map({"VERSION": __version__, "HOME": self._home, "MODE": self._session.settings.mode.value})

    @_translated
    def login(self, user: Any, password: Any) -> None:
        """See ``Engine.login``."""
        self._session.login(Role.CRYPTO_USER, str(user), bytes(password))

    @_translated
    def logout(self) -> None:
        """See ``Engine.logout``."""
        self._session.logout()

    @_translated
    def close(self) -> None:
        """See ``Engine.close``."""
        self._session.close()

    @_translated
    def generateKey(self, mechanism: Any, template: Any) -> int:  # noqa: N802 - Java's name, as below
        """See ``Engine.generateKey``."""
        return self._session.generate_key(int(mechanism), _template(template))

    @_translated
    def generateKeyPair(self, mechanism: Any, public: Any, private: Any) -> Any:  # noqa: N802
        """See ``Engine.generateKeyPair``."""
        pair = self._session.generate_key_pair(int(mechanism), _template(public), _template(private))
        return jpype.JLong[:](pair)

    @_translated
    def checkGeneration(self, mechanism: Any, template: Any) -> None:  # noqa: N802
        """See ``Engine.checkGeneration``."""
        self._session.check_generation(int(mechanism), _template(template))

    @_translated
    def importKey(self, template: Any) -> int:  # noqa: N802
        """See ``Engine.importKey``."""
        return self._session.import_key(_template(template))

    @_translated
    def importForUse(self, template: Any) -> int:  # noqa: N802
        """See ``Engine.importForUse``."""
        return self._session.import_for_use(_template(template))

    @_translated
    def find(self, template: Any) -> Any:
        """See ``Engine.find``."""
        return jpype.JLong[:](self._session.find(_template(template)))

    @_translated
    def attributes(self, key: Any) -> Any:
        """See ``Engine.attributes``."""
        return _java_map({name.name: value for name, value in self._session.attributes(int(key)).items()})

    @_translated
    def setAttributes(self, key: Any, template: Any) -> None:  # noqa: N802
        """See ``Engine.setAttributes``."""
        self._session.set_attributes(int(key), _template(template))

    @_translated
    def destroy(self, key: Any) -> None:
        """See ``Engine.destroy``."""
        self._session.destroy(int(key))

    @_translated
    def export(self, key: Any) -> Any:
        """See ``Engine.export``."""
        return self._session.export(int(key))

    @_translated
    def random(self, count: Any) -> Any:
        """See ``Engine.random``."""
        return _java_bytes(self._session.random(int(count)))

    @_translated
    def sign(self, key: Any, mechanism: Any, parameter: Any, data: Any) -> bytes:
        """See ``Engine.sign``."""
        number = int(mechanism)
        return self._session.sign(int(key), number, bytes(data), _parameter(number, parameter))

    @_translated
    def generateToken(self, service: Any, key: Any) -> Any:  # noqa: N802
        """See ``Engine.generateToken``."""
        return self._session.generate_token(service_named(str(service)), int(key) or None)

    @_translated
    def tokenInfo(self, service: Any, key: Any) -> Any:  # noqa: N802
        """See ``Engine.tokenInfo``."""
        token = self._session.token(service_named(str(service)), int(key) or None)
        return _java_map({"REQUIRED": token.required, "EXPIRES_IN": token.expires_in})

    @_translated
    def signApproved(self, key: Any, mechanism: Any, parameter: Any, data: Any, approval: Any) -> bytes:  # noqa: N802
        """See ``Engine.signApproved``."""
        number = int(mechanism)
        return self._session.sign(
            int(key), number, bytes(data), _parameter(number, parameter), _python_approval(approval)
        )

    @_translated
    def verify(self, key: Any, mechanism: Any, parameter: Any, data: Any, signature: Any) -> None:
        """See ``Engine.verify``."""
        number = int(mechanism)
        self._session.verify(int(key), number, bytes(data), bytes(signature), _parameter(number, parameter))

    @_translated
    def encrypt(self, key: Any, mechanism: Any, parameter: Any, data: Any) -> Any:
        """See ``Engine.encrypt``."""
        number = int(mechanism)
        return _java_bytes(self._session.encrypt(int(key), number, bytes(data), _parameter(number, parameter)))

    @_translated
    def decrypt(self, key: Any, mechanism: Any, parameter: Any, data: Any) -> Any:
        """See ``Engine.decrypt``."""
        number = int(mechanism)
        return _java_bytes(self._session.decrypt(int(key), number, bytes(data), _parameter(number, parameter)))

    @_translated
    def wrap(self, wrapping: Any, mechanism: Any, parameter: Any, key: Any) -> bytes:
        """See ``Engine.wrap``."""
        number = int(mechanism)
        return self._session.wrap(int(wrapping), number, int(key), _parameter(number, parameter))

    @_translated
    def unwrap(self, unwrapping: Any, mechanism: Any, parameter: Any, wrapped: Any, template: Any) -> int:
        """See ``Engine.unwrap``."""
        number, given = int(mechanism), _template(template)
        return self._session.unwrap(int(unwrapping), number, bytes(wrapped), given, _parameter(number, parameter))

    @_translated
    def derive(self, base: Any, mechanism: Any, parameter: Any, template: Any) -> int:
        """See ``Engine.derive``."""
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
