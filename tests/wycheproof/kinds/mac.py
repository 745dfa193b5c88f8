"""HMAC and AES-CMAC, whole and truncated."""

from __future__ import annotations

from wycheproof.jca import Keys, Refused, code
from wycheproof.kind import Kind
from wycheproof.limits import HMAC_DATA, NotApplicable, require_data, require_secret
from wycheproof.vectors import Fields, Test

_CMAC = "AESCMAC"
_ALGORITHMS = {"AES-CMAC": _CMAC, **{name.upper(): name for name in HMAC_DATA}}


class Mac(Kind):
    """Computes the code and compares as many bytes as the vector has."""

    def __init__(self, algorithm: str, group: Fields) -> None:
        super().__init__(algorithm, group)
        if algorithm not in _ALGORITHMS:
            raise NotApplicable(f"code {algorithm}")
        self._name = _ALGORITHMS[algorithm]

    def check(self, test: Test) -> None:
        """Leave out keys and data that are too long for the HSM."""
        if self._name != _CMAC:
            require_secret("key", len(test.hex("key")))
            require_data(len(test.hex("msg")), HMAC_DATA[self._name])

    def refusals(self, test: Test) -> set[str]:
        """Expect another code; an AES key of a wrong size is refused."""
        bad_key = self._name == _CMAC and len(test.hex("key")) not in (16, 24, 32)
        return {"InvalidKeySpecException"} if bad_key else {Refused.OTHER}

    def run(self, test: Test, keys: Keys) -> None:
        """Compute the code."""
        key = keys.secret("AES" if self._name == _CMAC else self._name, test.hex("key"))
        made = code(self._name, key, test.hex("msg"))
        if made[: self.group.number("tagSize") // 8] != test.hex("tag"):
            raise Refused(Refused.OTHER)
