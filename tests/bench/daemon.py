"""Measures what a signature costs in a plain JVM through the daemon, and through what people would use instead.

A plain JVM signs 32-byte messages

- with one thread through `hsmbridge serve` and through SunPKCS11 over SoftHSM2;
- with eight threads through a daemon of two workers, against SunPKCS11 over SoftHSM2 (ECDSA), and against
  `openssl speed -multi 2` (RSA), which has nothing to do but to sign.

All keys are session keys. The contenders take turns in every round, so that a slow moment of the machine hits them
all, and a ratio is the median of the rounds' ratios. Java's loops are timed in Java.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.overhead import PIN, make_token, softhsm_library
from bridge.jvm import find_jdk, jar_path

WORKERS = 2
THREADS = 8
ECDSA, RSA = "SHA256withECDSA", "SHA256withRSA"
WARM_UP_MS = 4_000
BATCH_MS = 1_500
START_SECONDS = 20.0

# Returns the signatures per second of one batch.
Batch = Callable[[], float]


@dataclass(frozen=True)
class Comparison:
    """What is compared: the daemon's rate and another's, and the limit for their ratio.

    Attributes:
        name: for people.
        algorithm: the signature.
        threads: that sign through the daemon, and through SoftHSM2.
        other: the contender.
        limit: of the ratio.
        of_time: whether the ratio is time to time, and the limit its upper bound; otherwise rate to rate and the lower.
    """

    name: str
    algorithm: str
    threads: int
    other: str
    limit: float
    of_time: bool

    def ratio(self, ours: float, theirs: float) -> float:
        """Return the ratio of two rates as the limit means it."""
        return theirs / ours if self.of_time else ours / theirs

    def met(self, ratio: float) -> bool:
        """Tell whether the limit is kept."""
        return ratio <= self.limit if self.of_time else ratio >= self.limit


COMPARISONS = (
    Comparison("1 thread, P-256", ECDSA, 1, "softhsm2", 1.0, of_time=True),
    Comparison("1 thread, RSA-2048", RSA, 1, "softhsm2", 0.6, of_time=True),
    Comparison(f"{THREADS} threads, P-256", ECDSA, THREADS, "softhsm2", 1.2, of_time=False),
    Comparison(f"{THREADS} threads, RSA-2048", RSA, THREADS, "openssl", 0.9, of_time=False),
)


@contextmanager
def served_home(folder: Path) -> Iterator[None]:
    """Make an HSM, point this process's environment at it, and run a daemon meanwhile.

    Args:
        folder: an empty folder with a short path, for the HSM.
    """
    os.environ.update(
        HSMBRIDGE_HOME=str(folder),
        HSMBRIDGE_ADMIN_PASSWORD="bench-admin-password",
        HSM_USER="bench",
        HSM_PASSWORD="bench-user-password",
    )
    command = str(Path(sys.executable).parent / "hsmbridge")
    subprocess.run([command, "init"], check=True, capture_output=True)
    serve = [command, "serve", "--foreground", "--workers", str(WORKERS)]
    with subprocess.Popen(serve, stderr=subprocess.DEVNULL) as daemon:
        try:
            end = time.monotonic() + START_SECONDS
            while not (folder / "engine.sock").exists():
                if daemon.poll() is not None or time.monotonic() > end:
                    raise SystemExit("the daemon does not start: `hsmbridge serve --foreground` says why")
                time.sleep(0.05)
            yield
        finally:
            daemon.terminate()


class Jvm:
    """A plain JVM that runs DaemonLoop.java."""

    def __init__(self, folder: Path, library: Path) -> None:
        """Compile the program and start it.

        Args:
            folder: an empty folder.
            library: SoftHSM2's PKCS#11 library, with SOFTHSM2_CONF of this process pointing at a token.
        """
        java = find_jdk() / "bin"
        configuration = folder / "sunpkcs11.cfg"
        configuration.write_text(f"name = SoftHSM2\nlibrary = {library}\nslotListIndex = 0\n", encoding="utf-8")
        source = Path(__file__).with_name("DaemonLoop.java")
        classes = ["-cp", f"{jar_path()}{os.pathsep}{folder}"]
        subprocess.run([str(java / "javac"), "--release", "17", *classes, "-d", str(folder), str(source)], check=True)
        self._process = subprocess.Popen(
            [str(java / "java"), *classes, "DaemonLoop", str(configuration), PIN],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def rate(self, provider: str, algorithm: str, threads: int, milliseconds: int = BATCH_MS) -> float:
        """Run a batch, and return its signatures per second."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{provider} {algorithm} {threads} {milliseconds}\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline().split()
        if not answer:
            raise SystemExit("the JVM ended; it has said why")
        return int(answer[0]) / int(answer[1]) * 1e9

    def end(self) -> None:
        """Let the JVM end."""
        self._process.communicate()


def openssl_rate() -> float:
    """Return the RSA-2048 signatures per second of ``openssl speed`` with a process for each worker.

    Raises:
        SystemExit: there is no openssl, or it prints something else.
    """
    openssl = shutil.which("openssl")
    if openssl is None:
        raise SystemExit("the bench compares with openssl: install it")
    speed = [openssl, "speed", "-multi", str(WORKERS), "-seconds", "2", "rsa2048"]
    printed = subprocess.run(speed, check=True, capture_output=True, text=True).stdout
    found = re.search(r"rsa\s+2048 bits\s+\S+s\s+\S+s(?:\s+\S+s)*\s+([\d.]+)", printed)
    if found is None:
        raise SystemExit(f"{' '.join(speed)} prints something else than it used to")
    return float(found[1])


def measure(jvm: Jvm, rounds: int) -> dict[str, dict[str, Any]]:
    """Lets the contenders take turns.

    Args:
        jvm: runs the batches.
        rounds: how many turns each has.

    Returns:
        For each comparison the rates, the ratios, the median ratio, the limit and whether it is met.
    """

    def batch(provider: str, comparison: Comparison, milliseconds: int = BATCH_MS) -> float:
        if provider == "openssl":
            return openssl_rate()
        return jvm.rate(provider, comparison.algorithm, comparison.threads, milliseconds)

    for comparison in COMPARISONS:
        for provider in {"hsmbridge", comparison.other} - {"openssl"}:
            batch(provider, comparison, WARM_UP_MS)
    rates: dict[str, dict[str, list[float]]] = {each.name: {"hsmbridge": [], each.other: []} for each in COMPARISONS}
    for number in range(rounds):
        for comparison in COMPARISONS:
            pair = ["hsmbridge", comparison.other]
            for provider in pair if number % 2 == 0 else reversed(pair):
                rates[comparison.name][provider].append(batch(provider, comparison))
    return {each.name: summary(each, rates[each.name]) for each in COMPARISONS}


def summary(comparison: Comparison, rates: dict[str, list[float]]) -> dict[str, Any]:
    """Condenses the rounds of one comparison."""
    pairs = zip(rates["hsmbridge"], rates[comparison.other], strict=True)
    ratios = [comparison.ratio(ours, theirs) for ours, theirs in pairs]
    return {
        "rates": {name: {"median": statistics.median(each), "all": each} for name, each in rates.items()},
        "ratios": ratios,
        "ratio": statistics.median(ratios),
        "of": "time" if comparison.of_time else "rate",
        "limit": comparison.limit,
        "met": comparison.met(statistics.median(ratios)),
    }


def table(results: dict[str, dict[str, Any]]) -> str:
    """Lays the results out for people."""
    lines = [f"{'signatures per second':<24}{'hsmbridge':>12}{'other':>12}{'':12}{'ratio':>7}  limit"]
    for name, result in results.items():
        other = next(each for each in result["rates"] if each != "hsmbridge")
        ours, theirs = (result["rates"][each]["median"] for each in ("hsmbridge", other))
        bound = "at most" if result["of"] == "time" else "at least"
        verdict = "met" if result["met"] else "missed"
        lines.append(
            f"{name:<24}{ours:12.0f}{theirs:12.0f}  {other:<10}{result['ratio']:7.2f}"
            f"  of the {result['of']}, {bound} {result['limit']}: {verdict}"
        )
    return "\n".join(lines)


def main() -> None:
    """Measures and prints; with --check, exits with 1 if a limit was missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5, help="turns of each contender, at least 5 (default: 5)")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--check", action="store_true", help="exit with 1 if a limit was missed")
    chosen = parser.parse_args()
    if chosen.rounds < 5:
        parser.error("fewer than 5 rounds tell nothing")
    library = softhsm_library()
    # The socket's path must be short.
    with tempfile.TemporaryDirectory(prefix="hb", dir="/tmp") as name:
        folders = {part: Path(name) / part for part in ("hsm", "token", "java")}
        for folder in folders.values():
            folder.mkdir(mode=0o700)
        make_token(folders["token"])
        with served_home(folders["hsm"]):
            jvm = Jvm(folders["java"], library)
            results = measure(jvm, chosen.rounds)
            jvm.end()
    print(json.dumps(results, indent=2) if chosen.json else table(results), flush=True)
    if chosen.check and not all(result["met"] for result in results.values()):
        sys.exit(1)


if __name__ == "__main__":
    main()
