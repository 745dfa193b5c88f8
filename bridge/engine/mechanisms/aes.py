"""AES (FIPS 197): keys, ECB, CBC, CTR and CMAC (NIST SP 800-38A and 800-38B)."""

from __future__ import annotations

import hmac
import secrets

from cryptography.hazmat.primitives.ciphers import algorithms
from cryptography.hazmat.primitives.cmac import CMAC

from bridge.engine.attributes import Attribute, Attributes, KeyType, number
from bridge.engine.errors import HsmError, ReturnCode
from bridge.engine.mechanisms.blocks import BlockCipher
from bridge.engine.mechanisms.entry import Mechanism, MechanismType
from bridge.engine.mechanisms.wrapping import unwrapping
from bridge.engine.parameters import Iv
from bridge.engine.secret_keys import check_length

_KEYS = frozenset({KeyType.AES})
_AES = BlockCipher("AES", algorithms.AES, 16)


def _length(template: Attributes) -> int:
    if Attribute.VALUE_LEN not in template:
        raise HsmError(ReturnCode.TEMPLATE_INCOMPLETE, "An AES key needs its length, the attribute VALUE_LEN.")
    length = number(template, Attribute.VALUE_LEN)
    check_length(KeyType.AES, length)
    return length


def _generate(template: Attributes) -> bytes:
    return secrets.token_bytes(_length(template))


def _cmac(key: bytes, parameter: None, data: bytes) -> bytes:
    code = CMAC(algorithms.AES(key))
    code.update(data)
    return code.finalize()


def _verify_cmac(key: bytes, parameter: None, data: bytes, signature: bytes) -> None:
    if not hmac.compare_digest(_cmac(key, parameter, data), signature):
        raise HsmError(ReturnCode.SIGNATURE_INVALID, "The authentication code does not match data and key.")


MECHANISMS = (
    Mechanism(MechanismType.AES_KEY_GEN, _KEYS, check=_length, generate=_generate),
    Mechanism(MechanismType.AES_ECB, _KEYS, encrypt=_AES.encrypt_ecb, decrypt=_AES.decrypt_ecb, in_place=True),
    Mechanism(MechanismType.AES_ECB_PAD, _KEYS, encrypt=_AES.encrypt_ecb_pad, decrypt=_AES.decrypt_ecb_pad),
    Mechanism(
        MechanismType.AES_CBC,
        _KEYS,
        Iv,
        encrypt=_AES.encrypt_cbc,
        decrypt=_AES.decrypt_cbc,
        unwrap=unwrapping(_AES.decrypt_cbc),
        in_place=True,
    ),
    Mechanism(MechanismType.AES_CBC_PAD, _KEYS, Iv, encrypt=_AES.encrypt_cbc_pad, decrypt=_AES.decrypt_cbc_pad),
    Mechanism(MechanismType.AES_CTR, _KEYS, Iv, encrypt=_AES.encrypt_ctr, decrypt=_AES.encrypt_ctr, in_place=True),
    Mechanism(MechanismType.AES_CMAC, _KEYS, sign=_cmac, verify=_verify_cmac),
)
