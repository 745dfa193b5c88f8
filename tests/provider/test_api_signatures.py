"""The public classes, as programs that were written for the real ones name them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from conftest import PASSWORDS
from jdk_choice import jdks
from jvm.conftest import Runner, environment_of
from short_lived import compiled
from transport import over_socket

from bridge.jvm.jdk import release
from provider.conftest import Jvm, listening
from provider.jca import java

JCE = "com.amazonaws.cloudhsm.jce"
P, A, X = f"{JCE}.provider", f"{JCE}.provider.attributes", f"{JCE}.jni.exception"
OBJECT, STRING, BYTES = "java.lang.Object", "java.lang.String", "[B"
MAP, PAIR = f"{A}.KeyAttributesMap", f"{A}.KeyPairAttributesMap"
ADD = frozenset({f"{X}.AddAttributeException"})
INIT = frozenset(
    {"java.io.IOException", f"{X}.ProviderInitializationException", "javax.security.auth.login.LoginException"}
)
LOGIN = frozenset({"javax.security.auth.login.LoginException"})
SPEC = "java.security.spec.InvalidKeySpecException"
STORE = "java.security.KeyStoreException"
UNRECOVERABLE = frozenset(
    {SPEC, STORE, "java.security.NoSuchAlgorithmException", "java.security.UnrecoverableKeyException"}
)
NONE: frozenset[str] = frozenset()

METHODS: list[tuple[str, str, tuple[str, ...], str, frozenset[str]]] = [
    (MAP, "get", (f"{A}.KeyAttribute",), OBJECT, NONE),
    (MAP, "put", (f"{A}.KeyAttribute", OBJECT), OBJECT, ADD),
    (MAP, "putAll", (MAP,), "void", ADD),
    (MAP, "remove", (f"{A}.KeyAttribute",), OBJECT, NONE),
    (f"{A}.KeyAttributesMapBuilder", "put", (f"{A}.KeyAttribute", OBJECT), f"{A}.KeyAttributesMapBuilder", ADD),
    (f"{A}.KeyAttributesMapBuilder", "putAll", (MAP,), f"{A}.KeyAttributesMapBuilder", ADD),
    (f"{A}.KeyAttributesMapBuilder", "build", (), MAP, ADD),
    (PAIR, "getPublic", (), MAP, NONE),
    (PAIR, "getPrivate", (), MAP, NONE),
    (PAIR, "putAll", (PAIR,), "void", NONE),
    (f"{PAIR}Builder", "withPublic", (MAP,), f"{PAIR}Builder", NONE),
    (f"{PAIR}Builder", "withPrivate", (MAP,), f"{PAIR}Builder", NONE),
    (f"{PAIR}Builder", "withPublic", (f"{A}.KeyAttribute", OBJECT), f"{PAIR}Builder", ADD),
    (f"{PAIR}Builder", "withPrivate", (f"{A}.KeyAttribute", OBJECT), f"{PAIR}Builder", ADD),
    (f"{PAIR}Builder", "build", (), PAIR, NONE),
    (f"{A}.KeyReferenceSpec", "getInstance", ("long",), f"{A}.KeyReferenceSpec", NONE),
    (f"{P}.KeyStoreWithAttributes", "getInstance", (STRING,), f"{P}.KeyStoreWithAttributes", frozenset({STORE})),
    (
        f"{P}.KeyStoreWithAttributes",
        "getInstance",
        (STRING, "java.security.Provider"),
        f"{P}.KeyStoreWithAttributes",
        frozenset({STORE}),
    ),
    (f"{P}.KeyStoreWithAttributes", "getKey", ("java.security.spec.KeySpec",), "java.security.Key", UNRECOVERABLE),
    (f"{P}.KeyStoreWithAttributes", "getKeys", (MAP,), "java.util.List", frozenset({SPEC, STORE})),
    (
        f"{P}.CloudHsmProvider",
        "login",
        ("javax.security.auth.Subject", "javax.security.auth.callback.CallbackHandler"),
        "void",
        LOGIN,
    ),
    (f"{P}.CloudHsmProvider", "logout", (), "void", LOGIN),
    (f"{P}.CloudHsmProvider", "setCallbackHandler", ("javax.security.auth.callback.CallbackHandler",), "void", NONE),
    (f"{P}.CloudHsmProviderConfig", "builder", (), f"{P}.CloudHsmProviderConfigBuilder", NONE),
    (
        f"{P}.CloudHsmProviderConfigBuilder",
        "withCluster",
        (f"{P}.CloudHsmCluster",),
        f"{P}.CloudHsmProviderConfigBuilder",
        NONE,
    ),
    (
        f"{P}.CloudHsmProviderConfigBuilder",
        "withCloudHsmLogging",
        (f"{P}.CloudHsmLoggingConfig",),
        f"{P}.CloudHsmProviderConfigBuilder",
        NONE,
    ),
    (f"{P}.CloudHsmProviderConfigBuilder", "build", (), f"{P}.CloudHsmProviderConfig", NONE),
    (f"{P}.CloudHsmCluster", "builder", (), f"{P}.CloudHsmClusterBuilder", NONE),
    (f"{P}.CloudHsmServer", "builder", (), f"{P}.CloudHsmServerBuilder", NONE),
    (f"{P}.CloudHsmLoggingConfig", "builder", (), f"{P}.CloudHsmLoggingConfigBuilder", NONE),
    (
        f"{P}.authentication.AuthenticationStrategyCallback",
        "setAuthenticationStrategy",
        (f"{JCE}.jni.AuthenticationStrategy",),
        "void",
        NONE,
    ),
    (
        f"{JCE}.jni.AuthenticationStrategy",
        "createUsernamePasswordStrategy",
        (f"{JCE}.jni.UserType", STRING, "[C"),
        f"{JCE}.jni.AuthenticationStrategy",
        NONE,
    ),
    (f"{X}.AuthenticationException", "getCloudHsmExceptionCause", (), f"{X}.AuthenticationExceptionCause", NONE),
]

CONSTRUCTORS: list[tuple[str, tuple[str, ...], frozenset[str]]] = [
    (f"{P}.CloudHsmProvider", (), INIT),
    (f"{P}.CloudHsmProvider", (f"{P}.CloudHsmProviderConfig",), INIT),
    (MAP, (), NONE),
    (MAP, (MAP,), NONE),
    (f"{A}.KeyAttributesMapBuilder", (), NONE),
    (PAIR, (), NONE),
    (PAIR, (MAP, MAP), NONE),
    (f"{PAIR}Builder", (), NONE),
    (f"{P}.AesCmacKdfFixedInputData", ("int", BYTES, BYTES), NONE),
    (
        f"{P}.AesCmacKdfParameterSpec",
        (MAP, f"{P}.AesCmacKdfFixedInputData", "javax.crypto.SecretKey"),
        NONE,
    ),
    (f"{P}.spec.EcdhWithX963KdfParamSpec", (BYTES, MAP), NONE),
]

SUPERTYPES = {
    f"{P}.CloudHsmProvider": ["java.security.AuthProvider"],
    f"{P}.KeyStoreWithAttributes": ["java.security.KeyStore"],
    MAP: ["java.security.spec.AlgorithmParameterSpec", "java.security.spec.KeySpec"],
    PAIR: ["java.security.spec.AlgorithmParameterSpec"],
    f"{A}.KeyReferenceSpec": ["java.security.spec.KeySpec"],
    f"{P}.AesCmacKdfParameterSpec": ["java.security.spec.KeySpec"],
    f"{P}.spec.EcdhWithX963KdfParamSpec": ["java.security.spec.AlgorithmParameterSpec"],
    f"{P}.authentication.AuthenticationStrategyCallback": ["javax.security.auth.callback.Callback"],
    f"{X}.AuthenticationException": ["java.lang.RuntimeException"],
    f"{X}.InternalException": ["java.lang.RuntimeException"],
    f"{X}.ProviderException": ["java.lang.RuntimeException"],
    f"{X}.AttributeException": ["java.lang.RuntimeException"],
    f"{X}.KeyUsageException": ["java.lang.RuntimeException"],
    f"{X}.AccountAlreadyLoggedInException": ["javax.security.auth.login.LoginException"],
    f"{X}.AccountLockedException": ["javax.security.auth.login.LoginException"],
    f"{X}.FailedLoginException": ["javax.security.auth.login.LoginException"],
    f"{X}.AddAttributeException": ["java.lang.Exception"],
    f"{X}.ProviderInitializationException": ["java.lang.Exception"],
}

CONSTANTS = {
    f"{A}.KeyType": ["AES", "DESEDE", "EC", "GENERIC_SECRET", "RSA", "MLDSA"],
    f"{A}.ObjectClassType": ["PRIVATE_KEY", "PUBLIC_KEY", "SECRET_KEY"],
    f"{JCE}.jni.MldsaAlgorithm": ["MlDsa44", "MlDsa65", "MlDsa87"],
    f"{A}.MldsaAlgorithm": ["MlDsa44", "MlDsa65", "MlDsa87"],
    f"{P}.OptionalParameters": ["VALIDATE_KEY_AT_INIT", "KEY_AVAILABILITY_CHECK"],
    f"{JCE}.jni.UserType": ["CRYPTO_USER"],
    f"{X}.AuthenticationExceptionCause": ["UNAUTHENTICATED"],
}


def names(types: Any) -> tuple[str, ...]:
    return tuple(str(one.getName()) for one in types)


def is_public(member: Any) -> bool:
    return bool(java("java.lang.reflect.Modifier").isPublic(member.getModifiers()))


@pytest.mark.parametrize(("owner", "name", "takes", "returns", "throws"), METHODS)
def test_methods(jvm: Jvm, owner: str, name: str, takes: Any, returns: str, throws: frozenset[str]) -> None:
    found = [
        m for m in java(owner).class_.getMethods() if (str(m.getName()), names(m.getParameterTypes())) == (name, takes)
    ]
    method = next(m for m in found if str(m.getReturnType().getName()) == returns)
    assert is_public(method)
    assert frozenset(names(method.getExceptionTypes())) == throws
    statics = {"getInstance", "builder", "createUsernamePasswordStrategy"}
    assert bool(java("java.lang.reflect.Modifier").isStatic(method.getModifiers())) == (name in statics)


@pytest.mark.parametrize(("owner", "takes", "throws"), CONSTRUCTORS)
def test_constructors(jvm: Jvm, owner: str, takes: Any, throws: frozenset[str]) -> None:
    (found,) = [c for c in java(owner).class_.getConstructors() if names(c.getParameterTypes()) == takes]
    assert is_public(found)
    assert frozenset(names(found.getExceptionTypes())) == throws


@pytest.mark.parametrize("owner", sorted(SUPERTYPES))
def test_supertypes(jvm: Jvm, owner: str) -> None:
    for name in SUPERTYPES[owner]:
        assert java(name).class_.isAssignableFrom(java(owner).class_)
    checked = ("AddAttributeException", "ProviderInitializationException")
    if owner.endswith(checked):
        assert not java("java.lang.RuntimeException").class_.isAssignableFrom(java(owner).class_)


def test_the_three_exceptions_of_a_constructor_fit_into_one_catch(jvm: Jvm) -> None:
    classes = [java(name).class_ for name in sorted(INIT)]
    for one in classes:
        assert [other for other in classes if one.isAssignableFrom(other)] == [one]


@pytest.mark.parametrize("owner", sorted(CONSTANTS))
def test_constants_of_enums(jvm: Jvm, owner: str) -> None:
    present = {str(one.name()) for one in java(owner).values()}
    assert set(CONSTANTS[owner]) <= present


def test_no_public_class_shows_anything_of_the_inside_but_what_jce_needs(jvm: Jvm) -> None:
    for owner in {*SUPERTYPES, *CONSTANTS, *(row[0] for row in METHODS)}:
        for method in java(owner).class_.getDeclaredMethods():
            if is_public(method):
                for used in (*names(method.getParameterTypes()), str(method.getReturnType().getName())):
                    assert "io.hsmbridge" not in used, (owner, method.getName())


@pytest.fixture(scope="module")
def caller(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the program Caller, which compiles for the oldest JDK and for that of the provider."""
    folder = tmp_path_factory.mktemp("caller")
    source = Path(__file__).parent / "caller" / "Caller.java"
    for target in ("8", "17"):
        compiled([source], folder, "-source", target, "-target", target, "-Xlint:-options", "-proc:none")
    return folder


@pytest.mark.parametrize("jdk", jdks(), ids=lambda jdk: f"jdk{release(jdk)}")
def test_a_program_that_uses_everything_compiles_and_runs(jdk: Path, unserved_home: Path, caller: Path) -> None:
    home = unserved_home
    environment = {k: v for k, v in environment_of(home, jdk).items() if k not in ("HSM_USER", "HSM_PASSWORD")}
    with listening(home, {"caller": home}) as (server, client):
        host, port = server
        ran = Runner(jdk, environment | client).program(
            "-cp", str(caller), "Caller",
            "alice", PASSWORDS["alice"].decode(), host, str(port), str(home / "certs" / "ca.crt"),
        )  # fmt: skip
    # The program wants the log on its terminal; a host's engine writes none.
    assert (ran.returncode, "Connected to" in ran.stderr) == (0, over_socket()), ran.stderr
    assert over_socket() or not ran.stderr
    assert ran.stdout.splitlines() == [
        "true",
        "logged in already",
        "logged in already",
        "true 65537",
        "null true",
        "true",
        "true",
        "true 1 null",
        "AES DESEDE EC GENERIC_SECRET RSA MLDSA",
    ]
