"""CMS signatures by the JDK's jar signer with keys in the HSM, verified by openssl and by the JDK's own jarsigner."""

from __future__ import annotations

import subprocess
import zipfile
from pathlib import Path

import pytest
from jdk_choice import jdks
from jvm.conftest import Runner, environment_of

from bridge.engine import Session
from bridge.jvm.jdk import release
from provider.certified import certify

CMS_VERIFY = ["openssl", "cms", "-verify", "-binary", "-inform", "DER", "-CAfile", "ca.pem", "-purpose", "any"]
BLOCKS = {"RSA": "META-INF/SIGNER.RSA", "EC": "META-INF/SIGNER.EC"}


@pytest.mark.parametrize("jdk", jdks(), ids=lambda jdk: f"jdk{release(jdk)}")
def test_signed_in_the_hsm_and_verified_by_openssl(
    jdk: Path, home: Path, session: Session, classes: Path, tmp_path: Path
) -> None:
    certify(session, tmp_path, list(BLOCKS))
    jar = tmp_path / "unsigned.jar"
    with zipfile.ZipFile(jar, "w") as archive:
        archive.writestr("data.txt", "the data")
    runner = Runner(jdk, environment_of(home, jdk))
    signed = runner.program("-cp", str(classes), "SignJar", str(tmp_path), str(jar), *BLOCKS)
    assert (signed.returncode, signed.stderr) == (0, "")
    assert [line.partition(" ")[0] for line in signed.stdout.splitlines()] == list(BLOCKS)

    for name, block in BLOCKS.items():
        with zipfile.ZipFile(tmp_path / f"{name}.jar") as archive:
            (tmp_path / "block").write_bytes(archive.read(block))
            manifest = archive.read("META-INF/SIGNER.SF")
        assert verify(tmp_path, manifest) == (0, f"CMS Verification successful\n{name}")
        code, told = verify(tmp_path, manifest.replace(b"Signature-Version", b"signature-version"))
        assert code != 0
        assert "Verification failure" in told
        stock = runner.run([str(jdk / "bin" / "jarsigner"), "-verify", str(tmp_path / f"{name}.jar")], tmp_path)
        assert (stock.returncode, "jar verified." in stock.stdout) == (0, True), stock


def verify(folder: Path, content: bytes) -> tuple[int, str]:
    """Verify the detached signature ``block`` up to the CA; return the exit code and what was said, or who signed."""
    (folder / "content").write_bytes(content)
    ran = subprocess.run(
        [*CMS_VERIFY, "-in", "block", "-content", "content", "-signer", "signer.pem", "-out", "out"],
        cwd=folder,
        capture_output=True,
        text=True,
    )
    if ran.returncode != 0:
        return ran.returncode, ran.stderr
    assert (folder / "out").read_bytes() == content
    subject = subprocess.run(
        ["openssl", "x509", "-in", "signer.pem", "-noout", "-subject", "-nameopt", "multiline"],
        cwd=folder, check=True, capture_output=True, text=True,
    )  # fmt: skip
    return 0, ran.stderr + subject.stdout.split("=")[-1].strip()
