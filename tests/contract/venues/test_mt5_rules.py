"""What an MT5 broker's own rules forbid is refused by name before it is sent, by the Python package's venue."""

from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from argos.core.errors import VenueRefused, VenueUnreachable
from argos.core.intent import OrderType
from argos.paperbroker.settings import BrokerSettings
from argos.ports import VenueClose
from argos.venues.mt5.rows import row_of
from argos.venues.mt5.terms import lifetime_for, terms_of
from contract.venues.conftest import (
    CLOCK_OFFSET_S,
    SYMBOL,
    TIMEOUT_S,
    Desk,
    package_venue,
    settings_for,
)
from eventually import eventually
from paper_process import PaperProcess

KIND = "package-hedging"
MakeDesk = Callable[..., Any]


def changed(settings: BrokerSettings, *, fifo: bool = False, **terms: Any) -> BrokerSettings:
    """The broker with these terms for each symbol."""
    accounts = tuple(replace(item, fifo=fifo) for item in settings.accounts)
    instruments = tuple(replace(item, **terms) for item in settings.instruments)
    return replace(settings, accounts=accounts, instruments=instruments)


@pytest.fixture
async def desk_with(tmp_path: Path) -> AsyncIterator[MakeDesk]:
    made: list[Desk] = []

    async def make(**more: Any) -> Desk:
        settings = changed(settings_for(KIND, ledger=tmp_path / "ledger.db"), **more)
        broker = PaperProcess(settings).start()
        await broker.feed(SYMBOL, "100")
        venue = package_venue(broker, "a0")
        made.append(Desk(kind=KIND, broker=broker, account="a0", venue=venue))
        await venue.connect()
        return made[-1]

    yield make
    for desk in made:
        await desk.venue.aclose()
        desk.broker.stop()


async def requests(desk: Desk, *, retcode: int = 0) -> int:
    """How many trade requests the broker has had so far; sets by which code it refuses the next ones."""
    body = {"account": desk.account, "retcode": retcode}
    return int((await desk.broker.control("/control/permission", body))["requests"])


async def test_on_a_fifo_account_the_oldest_is_closed_first(desk_with: MakeDesk) -> None:
    desk: Desk = await desk_with(fifo=True)
    assert desk.venue.traits.fifo
    older = await desk.opened(desk.order())
    await desk.submit(desk.order(qty="5"))
    younger = next(
        item for item in (await desk.look()).positions if item.position_id != older.position_id
    )
    assert desk.scans[-1].account.fifo
    before = await requests(desk)
    with pytest.raises(VenueRefused, match=older.position_id) as refusal:
        await desk.close(younger)
    assert (refusal.value.code, refusal.value.venue_code) == ("VENUE_FIFO", "10045")
    assert await requests(desk) == before, "nothing was sent"
    await desk.close(older, "4")
    with pytest.raises(VenueRefused):
        await desk.close(younger)
    await desk.close(older, "6")
    await desk.close(younger)
    assert (await desk.look()).positions == ()


async def test_the_broker_itself_refuses_the_younger_one(desk_with: MakeDesk) -> None:
    desk: Desk = await desk_with(fifo=True)
    await desk.opened(desk.order())
    await desk.submit(desk.order(qty="5"))
    rows = {row.ticket: row for row in desk.venue._link.package.positions_get()}
    request = {
        "action": 1, "symbol": SYMBOL, "type": 1, "volume": 5.0, "position": max(rows), "type_filling": 1,
        "magic": 1,
    }  # fmt: skip
    answer = desk.venue._link.package.order_send(request)
    assert answer.retcode == 10045


async def test_a_position_whose_stop_the_market_is_about_to_reach_is_not_closed(
    desk_with: MakeDesk,
) -> None:
    desk: Desk = await desk_with(freeze_level_points=50)
    position = await desk.opened(desk.order(sl=Decimal("99.00")))
    await desk.market("99.40")
    before = await requests(desk)
    with pytest.raises(VenueRefused, match=r"99 lies within 0\.5") as refusal:
        await desk.close(position)
    assert (refusal.value.code, refusal.value.venue_code) == ("VENUE_FROZEN", "10029")
    assert refusal.value.retryable
    assert await requests(desk) == before
    await desk.market("100")
    await desk.close(position)


async def test_instant_execution_gets_the_price_we_saw_and_a_requote_is_no_for_now(
    desk_with: MakeDesk,
) -> None:
    desk: Desk = await desk_with(execution=1, filling_flags=0)
    position = await desk.opened(desk.order())
    assert position.qty == 10
    late = desk.order(deviation_points=2)
    seen = desk.venue.quote(SYMBOL)
    await desk.broker.feed(SYMBOL, "100.50")
    desk.venue.quote = lambda symbol, at=None: seen  # the node decided by the quote of a moment ago
    with pytest.raises(VenueRefused) as refusal:
        await desk.submit(late)
    assert (refusal.value.venue_code, refusal.value.retryable) == ("10004", True)


@pytest.mark.parametrize(
    ("execution", "flags", "filling"),
    [(2, 3, 0), (2, 1, 0), (2, 2, 1), (1, 0, 2), (1, 1, 0), (3, 0, 2), (3, 2, 1)],
)
async def test_the_filling_is_chosen_from_flags_and_execution(
    desk_with: MakeDesk, execution: int, flags: int, filling: int
) -> None:
    """RETURN (2) is no flag: it is what is left where the market does not execute by itself."""
    desk: Desk = await desk_with(execution=execution, filling_flags=flags)
    package = desk.venue._link.package
    asked: list[dict[str, Any]] = []
    send = package.order_send
    package.order_send = lambda request: asked.append(request) or send(request)
    await desk.opened(desk.order())
    assert asked[0]["type_filling"] == filling
    limit = desk.order(order_type=OrderType.LIMIT, price=Decimal(90))
    await desk.submit(limit)
    assert asked[1]["type_filling"] == 2


async def test_market_execution_without_a_flag_has_no_filling_to_ask_for(
    desk_with: MakeDesk,
) -> None:
    desk: Desk = await desk_with(execution=2, filling_flags=0)
    with pytest.raises(VenueRefused) as refusal:
        await desk.submit(desk.order())
    assert refusal.value.code == "VENUE_FILLING_UNKNOWN"


@pytest.mark.parametrize("code", [10017, 10026, 10032])
async def test_after_a_no_for_everybody_entries_stop_and_a_changed_flag_lets_them_through(
    desk_with: MakeDesk, code: int
) -> None:
    desk: Desk = await desk_with()
    before = await requests(desk, retcode=code)
    for _ in range(3):
        with pytest.raises(VenueRefused) as refusal:
            await desk.submit(desk.order())
        assert (refusal.value.code, refusal.value.venue_code) == (
            "VENUE_TRADING_DISABLED",
            str(code),
        )
    assert desk.venue.standing().forbidden
    # An account that may not trade says so by a flag, and then not even the first one is sent.
    assert await requests(desk) - before == (1 if code == 10032 else 0)
    if code != 10032:
        await eventually(lambda: not desk.venue.standing().forbidden, what="the flag is back")
        assert (await desk.submit(desk.order())).venue_order_id


async def test_without_a_connection_the_order_is_in_doubt_and_the_next_ones_are_not_sent(
    desk_with: MakeDesk,
) -> None:
    desk: Desk = await desk_with()
    before = await requests(desk, retcode=10031)
    with pytest.raises(VenueUnreachable):
        await desk.submit(desk.order())
    with pytest.raises(VenueRefused) as refusal:
        await desk.submit(desk.order())
    assert refusal.value.venue_code == "10031"
    assert await requests(desk) - before == 1


async def test_an_exit_is_sent_whatever_the_circuit_says(desk_with: MakeDesk) -> None:
    """Its pace is the node's."""
    desk: Desk = await desk_with()
    position = await desk.opened(desk.order())
    await requests(desk, retcode=10032)
    with pytest.raises(VenueRefused):
        await desk.submit(desk.order())
    assert desk.venue.standing().exits_wait
    await requests(desk)
    assert isinstance(position.qty, Decimal)
    request = VenueClose(
        identity=desk.identity(), symbol=SYMBOL, side=position.side.opposite, qty=position.qty,
        position_id=position.position_id, comment="",
    )  # fmt: skip
    await desk.venue.close(request, timeout_s=TIMEOUT_S)
    assert not desk.venue.standing().forbidden, "it was taken: so will others be"


async def test_a_pending_order_bears_its_end_by_the_brokers_clock(desk_with: MakeDesk) -> None:
    desk: Desk = await desk_with()
    until = datetime.now(tz=UTC) + timedelta(minutes=5)
    limit = desk.order(order_type=OrderType.LIMIT, price=Decimal(90), working_until=until)
    await desk.submit(limit)
    (row,) = desk.venue._link.package.orders_get()
    by_broker = datetime.fromtimestamp(row.time_expiration - CLOCK_OFFSET_S, tz=UTC)
    assert timedelta(0) <= by_broker - until < timedelta(seconds=1)
    assert row.type_time == 2
    await desk.venue.modify(
        limit.identity, symbol=SYMBOL, position_id="", price=Decimal(91), sl=None, tp=None, timeout_s=TIMEOUT_S
    )  # fmt: skip
    (row,) = desk.venue._link.package.orders_get()
    assert (row.price_open, row.type_time) == (91, 2)


@pytest.mark.parametrize(("flags", "lasts"), [(15, 0), (3, 0), (2, 1), (0, 0)])
async def test_without_a_moment_it_lasts_as_long_as_the_symbol_lets_it(
    desk_with: MakeDesk, flags: int, lasts: int
) -> None:
    """A symbol that takes no moment leaves the end to the node."""
    desk: Desk = await desk_with()
    told = desk.venue._link.package.symbol_info(SYMBOL)
    terms = told._replace(expiration_mode=flags)
    until_s = 0 if flags == 15 else 1_800_000_000
    assert lifetime_for(terms_of(row_of(terms)), until_s) == (lasts, 0)
