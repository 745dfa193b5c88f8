"""The methods of ``io.hsmbridge.engine.Engine``, as requests ask for them: one table.

Conversions only: what is allowed is decided behind the session.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Mapping
from types import NoneType
from typing import Any, NamedTuple

from bridge import __version__
from bridge.engine import Attribute, HsmError, ReturnCode, Role, Session
from bridge.engine.attributes import Value, parse
from bridge.engine.mechanisms import parameter_of
from bridge.engine.quorum import approval_of, service_named


class Served(NamedTuple):
    """What a request is carried out on.

    Attributes:
        session: the one that the connection joined.
        home: the folder of its HSM.
        client: what the peer that opened the session calls itself, for the log.
    """

    session: Session
    home: str
    client: str = ""


class Method(NamedTuple):
    """One row of the table.

    Attributes:
        call: takes what is served, then the arguments; returns what MessagePack can hold.
        signatures: the types of arguments that it takes, all combinations.
        slow: whether it may take long enough to keep other connections waiting: it waits for the disk, for the
            registry of sessions, or hashes a password.
    """

    call: Callable[..., Any]
    signatures: frozenset[tuple[type, ...]]
    slow: bool


_INTEGER, _BYTES, _TEXT, _TEMPLATE = (int,), (bytes,), (str,), (dict,)
_PARAMETER = (bytes, NoneType)
_KEY_IF_ANY, _SIGNATURES = (int, NoneType), (tuple,)


def _method(call: Callable[..., Any], *kinds: tuple[type, ...], slow: bool = False) -> Method:
    return Method(call, frozenset(itertools.product(*kinds)), slow)


def invoke(method: Method, served: Served, arguments: tuple[object, ...]) -> object:
    """Carry a request out.

    Raises:
        HsmError: ``ARGUMENTS_BAD`` if the arguments are not what the method takes; as the session.
    """
    if tuple(map(type, arguments)) not in method.signatures:
        raise HsmError(
            ReturnCode.ARGUMENTS_BAD,
            "The arguments have another number or other types than the method's; docs/protocol.md has the table.",
        )
    return method.call(served, *arguments)


def _info(served: Served) -> dict[str, str]:
    return {"VERSION": __version__, "HOME": served.home, "MODE": served.session.settings.mode.value}


def _login(served: Served, user: str, password: bytes) -> None:
    served.session.login(Role.CRYPTO_USER, user, password)


def _generate_key(served: Served, mechanism: int, template: Mapping[str, object]) -> int:
    return served.session.generate_key(mechanism, parse(template))


def _generate_key_pair(
    served: Served, mechanism: int, public: Mapping[str, object], private: Mapping[str, object]
) -> tuple[int, int]:
    return served.session.generate_key_pair(mechanism, parse(public), parse(private))


def _check_generation(served: Served, mechanism: int, template: Mapping[str, object]) -> None:
    served.session.check_generation(mechanism, parse(template))


def _import_key(served: Served, template: Mapping[str, object]) -> int:
    return served.session.import_key(parse(template))


def _import_for_use(served: Served, template: Mapping[str, object]) -> int:
    return served.session.import_for_use(parse(template))


def _find(served: Served, template: Mapping[str, object]) -> list[int]:
    return served.session.find(parse(template))


def _attributes(served: Served, key: int) -> dict[str, object]:
    return _named(served.session.attributes(key).items())


def _set_attributes(served: Served, key: int, template: Mapping[str, object]) -> None:
    served.session.set_attributes(key, parse(template))


def _sign(served: Served, key: int, mechanism: int, parameter: bytes | None, data: bytes) -> bytes:
    return served.session.sign(key, mechanism, data, parameter_of(mechanism, parameter))


def _generate_token(served: Served, service: str, key: int | None) -> bytes:
    return served.session.generate_token(service_named(service), key)


def _token_info(served: Served, service: str, key: int | None) -> dict[str, int]:
    token = served.session.token(service_named(service), key)
    return {"REQUIRED": token.required, "EXPIRES_IN": token.expires_in}


def _sign_approved(
    served: Served,
    key: int,
    mechanism: int,
    parameter: bytes | None,
    data: bytes,
    approval_data: bytes,
    signatures: tuple[object, ...],
) -> bytes:
    approval = approval_of(approval_data, signatures)
    return served.session.sign(key, mechanism, data, parameter_of(mechanism, parameter), approval)


def _verify(served: Served, key: int, mechanism: int, parameter: bytes | None, data: bytes, signature: bytes) -> None:
    served.session.verify(key, mechanism, data, signature, parameter_of(mechanism, parameter))


def _encrypt(served: Served, key: int, mechanism: int, parameter: bytes | None, data: bytes) -> bytes:
    return served.session.encrypt(key, mechanism, data, parameter_of(mechanism, parameter))


def _decrypt(served: Served, key: int, mechanism: int, parameter: bytes | None, data: bytes) -> bytes:
    return served.session.decrypt(key, mechanism, data, parameter_of(mechanism, parameter))


def _wrap(served: Served, wrapping: int, mechanism: int, parameter: bytes | None, key: int) -> bytes:
    return served.session.wrap(wrapping, mechanism, key, parameter_of(mechanism, parameter))


def _unwrap(
    served: Served,
    unwrapping: int,
    mechanism: int,
    parameter: bytes | None,
    wrapped: bytes,
    template: Mapping[str, object],
) -> int:
    given = parse(template)
    return served.session.unwrap(unwrapping, mechanism, wrapped, given, parameter_of(mechanism, parameter))


def _derive(served: Served, base: int, mechanism: int, parameter: bytes | None, template: Mapping[str, object]) -> int:
    return served.session.derive(base, mechanism, parse(template), parameter_of(mechanism, parameter))


def _named(attributes: Iterable[tuple[Attribute, Value]]) -> dict[str, object]:
    return {name.name: _named(value) if isinstance(value, tuple) else value for name, value in attributes}


METHODS: Mapping[str, Method] = {
    "info": _method(_info),
    "login": _method(_login, _TEXT, _BYTES, slow=True),
    "logout": _method(lambda served: served.session.logout(), slow=True),
    "close": _method(lambda served: served.session.close(), slow=True),
    "generateKey": _method(_generate_key, _INTEGER, _TEMPLATE, slow=True),
    "generateKeyPair": _method(_generate_key_pair, _INTEGER, _TEMPLATE, _TEMPLATE, slow=True),
    "checkGeneration": _method(_check_generation, _INTEGER, _TEMPLATE),
    "importKey": _method(_import_key, _TEMPLATE, slow=True),
    "importForUse": _method(_import_for_use, _TEMPLATE, slow=True),
    "find": _method(_find, _TEMPLATE, slow=True),
    "attributes": _method(_attributes, _INTEGER),
    "setAttributes": _method(_set_attributes, _INTEGER, _TEMPLATE, slow=True),
    "destroy": _method(lambda served, key: served.session.destroy(key), _INTEGER, slow=True),
    "export": _method(lambda served, key: served.session.export(key), _INTEGER, slow=True),
    "random": _method(lambda served, count: served.session.random(count), _INTEGER),
    "sign": _method(_sign, _INTEGER, _INTEGER, _PARAMETER, _BYTES),
    "generateToken": _method(_generate_token, _TEXT, _KEY_IF_ANY, slow=True),
    "tokenInfo": _method(_token_info, _TEXT, _KEY_IF_ANY, slow=True),
    "signApproved": _method(_sign_approved, _INTEGER, _INTEGER, _PARAMETER, _BYTES, _BYTES, _SIGNATURES, slow=True),
    "verify": _method(_verify, _INTEGER, _INTEGER, _PARAMETER, _BYTES, _BYTES),
    "encrypt": _method(_encrypt, _INTEGER, _INTEGER, _PARAMETER, _BYTES),
    "decrypt": _method(_decrypt, _INTEGER, _INTEGER, _PARAMETER, _BYTES),
    "wrap": _method(_wrap, _INTEGER, _INTEGER, _PARAMETER, _INTEGER, slow=True),
    "unwrap": _method(_unwrap, _INTEGER, _INTEGER, _PARAMETER, _BYTES, _TEMPLATE, slow=True),
    "derive": _method(_derive, _INTEGER, _INTEGER, _PARAMETER, _TEMPLATE, slow=True),
}
