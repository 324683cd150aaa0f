"""What decisions read of accounts beside their state: only of those, and only as much, as a rule or size asks for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

import asyncpg

from argos.core.account import Account, AccountSnapshot, Route, RouteLeg
from argos.core.closes import Closes
from argos.core.decision import stated_size
from argos.core.intent import Intent, Side, SizeMode
from argos.core.rule_set import NewsEvent, RuleAccount
from argos.core.standing import RecentEntry, Standing
from argos.risk.anchors import AnchorBook
from argos.routing.context import OpenEntry
from argos.store.anchors import decode_book
from argos.store.closes import newest
from argos.store.database import queries

WAITING_MAX: Final = timedelta(days=3)
"""A command that waited longer for its node is not counted among the requests of the day on which it left."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asker:
    """One account that an entry is decided for. `leg` is None where it has left the route."""

    account: Account
    snapshot: AccountSnapshot | None
    entries: Sequence[OpenEntry]
    leg: RouteLeg | None

    @property
    def name(self) -> str:
        return self.account.account

    @property
    def is_limited(self) -> bool:
        return self.account.limits.risk.any_set

    @property
    def firm(self) -> RuleAccount | None:
        return self.account.limits.firm

    def own_name(self, symbol: str) -> str:
        return self.leg.symbol_map.get(symbol, symbol) if self.leg else symbol

    def names_of(self, own: str) -> tuple[str, ...]:
        """A symbol by the account's own name, and by the names that intents give it."""
        mapped = self.leg.symbol_map.items() if self.leg else ()
        return (own, *(name for name, target in mapped if target == own))

    def symbols_asked(self, intent: Intent, route: Route) -> frozenset[str]:
        """Own names of the symbols whose closes the entry is judged or sized by."""
        if self.leg is None:
            return frozenset()
        size, own = stated_size(intent, leg=self.leg, route=route), self.own_name(intent.symbol)
        asked = {own} if size is not None and size.mode is SizeMode.CONSENSUS else set[str]()
        if self.account.limits.risk.correlation_max is not None:
            positions = self.snapshot.positions if self.snapshot else ()
            held = {position.symbol for position in positions}
            asked |= held | {entry.order.symbol for entry in self.entries} | {own}
        return frozenset(asked)


async def read_standings(
    connection: asyncpg.Connection, intent: Intent, *, route: Route | None, askers: Sequence[Asker]
) -> Mapping[str, Standing]:
    """By account, of those that something is asked for. An exit is judged by none of it."""
    if route is None or not intent.is_entry:
        return {}
    wanted = {asker.name: asker.symbols_asked(intent, route) for asker in askers}
    ruled = [asker for asker in askers if asker.is_limited or asker.firm or wanted[asker.name]]
    if not ruled:
        return {}
    recent = await _recent(connection, [asker for asker in ruled if asker.is_limited])
    books = await _books(
        connection,
        [asker.name for asker in ruled if asker.firm or asker.account.limits.risk.keeps_anchors],
    )
    firms = await _firms(connection, {asker.name: asker.firm for asker in ruled if asker.firm})
    requests = await _requests(connection, firms, books)
    closes = await _closes(connection, ruled, wanted)
    found = {}
    for asker in ruled:
        book = books.get(asker.name)
        entries, closed = recent
        found[asker.name] = Standing(
            day=book.day if book else None,
            peaks=book.peaks if book else None,
            entries=tuple(_entry(row) for row in entries if row["account"] == asker.name),
            closed_at={
                row["symbol"]: row["closed_at"] for row in closed if row["account"] == asker.name
            },
            daily_closes=closes[asker.name],
            requests_today=requests.get(asker.name),
            rules=firms.get(asker.name),
        )
    return found


Rows = Sequence[Mapping[str, Any]]


async def _recent(connection: asyncpg.Connection, limited: Sequence[Asker]) -> tuple[Rows, Rows]:
    """Entries that were planned and symbols that were closed, as far back as the longest of the rules looks."""
    if not limited:
        return (), ()
    names = [asker.name for asker in limited]
    back_s = float(max(_look_back_s(asker.account) for asker in limited))
    sql = queries("standings")
    return (
        await connection.fetch(sql["recent_entries"], names, back_s),
        await connection.fetch(sql["recent_closes"], names, back_s),
    )


def _look_back_s(account: Account) -> int:
    """How far the longest of the rules that look back does; a minute for the rate of entries."""
    limits = account.limits.risk
    return max(60, limits.duplicate_s or 0, limits.cooldown_s or 0)


async def _books(connection: asyncpg.Connection, names: Sequence[str]) -> Mapping[str, AnchorBook]:
    if not names:
        return {}
    rows = await connection.fetch(queries("standings")["anchors"], names)
    return {row["account"]: decode_book(row) for row in rows}


async def _firms(
    connection: asyncpg.Connection, firms: Mapping[str, RuleAccount]
) -> Mapping[str, RuleAccount]:
    """With the news, which is read where a plan has a window around it."""
    windows = [firm.rules.news_window_s or 0 for firm in firms.values()]
    if not any(windows):
        return firms
    rows = await connection.fetch(queries("standings")["news"], float(max(windows)))
    news = tuple(
        NewsEvent(at=row["at"], title=row["title"], currencies=frozenset(row["currencies"]))
        for row in rows
    )
    return {
        name: replace(firm, news=news) if firm.rules.news_window_s else firm
        for name, firm in firms.items()
    }


async def _requests(
    connection: asyncpg.Connection,
    firms: Mapping[str, RuleAccount],
    books: Mapping[str, AnchorBook],
) -> Mapping[str, int]:
    """What left for the venue since the day's start, where a plan counts it and the start is known."""
    since: dict[str, datetime] = {
        name: books[name].day.opened_at
        for name, firm in firms.items()
        if firm.rules.requests_per_day_max is not None and name in books
    }
    if not since:
        return {}
    rows = await connection.fetch(
        queries("standings")["requests"],
        list(since),
        list(since.values()),
        min(since.values()) - WAITING_MAX,
    )
    return {row["account"]: row["requests"] for row in rows}


async def _closes(
    connection: asyncpg.Connection,
    askers: Sequence[Asker],
    wanted: Mapping[str, frozenset[str]],
) -> Mapping[str, Mapping[str, Closes]]:
    """By account and its own name of a symbol. The account's own name goes before those of intents."""
    names = {name for asker in askers for own in wanted[asker.name] for name in asker.names_of(own)}
    stored = await newest(connection, sorted(names)) if names else {}
    return {
        asker.name: {
            own: next((stored[name] for name in asker.names_of(own) if name in stored), {})
            for own in wanted[asker.name]
        }
        for asker in askers
    }


def _entry(row: Mapping[str, Any]) -> RecentEntry:
    return RecentEntry(
        intent_id=row["intent_id"],
        bot_version=row["bot_version"],
        symbol=row["symbol"],
        side=Side(row["side"]),
        planned_at=row["planned_at"],
    )
