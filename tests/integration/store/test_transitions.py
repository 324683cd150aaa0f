"""The database's own eye on the status of orders: a step outside the rule book raises an alarm, and is kept."""

import asyncpg
import pytest

from argos.core.order import TRANSITIONS, OrderStatus

pytestmark = pytest.mark.integration

LEGAL = {
    (before, after)
    for before, steps in TRANSITIONS.items()
    for afters in steps.values()
    for after in afters
}


async def test_every_step_outside_the_rule_book_raises_an_alarm_and_no_other_does(
    truth: asyncpg.Connection,
) -> None:
    order_id = await truth.fetchval("SELECT order_id FROM orders LIMIT 1")
    await truth.execute(
        """INSERT INTO order_states (order_id, account, role, status, effective_qty, updated_at)
           VALUES ($1, 'one', 'entry', 'planned', 1, now())""",
        order_id,
    )
    for before in OrderStatus:
        for after in OrderStatus:
            if before is after:
                continue
            transaction = truth.transaction()
            await transaction.start()
            await truth.execute("ALTER TABLE order_states DISABLE TRIGGER order_states_watch")
            await truth.execute("UPDATE order_states SET status = $1", before.value)
            await truth.execute("ALTER TABLE order_states ENABLE TRIGGER order_states_watch")
            await truth.execute("UPDATE order_states SET status = $1", after.value)
            alarms = await truth.fetch(
                "SELECT order_id FROM alarms WHERE code = 'ORDER_ILLEGAL_TRANSITION'"
            )
            await transaction.rollback()
            expected = [] if (before, after) in LEGAL else [order_id]
            assert [row["order_id"] for row in alarms] == expected, f"{before} -> {after}"


async def test_an_illegal_step_is_kept(truth: asyncpg.Connection) -> None:
    order_id = await truth.fetchval("SELECT order_id FROM orders LIMIT 1")
    await truth.execute(
        """INSERT INTO order_states (order_id, account, role, status, effective_qty, updated_at)
           VALUES ($1, 'one', 'entry', 'denied', 1, now())""",
        order_id,
    )
    await truth.execute("UPDATE order_states SET status = 'filled'")
    assert await truth.fetchval("SELECT status FROM order_states") == "filled"
