"""Keys derived through a ``SecretKeyFactory``: counter KDFs with AES-CMAC and HMAC, and HKDF, against cryptography."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.cmac import CMAC
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.kdf.kbkdf import KBKDFHMAC, CounterLocation, Mode
from hypothesis import given, settings
from hypothesis import strategies as st

from provider.conftest import Account, Jvm
from provider.jca import DATA, EXCEPTIONS, HSM, java, refused
from provider.maps import (
    PROVIDER,
    all_keys,
    attributes,
    choice,
    clear_extraction,
    jbytes,
    no_implicit_import,
    secret_key,
)

__all__ = ["no_implicit_import"]

HASHES: dict[str, hashes.HashAlgorithm] = {
    "SHA-1": hashes.SHA1(),  # noqa: S303 - the table has it
    "SHA-224": hashes.SHA224(),
    "SHA-256": hashes.SHA256(),
    "SHA-384": hashes.SHA384(),
    "SHA-512": hashes.SHA512(),
}
SPEC = "java.security.spec.InvalidKeySpecException"
BASE = bytes(range(32))


def factory(algorithm: str, provider: Any = HSM) -> Any:
    return java("javax.crypto.SecretKeyFactory").getInstance(algorithm, provider)


def counter(base: Any, bits: int, prefix: bytes | None, suffix: bytes | None, **given: Any) -> Any:
    before, after = (None if part is None else jbytes(part) for part in (prefix, suffix))
    data = java(f"{PROVIDER}.AesCmacKdfFixedInputData")(bits, before, after)
    return java(f"{PROVIDER}.AesCmacKdfParameterSpec")(attributes(**given), data, base)


def hkdf(base: Any, hash_: str, salt: bytes | None, info: bytes | None, **given: Any) -> Any:
    salted, informed = (None if part is None else jbytes(part) for part in (salt, info))
    return java(f"{PROVIDER}.spec.HkdfParameterSpec")(hash_, salted, informed, attributes(**given), base)


def hmac_kdf(
    base: Any, hash_: str, label: bytes | None, context: bytes | None, widths: tuple[int, int] = (32, 32), **given: Any
) -> Any:
    labelled, placed = (None if part is None else jbytes(part) for part in (label, context))
    data = java(f"{PROVIDER}.spec.HmacKdfFixedInputData")(widths[0], labelled, placed, widths[1])
    return java(f"{PROVIDER}.spec.HmacKdfParameterSpec")(attributes(**given), hash_, data, base)


def by_hand(key: bytes, bits: int, prefix: bytes, suffix: bytes, length: int) -> bytes:
    """Derive as NIST SP 800-108, section 4.1, says."""
    derived = b""
    for index in range(1, -(-length // 16) + 1):
        code = CMAC(AES(key))
        code.update(prefix + index.to_bytes(bits // 8, "big") + suffix)
        derived += code.finalize()
    return derived[:length]


@pytest.fixture(scope="module")
def base(jvm: Jvm) -> Any:
    return secret_key(HSM, BASE, DERIVE=True, LABEL="base")


@pytest.mark.parametrize("bits", [8, 16, 24, 32])
@pytest.mark.parametrize(("prefix", "suffix"), [(b"", DATA), (DATA, b""), (None, DATA), (DATA, None), (b"a", b"b")])
def test_the_counter_kdf_is_the_standards(
    jvm: Jvm, base: Any, bits: int, prefix: bytes | None, suffix: bytes | None
) -> None:
    for name, size in [("AES", 128), ("AES", 256), ("DESede", 192), ("GenericSecret", 800), ("HmacSHA1", 160)]:
        key = factory(name).generateSecret(counter(base, bits, prefix, suffix, SIZE=size))
        assert key.getAlgorithm() == name
        expected = by_hand(BASE, bits, prefix or b"", suffix or b"", size // 8)
        with clear_extraction(jvm.hsm):
            value = bytes(key.getEncoded())
        if name == "DESede":
            value, expected = (bytes(byte & 0xFE for byte in one) for one in (value, expected))
        assert value == expected


@settings(deadline=None, max_examples=15)
@given(
    name=st.sampled_from(sorted(HASHES)),
    salt=st.binary(max_size=100) | st.none(),
    info=st.binary(max_size=100) | st.none(),
    size=st.integers(1, 640),
)
def test_hkdf_is_cryptographys(
    jvm: Jvm, base: Any, name: str, salt: bytes | None, info: bytes | None, size: int
) -> None:
    size = min(size, 255 * HASHES[name].digest_size)
    for spelling in (name, name.replace("-", ""), name.lower()):
        key = factory("GenericSecret").generateSecret(hkdf(base, spelling, salt, info, SIZE=8 * size))
        with clear_extraction(jvm.hsm):
            assert bytes(key.getEncoded()) == HKDF(HASHES[name], size, salt or b"", info or b"").derive(BASE)


def test_hkdf_takes_generic_secrets_too(jvm: Jvm) -> None:
    generic = secret_key(HSM, b"input keying material", "GenericSecret", DERIVE=True)
    key = factory("AES").generateSecret(hkdf(generic, "SHA-256", b"salt", b"info", SIZE=256))
    with clear_extraction(jvm.hsm):
        expected = HKDF(hashes.SHA256(), 32, b"salt", b"info").derive(b"input keying material")
        assert bytes(key.getEncoded()) == expected


@pytest.fixture(scope="module")
def generic(jvm: Jvm) -> Any:
    return secret_key(HSM, BASE, "GenericSecret", DERIVE=True, LABEL="generic")


@settings(deadline=None, max_examples=15)
@given(
    name=st.sampled_from(sorted(HASHES)),
    label=st.binary(max_size=100) | st.none(),
    context=st.binary(max_size=100) | st.none(),
    widths=st.tuples(st.sampled_from([16, 32]), st.sampled_from([16, 32, 64])),
    size=st.integers(1, 800),
)
def test_the_hmac_kdf_is_cryptographys(
    jvm: Jvm,
    generic: Any,
    name: str,
    label: bytes | None,
    context: bytes | None,
    widths: tuple[int, int],
    size: int,
) -> None:
    counter_bytes, length_bytes = (width // 8 for width in widths)
    kdf = KBKDFHMAC(
        HASHES[name],
        Mode.CounterMode,
        size,
        counter_bytes,
        length_bytes,
        CounterLocation.BeforeFixed,
        label or b"",
        context or b"",
        None,
    )
    expected = kdf.derive(BASE)
    spec = hmac_kdf(generic, name, label, context, widths, SIZE=8 * size)
    key = factory("GenericSecret").generateSecret(spec)
    with clear_extraction(jvm.hsm):
        assert bytes(key.getEncoded()) == expected


def test_the_hmac_kdf_has_the_answer_of_rfc_8009(jvm: Jvm) -> None:
    """Appendix A, the pseudorandom function of aes128-cts-hmac-sha256-128."""
    base = secret_key(HSM, bytes.fromhex("3705d96080c17728a0e800eab6e0d23c"), "HmacSHA256", DERIVE=True)
    data = java(f"{PROVIDER}.spec.HmacKdfFixedInputData")(jbytes(b"prf"), jbytes(b"test"))
    assert (data.getCounterWidth(), data.getLengthWidth()) == (32, 32)
    spec = java(f"{PROVIDER}.spec.HmacKdfParameterSpec")(attributes(SIZE=256), "SHA-256", data, base)
    with clear_extraction(jvm.hsm):
        value = bytes(factory("AES").generateSecret(spec).getEncoded())
    assert value.hex() == "9d188616f63852fe86915bb840b4a886ff3e6bb0f819b49b893393d393854295"


def test_what_the_hmac_kdf_must_not_is_refused(jvm: Jvm, base: Any, generic: Any) -> None:
    for wrong, texts in [
        (hmac_kdf(generic, "SHA-256", None, None), ["lack SIZE"]),
        (hmac_kdf(generic, "SHA-256", None, None, SIZE=136), ["128, 192 or 256"]),
        (hmac_kdf(generic, "MD5", None, None, SIZE=128), ["no hash MD5"]),
        (hmac_kdf(generic, "SHA-256", None, None, (8, 32), SIZE=128), ["16 or 32 bits"]),
        (hmac_kdf(generic, "SHA-256", None, None, (32, 24), SIZE=128), ["8, 16, 32 or 64 bits"]),
        (hmac_kdf(generic, "SHA-256", None, None, (32, 8), SIZE=256), ["256", "8 bits"]),
        (hmac_kdf(base, "SHA-256", None, None, SIZE=128), ["GENERIC_SECRET", "AES key"]),
        (hmac_kdf(secret_key(HSM, BASE, "GenericSecret"), "SHA-1", None, None, SIZE=128), ["DERIVE"]),
    ]:
        with refused(SPEC, *texts):
            factory("AES").generateSecret(wrong)
    for key, hash_ in ((None, "SHA-1"), (generic, None)):
        with refused("java.lang.NullPointerException", "is null"):
            hmac_kdf(key, hash_, None, None)  # type: ignore[arg-type]


def test_the_hmac_kdf_takes_a_software_base_key(jvm: Jvm, account: Account) -> None:
    software = java("javax.crypto.spec.SecretKeySpec")(BASE, "HmacSHA256")
    key = factory("HmacSHA256", account.provider).generateSecret(hmac_kdf(software, "SHA-256", b"l", b"c"))
    assert key.getAlgorithm() == "HmacSHA256"
    assert all_keys(account.provider) == [str(key)]


def test_a_derived_key_has_the_attributes_asked_for_and_the_natural_size(jvm: Jvm, account: Account) -> None:
    base = secret_key(account.provider, BASE, DERIVE=True)
    makers: list[Callable[..., Any]] = [partial(counter, base, 8, b"", b"x"), partial(hkdf, base, "SHA-1", None, None)]
    for make in makers:
        for name, size in [("DESede", 24), ("HmacSHA1", 20), ("HmacSHA384", 48)]:
            key = factory(name, account.provider).generateSecret(make(EXTRACTABLE=False, LABEL="derived"))
            assert key.getAlgorithm() == name
            assert 'label "derived"' in str(key)
            with clear_extraction(jvm.hsm):
                assert key.getEncoded() is None
            key = factory(name, account.provider).generateSecret(make())
            with clear_extraction(jvm.hsm):
                assert len(bytes(key.getEncoded())) == size


def test_what_a_kdf_lacks_or_must_not_is_refused(jvm: Jvm, base: Any) -> None:
    for wrong, texts in [
        (counter(base, 8, b"", b"x"), ["lack SIZE"]),
        (counter(base, 8, b"", b"x", SIZE=136), ["128, 192 or 256"]),
        (counter(base, 8, b"", b"x", SIZE=129), ["SIZE", "multiple of 8"]),
        (counter(base, 12, b"", b"x", SIZE=128), ["8, 16, 24 or 32"]),
        (counter(base, 8, b"", b"x", SIZE=128, KEY_TYPE=choice("KeyType", "DESEDE")), ["KEY_TYPE"]),
        (hkdf(base, "MD5", None, None, SIZE=128), ["no hash MD5"]),
        (hkdf(base, "SHA-1", None, None, SIZE=64), ["128, 192 or 256"]),
    ]:
        with refused(SPEC, *texts):
            factory("AES").generateSecret(wrong)
    no_deriver = secret_key(HSM, BASE, LABEL="no deriver")
    for wrong in (counter(no_deriver, 8, b"", b"x", SIZE=128), hkdf(no_deriver, "SHA-1", None, None, SIZE=128)):
        with refused(SPEC, "An attempt has been made", "DERIVE", "no deriver") as caught:
            factory("AES").generateSecret(wrong)
        assert caught.value.getCause().getClass().getName() == f"{EXCEPTIONS}.KeyUsageException"


def test_the_counter_kdf_takes_aes_keys_only(jvm: Jvm) -> None:
    generic = secret_key(HSM, BASE, "GenericSecret", DERIVE=True)
    with refused(SPEC, "AES"):
        factory("AES").generateSecret(counter(generic, 8, b"", b"x", SIZE=128))


def test_nulls_are_refused_at_once(jvm: Jvm, base: Any) -> None:
    with refused("java.lang.NullPointerException", "baseKey is null"):
        counter(None, 8, b"", b"x")
    with refused("java.lang.NullPointerException", "baseKey is null"):
        hkdf(None, "SHA-1", None, None)
    with refused("java.lang.NullPointerException", "hash is null"):
        hkdf(base, None, None, None)  # type: ignore[arg-type]


def test_a_software_base_key_is_imported_for_the_derivation_only(jvm: Jvm, account: Account) -> None:
    software = java("javax.crypto.spec.SecretKeySpec")(BASE, "AES")
    key = factory("AES", account.provider).generateSecret(counter(software, 8, b"", DATA, SIZE=256))
    with clear_extraction(jvm.hsm):
        assert bytes(key.getEncoded()) == by_hand(BASE, 8, b"", DATA, 32)
    assert all_keys(account.provider) == [str(key)]


def test_a_software_base_key_is_refused_where_implicit_import_is_off(
    no_implicit_import: None, account: Account
) -> None:
    software = java("javax.crypto.spec.SecretKeySpec")(BASE, "AES")
    with refused(SPEC, "implicit import is switched off"):
        factory("AES", account.provider).generateSecret(hkdf(software, "SHA-256", None, None, SIZE=128))
