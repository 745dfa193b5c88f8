"""Masked objects as bytes and back, and what no home opens."""

from __future__ import annotations

import secrets
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from conftest import PASSWORDS, log_in
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand
from engine.keys import new_aes, refused
from hypothesis import given
from hypothesis import strategies as st

from bridge.engine import Attribute, HsmError, KeyType, ObjectClass, ReturnCode, Role, User
from bridge.engine.objects import HsmObject
from bridge.engine.users import PasswordHash
from bridge.store import create_home, keyring, open_home
from bridge.store.masking import LineageMasker
from bridge.store.seal import Sealer
from store.strategies import OBJECTS, USERS

MASTER = bytes(range(32))
HERE = LineageMasker(Sealer(MASTER, b"home of the test"))
CLONE = LineageMasker(Sealer(MASTER, b"home of the test"))
OTHER = LineageMasker(Sealer(bytes(32), b"home of the test"))
"""Says that it is the same home, and has another master key."""

KEY = HsmObject(
    7,
    "alice",
    {Attribute.CLASS: ObjectClass.SECRET_KEY, Attribute.KEY_TYPE: KeyType.AES, Attribute.LABEL: "unmistakable"},
    b"\x5a" * 32,
    frozenset({"bob"}),
)
USER = User(Role.CRYPTO_USER, "carol", PasswordHash(b"salt" * 4, 8, 1, b"\xa5" * 32), 0, 9, b"approver's key", True)


@given(OBJECTS | USERS)
def test_everything_comes_back_in_a_clone(what: HsmObject | User) -> None:
    blob = HERE.mask(what)
    assert HERE.unmask(blob) == CLONE.unmask(blob) == what
    assert HERE.mask(what) != blob


@given(OBJECTS | USERS, st.data())
def test_no_byte_changes(what: HsmObject | User, data: st.DataObject) -> None:
    blob = bytearray(HERE.mask(what))
    blob[data.draw(st.integers(0, len(blob) - 1))] ^= data.draw(st.integers(1, 255))
    with pytest.raises(HsmError):
        CLONE.unmask(bytes(blob))


@pytest.mark.parametrize("what", [KEY, USER], ids=["key", "user"])
def test_no_byte_anywhere_changes_to_any_other(what: HsmObject | User) -> None:
    blob = HERE.mask(what)
    for at, byte in enumerate(blob):
        # In the header, whose bytes are looked at one by one, every other value.
        for other in range(256) if at < 22 else (byte ^ 1, byte ^ 0xFF):
            if other != byte:
                with pytest.raises(HsmError) as caught:
                    CLONE.unmask(blob[:at] + bytes([other]) + blob[at + 1 :])
                foreign = 6 <= at < 22
                code = ReturnCode.ACTION_PROHIBITED if foreign else ReturnCode.ENCRYPTED_DATA_INVALID
                assert caught.value.code is code, at


@given(st.binary(max_size=200))
def test_garbage(blob: bytes) -> None:
    for each in (blob, HERE.mask(KEY)[:22] + blob):
        with pytest.raises(HsmError) as caught:
            HERE.unmask(each)
        assert caught.value.code is ReturnCode.ENCRYPTED_DATA_INVALID


def test_a_part_of_one() -> None:
    blob = HERE.mask(KEY)
    for each in [*(blob[:length] for length in range(len(blob))), blob + b"\0", b"\0" + blob]:
        with refused(ReturnCode.ENCRYPTED_DATA_INVALID, "no masked object"):
            HERE.unmask(each)


def test_a_key_does_not_become_a_user() -> None:
    for blob, kind in ((HERE.mask(KEY), 2), (HERE.mask(USER), 1)):
        with refused(ReturnCode.ENCRYPTED_DATA_INVALID):
            HERE.unmask(blob[:5] + bytes([kind]) + blob[6:])


def test_another_master_key_is_another_lineage() -> None:
    assert HERE.lineage == CLONE.lineage != OTHER.lineage
    with refused(ReturnCode.ACTION_PROHIBITED, "no clone of this one", "backup"):
        OTHER.unmask(HERE.mask(KEY))
    forged = bytearray(HERE.mask(KEY))
    forged[6:22] = OTHER.lineage
    with refused(ReturnCode.ENCRYPTED_DATA_INVALID):
        OTHER.unmask(bytes(forged))


def test_what_a_newer_version_masks_is_refused_and_not_misread() -> None:
    sealer = Sealer(MASTER, b"home of the test")
    header = HERE.mask(KEY)[:22]
    unknown = b'{"attributes":{"NO_SUCH_ATTRIBUTE":true},"owner":"alice","shared_with":[]}'
    for content in (b"", b"\0" * 12, bytes(8) + len(unknown).to_bytes(4, "big") + unknown + b"value"):
        with refused(ReturnCode.ENCRYPTED_DATA_INVALID, "newer hsmbridge"):
            HERE.unmask(header + sealer.mask(header, content))


def test_nothing_of_the_object_shows() -> None:
    blobs = HERE.mask(KEY) + HERE.mask(USER)
    for part in (b"unmistakable", b"alice", b"bob", b"carol", b"\x5a" * 8, b"\xa5" * 8, MASTER[:8]):
        assert part not in blobs


def test_the_format_is_this_one() -> None:
    """Blobs lie in files: a change here needs another version."""
    key = HKDFExpand(SHA256(), 32, b"hsmbridge masking key").derive(MASTER)
    lineage = HKDFExpand(SHA256(), 32, b"hsmbridge lineage").derive(MASTER)[:16]
    blob = HERE.mask(KEY)
    header, nonce, sealed = blob[:22], blob[22:34], blob[34:]
    assert header == b"HSMM\x01\x01" + lineage
    content = AESGCM(key).decrypt(nonce, sealed, header)
    readable = b'{"attributes":{"CLASS":4,"KEY_TYPE":31,"LABEL":"unmistakable"},"owner":"alice","shared_with":["bob"]}'
    assert content == bytes(7) + b"\x07" + len(readable).to_bytes(4, "big") + readable + KEY.material
    again = secrets.token_bytes(12)
    made = header + again + AESGCM(key).encrypt(again, content, header)
    assert HERE.unmask(made) == KEY
    assert HERE.unmask(HERE.mask(replace(USER, failures=5))) == replace(USER, failures=5)


def test_the_masking_key_does_not_depend_on_the_passphrase(tmp_path: Path) -> None:
    """A copy whose master key is sealed in another way is a clone still."""
    home, copy = tmp_path / "one", tmp_path / "two"
    create_home(home, admin_password=PASSWORDS["admin"], user="alice", password=PASSWORDS["alice"], passphrase="one")
    shutil.copytree(home, copy)
    key, identity = keyring.read(copy / "master.key", "one"), keyring.home_of(copy / "master.key")
    (copy / "master.key").unlink()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(secrets, "token_bytes", lambda count: key[:count])
        keyring.create(copy / "master.key", bytes.fromhex(identity), "two")
    one, two = open_home(home, lambda: "one"), open_home(copy, lambda: "two")
    source, destination = log_in(one, "alice"), log_in(two, "alice")
    assert source.lineage == destination.lineage
    assert destination.insert_masked(source.extract_masked(new_aes(source, TOKEN=True)))
    for hsm in (one, two):
        hsm.close()
