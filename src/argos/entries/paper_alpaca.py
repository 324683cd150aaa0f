"""The paper exchange as a process, `python -m argos.entries.paper_alpaca FILE`: it replays its own prices and hours."""

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from argos.core.errors import ArgosError
from argos.entries.event_loop import run
from argos.entries.logs import set_up_logs
from argos.exchange.calendar import session_on
from argos.paperbroker.broker import Broker, Tick
from argos.paperbroker.fills import FillDesk
from argos.paperbroker.serve import serve
from argos.paperbroker.settings import read_settings
from argos.rehearsal.exchange_days import ReplayPace, replay_days
from argos.rehearsal.prices import TradingDay, load_trading_days
from argos.stack.collector import collect_rarely
from argos.stack.home import read_private

LAST_DAY: Final = date(2013, 3, 1)
"""Where the bundled prices end."""
EXIT_UNUSABLE: Final = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """The broker as the place where days are replayed."""

    broker: Broker
    fills: FillDesk

    def set_clock(self, moment: datetime, *, speed: Decimal) -> None:
        self.broker.set_clock(moment, speed=speed)

    def take_prices(self, mids: Mapping[str, Decimal], *, day: date, is_close: bool) -> None:
        at = self.broker.clock()
        ticks = [Tick(symbol=symbol, mid=mid, at=at) for symbol, mid in mids.items()]
        self.fills.take_prices(ticks, label=day.isoformat(), rollover=is_close)

    def end_day_before(self) -> date | None:
        """Close the day at which the ledger stands, if there is one; its date."""
        if not self.broker.label:
            return None
        day = date.fromisoformat(self.broker.label)
        session = session_on(day)
        assert session is not None, "it was a trading day"
        self.set_clock(session.close, speed=Decimal(1))
        self.take_prices({}, day=day, is_close=True)
        return day


def days_from(
    start: date, *, done: date | None, symbols: tuple[str, ...]
) -> tuple[TradingDay, ...]:
    """The days to play: from `start`, or from the day after the one that the ledger has seen. InputError for none."""
    if done is not None and done >= start:
        start = done + timedelta(days=1)
    return load_trading_days(symbols=symbols, start=start, end=LAST_DAY)


async def _serve(path: Path) -> None:
    settings = read_settings(path)
    replay = json.loads(read_private(path.with_suffix(".replay.json")))
    symbols = tuple(item.symbol for item in settings.instruments)

    async def play(broker: Broker, fills: FillDesk) -> None:
        exchange = Replayed(broker=broker, fills=fills)
        done = exchange.end_day_before()
        days = days_from(date.fromisoformat(replay["start"]), done=done, symbols=symbols)
        _tell(replay["told"], day=days[0].date)
        pace = ReplayPace(speed=Decimal(replay["speed"]))
        await replay_days(exchange, days, pace=pace, seed=settings.seed)

    await serve(settings, beside=play)


def _tell(told: Mapping[str, Any], *, day: date) -> None:
    """What a client needs, on stdout, once it is listened for: one JSON line, or lines for people."""
    facts = {**told, "day": day.isoformat()}
    as_line = facts.pop("json")
    if as_line:
        sys.stdout.write(json.dumps(facts) + "\n")
    else:
        lines = "".join(f"{name:<10} {value}\n" for name, value in facts.items())
        sys.stdout.write(f"The paper exchange is open. Ctrl-C ends it.\n{lines}")
    sys.stdout.flush()


def main(path: Path) -> int:
    """Run the exchange that `path` describes until told to stop; returns the exit code."""
    set_up_logs("paper-alpaca")
    collect_rarely()
    try:
        run(_serve(path))
    except ArgosError as error:
        sys.stderr.write(f"{error}\n{error.fix}\n")
        return EXIT_UNUSABLE
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
