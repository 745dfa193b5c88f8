"""keytool makes every kind of key that it knows, and the HSM has, inside of the HSM."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ed25519

from bridge.engine import Attribute, KeyType
from bridge.engine.attributes import Attributes
from tools.conftest import STORE, Tools

Keys = Callable[[], dict[str, Attributes]]


@pytest.mark.parametrize(
    ("options", "key_type", "size"),
    [
        (("-keyalg", "DESede"), KeyType.DES3, 24),
        (("-keyalg", "HmacSHA256", "-keysize", "256"), KeyType.GENERIC_SECRET, 32),
    ],
)
def test_secret_keys_of_other_kinds_are_made_inside(
    tools: Tools, keys: Keys, options: tuple[str, ...], key_type: KeyType, size: int
) -> None:
    tools.keytool("-genseckey", "-alias", "new", *options, *STORE)
    key = keys()["new"]
    assert (key[Attribute.KEY_TYPE], key[Attribute.VALUE_LEN]) == (key_type, size)
    assert (key[Attribute.LOCAL], key[Attribute.TOKEN]) == (True, True)


def test_an_ed25519_pair_is_made_inside_and_certified(tools: Tools, keys: Keys) -> None:
    tools.keytool("-genkeypair", "-alias", "new", "-dname", "CN=new", "-keyalg", "Ed25519", *STORE)
    key = keys()["new"]
    assert (key[Attribute.KEY_TYPE], key[Attribute.LOCAL], key[Attribute.TOKEN]) == (KeyType.EC_EDWARDS, True, True)
    tools.keytool("-exportcert", "-alias", "new", "-file", "new.der", *STORE)
    certificate = x509.load_der_x509_certificate((tools.folder / "new.der").read_bytes())
    assert isinstance(certificate.public_key(), ed25519.Ed25519PublicKey)
    certificate.verify_directly_issued_by(certificate)
