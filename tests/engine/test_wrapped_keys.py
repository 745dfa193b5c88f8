"""Every kind of wrapping, as the original's `key wrap` names them, opened and made by OpenSSL and cryptography too."""

from __future__ import annotations

import random
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.padding import PKCS7

from bridge.engine import Attribute, KeyType, MechanismType, ObjectClass, ReturnCode, Session
from bridge.engine.material import PrivateKey
from bridge.engine.parameters import Gcm, Oaep, Parameter, RsaAesKeyWrap
from engine.keys import Template, import_both, import_secret, new_aes, private_info, public_info, refused, software_rsa
from engine.test_keywrap import value_of

M = MechanismType
SHA_256 = M.SHA256.value
KEY = bytes(range(32))
TAGS = [64, 96, 104, 112, 120, 128]
OAEP_OPTIONS = ("rsa_padding_mode:oaep", "rsa_oaep_md:sha256", "rsa_mgf1_md:sha256")


class Outside:
    """Wraps and unwraps with the openssl program, and with cryptography what that program does not do."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        (folder / "private").write_bytes(private_info(software_rsa()))
        (folder / "public").write_bytes(public_info(software_rsa().public_key()))

    def _run(self, data: bytes, *command: str) -> bytes:
        (self._folder / "data").write_bytes(data)
        done = subprocess.run(["openssl", *command, "-in", "data"], cwd=self._folder, capture_output=True, check=True)
        return done.stdout

    def aes(self, way: str, padded: bool, data: bytes, key: bytes = KEY) -> bytes:
        """RFC 3394, or RFC 5649 if padded; the way is ``-e`` or ``-d``."""
        suffix, iv = ("-pad", "A65959A6") if padded else ("", "A6A6A6A6A6A6A6A6")
        return self._run(data, "enc", f"-id-aes{8 * len(key)}-wrap{suffix}", way, "-K", key.hex(), "-iv", iv)

    def encrypt(self, data: bytes, *options: str) -> bytes:
        given = [word for option in options for word in ("-pkeyopt", option)]
        return self._run(data, "pkeyutl", "-encrypt", "-pubin", "-keyform", "DER", "-inkey", "public", *given)

    def decrypt(self, data: bytes, *options: str) -> bytes:
        given = [word for option in options for word in ("-pkeyopt", option)]
        return self._run(data, "pkeyutl", "-decrypt", "-keyform", "DER", "-inkey", "private", *given)


def sealed(data: bytes, tag_bits: int = 128) -> bytes:
    """IV, AES-GCM ciphertext and tag by cryptography."""
    iv = bytes(range(1, 13))
    encryptor = Cipher(algorithms.AES(KEY), modes.GCM(iv)).encryptor()
    encryptor.authenticate_additional_data(b"aad")
    ciphertext = encryptor.update(data) + encryptor.finalize()
    return iv + ciphertext + encryptor.tag[: tag_bits // 8]


def opened(wrapped: bytes, tag_bits: int = 128) -> bytes:
    """Decrypt what :func:`sealed` and the HSM made."""
    tag = wrapped[-(tag_bits // 8) :]
    decryptor = Cipher(algorithms.AES(KEY), modes.GCM(wrapped[:12], tag, min_tag_length=len(tag))).decryptor()
    decryptor.authenticate_additional_data(b"aad")
    return decryptor.update(wrapped[12 : -len(tag)]) + decryptor.finalize()


def padded(data: bytes) -> bytes:
    padder = PKCS7(64).padder()
    return padder.update(data) + padder.finalize()


def unpadded(data: bytes) -> bytes:
    unpadder = PKCS7(64).unpadder()
    return unpadder.update(data) + unpadder.finalize()


def rsa_aes(outside: Outside, data: bytes) -> bytes:
    temporary = random.Random(3).randbytes(32)
    return outside.encrypt(temporary, *OAEP_OPTIONS) + outside.aes("-e", True, data, temporary)


def rsa_aes_opened(outside: Outside, wrapped: bytes) -> bytes:
    return outside.aes("-d", True, wrapped[256:], outside.decrypt(wrapped[:256], *OAEP_OPTIONS))


@dataclass(frozen=True)
class Kind:
    """One kind of wrapping.

    Attributes:
        name: as the original's `key wrap` spells it.
        mechanism: of the HSM.
        key_type: of the wrapping key.
        parameter: of the mechanism; None if it takes none.
        wrap: wraps outside the HSM.
        unwrap: unwraps outside the HSM.
        limit: bytes that a key may have at most; None if any that there are fit.
        whole: whether a key must be whole semiblocks, at least two.
    """

    name: str
    mechanism: MechanismType
    key_type: KeyType
    parameter: Parameter | None
    wrap: Callable[[Outside, bytes], bytes]
    unwrap: Callable[[Outside, bytes], bytes]
    limit: int | None = None
    whole: bool = False

    def takes(self, length: int) -> bool:
        if self.whole and (length % 8 or length < 16):
            return False
        return self.limit is None or length <= self.limit


GCM = Gcm(b"", b"aad")
KINDS = [
    Kind("aes-gcm", M.AES_GCM, KeyType.AES, GCM, lambda _, data: sealed(data), lambda _, data: opened(data)),
    Kind(
        "cloudhsm-aes-gcm",
        M.CLOUDHSM_AES_GCM,
        KeyType.AES,
        GCM,
        lambda _, data: sealed(data),
        lambda _, data: opened(data),
    ),
    Kind(
        "aes-no-pad",
        M.CLOUDHSM_AES_KEY_WRAP_NO_PAD,
        KeyType.AES,
        None,
        lambda outside, data: outside.aes("-e", False, data),
        lambda outside, data: outside.aes("-d", False, data),
        whole=True,
    ),
    Kind(
        "aes-pkcs5-pad",
        M.CLOUDHSM_AES_KEY_WRAP_PKCS5_PAD,
        KeyType.AES,
        None,
        lambda outside, data: outside.aes("-e", False, padded(data)),
        lambda outside, data: unpadded(outside.aes("-d", False, data)),
    ),
    Kind(
        "aes-zero-pad",
        M.CLOUDHSM_AES_KEY_WRAP_ZERO_PAD,
        KeyType.AES,
        None,
        lambda outside, data: outside.aes("-e", True, data),
        lambda outside, data: outside.aes("-d", True, data),
    ),
    Kind("rsa-aes", M.RSA_AES_KEY_WRAP, KeyType.RSA, RsaAesKeyWrap(256, SHA_256, SHA_256), rsa_aes, rsa_aes_opened),
    Kind(
        "rsa-oaep",
        M.RSA_PKCS_OAEP,
        KeyType.RSA,
        Oaep(SHA_256, SHA_256),
        lambda outside, data: outside.encrypt(data, *OAEP_OPTIONS),
        lambda outside, data: outside.decrypt(data, *OAEP_OPTIONS),
        limit=256 - 2 * 32 - 2,
    ),
    Kind(
        "rsa-pkcs",
        M.RSA_PKCS,
        KeyType.RSA,
        None,
        lambda outside, data: outside.encrypt(data),
        lambda outside, data: outside.decrypt(data),
        limit=256 - 11,
    ),
]
EACH = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)

SECRETS = {KeyType.AES: (16, 24, 32), KeyType.DES3: (24,), KeyType.GENERIC_SECRET: (9, 16, 20, 100)}
PRIVATE_KEYS: dict[str, tuple[KeyType, Callable[[], PrivateKey]]] = {
    "RSA": (KeyType.RSA, software_rsa),
    "P-256": (KeyType.EC, lambda: ec.generate_private_key(ec.SECP256R1())),
    "secp256k1": (KeyType.EC, lambda: ec.generate_private_key(ec.SECP256K1())),
    "Ed25519": (KeyType.EC_EDWARDS, ed25519.Ed25519PrivateKey.generate),
}


@pytest.fixture
def outside(tmp_path: Path) -> Outside:
    return Outside(tmp_path)


def wrapping_keys(session: Session, kind: Kind) -> tuple[int, int]:
    """Return the handles of the key that wraps and the one that unwraps."""
    if kind.key_type is KeyType.RSA:
        return import_both(session, software_rsa())
    handle = import_secret(session, KEY)
    return handle, handle


def unwrapped(session: Session, kind: Kind, by: int, wrapped: bytes, given: Template) -> int:
    """Unwrap in the HSM; the IV of AES_GCM travels beside what was wrapped."""
    if kind.mechanism is M.AES_GCM:
        return session.unwrap(by, kind.mechanism, wrapped[12:], given, Gcm(wrapped[:12], b"aad"))
    return session.unwrap(by, kind.mechanism, wrapped, given, kind.parameter)


def both_directions(
    session: Session, kind: Kind, outside: Outside, payload: int, value: bytes, given: Template
) -> None:
    """Wrap a key here and unwrap it there, and the other way round; what comes back is the same key."""
    by, opener = wrapping_keys(session, kind)
    wrapped = session.wrap(by, kind.mechanism, payload, kind.parameter)
    assert value not in wrapped
    assert kind.unwrap(outside, wrapped) == value
    check_value = session.attributes(payload)[Attribute.CHECK_VALUE]
    for blob in (wrapped, kind.wrap(outside, value)):
        handle = unwrapped(session, kind, opener, blob, given)
        assert value_of(session, handle) == value
        attributes = session.attributes(handle)
        assert attributes[Attribute.CHECK_VALUE] == check_value
        assert not attributes[Attribute.LOCAL]
        assert not attributes[Attribute.NEVER_EXTRACTABLE]
        assert not attributes[Attribute.ALWAYS_SENSITIVE]


def test_there_is_every_kind_of_the_original() -> None:
    assert [kind.name for kind in sorted(KINDS, key=lambda kind: kind.name)] == [
        "aes-gcm",
        "aes-no-pad",
        "aes-pkcs5-pad",
        "aes-zero-pad",
        "cloudhsm-aes-gcm",
        "rsa-aes",
        "rsa-oaep",
        "rsa-pkcs",
    ]


@EACH
@pytest.mark.parametrize("key_type", SECRETS, ids=lambda key_type: key_type.name)
def test_secret_keys_go_out_and_in(session: Session, outside: Outside, kind: Kind, key_type: KeyType) -> None:
    for length in SECRETS[key_type]:
        value = random.Random(length).randbytes(length)
        payload = import_secret(session, value, key_type)
        given: Template = {Attribute.CLASS: ObjectClass.SECRET_KEY, Attribute.KEY_TYPE: key_type}
        if kind.takes(length):
            both_directions(session, kind, outside, payload, value, given)
        else:
            refuse_to_wrap(session, kind, payload)


@EACH
@pytest.mark.parametrize("name", PRIVATE_KEYS)
def test_private_keys_go_out_and_in_as_pkcs8(session: Session, outside: Outside, kind: Kind, name: str) -> None:
    """RSA alone takes the short ones only, which are no RSA keys: those need the AES key between."""
    key_type, make = PRIVATE_KEYS[name]
    key = make()
    value = private_info(key)
    payload = session.import_key({Attribute.PRIVATE_KEY_INFO: value})
    given: Template = {Attribute.CLASS: ObjectClass.PRIVATE_KEY, Attribute.KEY_TYPE: key_type}
    if kind.takes(len(value)):
        both_directions(session, kind, outside, payload, value, given)
    else:
        refuse_to_wrap(session, kind, payload)


def refuse_to_wrap(session: Session, kind: Kind, payload: int) -> None:
    by, _ = wrapping_keys(session, kind)
    with refused(ReturnCode.KEY_SIZE_RANGE, "multiple of 8" if kind.whole else str(kind.limit)):
        session.wrap(by, kind.mechanism, payload, kind.parameter)


@pytest.mark.parametrize(
    ("mechanism", "hash_", "limit"),
    [
        (M.RSA_PKCS, None, 256 - 11),
        (M.RSA_PKCS_OAEP, M.SHA_1, 256 - 2 * 20 - 2),
        (M.RSA_PKCS_OAEP, M.SHA224, 256 - 2 * 28 - 2),
        (M.RSA_PKCS_OAEP, M.SHA256, 256 - 2 * 32 - 2),
        (M.RSA_PKCS_OAEP, M.SHA384, 256 - 2 * 48 - 2),
        (M.RSA_PKCS_OAEP, M.SHA512, 256 - 2 * 64 - 2),
    ],
)
def test_rsa_wraps_what_fits_the_modulus(
    session: Session, mechanism: MechanismType, hash_: MechanismType | None, limit: int
) -> None:
    public, private = import_both(session, software_rsa())
    parameter = None if hash_ is None else Oaep(hash_, hash_)
    value = random.Random(limit).randbytes(limit + 1)
    fits, too_long = (import_secret(session, value[:size], KeyType.GENERIC_SECRET) for size in (limit, limit + 1))
    wrapped = session.wrap(public, mechanism, fits, parameter)
    given: Template = {Attribute.CLASS: ObjectClass.SECRET_KEY, Attribute.KEY_TYPE: KeyType.GENERIC_SECRET}
    assert value_of(session, session.unwrap(private, mechanism, wrapped, given, parameter)) == value[:limit]
    with refused(ReturnCode.KEY_SIZE_RANGE, str(limit), str(limit + 1)):
        session.wrap(public, mechanism, too_long, parameter)


@pytest.mark.parametrize("mechanism", [M.AES_GCM, M.CLOUDHSM_AES_GCM], ids=lambda number: number.name)
@pytest.mark.parametrize("bits", TAGS)
def test_a_gcm_wrap_may_have_a_shorter_tag(session: Session, mechanism: MechanismType, bits: int) -> None:
    by = import_secret(session, KEY)
    value = random.Random(bits).randbytes(32)
    given: Template = {Attribute.CLASS: ObjectClass.SECRET_KEY, Attribute.KEY_TYPE: KeyType.AES}

    def unwrap(wrapped: bytes, tag_bits: int = bits) -> int:
        iv = wrapped[:12] if mechanism is M.AES_GCM else b""
        return session.unwrap(by, mechanism, wrapped[len(iv) :], given, Gcm(iv, b"aad", tag_bits))

    wrapped = session.wrap(by, mechanism, import_secret(session, value), Gcm(b"", b"aad", bits))
    assert len(wrapped) == 12 + len(value) + bits // 8
    assert opened(wrapped, bits) == value
    for blob in (wrapped, sealed(value, bits)):
        assert value_of(session, unwrap(blob)) == value
    for wrong in (wrapped[:-1] + bytes([wrapped[-1] ^ 1]), wrapped[:20] + bytes([wrapped[20] ^ 1]) + wrapped[21:]):
        with refused(ReturnCode.WRAPPED_KEY_INVALID, "tag does not match"):
            unwrap(wrong)
    with refused(ReturnCode.WRAPPED_KEY_INVALID):
        unwrap(wrapped, 96 if bits == 64 else 64)
    with refused(ReturnCode.WRAPPED_KEY_LEN_RANGE, f"tag of {bits // 8} bytes"):
        unwrap(wrapped[: 12 + bits // 8 - 1])


@pytest.mark.parametrize("bits", [0, 8, 32, 56, 63, 72, 136, 2**32 - 1])
def test_other_tags_are_refused(session: Session, bits: int) -> None:
    by, payload = import_secret(session, KEY), new_aes(session)
    given: Template = {Attribute.CLASS: ObjectClass.SECRET_KEY, Attribute.KEY_TYPE: KeyType.AES}
    for mechanism in (M.AES_GCM, M.CLOUDHSM_AES_GCM):
        with refused(ReturnCode.MECHANISM_PARAM_INVALID, "64, 96, 104, 112, 120 or 128", str(bits)):
            session.wrap(by, mechanism, payload, Gcm(b"", b"", bits))
        with refused(ReturnCode.MECHANISM_PARAM_INVALID, "64, 96, 104, 112, 120 or 128", str(bits)):
            session.unwrap(by, mechanism, bytes(60), given, Gcm(bytes(12), b"", bits))


def test_the_hsm_makes_the_iv_of_every_wrap(session: Session) -> None:
    by, payload = import_secret(session, KEY), new_aes(session)
    for mechanism in (M.AES_GCM, M.CLOUDHSM_AES_GCM):
        ivs = {session.wrap(by, mechanism, payload, Gcm(bytes(12), b""))[:12] for _ in range(50)}
        assert len(ivs) == 50
        assert bytes(12) not in ivs


@EACH
def test_a_key_that_is_not_extractable_stays(session: Session, kind: Kind) -> None:
    by, _ = wrapping_keys(session, kind)
    with refused(ReturnCode.KEY_UNEXTRACTABLE, "EXTRACTABLE"):
        session.wrap(by, kind.mechanism, new_aes(session, EXTRACTABLE=False), kind.parameter)
