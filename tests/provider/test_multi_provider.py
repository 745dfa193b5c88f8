"""Several providers at once, each with its own cluster and login (user guide, "java-lib-configs-multi")."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import forking
import jpype
import pytest
from conftest import PASSWORDS
from jvm.conftest import environment_of
from server.daemon import short_home
from transport import over_socket

from bridge.cluster import Clusters, clusters_from_environment
from bridge.engine import Hsm, HsmError
from bridge.jvm import find_jdk, host, start
from bridge.store import create_home
from provider.conftest import PASSWORD, Jvm, served
from provider.jca import DATA, EXCEPTIONS, generate, java, pin, refused, sign, verifies
from provider.test_attributes_api import new_map
from provider.test_key_search import open_store

PROVIDER = "com.amazonaws.cloudhsm.jce.provider"
ILLEGAL = "java.lang.IllegalArgumentException"


def builder(name: str) -> Any:
    return java(f"{PROVIDER}.{name}").builder()


def config(jvm: Jvm, identifier: str | None) -> Any:
    """Return a configuration with everything that the documentation's sample sets."""
    option = java(f"{PROVIDER}.OptionalParameters").VALIDATE_KEY_AT_INIT
    host, port = jvm.server
    server = builder("CloudHsmServer").withHostIP(host).withPort(port).build()
    cluster = builder("CloudHsmCluster").withClusterUniqueIdentifier(identifier).withServer(server)
    cluster = cluster.withHsmCAFilePath(str(jvm.authority)).withOptions(option, False)
    logging = builder("CloudHsmLoggingConfig").withLogFile(str(jvm.home / "jce.log")).withLogInterval("daily")
    logging = logging.withLogType("file").withLogLevel("info").build()
    whole = builder("CloudHsmProviderConfig").withCluster(cluster.build()).withCloudHsmLogging(logging)
    return whole.build()


@pytest.fixture
def configured(jvm: Jvm) -> Iterator[Callable[[str | None], Any]]:
    """Make and register providers by their cluster's identifier; they leave the list at the end."""
    security = java("java.security.Security")
    made: list[Any] = []

    def make(identifier: str | None) -> Any:
        made.append(java(f"{PROVIDER}.CloudHsmProvider")(config(jvm, identifier)))
        assert security.addProvider(made[-1]) > 0
        return made[-1]

    yield make
    for provider in made:
        security.removeProvider(provider.getName())


def test_a_provider_has_the_name_of_its_cluster(configured: Callable[[str | None], Any]) -> None:
    configured("payments")
    assert java("java.security.Security").getProvider("payments").getName() == "payments"
    assert str(java("java.security.Signature").getInstance("SHA256withRSA", "payments").getProvider()).startswith(
        "payments v5018000.0"
    )


def test_a_provider_without_identifier_has_a_name_of_its_own(configured: Callable[[str | None], Any]) -> None:
    names = {str(configured(None).getName()) for _ in range(2)}
    assert len(names) == 2
    assert all(re.fullmatch("CloudHSM-[0-9a-f-]{36}", name) for name in names)


def test_each_provider_has_its_own_login_and_session(
    configured: Callable[[str | None], Any], new_user_name: Callable[[], str]
) -> None:
    one, two = configured("one"), configured("two")
    names = {provider: new_user_name() for provider in (one, two)}
    with refused(f"{EXCEPTIONS}.AuthenticationException", "Log in first"):
        generate("EC", "one")
    for provider, name in names.items():
        provider.login(None, pin(f"{name}:{PASSWORD}"))
    pair = generate("EC", "one")
    signed = sign("SHA256withECDSA", pair.getPrivate(), provider="one")
    assert verifies("SHA256withECDSA", pair.getPublic(), DATA, signed, "one")
    with refused("java.security.InvalidKeyException", "another provider instance"):
        sign("SHA256withECDSA", pair.getPrivate(), provider="two")
    two.logout()
    assert sign("SHA256withECDSA", pair.getPrivate(), provider="one")
    one.logout()


def test_without_a_name_jca_takes_the_provider_of_the_key(
    configured: Callable[[str | None], Any], new_user_name: Callable[[], str]
) -> None:
    pairs = {}
    for name in ("one", "two"):
        configured(name).login(None, pin(f"{new_user_name()}:{PASSWORD}"))
        pairs[name] = generate("RSA", name)
    for name, pair in pairs.items():
        one = java("java.security.Signature").getInstance("SHA256withRSA")
        one.initSign(pair.getPrivate())
        assert one.getProvider().getName() == name


def test_each_provider_has_its_own_keystore(
    configured: Callable[[str | None], Any], new_user_name: Callable[[], str]
) -> None:
    provider = configured("with keys")
    provider.login(None, pin(f"{new_user_name()}:{PASSWORD}"))
    generator = java("javax.crypto.KeyGenerator").getInstance("AES", "with keys")
    generator.init(new_map(LABEL="only here", SIZE=java("java.lang.Integer").valueOf(256)))
    key = generator.generateKey()
    assert open_store(provider).getKey(new_map(LABEL="only here")).equals(key)
    by_name = java("java.security.KeyStore").getInstance("CloudHSM", "with keys")
    by_name.load(None, None)
    assert list(by_name.aliases()) == ["only here"]
    provider.logout()
    # As the first registered one, the host's provider answers a request without a name.
    assert java("java.security.KeyStore").getInstance("CloudHSM").getProvider().getName() == "CloudHSM"


@pytest.mark.parametrize(
    ("action", "texts"),
    [
        (lambda: builder("CloudHsmProviderConfig").build(), ["withCluster"]),
        (lambda: builder("CloudHsmProviderConfig").withCluster(None).build(), ["withCluster"]),
        (lambda: builder("CloudHsmServer").build(), ["withHostIP"]),
        (lambda: builder("CloudHsmServer").withHostIP(" "), ["withHostIP"]),
        (lambda: builder("CloudHsmServer").withPort(0), ["withPort", "not 0"]),
        (lambda: builder("CloudHsmServer").withPort(65536), ["withPort", "not 65536"]),
        (lambda: builder("CloudHsmCluster").withClusterUniqueIdentifier(""), ["withClusterUniqueIdentifier"]),
        (lambda: builder("CloudHsmCluster").withHsmCAFilePath("ca.crt"), ["withHsmCAFilePath", '"ca.crt"']),
        (lambda: with_option("yes"), ["VALIDATE_KEY_AT_INIT", '"yes"']),
        (lambda: builder("CloudHsmLoggingConfig").withLogLevel("loud"), ["withLogLevel", '"loud"', "debug"]),
        (lambda: builder("CloudHsmLoggingConfig").withLogType("tape"), ["withLogType", '"tape"', "file, term"]),
        (lambda: builder("CloudHsmLoggingConfig").withLogInterval("yearly"), ["withLogInterval", "daily"]),
    ],
)
def test_builders_name_the_value_that_cannot_be(jvm: Jvm, action: Callable[[], Any], texts: list[str]) -> None:
    with refused(ILLEGAL, *texts):
        action()


def with_option(value: Any) -> Any:
    option = java(f"{PROVIDER}.OptionalParameters").VALIDATE_KEY_AT_INIT
    return builder("CloudHsmCluster").withOptions(option, jpype.JObject(value, java("java.lang.Object")))


def test_builders_keep_what_they_were_given_and_take_null_for_nothing(jvm: Jvm) -> None:
    cluster = config(jvm, "c").getCluster()
    assert cluster.getClusterUniqueIdentifier() == "c"
    assert [(str(s.getHostIP()), s.getPort()) for s in cluster.getServers()] == [jvm.server]
    assert str(cluster.getOptions()) == "{VALIDATE_KEY_AT_INIT=false}"
    assert with_option(java("java.lang.Boolean").TRUE).build().getOptions().size() == 1
    empty = builder("CloudHsmCluster").withServer(None).withHsmCAFilePath(None).withClusterUniqueIdentifier(None)
    assert empty.build().getServers().isEmpty()
    assert builder("CloudHsmServer").withHostIP("::1").build().getPort() == 2223
    logging = builder("CloudHsmLoggingConfig").withLogFile(None).withLogLevel(None).withLogType(None)
    assert logging.withLogInterval(None).build().getLogFile() is None
    with refused("java.lang.NullPointerException", "config is null"):
        java(f"{PROVIDER}.CloudHsmProvider")(None)


PROGRAM = """
import jpype
{start}
java = jpype.JClass
package = "com.amazonaws.cloudhsm.jce.provider."
security = java("java.security.Security")


def provider(identifier):
    cluster = java(package + "CloudHsmCluster").builder().withClusterUniqueIdentifier(identifier).build()
    config = java(package + "CloudHsmProviderConfig").builder().withCluster(cluster).build()
    return java(package + "CloudHsmProvider")(config)


def aliases(provider):
    store = java("java.security.KeyStore").getInstance("CloudHSM", provider)
    store.load(None, None)
    return sorted(map(str, store.aliases()))


for identifier in {identifiers}:
    try:
        made = provider(identifier)
    except jpype.JException as error:
        print(error.getClass().getSimpleName(), error.getMessage())
        continue
    security.addProvider(made)
    key = java("javax.crypto.KeyGenerator").getInstance("AES", identifier).generateKey()
    store = java("java.security.KeyStore").getInstance("CloudHSM", identifier)
    store.load(None, None)
    store.setKeyEntry("key of " + identifier, key, None, None)
    print(made.getName(), *aliases(made), sep=", ")
"""


@pytest.fixture
def home(unserved_home: Path) -> Path:
    """A home without a daemon: ``run`` starts one."""
    return unserved_home


@pytest.fixture
def other_home(pristine_home: Path) -> Iterator[Path]:
    """A second home, of other users' keys but with the same users."""
    with short_home(pristine_home) as other:
        yield other


def run(home: Path, identifiers: list[str], arguments: str = "", **changes: str) -> list[str]:
    """Run a program in a process of its own; the system's credentials log every provider in.

    Args:
        home: the default one.
        identifiers: of the clusters for which the program makes providers.
        arguments: of ``start``, if Python hosts the JVM.
        changes: to the environment of the process that has the engine.
    """
    start = f"from bridge.jvm import start\nstart({arguments})"
    if over_socket():
        start = "from bridge.jvm.host import start_jvm\nstart_jvm([], [], interrupt=False)"
    environment = environment_of(home, find_jdk()) | ({} if over_socket() else changes)
    with served(home, **changes):
        ran = forking.run(["-c", PROGRAM.format(identifiers=identifiers, start=start)], environment)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout.splitlines()


def test_identifiers_name_homes_in_the_environment(home: Path, other_home: Path) -> None:
    clusters = os.pathsep.join([f"first={home}", f"second={other_home}"])
    first, second, third = run(home, ["first", "second", "third"], HSMBRIDGE_CLUSTERS=clusters)
    assert first == "first, key of first"
    assert second == "second, key of second"
    assert third.startswith(
        "ProviderInitializationException There is no cluster 'third'; the known ones are first, sec"
    )
    assert "HSMBRIDGE_CLUSTERS=third=" in third


@pytest.mark.in_process("the call that hosts a JVM names the clusters")
def test_identifiers_name_homes_in_a_call_of_start(home: Path, other_home: Path) -> None:
    arguments = f"clusters={{'mine': {str(other_home)!r}}}"
    mine, unknown = run(home, ["mine", "unknown"], arguments, HSMBRIDGE_CLUSTERS=f"unknown={home}")
    assert mine == "mine, key of mine"
    assert "no cluster 'unknown'; the known ones are mine" in unknown


def test_without_names_every_identifier_means_the_default_home(home: Path) -> None:
    assert run(home, ["a", "b"]) == ["a, key of a", "b, key of b"]


def test_a_home_sealed_with_a_passphrase_is_opened_with_that_of_the_environment(home: Path, tmp_path: Path) -> None:
    sealed = tmp_path / "sealed"
    passwords = {"admin_password": PASSWORDS["admin"], "user": "alice", "password": PASSWORDS["alice"]}
    create_home(sealed, passphrase="open sesame", **passwords)  # type: ignore[arg-type]
    names = {"HSMBRIDGE_CLUSTERS": f"sealed={sealed}"}
    assert run(home, ["sealed"], HSMBRIDGE_PASSPHRASE="open sesame", **names) == ["sealed, key of sealed"]
    (refusal,) = run(home, ["sealed"], **names)
    assert refusal.startswith("ProviderInitializationException ")
    assert "passphrase" in refusal


def test_a_home_is_opened_once_whatever_names_it(hsm: Hsm, home: Path, other_home: Path) -> None:
    clusters = Clusters(hsm, home, {"a": other_home, "b": other_home / ".." / other_home.name, "default": home})
    with ThreadPoolExecutor(4) as threads:
        opened = list(threads.map(lambda name: clusters.find(name)[0], ["a", "b"] * 8))
    assert len(set(map(id, opened))) == 1
    assert clusters.find("default")[0] is clusters.find(None)[0] is hsm
    opened[0].close()


def test_a_missing_home_is_named(home: Path, tmp_path: Path) -> None:
    (refusal,) = run(home, ["gone"], HSMBRIDGE_CLUSTERS=f"gone={tmp_path / 'gone'}")
    assert refusal.startswith("ProviderInitializationException ")
    assert str(tmp_path / "gone") in refusal


@pytest.mark.parametrize("text", ["name", "=home", "name=", "a=1{sep}a=2"])
def test_a_variable_that_cannot_be_read_is_refused(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("HSMBRIDGE_CLUSTERS", text.format(sep=os.pathsep))
    with pytest.raises(HsmError, match=r"HSMBRIDGE_CLUSTERS: .* Write identifier=home"):
        clusters_from_environment()


@pytest.mark.in_process("the call that hosts a JVM names the clusters")
def test_a_process_serves_the_clusters_of_its_first_start(jvm: Jvm, tmp_path: Path) -> None:
    with pytest.raises(HsmError, match="name all of them in the first call"):
        start(host._started[0].home, clusters={"late": tmp_path})
