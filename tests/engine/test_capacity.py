"""How many keys an HSM of each type holds, and what else the type decides."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from conftest import PASSWORDS, log_in
from cryptography.hazmat.primitives.asymmetric import ec, mldsa

from bridge.engine import Attribute, Hsm, HsmError, KeyType, MechanismType, ObjectClass, ReturnCode, Session
from bridge.engine.objects import KeyCount
from bridge.engine.parameters import LabelledKdf
from bridge.engine.quorum import Service
from bridge.engine.settings import PROFILES, HsmType, Mode, MtlsEnforcement, Profile, Settings
from bridge.store import create_home, open_home
from engine.keys import (
    P256,
    Template,
    expect_code,
    import_secret,
    new_aes,
    new_pair,
    private_info,
    public_info,
    refused,
)

SMALL = replace(PROFILES[HsmType.HSM2M_MEDIUM], keys=6, asymmetric_keys=4)
Opener = Callable[[], Hsm]


@pytest.fixture
def open_small(home: Path) -> Iterator[Opener]:
    """Open the test's home, as one more process would, as an HSM that holds 6 keys, 4 of them asymmetric."""
    opened: list[Hsm] = []

    def opener() -> Hsm:
        opened.append(open_home(home, profiles={HsmType.HSM2M_MEDIUM: SMALL}))
        return opened[-1]

    yield opener
    for hsm in opened:
        hsm.close()


@pytest.fixture
def small(open_small: Opener) -> Session:
    return log_in(open_small(), "alice")


def test_the_limits_are_those_of_the_user_guide() -> None:
    assert {name: (profile.keys, profile.asymmetric_keys, profile.users) for name, profile in PROFILES.items()} == {
        HsmType.HSM1_MEDIUM: (3_300, 3_300, 250),
        HsmType.HSM2M_MEDIUM: (16_666, 3_333, 1_024),
    }
    assert Settings().hsm_type is HsmType.HSM2M_MEDIUM


def test_secret_keys_up_to_the_limit(small: Session) -> None:
    keys = [new_aes(small, TOKEN=True) for _ in range(SMALL.keys)]
    before = small.find({})
    for _ in range(2):
        with refused(
            ReturnCode.DEVICE_MEMORY, "hsm2m.medium", "at most 6 persistent keys", "has 6", "key delete", "TOKEN"
        ):
            new_aes(small, TOKEN=True)
    assert small.find({}) == before == sorted(keys)
    small.destroy(keys[0])
    new_aes(small, TOKEN=True)
    with refused(ReturnCode.DEVICE_MEMORY):
        new_aes(small, TOKEN=True)


def test_session_keys_do_not_count(small: Session) -> None:
    for _ in range(SMALL.keys):
        new_aes(small, TOKEN=True)
    for _ in range(2 * SMALL.keys):
        new_aes(small)
        new_pair(small)


def test_each_half_of_a_pair_is_one(small: Session) -> None:
    new_pair(small, TOKEN=True)
    new_pair(small, TOKEN=True)
    before = small.find({})
    with refused(ReturnCode.DEVICE_MEMORY, "at most 4 persistent asymmetric keys", "has 4"):
        new_pair(small, TOKEN=True)
    assert small.find({}) == before
    new_aes(small, TOKEN=True)
    new_aes(small, TOKEN=True)
    with refused(ReturnCode.DEVICE_MEMORY, "at most 6 persistent keys"):
        new_aes(small, TOKEN=True)


def test_a_pair_is_there_as_a_whole_or_not_at_all(small: Session) -> None:
    """Also one half of which would be a session key."""
    new_pair(small, TOKEN=True)
    private = small.import_key({Attribute.PRIVATE_KEY_INFO: private_info(EC), Attribute.TOKEN: True})
    before = small.find({})
    with refused(ReturnCode.DEVICE_MEMORY, "has 3"):
        new_pair(small, TOKEN=True)
    half: Template = {Attribute.EC_PARAMS: P256, Attribute.TOKEN: True}
    small.generate_key_pair(MechanismType.EC_KEY_PAIR_GEN, half, {})
    with refused(ReturnCode.DEVICE_MEMORY, "has 4"):
        small.generate_key_pair(MechanismType.EC_KEY_PAIR_GEN, half, {})
    assert len(small.find({})) == len(before) + 2
    small.destroy(private)
    small.import_key({Attribute.PUBLIC_KEY_INFO: public_info(EC.public_key()), Attribute.TOKEN: True})


EC = ec.generate_private_key(ec.SECP256R1())


def test_many_keys_come_in_together_or_not_at_all(small: Session) -> None:
    keys: list[Template] = [{Attribute.VALUE: bytes(16), Attribute.TOKEN: True} for _ in range(SMALL.keys + 1)]
    with refused(ReturnCode.DEVICE_MEMORY, "has 0"):
        small.import_keys(keys)
    assert small.find({}) == []
    assert len(small.import_keys(keys[1:])) == SMALL.keys


def test_keys_from_keys_count(small: Session) -> None:
    by = import_secret(small, bytes(32), KeyType.GENERIC_SECRET)
    wrapping = new_aes(small)
    wrapped = small.wrap(wrapping, MechanismType.CLOUDHSM_AES_KEY_WRAP_NO_PAD, new_aes(small))
    token: Template = {Attribute.KEY_TYPE: KeyType.AES, Attribute.TOKEN: True}

    def derive() -> int:
        kdf = LabelledKdf(MechanismType.SHA256_HMAC, 32, 1, 32, b"", b"")
        given: Template = {**token, Attribute.VALUE_LEN: 32}
        return small.derive(by, MechanismType.CLOUDHSM_SP800_108_COUNTER_KDF, given, kdf)

    def unwrap() -> int:
        given: Template = {**token, Attribute.CLASS: ObjectClass.SECRET_KEY}
        return small.unwrap(wrapping, MechanismType.CLOUDHSM_AES_KEY_WRAP_NO_PAD, wrapped, given)

    for _ in range(SMALL.keys // 2):
        derive()
        unwrap()
    for make in (derive, unwrap):
        with refused(ReturnCode.DEVICE_MEMORY):
            make()


def test_a_session_key_becomes_persistent_if_there_is_room(small: Session) -> None:
    _, private = new_pair(small)
    for _ in range(SMALL.keys):
        new_aes(small, TOKEN=True)
    with refused(ReturnCode.DEVICE_MEMORY):
        small.set_attributes(private, {Attribute.TOKEN: True, Attribute.LABEL: "kept"})
    attributes = small.attributes(private)
    assert (attributes[Attribute.TOKEN], attributes[Attribute.LABEL]) == (False, "")
    small.destroy(small.find({Attribute.TOKEN: True})[0])
    small.set_attributes(private, {Attribute.TOKEN: True})
    assert small.attributes(private)[Attribute.TOKEN]


def test_keys_of_other_processes_count_and_after_a_restart(open_small: Opener) -> None:
    first, second = open_small(), open_small()
    alice, bob = log_in(first, "alice"), log_in(second, "bob")
    for _ in range(SMALL.keys // 2):
        new_aes(alice, TOKEN=True)
        new_aes(bob, TOKEN=True)
    third = log_in(open_small(), "bob")
    for session in (alice, bob, third):
        with refused(ReturnCode.DEVICE_MEMORY, "has 6"):
            new_aes(session, TOKEN=True)
    alice.destroy(alice.find({})[0])
    new_aes(bob, TOKEN=True)
    with refused(ReturnCode.DEVICE_MEMORY):
        new_aes(alice, TOKEN=True)


def test_keys_made_at_one_moment_do_not_pass_the_limit(open_small: Opener) -> None:
    sessions = [log_in(open_small(), name) for name in ("alice", "bob", "alice", "bob")]
    made: list[int] = []
    refusals: list[HsmError] = []

    def make(session: Session) -> None:
        for _ in range(SMALL.keys):
            try:
                made.append(new_aes(session, TOKEN=True))
            except HsmError as error:
                refusals.append(error)

    threads = [threading.Thread(target=make, args=(session,)) for session in sessions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == SMALL.keys
    assert len(refusals) == 3 * SMALL.keys
    for error in refusals:
        expect_code(error, ReturnCode.DEVICE_MEMORY)
    assert open_small().count == KeyCount(SMALL.keys, 0)


def test_the_count_is_that_of_the_keys(open_hsm: Opener) -> None:
    """Whatever happens in which process, and to a process that begins later."""
    rng = random.Random(7)
    machines = [open_hsm(), open_hsm()]
    sessions = [log_in(hsm, "alice") for hsm in machines]
    expected = KeyCount(0, 0)
    for _ in range(60):
        session = rng.choice(sessions)
        keys = session.find({Attribute.TOKEN: True})
        action = rng.randrange(4)
        if action == 0:
            new_pair(session, TOKEN=rng.random() < 0.7)
        elif action == 1 and keys:
            session.destroy(rng.choice(keys))
        elif action == 2 and keys:
            session.set_attributes(rng.choice(keys), {Attribute.LABEL: str(rng.random())})
        else:
            new_aes(session, TOKEN=True)
        token = session.find({Attribute.TOKEN: True})
        secret = session.find({Attribute.TOKEN: True, Attribute.CLASS: ObjectClass.SECRET_KEY})
        expected = KeyCount(len(token), len(token) - len(secret))
        for hsm in machines:
            hsm.refresh()
            assert hsm.count == expected
    assert open_hsm().count == expected


@pytest.fixture
def hsm1(tmp_path: Path, quick_passwords: None) -> Iterator[Hsm]:
    """An HSM of the older type."""
    home = tmp_path / "hsm1"
    create_home(
        home,
        admin_password=PASSWORDS["admin"],
        user="alice",
        password=PASSWORDS["alice"],
        hsm_type=HsmType.HSM1_MEDIUM,
    )
    hsm = open_home(home)
    yield hsm
    hsm.close()


def test_the_older_type_is_in_fips_mode(hsm1: Hsm, tmp_path: Path) -> None:
    assert hsm1.settings == Settings(Mode.FIPS, hsm_type=HsmType.HSM1_MEDIUM)
    with refused(ReturnCode.ARGUMENTS_BAD, "hsm1.medium", "mode non-fips", "has fips"):
        create_home(
            tmp_path / "other",
            admin_password=PASSWORDS["admin"],
            user="alice",
            password=PASSWORDS["alice"],
            mode=Mode.NON_FIPS,
            hsm_type=HsmType.HSM1_MEDIUM,
        )
    assert not (tmp_path / "other").exists()


def test_the_type_stays_when_settings_change(hsm1: Hsm) -> None:
    hsm1.configure(clear_extraction=True, implicit_import=False)
    assert hsm1.settings.hsm_type is HsmType.HSM1_MEDIUM
    with pytest.raises(TypeError, match="hsm_type"):
        hsm1.configure(hsm_type=HsmType.HSM2M_MEDIUM)  # type: ignore[call-arg]


FIXED: list[Template] = [{Attribute.ID: b"new"}, {Attribute.DERIVE: True}, {Attribute.EXTRACTABLE: False}]


@pytest.mark.parametrize("token", [False, True])
@pytest.mark.parametrize("change", FIXED, ids=lambda change: next(iter(change)).name)
def test_the_older_type_keeps_three_attributes_as_they_were_made(
    hsm1: Hsm, session: Session, token: bool, change: Template
) -> None:
    old = log_in(hsm1, "alice")
    (name,) = change
    for handle in (new_aes(old, TOKEN=token), new_pair(old, TOKEN=token)[1]):
        before = old.attributes(handle)
        with refused(ReturnCode.ATTRIBUTE_READ_ONLY, name.name.lower(), "never"):
            old.set_attributes(handle, change)
        assert old.attributes(handle) == before
        old.set_attributes(handle, {name: before[name], Attribute.LABEL: "a label", Attribute.SIGN: False})
        assert old.attributes(handle)[Attribute.LABEL] == "a label"
    given = {attribute.name: value for attribute, value in change.items()}
    assert old.attributes(new_aes(old, TOKEN=token, **given))[name] == change[name]
    newer = new_aes(session, TOKEN=token)
    session.set_attributes(newer, change)
    assert session.attributes(newer)[name] == change[name]


def test_the_older_type_has_no_ml_dsa(hsm1: Hsm) -> None:
    session = log_in(hsm1, "alice")
    with refused(ReturnCode.KEY_TYPE_INCONSISTENT, "ML_DSA", "hsm2m.medium only"):
        session.generate_key_pair(MechanismType.ML_DSA_KEY_PAIR_GEN, {Attribute.PARAMETER_SET: 1}, {})
    with refused(ReturnCode.KEY_TYPE_INCONSISTENT, "ML_DSA"):
        session.import_key({Attribute.PRIVATE_KEY_INFO: private_info(mldsa.MLDSA44PrivateKey.generate())})
    assert session.find({}) == []


def test_the_older_type_has_no_mutual_tls(hsm1: Hsm) -> None:
    admin = log_in(hsm1, "admin")
    assert admin.quorum_values() == {Service.USER: 1, Service.QUORUM: 1}
    with refused(ReturnCode.ARGUMENTS_BAD, "cluster", "user, quorum have"):
        admin.set_quorum_value(Service.CLUSTER, 2)
    with refused(ReturnCode.ARGUMENTS_BAD, "no service cluster"):
        admin.generate_token(Service.CLUSTER)
    changes: list[Callable[[], object]] = [
        lambda: admin.register_trust_anchor(b""),
        lambda: admin.deregister_trust_anchor(1),
        lambda: admin.set_mtls_enforcement(MtlsEnforcement.NONE),
    ]
    for change in changes:
        with refused(ReturnCode.ACTION_PROHIBITED, "hsm1.medium", "hsm2m.medium"):
            change()
    assert admin.trust_anchors() == []
    assert admin.mtls_enforcement() is MtlsEnforcement.NONE


@pytest.mark.soak
@pytest.mark.timeout(600)
def test_the_real_limits(home: Path) -> None:
    """Fill an HSM, and open it again."""
    profile: Profile = PROFILES[HsmType.HSM2M_MEDIUM]
    hsm = open_home(home)
    session = log_in(hsm, "alice")
    public: Template = {Attribute.PUBLIC_KEY_INFO: public_info(EC.public_key()), Attribute.TOKEN: True}
    session.import_keys(public for _ in range(profile.asymmetric_keys - 1))
    with refused(ReturnCode.DEVICE_MEMORY, "3,333"):
        new_pair(session, TOKEN=True)
    session.import_key(public)
    rest = profile.keys - profile.asymmetric_keys
    secret: Template = {Attribute.VALUE: bytes(16), Attribute.TOKEN: True}
    session.import_keys(secret for _ in range(rest - 1))
    new_aes(session, TOKEN=True)
    for make in (new_aes, new_pair):
        with refused(ReturnCode.DEVICE_MEMORY, "16,666"):
            make(session, TOKEN=True)
    assert hsm.count == KeyCount(profile.keys, profile.asymmetric_keys)
    hsm.close()
    hsm = open_home(home)
    assert hsm.count == KeyCount(profile.keys, profile.asymmetric_keys)
    hsm.close()
