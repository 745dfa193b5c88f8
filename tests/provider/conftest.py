"""One JVM for all tests of a run that drive the provider from Python, and Java programs for the others."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from conftest import PASSWORDS

from bridge.engine import Attribute, Hsm, Role, Session
from bridge.engine.attributes import ObjectClass
from bridge.engine.users import new_user
from bridge.jvm import start
from bridge.store import open_home
from provider.jca import chars, generate, java, pin

PASSWORD = "password-of-one-test"


@dataclass(frozen=True)
class Jvm:
    """The JVM of this process: the provider that its host registered, the next one made, and their HSM."""

    registered: Any
    second: Any
    hsm: Hsm


@dataclass(frozen=True)
class Account:
    """A crypto user of one test, who has no keys yet, logged in through a provider of its own."""

    name: str
    provider: Any
    session: Session

    def store(self, content: bytes | None = None, password: str | None = None) -> Any:
        """Load a keystore of this user's: an empty one, or what a file holds."""
        return load_store(self.provider, content, password)

    def kept(self) -> list[int]:
        """Return the private and secret keys that outlive their session."""
        kinds = (ObjectClass.PRIVATE_KEY, ObjectClass.SECRET_KEY)
        return [handle for kind in kinds for handle in self.session.find({Attribute.CLASS: kind})]

    def keep(self, key: Any, label: str) -> None:
        """Make a secret key persistent, as a program does."""
        store = self.store()
        store.setKeyEntry(label, key, None, None)
        store.store(None, None)


def load_store(provider: Any, content: bytes | None = None, password: str | None = None) -> Any:
    """Load a CloudHSM keystore: an empty one, or what a file holds."""
    store = java("java.security.KeyStore").getInstance("CloudHSM", provider)
    stream = None if content is None else java("java.io.ByteArrayInputStream")(content)
    store.load(stream, chars(password))
    return store


@pytest.fixture(scope="session")
def jvm(pristine_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Jvm]:
    """Start the JVM with alice logged in."""
    home = tmp_path_factory.mktemp("jvm") / "home"
    shutil.copytree(pristine_home, home)
    with pytest.MonkeyPatch.context() as patch:
        for name in ("HSM_USER", "HSM_PASSWORD"):
            patch.delenv(name, raising=False)
        registered = start(home, "alice", PASSWORDS["alice"].decode())
        second = new_provider()
    hsm = open_home(home)
    yield Jvm(registered, second, hsm)
    hsm.close()


@pytest.fixture
def new_user_name(jvm: Jvm) -> Callable[[], str]:
    """Make crypto users with the password PASSWORD."""

    def make() -> str:
        name = f"user{next(_NUMBERS)}"
        with jvm.hsm.changing() as transaction:
            transaction.put_user(new_user(Role.CRYPTO_USER, name, PASSWORD.encode()))
        return name

    return make


@pytest.fixture
def account(jvm: Jvm, new_user_name: Callable[[], str]) -> Iterator[Account]:
    """An account for one test; its provider is not registered."""
    name = new_user_name()
    provider = new_provider()
    provider.login(None, pin(f"{name}:{PASSWORD}"))
    session = jvm.hsm.open_session()
    session.login(Role.CRYPTO_USER, name, PASSWORD.encode())
    yield Account(name, provider, session)
    provider.logout()
    # Everybody sees public keys, so that later tests would.
    for handle in session.find({}):
        if session.info(handle).owner == name:
            session.set_attributes(handle, {Attribute.DESTROYABLE: True})
            session.destroy(handle)
    session.close()


@pytest.fixture(scope="session")
def pairs(jvm: Jvm) -> dict[str, Any]:
    """Key pairs of alice's, by algorithm; tests use them and leave them as they are."""
    return {algorithm: generate(algorithm) for algorithm in ("RSA", "EC")}


@pytest.fixture(scope="session")
def software_pairs(jvm: Jvm) -> dict[str, Any]:
    """Key pairs that the JDK made, by algorithm."""
    return {"RSA": generate("RSA", "SunRsaSign"), "EC": generate("EC", "SunEC")}


def new_provider() -> Any:
    """Make a provider as a program does."""
    return java("com.amazonaws.cloudhsm.jce.provider.CloudHsmProvider")()


_NUMBERS = itertools.count(1)
