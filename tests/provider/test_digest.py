"""Digests, which are computed in software, in every JCA form."""

from __future__ import annotations

import hashlib
from typing import Any

import jpype
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provider.conftest import Jvm
from provider.jca import DATA, HSM, java, refused
from provider.maps import jbytes

NAMES = {
    "SHA-1": ["SHA", "SHA1", "sha-1", "1.3.14.3.2.26"],
    "SHA-224": ["SHA224", "2.16.840.1.101.3.4.2.4"],
    "SHA-256": ["SHA256", "2.16.840.1.101.3.4.2.1"],
    "SHA-384": ["SHA384", "2.16.840.1.101.3.4.2.2"],
    "SHA-512": ["SHA512", "OID.2.16.840.1.101.3.4.2.3"],
}
every = pytest.mark.parametrize("name", NAMES)


def digest(name: str) -> Any:
    return java("java.security.MessageDigest").getInstance(name, HSM)


def expected(name: str, data: bytes) -> bytes:
    return hashlib.new(name.replace("-", ""), data).digest()


@every
@settings(deadline=None, max_examples=20)
@given(length=st.integers(0, 200) | st.integers(0, 70_000))
def test_the_digest_is_pythons(jvm: Jvm, name: str, length: int) -> None:
    data = (DATA * (length // len(DATA) + 1))[:length]
    assert bytes(digest(name).digest(data)) == expected(name, data)


@every
def test_data_may_come_in_any_form(jvm: Jvm, name: str) -> None:
    one = digest(name)
    buffers = java("java.nio.ByteBuffer")
    assert one.getDigestLength() == len(expected(name, b""))
    for byte in DATA:
        one.update(jpype.JByte(byte))
    assert bytes(one.digest()) == expected(name, DATA)
    one.update(jbytes(b"#" + DATA), 1, len(DATA))
    assert bytes(one.digest()) == expected(name, DATA)
    direct = buffers.allocateDirect(len(DATA))
    direct.put(jbytes(DATA)).flip()
    for buffer in (direct, buffers.wrap(jbytes(DATA))):
        one.update(buffer)
        assert bytes(one.digest()) == expected(name, DATA)
    one.update(jbytes(b"dropped"))
    one.reset()
    assert bytes(one.digest()) == expected(name, b"")


@every
def test_a_digest_may_be_written_into_an_array(jvm: Jvm, name: str) -> None:
    one, length = digest(name), len(expected(name, b""))
    room = jbytes(bytes(length + 2))
    one.update(jbytes(DATA))
    with refused("java.security.DigestException"):
        one.digest(room, 0, length - 1)
    assert one.digest(room, 2, length) == length
    assert bytes(room) == bytes(2) + expected(name, DATA)


@every
def test_a_clone_goes_on_by_itself(jvm: Jvm, name: str) -> None:
    one = digest(name)
    one.update(jbytes(DATA))
    other = one.clone()
    other.update(jbytes(b"more"))
    assert bytes(one.digest()) == expected(name, DATA)
    assert bytes(other.digest()) == expected(name, DATA + b"more")


@every
def test_other_names_lead_to_the_digest(jvm: Jvm, name: str) -> None:
    for alias in NAMES[name]:
        assert bytes(digest(alias).digest(DATA)) == expected(name, DATA)


def test_our_digests_work_where_the_provider_is_asked_first(jvm: Jvm) -> None:
    security = java("java.security.Security")
    security.removeProvider(HSM)
    security.insertProviderAt(jvm.registered, 1)
    try:
        one = java("java.security.MessageDigest").getInstance("SHA-256")
        assert one.getProvider().getName() == HSM
        assert bytes(one.digest(DATA)) == expected("SHA-256", DATA)
    finally:
        security.removeProvider(HSM)
        security.addProvider(jvm.registered)
