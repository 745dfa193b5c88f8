"""What is made of the numbers that were measured."""

from __future__ import annotations

import sys
import types
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC, CTR

from bridge.cli import speed as verb
from bridge.engine import HsmError, ReturnCode
from bridge.speed import limits, plot, report, softhsm2, software
from bridge.speed.company import PEERS
from bridge.speed.contenders import OpenSsl, printed_rate
from bridge.speed.floors import Profile, _differences
from bridge.speed.floors import table as profile_table
from bridge.speed.operations import MIB, OPERATIONS, TRANSPORTS, Case
from bridge.speed.rounds import Effort, Result, measure
from speed.sleeper import Sleeper

CASE = Case("p256-sign", 32)
RESULT = Result(CASE, {"in-process": [100.0, 200.0, 400.0], "softhsm2": [50.0, 50.0, 800.0]})


def test_a_ratio_is_that_of_the_medians() -> None:
    assert RESULT.rate("in-process") == 200
    assert RESULT.spread("in-process") == 1.5
    assert RESULT.time_ratio("in-process", "softhsm2") == (0.25, 3.5)
    assert RESULT.rate_ratio("in-process", "softhsm2") == (4.0, (4.0 - 0.5) / 2.0)


def test_contenders_take_turns_after_they_are_warm() -> None:
    log: list[str] = []
    told: list[tuple[str, int, int]] = []
    signer = ("p256-sign",)
    both = [Sleeper("a", 1e6, log, signer), Sleeper("b", 20, log, signer), Sleeper("c", 1, log, ())]
    cases = [Case("find-label", 100), CASE]
    nobody, result = measure(cases, both, Effort(2, 0.1), lambda *args: told.append(args))
    assert nobody == Result(cases[0], {}, unable=("a", "b", "c"))
    assert result == Result(CASE, {"a": [1e6, 1e6], "b": [20, 20]}, unable=("c",))
    assert log[-4:] == ["a", "b", "b", "a"]
    assert log[:2] == ["a", "b"], "they rehearse"
    assert log[2:-4] == ["a"] * 3 + ["b"] * 4, "the slow one has more turns to get quick"
    assert told == [("find-label, 100 keys, 1 thread", 0, 2), ("p256-sign, 32 bytes, 1 thread", 1, 2)]


def test_what_somebody_cannot_do_is_refused_before_anything_is_measured() -> None:
    class Unable(Sleeper):
        def rate(self, case: Case, seconds: float) -> float:
            if case.size > 32:
                raise HsmError(ReturnCode.FUNCTION_FAILED, "too long")
            return super().rate(case, seconds)

    log: list[str] = []
    with pytest.raises(HsmError, match="too long"):
        measure([CASE, Case("p256-sign", 33)], [Unable("a", 1, log)], Effort(), lambda *_: None)
    assert log == ["a"]


def test_a_table_has_a_line_a_contender_and_our_ratios() -> None:
    lines = report.table([RESULT]).splitlines()
    assert lines[0] == "p256-sign, 32 bytes, 1 thread: SHA256withECDSA, P-256"
    assert lines[1].split() == ["time", "a", "second", "spread", "in-process", "/", "it"]
    assert lines[2].split() == ["in-process", "5,000.0", "µs", "200", "±75%"]
    assert lines[3].split() == ["softhsm2", "20.0", "ms", "50", "±750%", "0.25"]


def test_a_limit_is_for_the_ratio_of_medians_and_names_the_workers_of_a_daemon() -> None:
    result = Result(CASE, {"socket": [10.0, 20.0, 40.0], "softhsm2": [10.0, 40.0, 40.0]})
    row = limits._row(limits.Limit(CASE, "socket", "softhsm2", 0.8), result, 2)
    assert row == limits.Row(
        "p256-sign, 32 bytes, 1 thread, socket, 2 workers", "softhsm2, time", 2.0, 1.0, 0.8, at_most=True
    )
    row = limits._row(limits.Limit(CASE, "socket", "softhsm2", 0.5, of_time=False), result, 2)
    assert (row.value, row.spread) == (0.5, 0.5)


def test_who_has_no_such_operation_is_named() -> None:
    result = Result(CASE, {"in-process": [10.0]}, unable=("openssl",))
    assert report.table([result]).splitlines()[-1].split() == ["openssl", "does", "not", "do", "this"]
    (found,) = report.as_json([result])
    assert found["unable"] == ["openssl"]


def test_openssl_signs_digests_only() -> None:
    openssl = OpenSsl(1)
    assert openssl.does(CASE)
    assert not openssl.does(Case("p256-sign", 1000))
    assert openssl.does(Case("aes256-gcm", 1000))
    assert not openssl.does(Case("find-label", 100))


def test_a_stream_has_a_rate_in_mib() -> None:
    result = Result(Case("aes256-ctr", 64 * MIB, 2), {"in-process": [10.0] * 5})
    assert report.table([result]).splitlines()[0].startswith("aes256-ctr, 64 MiB, 2 threads: ")
    assert "640 MiB" in report.table([result])


def test_json_has_every_round() -> None:
    (found,) = report.as_json([RESULT])
    assert (found["operation"], found["threads"]) == ("p256-sign", 1)
    assert found["contenders"]["softhsm2"] == {"rate": 50.0, "spread": 15.0, "rates": [50.0, 50.0, 800.0]}
    assert found["time_ratios"] == {"in-process": {"softhsm2": 0.25}}


@pytest.mark.parametrize(
    ("printed", "column", "rate"),
    [
        ("+F2:2:2048:1080.4:38288.8\n", 0, 1080.4),
        ("+F2:2:2048:1080.4:38288.8\n", 1, 38288.8),
        ("+H:1024\n+F:25:AES-256-GCM:1301938133.33\n", 0, 1301938133.33),
        ("Forked child 0\nGot: +F2:2:2048:7.0:9.0 from 0\n+F2:2:2048:16.0:58.0\n", 0, 16.0),
        ("Doing something else\n", 0, None),
        ("+F2:2:2048\n", 0, None),
    ],
)
def test_what_openssl_speed_prints_is_read(printed: str, column: int, rate: float | None) -> None:
    assert printed_rate(printed, column) == rate


def test_what_has_a_limit_is_met_on_the_right_side_of_it() -> None:
    assert limits.Row("a", "b", 1.0, 0.1, 1.0, at_most=True).met
    assert not limits.Row("a", "b", 1.01, 0.1, 1.0, at_most=True).met
    assert limits.Row("a", "b", 1.0, 0.1, 1.0, at_most=False).met
    assert not limits.Row("a", "b", 0.99, 0.1, 1.0, at_most=False).met
    rows = [
        limits.Row("signing", "softhsm2, time", 0.5, 0.1, 0.6, at_most=True),
        limits.Row("a", "", 2.0, 0.4, 1.0, True, "9 MiB"),
    ]
    assert [line.split() for line in limits.table(rows).splitlines()] == [
        ["what", "against", "is", "spread", "limit"],
        ["signing", "softhsm2,", "time", "0.50", "±5%", "at", "most", "0.60", "met"],
        ["a", "2.00", "s", "±20%", "at", "most", "1.00", "missed", "(9", "MiB)"],
    ]
    assert [row["met"] for row in limits.as_json(rows)] == [True, False]


def test_a_floor_is_what_it_adds() -> None:
    times = {"OpenSSL": [27, 54, 27], "engine": [31, 58, 90], "socket engine": [80, 107, 80], "socket": [85, 112, 9]}
    assert _differences({name: list(map(float, each)) for name, each in times.items()}, "socket") == (27, 4, 49, 5)
    lines = profile_table(CASE, [Profile("socket", (27.0, 4.0, 49.0, 5.0))]).splitlines()
    assert [line.split()[0] for line in lines[2:]] == ["Java", "border", "engine", "OpenSSL", "in"]
    assert lines[-1].split() == ["in", "all", "85.0", "µs", "100.0%"]


@pytest.mark.parametrize("suffix", plot.SUFFIXES)
def test_a_plot_is_a_picture(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"speed{suffix}"
    plot.require_plot(path)
    plot.plot([RESULT], path)
    data = path.read_bytes()
    assert data.startswith(b"\x89PNG") if suffix == ".png" else b"<svg" in data


def test_a_plot_that_cannot_be_drawn_is_refused_before_anything_is_measured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(HsmError, match=r"not speed\.pdf"):
        plot.require_plot(tmp_path / "speed.pdf")
    with pytest.raises(HsmError, match=r"missing/speed\.svg cannot be written"):
        plot.require_plot(tmp_path / "missing" / "speed.svg")
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(HsmError, match=r"pip install 'hsmbridge\[plot\]'"):
        plot.require_plot(tmp_path / "speed.svg")


def test_who_is_not_there_to_compare_with_is_to_be_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(HsmError, match="install it"), softhsm2.token():
        raise AssertionError("there is none")
    with pytest.raises(HsmError, match="install it"):
        OpenSsl(2)


@pytest.mark.parametrize(
    ("make", "lengths"),
    [
        (software.p256_sign, range(64, 73)),
        (software.p256_sign_digest, range(64, 73)),
        (software.rsa2048_sign, [256]),
        (software.rsa2048_sign_digest, [256]),
        (software.aes256_gcm, [1000 + 16]),
        (software.hmac_sha256, [32]),
    ],
)
def test_what_cryptography_does_is_done(make: Callable[[int], Callable[[], bytes]], lengths: Collection[int]) -> None:
    assert len(make(1000)()) in lengths


@pytest.mark.parametrize(("make", "mode"), [(software.aes256_cbc, CBC), (software.aes256_ctr, CTR)])
def test_a_stream_is_encrypted_buffer_by_buffer(
    make: Callable[[int], Callable[[], object]], mode: type[CBC] | type[CTR], monkeypatch: pytest.MonkeyPatch
) -> None:
    lengths: list[int] = []
    encryptor = Cipher(AES(bytes(32)), mode(bytes(16))).encryptor()

    class Encryptor:
        def update_into(self, given: bytes, room: bytearray) -> int:
            lengths.append(encryptor.update_into(given, room))
            return lengths[-1]

    monkeypatch.setattr(Cipher, "encryptor", lambda _: Encryptor())
    make(2 * software.BUFFER + 32)()
    assert lengths == [software.BUFFER, software.BUFFER, 32]


@pytest.mark.parametrize(("make", "key"), [(software.p256_verify, ec), (software.rsa2048_verify, rsa)])
def test_a_signature_is_verified(
    make: Callable[[int], Callable[[], object]], key: types.ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = key.generate_private_key

    class Liar:
        def __init__(self, *arguments: Any) -> None:
            self.public_key = real(*arguments).public_key

        def sign(self, *arguments: object) -> bytes:
            return bytes(64)

    monkeypatch.setattr(key, "generate_private_key", Liar)
    with pytest.raises(InvalidSignature):
        make(32)()


def test_the_verb_knows_what_there_is() -> None:
    assert tuple(OPERATIONS) == verb._OPERATIONS
    assert tuple(name for name, row in OPERATIONS.items() if row.profiled) == verb._PROFILED
    assert (TRANSPORTS, PEERS) == (verb._TRANSPORTS, verb._PEERS)
    assert all(row.software for row in OPERATIONS.values() if row.profiled)
