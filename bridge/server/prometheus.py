"""The state and the numbers of a daemon in Prometheus' text format."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import accumulate

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    InfoMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from bridge.server.hsm_metrics import DESCRIPTIONS, hsm_metrics
from bridge.server.metrics import BOUNDS, Requests, Scalar, Snapshot
from bridge.server.status import State, Status

_BOUNDS = [*(repr(bound) for bound in BOUNDS), "+Inf"]

_TOTALS = {
    Scalar.ACCEPTED: ("hsmbridge_connections_accepted", "Connections that were accepted."),
    Scalar.REFUSED: ("hsmbridge_connections_refused", "Connections that were refused before a session."),
    Scalar.MALFORMED: ("hsmbridge_connections_malformed", "Connections that were ended for what they sent."),
    Scalar.BUSY: ("hsmbridge_requests_busy", "Requests that were answered DEVICE_BUSY, not counted elsewhere."),
    Scalar.BYTES_IN: ("hsmbridge_received_bytes", "Bytes of requests."),
    Scalar.BYTES_OUT: ("hsmbridge_sent_bytes", "Bytes of answers."),
}


def exposition(status: Status) -> bytes:
    """Return all metrics of a daemon; of one that is stopped, that it is."""
    registry = CollectorRegistry()
    registry.register(_Daemon(status))
    return generate_latest(registry)


class _Daemon(Collector):
    def __init__(self, status: Status) -> None:
        self._status = status

    def collect(self) -> Iterable[Metric]:
        """Return the families of metrics."""
        status = self._status
        up = status.state is State.RUNNING
        yield GaugeMetricFamily("hsmbridge_up", "Whether the daemon answers.", value=up)
        if status.info:
            labels = {"version": status.info.get("VERSION", ""), "mode": status.info.get("MODE", "")}
            yield InfoMetricFamily("hsmbridge_daemon", "The daemon's version and its HSM's mode.", value=labels)
        if status.started:
            yield GaugeMetricFamily(
                "hsmbridge_start_time_seconds", "When it was started.", value=status.started.timestamp()
            )
        facts = status.facts
        if "workers" in facts:
            yield GaugeMetricFamily("hsmbridge_workers", "Worker processes.", value=len(facts["workers"]))
        if "restarts" in facts:
            yield CounterMetricFamily("hsmbridge_worker_restarts", "Workers replaced.", value=facts["restarts"])
        for name, value in hsm_metrics(status).items():
            yield GaugeMetricFamily(_snake(name), f"{DESCRIPTIONS[name]} CloudWatch: {name}.", value=value)
        if status.counters:
            yield from _counted(status.counters)


def _snake(name: str) -> str:
    """Return ``hsmbridge_hsm_users_max`` for ``HsmUsersMax``."""
    return "hsmbridge" + re.sub(r"[A-Z]", lambda capital: f"_{capital[0].lower()}", name)


def _counted(counters: Snapshot) -> Iterator[Metric]:
    connections = counters.scalars[Scalar.CONNECTIONS]
    yield GaugeMetricFamily("hsmbridge_connections", "Connections that are open.", value=connections)
    sessions = counters.scalars[Scalar.SESSIONS]
    yield GaugeMetricFamily("hsmbridge_sessions", "Sessions that are open.", value=sessions)
    for scalar, (name, documentation) in _TOTALS.items():
        yield CounterMetricFamily(name, documentation, value=counters.scalars[scalar])
    requests = CounterMetricFamily("hsmbridge_requests", "Requests answered.", labels=["method", "outcome"])
    seconds = HistogramMetricFamily("hsmbridge_request_seconds", "Time from request to answer.", labels=["method"])
    for method, counted in counters.requests.items():
        requests.add_metric([method, "success"], counted.succeeded)
        requests.add_metric([method, "refusal"], counted.failed)
        if any(counted.buckets):
            seconds.add_metric([method], _cumulative(counted), counted.seconds)
    yield requests
    yield seconds


def _cumulative(counted: Requests) -> list[tuple[str, float]]:
    return list(zip(_BOUNDS, accumulate(counted.buckets), strict=True))
