"""Java programs under ``hsmbridge java``: implicit login, casts, threads and TLS, on every JDK."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import PASSWORDS, log_in
from cryptography.hazmat.primitives.serialization import Encoding
from engine.keys import P256, Template
from jdk_choice import jdks
from jvm.conftest import Runner, environment_of
from transport import over_socket

from bridge.engine import Attribute, Hsm, MechanismType, Session
from bridge.jvm import find_jdk
from bridge.jvm.jdk import release
from provider.certificates import authority, issue

EXPLICIT = "java.lang.IllegalStateException: Explict login unavailable using system credentials."
FAILED = (
    "com.amazonaws.cloudhsm.jce.jni.exception.FailedLoginException: "
    "Incorrect credentials are passed for this operation: Incorrect authentication credentials."
)


@pytest.fixture(params=jdks(), ids=lambda home: f"jdk{release(home)}")
def runner(request: pytest.FixtureRequest, home: Path) -> Runner:
    """A runner for each JDK, with alice's credentials in the environment."""
    return Runner(request.param, environment_of(home, request.param))


def run(runner: Runner, classes: Path, *arguments: str) -> list[str]:
    """Run a program that must end well, and return its lines."""
    ran = runner.program("-cp", str(classes), *arguments)
    assert (ran.returncode, ran.stderr) == (0, ""), ran
    assert not any(password.decode() in ran.stdout for password in PASSWORDS.values())
    return ran.stdout.splitlines()


def kept_by(hsm: Hsm, name: str) -> list[object]:
    session = log_in(hsm, name)
    return [session.attributes(handle)[Attribute.LABEL] for handle in session.find({})]


def test_every_service_works_in_a_program_that_casts_keys(runner: Runner, classes: Path) -> None:
    curves = ["secp224r1", "secp256k1", "secp256r1", "secp384r1", "secp521r1"]
    assert run(runner, classes, "Algorithms") == ["RSA", *curves, "AES"]


def test_eight_threads_share_keys(home: Path, classes: Path) -> None:
    assert run(Runner(find_jdk(), environment_of(home, find_jdk())), classes, "Threads") == ["408 of 408"]


def test_the_environment_logs_in_and_explicit_login_is_unavailable(
    home: Path, classes: Path, open_hsm: Callable[[], Hsm]
) -> None:
    lines = run(
        Runner(find_jdk(), environment_of(home, find_jdk())),
        classes,
        "Login",
        "login",
        "logout",
        "new",
        "new",
        "keep=by alice",
    )
    # A host's registered provider makes way for the first one that the program makes, and shares its session.
    hosted = "false" if over_socket() else "true"
    assert lines == [
        f"login: {EXPLICIT}",
        f"logout: {EXPLICIT}",
        f"new: shares keys {hosted}, is added {hosted}",
        "new: shares keys false, is added false",
        "keep=by alice: kept",
    ]
    assert kept_by(open_hsm(), "alice") == ["by alice"]
    assert kept_by(open_hsm(), "bob") == []


def test_system_properties_count_before_the_environment(home: Path, classes: Path, open_hsm: Callable[[], Hsm]) -> None:
    runner = Runner(find_jdk(), environment_of(home, find_jdk()))
    properties = ["-DHSM_USER=bob", f"-DHSM_PASSWORD={PASSWORDS['bob'].decode()}"]
    assert run(runner, classes, *properties, "Login", "keep=by bob", "login") == [
        "keep=by bob: kept",
        f"login: {EXPLICIT}",
    ]
    assert kept_by(open_hsm(), "alice") == []
    assert kept_by(open_hsm(), "bob") == ["by bob"]


def test_a_user_without_password_in_the_properties_leaves_it_to_the_environment(
    home: Path, classes: Path, open_hsm: Callable[[], Hsm]
) -> None:
    runner = Runner(find_jdk(), environment_of(home, find_jdk()))
    assert run(runner, classes, "-DHSM_USER=bob", "Login", "keep=whose") == ["keep=whose: kept"]
    assert kept_by(open_hsm(), "alice") == ["whose"]


def test_wrong_properties_fail_in_the_constructor_and_right_ones_log_in(home: Path, classes: Path) -> None:
    environment = environment_of(home, find_jdk())
    del environment["HSM_USER"], environment["HSM_PASSWORD"]
    steps = ["keep=early", "user=alice", "password=wrong-password", "new"]
    lines = run(Runner(find_jdk(), environment), classes, "Login", *steps, "user=bob", "new", "keep=late")
    assert lines[0].startswith("keep=early: com.amazonaws.cloudhsm.jce.jni.exception.AuthenticationException: Log in")
    assert lines[3].startswith(f"new: {FAILED}")
    assert lines[5].startswith(f"new: {FAILED}")
    assert lines[6].startswith("keep=late: com.amazonaws.cloudhsm.jce.jni.exception.AuthenticationException")


@pytest.mark.in_process("a host's registered provider shares its session with the first one that a program makes")
def test_credentials_that_a_program_sets_serve_the_registered_provider_too(
    home: Path, classes: Path, open_hsm: Callable[[], Hsm]
) -> None:
    environment = environment_of(home, find_jdk())
    password = environment.pop("HSM_PASSWORD")
    runner = Runner(find_jdk(), {**environment, "SECRET": password})
    assert run(runner, classes, "Login", "user=alice", "password-in=SECRET", "new", "keep=mine", "logout")[2:] == [
        "new: shares keys true, is added true",
        "keep=mine: kept",
        f"logout: {EXPLICIT}",
    ]
    assert kept_by(open_hsm(), "alice") == ["mine"]


def test_tls_servers_have_their_keys_in_the_hsm(
    runner: Runner, classes: Path, session: Session, tmp_path: Path
) -> None:
    (tmp_path / "ca").write_bytes(authority()[1].public_bytes(Encoding.DER))
    templates: dict[str, tuple[MechanismType, Template]] = {
        "EC": (MechanismType.EC_KEY_PAIR_GEN, {Attribute.EC_PARAMS: P256}),
        "RSA": (MechanismType.RSA_PKCS_KEY_PAIR_GEN, {Attribute.MODULUS_BITS: 2048}),
        "Ed25519": (MechanismType.EC_EDWARDS_KEY_PAIR_GEN, {}),
    }
    for name, (mechanism, template) in templates.items():
        kept: Template = {Attribute.LABEL: name, Attribute.TOKEN: True}
        public, _ = session.generate_key_pair(mechanism, template, kept)
        spki = session.attributes(public)[Attribute.PUBLIC_KEY_INFO]
        assert isinstance(spki, bytes)
        (tmp_path / name).write_bytes(issue(spki, name).public_bytes(Encoding.DER))
    ran = run(
        runner, classes, "Handshake", str(tmp_path / "ca"),
        "EC", str(tmp_path / "EC"), "TLSv1.3",
        "EC", str(tmp_path / "EC"), "TLSv1.2",
        "RSA", str(tmp_path / "RSA"), "TLSv1.2",
        "RSA", str(tmp_path / "RSA"), "TLSv1.3",
        "Ed25519", str(tmp_path / "Ed25519"), "TLSv1.3",
    )  # fmt: skip
    assert ran == [
        "EC TLSv1.3: CN=EC TLSv1.3 42",
        "EC TLSv1.2: CN=EC TLSv1.2 42",
        "RSA TLSv1.2: CN=RSA TLSv1.2 42",
        "RSA TLSv1.3: CN=RSA TLSv1.3 42",
        "Ed25519 TLSv1.3: CN=Ed25519 TLSv1.3 42",
    ]


@pytest.mark.parametrize("jdk", [jdk for jdk in jdks() if release(jdk) >= 24], ids=lambda jdk: f"jdk{release(jdk)}")
def test_ml_dsa_is_the_same_as_the_jdks(home: Path, classes: Path, jdk: Path) -> None:
    """JDK 24 is the first that has ML-DSA."""
    lines = run(Runner(jdk, environment_of(home, jdk)), classes, "MlDsaBothWays")
    assert lines == ["ML-DSA-44: 24", "ML-DSA-65: 24", "ML-DSA-87: 24"]
