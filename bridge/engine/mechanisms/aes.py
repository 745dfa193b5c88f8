"""AES (FIPS 197)."""

from __future__ import annotations

import secrets

from bridge.engine.attributes import Attribute, Attributes, KeyType
from bridge.engine.errors import HsmError, ReturnCode
from bridge.engine.material import AES_BYTES
from bridge.engine.mechanisms.entry import Mechanism, MechanismType


def _generate(template: Attributes) -> bytes:
    if Attribute.VALUE_LEN not in template:
        raise HsmError(ReturnCode.TEMPLATE_INCOMPLETE, "An AES key needs its length, the attribute VALUE_LEN.")
    length = int(template[Attribute.VALUE_LEN])
    if length not in AES_BYTES:
        raise HsmError(
            ReturnCode.KEY_SIZE_RANGE,
            f"AES keys have 128, 192 or 256 bits; {8 * length} bits were asked for.",
        )
    return secrets.token_bytes(length)


MECHANISMS = (Mechanism(MechanismType.AES_KEY_GEN, KeyType.AES, generate=_generate),)
