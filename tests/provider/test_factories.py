"""``KeyFactory``: import from every specification, export, translation, and refusals."""

from __future__ import annotations

from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, mldsa
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from engine.keys import private_info, public_info, software_rsa

from provider.conftest import Account, Jvm
from provider.jca import DATA, EXCEPTIONS, HSM, java, public_key, refused, sign, verifies
from provider.maps import all_keys, attributes, big_endian, choice, clear_extraction, curve, null

SPECS = "java.security.spec"
SPEC = f"{SPECS}.InvalidKeySpecException"
INVALID_KEY = "java.security.InvalidKeyException"
CURVES: dict[str, tuple[ec.EllipticCurve, str]] = {
    "secp224r1": (ec.SECP224R1(), "EC_CURVE_PRIME224"),
    "secp256r1": (ec.SECP256R1(), "EC_CURVE_PRIME256"),
    "secp256k1": (ec.SECP256K1(), "EC_CURVE_SECP256"),
    "secp384r1": (ec.SECP384R1(), "EC_CURVE_PRIME384"),
    "secp521r1": (ec.SECP521R1(), "EC_CURVE_SECP521"),
}
RSA_PARTS = [
    "MODULUS",
    "PUBLIC_EXPONENT",
    "PRIVATE_EXPONENT",
    "PRIME_P",
    "PRIME_Q",
    "PRIME_EXPONENT_P",
    "PRIME_EXPONENT_Q",
    "CRT_COEFFICIENT",
]


def factory(algorithm: str, provider: Any = HSM) -> Any:
    return java("java.security.KeyFactory").getInstance(algorithm, provider)


def spec(name: str, *arguments: Any) -> Any:
    return java(f"{SPECS}.{name}")(*arguments)


def integer(number: int) -> Any:
    return java("java.math.BigInteger")(str(number))


def rsa_parts(key: RSAPrivateKey) -> dict[str, int]:
    numbers = key.private_numbers()
    public = numbers.public_numbers
    values = [public.n, public.e, numbers.d, numbers.p, numbers.q, numbers.dmp1, numbers.dmq1, numbers.iqmp]
    return dict(zip(RSA_PARTS, values, strict=True))


def parameters(name: str) -> Any:
    algorithm = java("java.security.AlgorithmParameters").getInstance("EC")
    algorithm.init(spec("ECGenParameterSpec", name))
    return algorithm.getParameterSpec(java(f"{SPECS}.ECParameterSpec"))


def point(key: ec.EllipticCurvePublicKey) -> Any:
    numbers = key.public_numbers()
    return spec("ECPoint", integer(numbers.x), integer(numbers.y))


def works(private: Any, public: Any, algorithm: str) -> None:
    """Fail unless two keys of the HSM are the halves of one pair."""
    signed = sign(algorithm, private, provider=HSM)
    assert verifies(algorithm, public, DATA, signed, HSM)


@pytest.mark.parametrize("bits", [2048, 3072, 4096])
def test_rsa_keys_come_from_attributes(jvm: Jvm, bits: int) -> None:
    key = software_rsa(bits)
    for encode in (big_endian, lambda number: number.to_bytes(number.bit_length() // 8 + 3, "big")):
        parts = {name: encode(number) for name, number in rsa_parts(key).items()}
        given = attributes(**parts, LABEL="imported", KEY_TYPE=choice("KeyType", "RSA"))
        private = factory("RSA").generatePrivate(given)
        public = factory("RSA").generatePublic(
            attributes(MODULUS=parts["MODULUS"], PUBLIC_EXPONENT=parts["PUBLIC_EXPONENT"], VERIFY=True)
        )
        assert isinstance(private, java("java.security.interfaces.RSAPrivateCrtKey"))
        assert isinstance(public, java("java.security.interfaces.RSAPublicKey"))
        assert private.getPrivateExponent() is None
        assert 'label "imported"' in str(private)
        assert bytes(public.getEncoded()) == public_info(key.public_key())
        works(private, public, "SHA256withRSA")


@pytest.mark.parametrize("missing", RSA_PARTS)
def test_an_rsa_key_with_a_part_missing_is_refused_with_the_documented_text(jvm: Jvm, missing: str) -> None:
    parts = {name: big_endian(number) for name, number in rsa_parts(software_rsa()).items() if name != missing}
    text = "Attributes being specified are incomplete: Incomplete template"
    with refused(SPEC, text, missing) as caught:
        factory("RSA").generatePrivate(attributes(**parts))
    assert caught.value.getCause().getClass().getName() == f"{EXCEPTIONS}.AttributeException"


def test_an_rsa_key_whose_parts_do_not_fit_is_refused(jvm: Jvm) -> None:
    good = rsa_parts(software_rsa())
    for name in ("PRIVATE_EXPONENT", "PRIME_P", "MODULUS"):
        wrong = {**good, name: good[name] + 2}
        with refused(SPEC):
            factory("RSA").generatePrivate(attributes(**{part: big_endian(number) for part, number in wrong.items()}))


def test_rsa_keys_come_from_the_jdks_specifications(jvm: Jvm) -> None:
    key = software_rsa()
    parts = {name: integer(number) for name, number in rsa_parts(key).items()}
    privates = [
        spec("RSAPrivateCrtKeySpec", *parts.values()),
        spec("PKCS8EncodedKeySpec", private_info(key)),
    ]
    publics = [
        spec("RSAPublicKeySpec", parts["MODULUS"], parts["PUBLIC_EXPONENT"]),
        spec("X509EncodedKeySpec", public_info(key.public_key())),
    ]
    for private, public in zip(privates, publics, strict=True):
        works(factory("RSA").generatePrivate(private), factory("RSA").generatePublic(public), "SHA512withRSA")
    with refused(SPEC, "RSAPrivateCrtKeySpec", "PKCS8EncodedKeySpec"):
        factory("RSA").generatePrivate(spec("RSAPrivateKeySpec", parts["MODULUS"], parts["PRIVATE_EXPONENT"]))


@pytest.mark.parametrize("name", CURVES)
def test_ec_keys_come_from_attributes(jvm: Jvm, name: str) -> None:
    kind, constant = CURVES[name]
    key = ec.generate_private_key(kind)
    scalar = key.private_numbers().private_value
    width = (kind.key_size + 7) // 8
    for given_curve in (curve(constant), parameters(name)):
        for value in (big_endian(scalar), scalar.to_bytes(width, "big")):
            private = factory("EC").generatePrivate(attributes(EC_PARAMS=given_curve, VALUE=value))
            public = factory("EC").generatePublic(attributes(EC_PARAMS=given_curve, EC_POINT=point(key.public_key())))
            assert isinstance(private, java("java.security.interfaces.ECPrivateKey"))
            assert private.getS() is None
            assert bytes(public.getEncoded()) == public_info(key.public_key())
            works(private, public, "SHA256withECDSA")


@pytest.mark.parametrize("name", CURVES)
def test_ec_keys_come_from_the_jdks_specifications(jvm: Jvm, name: str) -> None:
    key = ec.generate_private_key(CURVES[name][0])
    private = spec("ECPrivateKeySpec", integer(key.private_numbers().private_value), parameters(name))
    public = spec("ECPublicKeySpec", point(key.public_key()), parameters(name))
    works(factory("EC").generatePrivate(private), factory("EC").generatePublic(public), "SHA256withECDSA")
    private = spec("PKCS8EncodedKeySpec", private_info(key))
    public = spec("X509EncodedKeySpec", public_info(key.public_key()))
    works(factory("EC").generatePrivate(private), factory("EC").generatePublic(public), "SHA256withECDSA")


def test_bad_ec_parts_are_refused(jvm: Jvm) -> None:
    order = parameters("secp256r1").getOrder()
    p256 = curve("EC_CURVE_PRIME256")
    off = spec("ECPoint", integer(1), integer(1))
    for wrong in (
        attributes(EC_PARAMS=p256, EC_POINT=off),
        spec("ECPublicKeySpec", off, parameters("secp256r1")),
        attributes(EC_PARAMS=p256),
        attributes(EC_POINT=off),
        attributes(EC_PARAMS=p256, EC_POINT=b"bytes"),
        attributes(EC_PARAMS=b"\x06\x03\x2a\x03\x04", EC_POINT=off),
        attributes(EC_PARAMS=p256, EC_POINT=off, KEY_TYPE=choice("KeyType", "RSA")),
    ):
        with refused(SPEC):
            factory("EC").generatePublic(wrong)
    for value in (bytes(32), bytes(order.toByteArray()), b"\xff" * 40):
        with refused(SPEC):
            factory("EC").generatePrivate(attributes(EC_PARAMS=p256, VALUE=value))


@pytest.mark.parametrize("name", CURVES)
def test_scalars_and_points_outside_of_the_curve_are_refused_not_cut(jvm: Jvm, name: str) -> None:
    kind, constant = CURVES[name]
    numbers = ec.generate_private_key(kind).private_numbers()
    order = int(str(parameters(name).getOrder()))
    scalar, width = numbers.private_value, 8 * ((kind.key_size + 7) // 8)
    for wrong in (0, order, order + 1, scalar + order, scalar + (1 << width), scalar + (1 << (width + 80))):
        for given in (
            attributes(EC_PARAMS=curve(constant), VALUE=big_endian(wrong)),
            spec("ECPrivateKeySpec", integer(wrong), parameters(name)),
        ):
            with refused(SPEC):
                factory("EC").generatePrivate(given)
    x, y = numbers.public_numbers.x, numbers.public_numbers.y
    points = [spec("ECPoint", integer(a), integer(b)) for a, b in [(x + (1 << width), y), (-x, y), (x, y + 1), (y, x)]]
    given_points = [spec("ECPublicKeySpec", one, parameters(name)) for one in points]
    for one in [*points, java(f"{SPECS}.ECPoint").POINT_INFINITY]:
        given_points.append(attributes(EC_PARAMS=curve(constant), EC_POINT=one))
    for given in given_points:
        with refused(SPEC):
            factory("EC").generatePublic(given)


def test_rsa_numbers_that_are_none_are_refused(jvm: Jvm) -> None:
    for modulus, exponent in [(0, 65537), (-5, 65537), (2**2048 - 1, 0), (2**2048 - 1, -3), (9, 3)]:
        with refused(SPEC):
            factory("RSA").generatePublic(spec("RSAPublicKeySpec", integer(modulus), integer(exponent)))
    for empty in (b"", b"\0"):
        with refused(SPEC):
            factory("RSA").generatePublic(attributes(MODULUS=empty, PUBLIC_EXPONENT=b"\1\0\1"))


def test_ed25519_keys_come_from_der_in_attributes_and_from_specifications(jvm: Jvm) -> None:
    key = ed25519.Ed25519PrivateKey.generate()
    pkcs8, spki = private_info(key), public_info(key.public_key())
    edwards = {"EC_PARAMS": curve("EC_CURVE_ED25519")}
    for name, given in [("Ed25519", {}), ("EdDSA", {"KEY_TYPE": choice("KeyType", "EC")}), ("EC", edwards)]:
        private = factory(name).generatePrivate(attributes(VALUE=pkcs8, LABEL="edwards", **given))
        public = factory(name).generatePublic(attributes(EC_POINT=spki, **given))
        assert bytes(public.getEncoded()) == spki
        works(private, public, "Ed25519")
        assert sign("Ed25519", private, provider=HSM) == key.sign(DATA)
    private, public = spec("PKCS8EncodedKeySpec", pkcs8), spec("X509EncodedKeySpec", spki)
    works(factory("Ed25519").generatePrivate(private), factory("Ed25519").generatePublic(public), "Ed25519")
    software = public_key("Ed25519", spki)
    software_spec = java("java.security.KeyFactory").getInstance("Ed25519", "SunEC")
    edec = software_spec.getKeySpec(software, java(f"{SPECS}.EdECPublicKeySpec"))
    assert factory("Ed25519").generatePublic(edec).equals(software)
    raw = spec("EdECPrivateKeySpec", java(f"{SPECS}.NamedParameterSpec").ED25519, key.private_bytes_raw())
    assert sign("Ed25519", factory("Ed25519").generatePrivate(raw), provider=HSM) == key.sign(DATA)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("ML-DSA-44", mldsa.MLDSA44PrivateKey),
        ("ML-DSA-65", mldsa.MLDSA65PrivateKey),
        ("ML-DSA-87", mldsa.MLDSA87PrivateKey),
    ],
)
def test_mldsa_keys_come_encoded(jvm: Jvm, name: str, kind: Any) -> None:
    key = kind.generate()
    private, public = (
        spec("PKCS8EncodedKeySpec", private_info(key)),
        spec("X509EncodedKeySpec", public_info(key.public_key())),
    )
    for factory_name in ("ML-DSA", name):
        made = factory(factory_name).generatePublic(public)
        assert bytes(made.getEncoded()) == public_info(key.public_key())
        works(factory(factory_name).generatePrivate(private), made, "ML-DSA")
    works(
        factory("ML-DSA").generatePrivate(attributes(VALUE=private_info(key), LABEL="pq")),
        factory("ML-DSA").generatePublic(attributes(VALUE=public_info(key.public_key()))),
        name,
    )


@pytest.mark.parametrize("algorithm", ["RSA", "EC", "Ed25519", "ML-DSA"])
def test_bytes_that_are_no_key_are_refused(jvm: Jvm, algorithm: str, software_pairs: dict[str, Any]) -> None:
    other = software_pairs["EC" if algorithm == "RSA" else "RSA"]
    for garbage in (b"", b"\x30\x00", b"garbage", bytes(100), bytes(other.getPublic().getEncoded())):
        with refused(SPEC):
            factory(algorithm).generatePublic(spec("X509EncodedKeySpec", garbage))
    for garbage in (b"", b"\x30\x00", b"garbage", bytes(100), bytes(other.getPrivate().getEncoded())):
        with refused(SPEC):
            factory(algorithm).generatePrivate(spec("PKCS8EncodedKeySpec", garbage))
    with refused(SPEC, "X509EncodedKeySpec", "PKCS8EncodedKeySpec"):
        factory(algorithm).generatePublic(spec("PKCS8EncodedKeySpec", bytes(other.getPrivate().getEncoded())))
    with refused(SPEC):
        factory(algorithm).generatePrivate(spec("X509EncodedKeySpec", bytes(other.getPublic().getEncoded())))
    with refused(SPEC, "not made from null"):
        factory(algorithm).generatePublic(null(f"{SPECS}.KeySpec"))


def test_a_refused_import_leaves_nothing_behind(account: Account) -> None:
    with refused(SPEC):
        factory("RSA", account.provider).generatePrivate(spec("PKCS8EncodedKeySpec", b"garbage"))
    assert all_keys(account.provider) == []


def test_imported_keys_are_session_keys_without_a_label(account: Account) -> None:
    key = factory("RSA", account.provider).generatePrivate(spec("PKCS8EncodedKeySpec", private_info(software_rsa())))
    assert account.kept() == []
    assert all_keys(account.provider) == [str(key)]
    assert 'label ""' in str(key)


def test_public_keys_are_described_by_every_specification(pairs: dict[str, Any]) -> None:
    for algorithm, names in {
        "RSA": ["X509EncodedKeySpec", "RSAPublicKeySpec"],
        "EC": ["X509EncodedKeySpec", "ECPublicKeySpec"],
    }.items():
        key = pairs[algorithm].getPublic()
        for name in names:
            described = factory(algorithm).getKeySpec(key, java(f"{SPECS}.{name}"))
            software = java("java.security.KeyFactory").getInstance(algorithm).generatePublic(described)
            assert software.equals(key)
        with refused(SPEC):
            factory(algorithm).getKeySpec(key, java("javax.crypto.spec.SecretKeySpec"))


def test_private_keys_are_described_only_where_they_may_be_had_in_clear(jvm: Jvm) -> None:
    key = software_rsa()
    ours = factory("RSA").generatePrivate(spec("PKCS8EncodedKeySpec", private_info(key)))
    kinds = [java(f"{SPECS}.{name}") for name in ("PKCS8EncodedKeySpec", "RSAPrivateCrtKeySpec")]
    for kind in kinds:
        with refused(SPEC, "clear extraction", "EXTRACTABLE", "hsmbridge configure"):
            factory("RSA").getKeySpec(ours, kind)
    with clear_extraction(jvm.hsm):
        described = [factory("RSA").getKeySpec(ours, kind) for kind in kinds]
    assert bytes(described[0].getEncoded()) == private_info(key)
    assert str(described[1].getPrivateExponent()) == str(key.private_numbers().d)


def test_keys_are_translated(account: Account, software_pairs: dict[str, Any], pairs: dict[str, Any]) -> None:
    for algorithm in ("RSA", "EC"):
        ours = factory(algorithm, account.provider)
        pair = software_pairs[algorithm]
        private, public = ours.translateKey(pair.getPrivate()), ours.translateKey(pair.getPublic())
        assert public.equals(pair.getPublic())
        signed = sign(f"SHA256with{'RSA' if algorithm == 'RSA' else 'ECDSA'}", private, provider=account.provider)
        assert verifies(f"SHA256with{'RSA' if algorithm == 'RSA' else 'ECDSA'}", pair.getPublic(), DATA, signed)
        assert ours.translateKey(private) is private or ours.translateKey(private).equals(private)
        before = all_keys(account.provider)
        ours.translateKey(public)
        assert all_keys(account.provider) == before
        other = software_pairs["EC" if algorithm == "RSA" else "RSA"]
        for wrong in (other.getPrivate(), other.getPublic(), null("java.security.Key")):
            with refused(INVALID_KEY, f"takes keys for {algorithm}"):
                ours.translateKey(wrong)
        with refused(INVALID_KEY, "PKCS#8"):
            ours.translateKey(pairs[algorithm].getPrivate())
