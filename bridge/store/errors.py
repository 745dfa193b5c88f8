"""From what a disk or a database says to what the HSM says; the one place for it."""

from __future__ import annotations

import errno
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bridge.engine.errors import HsmError, ReturnCode

_FULL = {"SQLITE_FULL", "SQLITE_IOERR_SHMSIZE", "SQLITE_IOERR_WRITE"}
_CORRUPT = {"SQLITE_CORRUPT", "SQLITE_NOTADB"}
_READ_ONLY = {"SQLITE_READONLY", "SQLITE_PERM", "SQLITE_AUTH", "SQLITE_CANTOPEN"}
_BUSY = {"SQLITE_BUSY", "SQLITE_LOCKED"}


@contextmanager
def translating(home: Path) -> Iterator[None]:
    """Turn failures of the database or the file system inside the block into :class:`HsmError`.

    Args:
        home: the folder that the message names.
    """
    try:
        yield
    except sqlite3.Error as error:
        raise _from_sqlite(home, error) from None
    except OSError as error:
        raise _from_os(home, error) from None
    except UnicodeDecodeError:
        raise damaged(home, "its database holds text that is none") from None


def _from_sqlite(home: Path, error: sqlite3.Error) -> HsmError:
    # What the driver itself refuses has no such name.
    name = getattr(error, "sqlite_errorname", "")
    family = "_".join(name.split("_")[:2])
    if name in _FULL:
        return _disk_full(home)
    if family in _CORRUPT:
        return damaged(home, "its database is damaged")
    if family in _READ_ONLY:
        return HsmError(
            ReturnCode.TOKEN_WRITE_PROTECTED,
            f"The home {home} cannot be written: check the owner and the rights of the folder and its files, and "
            "whether this process may open more files.",
        )
    if family in _BUSY:
        return HsmError(
            ReturnCode.FUNCTION_FAILED,
            f"The home {home} is held by another process for too long; end it, or try again.",
        )
    return HsmError(ReturnCode.DEVICE_ERROR, f"The database of the home {home} failed: {error} ({name}).")


def _from_os(home: Path, error: OSError) -> HsmError:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return _disk_full(home)
    code = ReturnCode.TOKEN_NOT_PRESENT
    return HsmError(code, f"The home {home} cannot be used: {error.strerror} ({error.filename or home}).")


def _disk_full(home: Path) -> HsmError:
    return HsmError(
        ReturnCode.DEVICE_MEMORY,
        f"The disk that holds the home {home} is full: nothing was changed. Make room and try again.",
    )


def damaged(home: Path, what: str) -> HsmError:
    """Return the refusal for a home that is not what the HSM wrote.

    Args:
        home: the home's folder.
        what: what is wrong, as a clause.
    """
    return HsmError(
        ReturnCode.DEVICE_ERROR,
        f"The home {home} was changed outside the HSM: {what}. Restore it from a copy that is intact.",
    )
