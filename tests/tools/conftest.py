"""keytool and jarsigner, hosted by hsmbridge and as the JDK has them, in a folder of their own."""

from __future__ import annotations

import subprocess
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from conftest import PASSWORDS, log_in
from forking import run
from jdk_choice import jdks
from jvm.conftest import environment_of
from short_lived import QUICK_KEYSTORES, QUICK_START, for_tool

from bridge.engine import Attribute, Hsm
from bridge.engine.attributes import Attributes, ObjectClass
from bridge.jvm import find_jdk
from bridge.jvm.jdk import release
from tools.authority import Authority, new_authority

STOREPASS = "store-password"
SECRETS = (STOREPASS, "wrong-password", "another-password", *(password.decode() for password in PASSWORDS.values()))
STORE = ("-keystore", "keys.p12", "-storetype", "CloudHSM", "-storepass", STOREPASS)
QUICK = for_tool(*QUICK_START, *QUICK_KEYSTORES)


@dataclass(frozen=True)
class Tools:
    """The tools of one JDK, run in one folder by one user of one HSM."""

    jdk: Path
    folder: Path
    environment: Mapping[str, str]

    def keytool(self, *arguments: str, code: int = 0, answers: str = "") -> str:
        """Run ``hsmbridge keytool`` and return what it says."""
        return self.hosted("keytool", *arguments, code=code, answers=answers)

    def jarsigner(self, *arguments: str, code: int = 0, answers: str = "") -> str:
        """Run ``hsmbridge jarsigner`` and return what it says."""
        return self.hosted("jarsigner", *arguments, code=code, answers=answers)

    def hosted(self, *command: str, code: int = 0, answers: str = "") -> str:
        """Run a tool by ``hsmbridge``."""
        arguments = ["-m", "bridge.cli", command[0], *QUICK, *command[1:]]
        return _said(run(arguments, self.environment, cwd=self.folder, text=answers, together=True), code)

    def stock(self, tool: str, *arguments: str, code: int = 0, answers: str = "") -> str:
        """Run a tool of the JDK without hsmbridge."""
        return self.run([str(self.jdk / "bin" / tool), *QUICK, *arguments], code, answers)

    def run(self, command: list[str], code: int, answers: str) -> str:
        """Run a command that must end with an exit code and say nothing secret."""
        ran = subprocess.run(
            command,
            cwd=self.folder,
            env=self.environment,
            input=answers,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=60,
        )
        return _said(ran, code)

    def changed(self, **variables: str | None) -> Tools:
        """Return the same tools for a user with other variables; None removes one."""
        environment = {**self.environment, **variables}
        return replace(self, environment={name: value for name, value in environment.items() if value is not None})

    def make_jar(self, name: str = "app.jar") -> str:
        """Make a jar worth signing."""
        with zipfile.ZipFile(self.folder / name, "w") as jar:
            jar.writestr("META-INF/MANIFEST.MF", "Manifest-Version: 1.0\r\n\r\n")
            jar.writestr("greeting.txt", "hello")
        return name


def _said(ran: subprocess.CompletedProcess[str], code: int) -> str:
    assert ran.returncode == code, ran.stdout
    assert [secret for secret in SECRETS if secret in ran.stdout] == []
    return ran.stdout


@pytest.fixture
def tools(home: Path, tmp_path: Path) -> Tools:
    """The tools of the JDK that hsmbridge takes by itself, with alice's credentials in the environment."""
    return _tools(find_jdk(), home, tmp_path)


@pytest.fixture(params=jdks(), ids=lambda home: f"jdk{release(home)}")
def any_tools(request: pytest.FixtureRequest, home: Path, tmp_path: Path) -> Tools:
    """The same for each JDK."""
    return _tools(request.param, home, tmp_path)


def _tools(jdk: Path, home: Path, tmp_path: Path) -> Tools:
    folder = tmp_path / "desk"
    folder.mkdir()
    return Tools(jdk, folder, environment_of(home, jdk))


@pytest.fixture
def keys(open_hsm: Callable[[], Hsm]) -> Callable[[], dict[str, Attributes]]:
    """Return alice's private and secret keys as the engine has them, by label, whenever it is called."""

    def read() -> dict[str, Attributes]:
        session = log_in(open_hsm(), "alice")
        kinds = (ObjectClass.PRIVATE_KEY, ObjectClass.SECRET_KEY)
        handles = [handle for kind in kinds for handle in session.find({Attribute.CLASS: kind})]
        found = [session.attributes(handle) for handle in handles]
        return {str(attributes[Attribute.LABEL]): attributes for attributes in found}

    return read


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """The CA of the test run."""
    return new_authority(tmp_path_factory.mktemp("authority"), STOREPASS)
