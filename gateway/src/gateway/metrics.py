"""The gateway's figures for Prometheus, read from where they are kept when they are asked for."""

from collections.abc import Iterator

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from gateway.journal import BOUNDS
from gateway.plane import DataPlane
from gateway.proxy.breaker import Circuit


class Figures(Collector):
    """Reads a data plane; registered with `prometheus_client` as long as the plane runs."""

    def __init__(self, plane: DataPlane) -> None:
        self._plane = plane

    def collect(self) -> Iterator[Metric]:
        """All families of the gateway."""
        yield from self._requests()
        yield from self._services()
        clients = GaugeMetricFamily("gateway_client_connections", "Connections of clients")
        clients.add_metric([], len(self._plane.edges))
        yield clients
        dropped = CounterMetricFamily("gateway_log_lines_dropped", "Access log lines that found no room")
        dropped.add_metric([], self._plane.journal.dropped)
        yield dropped

    def _requests(self) -> Iterator[Metric]:
        journal = self._plane.journal
        answers = CounterMetricFamily("gateway_requests", "Requests answered", labels=["service", "status"])
        for (service, status), count in journal.answers.items():
            answers.add_metric([service, str(status)], count)
        yield answers
        refusals = CounterMetricFamily("gateway_refusals", "Requests the gateway refused", labels=["problem"])
        for slug, count in journal.refusals.items():
            refusals.add_metric([slug], count)
        yield refusals
        seconds = HistogramMetricFamily("gateway_request_seconds", "Time to answer", labels=["service"])
        for service, durations in journal.durations.items():
            total, buckets = 0, []
            for bound, count in zip((*map(str, BOUNDS), "+Inf"), durations.buckets, strict=True):
                total += count
                buckets.append((bound, float(total)))
            seconds.add_metric([service], buckets, durations.seconds)
        yield seconds

    def _services(self) -> Iterator[Metric]:
        opened = GaugeMetricFamily("gateway_service_connections", "Connections open", labels=["service"])
        queued = GaugeMetricFamily("gateway_service_queue", "Requests that wait for one", labels=["service"])
        broken = GaugeMetricFamily("gateway_circuit_open", "1 while the circuit is open", labels=["service"])
        for pool in self._plane.pools.values():
            opened.add_metric([pool.name], pool.opened)
            queued.add_metric([pool.name], pool.queued)
            broken.add_metric([pool.name], pool.breaker.circuit is not Circuit.CLOSED)
        yield from (opened, queued, broken)
