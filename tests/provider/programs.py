"""Java programs of the tests, driven by Python processes that look on."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from transport import VARIABLE, transport


def driven(driver: Path, environment: Mapping[str, str], seconds: float, *arguments: object) -> Any:
    """Run a Python program that must end well, and return what its last line says in JSON."""
    command = [sys.executable, str(driver), *map(str, arguments)]
    own = {VARIABLE: transport().value, "PYTHONPATH": str(Path(__file__).parents[1])}
    ran = subprocess.run(
        command, env={**environment, **own}, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=seconds
    )
    assert (ran.returncode, ran.stderr) == (0, ""), ran.stdout + ran.stderr
    return json.loads(ran.stdout.splitlines()[-1])
