"""Cards about the broker's no."""

from decimal import Decimal

from argos.core.intent import OrderType
from contract.node.broker_link import Mishap
from contract.node.desks import Desk
from contract.node.mishaps import all_no, refused_for_now, retcode
from contract.node.season import card


@card("N35")
async def the_brokers_own_words(desk: Desk) -> None:
    await desk.fault("reject", request="submit")
    command = desk.entry()
    facts = await desk.do(command, "send_started", "rejected")
    body = facts["rejected"].body
    assert body["code"] == "VENUE_REFUSED"
    assert body["venue_code"] == ("10006" if desk.kind.is_mt5 else "40310000")
    assert body["text"]
    assert body["retryable"] is False
    assert desk.orders() == []


@card("N36")
async def no_money(desk: Desk) -> None:
    facts = await desk.do(desk.entry(qty=Decimal(50_000)), "rejected")
    code = facts["rejected"].body["venue_code"]
    assert code == ("10019" if desk.kind.is_mt5 else "40310000")
    assert desk.orders() == []


@card("N37")
async def a_closed_market(desk: Desk) -> None:
    market = {"symbol": desk.symbol, "open": False}
    await desk.shared.process.control("/control/market", market)
    try:
        facts = await desk.do(desk.entry(), "rejected")
    finally:
        await desk.shared.process.control("/control/market", market | {"open": True})
    assert facts["rejected"].body["venue_code"] == "10018"
    assert desk.orders() == []


@card("N38")
async def an_unknown_symbol(desk: Desk) -> None:
    await desk.definite_no(desk.entry(symbol="NOPE"))
    await desk.definite_no(desk.entry(symbol="NOPE", order_type=OrderType.LIMIT, price=Decimal(90)))


@card("N39", linked=True)
async def refused_for_now_is_the_gateways(desk: Desk) -> None:
    rule = desk.rule("submit", Mishap.ANSWERED_BEFORE, count=9, **refused_for_now(desk))
    command = desk.entry()
    facts = await desk.do(command, "rejected")
    assert facts["rejected"].body["retryable"] is True
    await desk.polled(2)
    assert (rule.count, desk.orders()) == (8, [])


@card("N40", linked=True)
async def every_definite_no(desk: Desk) -> None:
    commands = {}
    for seq, (code, answer) in enumerate(all_no(desk)):
        desk.rule("submit", Mishap.ANSWERED_BEFORE, **answer)
        commands[code] = desk.entry(seq=seq)
    desk.gateway.lease(*commands.values())
    for code, command in commands.items():
        body = (await desk.heard(command, "rejected"))["rejected"].body
        assert (body["venue_code"], body["retryable"], body["code"]) == (
            code,
            False,
            "VENUE_REFUSED",
        )
    assert desk.of_kind("in_doubt") == []


@card("N41", linked=True)
async def a_permission_is_missing(desk: Desk) -> None:
    desk.rule("submit", Mishap.ANSWERED_BEFORE, **retcode(10026))
    body = (await desk.do(desk.entry(), "rejected"))["rejected"].body
    assert (body["code"], body["venue_code"]) == ("VENUE_TRADING_DISABLED", "10026")
    assert body["retryable"] is False


@card("N42")
async def a_stop_on_the_wrong_side(desk: Desk) -> None:
    await desk.definite_no(desk.entry(sl=Decimal(105)))
    await desk.definite_no(desk.entry(tp=Decimal(95)))
