"""Keys, and what is done with them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bridge.engine import HsmError, ReturnCode
from bridge.engine.attributes import parse
from bridge.engine.mechanisms import parameter_of
from bridge.engine.quorum import KeyQuorum, approval_of
from bridge.server.methods.entry import (
    APPROVAL,
    ARRAY,
    BYTES,
    INTEGER,
    MAP,
    PARAMETER,
    TEMPLATE,
    TEXT,
    Method,
    Served,
    method,
    read,
    read_approval,
)
from bridge.server.records import named, packed

_NOBODY: Sequence[object] = ()
_NO_APPROVALS: Mapping[str, object] = {}


def _generate_key(
    served: Served,
    mechanism: int,
    template: Mapping[str, object],
    users: Sequence[object] = _NOBODY,
    quorum: object = _NO_APPROVALS,
) -> int:
    return served.session.generate_key(mechanism, parse(template), _texts(users), read(KeyQuorum, quorum))


def _generate_key_pair(
    served: Served,
    mechanism: int,
    public: Mapping[str, object],
    private: Mapping[str, object],
    users: Sequence[object] = _NOBODY,
    quorum: object = _NO_APPROVALS,
) -> tuple[int, int]:
    allowed = _texts(users), read(KeyQuorum, quorum)
    return served.session.generate_key_pair(mechanism, parse(public), parse(private), *allowed)


def _texts(values: Sequence[object]) -> list[str]:
    texts = [value for value in values if isinstance(value, str)]
    if len(texts) != len(values):
        raise HsmError(ReturnCode.ARGUMENTS_BAD, "Users are named by texts.")
    return texts


def _check_generation(served: Served, mechanism: int, template: Mapping[str, object]) -> None:
    served.session.check_generation(mechanism, parse(template))


def _import_key(served: Served, template: Mapping[str, object]) -> int:
    return served.session.import_key(parse(template))


def _import_keys(served: Served, templates: Sequence[object]) -> list[int]:
    given = [template for template in templates if isinstance(template, dict)]
    if len(given) != len(templates):
        raise HsmError(ReturnCode.ARGUMENTS_BAD, "Keys are given by templates.")
    return served.session.import_keys([parse(template) for template in given])


def _import_for_use(served: Served, template: Mapping[str, object]) -> int:
    return served.session.import_for_use(parse(template))


def _find(served: Served, template: Mapping[str, object]) -> list[int]:
    return served.session.find(parse(template))


def _attributes(served: Served, key: int) -> dict[str, object]:
    return named(served.session.attributes(key).items())


def _set_attributes(served: Served, key: int, template: Mapping[str, object], approval: object = None) -> None:
    served.session.set_attributes(key, parse(template), read_approval(approval))


def _share(served: Served, key: int, user: str, approval: object) -> None:
    served.session.share(key, user, read_approval(approval))


def _unshare(served: Served, key: int, user: str, approval: object) -> None:
    served.session.unshare(key, user, read_approval(approval))


def _sign(
    served: Served, key: int, mechanism: int, parameter: bytes | None, data: bytes, approval: object = None
) -> bytes:
    if approval is None:
        return served.session.sign(key, mechanism, data, parameter_of(mechanism, parameter))
    return served.session.sign(key, mechanism, data, parameter_of(mechanism, parameter), read_approval(approval))


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


def _wrap(
    served: Served,
    wrapping: int,
    mechanism: int,
    parameter: bytes | None,
    key: int,
    approval: object = None,
    wrapping_approval: object = None,
) -> bytes:
    approvals = read_approval(approval), read_approval(wrapping_approval)
    return served.session.wrap(wrapping, mechanism, key, parameter_of(mechanism, parameter), *approvals)


def _unwrap(
    served: Served,
    unwrapping: int,
    mechanism: int,
    parameter: bytes | None,
    wrapped: bytes,
    template: Mapping[str, object],
    approval: object = None,
) -> int:
    given, approved = parse(template), read_approval(approval)
    return served.session.unwrap(unwrapping, mechanism, wrapped, given, parameter_of(mechanism, parameter), approved)


def _derive(served: Served, base: int, mechanism: int, parameter: bytes | None, template: Mapping[str, object]) -> int:
    return served.session.derive(base, mechanism, parse(template), parameter_of(mechanism, parameter))


_ALLOWED = (ARRAY, MAP)

METHODS: Mapping[str, Method] = {
    "generateKey": method(_generate_key, INTEGER, TEMPLATE, more=_ALLOWED, slow=True),
    "generateKeyPair": method(_generate_key_pair, INTEGER, TEMPLATE, TEMPLATE, more=_ALLOWED, slow=True),
    "checkGeneration": method(_check_generation, INTEGER, TEMPLATE),
    "importKey": method(_import_key, TEMPLATE, slow=True),
    "importForUse": method(_import_for_use, TEMPLATE, slow=True),
    "find": method(_find, TEMPLATE, slow=True),
    "attributes": method(_attributes, INTEGER),
    "setAttributes": method(_set_attributes, INTEGER, TEMPLATE, more=(MAP,), slow=True),
    "destroy": method(lambda served, key: served.session.destroy(key), INTEGER, slow=True),
    "export": method(lambda served, key: served.session.export(key), INTEGER, slow=True),
    "random": method(lambda served, count: served.session.random(count), INTEGER),
    "sign": method(_sign, INTEGER, INTEGER, PARAMETER, BYTES, more=(MAP,)),
    "signApproved": method(_sign_approved, INTEGER, INTEGER, PARAMETER, BYTES, BYTES, ARRAY, slow=True),
    "verify": method(_verify, INTEGER, INTEGER, PARAMETER, BYTES, BYTES),
    "encrypt": method(_encrypt, INTEGER, INTEGER, PARAMETER, BYTES),
    "decrypt": method(_decrypt, INTEGER, INTEGER, PARAMETER, BYTES),
    "wrap": method(_wrap, INTEGER, INTEGER, PARAMETER, INTEGER, more=(APPROVAL, APPROVAL), slow=True),
    "unwrap": method(_unwrap, INTEGER, INTEGER, PARAMETER, BYTES, TEMPLATE, more=(MAP,), slow=True),
    "derive": method(_derive, INTEGER, INTEGER, PARAMETER, TEMPLATE, slow=True),
}

MANAGEMENT: Mapping[str, Method] = {
    "importKeys": method(_import_keys, ARRAY, slow=True),
    "keyInfo": method(lambda served, key: packed(served.session.info(key)), INTEGER),
    "share": method(_share, INTEGER, TEXT, APPROVAL, slow=True),
    "unshare": method(_unshare, INTEGER, TEXT, APPROVAL, slow=True),
}
