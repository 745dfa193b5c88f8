"""Ed25519 (RFC 8032)."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from wycheproof.jca import Keys, Refused, verify
from wycheproof.kind import Kind
from wycheproof.limits import NotApplicable
from wycheproof.vectors import Fields, Test

_NAME = "Ed25519"


class Eddsa(Kind):
    """Verifies."""

    def __init__(self, algorithm: str, group: Fields) -> None:
        super().__init__(algorithm, group)
        curve = group.inner("publicKey").text("curve")
        if curve != "edwards25519":
            raise NotApplicable(f"curve {curve}")

    @cached_property
    def _key(self) -> Any:
        return self.keys.public(_NAME, self.group.hex("publicKeyDer"))

    def refusals(self, test: Test) -> set[str]:
        """Expect false for a wrong signature; one that is no signature at all may be told apart."""
        return {Refused.FALSE, "SignatureException"}

    def run(self, test: Test, keys: Keys) -> None:
        """Verify the signature."""
        verify(_NAME, self._key, test.hex("msg"), test.hex("sig"))
