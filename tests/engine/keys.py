"""Keys and expectations that many tests use."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from bridge.engine import Attribute, HsmError, KeyType, MechanismType, ReturnCode, Session
from bridge.engine.attributes import Value
from bridge.engine.curves import curve_named
from bridge.engine.material import PrivateKey, PublicKey

P256 = curve_named("secp256r1").params
Template = dict[Attribute, Value]


@dataclass
class Refusal:
    """The error that a block ended with."""

    error: HsmError | None = None

    @property
    def message(self) -> str:
        assert self.error is not None
        return self.error.message


def expect_code(error: HsmError, *codes: ReturnCode) -> None:
    """Fail unless a refusal has one of these codes."""
    if error.code not in codes:
        pytest.fail(f"{error.code.name}: {error.message}")


@contextmanager
def refused(code: ReturnCode, *texts: str) -> Iterator[Refusal]:
    """Expect a refusal with that code, whose message is a sentence that has all these texts."""
    refusal = Refusal()
    with pytest.raises(HsmError) as caught:
        yield refusal
    refusal.error = caught.value
    assert caught.value.code is code, f"{caught.value.code.name}: {caught.value.message}"
    assert caught.value.message.endswith(".")
    assert str(caught.value) == caught.value.message
    for text in texts:
        assert text in caught.value.message


def new_pair(session: Session, curve: bytes = P256, /, **both: Value) -> tuple[int, int]:
    """Generate an EC key pair; keywords are attributes of both halves."""
    template = {Attribute[name]: value for name, value in both.items()}
    return session.generate_key_pair(MechanismType.EC_KEY_PAIR_GEN, {Attribute.EC_PARAMS: curve, **template}, template)


def new_aes(session: Session, length: int = 32, /, **given: Value) -> int:
    """Generate an AES key; keywords are its attributes."""
    template = {Attribute[name]: value for name, value in given.items()}
    return session.generate_key(MechanismType.AES_KEY_GEN, {Attribute.VALUE_LEN: length, **template})


def import_secret(session: Session, value: bytes, key_type: KeyType = KeyType.AES, /, **given: Value) -> int:
    """Import a secret key that may be used for everything; keywords are its attributes."""
    template = {Attribute[name]: value for name, value in given.items()}
    return session.import_key(
        {Attribute.KEY_TYPE: key_type, Attribute.VALUE: value, Attribute.DERIVE: True, **template}
    )


def public_info(key: PublicKey) -> bytes:
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def private_info(key: PrivateKey) -> bytes:
    return key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())


def software_rsa(bits: int = 2048) -> rsa.RSAPrivateKey:
    """An RSA key of the test run, made outside the HSM."""
    return _software_rsa(bits)


@cache
def _software_rsa(bits: int) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, bits)


def import_both(session: Session, key: PrivateKey) -> tuple[int, int]:
    """Import both halves of a key pair."""
    public, private = session.import_keys(
        [
            {Attribute.PUBLIC_KEY_INFO: public_info(key.public_key())},
            {Attribute.PRIVATE_KEY_INFO: private_info(key)},
        ]
    )
    return public, private
