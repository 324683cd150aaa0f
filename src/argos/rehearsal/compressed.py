"""Sources in a replay whose days last seconds: the fixture server's words, and settings that keep up with it.

Only simulated providers are told to hurry: one with a key keeps its clock and its budget. Alpha Vantage stays as it is,
since it speaks once a session of the real calendar, whatever is replayed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from argos.sources.settings import SourcesSettings

UNLIMITED: Final = 1_000_000
"""Of calls and dollars that nobody pays."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayedDays:
    """Which days are replayed and how fast; see `argos.prices.place`. began_s: Unix time of the first day's open."""

    day_s: float
    ticks: int
    first_day: date
    seed: int
    began_s: float = 0.0


EVERYDAY: Final = ReplayedDays(day_s=60, ticks=60, first_day=date(2004, 8, 19), seed=1)
"""What the everyday market replays: simulated sources tell of the prices at which paper brokers deal."""


def fixture_words(days: ReplayedDays, *, port: int) -> tuple[str, ...]:
    """The words after `python -m argos.sources.fixture`."""
    return (
        f"--port={port}",
        f"--seed={days.seed}",
        f"--day-s={days.day_s}",
        f"--ticks={days.ticks}",
        f"--first-day={days.first_day.isoformat()}",
        f"--began-s={days.began_s}",
        "--hurried",
    )


def source_environment(
    settings: SourcesSettings, *, fixture_url: str, days: ReplayedDays
) -> Mapping[str, str]:
    """The environment of a process whose sources shall follow the replay."""
    hurry: dict[str, dict[str, Any]] = {
        "massive": {"every_s": days.day_s / 12, "calls_per_minute": UNLIMITED},
        "x_api": {
            "every_s": days.day_s / 6,
            "cache_s": days.day_s / 6,
            "calls_per_15_minutes": UNLIMITED,
            "usd_per_day": UNLIMITED,
            "posts_max": 50,
        },
        "sonar": {
            "every_s": days.day_s / 6,
            "cache_s": days.day_s / 6,
            "calls_per_minute": UNLIMITED,
            "usd_per_day": UNLIMITED,
        },
    }
    return {"ARGOS_SOURCES_FIXTURE_URL": fixture_url} | {
        f"ARGOS_{provider}_{name}".upper(): str(value)
        for provider, values in hurry.items()
        if settings.is_simulated(provider)
        for name, value in values.items()
    }
