"""Files of vectors made by ``cryptography``, of the types and sizes that the copied files do not have."""

from __future__ import annotations

from pathlib import Path

from wycheproof.own import beyond, derivation, rsa, signatures, symmetric


def write_all(folder: Path) -> dict[str, str]:
    """Write all files.

    Args:
        folder: where to.

    Returns:
        The line that the runner has to print for each, by the file's name.
    """
    lines = {}
    for module in (symmetric, signatures, rsa, derivation, beyond):
        for file in module.files():
            file.write(folder)
            lines[file.name] = file.line()
    return lines
