"""Answers questions: lists, one alert, the story of a trade. Everything under the scope `read`."""

import base64
from collections.abc import Sequence
from typing import Annotated, Final
from uuid import UUID

import asyncpg
import orjson
from fastapi import Depends, FastAPI, Path, Query, Request
from starlette.responses import Response

from argos.core.errors import InputError
from argos.flows.accept_alert import ApiKey
from argos.gateway import filters
from argos.gateway import reading_documents as documents
from argos.gateway.access import require_scope
from argos.gateway.answers import answer
from argos.gateway.cursors import Listing, decode_cursor, encode_cursor
from argos.store.reading import ReadingStore
from argos.store.story import read_story

ALERTS: Final = Listing(name="alerts", ids=("uuid",))
INTENTS: Final = Listing(name="intents", ids=("number",))
ORDERS: Final = Listing(name="orders", ids=("uuid",))
EXECUTIONS: Final = Listing(name="executions", ids=("text", "text"))
POSITIONS: Final = Listing(name="positions", ids=("text", "text", "text"))
TRADES: Final = Listing(name="trades", ids=("text", "text"))
DISCREPANCIES: Final = Listing(name="discrepancies", ids=("uuid",))
ALARMS: Final = Listing(name="alarms", ids=("number",))
ACCOUNTS: Final = Listing(name="accounts", ids=("text",))
INSTRUMENTS: Final = Listing(name="instruments", ids=("text", "text"))
ROUTES: Final = Listing(name="routes", ids=("text",))
NODES: Final = Listing(name="nodes", ids=("text",))
HALTS: Final = Listing(name="halts", ids=("text", "text"))

_reader: Final = Depends(require_scope("read"))
_NAME: Final = r"^[^\x00]+$"
Reader = Annotated[ApiKey, _reader]
TradePath = Annotated[str, Path(max_length=128, pattern=_NAME, examples=["ema-AAPL-20261120-1"])]
AccountPath = Annotated[str, Path(max_length=64, pattern=_NAME, examples=["meridian-hedge"])]
AlertPath = Annotated[UUID, Path(examples=["019aa1c4-6b2c-7d3e-8f00-5a1b2c3d4e5f"])]


class ReadingDesk:
    """Reads as role argos_reader: it can see everything but secrets, and change nothing."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool
        self.store = ReadingStore(pool)

    async def page(self, listing: Listing, asked: filters.Asked) -> Response:
        after = decode_cursor(listing, asked.cursor)
        page = await self.store.page(
            listing.name, limit=asked.limit, after=after, filters=asked.filters()
        )
        return answer(
            {"items": _verbatim(page.items), "next_cursor": encode_cursor(listing, page.end)}
        )

    async def trade(self, trade_id: str) -> Response:
        story = await read_story(self._pool, trade_id)
        if story is None:
            raise _not_found(f"nothing is known of the trade {trade_id!r}", see="/api/intents")
        rows = {kind: _verbatim(texts) for kind, texts in story.rows.items()}
        return answer({"trade_id": trade_id, **rows, "timeline": story.timeline})

    async def alert(self, alert_id: UUID) -> Response:
        found = await self.store.alert(alert_id)
        if found is None:
            raise _not_found(f"there is no alert {alert_id}", see="/api/alerts")
        item, raw = found
        return answer({**item, **_readable(raw)})

    async def revisions(self, trade_id: str, account: str) -> Response:
        texts = await self.store.revisions(trade_id, account)
        if not texts:
            raise _not_found(
                f"the trade {trade_id!r} has no reconciled leg at {account!r}", see="/api/trades"
            )
        return answer({"items": _verbatim(texts)})


def _verbatim(texts: Sequence[str]) -> list[orjson.Fragment]:
    return [orjson.Fragment(text) for text in texts]


def _not_found(message: str, *, see: str) -> InputError:
    return InputError(message, code="NOT_FOUND", fix=f"see {see} for what there is")


def _readable(raw: bytes) -> dict[str, str]:
    try:
        return {"body": raw.decode(), "body_encoding": "utf-8"}
    except UnicodeDecodeError:
        return {"body": base64.b64encode(raw).decode(), "body_encoding": "base64"}


def _desk(request: Request) -> ReadingDesk:
    desk: ReadingDesk = request.app.state.desks.reading
    return desk


def add_routes(app: FastAPI) -> None:
    _add_spine_lists(app)
    _add_result_lists(app)
    _add_configured_lists(app)
    _add_single(app)


def _add_spine_lists(app: FastAPI) -> None:
    @app.get("/api/alerts", **documents.ALERTS)
    async def alerts(
        request: Request, asked: Annotated[filters.AlertsAsked, Query()], _: Reader
    ) -> Response:
        return await _desk(request).page(ALERTS, asked)

    @app.get("/api/intents", **documents.INTENTS)
    async def intents(
        request: Request, asked: Annotated[filters.IntentsAsked, Query()], _: Reader
    ) -> Response:
        return await _desk(request).page(INTENTS, asked)

    @app.get("/api/orders", **documents.ORDERS)
    async def orders(
        request: Request, asked: Annotated[filters.OrdersAsked, Query()], _: Reader
    ) -> Response:
        return await _desk(request).page(ORDERS, asked)

    @app.get("/api/executions", **documents.EXECUTIONS)
    async def executions(
        request: Request, asked: Annotated[filters.ExecutionsAsked, Query()], _: Reader
    ) -> Response:
        return await _desk(request).page(EXECUTIONS, asked)

    @app.get("/api/positions", **documents.POSITIONS)
    async def positions(
        request: Request, asked: Annotated[filters.PositionsAsked, Query()], _: Reader
    ) -> Response:
        return await _desk(request).page(POSITIONS, asked)


def _add_result_lists(app: FastAPI) -> None:
    @app.get("/api/trades", **documents.TRADES)
    async def trades(
        request: Request, asked: Annotated[filters.TradesAsked, Query()], _: Reader
    ) -> Response:
        return await _desk(request).page(TRADES, asked)

    @app.get("/api/discrepancies", **documents.DISCREPANCIES)
    async def discrepancies(
        request: Request, asked: Annotated[filters.DiscrepanciesAsked, Query()], _: Reader
    ) -> Response:
        return await _desk(request).page(DISCREPANCIES, asked)

    @app.get("/api/alarms", **documents.ALARMS)
    async def alarms(
        request: Request, asked: Annotated[filters.AlarmsAsked, Query()], _: Reader
    ) -> Response:
        return await _desk(request).page(ALARMS, asked)


def _add_configured_lists(app: FastAPI) -> None:
    @app.get("/api/accounts", **documents.ACCOUNTS)
    async def accounts(
        request: Request, asked: Annotated[filters.AccountsAsked, Query()], _: Reader
    ) -> Response:
        return await _desk(request).page(ACCOUNTS, asked)

    @app.get("/api/instruments", **documents.INSTRUMENTS)
    async def instruments(
        request: Request, asked: Annotated[filters.InstrumentsAsked, Query()], _: Reader
    ) -> Response:
        return await _desk(request).page(INSTRUMENTS, asked)

    @app.get("/api/routes", **documents.ROUTES)
    async def routes(
        request: Request, asked: Annotated[filters.RoutesAsked, Query()], _: Reader
    ) -> Response:
        return await _desk(request).page(ROUTES, asked)

    @app.get("/api/nodes", **documents.NODES)
    async def nodes(
        request: Request, asked: Annotated[filters.NodesAsked, Query()], _: Reader
    ) -> Response:
        return await _desk(request).page(NODES, asked)

    @app.get("/api/halts", **documents.HALTS)
    async def halts(
        request: Request, asked: Annotated[filters.HaltsAsked, Query()], _: Reader
    ) -> Response:
        return await _desk(request).page(HALTS, asked)


def _add_single(app: FastAPI) -> None:
    @app.get("/api/alerts/{alert_id}", **documents.ALERT)
    async def alert(request: Request, alert_id: AlertPath, _: Reader) -> Response:
        return await _desk(request).alert(alert_id)

    # a trade's id is the sender's own and may hold a slash
    @app.get("/api/trades/{trade_id:path}", **documents.TRADE)
    async def trade(request: Request, trade_id: TradePath, _: Reader) -> Response:
        return await _desk(request).trade(trade_id)

    @app.get("/api/reconciled/{trade_id:path}/{account}/revisions", **documents.REVISIONS)
    async def revisions(
        request: Request, trade_id: TradePath, account: AccountPath, _: Reader
    ) -> Response:
        return await _desk(request).revisions(trade_id, account)
