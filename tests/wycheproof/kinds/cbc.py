"""AES-CBC with PKCS#5 padding."""

from __future__ import annotations

from wycheproof.jca import Keys, cipher, java, refusals, same
from wycheproof.kind import Kind
from wycheproof.limits import NotApplicable
from wycheproof.vectors import Fields, Test

_CBC = "AES/CBC/PKCS5Padding"
_BLOCK = 16


class Cbc(Kind):
    """Decrypts, and encrypts again."""

    def __init__(self, algorithm: str, group: Fields) -> None:
        super().__init__(algorithm, group)
        if algorithm != "AES-CBC-PKCS5":
            raise NotApplicable(f"cipher {algorithm}")

    def refusals(self, test: Test) -> set[str]:
        """Expect a broken length and a broken padding to show as such."""
        ciphertext = test.hex("ct")
        whole = bool(ciphertext) and len(ciphertext) % _BLOCK == 0
        return {"BadPaddingException"} if whole else {"IllegalBlockSizeException"}

    def run(self, test: Test, keys: Keys) -> None:
        """Decrypt the ciphertext, encrypt the message."""
        key = keys.secret("AES", test.hex("key"))
        with refusals():
            iv = java("javax.crypto.spec.IvParameterSpec")(test.hex("iv"))
            decrypter, encrypter = cipher(_CBC), cipher(_CBC)
            decrypter.init(decrypter.DECRYPT_MODE, key, iv)
            same("the plaintext", bytes(decrypter.doFinal(test.hex("ct"))), test.hex("msg"))
            encrypter.init(encrypter.ENCRYPT_MODE, key, iv)
            same("the ciphertext", bytes(encrypter.doFinal(test.hex("msg"))), test.hex("ct"))
