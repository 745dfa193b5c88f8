"""Generic secrets and HMAC with them (FIPS 198-1)."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from cryptography.hazmat.primitives import constant_time, hashes, hmac

from bridge.engine.attributes import Attribute, Attributes, KeyType, number
from bridge.engine.errors import HsmError, ReturnCode
from bridge.engine.mechanisms.entry import Mechanism, MechanismType
from bridge.engine.secret_keys import GENERIC_LENGTHS

_KEY_LIMIT = GENERIC_LENGTHS[-1]


def _length(template: Attributes) -> int:
    if Attribute.VALUE_LEN not in template:
        raise HsmError(ReturnCode.TEMPLATE_INCOMPLETE, "A generic secret needs its length, the attribute VALUE_LEN.")
    length = number(template, Attribute.VALUE_LEN)
    if length not in GENERIC_LENGTHS:
        raise HsmError(
            ReturnCode.KEY_SIZE_RANGE,
            f"The HSM makes generic secrets of 1 to {_KEY_LIMIT} bytes; {length} were asked for.",
        )
    return length


def _generate(template: Attributes) -> bytes:
    return secrets.token_bytes(_length(template))


@dataclass(frozen=True)
class _Hmac:
    """HMAC with one hash, and how many bytes of data the HSM takes (user guide, "ki-all")."""

    digest: hashes.HashAlgorithm
    limit: int

    def sign(self, key: bytes, parameter: None, data: bytes) -> bytes:
        if len(key) > _KEY_LIMIT:
            raise HsmError(
                ReturnCode.KEY_SIZE_RANGE, f"HMAC takes keys of at most {_KEY_LIMIT} bytes; this one has {len(key)}."
            )
        if len(data) > self.limit:
            name = self.digest.name.upper()
            raise HsmError(
                ReturnCode.DATA_LEN_RANGE,
                f"HMAC with {name} takes at most {self.limit} bytes of data; {len(data)} were given.",
            )
        code = hmac.HMAC(key, self.digest)
        code.update(data)
        return code.finalize()

    def verify(self, key: bytes, parameter: None, data: bytes, signature: bytes) -> None:
        if not constant_time.bytes_eq(self.sign(key, parameter, data), signature):
            raise HsmError(ReturnCode.SIGNATURE_INVALID, "The authentication code does not match data and key.")


def _entry(number: MechanismType, digest: hashes.HashAlgorithm, limit: int) -> Mechanism:
    code = _Hmac(digest, limit)
    return Mechanism(number, frozenset({KeyType.GENERIC_SECRET, KeyType.AES}), sign=code.sign, verify=code.verify)


MECHANISMS = (
    Mechanism(
        MechanismType.GENERIC_SECRET_KEY_GEN, frozenset({KeyType.GENERIC_SECRET}), check=_length, generate=_generate
    ),
    _entry(MechanismType.SHA_1_HMAC, hashes.SHA1(), 16_288),  # noqa: S303 (the HSM offers it)
    _entry(MechanismType.SHA224_HMAC, hashes.SHA224(), 16_256),
    _entry(MechanismType.SHA256_HMAC, hashes.SHA256(), 16_288),
    _entry(MechanismType.SHA384_HMAC, hashes.SHA384(), 16_224),
    _entry(MechanismType.SHA512_HMAC, hashes.SHA512(), 16_224),
)
