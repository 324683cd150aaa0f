"""What the API tells of signals. Under the scope `read`, like all that is read; no provider's price is in it."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Final

import orjson
from fastapi import FastAPI, Query, Request
from starlette.responses import Response

from argos.gateway import filters
from argos.gateway import reading_documents as documents
from argos.gateway.answers import answer
from argos.gateway.cursors import Listing
from argos.gateway.reading import Reader, ReadingDesk

SIGNALS: Final = Listing(name="signals", ids=("number", "uuid"))
STATS_OVER: Final = timedelta(days=1)


def _desk(request: Request) -> ReadingDesk:
    desk: ReadingDesk = request.app.state.desks.reading
    return desk


def add_routes(app: FastAPI) -> None:
    @app.get("/api/signals", **documents.SIGNALS)
    async def signals(
        request: Request, asked: Annotated[filters.SignalsAsked, Query()], _: Reader
    ) -> Response:
        return await _desk(request).page(SIGNALS, asked)

    @app.get("/api/signals/latest", **documents.SIGNALS_LATEST)
    async def latest(
        request: Request, asked: Annotated[filters.LatestSignalsAsked, Query()], _: Reader
    ) -> Response:
        items, newest = await _desk(request).store.latest_signals(asked.symbol, limit=asked.limit)
        return answer(
            {
                "items": [orjson.Fragment(item) for item in items],
                "newest": None if newest is None else orjson.Fragment(newest),
            }
        )

    @app.get("/api/signals/stats", **documents.SIGNAL_STATS)
    async def stats(
        request: Request, asked: Annotated[filters.SignalStatsAsked, Query()], _: Reader
    ) -> Response:
        since = asked.since or datetime.now(UTC) - STATS_OVER
        return answer(dict(await _desk(request).store.signal_stats(since)))
