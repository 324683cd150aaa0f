"""Answers what the trades came to: the journal, win rates, figures. Everything under the scope `read`."""

import asyncio
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, Final

from fastapi import FastAPI, Query, Request
from starlette.responses import Response

from argos.core.texts import optional_moment_text
from argos.gateway import journal_documents as documents
from argos.gateway.answers import answer
from argos.gateway.cursors import Listing, decode_cursor, encode_cursor
from argos.gateway.journal_asked import JournalAsked, PerformanceAsked, WinRateAsked
from argos.gateway.reading import Reader
from argos.performance.capital import Capital
from argos.performance.documents import (
    entry_document,
    performance_document,
    win_rates_document,
)
from argos.performance.groups import Performance, performance_of
from argos.store.journal import JournalStore

JOURNAL: Final = Listing(name="journal", ids=("text", "text"))


class JournalDesk:
    """Reads as role argos_reader. Figures are worked out in a thread, so that nodes and alerts need not wait."""

    def __init__(
        self, store: JournalStore, *, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._store = store
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
        return await self._figures(asked, shape=performance_document, capital=asked.given_capital())

    async def _figures(
        self,
        asked: WinRateAsked,
        *,
        shape: Callable[[Performance], Mapping[str, Any]],
        capital: Capital | None = None,
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
