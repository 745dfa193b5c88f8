"""``hsmbridge demo``."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
from short_lived import QUICK_KEYSTORES, QUICK_START

from bridge.cli.walk import Walk
from bridge.engine import HsmError
from cli.command import process, run


def test_signs_two_jars_that_a_plain_jdk_accepts(tmp_path: Path) -> None:
    folder = tmp_path / "kept"
    quick = {"JAVA_TOOL_OPTIONS": " ".join((*QUICK_START, *QUICK_KEYSTORES))}
    result = process(tmp_path / "unused", quick, "demo", "--keep", folder)

    assert result.returncode == 0, result.stdout + result.stderr
    lines = result.stdout.splitlines()
    assert lines.count("jar signed.") == 2
    assert lines.count("jar verified.") == 2
    assert len([line for line in lines if line.startswith("$ jarsigner -verify -strict -keystore ca-trust.p12")]) == 2
    assert len([line for line in lines if "  token, sign, decrypt, unwrap" in line]) == 2
    assert not (tmp_path / "unused").exists()

    environment = (folder / "env.sh").read_text(encoding="utf-8")
    assert stat.S_IMODE((folder / "env.sh").stat().st_mode) == 0o600
    secrets = [line.partition("=")[2] for line in environment.splitlines() if "PASSWORD" in line]
    assert len(secrets) == 4
    assert not [secret for secret in secrets if secret in result.stdout]
    again = run(folder / "hsm", {}, "demo", "--keep", folder)
    assert again.exit_code == 1
    assert "is not empty" in again.stderr


def test_leaves_nothing_and_names_the_step_that_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr("bridge.cli.demo._PREPARE", "keytool -list -keystore nothing.p12")
    result = run(tmp_path / "home", {}, "demo")

    assert result.exit_code == 1
    assert "$ keytool -list -keystore nothing.p12" in result.stdout
    assert "Keystore file does not exist" in result.stdout
    expected = "hsmbridge: `keytool -list -keystore nothing.p12` failed with exit code 1.\n"
    assert result.stderr == expected
    assert list(tmp_path.iterdir()) == []


def test_the_first_failing_part_of_a_pipeline_is_named(tmp_path: Path) -> None:
    walk = Walk(tmp_path, {})
    with pytest.raises(HsmError, match="`keytool -printcert -file nothing` failed with exit code 1"):
        walk.run("keytool -printcert -file nothing | keytool -help")


def test_a_command_must_say_what_is_expected_of_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    walk = Walk(tmp_path, {"NAME": "a value"})
    walk.set_secrets("SECRET")
    with pytest.raises(HsmError, match=r"did not say 'jar verified\.'"):
        walk.run("# Why\n\njar --version", must_say="jar verified.")

    shown = capsys.readouterr().out.splitlines()
    assert shown[:4] == [
        f"$ cd {tmp_path}",
        "$ export HSMBRIDGE_HOME=$PWD/hsm 'NAME=a value'",
        '$ export SECRET="$(openssl rand -hex 12)"',
        "# Why",
    ]
    assert shown[5] == "$ jar --version"
    assert "NAME" not in os.environ
