"""``bridge.jvm.start``: a JVM for Python programs, and what it says when it cannot be had."""

import subprocess
from pathlib import Path

import forking
import pytest
from conftest import PASSWORDS

from bridge.jvm import find_jdk
from jvm.conftest import environment_of


def run(home: Path, program: str, **changes: str | None) -> subprocess.CompletedProcess[str]:
    """Run a Python program in a process of its own, since a process has one JVM."""
    environment = {**environment_of(home, find_jdk()), **changes}
    return forking.run(["-c", program], {name: value for name, value in environment.items() if value is not None})


REFUSAL = """
from bridge.engine import HsmError
from bridge.jvm import NoJdk, start
try:
    start({arguments})
except (HsmError, NoJdk) as error:
    print(getattr(getattr(error, "code", None), "name", "NoJdk"), error)
"""


def refusal(home: Path, arguments: str = "", **changes: str | None) -> str:
    """Return what a refused start says."""
    ran = run(home, REFUSAL.format(arguments=arguments), **changes)
    assert ran.stderr == ""
    return ran.stdout


def test_a_python_program_signs_through_the_provider(home: Path) -> None:
    password = PASSWORDS["alice"].decode()
    ran = run(
        home,
        f"""
from bridge.jvm import start
import jpype
provider = start(user="alice", password={password!r})
assert start() is not None
generator = jpype.JClass("java.security.KeyPairGenerator").getInstance("EC", provider)
pair = generator.generateKeyPair()
signature = jpype.JClass("java.security.Signature").getInstance("SHA256withECDSA", provider)
signature.initSign(pair.getPrivate())
signature.update(b"data")
signed = signature.sign()
signature.initVerify(pair.getPublic())
signature.update(b"data")
print(provider.getName(), signature.verify(signed))
""",
        HSM_USER=None,
        HSM_PASSWORD=None,
    )
    assert (ran.stdout, ran.stderr) == ("CloudHSM True\n", "")


def test_a_wrong_password_is_refused(home: Path) -> None:
    assert refusal(home, HSM_PASSWORD="wrong-password").startswith("PIN_INCORRECT Wrong password")
    assert refusal(home, 'user="alice", password="wrong-password"', HSM_USER=None).startswith("PIN_INCORRECT")


def test_a_locked_user_is_refused(home: Path) -> None:
    attempts = "\n".join(
        f"try: session.login(Role.CRYPTO_USER, 'alice', b'wrong-password')\nexcept HsmError: pass  # {n}"
        for n in range(5)
    )
    setup = (
        "from bridge.engine import *; from bridge.store import *; session = open_home(default_home()).open_session()"
    )
    run(home, f"{setup}\n{attempts}").check_returncode()
    assert "is locked after 5 wrong passwords" in refusal(home)


def test_a_missing_home_is_refused(tmp_path: Path) -> None:
    said = refusal(tmp_path / "nowhere")
    assert said.startswith("TOKEN_NOT_PRESENT There is no HSM in ")
    assert "hsmbridge init" in said


def test_a_jvm_without_the_provider_is_refused(home: Path) -> None:
    ran = run(home, f"import jpype; jpype.startJVM()\n{REFUSAL.format(arguments='')}")
    assert "A JVM was started in this process without the provider" in ran.stdout
    assert "bridge.jvm.start()" in ran.stdout


def test_a_jvm_that_was_started_with_the_jar_gets_the_provider(home: Path) -> None:
    ran = run(
        home,
        "import jpype; from bridge.jvm import jar_path, start\n"
        "jpype.startJVM(classpath=[str(jar_path())]); print(start().getName())",
    )
    assert ran.stdout == "CloudHSM\n", ran.stderr


def test_a_missing_jar_is_refused(home: Path) -> None:
    program = "from bridge.jvm import host; host._JAR = host._JAR.with_name('missing.jar')\n"
    ran = run(home, program + REFUSAL.format(arguments=""))
    assert ran.stdout.startswith("FUNCTION_FAILED The provider's jar is missing at ")
    assert "run `make`" in ran.stdout


@pytest.mark.parametrize("java_home", ["/nonexistent"])
def test_without_a_jdk_one_sentence_says_what_to_install(home: Path, java_home: str) -> None:
    program = "import bridge.jvm.jdk as jdk; jdk._homes = lambda: iter(())\n"
    ran = run(home, program + REFUSAL.format(arguments=""), JAVA_HOME=java_home)
    assert ran.stdout.startswith("NoJdk No JDK 17 or newer was found: set JAVA_HOME")


def test_no_login_is_an_authentication_exception(home: Path) -> None:
    ran = run(
        home,
        """
from bridge.jvm import start
import jpype
provider = start()
try:
    jpype.JClass("java.security.KeyPairGenerator").getInstance("RSA", provider).generateKeyPair()
except jpype.JException as error:
    print(error.getClass().getName(), error.getMessage())
""",
        HSM_USER=None,
        HSM_PASSWORD=None,
    )
    assert ran.stdout.startswith("com.amazonaws.cloudhsm.jce.jni.exception.AuthenticationException ")
    assert "HSM_USER and HSM_PASSWORD" in ran.stdout


def test_a_defect_of_the_engine_reaches_java_without_python_details(home: Path) -> None:
    ran = run(
        home,
        """
import logging; logging.disable(logging.CRITICAL)
from bridge.engine import Session
from bridge.jvm import start
import jpype
def broken(self, template): raise RuntimeError("inner detail")
Session.find = broken
start()
store = jpype.JClass("java.security.KeyStore").getInstance("CloudHSM")
store.load(None, None)
try:
    store.aliases()
except jpype.JException as error:
    print(error.stacktrace())
""",
    )
    assert "The engine failed in find (RuntimeError)" in ran.stdout
    assert "inner detail" not in ran.stdout
    assert ".py" not in ran.stdout


def test_arguments_count_more_than_the_environment_and_a_refused_start_can_be_repeated(home: Path) -> None:
    password = PASSWORDS["bob"].decode()
    ran = run(
        home,
        f"""
from bridge.engine import HsmError
from bridge.jvm import start
import jpype
try:
    start(user="bob", password="wrong-password")
except HsmError as error:
    print(error.code.name)
provider = start(user="bob", password={password!r})
print(jpype.JClass("java.security.KeyPairGenerator").getInstance("EC", provider).generateKeyPair() is not None)
for other in ({{"user": "alice"}}, {{"home": "elsewhere"}}):
    try:
        start(**other)
    except HsmError as error:
        print(error.code.name)
""",
    )
    assert ran.stdout.split() == ["PIN_INCORRECT", "True", "ACTION_PROHIBITED", "ACTION_PROHIBITED"], ran.stderr
