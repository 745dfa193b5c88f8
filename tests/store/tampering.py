"""Changing a home behind the HSM's back, and what must then be true."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from conftest import PASSWORDS, log_in
from engine.keys import expect_code, new_aes, new_pair

from bridge.engine import Attribute, Hsm, HsmError, MechanismType, ReturnCode, Role, Session
from bridge.store import open_home

DIGEST = bytes(range(32))
Row = tuple[Any, ...]


def execute(home: Path, statement: str, values: Sequence[object] = ()) -> list[Row]:
    """Run one SQL statement on a home's database, as an intruder would."""
    with closing(sqlite3.connect(home / "hsm.db")) as connection, connection:
        return connection.execute(statement, tuple(values)).fetchall()


@contextmanager
def tampered(home: Path, statement: str, values: Sequence[object] = ()) -> Iterator[None]:
    """Run a statement, and put the database back afterwards."""
    database = home / "hsm.db"
    content = database.read_bytes()
    execute(home, statement, values)
    try:
        yield
    finally:
        for name in ("hsm.db-wal", "hsm.db-shm"):
            (home / name).unlink(missing_ok=True)
        database.write_bytes(content)


@contextmanager
def opened(home: Path) -> Iterator[Hsm]:
    hsm = open_home(home)
    try:
        yield hsm
    finally:
        hsm.close()


@dataclass(frozen=True)
class Stock:
    """A home with keys of alice, that nobody has open."""

    home: Path
    victim: int
    """An EC private key."""
    public: int
    """Its public half."""
    bystander: int
    """Another EC private key."""

    def row(self, handle: int) -> Row:
        (row,) = execute(
            self.home, "SELECT handle, generation, readable, sealed FROM objects WHERE handle = ?", [handle]
        )
        return row


def stock(home: Path) -> Stock:
    """Make keys in a home."""
    with opened(home) as hsm:
        session = log_in(hsm, "alice")
        public, victim = new_pair(session, TOKEN=True, LABEL="victim")
        _, bystander = new_pair(session, TOKEN=True, LABEL="bystander")
        new_aes(session, TOKEN=True, LABEL="more")
    return Stock(home, victim, public, bystander)


def uses(session: Session, handle: int) -> dict[str, Callable[[], object]]:
    """Everything that can be done with a private key."""
    return {
        "sign": lambda: session.sign(handle, MechanismType.ECDSA, DIGEST),
        "attributes": lambda: session.attributes(handle),
        "set_attributes": lambda: session.set_attributes(handle, {Attribute.LABEL: "x"}),
        "destroy": lambda: session.destroy(handle),
    }


def assert_unusable(session: Session, handle: int, named: int | None = None, *names: str) -> None:
    """Expect uses of a key (all by default) to be refused, with DEVICE_ERROR and its name if it is to be named."""
    for name, use in uses(session, handle).items():
        if names and name not in names:
            continue
        with pytest.raises(HsmError) as caught:
            use()
        if named is not None:
            assert caught.value.code is ReturnCode.DEVICE_ERROR, name
            assert f"0x{named:016x}" in caught.value.message, name


def assert_key_is_named(home: Path, stock_: Stock, named: int, *names: str) -> None:
    """Expect a key with a broken record to be named and never used, and the others to work by handle."""
    with opened(home) as hsm:
        session = log_in(hsm, "alice")
        assert_unusable(session, named, named, *names)
        for template in ({}, {Attribute.LABEL: "bystander"}):
            with pytest.raises(HsmError, match=f"0x{named:016x}") as caught:
                session.find(template)
            assert caught.value.code is ReturnCode.DEVICE_ERROR
        if named != stock_.victim:
            assert_unusable(session, stock_.victim)
        assert session.sign(stock_.bystander, MechanismType.ECDSA, DIGEST)


def assert_is_detected(home: Path, stock_: Stock, named: int) -> None:
    """Expect a broken record to be named: by the home, which does not open, or by every use of the key."""
    try:
        open_home(home).close()
    except HsmError as error:
        expect_code(error, ReturnCode.DEVICE_ERROR)
        if f"0x{named:016x}" not in error.message:
            pytest.fail(f"not named: {error.message}")
    else:
        assert_key_is_named(home, stock_, named)


def assert_home_is_refused(home: Path, *texts: str) -> None:
    """Expect that the home does not open, and that the message says what to do."""
    with pytest.raises(HsmError) as caught, opened(home):
        pass
    assert caught.value.code is ReturnCode.DEVICE_ERROR, caught.value
    for text in (str(home), *texts):
        assert text in caught.value.message


def refused_or_unusable(stock_: Stock, handle: int) -> None:
    """Expect the home to be refused, or at least this key to be unusable and what is found to be refused."""
    try:
        hsm = open_home(stock_.home)
    except HsmError as error:
        expect_code(error, ReturnCode.DEVICE_ERROR)
        return
    try:
        session = hsm.open_session()
        session.login(Role.CRYPTO_USER, "alice", PASSWORDS["alice"])
        assert_unusable(session, handle)
        with pytest.raises(HsmError) as caught:
            session.find({})
        assert caught.value.code is ReturnCode.DEVICE_ERROR
    finally:
        hsm.close()
