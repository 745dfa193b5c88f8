"""The jar that the build hook makes."""

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import build_jar
import pytest

from bridge import __version__

SOURCE = "java/src/main/java/example/Hello.java"
RESOURCE = "java/src/main/resources/META-INF/services/example.Service"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A small source tree of the same shape as the real one."""
    for name, text in {
        "bridge/__init__.py": '__version__ = "9.8.7"\n',
        SOURCE: "package example;\n\npublic final class Hello {\n  private Hello() {}\n}\n",
        RESOURCE: "example.Hello\n",
    }.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    (tmp_path / "bridge/jvm").mkdir()
    shutil.copy(build_jar.ROOT / "bridge/jvm/jdk.py", tmp_path / "bridge/jvm/jdk.py")
    return tmp_path


def test_has_manifest_classes_and_resources(tree: Path) -> None:
    with zipfile.ZipFile(build_jar.build(tree)) as jar:
        assert jar.namelist() == [
            "META-INF/MANIFEST.MF",
            "META-INF/services/example.Service",
            "example/Hello.class",
        ]
        assert jar.read("META-INF/MANIFEST.MF").decode() == (
            "Manifest-Version: 1.0\r\n"
            "Implementation-Title: hsmbridge\r\n"
            "Implementation-Version: 9.8.7\r\n"
            "Automatic-Module-Name: com.amazonaws.cloudhsm.jce\r\n\r\n"
        )
        class_file_version = int.from_bytes(jar.read("example/Hello.class")[6:8], "big")
    assert class_file_version == 61  # Java 17


def test_is_reproducible(tree: Path) -> None:
    first = build_jar.build(tree).read_bytes()
    (tree / build_jar.PROVIDER.jar).unlink()
    os.utime(tree / SOURCE, (0, 0))
    assert build_jar.build(tree).read_bytes() == first


@pytest.mark.parametrize("changed", [SOURCE, RESOURCE, "bridge/__init__.py"])
def test_is_made_again_only_when_something_changed(tree: Path, changed: str) -> None:
    before = build_jar.build(tree).stat()
    assert build_jar.build(tree).stat().st_ino == before.st_ino
    with (tree / changed).open("a", encoding="utf-8") as file:
        file.write("\n")
    assert build_jar.build(tree).stat().st_ino != before.st_ino


def test_a_removed_source_leaves_the_jar(tree: Path) -> None:
    extra = tree / "java/src/main/java/example/Extra.java"
    extra.write_text("package example;\n\nfinal class Extra {}\n", encoding="utf-8")
    build_jar.build(tree)
    extra.unlink()
    with zipfile.ZipFile(build_jar.build(tree)) as jar:
        assert "example/Extra.class" not in jar.namelist()


def test_a_broken_jar_is_made_again(tree: Path) -> None:
    jar = build_jar.build(tree)
    whole = jar.read_bytes()
    jar.write_bytes(whole[:100])
    assert build_jar.build(tree).read_bytes() == whole


def test_a_source_that_does_not_compile_is_named_and_the_old_jar_stays(tree: Path) -> None:
    old = build_jar.build(tree).read_bytes()
    (tree / SOURCE).write_text("package example;\n\nclass Hello { int x = nothing; }\n", encoding="utf-8")
    with pytest.raises(build_jar.BuildError, match=r"Hello\.java:3: error: cannot find symbol"):
        build_jar.build(tree)
    assert (tree / build_jar.PROVIDER.jar).read_bytes() == old
    assert sorted(path.name for path in (tree / "bridge/jvm").iterdir()) == ["hsmbridge.jar", "jdk.py"]


def test_warnings_fail_the_lint_and_not_the_build(tree: Path, tmp_path: Path) -> None:
    (tree / SOURCE).write_text(
        "package example;\n\nclass Hello { java.util.List<String> x = (java.util.List) null; }\n",
        encoding="utf-8",
    )
    build_jar.build(tree)
    with pytest.raises(build_jar.BuildError, match="unchecked conversion"):
        build_jar.compile_sources(
            tree, tmp_path / "classes", build_jar.PROVIDER, provider=tmp_path / "classes", lint=True
        )


def test_without_a_jdk_one_sentence_says_what_to_install(tree: Path) -> None:
    finder = tree / "bridge" / "jvm" / "jdk.py"
    finder.write_text(finder.read_text(encoding="utf-8") + "\n\ndef _homes(): return iter(())\n", encoding="utf-8")
    with pytest.raises(build_jar.BuildError) as caught:
        build_jar.build(tree)
    assert "\n" not in str(caught.value)
    assert "JAVA_HOME" in str(caught.value)


def test_a_java_home_without_a_compiler_is_passed_over(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    assert tmp_path not in build_jar.find_javac().parents


def test_an_old_compiler_is_passed_over(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    javac = tmp_path / "bin" / "javac"
    javac.parent.mkdir()
    javac.write_text("#!/bin/sh\necho javac 11.0.2\n", encoding="utf-8")
    javac.chmod(0o755)
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    assert build_jar.find_javac() != javac
    javac.write_text("#!/bin/sh\necho javac 99-ea\n", encoding="utf-8")
    assert build_jar.find_javac() == javac


def test_the_real_jar_is_up_to_date_and_a_provider() -> None:
    subprocess.run([sys.executable, str(build_jar.ROOT / "java/build_jar.py")], check=True)
    with zipfile.ZipFile(build_jar.ROOT / build_jar.PROVIDER.jar) as jar:
        assert f"Implementation-Version: {__version__}\r\n" in jar.read("META-INF/MANIFEST.MF").decode()
        provider = jar.read("META-INF/services/java.security.Provider").decode().split()
        assert provider == ["com.amazonaws.cloudhsm.jce.provider.CloudHsmProvider"]
        assert f"{provider[0].replace('.', '/')}.class" in jar.namelist()
        assert not any(name.startswith("io/hsmbridge/speed/") for name in jar.namelist())
    with zipfile.ZipFile(build_jar.ROOT / build_jar.SPEED.jar) as jar:
        assert "io/hsmbridge/speed/Speed.class" in jar.namelist()
