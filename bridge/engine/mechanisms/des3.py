"""Triple DES with three keys (NIST SP 800-67): keys, ECB and CBC."""

from __future__ import annotations

import secrets

from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES

from bridge.engine import pycryptodome
from bridge.engine.attributes import Attribute, Attributes, KeyType, number
from bridge.engine.mechanisms.blocks import BlockCipher
from bridge.engine.mechanisms.entry import Mechanism, MechanismType
from bridge.engine.parameters import Iv
from bridge.engine.secret_keys import DES3_LENGTH, check_length
from bridge.engine.settings import FIPS_KEY_BANS

_KEYS = frozenset({KeyType.DES3})
_BAN = FIPS_KEY_BANS[KeyType.DES3]
_DES3 = BlockCipher("Triple DES", TripleDES, 8)


def _check(template: Attributes) -> None:
    if Attribute.VALUE_LEN in template:
        check_length(KeyType.DES3, number(template, Attribute.VALUE_LEN))


def _generate(template: Attributes) -> bytes:
    _check(template)
    while True:
        try:
            return pycryptodome.with_parity(secrets.token_bytes(DES3_LENGTH))
        except ValueError:  # two of the three keys are equal, which is single DES
            continue


MECHANISMS = (
    Mechanism(MechanismType.DES3_KEY_GEN, _KEYS, fips_ban=_BAN, check=_check, generate=_generate),
    Mechanism(MechanismType.DES3_ECB, _KEYS, None, _BAN, encrypt=_DES3.encrypt_ecb, decrypt=_DES3.decrypt_ecb),
    Mechanism(
        MechanismType.DES3_ECB_PAD, _KEYS, None, _BAN, encrypt=_DES3.encrypt_ecb_pad, decrypt=_DES3.decrypt_ecb_pad
    ),
    Mechanism(MechanismType.DES3_CBC, _KEYS, Iv, _BAN, encrypt=_DES3.encrypt_cbc, decrypt=_DES3.decrypt_cbc),
    Mechanism(
        MechanismType.DES3_CBC_PAD, _KEYS, Iv, _BAN, encrypt=_DES3.encrypt_cbc_pad, decrypt=_DES3.decrypt_cbc_pad
    ),
)
