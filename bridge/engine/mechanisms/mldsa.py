"""ML-DSA (FIPS 204), with the empty context."""

from __future__ import annotations

from cryptography.exceptions import InvalidSignature

from bridge.engine.attributes import Attribute, Attributes, KeyType
from bridge.engine.errors import HsmError, ReturnCode
from bridge.engine.mechanisms.entry import Mechanism, MechanismType
from bridge.engine.parameter_sets import BY_NUMBER, MlDsaPrivateKey, MlDsaPublicKey, parameter_set_of

_KEYS = frozenset({KeyType.ML_DSA})
_MU_BYTES = 64


def _kind(template: Attributes) -> type[MlDsaPrivateKey]:
    if Attribute.PARAMETER_SET not in template:
        raise HsmError(
            ReturnCode.TEMPLATE_INCOMPLETE,
            "An ML-DSA key pair needs the public attribute PARAMETER_SET: 1 for ML-DSA-44, 2 for ML-DSA-65, "
            "3 for ML-DSA-87.",
        )
    known = BY_NUMBER.get(template[Attribute.PARAMETER_SET])
    if known is None:
        raise HsmError(
            ReturnCode.ATTRIBUTE_VALUE_INVALID,
            "PARAMETER_SET of an ML-DSA key is 1 for ML-DSA-44, 2 for ML-DSA-65 or 3 for ML-DSA-87.",
        )
    return known.private_key


def _generate_pair(template: Attributes) -> MlDsaPrivateKey:
    return _kind(template).generate()


def _sign(key: MlDsaPrivateKey, parameter: None, data: bytes) -> bytes:
    return key.sign(data)


def _verify(key: MlDsaPublicKey, parameter: None, data: bytes, signature: bytes) -> None:
    _check_signature_length(key, signature)
    try:
        key.verify(signature, data)
    except InvalidSignature:
        raise _wrong() from None


def _sign_mu(key: MlDsaPrivateKey, parameter: None, data: bytes) -> bytes:
    _check_mu(data)
    return key.sign_mu(data)


def _verify_mu(key: MlDsaPublicKey, parameter: None, data: bytes, signature: bytes) -> None:
    _check_mu(data)
    _check_signature_length(key, signature)
    try:
        key.verify_mu(signature, data)
    except InvalidSignature:
        raise _wrong() from None


def _check_mu(mu: bytes) -> None:
    if len(mu) != _MU_BYTES:
        raise HsmError(
            ReturnCode.DATA_LEN_RANGE,
            f"ML-DSA with external mu signs mu (FIPS 204, algorithm 7), {_MU_BYTES} bytes; {len(mu)} were given.",
        )


def _check_signature_length(key: MlDsaPublicKey, signature: bytes) -> None:
    size = parameter_set_of(key).signature_bytes
    if len(signature) != size:
        raise HsmError(
            ReturnCode.SIGNATURE_LEN_RANGE,
            f"A signature with this ML-DSA key has {size} bytes; {len(signature)} were given.",
        )


def _wrong() -> HsmError:
    return HsmError(ReturnCode.SIGNATURE_INVALID, "The signature does not match data and key.")


MECHANISMS = (
    Mechanism(MechanismType.ML_DSA_KEY_PAIR_GEN, _KEYS, check=_kind, generate_pair=_generate_pair),
    Mechanism(MechanismType.ML_DSA, _KEYS, sign=_sign, verify=_verify),
    Mechanism(MechanismType.ML_DSA_EXTERNAL_MU, _KEYS, sign=_sign_mu, verify=_verify_mu),
)
