"""What a mechanism is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from bridge.engine.attributes import Attributes, KeyType
from bridge.engine.material import PrivateKey
from bridge.engine.parameters import ParameterClass


class MechanismType(IntEnum):
    """``CKM_`` numbers of PKCS#11 v3.2, section 6; the vendor-defined ones are CloudHSM's, or say what JCA has more."""

    RSA_PKCS_KEY_PAIR_GEN = 0x0000
    RSA_PKCS = 0x0001
    RSA_X_509 = 0x0003
    RSA_PKCS_OAEP = 0x0009
    RSA_PKCS_PSS = 0x000D
    ML_DSA_KEY_PAIR_GEN = 0x001C
    ML_DSA = 0x001D
    DES3_KEY_GEN = 0x0131
    DES3_ECB = 0x0132
    DES3_CBC = 0x0133
    DES3_CBC_PAD = 0x0136
    SHA_1 = 0x0220
    SHA_1_HMAC = 0x0221
    SHA256 = 0x0250
    SHA256_HMAC = 0x0251
    SHA224 = 0x0255
    SHA224_HMAC = 0x0256
    SHA384 = 0x0260
    SHA384_HMAC = 0x0261
    SHA512 = 0x0270
    SHA512_HMAC = 0x0271
    GENERIC_SECRET_KEY_GEN = 0x0350
    SP800_108_COUNTER_KDF = 0x03AC
    EC_KEY_PAIR_GEN = 0x1040
    ECDSA = 0x1041
    ECDH1_DERIVE = 0x1050
    RSA_AES_KEY_WRAP = 0x1054
    EC_EDWARDS_KEY_PAIR_GEN = 0x1055
    EDDSA = 0x1057
    AES_KEY_GEN = 0x1080
    AES_ECB = 0x1081
    AES_CBC = 0x1082
    AES_CBC_PAD = 0x1085
    AES_CTR = 0x1086
    AES_GCM = 0x1087
    AES_CMAC = 0x108A
    HKDF_DERIVE = 0x402A
    CLOUDHSM_SP800_108_COUNTER_KDF = 0x8000_0001
    ML_DSA_EXTERNAL_MU = 0x8000_001D
    DES3_ECB_PAD = 0x8000_0132
    AES_ECB_PAD = 0x8000_1081
    CLOUDHSM_AES_GCM = 0x8000_1087
    CLOUDHSM_AES_KEY_WRAP_NO_PAD = 0x8000_2109
    CLOUDHSM_AES_KEY_WRAP_PKCS5_PAD = 0x8000_210A
    CLOUDHSM_AES_KEY_WRAP_ZERO_PAD = 0x8000_216F


OPERATIONS = frozenset(
    {"generate", "generate_pair", "sign", "verify", "encrypt", "decrypt", "wrap", "unwrap", "derive"}
)
"""The fields of :class:`Mechanism` that are functions."""


@dataclass(frozen=True)
class Mechanism:
    """One entry of the table; a function that is None means that the mechanism does not do that.

    The functions get a parsed key as :mod:`bridge.engine.material` loads it, whose type, class and usage attribute
    were checked before, and the parameter, which is of the class that ``parameter`` names.

    Attributes:
        type: the ``CKM_`` number.
        key_types: the types of key that it makes or uses.
        parameter: the class of its parameter, None if it takes none.
        fips_ban: the rule by which FIPS mode forbids it, as a clause for a message; None if it is allowed.
        fips_ban_covers: the operations that the rule forbids.
        fips_ban_on: whether the rule forbids a parameter; None if it forbids every one.
        key_types_of: those of the types that go with a parameter; None if all go with every one.
        check: refuses a template's size, curve or parameter set as ``generate`` and ``generate_pair`` do.
        generate: makes a secret key from a template.
        generate_pair: makes a private key, from which the public half follows, from the public template.
        sign: signs or authenticates data; needs ``SIGN``.
        verify: returns if a signature over data is right, else raises; needs ``VERIFY``.
        encrypt: needs ``ENCRYPT``.
        decrypt: needs ``DECRYPT``.
        in_place: whether ``encrypt`` and ``decrypt`` also take memory, and return it with the result in it.
        wrap: encrypts a key's value; needs ``WRAP``.
        unwrap: decrypts a key's value; needs ``UNWRAP``.
        derive: returns so many bytes derived from the key, all it has if None; needs ``DERIVE``.
    """

    type: MechanismType
    key_types: frozenset[KeyType]
    parameter: ParameterClass | None = None
    fips_ban: str | None = None
    fips_ban_covers: frozenset[str] = OPERATIONS
    fips_ban_on: Callable[[Any], bool] | None = None
    key_types_of: Callable[[Any], frozenset[KeyType]] | None = None
    check: Callable[[Attributes], object] | None = None
    generate: Callable[[Attributes], bytes] | None = None
    generate_pair: Callable[[Attributes], PrivateKey] | None = None
    # Any spares every function a second check of what was checked before the call.
    sign: Callable[[Any, Any, bytes], bytes] | None = None
    verify: Callable[[Any, Any, bytes, bytes], None] | None = None
    encrypt: Callable[[Any, Any, Any], Any] | None = None
    decrypt: Callable[[Any, Any, Any], Any] | None = None
    in_place: bool = False
    wrap: Callable[[Any, Any, bytes], bytes] | None = None
    unwrap: Callable[[Any, Any, bytes], bytes] | None = None
    derive: Callable[[Any, Any, int | None], bytes] | None = None
