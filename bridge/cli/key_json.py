"""Keys as cloudhsm-cli prints them in JSON."""

from __future__ import annotations

from collections.abc import Sequence

from bridge.cli.commands.session import Keys
from bridge.cli.fields import shown
from bridge.engine import Attribute, HsmError, KeyInfo, ReturnCode
from bridge.engine.attributes import Attributes


def reference(handle: int) -> str:
    """Return a key reference: 16 hexadecimal digits."""
    return f"0x{handle:016x}"


def whole(key: KeyInfo) -> dict[str, object]:
    """Return all that is known of a key."""
    quorum = key.quorum
    return {
        "key-reference": reference(key.handle),
        "key-info": {
            "key-owners": [{"username": key.owner, "key-coverage": "full"}],
            "shared-users": [{"username": name, "key-coverage": "full"} for name in sorted(key.shared_with)],
            "key-quorum-values": {"manage-key-quorum-value": quorum.manage, "use-key-quorum-value": quorum.use},
            "cluster-coverage": "full",
        },
        "attributes": shown(key),
    }


def brief(key: KeyInfo) -> dict[str, object]:
    """Return a key's reference and label."""
    return {"key-reference": reference(key.handle), "attributes": {"label": key.attributes[Attribute.LABEL]}}


def visible(session: Keys, handles: Sequence[int]) -> list[KeyInfo]:
    """Return what the user may know of keys that were found; those that were destroyed since are left out.

    Raises:
        HsmError: as :meth:`bridge.engine.Session.info`.
    """
    found = []
    for handle in handles:
        try:
            found.append(session.info(handle))
        except HsmError as error:
            if error.code is not ReturnCode.OBJECT_HANDLE_INVALID:
                raise
    return found


def found(session: Keys, handle: int | None, template: Attributes) -> list[int]:
    """Return the handles of the keys that a filter matches, in ascending order; raises as ``Session.find``."""
    return [found for found in session.find(template) if handle in (None, found)]
