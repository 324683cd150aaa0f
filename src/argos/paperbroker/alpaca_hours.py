"""The alpaca character over HTTP: the exchange's clock and calendar, and the account's worth over time."""

import re
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Final

from aiohttp import web

from argos.core.money import ZERO
from argos.exchange.book import funds
from argos.exchange.calendar import (
    FIRST_DAY,
    LAST_DAY,
    NEW_YORK,
    Session,
    next_close,
    next_open,
    session_at,
    sessions_between,
    settlement_date,
)
from argos.paperbroker.alpaca_door import Door
from argos.paperbroker.alpaca_protocol import body_invalid
from argos.paperbroker.alpaca_queries import moment_asked
from argos.paperbroker.broker import Broker
from argos.paperbroker.gate import answer
from argos.paperbroker.hours import Phase
from argos.protocol.values import moment_text

DAY: Final = "1D"
TIMEFRAMES: Final = {"1Min": 60, "5Min": 300, "15Min": 900, "1H": 3600, DAY: 86_400}
_UNIT_DAYS: Final = {"D": 1, "W": 7, "M": 31, "A": 366}
_PERIOD: Final = re.compile(r"([1-9]\d{0,3})([DWMA])")
INTRADAY_DAYS_MAX: Final = 31

Worth = tuple[datetime, Decimal]


class AlpacaHours:
    """Handlers of `/v2/clock`, `/v2/calendar` and `/v2/account/portfolio/history`."""

    def __init__(self, broker: Broker, *, door: Door) -> None:
        self._broker = broker
        self._door = door

    def routes(self) -> list[web.RouteDef]:
        guarded = self._door.guarded
        return [
            web.get("/v2/clock", guarded(self._clock)),
            web.get("/v2/calendar", guarded(self._calendar)),
            web.get("/v2/account/portfolio/history", guarded(self._history)),
        ]

    async def _clock(self, _: str, __: web.Request) -> web.Response:
        now, market = self._broker.clock(), self._broker.market
        if self._broker.settings.full_rules:
            local = now.astimezone(NEW_YORK)
            told = {
                "timestamp": local.isoformat(),
                "is_open": self._broker.phase is Phase.REGULAR,
                "next_open": next_open(local).isoformat(),
                "next_close": next_close(local).isoformat(),
            }
            return answer(told)
        tomorrow = moment_text(now + timedelta(days=1))
        return answer(
            {
                "timestamp": moment_text(now),
                # whether there are prices yet is another matter
                "is_open": not market.closed.issuperset(market.instruments),
                "next_open": tomorrow,
                "next_close": tomorrow,
            }
        )

    async def _calendar(self, _: str, http: web.Request) -> web.Response:
        start, end = _date_asked(http, "start", FIRST_DAY), _date_asked(http, "end", LAST_DAY)
        return answer([_calendar_row(session) for session in sessions_between(start, end)])

    async def _history(self, account: str, http: web.Request) -> web.Response:
        """What the account was worth at the end of each window, from the notes of minutes and closes.

        Windows in which nothing was noted, as when the exchange was shut or the broker did not run, are left out.
        """
        now = self._broker.clock()
        since, until, timeframe = _span(http, now=now)
        noted = self._broker.ledger.equity_history(
            account, since=since, until=until, closing_only=timeframe == DAY
        )
        base = self._broker.ledger.equity_before(account, since)
        if base is None:
            base = self._broker.terms[account].deposit
        if now <= until:
            noted.append((now, self._worth(account)))
        windows = _windows(noted, timeframe=timeframe)
        return answer(_history_body(windows, base=base, timeframe=timeframe))

    def _worth(self, account: str) -> Decimal:
        return funds(self._broker.books[account], self._broker.market_of(account)).equity


def _span(http: web.Request, *, now: datetime) -> tuple[datetime, datetime, str]:
    """From when to when, and in windows of which length, the history is asked for."""
    asked = http.query
    if {"start", "end", "period"} <= set(asked):
        raise body_invalid("only two of start, end and period can be specified")
    found = _PERIOD.fullmatch(asked.get("period", "1M"))
    if found is None:
        raise body_invalid("period is invalid")
    span = timedelta(days=int(found[1]) * _UNIT_DAYS[found[2]])
    until = moment_asked(http, "end", _day_end(http, now=now))
    since = moment_asked(http, "start", until - span)
    if "start" in asked and "end" not in asked and "period" in asked:
        until = min(now, since + span)
    days = (until - since).days
    usual = "1Min" if days < 7 else "15Min" if days < 30 else DAY
    timeframe = asked.get("timeframe", usual)
    if timeframe not in TIMEFRAMES:
        raise body_invalid("timeframe is invalid")
    if timeframe != DAY and days > INTRADAY_DAYS_MAX:
        raise body_invalid("timeframe must be 1D for a period of more than 30 days")
    return since, until, timeframe


def _day_end(http: web.Request, *, now: datetime) -> datetime:
    """The end in New York of the day that `date_end` names; now, if it is left out."""
    day = _date_asked(http, "date_end", now.astimezone(NEW_YORK).date()) + timedelta(days=1)
    return min(now, datetime.combine(day, time(), tzinfo=NEW_YORK))


def _windows(noted: Sequence[Worth], *, timeframe: str) -> dict[int, Decimal]:
    """The last worth in each window, by the Unix time at which the window begins."""
    width_s = TIMEFRAMES[timeframe]
    windows: dict[int, Decimal] = {}
    for moment, equity in noted:
        begins = int(moment.timestamp()) // width_s * width_s
        if timeframe == DAY:
            session = session_at(moment)
            begins = int(session.open.timestamp()) if session else begins
        windows[begins] = equity
    return windows


def _history_body(windows: dict[int, Decimal], *, base: Decimal, timeframe: str) -> dict[str, Any]:
    earned = [equity - base for equity in windows.values()]
    return {
        "timestamp": list(windows),
        "equity": [float(equity) for equity in windows.values()],
        "profit_loss": [float(amount) for amount in earned],
        "profit_loss_pct": [float(amount / base if base else ZERO) for amount in earned],
        "base_value": float(base),
        "timeframe": timeframe,
        "cashflow": {},
    }


def _calendar_row(session: Session) -> dict[str, str]:
    return {
        "date": session.day.isoformat(),
        "open": f"{session.open:%H:%M}",
        "close": f"{session.close:%H:%M}",
        "session_open": f"{session.pre_open:%H%M}",
        "session_close": f"{session.post_close:%H%M}",
        "settlement_date": _settled(session.day),
    }


def _settled(day: date) -> str:
    """The last days of the calendar settle beyond it: on the day after, as far as it knows."""
    try:
        return settlement_date(day).isoformat()
    except LookupError:
        return (day + timedelta(days=1)).isoformat()


def _date_asked(http: web.Request, name: str, default: date) -> date:
    """A date of the query; a moment there stands for its date, as it is written."""
    text = http.query.get(name)
    return date.fromisoformat(text[:10]) if text else default
