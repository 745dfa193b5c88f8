"""ML-DSA (FIPS 204). Messages with a context go through ML-DSA-EXTERNAL-MU, whose caller hashes the context in."""

from __future__ import annotations

import hashlib
from functools import cached_property
from typing import Any

from wycheproof.der import ml_dsa_private_info, ml_dsa_public_info
from wycheproof.jca import Keys, Refused, sign, verify
from wycheproof.kind import Kind
from wycheproof.limits import NotApplicable
from wycheproof.vectors import Fields, Test

_FACTORY = "ML-DSA"
_PURE, _EXTERNAL_MU = "ML-DSA", "ML-DSA-EXTERNAL-MU"
_PARAMETER_SETS = ("ML-DSA-44", "ML-DSA-65", "ML-DSA-87")
_LONGEST_CONTEXT = 255


class MlDsaKind(Kind):
    """What signing and verifying have in common."""

    def __init__(self, algorithm: str, group: Fields) -> None:
        super().__init__(algorithm, group)
        if algorithm not in _PARAMETER_SETS:
            raise NotApplicable(f"signature {algorithm}")

    def check(self, test: Test) -> None:
        """Leave out contexts that the HSM never sees."""
        if len(test.hex("ctx", "")) > _LONGEST_CONTEXT:
            raise NotApplicable(
                f"context of more than {_LONGEST_CONTEXT} bytes, which the caller of {_EXTERNAL_MU} checks"
            )

    @cached_property
    def _public(self) -> Any:
        info = ml_dsa_public_info(self.algorithm, self.group.hex("publicKey"))
        return self.keys.public(_FACTORY, info)

    def _input(self, test: Test) -> tuple[str, bytes]:
        """Return the algorithm for a test and what it signs."""
        if not test.has("msg"):
            return _EXTERNAL_MU, test.hex("mu")
        context, message = test.hex("ctx", ""), test.hex("msg")
        if not context:
            return _PURE, message
        key_hash = hashlib.shake_256(self.group.hex("publicKey")).digest(64)
        data = key_hash + bytes([0, len(context)]) + context + message
        return _EXTERNAL_MU, hashlib.shake_256(data).digest(64)


class MlDsaVerify(MlDsaKind):
    """Verifies."""

    @cached_property
    def _public(self) -> Any:
        if not self.group.has("publicKeyDer"):
            return super()._public
        return self.keys.public(_FACTORY, self.group.hex("publicKeyDer"))

    def refusals(self, test: Test) -> set[str]:
        """Expect false for a wrong signature; a key of a wrong length is none."""
        bad_key = "IncorrectPublicKeyLength" in test.flags
        return {"InvalidKeySpecException"} if bad_key else {Refused.FALSE, "SignatureException"}

    def run(self, test: Test, keys: Keys) -> None:
        """Verify the signature."""
        algorithm, data = self._input(test)
        verify(algorithm, self._public, data, test.hex("sig"))


class MlDsaSign(MlDsaKind):
    """Signs, and verifies both the own signature, which is randomised, and the vector's, which is not."""

    def __init__(self, algorithm: str, group: Fields) -> None:
        super().__init__(algorithm, group)
        if not group.has("privateSeed"):
            raise NotApplicable("private key that is not given as its seed")

    @cached_property
    def _private(self) -> Any:
        if self.group.has("privateKeyPkcs8"):
            return self.keys.private(_FACTORY, self.group.hex("privateKeyPkcs8"))
        return self.keys.private(_FACTORY, ml_dsa_private_info(self.algorithm, self.group.hex("privateSeed")))

    def refusals(self, test: Test) -> set[str]:
        """Expect a seed of a wrong length to be refused as a key."""
        return {"InvalidKeySpecException"}

    def run(self, test: Test, keys: Keys) -> None:
        """Sign; verify both signatures."""
        private = self._private
        algorithm, data = self._input(test)
        verify(algorithm, self._public, data, sign(algorithm, private, data))
        verify(algorithm, self._public, data, test.hex("sig"))
