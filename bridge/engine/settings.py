"""What is set for a whole HSM: its mode, and the switches that CloudHSM keeps in a client's configuration."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple

from bridge.engine.attributes import Attribute, KeyType
from bridge.engine.quorum import ADMIN_SERVICES, OFF, Service, Timeouts


class Mode(StrEnum):
    """The mode of an HSM, as of a CloudHSM cluster (user guide, "cluster-hsm-types"); chosen once, when it is made."""

    NON_FIPS = "non-fips"
    FIPS = "fips"


class HsmType(StrEnum):
    """The type of an HSM, as of those in a CloudHSM cluster (user guide, "hsm-types"); chosen once, when it is made."""

    HSM1_MEDIUM = "hsm1.medium"
    HSM2M_MEDIUM = "hsm2m.medium"


@dataclass(frozen=True)
class Profile:
    """What a type of HSM holds and lets be done.

    Attributes:
        hsm_type: the type's name.
        keys: persistent keys at most; each half of a pair is one.
        asymmetric_keys: halves of pairs among them at most.
        users: at most, admins among them.
        modes: that it exists in; the first one unless told otherwise.
        key_bans: types of key that it does not have, each with the rule as a clause for a message.
        fixed: attributes that do not change after a key was made, whatever the table says.
        services: of admins that it has; without ``CLUSTER`` it has no mutual TLS of its own.
    """

    hsm_type: HsmType
    keys: int
    asymmetric_keys: int
    users: int
    modes: tuple[Mode, ...]
    key_bans: Mapping[KeyType, str]
    fixed: frozenset[Attribute]
    services: tuple[Service, ...] = ADMIN_SERVICES


PROFILES: Mapping[HsmType, Profile] = MappingProxyType(
    {
        HsmType.HSM1_MEDIUM: Profile(
            hsm_type=HsmType.HSM1_MEDIUM,
            keys=3_300,
            asymmetric_keys=3_300,
            users=250,
            modes=(Mode.FIPS,),
            key_bans=MappingProxyType({KeyType.ML_DSA: "ML-DSA exists on hsm2m.medium only"}),
            fixed=frozenset({Attribute.ID, Attribute.DERIVE, Attribute.EXTRACTABLE}),
            services=(Service.USER, Service.QUORUM),
        ),
        HsmType.HSM2M_MEDIUM: Profile(
            hsm_type=HsmType.HSM2M_MEDIUM,
            keys=16_666,
            asymmetric_keys=3_333,
            users=1_024,
            modes=(Mode.NON_FIPS, Mode.FIPS),
            key_bans=MappingProxyType({}),
            fixed=frozenset(),
        ),
    }
)
"""What each type is (user guide, "limits", "cluster-hsm-types", "cloudhsm_cli-key-attributes-table",
"quorum-auth-chsm-cli-service-names")."""

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
        hsm_type: never changes.
        quorum_values: of the services of admins.
        timeouts: of quorum tokens.
        trust_anchors: for mutual TLS.
        mtls_enforcement: of mutual TLS.
        audit_crypto: whether uses of keys are in the audit log, and not their refusals only; a session sees a change
            when it next looks at token keys or settings.
    """

    mode: Mode = Mode.NON_FIPS
    clear_extraction: bool = False
    implicit_import: bool = True
    hsm_type: HsmType = HsmType.HSM2M_MEDIUM
    quorum_values: QuorumValues = _NO_APPROVALS
    timeouts: Timeouts = _TIMEOUTS
    trust_anchors: tuple[TrustAnchor, ...] = ()
    mtls_enforcement: MtlsEnforcement = MtlsEnforcement.NONE
    audit_crypto: bool = False
