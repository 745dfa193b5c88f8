"""Servers over TLS: from the configuration file and from the program's configuration, and one after the other."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from cli.command import ALICE, answer, process, run
from jdk_choice import jdks

from locate.conftest import HSMBRIDGE, IO_EXCEPTION, NewProbe, Probe, short_copy


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


class Server:
    """A daemon that listens on TLS, for a client whose files are in ``client``."""

    def __init__(self, home: Path, client: Path) -> None:
        self.home = home
        self.client = client
        self.port = free_port()
        for arguments in (["certs", "create"], ["certs", "client", "jvm", "--out", str(client)]):
            assert process(home, {}, *arguments).returncode == 0
        self.start()

    def start(self) -> None:
        result = process(self.home, {}, "serve", "--workers", "1", "--listen", f"127.0.0.1:{self.port}")
        assert result.returncode == 0, result.stderr

    def stop(self) -> None:
        assert process(self.home, {}, "serve", "--stop").returncode == 0

    def configure(self, home: Path, *arguments: object) -> None:
        """Write the configuration file of a client's home."""
        files = ["--hsm-ca-cert", self.client / "ca.crt", *self.identity()]
        answer(run(home, {}, "configure", *map(str, [*arguments, *files])))

    def identity(self, name: str = "client") -> list[object]:
        return [
            "--server-client-cert-file",
            self.client / f"{name}.crt",
            "--server-client-key-file",
            self.client / f"{name}.key",
        ]


@pytest.fixture(scope="module")
def server(pristine_home: Path) -> Iterator[Server]:
    """A server whose files lie beside the home; a test that stops it starts it again."""
    with short_copy(pristine_home) as home:
        yield Server(home, home.parent / "client")


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    """The home of a computer that has no HSM."""
    return tmp_path / "elsewhere"


@pytest.fixture
def probe(new_probe: NewProbe, elsewhere: Path) -> Iterator[Probe]:
    """A probe that must write nothing to standard error."""
    probe = new_probe(elsewhere, **ALICE)
    yield probe
    assert probe.end() == ""


def test_the_file_names_the_server(server: Server, elsewhere: Path, probe: Probe) -> None:
    server.configure(elsewhere, "-a", f"127.0.0.1:{server.port}")
    assert f"HOME={server.home}" in probe("session")
    assert probe("default") == "CloudHSM true"
    # The first cluster of the file is the default one, and no other's.
    assert probe.refuses("configured", "blue", "", "") == (
        f"The configuration file {elsewhere}/cloudhsm-jce.cfg names no server of the cluster blue; it has: one without "
        '"cluster_id". Correct the identifier, or add the cluster with `hsmbridge configure add-cluster`.'
    )


def test_the_program_names_the_server_and_the_file_the_certificate(
    server: Server, elsewhere: Path, probe: Probe
) -> None:
    server.configure(elsewhere, "-a", "192.0.2.1", "--cluster-id", "blue")
    ca = server.client / "ca.crt"
    assert probe("configured", "blue", ca, "", "localhost", server.port) == "blue true"
    # Without a certificate of the client, which this cluster has none of.
    message = probe.refuses("configured", "red", ca, "", "127.0.0.1", server.port)
    assert f"the server 127.0.0.1:{server.port}: " in message
    assert message.endswith("or correct the program's CloudHsmProviderConfig.")


def test_properties_and_the_home_name_certificates_too(server: Server, new_probe: NewProbe, elsewhere: Path) -> None:
    (elsewhere / "certs").mkdir(parents=True)
    shutil.copy(server.client / "ca.crt", elsewhere / "certs")
    key = server.client / "client.key"
    probe = new_probe(elsewhere, **ALICE, HSMBRIDGE_TLS_CERT=str(server.client / "client.crt"))
    probe("set", "hsmbridge.tls.key", key)
    assert probe("configured", "", "", "", "127.0.0.1", server.port).endswith(" true")
    probe("set", "hsmbridge.tls.ca", "/nowhere/ca.crt")
    assert probe.refuses("configured", "", "", "", "127.0.0.1", server.port, kind=IO_EXCEPTION) == (
        "Could not read configuration-referenced file hsm_ca_file at location /nowhere/ca.crt: there is no such file."
    )


def test_a_provider_moves_to_the_server_that_is_alive(server: Server, elsewhere: Path, probe: Probe) -> None:
    dead = free_port()
    server.configure(elsewhere, "-a", f"127.0.0.1:{dead}", f"127.0.0.1:{server.port}")
    assert probe("default") == "CloudHSM true"
    assert f"Connections go to the server 127.0.0.1:{server.port} now." in probe.errors.read_text()
    probe("hold")
    server.stop()
    message = probe.refuses("default")
    for port in (dead, server.port):
        assert f"the server 127.0.0.1:{port}: Connection refused" in message
    assert message.endswith(
        f"Start the server where it belongs with `hsmbridge serve --listen 127.0.0.1:{dead}`, or correct "
        f"{elsewhere}/cloudhsm-jce.cfg with `hsmbridge configure -a ADDRESS`."
    )
    server.start()
    assert probe("held") == "CloudHSM true"
    probe.errors.write_text("")


def test_servers_are_tried_in_turn_beginning_with_the_last_good_one(probe: Probe) -> None:
    assert probe("failover", "abc", "c", "abc", "b", "", "a", "c") == (
        "a,abc,c,cab,bca[b: dead; c: dead; a: dead],bca,abc,"
    )
    assert probe.errors.read_text().count("Connections go to") == 4
    probe.errors.write_text("")


def test_a_foreign_ca_is_refused_on_both_sides(server: Server, elsewhere: Path, probe: Probe, tmp_path: Path) -> None:
    other = tmp_path / "other"
    shutil.copytree(server.home, other / "h", ignore=shutil.ignore_patterns("certs", "engine.sock", "serve*"))
    for arguments in (["certs", "create"], ["certs", "client", "jvm", "--out", str(other / "client")]):
        assert process(other / "h", {}, *arguments).returncode == 0
    server.configure(elsewhere, "-a", f"127.0.0.1:{server.port}", "--config", tmp_path / "foreign-client.cfg")
    foreign_client = (
        (tmp_path / "foreign-client.cfg").read_text().replace(str(server.client / "cl"), f"{other}/client/cl")
    )
    (tmp_path / "foreign-client.cfg").write_text(foreign_client)
    foreign_ca = foreign_client.replace(str(server.client / "ca"), f"{other}/client/ca")
    (tmp_path / "foreign-ca.cfg").write_text(foreign_ca)
    probe("set", "hsmbridge.config", tmp_path / "foreign-client.cfg")
    message = probe.refuses("default")
    assert "unknown_ca" in message or "it may not accept the client's certificate" in message
    probe("set", "hsmbridge.config", tmp_path / "foreign-ca.cfg")
    assert "PKIX path" in probe.refuses("default")


KINDS = {"rsa": ["-newkey", "rsa:2048"], "p384": ["-newkey", "ec:p384.pem"], "ed25519": ["-newkey", "ed25519"]}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("new_probe", jdks(), ids=lambda jdk: jdk.name, indirect=True)
def test_client_keys_of_every_kind(server: Server, elsewhere: Path, probe: Probe, tmp_path: Path, kind: str) -> None:
    """The certificate is one that openssl made with the CA of the home."""

    def openssl(*arguments: object) -> None:
        subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True, cwd=tmp_path)

    openssl("ecparam", "-name", "secp384r1", "-out", "p384.pem")
    openssl("req", "-new", *KINDS[kind], "-nodes", "-subj", "/CN=jvm", "-keyout", "new.key", "-out", "new.csr")
    (tmp_path / "ext").write_text("extendedKeyUsage=clientAuth\nauthorityKeyIdentifier=keyid\n")
    certs = server.home / "certs"
    openssl(
        *("x509", "-req", "-in", "new.csr", "-CA", certs / "ca.crt", "-CAkey", certs / "ca.key", "-set_serial", 77),
        *("-extfile", "ext", "-out", "new.crt", "-days", 2),
    )
    server.configure(elsewhere, "-a", f"127.0.0.1:{server.port}")
    files = {"client.crt": "new.crt", "client.key": "new.key"}
    path = elsewhere / "cloudhsm-jce.cfg"
    text = path.read_text()
    for old, new in files.items():
        text = text.replace(str(server.client / old), str(tmp_path / new))
    path.write_text(text)
    assert probe("default") == "CloudHSM true"


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("ca.crt", b"", "hsm_ca_file at location {}: it holds no certificate"),
        (
            "ca.crt",
            b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
            "{}: it holds no certificate in PEM",
        ),
        ("ca.crt", b"x" * (1 << 20) + b"x", "{}: it is longer than 1048576 bytes"),
        ("client.crt", None, "client_cert_path at location {}: there is no such file"),
        ("client.key", None, "client_key_path at location {}: there is no such file"),
        ("client.key", b"no key", "client_key_path at location {}: it holds no PRIVATE KEY in PEM"),
        ("client.key", b"-----BEGIN EC PRIVATE KEY-----", "with `openssl pkcs8 -topk8 -nocrypt -in {}`"),
        ("client.key", b"-----BEGIN ENCRYPTED PRIVATE KEY-----", "not a PRIVATE KEY (PKCS#8) without a password"),
        (
            "client.key",
            b"-----BEGIN PRIVATE KEY-----\nMAA=\n-----END PRIVATE KEY-----\n",
            "{}: its key is neither EC, RSA, Ed25519 nor Ed448",
        ),
    ],
)
def test_a_file_that_is_not_what_it_should_be_is_named(
    server: Server, elsewhere: Path, probe: Probe, tmp_path: Path, name: str, content: bytes | None, why: str
) -> None:
    client = tmp_path / "client"
    shutil.copytree(server.client, client)
    files: list[str | Path] = ["--hsm-ca-cert", client / "ca.crt", "--server-client-cert-file", client / "client.crt"]
    answer(run(elsewhere, {}, "configure", "-a", "h", *files, "--server-client-key-file", client / "client.key"))
    (client / name).unlink()
    if content is not None:
        (client / name).write_bytes(content)
    message = probe.refuses("default", kind=IO_EXCEPTION)
    assert why.format(client / name) in message


def test_a_key_of_another_certificate_is_refused(server: Server, elsewhere: Path, probe: Probe, tmp_path: Path) -> None:
    assert process(server.home, {}, "certs", "client", "two", "--out", tmp_path).returncode == 0
    server.configure(elsewhere, "-a", "h")
    path = elsewhere / "cloudhsm-jce.cfg"
    path.write_text(path.read_text().replace(str(server.client / "client.key"), f"{tmp_path}/client.key"))
    assert probe.refuses("default", kind=IO_EXCEPTION) == (
        f"The key in {tmp_path}/client.key is not that of the first certificate in {server.client}/client.crt. Name "
        "the two files that were made together."
    )


def test_stock_jvms_reach_a_server_too(server: Server, elsewhere: Path, tmp_path: Path) -> None:
    """keytool with the configuration file alone, as on a computer that is not the HSM's."""
    server.configure(elsewhere, "-a", f"localhost:{server.port}")
    jar = subprocess.run([HSMBRIDGE, "jar"], capture_output=True, text=True, check=True).stdout.strip()
    options = ["-providerpath", jar, "-providerclass", "com.amazonaws.cloudhsm.jce.provider.CloudHsmProvider"]
    command = ["keytool", "-list", "-storetype", "CloudHSM", "-keystore", "NONE", "-storepass", "password", *options]
    environment = {**ALICE, "HSMBRIDGE_HOME": str(elsewhere), "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"}
    ran = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=60)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "Keystore provider: CloudHSM" in ran.stdout


def test_servers_that_are_switched_off_do_not_lead_home(server: Server, elsewhere: Path, probe: Probe) -> None:
    server.configure(elsewhere, "-a", f"127.0.0.1:{server.port}", "--cluster-id", "blue")
    path = elsewhere / "cloudhsm-jce.cfg"
    settings = json.loads(path.read_text())
    settings["clusters"][0]["cluster"]["servers"][0]["enable"] = False
    path.write_text(json.dumps(settings))
    for command in (("default",), ("configured", "blue", "", "")):
        message = probe.refuses(*command, kind=IO_EXCEPTION)
        assert f'In the configuration file {path} all servers of the cluster blue have "enable": false.' in message


def test_a_server_that_refuses_the_certificate_is_passed_over(
    server: Server, pristine_home: Path, elsewhere: Path, probe: Probe, tmp_path: Path
) -> None:
    """The refusal comes after the handshake: the connection itself is made."""
    with short_copy(pristine_home) as home:
        picky = Server(home, tmp_path / "picky")
        both = tmp_path / "both.crt"
        both.write_text((server.client / "ca.crt").read_text() + (picky.client / "ca.crt").read_text())
        server.configure(elsewhere, "-a", f"127.0.0.1:{picky.port}", f"127.0.0.1:{server.port}")
        path = elsewhere / "cloudhsm-jce.cfg"
        path.write_text(path.read_text().replace(str(server.client / "ca.crt"), str(both)))
        assert probe("default") == "CloudHSM true"
        assert f"Connections go to the server 127.0.0.1:{server.port} now." in probe.errors.read_text()
        probe.errors.write_text("")
