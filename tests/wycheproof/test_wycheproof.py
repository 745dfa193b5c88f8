"""The vectors through the provider, and the runner itself."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from transport import transport

from wycheproof import own
from wycheproof.policy import Expected, expected
from wycheproof.vectors import Malformed, Test, read

RUNNER = Path(__file__).with_name("run.py")
VECTORS = Path(__file__).parent.parent / "vectors" / "wycheproof"
COPIED = {
    "aes_cbc_pkcs5_test.json": "passed 216  failed 0  not applicable 0",
    "aes_cmac_test.json": "passed 311  failed 0  not applicable 0",
    "aes_gcm_test.json": "passed 316  failed 0  not applicable 0",
    "aes_kwp_test.json": "passed 254  failed 0  not applicable 0",
    "aes_wrap_test.json": "passed 165  failed 0  not applicable 0",
    "ecdh_secp256r1_ecpoint_test.json": "passed 355  failed 0  not applicable 0",
    "ecdsa_secp256r1_sha256_p1363_test.json": "passed 262  failed 0  not applicable 0",
    "ecdsa_secp256r1_sha256_test.json": "passed 484  failed 0  not applicable 0",
    "ed25519_test.json": "passed 151  failed 0  not applicable 0",
    "hkdf_sha256_test.json": "passed 83  failed 0  not applicable 3 (derived key of 8160 bytes, not 1 to 800: 3)",
    "hmac_sha256_test.json": "passed 174  failed 0  not applicable 0",
    "mldsa_65_verify_test.json": "passed 205  failed 0  not applicable 5 "
    "(context of more than 255 bytes, which the caller of ML-DSA-EXTERNAL-MU checks: 5)",
    "rsa_oaep_2048_sha256_mgf1sha256_test.json": "passed 37  failed 0  not applicable 0",
    "rsa_pss_2048_sha256_mgf1_32_test.json": "passed 108  failed 0  not applicable 0",
    "rsa_signature_2048_sha256_test.json": "passed 259  failed 0  not applicable 0",
}


@dataclass(frozen=True)
class Run:
    """What a run of the runner printed, and its exit code."""

    code: int
    lines: list[str]
    errors: str

    def line(self, name: str) -> str:
        """Return what follows the name of a file on its line."""
        found = [line.removeprefix(name).strip() for line in self.lines if line.startswith(f"{name} ")]
        assert len(found) == 1, (name, self.lines)
        return found[0]

    def failures(self) -> list[str]:
        return [line for line in self.lines if line.startswith("FAILED ")]


def run(folder: Path) -> Run:
    command = [sys.executable, str(RUNNER), "--transport", transport().value, str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return Run(done.returncode, done.stdout.splitlines(), done.stderr)


@pytest.fixture(scope="module")
def copied() -> Run:
    return run(VECTORS)


@pytest.fixture(scope="module")
def own_files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Run, dict[str, str]]:
    folder = tmp_path_factory.mktemp("own")
    lines = own.write_all(folder)
    return run(folder), lines


@pytest.mark.parametrize("name", sorted(COPIED))
def test_copied_vectors_pass(copied: Run, name: str) -> None:
    assert copied.line(name) == COPIED[name], "\n".join(copied.failures()[:20])


def test_every_copied_file_ran(copied: Run) -> None:
    assert sorted(path.name for path in VECTORS.glob("*.json")) == sorted(COPIED)
    assert copied.lines[-1] == "15 files: passed 3380, failed 0, not applicable 8"
    assert copied.code == 0
    assert copied.errors == ""


def test_own_vectors_pass(own_files: tuple[Run, dict[str, str]]) -> None:
    done, expected = own_files
    assert done.failures() == []
    assert done.lines[:-1] == [expected[name] for name in sorted(expected)]
    assert done.code == 0


def corrupt(name: str, change: Any) -> dict[str, Any]:
    """Return a copied file with its last valid and its last invalid test, changed."""
    content: dict[str, Any] = json.loads((VECTORS / name).read_text())
    every = [(group, test) for group in content["testGroups"] for test in group["tests"]]
    chosen = [next(pair for pair in reversed(every) if pair[1]["result"] == result) for result in ("valid", "invalid")]
    change([test for _, test in chosen])
    return {**content, "testGroups": [{**group, "tests": [test]} for group, test in chosen]}


def flip(field: str) -> Any:
    """Return what changes the first byte of a field of the valid test."""

    def change(tests: list[dict[str, Any]]) -> None:
        test = next(test for test in tests if test["result"] == "valid")
        test[field] = f"{int(test[field][:2], 16) ^ 1:02x}{test[field][2:]}"

    return change


def swap_results(tests: list[dict[str, Any]]) -> None:
    for test in tests:
        test["result"] = {"valid": "invalid", "invalid": "valid"}.get(test["result"], test["result"])


FLIPPED = {
    "aes_cbc_pkcs5_test.json": "msg",
    "aes_gcm_test.json": "msg",
    "aes_wrap_test.json": "msg",
    "ecdsa_secp256r1_sha256_test.json": "msg",
    "ed25519_test.json": "sig",
    "hmac_sha256_test.json": "tag",
    "mldsa_65_verify_test.json": "sig",
    "rsa_oaep_2048_sha256_mgf1sha256_test.json": "msg",
    "rsa_pss_2048_sha256_mgf1_32_test.json": "sig",
    "rsa_signature_2048_sha256_test.json": "sig",
}


def test_a_wrong_vector_fails(tmp_path: Path) -> None:
    for name, field in FLIPPED.items():
        (tmp_path / f"flipped_{name}").write_text(json.dumps(corrupt(name, flip(field))))
        (tmp_path / f"swapped_{name}").write_text(json.dumps(corrupt(name, swap_results)))
    done = run(tmp_path)
    assert done.code == 1
    for name in FLIPPED:
        failed = [line for line in done.failures() if line.startswith(f"FAILED flipped_{name} tcId ")]
        assert len(failed) == 1, name
        assert "expected" in failed[0]
        assert len(failed[0]) < 400
        swapped = [line for line in done.failures() if line.startswith(f"FAILED swapped_{name} tcId ")]
        assert len(swapped) == 2, name
    assert f"failed {3 * len(FLIPPED)}, " in done.lines[-1]


@pytest.mark.parametrize(
    ("type_", "result", "flags", "wanted"),
    [
        ("KeywrapTest", "valid", ["ShortKey"], Expected.ACCEPT),
        ("KeywrapTest", "invalid", ["ShortKey"], Expected.REFUSE),
        ("KeywrapTest", "acceptable", ["ShortKey"], Expected.REFUSE),
        ("RsassaPkcs1Verify", "acceptable", ["MissingNull"], Expected.REFUSE),
        ("RsassaPkcs1Verify", "acceptable", ["SmallPublicKey"], Expected.EITHER),
        ("RsassaPkcs1Generate", "acceptable", ["WeakHash", "SmallPublicKey"], Expected.ACCEPT),
        ("RsassaPkcs1Generate", "acceptable", [], Expected.ACCEPT),
        ("EcdhTest", "acceptable", ["CompressedPoint"], Expected.EITHER),
        ("EcdhTest", "invalid", ["WrongCurve"], Expected.REFUSE),
        ("MacTest", "acceptable", [], Expected.EITHER),
    ],
)
def test_policy(type_: str, result: str, flags: list[str], wanted: Expected) -> None:
    assert expected(type_, Test("a test", {}, 1, "", frozenset(flags), result)) is wanted


def test_what_is_no_file_of_vectors_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "list.json").write_text("[]")
    (tmp_path / "schema.json").write_text('{"type": "object"}')
    (tmp_path / "notes.txt").write_text("no JSON")
    done = run(tmp_path)
    reason = "not applicable: no file of vectors: it has no testGroups"
    assert done.lines == [
        f"list.json  {reason}",
        f"schema.json  {reason}",
        "2 files: passed 0, failed 0, not applicable 0",
    ]
    assert done.code == 0


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b'{"testGroups": [', "is no JSON: "),
        (b"\xff\xfe", "is no JSON: "),
        (b'{"testGroups": {}}', "testGroups must be a list"),
        (b'{"testGroups": [{"tests": []}]}', "group 1: field 'type' must be a string"),
        (b'{"testGroups": [{"type": "MacTest", "tests": [{"result": "valid"}]}]}', "field 'tcId' must be a number"),
        (
            b'{"testGroups": [{"type": "MacTest", "tests": [{"tcId": 7, "result": "maybe"}]}]}',
            "group 1, tcId 7: the result must be valid, invalid or acceptable, not 'maybe'",
        ),
    ],
)
def test_a_file_that_cannot_be_read_is_malformed(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "broken_test.json"
    path.write_bytes(content)
    with pytest.raises(Malformed, match=re.escape(message)):
        read(path)


def test_malformed_files_are_errors_beside_which_the_others_run(tmp_path: Path) -> None:
    name = "hmac_sha256_test.json"
    (tmp_path / name).write_bytes((VECTORS / name).read_bytes())
    (tmp_path / "a_test.json").write_text("{")
    test = {"tcId": 7, "result": "valid", "key": "xy", "msg": "", "tag": ""}
    group = {"type": "MacTest", "tagSize": 128, "tests": [test]}
    (tmp_path / "z_test.json").write_text(json.dumps({"algorithm": "AES-CMAC", "testGroups": [group]}))
    done = run(tmp_path)
    first, second = done.errors.splitlines()
    assert first.startswith("error: a_test.json: is no JSON: ")
    assert second == "error: z_test.json: group 1, tcId 7: field 'key' is not hexadecimal"
    assert done.line(name) == COPIED[name]
    assert done.code == 2


@pytest.mark.parametrize("exists", [True, False])
def test_a_folder_without_files_is_an_error(tmp_path: Path, exists: bool) -> None:
    done = run(tmp_path if exists else tmp_path / "absent")
    assert "there is no such folder, or no file named *.json in it" in done.errors
    assert done.code == 2
