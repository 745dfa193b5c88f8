"""ECDSA, with signatures in DER (RFC 3279) and as two numbers side by side (IEEE P1363)."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from wycheproof.jca import Keys, Refused, verify
from wycheproof.kind import Kind
from wycheproof.limits import curve_name, hash_name
from wycheproof.vectors import Fields, Test


class Ecdsa(Kind):
    """Verifies."""

    encoding = ""
    """What JCA's name of the algorithm ends with."""

    def __init__(self, algorithm: str, group: Fields) -> None:
        super().__init__(algorithm, group)
        curve_name(group.inner("publicKey").text("curve"))
        self._name = f"{hash_name(group.text('sha'))}withECDSA{self.encoding}"

    @cached_property
    def _key(self) -> Any:
        return self.keys.public("EC", self.group.hex("publicKeyDer"))

    def refusals(self, test: Test) -> set[str]:
        """Expect false for a wrong signature; one that is no signature at all may be told apart."""
        return {Refused.FALSE, "SignatureException"}

    def run(self, test: Test, keys: Keys) -> None:
        """Verify the signature."""
        verify(self._name, self._key, test.hex("msg"), test.hex("sig"))


class EcdsaP1363(Ecdsa):
    """Verifies signatures of the other encoding."""

    encoding = "inP1363Format"
