"""What the programs that drive Java share: a JVM with the provider registered, and what the HSM holds for it."""

from __future__ import annotations

import os
from pathlib import Path

import jpype
from transport import PROVIDER, VARIABLE, Transport, choose, over_socket

from bridge.jvm import start
from bridge.jvm.host import start_jvm
from bridge.server import metrics
from bridge.server.daemon import METRICS


def begin(classes: str) -> None:
    """Start a JVM on the way to the engine that the tests take, with the provider registered and logged in.

    Args:
        classes: folder of the program's classes.
    """
    choose(Transport(os.environ[VARIABLE]))
    if over_socket():
        start_jvm([], [classes], interrupt=False)
        jpype.JClass("java.security.Security").addProvider(jpype.JClass(PROVIDER)())
    else:
        start(classpath=[classes])
        # The first provider that a program makes shares the registered one's session, all others have their own.
        jpype.JClass(PROVIDER)()


def sessions() -> int:
    """Return how many sessions the daemon has; 0 without one."""
    if not over_socket():
        return 0
    return metrics.read(Path(os.environ["HSMBRIDGE_HOME"]) / METRICS).scalars[metrics.Scalar.SESSIONS]


def keys() -> int:
    """Return how many keys the user that is logged in sees, those that were imported for an operation included."""
    package = "com.amazonaws.cloudhsm.jce.provider"
    provider = jpype.JClass("java.security.Security").getProvider("CloudHSM")
    store = jpype.JClass(f"{package}.KeyStoreWithAttributes").getInstance("CloudHSM", provider)
    store.load(None, None)
    return int(store.getKeys(jpype.JClass(f"{package}.attributes.KeyAttributesMap")()).size())
