"""The options that say which prices, costs and hours a study is made under; the same for all three commands."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from datetime import UTC, time, tzinfo
from pathlib import Path
from typing import Annotated, Any, Final, Protocol
from zoneinfo import ZoneInfo

import typer

from argos.backtest.assignments import setting_of, settings_with, split, value_like
from argos.backtest.bars import Bars
from argos.backtest.calendars import calendar_of
from argos.backtest.settings import FREE, Calendar, Settings
from argos.core.costs import CostModel
from argos.core.errors import InputError
from argos.paperbroker.costs import CFD_COSTS, FOREX_COSTS, HARBOR_COSTS, MERIDIAN_COSTS
from argos.prices.read import Prices, read_prices

COSTS: Final[Mapping[str, CostModel]] = {
    "stocks": HARBOR_COSTS,
    "stocks-per-share": MERIDIAN_COSTS,
    "forex": FOREX_COSTS,
    "cfd": CFD_COSTS,
    "free": FREE,
}
"""The paper brokers' own cost models: what a backtest charges is what they charge."""
WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

StrategyName = Annotated[
    str,
    typer.Argument(
        help="ema-cross, rsi-reversion, breakout, bollinger, buy-and-hold, consensus, or your own as FILE.py:NAME.",
        metavar="STRATEGY",
    ),
]
Data = Annotated[
    list[str],
    typer.Option(
        "--data",
        "-d",
        help="A CSV or Parquet file, a folder of them, or demo (real daily prices of four shares); may be repeated.",
        metavar="FILE|demo",
    ),
]
Space = Annotated[
    list[str],
    typer.Option(
        "--space",
        help="What may vary, such as fast=5..50:5, stop=0.01,0.02, risk=0.001..0.1:log8; or a condition, fast<slow; "
        "may be repeated.",
        metavar="NAME=VALUES",
    ),
]
ObjectiveName = Annotated[
    str,
    typer.Option(
        "--objective",
        help="What is to be greatest: sharpe, total_return, profit_factor, win_rate; of drawdown and costs the least.",
        metavar="FIGURE",
    ),
]
Threads = Annotated[
    int | None, typer.Option(min=1, help="Processors to use; else all.", metavar="N")
]
PastSignals = Annotated[
    str | None,
    typer.Option(
        "--signals",
        help="A CSV or Parquet table of past signals (time, symbol, side, ...) in place of a strategy.",
        metavar="FILE",
    ),
]
KnownAtOpen = Annotated[
    bool,
    typer.Option(
        "--known-at-open",
        help="A signal at a bar's very open was known then, and is not the name of the bar it was made from.",
    ),
]
Symbols = Annotated[str, typer.Option(help="Only these, such as AAPL,MSFT.", metavar="A,B")]
Since = Annotated[
    str | None, typer.Option("--from", help="From this day or moment on.", metavar="DATE")
]
Until = Annotated[
    str | None,
    typer.Option("--to", help="Until the end of this day, or before this moment.", metavar="DATE"),
]
Zone = Annotated[
    str | None,
    typer.Option(help="Of times that name none, such as America/New_York.", metavar="ZONE"),
]
Finer = Annotated[
    str | None,
    typer.Option(help="A finer series, to settle what came first inside a bar.", metavar="FILE"),
]
Every = Annotated[
    str | None,
    typer.Option(
        help="Make longer bars of these, such as 1h; the given ones become the finer series.",
        metavar="SPAN",
    ),
]
Assign = Annotated[
    list[str],
    typer.Option(
        "--set",
        "-s",
        help="A parameter of the strategy (fast=10) or a setting (exits.stop_fraction=0.01); may be repeated.",
        metavar="NAME=VALUE",
    ),
]
Costs = Annotated[
    str,
    typer.Option(
        help=f"Cost model, one of {', '.join(COSTS)}; single terms by --set costs.spread_bps=2.",
        metavar="NAME",
    ),
]
Session = Annotated[
    str | None,
    typer.Option(
        help="Hours in which entries may fill, such as '09:30-16:00 America/New_York'.",
        metavar="HOURS",
    ),
]
FlatAtEnd = Annotated[
    bool, typer.Option("--flat-at-session-end", help="Close everything at each session's last bar.")
]
Rollover = Annotated[
    str,
    typer.Option(
        help="When a night is charged, such as '17:00 America/New_York triple=wed'.",
        metavar="TIME",
    ),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class MarketChoice:
    """What was asked for, as text; kept with a result, so that it can be asked for again."""

    data: tuple[str, ...]
    symbols: str = ""
    since: str | None = None
    until: str | None = None
    zone: str | None = None
    finer: str | None = None
    every: str | None = None
    costs: str = "stocks"
    session: str | None = None
    flat_at_session_end: bool = False
    rollover: str = "00:00"
    signals: str | None = None
    known_at_open: bool = False

    def prices(self) -> Prices:
        """The prices, checked, with how they were understood. Raises InputError naming row and column."""
        return read_prices(
            self.data[0] if len(self.data) == 1 else list(self.data),
            symbols=[name for name in self.symbols.split(",") if name] or None,
            since=self.since,
            until=self.until,
            zone=self.zone,
            finer=self.finer,
            every=self.every,
        )

    def settings(self, bars: Bars, changes: Mapping[str, Any]) -> Settings:
        """Costs, hours and the named settings. Raises InputError."""
        if self.costs not in COSTS:
            raise InputError(
                f"there are no costs called {self.costs}",
                code="BACKTEST_SETTING",
                field="--costs",
                fix=f"choose from {', '.join(COSTS)}",
            )
        chosen = settings_with(Settings(costs=COSTS[self.costs]), changes)
        return replace(chosen, calendar=self._calendar(bars, chosen))

    def _calendar(self, bars: Bars, settings: Settings) -> Calendar:
        charged = settings.costs.swap_long_bps or settings.costs.swap_short_bps
        if not charged and self.session is None:
            return Calendar()
        at, zone, triple = _rollover(self.rollover)
        nights = calendar_of(bars, zone=zone, rollover=at, triple_weekday=triple).nights
        if self.session is None:
            return Calendar(nights=nights)
        hours, session_zone = _session(self.session)
        open_hours = calendar_of(
            bars, zone=session_zone, session=hours, flat_at_end=self.flat_at_session_end
        )
        return replace(open_hours, nights=nights)

    def document(self) -> dict[str, Any]:
        """As JSON holds it; paths are made absolute, so that it can be asked from anywhere."""
        paths = {
            name: None if given is None else _absolute(given)
            for name, given in (("finer", self.finer), ("signals", self.signals))
        }
        return asdict(self) | {"data": [_absolute(name) for name in self.data]} | paths

    @classmethod
    def of_options(cls, options: Mapping[str, Any]) -> "MarketChoice":
        """From all options of a command, by name; those that it does not have keep their defaults."""
        names = {field.name for field in fields(cls)}
        return cls.of({name: value for name, value in options.items() if name in names})

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> "MarketChoice":
        return cls(**{**document, "data": tuple(document["data"])})


class Examples(Protocol):
    """Knows the type of each of its parameters."""

    def example(self, name: str) -> Any: ...


def assigned(
    words: list[str], found: Examples, settings: Settings
) -> tuple[dict[str, Any], dict[str, Any]]:
    """`name=value` words as typed parameters of the strategy, and as changes of the settings."""
    texts: dict[str, str] = {}
    for word in words:
        name, sign, text = word.partition("=")
        if not sign or not name or not text:
            raise InputError(
                f"--set {word} assigns nothing",
                code="BACKTEST_VALUE",
                field="--set",
                fix="write NAME=VALUE, such as --set fast=10",
            )
        texts[name.strip()] = text.strip()
    own, dotted = split(texts)
    return (
        {name: value_like(found.example(name), text, name=name) for name, text in own.items()},
        {
            name: value_like(setting_of(settings, name), text, name=name)
            for name, text in dotted.items()
        },
    )


def _absolute(name: str) -> str:
    return name if name.partition(":")[0] == "demo" else str(Path(name).resolve())


def _session(text: str) -> tuple[tuple[time, time], tzinfo]:
    hours, _, zone = text.partition(" ")
    start, _, end = hours.partition("-")
    return (_clock(start, "--session"), _clock(end, "--session")), _zone(zone, "--session")


def _rollover(text: str) -> tuple[time, tzinfo, int | None]:
    words = text.split()
    triple = None
    for word in list(words):
        if word.startswith("triple="):
            words.remove(word)
            day = word.removeprefix("triple=").lower()
            if day not in WEEKDAYS:
                raise _wrong_hours("--rollover", text)
            triple = WEEKDAYS.index(day)
    if not words:
        raise _wrong_hours("--rollover", text)
    return _clock(words[0], "--rollover"), _zone(" ".join(words[1:]), "--rollover"), triple


def _clock(text: str, option: str) -> time:
    try:
        return time.fromisoformat(text)
    except ValueError as error:
        raise _wrong_hours(option, text) from error


def _zone(text: str, option: str) -> tzinfo:
    if not text:
        return UTC
    try:
        return ZoneInfo(text)
    except (KeyError, ValueError, OSError) as error:
        raise _wrong_hours(option, text) from error


def _wrong_hours(option: str, text: str) -> InputError:
    return InputError(
        f"{option} cannot be read: {text!r}",
        code="BACKTEST_HOURS",
        field=option,
        fix="write --session '09:30-16:00 America/New_York' or --rollover '17:00 America/New_York triple=wed'",
    )
