"""What is set for a whole HSM: its mode, and the switches that CloudHSM keeps in a client's configuration."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from bridge.engine.attributes import KeyType


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


@dataclass(frozen=True)
class Settings:
    """The settings of one HSM.

    Attributes:
        mode: never changes.
        clear_extraction: whether owners get keys in clear whose attributes allow it (user guide,
            "java-lib-configs-getencoded").
        implicit_import: whether a key made in software that is given to an operation is imported for it.
        audit_crypto: whether uses of keys are in the audit log, and not their refusals only; a session sees a change
            when it next looks at token keys or settings.
    """

    mode: Mode = Mode.NON_FIPS
    clear_extraction: bool = False
    implicit_import: bool = True
    audit_crypto: bool = False
