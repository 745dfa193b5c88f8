"""``hsmbridge configure``, and the file ``cloudhsm-jce.cfg`` that it writes, with the options of ``configure-jce``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.cli.configure_options import _spread
from cli.command import ADMIN, answer, run

EVERY_OPTION = """
-a h --hsm-ca-cert ca --server-client-cert-file cert --server-client-key-file key
--client-cert-hsm-tls-file hsm-cert --client-key-hsm-tls-file hsm-key --cluster-id c-1
--region eu-central-1 --endpoint https://example --enable-key-availability-check
--disable-validate-key-at-init --default-retry-mode off
--log-type file --log-file jce.log --log-level debug --log-rotation weekly
"""


@pytest.fixture
def empty(tmp_path: Path) -> Path:
    """A home without an HSM: on a computer whose HSM is elsewhere."""
    return tmp_path / "elsewhere"


def content(home: Path) -> Any:
    return json.loads((home / "cloudhsm-jce.cfg").read_text())


def server(host: str, port: int = 2223) -> dict[str, object]:
    return {"hostname": host, "port": port, "enable": True}


@pytest.mark.parametrize(
    ("arguments", "servers"),
    [
        (["-a", "10.0.0.1"], [server("10.0.0.1")]),
        (["-a", "10.0.0.1", "-a", "10.0.0.2"], [server("10.0.0.1"), server("10.0.0.2")]),
        (["-a", "10.0.0.1", "hsm.example:77"], [server("10.0.0.1"), server("hsm.example", 77)]),
        (["-a", "10.0.0.1 10.0.0.2,10.0.0.3"], [server(f"10.0.0.{i}") for i in (1, 2, 3)]),
        (["-a", "localhost:1", "::1", "--port", "99"], [server("localhost", 1), server("::1", 99)]),
        (["-a", "[::1]", "[fe80::2]:65535"], [server("::1"), server("fe80::2", 65535)]),
    ],
)
def test_writes_the_servers(empty: Path, arguments: list[str], servers: list[object]) -> None:
    shown = answer(run(empty, {}, "configure", *arguments))

    written = {"clusters": [{"type": "hsm1", "cluster": {"servers": servers}}]}
    assert shown == {"config-file": str(empty / "cloudhsm-jce.cfg"), "config": written}
    assert content(empty) == written
    assert (empty / "cloudhsm-jce.cfg").stat().st_mode & 0o777 == 0o600
    assert empty.stat().st_mode & 0o777 == 0o700
    assert [path.name for path in empty.iterdir()] == ["cloudhsm-jce.cfg"]


def test_writes_every_option_under_the_key_of_the_original(
    empty: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("ca", "cert", "key", "hsm-cert", "hsm-key"):
        (tmp_path / name).touch()
    answer(run(empty, {}, "configure", *EVERY_OPTION.split()))

    cluster = {
        "cluster_id": "c-1",
        "hsm_ca_file": str(tmp_path / "ca"),
        "client_cert_path": str(tmp_path / "cert"),
        "client_key_path": str(tmp_path / "key"),
        "client_cert_hsm_tls_path": str(tmp_path / "hsm-cert"),
        "client_key_hsm_tls_path": str(tmp_path / "hsm-key"),
        "servers": [server("h")],
        "options": {
            "disable_key_availability_check": False,
            "disable_validate_key_at_init": True,
            "default_retry_mode": "off",
        },
    }
    logging = {
        "log_type": "file",
        "log_file": str(tmp_path / "jce.log"),
        "log_level": "debug",
        "log_interval": "weekly",
    }
    assert content(empty) == {"clusters": [{"type": "hsm1", "cluster": cluster}], "logging": logging}


def test_changes_what_is_asked_for_and_keeps_what_it_does_not_know(empty: Path) -> None:
    empty.mkdir()
    old = {
        "new": [1, {"a": None}],
        "clusters": [
            {"type": "hsm2", "more": 1, "cluster": {"servers": [server("ü", 3)], "options": {"x": 2}, "y": 1}}
        ],
    }
    (empty / "cloudhsm-jce.cfg").write_text(json.dumps(old), encoding="utf-8")
    answer(run(empty, {}, "configure", "--disable-key-availability-check", "--log-type", "term"))

    cluster = {"servers": [server("ü", 3)], "options": {"x": 2, "disable_key_availability_check": True}, "y": 1}
    assert content(empty) == {
        "new": [1, {"a": None}],
        "clusters": [{"type": "hsm2", "more": 1, "cluster": cluster}],
        "logging": {"log_type": "term"},
    }


def test_adds_and_removes_clusters(empty: Path) -> None:
    answer(run(empty, {}, "configure", "-a", "one"))
    answer(run(empty, {}, "configure", "add-cluster", "--cluster-id", "blue", "-a", "two", "three"))
    answer(run(empty, {}, "configure", "--cluster-id", "green", "-a", "four"))
    answer(run(empty, {}, "configure", "--cluster-id", "blue", "--default-retry-mode", "off"))

    green = {"cluster_id": "green", "servers": [server("four")]}
    blue = {"cluster_id": "blue", "servers": [server("two"), server("three")], "options": {"default_retry_mode": "off"}}
    assert [entry["cluster"] for entry in content(empty)["clusters"]] == [green, blue]

    again = run(empty, {}, "configure", "add-cluster", "--cluster-id", "blue", "-a", "two")
    assert "has the cluster blue already" in refusal(again)
    unknown = run(empty, {}, "configure", "--cluster-id", "red", "-a", "two")
    assert "has no cluster red, but green, blue. Add one with" in refusal(unknown)
    assert "has no cluster red, but green, blue." in refusal(
        run(empty, {}, "configure", "remove-cluster", "--cluster-id", "red")
    )
    answer(run(empty, {}, "configure", "remove-cluster", "--cluster-id", "green"))
    assert [entry["cluster"] for entry in content(empty)["clusters"]] == [blue]


@pytest.mark.parametrize("verb", [["configure"], ["configure", "add-cluster"]])
def test_cannot_look_up_addresses(empty: Path, verb: list[str]) -> None:
    result = run(empty, {}, *verb, "--cluster-id", "c-1", "--region", "eu-central-1")
    message = refusal(result)
    assert "takes a control plane, which hsmbridge does not have yet" in message
    assert "`hsmbridge configure --cluster-id c-1 -a 127.0.0.1`" in message
    assert not empty.exists()


def refusal(result: Any) -> str:
    assert result.exit_code == 1
    envelope = json.loads(result.stdout)
    assert envelope["error_code"] == 1
    return str(envelope["data"])


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["-a", "host:0"], "a port is a number from 1 to 65535"),
        (["-a", "host:abc"], "a port is a number from 1 to 65535"),
        (["-a", "host:65536"], "a port is a number from 1 to 65535"),
        (["-a", "<HSM IP>"], "is no address"),
        (["-a", ""], "is no address"),
        (["--port", "5"], "--port goes with -a"),
        (["--port", "0", "-a", "h"], "--port"),
        (["--hsm-ca-cert", "/nowhere/ca.crt"], "does not exist"),
        (["--log-level", "loud"], "'loud' is not one of"),
        (["--log-rotation", "yearly"], "'yearly' is not one of"),
        (["--default-retry-mode", "often"], "'often' is not one of"),
        (["--server-client-cert-file", __file__], "go together"),
        (["--client-key-hsm-tls-file", __file__], "go together"),
        (["add-cluster", "-a", "host"], "--cluster-id"),
        (["remove-cluster"], "--cluster-id"),
        (["--default-retry-mode", "off", "remove-cluster", "--cluster-id", "x"], "options behind remove-cluster"),
        (["add-clusters"], "No such command"),
    ],
)
def test_wrong_usage_writes_nothing(empty: Path, arguments: list[str], text: str) -> None:
    result = run(empty, {}, "configure", *arguments)
    assert result.exit_code == 2
    assert text in result.stderr
    assert not empty.exists()


def test_the_file_is_where_the_option_or_the_variable_says(empty: Path, tmp_path: Path) -> None:
    by_option, by_variable = tmp_path / "a.cfg", tmp_path / "b.cfg"
    variable = {"HSMBRIDGE_CONFIG": str(by_variable)}
    answer(run(empty, variable, "configure", "-a", "one"))
    answer(run(empty, variable, "configure", "--config", by_option, "-a", "two"))
    answer(run(empty, {}, "configure", "--config", by_option, "add-cluster", "--cluster-id", "x", "-a", "three"))

    for path, hosts in ((by_variable, ["one"]), (by_option, ["two", "three"])):
        clusters = json.loads(path.read_text())["clusters"]
        assert [entry["cluster"]["servers"][0]["hostname"] for entry in clusters] == hosts
    assert not empty.exists()


def test_shows_the_file_beside_the_settings_and_alone_where_there_is_no_hsm(home: Path, empty: Path) -> None:
    for folder, has_settings in ((home, True), (empty, False)):
        answer(run(folder, {}, "configure", "-a", "one"))
        shown = answer(run(folder, {}, "configure"))
        assert shown["config"] == content(folder)
        assert ("mode" in shown) is has_settings


def test_clear_extraction_is_set_in_the_hsm_and_in_a_file_that_exists(home: Path) -> None:
    option = "--enable-clear-key-extraction-in-software"
    shown = answer(run(home, ADMIN, "configure", option))
    assert (shown["clear-key-extraction-in-software"], shown["config"]) == (True, None)
    answer(run(home, {}, "configure", "-a", "one"))
    answer(run(home, ADMIN, "configure", option.replace("enable", "disable")))
    assert content(home)["clusters"][0]["cluster"]["options"] == {"enable_clear_key_extraction_in_software": False}


def test_a_refused_password_leaves_the_file_as_it_was(home: Path) -> None:
    answer(run(home, {}, "configure", "-a", "one"))
    before = content(home)
    wrong = {"HSMBRIDGE_ADMIN_PASSWORD": "not-the-password"}
    refusal(run(home, wrong, "configure", "-a", "two", "--enable-clear-key-extraction-in-software"))
    assert content(home) == before


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{\n"clusters": [}\n', "is not JSON (line 2"),
        ("\xff", "is not JSON in UTF-8"),
        ("[" * 100_000, "is not JSON in UTF-8"),
        ("[]", "holds no object"),
        ('{"clusters": {}}', '"clusters" that are no list'),
        ('{"logging": 1}', '"logging" that is no object'),
        ('{"clusters": [1]}', 'without an object "cluster"'),
        ('{"clusters": [{"cluster": {"options": []}}]}', 'odd "options"'),
    ],
)
def test_a_file_that_cannot_be_understood_is_left_alone(empty: Path, text: str, message: str) -> None:
    empty.mkdir()
    path = empty / "cloudhsm-jce.cfg"
    path.write_bytes(text.encode("latin-1"))
    said = refusal(run(empty, {}, "configure", "-a", "one"))
    assert str(path) in said
    assert message in said
    assert path.read_bytes() == text.encode("latin-1")


def test_a_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    path = tmp_path / "file" / "cloudhsm-jce.cfg"
    assert f"The configuration file {path} cannot be" in refusal(
        run(tmp_path, {}, "configure", "--config", path, "-a", "one")
    )


def test_a_link_to_the_file_stays_a_link(empty: Path, tmp_path: Path) -> None:
    empty.mkdir()
    (empty / "cloudhsm-jce.cfg").symlink_to(tmp_path / "shared.cfg")
    answer(run(empty, {}, "configure", "-a", "one"))
    assert (empty / "cloudhsm-jce.cfg").is_symlink()
    assert content(empty) == json.loads((tmp_path / "shared.cfg").read_text())


@given(st.lists(st.sampled_from(["-a", "x", "y", "--port", "--", "add-cluster"])))
def test_only_values_of_the_option_are_spread(arguments: list[str]) -> None:
    spread = _spread(arguments, {"add-cluster"})
    assert [word for word in spread if word != "-a"] == [word for word in arguments if word != "-a"]
    if "-a" not in arguments:
        assert spread == arguments
