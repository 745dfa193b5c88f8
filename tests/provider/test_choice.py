"""Programs that name no provider when they use a key: JCA takes CloudHSM for its keys, the JDK's for others."""

from __future__ import annotations

from pathlib import Path

import pytest
from jdk_choice import jdks
from jvm.conftest import Runner, environment_of

from bridge.jvm.jdk import release

JDKS_OWN = {
    "Signature SHA256withRSA": "SunRsaSign",
    "Signature RSASSA-PSS": "SunRsaSign",
    "Signature SHA256withECDSA": "SunEC",
    "Signature SHA256withECDSAinP1363Format": "SunEC",
    "Signature Ed25519": "SunEC",
    "Cipher RSA/ECB/PKCS1Padding": "SunJCE",
    "Cipher RSA/ECB/OAEPWithSHA-256AndMGF1Padding": "SunJCE",
    "Cipher AES/CBC/PKCS5Padding": "SunJCE",
    "Cipher AES/CTR/NoPadding": "SunJCE",
    "Cipher AES/ECB/NoPadding": "SunJCE",
    "Cipher AES/GCM/NoPadding": "SunJCE",
    "Cipher DESede/CBC/PKCS5Padding": "SunJCE",
    "Mac HmacSHA1": "SunJCE",
    "Mac HmacSHA256": "SunJCE",
    "Mac HmacSHA512": "SunJCE",
    "KeyAgreement ECDH": "SunEC",
}


@pytest.mark.parametrize("jdk", jdks(), ids=lambda jdk: f"jdk{release(jdk)}")
@pytest.mark.parametrize("position", ["last", "first"])
def test_the_key_decides(jdk: Path, position: str, home: Path, classes: Path) -> None:
    runner = Runner(jdk, environment_of(home, jdk))
    ran = runner.program("-cp", str(classes), "Choice", position)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert ran.stdout.splitlines() == [
        *(f"CloudHSM {service} CloudHSM" for service in JDKS_OWN),
        *(f"JDK {service} {provider}" for service, provider in JDKS_OWN.items()),
    ]
