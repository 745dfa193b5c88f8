"""The parameter sets of ML-DSA (FIPS 204, section 4)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from cryptography.hazmat.primitives.asymmetric.mldsa import (
    MLDSA44PrivateKey,
    MLDSA44PublicKey,
    MLDSA65PrivateKey,
    MLDSA65PublicKey,
    MLDSA87PrivateKey,
    MLDSA87PublicKey,
)

MlDsaPrivateKey = MLDSA44PrivateKey | MLDSA65PrivateKey | MLDSA87PrivateKey
MlDsaPublicKey = MLDSA44PublicKey | MLDSA65PublicKey | MLDSA87PublicKey


@dataclass(frozen=True)
class ParameterSet:
    """One parameter set.

    Attributes:
        number: the value of ``CKA_PARAMETER_SET``, a ``CKP_ML_DSA_`` number of PKCS#11 v3.2, section 6.67.
        name: as FIPS 204 spells it.
        private_key: its class in ``cryptography``.
        public_key: its class in ``cryptography``.
        public_bytes: length of a public key (FIPS 204, table 2).
        signature_bytes: length of a signature (the same table).
    """

    number: int
    name: str
    private_key: type[MlDsaPrivateKey]
    public_key: type[MlDsaPublicKey]
    public_bytes: int
    signature_bytes: int


PARAMETER_SETS = (
    ParameterSet(1, "ML-DSA-44", MLDSA44PrivateKey, MLDSA44PublicKey, 1312, 2420),
    ParameterSet(2, "ML-DSA-65", MLDSA65PrivateKey, MLDSA65PublicKey, 1952, 3309),
    ParameterSet(3, "ML-DSA-87", MLDSA87PrivateKey, MLDSA87PublicKey, 2592, 4627),
)


BY_NUMBER: Mapping[object, ParameterSet] = MappingProxyType({known.number: known for known in PARAMETER_SETS})


def parameter_set_of(key: MlDsaPublicKey) -> ParameterSet:
    """Return the set that a key belongs to."""
    return next(known for known in PARAMETER_SETS if isinstance(key, known.public_key))
