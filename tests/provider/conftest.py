"""One JVM for all tests of a run that drive the provider from Python, and Java programs for the others."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from cli.command import run
from conftest import PASSWORDS, log_in
from server.daemon import Daemon, serving, short_home
from short_lived import QUICK_START, compiled
from transport import over_socket

from bridge.cluster import VARIABLE
from bridge.engine import Attribute, Hsm, MechanismType, Role, Session
from bridge.engine.attributes import ObjectClass
from bridge.engine.settings import Mode, Settings
from bridge.engine.state import State
from bridge.engine.users import new_user
from bridge.jvm import start
from bridge.jvm.host import start_jvm
from bridge.store import create_home, open_home
from provider.counting import Counting
from provider.jca import chars, generate, java, named_provider, pin

PASSWORD = "password-of-one-test"
FIPS = "fips"
OLD_KEY = "older than the ban"
"""Label of a Triple DES key of the HSM in FIPS mode."""

CLUSTERS = ("one", "two", "payments", "with keys")
"""Identifiers that mean the default HSM; FIPS means another."""


@dataclass(frozen=True)
class Jvm:
    """The JVM of this process.

    Attributes:
        registered: the provider that its host registered, or the one that a program would.
        second: the next one made.
        hsm: their HSM.
        home: its folder.
        server: host and port that a ``CloudHsmServer`` has: the daemon's, if the tests go through one.
        authority: the certificate that issued that server's.
    """

    registered: Any
    second: Any
    hsm: Hsm
    home: Path
    server: tuple[str, int]
    authority: Path


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
def fips_home(tmp_path_factory: pytest.TempPathFactory, quick_passwords: None) -> Path:
    """The home of an HSM in FIPS mode, where alice has a key from before the ban of Triple DES."""
    home = tmp_path_factory.mktemp(FIPS) / "home"
    passwords = {name: PASSWORDS[name] for name in ("admin", "alice")}
    create_home(home, admin_password=passwords["admin"], user="alice", password=passwords["alice"], mode=Mode.FIPS)
    hsm = open_home(home)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(State, "settings", Settings())
        log_in(hsm, "alice").generate_key(MechanismType.DES3_KEY_GEN, {Attribute.LABEL: OLD_KEY, Attribute.TOKEN: True})
    hsm.close()
    return home


@pytest.fixture(scope="session")
def jvm(pristine_home: Path, fips_home: Path) -> Iterator[Jvm]:
    """Start the JVM with alice logged in."""
    with pytest.MonkeyPatch.context() as patch, ExitStack() as stack:
        for name in ("HSM_USER", "HSM_PASSWORD"):
            patch.delenv(name, raising=False)
        home = stack.enter_context(short_home(pristine_home))
        clusters = {FIPS: fips_home, **dict.fromkeys(CLUSTERS, home)}
        server, client = stack.enter_context(listening(home, clusters))
        if over_socket():
            for variable, file in client.items():
                patch.setenv(variable, file)
            registered = start_plainly(home)
        else:
            registered = start(home, "alice", PASSWORDS["alice"].decode(), clusters=clusters, jvm_options=QUICK_START)
        second = new_provider()
        if over_socket():
            second.login(None, pin(f"alice:{PASSWORDS['alice'].decode()}"))
        hsm = open_home(home)
        yield Jvm(registered, second, hsm, home, server, home / "certs" / "ca.crt")
        hsm.close()


@contextmanager
def listening(home: Path, clusters: Mapping[str, Path]) -> Iterator[tuple[tuple[str, int], dict[str, str]]]:
    """Serve a home and clusters over TLS too, if the tests go through a daemon.

    Yields:
        Host and port for a ``CloudHsmServer``, and the environment that names a client's certificate.
    """
    if not over_socket():
        yield ("10.0.0.1", 2223), {}
        return
    for arguments in (["create"], ["client", "tests", "--out", str(home / "client")]):
        made = run(home, {}, "certs", *arguments)
        assert made.exit_code == 0, made.output
    names = os.pathsep.join(f"{identifier}={folder}" for identifier, folder in clusters.items())
    daemon = Daemon(home, "--workers", "2", "--listen", "127.0.0.1:0", **{VARIABLE: names})
    with serving(daemon):
        host, _, port = daemon.facts()["listen"][0].rpartition(":")
        files = {"CERT": home / "client" / "client.crt", "KEY": home / "client" / "client.key"}
        yield (host, int(port)), {f"HSMBRIDGE_TLS_{name}": str(file) for name, file in files.items()}


def start_plainly(home: Path) -> Any:
    """Start a JVM that knows nothing of Python's engine, and register a provider as a program does."""
    start_jvm([*QUICK_START, f"-Dhsmbridge.home={home}", "-Dhsmbridge.autostart=false"], [], interrupt=False)
    provider = new_provider()
    provider.login(None, pin(f"alice:{PASSWORDS['alice'].decode()}"))
    java("java.security.Security").addProvider(provider)
    return provider


@pytest.fixture
def unserved_home(pristine_home: Path) -> Iterator[Path]:
    """A home of its own for one test, without a daemon."""
    with short_home(pristine_home) as home:
        yield home


@pytest.fixture
def home(unserved_home: Path) -> Iterator[Path]:
    """A home of its own for one test; with a daemon, if the tests go through one."""
    with served(unserved_home):
        yield unserved_home


@contextmanager
def served(home: Path, **environment: str) -> Iterator[None]:
    """Serve a home with variables in the environment, if the tests go through a daemon."""
    if over_socket():
        with serving(Daemon(home, "--workers", "1", **environment)):
            yield
    else:
        yield


@pytest.fixture(scope="session")
def fips_provider(jvm: Jvm) -> Any:
    """A provider with the HSM in FIPS mode, with alice logged in."""
    provider = named_provider(FIPS)
    provider.login(None, pin(f"alice:{PASSWORDS['alice'].decode()}"))
    return provider


@pytest.fixture
def fips(fips_provider: Any) -> Iterator[Any]:
    """The same, registered under the name FIPS for one test."""
    security = java("java.security.Security")
    security.addProvider(fips_provider)
    yield fips_provider
    security.removeProvider(FIPS)


@pytest.fixture(scope="session")
def classes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the compiled programs of ``java/``."""
    return compiled(Path(__file__).parent / "java", tmp_path_factory.mktemp("classes"))


@pytest.fixture
def counting(jvm: Jvm, monkeypatch: pytest.MonkeyPatch) -> Counting:
    """The counts of what the engine is asked."""
    return Counting(jvm.home, monkeypatch)


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
