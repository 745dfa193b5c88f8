"""Which keys and modes a cipher takes, what it says to others, and what an imported key leaves behind."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from conftest import log_in

from bridge.engine import Attribute, MechanismType
from provider.ciphers import (
    AES_WRAP,
    BLOCKS,
    DECRYPT,
    ENCRYPT,
    GCM,
    INVALID_KEY,
    INVALID_PARAMETER,
    RSA,
    SECRET_KEY,
    TRANSFORMATIONS,
    UNSUPPORTED,
    UNWRAP,
    WRAP,
    attributes,
    begin,
    block,
    cipher,
    decrypt,
    encrypt,
    gcm,
    inside,
    iv,
    iv_for,
    noise,
    oaep,
    secret,
)
from provider.conftest import OLD_KEY, PASSWORD, Account, Jvm, load_store
from provider.counting import Counting
from provider.jca import HSM, generate, java, ours, pin, refused

pytestmark = pytest.mark.usefixtures("jvm")
ALL = pytest.mark.parametrize("transformation", TRANSFORMATIONS)
NAMES = {ENCRYPT: "encrypt", DECRYPT: "decrypt", WRAP: "wrap keys", UNWRAP: "unwrap keys"}


def modes_of(transformation: str) -> set[int]:
    """Return the modes that the user guide's table has."""
    if transformation == "AES/CBC/NoPadding":
        return {ENCRYPT, DECRYPT, UNWRAP}
    if "Wrap" in transformation:
        return {WRAP, UNWRAP}
    whole = transformation == GCM or (transformation in RSA and "NoPadding" not in transformation)
    return {ENCRYPT, DECRYPT, WRAP, UNWRAP} if whole else {ENCRYPT, DECRYPT}


def key_for(transformation: str, mode: int, pairs: dict[str, Any]) -> Any:
    if transformation.startswith("RSA"):
        return pairs["RSA"].getPublic() if mode in (ENCRYPT, WRAP) else pairs["RSA"].getPrivate()
    return secret(noise(24), "DESede" if transformation.startswith("DESede") else "AES")


def spec_of(transformation: str) -> Any:
    return gcm(bytes(12)) if transformation == GCM else iv_for(transformation)


@ALL
@pytest.mark.parametrize("mode", NAMES)
def test_a_transformation_has_the_modes_of_the_table(transformation: str, mode: int, pairs: dict[str, Any]) -> None:
    key = key_for(transformation, mode, pairs)
    if mode in modes_of(transformation):
        cipher(transformation, mode, key, spec_of(transformation))
    else:
        with refused(UNSUPPORTED, transformation, f"does not {NAMES[mode]}"):
            cipher(transformation, mode, key, spec_of(transformation))


@ALL
def test_names_are_matched_in_any_case(transformation: str, jvm: Jvm) -> None:
    factory = java("javax.crypto.Cipher")
    for spelling in (transformation, transformation.upper(), transformation.lower()):
        assert factory.getInstance(spelling, HSM).getProvider() == jvm.registered
    if "SHA-" in transformation:
        assert factory.getInstance(transformation.replace("SHA-", "SHA"), HSM).getProvider() == jvm.registered


@pytest.mark.parametrize(
    "name",
    [
        "AES",
        "RSA",
        "DESede",
        "AES/CFB/NoPadding",
        "AES/CBC/ISO10126Padding",
        "DES/CBC/NoPadding",
        "AES/GCM/PKCS5Padding",
    ],
)
def test_what_is_not_in_the_table_is_not_to_be_had(name: str) -> None:
    with pytest.raises(java("java.security.NoSuchAlgorithmException")):
        java("javax.crypto.Cipher").getInstance(name, HSM)


@ALL
def test_keys_of_another_algorithm_are_refused(transformation: str, pairs: dict[str, Any]) -> None:
    others = [
        secret(noise(16), "Blowfish"),
        secret(noise(16), "HmacSHA256"),
        pairs["EC"].getPublic(),
        pairs["EC"].getPrivate(),
    ]
    others.append(secret(noise(24), "AES" if not transformation.startswith("AES") else "DESede"))
    others.append(inside(noise(16), "GenericSecret"))
    for mode in modes_of(transformation):
        for key in others:
            with refused(INVALID_KEY, transformation, "needs a "):
                cipher(transformation, mode, key, spec_of(transformation))
        null = java("java.security.Key")
        with refused(INVALID_KEY, "not null"):
            java("javax.crypto.Cipher").getInstance(transformation, HSM).init(mode, null @ None)


@pytest.mark.parametrize("transformation", [*BLOCKS, GCM])
def test_keys_of_a_wrong_length_are_refused(transformation: str) -> None:
    algorithm = transformation.split("/")[0]
    for length in (1, 15, 17, 33):
        with refused(INVALID_KEY, "192", str(8 * length)):
            cipher(transformation, ENCRYPT, secret(noise(length), algorithm))


@pytest.mark.parametrize("transformation", [*BLOCKS, GCM, *AES_WRAP])
def test_a_destroyed_key_is_refused(transformation: str) -> None:
    mode = WRAP if transformation in AES_WRAP else ENCRYPT
    key = inside(noise(24), transformation.split("/")[0].removesuffix("Wrap"))
    one = cipher(transformation, mode, key)
    key.destroy()
    with refused("java.lang.IllegalStateException", "destroyed"):
        one.wrap(inside(noise(16))) if mode == WRAP else one.doFinal(noise(32))
    with refused(INVALID_KEY, "destroyed"):
        begin(one, mode, key)


def test_a_key_that_somebody_else_destroyed_is_refused_by_name(account: Account) -> None:
    key = inside(noise(16), provider=account.provider, spec=attributes(TOKEN=True, LABEL="kept"))
    one = cipher(GCM, ENCRYPT, key, provider=account.provider)
    other = cipher("AESWrap/ECB/NoPadding", WRAP, secret(noise(16)), provider=account.provider)
    (handle,) = account.kept()
    account.session.destroy(handle)
    with refused("java.lang.IllegalStateException", "was destroyed"):
        one.doFinal(b"data")
    with refused(INVALID_KEY, "was destroyed"):
        other.wrap(key)


def test_after_a_logout_nothing_works(account: Account) -> None:
    key = inside(noise(16), provider=account.provider)
    one = cipher(GCM, ENCRYPT, key, provider=account.provider)
    wrapping = cipher("AESWrap/ECB/NoPadding", WRAP, secret(noise(16)), provider=account.provider)
    unwrapping = cipher("AESWrap/ECB/NoPadding", UNWRAP, secret(noise(16)), provider=account.provider)
    account.provider.logout()
    acts: list[Callable[[], object]] = [
        lambda: one.doFinal(b"data"),
        lambda: wrapping.wrap(key),
        lambda: unwrapping.unwrap(bytes(24), "AES", SECRET_KEY),
        lambda: cipher(GCM, ENCRYPT, secret(noise(16)), provider=account.provider),
        lambda: cipher("AES/CBC/NoPadding", ENCRYPT, secret(noise(16)), provider=account.provider),
    ]
    for act in acts:
        with pytest.raises(ours("AuthenticationException")) as caught:
            act()
        assert caught.value.getCloudHsmExceptionCause() == ours("AuthenticationExceptionCause").UNAUTHENTICATED
    account.provider.login(None, pin(f"{account.name}:{PASSWORD}"))


@pytest.mark.parametrize("transformation", [name for name in BLOCKS if name.startswith("DESede")])
def test_fips_mode_has_no_triple_des(transformation: str, fips: Any) -> None:
    key = load_store(fips).getKey(OLD_KEY, None)
    one = cipher(transformation, ENCRYPT, key, iv_for(transformation), fips)
    for act in (one.doFinal, one.update):
        with refused("com.amazonaws.cloudhsm.jce.jni.exception.ProviderException", "FIPS"):
            act(noise(32))
    with refused(INVALID_KEY, "FIPS"):
        cipher(transformation, ENCRYPT, secret(noise(24), "DESede"), provider=fips)


def test_fips_mode_has_no_pkcs1_padding(fips: Any) -> None:
    name, pair = "RSA/ECB/PKCS1Padding", generate("RSA", fips)
    public, private = pair.getPublic(), pair.getPrivate()
    provider_exception = "com.amazonaws.cloudhsm.jce.jni.exception.ProviderException"
    for mode, key in ((ENCRYPT, public), (DECRYPT, private)):
        with refused(provider_exception, "FIPS", "OAEP"):
            cipher(name, mode, key, provider=fips).doFinal(bytes(245))
    with refused(INVALID_KEY, "FIPS", "OAEP") as caught:
        cipher(name, WRAP, public, provider=fips).wrap(inside(noise(16), provider=fips))
    assert caught.value.getCause().getClass().getName() == provider_exception
    with refused(INVALID_KEY, "FIPS", "OAEP"):
        cipher(name, UNWRAP, private, provider=fips).unwrap(bytes(256), "AES", SECRET_KEY)


def test_a_key_of_another_provider_instance_is_refused(account: Account) -> None:
    key = inside(noise(16), provider=account.provider)
    with refused(INVALID_KEY, "another provider instance"):
        cipher(GCM, ENCRYPT, key)
    one = cipher("AESWrap/ECB/NoPadding", WRAP, secret(noise(16)))
    with refused(INVALID_KEY, "another provider instance"):
        one.wrap(key)


def test_a_public_key_of_another_provider_instance_is_as_good_as_any(account: Account, pairs: dict[str, Any]) -> None:
    encrypted = encrypt("RSA/ECB/OAEPPadding", pairs["RSA"].getPublic(), b"data", provider=account.provider)
    assert decrypt("RSA/ECB/OAEPPadding", pairs["RSA"].getPrivate(), encrypted) == b"data"


@pytest.mark.parametrize("transformation", [*BLOCKS, GCM])
@pytest.mark.parametrize(("mode", "flag"), [(ENCRYPT, "ENCRYPT"), (DECRYPT, "DECRYPT")])
def test_a_key_without_the_flag_is_refused_when_it_is_used(transformation: str, mode: int, flag: str) -> None:
    key = inside(noise(24), transformation.split("/")[0], spec=attributes(**{flag: False, "LABEL": "useless"}))
    spec = (
        gcm(bytes(12))
        if transformation == GCM and mode == DECRYPT
        else iv_for(transformation)
        if transformation != GCM
        else None
    )
    one = cipher(transformation, mode, key, spec)
    usage = "com.amazonaws.cloudhsm.jce.jni.exception.KeyUsageException"
    for data in ([noise(32)], []):
        with refused(usage, "An attempt has been made to use a key for a cryptographic purpose", flag, "useless"):
            one.doFinal(*data)
    if transformation != GCM:
        with refused(usage, flag):
            one.update(noise(32))


@pytest.mark.parametrize("transformation", RSA)
def test_a_private_key_without_decrypt_is_refused_when_it_is_used(transformation: str, account: Account) -> None:
    account.session.generate_key_pair(
        MechanismType.RSA_PKCS_KEY_PAIR_GEN,
        {Attribute.MODULUS_BITS: 2048},
        {Attribute.DECRYPT: False, Attribute.LABEL: "no decryption", Attribute.TOKEN: True},
    )
    key = account.store().getKey("no decryption", None)
    one = cipher(transformation, DECRYPT, key, provider=account.provider)
    with refused("com.amazonaws.cloudhsm.jce.jni.exception.KeyUsageException", "DECRYPT", "no decryption"):
        one.doFinal(bytes(256))


@pytest.fixture
def without_implicit_import(jvm: Jvm) -> Iterator[None]:
    """Switch the implicit import of the HSM off, and on again."""
    admin = log_in(jvm.hsm, "admin")
    admin.configure(implicit_import=False)
    yield
    admin.configure(implicit_import=True)
    admin.close()


@pytest.mark.usefixtures("without_implicit_import")
def test_software_keys_are_refused_if_the_hsm_s_switch_says_so(
    account: Account, software_pairs: dict[str, Any]
) -> None:
    name, provider = "RSA/ECB/OAEPPadding", account.provider
    with refused(INVALID_KEY, "implicit import is switched off", "SecretKeyFactory"):
        cipher(GCM, ENCRYPT, secret(noise(16)), provider=provider)
    with refused(INVALID_KEY, "implicit import is switched off"):
        cipher(name, DECRYPT, software_pairs["RSA"].getPrivate(), provider=provider)
    encrypted = encrypt(name, software_pairs["RSA"].getPublic(), b"data", provider=provider)
    assert decrypt(name, software_pairs["RSA"].getPrivate(), encrypted, oaep("SHA-1"), "SunJCE") == b"data"


def test_an_imported_key_goes_with_its_use(counting: Counting) -> None:
    collect_what_earlier_tests_left(counting)
    before = counting["destroy"]

    def living() -> int:
        return counting["importForUse"] - (counting["destroy"] - before)

    one = cipher(GCM, ENCRYPT, secret(noise(16)))
    one.doFinal(b"data")
    assert living() == 1
    begin(one, ENCRYPT, secret(noise(24)))
    assert living() == 1
    with refused(INVALID_PARAMETER):
        begin(one, DECRYPT, secret(noise(24)), gcm(b""))
    assert living() == 0
    begin(one, ENCRYPT, secret(noise(24)))
    del one
    deadline = time.monotonic() + 30
    while living() and time.monotonic() < deadline:
        java("java.lang.System").gc()
        time.sleep(0.05)
    assert living() == 0


def collect_what_earlier_tests_left(counting: Counting) -> None:
    """Let Java collect garbage until no more keys go with it."""
    quiet = 0
    while quiet < 5:
        before = counting["destroy"]
        java("java.lang.System").gc()
        time.sleep(0.1)
        quiet = quiet + 1 if counting["destroy"] == before else 0


@pytest.mark.parametrize("transformation", [name for name in BLOCKS if "ECB" not in name])
@pytest.mark.parametrize("mode", [ENCRYPT, DECRYPT])
def test_an_iv_is_as_long_as_a_block(transformation: str, mode: int) -> None:
    algorithm, size = transformation.split("/")[0], block(transformation)
    for length in (0, size - 1, size + 1, 24):
        with refused(INVALID_PARAMETER, f"must be {size} bytes"):
            cipher(transformation, mode, secret(noise(24), algorithm), iv(bytes(length)))
    with refused(INVALID_PARAMETER, "takes an IvParameterSpec"):
        cipher(transformation, mode, secret(noise(24), algorithm), gcm(bytes(16)))


@pytest.mark.parametrize("transformation", [name for name in BLOCKS if "ECB" not in name])
def test_decryption_needs_an_iv(transformation: str) -> None:
    algorithm = transformation.split("/")[0]
    with refused(INVALID_KEY, "Parameters missing"):
        cipher(transformation, DECRYPT, secret(noise(24), algorithm))
    none = java("java.security.spec.AlgorithmParameterSpec") @ None
    with refused(INVALID_PARAMETER, "Parameters missing"):
        cipher(transformation, DECRYPT, secret(noise(24), algorithm), none)


@pytest.mark.parametrize("transformation", [*[name for name in BLOCKS if "ECB" in name], *AES_WRAP])
def test_ecb_and_key_wrap_take_no_parameters(transformation: str) -> None:
    key = secret(noise(24), transformation.split("/")[0].removesuffix("Wrap"))
    for mode in modes_of(transformation):
        with refused(INVALID_PARAMETER, "no parameters"):
            cipher(transformation, mode, key, iv(bytes(16)))
        encoded = java("java.security.AlgorithmParameters").getInstance("AES")
        encoded.init(iv(bytes(16)))
        with refused(INVALID_PARAMETER, "no parameters"):
            cipher(transformation, mode, key, encoded)


def test_encoded_parameters_of_another_kind_are_refused(pairs: dict[str, Any]) -> None:
    encoded = java("java.security.AlgorithmParameters").getInstance("AES")
    encoded.init(iv(bytes(16)))
    with refused(INVALID_PARAMETER, "needs parameters for GCM"):
        cipher(GCM, DECRYPT, secret(noise(24)), encoded)
    with refused(INVALID_PARAMETER, "needs parameters for OAEP"):
        cipher("RSA/ECB/OAEPPadding", ENCRYPT, pairs["RSA"].getPublic(), encoded)
    encoded = java("java.security.AlgorithmParameters").getInstance("OAEP")
    encoded.init(oaep("SHA-1"))
    with refused(INVALID_PARAMETER, "needs parameters for AES"):
        cipher("AES/CBC/NoPadding", ENCRYPT, secret(noise(24)), encoded)


@ALL
def test_attributes_are_for_unwrapping(transformation: str, pairs: dict[str, Any]) -> None:
    for mode in modes_of(transformation) - {UNWRAP}:
        with refused(INVALID_PARAMETER, "UNWRAP_MODE only"):
            cipher(transformation, mode, key_for(transformation, mode, pairs), attributes(LABEL="x"))


def test_jca_finds_the_provider_for_its_own_keys(jvm: Jvm, pairs: dict[str, Any]) -> None:
    factory = java("javax.crypto.Cipher")
    for transformation in [*BLOCKS, GCM]:
        one = factory.getInstance(transformation)
        begin(one, ENCRYPT, inside(noise(24), transformation.split("/")[0]))
        assert one.getProvider() == jvm.registered
        one = factory.getInstance(transformation)
        begin(one, ENCRYPT, secret(noise(24), transformation.split("/")[0]))
        assert one.getProvider().getName() == "SunJCE"
    for transformation in RSA:
        if transformation != "RSA/ECB/NoPadding":
            one = factory.getInstance(transformation)
            begin(one, DECRYPT, pairs["RSA"].getPrivate())
            assert one.getProvider() == jvm.registered
