"""An undisturbed user: signs and verifies over one connection until its standard input ends.

Run as a program with a socket's path; prints ``signing``, and at the end one line of JSON: how many signatures, how
many of them wrong, the median, the 99th percentile and the longest time of one in seconds.
"""

from __future__ import annotations

import json
import os
import select
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from conftest import PASSWORDS
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

from server.calls import PAIR, M
from server.peer import Peer

ROOT = Path(__file__).parents[2]


@dataclass
class Report:
    """What a signer says at its end; see above."""

    signatures: int = 0
    wrong: int = 0
    median: float = 0.0
    p99: float = 0.0
    longest: float = 0.0

    def assert_undisturbed(self) -> None:
        """Fail unless every signature was right, and hardly one took long; a busy machine may be to blame for few."""
        assert self.wrong == 0
        assert self.signatures > 50
        assert self.p99 < 1, self
        assert self.longest < 5, self


@contextmanager
def signing(socket: Path) -> Iterator[Report]:
    """Let another process sign while the block runs; the report is filled at its end."""
    command = [sys.executable, "-m", "server.signer", str(socket)]
    paths = os.pathsep.join([str(ROOT / "tests"), str(ROOT)])
    report = Report()
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env={**os.environ, "PYTHONPATH": paths}
    ) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == b"signing\n"
            yield report
            out, _ = process.communicate(timeout=30)
        except BaseException:
            process.kill()
            raise
    assert process.returncode == 0
    report.__dict__.update(json.loads(out))


def quantile(times: list[float]) -> float:
    """Return the 99th percentile."""
    return sorted(times)[len(times) * 99 // 100]


def main(path: str) -> None:
    """Sign until standard input ends."""
    times, wrong = [], 0
    with Peer.unix(Path(path)) as peer:
        peer.hello()
        peer.call("login", "alice", PASSWORDS["alice"])
        public, private = peer.call("generateKeyPair", M.EC_KEY_PAIR_GEN, PAIR, {})
        key = load_der_public_key(peer.call("attributes", public)["PUBLIC_KEY_INFO"])
        assert isinstance(key, ec.EllipticCurvePublicKey)
        print("signing", flush=True)
        while not select.select([sys.stdin], [], [], 0.001)[0]:
            digest = os.urandom(32)
            start = time.perf_counter()
            signature = peer.call("sign", private, M.ECDSA, None, digest)
            times.append(time.perf_counter() - start)
            try:
                key.verify(signature, digest, ec.ECDSA(Prehashed(SHA256())))
            except InvalidSignature:
                wrong += 1
    print(json.dumps(Report(len(times), wrong, statistics.median(times), quantile(times), max(times)).__dict__))


if __name__ == "__main__":
    main(*sys.argv[1:])
