"""In which order a JVM looks for its HSM, and what it says if there is none."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import tempfile
from base64 import b64decode, b64encode
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from cli.command import ADMIN, ALICE, clean_environment, process
from jdk_choice import jdks
from server.shell import Fake, frame

from bridge.engine import ReturnCode
from bridge.jvm import jar_path
from locate.conftest import HSMBRIDGE, IO_EXCEPTION, UNREACHABLE, NewProbe, Probe

INTERNAL = "com.amazonaws.cloudhsm.jce.jni.exception.InternalException"
RULE = "must be available on at least 2 HSMs"
NONE = "(1) an engine in this JVM: there is none, since Python did not start it"


def serve(home: Path, *arguments: str) -> None:
    result = process(home, {}, "serve", "--workers", "1", *arguments)
    assert result.returncode == 0, result.stderr


def test_says_what_was_tried_and_what_mends_it(probe: Probe, tmp_path: Path) -> None:
    home = tmp_path / "home"
    probe("set", "hsmbridge.home", short := f"/srv/{tmp_path.name}")
    assert probe.refuses("default") == (
        f"No HSM can be reached. Tried: {NONE}; (2) the configuration file {short}/cloudhsm-jce.cfg: there is none; "
        f"(3) to start a daemon: HSMBRIDGE_AUTOSTART forbids it; (4) the socket {short}/engine.sock: No such file or "
        f"directory. Run `hsmbridge init --home {short}`."
    )
    assert not home.exists()


def test_an_hsm_without_a_daemon_is_to_be_served(new_probe: NewProbe, short_home: Path) -> None:
    probe = new_probe(short_home)
    assert probe.refuses("default").endswith(f"No such file or directory. Run `hsmbridge serve --home {short_home}`.")


def test_the_socket_of_the_home(new_probe: NewProbe, short_home: Path) -> None:
    serve(short_home)
    probe = new_probe(short_home, **ALICE)
    assert f"HOME={short_home}, MODE=non-fips" in probe("session")
    assert probe("default") == "CloudHSM true"
    assert probe("configured", "blue", "", "") == "blue true"
    wrong = new_probe(short_home, HSM_USER="alice", HSM_PASSWORD="not-the-password")
    wrong.refuses("default", kind="com.amazonaws.cloudhsm.jce.jni.exception.FailedLoginException")
    assert probe.end() == ""


def test_rules_reach_the_daemon(new_probe: NewProbe, short_home: Path) -> None:
    process(short_home, ADMIN, "configure", "--enable-clear-key-extraction-in-software")
    serve(short_home)
    probe = new_probe(short_home, **ALICE)
    assert probe("keep") == "in clear"
    assert RULE in probe.refuses("keep", "blue", "", "true", kind=INTERNAL)
    assert process(short_home, {}, "configure", "--enable-key-availability-check").returncode == 0
    assert RULE in probe.refuses("keep", kind=INTERNAL)
    assert probe("keep", "", "", "false") == "in clear"
    options = {"enable_clear_key_extraction_in_software": False}
    (short_home / "cloudhsm-jce.cfg").write_text(json.dumps({"clusters": [{"cluster": {"options": options}}]}))
    assert probe("keep") == "inside"


def test_a_cluster_that_the_daemon_does_not_know(new_probe: NewProbe, short_home: Path) -> None:
    result = process(short_home, {"HSMBRIDGE_CLUSTERS": f"blue={short_home}"}, "serve", "--workers", "1")
    assert result.returncode == 0, result.stderr
    probe = new_probe(short_home, **ALICE)
    assert probe("configured", "blue", "", "") == "blue true"
    assert "There is no cluster 'red'" in probe.refuses("configured", "red", "", "")


def test_a_daemon_of_somebody_else_is_named(new_probe: NewProbe, short_home: Path) -> None:
    (short_home / "engine.sock").touch()
    message = new_probe(short_home).refuses("default")
    assert f"(4) the socket {short_home}/engine.sock: Connection refused. Run `hsmbridge serve" in message


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be another user")
def test_another_user_gets_nowhere(short_home: Path, probe_classes: Path) -> None:
    serve(short_home)
    place = short_home.parent
    place.chmod(0o755)
    shutil.copy(jar_path(), place / "provider.jar")
    shutil.copytree(probe_classes, place / "classes")
    for path in place.rglob("*.jar"), (place / "classes").rglob("*"):
        for entry in path:
            entry.chmod(0o755)
    (place / "classes").chmod(0o755)
    (place / "cwd").mkdir(0o755)
    nobody = 65534

    def attempt() -> str:
        program = "io.hsmbridge.locate.Probe"
        command = [str(jdks()[-1] / "bin" / "java"), "-cp", f"{place}/provider.jar:{place}/classes", program]
        ran = subprocess.run(
            command,
            env=clean_environment(short_home, {**ALICE, "LANG": "C.UTF-8"}),
            input=b64encode(b"default") + b"\n",
            capture_output=True,
            check=True,
            user=nobody,
            group=nobody,
            extra_groups=[],
            cwd=place / "cwd",
            timeout=60,
        )
        return b64decode(ran.stdout).decode()

    closed = attempt()
    assert closed.startswith(f"{IO_EXCEPTION}\nThe configuration file {short_home}/cloudhsm-jce.cfg cannot be read (")
    assert "permission denied" in closed
    short_home.chmod(0o755)
    message = attempt()
    assert message.startswith(UNREACHABLE)
    assert f"(3) the socket {short_home}/engine.sock: Permission denied. It belongs to another user" in message


def test_a_wrong_flag_is_refused(new_probe: NewProbe, short_home: Path) -> None:
    probe = new_probe(short_home, HSMBRIDGE_AUTOSTART="perhaps")
    message = probe.refuses("default", kind=IO_EXCEPTION)
    assert message == 'HSMBRIDGE_AUTOSTART must be true or false, not "perhaps".'


def test_a_jvm_that_python_hosts_asks_its_host(short_home: Path, tmp_path: Path) -> None:
    # The file would lead elsewhere, and is not even read.
    (short_home / "cloudhsm-jce.cfg").write_text("{")
    program = tmp_path / "Hosted.java"
    program.write_text(
        """
        import com.amazonaws.cloudhsm.jce.provider.*;
        import com.amazonaws.cloudhsm.jce.provider.attributes.*;
        import javax.crypto.KeyGenerator;
        public class Hosted {
          public static void main(String[] args) throws Exception {
            for (boolean check : new boolean[] {false, true}) {
              attempt(check);
            }
          }

          private static void attempt(boolean check) throws Exception {
            CloudHsmServer server = CloudHsmServer.builder().withHostIP("192.0.2.1").build();
            CloudHsmCluster cluster = CloudHsmCluster.builder().withClusterUniqueIdentifier("blue")
                .withServer(server).withHsmCAFilePath("/nowhere")
                .withOptions(OptionalParameters.KEY_AVAILABILITY_CHECK, check).build();
            CloudHsmProvider provider =
                new CloudHsmProvider(CloudHsmProviderConfig.builder().withCluster(cluster).build());
            KeyAttributesMap kept = new KeyAttributesMap();
            kept.put(KeyAttribute.TOKEN, true);
            kept.put(KeyAttribute.SIZE, 256);
            KeyGenerator generator = KeyGenerator.getInstance("AES", provider);
            generator.init(kept);
            try {
              System.out.println(provider.getName() + " " + generator.generateKey().getAlgorithm());
            } catch (RuntimeException e) {
              System.out.println(e.getMessage());
            }
          }
        }
        """
    )
    environment = {**ALICE, "HSMBRIDGE_HOME": str(short_home), "JAVA_HOME": str(jdks()[-1]), "PATH": "/usr/bin:/bin"}
    command = [str(HSMBRIDGE), "java", str(program)]
    ran = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=60)
    assert ran.returncode == 0, ran.stderr
    unchecked, checked = ran.stdout.splitlines()
    assert unchecked == "blue AES"
    assert RULE in checked


def test_the_jar_needs_nothing_but_the_jdk() -> None:
    jdeps = jdks()[-1] / "bin" / "jdeps"
    shown = subprocess.run(
        [jdeps, "--print-module-deps", "--ignore-missing-deps", jar_path()], capture_output=True, text=True, check=True
    )
    assert shown.stdout == "java.base,java.logging\n"


@pytest.mark.parametrize("jdk", jdks(), ids=lambda jdk: jdk.name)
def test_the_jdk_that_makes_a_provider_twice_tries_a_wrong_password_once(jdk: Path, tmp_path: Path) -> None:
    logins: list[object] = []

    def answer(request: Sequence[Any]) -> bytes:
        logins.append(request[1])
        return frame(request[0], ReturnCode.PIN_INCORRECT, "Wrong password.")

    listed = (jdk / "conf" / "security" / "java.security").read_text()
    number = len(re.findall(r"^security\.provider\.\d+=", listed, re.MULTILINE)) + 1
    line = f"security.provider.{number}=com.amazonaws.cloudhsm.jce.provider.CloudHsmProvider\n"
    (tmp_path / "extra").write_text(line)
    options = [f"-J-Djava.security.properties={tmp_path}/extra", "-J-classpath", f"-J{jar_path()}"]
    store = ["-list", "-storetype", "CloudHSM", "-keystore", "NONE", "-storepass", "password"]
    with tempfile.TemporaryDirectory(prefix="hb", dir="/tmp") as home:
        daemon = Fake(Path(home) / "engine.sock", answer)
        honest = daemon.honest
        daemon.hook = lambda request: answer(request) if request[1] == "login" else honest(request)
        environment = clean_environment(Path(home), {**ALICE, "LANG": "C.UTF-8"})
        ran = subprocess.run(
            [jdk / "bin" / "keytool", *options, *store], env=environment, capture_output=True, text=True, check=False
        )
        daemon.close()
    assert ran.returncode == 1
    assert logins == ["login"]
    assert "Wrong password." in ran.stderr
