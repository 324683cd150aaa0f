"""The paper exchange with Alpaca's own client at it: a real process, its clock and prices set by the test."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from alpaca.common.exceptions import APIError
from alpaca.trading.client import TradingClient
from alpaca.trading.models import TradeUpdate
from alpaca.trading.stream import TradingStream

from alpaca_answers import findings, kind_of
from argos.paperbroker.presets import paper_exchange, without_chance
from argos.paperbroker.settings import AccountSettings, BrokerSettings
from eventually import eventually
from paper_process import PaperProcess

DAY = "2012-03-09"
NOON = datetime(2012, 3, 9, 17, tzinfo=UTC)
EVENING = datetime(2012, 3, 10, 0, 30, tzinfo=UTC)
"""19:30 in New York."""
MONDAY = datetime(2012, 3, 12, 13, 30, tzinfo=UTC)


def desk_settings(ledger: Path, *, accounts: int, requests_per_minute: int = 0) -> BrokerSettings:
    """The exchange of `argos paper-alpaca` without chance or latency, with accounts `a0`, `a1`, ..."""
    preset = paper_exchange(
        ledger=ledger, feed_key="feed-key", control_key="control-key", secret="none", seed=7
    )
    exact = without_chance(preset)
    return replace(
        exact,
        instruments=tuple(
            replace(item, costs=replace(item.costs, spread_bps=Decimal(0)))
            for item in exact.instruments
        ),
        accounts=tuple(
            AccountSettings(
                account=f"a{number}",
                api_key=f"secret-{number}",
                deposit=Decimal(100_000),
                leverage=Decimal(2),
            )
            for number in range(accounts)
        ),
        requests_per_minute=requests_per_minute,
        fault_delays_ms=preset.fault_delays_ms,
    )


class Desk:
    """One account: Alpaca's client for it, and the levers of the exchange."""

    def __init__(self, process: PaperProcess, number: int) -> None:
        self.process = process
        self.account = f"a{number}"
        self.secret = f"secret-{number}"
        self.client = TradingClient(self.account, self.secret, url_override=process.url)
        self.answers: list[tuple[str, Any]] = []
        """What the client was answered, each with the kind that Alpaca publishes for it."""
        self.client._session.hooks["response"].append(self._note)

    def _note(self, response: Any, *_: Any, **__: Any) -> None:
        if response.status_code == 204 or response.status_code >= 500:
            return  # the ones are empty, the others are faults
        method, url = response.request.method, response.request.url
        kind = "error" if response.status_code >= 400 else kind_of(method, url)
        self.answers.append((kind, response.json()))

    def unpublished(self) -> list[str]:
        """Where the answers so far are not as Alpaca publishes them."""
        return [found for kind, body in self.answers for found in findings(kind, body, at=kind)]

    async def call(self, work: Callable[..., Any], *given: Any) -> Any:
        """Alpaca's client blocks: it works in a thread."""
        return await asyncio.to_thread(work, *given)

    async def price(self, mid: str, *, symbol: str = "AAPL", **more: Any) -> None:
        await self.process.feed(symbol, mid, **({"label": DAY} | more))

    async def order(self, order_id: Any) -> Any:
        return await self.call(self.client.get_order_by_id, order_id)

    async def status(self, order_id: Any, wanted: str) -> Any:
        """The order, once it has come to this status."""
        found: list[Any] = []

        async def there() -> bool:
            found[:] = [await self.order(order_id)]
            return found[0].status == wanted

        await eventually(there, what=f"status {wanted}")
        return found[0]

    async def filled(self, request: Any) -> Any:
        order = await self.call(self.client.submit_order, request)
        return await self.status(order.id, "filled")

    async def refused(self, work: Callable[..., Any], *given: Any) -> APIError:
        with pytest.raises(APIError) as caught:
            await self.call(work, *given)
        return caught.value

    @asynccontextmanager
    async def listening(self, *, ready: bool = True) -> AsyncIterator["Listener"]:
        listener = Listener(self)
        listener.start()
        try:
            if ready:
                await listener.ready(self)
            yield listener
        finally:
            await listener.stop(self)


class Listener:
    """Alpaca's own stream client in a thread; `heard` is what it was told, in its order."""

    def __init__(self, desk: Desk) -> None:
        url = desk.process.url.replace("http", "ws") + "/stream"
        self.heard: list[TradeUpdate] = []
        self.stream = TradingStream(desk.account, desk.secret, url_override=url)
        self.stream._reconnect_min_backoff = 0.05  # a test does not wait a second for the way back
        self.stream.subscribe_trade_updates(self._take)
        self._thread = threading.Thread(target=self.stream.run, daemon=True)

    async def _take(self, update: TradeUpdate) -> None:
        self.heard.append(update)

    @property
    def events(self) -> list[str]:
        return [getattr(update.event, "value", update.event) for update in self.heard]

    def start(self) -> None:
        self._thread.start()

    async def stop(self, desk: Desk) -> None:
        """The client looks every five seconds whether it shall end, and at once when its connection ends."""
        self.stream.stop()
        await desk.process.fault("disconnect", account=desk.account, delay_ms=1)
        await asyncio.to_thread(self._thread.join, 10)
        assert not self._thread.is_alive()

    async def ready(self, desk: Desk) -> None:
        """Until the exchange has somebody to tell, as its control side says."""

        async def there() -> bool:
            state = await desk.process.call("GET", "/control/streams", key="control-key")
            return state[1]["listening"].get(desk.account, 0) > 0

        await eventually(there, what="a listener")

    async def told(self, *events: str) -> list[TradeUpdate]:
        await eventually(lambda: len(self.heard) >= len(events), what=f"events {events}")
        assert self.events == list(events)
        return self.heard
