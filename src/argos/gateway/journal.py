"""Answers what the trades came to: the journal, win rates, figures. Everything under the scope `read`."""

import asyncio
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, Final

from fastapi import FastAPI, Query, Request
from starlette.responses import Response

from argos.core.errors import InputError
from argos.core.texts import optional_moment_text
from argos.gateway import journal_documents as documents
from argos.gateway.answers import answer
from argos.gateway.cursors import Listing, decode_cursor, encode_cursor
from argos.gateway.journal_asked import (
    EquityAsked,
    JournalAsked,
    PerformanceAsked,
    WinRateAsked,
    zone_of,
)
from argos.gateway.reading import AccountPath, Reader
from argos.performance.capital import Capital
from argos.performance.documents import (
    entry_document,
    performance_document,
    win_rates_document,
)
from argos.performance.equity_documents import equity_document, history_document
from argos.performance.groups import Performance, performance_of
from argos.store.equity import EquityReader
from argos.store.journal import JournalStore

JOURNAL: Final = Listing(name="journal", ids=("text", "text"))


class JournalDesk:
    """Reads as role argos_reader. Figures are worked out in a thread, so that nodes and alerts need not wait."""

    def __init__(
        self,
        store: JournalStore,
        equity: EquityReader,
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._store = store
        self._equity = equity
        self._clock = clock

    async def entries(self, asked: JournalAsked) -> Response:
        page = await self._store.entries(
            asked.choice(),
            limit=asked.limit,
            after=decode_cursor(JOURNAL, asked.cursor),
            trade_id=asked.trade_id,
            is_open=asked.open,
        )
        return answer(
            {
                "items": [entry_document(entry) for entry in page.entries],
                "next_cursor": encode_cursor(JOURNAL, page.end),
            }
        )

    async def win_rate(self, asked: WinRateAsked) -> Response:
        return await self._figures(asked, shape=win_rates_document)

    async def performance(self, asked: PerformanceAsked) -> Response:
        given, now = asked.given_capital(), self._clock()
        zone = asked.zone if "zone" in asked.model_fields_set else None
        asked.asked(now=now)  # a zone that does not exist is refused before anything is read
        histories = await self._equity.histories(
            account=asked.account, since=asked.since, until=asked.until, zone=zone, now=now
        )
        more = {"accounts": [equity_document(history) for history in histories]}
        return await self._figures(asked, shape=performance_document, capital=given, more=more)

    async def history(self, account: str, asked: EquityAsked) -> Response:
        """Raises InputError NOT_FOUND and ZONE_UNKNOWN."""
        if asked.zone is not None:
            zone_of(asked.zone)
        histories = await self._equity.histories(
            account=account,
            since=asked.since,
            until=asked.until,
            zone=asked.zone,
            now=self._clock(),
        )
        if not histories:
            raise InputError(
                f"there is no account {account!r}", code="NOT_FOUND", fix="see /api/accounts"
            )
        return answer(await asyncio.to_thread(history_document, histories[0]))

    async def _figures(
        self,
        asked: WinRateAsked,
        *,
        shape: Callable[[Performance], Mapping[str, Any]],
        capital: Capital | None = None,
        more: Mapping[str, Any] | None = None,
    ) -> Response:
        about = asked.asked(now=self._clock())
        found = await self._store.finished(asked.choice())

        def work_out() -> Mapping[str, Any]:
            capitals = found.capitals if capital is None else capital
            return shape(performance_of(found.trades, capitals=capitals, asked=about, by=asked.by))

        return answer(
            {
                "by": asked.by,
                "zone": asked.zone,
                "since": optional_moment_text(asked.since),
                "until": optional_moment_text(asked.until),
                **await asyncio.to_thread(work_out),
                "beside": [
                    {"what": item.what, "outcome": item.outcome, "code": item.code, "n": item.n}
                    for item in found.beside
                ],
                **(more or {}),
            }
        )


def _desk(request: Request) -> JournalDesk:
    desk: JournalDesk = request.app.state.desks.journal
    return desk


def add_routes(app: FastAPI) -> None:
    @app.get("/api/journal", **documents.JOURNAL)
    async def entries(
        request: Request, asked: Annotated[JournalAsked, Query()], _: Reader
    ) -> Response:
        return await _desk(request).entries(asked)

    @app.get("/api/performance", **documents.PERFORMANCE)
    async def performance(
        request: Request, asked: Annotated[PerformanceAsked, Query()], _: Reader
    ) -> Response:
        return await _desk(request).performance(asked)

    @app.get("/api/performance/win-rate", **documents.WIN_RATE)
    async def win_rate(
        request: Request, asked: Annotated[WinRateAsked, Query()], _: Reader
    ) -> Response:
        return await _desk(request).win_rate(asked)

    @app.get("/api/accounts/{account}/equity", **documents.EQUITY)
    async def equity(
        request: Request, account: AccountPath, asked: Annotated[EquityAsked, Query()], _: Reader
    ) -> Response:
        return await _desk(request).history(account, asked)
