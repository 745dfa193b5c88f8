"""A home: the folder that holds one HSM."""

from __future__ import annotations

import errno
import os
import secrets
import shutil
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path

import platformdirs

from bridge.engine.errors import HsmError, ReturnCode
from bridge.engine.hsm import Hsm
from bridge.engine.settings import PROFILES, HsmType, Mode, Profile
from bridge.store import keyring
from bridge.store.database import Database
from bridge.store.errors import damaged, translating
from bridge.store.files import sync_folder, write_new
from bridge.store.garbage import no_search_for_garbage
from bridge.store.hsm_row import HsmRow, insert_hsm, read_hsm
from bridge.store.ledger import Ledger
from bridge.store.light import light_database
from bridge.store.presence import HomePresence
from bridge.store.schema import migrate
from bridge.store.seal import Sealer
from bridge.store.sql import SqlStorage

CONFIG_FILE = "cloudhsm-jce.cfg"
"""The provider's configuration file in a home; ``hsmbridge configure`` writes it."""

DATABASE = "hsm.db"
"""The database in a home."""

MASTER_KEY = "master.key"
"""The file of the master key."""

GENERATION = "generation"
"""The file of the announced generation."""

_FIRST_HANDLE = 0x40000
"""Below are the numbers of the HSM itself; CloudHSM's own handles begin there too."""

Passphrase = Callable[[], str | None]
"""Asks for the passphrase of a home, or returns None if there is nobody to ask."""


def default_home() -> Path:
    """Return ``$HSMBRIDGE_HOME``, or the platform's folder for user data."""
    given = os.environ.get("HSMBRIDGE_HOME")
    return Path(given) if given else platformdirs.user_data_path("hsmbridge", appauthor=False)


def passphrase_from_environment() -> str | None:
    """Return ``$HSMBRIDGE_PASSPHRASE``, or None."""
    return os.environ.get("HSMBRIDGE_PASSPHRASE")


def create_home(
    home: Path,
    *,
    admin_password: bytes,
    user: str,
    password: bytes,
    passphrase: str | None = None,
    mode: Mode | None = None,
    hsm_type: HsmType = HsmType.HSM2M_MEDIUM,
) -> None:
    """Create a home with an HSM, its admin and its first crypto user; it is there as a whole or not at all.

    Args:
        home: the folder; it must not exist, or be empty.
        admin_password: of the admin named ``admin``, in UTF-8.
        user: name of the crypto user.
        password: of the crypto user, in UTF-8.
        passphrase: seals the master key; None keeps it in a file of mode 0600.
        mode: of the HSM, for good; None for the usual one of its type.
        hsm_type: of the HSM, for good.

    Raises:
        HsmError: ``ACTION_PROHIBITED`` if there is something already; as :meth:`Hsm.initialize`; ``DEVICE_MEMORY``
            or ``TOKEN_NOT_PRESENT`` if the folder cannot be written.
    """
    _create(home, passphrase, lambda hsm: hsm.initialize(admin_password, user, password, mode, hsm_type))


def create_unactivated_home(
    home: Path,
    *,
    passphrase: str | None = None,
    mode: Mode | None = None,
    hsm_type: HsmType = HsmType.HSM2M_MEDIUM,
) -> None:
    """Create a home with an HSM as AWS hands it out: its admin has no password before ``cluster activate``.

    Args:
        home: as for :func:`create_home`, and so are the others.
        passphrase: seals the master key.
        mode: of the HSM.
        hsm_type: of the HSM.

    Raises:
        HsmError: as :func:`create_home`.
    """
    _create(home, passphrase, lambda hsm: hsm.initialize_unactivated(mode, hsm_type))


def _create(home: Path, passphrase: str | None, initialize: Callable[[Hsm], None]) -> None:
    require_no_home(home)
    with translating(home):
        home = home.resolve()
        home.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = home.parent / f".{home.name}.{secrets.token_hex(4)}"
        draft.mkdir(mode=0o700)
        try:
            _fill(draft, passphrase)
            hsm = open_home(draft, lambda: passphrase)
            try:
                initialize(hsm)
            finally:
                hsm.close()
            sync_folder(draft)
            _put_in_place(draft, home)
        except BaseException:
            shutil.rmtree(draft, ignore_errors=True)
            raise


def require_no_home(home: Path) -> None:
    """Refuse a folder that a new home cannot have.

    Raises:
        HsmError: ``ACTION_PROHIBITED`` if there is something in it, or it is no folder; ``TOKEN_NOT_PRESENT`` if that
            cannot be told.
    """
    with translating(home):
        if home.exists() and not (home.is_dir() and _is_free(home)):
            raise _not_empty(home)


def _is_free(folder: Path) -> bool:
    """Tell whether a folder holds nothing but the configuration file of a provider, which may come before the HSM."""
    return all(entry.name == CONFIG_FILE for entry in folder.iterdir())


def _put_in_place(draft: Path, home: Path) -> None:
    try:
        draft.replace(home)
        sync_folder(home.parent)
    except OSError as error:
        if error.errno in (errno.ENOTEMPTY, errno.EEXIST):
            if not _is_free(home):
                raise _not_empty(home) from None
        elif error.errno not in (errno.EBUSY, errno.EXDEV):
            raise
        _fill_in(draft, home)


def _fill_in(draft: Path, home: Path) -> None:
    """Move a home into a folder that cannot be replaced; without the master key, which comes last, it is none yet."""
    home.chmod(0o700)
    written: list[Path] = []
    try:
        for name in (DATABASE, GENERATION, MASTER_KEY):
            written.append(home / name)
            write_new(written[-1], (draft / name).read_bytes())
    except OSError as error:
        taken = isinstance(error, FileExistsError)
        # What somebody else made there meanwhile stays.
        for path in written[: -1 if taken else None]:
            path.unlink(missing_ok=True)
        if taken:
            raise _not_empty(home) from None
        raise
    sync_folder(home)
    shutil.rmtree(draft)


def _not_empty(home: Path) -> HsmError:
    return HsmError(
        ReturnCode.ACTION_PROHIBITED,
        f"{home} is not empty: it may hold an HSM already. Choose another folder with HSMBRIDGE_HOME, "
        "or remove this one, and all keys in it, yourself.",
    )


def _fill(home: Path, passphrase: str | None) -> None:
    home_id = secrets.token_bytes(16)
    master_key = keyring.create(home / MASTER_KEY, home_id, passphrase)
    file = home / DATABASE
    # SQLite gives its other files the mode of this one.
    write_new(file, b"")
    with closing(Database(file)) as database, database.writing() as connection:
        migrate(connection, home)
        ledger = Ledger(Sealer(master_key, home_id)).seal(1, _FIRST_HANDLE, {})
        insert_hsm(connection, HsmRow(home_id, 1, _FIRST_HANDLE, ledger))


def open_home(
    home: Path,
    passphrase: Passphrase = passphrase_from_environment,
    clock: Callable[[], float] = time.time,
    profiles: Mapping[HsmType, Profile] = PROFILES,
) -> Hsm:
    """Open the HSM of a home.

    Args:
        home: the folder.
        passphrase: asked only if the master key is sealed; by default the variable ``HSMBRIDGE_PASSPHRASE``.
        clock: returns seconds since 1970.
        profiles: what each type of HSM holds.

    Returns:
        The HSM; other processes may have it open too.

    Raises:
        HsmError: ``TOKEN_NOT_PRESENT`` if there is no home, it cannot be read, or has another schema version;
            ``PIN_INCORRECT`` for the passphrase; ``DEVICE_ERROR`` if what is stored was changed.
    """
    with translating(home):
        require_home(home)
        key_file = home / MASTER_KEY
        sealed = keyring.needs_passphrase(key_file)
        master_key = keyring.read(key_file, passphrase() if sealed else None)
        database, light = Database(home / DATABASE), light_database(home / DATABASE)
        try:
            with database.writing() as connection:
                migrate(connection, home)
                home_id = read_hsm(connection, home).home_id
            if home_id.hex() != keyring.home_of(key_file):
                raise damaged(home, f"{MASTER_KEY} belongs to another home than {DATABASE}")
            storage = SqlStorage(home, database, light, home / GENERATION, Sealer(master_key, home_id))
            try:
                storage.switch_on()
                with no_search_for_garbage():
                    return Hsm(storage, HomePresence(home), clock, profiles)
            except BaseException:
                storage.close()
                raise
        except BaseException:
            light.close()
            database.close()
            raise


def require_home(home: Path) -> None:
    """Refuse a folder that holds no HSM.

    Raises:
        HsmError: ``TOKEN_NOT_PRESENT``.
    """
    with translating(home):
        if (home / DATABASE).is_file() and (home / MASTER_KEY).is_file():
            return
        if home.is_dir():
            os.listdir(home)  # a folder that may not be read is told apart from one without an HSM
    raise HsmError(
        ReturnCode.TOKEN_NOT_PRESENT,
        f"There is no HSM in {home}: create one with `hsmbridge init`, or set HSMBRIDGE_HOME to the folder of another.",
    )
