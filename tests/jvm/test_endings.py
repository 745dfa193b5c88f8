"""A program run by ``hsmbridge java`` cannot be told from one run by ``java``, except that the HSM is there."""

import re
import signal
import subprocess
import time
from pathlib import Path

import pytest
from short_lived import QUICK_START

from jvm.conftest import SOURCES, Runner

ENDINGS = [
    "exit",
    "throw",
    "late-thread",
    "late-failure",
    "thread-throws",
    "handler",
    "hook",
    "input",
    "deep",
    "self",
    "",
]


def assert_same(runner: Runner, *arguments: str, cwd: Path | None = None) -> None:
    """Run a command line both ways and compare exit code and both streams."""
    plain = runner.java(*QUICK_START, *arguments, cwd=cwd)
    hosted = runner.bridge("java", *QUICK_START, *arguments, cwd=cwd)
    assert (hosted.returncode, hosted.stdout) == (plain.returncode, plain.stdout)
    assert _without_frame_sizes(hosted.stderr) == _without_frame_sizes(plain.stderr)


def _without_frame_sizes(text: str) -> str:
    return re.sub(r"0x[0-9a-f]{8,}", "0x", text)


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_program_ends_as_under_plain_java(runner: Runner, classes: Path, ending: str) -> None:
    assert_same(runner, "-cp", str(classes), "Ending", *filter(None, [ending]))


def test_jvm_options_and_properties_reach_the_jvm(runner: Runner, classes: Path) -> None:
    assert_same(runner, "-Dgreeting=hello", "-Xmx64m", "-ea", "-classpath", str(classes), "Ending", "self")


def test_a_jar_runs_with_its_arguments(runner: Runner, classes: Path, tmp_path: Path) -> None:
    jar = tmp_path / "app.jar"
    command = ["jar", "--create", "--file", str(jar), "--main-class", "Ending", "-C", str(classes), "."]
    subprocess.run([str(runner.jdk / "bin" / command[0]), *command[1:]], check=True)
    assert_same(runner, "-jar", str(jar), "one", "--two", "-J3")


def test_a_source_file_runs(runner: Runner) -> None:
    assert_same(runner, str(SOURCES / "Ending.java"), "from source")


def test_an_argument_file_and_the_class_path_variable_count(runner: Runner, classes: Path, tmp_path: Path) -> None:
    (tmp_path / "options").write_text(f"# comment\n-Dgreeting='good day' -cp\n\"{classes}\"\nEnding self\n")
    assert_same(runner, "@options", cwd=tmp_path)


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--version"],
        ["-help"],
        ["-cp"],
        ["-jar"],
        ["-jar", "missing.jar"],
        ["Missing"],
        ["-m", "missing/Main"],
        ["-unknown", "Ending"],
        ["-XX:+Unknown", "Ending"],
        ["@missing"],
    ],
    ids=" ".join,
)
def test_wrong_command_lines_get_javas_own_words(runner: Runner, arguments: list[str]) -> None:
    assert_same(runner, *arguments)


def test_why_no_jvm_could_be_made_is_said(runner: Runner) -> None:
    run = runner.bridge("java", "-Djava.system.class.loader=Mine", "-cp", "é", "Ending")
    assert (run.returncode, run.stdout) == (1, "")
    why, *javas_words = run.stderr.splitlines()
    assert why.startswith("hsmbridge: ")
    assert "non ascii characters in the classpath" in why
    assert javas_words[0] == "Error: Could not create the Java Virtual Machine."


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=lambda s: s.name)
def test_a_signal_runs_the_hooks_and_gives_javas_exit_code(
    runner: Runner, classes: Path, number: signal.Signals
) -> None:
    with runner.start("java", *QUICK_START, "-cp", str(classes), "Ending", "wait") as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        process.send_signal(number)
        output, errors = process.communicate(timeout=30)
    assert (process.returncode, output, errors) == (128 + number, "hook\n", "")


def test_a_signal_while_eight_threads_sign_ends_the_process_at_once(runner: Runner, classes: Path) -> None:
    with runner.start("java", "-cp", str(classes), "Ending", "storm") as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        time.sleep(0.2)
        process.send_signal(signal.SIGTERM)
        output, errors = process.communicate(timeout=30)
    assert (process.returncode, output, errors) == (128 + signal.SIGTERM, "", "")


def test_a_module_that_requires_the_provider_runs(runner: Runner, tmp_path: Path) -> None:
    source = tmp_path / "source"
    (source / "app").mkdir(parents=True)
    (source / "module-info.java").write_text("module app { requires com.amazonaws.cloudhsm.jce; }")
    (source / "app" / "Main.java").write_text(
        "package app; public class Main { public static void main(String[] args) throws Exception {"
        " System.out.println(com.amazonaws.cloudhsm.jce.provider.CloudHsmProvider.class.getModule());"
        ' System.out.println(java.security.KeyStore.getInstance("CloudHSM").getProvider().getName()); } }'
    )
    from bridge.jvm import jar_path

    files = [str(source / "module-info.java"), str(source / "app" / "Main.java")]
    javac = [str(runner.jdk / "bin" / "javac"), "-nowarn", "-p", str(jar_path()), "-d", str(tmp_path / "out")]
    subprocess.run([*javac, *files], check=True, capture_output=True)
    run = runner.bridge("java", *QUICK_START, "-p", str(tmp_path / "out"), "-m", "app/app.Main")
    assert (run.stdout, run.returncode) == ("module com.amazonaws.cloudhsm.jce\nCloudHSM\n", 0), run.stderr
