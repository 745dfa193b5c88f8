"""Runs the fuzzer in this process.

Arguments: folder of classes, folder of files, number of cases, seed, beginning of the names of targets, number of the
first case. The last line of the output is JSON. With ``HSMBRIDGE_HOME``, ``HSM_USER`` and ``HSM_PASSWORD`` as for any
program.
"""

import gc
import json
import logging
import os
import sys
import time
import warnings

import jpype
from cryptography.utils import CryptographyDeprecationWarning

from bridge.engine.objects import HsmObject
from provider.driving import begin, keys, sessions


def left(sessions_before: int, seconds: float) -> dict[str, int]:
    """Count what the engine still holds; what is of dropped Java objects goes when Java collects garbage."""
    end = time.monotonic() + seconds
    while True:
        jpype.java.lang.System.gc()
        time.sleep(0.1)
        gc.collect()
        in_this_process = sum(isinstance(item, HsmObject) for item in gc.get_objects())
        counts = {"keys": max(keys(), in_this_process), "sessions": sessions() - sessions_before}
        if not any(counts.values()) or time.monotonic() > end:
            return counts


def main(classes: str, folder: str, cases: str, seed: str, prefix: str = "", first: str = "0") -> None:
    """Run, and print what was found."""
    # What the engine logs of a defect is in its exception too, and would end up on standard error.
    logging.disable(logging.CRITICAL)
    # One changed byte makes a Diffie-Hellman key of an RSA key; it is refused, but cryptography warns that it saw one.
    warnings.simplefilter("ignore", CryptographyDeprecationWarning)
    begin(classes)
    sessions_before = sessions()
    user, password = os.environ["HSM_USER"], os.environ["HSM_PASSWORD"]
    fuzz = jpype.JClass("Fuzz").run(int(cases), int(seed), folder, user, password, prefix, int(first))
    report = {
        "cases": int(fuzz.cases),
        "refused": int(fuzz.refused),
        "problems": [str(problem) for problem in fuzz.problems],
        "slowest": str(fuzz.slowest()).splitlines(),
    }
    report["left"] = left(sessions_before, seconds=30)
    print(json.dumps(report), flush=True)
    if report["problems"]:
        # A thread that hangs must not keep the process.
        os._exit(0)


main(*sys.argv[1:])
