"""The spine as Prometheus sees it: gauges made from one look at the database, at scrape."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

_MODES: Final = {"active": 0, "reducing": 1, "halted": 2}
_TOPICS: Final = ("decide", "reconcile")


@dataclass(frozen=True, slots=True, eq=False)
class SpineFigures(Collector):
    """`state` is what `ReadingStore.state` returned; None when the database is away."""

    state: Mapping[str, Any] | None

    def collect(self) -> Iterable[Metric]:
        up = self.state is not None
        yield GaugeMetricFamily("argos_database_up", "1 when the database answers", value=int(up))
        if self.state is not None:
            yield from _outbox(self.state["outbox"])
            yield from _orders_and_nodes(self.state)
            yield _brakes(self.state["halts"])
            yield _discrepancies(self.state["discrepancies"])


def _outbox(outbox: Mapping[str, Mapping[str, float]]) -> Iterable[Metric]:
    depth = GaugeMetricFamily("argos_outbox_depth", "Steps waiting, by topic", labels=["topic"])
    age = GaugeMetricFamily(
        "argos_outbox_oldest_age_seconds", "Age of the oldest step waiting", labels=["topic"]
    )
    for topic in sorted({*_TOPICS, *outbox}):
        waiting = outbox.get(topic, {"depth": 0, "oldest_age_s": 0})
        depth.add_metric([topic], waiting["depth"])
        age.add_metric([topic], waiting["oldest_age_s"])
    yield depth
    yield age


def _orders_and_nodes(state: Mapping[str, Any]) -> Iterable[Metric]:
    yield GaugeMetricFamily(
        "argos_orders_unknown", "Orders in doubt: neither yes nor no", value=state["orders_unknown"]
    )
    ages = GaugeMetricFamily(
        "argos_node_heartbeat_age_seconds", "Since a node was last heard", labels=["node"]
    )
    for node, age_s in sorted(state["heartbeat_age_s"].items()):
        ages.add_metric([node], age_s)
    yield ages
    yield CounterMetricFamily(
        "argos_illegal_transition",
        "Steps of orders outside the rule book",
        value=state["illegal_transitions"],
    )


def _brakes(halts: Iterable[Mapping[str, str]]) -> Metric:
    switch = GaugeMetricFamily(
        "argos_kill_switch_state", "0 active, 1 reducing, 2 halted", labels=["scope", "key"]
    )
    modes = {(halt["scope"], halt["key"]): _MODES[halt["mode"]] for halt in halts}
    for (scope, key), mode in sorted({("global", ""): 0, **modes}.items()):
        switch.add_metric([scope, key], mode)
    return switch


def _discrepancies(open_by_code: Mapping[str, int]) -> Metric:
    found = GaugeMetricFamily("argos_recon_mismatch", "Open discrepancies", labels=["code"])
    for code, count in sorted(open_by_code.items()):
        found.add_metric([code], count)
    return found
