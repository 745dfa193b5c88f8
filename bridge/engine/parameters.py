"""Parameters of mechanisms: typed values, and the bytes as which they cross a border."""

from __future__ import annotations

import dataclasses
import struct
from dataclasses import dataclass
from typing import get_type_hints

from bridge.engine.errors import HsmError, ReturnCode


@dataclass(frozen=True)
class Iv:
    """For CBC the initialisation vector, for CTR the counter block; as long as a block."""

    iv: bytes


@dataclass(frozen=True)
class Gcm:
    """For GCM (NIST SP 800-38D).

    Attributes:
        iv: empty to encrypt, because the HSM makes it.
        aad: additional authenticated data.
        tag_bits: length of the tag.
    """

    iv: bytes
    aad: bytes
    tag_bits: int = 128


@dataclass(frozen=True)
class Oaep:
    """For RSA OAEP (RFC 8017, section 7.1).

    Attributes:
        hash: ``CKM_`` number of the hash of the label.
        mgf_hash: ``CKM_`` number of the hash of MGF1.
        label: usually empty.
    """

    hash: int
    mgf_hash: int
    label: bytes = b""


@dataclass(frozen=True)
class RsaAesKeyWrap:
    """For ``CKM_RSA_AES_KEY_WRAP``: OAEP's fields, and the length of the temporary AES key in bits before them."""

    aes_bits: int
    hash: int
    mgf_hash: int
    label: bytes = b""


@dataclass(frozen=True)
class Pss:
    """For RSA PSS (RFC 8017, section 8.1).

    Attributes:
        hash: ``CKM_`` number of the hash that made the digest.
        mgf_hash: ``CKM_`` number of the hash of MGF1.
        salt_length: in bytes.
    """

    hash: int
    mgf_hash: int
    salt_length: int


@dataclass(frozen=True)
class Eddsa:
    """For EdDSA (RFC 8032): whether the data is the SHA-512 digest of Ed25519ph (1) or the message itself (0)."""

    prehashed: int


@dataclass(frozen=True)
class Ecdh:
    """For ``CKM_ECDH1_DERIVE`` (PKCS#11 v3.1, section 6.3.16).

    Attributes:
        kdf: a ``CKD_`` number.
        shared_info: of ANSI X9.63, may be empty.
        public_key_info: the other side's public key, SubjectPublicKeyInfo DER.
    """

    kdf: int
    shared_info: bytes
    public_key_info: bytes


@dataclass(frozen=True)
class CounterKdf:
    """For the counter mode of NIST SP 800-108 with AES-CMAC: each block's input is prefix, counter, suffix.

    Attributes:
        counter_bits: 8, 16, 24 or 32.
        prefix: may be empty.
        suffix: may be empty.
    """

    counter_bits: int
    prefix: bytes
    suffix: bytes


@dataclass(frozen=True)
class LabelledKdf:
    """For CloudHSM's counter KDF: each block's input is counter, label, a zero byte, context, length (NIST SP 800-108).

    Attributes:
        prf: ``CKM_`` number of the code that makes the blocks, HMAC with some hash or AES-CMAC.
        counter_bits: width of the counter, 16 or 32.
        length_method: what the length counts; 1 for the bits of all that is derived, the one that there is.
        length_bits: width of the length, 8, 16, 32 or 64.
        label: what the derived key is for; may be empty.
        context: who it is for; may be empty.
    """

    prf: int
    counter_bits: int
    length_method: int
    length_bits: int
    label: bytes
    context: bytes


@dataclass(frozen=True)
class Hkdf:
    """For HKDF (RFC 5869), extract and expand.

    Attributes:
        hash: ``CKM_`` number of the hash.
        salt: may be empty.
        info: may be empty.
    """

    hash: int
    salt: bytes
    info: bytes


Parameter = Iv | Gcm | Oaep | RsaAesKeyWrap | Pss | Eddsa | Ecdh | CounterKdf | LabelledKdf | Hkdf
ParameterClass = type[Parameter]

_UINT32 = struct.Struct(">I")


def decode(kind: ParameterClass, encoded: bytes) -> Parameter:
    """Read a parameter.

    Args:
        kind: the class to read.
        encoded: its fields in order: numbers as four bytes big-endian, byte strings with their length in four bytes
            before them.

    Returns:
        The parameter.

    Raises:
        HsmError: ``MECHANISM_PARAM_INVALID`` if the bytes are no such parameter.
    """
    values: list[int | bytes] = []
    position = 0
    for name, is_bytes in _fields(kind):
        if len(encoded) - position < _UINT32.size:
            raise _malformed(kind, name)
        (number,) = _UINT32.unpack_from(encoded, position)
        position += _UINT32.size
        if not is_bytes:
            values.append(number)
            continue
        if len(encoded) - position < number:
            raise _malformed(kind, name)
        values.append(encoded[position : position + number])
        position += number
    if position != len(encoded):
        raise _malformed(kind, "end")
    return kind(*values)  # type: ignore[arg-type] # the fields' types are those that _fields told


def encode(parameter: Parameter) -> bytes:
    """Return a parameter as :func:`decode` reads it.

    Raises:
        HsmError: ``MECHANISM_PARAM_INVALID`` for a number that does not fit into four bytes.
    """
    encoded = b""
    for name, is_bytes in _fields(type(parameter)):
        value = getattr(parameter, name)
        try:
            encoded += _UINT32.pack(len(value)) + value if is_bytes else _UINT32.pack(value)
        except struct.error:
            raise HsmError(
                ReturnCode.MECHANISM_PARAM_INVALID,
                f"The mechanism's parameter is no {type(parameter).__name__}: {name} is not from 0 to {2**32 - 1}.",
            ) from None
    return encoded


_FIELDS: dict[ParameterClass, tuple[tuple[str, bool], ...]] = {}


def _fields(kind: ParameterClass) -> tuple[tuple[str, bool], ...]:
    """Return names of fields, and whether each holds bytes."""
    if kind not in _FIELDS:
        hints = get_type_hints(kind)
        _FIELDS[kind] = tuple((item.name, hints[item.name] is bytes) for item in dataclasses.fields(kind))
    return _FIELDS[kind]


def _malformed(kind: ParameterClass, where: str) -> HsmError:
    return HsmError(
        ReturnCode.MECHANISM_PARAM_INVALID, f"The mechanism's parameter is no {kind.__name__}: it is cut at {where}."
    )
