"""Short names for what tests of the provider ask of Java; usable once the JVM of the test run has started."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import jpype
import pytest

HSM = "CloudHSM"
EXCEPTIONS = "com.amazonaws.cloudhsm.jce.jni.exception"
DIGESTS = ("NONE", "SHA1", "SHA224", "SHA256", "SHA384", "SHA512")
SIGNATURES = [f"{digest}with{key}" for key in ("RSA", "ECDSA") for digest in DIGESTS]
DATA = b"thirty-two bytes of data to sign"


def java(name: str) -> Any:
    """Return a Java class; never ``import java…``, because the checkout has a folder of that name."""
    return jpype.JClass(name)


def ours(name: str) -> Any:
    """Return one of the exceptions of the public API."""
    return java(f"{EXCEPTIONS}.{name}")


@contextmanager
def refused(exception: str, *texts: str) -> Iterator[Any]:
    """Expect exactly this Java exception, whose message has all these texts."""
    with pytest.raises(java(exception)) as caught:
        yield caught
    assert caught.value.getClass().getName() == exception
    for text in texts:
        assert text in str(caught.value.getMessage())


def named_provider(identifier: str) -> Any:
    """Make a provider for the cluster of this identifier; it is not registered."""
    package = "com.amazonaws.cloudhsm.jce.provider"
    cluster = java(f"{package}.CloudHsmCluster").builder().withClusterUniqueIdentifier(identifier).build()
    config = java(f"{package}.CloudHsmProviderConfig").builder().withCluster(cluster).build()
    return java(f"{package}.CloudHsmProvider")(config)


def generate(algorithm: str, provider: Any = HSM, size: int | None = None) -> Any:
    """Generate a key pair."""
    generator = java("java.security.KeyPairGenerator").getInstance(algorithm, provider)
    generator.initialize(size or (2048 if algorithm == "RSA" else 256))
    return generator.generateKeyPair()


def signature(algorithm: str, provider: Any = None) -> Any:
    """Return a signature object, of one provider or of whichever JCA chooses."""
    factory = java("java.security.Signature")
    return factory.getInstance(algorithm) if provider is None else factory.getInstance(algorithm, provider)


def sign(algorithm: str, key: Any, data: bytes = DATA, provider: Any = None) -> bytes:
    """Sign with any key."""
    signer = signature(algorithm, provider)
    signer.initSign(key)
    signer.update(data)
    return bytes(signer.sign())


def verifies(algorithm: str, key: Any, data: bytes, signed: bytes, provider: Any = None) -> bool:
    """Tell whether a signature is right."""
    verifier = signature(algorithm, provider)
    verifier.initVerify(key)
    verifier.update(data)
    return bool(verifier.verify(signed))


def chars(text: str | None) -> Any:
    """Return a ``char[]``, or null."""
    return None if text is None else jpype.JChar[:](text)


def key_algorithm(algorithm: str) -> str:
    """Return the algorithm of the keys of a signature algorithm."""
    return "RSA" if algorithm.endswith("RSA") else "EC"


def software_provider(algorithm: str) -> str:
    """Return the JDK's provider of a signature algorithm."""
    if algorithm == "NONEwithRSA":
        return "SunJCE"
    return "SunRsaSign" if algorithm.endswith("RSA") else "SunEC"


def public_key(algorithm: str, spki: bytes) -> Any:
    """Return a software public key."""
    specification = java("java.security.spec.X509EncodedKeySpec")(spki)
    return java("java.security.KeyFactory").getInstance(algorithm).generatePublic(specification)


def private_key(algorithm: str, pkcs8: bytes) -> Any:
    """Return a software private key."""
    specification = java("java.security.spec.PKCS8EncodedKeySpec")(pkcs8)
    return java("java.security.KeyFactory").getInstance(algorithm).generatePrivate(specification)


def callback_handler(answer: Callable[[Any], None]) -> Any:
    """Return a ``CallbackHandler`` that hands each callback to a function."""

    def handle(callbacks: Any) -> None:
        for callback in callbacks:
            answer(callback)

    return jpype.JProxy("javax.security.auth.callback.CallbackHandler", dict={"handle": handle})


def pin(text: str) -> Any:
    """Return a ``CallbackHandler`` of the older kind, which answers with ``user:password``."""

    def answer(callback: Any) -> None:
        if not isinstance(callback, java("javax.security.auth.callback.PasswordCallback")):
            raise java("javax.security.auth.callback.UnsupportedCallbackException")(callback)
        callback.setPassword(chars(text))

    return callback_handler(answer)
