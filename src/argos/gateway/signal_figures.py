"""Signals as Prometheus sees them, from the same look at the database as the spine's figures."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

_STATUSES: Final = ("valid", "refused")
_OF_SERVICES: Final = (
    ("argos_signals_waiting", "Rows not told or handed over yet, by chain", "waiting"),
    ("argos_signals_lag_seconds", "Age of the oldest row that waits, by chain", "lag_s"),
    ("argos_signals_set_aside", "Rows that the database did not take, by chain", "set_aside"),
    (
        "argos_signals_report_age_seconds",
        "Since a signal service last reported, by chain",
        "reported_age_s",
    ),
)


@dataclass(frozen=True, slots=True, eq=False)
class SignalFigures(Collector):
    """`state` is what `ReadingStore.state` returned; without it, or signals in it, there is nothing to tell."""

    state: Mapping[str, Any] | None

    def collect(self) -> Iterable[Metric]:
        signals = self.state["signals"] if self.state else None
        if signals is None:
            return
        recorded = GaugeMetricFamily(
            "argos_signals_recorded", "Signals of the last 24 hours, by status", labels=["status"]
        )
        for status in _STATUSES:
            recorded.add_metric([status], signals["of_a_day"].get(status, 0))
        yield recorded
        if signals["last_age_s"] is not None:
            yield GaugeMetricFamily(
                "argos_signals_last_age_seconds",
                "Age of the newest signal",
                value=signals["last_age_s"],
            )
        for name, description, field in _OF_SERVICES:
            figures = GaugeMetricFamily(name, description, labels=["chain"])
            for service in signals["services"]:
                figures.add_metric([service["chain"]], service[field])
            yield figures
