"""The configuration file as Java reads it: ``cloudhsm-jce.cfg``."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cli.command import run

from locate.conftest import IO_EXCEPTION, NewProbe, Probe


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """The probe's home, without an HSM."""
    folder = tmp_path / "home"
    folder.mkdir()
    return folder


@pytest.fixture
def probe(shared_probe: Probe, home: Path) -> Iterator[Probe]:
    """The shared JVM, with the home of this test."""
    shared_probe("set", "hsmbridge.home", home)
    yield shared_probe
    for name in ("home", "config"):
        shared_probe("set", f"hsmbridge.{name}", "")


def put(home: Path, *clusters: dict[str, Any], **more: Any) -> Path:
    """Write the file with clusters, and return its path."""
    path = home / "cloudhsm-jce.cfg"
    entries = [{"type": "hsm1", "cluster": cluster} for cluster in clusters]
    path.write_text(json.dumps({"clusters": entries, **more}, indent=1))
    return path


def test_reads_the_file_of_the_original(probe: Probe, home: Path) -> None:
    # As on the pages of the user guide, and in the samples.
    path = home / "cloudhsm-jce.cfg"
    path.write_text(
        """{
    "clusters" : [{
        "type": "hsm1",
        "cluster":{
            "hsm_ca_file": "/opt/cloudhsm/etc/customerCA.crt",
            "client_cert_path": "/opt/cloudhsm/etc/client.crt",
            "client_key_path": "/opt/cloudhsm/etc/client.key",
            "servers":[
                {"hostname": "10.0.0.1", "port": 2223, "enable": true},
                {"hostname": "10.0.0.2", "port": 2223, "enable": false},
                {"hostname": "::1"}
            ],
            "options": {"disable_key_availability_check": true}
        }
    }],
    "logging": {
        "log_type": "file",
        "log_file": "/opt/cloudhsm/run/cloudhsm-jce.log",
        "log_level": "info",
        "log_interval": "daily"
    }
}
"""
    )
    assert probe("file") == (
        f"ConfigFile[path={path}, clusters=[ClusterConfig[identifier=null, "
        "hsmCa=/opt/cloudhsm/etc/customerCA.crt, clientCertificate=/opt/cloudhsm/etc/client.crt, "
        "clientKey=/opt/cloudhsm/etc/client.key, servers=[10.0.0.1:2223, [::1]:2223], availabilityCheck=false, "
        "clearExtraction=null, retry=null]], switchedOff=[], logging=LogConfig[type=file, "
        "file=/opt/cloudhsm/run/cloudhsm-jce.log, level=info, interval=daily]]"
    )


def test_reads_what_configure_writes(probe: Probe, home: Path, tmp_path: Path) -> None:
    for name in ("ca", "cert", "key"):
        (tmp_path / name).touch()
    options: list[str | Path] = [
        "-a",
        "h1:5",
        "::1",
        "--hsm-ca-cert",
        tmp_path / "ca",
        "--enable-key-availability-check",
    ]
    options += ["--client-cert-hsm-tls-file", tmp_path / "cert", "--client-key-hsm-tls-file", tmp_path / "key"]
    options += ["--default-retry-mode", "off", "--cluster-id", "c-1", "--log-type", "term", "--log-level", "debug"]
    assert run(home, {}, "configure", *options).exit_code == 0
    assert probe("merged", "c-1") == (
        f"ClusterConfig[identifier=c-1, hsmCa={tmp_path}/ca, clientCertificate={tmp_path}/cert, "
        f"clientKey={tmp_path}/key, servers=[h1:5, [::1]:2223], availabilityCheck=true, clearExtraction=null, "
        "retry=false] {min_hsms=2}"
    )
    assert "logging=LogConfig[type=term, file=null, level=debug, interval=null]" in probe("file")


@pytest.mark.parametrize(
    ("options", "rules"),
    [
        ({}, "{}"),
        ({"disable_key_availability_check": True}, "{}"),
        ({"disable_key_availability_check": False}, "{min_hsms=2}"),
        ({"enable_clear_key_extraction_in_software": True}, "{}"),
        ({"enable_clear_key_extraction_in_software": False}, "{clear_extraction=false}"),
        ({"disable_key_availability_check": None, "unknown": {"x": [1.5e3]}}, "{}"),
    ],
)
def test_options_become_rules_of_the_session(probe: Probe, home: Path, options: dict[str, Any], rules: str) -> None:
    put(home, {"options": options})
    assert probe("merged", "").endswith(f" {rules}")


def test_paths_are_relative_to_the_file(probe: Probe, home: Path) -> None:
    put(home, {"hsm_ca_file": "ca.crt"}, logging={"log_file": "../jce.log"})
    shown = probe("file")
    assert f"hsmCa={home}/ca.crt" in shown
    assert f"file={home}/../jce.log" in shown


def test_clusters_are_found_by_their_identifier(probe: Probe, home: Path) -> None:
    put(home, {"servers": [{"hostname": "a"}]}, {"cluster_id": "blue", "servers": [{"hostname": "b"}]})
    assert "servers=[a:2223]" in probe("merged", "")
    assert "servers=[b:2223]" in probe("merged", "blue")
    assert probe("merged", "red").startswith("null")


def test_is_where_the_property_or_the_variable_says(new_probe: NewProbe, home: Path, tmp_path: Path) -> None:
    put(home, {"cluster_id": "home"})
    for name in ("variable", "property"):
        put(home, {"cluster_id": name}).rename(tmp_path / f"{name}.cfg")
    put(home, {"cluster_id": "home"})
    probe = new_probe(home, HSMBRIDGE_CONFIG=str(tmp_path / "variable.cfg"))
    assert "identifier=variable" in probe("file")
    probe("set", "hsmbridge.config", tmp_path / "property.cfg")
    assert "identifier=property" in probe("file")
    probe("set", "hsmbridge.config", tmp_path / "missing.cfg")
    message = probe.refuses("default", kind=IO_EXCEPTION)
    assert message == (
        f"The configuration file {tmp_path}/missing.cfg, which -Dhsmbridge.config names, is not there. Write it with "
        f"`hsmbridge configure -a ADDRESS --config {tmp_path}/missing.cfg`, or unset -Dhsmbridge.config."
    )
    assert "identifier=home" in new_probe(home)("file")


def test_is_not_needed(probe: Probe) -> None:
    assert probe("file") == "null"


@pytest.mark.parametrize(
    ("text", "line", "why"),
    [
        ("[]", 1, "the file must be an object"),
        ('{\n"clusters": {}}', 2, '"clusters" must be a list'),
        ('{"clusters": [\n1]}', 2, 'an element of "clusters" must be an object'),
        ('{"clusters": [\n{}]}', 2, 'an element of "clusters" has no "cluster"'),
        ('{"clusters": [{"cluster":\n[]}]}', 2, '"cluster" must be an object'),
        ('{"clusters": [{"cluster": {"cluster_id":\n5}}]}', 2, '"cluster_id" must be a text'),
        ('{"clusters": [{"cluster": {"hsm_ca_file":\n""}}]}', 2, '"hsm_ca_file" is empty'),
        ('{"clusters": [{"cluster": {"hsm_ca_file":\n"a\\u0000"}}]}', 2, '"hsm_ca_file" is no path'),
        ('{"clusters": [{"cluster":\n{"client_cert_path": "c"}}]}', 2, '"client_key_path" go together'),
        ('{"clusters": [{"cluster":\n{"client_key_hsm_tls_path": "c"}}]}', 2, '"client_key_hsm_tls_path" go together'),
        ('{"clusters": [{"cluster": {"options":\n[]}}]}', 2, "must be an object"),
        ('{"clusters": [{"cluster": {"options": {"default_retry_mode":\n"never"}}}]}', 2, "one of off, standard"),
        ('{"clusters": [{"cluster": {"options": {"disable_key_availability_check":\n"no"}}}]}', 2, "true or false"),
        ('{"clusters": [{"cluster": {"servers":\n5}}]}', 2, '"servers" must be a list'),
        ('{"clusters": [{"cluster": {"servers": [\n5]}}]}', 2, 'an element of "servers" must be an object'),
        ('{"clusters": [{"cluster": {"servers": [\n{"port": 1}]}}]}', 2, "hostname has an invalid value. Write the"),
        (
            '{"clusters": [{"cluster": {"servers": [{"hostname":\n"<HSM IP ADDRESS>", "enable": false}]}}]}',
            2,
            'hostname has an invalid value: "<HSM IP ADDRESS>". Write the address of the HSM with `hsmbridge configure',
        ),
        ('{"clusters": [{"cluster": {"servers": [{"hostname":\n""}]}}]}', 2, "hostname has an invalid value"),
        ('{"clusters": [{"cluster": {"servers": [{"hostname": "h", "port":\n0}]}}]}', 2, "from 1 to 65535"),
        ('{"clusters": [{"cluster": {"servers": [{"hostname": "h", "port":\n2223.5}]}}]}', 2, "a whole number"),
        ('{"clusters": [{"cluster": {"servers": [{"hostname": "h", "port":\n"2223"}]}}]}', 2, "a whole number"),
        ('{"clusters": [{"cluster": {"cluster_id": "x"}}, {"cluster":\n{"cluster_id": "x"}}]}', 2, "two clusters have"),
        ('{"clusters": [{"cluster": {}}, {"cluster":\n{}}]}', 2, 'two clusters have no "cluster_id"'),
        ('{"logging":\n5}', 2, '"logging" must be an object'),
        ('{"logging": {"log_level":\n"loud"}}', 2, '"log_level" must be one of error, warn, info, debug, trace'),
        ('{"logging": {"log_type":\n"pipe"}}', 2, '"log_type" must be one of file, term, not "pipe"'),
        ('{"logging": {"log_interval":\n"yearly"}}', 2, '"log_interval" must be one of never, hourly, daily, weekly'),
        ('{"clusters":\n', 2, "this is not JSON: the file ends"),
    ],
)
def test_what_is_wrong_is_an_ioexception_with_file_and_line(
    probe: Probe, home: Path, text: str, line: int, why: str
) -> None:
    path = home / "cloudhsm-jce.cfg"
    path.write_text(text)
    message = probe.refuses("default", kind=IO_EXCEPTION)
    assert message.startswith(f"{path}, line {line}: ")
    assert why in message
    assert probe.refuses("configured", "blue", "", "", "localhost", 1, kind=IO_EXCEPTION) == message


@pytest.mark.parametrize(
    ("content", "why"),
    [(b'"\xff"', "is not in UTF-8"), (b" " * (1 << 20) + b"{}", "is longer than 1048576 bytes")],
)
def test_what_is_no_text_is_refused(probe: Probe, home: Path, content: bytes, why: str) -> None:
    path = home / "cloudhsm-jce.cfg"
    path.write_bytes(content)
    assert probe.refuses("default", kind=IO_EXCEPTION) == f"The configuration file {path} {why}."


def test_a_file_that_cannot_be_read_is_refused(probe: Probe, home: Path) -> None:
    (home / "cloudhsm-jce.cfg").mkdir()
    assert "cloudhsm-jce.cfg cannot be read (" in probe.refuses("default", kind=IO_EXCEPTION)


def test_a_byte_order_mark_is_no_hindrance(probe: Probe, home: Path) -> None:
    path = put(home, {"cluster_id": "marked", "servers": []})
    path.write_text(path.read_text(), encoding="utf-8-sig")
    assert "identifier=marked" in probe("file")
