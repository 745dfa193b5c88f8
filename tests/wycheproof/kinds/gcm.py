"""AES-GCM. The HSM makes the IV, so a vector's ciphertext can be opened, not made again."""

from __future__ import annotations

from typing import Any

from wycheproof.jca import Keys, cipher, java, refusals, same
from wycheproof.kind import Kind
from wycheproof.limits import GCM_DATA, GCM_TAG_BITS, NotApplicable, require_data
from wycheproof.vectors import Fields, Test

_GCM = "AES/GCM/NoPadding"


class Gcm(Kind):
    """Opens the ciphertext of a vector; then seals its message and has the JDK open that."""

    def __init__(self, algorithm: str, group: Fields) -> None:
        super().__init__(algorithm, group)
        if algorithm != "AES-GCM":
            raise NotApplicable(f"cipher {algorithm}")
        if group.number("tagSize") != GCM_TAG_BITS:
            raise NotApplicable(f"tag of {group.number('tagSize')} bits, not {GCM_TAG_BITS}")

    def check(self, test: Test) -> None:
        """Leave out data that is too long for one operation."""
        require_data(len(test.hex("ct")), GCM_DATA)

    def refusals(self, test: Test) -> set[str]:
        """Expect a bad tag to show as such, and a bad IV at once."""
        return {"AEADBadTagException"} if test.hex("iv") else {"InvalidAlgorithmParameterException"}

    def run(self, test: Test, keys: Keys) -> None:
        """Decrypt; encrypt and have the JDK decrypt."""
        message, aad = test.hex("msg"), test.hex("aad")
        key = keys.secret("AES", test.hex("key"))
        with refusals():
            opener = cipher(_GCM)
            opener.init(opener.DECRYPT_MODE, key, _parameters(test.hex("iv")))
            same("the plaintext", _finish(opener, aad, test.hex("ct") + test.hex("tag")), message)
            sealer = cipher(_GCM)
            sealer.init(sealer.ENCRYPT_MODE, key)
            sealed = _finish(sealer, aad, message)
            opener = cipher(_GCM, "SunJCE")
            software_key = java("javax.crypto.spec.SecretKeySpec")(test.hex("key"), "AES")
            opener.init(opener.DECRYPT_MODE, software_key, _parameters(bytes(sealer.getIV())))
            same("what the JDK opens", _finish(opener, aad, sealed), message)


def _parameters(iv: bytes) -> Any:
    return java("javax.crypto.spec.GCMParameterSpec")(GCM_TAG_BITS, iv)


def _finish(initialised: Any, aad: bytes, data: bytes) -> bytes:
    initialised.updateAAD(aad)
    return bytes(initialised.doFinal(data))
