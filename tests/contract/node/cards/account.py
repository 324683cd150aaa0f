"""Cards about the account: what others do to it, and what is told of it."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from argos.protocol.facts import decode_execution
from argos.protocol.snapshots import decode_snapshot
from contract.node.cards.exits import the_deal
from contract.node.desks import Desk
from contract.node.nodes import BROKER_OFFSET_S
from contract.node.season import card


@card("N95")
async def a_persons_trade(desk: Desk) -> None:
    await desk.by_hand("buy", 3)
    deal = await the_deal(desk)
    execution = decode_execution(deal.body)
    assert (execution.qty, execution.reason.value, execution.magic) == (3, "manual", 0)
    assert (deal.order_id, deal.command_id, deal.body["opening_order_id"]) == (None, None, None)
    await desk.until(
        lambda: [item["qty"] for item in desk.positions_told() or []] == ["3"], "the position"
    )


@card("N96")
async def a_person_closes_ours(desk: Desk) -> None:
    command = await desk.opened()
    named = {"position_id": desk.position_id()} if desk.kind.is_mt5 else {}
    await desk.by_hand("sell", 10, **named)
    deal = await the_deal(desk)
    assert (deal.body["reason"], deal.body["entry"]) == ("manual", "out")
    facts = await desk.do(desk.close(command), "unsent")
    assert facts["unsent"].body["code"] == "CLOSE_NOTHING_OPEN"
    assert len(desk.deals()) == 2


@card("N97")
async def hello_tells_the_account(desk: Desk) -> None:
    hello = desk.gateway.bodies("hello")[0]
    info = decode_snapshot(hello["info"])
    assert (info.balance, info.currency) == (Decimal(100_000), "USD")
    assert info.hedging is desk.kind.is_mt5
    assert info.instruments[desk.symbol].tick_size == Decimal("0.01")
    assert info.instruments[desk.symbol].qty_step == 1
    quote = desk.shared.process.ledger().quotes[desk.symbol]
    assert (info.quotes[desk.symbol].bid, info.quotes[desk.symbol].ask) == (quote.bid, quote.ask)
    terminal = hello["terminal"]
    assert terminal["venue"] == ("mt5" if desk.kind.value.startswith("mt5") else desk.kind.value)
    assert terminal["unique_client_ids"] is not desk.kind.is_mt5
    assert terminal["hedging"] is desk.kind.is_mt5
    assert terminal["connected"] is True
    assert (hello["version"], hello["account"]) == ("1", info.account)


@card("N98")
async def snapshots_follow(desk: Desk) -> None:
    await desk.opened()
    await desk.rested("80")
    await desk.feed("101")
    quote = desk.shared.process.ledger().quotes[desk.symbol]

    def is_told() -> bool:
        told = decode_snapshot(desk.snapshots()[-1])
        # Shares are bought with the balance; elsewhere it is only moved by what is won and lost.
        bought_at = desk.deals()[0].price if desk.kind.is_mt5 else Decimal(0)
        equity = told.balance + (quote.bid - bought_at) * 10
        return (
            [item.qty for item in told.positions] == [10]
            and told.open_orders == 1
            and told.quotes[desk.symbol].bid == quote.bid
            and told.equity == equity
        )

    await desk.until(is_told, lambda: f"the account as it is, not {desk.snapshots()[-1]}")


@card("N103")
async def what_the_stops_would_cost(desk: Desk) -> None:
    await desk.opened(sl=Decimal(95))
    bid = desk.shared.process.ledger().quotes[desk.symbol].bid

    def is_told(unbounded: int) -> bool:
        told = desk.snapshots()[-1]["node"]
        loss = Decimal(told["loss_at_stops"])
        return (loss, told["positions_unbounded"]) == ((bid - 95) * 10, unbounded)

    await desk.until(lambda: is_told(0), lambda: f"the stop's loss, not {desk.snapshots()[-1]}")
    if desk.kind.is_mt5:
        await desk.opened()
        await desk.until(lambda: is_told(1), lambda: f"the other, not {desk.snapshots()[-1]}")


@card("N99")
async def the_brokers_clock(desk: Desk) -> None:
    facts = await desk.do(desk.entry(), "fill")
    body = facts["fill"].body
    occurred_at = decode_execution(body).occurred_at
    assert abs(occurred_at - datetime.now(tz=UTC)) < timedelta(seconds=30)
    raw_ms = int(body["venue_time_ms"])
    assert raw_ms - int(occurred_at.timestamp() * 1000) == BROKER_OFFSET_S * 1000


@card("N100")
async def the_quote_at_the_alert(desk: Desk) -> None:
    alert_at = datetime.now(tz=UTC)
    first = desk.shared.process.ledger().quotes[desk.symbol]
    await desk.polled(2)
    await desk.feed("102")
    await desk.until(lambda: newest_ask(desk) > first.ask, "the new quote")
    second = desk.shared.process.ledger().quotes[desk.symbol]
    body = (await desk.do(desk.entry(alert_received_at=alert_at), "send_started"))[
        "send_started"
    ].body
    assert (Decimal(body["arrival_ask"]), Decimal(body["ask"])) == (first.ask, second.ask)
    old = desk.entry(alert_received_at=alert_at - timedelta(hours=1))
    body = (await desk.do(old, "send_started"))["send_started"].body
    assert body["arrival_ask"] is None


def newest_ask(desk: Desk) -> Decimal:
    quotes = {item["symbol"]: item for item in desk.snapshots()[-1]["quotes"]}
    return Decimal(quotes[desk.symbol]["ask"])


@card("N101", manners={"name": "with a rollover"})
async def swap_is_told(desk: Desk) -> None:
    command = await desk.opened(qty=Decimal(100))
    await desk.shared.process.rollover()
    close = desk.close(command)
    facts = await desk.do(close, "fill")
    swap = decode_execution(facts["fill"].body).swap
    assert swap == desk.deals()[-1].swap > 0


@card("N102")
async def a_booking_without_a_trade(desk: Desk) -> None:
    booking = {"account": desk.account, "amount": "-12.5", "comment": "data fee"}
    await desk.shared.process.control("/control/charge", booking)
    await desk.until(lambda: len(charges(desk)) > 0, "the charge")
    await desk.restart()
    await desk.polled(2)
    (charge,) = charges(desk)
    assert (charge["amount"], charge["comment"], charge["type"]) == ("-12.5", "data fee", "4")


def charges(desk: Desk) -> list[dict[str, str]]:
    return [fact.body["charge"] for fact in desk.of_kind("snapshot") if "charge" in fact.body]
