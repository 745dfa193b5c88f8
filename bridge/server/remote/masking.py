"""Masked objects of a remote session; every method is that of :class:`bridge.engine.Session`."""

from __future__ import annotations

from bridge.engine.quorum import Approval
from bridge.engine.users import Role, UserInfo
from bridge.server.records import packed
from bridge.server.remote.calls import Calls


class Masking(Calls):
    """What a session does about masked objects."""

    @property
    def lineage(self) -> bytes:
        """See :attr:`bridge.engine.Session.lineage`."""
        return self._ask(bytes, "lineage")

    def extract_masked(self, handle: int) -> bytes:
        """See :meth:`bridge.engine.Session.extract_masked`."""
        return self._ask(bytes, "extractMasked", handle)

    def insert_masked(self, blob: bytes) -> int:
        """See :meth:`bridge.engine.Session.insert_masked`."""
        return self._ask(int, "insertMasked", blob)

    def extract_masked_user(self, role: Role, name: str) -> bytes:
        """See :meth:`bridge.engine.Session.extract_masked_user`."""
        return self._ask(bytes, "extractMaskedUser", packed(role), name)

    def insert_masked_user(self, blob: bytes, approval: Approval | None = None) -> UserInfo:
        """See :meth:`bridge.engine.Session.insert_masked_user`."""
        return self._ask(UserInfo, "insertMaskedUser", blob, packed(approval))
