"""Orders of every kind through the expert: sent once, reported as the broker really did them."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from argos.protocol.facts import decode_execution
from contract.ea.conftest import ACCOUNT, Desk, order


async def test_a_market_order_is_sent_and_its_fill_is_told_in_utc(desk: Desk) -> None:
    command = order()
    before = datetime.now(tz=UTC)
    facts = await desk.do(command, "send_started", "accepted", "fill")
    execution = decode_execution(facts["fill"].body)
    assert (execution.qty, execution.magic) == (Decimal(10), command.magic)
    assert Decimal(facts["send_started"].body["ask"]) == execution.price
    assert abs(execution.occurred_at - before) < timedelta(seconds=5)
    assert facts["fill"].body["broker_offset_ms"] == 3 * 3_600_000
    assert facts["fill"].order_id == command.order_id
    assert len(await desk.deals()) == 1
    assert desk.gateway.bodies("hello")[0]["info"]["account"] == ACCOUNT
