"""Measures what a signature costs through hsmbridge and through what people would use instead.

One thread signs a 32-byte message through

- hsmbridge: this provider, in this process;
- softhsm2: SunPKCS11 over SoftHSM2;
- jdk: the JDK's own software providers;
- cryptography: plain Python, no Java at all.

All keys are session keys (CKA_TOKEN=false) made for the run. The contenders take turns in every round, so
that a slow moment of the machine hits them all, and a ratio is the median of the rounds' ratios. Java's loops
are timed in Java.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jpype
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

TARGET = 0.7
BATCH_SECONDS = 0.25
MESSAGE = bytes(32)
PIN = "1234567"
CONTENDERS = ("hsmbridge", "softhsm2", "jdk", "cryptography")

SOFTHSM_FOLDERS = ("/usr/lib", "/usr/local/lib", "/opt/homebrew/lib")
NO_SOFTHSM = "the bench compares with SoftHSM2: install it (Debian, Ubuntu: softhsm2; Homebrew: softhsm)"

# Signs so many times and returns the nanoseconds that it took.
Batch = Callable[[int], int]


def start_bridge(home: Path) -> None:
    """Makes an HSM and starts a JVM in this process with our provider registered and logged in.

    Args:
        home: An empty folder for the HSM.
    """
    os.environ.update(
        HSMBRIDGE_HOME=str(home),
        HSMBRIDGE_ADMIN_PASSWORD="bench-admin-password",
        HSM_USER="bench",
        HSM_PASSWORD="bench-user-password",
    )
    subprocess.run([str(Path(sys.executable).parent / "hsmbridge"), "init"], check=True, capture_output=True)
    from bridge.jvm import start

    start(home=home)


@dataclass(frozen=True)
class Algorithm:
    """What is measured: a signature algorithm with its key, as Java and as Python name them."""

    name: str
    key: str
    software: str
    parameters: Callable[[], Any]
    python: Callable[[], Callable[[], bytes]]


def _ecdsa_in_python() -> Callable[[], bytes]:
    key = ec.generate_private_key(ec.SECP256R1())
    scheme = ec.ECDSA(hashes.SHA256())
    return lambda: key.sign(MESSAGE, scheme)


def _rsa_in_python() -> Callable[[], bytes]:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return lambda: key.sign(MESSAGE, padding.PKCS1v15(), hashes.SHA256())


ALGORITHMS = (
    Algorithm(
        "SHA256withECDSA (P-256)",
        "EC",
        "SunEC",
        lambda: jpype.JClass("java.security.spec.ECGenParameterSpec")("secp256r1"),
        _ecdsa_in_python,
    ),
    Algorithm(
        "SHA256withRSA (2048)",
        "RSA",
        "SunRsaSign",
        lambda: jpype.JClass("java.security.spec.RSAKeyGenParameterSpec")(
            2048, jpype.JClass("java.math.BigInteger").valueOf(65537)
        ),
        _rsa_in_python,
    ),
)


def softhsm_library() -> Path:
    """Finds SoftHSM2's PKCS#11 library, and installs it first where that can be done.

    Returns:
        The library's path.

    Raises:
        SystemExit: It is not there and this is not root on Debian or Ubuntu.
    """
    found = _installed_softhsm()
    if found is None and shutil.which("apt-get") and os.geteuid() == 0:
        print("installing softhsm2 with apt-get", file=sys.stderr)
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        for command in (["update"], ["install", "--yes", "--no-install-recommends", "softhsm2"]):
            subprocess.run(["apt-get", "--quiet", *command], env=environment, check=False, capture_output=True)
        found = _installed_softhsm()
    if found is None:
        raise SystemExit(NO_SOFTHSM)
    return found


def _installed_softhsm() -> Path | None:
    if shutil.which("softhsm2-util") is None:
        return None
    for folder in SOFTHSM_FOLDERS:
        for pattern in ("softhsm/libsofthsm2.so", "*/softhsm/libsofthsm2.so"):
            if paths := sorted(Path(folder).glob(pattern)):
                return paths[0]
    return None


def make_token(folder: Path) -> None:
    """Makes an empty SoftHSM2 token and points SOFTHSM2_CONF of this process at it.

    Args:
        folder: An empty folder for token and configuration.
    """
    tokens = folder / "tokens"
    tokens.mkdir()
    configuration = folder / "softhsm2.conf"
    configuration.write_text(f"directories.tokendir = {tokens}\nlog.level = ERROR\n", encoding="utf-8")
    os.environ["SOFTHSM2_CONF"] = str(configuration)
    command = ["softhsm2-util", "--init-token", "--free", "--label", "bench", "--so-pin", PIN, "--pin", PIN]
    subprocess.run(command, check=True, capture_output=True)


def softhsm_provider(folder: Path, library: Path) -> Any:
    """Configures the JDK's PKCS#11 provider over the token and logs in to it.

    Args:
        folder: Where `make_token` made the token.
        library: SoftHSM2's PKCS#11 library.

    Returns:
        The Java provider.
    """
    configuration = folder / "sunpkcs11.cfg"
    configuration.write_text(f"name = SoftHSM2\nlibrary = {library}\nslotListIndex = 0\n", encoding="utf-8")
    provider = jpype.JClass("java.security.Security").getProvider("SunPKCS11").configure(str(configuration))
    # Loading the token as a keystore is the way to log in without a callback.
    keystore = jpype.JClass("java.security.KeyStore").getInstance("PKCS11", provider)
    keystore.load(None, jpype.JString(PIN).toCharArray())
    return provider


def compile_loop(folder: Path) -> Any:
    """Compiles SignLoop.java with the running JVM's own compiler and loads it.

    Args:
        folder: Where the class file goes.

    Returns:
        The Java class.

    Raises:
        SystemExit: The JVM is no JDK, or the class does not compile; javac has said why.
    """
    compiler = jpype.JClass("javax.tools.ToolProvider").getSystemJavaCompiler()
    if compiler is None:
        raise SystemExit("the bench compiles Java: run it with a JDK, not with a bare runtime")
    source = Path(__file__).with_name("SignLoop.java")
    if compiler.run(None, None, None, "--release", "11", "-d", str(folder), str(source)) != 0:
        raise SystemExit(f"{source.name} does not compile")
    jpype.addClassPath(str(folder))
    return jpype.JClass("SignLoop")


def java_batch(loop_class: Any, provider: Any, algorithm: Algorithm) -> Batch:
    """Makes a key in a Java provider.

    Args:
        loop_class: The class of `compile_loop`.
        provider: The Java provider.
        algorithm: What to sign with.

    Returns:
        The loop that signs with it.
    """
    loop = loop_class(provider, algorithm.key, algorithm.parameters(), algorithm.name.split(" ")[0])
    return lambda operations: int(loop.run(operations))


def python_batch(algorithm: Algorithm) -> Batch:
    """Makes a key in `cryptography`.

    Args:
        algorithm: What to sign with.

    Returns:
        The loop that signs with it.
    """
    sign = algorithm.python()

    def run(operations: int) -> int:
        start = time.perf_counter_ns()
        for _ in range(operations):
            sign()
        return time.perf_counter_ns() - start

    return run


def warm_up(batch: Batch) -> int:
    """Runs a batch until two runs in a row agree within 3 %, or 20 runs are over.

    Args:
        batch: The loop.

    Returns:
        How many operations last BATCH_SECONDS.
    """
    operations, previous = 20, 0.0
    for _ in range(20):
        each = batch(operations) / operations
        settled = abs(each - previous) < 0.03 * each
        previous, full = each, max(20, int(BATCH_SECONDS * 1e9 / each))
        if settled and operations > full // 2:
            break
        operations = full
    return operations


def measure(batches: dict[str, Batch], rounds: int) -> dict[str, list[float]]:
    """Lets the contenders take turns.

    Args:
        batches: The loop of each contender.
        rounds: How many turns each has.

    Returns:
        For each contender the microseconds of one operation, round by round.
    """
    sizes = {name: warm_up(batch) for name, batch in batches.items()}
    times: dict[str, list[float]] = {name: [] for name in batches}
    for number in range(rounds):
        names = list(batches)
        shift = number % len(names)
        for name in names[shift:] + names[:shift]:
            times[name].append(batches[name](sizes[name]) / sizes[name] / 1000)
    return times


def summary(times: dict[str, list[float]]) -> dict[str, Any]:
    """Condenses the rounds.

    Args:
        times: What `measure` returned.

    Returns:
        Medians and extremes in microseconds, and hsmbridge's ratio to every other contender.
    """
    ours = times["hsmbridge"]
    return {
        "us": {
            name: {"median": statistics.median(each), "min": min(each), "max": max(each)}
            for name, each in times.items()
        },
        "ratio": {
            name: statistics.median(mine / other for mine, other in zip(ours, each, strict=True))
            for name, each in times.items()
            if name != "hsmbridge"
        },
    }


def table(results: dict[str, dict[str, Any]]) -> str:
    """Lays the results out for people.

    Args:
        results: The summary of each algorithm.

    Returns:
        The text.
    """
    lines = []
    for algorithm, result in results.items():
        lines.append(f"{algorithm:<26}{'µs':>9}{'min':>9}{'max':>9}   hsmbridge / it")
        for name, us in result["us"].items():
            ratio = f"{result['ratio'][name]:.2f}" if name in result["ratio"] else ""
            lines.append(f"  {name:<24}{us['median']:9.1f}{us['min']:9.1f}{us['max']:9.1f}{ratio:>11}")
        met = "met" if result["ratio"]["softhsm2"] <= TARGET else "missed"
        lines += [f"  target: at most {TARGET} of softhsm2: {met}", ""]
    return "\n".join(lines).rstrip()


def main() -> None:
    """Measures and prints; with --check, exits with 1 if a target was missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=9, help="turns of each contender, at least 5 (default: 9)")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--check", action="store_true", help="exit with 1 if a target was missed")
    chosen = parser.parse_args()
    if chosen.rounds < 5:
        parser.error("fewer than 5 rounds tell nothing")
    library = softhsm_library()
    with tempfile.TemporaryDirectory(prefix="hsmbridge-bench-") as name:
        folders = {part: Path(name) / part for part in ("hsm", "token", "classes")}
        for folder in folders.values():
            folder.mkdir(mode=0o700)
        make_token(folders["token"])
        start_bridge(folders["hsm"])
        loop_class = compile_loop(folders["classes"])
        security = jpype.JClass("java.security.Security")
        softhsm = softhsm_provider(folders["token"], library)
        results = {}
        for algorithm in ALGORITHMS:
            providers = (security.getProvider("CloudHSM"), softhsm, security.getProvider(algorithm.software))
            batches = [java_batch(loop_class, provider, algorithm) for provider in providers]
            batches.append(python_batch(algorithm))
            results[algorithm.name] = summary(measure(dict(zip(CONTENDERS, batches, strict=True)), chosen.rounds))
    print(json.dumps(results, indent=2) if chosen.json else table(results), flush=True)
    missed = any(result["ratio"]["softhsm2"] > TARGET for result in results.values())
    # The engine's threads and the JVM's may still live; nothing is left for them to do.
    os._exit(1 if chosen.check and missed else 0)


if __name__ == "__main__":
    main()
