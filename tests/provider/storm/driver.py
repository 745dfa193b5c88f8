"""Runs the storm in this process, and counts what engine and provider hold before and after.

Arguments: folder of classes, seconds, seed, threads, and actions if only some shall run. The last line of the output is
JSON. With ``HSMBRIDGE_HOME``, ``HSM_USER`` and ``HSM_PASSWORD`` as for any program.
"""

import gc
import json
import os
import sys
import time
from collections import Counter

import jpype

from provider.driving import begin, sessions

_PATIENCE = 3.0
"""Seconds without a change after which nothing more is expected to go."""


def engine_objects() -> Counter[str]:
    """Count the engine's own objects that are alive, by class."""
    gc.collect()
    names = (f"{type(item).__module__}.{type(item).__qualname__}" for item in gc.get_objects())
    return Counter(name for name in names if name.startswith("bridge."))


def daemon_objects() -> Counter[str]:
    """Count what the daemon has, if there is one."""
    return Counter({"sessions of the daemon": sessions()})


def java_objects(census: object) -> Counter[str]:
    """Count the provider's own objects that are alive, by class."""
    lines = str(census.instances()).splitlines()  # type: ignore[attr-defined] # a Java class
    return Counter({name: int(count) for name, count in (line.rsplit(" ", 1) for line in lines)})


def main(classes: str, seconds: str, seed: str, threads: str, *only: str) -> None:
    """Run, and print what was found."""
    begin(classes)
    storm, census = jpype.JClass("Storm"), jpype.JClass("Census")
    # Each action once: what is made on first use and kept for good is no leak.
    problems = [str(problem) for problem in storm.once(int(seed), *only).problems]
    before = settled(census, Counter())
    report = storm.blow(float(seconds), int(seed), int(threads), *only)
    after = settled(census, before)
    result = {
        "actions": int(report.actions),
        "abandoned": int(report.abandoned),
        "problems": problems + [str(problem) for problem in report.problems],
        "keys": [int(census.keys()), before["bridge.engine.objects.HsmObject"]],
        "left over": after - before,
    }
    print(json.dumps(result), flush=True)
    if result["problems"]:
        # A thread that hangs must not keep the process.
        os._exit(0)


def settled(census: object, expected: Counter[str]) -> Counter[str]:
    """Count when the garbage collectors are done: when there is no more than expected, or for long no change."""
    end = time.monotonic() + _PATIENCE
    counts = everything(census)
    while counts - expected and time.monotonic() < end:
        jpype.java.lang.System.gc()
        time.sleep(0.2)
        latest = everything(census)
        if latest != counts:
            counts, end = latest, time.monotonic() + _PATIENCE
    return counts


def everything(census: object) -> Counter[str]:
    """Count everything that could be left over."""
    return engine_objects() + daemon_objects() + java_objects(census)


main(*sys.argv[1:])
