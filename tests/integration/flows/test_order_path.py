"""What must hold on the way to the venue and back: nothing ended that may be out, no change forgotten."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import pytest

from argos.core.errors import InputError, StoreError
from argos.flows.collect import require_usable
from argos.flows.lease import Asker, lease_together
from argos.protocol.facts import ReportKind
from argos.store.brakes import BrakeStore
from argos.store.database import open_pool
from eventually import eventually
from fresh_database import FreshDatabase
from integration.flows.stage import Stage, filled
from spine import ASK, HEDGE, NET, about, now, positions_of


@pytest.fixture
async def brakes(database: FreshDatabase) -> AsyncIterator[BrakeStore]:
    pool = await open_pool(database.dsn("argos_reader"), name="test", size_max=1)
    yield BrakeStore(pool, reader=pool)
    await pool.close()


_LEASE_IS_OVER = "UPDATE commands SET leased_at = leased_at - interval '1 minute'"
_VALIDITY_IS_OVER = "UPDATE commands SET valid_until = now() - interval '1 minute'"


async def test_a_modify_that_waits_behind_its_entry_outlives_the_fill(stage: Stage) -> None:
    await stage.decide()
    opening = await stage.lease_one()
    await stage.decide(action="modify", side=None, size=None, entry_price=None, sl="96", tp=None)

    await stage.spine.fill(opening, account=HEDGE, price=ASK)

    modify = await stage.lease_one()
    assert (modify.kind.value, modify.sl) == ("modify", Decimal("96"))
    await stage.spine.report(HEDGE, about(modify, ReportKind.SEND_STARTED, account=HEDGE))
    assert await _command_state(stage, modify.command_id) == "leased"
    await stage.spine.report(HEDGE, about(modify, ReportKind.MODIFIED, account=HEDGE))
    assert await _command_state(stage, modify.command_id) == "done"


async def test_what_another_log_may_have_sent_is_looked_for_and_not_ended_by_us(
    stage: Stage,
) -> None:
    await stage.decide()
    lost = await stage.lease_one()
    await stage.execute(_LEASE_IS_OVER)
    await stage.execute(_VALIDITY_IS_OVER)
    sessions = stage.spine.sessions
    sessions[HEDGE] = replace(sessions[HEDGE], log_id=uuid4())

    recalled = await stage.lease_one()

    assert (recalled.command_id, recalled.attempt) == (lost.command_id, 2)
    assert recalled.valid_until is not None
    assert recalled.valid_until < now()
    assert (await stage.state(lost.order_id))["status"] == "leased"


@pytest.mark.parametrize("scope", [("route", "main"), ("account", HEDGE)])
async def test_an_old_poll_never_ends_what_a_newer_one_was_given(
    stage: Stage, brakes: BrakeStore, scope: tuple[str, str]
) -> None:
    old = replace(
        stage.spine.sessions[HEDGE], asked_at=await stage.value("SELECT clock_timestamp()")
    )
    await stage.decide()
    command = await stage.lease_one()
    await stage.brake("halted", scope=scope[0], key=scope[1])

    [recalled] = await stage.lease_to(old)

    assert recalled.command_id == command.command_id
    assert recalled.valid_until is not None
    assert recalled.valid_until < now()
    assert await _command_state(stage, command.command_id) == "leased"
    told = await brakes.underway(scope=scope[0], key=scope[1], mode="halted")
    assert told == [str(command.command_id)]


async def test_a_lost_answer_is_ended_by_a_brake_once_a_later_poll_shows_that_it_was_lost(
    stage: Stage,
) -> None:
    await stage.decide()
    command = await stage.lease_one()
    await stage.brake("halted")
    later = replace(
        stage.spine.sessions[HEDGE], asked_at=await stage.value("SELECT clock_timestamp()")
    )
    assert await stage.lease_to(later) == []
    assert await _command_state(stage, command.command_id) == "done"


async def test_a_brake_waits_for_a_lease_that_has_not_seen_it(stage: Stage) -> None:
    await stage.decide()
    lanes, session = stage.spine.lanes, stage.spine.sessions[NET]
    async with lanes.leasing() as leasing:
        heads = await lanes.head_of_lanes(leasing, [Asker(session=session)], lease_s=15)
        assert heads[NET]["halts"] == []
        braking = asyncio.create_task(stage.brake("halted"))

        async def waits() -> bool:
            return bool(
                await stage.value(
                    "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
                )
            )

        await eventually(waits, what="the brake at the lease's lock")
        assert not braking.done()
    await braking
    async with lanes.leasing() as leasing:
        heads = await lanes.head_of_lanes(leasing, [Asker(session=session)], lease_s=15)
    assert [halt.key for halt in heads[NET]["halts"]] == [HEDGE]


async def test_a_lease_that_could_not_begin_leaves_a_connection_that_can(stage: Stage) -> None:
    await stage.decide()
    async with stage.looking.transaction():
        await stage.execute("SELECT pg_advisory_xact_lock(hashtext('argos.halts'))")
        asker = Asker(session=stage.spine.sessions[HEDGE])
        leasing = asyncio.create_task(lease_together(stage.spine.lanes, [asker], clock=now))

        async def is_cut_off() -> bool:
            return bool(
                await stage.value(
                    "SELECT count(pg_cancel_backend(pid)) FROM pg_locks"
                    " WHERE locktype = 'advisory' AND NOT granted"
                )
            )

        await eventually(is_cut_off, what="the lease at the brakes' lock")
        with pytest.raises(StoreError):
            await leasing
    assert await stage.lease_one()


@pytest.mark.parametrize("scope", ["account", "route"])
async def test_a_brake_on_nobody_is_refused(stage: Stage, scope: str) -> None:
    with pytest.raises(InputError, match="HALT_KEY_UNKNOWN"):
        await stage.brake("halted", scope=scope, key="nobody")


async def test_a_strategy_may_be_braked_before_its_first_alert(stage: Stage) -> None:
    await stage.brake("halted", scope="strategy", key="new@1")
    assert await stage.value("SELECT key FROM halts") == "new@1"


async def test_exits_on_their_way_are_told_where_a_halt_holds_them_too(
    stage: Stage, brakes: BrakeStore
) -> None:
    await stage.open_position()
    await stage.close()
    exit_command = await stage.lease_one()
    scope = {"scope": "account", "key": HEDGE}
    assert await brakes.underway(**scope, mode="reducing") == []
    assert await brakes.underway(**scope, mode="halted") == [str(exit_command.command_id)]


async def _command_state(stage: Stage, command_id: object) -> str:
    state: str = await stage.value("SELECT state FROM commands WHERE command_id = $1", command_id)
    return state


async def test_a_node_says_nothing_about_the_orders_of_another_account(stage: Stage) -> None:
    opening = await stage.open_position()
    await stage.close()
    closing = await stage.lease_one()
    before = [await stage.state(item.order_id) for item in (opening, closing)]

    strangers = [
        about(command, kind, account=NET)
        for command in (opening, closing)
        for kind in (ReportKind.CANCELED, ReportKind.REJECTED, ReportKind.UNSENT)
    ]
    await stage.spine.report(NET, *strangers, filled(closing, account=NET))

    assert [await stage.state(item.order_id) for item in (opening, closing)] == before
    assert await _command_state(stage, closing.command_id) == "leased"
    leg = await stage.leg()
    assert leg["outcome"] == "open"


async def test_a_look_from_the_future_does_not_keep_later_ones_out(stage: Stage) -> None:
    ahead = replace(positions_of("1"), at=now() + timedelta(hours=1))
    await stage.spine.report(HEDGE, ahead)
    await stage.spine.report(HEDGE, positions_of("2"))
    positions = await stage.value("SELECT positions FROM account_states WHERE account = $1", HEDGE)
    assert [item["position_id"] for item in positions] == ["2"]


@pytest.mark.parametrize("positions", [None, "some", [{"symbol": "AAPL"}], [7]])
def test_positions_that_nobody_can_read_are_refused(positions: object) -> None:
    report = replace(positions_of(), body={"positions": positions})
    with pytest.raises(InputError, match="FACT_MALFORMED"):
        require_usable(report)
