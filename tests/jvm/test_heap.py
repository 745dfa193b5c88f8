"""A private key that is used from Java is in no file, no output and no part of the Java heap."""

import base64
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from jvm.conftest import Runner

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


def _secret_numbers(key: PrivateKey) -> Iterator[int]:
    if isinstance(key, rsa.RSAPrivateKey):
        numbers = key.private_numbers()
        yield from (numbers.d, numbers.p, numbers.q, numbers.dmp1, numbers.dmq1, numbers.iqmp)
    else:
        yield key.private_numbers().private_value


def _traces(key: PrivateKey) -> Iterator[bytes]:
    """What would give the key away: its numbers in every form that a heap or a file could hold them in."""
    for number in _secret_numbers(key):
        data = number.to_bytes((number.bit_length() + 7) // 8, "big")
        # A part of each is enough, so that a copy that lacks its ends is found too.
        part = data[4:28]
        yield from (part, part[::-1], part.hex().encode(), part.hex().upper().encode(), str(number)[:40].encode())
    der = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    text = base64.b64encode(der)
    yield from (text[60:100], text[-44:-4])


@pytest.mark.parametrize(
    ("key", "algorithm"),
    [
        (rsa.generate_private_key(65537, 2048), "SHA256withRSA"),
        (ec.generate_private_key(ec.SECP256R1()), "SHA256withECDSA"),
    ],
    ids=["rsa", "ec"],
)
def test_an_imported_key_in_use_leaves_no_trace(
    runner: Runner, classes: Path, home: Path, tmp_path: Path, key: PrivateKey, algorithm: str
) -> None:
    pem = tmp_path / "outside" / "known.pem"
    pem.parent.mkdir()
    pem.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    environment = {**runner.environment, "HSMBRIDGE_KEYSTORE_PASSWORD": "changeit"}
    keystore, dump = tmp_path / "known.p12", tmp_path / "heap.hprof"
    imported = Runner(runner.jdk, environment).bridge("import", str(pem), "--keystore", str(keystore))
    assert imported.returncode == 0, imported.stderr

    public = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    with runner.start(
        "java", "-cp", str(classes), "HoldKey", "known", algorithm, base64.b64encode(public).decode()
    ) as process:
        assert process.stdout is not None
        said = process.stdout.readline()
        assert "known" in said
        jmap = [str(runner.jdk / "bin" / "jmap"), f"-dump:format=b,file={dump}", str(process.pid)]
        subprocess.run(jmap, check=True, capture_output=True)
        process.kill()
        output, errors = process.communicate()

    heap = dump.read_bytes()
    assert public in heap, "the dump must hold what is known to be on the heap, or it proves nothing"
    places = {"heap": heap, "output": (said + output + errors + imported.stdout + imported.stderr).encode()}
    places |= {path.name: path.read_bytes() for path in [*home.rglob("*"), keystore] if path.is_file()}
    found = [(place, trace[:8]) for place, content in places.items() for trace in _traces(key) if trace in content]
    assert found == []
