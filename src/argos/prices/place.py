"""Where a replay of real days stands: a function of the clock alone, so that all who replay agree without a word.

One real day lasts `day_s` seconds; after the last day the first comes again. Fixture servers, the paper brokers' market
and the rehearsals reckon by it.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a looping replay stands. `number` counts ticks since it began, `rest_s` the seconds to the next."""

    number: int
    day: int
    tick: int
    rest_s: float


def place_at(since_s: float, *, days: int, ticks_per_day: int, day_s: float) -> Place:
    """Where the replay stands so many seconds after it began; one that began in 1970 is told the Unix time."""
    gap_s = day_s / ticks_per_day
    number = int(since_s / gap_s)
    day, tick = divmod(number, ticks_per_day)
    return Place(number=number, day=day % days, tick=tick, rest_s=(number + 1) * gap_s - since_s)
