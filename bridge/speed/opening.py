"""Opens the home of the environment, signs once, and prints what that took: ``python -m bridge.speed.opening``."""

from __future__ import annotations

import json
import os
import resource
import sys
import time

from bridge.engine import Attribute, MechanismType, ObjectClass, Role
from bridge.store import default_home, open_home


def main() -> None:
    """Print seconds from before the opening to the first signature, keys, and the process's memory in MiB."""
    began = time.perf_counter()
    session = open_home(default_home()).open_session()
    session.login(Role.CRYPTO_USER, os.environ["HSM_USER"], os.environ["HSM_PASSWORD"].encode())
    (key,) = session.find({Attribute.LABEL: "signer", Attribute.CLASS: ObjectClass.PRIVATE_KEY})
    session.sign(key, MechanismType.ECDSA, bytes(32))
    seconds = time.perf_counter() - began
    print(json.dumps({"seconds": seconds, "keys": len(session.find({})), "memory": _most_memory()}))


def _most_memory() -> float:
    """Return the most memory that this process had, in MiB."""
    if sys.platform == "linux":
        # A process has its parent's ru_maxrss on Linux, through fork and exec.
        with open("/proc/self/status", encoding="ascii") as status:
            (kib,) = [line.split()[1] for line in status if line.startswith("VmHWM:")]
        return int(kib) / 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1024 * 1024 if sys.platform == "darwin" else 1024)


if __name__ == "__main__":
    main()
