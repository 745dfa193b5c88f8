"""Writing small secret files so that nobody else reads them and a crash leaves the old one or the new one."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from bridge.engine.errors import HsmError, ReturnCode

OWNER_ONLY = 0o600


def write_new(path: Path, content: bytes) -> None:
    """Create a file of mode 0600 and bring it to disk.

    Raises:
        FileExistsError: if there is such a file.
        OSError: if it cannot be written.
    """
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0), OWNER_ONLY)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(descriptor)


def sync_folder(path: Path) -> None:
    """Bring a folder's entries to disk, where the platform can."""
    if os.name == "posix":
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def require_private(path: Path) -> None:
    """Refuse a secret file that others than its owner can read or write.

    Raises:
        HsmError: ``TOKEN_NOT_PRESENT``.
        OSError: if the file is not there.
    """
    mode = stat.S_IMODE(path.stat().st_mode)
    if os.name == "posix" and mode & 0o077:
        raise HsmError(
            ReturnCode.TOKEN_NOT_PRESENT,
            f"{path} has mode {mode:04o}, so that others can read it: run chmod 600 {path}, "
            "and make new keys if others may have read it.",
        )
