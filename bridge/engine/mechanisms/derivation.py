"""Keys from keys: ECDH with the KDF of ANSI X9.63, counter modes of NIST SP 800-108, and HKDF (RFC 5869)."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers import algorithms
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.kdf.kbkdf import KBKDFCMAC, KBKDFHMAC, CounterLocation, Mode
from cryptography.hazmat.primitives.kdf.x963kdf import X963KDF

from bridge.engine.attributes import KeyType
from bridge.engine.errors import HsmError, ReturnCode
from bridge.engine.importing import import_public
from bridge.engine.mechanisms.digests import hash_of
from bridge.engine.mechanisms.entry import Mechanism, MechanismType
from bridge.engine.parameters import CounterKdf, Ecdh, Hkdf, LabelledKdf
from bridge.engine.secret_keys import GENERIC_LENGTHS

_NO_KDF = 1
# CKD_ numbers (PKCS#11 v3.1, section 6.3.16).
_KDF_HASHES: Mapping[int, hashes.HashAlgorithm] = MappingProxyType(
    {
        2: hashes.SHA1(),  # noqa: S303
        5: hashes.SHA224(),
        6: hashes.SHA256(),
        7: hashes.SHA384(),
        8: hashes.SHA512(),
    }
)
_COUNTER_BITS = (8, 16, 24, 32)

_PRF_HASHES: Mapping[int, hashes.HashAlgorithm] = MappingProxyType(
    {
        MechanismType.SHA_1_HMAC: hashes.SHA1(),  # noqa: S303
        MechanismType.SHA224_HMAC: hashes.SHA224(),
        MechanismType.SHA256_HMAC: hashes.SHA256(),
        MechanismType.SHA384_HMAC: hashes.SHA384(),
        MechanismType.SHA512_HMAC: hashes.SHA512(),
    }
)
_LABELLED_COUNTER_BITS = (16, 32)
_LENGTH_BITS = (8, 16, 32, 64)
_SUM_OF_KEYS = 1
_LABELLED_KEYS = frozenset({KeyType.GENERIC_SECRET, KeyType.AES})


def _ecdh(key: ec.EllipticCurvePrivateKey, parameter: Ecdh, length: int | None) -> bytes:
    """Return the shared secret itself, its last bytes if it is to be shorter, or what the KDF makes of it."""
    hash_ = _KDF_HASHES.get(parameter.kdf)
    if hash_ is None and parameter.kdf != _NO_KDF:
        raise HsmError(
            ReturnCode.MECHANISM_PARAM_INVALID,
            f"ECDH has no KDF {parameter.kdf}: it has 1 (none), and 2, 5, 6, 7, 8 for X9.63 with SHA-1, SHA-224, "
            "SHA-256, SHA-384, SHA-512.",
        )
    if hash_ is None and parameter.shared_info:
        raise HsmError(ReturnCode.MECHANISM_PARAM_INVALID, "ECDH takes shared info only with a KDF; leave it out.")
    shared = _shared_secret(key, parameter.public_key_info)
    if hash_ is not None:
        return X963KDF(hash_, _required(length), parameter.shared_info).derive(shared)
    if length is None:
        return shared
    if length > len(shared):
        raise HsmError(
            ReturnCode.KEY_SIZE_RANGE,
            f"ECDH on this curve gives {len(shared)} bytes; {length} were asked for. Use a KDF.",
        )
    # PKCS#11 v3.1, section 6.3.19: truncation removes bytes from the leading end.
    return shared[-length:]


def _shared_secret(key: ec.EllipticCurvePrivateKey, public_key_info: bytes) -> bytes:
    try:
        peer = import_public(public_key_info)
    except HsmError:
        raise _bad_peer("is no SubjectPublicKeyInfo of a key that the HSM knows") from None
    if not isinstance(peer, ec.EllipticCurvePublicKey) or peer.curve.name != key.curve.name:
        raise _bad_peer(f"is not on the curve {key.curve.name} of the private key")
    try:
        return key.exchange(ec.ECDH(), peer)
    except ValueError:
        raise _bad_peer("gives no shared secret with the private key") from None


def _bad_peer(reason: str) -> HsmError:
    return HsmError(ReturnCode.PUBLIC_KEY_INVALID, f"The other side's public key {reason}.")


def _counter_kdf(key: bytes, parameter: CounterKdf, length: int | None) -> bytes:
    if parameter.counter_bits not in _COUNTER_BITS:
        raise HsmError(
            ReturnCode.MECHANISM_PARAM_INVALID,
            f"The counter of the KDF has 8, 16, 24 or 32 bits; {parameter.counter_bits} were asked for.",
        )
    return KBKDFCMAC(
        algorithms.AES,
        Mode.CounterMode,
        _required(length),
        parameter.counter_bits // 8,
        None,
        CounterLocation.MiddleFixed,
        None,
        None,
        parameter.prefix + parameter.suffix,
        break_location=len(parameter.prefix),
    ).derive(key)


def _labelled_kdf(key: bytes, parameter: LabelledKdf, length: int | None) -> bytes:
    """Derive as the samples of CloudHSM's PKCS#11 library do (aws-cloudhsm-pkcs11-examples, "derivation")."""
    size = _required(length)
    _check_labelled(parameter, size)
    layout = (Mode.CounterMode, size, parameter.counter_bits // 8, parameter.length_bits // 8)
    fixed = (CounterLocation.BeforeFixed, parameter.label, parameter.context, None)
    if parameter.prf == MechanismType.AES_CMAC:
        return KBKDFCMAC(algorithms.AES, *layout, *fixed).derive(key)
    if len(key) not in GENERIC_LENGTHS:
        raise HsmError(
            ReturnCode.KEY_SIZE_RANGE,
            f"The KDF derives from keys of at most {GENERIC_LENGTHS[-1]} bytes; this one has {len(key)}.",
        )
    return KBKDFHMAC(_PRF_HASHES[parameter.prf], *layout, *fixed).derive(key)


def _check_labelled(parameter: LabelledKdf, size: int) -> None:
    if parameter.prf not in _PRF_HASHES and parameter.prf != MechanismType.AES_CMAC:
        raise _bad_kdf(
            f"has no PRF 0x{parameter.prf:x}: it has AES-CMAC, and HMAC with SHA-1, SHA-224, SHA-256, SHA-384, SHA-512"
        )
    if parameter.counter_bits not in _LABELLED_COUNTER_BITS:
        raise _bad_kdf(f"has a counter of 16 or 32 bits; {parameter.counter_bits} were asked for")
    if parameter.length_method != _SUM_OF_KEYS:
        raise _bad_kdf(
            f"counts all bits that it derives, method {_SUM_OF_KEYS}; method {parameter.length_method} was asked for"
        )
    if parameter.length_bits not in _LENGTH_BITS:
        raise _bad_kdf(f"writes the length in 8, 16, 32 or 64 bits; {parameter.length_bits} were asked for")
    if (8 * size).bit_length() > parameter.length_bits:
        raise _bad_kdf(
            f"cannot write the key's length, {8 * size}, in {parameter.length_bits} bits: choose a wider field for it"
        )


def _bad_kdf(reason: str) -> HsmError:
    return HsmError(ReturnCode.MECHANISM_PARAM_INVALID, f"The KDF {reason}.")


def _key_types_of(parameter: LabelledKdf) -> frozenset[KeyType]:
    """AES-CMAC works with an AES key, HMAC with a generic secret; a PRF that there is not, the KDF itself refuses."""
    if parameter.prf == MechanismType.AES_CMAC:
        return frozenset({KeyType.AES})
    return frozenset({KeyType.GENERIC_SECRET} if parameter.prf in _PRF_HASHES else _LABELLED_KEYS)


def _hkdf(key: bytes, parameter: Hkdf, length: int | None) -> bytes:
    return HKDF(hash_of(parameter.hash), _required(length), parameter.salt, parameter.info).derive(key)


def _required(length: int | None) -> int:
    """Return the length of the key to derive, which a KDF does not know by itself."""
    if length is None:
        raise HsmError(
            ReturnCode.TEMPLATE_INCOMPLETE, "A key that a KDF derives needs its length, the attribute VALUE_LEN."
        )
    return length


MECHANISMS = (
    Mechanism(
        MechanismType.ECDH1_DERIVE,
        frozenset({KeyType.EC}),
        Ecdh,
        fips_ban="key agreement without a key derivation function is not approved (NIST SP 800-56A)",
        fips_ban_on=lambda parameter: isinstance(parameter, Ecdh) and parameter.kdf == _NO_KDF,
        derive=_ecdh,
    ),
    Mechanism(MechanismType.SP800_108_COUNTER_KDF, frozenset({KeyType.AES}), CounterKdf, derive=_counter_kdf),
    Mechanism(
        MechanismType.CLOUDHSM_SP800_108_COUNTER_KDF,
        _LABELLED_KEYS,
        LabelledKdf,
        key_types_of=_key_types_of,
        derive=_labelled_kdf,
    ),
    Mechanism(MechanismType.HKDF_DERIVE, frozenset({KeyType.GENERIC_SECRET, KeyType.AES}), Hkdf, derive=_hkdf),
)
