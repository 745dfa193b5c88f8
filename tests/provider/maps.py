"""Attribute maps of the public API, and what is made with them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import jpype
import pytest

from bridge.engine import Hsm
from provider.jca import java

PROVIDER = "com.amazonaws.cloudhsm.jce.provider"


def jbytes(value: bytes) -> Any:
    """Return a ``byte[]``."""
    return jpype.JArray(jpype.JByte)(value)


def attributes(**values: Any) -> Any:
    """Return a ``KeyAttributesMap``; keywords are names of ``KeyAttribute``."""
    filled = java(f"{PROVIDER}.attributes.KeyAttributesMap")()
    for name, value in values.items():
        filled.put(
            java(f"{PROVIDER}.attributes.KeyAttribute").valueOf(name), jbytes(value) if type(value) is bytes else value
        )
    return filled


def pair_attributes(public: Any, private: Any) -> Any:
    """Return a ``KeyPairAttributesMap`` of two maps."""
    builder = java(f"{PROVIDER}.attributes.KeyPairAttributesMapBuilder")()
    return builder.withPublic(public).withPrivate(private).build()


def choice(enum: str, constant: str) -> Any:
    """Return a constant of one of the enums of attributes."""
    return java(f"{PROVIDER}.attributes.{enum}").valueOf(constant)


def curve(name: str) -> bytes:
    """Return a constant of ``EcParams``."""
    return bytes(getattr(java(f"{PROVIDER}.attributes.EcParams"), name))


def secret_key(provider: Any, value: bytes, algorithm: str = "AES", /, **given: Any) -> Any:
    """Import a secret key with a known value."""
    factory = java("javax.crypto.SecretKeyFactory").getInstance(algorithm, provider)
    return factory.generateSecret(attributes(VALUE=value, **given))


def big_endian(number: int) -> bytes:
    """Return a number as ``BigInteger.toByteArray`` does, with a leading zero if the highest bit is set."""
    return number.to_bytes(number.bit_length() // 8 + 1, "big")


def null(kind: str) -> Any:
    """Return a null of a type, where overloads must be told apart."""
    return jpype.JObject(None, java(kind))


@contextmanager
def clear_extraction(hsm: Hsm) -> Iterator[None]:
    """Switch clear extraction on for a while."""
    hsm.configure(clear_extraction=True)
    try:
        yield
    finally:
        hsm.configure(clear_extraction=False)


@pytest.fixture
def no_implicit_import(jvm: Any) -> Iterator[None]:
    """Switch implicit import off; name it before ``account``, whose provider asks only once."""
    jvm.hsm.configure(implicit_import=False)
    yield
    jvm.hsm.configure(implicit_import=True)


def all_keys(provider: Any) -> list[str]:
    """Return every key that a provider sees, session keys among them."""
    store = java(f"{PROVIDER}.KeyStoreWithAttributes").getInstance("CloudHSM", provider)
    store.load(None, None)
    return sorted(str(key) for key in store.getKeys(attributes()))
