"""Every signature algorithm against other implementations, in both directions."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils
from cryptography.hazmat.primitives.serialization import load_der_public_key
from engine import openssl
from engine.keys import private_info, public_info, software_rsa
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.engine.attributes import parse
from provider.conftest import Account, Jvm
from provider.jca import (
    DATA,
    HSM,
    SIGNATURES,
    key_algorithm,
    private_key,
    public_key,
    sign,
    software_provider,
    verifies,
)

HASHES: dict[str, hashes.HashAlgorithm] = {
    "SHA1": hashes.SHA1(),  # noqa: S303 - the table has it
    "SHA224": hashes.SHA224(),
    "SHA256": hashes.SHA256(),
    "SHA384": hashes.SHA384(),
    "SHA512": hashes.SHA512(),
}


def rsa_hash(algorithm: str) -> Any:
    digest = algorithm.split("with")[0]
    return utils.NoDigestInfo() if digest == "NONE" else HASHES[digest]


def ecdsa_hash(algorithm: str) -> ec.ECDSA:
    digest = algorithm.split("with")[0]
    # DATA has the length of a SHA-256 digest.
    return ec.ECDSA(utils.Prehashed(hashes.SHA256()) if digest == "NONE" else HASHES[digest])


def openssl_options(algorithm: str) -> list[str]:
    digest = algorithm.split("with")[0].lower()
    padded = [*openssl.RSA_OPTIONS] if algorithm.endswith("RSA") else []
    return padded if digest == "none" else [*padded, "-rawin", "-digest", digest]


def cryptography_verifies(algorithm: str, spki: bytes, signed: bytes) -> bool:
    key = load_der_public_key(spki)
    try:
        if isinstance(key, rsa.RSAPublicKey):
            key.verify(signed, DATA, padding.PKCS1v15(), rsa_hash(algorithm))
        else:
            assert isinstance(key, ec.EllipticCurvePublicKey)
            key.verify(signed, DATA, ecdsa_hash(algorithm))
    except InvalidSignature:
        return False
    return True


@pytest.mark.parametrize("algorithm", SIGNATURES)
def test_others_accept_our_signature(pairs: dict[str, Any], algorithm: str, tmp_path: Path) -> None:
    pair = pairs[key_algorithm(algorithm)]
    spki = bytes(pair.getPublic().getEncoded())
    signed = sign(algorithm, pair.getPrivate(), provider=HSM)
    wrong = sign(algorithm, pair.getPrivate(), DATA[::-1], provider=HSM)

    software_key = public_key(key_algorithm(algorithm), spki)
    assert verifies(algorithm, software_key, DATA, signed, software_provider(algorithm))
    assert not verifies(algorithm, software_key, DATA, wrong, software_provider(algorithm))
    assert verifies(algorithm, pair.getPublic(), DATA, signed, software_provider(algorithm))
    assert openssl.verifies(tmp_path, spki, DATA, signed, *openssl_options(algorithm))
    assert not openssl.verifies(tmp_path, spki, DATA, wrong, *openssl_options(algorithm))
    assert cryptography_verifies(algorithm, spki, signed)
    assert not cryptography_verifies(algorithm, spki, wrong)


@pytest.mark.parametrize("algorithm", SIGNATURES)
def test_we_accept_the_jdks_signature(jvm: Jvm, software_pairs: dict[str, Any], algorithm: str) -> None:
    pair = software_pairs[key_algorithm(algorithm)]
    signed = sign(algorithm, pair.getPrivate(), provider=software_provider(algorithm))
    assert verifies(algorithm, pair.getPublic(), DATA, signed, HSM)
    assert not verifies(algorithm, pair.getPublic(), DATA[::-1], signed, HSM)


@pytest.mark.parametrize("algorithm", SIGNATURES)
def test_we_accept_openssls_and_cryptographys_signature(jvm: Jvm, algorithm: str, tmp_path: Path) -> None:
    if algorithm.endswith("RSA"):
        key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey = software_rsa()
        by_cryptography = software_rsa().sign(DATA, padding.PKCS1v15(), rsa_hash(algorithm))
    else:
        key = ec.generate_private_key(ec.SECP384R1())
        by_cryptography = key.sign(DATA, ecdsa_hash(algorithm))
    by_openssl = openssl.sign(tmp_path, key, DATA, *openssl_options(algorithm))
    software_key = public_key(key_algorithm(algorithm), public_info(key.public_key()))
    for signed in (by_cryptography, by_openssl):
        assert verifies(algorithm, software_key, DATA, signed, HSM)
        assert not verifies(algorithm, software_key, DATA[::-1], signed, HSM)


CURVES: list[ec.EllipticCurve] = [ec.SECP224R1(), ec.SECP256R1(), ec.SECP256K1(), ec.SECP384R1(), ec.SECP521R1()]


@pytest.mark.parametrize("curve", CURVES, ids=lambda curve: curve.name)
def test_every_curve_signs_with_every_hash(jvm: Jvm, curve: ec.EllipticCurve) -> None:
    key = ec.generate_private_key(curve)
    private, public = private_key("EC", private_info(key)), public_key("EC", public_info(key.public_key()))
    for algorithm in SIGNATURES:
        if algorithm.endswith("ECDSA"):
            signed = sign(algorithm, private, provider=HSM)
            assert cryptography_verifies(algorithm, public_info(key.public_key()), signed)
            assert verifies(algorithm, public, DATA, key.sign(DATA, ecdsa_hash(algorithm)), HSM)
            assert not verifies(algorithm, public, DATA[::-1], signed, HSM)


@pytest.mark.parametrize("bits", [2304, 3072, 4096])
def test_every_size_of_rsa_key_signs_with_every_hash(jvm: Jvm, bits: int) -> None:
    key = software_rsa(bits)
    private, public = private_key("RSA", private_info(key)), public_key("RSA", public_info(key.public_key()))
    for algorithm in SIGNATURES:
        if algorithm.endswith("RSA"):
            signed = sign(algorithm, private, provider=HSM)
            assert signed == key.sign(DATA, padding.PKCS1v15(), rsa_hash(algorithm))
            assert verifies(algorithm, public, DATA, signed, HSM)
            assert not verifies(algorithm, public, DATA[::-1], signed, HSM)


@settings(deadline=None, max_examples=20)
@given(length=st.integers(0, 300) | st.integers(0, 70_000), algorithm=st.sampled_from([*HASHES]))
def test_data_of_any_length_is_signed_as_the_jdk_does(pairs: dict[str, Any], length: int, algorithm: str) -> None:
    data = (DATA * (length // len(DATA) + 1))[:length]
    for name in (f"{algorithm}withRSA", f"{algorithm}withECDSA"):
        pair = pairs[key_algorithm(name)]
        signed = sign(name, pair.getPrivate(), data, HSM)
        assert verifies(name, pair.getPublic(), data, signed, software_provider(name))
        assert verifies(name, pair.getPublic(), data, signed, HSM)


def test_an_imported_rsa_key_signs_as_it_did_outside(account: Account) -> None:
    key = software_rsa()
    template = {"PRIVATE_KEY_INFO": private_info(key), "LABEL": "moved", "TOKEN": True}
    account.session.import_key(parse(template))
    store = account.store()
    for algorithm in SIGNATURES:
        if algorithm.endswith("RSA"):
            signed = sign(algorithm, store.getKey("moved", None), provider=account.provider)
            assert signed == key.sign(DATA, padding.PKCS1v15(), rsa_hash(algorithm))
