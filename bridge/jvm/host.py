"""Starting a JVM in this process and handing it the HSM."""

from __future__ import annotations

import atexit
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import jpype

from bridge.cluster import Clusters, clusters_from_environment
from bridge.engine import HsmError, ReturnCode, SessionRules
from bridge.jvm.jdk import find_jdk, library, release
from bridge.store import default_home, open_home

_JAR = Path(__file__).with_name("hsmbridge.jar")


def jar_path() -> Path:
    """Return the path of the provider's jar.

    Raises:
        HsmError: ``FUNCTION_FAILED`` if it was not built.
    """
    if not _JAR.is_file():
        raise HsmError(
            ReturnCode.FUNCTION_FAILED,
            f"The provider's jar is missing at {_JAR}: in a checkout run `make`; else install hsmbridge again, "
            "with a JDK present.",
        )
    return _JAR


def start(
    home: Path | str | None = None,
    user: str | None = None,
    password: str | None = None,
    *,
    jvm_options: Sequence[str] = (),
    classpath: Sequence[Path | str] = (),
    clusters: Mapping[str, Path | str] | None = None,
) -> Any:
    """Start a JVM in this process, if none runs yet, and register the provider in it behind all others.

    Args:
        home: the HSM's folder; by default ``$HSMBRIDGE_HOME`` or the platform's folder for user data.
        user: crypto user to log in. Without it, ``HSM_USER`` and ``HSM_PASSWORD`` count, if set; with neither, the
            program logs in through the provider.
        password: the crypto user's.
        jvm_options: options of the JVM, such as ``-Xmx1g``.
        classpath: further jars and folders.
        clusters: homes by the identifier that a program gives in a ``CloudHsmProviderConfig``; by default those of
            ``$HSMBRIDGE_CLUSTERS``, and without that every identifier means ``home``.

    Returns:
        The registered ``com.amazonaws.cloudhsm.jce.provider.CloudHsmProvider``. A second call returns the same.

    Raises:
        HsmError: as :func:`bridge.store.open_home`; ``FUNCTION_FAILED`` if the jar is missing or a JVM runs that
            does not have it on its class path; ``ACTION_PROHIBITED`` if this process serves another HSM or user, or
            other clusters; ``ARGUMENTS_BAD`` if ``$HSMBRIDGE_CLUSTERS`` cannot be read;
            ``PIN_INCORRECT`` or ``PIN_LOCKED`` if the login is refused.
        NoJdk: if there is no JDK.
    """
    folder = Path(home) if home else default_home()
    if jpype.isJVMStarted() and (registered := _registered()) is not None:
        _require_same(folder, user, clusters)
        return registered
    homes = clusters if clusters is not None else clusters_from_environment()
    hsms = Clusters(open_home(folder), folder, homes)
    if not jpype.isJVMStarted():
        start_jvm([*jvm_options], [str(entry) for entry in classpath], interrupt=False)
    provider = register(hsms, SessionRules(), first=False, system_login=user is None)
    if user is not None:
        try:
            _login(provider, user, password or "")
        except HsmError:
            jpype.java.security.Security.removeProvider(provider.getName())
            raise
    # Java's cleaner must not call into a Python that is going down.
    atexit.register(jpype.JClass("io.hsmbridge.engine.Janitor").close)
    _started[:] = [_Start(folder.resolve(), user, clusters)]
    return provider


def start_jvm(options: Sequence[str], classpath: Sequence[str], *, interrupt: bool) -> None:
    """Start the JVM with the provider's jar in front of the class path.

    Args:
        options: as the JNI invocation interface takes them, one string each.
        classpath: the program's own entries.
        interrupt: whether Ctrl-C ends the process as it ends ``java``; otherwise Python handles it.

    Raises:
        HsmError: ``FUNCTION_FAILED`` if the jar is missing.
        NoJdk: if there is no JDK.
        RuntimeError: if the JVM refuses its options; it has said why on standard error.
    """
    jdk = find_jdk()
    # JPype loads its native half, of which newer JVMs would warn.
    native_access = ["--enable-native-access=ALL-UNNAMED"] if release(jdk) >= 22 else []
    jpype.startJVM(
        *options,
        *native_access,
        jvmpath=str(library(jdk)),
        classpath=[str(jar_path()), *classpath],
        interrupt=interrupt,
    )


class _Start(NamedTuple):
    """What :func:`start` was called with."""

    home: Path
    user: str | None
    clusters: Mapping[str, Path | str] | None


_started: list[_Start] = []


def _require_same(home: Path, user: str | None, clusters: Mapping[str, Path | str] | None) -> None:
    """Refuse to serve another HSM, user or clusters than those that this process serves."""
    for started in _started:
        if (home.resolve(), user or started.user) != (started.home, started.user):
            raise HsmError(
                ReturnCode.ACTION_PROHIBITED,
                f"This process serves {started.home} to user {started.user or 'of the environment'} already: "
                "use another process, or log in through a provider of your own.",
            )
        if clusters is not None and clusters != started.clusters:
            raise HsmError(
                ReturnCode.ACTION_PROHIBITED,
                f"This process serves the clusters {', '.join(started.clusters or ()) or 'of the environment'} "
                "already: name all of them in the first call.",
            )


def register(
    clusters: Clusters, rules: SessionRules, *, first: bool, system_login: bool = True, replaceable: bool = False
) -> Any:
    """Register the provider for the default HSM in the JVM that runs.

    Args:
        clusters: the HSMs that providers can be made for.
        rules: of the sessions that the provider opens.
        first: whether the provider is asked before all others, or after them.
        system_login: whether the provider logs in with HSM_USER and HSM_PASSWORD.
        replaceable: whether a provider that the program makes takes the place of this one.

    Returns:
        The provider, a ``java.security.Provider``.

    Raises:
        HsmError: as :func:`start`.
    """
    try:
        in_process = jpype.JClass("io.hsmbridge.hosted.InProcess")
        hosted = jpype.JClass("io.hsmbridge.spi.HostedProvider")
    except TypeError:
        raise HsmError(
            ReturnCode.FUNCTION_FAILED,
            "A JVM was started in this process without the provider: call bridge.jvm.start() before any other "
            f"code starts one, or start it with {jar_path()} on its class path.",
        ) from None
    # Deferred to here: a module that names Java classes loads only when a JVM runs.
    from bridge.jvm.engine import JPypeHost

    in_process.install(JPypeHost(clusters, rules))
    try:
        return hosted.register(first, system_login, replaceable)
    except jpype.JException as error:
        raise _refused(error) from None


def _registered() -> Any:
    return jpype.java.security.Security.getProvider("CloudHSM")


def _login(provider: Any, user: str, password: str) -> None:
    callbacks = jpype.JClass("javax.security.auth.callback.CallbackHandler")
    password_callback = jpype.JClass("javax.security.auth.callback.PasswordCallback")

    def handle(requests: Any) -> None:
        for request in requests:
            if isinstance(request, password_callback):
                request.setPassword(jpype.JChar[:](f"{user}:{password}"))

    try:
        provider.login(None, jpype.JProxy(callbacks, dict={"handle": handle}))
    except jpype.JException as error:
        raise _refused(error) from None


def _refused(error: jpype.JException) -> HsmError:
    """Turn what the provider threw back into the refusal that it came from."""
    cause: Any = error
    while cause is not None:
        if cause.getClass().getName() == "io.hsmbridge.engine.HsmException":
            return HsmError(ReturnCode(int(cause.code())), str(cause.getMessage()))
        cause = cause.getCause()
    return HsmError(ReturnCode.GENERAL_ERROR, str(error))
