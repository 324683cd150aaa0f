"""The broker at work: books in memory, each change committed to the ledger before anyone hears of it."""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from argos.core.errors import InputError
from argos.core.instrument import Quote
from argos.exchange.book import Book, Change, FillModel, Market, funds
from argos.exchange.draws import draw_shift_bps
from argos.exchange.orders import BrokerOrder
from argos.exchange.quoting import quote_around
from argos.exchange.ticking import on_open, on_quote, on_rollover, release_queued
from argos.exchange.turn import Turn
from argos.paperbroker.currencies import market_in
from argos.paperbroker.exchange_clock import ExchangeClock
from argos.paperbroker.hours import Phase, market_under, phase_at
from argos.paperbroker.ledger_writer import Ledger
from argos.paperbroker.settings import BrokerSettings, account_terms, instrument_of
from argos.paperbroker.stream import StreamHub
from argos.protocol.values import decimal_text, moment_text

Tell = Callable[[Change], dict[str, Any] | None]
"""Puts a change into the words of the broker's character; None if its clients are not told of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """One symbol's mid price from the market data feed."""

    symbol: str
    mid: Decimal
    at: datetime


class Broker:
    """One broker with all its accounts. Not for use by more than one event loop."""

    def __init__(
        self,
        settings: BrokerSettings,
        *,
        ledger: Ledger,
        hub: StreamHub,
        tell: Tell,
        clock: ExchangeClock,
    ) -> None:
        self.settings = settings
        self.ledger = ledger
        self.hub = hub
        self.clock = clock.now
        self._exchange_clock = clock
        self.terms = {terms.account: terms for terms in account_terms(settings)}
        self.books: dict[str, Book] = {
            name: ledger.load_book(terms) for name, terms in self.terms.items()
        }
        self.told_twice: set[int] = set()
        self.day_closes = _prices_of(ledger.meta("day_closes", "{}"))
        """Each symbol's price at the last day's close; kept with `full_rules` only."""
        told = ledger.meta("clock", "")
        if told:
            clock.set(datetime.fromisoformat(told), speed=Decimal(1))
        self._phase: Phase | None = None
        self._equity_minute = -1
        self.forbidden: dict[str, int] = {}
        """Accounts that may not trade now, with the return code that each of their requests is refused with."""
        self.requests: dict[str, int] = {}
        """How many trade requests each account has made since the start."""
        self._views: dict[str, tuple[Market, Market]] = {}
        self.label = ledger.meta("label", "")
        self._tell = tell
        self.symbol_terms = {item.symbol: item for item in settings.instruments}
        self._feed_widths = {item.symbol: item.feed_width_bps for item in settings.instruments}
        self._halted = frozenset(filter(None, ledger.meta("closed", "").split(",")))
        self._market = Market(
            instruments={item.symbol: instrument_of(item) for item in settings.instruments},
            costs={item.symbol: item.costs for item in settings.instruments},
            quotes=ledger.load_quotes(),
            closed=self._halted,
            fills=FillModel(
                seed=settings.seed,
                partial_probability=settings.partial_probability,
                requote_probability=settings.requote_probability,
            ),
        )

    @property
    def market(self) -> Market:
        self._keep_hours()
        return self._market

    @property
    def phase(self) -> Phase:
        """What part of the trading day it is; REGULAR for ever where the broker keeps no hours."""
        self._keep_hours()
        return self._phase or Phase.REGULAR

    def market_of(self, account: str) -> Market:
        """The market in the account's own currency."""
        self._keep_hours()
        currency = self.terms[account].currency
        known = self._views.get(currency)
        if known is None or known[0] is not self._market:
            known = self._views[currency] = self._market, market_in(self._market, currency)
        return known[1]

    def turn(self, account: str) -> Turn:
        return Turn(self.books[account], market=self.market_of(account), at=self.clock())

    def commit(self, turn: Turn, *, twice: bool = False) -> None:
        """Make the turn true: first in the ledger, then in memory, then on the stream."""
        if not turn.changes:
            return
        book = turn.next_book()
        self.ledger.commit(at=turn.at, moved=[(book, turn.changes)])
        self.books[book.terms.account] = book
        self._publish(book.terms.account, turn.changes, twice=twice)

    def set_clock(self, moment: datetime, *, speed: Decimal) -> None:
        """Set the exchange's clock, which then runs `speed` times as fast as time. Kept over restarts."""
        if not self.settings.full_rules:
            raise InputError(
                "this broker keeps no hours",
                code="BROKER_HOURS_UNKNOWN",
                field="clock",
                fix="start it with full_rules",
            )
        self._exchange_clock.set(moment, speed=speed)
        self.ledger.set_meta("clock", moment.isoformat())

    def feed(self, ticks: Sequence[Tick], *, label: str | None, rollover: bool) -> None:
        """Take in new prices: quote, match, and on `rollover` end the day. One commit for all of it.

        Within one label (a trading day) the path counts as continuous; a new label is a jump, and the day's opening.
        The last prices of a day belong to its regular hours.
        """
        quotes = [self._quote(tick) for tick in ticks]
        now = self.clock()
        opening = label is not None and label != self.label
        market = replace(
            self.market,
            quotes={**self._market.quotes, **{quote.symbol: quote for quote in quotes}},
            continuous=label is not None and not opening,
        )
        if rollover and self.settings.full_rules:
            market = market_under(market, Phase.REGULAR, halted=self._halted)
        currencies = {terms.currency for terms in self.terms.values()}
        views = {currency: market_in(market, currency) for currency in currencies}
        turns = [
            self._tick(
                Turn(book, market=views[book.terms.currency], at=now),
                quotes=quotes,
                opening=opening,
                rollover=rollover,
            )
            for book in self.books.values()
        ]
        changed = [turn for turn in turns if turn.changes]
        moved = [(turn.next_book(), turn.changes) for turn in changed]
        self.ledger.commit(at=now, moved=moved, quotes=quotes)
        if opening:
            assert label is not None
            self.label = label
            self.ledger.set_meta("label", label)
        self._market = replace(market, continuous=False)
        self._phase = None
        self._publish_quotes(quotes)
        for book, changes in moved:
            self.books[book.terms.account] = book
            self._publish(book.terms.account, changes, twice=False)
        if self.settings.full_rules:
            self._keep_history(now, closing=rollover)

    def set_open(self, symbol: str, *, is_open: bool) -> None:
        """Open or close the market of a symbol; kept over restarts."""
        self._require(symbol)
        self._halted = self._halted - {symbol} if is_open else self._halted | {symbol}
        self.ledger.set_meta("closed", ",".join(sorted(self._halted)))
        self._market = replace(self._market, closed=self._halted)
        self._phase = None

    def find_order(self, account: str, ticket: int) -> BrokerOrder | None:
        """The order, live or ended."""
        return self.books[account].orders.get(ticket) or self.ledger.order(account, ticket)

    def opening_lines(self) -> dict[str, Any]:
        """What a new stream starts with: the quotes that stand."""
        return _quotes_message(self._market.quotes.values())

    def _keep_hours(self) -> None:
        """Open or close the market by the clock, if this broker keeps hours."""
        if not self.settings.full_rules:
            return
        phase = Phase.REGULAR if self.settings.always_open else phase_at(self.clock())
        if phase is not self._phase:
            self._phase = phase
            self._market = market_under(self._market, phase, halted=self._halted)

    def _keep_history(self, now: datetime, *, closing: bool) -> None:
        """Note what each account is worth, once a minute of the exchange's clock and at each close."""
        minute = int(now.timestamp()) // 60
        if minute == self._equity_minute and not closing:
            return
        self._equity_minute = minute
        worth = {
            name: funds(book, self.market_of(name)).equity for name, book in self.books.items()
        }
        self.ledger.record_equity(at=now, worth=worth, closing=closing)
        if closing:
            quotes = self._market.quotes
            self.day_closes = {name: (q.bid + q.ask) / 2 for name, q in quotes.items()}
            self.ledger.set_meta("day_closes", _prices_text(self.day_closes))

    def _tick(self, turn: Turn, *, quotes: Iterable[Quote], opening: bool, rollover: bool) -> Turn:
        if turn.orders or turn.positions:
            if self.settings.full_rules and not rollover:
                release_queued(turn)
            if opening:
                on_open(turn)
            for quote in quotes:
                on_quote(turn, quote.symbol)
            if rollover:
                on_rollover(turn)
        return turn

    def _quote(self, tick: Tick) -> Quote:
        self._require(tick.symbol)
        instrument = self._market.instruments[tick.symbol]
        if tick.mid <= 0:
            raise InputError(
                f"mid {tick.mid} is no price",
                code="BROKER_PRICE_INVALID",
                field="mid",
                fix="send a price",
            )
        key = f"{self.settings.seed}:feed:{tick.symbol}:{tick.mid}"
        return quote_around(
            tick.mid,
            symbol=tick.symbol,
            spread_bps=self._market.costs[tick.symbol].spread_bps,
            shift_bps=draw_shift_bps(key, width_bps=self._feed_widths[tick.symbol]),
            tick_size=instrument.tick_size,
            at=tick.at,
        )

    def _require(self, symbol: str) -> None:
        if symbol not in self._market.instruments:
            raise InputError(
                f"{symbol} does not trade here",
                code="BROKER_SYMBOL_UNKNOWN",
                field="symbol",
                fix=f"use one of {', '.join(self._market.instruments)}",
            )

    def _publish(self, account: str, changes: Sequence[Change], *, twice: bool) -> None:
        if not self.hub.is_heard(account):
            return
        messages = [message for change in changes if (message := self._tell(change)) is not None]
        self.hub.send(account, messages * 2 if twice else messages)

    def _publish_quotes(self, quotes: Sequence[Quote]) -> None:
        if quotes:
            self.hub.broadcast(_quotes_message(quotes))


def _quotes_message(quotes: Iterable[Quote]) -> dict[str, Any]:
    rows = [
        [quote.symbol, decimal_text(quote.bid), decimal_text(quote.ask), moment_text(quote.at)]
        for quote in quotes
    ]
    return {"type": "quotes", "quotes": rows}


def _prices_of(text: str) -> dict[str, Decimal]:
    return {name: Decimal(price) for name, price in json.loads(text).items()}


def _prices_text(prices: dict[str, Decimal]) -> str:
    return json.dumps({name: decimal_text(price) for name, price in prices.items()})
