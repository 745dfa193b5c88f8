"""What is set for a whole HSM: its mode, and the switches that CloudHSM keeps in a client's configuration."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple

from bridge.engine.attributes import KeyType
from bridge.engine.quorum import OFF, Timeouts


class Mode(StrEnum):
    """The mode of an HSM, as of a CloudHSM cluster (user guide, "cluster-hsm-types"); chosen once, when it is made."""

    NON_FIPS = "non-fips"
    FIPS = "fips"


FIPS_KEY_BANS: Mapping[KeyType, str] = MappingProxyType(
    {
        KeyType.DES3: "three-key Triple DES is disallowed after 2023 (NIST SP 800-131A)",
        KeyType.EC_EDWARDS: "Ed25519 exists in non-FIPS mode only",
    }
)
"""The types of key that FIPS mode does not have, each with the rule as a clause for a message."""


class TrustAnchor(NamedTuple):
    """A certificate authority whose client certificates the HSM trusts.

    Attributes:
        reference: its number.
        certificate: PEM.
    """

    reference: int
    certificate: str


class QuorumValues(NamedTuple):
    """How many approvals the services of admins need; 1 for none."""

    user: int = OFF
    quorum: int = OFF
    cluster: int = OFF


_NO_APPROVALS = QuorumValues()
_TIMEOUTS = Timeouts()


class MtlsEnforcement(StrEnum):
    """Who must show a client certificate (user guide, "cloudhsm_cli-cluster-mtls-set-enforcement")."""

    NONE = "none"
    CLUSTER = "cluster"


@dataclass(frozen=True)
class Settings:
    """The settings of one HSM.

    Attributes:
        mode: never changes.
        clear_extraction: whether owners get keys in clear whose attributes allow it (user guide,
            "java-lib-configs-getencoded").
        implicit_import: whether a key made in software that is given to an operation is imported for it.
        quorum_values: of the services of admins.
        timeouts: of quorum tokens.
        trust_anchors: for mutual TLS.
        mtls_enforcement: of mutual TLS.
    """

    mode: Mode = Mode.NON_FIPS
    clear_extraction: bool = False
    implicit_import: bool = True
    quorum_values: QuorumValues = _NO_APPROVALS
    timeouts: Timeouts = _TIMEOUTS
    trust_anchors: tuple[TrustAnchor, ...] = ()
    mtls_enforcement: MtlsEnforcement = MtlsEnforcement.NONE
