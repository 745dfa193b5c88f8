"""What a mechanism is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from bridge.engine.attributes import Attributes, KeyType
from bridge.engine.material import PrivateKey


class MechanismType(IntEnum):
    """``CKM_`` numbers of PKCS#11 v3.1, section 6."""

    RSA_PKCS_KEY_PAIR_GEN = 0x0000
    RSA_PKCS = 0x0001
    EC_KEY_PAIR_GEN = 0x1040
    ECDSA = 0x1041
    AES_KEY_GEN = 0x1080


@dataclass(frozen=True)
class Mechanism:
    """One entry of the table; a function that is None means that the mechanism does not do that.

    Attributes:
        type: the ``CKM_`` number.
        key_type: the only type of key that it makes or uses.
        generate: makes a secret key from a template.
        generate_pair: makes a private key, from which the public half follows, from the public template.
        sign: signs data with a parsed private key; needs ``SIGN``.
        verify: returns if a signature over data is right by a parsed public key, else raises; needs ``VERIFY``.
    """

    type: MechanismType
    key_type: KeyType
    generate: Callable[[Attributes], bytes] | None = None
    generate_pair: Callable[[Attributes], PrivateKey] | None = None
    # The key's class was checked against key_type before the call; Any spares every function a second check.
    sign: Callable[[Any, bytes], bytes] | None = None
    verify: Callable[[Any, bytes, bytes], None] | None = None
