"""What ``cryptography`` does not have, and pycryptodomex does.

Each function imports what it needs: most processes need none of it, and loading it takes as long as the rest of the
engine together.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateNumbers

if TYPE_CHECKING:
    from Cryptodome.Cipher._mode_gcm import GcmMode
    from Cryptodome.Hash.SHA512 import SHA512Hash


def sign_ed25519ph(private: bytes, digest: bytes) -> bytes:
    """Sign with Ed25519ph (RFC 8032, section 5.1).

    Args:
        private: the key, 32 bytes.
        digest: of the message by SHA-512.

    Returns:
        64 bytes.
    """
    from Cryptodome.Signature import eddsa

    return eddsa.new(eddsa.import_private_key(private), "rfc8032").sign(_sha512(digest))


def verify_ed25519ph(public: bytes, digest: bytes, signature: bytes) -> None:
    """Verify what :func:`sign_ed25519ph` signs; returns if the signature is right.

    An S that is the order of the group passes, against RFC 8032, section 5.1.7.

    Args:
        public: the key, 32 bytes.
        digest: of the message by SHA-512.
        signature: 64 bytes.

    Raises:
        ValueError: if it is wrong.
    """
    from Cryptodome.Signature import eddsa

    eddsa.new(eddsa.import_public_key(public), "rfc8032").verify(_sha512(digest), signature)


def _sha512(value: bytes) -> SHA512Hash:
    """Return a digest that was computed elsewhere, in the form that is signed."""
    from Cryptodome.Hash import SHA512

    class Digest(SHA512.SHA512Hash):
        def __init__(self) -> None:
            """Begin no computation, of which there is none here."""

        def digest(self) -> bytes:
            return value

    return Digest()


def generate_rsa(bits: int, exponent: int) -> bytes:
    """Generate an RSA key with any public exponent.

    Args:
        bits: of the modulus.
        exponent: odd, and more than 65,536.

    Returns:
        PKCS#8 DER.
    """
    from Cryptodome.PublicKey import RSA

    return RSA.generate(bits, e=exponent).export_key("DER", pkcs=8)


def decrypt_raw_rsa(numbers: RSAPrivateNumbers, ciphertext: int) -> bytes:
    """Carry out the private operation of RSA (RFC 8017, section 5.1.2) without padding; it is blinded.

    Args:
        numbers: of a key that was checked.
        ciphertext: a number below the modulus.

    Returns:
        As many bytes as the modulus has.
    """
    from Cryptodome.PublicKey import RSA

    public = numbers.public_numbers
    key = RSA.construct((public.n, public.e, numbers.d, numbers.p, numbers.q), consistency_check=False)
    result: bytes = key._decrypt_to_bytes(ciphertext)  # type: ignore[attr-defined] # its types leave it out
    return result


def with_parity(key: bytes) -> bytes:
    """Return a Triple DES key with the right parity bits (NIST SP 800-67).

    Args:
        key: 24 bytes.

    Raises:
        ValueError: if two of its three keys are equal, which makes it single DES.
    """
    from Cryptodome.Cipher import DES3

    return DES3.adjust_key_parity(key)


def gcm(key: bytes, iv: bytes, aad: bytes, tag_bytes: int) -> GcmMode:
    """Begin AES-GCM (NIST SP 800-38D) with an IV and a tag of any length.

    Args:
        key: of AES.
        iv: at least one byte.
        aad: what is authenticated and not encrypted.
        tag_bytes: length of the tag.
    """
    from Cryptodome.Cipher import AES

    cipher = AES.new(key, AES.MODE_GCM, nonce=iv, mac_len=tag_bytes)
    cipher.update(aad)
    return cipher


def unwrap_pkcs8(der: bytes) -> tuple[str, bytes]:
    """Take a PrivateKeyInfo (RFC 5208), or the newer OneAsymmetricKey (RFC 5958), apart.

    Returns:
        The algorithm's object identifier, dotted, and the encoded key.

    Raises:
        ValueError: if it is none.
    """
    from Cryptodome.IO import PKCS8

    algorithm, key, _ = PKCS8.unwrap(der)
    return algorithm, key
