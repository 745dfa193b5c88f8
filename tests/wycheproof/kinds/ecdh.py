"""ECDH, with the other side's key in each of the encodings that vectors have.

The shared secret stays in the HSM; a code made with it tells whether it is the right one.
"""

from __future__ import annotations

import base64
import binascii
from typing import Any

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from wycheproof.der import ec_public_info
from wycheproof.jca import HSM, Keys, java, refusals, same_secret
from wycheproof.kind import Kind
from wycheproof.limits import CURVES, NotApplicable, curve_name
from wycheproof.vectors import Fields, Malformed, Test


class Ecdh(Kind):
    """Agrees on a secret; the other side's key is a SubjectPublicKeyInfo, the own one a number."""

    def __init__(self, algorithm: str, group: Fields) -> None:
        super().__init__(algorithm, group)
        self._curve = curve_name(group.text("curve")) if group.has("curve") else ""

    def refusals(self, test: Test) -> set[str]:
        """Expect a key that is none to be refused as such, and one of another curve by the agreement."""
        return {"InvalidKeySpecException", "InvalidKeyException"}

    def run(self, test: Test, keys: Keys) -> None:
        """Agree, and use the secret."""
        curve, scalar = self.private(test)
        attributes = {"EC_PARAMS": bytes.fromhex(CURVES[curve]), "VALUE": scalar, "DERIVE": True}
        private = keys.private_of("EC", attributes)
        public = keys.public("EC", self.public_info(test))
        same_secret("the shared secret", keys.keep(_agree(private, public)), test.hex("shared"))

    def private(self, test: Test) -> tuple[str, bytes]:
        """Return the curve of the own key, and its number."""
        return self._curve, test.hex("private")

    def public_info(self, test: Test) -> bytes:
        """Return the other side's key as a SubjectPublicKeyInfo."""
        return test.hex("public")


class EcdhPoint(Ecdh):
    """The other side's key is an encoded point."""

    def public_info(self, test: Test) -> bytes:
        """Put the curve of the group before the point."""
        return ec_public_info(self._curve, test.hex("public"))


class EcdhPem(Ecdh):
    """Both keys are PEM."""

    def check(self, test: Test) -> None:
        """Leave out curves that the HSM does not have."""
        self.private(test)

    def private(self, test: Test) -> tuple[str, bytes]:
        """Read the own key."""
        try:
            key = load_pem_private_key(test.text("private").encode(), None)
        except UnsupportedAlgorithm:
            raise NotApplicable("private key of a kind that the HSM does not have") from None
        except ValueError:
            raise Malformed(f"{test.where}: field 'private' is no private key in PEM") from None
        if not isinstance(key, EllipticCurvePrivateKey):
            raise NotApplicable("private key that is not on an elliptic curve")
        size = (key.key_size + 7) // 8
        return curve_name(key.curve.name), key.private_numbers().private_value.to_bytes(size, "big")

    def public_info(self, test: Test) -> bytes:
        """Take the lines around the other side's key off."""
        lines = test.text("public").strip().splitlines()
        try:
            return base64.b64decode("".join(line for line in lines if not line.startswith("-----")), validate=True)
        except binascii.Error:
            raise Malformed(f"{test.where}: field 'public' is no PEM") from None


class EcdhJwk(Ecdh):
    """Both keys are JSON web keys."""

    def check(self, test: Test) -> None:
        """Leave out curves that the HSM does not have, and keys that are no points."""
        curve_name(test.inner("private").text("crv"))
        curve_name(test.inner("public").text("crv"))
        if not (test.inner("public").has("x") and test.inner("public").has("y")):
            raise NotApplicable("JSON web key without coordinates")

    def private(self, test: Test) -> tuple[str, bytes]:
        """Read the own key."""
        key = test.inner("private")
        return curve_name(key.text("crv")), _from_base64url(key, "d")

    def public_info(self, test: Test) -> bytes:
        """Put the coordinates together to an uncompressed point."""
        key = test.inner("public")
        point = b"\4" + _from_base64url(key, "x") + _from_base64url(key, "y")
        return ec_public_info(curve_name(key.text("crv")), point)


def _from_base64url(key: Fields, name: str) -> bytes:
    digits = key.text(name)
    try:
        return base64.urlsafe_b64decode(digits + "=" * (-len(digits) % 4))
    except binascii.Error:
        raise Malformed(f"{key.where}: field {name!r} is not base64url") from None


def _agree(private: Any, public: Any) -> Any:
    with refusals():
        agreement = java("javax.crypto.KeyAgreement").getInstance("ECDH", HSM)
        agreement.init(private)
        agreement.doPhase(public, True)
        return agreement.generateSecret("GenericSecret")
