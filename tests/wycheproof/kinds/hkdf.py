"""HKDF (RFC 5869). The derived key stays in the HSM; a code made with it tells whether it is the right one."""

from __future__ import annotations

from wycheproof.jca import Keys, attribute_map, java, same_secret
from wycheproof.kind import Kind
from wycheproof.limits import NotApplicable, hash_name, require_secret
from wycheproof.vectors import Fields, Test

_PREFIX = "HKDF-"


class Hkdf(Kind):
    """Derives."""

    def __init__(self, algorithm: str, group: Fields) -> None:
        super().__init__(algorithm, group)
        if not algorithm.startswith(_PREFIX):
            raise NotApplicable(f"key derivation {algorithm}")
        self._hash = algorithm.removeprefix(_PREFIX)
        hash_name(self._hash)

    def check(self, test: Test) -> None:
        """Leave out keys that are too long for the HSM; a length that HKDF does not have is refused either way."""
        require_secret("input key", len(test.hex("ikm")))
        if test.result != "invalid":
            require_secret("derived key", test.number("size"))

    def refusals(self, test: Test) -> set[str]:
        """Expect a length that HKDF does not have to be refused as a specification."""
        return {"InvalidKeySpecException"}

    def run(self, test: Test, keys: Keys) -> None:
        """Derive a key, and use it."""
        base = keys.secret_of("GenericSecret", {"VALUE": test.hex("ikm"), "DERIVE": True})
        specification = java("com.amazonaws.cloudhsm.jce.provider.spec.HkdfParameterSpec")(
            self._hash, test.hex("salt"), test.hex("info"), attribute_map({"SIZE": 8 * test.number("size")}), base
        )
        derived = keys.generate_secret("GenericSecret", specification)
        same_secret("the derived key", derived, test.hex("okm"))
