"""The table of mechanisms: one entry says what an algorithm needs, allows and does."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from bridge.engine.errors import HsmError, ReturnCode
from bridge.engine.mechanisms import aes, aes_keywrap, derivation, des3, ec, edwards, gcm, generic, mldsa, rsa
from bridge.engine.mechanisms.entry import Mechanism, MechanismType
from bridge.engine.parameters import Gcm, Parameter, decode, encode

_FAMILIES = (aes, gcm, aes_keywrap, des3, generic, rsa, ec, edwards, mldsa, derivation)

MECHANISMS: Mapping[int, Mechanism] = MappingProxyType(
    {entry.type: entry for family in _FAMILIES for entry in family.MECHANISMS}
)


_GCM_WITHOUT_AAD = Gcm(b"", b"")
_WITHOUT_AAD = encode(_GCM_WITHOUT_AAD)
"""What most encryptions with GCM have; reading it takes as long as to encrypt so little as they do."""


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


def parameter_of(number: int, encoded: bytes | None) -> Parameter | None:
    """Read a mechanism's parameter as it crosses a border.

    Args:
        number: the mechanism's ``CKM_`` number.
        encoded: as :func:`bridge.engine.parameters.decode` takes it; None for no parameter.

    Raises:
        HsmError: ``MECHANISM_INVALID``, ``MECHANISM_PARAM_INVALID``.
    """
    if encoded is None:
        return None
    if encoded == _WITHOUT_AAD and number == MechanismType.CLOUDHSM_AES_GCM:
        return _GCM_WITHOUT_AAD
    kind = mechanism(number).parameter
    if kind is None:
        raise HsmError(ReturnCode.MECHANISM_PARAM_INVALID, f"The mechanism 0x{number:08x} takes no parameter.")
    return decode(kind, encoded)


__all__ = ["MECHANISMS", "Mechanism", "MechanismType", "mechanism", "parameter_of"]
