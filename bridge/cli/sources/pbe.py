"""Password-based encryption and integrity of PKCS#12 (RFC 7292, appendices B and C) and PKCS#5 (RFC 8018).

``cryptography`` opens PKCS#12 files with one private key; of a file with several, as Java writes them, it returns one
and says nothing of the others. So the bags are opened here, with primitives of ``cryptography``.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from Cryptodome.Cipher import ARC2
from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.ciphers import BlockCipherAlgorithm, Cipher, modes
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.padding import PKCS7
from pyasn1.codec.ber import decoder
from pyasn1_modules import rfc7292, rfc8018  # type: ignore[import-untyped]

_KEY, _IV, _MAC = 1, 2, 3
_MOST_ITERATIONS = 10_000_000


class Unsupported(Exception):
    """An algorithm that is not supported; the message is its object identifier."""


class Password(NamedTuple):
    """A password in the two forms that the algorithms take.

    Attributes:
        text: as typed.
        wide: as RFC 7292, appendix B.1, encodes it.
    """

    text: str
    wide: bytes

    @staticmethod
    def forms(text: str) -> tuple[Password, ...]:
        """Return what a password may stand for: an empty one is no bytes to Java and two zero bytes to OpenSSL."""
        wide = Password(text, (text + "\0").encode("utf-16-be"))
        return (wide,) if text else (Password("", b""), wide)


class _Legacy(NamedTuple):
    key_bytes: int
    rc2: bool


_LEGACY = {
    str(rfc7292.pbeWithSHAAnd3_KeyTripleDES_CBC): _Legacy(24, rc2=False),
    str(rfc7292.pbeWithSHAAnd128BitRC2_CBC): _Legacy(16, rc2=True),
    str(rfc7292.pbeWithSHAAnd40BitRC2_CBC): _Legacy(5, rc2=True),
}

_PRFS = {
    str(rfc8018.id_hmacWithSHA1): "sha1",
    str(rfc8018.id_hmacWithSHA224): "sha224",
    str(rfc8018.id_hmacWithSHA256): "sha256",
    str(rfc8018.id_hmacWithSHA384): "sha384",
    str(rfc8018.id_hmacWithSHA512): "sha512",
}

_DIGESTS = {
    "1.3.14.3.2.26": "sha1",
    "2.16.840.1.101.3.4.2.4": "sha224",
    "2.16.840.1.101.3.4.2.1": "sha256",
    "2.16.840.1.101.3.4.2.2": "sha384",
    "2.16.840.1.101.3.4.2.3": "sha512",
}

_CIPHERS: Mapping[str, tuple[Callable[[bytes], BlockCipherAlgorithm], int]] = {
    str(rfc8018.aes128_CBC_PAD): (AES, 16),
    str(rfc8018.aes192_CBC_PAD): (AES, 24),
    str(rfc8018.aes256_CBC_PAD): (AES, 32),
    str(rfc8018.des_EDE3_CBC): (TripleDES, 24),
}


def decrypt(algorithm: Any, data: bytes, password: Password) -> bytes:
    """Decrypt.

    Args:
        algorithm: an ASN.1 ``AlgorithmIdentifier``.
        data: the ciphertext.
        password: of the file or the key.

    Raises:
        ValueError: if the password is wrong or the data damaged.
        PyAsn1Error: if the parameters are.
        Unsupported: if the algorithm is.
    """
    name = str(algorithm["algorithm"])
    if name == str(rfc8018.id_PBES2):
        return _decrypt_pbes2(bytes(algorithm["parameters"]), data, password)
    if name not in _LEGACY:
        raise Unsupported(name)
    parameters, _ = decoder.decode(bytes(algorithm["parameters"]), asn1Spec=rfc7292.Pkcs_12PbeParams())
    salt, iterations = bytes(parameters["salt"]), _bounded(parameters["iterations"])
    legacy = _LEGACY[name]
    key = derive(hashlib.sha1, _KEY, password.wide, salt, iterations, legacy.key_bytes)
    iv = derive(hashlib.sha1, _IV, password.wide, salt, iterations, 8)
    if legacy.rc2:
        # In cryptography RC2 has keys of 128 bits only; Java up to 2020 protects certificates with 40.
        bits = 8 * legacy.key_bytes
        cipher = ARC2.new(key, ARC2.MODE_CBC, iv=iv, effective_keylen=bits)  # type: ignore[call-arg]  # noqa: S304
        return _unpadded(cipher.decrypt(data), 64)
    return _decrypt_cbc(TripleDES(key), iv, data)


def mac_is_right(mac: Any, content: bytes, password: Password) -> bool:
    """Check the integrity of a file.

    Args:
        mac: its ASN.1 ``MacData``.
        content: what the MAC is over.
        password: of the file.

    Raises:
        PyAsn1Error: if the parameters are damaged.
        ValueError: likewise.
        Unsupported: if the algorithm is not supported.
    """
    info = mac["mac"]
    name = str(info["digestAlgorithm"]["algorithm"])
    if name == str(rfc8018.id_PBMAC1):
        computed = _pbmac1(bytes(info["digestAlgorithm"]["parameters"]), content, password)
    elif name in _DIGESTS:
        digest = _DIGESTS[name]
        salt, iterations = bytes(mac["macSalt"]), _bounded(mac["iterations"])
        key = derive(getattr(hashlib, digest), _MAC, password.wide, salt, iterations, hashlib.new(digest).digest_size)
        computed = hmac.digest(key, content, digest)
    else:
        raise Unsupported(name)
    return hmac.compare_digest(computed, bytes(info["digest"]))


def derive(digest: Any, purpose: int, password: bytes, salt: bytes, iterations: int, length: int) -> bytes:
    """Derive a key, an IV or a MAC key from a password (RFC 7292, appendix B.2).

    Args:
        digest: a constructor of :mod:`hashlib`.
        purpose: 1 for a key, 2 for an IV, 3 for a MAC key.
        password: as UTF-16 with two zero bytes behind.
        salt: at least one byte.
        iterations: at least one.
        length: of the result, in bytes.
    """
    block = digest().block_size
    blocks = _repeated(salt, block) + _repeated(password, block)
    result = b""
    while len(result) < length:
        part = digest(bytes([purpose]) * block + blocks).digest()
        for _ in range(iterations - 1):
            part = digest(part).digest()
        result += part
        add = int.from_bytes((part * block)[:block], "big") + 1
        blocks = b"".join(
            ((int.from_bytes(blocks[at : at + block], "big") + add) % (1 << 8 * block)).to_bytes(block, "big")
            for at in range(0, len(blocks), block)
        )
    return result[:length]


def _repeated(data: bytes, block: int) -> bytes:
    if not data:
        return b""
    length = -(-len(data) // block) * block
    return (data * (length // len(data) + 1))[:length]


def _decrypt_pbes2(parameters: bytes, data: bytes, password: Password) -> bytes:
    pbes2, _ = decoder.decode(parameters, asn1Spec=rfc8018.PBES2_params())
    scheme = pbes2["encryptionScheme"]
    name = str(scheme["algorithm"])
    if name not in _CIPHERS:
        raise Unsupported(name)
    kind, length = _CIPHERS[name]
    iv, _ = decoder.decode(bytes(scheme["parameters"]))
    return _decrypt_cbc(kind(_pbkdf2(pbes2["keyDerivationFunc"], password, length)), bytes(iv), data)


def _pbmac1(parameters: bytes, content: bytes, password: Password) -> bytes:
    pbmac1, _ = decoder.decode(parameters, asn1Spec=rfc8018.PBMAC1_params())
    name = str(pbmac1["messageAuthScheme"]["algorithm"])
    if name not in _PRFS:
        raise Unsupported(name)
    return hmac.digest(_pbkdf2(pbmac1["keyDerivationFunc"], password, None), content, _PRFS[name])


def _pbkdf2(algorithm: Any, password: Password, length: int | None) -> bytes:
    if str(algorithm["algorithm"]) != str(rfc8018.id_PBKDF2):
        raise Unsupported(str(algorithm["algorithm"]))
    parameters, _ = decoder.decode(bytes(algorithm["parameters"]), asn1Spec=rfc8018.PBKDF2_params())
    prf = str(parameters["prf"]["algorithm"])
    if prf not in _PRFS:
        raise Unsupported(prf)
    return hashlib.pbkdf2_hmac(
        _PRFS[prf],
        password.text.encode(),
        bytes(parameters["salt"]["specified"]),
        _bounded(parameters["iterationCount"]),
        length or int(parameters["keyLength"]),
    )


def _bounded(iterations: Any) -> int:
    if not 1 <= int(iterations) <= _MOST_ITERATIONS:
        raise ValueError("iterations")
    return int(iterations)


def _decrypt_cbc(algorithm: BlockCipherAlgorithm, iv: bytes, data: bytes) -> bytes:
    decryptor = Cipher(algorithm, modes.CBC(iv)).decryptor()
    return _unpadded(decryptor.update(data) + decryptor.finalize(), algorithm.block_size)


def _unpadded(data: bytes, bits: int) -> bytes:
    unpadder = PKCS7(bits).unpadder()
    return unpadder.update(data) + unpadder.finalize()
