"""However the user says that the keystore is CloudHSM's: the key is made inside, or not at all."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

import pytest

from bridge.engine import Attribute
from bridge.engine.attributes import Attributes
from tools.conftest import STOREPASS, Tools

Keys = Callable[[], dict[str, Attributes]]
PAIR = ("-genkeypair", "-alias", "new", "-dname", "CN=new", "-keyalg", "EC", "-groupname", "secp256r1")
FILE = ("-keystore", "keys.p12", "-storepass", STOREPASS, "-keypass", STOREPASS)


@pytest.mark.parametrize(
    "road",
    [
        ("-conf", "defaults"),
        ("-storetype", "PKCS12", "-storetype", "cloudhsm"),
        ("-J-Djava.security.properties=type.properties",),
        ("-storetype", "CloudHSM", "-J-Djava.security.properties=provider.properties"),
    ],
    ids=" ".join,
)
def test_every_road_to_the_keystore_makes_the_key_inside(tools: Tools, keys: Keys, road: tuple[str, ...]) -> None:
    provider = "com.amazonaws.cloudhsm.jce.provider.CloudHsmProvider"
    (tools.folder / "defaults").write_text("keytool.all=-storetype CloudHSM\n")
    (tools.folder / "type.properties").write_text("keystore.type=CloudHSM\n")
    (tools.folder / "provider.properties").write_text(f"security.provider.13={provider}\n")
    # -conf must be keytool's first argument.
    tools.keytool(*road, *PAIR, *FILE)
    (attributes,) = keys().values()
    assert attributes[Attribute.LOCAL] is True
    assert attributes[Attribute.NEVER_EXTRACTABLE] is True


def test_other_keystores_get_software_keys_as_ever(tools: Tools, keys: Keys) -> None:
    tools.keytool(*PAIR, *FILE, "-storetype", "PKCS12")
    assert "PrivateKeyEntry" in tools.stock("keytool", "-list", "-keystore", "keys.p12", "-storepass", STOREPASS)
    assert keys() == {}


def test_a_file_that_cannot_be_written_costs_no_alias(tools: Tools, keys: Keys) -> None:
    arguments = ("-storepass", STOREPASS, "-keypass", STOREPASS, "-storetype", "CloudHSM")
    said = tools.keytool(*PAIR, *arguments, "-keystore", "missing/keys.p12", code=1)
    assert "java.io.FileNotFoundException: missing/keys.p12 (No such file or directory)" in said
    assert keys() == {}


def test_of_two_that_make_one_alias_at_once_one_is_refused(tools: Tools, keys: Keys) -> None:
    def start(number: int) -> subprocess.Popen[bytes]:
        store = ("-keystore", f"{number}.p12", "-storepass", STOREPASS, "-keypass", STOREPASS)
        command = ["-m", "bridge.cli", "keytool", *PAIR, *store, "-storetype", "CloudHSM"]
        return subprocess.Popen(
            [sys.executable, *command],
            cwd=tools.folder,
            env=tools.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )

    running = [start(number) for number in range(3)]
    said = [process.communicate(timeout=60)[0].decode() for process in running]
    assert sorted(process.returncode for process in running) == [0, 1, 1], said
    assert len(keys()) == 1


@pytest.mark.parametrize("tool", ["keytool", "jarsigner"])
def test_help_needs_no_hsm(tools: Tools, tool: str) -> None:
    nowhere = tools.changed(HSMBRIDGE_HOME=str(tools.folder / "nowhere"))
    said = nowhere.run([sys.executable, "-m", "bridge.cli", tool, "-help"], 0, "")
    assert said == tools.run([str(tools.jdk / "bin" / tool), "-help"], 0, "")


def test_jvm_options_of_every_kind_are_taken(tools: Tools) -> None:
    listing = ("-list", "-keystore", "NONE", "-storetype", "CloudHSM", "-storepass", STOREPASS)
    options = ("-J-XX:+UseParallelGC", "-J-XX:TieredStopAtLevel=4", "-J-Xmx99m", "-J-ea", "-J-cp", "-J.")
    said = tools.run([sys.executable, "-m", "bridge.cli", "keytool", *options, *listing], 0, "")
    assert "Your keystore contains 0 entries" in said


def test_the_collector_for_short_programs_gives_way_to_the_users(tools: Tools) -> None:
    listing = ("-J-Xlog:gc", "-list", "-keystore", "NONE", "-storetype", "CloudHSM", "-storepass", STOREPASS)
    command = [sys.executable, "-m", "bridge.cli", "keytool"]
    assert "Using Serial" in tools.run([*command, *listing], 0, "")
    assert "Using Parallel" in tools.run([*command, "-J-XX:+UseParallelGC", *listing], 0, "")
    chosen = tools.changed(JAVA_TOOL_OPTIONS="-Xmx99m -XX:+UseG1GC")
    assert "Using G1" in chosen.run([*command, *listing], 0, "")
    (tools.folder / "options").write_text("-XX:+UseParallelGC\n", encoding="utf-8")
    assert "Using Parallel" in tools.run([*command, "-J-XX:VMOptionsFile=options", *listing], 0, "")


def test_jpype_does_not_load_numpy_for_a_tool(tools: Tools) -> None:
    numpy = tools.folder / "numpy"
    numpy.mkdir()
    loaded = tools.folder / "loaded"
    (numpy / "__init__.py").write_text(f"open({str(loaded)!r}, 'w').close()\n", encoding="utf-8")
    with_numpy = tools.changed(PYTHONPATH=str(tools.folder))
    said = with_numpy.keytool("-list", "-keystore", "NONE", "-storetype", "CloudHSM", "-storepass", STOREPASS)
    assert "Your keystore contains 0 entries" in said
    assert not loaded.exists()
    # It is no numpy that JPype could use.
    subprocess.run([sys.executable, "-c", "import jpype"], env=with_numpy.environment, capture_output=True, check=False)
    assert loaded.exists()
