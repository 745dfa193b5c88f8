"""Programs that register the provider themselves find under ``hsmbridge java`` what they find without it."""

import subprocess
from pathlib import Path

import pytest
from short_lived import QUICK_START

from bridge.jvm.jdk import release
from jvm.conftest import Runner


def ran(runner: Runner, classes: Path, *arguments: str) -> str:
    """Run the program and return what it prints."""
    run = runner.bridge("java", *QUICK_START, "-cp", str(classes), *arguments)
    assert (run.returncode, run.stderr) == (0, "")
    return run.stdout


def test_a_program_may_put_its_provider_first(runner: Runner, classes: Path) -> None:
    assert ran(runner, classes, "OwnProvider", "insert") == "1\nCloudHSM\n"


def test_the_java_security_file_may_name_the_provider(runner: Runner, classes: Path, tmp_path: Path) -> None:
    line = "security.provider.13=com.amazonaws.cloudhsm.jce.provider.CloudHsmProvider\n"
    (tmp_path / "extra").write_text(line)
    said = ran(runner, classes, f"-Djava.security.properties={tmp_path / 'extra'}", "OwnProvider", "list")
    assert said == "CloudHSM\n"


@pytest.mark.parametrize("user", ["alice", "bob"])
def test_a_wrong_password_is_refused_and_ends_nobody_elses_login(runner: Runner, classes: Path, user: str) -> None:
    assert ran(runner, classes, "OwnProvider", "wrong-password", user) == "FailedLoginException\n0 true\n"


@pytest.mark.parametrize("main", ["void main()", "static void main()", "void main(String[] arguments)"])
def test_mains_of_new_jdks_run(runner: Runner, tmp_path: Path, main: str) -> None:
    """JEP 512: since JDK 25 main may be an instance's, not public, and take no arguments."""
    (tmp_path / "New.java").write_text(f'class New {{ {main} {{ System.out.println("new"); }} }}')
    javac = [str(runner.jdk / "bin" / "javac"), "-d", str(tmp_path), str(tmp_path / "New.java")]
    subprocess.run(javac, check=True, capture_output=True)
    plain, hosted = (run("-cp", str(tmp_path), "New") for run in (runner.java, lambda *a: runner.bridge("java", *a)))
    assert (hosted.returncode, hosted.stdout, hosted.stderr) == (plain.returncode, plain.stdout, plain.stderr)
    assert (hosted.returncode == 0) == (release(runner.jdk) >= 25)
