"""How answers are judged: only a definite no is a refusal; silence, noise and riddles leave the outcome open."""

from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any
from uuid import UUID

import orjson
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from argos.core.errors import VenueRefused, VenueUnreachable
from argos.core.ids import client_order_id_of, magic_of
from argos.core.intent import OrderType, Side
from argos.ports import Venue, VenueIdentity, VenueOrder
from argos.venues.alpaca.settings import AlpacaSettings
from argos.venues.alpaca.venue import AlpacaVenue
from argos.venues.paper.alpaca_like import AlpacaLikeVenue
from argos.venues.paper.mt5_like import Mt5LikeVenue
from argos.venues.wire import BODY_BYTES_MAX

ORDER_ID = UUID(int=1)
ORDER = VenueOrder(
    identity=VenueIdentity(magic=magic_of(ORDER_ID), client_order_id=client_order_id_of(ORDER_ID)),
    symbol="AAPL",
    side=Side.BUY,
    order_type=OrderType.MARKET,
    qty=Decimal(1),
    price=None,
    stop_limit_price=None,
    sl=None,
    tp=None,
    deviation_points=0,
    comment="",
)
SYMBOL = {
    "name": "AAPL",
    "point": "0.01",
    "trade_tick_size": "0.01",
    "trade_tick_value": "0.01",
    "trade_contract_size": "1",
    "volume_min": "1",
    "volume_max": "100",
    "volume_step": "1",
    "trade_stops_level": 0,
    "trade_mode": 4,
    "currency_profit": "USD",
}
# Facts: MQL5 reference, "Trade Server Return Codes".
DONE = {10008, 10009, 10010}
FOR_NOW = {10004, 10020, 10021, 10024, 10029}
OPEN = {10011, 10012, 10023, 10028, 10031, 10039}


class Riddler:
    """A server that answers every trade request with what it was told to."""

    status = 200
    body: bytes = b"{}"

    async def trade(self, _: web.Request) -> web.Response:
        return web.Response(status=self.status, body=self.body)

    def says(self, body: Any, *, status: int = 200) -> None:
        self.status, self.body = status, body if isinstance(body, bytes) else orjson.dumps(body)


async def _symbols(_: web.Request) -> web.Response:
    return web.json_response([SYMBOL])


@pytest.fixture
def riddler() -> Riddler:
    return Riddler()


@pytest.fixture
async def url(riddler: Riddler) -> AsyncIterator[str]:
    app = web.Application()
    app.router.add_post("/mt5/order_send", riddler.trade)
    app.router.add_get("/mt5/symbol_info", _symbols)
    app.router.add_post("/v2/orders", riddler.trade)
    async with TestServer(app) as server:
        yield str(server.make_url("")).rstrip("/")


@pytest.fixture
async def mt5(url: str) -> AsyncIterator[Mt5LikeVenue]:
    venue = Mt5LikeVenue(url, "key", "a")
    await venue.instruments()
    yield venue
    await venue.aclose()


@pytest.fixture(params=["paper-alpaca", "alpaca"])
async def alpaca(url: str, request: pytest.FixtureRequest) -> AsyncIterator[Venue]:
    settings = AlpacaSettings(key_id="k", secret_key="s", api_url=url, data_url="")
    venue: Venue = AlpacaLikeVenue(url, "key", "a")
    if request.param == "alpaca":
        venue = AlpacaVenue(settings, account="a")
    yield venue
    await venue.aclose()


@pytest.mark.parametrize("retcode", sorted(DONE))
async def test_an_mt5_code_of_success_is_an_answer(mt5, riddler, retcode):
    riddler.says({"retcode": retcode, "order": 5})
    assert (await mt5.submit(ORDER, timeout_s=2)).venue_order_id == "5"


@pytest.mark.parametrize("retcode", sorted({*range(10004, 10047), 0, 99999} - DONE))
async def test_every_other_mt5_code_has_its_class(mt5, riddler, retcode):
    riddler.says({"retcode": retcode, "comment": "words of the broker"})
    unknown = retcode in OPEN | {10005, 10037, 0, 99999}
    with pytest.raises(VenueUnreachable if unknown else VenueRefused) as judged:
        await mt5.submit(ORDER, timeout_s=2)
    assert "words of the broker" in judged.value.message
    if not unknown:
        assert judged.value.venue_code == str(retcode)
        assert judged.value.retryable is (retcode in FOR_NOW)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 422, 429])
async def test_an_alpaca_refusal_keeps_code_and_words(alpaca, riddler, status):
    riddler.says({"code": 40310000, "message": "words of the broker"}, status=status)
    with pytest.raises(VenueRefused) as refusal:
        await alpaca.submit(ORDER, timeout_s=2)
    assert (refusal.value.venue_code, refusal.value.message) == ("40310000", "words of the broker")
    assert refusal.value.retryable is (status == 429)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 200),
        (b"<html>bad gateway</html>", 502),
        (b"not json", 200),
        (b"[]", 200),
        (b"{}", 200),
        (b'{"code": 1, "message": "x"}', 500),
        (b"", 504),
        (b'{"id": NaN}', 200),
        (b'{"id": "1", "status": "new"}', 307),
        (b'{"id": "' + b"1" * BODY_BYTES_MAX + b'"}', 200),
    ],
)
@pytest.mark.parametrize("name", ["mt5", "alpaca"])
async def test_an_answer_that_cannot_be_read_leaves_the_outcome_open(
    mt5, alpaca, riddler, name, body, status
):
    riddler.says(body, status=status)
    venue = {"mt5": mt5, "alpaca": alpaca}[name]
    with pytest.raises(VenueUnreachable):
        await venue.submit(ORDER, timeout_s=2)


async def test_a_proxys_no_is_a_no_without_words(alpaca, riddler):
    riddler.says(b"<html>forbidden</html>", status=403)
    with pytest.raises(VenueRefused) as refusal:
        await alpaca.submit(ORDER, timeout_s=2)
    assert refusal.value.venue_code == "403"


async def test_a_query_that_is_not_served_is_no_observation(mt5, alpaca):
    for venue in (mt5, alpaca):
        with pytest.raises(VenueUnreachable):
            await venue.scan(cursor="")
