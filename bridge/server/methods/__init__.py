"""The methods of the protocol, as requests ask for them: one table.

First those of ``io.hsmbridge.engine.Engine``, then those that manage the HSM. Conversions only: what is allowed is
decided behind the session.
"""

from __future__ import annotations

from collections.abc import Mapping

from bridge.server.methods import hsm, keys, masking, quorum, users
from bridge.server.methods.entry import Method, Served, invoke

METHODS: Mapping[str, Method] = {
    **hsm.INFO,
    **users.LOGINS,
    **keys.METHODS,
    **keys.MANAGEMENT,
    **users.METHODS,
    **quorum.METHODS,
    **hsm.METHODS,
    **masking.METHODS,
}

__all__ = ["METHODS", "Method", "Served", "invoke"]
