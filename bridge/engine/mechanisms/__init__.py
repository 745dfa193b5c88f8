"""The table of mechanisms: one entry says what an algorithm needs, allows and does."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from bridge.engine.errors import HsmError, ReturnCode
from bridge.engine.mechanisms import aes, aes_keywrap, derivation, des3, ec, edwards, gcm, generic, mldsa, rsa
from bridge.engine.mechanisms.entry import Mechanism, MechanismType

_FAMILIES = (aes, gcm, aes_keywrap, des3, generic, rsa, ec, edwards, mldsa, derivation)

MECHANISMS: Mapping[int, Mechanism] = MappingProxyType(
    {entry.type: entry for family in _FAMILIES for entry in family.MECHANISMS}
)


def mechanism(number: int) -> Mechanism:
    """Look a mechanism up.

    Args:
        number: its ``CKM_`` number.

    Raises:
        HsmError: ``MECHANISM_INVALID``.
    """
    entry = MECHANISMS.get(number)
    if entry is None:
        raise HsmError(ReturnCode.MECHANISM_INVALID, f"The HSM has no mechanism 0x{number:08x}.")
    return entry


__all__ = ["MECHANISMS", "Mechanism", "MechanismType", "mechanism"]
