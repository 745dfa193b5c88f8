"""What a home never has in clear, and what messages never say."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import PASSWORDS, log_in
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from engine.keys import private_info, public_info, refused, software_rsa

from bridge.engine import Attribute, Hsm, HsmError, MechanismType, ReturnCode, Role, Session
from bridge.engine.attributes import Value, parse
from store.tampering import opened

RSA_KEY = software_rsa()
EC_KEY = ec.derive_private_key(0xC0FFEE1234567890ABCDEF00112233445566778899AABBCCDDEEFF0123456789, ec.SECP256R1())
AES_KEY = bytes.fromhex("a1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d7e8f91")


def secret_numbers() -> dict[str, bytes]:
    """The values of the three keys that nobody else may know."""
    numbers = RSA_KEY.private_numbers()
    parts = {"d": numbers.d, "p": numbers.p, "q": numbers.q, "dp": numbers.dmp1, "dq": numbers.dmq1, "qi": numbers.iqmp}
    found = {f"RSA {name}": value.to_bytes((value.bit_length() + 7) // 8, "big") for name, value in parts.items()}
    scalar = EC_KEY.private_numbers().private_value.to_bytes(32, "big")
    return {**found, "EC": scalar, "AES": AES_KEY}


def needles(secret: bytes) -> Iterator[bytes]:
    """The forms in which a secret could lie in a file or a message; 16 bytes from its middle are enough to find it."""
    middle = secret[len(secret) // 2 - 8 :][:16]
    for part in (middle, middle[::-1]):
        yield part
        yield part.hex().encode()
        yield part.hex().upper().encode()
    for shift in range(3):
        # Base64 of a part, wherever in its group of three the part begins.
        yield base64.b64encode(bytes(shift) + middle)[4:-4]
    yield repr(middle)[2:-1].encode()
    yield str(int.from_bytes(secret, "big")).encode()[:40]


def pkcs8_slices(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> Iterator[bytes]:
    """Parts of the private key's DER that are not in the public key's, too."""
    der, public = private_info(key), public_info(key.public_key())
    for at in range(0, len(der) - 24, 8):
        if der[at : at + 12] not in public and der[at + 12 : at + 24] not in public:
            yield der[at : at + 24]


def assert_free_of_secrets(content: bytes) -> None:
    for name, secret in secret_numbers().items():
        for needle in needles(secret):
            assert needle not in content, name
    for key in (RSA_KEY, EC_KEY):
        for part in pkcs8_slices(key):
            assert part not in content
    for password in PASSWORDS.values():
        for form in (password, password.hex().encode(), base64.b64encode(password)[:-4]):
            assert form not in content


def import_all(session: Session, **given: Value) -> list[int]:
    both = parse(given)
    return session.import_keys(
        [
            {Attribute.PRIVATE_KEY_INFO: private_info(RSA_KEY), **both},
            {Attribute.PRIVATE_KEY_INFO: private_info(EC_KEY), **both},
            {Attribute.VALUE: AES_KEY, **both},
        ]
    )


def test_the_search_finds_what_it_looks_for(tmp_path: Path) -> None:
    """Guards the guard."""
    for content in (
        private_info(RSA_KEY),
        private_info(EC_KEY).hex().encode(),
        b"." + base64.b64encode(AES_KEY),
        b"." + base64.b64encode(b"xy" + private_info(EC_KEY)),
        str(RSA_KEY.private_numbers().d).encode(),
        b"password: " + PASSWORDS["alice"],
    ):
        with pytest.raises(AssertionError):
            assert_free_of_secrets(content)


def test_no_file_holds_a_secret_at_any_time(home: Path) -> None:
    def search() -> None:
        names = {path.name for path in home.iterdir()}
        assert {"hsm.db", "master.key", "generation"} <= names
        for path in home.rglob("*"):
            assert path.is_dir() or path.is_file()
            if path.is_file():
                assert_free_of_secrets(path.read_bytes())

    with opened(home) as hsm:
        session = log_in(hsm, "alice")
        rsa_handle, ec_handle, aes_handle = import_all(session, TOKEN=True, LABEL="imported")
        search()
        session.sign(rsa_handle, MechanismType.RSA_PKCS, b"data")
        session.sign(ec_handle, MechanismType.ECDSA, bytes(32))
        session.set_attributes(rsa_handle, {Attribute.LABEL: "changed"})
        with refused(ReturnCode.PIN_INCORRECT):
            hsm.open_session().login(Role.CRYPTO_USER, "alice", b"wrong-password")
        search()
        for handle in (rsa_handle, ec_handle, aes_handle):
            session.destroy(handle)
        search()
    search()


def test_a_destroyed_key_leaves_no_record_behind(home: Path) -> None:
    """Not even its sealed record stays in the pages that the database has freed, once the log is written back."""
    with opened(home) as hsm:
        session = log_in(hsm, "alice")
        handles = import_all(session, TOKEN=True, LABEL="unmistakable-label")
        for handle in handles:
            session.destroy(handle)
    assert b"unmistakable-label" not in (home / "hsm.db").read_bytes()


def test_attributes_never_hold_a_value(session: Session) -> None:
    for token in (False, True):
        for handle in import_all(session, TOKEN=token):
            attributes = session.attributes(handle)
            assert not {Attribute.VALUE, Attribute.PRIVATE_KEY_INFO} & attributes.keys()
            assert_free_of_secrets(repr(attributes).encode())
            for value in attributes.values():
                if isinstance(value, bytes):
                    assert_free_of_secrets(value)


def test_refusals_never_hold_a_value(session: Session) -> None:
    """Every way to refuse an import, and secrets in places where they do not belong."""
    rsa_info, ec_info = private_info(RSA_KEY), private_info(EC_KEY)
    handle = import_all(session)[0]
    templates: list[dict[str, Value]] = []
    for secret in (rsa_info, ec_info, AES_KEY, AES_KEY[:-1], rsa_info[:-1], ec_info[:-1]):
        for name in ("PRIVATE_KEY_INFO", "PUBLIC_KEY_INFO", "VALUE", "EC_PARAMS", "PUBLIC_EXPONENT", "MODULUS"):
            templates += [
                {name: secret},
                {name: secret, "TRUSTED": True},
                {name: secret, "LABEL": "x" * 128},
                {name: secret, "CLASS": 99},
                {name: secret, "PRIVATE": False},
                {name: secret, "VALUE_LEN": 1},
            ]
    seen = set()
    for template in templates:
        given = parse(template)
        for operation in (
            lambda given=given: session.import_key(given),
            lambda given=given: session.set_attributes(handle, given),
            lambda given=given: session.find(given),
            lambda given=given: session.generate_key_pair(MechanismType.EC_KEY_PAIR_GEN, given, {}),
            lambda given=given: session.generate_key(MechanismType.AES_KEY_GEN, given),
        ):
            try:
                operation()
            except HsmError as error:
                assert_free_of_secrets(error.message.encode())
                seen.add(error.code)
    assert len(seen) >= 6


def test_keys_and_users_do_not_show_their_secrets(hsm: Hsm, session: Session) -> None:
    handles = import_all(session, TOKEN=True)
    for handle in handles:
        obj = hsm.get(handle)
        assert obj is not None
        assert obj.key
        assert_free_of_secrets(repr(obj).encode())
        assert_free_of_secrets(str(obj).encode())
    for one in (session, hsm):
        assert_free_of_secrets(repr(one).encode())
