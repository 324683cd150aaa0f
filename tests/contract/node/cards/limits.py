"""Cards about the node's own limits, and those of a symbol."""

from decimal import Decimal

from argos.core.intent import OrderType
from contract.node.brokers import PAIR, STIFF
from contract.node.desks import Desk
from contract.node.season import card


async def a_close_is_not_held_back(desk: Desk) -> None:
    await desk.by_hand("buy", 20)
    close = desk.close(desk.entry(), qty=Decimal(20), position_id=desk.position_id())
    await desk.do(close, "fill")
    assert desk.positions() == []


async def unsent(desk: Desk, code: str) -> None:
    command = desk.entry()
    facts = await desk.do(command, "unsent")
    assert facts["unsent"].body["code"] == code
    assert desk.orders_of(command) == []


@card("N87", limits={"qty_max": "5"})
async def the_nodes_own_size(desk: Desk) -> None:
    await unsent(desk, "NODE_LIMIT_QTY")
    await a_close_is_not_held_back(desk)


@card("N88", limits={"symbols": [STIFF]})
async def the_nodes_own_symbols(desk: Desk) -> None:
    await unsent(desk, "NODE_LIMIT_SYMBOL")
    await a_close_is_not_held_back(desk)


@card("N89", limits={"orders_per_minute_max": 1})
async def the_nodes_own_rate(desk: Desk) -> None:
    command = await desk.opened()
    await unsent(desk, "NODE_LIMIT_RATE")
    await desk.do(desk.close(command), "fill")


@card("N90")
async def a_size_that_cannot_be(desk: Desk) -> None:
    await desk.definite_no(desk.entry(qty=Decimal("0.5")))
    await desk.definite_no(desk.entry(qty=Decimal(200_000)))


@card("N91")
async def a_stop_too_near(desk: Desk) -> None:
    bid = desk.shared.process.ledger().quotes[desk.symbol].bid
    await desk.definite_no(desk.entry(sl=bid - Decimal("0.01")))


@card("N92", symbol=STIFF)
async def what_is_frozen(desk: Desk) -> None:
    command = await desk.rested("99.80")
    for change in (desk.modify(command, price=Decimal("99.70")), desk.cancel(command)):
        # The order itself stays: only the change must end with a no.
        desk.gateway.lease(change)
        await desk.until(
            lambda change=change: bool({"rejected", "unsent"} & desk.told(change).keys()), "a no"
        )
        assert not {"canceled", "modified"} & desk.told(change).keys()
    assert [order.price for order in desk.working()] == [Decimal("99.80")]


@card("N93", symbol=PAIR)
async def sizes_are_units(desk: Desk) -> None:
    command = desk.entry(qty=Decimal(2_000))
    facts = await desk.do(command, "fill")
    (deal,) = desk.deals()
    assert Decimal(facts["fill"].body["qty"]) == deal.qty == 2_000
    hello = desk.gateway.bodies("hello")[0]["info"]["instruments"]
    (terms,) = [item for item in hello if item["symbol"] == PAIR]
    told = [Decimal(terms[name]) for name in ("contract_size", "qty_min", "qty_step", "qty_max")]
    assert told == [100_000, 1_000, 1_000, 5_000_000]
    await desk.until(lambda: bool(desk.positions_told()), "the position")
    assert [item["qty"] for item in desk.positions_told() or []] == ["2000"]


@card("N94", symbol=PAIR)
async def prices_to_the_last_digit(desk: Desk) -> None:
    levels = (
        ("1.05005", "1.04003", "1.20007") if desk.symbol == PAIR else ("90.07", "80.03", "150.09")
    )
    price, sl, tp = map(Decimal, levels)
    command = desk.entry(
        order_type=OrderType.LIMIT,
        price=price,
        sl=sl,
        tp=tp,
        qty=Decimal(1_000 if desk.symbol == PAIR else 10),
    )
    await desk.do(command, "accepted")
    (order,) = desk.orders_of(command)
    assert (order.price, order.sl, order.tp) == (price, sl, tp)
