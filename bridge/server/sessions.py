"""The sessions that a worker serves, and how a connection joins one."""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bridge.cluster import Clusters
from bridge.engine import HsmError, ReturnCode, Session, SessionRules
from bridge.server.methods import Served
from bridge.server.shared import RegistryClient, SharedHoldings
from bridge.server.transport import shows_certificate
from bridge.server.wire import VERSION, greeting

_CLIENT = re.compile(r"[ -~]{0,64}")

_RULES: Mapping[str, type] = {"clear_extraction": bool, "min_hsms": int}


@dataclass
class _Seat:
    served: Served
    connections: int


class Sessions:
    """Opens and joins sessions; any thread of the worker may."""

    def __init__(self, registry: RegistryClient, clusters: Clusters) -> None:
        """Take the registry of all workers, and the HSMs."""
        self._registry = registry
        self._clusters = clusters
        self._seats: dict[int, _Seat] = {}
        self._lock = threading.Lock()

    def hello(self, identity: bytes, arguments: tuple[object, ...]) -> tuple[tuple[int, Served], dict[str, object]]:
        """Do what ``hello`` asks for.

        Args:
            identity: of the peer.
            arguments: versions and options.

        Returns:
            The session's number and what is served in it; the answer.

        Raises:
            HsmError: ``ARGUMENTS_BAD``, ``FUNCTION_FAILED`` if there is no common version, ``SESSION_HANDLE_INVALID``,
                ``SESSION_COUNT``; as :meth:`Clusters.find`.
        """
        options = _options(arguments)
        if options.get("session") is not None:
            token = _typed("session", options["session"], bytes)
            number, slot, cluster, rules = self._registry.ask("join", identity, token)
            try:
                return (number, self._seat(number, slot, cluster, _rules(rules, identity), "")), greeting(token)
            except BaseException:
                self._registry.ask("leave", number)
                raise
        cluster = _typed("cluster", options["cluster"], str) if options.get("cluster") is not None else None
        rules = {name: _typed(name, options[name], kind) for name, kind in _RULES.items() if name in options}
        self._clusters.find(cluster)
        client = options.get("client", "")
        known = client if isinstance(client, str) and _CLIENT.fullmatch(client) else "?"
        number, slot, name = self._registry.ask("open", identity, cluster, rules)
        return (number, self._seat(number, slot, cluster, _rules(rules, identity), known)), greeting(name)

    def _seat(self, number: int, slot: int, cluster: str | None, rules: SessionRules, client: str) -> Served:
        hsm, home = self._clusters.find(cluster)
        with self._lock:
            seat = self._seats.get(number)
            if seat is None:
                holdings = SharedHoldings(self._registry, number, slot)
                session = hsm.open_session(rules, holdings)
                seat = self._seats[number] = _Seat(Served(session, str(home), client), 0)
            seat.connections += 1
            return seat.served

    def leave(self, number: int) -> Session | None:
        """Take a connection away from its session; return the session if it ended with that."""
        with self._lock:
            seat = self._seats[number]
            seat.connections -= 1
            if not seat.connections:
                del self._seats[number]
        return seat.served.session if self._registry.ask("leave", number) else None

    @staticmethod
    def may_try_again(error: HsmError) -> bool:
        """Tell whether a connection may say ``hello`` again after a refusal."""
        return error.code is ReturnCode.SESSION_HANDLE_INVALID


def _rules(asked: Mapping[str, Any], identity: bytes) -> SessionRules:
    """Return the rules of a session, all of whose connections come from the same peer."""
    return SessionRules(**asked, mtls=shows_certificate(identity))


def _options(arguments: tuple[object, ...]) -> dict[str, object]:
    versions, options = arguments if len(arguments) == 2 else (None, None)
    if not isinstance(versions, tuple) or not isinstance(options, dict):
        raise HsmError(
            ReturnCode.ARGUMENTS_BAD, "hello takes an array of versions and a map of options; see docs/protocol.md."
        )
    if VERSION not in versions:
        raise HsmError(
            ReturnCode.FUNCTION_FAILED,
            f"This daemon speaks version {VERSION} of the protocol, and the client does not: use the jar that "
            "`hsmbridge jar` names, and the daemon of the same release.",
        )
    return options


def _typed(name: str, value: object, kind: type) -> Any:
    if type(value) is not kind:
        raise HsmError(ReturnCode.ARGUMENTS_BAD, f"The option {name} of hello is of type {kind.__name__}.")
    return value
