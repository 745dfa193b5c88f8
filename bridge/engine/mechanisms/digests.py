"""The hashes that parameters of mechanisms name."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from cryptography.hazmat.primitives import hashes

from bridge.engine.errors import HsmError, ReturnCode
from bridge.engine.mechanisms.entry import MechanismType

_HASHES: Mapping[int, hashes.HashAlgorithm] = MappingProxyType(
    {
        MechanismType.SHA_1: hashes.SHA1(),  # noqa: S303
        MechanismType.SHA224: hashes.SHA224(),
        MechanismType.SHA256: hashes.SHA256(),
        MechanismType.SHA384: hashes.SHA384(),
        MechanismType.SHA512: hashes.SHA512(),
    }
)


def hash_of(number: int) -> hashes.HashAlgorithm:
    """Return the hash that a ``CKM_`` number names.

    Raises:
        HsmError: ``MECHANISM_PARAM_INVALID``.
    """
    found = _HASHES.get(number)
    if found is None:
        raise HsmError(
            ReturnCode.MECHANISM_PARAM_INVALID,
            f"The parameter names the hash 0x{number:x}; the HSM has SHA-1, SHA-224, SHA-256, SHA-384 and SHA-512.",
        )
    return found
