"""`argos paper-alpaca` as a user starts it: one line of keys, days that pass, a ledger that is gone on with."""

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from alpaca.common.exceptions import APIError
from alpaca.trading.client import TradingClient
from alpaca.trading.enums import OrderSide, OrderStatus, TimeInForce
from alpaca.trading.requests import LimitOrderRequest, MarketOrderRequest

from argos_command import ArgosCommand
from eventually import eventually

pytestmark = pytest.mark.acceptance

HALF_DAY, NEXT_DAY = "2012-11-23", "2012-11-26"
BUY, TODAY = OrderSide.BUY, TimeInForce.DAY


@contextmanager
def running(command: ArgosCommand, *words: str) -> Iterator[dict[str, Any]]:
    """The command at work, and what it told; it ends well when it is asked to."""
    process = subprocess.Popen(
        command.argv("paper-alpaca", "--json", *words),
        env=command.environ,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        yield json.loads(process.stdout.readline())
    finally:
        process.terminate()
        assert process.wait(timeout=20) == 0


def client_of(told: dict[str, Any]) -> TradingClient:
    return TradingClient(told["key_id"], told["secret_key"], url_override=told["api_url"])


async def test_days_pass_and_a_later_start_goes_on_after_them(tmp_path: Path):
    command = ArgosCommand(tmp_path / "home")
    with running(command, "--start", HALF_DAY, "--speed", "3600") as told:
        assert told["day"] == HALF_DAY
        client = client_of(told)
        bought = client.submit_order(
            MarketOrderRequest(symbol="IBM", qty=3, side=BUY, time_in_force=TODAY)
        )
        low = client.submit_order(
            LimitOrderRequest(symbol="IBM", qty=3, side=BUY, time_in_force=TODAY, limit_price=1)
        )

        async def is_over() -> bool:
            """Health is asked without a key, and so as often as one likes."""
            async with (
                aiohttp.ClientSession() as session,
                session.get(f"{told['api_url']}/health") as response,
            ):
                return (await response.json())["label"] >= NEXT_DAY

        await eventually(is_over, within_s=30, what="the next session")
        assert client.get_clock().timestamp.date().isoformat() >= NEXT_DAY
        assert client.get_order_by_id(bought.id).status is OrderStatus.FILLED
        assert client.get_order_by_id(low.id).status is OrderStatus.EXPIRED
        account = client.get_account()
        assert account.last_equity != "100000"
    with running(command, "--start", HALF_DAY) as told:
        assert told["day"] > HALF_DAY
        (position,) = client_of(told).get_all_positions()
        assert position.qty == "3"
    with running(command, "--fresh", "--start", HALF_DAY, "--fault", "reject=1") as told:
        assert told["day"] == HALF_DAY
        client = client_of(told)
        assert client.get_account().cash == "100000"
        with pytest.raises(APIError, match="rejected by user request"):
            client.submit_order(
                MarketOrderRequest(symbol="IBM", qty=3, side=BUY, time_in_force=TODAY)
            )
