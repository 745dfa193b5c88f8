"""The JDK's own keytool and jarsigner with the provider's jar, against a daemon: plain JVMs, as AWS documents them."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from conftest import log_in
from jvm.conftest import environment_of
from server.daemon import running
from transport import registering

from bridge.engine import Attribute
from bridge.engine.attributes import Attributes, ObjectClass
from bridge.jvm import jar_path
from bridge.store import open_home
from tools.conftest import STOREPASS, Tools

PROVIDER = "com.amazonaws.cloudhsm.jce.provider.CloudHsmProvider"
MODULE = "com.amazonaws.cloudhsm.jce"


@dataclass(frozen=True)
class Stock:
    """The tools of one JDK in a folder of their own, with alice's credentials in the environment.

    Attributes:
        tools: run them.
        home: of the HSM that a daemon serves.
        java: a folder with the provider's jar and nothing else, as ``/opt/cloudhsm/java``.
    """

    tools: Tools
    home: Path
    java: Path

    @property
    def folder(self) -> Path:
        """Where the tools run."""
        return self.tools.folder

    @property
    def class_path(self) -> tuple[str, ...]:
        """The options that the documentation puts behind every command."""
        return "-J-classpath", f"-J{self.java}/*"

    @property
    def registered(self) -> tuple[str, ...]:
        """The option that stands for the line in the JDK's ``java.security``."""
        return (f"-J-Djava.security.properties={registering(self.tools.jdk)}",)

    @property
    def tail(self) -> tuple[str, ...]:
        """The documentation's common end of every command."""
        return ("-keystore", "my_keystore.store", "-storetype", "CLOUDHSM", *self.class_path, *self.registered)

    def forms(self) -> dict[str, tuple[str, ...]]:
        """Return every way in which keytool is told of the provider, by name."""
        jar = str(next(self.java.iterdir()))
        module = (f"-J--module-path={self.java}", f"-J--add-modules={MODULE}")
        apart = ("-J--module-path", f"-J{self.java}", "-J--add-modules", f"-J{MODULE}")
        return {
            "java.security and class path": (*self.class_path, *self.registered),
            "class and path": ("-providerclass", PROVIDER, "-providerpath", jar),
            "as for Tomcat": (*self.class_path, "-provider", PROVIDER, "-providerpath", jar),
            "class path and class": (*self.class_path, "-providerclass", PROVIDER),
            "class path and name": (*self.class_path, "-addprovider", "CloudHSM"),
            "module path and name": (*module, "-addprovider", "CloudHSM"),
            "module path, two words": (*apart, "-addprovider", "CloudHSM"),
            "module path and java.security": (*module, *self.registered),
        }

    def keytool(self, *arguments: str, code: int = 0, answers: str | None = None) -> str:
        """Run a documented keytool command with the common end.

        Args:
            arguments: of the command.
            code: that it must end with.
            answers: what is typed; by default the keystore's password is given as an option, and for a key too.
        """
        if answers is not None:
            return self.tools.stock("keytool", *arguments, *self.tail, code=code, answers=answers)
        passwords = ("-storepass", STOREPASS, *(("-keypass", STOREPASS) if arguments[0].startswith("-gen") else ()))
        return self.tools.stock("keytool", *arguments, *self.tail, *passwords, code=code)

    def keys(self) -> dict[str, Attributes]:
        """Return alice's private and secret keys as the engine has them, by label."""
        return keys_of(self.home)


def keys_of(home: Path) -> dict[str, Attributes]:
    """Return alice's private and secret keys in a home, by label."""
    hsm = open_home(home)
    try:
        session = log_in(hsm, "alice")
        kinds = (ObjectClass.PRIVATE_KEY, ObjectClass.SECRET_KEY)
        handles = [handle for kind in kinds for handle in session.find({Attribute.CLASS: kind})]
        found = [session.attributes(handle) for handle in handles]
    finally:
        hsm.close()
    return {str(attributes[Attribute.LABEL]): attributes for attributes in found}


@contextmanager
def stock_tools(jdk: Path, pristine_home: Path) -> Iterator[Stock]:
    """Serve a home, and lend the tools of a JDK that reach it."""
    with running(pristine_home, "--workers", "1") as daemon, tempfile.TemporaryDirectory() as folder:
        for name in ("desk", "java"):
            (Path(folder) / name).mkdir()
        shutil.copy(jar_path(), Path(folder) / "java")
        tools = Tools(jdk, Path(folder) / "desk", environment_of(daemon.home, jdk))
        yield Stock(tools, daemon.home, Path(folder) / "java")
