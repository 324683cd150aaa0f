"""The alpaca character as its HTTP clients meet it: codes, paths and shapes of Alpaca's trading API."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from argos.exchange.book import Character
from eventually import eventually
from paper_process import PaperProcess, exact_settings

pytestmark = pytest.mark.acceptance

ORDER = {"symbol": "AAPL", "side": "buy", "type": "market", "qty": "10"}
LIMIT = {**ORDER, "type": "limit", "limit_price": "90.00"}


@pytest.fixture(scope="module")
def shared(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[PaperProcess, Iterator[int]]]:
    path: Path = tmp_path_factory.mktemp("alpaca") / "ledger.db"
    process = PaperProcess(exact_settings(Character.ALPACA, ledger=path, accounts=40)).start()
    yield process, iter(range(40))
    process.stop()


class Client:
    def __init__(self, broker: PaperProcess, account: str) -> None:
        self.broker = broker
        self._key = f"key-{account}"

    async def __call__(self, method: str, path: str, body: dict | None = None):
        return await self.broker.call(method, path, key=self._key, body=body)

    async def filled(self, body: dict) -> dict:
        _, order = await self("POST", "/v2/orders", body)

        async def done() -> bool:
            return (await self("GET", f"/v2/orders/{order['id']}"))[1]["status"] == "filled"

        await eventually(done, what="filled")
        return order


@pytest.fixture
async def client(shared) -> Client:
    broker, numbers = shared
    await broker.feed("AAPL", "100")
    return Client(broker, f"a{next(numbers)}")


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({**ORDER, "symbol": "NOPE"}, 422, 42210000),
        ({**ORDER, "qty": None}, 422, 40010001),
        ({**ORDER, "side": "up"}, 422, 40010001),
        (
            {**ORDER, "qty": "0.5", "order_class": "oto", "stop_loss": {"stop_price": "90"}},
            422,
            42210000,
        ),
        ({**ORDER, "limit_price": "99"}, 422, 42210000),
        ({**LIMIT, "limit_price": "90.001"}, 422, 42210000),
        ({**ORDER, "order_class": "bracket", "stop_loss": {"stop_price": "90"}}, 422, 42210000),
        ({**ORDER, "order_class": "oto", "stop_loss": {"stop_price": "101"}}, 422, 42210000),
        ({**ORDER, "qty": "5000"}, 403, 40310000),
        ({**ORDER, "side": "sell", "position_intent": "sell_to_close"}, 422, 42210000),
        ({**ORDER, "client_order_id": "x" * 129}, 422, 40010001),
    ],
)
async def test_refusals_have_alpacas_status_and_code(client, body, status, code):
    given, answer = await client("POST", "/v2/orders", body)
    assert (given, answer["code"]) == (status, code), answer
    assert (await client("GET", "/v2/orders?status=all"))[1] == []


async def test_a_client_order_id_is_unique_for_ever(client):
    body = {**LIMIT, "client_order_id": "mine"}
    _, order = await client("POST", "/v2/orders", body)
    assert (await client("DELETE", f"/v2/orders/{order['id']}"))[0] == 204
    status, answer = await client("POST", "/v2/orders", body)
    assert (status, answer["code"]) == (422, 40010001)
    assert answer["message"] == "client_order_id must be unique"
    _, found = await client("GET", "/v2/orders:by_client_order_id?client_order_id=mine")
    assert (found["id"], found["status"]) == (order["id"], "canceled")
    status, answer = await client("DELETE", f"/v2/orders/{order['id']}")
    assert (status, answer["code"]) == (422, 42210000)


async def test_what_is_not_there_is_404(client):
    unknown = "00000000-0000-0000-0000-000000000000"
    for method, path in (
        ("GET", f"/v2/orders/{unknown}"),
        ("DELETE", f"/v2/orders/{unknown}"),
        ("GET", "/v2/orders:by_client_order_id?client_order_id=none"),
        ("GET", "/v2/positions/AAPL"),
        ("DELETE", "/v2/positions/AAPL"),
    ):
        status, answer = await client(method, path)
        assert (status, answer["code"]) == (404, 40410000), path


async def test_a_bracket_goes_from_held_to_one_cancels_other(client):
    legs = {"take_profit": {"limit_price": "110"}, "stop_loss": {"stop_price": "85"}}
    _, order = await client("POST", "/v2/orders", {**LIMIT, "order_class": "bracket", **legs})
    assert {leg["status"] for leg in order["legs"]} == {"held"}
    await client.broker.feed("AAPL", "89.50")
    await client.broker.feed("AAPL", "96.00")
    _, order = await client("GET", f"/v2/orders/{order['id']}")
    assert order["status"] == "filled"
    assert {leg["type"]: leg["status"] for leg in order["legs"]} == {"limit": "new", "stop": "held"}
    await client.broker.feed("AAPL", "111.00")
    _, order = await client("GET", f"/v2/orders/{order['id']}")
    assert {leg["type"]: leg["status"] for leg in order["legs"]} == {
        "limit": "filled",
        "stop": "canceled",
    }
    assert (await client("GET", "/v2/positions"))[1] == []


async def test_resting_legs_hold_the_position_back(client):
    await client.filled({**ORDER, "order_class": "oto", "stop_loss": {"stop_price": "95"}})
    _, position = await client("GET", "/v2/positions/AAPL")
    assert (position["qty"], position["qty_available"]) == ("10", "0")
    status, answer = await client("DELETE", "/v2/positions/AAPL")
    assert (status, answer["code"]) == (403, 40310000)
    assert answer["message"].startswith("insufficient qty available for order")
    status, canceled = await client("DELETE", "/v2/orders")
    assert (status, len(canceled)) == (207, 1)
    status, order = await client("DELETE", "/v2/positions/AAPL?qty=4")
    assert (status, order["side"], order["qty"]) == (200, "sell", "4")


async def test_an_exit_may_not_cross_zero(client):
    await client.filled(ORDER)
    status, answer = await client("POST", "/v2/orders", {**ORDER, "side": "sell", "qty": "11"})
    assert (status, answer["code"]) == (403, 40310000)


async def test_a_replaced_order_lives_on_under_a_new_id(client):
    _, order = await client("POST", "/v2/orders", LIMIT)
    status, fresh = await client("PATCH", f"/v2/orders/{order['id']}", {"limit_price": "91.00"})
    assert (status, fresh["replaces"], fresh["limit_price"]) == (200, order["id"], "91")
    assert fresh["id"] != order["id"]
    _, old = await client("GET", f"/v2/orders/{order['id']}")
    assert (old["status"], old["replaced_by"]) == ("replaced", fresh["id"])
    status, answer = await client("PATCH", f"/v2/orders/{order['id']}", {"limit_price": "92"})
    assert (status, answer["code"]) == (422, 42210000)


async def test_orders_are_listed_by_status_time_and_symbol(client):
    placed = [(await client("POST", "/v2/orders", LIMIT))[1] for _ in range(3)]
    await client("DELETE", f"/v2/orders/{placed[0]['id']}")
    ids = [order["id"] for order in placed]

    async def listed(query: str) -> list[str]:
        return [row["id"] for row in (await client("GET", f"/v2/orders?{query}"))[1]]

    assert await listed("direction=asc") == ids[1:]
    assert await listed("status=closed") == ids[:1]
    assert await listed("status=all") == ids[::-1]
    assert await listed("status=all&direction=asc&limit=2") == ids[:2]
    assert await listed(f"status=all&after={placed[1]['created_at']}") == ids[2:]
    assert await listed("status=all&symbols=IBM") == []


async def test_fills_are_paged_by_their_ids_in_both_directions(client):
    for _ in range(3):
        await client.filled(ORDER)

    async def page(query: str) -> list[dict]:
        return (await client("GET", f"/v2/account/activities/FILL?{query}"))[1]

    everything = await page("direction=asc")
    ids = [row["id"] for row in everything]
    assert len(set(ids)) == 3
    assert [row["position_qty"] for row in everything] == ["10", "20", "30"]
    assert [row["id"] for row in await page("")] == ids[::-1]
    first = await page("direction=asc&page_size=2")
    rest = await page(f"direction=asc&page_size=2&page_token={first[-1]['id']}")
    assert [row["id"] for row in first + rest] == ids
    older = await page(f"page_token={ids[1]}")
    assert [row["id"] for row in older] == ids[:1]


async def test_account_clock_and_assets_have_their_shapes(client):
    _, account = await client("GET", "/v2/account")
    assert account["status"] == "ACTIVE"
    assert account["cash"] == account["equity"] == "100000"
    assert account["buying_power"] == "200000"
    assert "pattern_day_trader" not in account
    _, clock = await client("GET", "/v2/clock")
    assert clock["is_open"] is True
    _, assets = await client("GET", "/v2/assets")
    assert {row["symbol"] for row in assets} == {"AAPL", "MSFT", "IBM", "GOOG"}
