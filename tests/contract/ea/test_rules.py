"""What a broker's own rules forbid is refused by name before it is sent, by the expert as by the Python node."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest

from argos.core.intent import OrderType
from argos.core.order import CommandKind
from argos.paperbroker.presets import CURRENCIES_AND_CFDS
from argos.paperbroker.settings import AccountSettings
from argos.protocol.snapshots import decode_snapshot, encode_instrument
from contract.ea.conftest import ACCOUNTS, SYMBOL, Desk, MakeDesk, order
from contract.venues.conftest import package_venue, venue_at
from eventually import eventually
from unit.node.rig import change_of, exit_of


def accounts(**more: Any) -> tuple[AccountSettings, ...]:
    return tuple(
        AccountSettings(
            account=f"a{number}", api_key=f"key-a{number}", deposit=Decimal(100_000), hedging=True, leverage=Decimal(2),
            **more,
        )
        for number in range(ACCOUNTS)
    )  # fmt: skip


def terms(**changes: Any) -> Any:
    """AAPL alone, with these terms."""
    plain = next(item for item in CURRENCIES_AND_CFDS if item.symbol == SYMBOL)
    costs = replace(plain.costs, slippage_bps_mean=Decimal(0), slippage_bps_sd=Decimal(0))
    return (replace(plain, costs=costs, **changes),)


async def started(make_desk: MakeDesk, **manners: Any) -> Desk:
    desk: Desk = await make_desk(**manners)
    desk.expert.start()
    await desk.working()
    return desk


async def permission(desk: Desk, retcode: int) -> int:
    """Lets the broker refuse everything with this code (0: nothing); how many requests it has had."""
    body = {"account": desk.broker_account, "retcode": retcode}
    return int((await desk.broker.control("/control/permission", body))["requests"])


async def test_every_node_tells_the_same_terms_of_a_symbol(make_desk: MakeDesk) -> None:
    """The expert, the Python package's venue and the paper venue, for an account in euros."""
    desk: Desk = await make_desk(instruments=CURRENCIES_AND_CFDS, accounts=accounts(currency="EUR"))
    for symbol, mid in (
        ("EURUSD", "1.08537"),
        ("USDJPY", "156.413"),
        ("EURJPY", "169.77"),
        ("US30", "39000"),
    ):
        await desk.broker.feed(symbol, mid)
    desk.expert.start()
    await desk.working()
    hello = decode_snapshot(desk.gateway.bodies("hello")[0]["info"])
    assert hello.terms_at is not None
    assert abs(hello.terms_at - hello.taken_at).total_seconds() < 30
    told = {symbol: encode_instrument(item) for symbol, item in hello.instruments.items()}
    assert set(told) == {item.symbol for item in CURRENCIES_AND_CFDS}
    for venue in (
        package_venue(desk.broker, desk.broker_account),
        venue_at("mt5-hedging", desk.broker, desk.broker_account),
    ):
        await venue.connect()
        other = {item.symbol: encode_instrument(item) for item in await venue.instruments()}
        await venue.aclose()
        assert other == told
    index = hello.instruments["US30"]
    assert index.venue_terms is not None
    assert index.unit_value > index.unit_value_profit > 0
    assert (index.quote_currency, index.venue_terms.swap_triple_day) == ("USD", 3)
    assert hello.instruments["XAUUSD"].unit_value == index.unit_value, "both are dollars"


async def test_on_a_fifo_account_the_oldest_is_closed_first(make_desk: MakeDesk) -> None:
    desk = await started(make_desk, accounts=accounts(fifo=True))
    assert desk.gateway.bodies("hello")[0]["terminal"]["fifo"] is True
    assert desk.gateway.bodies("hello")[0]["info"]["fifo"] is True
    older, younger = order(), order()
    await desk.do(older, "fill")
    await desk.do(younger, "fill")
    before = await permission(desk, 0)
    facts = await desk.do(exit_of(younger, str(uuid4())), "unsent")
    assert facts["unsent"].body["code"] == "NODE_FIFO"
    assert "send_started" not in facts
    assert await permission(desk, 0) == before
    await desk.do(exit_of(older, str(uuid4())), "fill")
    await desk.do(exit_of(younger, str(uuid4())), "fill")


async def test_what_is_frozen_is_left_alone_until_it_thaws(make_desk: MakeDesk) -> None:
    desk = await started(make_desk, instruments=terms(freeze_level_points=50))
    held = order(sl=Decimal("99.00"))
    resting = order(order_type=OrderType.LIMIT, price=Decimal(99))
    await desk.do(held, "fill")
    await desk.do(resting, "accepted")
    await desk.broker.feed(SYMBOL, "99.40")
    await desk.quoted("99.43")
    before = await permission(desk, 0)
    for command in (
        exit_of(held, str(uuid4())),
        change_of(held, CommandKind.MODIFY, str(uuid4()), sl=Decimal(98)),
        change_of(resting, CommandKind.CANCEL, str(uuid4())),
    ):
        facts = await desk.do(command, "unsent")
        assert facts["unsent"].body["code"] == "NODE_FROZEN"
        assert "send_started" not in facts
    assert await permission(desk, 0) == before
    await desk.broker.feed(SYMBOL, "100")
    await desk.quoted("100.03")
    await desk.do(exit_of(held, str(uuid4())), "fill")
    await desk.do(change_of(resting, CommandKind.CANCEL, str(uuid4())), "canceled")


def permissions_told(desk: Desk) -> list[str]:
    """What forbids sending, by each heartbeat so far; empty for nothing."""
    facts = desk.gateway.facts.values()
    return [fact.body["not_permitted"] for fact in facts if fact.kind.value == "heartbeat"]


def blocks_told(desk: Desk) -> list[list[str]]:
    """What keeps the account from trading, by each snapshot so far."""
    polls = [body["snapshot"] for body in desk.gateway.bodies("poll") if body["snapshot"]]
    return [desk.gateway.bodies("hello")[0]["info"]["blocks"], *(seen["blocks"] for seen in polls)]


@pytest.mark.parametrize("flags", [0, 1])
async def test_instant_execution_gets_price_and_deviation(make_desk: MakeDesk, flags: int) -> None:
    desk = await started(make_desk, instruments=terms(execution=1, filling_flags=flags))
    await desk.do(order(), "fill")
    bounded = order(deviation_points=5)
    await desk.do(bounded, "fill")
    await desk.do(exit_of(bounded, str(uuid4())), "fill")


async def test_market_execution_without_a_flag_has_no_filling_to_ask_for(
    make_desk: MakeDesk,
) -> None:
    desk = await started(make_desk, instruments=terms(filling_flags=0))
    facts = await desk.do(order(), "unsent")
    assert facts["unsent"].body["code"] == "NODE_FILLING"


async def test_after_a_no_for_everybody_entries_stop_and_the_node_says_so_once(desk: Desk) -> None:
    before = await permission(desk, 10032)
    facts = await desk.do(order(), "rejected")
    assert facts["rejected"].body["venue_code"] == "10032"
    for _ in range(3):
        facts = await desk.do(order(), "unsent")
        assert facts["unsent"].body["code"] == "NODE_NOT_PERMITTED"
        assert "10032" in facts["unsent"].body["text"]
    assert await permission(desk, 10032) - before == 1, "the broker was asked once"
    await eventually(lambda: permissions_told(desk) == ["", "10032"], what="the new flag told")


@pytest.mark.parametrize("code", [10017, 10026])
async def test_an_account_that_may_not_trade_is_not_even_asked(desk: Desk, code: int) -> None:
    held = order()
    await desk.do(held, "fill")
    before = await permission(desk, code)
    await eventually(lambda: permissions_told(desk)[-1] == str(code), what="the terminal knows")
    off = "trade_allowed is off" if code == 10017 else "trade_expert is off"
    await eventually(lambda: blocks_told(desk)[-1] == [off], what="the gateway knows")
    facts = await desk.do(order(), "unsent")
    assert str(code) in facts["unsent"].body["text"]
    close = exit_of(held, str(uuid4()))
    desk.gateway.insists_on = [close]
    await eventually(lambda: desk.gateway.given.count(close.command_id) > 1, what="leased again")
    assert desk.facts(close) == {}, "exits are given back"
    assert await permission(desk, 0) == before
    await desk.told(close, "fill")


async def test_a_lost_connection_stops_the_next_entries(desk: Desk) -> None:
    before = await permission(desk, 10031)
    await desk.do(order(), "in_doubt")
    facts = await desk.do(order(), "unsent")
    assert "10031" in facts["unsent"].body["text"]
    assert await permission(desk, 0) - before == 1


@pytest.mark.parametrize("flags", [15, 3], ids=["the broker takes a moment", "it does not"])
async def test_a_pending_order_ends_at_its_moment(make_desk: MakeDesk, flags: int) -> None:
    desk = await started(make_desk, instruments=terms(expiration_flags=flags))
    until = datetime.now(tz=UTC) + timedelta(seconds=2)
    command = order(order_type=OrderType.LIMIT, price=Decimal(90), working_until=until)
    await desk.do(command, "accepted")
    (row,) = await desk.broker_rows("orders")
    told = datetime.fromtimestamp(row["time_expiration"], tz=UTC)
    assert (told - until < timedelta(seconds=1)) if flags == 15 else row["time_expiration"] == 0
    changed = change_of(command, CommandKind.MODIFY, str(uuid4()), price=Decimal(91))
    await desk.do(changed, "modified")
    (row,) = await desk.broker_rows("orders")
    assert row["type_time"] == (2 if flags == 15 else 0), "a modify leaves its end as it was"
    facts = await desk.told(command, "canceled" if flags == 3 else "accepted")
    if flags == 15:
        await eventually(lambda: datetime.now(tz=UTC) > told, what="its moment")
        await desk.broker.feed(
            SYMBOL, "100.01"
        )  # this broker looks at its orders when a price comes
        facts = await desk.told(command, "expired")
    assert "fill" not in facts
    assert await desk.broker_rows("orders") == []
