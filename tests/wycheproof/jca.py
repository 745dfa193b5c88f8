"""What the vectors ask of JCA: the provider's factories, its refusals, and keys that are destroyed after use."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import jpype

HSM = "CloudHSM"
_PROBE = b"the same key makes the same code over these bytes"


class Refused(Exception):
    """The provider refused, or did not confirm.

    Attributes:
        how: the simple name of the exception of the JDK that it threw, the full name of any other, or one of FALSE,
            OTHER and SUBSTITUTE.
        why: the exception's message.
    """

    FALSE = "false from verify()"
    OTHER = "another code"
    SUBSTITUTE = "other bytes in place of the message"

    def __init__(self, how: str, why: str = "") -> None:
        super().__init__(f"{how}: {why}" if why else how)
        self.how = how
        self.why = why


class Mismatch(Exception):
    """The provider answered, and the answer is wrong; the message says which answer."""


def java(name: str) -> Any:
    """Return a Java class; never ``import java…``, because the checkout has a folder of that name."""
    return jpype.JClass(name)


@contextmanager
def refusals() -> Iterator[None]:
    """Turn what Java throws inside into :class:`Refused`."""
    try:
        yield
    except jpype.JException as error:
        thrown = error.getClass()
        ours = not str(thrown.getName()).startswith(("java.", "javax."))
        raise Refused(str(thrown.getName() if ours else thrown.getSimpleName()), str(error.getMessage())) from None


def cipher(transformation: str, provider: str = HSM) -> Any:
    """Return a ``Cipher``."""
    return java("javax.crypto.Cipher").getInstance(transformation, provider)


def same(what: str, seen: bytes, wanted: bytes) -> None:
    """Compare an answer.

    Raises:
        Mismatch: if it is another one than wanted.
    """
    if seen != wanted:
        raise Mismatch(f"{what} is {shortened(seen)} instead of {shortened(wanted)}")


def shortened(data: bytes) -> str:
    """Return bytes as digits, cut after 16 bytes."""
    return f"{data[:16].hex()}{'…' if len(data) > 16 else ''} ({len(data)} bytes)"


def verify(algorithm: str, key: Any, message: bytes, signature: bytes, parameters: Any = None) -> None:
    """Verify a signature.

    Args:
        algorithm: JCA's name.
        key: of the provider.
        message: what was signed.
        signature: as the algorithm encodes it.
        parameters: an ``AlgorithmParameterSpec``, None if the algorithm needs none.

    Raises:
        Refused: if it is wrong.
    """
    with refusals():
        verifier = java("java.security.Signature").getInstance(algorithm, HSM)
        if parameters is not None:
            verifier.setParameter(parameters)
        verifier.initVerify(key)
        verifier.update(message)
        right = bool(verifier.verify(signature))
    if not right:
        raise Refused(Refused.FALSE)


def sign(algorithm: str, key: Any, message: bytes) -> bytes:
    """Sign with a key of the provider.

    Raises:
        Refused: if the provider does.
    """
    with refusals():
        signer = java("java.security.Signature").getInstance(algorithm, HSM)
        signer.initSign(key)
        signer.update(message)
        return bytes(signer.sign())


def code(algorithm: str, key: Any, message: bytes) -> bytes:
    """Compute a message authentication code with a key of the provider.

    Raises:
        Refused: if the provider does.
    """
    with refusals():
        mac = java("javax.crypto.Mac").getInstance(algorithm, HSM)
        mac.init(key)
        return bytes(mac.doFinal(message))


def same_secret(what: str, key: Any, wanted: bytes) -> None:
    """Compare a secret key that stays in the HSM with bytes, by a code that both make over the same data.

    Raises:
        Mismatch: if the codes differ.
        Refused: if the provider refuses to make its own.
    """
    if code("HmacSHA256", key, _PROBE) != hmac.digest(wanted, _PROBE, hashlib.sha256):
        raise Mismatch(f"{what} is not the expected secret of {len(wanted)} bytes")


class Keys:
    """Imports keys into the HSM, and destroys them all at the end."""

    def __init__(self) -> None:
        self._keys: list[Any] = []

    def __enter__(self) -> Keys:
        return self

    def __exit__(self, *_: object) -> None:
        while self._keys:
            self._keys.pop().destroy()

    def keep(self, key: Any) -> Any:
        """Take a key that an operation made into care, and return it."""
        self._keys.append(key)
        return key

    def secret(self, algorithm: str, value: bytes) -> Any:
        """Import a secret key; raise :class:`Refused` if the provider does."""
        if not value:
            # The JDK makes no SecretKeySpec of nothing, so that the provider would not be asked.
            return self.secret_of(algorithm, {"VALUE": value})
        with refusals():
            specification = java("javax.crypto.spec.SecretKeySpec")(value, algorithm)
            factory = java("javax.crypto.SecretKeyFactory").getInstance(algorithm, HSM)
            return self.keep(factory.generateSecret(specification))

    def secret_of(self, algorithm: str, attributes: Mapping[str, Any]) -> Any:
        """Import or derive a secret key by attributes; raise :class:`Refused` if the provider does."""
        return self.generate_secret(algorithm, attribute_map(attributes))

    def generate_secret(self, algorithm: str, specification: Any) -> Any:
        """Make a secret key of any ``KeySpec``; raise :class:`Refused` if the provider does."""
        with refusals():
            factory = java("javax.crypto.SecretKeyFactory").getInstance(algorithm, HSM)
            return self.keep(factory.generateSecret(specification))

    def public(self, algorithm: str, info: bytes) -> Any:
        """Import a SubjectPublicKeyInfo; raise :class:`Refused` if the provider does."""
        with refusals():
            specification = java("java.security.spec.X509EncodedKeySpec")(info)
            factory = java("java.security.KeyFactory").getInstance(algorithm, HSM)
            return self.keep(factory.generatePublic(specification))

    def rsa_public(self, modulus: bytes, exponent: bytes) -> Any:
        """Import the two numbers of an RSA public key; raise :class:`Refused` if the provider does."""
        with refusals():
            number = java("java.math.BigInteger")
            specification = java("java.security.spec.RSAPublicKeySpec")(number(1, modulus), number(1, exponent))
            factory = java("java.security.KeyFactory").getInstance("RSA", HSM)
            return self.keep(factory.generatePublic(specification))

    def private(self, algorithm: str, info: bytes) -> Any:
        """Import a PKCS#8 private key; raise :class:`Refused` if the provider does."""
        with refusals():
            specification = java("java.security.spec.PKCS8EncodedKeySpec")(info)
            return self.generate_private(algorithm, specification)

    def private_of(self, algorithm: str, attributes: Mapping[str, Any]) -> Any:
        """Import a private key by attributes; raise :class:`Refused` if the provider does."""
        return self.generate_private(algorithm, attribute_map(attributes))

    def generate_private(self, algorithm: str, specification: Any) -> Any:
        """Make a private key of any ``KeySpec``; raise :class:`Refused` if the provider does."""
        with refusals():
            factory = java("java.security.KeyFactory").getInstance(algorithm, HSM)
            return self.keep(factory.generatePrivate(specification))


def attribute_map(attributes: Mapping[str, Any]) -> Any:
    """Return a ``KeyAttributesMap``.

    Args:
        attributes: by the names of the enum ``KeyAttribute``; bool, int, bytes and Java objects.
    """
    package = "com.amazonaws.cloudhsm.jce.provider.attributes"
    names = java(f"{package}.KeyAttribute")
    filled = java(f"{package}.KeyAttributesMap")()
    for name, value in attributes.items():
        filled.put(names.valueOf(name), _boxed(value))
    return filled


def _boxed(value: Any) -> Any:
    if isinstance(value, bool):
        return java("java.lang.Boolean").valueOf(value)
    if isinstance(value, int):
        return java("java.lang.Integer").valueOf(value)
    return jpype.JArray(jpype.JByte)(value) if isinstance(value, bytes) else value
