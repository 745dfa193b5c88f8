"""Java programs of the tests, driven by Python processes that look on."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from forking import run
from transport import VARIABLE, transport


def driven(driver: Path, environment: Mapping[str, str], seconds: float, *arguments: object) -> Any:
    """Run a Python program that must end well, and return what its last line says in JSON."""
    own = {VARIABLE: transport().value, "PYTHONPATH": str(Path(__file__).parents[1])}
    ran = run([str(driver), *map(str, arguments)], {**environment, **own}, timeout=seconds)
    assert (ran.returncode, ran.stderr) == (0, ""), ran.stdout + ran.stderr
    return json.loads(ran.stdout.splitlines()[-1])
