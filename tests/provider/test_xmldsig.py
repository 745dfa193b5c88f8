"""XML signatures by the JDK with keys in the HSM: no provider is named, and a JVM without one verifies them.

PSS is the exception: the JDK sets its parameters before it has the key, and so takes its own provider unless told.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from jdk_choice import jdks
from jvm.conftest import Runner, environment_of

from bridge.engine import Session
from bridge.jvm.jdk import release
from provider.certified import certify

MORE = "http://www.w3.org/2001/04/xmldsig-more#"
PSS = "http://www.w3.org/2007/05/xmldsig-more#"
METHODS = {
    "RSA": [f"{MORE}rsa-sha256", f"{MORE}rsa-sha512", f"{PSS}sha256-rsa-MGF1"],
    "EC": [f"{MORE}ecdsa-sha256", f"{MORE}ecdsa-sha384"],
}


@pytest.mark.parametrize("jdk", jdks(), ids=lambda jdk: f"jdk{release(jdk)}")
def test_signed_in_the_hsm_and_verified_by_a_stock_jvm(
    jdk: Path, home: Path, session: Session, classes: Path, tmp_path: Path
) -> None:
    certify(session, tmp_path, list(METHODS))
    pairs = [word for name, methods in METHODS.items() for method in methods for word in (name, method)]
    runner = Runner(jdk, environment_of(home, jdk))

    signed = runner.program("-cp", str(classes), "XmlSign", "sign", str(tmp_path), *pairs)
    assert (signed.returncode, signed.stderr, signed.stdout) == (0, "", "providers: with CloudHSM\n")
    names = [f"{name}-{method.partition('#')[2]}.xml" for name, methods in METHODS.items() for method in methods]
    assert sorted(path.name for path in tmp_path.glob("*.xml")) == sorted(names)

    verified = runner.java("-cp", str(classes), "XmlSign", "verify", str(tmp_path), *pairs)
    assert (verified.returncode, verified.stderr) == (0, "")
    assert verified.stdout.splitlines() == [*(f"{name} true" for name in names), "providers: stock"]

    changed = tmp_path / names[0]
    changed.write_text(changed.read_text().replace("one of these", "two of these"))
    again = runner.java("-cp", str(classes), "XmlSign", "verify", str(tmp_path), *pairs[:2])
    assert again.stdout.splitlines()[0] == f"{names[0]} false"
