"""One working call of every operation of every mechanism, for matrices over all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache

from cryptography.hazmat.primitives.asymmetric import ec, ed25519, mldsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from bridge.engine import Attribute, KeyType, MechanismType, ObjectClass, Session
from bridge.engine.attributes import RULES
from bridge.engine.mechanisms import MECHANISMS
from bridge.engine.mechanisms import Mechanism as Entry
from bridge.engine.parameters import (
    CounterKdf,
    Ecdh,
    Eddsa,
    Gcm,
    Hkdf,
    Iv,
    LabelledKdf,
    Oaep,
    Parameter,
    Pss,
    RsaAesKeyWrap,
)
from engine.keys import Template, software_rsa

M = MechanismType
SECRET, PUBLIC, PRIVATE = ObjectClass.SECRET_KEY, ObjectClass.PUBLIC_KEY, ObjectClass.PRIVATE_KEY

USAGE = {
    "sign": Attribute.SIGN,
    "verify": Attribute.VERIFY,
    "encrypt": Attribute.ENCRYPT,
    "decrypt": Attribute.DECRYPT,
    "wrap": Attribute.WRAP,
    "unwrap": Attribute.UNWRAP,
    "derive": Attribute.DERIVE,
}
"""The attribute that each operation needs (PKCS#11 v3.1, section 4), written down a second time on purpose."""

FLAGS = [name for name, rule in RULES.items() if rule.kind is bool and rule.default is not None]
_PUBLIC_SIDE = {"verify", "encrypt", "wrap"}
_ASYMMETRIC = {KeyType.RSA, KeyType.EC, KeyType.EC_EDWARDS, KeyType.ML_DSA}


@dataclass(frozen=True)
class Use:
    """An operation of a mechanism with a type of key.

    Attributes:
        mechanism: the mechanism.
        operation: one of USAGE.
        key_type: the type of key to use.
    """

    mechanism: MechanismType
    operation: str
    key_type: KeyType

    @property
    def object_class(self) -> ObjectClass:
        """The class of key that the operation uses."""
        if self.key_type not in _ASYMMETRIC:
            return SECRET
        return PUBLIC if self.operation in _PUBLIC_SIDE else PRIVATE

    def __str__(self) -> str:
        return f"{self.mechanism.name}-{self.operation}-{self.key_type.name}"


def uses() -> Iterator[Use]:
    """Return every operation that the table of mechanisms has."""
    for entry in MECHANISMS.values():
        for operation in USAGE:
            if getattr(entry, operation) is not None:
                for key_type in sorted(entry.key_types):
                    yield Use(entry.type, operation, key_type)


@cache
def _software(key_type: KeyType) -> tuple[bytes, bytes]:
    """Return a public and a private key of a type, as X.509 and PKCS#8."""
    makers: dict[KeyType, Callable[[], object]] = {
        KeyType.RSA: software_rsa,
        KeyType.EC: lambda: ec.generate_private_key(ec.SECP256R1()),
        KeyType.EC_EDWARDS: ed25519.Ed25519PrivateKey.generate,
        KeyType.ML_DSA: mldsa.MLDSA44PrivateKey.generate,
    }
    key = makers[key_type]()
    public = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)  # type: ignore[attr-defined]
    private = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())  # type: ignore[attr-defined]
    return public, private


def value_of(key_type: KeyType, object_class: ObjectClass) -> Template:
    """Return what imports the one key of the test run of that type and class."""
    if object_class is PUBLIC:
        return {Attribute.PUBLIC_KEY_INFO: _software(key_type)[0]}
    if object_class is PRIVATE:
        return {Attribute.PRIVATE_KEY_INFO: _software(key_type)[1]}
    length = 24 if key_type is KeyType.DES3 else 32
    return {Attribute.KEY_TYPE: key_type, Attribute.VALUE: bytes(range(1, length + 1))}


def able(object_class: ObjectClass) -> Template:
    """Return a template that allows a class of keys everything that it can be allowed."""
    return {name: True for name in USAGE.values() if may_have(object_class, name)}


def may_have(object_class: ObjectClass, flag: Attribute) -> bool:
    """Tell whether a class of keys may have a flag that is true."""
    return object_class in RULES[flag].classes and (flag, object_class) != (Attribute.DERIVE, PUBLIC)


def new_key(session: Session, key_type: KeyType, object_class: ObjectClass, given: Template | None = None) -> int:
    """Import the key of that type and class, able to do everything unless told otherwise."""
    return session.import_key(value_of(key_type, object_class) | able(object_class) | (given or {}))


_SHA256 = M.SHA256.value
_OAEP = Oaep(_SHA256, _SHA256)
_PARAMETERS: dict[MechanismType, Parameter] = {
    M.AES_CBC: Iv(bytes(16)),
    M.AES_CBC_PAD: Iv(bytes(16)),
    M.AES_CTR: Iv(bytes(16)),
    M.AES_GCM: Gcm(bytes(12), b"aad"),
    M.CLOUDHSM_AES_GCM: Gcm(b"", b"aad"),
    M.DES3_CBC: Iv(bytes(8)),
    M.DES3_CBC_PAD: Iv(bytes(8)),
    M.RSA_PKCS_OAEP: _OAEP,
    M.RSA_AES_KEY_WRAP: RsaAesKeyWrap(256, _SHA256, _SHA256),
    M.RSA_PKCS_PSS: Pss(_SHA256, _SHA256, 32),
    M.EDDSA: Eddsa(0),
    M.HKDF_DERIVE: Hkdf(_SHA256, b"salt", b"info"),
    M.SP800_108_COUNTER_KDF: CounterKdf(32, b"prefix", b"suffix"),
}


def parameter_of(mechanism: MechanismType, key_type: KeyType | None = None) -> Parameter | None:
    """Return a parameter that works, with a type of key if that matters."""
    if mechanism is M.CLOUDHSM_SP800_108_COUNTER_KDF:
        prf = M.AES_CMAC if key_type is KeyType.AES else M.SHA256_HMAC
        return LabelledKdf(prf, 32, 1, 32, b"label", b"context")
    if mechanism is M.ECDH1_DERIVE:
        return Ecdh(1, b"", _software(KeyType.EC)[0])
    return _PARAMETERS.get(mechanism)


def _data(mechanism: MechanismType) -> bytes:
    return bytes(64) if mechanism is M.ML_DSA_EXTERNAL_MU else bytes(range(32))


def new_payload(session: Session, given: Template | None = None) -> int:
    """Return an AES key to be wrapped."""
    return new_key(session, KeyType.AES, SECRET, given)


def unwrapped_template(given: Template | None = None) -> Template:
    """Return a template for what :func:`new_payload` becomes on the other side."""
    return {Attribute.CLASS: SECRET, Attribute.KEY_TYPE: KeyType.AES} | (given or {})


def derived_template(given: Template | None = None) -> Template:
    """Return a template for a derived key."""
    return {Attribute.KEY_TYPE: KeyType.AES, Attribute.VALUE_LEN: 32} | (given or {})


def _reverse(session: Session, use: Use, operation: str) -> bytes:
    """Do what the other side of a decryption, unwrapping or verification does, with a key that may do everything."""
    entry: Entry = MECHANISMS[use.mechanism]
    parameter = parameter_of(use.mechanism)
    if operation == "sign":
        signer = new_key(session, use.key_type, PRIVATE if use.key_type in _ASYMMETRIC else SECRET)
        return session.sign(signer, use.mechanism, _data(use.mechanism), parameter)
    key = new_key(session, use.key_type, PUBLIC if use.key_type in _ASYMMETRIC else SECRET)
    if use.mechanism is M.AES_GCM:
        # The HSM makes the IV, so that what is decrypted is made with another one than `parameter` has.
        raise AssertionError("GCM is decrypted with the IV of its ciphertext")
    if operation == "wrap" and entry.wrap is not None:
        return session.wrap(key, use.mechanism, new_payload(session), parameter)
    plain = bytes(range(32))
    return session.encrypt(key, use.mechanism, plain, parameter)


def prepare(session: Session, use: Use) -> Callable[[int, Template], object]:
    """Return a function that does the operation with a key, with a template for the key that may come from it."""
    mechanism, parameter = use.mechanism, parameter_of(use.mechanism, use.key_type)
    if mechanism is M.AES_GCM:
        sealed = _gcm(session, use)
        parameter, sealed = Gcm(sealed[:12], b"aad"), sealed[12:]
    elif use.operation in ("decrypt", "unwrap", "verify"):
        other = {"decrypt": "encrypt", "unwrap": "wrap", "verify": "sign"}[use.operation]
        sealed = _reverse(session, use, other)
    else:
        sealed = b""
    payload = new_payload(session) if use.operation == "wrap" else 0
    data = _data(mechanism)
    calls: dict[str, Callable[[int, Template], object]] = {
        "sign": lambda key, _: session.sign(key, mechanism, data, parameter),
        "verify": lambda key, _: session.verify(key, mechanism, data, sealed, parameter),
        "encrypt": lambda key, _: session.encrypt(key, mechanism, data, parameter),
        "decrypt": lambda key, _: session.decrypt(key, mechanism, sealed, parameter),
        "wrap": lambda key, _: session.wrap(key, mechanism, payload, parameter),
        "unwrap": lambda key, given: session.unwrap(key, mechanism, sealed, unwrapped_template(given), parameter),
        "derive": lambda key, given: session.derive(key, mechanism, derived_template(given), parameter),
    }
    return calls[use.operation]


def _gcm(session: Session, use: Use) -> bytes:
    key = new_key(session, use.key_type, SECRET)
    if use.operation == "unwrap":
        return session.wrap(key, M.CLOUDHSM_AES_GCM, new_payload(session), Gcm(b"", b"aad"))
    return session.encrypt(key, M.CLOUDHSM_AES_GCM, bytes(32), Gcm(b"", b"aad"))
