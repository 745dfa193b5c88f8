"""The programs under ``examples/`` compile against the jar alone, run, and say what the README says they show."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from conftest import PASSWORDS, log_in
from jdk_choice import jdks
from jvm.conftest import Runner, environment_of
from short_lived import QUICK_START, compiled

from bridge.engine import Attribute, Hsm, MechanismType
from bridge.jvm import find_jdk
from bridge.store import open_home

EXAMPLES = Path(__file__).parents[2] / "examples"
PROGRAMS = EXAMPLES / "jce"
HELPERS = {"SelfSigned"}
"""A JVM that lives for a second need not optimise."""

SAYS = {
    "SymmetricKeys": r"""
        (AES: encoded null, format null\nAES: destroyed true\n){3}
        DESede: encoded null, format null\nDESede: destroyed true\n
        GenericSecret: encoded null, format null\nGenericSecret: destroyed true\n
        HmacSHA1: encoded null, format null\nHmacSHA1: destroyed true\n
        HmacSHA512: encoded null, format null\nHmacSHA512: destroyed true\n""",
    "AsymmetricKeys": r"""
        RSA with a modulus of 2048 bits\nRSA with a modulus of 3072 bits\nRSA with a modulus of 4096 bits\n
        EC over a field of 256 bits\nEC over a field of 384 bits\n
        EC over a field of 256 bits\nEC over a field of 521 bits\n""",
    "KeyAttributes": r"""
        SIGN = false: KeyUsageException\nimported key encrypts like the original: true\n
        SIZE = "256": AddAttributeException\n""",
    "AesGcm": r"""
        30 bytes became 46, IV of 12 bytes made by the HSM\n
        decrypted: sixteen thousand bytes at most\nchanged ciphertext: refused\n""",
    "AesCtr": r"1000 bytes in pieces became 1000\ndecrypted in one piece: the same bytes\n",
    "AesCbc": r"""
        AES/CBC/PKCS5Padding: 1000 bytes became 1008 and came back\n
        AES/CBC/NoPadding: 1024 bytes became 1024 and came back\nhalf a block without padding: refused\n""",
    "AesEcb": r"""
        AES/ECB/NoPadding: 1024 bytes became 1024 and came back\n
        AES/ECB/PKCS5Padding: 1001 bytes became 1008 and came back\n""",
    "DesedeEcb": r"""
        DESede/ECB/NoPadding: 1024 bytes became 1024 and came back\n
        DESede/ECB/PKCS5Padding: 1001 bytes became 1008 and came back\n""",
    "AesWrapping": r"""
        AES/GCM/NoPadding: 48 bytes, unwrapped HmacSHA1, same MAC\n
        AESWrap/ECB/NoPadding: 40 bytes, unwrapped HmacSHA1, same MAC\n
        AESWrap/ECB/PKCS5Padding: 48 bytes, unwrapped HmacSHA1, same MAC\n
        AESWrap/ECB/ZeroPadding: 40 bytes, unwrapped HmacSHA1, same MAC\n""",
    "RsaWrapping": r"""
        RSA/ECB/OAEPWithSHA-256ANDMGF1Padding: AES in 256 bytes\n
        RSAAESWrap/ECB/OAEPWithSHA-1ANDMGF1Padding: AES in 296 bytes\n
        RSAAESWrap/ECB/OAEPWithSHA-1ANDMGF1Padding: EC in \d{3} bytes\n""",
    "RsaOperations": r"""
        RSA/ECB/OAEPWithSHA-256ANDMGF1Padding: 256 bytes, decrypted\n
        RSA/ECB/OAEPPadding: 256 bytes, decrypted\n
        (\S+: 256 bytes, verified in the HSM and by the JDK\n){3}""",
    "EcOperations": r"(SHA(256|512)withECDSA: verified in the HSM and by the JDK\n){2}",
    "HmacOperations": r"""
        HmacSHA1: 20 bytes\nHmacSHA224: 28 bytes\nHmacSHA256: 32 bytes\nHmacSHA384: 48 bytes\nHmacSHA512: 64 bytes\n
        AESCMAC: 16 bytes\n""",
    "KeyUtilities": r"""
        imported RSA pair signs and verifies\nby label and type: AES\nby another type: null\n
        by another label: null\nafter destroy: null\n""",
    "RsaImportKey": r"""
        imported: RSA, encoded null\nunwrapped: AES\nthe unwrapped key encrypts like the partner's\n""",
    "EcImportKey": r"""
        imported with attributes: signs and verifies\nimported with key specifications: signs and verifies\n""",
    "AesCmacKdf": r"derived AES of 256 bits\nderived DESede of 192 bits\nderived GenericSecret of 384 bits\n",
    "EcdhX963": r"agreed on AES, encoded null, same key: true\n",
    "EdDsaOperations": r"Ed25519: 64 bytes, verified\nEd25519ph: 64 bytes, verified\n",
    "MlDsaOperations": r"""
        MlDsa44: key ML-DSA, 2420 bytes, verified\nMlDsa65: key ML-DSA, 3309 bytes, verified\n
        MlDsa87: key ML-DSA, 4627 bytes, verified\n""",
    "KeyReferences": r"""
        two keys with one label: 2 found\nasked for the one key: refused\n
        with 256 bits: 1 found\nwith 192 bits: 0 found\n""",
    "TlsMutual": r"""
        TLSv1.2: client talks to CN=server, server to CN=client, answer 43\n
        TLSv1.3: client talks to CN=server, server to CN=client, answer 43\n""",
    "XmlSigning": r"(RSA|EC): genuine document true, changed document false\n" * 2,
}
"""What each program prints; spaces in front of a line do not count."""
SPECIAL = {"LoginExample", "AuthenticationStrategyLogin", "KeyStoreExample", "MultiUserMultiCluster"}
"""Programs with tests of their own below."""
ON_THE_NEWEST_JDK = ["AesWrapping", "MlDsaOperations", "RsaOperations", "TlsMutual", "XmlSigning"]


@pytest.fixture(scope="module")
def classes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the compiled programs; Java 8 is all that they ask of the language and the JDK."""
    folder = tmp_path_factory.mktemp("classes")
    sources = [*PROGRAMS.glob("*.java"), *EXAMPLES.glob("java-app/*.java")]
    return compiled(sources, folder, "--release", "8", "-Xlint:all,-options")


@pytest.fixture(scope="module")
def shared_home(pristine_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Hsm]]:
    """A home for the programs that clean up behind themselves, open in this process too."""
    home = tmp_path_factory.mktemp("examples") / "home"
    shutil.copytree(pristine_home, home)
    hsm = open_home(home)
    yield home, hsm
    hsm.close()


def run(runner: Runner, classes: Path, *arguments: str) -> str:
    """Run a program that must end well, and return what it says."""
    ran = runner.bridge("java", *QUICK_START, "-cp", str(classes), *arguments)
    assert (ran.returncode, ran.stderr) == (0, ""), ran
    assert not any(password.decode() in ran.stdout for password in PASSWORDS.values())
    return ran.stdout


def says(text: str, pattern: str) -> bool:
    return re.fullmatch(re.sub(r"\n +", "", pattern), text) is not None


def explicit(home: Path, **more: str) -> Runner:
    """Return a runner for programs that log in themselves."""
    runner = Runner(find_jdk(), environment_of(home, find_jdk()))
    kept = {name: value for name, value in runner.environment.items() if not name.startswith("HSM_")}
    return replace(runner, environment={**kept, **more})


def kept_by(hsm: Hsm, name: str) -> list[int]:
    return log_in(hsm, name).find({})


@pytest.mark.parametrize("program", SAYS)
def test_program(shared_home: tuple[Path, Hsm], classes: Path, program: str) -> None:
    home, hsm = shared_home
    said = run(Runner(find_jdk(), environment_of(home, find_jdk())), classes, program)
    assert says(said, SAYS[program]), said
    assert kept_by(hsm, "alice") == []


@pytest.mark.parametrize("program", ON_THE_NEWEST_JDK)
def test_program_on_the_newest_jdk(shared_home: tuple[Path, Hsm], classes: Path, program: str) -> None:
    newest = jdks()[-1]
    said = run(Runner(newest, environment_of(shared_home[0], newest)), classes, program)
    assert says(said, SAYS[program]), said


def test_every_program_is_run_and_listed() -> None:
    programs = {source.stem for source in PROGRAMS.glob("*.java")} - HELPERS
    assert programs == set(SAYS) | SPECIAL
    readme = (EXAMPLES / "README.md").read_text()
    for program in programs:
        assert f"(jce/{program}.java)" in readme
        assert f" {program}" in readme.replace("`", " ")


def test_login(home: Path, classes: Path) -> None:
    runner = explicit(home, EXAMPLE_USER="alice", EXAMPLE_PASSWORD=PASSWORDS["alice"].decode())
    assert run(runner, classes, "LoginExample").splitlines() == [
        "before login: nobody is logged in",
        "wrong password: refused",
        "right password: logged in",
        "once more: somebody is logged in already",
        "logged in: made a key of type AES",
        "after logout: nobody is logged in",
    ]


def test_login_with_a_strategy(home: Path, classes: Path) -> None:
    runner = explicit(home, EXAMPLE_USER="alice", EXAMPLE_PASSWORD=PASSWORDS["alice"].decode())
    assert run(runner, classes, "AuthenticationStrategyLogin").splitlines() == [
        "logged in with a strategy and made a key of type AES",
        "logged out",
    ]


@pytest.mark.parametrize("program", ["LoginExample", "MultiUserMultiCluster"])
def test_explicit_login_is_not_mixed_with_the_environments(home: Path, classes: Path, program: str) -> None:
    ran = Runner(find_jdk(), environment_of(home, find_jdk())).bridge(
        "java", *QUICK_START, "-cp", str(classes), program
    )
    assert ran.returncode == 1
    assert "Unset HSM_USER and HSM_PASSWORD" in ran.stderr


def test_keystore(home: Path, classes: Path, tmp_path: Path, hsm: Hsm) -> None:
    environment = {**environment_of(home, find_jdk()), "KEYSTORE_PASSWORD": "store-password"}
    runner = Runner(find_jdk(), environment)
    file = tmp_path / "keys.p12"
    program = ["KeyStoreExample", str(file), "example"]
    signed = "signed with example:Private, verified with its certificate\n"
    assert run(runner, classes, *program) == f"created example:Private\n{signed}"
    assert len(kept_by(hsm, "alice")) == 1
    assert run(runner, classes, *program) == f"found example:Private\n{signed}"
    assert run(runner, classes, *program, "delete") == "destroyed example:Private\n"
    assert kept_by(hsm, "alice") == []
    assert not file.exists()


def test_several_users_and_clusters(pristine_home: Path, home: Path, classes: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    shutil.copytree(pristine_home, other)
    runner = explicit(
        home,
        HSMBRIDGE_CLUSTERS=f"blue={home}:green={other}",
        FIRST_CLUSTER="blue",
        FIRST_ADDRESS="10.0.0.1",
        FIRST_USER="alice",
        FIRST_PASSWORD=PASSWORDS["alice"].decode(),
        SECOND_CLUSTER="green",
        SECOND_ADDRESS="10.0.0.2",
        SECOND_USER="bob",
        SECOND_PASSWORD=PASSWORDS["bob"].decode(),
    )
    lines = [
        "{}: DESede/ECB/PKCS5Padding, decrypted",
        "{}: RSA/ECB/OAEPPadding, decrypted",
        "{}: SHA512withRSA, verified",
    ]
    assert sorted(run(runner, classes, "MultiUserMultiCluster").splitlines()) == sorted(
        [
            *("logged in to blue", "logged in to green", "a key of blue in green: refused"),
            *(line.format(cluster) for line in lines for cluster in ("blue", "green")),
        ]
    )


def test_a_key_is_found_by_its_reference(home: Path, classes: Path, open_hsm: Callable[[], Hsm]) -> None:
    session = log_in(open_hsm(), "alice")
    handle = session.generate_key(MechanismType.AES_KEY_GEN, {Attribute.VALUE_LEN: 32, Attribute.TOKEN: True})
    runner = Runner(find_jdk(), environment_of(home, find_jdk()))
    assert run(runner, classes, "KeyReferences", f"0x{handle:016x}").splitlines()[0] == f"0x{handle:016x}: AES"
    missing = f"0x{handle + 1000:016x}"
    assert run(runner, classes, "KeyReferences", missing).splitlines()[0] == f"{missing}: no such key"
