"""Files that commands read and write; a file that cannot be is a refusal."""

from __future__ import annotations

import base64
import binascii
import os
from pathlib import Path

import click

from bridge.engine import HsmError, ReturnCode


def read(path: Path) -> bytes:
    """Return what a file holds.

    Raises:
        HsmError: ``ARGUMENTS_BAD`` if it cannot be read.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise HsmError(ReturnCode.ARGUMENTS_BAD, f"{path} cannot be read: {error.strerror}.") from None


def write(path: Path, data: bytes, *, private: bool = False) -> None:
    """Write a file, in place of one that is there.

    Args:
        path: of the file.
        data: what it is to hold.
        private: whether only its owner may read it.

    Raises:
        HsmError: ``ARGUMENTS_BAD`` if it cannot be written.
    """
    mode = 0o600 if private else 0o666
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
        with open(descriptor, "wb") as file:
            if private:
                # One that was there before keeps its mode otherwise.
                os.chmod(path, mode)
            file.write(data)
    except OSError as error:
        raise HsmError(ReturnCode.ARGUMENTS_BAD, f"{path} cannot be written: {error.strerror}.") from None


def given_bytes(option: str, text: str | None, path: Path | None) -> bytes:
    """Return what an option says in Base64, or the file that its second form names.

    Args:
        option: the option's name, such as ``--data``; that of the second form ends in ``-path``.
        text: Base64, or None.
        path: a file, or None.

    Raises:
        click.UsageError: unless exactly one of the two is given.
        HsmError: ``ARGUMENTS_BAD`` if it is no Base64, or the file cannot be read.
    """
    if (text is None) is (path is None):
        raise click.UsageError(f"Give either {option} or {option}-path.")
    if path is not None:
        return read(path)
    try:
        return base64.b64decode(text or "", validate=True)
    except (binascii.Error, ValueError):
        raise HsmError(ReturnCode.ARGUMENTS_BAD, f"What {option} gives is not Base64.") from None


def base64_text(data: bytes) -> str:
    """Return bytes in Base64, on one line."""
    return base64.b64encode(data).decode()
