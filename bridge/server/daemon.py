"""Starting and ending the daemon of a home."""

from __future__ import annotations

import fcntl
import functools
import json
import logging
import mmap
import os
import resource
import signal
import socket
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from bridge import __version__
from bridge.cluster import Clusters, clusters_from_environment
from bridge.engine import HsmError, ReturnCode
from bridge.server import metrics
from bridge.server.authority import certificates_folder
from bridge.server.listeners import SOCKET, Address, activated, notify, tcp_listener, unix_listener
from bridge.server.logs import start_log
from bridge.server.supervisor import MOST_CONNECTIONS, Equipment, Supervisor
from bridge.server.tls import server_context
from bridge.server.worker import INDEX, Timing
from bridge.store import Passphrase, open_home, passphrase_from_environment
from bridge.store.files import OWNER_ONLY, write_new

_log = logging.getLogger(__name__)

LOCK, RECORD, METRICS, LOG = "serve.lock", "serve.json", "serve.metrics", "serve.log"
"""Files of a daemon in its home."""

_SECRETS = (
    *("HSM_USER", "HSM_PASSWORD", "CLOUDHSM_PIN", "DESTINATION_CLOUDHSM_PIN"),
    *("HSMBRIDGE_ADMIN_PASSWORD", "HSMBRIDGE_NEW_PASSWORD", "HSMBRIDGE_PASSPHRASE"),
)
_START_SECONDS = 30.0
_END_SECONDS = 20.0
_READY = b"+"
_LOCK_TRIES = 5
_LOOK_SECONDS = 0.02
_DESCRIPTORS = 4096


@dataclass(frozen=True)
class Service:
    """How to serve.

    Attributes:
        workers: processes, 1 or more.
        listen: addresses for TLS.
        idle_seconds: see :class:`Equipment`.
        timing: for the peers.
    """

    workers: int
    listen: Sequence[Address] = ()
    idle_seconds: float | None = None
    timing: Timing = field(default_factory=Timing)


class AlreadyServed(HsmError):
    """Another daemon serves the home."""

    def __init__(self, home: Path) -> None:
        super().__init__(ReturnCode.ACTION_PROHIBITED, f"A daemon serves {home} already; `hsmbridge status` shows it.")


def serve(home: Path, service: Service, passphrase: Passphrase) -> None:
    """Serve a home in this process until told to stop; log to standard error.

    Args:
        home: the HSM's folder.
        service: how.
        passphrase: asked for homes that are sealed under one.

    Raises:
        AlreadyServed: if another daemon does.
        HsmError: as :func:`bridge.store.open_home`; ``ARGUMENTS_BAD`` if an address cannot be listened on,
            ``TOKEN_NOT_PRESENT`` if certificates are missing.
    """
    start_log()
    _Daemon(home.resolve(), service, passphrase).run(lambda: None)


def serve_in_background(home: Path, service: Service, passphrase: Passphrase) -> None:
    """Start a daemon that outlives this process, and return when it serves; raises as :func:`serve`."""
    daemon = _Daemon(home.resolve(), service, passphrase)
    reader, writer = os.pipe()
    if os.fork() == 0:
        status = os.EX_SOFTWARE
        try:
            os.close(reader)
            _detach(home.resolve() / LOG)
            daemon.run(lambda: _tell(writer), writer)
            status = os.EX_OK
        except BaseException:
            _log.exception("the daemon failed")
        finally:
            os._exit(status)
    os.close(writer)
    with open(reader, "rb") as pipe:
        if pipe.read(1) != _READY:
            raise HsmError(ReturnCode.FUNCTION_FAILED, f"The daemon ended at its start; {home / LOG} says why.")


def _tell(writer: int) -> None:
    os.write(writer, _READY)
    os.close(writer)


def _detach(log: Path) -> None:
    """Leave the terminal, and whatever else the caller's shell had open, and let what goes wrong be read in the log."""
    os.setsid()
    os.chdir("/")
    os.environ.pop("NOTIFY_SOCKET", None)
    # Python's own descriptors are none that children inherit.
    for name in os.listdir("/dev/fd"):
        with suppress(OSError):
            if int(name) > sys.stderr.fileno() and os.get_inheritable(int(name)):
                os.close(int(name))
    nothing = os.open(os.devnull, os.O_RDWR)
    written = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW, OWNER_ONLY)
    for descriptor, target in ((nothing, 0), (nothing, 1), (written, 2)):
        os.dup2(descriptor, target)
    start_log(log)


class _Daemon:
    """A daemon that holds its home's lock and listens, and does not run yet."""

    def __init__(self, home: Path, service: Service, passphrase: Passphrase) -> None:
        self._home = home
        self._service = service
        # Asked for once: workers open the homes of other clusters when nobody is there any more to ask.
        known = functools.cache(passphrase)
        hsm = open_home(home, known)
        self._lock = _take_lock(home)
        try:
            clusters = Clusters(hsm, home, clusters_from_environment(), _later(known))
            self._listeners = [*activated(), *map(tcp_listener, service.listen)]
            over_tcp = [listener for listener in self._listeners if listener.family != socket.AF_UNIX]
            # Those of this home decide whom TLS lets in, whichever cluster is asked for afterwards.
            tls = server_context(certificates_folder(home), lambda: hsm.settings.trust_anchors) if over_tcp else None
            # The socket that systemd made is systemd's to remove: it starts the daemon again.
            self._owns_socket = len(over_tcp) == len(self._listeners)
            if self._owns_socket:
                self._listeners.append(unix_listener(home))
        except BaseException:
            os.close(self._lock)
            raise
        self._path = next(one.getsockname() for one in self._listeners if one.family == socket.AF_UNIX)
        self._addresses = [str(Address(*listener.getsockname()[:2])) for listener in over_tcp]
        self._started = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
        # They were for getting here; no code of a worker has use for them.
        for variable in _SECRETS:
            os.environ.pop(variable, None)
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(most, _DESCRIPTORS) if most > 0 else _DESCRIPTORS, most))
        metrics.create(home / METRICS, service.workers + 1, list(INDEX))
        self._equipment = Equipment(
            clusters=clusters,
            listeners=self._listeners,
            tls=tls,
            workers=service.workers,
            counters=lambda slot: metrics.Counters(home / METRICS, slot),
            versions=memoryview(mmap.mmap(-1, MOST_CONNECTIONS * 8)).cast("Q"),
            timing=service.timing,
            idle_seconds=service.idle_seconds,
            record=self._record,
            forget=self._forget,
            refresh=hsm.refresh,
        )
        self._only_ours = [self._lock]

    def _forget(self) -> None:
        for descriptor in self._only_ours:
            os.close(descriptor)
        self._equipment.clusters.forget_logins()

    def run(self, ready: Callable[[], None], *only_ours: int) -> None:
        """Serve until told to stop, and clean up.

        Args:
            ready: called when workers run.
            only_ours: descriptors that they are not to have.
        """
        self._only_ours += only_ours
        inode = (self._home / SOCKET).stat().st_ino if self._owns_socket else None
        os.pwrite(self._lock, b"%d" % os.getpid(), 0)

        def started() -> None:
            _log.info(
                "serving",
                extra={"home": str(self._home), "listen": self._addresses, "workers": self._service.workers},
            )
            notify("READY=1")
            ready()
            self._only_ours = [self._lock]

        try:
            Supervisor(self._equipment).run(started)
        finally:
            notify("STOPPING=1")
            if inode is not None and (self._home / SOCKET).exists() and (self._home / SOCKET).stat().st_ino == inode:
                (self._home / SOCKET).unlink()
            (self._home / RECORD).unlink(missing_ok=True)
            os.close(self._lock)
        _log.info("stopped")

    def _record(self, workers: Sequence[int], restarts: int) -> None:
        record = {
            "pid": os.getpid(),
            "version": __version__,
            "socket": self._path,
            "listen": self._addresses,
            "workers": list(workers),
            "started": self._started,
            "restarts": restarts,
        }
        draft = self._home / f".{RECORD}.{os.getpid()}"
        draft.unlink(missing_ok=True)
        write_new(draft, json.dumps(record).encode())
        draft.replace(self._home / RECORD)


def _later(known: functools._lru_cache_wrapper[str | None]) -> Passphrase:
    """Return the passphrase of the environment, or what was asked for; it needs neither that nor a terminal."""
    given = passphrase_from_environment()
    if given is None and known.cache_info().currsize:
        given = known()
    return lambda: given


def _take_lock(home: Path) -> int:
    """Take the lock of a home; the file then holds the process id of the daemon, once it has one."""
    descriptor = os.open(home / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, OWNER_ONLY)
    try:
        for more_tries in reversed(range(_LOCK_TRIES)):
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if not more_tries:
                    raise AlreadyServed(home) from None
                # Whoever only looks holds it for a moment too.
                time.sleep(_LOOK_SECONDS)
        os.ftruncate(descriptor, 0)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def is_served(home: Path) -> bool:
    """Tell whether a daemon holds a home's lock.

    Raises:
        OSError: if the lock cannot be looked at.
    """
    try:
        descriptor = os.open(home / LOCK, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
    except FileNotFoundError:
        return False
    try:
        # Shared, so that two who look do not take each other for a daemon.
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def wait_until_answering(home: Path) -> None:
    """Wait for the daemon that another process is starting.

    Raises:
        HsmError: ``FUNCTION_FAILED`` if nobody listens on the home's socket within 30 s.
    """
    end = time.monotonic() + _START_SECONDS
    while time.monotonic() < end:
        with socket.socket(socket.AF_UNIX) as probe:
            try:
                probe.connect(str(home.resolve() / SOCKET))
                return
            except OSError:
                time.sleep(0.05)
    raise HsmError(ReturnCode.FUNCTION_FAILED, f"The daemon of {home} does not answer; {home / LOG} may say why.")


def stop(home: Path) -> bool:
    """End the daemon of a home, and return when it has ended.

    Returns:
        Whether there was one.

    Raises:
        HsmError: ``FUNCTION_FAILED`` if it does not end.
    """
    if not is_served(home):
        return False
    end, told = time.monotonic() + _END_SECONDS, False
    while is_served(home):
        # What the locked file holds is of the daemon that locked it; nothing, while that is starting.
        holder = (home / LOCK).read_text()
        if holder and not told:
            with suppress(ProcessLookupError):
                os.kill(int(holder), signal.SIGTERM)
            told = True
        if time.monotonic() > end:
            raise HsmError(ReturnCode.FUNCTION_FAILED, f"The daemon of {home} does not end; see {home / LOG}.")
        time.sleep(_LOOK_SECONDS)
    return True


def default_workers() -> int:
    """Return the number of cores that this process may use."""
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1
