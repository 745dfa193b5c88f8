"""A token of SoftHSM2, for the JDK's PKCS#11 provider."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from bridge.engine import HsmError, ReturnCode

_PIN = "speed"
"""No secret: the token holds nothing but the keys of a measurement, in a folder that others cannot open."""

_FOLDERS = ("/usr/lib", "/usr/local/lib", "/usr/lib64", "/opt/homebrew/lib")
_PATTERNS = ("softhsm/libsofthsm2.so", "*/softhsm/libsofthsm2.so", "pkcs11/libsofthsm2.so", "libsofthsm2.so")


@contextmanager
def token() -> Iterator[tuple[Path, Mapping[str, str]]]:
    """Make an empty token, and take it away at the end.

    Returns:
        SunPKCS11's configuration, and variables for programs that use it: with the token's PIN.

    Raises:
        HsmError: ``FUNCTION_FAILED`` if there is no SoftHSM2, or it makes no token.
    """
    library = _library()
    with tempfile.TemporaryDirectory(prefix="hsmbridge-softhsm2-") as name:
        folder = Path(name)
        (folder / "tokens").mkdir(mode=0o700)
        configuration = folder / "softhsm2.conf"
        configuration.write_text(f"directories.tokendir = {folder / 'tokens'}\nlog.level = ERROR\n", encoding="utf-8")
        environment = {"SOFTHSM2_CONF": str(configuration), "SOFTHSM2_PIN": _PIN}
        _initialize(environment)
        provider = folder / "sunpkcs11.cfg"
        provider.write_text(f"name = SoftHSM2\nlibrary = {library}\nslotListIndex = 0\n", encoding="utf-8")
        yield provider, environment


def _initialize(environment: Mapping[str, str]) -> None:
    run = subprocess.run(
        ["softhsm2-util", "--init-token", "--free", "--label", "speed", "--so-pin", _PIN, "--pin", _PIN],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    if run.returncode:
        raise HsmError(ReturnCode.FUNCTION_FAILED, f"SoftHSM2 makes no token: {run.stderr.strip()}")


def _library() -> Path:
    if shutil.which("softhsm2-util"):
        for folder in _FOLDERS:
            for pattern in _PATTERNS:
                if found := sorted(Path(folder).glob(pattern)):
                    return found[0]
    raise HsmError(
        ReturnCode.FUNCTION_FAILED,
        "There is no SoftHSM2 to compare with: install it (the package is softhsm2 in Debian and Ubuntu, softhsm "
        "elsewhere).",
    )
