"""The HSM as a whole: what it is, what it is set to, and mutual TLS."""

from __future__ import annotations

import inspect
from collections.abc import Mapping

from bridge import __version__
from bridge.engine import HsmError, ReturnCode, Session
from bridge.engine.settings import MtlsEnforcement
from bridge.server.methods.entry import (
    APPROVAL,
    BYTES,
    INTEGER,
    MAP,
    TEXT,
    Method,
    Served,
    method,
    read,
    read_approval,
)
from bridge.server.records import packed

_SWITCHES = tuple(inspect.signature(Session.configure).parameters)[1:]
"""The settings that change, as the session names them."""


def _info(served: Served) -> dict[str, str]:
    return {"VERSION": __version__, "HOME": served.home, "MODE": served.session.settings.mode.value}


def _configure(served: Served, changes: Mapping[str, object]) -> object:
    for name, value in changes.items():
        if name not in _SWITCHES or type(value) is not bool:
            raise HsmError(ReturnCode.ARGUMENTS_BAD, f"Settings that change are {', '.join(_SWITCHES)}: true or false.")
    return packed(served.session.configure(**changes))  # type: ignore[arg-type] # they were looked at


def _register_trust_anchor(served: Served, certificate: bytes, approval: object) -> object:
    return packed(served.session.register_trust_anchor(certificate, read_approval(approval)))


def _deregister_trust_anchor(served: Served, reference: int, approval: object) -> None:
    served.session.deregister_trust_anchor(reference, read_approval(approval))


def _set_mtls_enforcement(served: Served, level: str, approval: object) -> None:
    served.session.set_mtls_enforcement(read(MtlsEnforcement, level), read_approval(approval))


INFO: Mapping[str, Method] = {"info": method(_info)}

METHODS: Mapping[str, Method] = {
    "hsmInfo": method(lambda served: packed(served.session.hsm_info()), slow=True),
    "settings": method(lambda served: packed(served.session.settings), slow=True),
    "configure": method(_configure, MAP, slow=True),
    "trustAnchors": method(lambda served: packed(served.session.trust_anchors()), slow=True),
    "registerTrustAnchor": method(_register_trust_anchor, BYTES, APPROVAL, slow=True),
    "deregisterTrustAnchor": method(_deregister_trust_anchor, INTEGER, APPROVAL, slow=True),
    "mtlsEnforcement": method(lambda served: packed(served.session.mtls_enforcement()), slow=True),
    "setMtlsEnforcement": method(_set_mtls_enforcement, TEXT, APPROVAL, slow=True),
}
