"""RSA signatures and encryption with other sizes, hashes, salts and labels than the copied files have."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from wycheproof.own.build import OwnFile, flipped
from wycheproof.own.signatures import HASHES, MESSAGE

_Fields = dict[str, Any]


def _public(key: rsa.RSAPrivateKey) -> _Fields:
    numbers = key.public_key().public_numbers()
    info = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    modulus = "00" + numbers.n.to_bytes(key.key_size // 8, "big").hex()
    return {
        "keySize": key.key_size,
        "publicKey": {"modulus": modulus, "publicExponent": f"{numbers.e:06x}"},
        "publicKeyDer": info,
    }


def _private(key: rsa.RSAPrivateKey) -> _Fields:
    info = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    return {"keySize": key.key_size, "privateKeyPkcs8": info}


def pkcs1_signatures(keys: list[rsa.RSAPrivateKey]) -> Iterator[OwnFile]:
    """Return signatures to verify and to make, with each hash."""
    verify = OwnFile("own_rsa_signature_test.json", "RSASSA-PKCS1-v1_5")
    generate = OwnFile("own_rsa_sig_gen_test.json", "RSASSA-PKCS1-v1_5")
    for key in keys:
        for name, algorithm in HASHES.items():
            signature = key.sign(MESSAGE, padding.PKCS1v15(), algorithm)
            verify.group("RsassaPkcs1Verify", **_public(key), sha=name)
            verify.valid(msg=MESSAGE, sig=signature)
            verify.invalid(msg=MESSAGE + b"!", sig=signature)
            verify.invalid(msg=MESSAGE, sig=flipped(signature))
            verify.invalid(msg=MESSAGE, sig=signature[:-1])
            generate.group("RsassaPkcs1Generate", **_private(key), sha=name)
            generate.test("acceptable" if name == "SHA-1" else "valid", "WeakHash", msg=MESSAGE, sig=signature)
    yield verify
    yield generate


def pss(keys: list[rsa.RSAPrivateKey]) -> Iterator[OwnFile]:
    """Return signatures with each hash, each hash of MGF1, and salts from none to the longest."""
    for type_, name in (
        ("RsassaPssVerify", "own_rsa_pss_test.json"),
        ("RsassaPssWithParametersVerify", "own_rsa_pss_params_test.json"),
    ):
        file = OwnFile(name, "RSASSA-PSS")
        for key in keys:
            for sha, algorithm in HASHES.items():
                for mgf_sha, mgf_algorithm in HASHES.items():
                    for salt in (0, 11, algorithm.digest_size, key.key_size // 8 - algorithm.digest_size - 2):
                        scheme = padding.PSS(padding.MGF1(mgf_algorithm), salt)
                        signature = key.sign(MESSAGE, scheme, algorithm)
                        file.group(type_, **_public(key), sha=sha, mgf="MGF1", mgfSha=mgf_sha, sLen=salt)
                        file.valid(msg=MESSAGE, sig=signature)
                        file.invalid(msg=MESSAGE + b"!", sig=signature)
                        file.invalid(msg=MESSAGE, sig=flipped(signature))
        yield file


def oaep(keys: list[rsa.RSAPrivateKey]) -> OwnFile:
    """Return ciphertexts with each hash, three hashes of MGF1, and several labels."""
    file = OwnFile("own_rsa_oaep_test.json", "RSAES-OAEP")
    for key in keys:
        for sha, algorithm in HASHES.items():
            for mgf_sha in sorted({sha, "SHA-1", "SHA-512"}):
                file.group("RsaesOaepDecrypt", **_private(key), sha=sha, mgf="MGF1", mgfSha=mgf_sha)
                longest = bytes(key.key_size // 8 - 2 * algorithm.digest_size - 2)
                for label, message in ((b"", longest), (b"label", b""), (bytes(100), b"message")):
                    scheme = padding.OAEP(padding.MGF1(HASHES[mgf_sha]), algorithm, label)
                    _oaep_tests(file, key, scheme, message)
    return file


def _oaep_tests(file: OwnFile, key: rsa.RSAPrivateKey, scheme: padding.OAEP, message: bytes) -> None:
    ciphertext, label = key.public_key().encrypt(message, scheme), scheme._label or b""
    file.valid(msg=message, ct=ciphertext, label=label)
    file.invalid(msg=message, ct=ciphertext, label=label + b"!")
    file.invalid(msg=message, ct=flipped(ciphertext), label=label)
    file.invalid(msg=message, ct=ciphertext[:-1], label=label)


def pkcs1_encryption(keys: list[rsa.RSAPrivateKey]) -> OwnFile:
    """Return ciphertexts, and some with a padding that is none."""
    file = OwnFile("own_rsa_pkcs1_test.json", "RSAES-PKCS1-v1_5")
    for key in keys:
        file.group("RsaesPkcs1Decrypt", **_private(key))
        size = key.key_size // 8
        for length in (0, 1, 32, size - 11):
            ciphertext = key.public_key().encrypt(bytes(length), padding.PKCS1v15())
            file.valid(msg=bytes(length), ct=ciphertext)
            file.invalid(msg=bytes(length), ct=ciphertext[:-1])
            file.invalid(msg=bytes(length), ct=ciphertext + b"\0")
        for block in _bad_blocks(size):
            numbers = key.public_key().public_numbers()
            made = pow(int.from_bytes(block, "big"), numbers.e, numbers.n).to_bytes(size, "big")
            file.invalid(msg=b"message", ct=made)
    return file


def _bad_blocks(size: int) -> Iterator[bytes]:
    filler = b"\xaa" * (size - 3 - len(b"message"))
    yield b"\0\1" + filler + b"\0message"
    yield b"\1\2" + filler + b"\0message"
    yield b"\0\2" + filler + b"\1message"
    yield b"\0\2" + filler[:7] + b"\0" + filler[8:] + b"\0message"
    yield b"\0\0" + filler + b"\0message"


def files() -> Iterator[OwnFile]:
    """Return all files of this module."""
    keys = [rsa.generate_private_key(65537, bits) for bits in (2048, 2304)]
    yield from pkcs1_signatures(keys)
    yield from pss(keys[1:])
    yield oaep(keys[1:])
    yield pkcs1_encryption(keys)
