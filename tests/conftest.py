"""What many tests start from: a home with an admin and two crypto users, an open HSM, sessions."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from jdk_choice import left_out
from transport import Transport, choose, over_socket

from bridge.engine import Hsm, Role, Session, users
from bridge.store import create_home, open_home, sqlite

PASSWORDS = {"admin": b"admin-password", "alice": b"alice-password", "bob": b"bobs-password"}


_LONG = (
    "tests/tools/test_stock_tools.py",
    "tests/soak/",
    "tests/server/test_kills.py",
    "tests/server/test_workers.py",
    "tests/examples/test_servers.py",
    "tests/locate/test_on_demand.py",
    "tests/jvm/test_endings.py",
    "tests/cli/test_import.py",
    "tests/cli/test_demo.py",
    "tests/examples/test_examples.py",
    "tests/provider/storm/",
)
"""Files that take longest."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let the way to the engine be chosen."""
    parser.addoption(
        "--transport",
        type=Transport,
        choices=list(Transport),
        default=Transport.IN_PROCESS,
        help="how Java programs reach the engine",
    )
    parser.addoption("--every-jdk", action="store_true", help="run each test on all JDKs that it is for")


def pytest_configure(config: pytest.Config) -> None:
    """Note the choice where tests find it."""
    choose(config.getoption("--transport"))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what does not go over a socket, what runs on another JDK this time, and soak tests.

    ``-m`` or ``HSMBRIDGE_SOAK=1`` asks for soak tests.
    """
    if over_socket():
        hosted = [item for item in items if item.get_closest_marker("in_process")]
        config.hook.pytest_deselected(items=hosted)
        items[:] = [item for item in items if item not in hosted]
    if not config.getoption("--every-jdk"):
        elsewhere = set(left_out(items))
        config.hook.pytest_deselected(items=list(elsewhere))
        items[:] = [item for item in items if item not in elsewhere]
    # Begun late, they would run alone at the end.
    items.sort(key=lambda item: not item.nodeid.startswith(_LONG))
    if config.option.markexpr or os.environ.get("HSMBRIDGE_SOAK") == "1":
        return
    soak = [item for item in items if item.get_closest_marker("soak")]
    config.hook.pytest_deselected(items=soak)
    items[:] = [item for item in items if item not in soak]


@pytest.fixture(scope="session", autouse=True)
def quick_passwords() -> Iterator[None]:
    """Hash passwords with the least memory and time that Argon2id has."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(users, "_MEMORY_KIB", 8)
        patch.setattr(users, "_ITERATIONS", 1)
        patch.setattr(users, "_NOBODY", users.PasswordHash(bytes(16), 8, 1, bytes(32)))
        yield


@pytest.fixture(scope="session", autouse=True)
def unsynced_databases() -> Iterator[None]:
    """Do not wait for the disk in this process: tests kill processes, never the machine."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sqlite, "_PRAGMAS", (*sqlite._PRAGMAS, "PRAGMA synchronous = OFF"))
        yield


@pytest.fixture(scope="session")
def pristine_home(tmp_path_factory: pytest.TempPathFactory, quick_passwords: None) -> Path:
    """A home that nobody has open, with the users of PASSWORDS and no keys; copy it, never open it."""
    home = tmp_path_factory.mktemp("pristine") / "home"
    create_home(home, admin_password=PASSWORDS["admin"], user="alice", password=PASSWORDS["alice"])
    hsm = open_home(home)
    with hsm.changing() as transaction:
        transaction.put_user(users.new_user(Role.CRYPTO_USER, "bob", PASSWORDS["bob"]))
    hsm.close()
    return home


@pytest.fixture
def home(pristine_home: Path, tmp_path: Path) -> Path:
    """A home of its own for one test."""
    copy = tmp_path / "home"
    shutil.copytree(pristine_home, copy)
    return copy


@pytest.fixture
def clone_home(pristine_home: Path, tmp_path: Path) -> Path:
    """A second copy of the home that the test's is a copy of: each is a clone of the other."""
    copy = tmp_path / "clone"
    shutil.copytree(pristine_home, copy)
    return copy


@pytest.fixture
def open_hsm(home: Path) -> Iterator[Callable[[], Hsm]]:
    """Open the test's home as one more process would; all are closed at the end."""
    opened: list[Hsm] = []

    def opener() -> Hsm:
        opened.append(open_home(home))
        return opened[-1]

    yield opener
    for hsm in opened:
        hsm.close()


@pytest.fixture
def hsm(open_hsm: Callable[[], Hsm]) -> Hsm:
    """The HSM of the test's home."""
    return open_hsm()


def log_in(hsm: Hsm, name: str) -> Session:
    """Open a session and log one of the users of PASSWORDS in."""
    session = hsm.open_session()
    session.login(Role.ADMIN if name == "admin" else Role.CRYPTO_USER, name, PASSWORDS[name])
    return session


@pytest.fixture
def session(hsm: Hsm) -> Session:
    """A session of crypto user alice."""
    return log_in(hsm, "alice")


@pytest.fixture
def bob(hsm: Hsm) -> Session:
    """A session of crypto user bob."""
    return log_in(hsm, "bob")


@pytest.fixture
def admin(hsm: Hsm) -> Session:
    """A session of the admin."""
    return log_in(hsm, "admin")
