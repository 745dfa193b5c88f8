"""The metrics of an HSM under the names that CloudWatch has for the original's (user guide, "hsm-metrics-cw")."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from bridge.server.metrics import Scalar
from bridge.server.status import State, Status

DESCRIPTIONS: Mapping[str, str] = MappingProxyType(
    {
        "HsmUnhealthy": "Whether the HSM does not do its work.",
        "HsmKeysSessionOccupied": "Session keys that there are.",
        "HsmKeysTokenOccupied": "Token keys that there are.",
        "HsmSessionCount": "Sessions that are open.",
        "HsmUsersAvailable": "Users that can still be made.",
        "HsmUsersMax": "Users that there can be.",
        "HsmSslCtxsOccupied": "Connections over TLS that are open.",
        "InterfaceEth2OctetsInput": "Bytes of requests.",
        "InterfaceEth2OctetsOutput": "Bytes of answers.",
    }
)
"""All metrics with what they are, as far as an HSM without a temperature has them; the last four are of hsm1 only."""

_COUNTED = {
    "HsmKeysSessionOccupied": Scalar.SESSION_KEYS,
    "HsmSessionCount": Scalar.SESSIONS,
    "HsmSslCtxsOccupied": Scalar.TLS_CONNECTIONS,
    "InterfaceEth2OctetsInput": Scalar.BYTES_IN,
    "InterfaceEth2OctetsOutput": Scalar.BYTES_OUT,
}


def hsm_metrics(status: Status) -> dict[str, int]:
    """Return what is known of a home's HSM: of one without a daemon, what lies in the home."""
    found = {}
    if status.state is not State.STOPPED:
        found["HsmUnhealthy"] = int(status.state is not State.RUNNING)
    if status.occupancy is not None:
        found["HsmKeysTokenOccupied"] = status.occupancy.keys
        found["HsmUsersAvailable"] = max(status.occupancy.most_users - status.occupancy.users, 0)
        found["HsmUsersMax"] = status.occupancy.most_users
    if status.counters is not None:
        found |= {name: status.counters.scalars[scalar] for name, scalar in _COUNTED.items()}
    return {name: found[name] for name in DESCRIPTIONS if name in found}
