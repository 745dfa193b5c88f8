"""RSA encryption: OAEP and PKCS#1 v1.5 (RFC 8017, section 7)."""

from __future__ import annotations

from abc import abstractmethod
from functools import cached_property
from typing import Any

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_private_key

from wycheproof.jca import Keys, Refused, cipher, java, refusals, same
from wycheproof.kind import Kind
from wycheproof.limits import NotApplicable, hash_name, require_rsa
from wycheproof.vectors import Fields, Test


class RsaDecrypt(Kind):
    """Decrypts; then encrypts with the public half and has the JDK decrypt."""

    def __init__(self, algorithm: str, group: Fields) -> None:
        super().__init__(algorithm, group)
        require_rsa(group.number("keySize"))
        self._pkcs8 = group.hex("privateKeyPkcs8")

    @property
    @abstractmethod
    def transformation(self) -> str:
        """JCA's name of the cipher."""

    @abstractmethod
    def parameters(self, test: Test) -> tuple[Any, ...]:
        """Return the cipher's ``AlgorithmParameterSpec``, if it has one."""

    @cached_property
    def _private(self) -> Any:
        return self.keys.private("RSA", self._pkcs8)

    @cached_property
    def _public(self) -> Any:
        # The HSM checked the primes when it took the key; checking again costs a tenth of a second.
        key = load_der_private_key(self._pkcs8, None, unsafe_skip_rsa_key_validation=True)
        if not isinstance(key, RSAPrivateKey):
            raise TypeError("the group's key is no RSA key")
        return self.keys.public("RSA", key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))

    @cached_property
    def _software_private(self) -> Any:
        specification = java("java.security.spec.PKCS8EncodedKeySpec")(self._pkcs8)
        return java("java.security.KeyFactory").getInstance("RSA", "SunRsaSign").generatePrivate(specification)

    def refusals(self, test: Test) -> set[str]:
        """Expect a bad padding; a ciphertext of another length than the modulus may be told apart."""
        whole = len(test.hex("ct")) == self.group.number("keySize") // 8
        return {"BadPaddingException"} if whole else {"BadPaddingException", "IllegalBlockSizeException"}

    def run(self, test: Test, keys: Keys) -> None:
        """Decrypt; encrypt and have the JDK decrypt."""
        message, parameters = test.hex("msg"), self.parameters(test)
        with refusals():
            same("the plaintext", self.decrypted(test), message)
            encrypter = cipher(self.transformation)
            encrypter.init(encrypter.ENCRYPT_MODE, self._public, *parameters)
            encrypted = bytes(encrypter.doFinal(message))
            seen = self._decrypted(self._software_private, parameters, encrypted, "SunJCE")
            same("what the JDK decrypts", seen, message)

    def decrypted(self, test: Test) -> bytes:
        """Decrypt the ciphertext of a test."""
        return self._decrypted(self._private, self.parameters(test), test.hex("ct"))

    def _decrypted(self, key: Any, parameters: tuple[Any, ...], data: bytes, provider: str = "CloudHSM") -> bytes:
        decrypter = cipher(self.transformation, provider)
        decrypter.init(decrypter.DECRYPT_MODE, key, *parameters)
        return bytes(decrypter.doFinal(data))


class Oaep(RsaDecrypt):
    """OAEP with any hash, any hash of MGF1 and any label."""

    def __init__(self, algorithm: str, group: Fields) -> None:
        super().__init__(algorithm, group)
        if group.text("mgf") != "MGF1":
            raise NotApplicable(f"mask generation {group.text('mgf')}")
        hash_name(group.text("mgfSha"))
        hash_name(group.text("sha"))

    @property
    def transformation(self) -> str:
        """Name the main hash; the rest is in the parameters."""
        return f"RSA/ECB/OAEPWith{self.group.text('sha')}AndMGF1Padding"

    def parameters(self, test: Test) -> tuple[Any, ...]:
        """Name both hashes and the label."""
        mgf = java("java.security.spec.MGF1ParameterSpec")(self.group.text("mgfSha"))
        label = java("javax.crypto.spec.PSource").PSpecified(test.hex("label", ""))
        return (java("javax.crypto.spec.OAEPParameterSpec")(self.group.text("sha"), "MGF1", mgf, label),)


class Pkcs1(RsaDecrypt):
    """PKCS#1 v1.5.

    The HSM does not tell which ciphertexts are padded wrongly: it answers with bytes that follow from key and
    ciphertext and look random, so that nobody learns a message from its refusals (implicit rejection). For a test that
    is a refusal, if the same ciphertext gives the same bytes again.
    """

    def refusals(self, test: Test) -> set[str]:
        """Expect other bytes where only the padding is wrong."""
        return {Refused.SUBSTITUTE, *super().refusals(test)}

    def decrypted(self, test: Test) -> bytes:
        """Take bytes that are not the message for the refusal that they are."""
        seen = super().decrypted(test)
        if seen != test.hex("msg") and seen == super().decrypted(test):
            raise Refused(Refused.SUBSTITUTE)
        return seen

    @property
    def transformation(self) -> str:
        """Name the cipher."""
        return "RSA/ECB/PKCS1Padding"

    def parameters(self, test: Test) -> tuple[Any, ...]:
        """Return none."""
        return ()
