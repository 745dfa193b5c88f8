"""The Java interface ``io.hsmbridge.engine.Engine``, implemented with a session of the engine.

Conversions only: what is allowed is decided behind the session. No Python exception reaches Java; see
:func:`_translated`.
"""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable, Mapping
from typing import Any, ParamSpec, TypeVar

import jpype
from jpype import JImplements

from bridge import __version__
from bridge.engine import Attribute, Hsm, HsmError, ReturnCode, Role, Session, SessionRules
from bridge.engine.attributes import Value, parse

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
    """Opens sessions with one HSM for Java."""

    def __init__(self, hsm: Hsm, home: str, rules: SessionRules) -> None:
        """Take the HSM, the home that it serves, and the rules of the sessions to open."""
        self._hsm = hsm
        self._home = home
        self._rules = rules

    @_translated
    def open(self) -> JPypeEngine:
        """See ``EngineFactory.open``."""
        return JPypeEngine(self._hsm.open_session(self._rules), self._home)


@JImplements("io.hsmbridge.engine.Engine", deferred=True)
class JPypeEngine:
    """One session, for Java. The methods are those of the interface, whose Javadoc describes them."""

    def __init__(self, session: Session, home: str) -> None:
        self._session = session
        self._home = home

    @_translated
    def info(self) -> Any:
        """See ``Engine.info``."""
        return _java_map({"VERSION": __version__, "HOME": self._home})

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
    def importKey(self, template: Any) -> int:  # noqa: N802
        """See ``Engine.importKey``."""
        return self._session.import_key(_template(template))

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
    def sign(self, key: Any, mechanism: Any, data: Any) -> bytes:
        """See ``Engine.sign``."""
        return self._session.sign(int(key), int(mechanism), bytes(data))

    @_translated
    def verify(self, key: Any, mechanism: Any, data: Any, signature: Any) -> None:
        """See ``Engine.verify``."""
        self._session.verify(int(key), int(mechanism), bytes(data), bytes(signature))


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
    return jpype.java.lang.String(value)
