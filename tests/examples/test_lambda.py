"""The Lambda example signs, logs in with a secret, writes nowhere but to the temporary folder, and measures itself."""

from __future__ import annotations

import base64
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest
from conftest import PASSWORDS
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from short_lived import QUICK_START

from bridge.jvm import find_jdk
from examples.conftest import Served, ServerKey
from examples.projects import copy_of, install_provider, maven, needs_maven

pytestmark = [needs_maven, pytest.mark.soak]  # it downloads for half a minute
UNSHARE = shutil.which("unshare")
READ_ONLY = [
    *("unshare", "--user", "--map-root-user", "--mount"),
    *("sh", "-c", 'mount --bind "$0" "$0" && mount -o remount,bind,ro / && exec "$@"'),
]
"""Runs what follows the name of a folder where nothing but that folder can be written."""


@pytest.fixture(scope="module")
def libraries(served: Served, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The class path of the function's package."""
    project = copy_of("lambda", tmp_path_factory.mktemp("lambda"))
    install_provider(project, served.environment)
    maven(project, served.environment, "package")
    return f"{project / 'target' / 'package' / 'lib'}/*"


def environment_of_function(served: Served, folder: Path, secret: str) -> dict[str, str]:
    """The environment of a container: no credentials in it, and no folder of the user's."""
    file = folder / "secret"
    file.write_text(secret)
    file.chmod(0o600)
    kept = {name: value for name, value in served.environment.items() if not name.startswith(("HSM_", "KEYSTORE_"))}
    return {**kept, "HOME": "/nonexistent", "KEY_LABEL": "tls", "HSM_SECRET_FILE": str(file)}


def run(libraries: str, environment: dict[str, str], *program: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(find_jdk() / "bin" / "java"), *QUICK_START, "-cp", libraries, *program],
        cwd="/",
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_signs_with_a_login_from_a_secret(
    libraries: str, served: Served, server_key: ServerKey, tmp_path: Path
) -> None:
    environment = environment_of_function(served, tmp_path, f"alice:{PASSWORDS['alice'].decode()}\n")
    ran = run(libraries, environment, "com.example.lambda.LocalContainer")
    assert (ran.returncode, ran.stderr) == (0, ""), ran
    certificate = x509.load_pem_x509_certificate(server_key.certificate.read_bytes())
    key = certificate.public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    key.verify(base64.b64decode(ran.stdout), b"an event", ec.ECDSA(hashes.SHA256()))


def test_signs_where_only_the_temporary_folder_can_be_written(
    libraries: str, served: Served, server_key: ServerKey, tmp_path: Path
) -> None:
    if (
        UNSHARE is None
        or subprocess.run([*READ_ONLY, tempfile.gettempdir(), "true"], capture_output=True).returncode != 0
    ):
        pytest.skip("only the root of Linux, or one who may have user namespaces, can take the right to write away")
    environment = environment_of_function(served, tmp_path, f"alice:{PASSWORDS['alice'].decode()}")
    java = [str(find_jdk() / "bin" / "java"), *QUICK_START, "-cp", libraries, "com.example.lambda.LocalContainer"]
    ran = subprocess.run(
        [*READ_ONLY, tempfile.gettempdir(), "sh", "-c", 'touch /written 2>/dev/null || exec "$@"', "sh", *java],
        cwd="/",
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (ran.returncode, ran.stderr) == (0, ""), ran
    assert len(base64.b64decode(ran.stdout)) > 60


def test_a_wrong_secret_is_refused_and_not_told(
    libraries: str, served: Served, server_key: ServerKey, tmp_path: Path
) -> None:
    # bob, whose account no other test needs.
    environment = environment_of_function(served, tmp_path, "bob:not-the-password")
    ran = run(libraries, environment, "com.example.lambda.LocalContainer")
    assert ran.returncode == 1
    assert "FailedLoginException" in ran.stderr
    assert "not-the-password" not in ran.stdout + ran.stderr


def test_measures_cold_starts(libraries: str, served: Served, server_key: ServerKey, tmp_path: Path) -> None:
    environment = environment_of_function(served, tmp_path, f"alice:{PASSWORDS['alice'].decode()}")
    ran = run(libraries, environment, "com.example.lambda.ColdStart", "1")
    assert (ran.returncode, ran.stderr) == (0, ""), ran
    line = (
        r"cold start{}: median \d+ ms, \d+ to \d+ ms; warm call: median \d+ µs, 99 % below \d+ µs"
        r" \(1 containers, 1000 calls each\)\n"
    )
    assert re.fullmatch(line.format("") + line.format(" with a class archive"), ran.stdout), ran.stdout
