"""AES key wrap (RFC 3394) and key wrap with padding (RFC 5649)."""

from __future__ import annotations

from typing import Any

from wycheproof.jca import Keys, cipher, refusals, same, same_secret
from wycheproof.kind import Kind
from wycheproof.limits import SECRET_BYTES, NotApplicable
from wycheproof.vectors import Fields, Test

_TRANSFORMATIONS = {"AES-WRAP": "AESWrap/ECB/NoPadding", "AES-KWP": "AESWrap/ECB/ZeroPadding"}
_SECRET = "GenericSecret"


class KeyWrap(Kind):
    """Unwraps a secret, tells by its use whether it is the right one, and wraps it again."""

    def __init__(self, algorithm: str, group: Fields) -> None:
        super().__init__(algorithm, group)
        if algorithm not in _TRANSFORMATIONS:
            raise NotApplicable(f"key wrap {algorithm}")
        self._transformation = _TRANSFORMATIONS[algorithm]

    def refusals(self, test: Test) -> set[str]:
        """Expect a secret of a wrong length to be refused as such, and a wrapped key that was changed as a key."""
        return {"IllegalBlockSizeException"} if _is_about_wrapping(test) else {"InvalidKeyException"}

    def run(self, test: Test, keys: Keys) -> None:
        """Unwrap and wrap; a vector without a wrapped key is wrapped only."""
        wrapping_key = keys.secret("AES", test.hex("key"))
        if not _is_about_wrapping(test):
            with refusals():
                unwrapper = cipher(self._transformation)
                unwrapper.init(unwrapper.UNWRAP_MODE, wrapping_key)
                unwrapped = keys.keep(unwrapper.unwrap(test.hex("ct"), _SECRET, unwrapper.SECRET_KEY))
            self._compare(unwrapped, wrapping_key, test)
        same("the wrapped key", self._wrap(wrapping_key, keys.secret(_SECRET, test.hex("msg"))), test.hex("ct"))

    def _compare(self, unwrapped: Any, wrapping_key: Any, test: Test) -> None:
        """Compare the unwrapped secret: by its use, unless HMAC does not take one so long, and by wrapping it again."""
        if len(test.hex("msg")) in SECRET_BYTES:
            same_secret("the unwrapped key", unwrapped, test.hex("msg"))
        same("the unwrapped key wrapped again", self._wrap(wrapping_key, unwrapped), test.hex("ct"))

    def _wrap(self, wrapping_key: Any, secret: Any) -> bytes:
        with refusals():
            wrapper = cipher(self._transformation)
            wrapper.init(wrapper.WRAP_MODE, wrapping_key)
            return bytes(wrapper.wrap(secret))


def _is_about_wrapping(test: Test) -> bool:
    return bool(test.hex("msg")) and not test.hex("ct")
