"""FIPS mode: what it bans, each refusal with the rule, and what it leaves alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from bridge.engine import Attribute, Hsm, KeyType, MechanismType, ObjectClass, ReturnCode, Role, Session
from bridge.engine.parameters import Ecdh
from bridge.engine.settings import Mode
from bridge.store import create_home, open_home
from engine.keys import Template, refused
from engine.operations import (
    SECRET,
    Use,
    derived_template,
    new_key,
    new_payload,
    parameter_of,
    prepare,
    unwrapped_template,
    uses,
    value_of,
)

RSA_PKCS = MechanismType.RSA_PKCS
BANNED_TYPES = {KeyType.DES3: "Triple DES", KeyType.EC_EDWARDS: "Ed25519"}


@pytest.fixture(scope="module")
def fips(tmp_path_factory: pytest.TempPathFactory, quick_passwords: None) -> Session:
    """A session of an HSM in FIPS mode."""
    home = tmp_path_factory.mktemp("fips") / "home"
    create_home(home, admin_password=b"password-of-admin", user="alice", password=b"password-of-alice", mode=Mode.FIPS)
    session = open_home(home).open_session()
    session.login(Role.CRYPTO_USER, "alice", b"password-of-alice")
    return session


def is_banned(use: Use) -> bool:
    padded = use.mechanism is RSA_PKCS and use.operation in {"encrypt", "decrypt", "wrap", "unwrap"}
    return padded or use.mechanism is MechanismType.ECDH1_DERIVE  # without a KDF, as parameter_of has it


@pytest.mark.parametrize("use", list(uses()), ids=str)
def test_every_operation(fips: Session, use: Use) -> None:
    if use.key_type in BANNED_TYPES:
        with refused(ReturnCode.KEY_TYPE_INCONSISTENT, "FIPS mode", BANNED_TYPES[use.key_type]):
            new_key(fips, use.key_type, use.object_class)
        return
    if not is_banned(use):
        prepare(fips, use)(new_key(fips, use.key_type, use.object_class), {})
        return
    key = new_key(fips, use.key_type, use.object_class)
    calls: dict[str, Callable[[], object]] = {
        "encrypt": lambda: fips.encrypt(key, use.mechanism, b"data", parameter_of(use.mechanism)),
        "decrypt": lambda: fips.decrypt(key, use.mechanism, bytes(256), parameter_of(use.mechanism)),
        "wrap": lambda: fips.wrap(key, use.mechanism, new_payload(fips), parameter_of(use.mechanism)),
        "derive": lambda: fips.derive(key, use.mechanism, derived_template(), parameter_of(use.mechanism)),
        "unwrap": lambda: fips.unwrap(key, use.mechanism, bytes(256), unwrapped_template()),
    }
    with refused(ReturnCode.MECHANISM_INVALID, "FIPS mode", use.mechanism.name, use.operation):
        calls[use.operation]()


@pytest.mark.parametrize(
    ("mechanism", "template"),
    [(MechanismType.DES3_KEY_GEN, {}), (MechanismType.EC_EDWARDS_KEY_PAIR_GEN, {})],
    ids=["DES3", "Ed25519"],
)
def test_banned_keys_are_not_generated(fips: Session, mechanism: MechanismType, template: Template) -> None:
    before = fips.find({})
    with refused(ReturnCode.MECHANISM_INVALID, "FIPS mode", mechanism.name):
        if mechanism is MechanismType.DES3_KEY_GEN:
            fips.generate_key(mechanism, template)
        else:
            fips.generate_key_pair(mechanism, template, template)
    assert fips.find({}) == before


def test_banned_keys_come_in_on_no_other_way(fips: Session) -> None:
    wrapping = new_key(fips, KeyType.AES, SECRET)
    mechanism = MechanismType.CLOUDHSM_AES_KEY_WRAP_NO_PAD
    payload = fips.import_key(value_of(KeyType.GENERIC_SECRET, SECRET) | {Attribute.VALUE: bytes(range(24))})
    wrapped = fips.wrap(wrapping, mechanism, payload)
    before = fips.find({})
    with refused(ReturnCode.KEY_TYPE_INCONSISTENT, "FIPS mode", "Triple DES"):
        fips.unwrap(wrapping, mechanism, wrapped, {Attribute.CLASS: SECRET, Attribute.KEY_TYPE: KeyType.DES3})
    base = new_key(fips, KeyType.AES, SECRET)
    kdf = MechanismType.SP800_108_COUNTER_KDF
    given = derived_template({Attribute.KEY_TYPE: KeyType.DES3, Attribute.VALUE_LEN: 24})
    with refused(ReturnCode.KEY_TYPE_INCONSISTENT, "FIPS mode", "Triple DES"):
        fips.derive(base, kdf, given, parameter_of(kdf))
    assert len(fips.find({})) == len(before) + 1


def test_keys_of_before_are_of_no_use(hsm: Hsm, session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    """A key that came in some day before the rule is refused at its use, not only when it is made."""
    key = new_key(session, KeyType.DES3, ObjectClass.SECRET_KEY)
    assert session.encrypt(key, MechanismType.DES3_ECB, bytes(8))
    monkeypatch.setattr(hsm, "_settings", type(hsm.settings)(mode=Mode.FIPS))
    for operation in ("encrypt", "decrypt"):
        with refused(ReturnCode.MECHANISM_INVALID, "FIPS mode", "Triple DES"):
            getattr(session, operation)(key, MechanismType.DES3_ECB, bytes(8))


def test_key_agreement_with_a_kdf_is_allowed(fips: Session) -> None:
    key = new_key(fips, KeyType.EC, ObjectClass.PRIVATE_KEY)
    plain = parameter_of(MechanismType.ECDH1_DERIVE)
    assert isinstance(plain, Ecdh)
    fips.derive(key, MechanismType.ECDH1_DERIVE, derived_template(), replace(plain, kdf=6))
