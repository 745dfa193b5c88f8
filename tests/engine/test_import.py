"""Keys that come from outside."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest
from conftest import PASSWORDS
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, mldsa, rsa, x25519
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from bridge.engine import (
    Attribute,
    Hsm,
    HsmError,
    KeyType,
    MechanismType,
    ObjectClass,
    ReturnCode,
    Role,
    Session,
    SessionRules,
)
from bridge.engine.parameter_sets import MlDsaPrivateKey
from bridge.engine.parameters import Eddsa, Parameter
from engine.keys import (
    Template,
    expect_code,
    import_both,
    import_secret,
    private_info,
    public_info,
    refused,
    software_rsa,
)

PRIVATE, PUBLIC, VALUE = Attribute.PRIVATE_KEY_INFO, Attribute.PUBLIC_KEY_INFO, Attribute.VALUE
SIGNING: dict[object, tuple[MechanismType, Parameter | None]] = {
    KeyType.RSA: (MechanismType.RSA_PKCS, None),
    KeyType.EC: (MechanismType.ECDSA, None),
    KeyType.EC_EDWARDS: (MechanismType.EDDSA, Eddsa(1)),
    KeyType.ML_DSA: (MechanismType.ML_DSA, None),
}
ED_KEY = ed25519.Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
ML_KEY = mldsa.MLDSA44PrivateKey.from_seed_bytes(bytes(range(32)))
EC_KEY = ec.derive_private_key(0x1234567890ABCDEF, ec.SECP256R1())


@pytest.mark.parametrize("bits", [2048, 2304])
def test_rsa_pairs_keep_their_numbers(session: Session, bits: int) -> None:
    key = software_rsa(bits)
    for handle in import_both(session, key):
        attributes = session.attributes(handle)
        assert attributes[PUBLIC] == public_info(key.public_key())
        assert attributes[Attribute.MODULUS_BITS] == bits
        assert attributes[Attribute.LOCAL] is False


def test_a_private_key_may_come_with_its_public_half(session: Session) -> None:
    info = public_info(EC_KEY.public_key())
    handle = session.import_key({PRIVATE: private_info(EC_KEY), PUBLIC: info})
    assert session.attributes(handle)[PUBLIC] == info
    other = public_info(ec.generate_private_key(ec.SECP256R1()).public_key())
    with refused(ReturnCode.TEMPLATE_INCONSISTENT, "PUBLIC_KEY_INFO"):
        session.import_key({PRIVATE: private_info(EC_KEY), PUBLIC: other})


@pytest.mark.parametrize("length", [16, 24, 32])
def test_aes_keys_have_a_check_value(session: Session, length: int) -> None:
    """Known answers: the zero block under AES keys 00, 01, 02 …, its first three bytes."""
    expected = {16: "c6a13b", 24: "916251", 32: "f29000"}
    attributes = session.attributes(session.import_key({VALUE: bytes(range(length))}))
    assert attributes[Attribute.VALUE_LEN] == length
    assert attributes[Attribute.CHECK_VALUE] == bytes.fromhex(expected[length])


@pytest.mark.parametrize("length", [0, 1, 15, 17, 31, 33, 64, 10_000])
def test_refuses_aes_keys_of_other_lengths(session: Session, length: int) -> None:
    with refused(ReturnCode.KEY_SIZE_RANGE, "128, 192 or 256"):
        session.import_key({VALUE: bytes(length)})
    with refused(ReturnCode.KEY_SIZE_RANGE, "128, 192 or 256"):
        session.generate_key(MechanismType.AES_KEY_GEN, {Attribute.VALUE_LEN: length})


@pytest.mark.parametrize("length", [1, 16, 800, 801, 5000])
def test_generic_secrets_have_any_length(session: Session, length: int) -> None:
    value = random.Random(length).randbytes(length)
    attributes = session.attributes(import_secret(session, value, KeyType.GENERIC_SECRET))
    assert attributes[Attribute.KEY_TYPE] == KeyType.GENERIC_SECRET
    assert attributes[Attribute.VALUE_LEN] == length
    assert attributes[Attribute.CHECK_VALUE] == b""
    with refused(ReturnCode.KEY_SIZE_RANGE, "at least 8 bits"):
        import_secret(session, b"", KeyType.GENERIC_SECRET)


def test_triple_des_keys_come_in_as_they_are(session: Session) -> None:
    """Also with even parity, and with three equal keys: the check value is that of single DES then."""
    attributes = session.attributes(import_secret(session, bytes(24), KeyType.DES3))
    assert attributes[Attribute.CHECK_VALUE] == bytes.fromhex("8ca64d")
    assert attributes[Attribute.VALUE_LEN] == 24
    for length in (0, 8, 16, 21, 23, 25, 32):
        with refused(ReturnCode.KEY_SIZE_RANGE, "192 bits", str(8 * length)):
            import_secret(session, bytes(length), KeyType.DES3)


@pytest.mark.parametrize("number", [KeyType.RSA, KeyType.EC, KeyType.ML_DSA, 0x13, 2**40])
def test_a_value_is_a_secret_key_only(session: Session, number: int) -> None:
    with refused(ReturnCode.KEY_TYPE_INCONSISTENT, "AES, DES3 or GENERIC_SECRET"):
        session.import_key({VALUE: bytes(24), Attribute.KEY_TYPE: number})


def test_the_template_says_the_type_that_the_value_is(session: Session) -> None:
    for template in ({PRIVATE: private_info(EC_KEY)}, {PUBLIC: public_info(EC_KEY.public_key())}):
        session.import_key({**template, Attribute.KEY_TYPE: KeyType.EC})
        with refused(ReturnCode.KEY_TYPE_INCONSISTENT, "EC"):
            session.import_key({**template, Attribute.KEY_TYPE: KeyType.RSA})
        with refused(ReturnCode.TEMPLATE_INCONSISTENT, "CLASS"):
            session.import_key({**template, Attribute.CLASS: ObjectClass.SECRET_KEY})


def test_ed25519_keys_tell_curve_and_point(session: Session) -> None:
    """The key pair of RFC 8032, section 7.1, test 1."""
    key = ed25519.Ed25519PrivateKey.from_private_bytes(
        bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
    )
    point = bytes.fromhex("0420d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")
    for handle in import_both(session, key):
        attributes = session.attributes(handle)
        assert attributes[Attribute.KEY_TYPE] == KeyType.EC_EDWARDS
        assert attributes[Attribute.EC_PARAMS] == bytes.fromhex("06032b6570")
        assert attributes[Attribute.EC_POINT] == point
        assert attributes[PUBLIC] == bytes.fromhex("302a300506032b6570032100") + point[2:]


@pytest.mark.parametrize(
    ("key", "number"),
    [
        (mldsa.MLDSA44PrivateKey.generate(), 1),
        (mldsa.MLDSA65PrivateKey.generate(), 2),
        (mldsa.MLDSA87PrivateKey.generate(), 3),
    ],
)
def test_ml_dsa_keys_tell_their_parameter_set(session: Session, key: MlDsaPrivateKey, number: int) -> None:
    for handle in import_both(session, key):
        attributes = session.attributes(handle)
        assert attributes[Attribute.KEY_TYPE] == KeyType.ML_DSA
        assert attributes[Attribute.PARAMETER_SET] == number
        assert attributes[PUBLIC] == public_info(key.public_key())


@pytest.mark.parametrize(
    "template",
    [{}, {Attribute.LABEL: "x"}, {VALUE: bytes(16), PUBLIC: b""}, {VALUE: bytes(16), PRIVATE: b""}],
    ids=["nothing", "label", "value and public", "value and private"],
)
def test_needs_exactly_one_value(session: Session, template: dict[Attribute, bytes]) -> None:
    with refused(ReturnCode.TEMPLATE_INCOMPLETE, "exactly one"):
        session.import_key(template)


@pytest.mark.parametrize("bits", [1024, 2056])
def test_refuses_rsa_keys_of_other_sizes(session: Session, bits: int) -> None:
    key = rsa.generate_private_key(65537, bits)
    with refused(ReturnCode.KEY_SIZE_RANGE, str(bits)):
        session.import_key({PRIVATE: private_info(key)})
    with refused(ReturnCode.KEY_SIZE_RANGE, str(bits)):
        session.import_key({PUBLIC: public_info(key.public_key())})


def test_refuses_other_curves(session: Session) -> None:
    key = ec.generate_private_key(ec.BrainpoolP256R1())
    with refused(ReturnCode.CURVE_NOT_SUPPORTED, "brainpoolP256r1", "secp256r1"):
        session.import_key({PRIVATE: private_info(key)})
    with refused(ReturnCode.CURVE_NOT_SUPPORTED):
        session.import_key({PUBLIC: public_info(key.public_key())})


@pytest.mark.parametrize(
    "generate",
    [
        ed448.Ed448PrivateKey.generate,
        x25519.X25519PrivateKey.generate,
        lambda: dsa.generate_private_key(1024),  # noqa: S505
    ],
    ids=["Ed448", "X25519", "DSA"],
)
def test_refuses_other_types(session: Session, generate: Callable[[], ed448.Ed448PrivateKey]) -> None:
    key = generate()
    with refused(ReturnCode.KEY_TYPE_INCONSISTENT, "RSA, EC, Ed25519 and ML-DSA"):
        session.import_key({PRIVATE: key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())})
    with refused(ReturnCode.KEY_TYPE_INCONSISTENT):
        session.import_key({PUBLIC: key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)})


def test_refuses_what_is_no_key(session: Session) -> None:
    encrypted = EC_KEY.private_bytes(Encoding.DER, PrivateFormat.PKCS8, BestAvailableEncryption(b"passphrase"))
    for value in (b"", b"\x30", b"\x30\x80", b"text", bytes(1000), encrypted, public_info(EC_KEY.public_key())):
        with refused(ReturnCode.ATTRIBUTE_VALUE_INVALID, "PKCS#8"):
            session.import_key({PRIVATE: value})
    for value in (b"", b"\x30", b"text", bytes(1000), encrypted, private_info(EC_KEY)):
        with refused(ReturnCode.ATTRIBUTE_VALUE_INVALID, "SubjectPublicKeyInfo"):
            session.import_key({PUBLIC: value})


def test_refuses_an_rsa_key_whose_primes_are_not_its_own(session: Session) -> None:
    der = bytearray(private_info(software_rsa()))
    prime = software_rsa().private_numbers().p.to_bytes(128, "big")
    at = bytes(der).index(prime)
    der[at + 100] ^= 2
    with refused(ReturnCode.ATTRIBUTE_VALUE_INVALID) as refusal:
        session.import_key({PRIVATE: bytes(der)})
    assert prime[:8].hex() not in refusal.message


def damaged_versions(der: bytes, count: int) -> list[bytes]:
    rng = random.Random(7)
    versions = [der[:at] + bytes([der[at] ^ 1 << rng.randrange(8)]) + der[at + 1 :] for at in range(len(der))]
    return [*rng.sample(versions, min(count, len(versions))), *(der[:at] for at in range(0, len(der), 19))]


@pytest.mark.parametrize(
    ("attribute", "der"),
    [
        (PRIVATE, private_info(EC_KEY)),
        (PUBLIC, public_info(EC_KEY.public_key())),
        (PRIVATE, private_info(software_rsa())),
        (PUBLIC, public_info(software_rsa().public_key())),
        (PRIVATE, private_info(ED_KEY)),
        (PUBLIC, public_info(ED_KEY.public_key())),
        (PRIVATE, private_info(ML_KEY)),
        (PUBLIC, public_info(ML_KEY.public_key())),
    ],
    ids=[f"{key} {half}" for key in ("EC", "RSA", "Ed25519", "ML-DSA") for half in ("private", "public")],
)
def test_damaged_keys_are_refused_or_usable_and_nothing_else(
    session: Session, attribute: Attribute, der: bytes
) -> None:
    """One bit wrong anywhere: an HsmError, or a key that the engine can describe and use without another error."""
    for version in damaged_versions(der, 60):
        try:
            handle = session.import_key({attribute: version})
            mechanism, parameter = SIGNING[session.attributes(handle)[Attribute.KEY_TYPE]]
            if attribute is PRIVATE:
                session.sign(handle, mechanism, bytes(64), parameter)
            else:
                session.verify(handle, mechanism, bytes(64), b"\x01" * 256, parameter)
        except HsmError as error:
            expect_code(
                error,
                ReturnCode.ATTRIBUTE_VALUE_INVALID,
                ReturnCode.KEY_TYPE_INCONSISTENT,
                ReturnCode.KEY_SIZE_RANGE,
                ReturnCode.CURVE_NOT_SUPPORTED,
                ReturnCode.SIGNATURE_INVALID,
                ReturnCode.SIGNATURE_LEN_RANGE,
            )


def test_many_keys_come_in_together_or_not_at_all(session: Session) -> None:
    good: Template = {VALUE: bytes(16), Attribute.TOKEN: True}
    with refused(ReturnCode.KEY_SIZE_RANGE):
        session.import_keys([good, {**good, VALUE: bytes(17)}])
    assert session.find({}) == []
    handles = session.import_keys([good] * 20)
    assert session.find({}) == sorted(set(handles))
    assert session.import_keys([]) == []


def test_a_session_may_take_no_keys_in(hsm: Hsm) -> None:
    session = hsm.open_session(SessionRules(imports=False))
    session.login(Role.CRYPTO_USER, "alice", PASSWORDS["alice"])
    for template in ({VALUE: bytes(16)}, {PRIVATE: private_info(EC_KEY)}):
        with refused(ReturnCode.ACTION_PROHIBITED):
            session.import_key(template)
    assert session.find({}) == []


def test_an_even_modulus_is_none(session: Session) -> None:
    numbers = rsa.RSAPublicNumbers(65537, software_rsa().public_key().public_numbers().n - 1)
    with refused(ReturnCode.ATTRIBUTE_VALUE_INVALID, "even"):
        session.import_key({PUBLIC: public_info(numbers.public_key())})


def test_a_point_may_be_compressed(session: Session) -> None:
    key = ec.generate_private_key(ec.SECP256R1()).public_key()
    canonical = public_info(key)
    compressed = bytes.fromhex("3039301306072a8648ce3d020106082a8648ce3d030107032200") + key.public_bytes(
        Encoding.X962, PublicFormat.CompressedPoint
    )
    handle = session.import_key({PUBLIC: compressed})
    assert session.attributes(handle)[PUBLIC] == canonical


def test_what_nobody_could_use_is_not_parsed(session: Session) -> None:
    """Huge numbers would keep the HSM busy for minutes."""
    for value in (PUBLIC, Attribute.PRIVATE_KEY_INFO):
        with refused(ReturnCode.ATTRIBUTE_VALUE_INVALID, "16384 bytes"):
            session.import_key({value: bytes(16_385)})
    modulus = software_rsa().public_key().public_numbers().n
    with refused(ReturnCode.ATTRIBUTE_VALUE_INVALID, "64 bits"):
        session.import_key({PUBLIC: public_info(rsa.RSAPublicNumbers(2**65 + 1, modulus).public_key())})


def test_a_diffie_hellman_key_is_refused_without_a_warning(session: Session) -> None:
    """Warnings are errors in these tests; a program would have it on its standard error."""
    prime = int("f" * 16, 16) | 1
    for oid in ("06092a864886f70d010301", "06072a8648ce3e0201"):
        algorithm = bytes.fromhex(oid)
        der = _sequence(_sequence(algorithm + _sequence(_integer(prime) + _integer(2))) + b"\x03\x04\x00\x02\x01\x05")
        with refused(ReturnCode.KEY_TYPE_INCONSISTENT, "Diffie-Hellman"):
            session.import_key({PUBLIC: der})
        private = _sequence(
            _integer(0) + _sequence(algorithm + _sequence(_integer(prime) + _integer(2))) + b"\x04\x03\x02\x01\x05"
        )
        with refused(ReturnCode.KEY_TYPE_INCONSISTENT, "Diffie-Hellman"):
            session.import_key({Attribute.PRIVATE_KEY_INFO: private})


def _sequence(content: bytes) -> bytes:
    return bytes([0x30, len(content)]) + content


def _integer(number: int) -> bytes:
    content = number.to_bytes(number.bit_length() // 8 + 1, "big")
    return bytes([2, len(content)]) + content
