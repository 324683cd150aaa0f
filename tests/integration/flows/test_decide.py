"""Decisions: what one intent comes to, also beside another that is decided at the same moment."""

import asyncio
from decimal import Decimal

import pytest

from argos.core.account import Account, AccountLimits, Route, RouteLeg
from argos.core.risk_limits import RiskLimits
from argos.flows.decide import decide_next
from argos.protocol.intent_store import decode_intent
from argos.risk.assess import assess
from argos.routing.plan import plan_intent
from eventually import eventually
from integration.flows.stage import Stage
from spine import HEDGE, NET, now


async def _route_to(stage: Stage, name: str, account: str) -> None:
    leg = RouteLeg(
        account=account, share=Decimal(1), size=None, symbol_map={}, hours=(), enabled=True
    )
    await stage.spine.control.put_route(
        Route(route=name, enabled=True, size=None, expiry_s=60, alert_age_s_max=30, legs=(leg,))
    )


async def _until_somebody_waits_for_a_lock(stage: Stage) -> None:
    async def waits() -> bool:
        return bool(
            await stage.value(
                "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
            )
        )

    await eventually(waits, what="the second decision at the first one's lock")


async def test_a_decision_tells_whether_another_one_waits(stage: Stage) -> None:
    await _route_to(stage, "one", HEDGE)
    for trade_id in ("T-1", "T-2"):
        await stage.accept(trade_id, account_route="one")
    assert await decide_next(stage.spine.decisions, clock=now)
    assert not await decide_next(stage.spine.decisions, clock=now)
    assert len(await stage.orders("entry")) == 2


@pytest.mark.parametrize(
    ("limits", "code"),
    [
        (AccountLimits(positions_max=1), "POSITIONS_MAX"),
        (AccountLimits(risk=RiskLimits(flat_only=True)), "POSITION_EXISTS"),
    ],
    ids=["positions_max", "a risk limit"],
)
async def test_two_decisions_at_once_do_not_both_take_the_last_position(
    stage: Stage, limits: AccountLimits, code: str
) -> None:
    """Two routes, so neither intent waits for the other; the first holds its transaction open until both read."""
    limited = Account(
        account=HEDGE,
        venue="paper",
        currency="USD",
        enabled=True,
        hedging=True,
        limits=limits,
    )
    await stage.spine.control.put_account(limited)
    decisions = stage.spine.decisions
    for route in ("one", "two"):
        await _route_to(stage, route, HEDGE)
        await stage.accept(f"T-{route}", account_route=route)

    async with decisions.transaction() as first:
        due = await decisions.claim(first)
        assert due is not None
        assert due.more_wait
        second = asyncio.create_task(decide_next(decisions, clock=now))
        await _until_somebody_waits_for_a_lock(stage)
        intent = decode_intent(due.body, sequence=due.sequence)
        context = await decisions.context(first, intent)
        plan = plan_intent(
            intent,
            route=context["route"],
            contexts=context["accounts"],
            halts=context["halts"],
            now=now(),
            assess=assess,
        )
        await decisions.save(first, due.outbox_id, plan, intent=intent, now=now())
    await second
    codes = [row["denial_code"] for row in await stage.orders("entry")]
    assert codes == [None, code]


async def test_an_entry_against_another_trade_at_a_netting_account_is_denied(stage: Stage) -> None:
    await _route_to(stage, "net", NET)
    await _route_to(stage, "net too", NET)
    await stage.decide("T-1", account_route="net")
    command = await stage.lease_one(NET)
    await stage.spine.fill(command, account=NET, price=Decimal("100.02"))
    await stage.decide("T-2", account_route="net too", side="sell", sl="105", tp="90")
    held, denied = await stage.orders("entry", NET)
    assert (held["denial_code"], denied["denial_code"]) == (None, "NETTING_OPPOSED")
    assert "T-1" in denied["denial_text"]


async def test_at_a_netting_account_the_next_trade_waits_for_the_close_of_the_one_before(
    stage: Stage,
) -> None:
    await _route_to(stage, "net", NET)
    await stage.decide("T-1", account_route="net")
    opened = await stage.lease_one(NET)
    await stage.spine.fill(opened, account=NET, price=Decimal("100.02"))
    await stage.close("T-1", account_route="net")
    await stage.decide("T-2", account_route="net", side="sell", sl="105", tp="90")
    closing = await stage.lease_one(NET)
    assert closing.is_exit
    assert await stage.lease(NET, closing) == []
    await stage.spine.fill(closing, account=NET, price=Decimal("99.98"))
    entering = await stage.lease_one(NET)
    assert (entering.is_exit, entering.qty) == (False, Decimal(10))
