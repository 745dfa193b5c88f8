"""What tests of the ciphers ask of Java, and the same ciphers in Python."""

from __future__ import annotations

import itertools
import random
from collections.abc import Sequence
from typing import Any

from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives import keywrap
from cryptography.hazmat.primitives.ciphers import Cipher, CipherContext, modes
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.padding import PKCS7
from hypothesis import settings
from hypothesis import strategies as st

from provider.jca import HSM, java

ENCRYPT, DECRYPT, WRAP, UNWRAP = 1, 2, 3, 4
PUBLIC_KEY, PRIVATE_KEY, SECRET_KEY = 1, 2, 3
BLOCKS = [
    f"{algorithm}/{mode}/{padding}"
    for algorithm, modes_ in (("AES", ("CBC", "ECB")), ("DESede", ("CBC", "ECB")))
    for mode in modes_
    for padding in ("NoPadding", "PKCS5Padding")
] + ["AES/CTR/NoPadding"]
HASHES = ("SHA-1", "SHA-224", "SHA-256", "SHA-384", "SHA-512")
OAEP = [f"RSA/ECB/OAEPWith{name}ANDMGF1Padding" for name in HASHES]
RSA_AES_WRAP = [f"RSAAESWrap/ECB/OAEPWith{name}ANDMGF1Padding" for name in HASHES]
RSA = ["RSA/ECB/NoPadding", "RSA/ECB/PKCS1Padding", "RSA/ECB/OAEPPadding", *OAEP]
AES_WRAP = [f"AESWrap/ECB/{padding}" for padding in ("NoPadding", "PKCS5Padding", "ZeroPadding")]
GCM = "AES/GCM/NoPadding"
TRANSFORMATIONS = [*BLOCKS, GCM, *AES_WRAP, *RSA, "RSAAESWrap/ECB/OAEPPadding", *RSA_AES_WRAP]
INVALID_KEY = "java.security.InvalidKeyException"
INVALID_PARAMETER = "java.security.InvalidAlgorithmParameterException"
BLOCK_SIZE = "javax.crypto.IllegalBlockSizeException"
BAD_PADDING = "javax.crypto.BadPaddingException"
BAD_TAG = "javax.crypto.AEADBadTagException"
SHORT_BUFFER = "javax.crypto.ShortBufferException"
UNSUPPORTED = "java.lang.UnsupportedOperationException"
STATE = "java.lang.IllegalStateException"
KEK = bytes(range(100, 132))
"""A key that both sides know, to bring keys with a known value into the HSM."""

EDGES = (0, 1, 15, 16, 17, 31, 32, 33, 4095, 4096, 8191, 8192, 8193, 15_999, 16_000, 65_535, 65_536, 70_000)
LENGTHS = st.sampled_from(EDGES) | st.integers(0, 100) | st.integers(0, 70_000)
CUTS = st.lists(st.integers(0, 70_000) | st.integers(0, 50), max_size=6)
quick = settings(deadline=None, max_examples=8)


def block(transformation: str) -> int:
    """Return the block size of a block cipher in bytes."""
    return 16 if transformation.startswith("AES") else 8


def pads(transformation: str) -> bool:
    """Tell whether a block cipher pads."""
    return transformation.endswith("PKCS5Padding")


def fitting(transformation: str, length: int) -> int:
    """Return a length that the transformation takes."""
    whole = not pads(transformation) and "CTR" not in transformation
    return length - length % block(transformation) if whole else length


def noise(length: int, seed: int = 0) -> bytes:
    """Return bytes that look random and are the same each time."""
    return random.Random(length + 1_000_003 * seed).randbytes(length)


def cut(data: bytes, cuts: Sequence[int]) -> list[bytes]:
    """Cut data into pieces, some of which may be empty."""
    places = [0, *sorted(min(place, len(data)) for place in cuts), len(data)]
    return [data[start:end] for start, end in itertools.pairwise(places)]


def secret(value: bytes, algorithm: str = "AES") -> Any:
    """Return a software key."""
    return java("javax.crypto.spec.SecretKeySpec")(value, algorithm)


def iv(value: bytes) -> Any:
    """Return parameters for CBC and CTR."""
    return java("javax.crypto.spec.IvParameterSpec")(value)


def gcm(value: bytes, bits: int = 128) -> Any:
    """Return parameters for GCM."""
    return java("javax.crypto.spec.GCMParameterSpec")(bits, value)


def oaep(name: str, mgf: str | None = None, label: bytes = b"") -> Any:
    """Return parameters for OAEP."""
    specified = java("javax.crypto.spec.PSource$PSpecified")(label)
    return java("javax.crypto.spec.OAEPParameterSpec")(
        name, "MGF1", java("java.security.spec.MGF1ParameterSpec")(mgf or name), specified
    )


def iv_for(transformation: str, value: bytes | None = None) -> Any:
    """Return an IV for a block cipher, None for ECB."""
    return None if "ECB" in transformation else iv(value or noise(block(transformation), 7))


def cipher(transformation: str, mode: int, key: Any, spec: Any = None, provider: Any = HSM) -> Any:
    """Return an initialised cipher."""
    made = java("javax.crypto.Cipher").getInstance(transformation, provider)
    begin(made, mode, key, spec)
    return made


def begin(one: Any, mode: int, key: Any, spec: Any = None) -> None:
    """Initialise a cipher, with parameters unless there are none."""
    one.init(mode, key, *([] if spec is None else [spec]))


def run(one: Any, pieces: Sequence[bytes]) -> list[bytes]:
    """Run pieces through a cipher, and return what each call gave, doFinal's last."""
    return [*(bytes(one.update(piece) or b"") for piece in pieces), bytes(one.doFinal())]


def encrypt(transformation: str, key: Any, data: bytes, spec: Any = None, provider: Any = HSM) -> bytes:
    """Encrypt in one call."""
    return bytes(cipher(transformation, ENCRYPT, key, spec, provider).doFinal(data))


def decrypt(transformation: str, key: Any, data: bytes, spec: Any = None, provider: Any = HSM) -> bytes:
    """Decrypt in one call."""
    return bytes(cipher(transformation, DECRYPT, key, spec, provider).doFinal(data))


def inside(value: bytes, algorithm: str = "AES", kind: int = SECRET_KEY, provider: Any = HSM, spec: Any = None) -> Any:
    """Bring a key into the HSM by unwrapping it: the value of a secret, PKCS#8 DER of a private key."""
    wrapped = keywrap.aes_key_wrap_with_padding(KEK, value)
    return cipher("AESWrap/ECB/ZeroPadding", UNWRAP, secret(KEK), spec, provider).unwrap(wrapped, algorithm, kind)


def taken_out(key: Any, provider: Any = HSM) -> bytes:
    """Take an extractable key's value out of the HSM."""
    wrapped = cipher("AESWrap/ECB/ZeroPadding", WRAP, secret(KEK), provider=provider).wrap(key)
    return keywrap.aes_key_unwrap_with_padding(KEK, bytes(wrapped))


def attributes(**values: Any) -> Any:
    """Return a ``KeyAttributesMap``."""
    names = java("com.amazonaws.cloudhsm.jce.provider.attributes.KeyAttribute")
    made = java("com.amazonaws.cloudhsm.jce.provider.attributes.KeyAttributesMap")()
    for name, value in values.items():
        boxed = java("java.lang.Boolean")(value) if isinstance(value, bool) else value
        made.put(names.valueOf(name), boxed)
    return made


def in_python(transformation: str, key: bytes, data: bytes, start: bytes, *, encrypting: bool) -> bytes:
    """Encrypt or decrypt with a block cipher of Python's."""
    size = block(transformation)
    mode = {"ECB": modes.ECB, "CBC": modes.CBC, "CTR": modes.CTR}[transformation.split("/")[1]]
    algorithm = AES(key) if size == 16 else TripleDES(key)
    one: Any = Cipher(algorithm, mode() if mode is modes.ECB else mode(start))
    context: CipherContext = one.encryptor() if encrypting else one.decryptor()
    padding = PKCS7(8 * size)
    if encrypting and pads(transformation):
        padder = padding.padder()
        data = padder.update(data) + padder.finalize()
    result = context.update(data) + context.finalize()
    if not encrypting and pads(transformation):
        unpadder = padding.unpadder()
        result = unpadder.update(result) + unpadder.finalize()
    return result
