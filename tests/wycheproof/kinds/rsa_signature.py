"""RSA signatures: PKCS#1 v1.5 verified and made, PSS verified (RFC 8017, section 8)."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from wycheproof.jca import Keys, Refused, java, same, sign, verify
from wycheproof.kind import Kind
from wycheproof.limits import NotApplicable, hash_name, require_rsa
from wycheproof.vectors import Fields, Test


class RsaKind(Kind):
    """Checks what all of them have: key size and hash."""

    def __init__(self, algorithm: str, group: Fields) -> None:
        super().__init__(algorithm, group)
        require_rsa(group.number("keySize"))
        self.hash = hash_name(group.text("sha"))


class RsaVerify(RsaKind):
    """Verifies PKCS#1 v1.5."""

    @cached_property
    def _key(self) -> Any:
        return self.keys.public("RSA", self.group.hex("publicKeyDer"))

    def refusals(self, test: Test) -> set[str]:
        """Expect false for a wrong signature; one of a wrong length may be told apart."""
        return {Refused.FALSE, "SignatureException"}

    def run(self, test: Test, keys: Keys) -> None:
        """Verify the signature."""
        verify(f"{self.hash}withRSA", self._key, test.hex("msg"), test.hex("sig"))


class RsaGenerate(RsaKind):
    """Signs with PKCS#1 v1.5, which has one right result."""

    @cached_property
    def _key(self) -> Any:
        return self.keys.private("RSA", self.group.hex("privateKeyPkcs8"))

    def refusals(self, test: Test) -> set[str]:
        """Expect a refusal of key or signature."""
        return {"InvalidKeySpecException", "SignatureException"}

    def run(self, test: Test, keys: Keys) -> None:
        """Sign the message."""
        same("the signature", sign(f"{self.hash}withRSA", self._key, test.hex("msg")), test.hex("sig"))


class PssVerify(RsaVerify):
    """Verifies PSS."""

    def __init__(self, algorithm: str, group: Fields) -> None:
        super().__init__(algorithm, group)
        if group.text("mgf") != "MGF1":
            raise NotApplicable(f"mask generation {group.text('mgf')}")
        hash_name(group.text("mgfSha"))

    def run(self, test: Test, keys: Keys) -> None:
        """Verify the signature."""
        mgf = java("java.security.spec.MGF1ParameterSpec")(self.group.text("mgfSha"))
        parameters = java("java.security.spec.PSSParameterSpec")(
            self.group.text("sha"), "MGF1", mgf, self.group.number("sLen"), 1
        )
        verify("RSASSA-PSS", self._key, test.hex("msg"), test.hex("sig"), parameters)


class PssWithParametersVerify(PssVerify):
    """Verifies PSS where the key names its parameters; keys of the HSM name none, so the number alone is imported."""

    @cached_property
    def _key(self) -> Any:
        numbers = self.group.inner("publicKey")
        return self.keys.rsa_public(numbers.hex("modulus"), numbers.hex("publicExponent"))
