"""The TLS servers of the examples answer, with a key that never leaves the HSM."""

from __future__ import annotations

import datetime
import http.client
import shutil
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from jdk_choice import jdks
from jvm.conftest import Runner
from short_lived import QUICK_START

from bridge.jvm import find_jdk, jar_path
from bridge.jvm.jdk import release
from examples.conftest import KEYSTORE_PASSWORD, Served, ServerKey
from examples.projects import copy_of, install_provider, maven, needs_maven, running, tomcat

pytestmark = needs_maven
TLS12, TLS13 = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3


def get(port: int, trusted: Path, version: ssl.TLSVersion, client: tuple[Path, Path] | None = None) -> tuple[int, str]:
    """Ask a server for its first page, over one version of TLS."""
    context = ssl.create_default_context(cafile=str(trusted))
    context.minimum_version = context.maximum_version = version
    if client is not None:
        context.load_cert_chain(*client)
    connection = http.client.HTTPSConnection("127.0.0.1", port, timeout=20, context=context)
    try:
        connection.request("GET", "/")
        response = connection.getresponse()
        return response.status, response.read().decode()
    finally:
        connection.close()


@pytest.fixture(scope="module")
def spring_jar(served: Served, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Spring Boot service as one jar, with the provider inside."""
    project = copy_of("tls-server", tmp_path_factory.mktemp("spring"))
    install_provider(project, served.environment)
    maven(project, served.environment, "package")
    return project / "target" / "tls-server.jar"


@contextmanager
def spring(
    jdk: Path, jar: Path, served: Served, key: ServerKey, folder: Path, *arguments: str, **more: str
) -> Iterator[int]:
    """Run the Spring Boot service on a free port."""
    environment = {**served.environment, "KEYSTORE": str(key.keystore), **more}
    command = [str(jdk / "bin" / "java"), *QUICK_START, "-jar", str(jar), "--server.port=0", *arguments]
    with running(command, folder, environment, r"Tomcat started on port (\d+) \(https\)") as ready:
        yield int(ready[1])


@pytest.mark.parametrize("jdk", jdks(), ids=lambda home: f"jdk{release(home)}")
def test_spring_boot(jdk: Path, spring_jar: Path, served: Served, server_key: ServerKey, tmp_path: Path) -> None:
    with spring(jdk, spring_jar, served, server_key, tmp_path) as port:
        for version, name in (TLS12, "TLSv1.2"), (TLS13, "TLSv1.3"):
            assert get(port, server_key.certificate, version) == (200, f"hello, nobody known, over {name}\n")


@pytest.mark.soak
def test_spring_boot_with_mutual_tls(spring_jar: Path, served: Served, server_key: ServerKey, tmp_path: Path) -> None:
    client = client_certificate(tmp_path)
    trusted = tmp_path / "clients.p12"
    imported = Runner(find_jdk(), served.environment).run(
        [
            *(str(find_jdk() / "bin" / "keytool"), "-importcert", "-noprompt", "-alias", "client"),
            *("-file", str(client[0]), "-keystore", str(trusted), "-storetype", "PKCS12"),
            *("-storepass:env", "KEYSTORE_PASSWORD"),
        ],
        tmp_path,
    )
    assert imported.returncode == 0, imported
    mutual = ("--spring.profiles.active=mutual",)
    with spring(find_jdk(), spring_jar, served, server_key, tmp_path, *mutual, TRUSTSTORE=str(trusted)) as port:
        assert get(port, server_key.certificate, TLS13, client) == (200, "hello, CN=client, over TLSv1.3\n")
        with pytest.raises((ssl.SSLError, ConnectionError, http.client.RemoteDisconnected)):
            get(port, server_key.certificate, TLS13)


def client_certificate(folder: Path) -> tuple[Path, Path]:
    """Make a key in a file and a certificate that signs itself, as a client of no HSM has."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "client")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    files = folder / "client.crt", folder / "client.key"
    files[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    files[1].write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return files


@pytest.fixture(scope="module", params=[pytest.param("11.0.24", marks=pytest.mark.soak), "9.0.98"])
def installed_tomcat(request: pytest.FixtureRequest, served: Served, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Tomcat as it is downloaded: a current one, and one that still knows the connector's own attributes."""
    version: str = request.param
    return tomcat(version, tmp_path_factory.mktemp(f"tomcat-{version}"), served.environment)


def test_tomcat(installed_tomcat: Path, served: Served, server_key: ServerKey, tmp_path: Path) -> None:
    answers(installed_tomcat, "server.xml", served, server_key, tmp_path)


@pytest.mark.soak
@pytest.mark.parametrize("installed_tomcat", ["9.0.98"], indirect=True)
def test_tomcat_with_old_attributes(
    installed_tomcat: Path, served: Served, server_key: ServerKey, tmp_path: Path
) -> None:
    answers(installed_tomcat, "server-attributes.xml", served, server_key, tmp_path)


def answers(installed: Path, settings: str, served: Served, server_key: ServerKey, tmp_path: Path) -> None:
    """Run Tomcat with the example's settings and ask it for the page."""
    base = copy_of("tomcat", tmp_path)
    shutil.copy(installed / "conf" / "web.xml", base / "conf")
    shutil.copy(server_key.keystore, base / "conf")
    (base / "conf" / settings).replace(base / "conf" / "server.xml")
    environment = {
        **served.environment,
        "CATALINA_HOME": str(installed),
        "CATALINA_BASE": str(base),
        "CLOUDHSM_JAR": str(jar_path()),
        "JAVA_OPTS": " ".join(QUICK_START),
        "HTTPS_PORT": "0",
    }
    command = [str(installed / "bin" / "catalina.sh"), "run"]
    with running(command, tmp_path, environment, r'Starting ProtocolHandler \["https-\S+-(\d+)"\]') as ready:
        for tls in TLS12, TLS13:
            status, page = get(int(ready[1]), server_key.certificate, tls)
            assert (status, page.splitlines()[-1]) == (200, "<p>served with a key in the HSM")
    assert KEYSTORE_PASSWORD not in (tmp_path / "server.log").read_text()
